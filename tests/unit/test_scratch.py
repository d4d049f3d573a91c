"""Temporary files: nobody can foresee or redirect them, and what a killed process left is removed."""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from mainland.reporting import export, queries, report
from mainland.reporting.queries import Selection
from mainland.storage import files, lines, scratch
from mainland.storage.errors import LockedError
from tests.support.exporting import store
from tests.support.sample_data import made


def writers(data: Path, out: Path) -> dict[str, Callable[[], object]]:
    """All that puts a file in the place of another."""
    return {
        "export": lambda: export.export(out, Selection((data,))),
        "report": lambda: report.write(data, out, UTC),
        "lines": lambda: lines.replace(out, [b"{}\n"]),
    }


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    store(folder, [made(1), made(2)])
    return folder


@pytest.mark.parametrize(("kind", "name"), [("export", "out.csv"), ("report", "out.html"), ("lines", "out.jsonl")])
def test_links_that_somebody_placed_beside_a_file_are_not_followed(data: Path, kind: str, name: str) -> None:
    shared, victim = data.parent / "shared", data.parent / "victim"
    shared.mkdir()
    victim.mkdir()
    (victim / "diary.txt").write_text("mine")
    (victim / "folder").mkdir()
    (victim / "folder" / "letter.txt").write_text("mine")
    out = shared / name
    guesses = [f".{name}.export", f".{name}.{os.getpid()}", f".{name}.1", f"{scratch.PREFIX}{name}", f".{name}.tmp"]
    for guess in guesses:
        (shared / guess).symlink_to(victim if guess.endswith(("export", name)) else victim / "diary.txt")
    writers(data, out)[kind]()
    assert out.stat().st_size > 0
    assert not out.is_symlink()
    assert sorted(path.name for path in shared.iterdir()) == sorted([*guesses, name])
    assert all((shared / guess).is_symlink() for guess in guesses)
    assert (victim / "diary.txt").read_text() == (victim / "folder" / "letter.txt").read_text() == "mine"
    assert sorted(path.name for path in victim.iterdir()) == ["diary.txt", "folder"]


def test_nobody_can_block_an_export_by_what_stands_beside_its_file(data: Path) -> None:
    beside = data.parent / f"{scratch.PREFIX}out.csv.lock"
    makes: list[Callable[[], object]] = [
        lambda: beside.symlink_to("nowhere"),
        lambda: beside.touch(0o600),
        beside.mkdir,
    ]
    for make in makes:
        make()
        if not os.geteuid() and not beside.is_symlink():
            os.chown(beside, 1234, 1234)
        export.export(data.parent / "out.csv", Selection((data,)))
        assert beside.is_symlink() or beside.exists()
        beside.rmdir() if beside.is_dir() else beside.unlink()
    assert sorted(path.name for path in data.parent.iterdir()) == ["data", "out.csv"]


@pytest.mark.parametrize("kind", ["folder", "link", "file"])
def test_a_folder_for_locks_that_is_not_ours_is_named_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    place = tmp_path / f"mainland-{os.geteuid()}"
    if kind == "folder":
        if os.geteuid():
            pytest.skip("only root can make folders of others")
        place.mkdir()
        os.chown(place, 1234, 1234)
    elif kind == "link":
        place.symlink_to(tmp_path)
    else:
        place.touch()
    with (
        pytest.raises(OSError, match="is not a folder of yours: remove it, or set TMPDIR to another folder"),
        scratch.exclusive(tmp_path / "out.csv"),
    ):
        pass


def test_a_lock_is_of_the_file_whatever_its_path_is_called(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (data.parent / "link").symlink_to(data.parent)
    monkeypatch.chdir(data.parent)
    out = data.parent / "out.csv"
    with scratch.exclusive(out):
        for same in (out, data.parent / "link" / "out.csv", Path("out.csv")):
            with pytest.raises(LockedError, match="another export is writing"):
                export.export(same, Selection((data,)))
        export.export(data.parent / "other.csv", Selection((data,)))
    export.export(out, Selection((data,)))


def test_an_output_may_have_the_longest_name(data: Path) -> None:
    for name, write in writers(data, data.parent / ("a" * 251 + ".csv")).items():
        write()
        assert (data.parent / ("a" * 251 + ".csv")).exists(), name


def test_an_output_that_is_a_link_to_itself_is_replaced_and_a_file_of_the_data_folder_is_not(data: Path) -> None:
    out = data.parent / "out.csv"
    for kind in ("export", "report"):
        out.unlink(missing_ok=True)
        out.symlink_to(out.name)
        if kind == "export":
            assert not files.is_of_data_folder(out, [data])
        writers(data, out)[kind]()
        assert not out.is_symlink()
    loop = data / "articles.jsonl"
    loop.unlink()
    loop.symlink_to(loop.name)
    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        lines.replace(loop, [b"{}\n"])


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_file_that_is_replaced_keeps_its_mode_and_its_owner(data: Path, mode: int) -> None:
    out = data.parent / "out.csv"
    for name, write in writers(data, out).items():
        out.write_bytes(b"old")
        out.chmod(mode)
        if not os.geteuid():
            os.chown(out, 1234, 1235)
        before = out.stat()
        write()
        after = out.stat()
        assert after.st_ino != before.st_ino
        assert [after.st_mode, after.st_uid, after.st_gid] == [before.st_mode, before.st_uid, before.st_gid], name


def test_a_folder_without_a_lock_is_left_for_an_hour_and_others_for_ever(tmp_path: Path) -> None:
    left, young = (Path(tempfile.mkdtemp(prefix=scratch.PREFIX, dir=tmp_path)) for _ in range(2))
    other = tmp_path / f"{scratch.PREFIX}letters"
    other.mkdir()
    for folder, age in ((left, 3700), (young, 3500), (other, 9999)):
        (folder / "text").write_text("a text")
        os.utime(folder, (time.time() - age,) * 2)
    scratch.remove_abandoned(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([young, other])


@pytest.mark.parametrize("kind", ["export", "report"])
def test_a_link_in_the_place_of_an_output_is_replaced(data: Path, kind: str) -> None:
    out, victim = data.parent / f"out.{'csv' if kind == 'export' else 'html'}", data.parent / "diary.txt"
    victim.write_text("mine")
    out.symlink_to(victim)
    writers(data, out)[kind]()
    assert not out.is_symlink()
    assert victim.read_text() == "mine"


def test_nobody_else_can_enter_a_temporary_folder(tmp_path: Path) -> None:
    with scratch.temporary(tmp_path) as first, scratch.temporary(tmp_path) as second:
        assert first != second
        assert {stat.S_IMODE(folder.stat().st_mode) for folder in (first, second)} == {0o700}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mask", [0o022, 0o027])
def test_a_new_file_has_the_mode_that_the_umask_says(data: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        for name, write in writers(data, data.parent / "out.csv").items():
            (data.parent / "out.csv").unlink(missing_ok=True)
            write()
            assert stat.S_IMODE((data.parent / "out.csv").stat().st_mode) == 0o666 & ~mask, name
    finally:
        os.umask(before)


@pytest.mark.skipif("os.geteuid()", reason="only root can give files away")
def test_replaced_lines_keep_owner_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    path.write_bytes(b"old\n")
    path.chmod(0o640)
    os.chown(path, 1234, 1235)
    lines.replace(path, [b"new\n"])
    found = path.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (1234, 1235, 0o640)


def test_lines_behind_a_link_are_replaced_and_the_link_stays(tmp_path: Path) -> None:
    target = tmp_path / "disk" / "changes.jsonl"
    target.parent.mkdir()
    target.write_bytes(b"a text to forget\n")
    link = tmp_path / "changes.jsonl"
    link.symlink_to(target)
    with lines.LinesFile(link) as file:
        file.keep([])
        file.append({"id": 1})
    assert link.is_symlink()
    assert target.read_bytes() == b'{"id": 1}\n'
    assert [path.name for path in target.parent.iterdir()] == ["changes.jsonl"]


def test_a_folder_that_is_taken_for_left_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flock, calls = fcntl.flock, []

    def late(lock: int, how: int) -> None:
        calls.append(how)
        if len(calls) == 1:
            scratch.remove_abandoned(tmp_path)
        flock(lock, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with scratch.temporary(tmp_path) as folder:
        assert folder.is_dir()
        assert list(tmp_path.iterdir()) == [folder]
    assert len(calls) == 3


def test_one_holder_at_a_time_is_alone_with_a_file(tmp_path: Path) -> None:
    inside: list[int] = []
    seen: list[int] = []

    def enter() -> None:
        for _ in range(1000):
            with suppress(BlockingIOError), scratch.exclusive(tmp_path / "out.csv"):
                inside.append(1)
                seen.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) > 100
    assert set(seen) == {1}
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_on_the_disk_before_it_is_noted_how_far_it_comes(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = data.parent / "elsewhere" / "out.csv"
    out.parent.mkdir()
    steps: list[Any] = []
    fsync, rename = os.fsync, Path.replace

    def synced(file: int) -> None:
        steps.append(str(Path(f"/proc/self/fd/{file}").readlink()))
        fsync(file)

    def renamed(path: Path, target: Path) -> Path:
        steps.append((str(path), str(target)))
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    export.export(out, Selection((data,), changed_since=queries.LAST))
    copies = [step for step in steps if str(step).endswith(".jsonl")]
    file, (new, target), folder, *mark = [step for step in steps if step not in copies]
    assert new == file
    assert (target, folder) == (str(out), str(out.parent))
    assert mark[1][1] == str(data / "exported.json")


def test_a_failed_sync_of_the_folder_leaves_the_mark_where_it_was(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = data.parent / "elsewhere" / "out.csv"
    out.parent.mkdir()
    fsync = os.fsync

    def failing(file: int) -> None:
        if str(Path(f"/proc/self/fd/{file}").readlink()) == str(out.parent):
            raise OSError(5, "Input/output error")
        fsync(file)

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OSError, match="Input/output error"):
        export.export(out, Selection((data,), changed_since=queries.LAST))
    assert not (data / "exported.json").exists()
