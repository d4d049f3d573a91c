"""Keeps long texts, and texts of pages, out of the log and of ``runs.jsonl``."""

from __future__ import annotations

import logging
import sqlite3
import traceback
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy import logformatter

from mainland.clean.text import cut, printable
from mainland.storage.errors import reason

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.http import Response
    from scrapy.logformatter import LogFormatterResult
    from twisted.python.failure import Failure

_LONGEST, _MOST = 500, 100  # characters of a line, lines of a message
_PLAIN = ("mainland", "redis", "scrapy", "twisted")  # their errors quote no page


def fault(error: BaseException) -> str:
    """The message of an error for the log, at most 200 characters.

    Errors of Python and of other libraries can quote the page. For these it is the type of the error, and the line in
    this project that raised it.

    >>> fault(OSError(28, "No space left on device")), fault(ValueError("Once upon a time"))
    ('No space left on device; free some space', 'ValueError')
    """
    is_plain = type(error).__module__.partition(".")[0] in _PLAIN or isinstance(error, (OSError, sqlite3.Error))
    if is_plain:
        return cut(printable(reason(error)))
    ours = [each for each in traceback.extract_tb(error.__traceback__) if "mainland" in Path(each.filename).parts]
    place = f" in {Path(ours[-1].filename).name}, line {ours[-1].lineno}" if ours else ""
    return f"{type(error).__name__}{place}"


def bound() -> None:
    """Makes the logging module limit the length of each message and traceback of this process from now on."""
    logging.setLogRecordFactory(record)


def record(*given: Any, **named: Any) -> logging.LogRecord:
    """A record of the log as :class:`logging.LogRecord` makes it, with a bounded message and traceback.

    At most 100 lines of 500 characters; errors in it are written as by :func:`fault`.
    """
    made = logging.LogRecord(*given, **named)
    made.args = _plain(made.args)
    error = made.exc_info[1] if made.exc_info else None
    with suppress(TypeError, ValueError, KeyError):  # arguments that do not fit: logging says so
        made.msg, made.args = _bounded(_without(error, made.getMessage())), None
    if error is not None:
        made.exc_text = _bounded("\n".join(_traced(error)))
    return made


def _without(error: BaseException | None, message: str) -> str:
    """A message without the text of its error, which asyncio writes into it."""
    if error is None:
        return message
    for quoted in (repr(error), str(error)):
        message = message.replace(quoted, fault(error)) if quoted else message
    return message


def _plain(given: Any) -> Any:
    """The arguments of a log message, each error in them replaced by its :func:`fault`."""
    if isinstance(given, Mapping):
        return {name: _plain(value) for name, value in given.items()}
    if isinstance(given, tuple):
        return tuple(map(_plain, given))
    return fault(given) if isinstance(given, BaseException) else given


def _traced(error: BaseException) -> Iterator[str]:
    """Yields the lines of a traceback: the error, then those that led to it, each with its :func:`fault`."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield "Traceback (most recent call last):"
        for frame in traceback.format_tb(cause.__traceback__):
            yield from frame.splitlines()
        yield f"{type(cause).__qualname__}: {fault(cause)}"
        cause = cause.__cause__ or cause.__context__


def _bounded(message: str) -> str:
    lines = message[: _LONGEST * _MOST].splitlines()
    return "\n".join(cut(line, _LONGEST) for line in lines[:_MOST])


class LogFormatter(logformatter.LogFormatter):
    """Scrapy's messages, with the address of an item instead of all its fields."""

    def scraped(self, item: Any, response: Response | Failure | None, spider: Spider) -> LogFormatterResult:
        return super().scraped(_address(item), response, spider)

    def dropped(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        return super().dropped(_address(item), exception, response, spider)

    def item_error(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        return super().item_error(_address(item), exception, response, spider)


def _address(item: Any) -> Any:
    return getattr(item, "url", None) or type(item).__name__
