"""Files that cannot grow: lines stay complete, and the error messages are right."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from mainland.storage.folder import DataFolder
from mainland.storage.lines import LinesFile
from tests.support.crawling import articles, crawl
from tests.support.replica import Replica
from tests.support.sample_data import made, opened, python

FULL_DISK = """
import resource, sys
from pathlib import Path
from mainland.storage.lines import LinesFile
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
file = LinesFile(Path(sys.argv[1]))
kept = 0
try:
    for number in range(100):
        file.append({"id": number, "text": "x" * 50})
        kept += 1
except OSError:
    print(kept, file.size)
"""


@pytest.mark.parametrize("limit", [10, 500, 511, 512, 999])
def test_full_disk_leaves_complete_lines(tmp_path: Path, limit: int) -> None:
    path = tmp_path / "a.jsonl"
    ended = python(FULL_DISK, str(path), str(limit))
    assert ended.returncode == 0, ended.stderr
    kept, size = map(int, ended.stdout.split())
    assert path.stat().st_size == size <= limit
    with LinesFile(path) as file:
        assert not file.torn
        assert [record and record["id"] for _, record in file.records()] == list(range(kept))


def records(path: Path) -> list[dict[str, Any]]:
    """The records of a file; each line of it must be one."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


FULL_FOLDER = """
import resource, sqlite3, sys
from pathlib import Path
from tests.support.sample_data import made
from mainland.storage.folder import DataFolder
store = DataFolder(Path(sys.argv[1]), "a.example")
store.deliver(made(1)); store.commit(); store.publish()
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000,) * 2)
delivered = 1
try:
    while delivered < 1000:
        store.deliver(made(delivered + 1, body="x" * 1000))
        delivered += 1
except OSError:
    print(delivered)
try:
    store.publish()
    print("published")
except (OSError, sqlite3.Error) as error:
    print("not published:", error)
"""


def test_full_disk_leaves_complete_lines_and_the_old_articles(tmp_path: Path) -> None:
    ended = python(FULL_FOLDER, str(tmp_path))
    assert ended.returncode == 0, ended.stderr
    assert "lost" not in ended.stdout.replace("no line is lost", "")
    delivered = int(ended.stdout.split()[0])
    assert 50 < delivered < 1000
    assert [record["id"] for record in records(tmp_path / "changes.jsonl")] == list(range(1, delivered + 1))
    assert len(records(tmp_path / "articles.jsonl")) in {1, delivered}
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    with opened(tmp_path) as store:
        assert store.index.count() == delivered


def test_a_database_that_ended_its_transaction_says_that_no_line_is_lost(tmp_path: Path) -> None:
    store = DataFolder(tmp_path, "a.example")
    store.deliver(made(1))
    store.database.db.execute("ROLLBACK")  # as SQLite does where the disk is full
    with pytest.raises(sqlite3.OperationalError, match="a write failed before; no line is lost"):
        store.commit()
    store.release()
    with opened(tmp_path) as store:
        assert store.index.count() == 1


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_an_output_of_scrapy_on_a_full_disk_is_reported_in_a_line(tmp_path: Path, kind: str) -> None:
    with Replica(articles=20) as replica:
        ending = crawl(replica.url, tmp_path, "-O", f"/dev/full:{kind}")
    message = (
        "scrapy crawl: cannot write the output /dev/full: No space left on device; free some space; it is incomplete"
    )
    assert (ending.status, len(ending.err.splitlines())) == (73, 1), ending.err
    assert ending.err.startswith(message)
    assert len(articles(tmp_path)) > 10
