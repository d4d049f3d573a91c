"""The failures, counts and facts that a crawl collects, for its summary and its next requests."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

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
    """Failures, counts and facts of one crawl, or of one worker's part of it."""

    stats: StatsCollector | None = None
    logger: logging.Logger | logging.LoggerAdapter[Any] = field(default_factory=lambda: logging.getLogger(__name__))

    robots_sitemaps: list[str] = field(default_factory=list)
    """The addresses of the sitemaps that robots.txt names."""

    rest_root: str | None = None
    """The address that the site names for its REST interface."""

    folder: str | None = None
    """The address of the folder in which the site really is, if that is below the given address; otherwise None."""

    is_no_home: bool = False
    """Whether the given address answered with a page that is not the home page of a JNews site."""

    is_unsure: bool = False
    """Whether a source failed or a decision is open, so that the next crawl reads all sources."""

    was_unsure: bool = False
    """Whether that was so for the last crawl."""

    is_down: bool = False
    """Whether not even the home page answers."""

    is_over: bool = False
    """Whether the crawl was closed, and its data folder with it."""

    wrong_use: str | None = None
    """What is wrong with the arguments, as the site showed: for instance an unknown section."""

    failures: list[tuple[str, str]] = field(default_factory=list)
    """The first hundred addresses that could not be read, each with the reason."""

    sound: int = 0
    """Number of pages that were of the expected kind."""

    shown: int = 0
    """Number of addresses of articles on category pages; repeated ones are counted each time."""

    refused: int = 0
    """Number of answers that forbid the request, or that are not a page of the site."""

    refusal: Refusal | None = None
    """The first of these answers; one for the home page replaces it."""

    agent: str = ""
    """The User-Agent for which robots.txt is evaluated."""

    robots: str = ""
    """The beginning of robots.txt, as far as it is evaluated."""

    seen: str = ""
    """What the error page in place of the home page looks like, in words that begin with a comma."""

    forbidden: int = 0
    """Number of addresses of articles that robots.txt forbids."""

    gone: int = 0
    """Number of articles found missing that REST does not count any more."""

    rechecks: int = 0
    """Number of articles requested again only because of their age."""

    unconfirmed: dict[str, str] = field(default_factory=dict)
    """What an operator must confirm, in words, by name: ``removals``, ``listing``, ``inventory``."""

    facts: dict[str, str] = field(default_factory=dict)
    """What the pages say about the theme: ``version``, ``template``, ``pagination``."""

    reservations: dict[str, Any] = field(default_factory=dict)
    """What the site says about AI agents and about text and data mining."""

    def fail(self, url: str, reason: str) -> None:
        """Notes, counts and logs an address that could not be read, so that the crawl is incomplete."""
        url, reason = cut(url), cut(printable(reason))
        self.count(f"mainland/failed/{reason}")
        self.logger.warning("%s: %s", url, reason)
        if len(self.failures) < _MOST_FAILURES:
            self.failures.append((url, reason))

    def refuse(self, refusal: Callable[[], Refusal], *, is_home: bool = False) -> None:
        """Counts an answer by which the site refuses; ``is_home``: whether it is that of the home page.

        Keeps the first one in :attr:`refusal`, for which ``refusal`` is called; one of the home page replaces it.
        """
        self.refused += 1
        if self.refusal is None or is_home:
            self.refusal = refusal()

    def count(self, name: str) -> None:
        """Adds one to a number in the stats of the crawl, given by its full name."""
        if self.stats is not None:
            self.stats.inc_value(name)

    def read_answer(self, response: Response, spider: SiteSpider) -> None:
        """Notes what an answer says beside its page: the handler of ``response_received``.

        From the headers: the address of REST (the first one stays), reservations of text and data mining (the last
        ones stay). From the site's robots.txt with status 200: its text, its sitemaps, which AI agents it refuses.
        """
        if self.rest_root is None and spider.home:
            links = (value.decode("latin-1") for value in response.headers.getlist("Link"))
            self.rest_root = rest_root(links, spider.home)
        for name in ("tdm-reservation", "tdm-policy"):
            if value := response.headers.get(name):
                self.reservations[name] = value.decode("latin-1")[:_LONGEST]
        is_robots = urlsplit(response.url).path == "/robots.txt" and urls.host(response.url) == spider.host
        if is_robots and response.status == 200:
            text = response.body.decode("utf-8", "replace")
            # Half a rule can forbid more than the whole one.
            self.robots = text if len(text) <= _MOST_OF_ROBOTS else text[:_MOST_OF_ROBOTS].rpartition("\n")[0]
            self.robots_sitemaps = reservations.sitemaps(text, response.url)
            self.reservations["refused_agents"] = reservations.refused_agents(self.robots)
