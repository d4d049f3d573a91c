"""Temporary files of processes that are killed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mainland.storage import lines, scratch
from tests.support.crawling import started
from tests.support.sample_data import python
from tests.support.scratch import HOLDER

KILLED = """
import os, signal, sys
from pathlib import Path
from mainland.storage import scratch
left = int(sys.argv[2])
def counting(step):
    def one(*arguments, **options):
        global left
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        step(*arguments, **options)
    return one
with scratch.temporary(Path(sys.argv[1])) as folder:
    (folder / "deep").mkdir()
    for name in ("a", "z", "deep/b"):
        (folder / name).write_text("a text")
    os.unlink, os.rmdir = counting(os.unlink), counting(os.rmdir)
"""


def test_whenever_a_process_is_killed_as_it_cleans_up_the_next_removes_the_rest(tmp_path: Path) -> None:
    for steps in range(20):
        ended = python(KILLED, str(tmp_path), str(steps))
        for left in tmp_path.iterdir():
            if not (left / "mainland.lock").exists():
                assert list(left.iterdir()) == [], steps
                os.utime(left, (0, 0))  # nobody can tell whether it is just being made, until it is old
        scratch.remove_abandoned(tmp_path)
        assert list(tmp_path.iterdir()) == [], steps
        if ended.returncode == 0:
            break
    assert (ended.returncode, steps) == (0, 6), ended.stderr


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_uses_stays(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    with (
        started([sys.executable, "-c", HOLDER, str(tmp_path)]) as dead,
        started([sys.executable, "-c", HOLDER, str(tmp_path)]) as living,
    ):
        left, used = (Path(each.first_line()) for each in (dead, living))
        dead.kill()
        dead.wait()
        assert (left / "text").exists()
        lines.replace(path, [b"{}\n"])
        assert sorted(tmp_path.iterdir()) == sorted([path, used])
        assert (used / "text").exists()


def test_only_what_is_surely_ours_is_removed(tmp_path: Path) -> None:
    ended = int(python("import os; print(os.getpid())").stdout)
    others = [".changes.jsonl.20261127", f".changes.jsonl.{ended}", f"{scratch.PREFIX}notes"]
    for name in others:
        (tmp_path / name).write_text("a backup")
    (tmp_path / f"{scratch.PREFIX}folder").mkdir()
    (tmp_path / f"{scratch.PREFIX}folder" / "letter").write_text("mine")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mainland.lock").touch()
    (tmp_path / f"{scratch.PREFIX}link").symlink_to(elsewhere)
    before = sorted(tmp_path.rglob("*"))
    lines.replace(tmp_path / "changes.jsonl", [b"{}\n"])
    assert sorted(tmp_path.rglob("*")) == sorted([*before, tmp_path / "changes.jsonl"])
