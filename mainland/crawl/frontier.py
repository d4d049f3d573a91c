"""Which articles are requested next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from mainland.clean import dates
from mainland.config import Arguments
from mainland.crawl.removals import Removals
from mainland.crawl.result import CrawlResult
from mainland.crawl.section_crawl import SectionCrawl
from mainland.crawl.sources.sources import Sources
from mainland.decisions.types import Site, State
from mainland.storage.folder import DataFolder

_BATCH = 200
_MOST_STORED = 500  # stored articles in a crawl, where many are due
_UNLISTED = 50  # articles in a batch that no inventory lists
_PROTECTED_FOR = timedelta(days=1)
_MOST_EMPTY, _MOST_OTHER_PAGES = 200, 50  # addresses without an article, in a crawl of the whole site


@dataclass
class Frontier:
    """The queues of article addresses that one crawl requests in addition to those from category pages.

    An address that a method returns counts as requested in this run: no method returns it again.
    """

    store: DataFolder
    arguments: Arguments
    result: CrawlResult
    sources: Sources
    section_crawl: SectionCrawl
    removals: Removals
    rechecks: int
    """The most articles that are requested again only because of their age: ``MAINLAND_RECHECKS``."""

    suspects: list[str] = field(default_factory=list)
    """Addresses whose pages were being read when earlier crawls were killed; requested last, one at a time."""

    unlisted: list[str] = field(default_factory=list)
    """The last batch of addresses that the inventory does not list."""

    is_contradicted: bool = False
    """Whether the inventory lacks articles that other sources or lists of this crawl show."""

    is_doubtful_requested: bool = False
    stored: int = 0
    """How many addresses of stored articles :meth:`take_due` returned in this crawl, while many are due."""

    @property
    def is_idle(self) -> bool:
        """Whether this process requests no articles: the site cannot be read, or another worker is the leader."""
        return bool(self.result.wrong_use) or self.result.is_down or not self.store.database.leads

    @property
    def has_inventory(self) -> bool:
        """Whether this crawl read a list of all articles that no other source contradicts.

        An empty list counts only if all sections were read to their ends.
        """
        is_witnessed = not self.sources.reports.is_inventory_empty or self.section_crawl.is_at_end
        return self.sources.reports.has_inventory and is_witnessed and not self.is_contradicted

    def check_inventory(self) -> None:
        """Sets :attr:`is_contradicted` if the inventory of this run lacks what other sources and lists show by now."""
        self.is_contradicted |= self.sources.reports.has_inventory and self.store.inventory.is_broken(
            self.store.ledger.run
        )

    def site(self) -> Site:
        """What this crawl knows of the site by now, for a decision."""
        return Site(
            self.store.ledger.run,
            has_inventory=self.has_inventory,
            had_inventory=bool(self.store.memory.get("has_listing")),
            is_answering=bool(self.result.sound or self.sources.reports.used),
            now=dates.utc(datetime.now(UTC)),
        )

    def take_next(self) -> list[str]:
        """The next addresses to request, from the first of the queues that has some; empty when none has."""
        if self.is_idle:
            return []
        queues: list[Callable[[], list[str]]] = []
        if not self.arguments.sections:
            queues = [
                self.take_due,
                self._held_back,
                self._unlisted,
                self._unshown,
                self._doubtful,
                self._ageing,
                self._protected,
            ]
        for queue in [*queues, self._next_suspect]:
            if found := queue():
                return found
        return []

    def take_due(self) -> list[str]:
        """At most 200 addresses that are due, of new and changed articles, the last changed first; [] if none is left.

        The flag ``are_many_due`` in the memory says that all stored articles can be due: the index was built again, or
        the time zone changed. Then stored articles come after all others, and at most 500 of them in a crawl. The crawl
        that returned fewer than 500 and leaves none clears the flag.
        """
        if not self.store.memory.get("are_many_due"):
            return [entry.url for entry in self.store.ledger.take_due(_BATCH)]
        found = self.store.ledger.take_due(_BATCH, _MOST_STORED - self.stored)
        self.stored += sum(entry.state is State.LIVE for entry in found)
        if not found and self.stored < _MOST_STORED:
            self.store.memory.save(are_many_due=False)
        return [entry.url for entry in found]

    def _held_back(self) -> list[str]:
        """Addresses of articles whose removal an earlier crawl held back; [] if none is left.

        Those that are listed again become due instead: if there are only such, the next due addresses.
        """
        found: list[str] = []
        while not found and (numbers := self.removals.next_requests(datetime.now(UTC))):
            for stored in filter(None, map(self.store.index.article, numbers)):
                is_back = self.sources.reports.has_inventory and self.store.inventory.lists(stored.url)
                if is_back or stored.state != "public":
                    self.removals.note_alive(stored.id)
                    self.store.ledger.make_due(stored.url)
                elif not self.store.ledger.was_requested(stored.url):
                    found.append(stored.url)
        return found or self.take_due()

    def _unlisted(self) -> list[str]:
        """Addresses of at most 50 stored articles that the inventory does not list any more.

        [] without an inventory, and once the pages of all 50 of the last batch still exist: then the inventory is
        incomplete, which an operator must confirm.
        """
        store, run = self.store, self.store.ledger.run
        self.check_inventory()
        if not self.has_inventory:
            return []
        entries = map(store.ledger.entry, self.unlisted)
        if len(self.unlisted) == _UNLISTED and all(each.last_run == run and each.looks_alive for each in entries):
            self.result.unconfirmed["inventory"] = (
                f"the sitemaps lack {_UNLISTED} articles whose pages are there, and more: they are incomplete"
            )
            return []
        found = store.ledger.take_unlisted(_UNLISTED, everything=self.section_crawl.is_site_wide)
        if not found and self.sources.rest.missed(self.result.gone) > 0:
            found = store.ledger.take_unlisted(_UNLISTED, everything=True)
        self.unlisted = [entry.url for entry in found]
        return self.unlisted

    def _unshown(self) -> list[str]:
        """Addresses of at most 200 stored articles that no list showed.

        [] if anything but the sections lists articles, or not all of them were read to their ends.
        """
        if self.sources.reports.has_inventory or self.sources.rest.total is not None or not self.section_crawl.is_over:
            return []
        return [entry.url for entry in self.store.ledger.take_unshown(_BATCH)]

    def _doubtful(self) -> list[str]:
        """Addresses that did not show an article in earlier crawls; [] at later calls, and unless the crawl is full."""
        if not self.section_crawl.is_site_wide or self.is_doubtful_requested:
            return []
        self.is_doubtful_requested = True
        return [each.url for each in self.store.ledger.take_doubtful(_MOST_EMPTY, _MOST_OTHER_PAGES)]

    @property
    def _budget(self) -> int:
        """How many articles may still be requested only because of their age; 0 on a site that reports changes."""
        is_answering = self.sources.reports.used or self.result.sound
        return max(self.rechecks - self.result.rechecks, 0) if is_answering and not self.sources.reports.is_dated else 0

    def _ageing(self) -> list[str]:
        """Addresses of stored articles to request again because of their age, on a site that reports no changes."""
        budget = self._budget
        if not budget:
            return []
        are_dated = bool(self.sources.reports.dated_by)
        found = self.store.index.take_due_by_age(budget, datetime.now(UTC), are_changes_dated=are_dated)
        self.result.rechecks += len(found)
        return found

    def _protected(self) -> list[str]:
        """Addresses that showed a password form at least a day ago, on a site that reports no changes.

        They may be public now.
        """
        before = dates.utc(datetime.now(UTC) - _PROTECTED_FOR)
        found = self.store.ledger.take_protected(before, self._budget) if self._budget else []
        self.result.rechecks += len(found)
        return [entry.url for entry in found]

    def _next_suspect(self) -> list[str]:
        """One of :attr:`suspects`, which is removed there; [] if none is left."""
        return [self.suspects.pop()] if self.suspects else []
