"""Asks WordPress' REST interface about stored articles whose addresses did not show them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from mainland.crawl.recorder import Recorder
from mainland.crawl.resolver import Resolution
from mainland.crawl.sources.rest import MOST_REQUESTED
from mainland.crawl.sources.sources import Sources
from mainland.decisions.judge import judge_absence
from mainland.decisions.stored import StoredArticle
from mainland.decisions.types import Entry, Evidence, Outcome, Site
from mainland.storage.folder import DataFolder


@dataclass
class Absences:
    """Asks REST, at the end of a crawl, about the stored articles whose addresses did not show them in it.

    A request is about up to 99 articles.
    """

    store: DataFolder
    sources: Sources
    recorder: Recorder
    site: Callable[[], Site]

    @property
    def are_open(self) -> bool:
        """Whether there are such articles, and REST can be requested."""
        return bool(self.sources.rest.latest) and bool(self._missing())

    async def request_and_decide(self) -> None:
        """Requests these articles from REST, and records for each whether it stays. Stops at the first bad answer."""
        missing = iter(self._missing())
        while batch := list(islice(missing, MOST_REQUESTED)):
            returned = await self.sources.rest.returned([number for _, number in batch])
            if returned is None:
                return
            for url, number in batch:
                decision = judge_absence(self.store.ledger.entry(url), self.site(), is_returned=number in returned)
                self.recorder.record(Resolution(decision, Evidence(Outcome.GONE)))

    def _missing(self) -> list[tuple[str, int]]:
        """The addresses and REST ids of the articles that may be gone, without those already found gone.

        Where REST has fewer articles than the sitemaps (those of one language), only articles that it listed before.
        Where REST is the inventory itself, articles that nothing lists are left out: REST would say the same again.
        """
        entries = self.store.ledger.missing() if self.store.database.leads else []
        found = ((entry, self.store.index.public_at(entry.url)) for entry in entries)
        known, site = self.recorder.removals.found, self.site()
        return [
            (entry.url, entry.article_id or stored.id_on_site)
            for entry, stored in found
            if stored and stored.id not in known and self._is_witnessed(entry, stored) and self._is_apart(entry, site)
        ]

    def _is_witnessed(self, entry: Entry, stored: StoredArticle) -> bool:
        """Whether REST can know of an article."""
        return entry.article_id == stored.id or not self.sources.rest.is_partial

    def _is_apart(self, entry: Entry, site: Site) -> bool:
        """Whether REST can say something about an article that the inventory did not."""
        return site.shows(entry) or "sitemap" in self.sources.reports.used
