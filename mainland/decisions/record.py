"""What a sighting changes in the entry of an address: the specification of ``Ledger.record_sightings``."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta

from mainland.clean import dates, urls
from mainland.decisions.types import Entry, State

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:[0-5]\d:\d\dZ")


@dataclass(frozen=True, slots=True)
class Sighting:
    """A report of an address by a source or a list."""

    url: str
    run: int
    date: str | None = None
    """The date of the last change that the source gives, in UTC."""

    inventory: int = 0
    """The number of the inventory that lists the address; 0 if the source does not list all articles."""

    article_id: int | None = None
    """The id of the article that the source says is there."""

    since: str = ""
    """The instant, in UTC, at which the source began to give dates: earlier dates are not changes."""


def minute_before(date: str) -> str:
    """The instant one minute before an instant in UTC; "" for any other text.

    >>> minute_before("2024-03-05T08:41:12Z"), minute_before("2024-03-01T00:00:12Z"), minute_before("soon")
    ('2024-03-05T08:40:12Z', '2024-02-29T23:59:12Z', '')
    """
    minute = date[14:16]
    if _INSTANT.fullmatch(date) and minute > "00":  # a sitemap has thousands of them
        return f"{date[:14]}{int(minute) - 1:02}{date[16:]}"
    moment = dates.instant(date)
    return dates.utc(moment - timedelta(minutes=1)) if moment else ""


def record(entry: Entry | None, sighting: Sighting) -> Entry:
    """The entry of an address after a sighting; ``entry`` is the one before, None if nothing was known.

    The address becomes due if the sighting has a later date than all known dates. A date that is at most a minute later
    than the page's own date is not later, and neither is a date up to ``sighting.since``, when the source began to give
    dates. An address without an article also becomes due if it is listed again: if an inventory between two that list
    it lacked it; without inventories, if it was requested after the crawl that follows the last one that saw it listed.
    An alternate never becomes due by a report, and a forgotten entry comes back unchanged.
    """
    if entry is None:
        new = Entry(urls.key(sighting.url), sighting.url, changed_at=sighting.date, is_due=True)
        return replace(new, listed_in=sighting.inventory, seen_in=sighting.run, article_id=sighting.article_id)
    if entry.state is State.FORGOTTEN:
        return entry
    date, settled_at = sighting.date or "", entry.settled_at or ""
    is_own_date = entry.changed_at is None and settled_at != ""
    is_later = (minute_before(date) if is_own_date else date) > max(entry.changed_at or "", settled_at)
    is_first_date = date <= sighting.since and not entry.is_due and (entry.changed_at or "") <= settled_at != ""
    is_later = is_later and not is_first_date
    if entry.listed_in and sighting.inventory:
        is_back = entry.listed_in < sighting.inventory - 1
    else:
        is_back = entry.seen_in < entry.last_run - (entry.listed_in == 0)
    is_empty = entry.state in (State.REMOVED, State.MOVED, State.REJECTED)
    is_due = entry.state is State.CANDIDATE or (is_later and entry.state is not State.ALTERNATE)
    return replace(
        entry,
        state=State.PENDING if entry.state is State.CANDIDATE else entry.state,
        changed_at=max(filter(None, (entry.changed_at, sighting.date)), default=None),
        settled_at=max(date, settled_at) if (is_own_date or is_first_date) and not is_later else entry.settled_at,
        is_due=entry.is_due or is_due or (is_empty and is_back),
        listed_in=max(entry.listed_in, sighting.inventory),
        seen_in=max(entry.seen_in, sighting.run),
        looks_alive=0 if sighting.inventory else entry.looks_alive,
        article_id=sighting.article_id or entry.article_id,
    )
