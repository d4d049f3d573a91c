"""The errors of a data folder, and why an item is dropped."""

from __future__ import annotations

import errno
import os
import sqlite3

from scrapy.exceptions import DropItem

from mainland.exit_status import ExitStatus


class LockedError(Exception):
    """Another crawl is using the data folder or its database. Its text says who, and since when."""


class WrongSiteError(Exception):
    """The data folder belongs to another site."""


class ElsewhereError(Exception):
    """A line is in a file that this folder does not have: that of another worker, on another machine."""


def status_of(error: BaseException) -> ExitStatus | None:
    """The exit status of a command that an error of the data folder ended; None for any other error.

    75 if another crawl is using it, 2 if it is of another site, 73 for any error of the disk or the database.
    """
    if isinstance(error, LockedError):
        return ExitStatus.LOCKED
    if isinstance(error, WrongSiteError):
        return ExitStatus.WRONG_USE
    return ExitStatus.CANNOT_WRITE if isinstance(error, (OSError, sqlite3.Error)) else None


class UnwrittenItem(DropItem):
    """The item could not be written; the next crawl requests its page again."""


class KnownItem(DropItem):
    """The item has nothing that the dataset does not have."""


class RejectedItem(DropItem):
    """The item lacks what an article must have. Its text says what."""


_ADVICE = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space, or raise the quota",
    errno.EFBIG: "raise the limit on the size of files (ulimit -f)",
    errno.EACCES: "correct the permissions",
    errno.EPERM: "correct the permissions",
    errno.EROFS: "mount it for writing",
    errno.EIO: "check the disk",
    errno.EISDIR: "move it away",
    errno.EEXIST: "rename it, or give another folder",
    errno.ENOTDIR: "give another folder",
    errno.EMFILE: "raise the limit on open files (ulimit -n)",
}
_OF_SQLITE = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_READONLY: errno.EACCES,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
}


def reason(error: BaseException, place: object = "") -> str:
    """The message of an error of the disk or the database, without its number, and with what to do about it if known.

    A path ``place`` at its start, which the caller's message has already, is left out.

    >>> reason(OSError(28, "No space left on device", "data/changes.jsonl"))
    'data/changes.jsonl: No space left on device; free some space'
    >>> reason(OSError("the space left is for the dataset"))
    'the space left is for the dataset'
    """
    message, number = str(error), getattr(error, "errno", None)
    if isinstance(error, OSError) and error.strerror:
        named = error.filename2 or error.filename  # of a file that is to replace another: the other
        is_named = isinstance(named, (str, bytes, os.PathLike))
        message = f"{os.fsdecode(named)}: {error.strerror}" if is_named else error.strerror
    elif isinstance(error, sqlite3.Error):
        number = _OF_SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    message = message.removeprefix(f"{place}: ")
    return f"{message}; {_ADVICE[number]}" if number in _ADVICE else message


def reason_in(folder: object, error: BaseException) -> str:
    """The message of an error that ended the opening of a data folder; it names the folder if the error does not."""
    is_bare = isinstance(error, sqlite3.Error) or getattr(error, "strerror", None)
    return f"cannot write to {folder}: {reason(error, folder)}" if is_bare else reason(error)
