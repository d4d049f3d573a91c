"""What crawls write into runs.jsonl."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from mainland.storage.runs import Run, history
from tests.support.crawling import command, crawl, patched, records, run
from tests.support.replica import Replica


def test_a_crawl_writes_every_field(tmp_path: Path) -> None:
    with Replica(articles=20) as site:
        assert crawl(site.url, tmp_path).status == 0
    (line,), (run,) = records(tmp_path / "runs.jsonl"), history(tmp_path)
    assert {name: line.get(name, []) for name in Run.__dataclass_fields__} == dataclasses.asdict(run)
    assert {each.name for each in dataclasses.fields(Run)} - line.keys() == {"accepted"}


TALKING = """
from mainland.crawl import observe
from mainland.pages.page import Page
text = "Once upon a time " + "1" * 3_000_000

def article(*_, **__):
    try:
        raise KeyError(text)
    except KeyError:
        raise ValueError(text)

observe.article = article
Page.theme = property(lambda self: {"version": "1" * 3_000_000})
"""


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_no_text_of_a_page_and_nothing_long_is_reported(tmp_path: Path, level: str) -> None:
    with Replica(articles=20) as site:
        line = command("-a", f"site={site.url}", "-L", level, MAINLAND_DATA_DIR=tmp_path)
        ended = run(patched(TALKING, line))
        assert ended.status in {3, 4}, ended.err[-3000:]
    (logged,) = records(tmp_path / "runs.jsonl")
    assert logged["failures"][0]["reason"].startswith("ValueError in ")
    assert len(logged["theme"]["version"]) == 200
    assert (tmp_path / "runs.jsonl").stat().st_size < 100_000
    for text in (ended.err, (tmp_path / "runs.jsonl").read_text(), (tmp_path / "rejected.jsonl").read_text()):
        assert "Once upon" not in text
    assert max(map(len, ended.err.splitlines())) < 700
    assert "Traceback" in ended.err
