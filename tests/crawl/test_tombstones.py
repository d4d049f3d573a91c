"""Commands beside the tombstones of ``forgotten.jsonl``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mainland.reporting import figures, status
from mainland.storage.lines import encode
from tests.support.crawling import Ending, records, scrapy
from tests.support.sample_data import HOST, address
from tests.support.tombstones import SOUND, contents, fill

COMMANDS: dict[str, list[str]] = {
    "crawl": ["crawl", "articles", "-a", f"site=https://{HOST}"],
    "forget": ["forget", "3"],
    "accept": ["status", "--accept"],
    "export": ["export", "{out}.jsonl"],
    "export changes": ["export", "{out}.jsonl", "--changed-since", "last"],
    "report": ["report"],
    "status": ["status"],
}


@pytest.mark.parametrize("case", COMMANDS)
def test_commands_stop_with_one_line(tmp_path: Path, case: str) -> None:
    data = tmp_path / "data"
    fill(data)
    (data / "forgotten.jsonl").write_bytes(b"x" + SOUND)
    (data / "runs.jsonl").write_bytes(encode({"start": "2022-01-07T08:41:12Z", "drift": {"tags": {}}}))
    before = contents(data)
    words = [word.format(out=tmp_path / "out") for word in COMMANDS[case]]
    ending: Ending = scrapy(*words, "-s", f"MAINLAND_DATA_DIR={data}", "-s", "LOG_LEVEL=ERROR")
    assert (ending.status, ending.out, ending.err.count("\n")) == (73, "", 1), ending.err
    assert f": {data}/forgotten.jsonl, line 1 cannot be read" in ending.err
    assert "cannot write" not in ending.err
    assert "delete it together with index.sqlite if the article may come back" in ending.err
    assert contents(data) == before
    assert not list(tmp_path.glob("out*"))


def exported(data: Path, *options: str) -> list[int]:
    out = data.with_name("out.jsonl")
    ending = scrapy("export", out, *options, "-s", f"MAINLAND_DATA_DIR={data}")
    assert ending.status == 0, ending.err
    return [record["id"] for record in records(out)]


@pytest.mark.parametrize("url", [address(2), f"http://www.{HOST.upper()}/ARTICLE-2"])
@pytest.mark.parametrize("number", [2, 99])
def test_nothing_that_reads_shows_what_has_a_tombstone(tmp_path: Path, number: int, url: str) -> None:
    data = tmp_path / "data"
    fill(data)
    (data / "forgotten.jsonl").write_bytes(encode({"id": number, "url": url}))
    for options in ([], ["--all-revisions"], ["--changed-since", "2000-01-01"]):
        assert exported(data, *options) == [1, 3, 4]
    assert status.status(data, datetime.now(UTC))["articles"] == 3
    found = figures.read(data, datetime.now(UTC))
    assert (found.stored, {row["id"] for row in found.new}) == (3, {1, 3, 4})
    (data / "articles.jsonl").unlink()
    assert exported(data) == [1, 3, 4]
    assert status.status(data, datetime.now(UTC))["articles"] == 3


@pytest.mark.parametrize("number", [2, 99])
def test_a_tombstone_with_the_address_of_another_article_stops(tmp_path: Path, number: int) -> None:
    fill(tmp_path)
    (tmp_path / "forgotten.jsonl").write_bytes(encode({"id": number, "url": address(3)}))
    before = contents(tmp_path)
    ending = scrapy("forget", "4", "-s", f"MAINLAND_DATA_DIR={tmp_path}")
    assert (ending.status, ending.err.count("\n")) == (73, 1)
    assert f"says that article {number} was at {address(3)}, changes.jsonl says otherwise" in ending.err
    after = contents(tmp_path)
    for name in ("changes.jsonl", "articles.jsonl", "forgotten.jsonl"):
        assert after[name] == before[name]
