"""The data folder after kills, damage, full disks and changed files."""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy.exceptions import DropItem

from mainland.decisions.types import State
from mainland.pipelines import deduplicate
from mainland.storage.errors import LockedError, WrongSiteError
from mainland.storage.folder import DataFolder
from mainland.storage.runs import Run, history
from tests.support.lanes import examples
from tests.support.sample_data import HOST, address, made, opened, reject


def fill(folder: Path, count: int = 4) -> None:
    """Deliver and publish articles."""
    with opened(folder) as store:
        for number in range(1, count + 1):
            store.ledger.record_sighting(address(number), "2022-01-07T08:41:12Z")
            store.deliver(made(number))
        reject(store, address(99), "static page")
        store.publish()


def records(path: Path) -> list[dict[str, Any]]:
    """The records of a file; each line of it must be one."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def due(store: DataFolder) -> list[str]:
    """The addresses that the next crawl would request."""
    store.database.begin_run()
    return [found.url for found in store.ledger.take_due(99)]


def rows(store: DataFolder) -> list[tuple[Any, ...]]:
    """What the index knows of the articles, but for how often it looked."""
    columns = "id, url, key, content_hash, extractor, revision, date_modified, date_crawled, state, start, length"
    found: list[tuple[Any, ...]] = store.database.db.execute(f"SELECT {columns} FROM articles ORDER BY id").fetchall()
    return found


STRANGE: dict[str, tuple[str, dict[str, Any]]] = {
    "a line of no site": ("changes.jsonl", {"id": 9, "revision": 1, "url": address(9)}),
    "a line with a huge id": ("changes.jsonl", {"site": HOST, "id": 10**30, "revision": 1, "url": address(9)}),
    "a lastmod that is a number": ("rejected.jsonl", {"url": address(98), "reason": "static page", "lastmod": 5}),
    "a crawl that read words": ("runs.jsonl", {"exit_status": 0, "read": "x", "end": "2022-01-07T08:41:12Z"}),
}


@pytest.mark.parametrize("case", STRANGE)
def test_a_line_that_says_what_it_should_not_is_passed_by(tmp_path: Path, case: str) -> None:
    fill(tmp_path)
    name, record = STRANGE[case]
    with (tmp_path / name).open("ab") as file:
        file.write(json.dumps(record).encode() + b"\n")
    (tmp_path / "index.sqlite").unlink()
    for _ in range(2):
        with opened(tmp_path) as store:
            assert (store.memory.get("site"), store.index.count(), history(tmp_path)) == (HOST, 4, [])
            store.publish()


def test_two_stores_of_a_process_do_not_share_a_folder(tmp_path: Path) -> None:
    with opened(tmp_path), pytest.raises(LockedError, match="has been crawling"):
        DataFolder(tmp_path)


def test_a_store_is_as_it_was_left(tmp_path: Path) -> None:
    fill(tmp_path / "deep" / "data")
    with opened(tmp_path / "deep" / "data") as store:
        assert (store.repaired, store.must_publish, store.index.count(), due(store)) == ([], False, 4, [])
    names = {path.name for path in (tmp_path / "deep" / "data").iterdir()}
    assert names == {
        "index.sqlite",
        "articles.jsonl",
        "changes.jsonl",
        "crawl.lock",
        "duplicates.jsonl",
        "rejected.jsonl",
    }


def test_torn_at_the_last_lines_the_missing_articles_are_due_again(tmp_path: Path) -> None:
    fill(tmp_path)
    changes = tmp_path / "changes.jsonl"
    whole = changes.read_bytes()
    lines = whole.splitlines(keepends=True)
    for end in range(len(whole) - len(lines[-1]) - len(lines[-2]), len(whole), 29):
        changes.write_bytes(whole[:end])
        with opened(tmp_path) as store:
            kept = len(records(changes))
            assert store.index.count() == kept
            assert sorted(due(store)) == [address(number) for number in range(kept + 1, 5)]
            for number in range(kept + 1, 5):
                store.deliver(made(number))
            store.publish()
        assert changes.read_bytes() == whole
        assert records(tmp_path / "articles.jsonl") == [asdict(made(number)) for number in range(1, 5)]


@pytest.mark.parametrize(
    "broken", ["", "{", "[]", '{"id": "1"}', '{"id": 2, "revision": 1}', "\udcff", '{"id": 2, "url": 5}']
)
def test_a_line_broken_by_hand_is_dropped_and_its_article_due_again(tmp_path: Path, broken: str) -> None:
    fill(tmp_path)
    changes = tmp_path / "changes.jsonl"
    lines = changes.read_bytes().splitlines(keepends=True)
    lines[1] = broken.encode("utf-8", "surrogateescape") + b"\n"
    changes.write_bytes(b"".join(lines))
    with opened(tmp_path) as store:
        assert len(store.repaired) == 1
        assert due(store) == [address(2)]
        assert store.index.count() == 3
        store.deliver(made(2))
        store.publish()
    assert [record["id"] for record in records(changes)] == [1, 3, 4, 2]
    assert [record["id"] for record in records(tmp_path / "articles.jsonl")] == [1, 2, 3, 4]
    with opened(tmp_path) as store:
        assert store.repaired == []


@pytest.mark.parametrize("name", ["changes2024.jsonl", "changes_today.jsonl", "changes.old.jsonl"])
def test_a_file_that_is_called_alike_is_no_workers(tmp_path: Path, name: str) -> None:
    fill(tmp_path)
    other = tmp_path / name
    other.write_bytes((tmp_path / "changes.jsonl").read_bytes() + b'{"headline": "Milk falls"}\n')
    before = other.read_bytes()
    with opened(tmp_path) as store:
        assert store.repaired == []
        assert store.index.files() == {"changes.jsonl"}
    assert other.read_bytes() == before


def test_a_line_taken_out_by_hand_is_due_again(tmp_path: Path) -> None:
    fill(tmp_path)
    changes = tmp_path / "changes.jsonl"
    lines = changes.read_bytes().splitlines(keepends=True)
    changes.write_bytes(lines[0] + lines[2] + lines[3])
    with opened(tmp_path) as store:
        assert due(store) == [address(2)]


@pytest.mark.parametrize("noise", [None, b"noise" * 2000])
def test_an_archive_that_is_lost_is_made_again(tmp_path: Path, noise: bytes | None) -> None:
    fill(tmp_path)
    with opened(tmp_path) as store:
        store.deliver(made(2, body="Another.", revision=2, change="edited"))
        store.deliver(made(3, revision=2, change="removed", content_hash=None))
        before = rows(store)
    index = tmp_path / "index.sqlite"
    index.unlink()
    if noise is not None:
        index.write_bytes(noise)
    with opened(tmp_path) as store:
        assert rows(store) == before
        entry = store.ledger.entry(address(99))
        assert (entry.state, entry.reason, entry.is_due) == (State.REJECTED, "static page", False)
        assert store.memory.get("site") == HOST
        assert due(store) == []
        assert len(store.repaired) == 1


def test_what_was_delivered_before_a_kill_is_published_by_the_next_crawl(tmp_path: Path) -> None:
    fill(tmp_path)
    store = DataFolder(tmp_path, HOST)
    store.deliver(made(5))
    store.commit()
    store.deliver(made(6))
    store.release()  # a kill before publishing, with and without a commit
    for _ in range(2):
        with opened(tmp_path) as store:
            assert store.must_publish
    with opened(tmp_path) as store:
        store.publish()
    with opened(tmp_path) as store:
        assert not store.must_publish
    assert len(records(tmp_path / "articles.jsonl")) == 6


def test_articles_that_are_gone_together_with_the_archive_are_published_again(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "index.sqlite").unlink()
    (tmp_path / "articles.jsonl").unlink()
    with opened(tmp_path) as store:
        assert store.must_publish


def test_an_archive_of_another_version_is_made_again(tmp_path: Path) -> None:
    fill(tmp_path)
    with opened(tmp_path) as store:
        before = rows(store)
    with sqlite3.connect(tmp_path / "index.sqlite") as database:
        database.execute("PRAGMA user_version = 77")
    database.close()
    with opened(tmp_path) as store:
        assert rows(store) == before
        assert store.repaired


STEP = st.tuples(
    st.sampled_from(["seen", "seen", "seen", "removed", "crash"]),
    st.integers(1, 4),
    st.integers(1, 4),
    st.sampled_from("ab"),
    st.sampled_from(["1", "2"]),
)


@settings(max_examples=examples(40))
@given(st.lists(STEP, max_size=12))
def test_whatever_happened_the_feed_alone_makes_the_archive(steps: list[tuple[str, int, int, str, str]]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        store = DataFolder(folder, HOST)
        store.commit()
        for kind, number, place, body, extractor in steps:
            if kind == "crash":
                store.release()
                store = DataFolder(folder, HOST)
                continue
            item = made(number, url=address(place), body=body, extractor=extractor)
            if kind == "removed":
                item = made(number, url=address(place), headline=None, body=None, change="removed")
            with suppress(DropItem):
                store.deliver(deduplicate(item, store))
        store.commit()
        before = rows(store)
        store.release()
        delivered = [(record["id"], record["revision"]) for record in records(folder / "changes.jsonl")]
        assert len(set(delivered)) == len(delivered)
        (folder / "index.sqlite").unlink()
        with opened(folder) as again:
            assert rows(again) == before
            again.publish()
        public = [row[0] for row in before if row[8] == "public"]
        assert [record["id"] for record in records(folder / "articles.jsonl")] == public


def test_articles_deleted_by_hand_are_published_again(tmp_path: Path) -> None:
    fill(tmp_path)
    articles = tmp_path / "articles.jsonl"
    whole = articles.read_bytes()
    articles.unlink()
    with opened(tmp_path) as store:
        assert store.must_publish
        store.publish()
        assert not store.must_publish
    assert articles.read_bytes() == whole
    articles.write_bytes(whole[:-9])
    with opened(tmp_path) as store:
        assert store.must_publish


@pytest.mark.parametrize("is_committed", [True, False], ids=["committed", "not committed"])
@pytest.mark.parametrize("is_first", [True, False], ids=["first crawl", "later crawl"])
def test_a_crawl_killed_before_it_published_leaves_that_to_the_next(
    tmp_path: Path, *, is_first: bool, is_committed: bool
) -> None:
    if not is_first:
        fill(tmp_path)
    killed = DataFolder(tmp_path, HOST)
    killed.deliver(made(9))
    if is_committed:
        killed.commit()
    killed.release()
    with opened(tmp_path) as store:
        assert store.must_publish
        store.publish()
    assert records(tmp_path / "articles.jsonl")[-1] == asdict(made(9))
    with opened(tmp_path) as store:
        assert not store.must_publish


def test_another_site_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    fill(tmp_path)
    before = (tmp_path / "changes.jsonl").read_bytes()
    with pytest.raises(WrongSiteError, match=f"has articles of {HOST}, not of b.example"):
        DataFolder(tmp_path, "b.example")
    assert (tmp_path / "changes.jsonl").read_bytes() == before
    (tmp_path / "index.sqlite").unlink()
    with pytest.raises(WrongSiteError):
        DataFolder(tmp_path, "b.example")
    with opened(tmp_path) as store:
        assert store.index.count() == 4


def test_a_file_in_the_way_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("", "utf-8")
    with pytest.raises(OSError, match="data"):
        DataFolder(tmp_path / "data", HOST)


def test_a_rejection_is_one_line_for_each_reason_and_change(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        reject(store, address(1), "static page")
        reject(store, address(1), "static page")
        reject(store, address(1), "status 404")
        store.ledger.record_sighting(address(1), "2024-01-01T00:00:00Z")
        reject(store, address(1), "status 404")
        reject(store, address(1), "status 404")
    found = [(record["reason"], record["lastmod"]) for record in records(tmp_path / "rejected.jsonl")]
    assert found == [("static page", None), ("status 404", None), ("status 404", "2024-01-01T00:00:00Z")]


def test_runs_are_logged_a_line_each(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.log_run({"exit_status": 0})
        store.log_run({"exit_status": 3})
    assert records(tmp_path / "runs.jsonl") == [{"exit_status": 0}, {"exit_status": 3}]


def test_a_forgotten_article_is_in_no_file_and_stays_away(tmp_path: Path) -> None:
    fill(tmp_path)
    with opened(tmp_path) as store:
        assert store.forget({2, 77}) == {2}
        store.publish()
    for path in tmp_path.iterdir():
        assert b"K\xc3\xb6ln \xe2\x80\x93 2" not in path.read_bytes(), path.name
    (tmp_path / "index.sqlite").unlink()
    with opened(tmp_path) as store:
        store.ledger.record_sighting(address(2), "2099-01-01T00:00:00Z")
        assert due(store) == []
        with pytest.raises(DropItem):
            deduplicate(made(2, headline="Milk rises"), store)
    assert [record["id"] for record in records(tmp_path / "articles.jsonl")] == [1, 3, 4]


def test_the_history_of_several_workers_is_one(tmp_path: Path) -> None:
    runs: dict[str, list[dict[str, Any]]] = {
        "runs.jsonl": [{"start": "2022-01-08T00:00:00Z", "accepted": ["tags"]}],
        "runs-a.jsonl": [{"end": "2022-01-07T00:00:00Z", "leads": True}, {"end": "2022-01-09T00:00:00Z"}],
        "runs-b.jsonl": [{"end": "2022-01-07T00:00:00Z", "leads": False}],
    }
    for name, lines in runs.items():
        (tmp_path / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    a, b = runs["runs-a.jsonl"], runs["runs-b.jsonl"]
    assert history(tmp_path) == [Run.of(line) for line in (b[0], a[0], *runs["runs.jsonl"], a[1])]


def test_what_sqlite_gave_up_is_indexed_again(tmp_path: Path) -> None:
    store = DataFolder(tmp_path, HOST)
    store.deliver(made(1))
    store.deliver(made(2))
    store.database.close()  # rolls back, as SQLite itself does when the disk is full
    with pytest.raises(sqlite3.Error):
        store.commit()
    store.release()
    with opened(tmp_path) as again:
        assert again.index.count() == 2
