"""Data folders of other versions, and page archives that were thinned, go on as docs/operating.md says."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from mainland.storage import warc
from mainland.storage.lines import encode
from mainland.storage.schema import VERSION
from tests.support.crawling import articles, crawl, records, scrapy
from tests.support.recipes import recipe
from tests.support.replica import Replica


def as_of(data: Path, version: int, rewrite: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Turns a data folder into one of another version: its index has other tables, its lines other fields."""
    with closing(sqlite3.connect(data / "index.sqlite")) as index, index:
        index.execute(f"PRAGMA user_version = {version}")
    for name in ("changes.jsonl", "articles.jsonl"):
        lines = [encode(rewrite(line)) for line in records(data / name)]
        (data / name).write_bytes(b"".join(lines))


@pytest.mark.parametrize(
    ("version", "rewrite"),
    [
        (VERSION - 1, lambda line: dict(list(line.items())[:33])),  # the fields of the first version
        (VERSION + 1, lambda line: line | {"a_field_of_tomorrow": [1]}),
    ],
    ids=["an upgrade", "going back"],
)
def test_a_folder_of_another_version_goes_on(
    tmp_path: Path, version: int, rewrite: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    with Replica(articles=20) as replica:
        assert crawl(replica.url, tmp_path, MAINLAND_KEEP_PAGES=1).status == 0
        as_of(tmp_path, version, rewrite)
        before, pages = (tmp_path / "changes.jsonl").read_bytes(), set(articles(tmp_path))
        requested = len(replica.requests())
        ending = crawl(replica.url, tmp_path)
        assert (ending.status, ending.err.count("\n")) == (0, 1), ending.err
        assert (
            "index.sqlite was lost, damaged or of another version, and was made again from changes.jsonl" in ending.err
        )
        paths = {each["path"] for each in replica.requests()[requested:]}
        known = {urlsplit(line["url"]).path for line in articles(tmp_path).values()}
    assert paths & known == set()
    assert (tmp_path / "changes.jsonl").read_bytes() == before
    for words in (["export", tmp_path / "out.csv"], ["status"], ["report", tmp_path / "out.html"], ["reparse"]):
        ended = scrapy(*words, "-s", f"MAINLAND_DATA_DIR={tmp_path}")
        assert (ended.status, ended.err) == (0, ""), words
    assert set(articles(tmp_path)) == pages


def test_a_thinned_page_archive_changes_nothing(tmp_path: Path) -> None:
    with Replica(articles=20) as replica:
        for day in (0, 7):
            replica.set_day(day)
            assert crawl(replica.url, tmp_path / "data", MAINLAND_KEEP_PAGES=1).status == 0
    first, second = (path.name for path in warc.archives(tmp_path / "data"))
    old = re.sub(r"-20\d\d", "-2025", first)
    (tmp_path / "data" / "pages" / first).rename(tmp_path / "data" / "pages" / old)
    thin = recipe("docs/operating.md", "# thin")
    subprocess.run(["sh", "-ec", thin], cwd=tmp_path, check=True)
    assert [path.name for path in warc.archives(tmp_path / "data")] == [second]
    ended = scrapy("reparse", "-s", f"MAINLAND_DATA_DIR={tmp_path / 'data'}")
    assert (ended.status, ended.err) == (0, "")
    assert "nothing differs" in ended.out
