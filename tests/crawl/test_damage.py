"""Damaged lines in whole crawls and commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.crawling import command, crawl, expected, patched, records, run, scrapy, stored
from tests.support.damage import DAMAGES, due, filled, flip
from tests.support.replica import Replica
from tests.support.sample_data import address, opened


@pytest.mark.parametrize("case", DAMAGES)
def test_a_damaged_line_without_a_copy_is_left_out_and_due(tmp_path: Path, case: str) -> None:
    filled(tmp_path, case, copy=False)
    with opened(tmp_path) as store:
        store.publish()
        for name in ("changes.jsonl", "articles.jsonl"):
            assert [record["id"] for record in records(tmp_path / name)] == [1, 3, 4]
        assert due(store) == [address(2)]
        assert "0 restored from articles.jsonl, 1 dropped" in store.damages[0]
    assert scrapy("validate", tmp_path / "changes.jsonl", tmp_path / "articles.jsonl").status == 0
    out = tmp_path / "out.jsonl"
    ending = scrapy("export", out, "--all-revisions", "-s", f"MAINLAND_DATA_DIR={tmp_path}")
    assert (ending.status, len(records(out))) == (0, 3)


FAILING = """
import os, sqlite3
from pathlib import Path
from mainland.storage.sqlite import SQLiteDatabase
data, fault = Path(given[0]), given[1]
commit, sync = SQLiteDatabase.commit, os.fsync

def full(self, **values):
    if (data / "articles.jsonl").exists():
        raise sqlite3.OperationalError("database or disk is full")
    commit(self, **values)

def broken(file):
    name = Path(f"/proc/self/fd/{file}").readlink().name
    if name == fault and os.fstat(file).st_size:
        raise OSError(5, "Input/output error")
    sync(file)

if fault == "index":
    SQLiteDatabase.commit = full
else:
    os.fsync = broken
"""


@pytest.mark.parametrize("fault", ["index", "runs.jsonl", "changes.jsonl"])
def test_a_crawl_says_no_better_than_what_is_on_the_disk(tmp_path: Path, fault: str) -> None:
    with Replica(articles=20) as site:
        ended = run(patched(FAILING, command("-a", f"site={site.url}", MAINLAND_DATA_DIR=tmp_path), tmp_path, fault))
        assert (ended.status, "Traceback" in ended.err) == (73, False), ended.err
        assert [line["exit_status"] for line in records(tmp_path / "runs.jsonl") if line["exit_status"] == 0] == []
        assert scrapy("status", "--max-age", "9", "-s", f"MAINLAND_DATA_DIR={tmp_path}").status == 1
        assert crawl(site.url, tmp_path).status == 0
        assert stored(tmp_path, expected(site)) == expected(site)


def test_a_crawl_that_finds_a_damaged_line_tells_so(tmp_path: Path) -> None:
    with Replica(articles=20) as site:
        assert crawl(site.url, tmp_path).status == 0
        changes = tmp_path / "changes.jsonl"
        flip(changes, b'"headline": "', lambda old: b"x" * len(old))
        site.set_day(9)
        ending = crawl(site.url, tmp_path)
        assert (ending.status, "1 restored from articles.jsonl" in ending.err) == (4, True), ending.err
        *_, run = records(tmp_path / "runs.jsonl")
        assert [what for what in run["alarms"] if "check the disk" in what] == run["mended"]

        assert crawl(site.url, tmp_path).status == 0
        *_, run = records(tmp_path / "runs.jsonl")
        assert (run["alarms"], run["mended"]) == ([], [])

        assert stored(tmp_path, expected(site)) == expected(site)
