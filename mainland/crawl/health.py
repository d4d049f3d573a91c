"""The health monitor: what a crawl notices about the site's pages, and when that is an alarm."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scrapy.http import Response, TextResponse
from scrapy.statscollectors import MemoryStatsCollector

from mainland.clean.text import counted
from mainland.crawl import drift
from mainland.items import Article
from mainland.pages.article import Site, article
from mainland.pages.errors import NotAnArticleError
from mainland.pages.page import Page, of_response
from mainland.storage import runs
from mainland.storage.folder import DataFolder

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.statscollectors import StatsCollector

_EXAMPLES = 3
_MOST_FOLLOW_UPS = 12
_LATEST = 300


@dataclass
class HealthMonitor:
    """Compares the pages of one crawl with earlier crawls: how often fields are filled, and what category pages show.

    Where the rate of a field or a rule fell, the crawl requests a few stored articles again: the follow-ups. If their
    pages still have the field, only the newest articles lack it, and that is not an alarm.
    """

    store: DataFolder
    crawler: Crawler
    lacking: dict[str, list[str]] = field(default_factory=dict)
    """Addresses of articles that lack a field, a few for each."""

    lost: dict[str, list[str]] = field(default_factory=dict)
    """Addresses of sections by what their first page lost: its ``articles``, ``hero`` or ``list``."""

    falls: list[drift.Fall] | None = None
    """The rates that fell; None before the crawl has read what it was to read."""

    follow_ups: dict[str, dict[str, bool]] = field(default_factory=dict)
    """By name of a rate and address of a stored article: whether its page still has the field, or uses the rule."""

    posts: tuple[int, int] | None = None
    """How many posts REST counted in the last crawl, and in this one."""

    troubles: list[str] = field(default_factory=list)
    """Problems that cost no article, in words: for instance, a page archive that cannot be written."""

    @property
    def stats(self) -> StatsCollector:
        """The stats of the crawl, which has begun."""
        return self.crawler.stats

    def count_fields(self, item: Article, url: str) -> None:
        """Counts in the stats an article, and its fields that have a value; ``url`` is the address of the response."""
        count = self.stats.inc_value
        count("mainland/read")
        for name in drift.WATCHED:
            if getattr(item, name) in (None, []):
                self._note_lacking(name, url)
            else:
                count(f"mainland/filled/{name}")

    def count_unread(self, url: str) -> None:
        """Counts in the stats a page that should have been an article and could not be read as one.

        Not to be called for an address at which an earlier crawl failed.
        """
        self.stats.inc_value("mainland/unread")
        self._note_lacking(drift.ARTICLE, url)

    def _note_lacking(self, name: str, url: str) -> None:
        """Keeps an address as an example of a rate's misses; at most three for each."""
        examples = self.lacking.setdefault(name, [])
        if len(examples) < _EXAMPLES:
            examples.append(url)

    def compare(self, slug: str, url: str, shown: dict[str, int], *, is_empty: bool = False) -> None:
        """Notes an alarm if an area of a section's first page shows nothing, and showed something in the last crawl.

        ``shown`` is the number of articles by area, and of all in ``articles``; it is stored for the next crawl.
        ``is_empty``: the page itself says that the section is empty, which is an alarm only if it had several articles.
        """
        store, least = self.store, _EXAMPLES if is_empty else 1
        for part, number in shown.items() if shown["articles"] else [("articles", 0)]:
            name = f"{part} in {slug}"
            if not number and (store.memory.get(name) or 0) >= (least if part == "articles" else _EXAMPLES):
                self.lost.setdefault(part, []).append(url)
            store.memory.save(**{name: number})

    def follow_up_requests(self, run: int) -> Iterator[tuple[str, list[str]]]:
        """Sets :attr:`falls`, and yields the follow-ups: an address of a stored article, with names of rates to check.

        At most twelve. A second call yields nothing. With several workers, only the leader yields any.
        """
        if self.falls is not None or not self.store.database.leads:
            return
        self.falls = drift.falls(runs.history(self.store.folder), drift.counted(self.stats.get_stats()))
        wanted = {fall.name: _EXAMPLES for fall in self.falls if fall.needs_follow_ups}
        found = 0
        for stored in self.store.latest(_LATEST) if wanted else ():
            names = [name for name, n in wanted.items() if n and stored.get(name.partition("/")[0]) not in (None, [])]
            entry = self.store.ledger.entry(stored["url"])
            if names and found < _MOST_FOLLOW_UPS and entry.last_run != run:
                found += 1
                wanted |= {name: wanted[name] - 1 for name in names}
                yield stored["url"], names

    def read_response(self, response: Response, site: Site, names: list[str]) -> None:
        """Notes in :attr:`follow_ups` whether a response still has the fields or rules of the rates in ``names``.

        Notes nothing if it is not an article.
        """
        if isinstance(response, TextResponse):
            with suppress(NotAnArticleError):
                self.read_page(of_response(response), site, names, MemoryStatsCollector(self.crawler))

    def read_page(self, page: Page, site: Site, names: list[str], stats: StatsCollector) -> None:
        """As :meth:`read_response`, for a page; ``stats``, which must be empty, takes the counts of rules.

        :raises NotAnArticleError: the page is not an article.
        """
        item = article(page, site, (), stats)
        for name in names:
            has = stats.get_value(f"mainland/rules/{name}") if "/" in name else getattr(item, name)
            self.follow_ups.setdefault(name, {})[str(page.url)] = has not in (None, [])

    def verdicts(self) -> tuple[list[drift.Fall], list[str]]:
        """The falls that are alarms; and the names of those that are not, because follow-ups still have the field.

        Falls with too few follow-ups are neither.
        """
        alarms, refuted = [], []
        for fall in self.falls or ():
            shown = self.follow_ups.get(fall.name, {}).values()
            if fall.is_certain or (not any(shown) and fall.is_confirmed(len(shown))):
                alarms.append(fall)
            elif any(shown):
                refuted.append(fall.name)
        return alarms, refuted

    def alarms(self) -> list[str]:
        """The alarms of the crawl in words, a line each, with up to three addresses; empty if there are none."""
        falls = [f"{fall}: {', '.join(self._examples(fall.name))}" for fall in self.verdicts()[0]]
        found = [*self.troubles, *self._field_errors(), *falls]
        for part, sections in self.lost.items():
            what = "no articles" if part == "articles" else f"no {part}"
            where = counted(len(sections), "section")
            found.append(f"{what} in {where} that showed some: {', '.join(sections[:_EXAMPLES])}")
        if self.posts and self.posts[1] * 2 < self.posts[0]:
            found.append(f"the site counts {self.posts[1]} posts and counted {self.posts[0]}")
        return found

    def _field_errors(self) -> list[str]:
        """What the rules of a field raised errors for, a line each field with the first address."""
        counts, prefix = self.stats.get_stats(), "mainland/field_errors/"
        return [
            f"{name.removeprefix(prefix)} is left out of {counted(number, 'article')}, its rules raise an error: "
            f"{counts[name.replace('errors/', 'errors_at/', 1)]}"
            for name, number in counts.items()
            if name.startswith(prefix)
        ]

    def _examples(self, name: str) -> list[str]:
        """Up to three addresses that show the fall of a rate: of follow-ups without it, otherwise of this crawl."""
        lost = [url for url, has in self.follow_ups.get(name, {}).items() if not has]
        return (lost or self.lacking.get(name, []))[:_EXAMPLES]

    def run_fields(self, start: str, *, is_reported: bool) -> dict[str, Any]:
        """Fields of the crawl's line in ``runs.jsonl``: the rates, the open alarms, the falls that follow-ups refuted.

        ``start`` is the start of the crawl. ``is_reported`` says whether the crawl ends with an alarm: only then are
        new alarms among the open ones. Of several workers only the leader has more than the rates.
        """
        crawl = drift.counted(self.stats.get_stats())
        rates = {"read": crawl.read, "unread": crawl.unread, "filled": crawl.filled, "rules": crawl.rules}
        if not self.store.database.leads:
            return rates
        alarms, refuted = self.verdicts()
        reported = {
            fall.name: {
                "usual": round(fall.usual, 3),
                "now": str(fall.now),
                "since": start,
                "addresses": self._examples(fall.name),
            }
            for fall in alarms
            if is_reported
        }
        kept = drift.still_open(runs.history(self.store.folder), crawl)
        return rates | {"controlled": refuted, "drift": kept | reported}
