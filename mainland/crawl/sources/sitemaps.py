"""The sitemaps: those that robots.txt names, and those of WordPress and its plugins."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from scrapy.utils.gz import gunzip

from mainland.clean import dates, documents, listings
from mainland.clean.listings import ListedAddress
from mainland.crawl.sources.reports import Download, Reports

_USUAL = ("wp-sitemap.xml", "sitemap_index.xml", "sitemap.xml")
_MOST_SITEMAPS = 2_000
_MOST_OF_CATEGORIES = 20  # sitemaps of sections; one has a thousand or more
_MOST_UNPACKED = 64 << 20
_JUST_NOW = timedelta(minutes=10)
_FEW = 20  # articles that may all have changed just now
_NO_SITEMAP = b"-"  # in place of an answer that is not one


@dataclass
class Sitemaps:
    """The sitemaps of one site."""

    download: Download
    reports: Reports
    categories: list[str] = field(default_factory=list)
    """The addresses of the sitemaps of sections."""

    read_well: list[str] = field(default_factory=list)
    """The addresses of the sitemaps of articles that an index names and that were read."""

    broken: list[str] = field(default_factory=list)
    """Sitemaps that answered with something else, and sitemaps that are missing although they listed articles
    before."""

    async def read(self, named: list[str], *, posts: bool = True) -> None:
        """Requests the sitemaps ``named`` by robots.txt, else those of WordPress and its plugins; records their lists.

        If all were complete, they are the inventory of this run. With ``posts=False`` the sitemaps of posts that an
        index names are left out: only :attr:`categories` is set.
        """
        listing = self.reports.store.inventory.number + 1
        own, usual = (
            [url for url in named if self.reports.is_on_host(url)],
            [self.reports.home + name for name in _USUAL],
        )
        has_posts, is_complete = False, True
        for url in dict.fromkeys([*own, *usual]):
            if has_posts and url not in own:
                break
            body = await self._download(url)
            kind, found = listings.parse_sitemap(body) if body else ("", [])
            if kind == "sitemapindex":
                children = listings.post_sitemaps(self._on_host(found))
                self.categories += listings.category_sitemaps(self._on_host(found))
                has_posts |= bool(children)
                is_complete &= not posts or await self._read_posts(children, listing)
            elif body and kind == "urlset" and listings.post_sitemaps([ListedAddress(url)]) and self.reports.own(found):
                is_part = listings.is_news_sitemap(url)
                self._record(url, found, 0 if is_part else listing)
                has_posts |= not is_part
                is_complete &= documents.is_complete(body)
        if posts and has_posts and is_complete:
            self.reports.add_inventory(listing, "sitemap")

    async def _read_posts(self, children: list[str], listing: int) -> bool:
        """Requests and records sitemaps of articles, and those that an index among them names, at most 2000.

        Returns whether all were complete. ``listing`` is the number of the inventory that they make.
        """
        is_complete, waiting, seen = True, deque(children), set(children)
        known = set(self.reports.store.memory.get("post_sitemaps") or ())
        for number in count():
            if not waiting:
                break
            if number >= _MOST_SITEMAPS:
                return False
            url = waiting.popleft()
            body = await self._download(url)
            kind, found = listings.parse_sitemap(body) if body else ("", [])
            if kind == "sitemapindex":
                more = [
                    child for child in dict.fromkeys(listings.post_sitemaps(self._on_host(found))) if child not in seen
                ]
                seen.update(more)
                waiting.extend(more)
            elif body is None:  # it failed
                is_complete = False
            elif body or url in known:  # or the index names what never was there
                self._record(url, found, listing)
                is_sound = kind == "urlset" and documents.is_complete(body)
                (self.read_well if is_sound else self.broken).append(url)
                is_complete &= is_sound
        return is_complete

    def store_known(self, *, is_full: bool) -> None:
        """Stores which sitemaps list articles: one that is missing later counts as broken until a full crawl."""
        before = [] if is_full else self.reports.store.memory.get("post_sitemaps") or []
        if self.read_well:
            self.reports.store.memory.save(post_sitemaps=list(dict.fromkeys([*before, *self.read_well])))

    async def read_categories(self) -> list[str]:
        """Requests at most 20 of the sitemaps in :attr:`categories`; returns the addresses of sections in them."""
        sections: list[str] = []
        for url in list(dict.fromkeys(self.categories))[:_MOST_OF_CATEGORIES]:
            body = await self._download(url)
            sections += [entry.url for entry in self.reports.own(listings.parse_sitemap(body)[1] if body else [])]
        return sections

    def _on_host(self, found: list[ListedAddress]) -> list[ListedAddress]:
        """The sitemaps on the site's host: with plain permalinks these are the home page with a query."""
        return [entry for entry in found if self.reports.is_on_host(entry.url)]

    async def _download(self, url: str) -> bytes | None:
        """The body of a sitemap, unpacked; b"" for status 404 or 410, b"-" for one that is none, None for a failure."""
        response = await self.download(url, "sitemap")
        if response is None:
            return None
        if response.status != 200:
            return b"" if response.status in (404, 410) else _NO_SITEMAP
        if response.body.startswith(b"\x1f\x8b"):
            try:
                return gunzip(response.body, max_size=_MOST_UNPACKED) or _NO_SITEMAP
            except (OSError, ValueError, EOFError):
                return _NO_SITEMAP
        return response.body

    def _record(self, url: str, found: list[ListedAddress], listing: int) -> None:
        """Records the site's own addresses in a sitemap; ``listing`` is the number of their inventory, 0 for none."""
        entries = _undated(self.reports.own(found))
        self.reports.record(entries, "sitemap", listing)
        self.reports.set_back(url, entries)


def _undated(found: list[ListedAddress]) -> list[ListedAddress]:
    """What a sitemap lists; without dates if most, and more than 20, are of the last ten minutes: its own clock."""
    just_now = dates.utc(datetime.now(UTC) - _JUST_NOW)
    number = sum((entry.lastmod or "") > just_now for entry in found)
    is_clock = number > _FEW and number * 2 > len(found)
    return [entry._replace(lastmod=None) for entry in found] if is_clock else found
