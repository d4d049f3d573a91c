"""All sources of a site, and what they show together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from mainland.crawl.sources.feed import Feed
from mainland.crawl.sources.reports import Download, Reports
from mainland.crawl.sources.rest import MOST_PAGES, Rest
from mainland.crawl.sources.sitemaps import Sitemaps
from mainland.storage.folder import DataFolder


@dataclass
class Sources:
    """The sources of one site; what they report goes into the ledger."""

    reports: Reports
    feed: Feed
    rest: Rest
    sitemaps: Sitemaps

    @classmethod
    def of(cls, download: Download, store: DataFolder, home: str) -> Self:
        """The sources of a site, given by the address of its home page; requests nothing."""
        reports = Reports(store, home)
        rest = Rest(download, reports, store.memory.get("rest_root") or f"{home}wp-json/")
        return cls(reports, Feed(download, reports), rest, Sitemaps(download, reports))

    @property
    def list_all(self) -> bool:
        """Whether the sources list all articles, in this crawl or when they were read last."""
        return self.reports.has_inventory or bool(self.reports.store.memory.get("has_listing"))

    @property
    def changes_by(self) -> str:
        """How changes of known articles are noticed: by ``REST``, ``lastmod`` of the sitemaps, or their ``age``."""
        return "REST" if self.rest.total is not None else "lastmod" if self.reports.is_dated else "age"

    async def read_all_pages(self) -> None:
        """Requests all pages of REST or, where that is closed, of the feed, and records them.

        If they come to an end, they are the inventory of this run, or complete that of the sitemaps.
        """
        latest, has_rest = self.reports.store.inventory.number, self.rest.total is not None
        listing = latest if self.reports.has_inventory else latest + 1
        for number in range(1, MOST_PAGES):
            found = await (self.rest.read_page(number, "id") if has_rest else self.feed.read_page(number))
            ended = found is not None and self.rest.is_last if has_rest else found == []
            if found is None or not (ended or self.reports.count_new("all", found)):
                return  # a page that shows what others showed is no end
            self.reports.record(found, "REST" if has_rest else "feed", listing)
            if ended:
                self.reports.add_inventory(listing, "REST" if has_rest else "feed pages")
                return
