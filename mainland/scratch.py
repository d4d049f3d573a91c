"""Temporary files and folders: created under names that cannot be foreseen, removed at the end and after a kill.

Each temporary folder holds a file that its process keeps locked. One whose lock is free was left by a process that is
dead, whatever its number and on whichever machine: the next process that creates one in the same place removes it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir, mkdtemp

PREFIX = ".mainland-"

_LOCK = "mainland.lock"
_begun: set[Path] = set()


@contextmanager
def temporary(place: Path | None = None) -> Iterator[Path]:
    """A new folder that nobody else can enter, removed at the end.

    ``place`` is the folder to create it in: by default the system's for temporary files.

    :raises OSError: it cannot be created.
    """
    place = place or Path(gettempdir())
    remove_left(place)
    folder, lock = _created(place)
    _begun.add(folder)
    try:
        yield folder
    finally:
        _remove(folder)
        _begun.discard(folder)
        os.close(lock)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write a new file to, which takes the place of another in one step at the end of the block.

    It is on the disk then, whatever happens to the machine. It stands alone in a folder beside the other, which has
    room for more. A symbolic link at ``path`` is replaced, not followed.

    :raises OSError: it cannot be created or synced; before the replacement, the other file still stands.
    """
    beside = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with temporary(path.parent) as folder:
            new = folder / "new"
            yield new
            with new.open("rb") as file:
                os.fsync(file.fileno())
            new.replace(path)
        os.fsync(beside)
    finally:
        os.close(beside)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """A block that one process at a time enters for a file. The lock is a file beside it.

    :raises BlockingIOError: another process is in the block.
    :raises OSError: the lock cannot be opened, or is a symbolic link.
    """
    name = path.with_name(f"{PREFIX}{path.name}.lock")
    lock = _locked(name)
    is_ours = os.fstat(lock).st_uid == os.geteuid()
    if is_ours:
        _begun.add(name)
    try:
        yield
    finally:
        if is_ours:
            _remove(name)
            _begun.discard(name)
        os.close(lock)


def remove_left(place: Path) -> None:
    """Removes the temporary folders in a folder that dead processes of ours left there, and nothing else."""
    with suppress(OSError):
        for found in os.scandir(place):
            if found.name.startswith(PREFIX) and found.is_dir(follow_symlinks=False):
                owner = found.stat(follow_symlinks=False).st_uid
                if os.geteuid() in {0, owner}:
                    _remove_if_left(Path(found))


def clear() -> None:
    """Removes all that this process has begun."""
    for path in _begun:
        _remove(path)


def _created(place: Path) -> tuple[Path, int]:
    """A new folder, and its open lock."""
    while True:
        folder = Path(mkdtemp(prefix=PREFIX, dir=place))
        try:
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError:
            folder.rmdir()
            raise
        with suppress(OSError):  # on a disk without locks nothing is taken for left either
            fcntl.flock(lock, fcntl.LOCK_EX)
        if os.fstat(lock).st_nlink:
            return folder, lock
        os.close(lock)  # another process took the folder for left before it was locked


def _locked(name: Path) -> int:
    """A locked file that stands under a name."""
    while True:
        lock = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise
        if os.fstat(lock).st_nlink:
            return lock
        os.close(lock)  # its last holder removed it before it was locked


def _remove_if_left(folder: Path) -> None:
    with suppress(OSError):
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(folder)
        finally:
            os.close(lock)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
