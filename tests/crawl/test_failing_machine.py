"""Whole crawls on a machine that fails: disks that are full, files that are gone, changed or forbidden, signals."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from tests.support.crawling import (
    SCRAPY,
    Ending,
    articles,
    changes,
    command,
    crawl,
    crawling,
    expected,
    patched,
    records,
    run,
    scrapy,
    started,
    stored,
)
from tests.support.replica import Replica
from tests.support.sample_data import ROOT

pytestmark = pytest.mark.few(2)

SIZE = 30
FILES = ("changes.jsonl", "articles.jsonl", "rejected.jsonl", "runs.jsonl", "index.sqlite", "crawl.lock")
BOM = b"\xef\xbb\xbf"


@pytest.fixture(scope="module")
def site() -> Iterator[Replica]:
    with Replica(articles=SIZE, day=2) as replica:
        yield replica


@pytest.fixture(scope="module")
def crawled(site: Replica, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a first crawl, and one of a day on which articles were edited and moved."""
    data = tmp_path_factory.mktemp("crawled")
    for day in (0, 1, 4):
        site.set_day(day)
        assert crawl(site.url, data).status == 0
    return data


def assert_exact(site: Replica, data: Path) -> None:
    """The dataset says what is true; no line is broken or there twice."""
    wanted = expected(site, frozenset({"views", "comments"}))
    assert stored(data, wanted) == wanted
    latest: dict[int, dict[str, Any]] = {}
    for record in changes(data):
        assert record["revision"] == latest.get(record["id"], {"revision": 0})["revision"] + 1
        latest[record["id"]] = record
    assert {n: r for n, r in latest.items() if r["change"] != "removed"} == articles(data)
    for name in ("rejected.jsonl", "runs.jsonl"):
        records(data / name)


# -- what happened to the files --------------------------------------------------------------------------------


def some(cases: list[tuple[str, ...]], count: int) -> list[object]:
    """The cases, all but the first few under torture."""
    return [
        pytest.param(case, marks=[] if n < count else pytest.mark.torture, id="+".join(case))
        for n, case in enumerate(cases)
    ]


LOST = [(name,) for name in FILES] + list(combinations(FILES, 2))


@pytest.mark.parametrize("names", some(sorted(LOST, key=lambda names: "changes.jsonl" not in names), 2))
def test_files_that_are_gone_come_back(site: Replica, crawled: Path, tmp_path: Path, names: tuple[str, ...]) -> None:
    data = shutil.copytree(crawled, tmp_path / "data")
    for name in names:
        (data / name).unlink()
    assert crawl(site.url, data).status == 0
    assert_exact(site, data)


def swapped(lines: list[bytes]) -> list[bytes]:
    return lines[::-1]


EDITS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "no last end": lambda lines: [*lines[:-1], lines[-1][:-1]],
    "half gone": lambda lines: lines[: len(lines) // 2],
    "swapped": swapped,
    "doubled": lambda lines: [*lines, *lines],
    "CRLF": lambda lines: [line.replace(b"\n", b"\r\n") for line in lines],
    "BOM": lambda lines: [BOM + lines[0], *lines[1:]],
    "empty lines": lambda lines: [b"\n", *lines[:3], b"\n\n  \n", *lines[3:]],
    "broken in the middle": lambda lines: [*lines[:5], lines[5][:100] + b"\n", *lines[6:]],
    "two in a line": lambda lines: [lines[0][:-1] + lines[1], *lines[2:]],
    "spaced": lambda lines: [json.dumps(json.loads(line)).encode() + b" \n" for line in lines],
    "all gone": lambda _: [],
    "other text": lambda _: [b"Dear diary,\n", b"\x00" * 5000],
    "UTF-16": lambda lines: [b"".join(lines).decode().encode("utf-16")],
}


@pytest.mark.parametrize("edit", some([(name,) for name in EDITS], 6))
def test_a_dataset_edited_by_hand_is_repaired(
    site: Replica, crawled: Path, tmp_path: Path, edit: tuple[str, ...]
) -> None:
    data = shutil.copytree(crawled, tmp_path / "data")
    path = data / "changes.jsonl"
    path.write_bytes(b"".join(EDITS[edit[0]](path.read_bytes().splitlines(keepends=True))))
    assert crawl(site.url, data).status == 0
    wanted = expected(site, frozenset({"views", "comments"}))
    assert stored(data, wanted) == wanted
    changes(data)
    lines = path.read_bytes()
    assert crawl(site.url, data).status == 0
    assert path.read_bytes() == lines


def forgotten_wal(data: Path) -> None:
    """The journal of another index, as a restored backup can leave it."""
    other = sqlite3.connect(data / "other.sqlite", isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("CREATE TABLE facts (name)")
    for suffix in ("-wal", "-shm"):
        shutil.copy(data / f"other.sqlite{suffix}", data / f"index.sqlite{suffix}")
    other.close()
    (data / "other.sqlite").unlink()


def old_archive(data: Path) -> None:
    index = sqlite3.connect(data / "index.sqlite")
    index.execute("PRAGMA user_version = 0")
    index.execute("DROP TABLE sections")
    index.commit()
    index.close()


def cut_archive(data: Path) -> None:
    os.truncate(data / "index.sqlite", (data / "index.sqlite").stat().st_size // 2)


def folder_for_archive(data: Path) -> None:
    (data / "index.sqlite").unlink()
    (data / "index.sqlite").mkdir()


ARCHIVES: dict[str, Callable[[Path], object]] = {
    "another journal": forgotten_wal,
    "noise": lambda data: (data / "index.sqlite").write_bytes(random.Random(5).randbytes(50_000)),
    "cut": cut_archive,
    "older": old_archive,
    "a folder": folder_for_archive,
}


@pytest.mark.parametrize("harm", some([(name,) for name in ARCHIVES], 2))
def test_an_archive_that_is_none_is_made_again(
    site: Replica, crawled: Path, tmp_path: Path, harm: tuple[str, ...]
) -> None:
    data = shutil.copytree(crawled, tmp_path / "data")
    ARCHIVES[harm[0]](data)
    ending = crawl(site.url, data)
    if harm == ("a folder",):
        assert ending.status == 73
        assert len(ending.err.splitlines()) == 1
        (data / "index.sqlite").rmdir()
        ending = crawl(site.url, data)
    assert ending.status == 0
    assert_exact(site, data)


# -- a disk without locks -------------------------------------------------------------------------------------------

# No file can be locked, as on NFS without its lock service.
UNLOCKED = """
import fcntl
def flock(file, how):
    raise OSError(int(given[0]), "no lock")
fcntl.flock = flock
"""


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_folder_that_cannot_be_locked_is_left_alone(
    site: Replica, crawled: Path, tmp_path: Path, number: int
) -> None:
    data = shutil.copytree(crawled, tmp_path / "data")
    before = {path.name: path.read_bytes() for path in data.iterdir()}
    forget = [*SCRAPY, "forget", "-s", f"MAINLAND_DATA_DIR={data}", "7"]
    for line in (command("-a", f"site={site.url}", MAINLAND_DATA_DIR=data), forget):
        ending = run(patched(UNLOCKED, line, number))
        assert (ending.status, len(ending.err.splitlines())) == (73, 1)
        assert "no file can be locked" in ending.err
    assert {path.name: path.read_bytes() for path in data.iterdir()} == before


def test_where_the_system_knows_no_locks_a_file_stands_for_one(site: Replica, tmp_path: Path) -> None:
    data = tmp_path / "data"
    line = patched(UNLOCKED, command("-a", f"site={site.url}", MAINLAND_DATA_DIR=data), errno.ENOSYS)
    assert [run(line).status for _ in range(2)] == [0, 0]
    assert_exact(site, data)


# -- files that are somebody else's ---------------------------------------------------------------------------------


# Gives up the capabilities by which root reads and writes any file, and all others (capset(2), version 3).
UNPRIVILEGED = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
assert libc.capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()) == 0
"""


def unprivileged(*line: object) -> Ending:
    """How a command ends for which permissions hold, as they do not for root."""
    return run(patched(UNPRIVILEGED, [*SCRAPY, *map(str, line)]))


@contextmanager
def forbidden(path: Path, mode: int) -> Iterator[None]:
    """A file or folder with other permissions for a while."""
    before = path.stat().st_mode
    path.chmod(mode)
    try:
        yield
    finally:
        path.chmod(before)


def test_a_lock_that_is_not_ours_is_no_fault_of_the_disk(site: Replica, crawled: Path, tmp_path: Path) -> None:
    data = shutil.copytree(crawled, tmp_path / "data")
    folder = ["-s", f"MAINLAND_DATA_DIR={data}"]
    with forbidden(data / "crawl.lock", 0o444):
        for line in (["crawl", "articles", "-L", "ERROR", "-a", f"site={site.url}", *folder], ["forget", "7", *folder]):
            ending = unprivileged(*line)
            assert (ending.status, ending.err.count("\n")) == (73, 1)
            assert "crawl.lock cannot be written (Permission denied)" in ending.err
            assert "another disk" not in ending.err


def test_an_export_of_a_folder_that_may_only_be_read_does_not_promise_to_go_on(crawled: Path, tmp_path: Path) -> None:
    data, out = shutil.copytree(crawled, tmp_path / "data"), tmp_path / "out.csv"
    with forbidden(data, 0o555):
        ending = unprivileged("export", out, data, "--changed-since", "last")
        assert (ending.status, ending.err.count("\n")) == (73, 1)
        assert f"cannot be noted in {data}; give --changed-since TIME" in ending.err
        assert [path.name for path in tmp_path.iterdir()] == ["data"]
        assert unprivileged("export", out, data, "--changed-since", "2000-01-01") == Ending(0, "", "")


@pytest.mark.parametrize("name", ["changes.jsonl", "duplicates.jsonl", "."])
def test_a_feed_that_may_not_be_read_is_named(crawled: Path, tmp_path: Path, name: str) -> None:
    data = shutil.copytree(crawled, tmp_path / "data")
    with forbidden(data / name, 0):
        ending = unprivileged("export", tmp_path / "out.csv", data, "--all-revisions")
    assert (ending.status, ending.err.count("\n")) == (1, 1)
    assert ending.err.startswith(f"scrapy export: cannot read {data / name}")


@pytest.mark.parametrize(
    "line", [["export", "out.csv"], ["report"], ["status"], ["forget", "7"], ["reparse"], ["validate", "{}/a.jsonl"]]
)
def test_a_folder_that_nobody_may_look_into_is_reported_in_a_line(tmp_path: Path, line: list[str]) -> None:
    (tmp_path / "closed" / "data").mkdir(parents=True)
    data = tmp_path / "closed" / "data"
    with forbidden(tmp_path / "closed", 0):
        ending = unprivileged(*(part.format(data) for part in line), "-s", f"MAINLAND_DATA_DIR={data}")
    status = 1 if line[0] == "validate" else 2  # it reads a file, not the data folder
    assert (ending.status, ending.err.count("\n")) == (status, 1)


def test_an_archive_that_may_not_be_read_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.warc").touch()
    (tmp_path / "b.warc").touch()
    with forbidden(tmp_path / "a.warc", 0):
        ending = unprivileged("extract", tmp_path / "a.warc", tmp_path / "b.warc")
    assert (ending.status, ending.out, ending.err.count("\n")) == (1, "", 1)
    assert ending.err.startswith(f"scrapy extract: {tmp_path / 'a.warc'}: ")


def test_a_crawl_that_cannot_write_at_its_end_says_it_once(site: Replica, tmp_path: Path) -> None:
    (tmp_path / "articles.jsonl").mkdir()
    ending = crawl(site.url, tmp_path, "-L", "ERROR")
    assert (ending.status, ending.err.count("cannot write to")) == (73, 1)


# -- memory that runs out -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [140, *(pytest.param(size, marks=pytest.mark.torture) for size in range(130, 170, 3))])
def test_a_crawl_that_runs_out_of_memory_ends_and_the_next_is_exact(site: Replica, tmp_path: Path, size: int) -> None:
    """Too little to start, to crawl, or to publish: where each begins depends on the machine."""
    limited = ["sh", "-c", f'ulimit -v {size << 10}; exec "$@"', "sh"]
    ending = run([*limited, *command("-a", f"site={site.url}", MAINLAND_DATA_DIR=tmp_path)])
    if ending.status == 0:
        assert_exact(site, tmp_path)
    assert crawl(site.url, tmp_path).status == 0
    assert_exact(site, tmp_path)


# -- a disk that is full, or cannot be written ---------------------------------------------------------------------


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """A file system of its own."""
    folder.mkdir()
    tried = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip("needs the right to mount")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def resized(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)


def used(folder: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in folder.iterdir())


@pytest.mark.parametrize(
    "room",
    [
        8,
        180,
        *(pytest.param(room, marks=pytest.mark.torture) for room in (16, 60, 100, 140, 200, 220, 240, 260, 300, 340)),
    ],
)
def test_a_disk_that_is_full_costs_nothing(site: Replica, tmp_path: Path, room: int) -> None:
    site.set_day(4)
    data = tmp_path / "data"
    with mounted(data, f"size={room}k"):
        ending = crawl(site.url, data)
        assert (ending.status, "Traceback" in ending.err) in {(73, False), (0, False)}
        resized(data, "size=10m")
        assert crawl(site.url, data).status == 0
        assert_exact(site, data)


@pytest.mark.parametrize(
    "more", [0, *(pytest.param(n, marks=pytest.mark.torture) for n in (4, 8, 16, 24, 32, 48, 64, 96))]
)
def test_a_disk_that_fills_up_later_costs_nothing(site: Replica, crawled: Path, tmp_path: Path, more: int) -> None:
    data = tmp_path / "data"
    with mounted(data, "size=10m"):
        shutil.copytree(crawled, data, dirs_exist_ok=True)
        site.set_day(7)
        resized(data, f"size={used(data) // 1024 + more}k")
        try:
            ending = crawl(site.url, data)
            assert (ending.status, "Traceback" in ending.err) in {(73, False), (0, False)}
            resized(data, "size=10m")
            assert crawl(site.url, data).status == 0
            assert_exact(site, data)
        finally:
            site.set_day(4)


def test_a_folder_that_cannot_be_written_is_reported_in_a_line(site: Replica, crawled: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with mounted(data, "size=10m"):
        shutil.copytree(crawled, data, dirs_exist_ok=True)
        resized(data, "ro")
        ending = crawl(site.url, data)
        assert (ending.status, len(ending.err.splitlines())) == (73, 1), ending.err
        for name in ("forget", "export"):
            given = ["12345"] if name == "forget" else [str(data / "out.csv")]
            ended = scrapy(name, "-s", f"MAINLAND_DATA_DIR={data}", *given)
            assert (ended.status, len(ended.err.splitlines())) == (73, 1), ended.err
        resized(data, "rw")
        assert crawl(site.url, data).status == 0
        assert_exact(site, data)


def test_a_clock_that_was_set_back_delays_no_walk(site: Replica, crawled: Path, tmp_path: Path) -> None:
    data = shutil.copytree(crawled, tmp_path / "data")
    with sqlite3.connect(data / "index.sqlite") as index:
        index.execute("REPLACE INTO facts VALUES ('walked', '\"2090-01-01T00:00:00Z\"')")
    index.close()
    before = len(site.requests())
    assert crawl(site.url, data).status == 0
    assert any("/category/" in request["path"] for request in site.requests()[before:])
    assert_exact(site, data)


# -- signals, in all states of a folder ----------------------------------------------------------------------------


def test_signals_at_any_moment_cost_nothing(tmp_path: Path) -> None:
    struck(tmp_path, 4, seed=11)


@pytest.mark.torture
def test_signals_at_any_moment_cost_nothing_at_length(tmp_path: Path) -> None:
    struck(tmp_path, 60, seed=12)


SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def struck(data: Path, times: int, seed: int) -> None:
    """Days of a site's life, each crawl of which is struck by a signal, or two, before one may end."""
    print(f"seed {seed}")
    draw = random.Random(seed)
    with Replica(articles=SIZE, latency=0.01) as site:
        for day in range(times):
            site.set_day(day)
            number, wait = draw.choice(SIGNALS), draw.uniform(0, 0.8)
            with crawling(site.url, data) as process:
                time.sleep(wait)
                process.send_signal(number)
                if draw.random() < 0.3:
                    process.send_signal(number)
                assert process.wait(60) in {-number, 128 + number, 0}, (number, wait)
            if day % 3 == 2 or day == times - 1:
                ending = crawl(site.url, data)
                assert ending.status == 0, ending
                assert_exact(site, data)


@pytest.mark.parametrize("rounds", [2, pytest.param(50, marks=pytest.mark.torture)])
def test_a_forgetting_that_was_killed_is_finished(site: Replica, crawled: Path, tmp_path: Path, rounds: int) -> None:
    draw = random.Random(13)
    data = shutil.copytree(crawled, tmp_path / "data")
    gone: set[int] = set()
    for _ in range(rounds):
        number = draw.choice(sorted(articles(data)))
        with started([*SCRAPY, "forget", "-s", f"MAINLAND_DATA_DIR={data}", str(number)]) as process:
            time.sleep(draw.uniform(0, 0.3))
            process.kill()
        assert crawl(site.url, data).status == 0
        if (data / "forgotten.jsonl").exists():
            gone = {record["id"] for record in records(data / "forgotten.jsonl")}
        assert not gone & articles(data).keys()
        assert not gone & {record["id"] for record in changes(data)}
        if len(gone) > SIZE // 2:
            data = shutil.copytree(crawled, tmp_path / str(len(gone)), dirs_exist_ok=True)


# -- nobody reads, or nothing can be read ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["status", "extract", "validate"])
def test_a_reader_that_goes_away_ends_a_command_without_a_word(crawled: Path, tmp_path: Path, name: str) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text("no line of the dataset\n" * 3)
    page = ROOT / "tests" / "fixtures" / "pages" / "gutenberg-blocks" / "page.html"
    given = {"status": ["-s", f"MAINLAND_DATA_DIR={crawled}"], "extract": [str(page)], "validate": [str(broken)]}[name]
    line = [sys.executable, "-m", "scrapy", name, *given]
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        errors = process.stderr.read()
    assert (process.returncode, errors) == (-signal.SIGPIPE, b"")


@pytest.mark.parametrize("out", ["> /dev/full", ">&-"])
@pytest.mark.parametrize("name", ["status", "extract", "validate", "reparse"])
def test_what_cannot_be_printed_is_a_line_and_a_status(crawled: Path, tmp_path: Path, name: str, out: str) -> None:
    (tmp_path / "broken.jsonl").write_text("no line of the dataset\n" * 3)
    page = ROOT / "tests" / "fixtures" / "pages" / "gutenberg-blocks" / "page.html"
    given = {"extract": [page], "validate": [tmp_path / "broken.jsonl"]}.get(name, [])
    data = shutil.copytree(crawled, tmp_path / "data")
    (data / "pages").mkdir()
    (data / "pages" / "a.warc").touch()
    line = [sys.executable, "-m", "scrapy", name, *map(str, given), "-s", f"MAINLAND_DATA_DIR={data}"]
    ending = run(["sh", "-c", f'exec "$@" {out}', "sh", *line])
    assert (ending.status, len(ending.err.splitlines())) == (73, 1)
    assert ending.err.startswith(f"scrapy {name}: standard output: ")


def test_pages_that_are_read_when_ctrl_c_is_pressed_end_without_a_word(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "page.html")
    with started([*SCRAPY, "extract", str(tmp_path / "page.html")]) as process:
        page = os.open(tmp_path / "page.html", os.O_WRONLY)  # as soon as it is read
        process.send_signal(signal.SIGINT)
        ended = process.communicate()
        os.close(page)
        assert (process.returncode, ended) == (-signal.SIGINT, ("", ""))


def test_a_crawl_needs_no_input_and_no_output(site: Replica, tmp_path: Path) -> None:
    line = command("-a", f"site={site.url}", MAINLAND_DATA_DIR=tmp_path)
    assert run(["sh", "-c", 'exec "$@" <&- >&-', "sh", *line]).status == 0
    assert_exact(site, tmp_path)
