"""The lock of a data folder, and ``crawl.json``: which process uses the folder, and which page it is reading."""

from __future__ import annotations

import errno
import json
import os
import socket
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from mainland.clean import dates
from mainland.storage.errors import LockedError
from mainland.storage.files import HOLDER, LOCK, called

_LONGEST = 8192  # characters of crawl.json


def acquire(folder: Path, worker: str) -> FileLock:
    """Locks a data folder for a worker and returns the lock; ``worker`` is "" where there is only one.

    :raises LockedError: another process has locked it.
    :raises OSError: no file can be locked there; the text says what to do.
    """
    lock = FileLock(folder / called(LOCK, worker))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise LockedError(_holder_of(folder, worker)) from None
    except OSError as error:
        what = f"no file can be locked ({error.strerror}): choose a MAINLAND_DATA_DIR on another disk"
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.EISDIR):
            what = f"{called(LOCK, worker)} cannot be written ({error.strerror})"
        raise OSError(error.errno, what, str(folder)) from None
    return lock


class Holder:
    """``crawl.json``: a line with the process that uses a folder, then the address of the page that it is reading."""

    def __init__(self, folder: Path, worker: str) -> None:
        """Writes the file for this process, which has locked the folder; sets :attr:`interrupted` from the one before.

        :raises OSError: it cannot be written.
        """
        self._path = folder / called(HOLDER, worker)
        try:
            left = self._path.read_text("utf-8", "replace")[:_LONGEST]
        except OSError:
            left = ""
        self.interrupted = left.partition("\n")[2].strip() or None
        """The address whose page the last holder was reading when it was killed; None if it was not."""
        about = {"pid": os.getpid(), "machine": socket.gethostname(), "since": dates.utc(datetime.now(UTC))}
        first = f"{json.dumps(about)}\n".encode()
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        self._size = os.write(self._file, first)

    def begin_reading(self, url: str) -> None:
        """Records that the page of an address is being read."""
        os.pwrite(self._file, url.encode("utf-8", "replace")[:_LONGEST], self._size)

    def end_reading(self) -> None:
        """Records that no page is being read."""
        os.ftruncate(self._file, self._size)

    def release(self) -> None:
        """Closes and removes ``crawl.json``: the folder is not in use any more. Raises no error."""
        with suppress(OSError):
            os.close(self._file)
            self._path.unlink(missing_ok=True)


def _holder_of(folder: Path, worker: str) -> str:
    """Which process uses a data folder, and since when, in words for a message; without both if they are not known."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        about = json.loads((folder / called(HOLDER, worker)).read_text("utf-8").partition("\n")[0])
        who = f"process {about['pid']} on {about['machine']}"
        return f"{who} has been crawling into {folder} since {about['since']}"
    return f"another crawl is using {folder}"
