"""The RSS feed: the newest articles, and on some sites all of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from mainland.clean import documents, listings
from mainland.clean.listings import ListedAddress
from mainland.crawl.sources.reports import Download, Reports
from mainland.pages.page import header


@dataclass
class Feed:
    """The feed of one site."""

    download: Download
    reports: Reports
    newest: list[ListedAddress] = field(default_factory=list)
    """What it lists, the newest first; empty if it has not changed since the last crawl."""

    async def read(self) -> None:
        """Requests the first page and records its articles; nothing is recorded if it has not changed (status 304)."""
        memory, url = self.reports.store.memory, f"{self.reports.home}feed/"
        etag, modified = memory.validators(url)
        headers = {"If-None-Match": etag, "If-Modified-Since": modified}
        response = await self.download(url, "feed", {name: value for name, value in headers.items() if value})
        if response is None or response.status not in (200, 304):
            return
        if response.status == 304:
            self.reports.count += 1  # a feed without articles has no validators here
            self.reports.used.append("feed")
            return
        found = self.reports.own(listings.parse_feed(response.body))
        if not found:
            return
        self.reports.used.append("feed")
        self.newest = found
        self.reports.note_unknown(found)
        self.reports.record(found, "feed")
        if documents.is_complete(response.body):
            memory.save_validators(url, header(response, "ETag"), header(response, "Last-Modified"))

    async def read_page(self, number: int) -> list[ListedAddress] | None:
        """Requests page ``number``, unless it is the first and was read; returns its articles, [] past the last page.

        None where there is no feed, or the request failed.
        """
        if number == 1 and self.newest:
            return self.newest
        url = f"{self.reports.home}feed/" + (f"?paged={number}" if number > 1 else "")
        response = await self.download(url, "feed")
        if response is None or response.status not in (200, 404):
            return None
        found = self.reports.own(listings.parse_feed(response.body)) if response.status == 200 else []
        return found if found or number > 1 else None
