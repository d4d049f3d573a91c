"""What a report of an address changes: the specification of ``Archive.report``."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mainland import urls
from mainland.decisions.types import Entry, State


@dataclass(frozen=True, slots=True)
class Sighting:
    """A source or a list reports an address."""

    url: str
    run: int
    date: str | None = None
    """When it says that the article changed, in UTC."""

    inventory: int = 0
    """The number of the inventory that the address stands in; 0 for what does not list everything."""


def record(entry: Entry | None, sighting: Sighting) -> Entry:
    """What is known of an address after a report; ``entry`` is what was known before, None for nothing.

    It is due where the report dates it later than all that was known. An address without an article is due as well
    where it was not listed when it was requested last; the address of an alternate only when the stored one fails.
    """
    if entry is None:
        new = Entry(urls.key(sighting.url), sighting.url, changed_at=sighting.date, is_due=True)
        return replace(new, listed_in=sighting.inventory, seen_in=sighting.run)
    if entry.state is State.FORGOTTEN:
        return entry
    is_later = (sighting.date or "") > max(entry.changed_at or "", entry.settled_at or "")
    is_back = entry.seen_in < entry.last_run or 0 < entry.listed_in < sighting.inventory - 1
    is_empty = entry.state in (State.REMOVED, State.MOVED, State.REJECTED)
    is_due = entry.state is State.CANDIDATE or (is_later and entry.state is not State.ALTERNATE)
    return replace(
        entry,
        state=State.PENDING if entry.state is State.CANDIDATE else entry.state,
        changed_at=max(filter(None, (entry.changed_at, sighting.date)), default=None),
        is_due=entry.is_due or is_due or (is_empty and is_back),
        listed_in=max(entry.listed_in, sighting.inventory),
        seen_in=max(entry.seen_in, sighting.run),
        looks_alive=0 if sighting.inventory else entry.looks_alive,
    )
