"""A disk that fails: syncs that do, bytes that change, lines that cannot be taken back."""

from __future__ import annotations

import errno
import os
import sqlite3
import zlib
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from mainland.storage.folder import DataFolder
from mainland.storage.lines import DamagedLineError, LinesFile, encode
from tests.support.crawling import records
from tests.support.damage import DAMAGES, due, filled, flip
from tests.support.sample_data import HOST, address, made, opened, reject

PAGE = 4096


class Disk:
    """A model of the disk below one file: what an fsync that failed did not write stays off it until written again.

    It stands in place of ``os.fsync`` and ``os.pwrite``: at a failing sync the kernel takes the pages for clean.
    """

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path, self.failing = path, 0
        self.lost: set[int] = set()
        self.dirty: set[int] = set()
        self._sync, self._write = os.fsync, os.pwrite
        monkeypatch.setattr(os, "fsync", self.sync)
        monkeypatch.setattr(os, "pwrite", self.write)

    def write(self, file: int, data: bytes, offset: int) -> int:
        if self.is_mine(file) and data:
            pages = set(range(offset // PAGE, (offset + len(data) - 1) // PAGE + 1))
            self.dirty |= pages
            self.lost -= pages
        return self._write(file, data, offset)

    def sync(self, file: int) -> None:
        if self.is_mine(file):
            if self.failing:
                self.failing -= 1
                self.lost |= self.dirty
                self.dirty = set()
                raise OSError(errno.EIO, "Input/output error")
            self.dirty = set()
        self._sync(file)

    def is_mine(self, file: int) -> bool:
        return self.path.exists() and os.path.samestat(os.fstat(file), self.path.stat())

    def cut_power(self) -> None:
        """Leaves on the disk what got there."""
        with self.path.open("r+b") as file:
            for page in self.lost | self.dirty:
                size = min(PAGE, self.path.stat().st_size - page * PAGE)
                if size > 0:
                    file.seek(page * PAGE)
                    file.write(b"\0" * size)


def long(number: int) -> Any:
    """An article that fills pages of its own."""
    return made(number, body="x" * 3 * PAGE)


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_what_a_failed_sync_may_have_lost_is_never_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    disk = Disk(tmp_path / "changes.jsonl", monkeypatch)
    with opened(tmp_path) as store:
        store.deliver(long(1))
    store = DataFolder(tmp_path, HOST)
    for number in (2, 3, 4):
        store.ledger.record_sighting(address(number), "2022-01-07T08:41:12Z")
        store.deliver(long(number))
    disk.failing = failing
    for _ in range(3):  # as the crawl does: each half second, then at its end
        with pytest.raises(OSError, match="Input/output error"):
            store.commit()
    with pytest.raises(OSError, match="given up"):
        store.deliver(long(5))
    store.release()
    disk.failing = 0
    with opened(tmp_path):
        pass
    pages = range(disk.path.stat().st_size // PAGE + 1)
    assert disk.lost.isdisjoint(pages)  # the page in which the last good line ends is written again too
    with opened(tmp_path) as store:
        stored = {number for number in range(1, 5) if store.index.article(number)}
        assert 1 in stored
        for number in {2, 3, 4} - stored:
            store.deliver(long(number))
        store.publish()
    disk.cut_power()
    assert [record["id"] for record in records(tmp_path / "changes.jsonl")] == [1, 2, 3, 4]
    with opened(tmp_path) as store:
        assert store.repaired == []


def test_lines_that_a_killed_process_failed_to_sync_are_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(tmp_path / "changes.jsonl", monkeypatch)
    with opened(tmp_path) as store:
        store.deliver(long(1))
    killed = LinesFile(tmp_path / "changes.jsonl")
    killed.append(asdict(long(2)))
    monkeypatch.setattr(os, "ftruncate", lambda *_: (_ for _ in ()).throw(OSError(errno.EIO, "Input/output error")))
    disk.failing = 1
    with pytest.raises(OSError, match="Input/output error"):
        killed.sync()
    assert disk.lost
    with opened(tmp_path) as store:
        assert store.index.count() == 2
    disk.cut_power()
    assert [record["id"] for record in records(tmp_path / "changes.jsonl")] == [1, 2]


def test_a_file_is_cut_back_to_its_last_good_sync_and_takes_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    disk = Disk(path, monkeypatch)
    file = LinesFile(path)
    file.append({"id": 1})
    file.sync()
    file.append({"id": 2})
    disk.failing = 1
    with pytest.raises(OSError, match="Input/output error"):
        file.sync()
    for attempt in (lambda: file.append({"id": 3}), file.sync, file.close):
        with pytest.raises(OSError, match=r"given up after an error: Input/output error: .*a\.jsonl"):
            attempt()
    assert records(path) == [{"id": 1}]


@pytest.mark.parametrize("name", ["changes.jsonl", "rejected.jsonl", "runs.jsonl", "forgotten.jsonl"])
def test_the_name_of_a_new_file_is_on_the_disk_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    synced: list[Path] = []
    true_sync = os.fsync

    def sync(file: int) -> None:
        synced.append(Path(f"/proc/self/fd/{file}").readlink())
        true_sync(file)

    monkeypatch.setattr(os, "fsync", sync)
    data = tmp_path / "deep" / "data"
    with opened(data) as store:
        store.deliver(made(1))
        reject(store, address(9), "static page")
        store.commit()
        store.forget({1})
        store.log_run({"exit_status": 0})
    assert synced[:2] == [tmp_path / "deep", tmp_path]
    assert synced[synced.index(data / name) + 1] == data


def broken_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the next write end half-way, with an error, and the cut behind it fail."""
    true_write, calls = os.pwrite, []

    def write(file: int, data: bytes, offset: int) -> int:
        calls.append(offset)
        if len(calls) == 1:
            return true_write(file, data[: len(data) // 2], offset)
        raise OSError(errno.EIO, "Input/output error")

    def cut(*_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "pwrite", write)
    monkeypatch.setattr(os, "ftruncate", cut)


def test_half_a_line_that_cannot_be_taken_back_is_not_written_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as store:
        store.deliver(made(1))
        store.commit()
        with monkeypatch.context() as patched:
            broken_write(patched)
            with pytest.raises(OSError, match="Input/output error"):
                store.deliver(made(2))
        with pytest.raises(OSError, match="given up"):
            store.deliver(made(3))
        with pytest.raises(OSError, match="given up"):
            store.commit()
        store.database.commit()  # for opened(), which commits
        store.files.changes = LinesFile(tmp_path / "changes.jsonl")
        assert store.files.changes.torn
    assert [record["id"] for record in records(tmp_path / "changes.jsonl")] == [1]


# -- bytes that change ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", DAMAGES)
def test_a_damaged_line_is_restored_from_what_was_published(tmp_path: Path, case: str) -> None:
    before = filled(tmp_path, case, copy=True)
    with opened(tmp_path) as store:
        assert store.repaired == []
        store.deliver(made(5, body="Another."))
        store.publish()
        assert (tmp_path / "changes.jsonl").read_bytes() == before + encode(asdict(made(5, body="Another.")))
        assert [record["id"] for record in records(tmp_path / "articles.jsonl")] == [1, 2, 3, 4, 5]
        assert due(store) == [address(2)]
        assert len(store.damages) == 1
        assert "1 line of changes.jsonl damaged on the disk: 1 restored" in store.damages[0]
    with opened(tmp_path) as store:
        assert (store.repaired, store.must_publish) == ([], False)
        store.publish()
        assert store.damages == []


@pytest.mark.parametrize("case", DAMAGES)
def test_to_forget_an_article_drops_no_damaged_line_of_another(tmp_path: Path, case: str) -> None:
    filled(tmp_path, case, copy=True)
    with opened(tmp_path) as store:
        assert store.forget({3, 4}) == {3, 4}
        for name in ("changes.jsonl", "articles.jsonl"):
            assert [record["id"] for record in records(tmp_path / name)] == [1, 2]
        assert len(store.damages) == 1


@pytest.mark.parametrize("case", DAMAGES)
def test_a_damaged_line_is_forgotten_too(tmp_path: Path, case: str) -> None:
    filled(tmp_path, case, copy=True)
    with opened(tmp_path) as store:
        assert store.forget({2}) == {2}
    for path in tmp_path.iterdir():
        assert b"pour 2 litres" not in path.read_bytes(), path.name


def test_a_damaged_copy_is_not_believed(tmp_path: Path) -> None:
    filled(tmp_path, "letters in a text", copy=True)
    flip(tmp_path / "articles.jsonl", b"Farmers pour 2 litres away so so so so so", lambda old: b"y" * len(old))
    with opened(tmp_path) as store:
        store.deliver(made(5, body="Another."))
        store.publish()
        assert [record["id"] for record in records(tmp_path / "articles.jsonl")] == [1, 3, 4, 5]
        assert "0 restored from articles.jsonl, 1 dropped" in store.damages[0]


def test_the_line_of_a_copy_is_restored_as_it_was_written(tmp_path: Path) -> None:
    text = " ".join(f"word{number}" for number in range(60))
    with opened(tmp_path) as store:
        for number in (1, 2):
            store.deliver(made(number, body=text))
        store.publish()
    assert [record["duplicate_of"] for record in records(tmp_path / "articles.jsonl")] == [None, 1]
    before = (tmp_path / "changes.jsonl").read_bytes()
    path = tmp_path / "changes.jsonl"
    state = path.stat()
    at = before.rindex(b"word30")
    path.write_bytes(before[:at] + b"\0" * 40 + before[at + 40 :])
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    with opened(tmp_path) as store:
        store.publish()
        assert "1 restored" in store.damages[0]
    assert path.read_bytes() == before
    assert [record["duplicate_of"] for record in records(tmp_path / "articles.jsonl")] == [None, 1]


def test_near_duplicates_are_found_beside_a_damaged_line_that_was_never_published(tmp_path: Path) -> None:
    text = " ".join(f"word{number}" for number in range(60))
    with opened(tmp_path) as store:
        for number, body in enumerate((text, f"{text} and more", "A litre costs 31 cents.", text), 1):
            store.deliver(made(number, body=body))
        store.commit()
        flip(tmp_path / "changes.jsonl", b"A litre costs 31 cents.", lambda old: b"x" * len(old))
        store.publish()
        assert "0 restored from articles.jsonl, 1 dropped" in store.damages[0]
    found = {record["id"]: record["duplicate_of"] for record in records(tmp_path / "articles.jsonl")}
    assert found == {1: None, 2: 1, 4: 1}


def test_a_line_is_read_as_it_was_written_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with LinesFile(path) as file:
        place = file.append({"id": 1, "headline": "Milk falls"})
        assert place.crc == zlib.crc32(path.read_bytes())
        path.write_bytes(path.read_bytes().replace(b"falls", b"rises"))
        with pytest.raises(DamagedLineError):
            file.read(place)


# -- an index that is wrong -----------------------------------------------------------------------------------------

WRONG: dict[str, str] = {
    "a checksum": "crc = crc + 4",
    "a start": "start = start + 8",
    "the start of another line": "start = 2 * start",
    "a start behind the end": "start = 1 << 40",
    "a start before the file": "start = -8",
    "a length": "length = length - 1",
    "a huge length": "length = 100000000000",
    "a negative length": "length = -5",
    "a file that is not there": "file = 'changes-x.jsonl'",
    "a file that is a folder": "file = ''",
    "a state that is none": "state = 'qublic'",
}


def spoil(folder: Path, change: str, number: int = 2) -> None:
    """Makes the index wrong about an article."""
    with closing(sqlite3.connect(folder / "index.sqlite", isolation_level=None)) as index:
        index.execute("PRAGMA ignore_check_constraints = 1")
        assert index.execute(f"UPDATE articles SET {change} WHERE id = ?", (number,)).rowcount == 1


@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize("case", WRONG)
def test_an_index_that_is_wrong_takes_no_line_out(tmp_path: Path, case: str, *, copy: bool) -> None:
    with opened(tmp_path) as store:
        for number in range(1, 5):
            store.deliver(made(number))
        store.publish()
    before = (tmp_path / "changes.jsonl").read_bytes()
    spoil(tmp_path, WRONG[case])
    if not copy:
        (tmp_path / "articles.jsonl").unlink()
    with opened(tmp_path) as store:
        store.deliver(made(5))
        store.publish()
        assert len(store.repaired) == 1
        assert due(store) == []
    assert (tmp_path / "changes.jsonl").read_bytes() == before + encode(asdict(made(5)))
    assert [record["id"] for record in records(tmp_path / "articles.jsonl")] == [1, 2, 3, 4, 5]
    with opened(tmp_path) as store:
        store.publish()
        assert store.repaired == []


def test_an_index_that_names_the_line_of_another_article_costs_a_damaged_line_alone(tmp_path: Path) -> None:
    before = filled(tmp_path, "bits in a text", copy=True).splitlines(keepends=True)
    spoil(tmp_path, "start = (SELECT start FROM articles WHERE id = 3)")
    with opened(tmp_path) as store:
        store.publish()
        assert due(store) == [address(2)]
    assert (tmp_path / "changes.jsonl").read_bytes().splitlines(keepends=True) == [before[0], *before[2:]]
