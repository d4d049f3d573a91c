"""Temporary files and folders: created under names that cannot be foreseen, removed at the end and after a kill.

Each temporary folder holds a file that its process keeps locked. One whose lock is free was left by a process that is
dead, whatever its number and on whichever machine: the next process that creates one in the same place removes it. The
lock is removed last; a folder without one was left by a kill right before or behind that, once it is an hour old.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir, mkdtemp

PREFIX = ".mainland-"

_LOCK = "mainland.lock"
_MADE = re.compile(re.escape(PREFIX) + "[a-z0-9_]{8}")  # as mkdtemp names folders
_HOUR = 3600.0  # seconds
_begun: set[Path] = set()


@contextmanager
def temporary(place: Path | None = None) -> Iterator[Path]:
    """A new folder that nobody else can enter, removed with all in it at the end of the block.

    ``place`` is the folder to create it in: by default the system's for temporary files. What dead processes left there
    is removed first.

    :raises OSError: it cannot be created.
    """
    place = place or Path(gettempdir())
    remove_abandoned(place)
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
    """A path to write a new file to, which replaces the one at ``path`` in one step at the end of the block.

    It is on the disk then, whatever happens to the machine, and has the owner and the mode of the old one. Until then
    it is in a temporary folder, where the block may create more. A symbolic link at ``path`` is replaced, not followed.
    If the block raises an error, nothing is replaced.

    :raises OSError: it cannot be created or synced; before the replacement, the other file still stands.
    """
    beside = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with temporary(path.parent) as folder:
            new = folder / "new"
            yield new
            with new.open("rb") as file:
                _inherit(file.fileno(), path)
                os.fsync(file.fileno())
            new.replace(path)
        os.fsync(beside)
    finally:
        os.close(beside)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """A block for a path that only one process of a user at a time can enter, whether there is a file or not.

    The lock is in the user's own folder for temporary files, which other users cannot write.

    :raises BlockingIOError: another process is in the block.
    :raises OSError: the lock cannot be opened, or somebody else has taken that folder's name.
    """
    place = os.fsencode(os.path.realpath(path.parent)) + b"/" + os.fsencode(path.name)
    name = _own_folder() / f"{sha256(place).hexdigest()}.lock"
    lock = _locked(name)
    _begun.add(name)
    try:
        yield
    finally:
        _remove(name)
        _begun.discard(name)
        os.close(lock)


def remove_abandoned(place: Path) -> None:
    """Removes the temporary folders that dead processes of this project left in a folder. Raises no error."""
    with suppress(OSError), os.scandir(place) as entries:
        for found in entries:
            if found.name.startswith(PREFIX) and found.is_dir(follow_symlinks=False):
                about = found.stat(follow_symlinks=False)
                if os.geteuid() in {0, about.st_uid}:
                    _remove_if_abandoned(Path(found), age=time.time() - about.st_mtime)


def clear() -> None:
    """Removes all temporary folders and locks of this process; for its end."""
    for path in _begun:
        _remove(path)


def _created(place: Path) -> tuple[Path, int]:
    """Creates a temporary folder; returns its path, and the file descriptor of its lock."""
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


def _own_folder() -> Path:
    """The user's own folder for temporary files, created if it is missing.

    :raises OSError: it cannot be created, or something else has its name.
    """
    folder = Path(gettempdir()) / f"mainland-{os.geteuid()}"
    with suppress(FileExistsError):
        folder.mkdir(0o700)
    about = folder.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid():
        raise OSError(f"{folder} is not a folder of yours: remove it, or set TMPDIR to another folder")
    return folder


def _inherit(file: int, path: Path) -> None:
    """Gives an open file the owner, as far as allowed, and the mode of the one at a path, if there is one."""
    with suppress(FileNotFoundError):
        old = path.lstat()
        if stat.S_ISREG(old.st_mode):
            with suppress(PermissionError):  # only root may give a file away
                os.fchown(file, old.st_uid, old.st_gid)
            os.fchmod(file, old.st_mode & 0o777)


def _locked(name: Path) -> int:
    """Creates or opens a file and locks it; returns its file descriptor.

    :raises BlockingIOError: another process has locked it.
    :raises OSError: it cannot be opened.
    """
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


def _remove_if_abandoned(folder: Path, age: float) -> None:
    """Removes a temporary folder if its process is dead: its lock is free, or it has none and is older than an hour.

    ``age`` is its age in seconds. Raises no error.
    """
    with suppress(OSError):
        try:
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            if age > _HOUR and _MADE.fullmatch(folder.name):
                _remove(folder)
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(folder)
        finally:
            os.close(lock)


def _remove(path: Path) -> None:
    """Removes a file or a temporary folder. Raises no error.

    The lock of a folder is removed last, and only if everything else was removed.
    """
    with suppress(OSError):
        if not path.is_dir() or path.is_symlink():
            path.unlink(missing_ok=True)
            return
        for each in path.iterdir():
            if each.is_dir() and not each.is_symlink():
                shutil.rmtree(each)
            elif each.name != _LOCK:
                each.unlink()
        (path / _LOCK).unlink(missing_ok=True)
        path.rmdir()
