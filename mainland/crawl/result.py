"""The failures, counts and facts that a crawl collects, for its summary and its next requests."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mainland.clean import urls
from mainland.clean.listings import rest_root
from mainland.clean.text import cut, printable
from mainland.crawl import reservations

if TYPE_CHECKING:
    from scrapy.http import Response
    from scrapy.statscollectors import StatsCollector

    from mainland.crawl.refusals import Refusal
    from mainland.spiders.base import SiteSpider

_MOST_FAILURES = 100
_LONGEST = 200
_MOST_OF_ROBOTS = 500_000


@dataclass
class CrawlResult:
    """What one crawl, or one worker's part of it, found out on its way."""

    stats: StatsCollector | None = None
    logger: logging.Logger | logging.LoggerAdapter[Any] = field(default_factory=lambda: logging.getLogger(__name__))

    robots_sitemaps: list[str] = field(default_factory=list)
    """The addresses of the sitemaps that robots.txt names."""

    rest_root: str | None = None
    """The address that the site names for its REST interface."""

    folder: str | None = None
    """The address of a folder below the site's in which the site says that it is."""

    is_no_home: bool = False
    """Whether the given address answered, and shows no home page of a JNews site."""

    is_unsure: bool = False
    """Whether a source failed, or something could not be settled: the next crawl reads all sources."""

    was_unsure: bool = False
    """Whether the last crawl was."""

    is_down: bool = False
    """Whether not even the home page answers."""

    is_over: bool = False
    """Whether the crawl was closed, and its data folder with it."""

    wrong_use: str | None = None
    """What is wrong with the arguments, where only the site could show it."""

    failures: list[tuple[str, str]] = field(default_factory=list)
    """The first hundred addresses that could not be read, each with the reason."""

    sound: int = 0
    """Pages that were what they should be."""

    shown: int = 0
    """Addresses of articles on the category pages, repeated ones counted each time."""

    refused: int = 0
    """Answers that forbid, or that are no page of the site."""

    refusal: Refusal | None = None
    """The first of them; that of the home page takes its place."""

    agent: str = ""
    """The User-Agent for which robots.txt is evaluated."""

    robots: str = ""
    """The text of robots.txt, as far as it is looked at."""

    seen: str = ""
    """What the error page looks like that stands in place of the home page, with a comma in front."""

    forbidden: int = 0
    """Addresses of articles that robots.txt forbids."""

    gone: int = 0
    """Articles found gone, which REST counts no longer."""

    rechecks: int = 0
    """Articles looked at for their age alone."""

    unconfirmed: dict[str, str] = field(default_factory=dict)
    """What a person must confirm before it is believed, in words, by name: ``removals``, ``listing``."""

    facts: dict[str, str] = field(default_factory=dict)
    """What the pages say about the theme: ``version``, ``template``, ``pagination``."""

    reservations: dict[str, Any] = field(default_factory=dict)
    """What the site says of machines that read it."""

    def fail(self, url: str, reason: str) -> None:
        """Notes an address that could not be read; the next crawl requests it again."""
        url, reason = cut(url), cut(printable(reason))
        self.count(f"mainland/failed/{reason}")
        self.logger.warning("%s: %s", url, reason)
        if len(self.failures) < _MOST_FAILURES:
            self.failures.append((url, reason))

    def refuse(self, refusal: Callable[[], Refusal], *, is_home: bool = False) -> None:
        """Notes an answer by which the site refuses; ``is_home`` says whether it is that of the home page."""
        self.refused += 1
        if self.refusal is None or is_home:
            self.refusal = refusal()

    def count(self, name: str) -> None:
        """Counts something in the stats of the crawl."""
        if self.stats is not None:
            self.stats.inc_value(name)

    def read_headers(self, response: Response, spider: SiteSpider) -> None:
        """Notes what an answer says of machines that read the site, and of REST; robots.txt names its sitemaps, too."""
        if self.rest_root is None and spider.home:
            links = (value.decode("latin-1") for value in response.headers.getlist("Link"))
            self.rest_root = rest_root(links, spider.home)
        for name in ("tdm-reservation", "tdm-policy"):
            if value := response.headers.get(name):
                self.reservations[name] = value.decode("latin-1")[:_LONGEST]
        if response.url.endswith("/robots.txt") and response.status == 200 and urls.host(response.url) == spider.host:
            text = response.body.decode("utf-8", "replace")
            self.robots = text[:_MOST_OF_ROBOTS]
            self.robots_sitemaps = reservations.sitemaps(text, response.url)
            self.reservations["refused_agents"] = reservations.refused_agents(text)
