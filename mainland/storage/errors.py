"""The errors of a data folder, and why an item is dropped."""

from __future__ import annotations

import sqlite3

from scrapy.exceptions import DropItem

from mainland.exit_status import ExitStatus


class LockedError(Exception):
    """Another crawl holds the data folder or its database. Its text says who, and since when."""


class WrongSiteError(Exception):
    """The data folder belongs to another site."""


class ElsewhereError(Exception):
    """A line is in a file that this folder does not have: that of another worker, on another machine."""


def status_of(error: BaseException) -> ExitStatus | None:
    """The exit status of a command that an error of the data folder ended; None for any other error."""
    if isinstance(error, LockedError):
        return ExitStatus.LOCKED
    if isinstance(error, WrongSiteError):
        return ExitStatus.WRONG_USE
    return ExitStatus.CANNOT_WRITE if isinstance(error, (OSError, sqlite3.Error)) else None


class UnwrittenItem(DropItem):
    """The item could not be written; the next crawl requests its page again."""


class KnownItem(DropItem):
    """The item says nothing that the dataset does not have."""


class RejectedItem(DropItem):
    """The item lacks what an article must have. Its text says what."""
