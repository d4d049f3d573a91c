"""What crawls write into runs.jsonl is what its reader knows."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from mainland.runs import Run, history
from tests.crawling import crawl, records
from tests.replica import Replica


def test_a_crawl_writes_every_field(tmp_path: Path) -> None:
    with Replica(articles=20) as site:
        assert crawl(site.url, tmp_path).status == 0
    (line,), (run,) = records(tmp_path / "runs.jsonl"), history(tmp_path)
    assert {name: line.get(name, []) for name in Run.__dataclass_fields__} == dataclasses.asdict(run)
    assert {each.name for each in dataclasses.fields(Run)} - line.keys() == {"accepted"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": None},
        {"end": 7},
        {"exit_status": "0"},
        {"failed": {"status 500": "twice"}},
        {"failures": ["https://a.example/"]},
        {"failures": [{"url": "https://a.example/"}]},
        {"alarms": [None]},
        {"drift": {"tags": 1}},
        {"posts_on_site": []},
    ],
    ids=str,
)
def test_a_value_of_another_type_makes_a_line_none(wrong: dict[str, Any]) -> None:
    assert Run.of({"exit_status": 0, "version": "0.1.0"}) == Run(exit_status=0)
    assert Run.of({"exit_status": 0} | wrong) is None
