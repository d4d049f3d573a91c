"""The reader of ``runs.jsonl``: the result of each crawl of a data folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, TypedDict

from mainland.clean import dates
from mainland.exit_status import SAW_EVERYTHING
from mainland.storage.files import RUNS, workers
from mainland.storage.lines import bounded, decode, is_bounded, lines_backwards

_LONG = 8 << 20  # bytes of history: a year of hourly crawls
_LONGEST = 1 << 20  # bytes of a line; a crawl writes a few thousand
_MOST = 10_000  # lines of history


Instant = str
"""An instant as text, ISO 8601; empty where none is known."""

Alarm = dict[str, Any]
"""An open alarm about a rate: ``usual`` (a share, 0 to 1), ``now``, ``since`` and ``addresses`` (a list of text)."""

Reservations = dict[str, Any]
"""What the site says about AI agents and text and data mining: ``refused_agents`` (a list of text), ``tdmrep`` and
headers of that protocol."""


class Failure(TypedDict):
    """An address that failed, and why."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A line: a crawl, or alarms that were accepted. A field that the line lacks has its default."""

    start: Instant = ""
    """Instant of the beginning, UTC; of accepted alarms the instant when they were."""

    end: Instant = ""
    """Instant of the end, UTC."""

    site: str = ""
    """Address of the site."""

    sections: list[str] = field(default_factory=list)
    """Slugs of the sections that were crawled; empty for all of the site."""

    exit_status: int | None = None
    """An :class:`~mainland.exit_status.ExitStatus`, or 128 + n; None for accepted alarms."""

    verdict: str = ""
    """The reason of the exit status, in words."""

    leads: bool = True
    """Whether it was the only worker of its run, or the one that led it."""

    delivered: dict[str, int] = field(default_factory=dict)
    """Lines written, by ``change``."""

    failed: dict[str, int] = field(default_factory=dict)
    """Addresses that failed, by reason."""

    failures: list[Failure] = field(default_factory=list)
    """The same one by one."""

    requests: dict[str, int] = field(default_factory=dict)
    """Requests, by what was requested."""

    sources: list[str] = field(default_factory=list)
    """The sources that listed articles: feed, REST, sitemap."""

    changes_by: str | None = None
    """The source that dates changes; None where no source does."""

    time_zone: str = ""
    """The time zone that pages were read in, for :func:`mainland.clean.dates.zone`; empty where it was not known."""

    posts_on_site: int | None = None
    """The site's own count of its posts."""

    reservations: Reservations = field(default_factory=dict)
    """What the site says about AI agents and text and data mining."""

    alarms: list[str] = field(default_factory=list)
    """The alarms of this crawl, in words."""

    unconfirmed: dict[str, str] = field(default_factory=dict)
    """What an operator must confirm, in words, by name."""

    mended: list[str] = field(default_factory=list)
    """What was repaired in the data folder, in words."""

    read: int = 0
    """Number of pages that were articles."""

    unread: int = 0
    """Number of pages that should have been articles, and were not."""

    filled: dict[str, int] = field(default_factory=dict)
    """Number of articles that have a field, by field."""

    rules: dict[str, int] = field(default_factory=dict)
    """Number of articles that have a field from a rule, by ``field/rule``."""

    controlled: list[str] = field(default_factory=list)
    """Rates that fell although follow-ups still have the field; see :mod:`mainland.crawl.health`."""

    drift: dict[str, Alarm] | None = None
    """The open alarms about rates, by name; None where the crawl did not check the rates."""

    accepted: list[str] = field(default_factory=list)
    """The alarms that were accepted."""

    @classmethod
    def of(cls, record: dict[str, Any]) -> Run | None:
        """The run of a decoded line; None if a value in it has the wrong type."""
        given = {name: value for name, value in record.items() if name in _NAMES}
        return cls(**given) if all(is_sound(given[name]) for name, is_sound in _SOUND if name in given) else None

    @property
    def is_crawl(self) -> bool:
        """Whether it is a crawl, not alarms that were accepted."""
        return self.exit_status is not None

    @property
    def is_good(self) -> bool:
        """Whether it saw the whole site without a failure, and an operator need not confirm anything."""
        return self.exit_status in SAW_EVERYTHING and not (self.failed or self.sections or self.unconfirmed)

    @property
    def began(self) -> datetime | None:
        """The instant of the beginning; None if it cannot be read."""
        return dates.instant(self.start)

    @property
    def ended(self) -> datetime | None:
        """The instant of the end; None if it cannot be read."""
        return dates.instant(self.end)


def _is(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kinds)


def _are(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(isinstance(each, kind) for each in value)


def _by_name(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, dict) and all(isinstance(each, kind) for each in value.values())


def _has(value: dict[str, Any], **kinds: type) -> bool:
    return all(isinstance(value.get(name), kind) for name, kind in kinds.items())


def _is_alarm(value: dict[str, Any]) -> bool:
    return isinstance(value.get("usual") or 0, (int, float)) and _are(str)(value.get("addresses", []))


_KINDS: dict[str, Callable[[Any], bool]] = {
    "str": _is(str),
    "int": _is(int),
    "bool": _is(bool),
    "str | None": _is(str, type(None)),
    "int | None": _is(int, type(None)),
    "list[str]": _are(str),
    "list[Failure]": lambda value: _are(dict)(value) and all(_has(each, url=str, reason=str) for each in value),
    "dict[str, str]": _by_name(str),
    "dict[str, int]": _by_name(int),
    "dict[str, Alarm] | None": lambda value: (
        value is None or (_by_name(dict)(value) and all(map(_is_alarm, value.values())))
    ),
    "Reservations": lambda value: _is(dict)(value) and _are(str)(value.get("refused_agents") or []),
    "Instant": lambda value: value == "" or (isinstance(value, str) and dates.instant(value) is not None),
}
_NAMES = frozenset(each.name for each in fields(Run))
_SOUND = tuple((each.name, _KINDS[str(each.type)]) for each in fields(Run))


def history(folder: Path) -> list[Run]:
    """The runs of a data folder, the oldest first; of a long ``runs.jsonl`` those at its end.

    Those of several workers are in the order in which they ended; of one run the leader's comes last. A line that is
    not a run, or is longer than a megabyte, is skipped.

    :raises OSError: a file cannot be read.
    """
    files = workers(folder, RUNS).values()
    found = [run for path in files for run in _last(path)]
    if len(files) > 1:
        found.sort(key=lambda run: (run.end or run.start, run.leads))
    return found


def time_zone(folder: Path) -> tzinfo:
    """The time zone that the last crawl of a data folder knew; Europe/London where none did.

    :raises OSError: a file cannot be read.
    """
    zones = (dates.zone(run.time_zone) for run in reversed(history(folder)))
    return next(filter(None, zones), dates.LONDON)


def unconfirmed(runs: list[Run]) -> dict[str, str]:
    """What an operator must confirm about the last crawl and has not confirmed since: in words, by name.

    ``runs`` are in the order in which they ended; of several workers only the leader's crawl counts.
    """
    found: dict[str, str] = {}
    for run in runs:
        if run.is_crawl and run.leads:
            found = dict(run.unconfirmed)
        for name in run.accepted:
            found.pop(name, None)
    return found


def _run(line: bytes) -> Run | None:
    """The run of a line, with its texts cut as ``DataFolder.log_run`` cuts them; None if it is not one."""
    record = decode(line)
    try:
        return None if record is None else Run.of(record if is_bounded(line) else bounded(record))
    except RecursionError:
        return None


def _last(path: Path) -> list[Run]:
    """The last runs of a file, the oldest first: at most 10,000, from its last 8 MiB."""
    found: list[Run] = []
    size = 0
    for line in lines_backwards(path, _LONGEST):
        size += len(line) + 1
        if size > _LONG or len(found) == _MOST:
            break
        run = _run(line)
        if run is not None:
            found.append(run)
    return found[::-1]
