"""Records in the ledger what the sources of one crawl report about articles."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from scrapy.http import Response

from mainland.clean import dates, urls
from mainland.clean.listings import ListedAddress
from mainland.decisions.types import State
from mainland.storage.folder import DataFolder
from mainland.storage.ledger import believed

Download = Callable[..., Awaitable[Response | None]]
"""Downloads an address for a kind of request; None where that failed."""

_BARE_DAY = "T00:00:00Z"  # which shows one change a day, at most
_LATEST = 100  # articles whose dates are stored of each source
_CLOCKS = timedelta(minutes=10)  # by which the clocks of two machines differ


@dataclass
class Reports:
    """The reports of all sources of one crawl."""

    store: DataFolder
    home: str
    used: list[str] = field(default_factory=list)
    """The sources that were found and used, in words."""

    unknown: dict[int | str, str] = field(default_factory=dict)
    """The addresses of posts that REST had not counted in the last crawl; by id, or by the key of the address."""

    unknown_at: dict[str, int | str] = field(default_factory=dict)
    """The ids or keys of these posts, by the keys of their addresses."""

    has_inventory: bool = False
    """Whether all addresses of the site were listed, by its sitemaps, REST or the feed."""

    is_inventory_empty: bool = False
    """Whether the inventory has no address of an article."""

    is_dated: bool = False
    """Whether a source gives the instants of changes, and not only the days."""

    dated_by: set[str] = field(default_factory=set)
    """The kinds of sources that give dates of changes in this crawl: ``REST``, ``sitemap``."""

    posts: int | None = None
    """How many posts REST counts, protected ones included; None where it is closed."""

    count: int = 0
    """How many addresses of articles the sources gave, repeated ones counted each time."""

    inventoried: int = 0
    """How many of them are in the inventory."""

    def is_own(self, url: str) -> bool:
        """Whether an address is on the site's host and is not its home page."""
        return self.is_on_host(url) and urls.key(url) != urls.key(self.home)

    def is_on_host(self, url: str) -> bool:
        """Whether an address is on the site's host."""
        return urls.host(url) == urls.host(self.home)

    def own(self, found: list[ListedAddress]) -> list[ListedAddress]:
        """Those of ``found`` whose addresses :meth:`is_own` accepts."""
        return [entry for entry in found if self.is_own(entry.url)]

    def record(self, found: list[ListedAddress], source: str, inventory: int = 0) -> None:
        """Records the addresses that a kind of source reports; ``inventory`` is the number of their inventory, or 0."""
        self.count += len(found)
        self.inventoried += len(found) if inventory else 0
        sightings = [(entry.url, entry.lastmod, entry.id) for entry in found]
        self.store.ledger.record_sightings(sightings, inventory, self.since(source))
        self.is_dated |= any(entry.lastmod is not None and not entry.lastmod.endswith(_BARE_DAY) for entry in found)
        if any(entry.lastmod for entry in found):
            self.dated_by.add(source)

    def count_new(self, name: str, found: list[ListedAddress]) -> int:
        """Records a page of a list, given by its name; returns how many addresses no other page had in this run."""
        return self.store.ledger.record_list_page(name, [entry.url for entry in found])

    def add_inventory(self, number: int, source: str) -> None:
        """Records that a source gave the inventory with a number, completely.

        An empty one counts only if no source lists an article.
        """
        if not self.inventoried and (self.count or self.posts):
            return
        self.store.memory.save(listing=number)
        self.has_inventory, self.is_inventory_empty = True, not self.inventoried
        if source not in self.used:
            self.used.append(source)

    # -- dates -----------------------------------------------------------------------------------------------

    def since(self, source: str) -> str:
        """The instant before which the dates of a source are not changes; "" if earlier crawls had its dates too.

        A source that gives dates for the first time may give each article another date than an older source did.
        """
        before = self.store.memory.get("dated_by") or []
        return self.store.memory.get("dated_at") or "" if before and source not in before else ""

    def store_dating(self) -> None:
        """Stores which sources have given dates of change, and when, for the next crawl."""
        if self.dated_by:
            kinds = sorted({*(self.store.memory.get("dated_by") or []), *self.dated_by})
            self.store.memory.save(dated_by=kinds, dated_at=dates.utc(datetime.now(UTC) - _CLOCKS))

    def set_back(self, source: str, found: list[ListedAddress]) -> None:
        """Makes articles due to which a source gives an earlier date than in the last crawl that read it.

        The site may have been restored from a backup. The latest 100 dates of the source are stored to compare.
        """
        name = f"latest of {source}"
        before = self.store.memory.get(name) or {}
        dated = sorted((entry.lastmod, entry.url) for entry in found if entry.lastmod and believed(entry.lastmod))
        dates_by_url = {url: lastmod for lastmod, url in dated}  # the latest, where an address is listed twice
        for url, lastmod in dates_by_url.items():
            if lastmod < before.get(url, ""):
                self.store.ledger.set_back(url, lastmod)
        self.store.memory.save(**{name: {url: lastmod for lastmod, url in dated[-_LATEST:]}})

    def is_change(self, entry: ListedAddress, source: str) -> bool:
        """Whether a reported address is new, due, or has a later date than all dates known before."""
        known, date = self.store.ledger.known(entry.url), believed(entry.lastmod) or ""
        if known is None or known.is_due:
            return True
        return date > max(known.changed_at or "", known.settled_at or "", self.since(source))

    # -- posts that REST counts ------------------------------------------------------------------------------

    def note_unknown(self, found: list[ListedAddress]) -> None:
        """Notes in :attr:`unknown` those posts that REST had not counted in the last crawl."""
        for entry in filter(self._is_unknown, found):
            key = urls.key(entry.url)
            self.unknown[entry.id or key] = entry.url
            self.unknown_at[key] = entry.id or key

    def uncount(self, url: str) -> None:
        """Removes an address from :attr:`unknown`: REST does not count what is there as a post."""
        post = self.unknown_at.pop(urls.key(url), None)
        if post is not None:
            self.unknown.pop(post, None)

    def _is_unknown(self, entry: ListedAddress) -> bool:
        """Whether REST had not counted a post in the last crawl: it was not known, or its article had been removed."""
        stored, known = self.store.index.article(entry.id), self.store.ledger.known(entry.url)
        if stored:
            return stored.state == "removed" and (known is None or known.state is State.REMOVED)
        settled = self.store.memory.get("settled") or 0
        return known is None or (known.settled_at is None and not 0 < known.last_run <= settled)
