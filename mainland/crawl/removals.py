"""Collects the removals of a crawl, so that no crawl removes a large part of the dataset.

They are written once their number is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from mainland.clean import dates
from mainland.crawl.deliveries import Pending
from mainland.items import Article

MOST = 20
"""Articles that one crawl may remove, however few there are."""

SHARE = 0.05
"""Part of the public articles that one crawl may remove."""

WAIT = timedelta(hours=24)
"""The least time between two crawls that find the same removals, before these are written."""

SAMPLE = 50
"""The most articles that one call of :meth:`Removals.next_requests` returns."""


@dataclass(frozen=True, slots=True)
class Removal:
    """An article that was found gone."""

    item: Article
    """The line that says so."""

    pending: Pending
    """The decision that said so."""

    successor: Article | None = None
    """Another article at the same address, which is stored together with the removal or not at all."""


class Removals:
    """The removals of one crawl, and those that earlier crawls held back."""

    def __init__(self, waiting: Mapping[str, str] | None = None, accepted: frozenset[int] = frozenset()) -> None:
        """``waiting`` are the removals held back so far: the instant (UTC) at which one was first found, by article id.

        ``accepted`` has the ids of those that an operator accepted.
        """
        self.waiting = {int(number): since for number, since in (waiting or {}).items()}
        self.accepted = accepted
        self.found: dict[int, Removal] = {}
        self._alive: set[int] = set()
        self._requested: set[int] = set()

    def add(self, removal: Removal) -> None:
        """Notes an article that was found gone in this crawl."""
        if removal.item.id is not None:
            self.found[removal.item.id] = removal
            self._alive.discard(removal.item.id)

    def note_alive(self, number: int | None) -> None:
        """Notes that an article, given by its id, is not gone: it does not wait to be removed any more."""
        if number in self.waiting:
            self._alive.add(number)

    def successor_of(self, number: int) -> int | None:
        """The id of the article that takes the place of one that was found gone; None if none does."""
        removal = self.found.get(number)
        return removal.successor.id if removal and removal.successor else None

    def take_back(self, number: int) -> Removal:
        """Takes back the removal of an article that was found gone in this crawl, and returns it.

        :raises KeyError: it was not found gone.
        """
        self.note_alive(number)
        return self.found.pop(number)

    def next_requests(self, now: datetime) -> list[int]:
        """The ids of articles that wait to be removed and must be requested now; not those requested in this crawl.

        The first call returns at most :data:`SAMPLE` of them. Later calls return others only if one of the first has
        its page again, or if one may be removed by now.
        """
        is_worth_while = bool(self._alive) or not self._requested
        if not (is_worth_while or self.accepted or any(self._is_old(number, now) for number in self.waiting)):
            return []
        rest = [number for number in self.waiting if number not in self._requested and number not in self.found]
        chosen = rest[:SAMPLE]
        self._requested.update(chosen)
        return chosen

    def decide(self, public: int, now: datetime, *, is_sound: bool) -> list[Removal]:
        """The removals to write now; the others are held back in :attr:`waiting`.

        All are held back if they are too many, except those that an operator accepted or that a sound crawl finds again
        after :data:`WAIT`. ``public`` is the number of public articles; ``is_sound`` says that nothing failed in this
        crawl.
        """
        confirmed = self.found.keys() & self.accepted
        if is_sound:
            confirmed |= {number for number in self.found if self._is_old(number, now)}
        open_ids = (self.waiting.keys() | self.found.keys()) - self._alive - confirmed
        written = set(confirmed)
        if not (len(open_ids) > MOST and len(open_ids) > SHARE * public):
            written |= open_ids & self.found.keys()
        first = dates.utc(now)  # a clock that was ahead counts as now
        self.waiting = {number: min(self.waiting.get(number, first), first) for number in sorted(open_ids - written)}
        return [removal for number, removal in self.found.items() if number in written]

    def _is_old(self, number: int, now: datetime) -> bool:
        """Whether the removal of an article has been held back for :data:`WAIT` or longer."""
        since = dates.instant(self.waiting.get(number))
        return since is not None and now - since >= WAIT
