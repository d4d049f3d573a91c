"""The spider: requests and their callbacks. What an answer means is decided in :mod:`mainland.decisions`."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from scrapy import Request, signals
from scrapy.exceptions import CloseSpider, DontCloseSpider, IgnoreRequest
from scrapy.http import Response, TextResponse
from scrapy.statscollectors import MemoryStatsCollector
from twisted.python.failure import Failure

from mainland import config, dates, extraction, listings, logs, pages, reservations, urls
from mainland.crawl.frontier import Frontier
from mainland.crawl.observe import GONE, Reader, requested_address
from mainland.crawl.planning import Planner
from mainland.crawl.recorder import Recorder
from mainland.crawl.resolver import Resolver
from mainland.crawl.sections import Sections
from mainland.decisions.types import State
from mainland.findings import Findings
from mainland.items import Article
from mainland.lines import printable
from mainland.middlewares import CUT, UnknownRulesError, why
from mainland.outstanding import Outstanding
from mainland.parts import PartError
from mainland.removals import Removals
from mainland.site_spider import SiteSpider, crawl_opened
from mainland.sources import Sources
from mainland.store import LockedError, Store, WrongSiteError
from mainland.walk import Walk
from mainland.watch import Watch

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

_SOURCES = ("rest", "sitemap")
_LONGEST = 200


class ArticlesSpider(SiteSpider):
    """Crawls a JNews site and yields its articles.

    It reads the feed, REST and the sitemaps, then the category pages where these are not enough. The page of an article
    is requested once a run at most, and only if it is new, or reported as changed or gone.
    """

    name = "articles"
    arguments: config.Arguments
    about: extraction.Site
    store: Store
    sources: Sources
    walk: Walk
    watch: Watch
    removals: Removals
    frontier: Frontier
    planner: Planner
    recorder: Recorder
    resolver: Resolver
    section_pages: Sections

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.arguments = config.arguments(kwargs, crawler.settings)
        spider.about = config.site(crawler.settings)
        if config.sharing(crawler.settings).redis:
            from mainland import workers  # noqa: PLC0415 - what it imports is optional

            workers.prepare(crawler)
        crawler.signals.connect(spider.note_time, signals.response_downloaded)  # before whoever keeps the pages
        return spider

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.outstanding = Outstanding(0)
        self.findings = Findings()
        self.planned = asyncio.Event()
        self.unopened: Exception | None = None
        self.removing: asyncio.Future[None] | None = None

    def open(self) -> None:
        """Opens the data folder for a crawl.

        :raises ValueError: a setting is wrong.
        :raises LockedError: another crawl holds the folder.
        :raises WrongSiteError: the folder belongs to another site.
        :raises OSError: the folder cannot be written; so does sqlite3.Error.
        """
        crawler, host = self.crawler, str(urls.host(self.arguments.site))
        self.store = Store.from_settings(crawler.settings, host, joins=True)
        archive = self.store.archive
        try:
            archive.begin_run()
            if config.sharing(crawler.settings).redis:
                from mainland import workers  # noqa: PLC0415 - what it imports is optional

                workers.share(crawler, host, archive)
        except BaseException:
            self.store.release()
            raise
        self.host, self.home, self.is_crawling = host, self.arguments.site, True
        self._compose(host)
        for handler, signal in (
            (self.request_more, signals.spider_idle),
            (self.read_robots, signals.response_received),
            (self.note_drop, signals.item_dropped),
            (self.note_error, signals.spider_error),
            (self.note_error, signals.item_error),
        ):
            crawler.signals.connect(handler, signal)
        crawler.signals.send_catch_log(crawl_opened, spider=self)

    def _compose(self, host: str) -> None:
        """Makes the parts of the crawl that need the data folder."""
        crawler, settings, arguments = self.crawler, self.crawler.settings, self.arguments
        archive, findings = self.store.archive, self.findings
        findings.stats, findings.logger = crawler.stats, self.logger
        self.outstanding = Outstanding(archive.run)
        self.watch = Watch(self.store, crawler)
        self.walk = Walk(archive, arguments, archive.run)
        self.sources = Sources(self.download, archive, arguments.site)
        accepted = frozenset(archive.fact("accepted_removals") or ())
        self.removals = Removals(archive.fact("held_removals") if archive.leads else None, accepted)
        self.recorder = Recorder(self.store, host, findings, self.sources, self.removals, crawler.stats)
        rechecks = settings.getint("MAINLAND_RECHECKS")
        self.frontier = Frontier(archive, arguments, findings, self.sources, self.walk, self.removals, rechecks)
        self.frontier.suspects = self.recorder.suspects()
        self.resolver = Resolver(archive, findings, self.watch, self.reader, self.download, self.frontier.site)
        self.section_pages = Sections(self.walk, arguments, findings, self.sources, self.watch)
        every = timedelta(days=settings.getfloat("MAINLAND_FULL_EVERY"))
        self.planner = Planner(archive, arguments, findings, self.sources, self.walk, self.watch, every, self.download)

    # -- requests ------------------------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Request]:
        try:
            self.open()
        except (LockedError, WrongSiteError, ValueError, OSError, sqlite3.Error) as error:
            self.unopened = error
            self.logger.log(logging.ERROR, "%s", printable(str(error)))  # without a traceback
            raise CloseSpider("cannot_open") from None
        try:
            requests = await self.plan() if self.store.archive.leads else []
        finally:
            self.planned.set()
        for request in requests:
            yield request

    async def plan(self) -> list[Request]:
        """The first requests, by what the sources tell."""
        newest, slugs = await self.planner.plan()
        first_pages = [self.category_request(self.walk.sections[slug], slug, 1) for slug in slugs]
        due = self.frontier.due() if self.sources.dated and not self.frontier.is_idle else []
        return [*map(self.article_request, dict.fromkeys([*newest, *due])), *first_pages]

    def category_request(self, url: str, slug: str, number: int) -> Request:
        """A request for a page of a section. Pages come before the next page's articles: newest first."""
        request = Request(
            url,
            self.parse_category,
            errback=self.category_failed,
            cb_kwargs={"slug": slug, "number": number},
            meta={"handle_httpstatus_list": [*GONE]},
            priority=-2 * number,
        )
        return self.outstanding.begin(request)

    def article_request(self, url: str, number: int = 0) -> Request:
        """A request for an article; ``number`` is the page of a section that shows it."""
        self.store.archive.requested(url, self.store.archive.run)
        request = Request(
            url,
            self.parse_article,
            errback=self.article_failed,
            meta={"handle_httpstatus_list": [*GONE]},
            priority=-2 * number - 1,
        )
        return self.outstanding.begin(request)

    def more_requests(self) -> list[Request]:
        """Requests for what is left, then for known articles that tell whether the pages changed."""
        requests = [self.article_request(url) for url in self.frontier.next()]
        archive = self.store.archive
        if requests or self.frontier.is_idle or self.arguments.sections or archive.waits():  # others may take them
            return requests
        return [
            Request(url, self.parse_control, errback=self.control_failed, cb_kwargs={"names": names})
            for url, names in self.watch.controlled(archive.run)
        ]

    async def download(self, url: str, kind: str, headers: dict[str, str] | None = None) -> Response | None:
        """The response of an address that no callback waits for; None where it failed, which is in the findings."""
        if self.crawler.stats.get_value("mainland/left_alone"):
            return None
        self.findings.count(f"mainland/requests/{kind}")
        try:
            response = await self.crawler.engine.download_async(Request(url, headers=headers))
        except UnknownRulesError as error:
            reason = str(error)
        except IgnoreRequest:
            self.findings.refused += 1
            return None
        except Exception as error:  # noqa: BLE001 - whatever a download can raise
            reason = why(error)
        else:
            self.findings.refused += response.status in (401, 403)
            is_source = kind in ("feed", *_SOURCES)
            if is_source and CUT in response.flags:
                reason = "cut off"
            elif is_source and response.status == 200 and not response.body.strip():
                reason = "blank answer"
            elif response.status != 429 and response.status < 500:
                return response
            else:
                reason = f"status {response.status}"
        if kind != "tdmrep":  # which no article hangs on
            self.findings.fail(url, reason)
        self.findings.is_unsure |= kind in _SOURCES
        return None

    async def download_part(self, url: str) -> Response:
        """The response of the address of a further part of an article.

        :raises PartError: it failed.
        """
        response = await self.download(url, "part")
        if response is None or CUT in response.flags:
            raise PartError(f"{url} failed")
        return response

    # -- callbacks -----------------------------------------------------------------------------------------

    async def parse_category(self, response: Response, slug: str, number: int) -> AsyncIterator[Request]:
        """A page of a section: its articles, and its next page."""
        if not self.is_crawling:  # scrapy parse --callback=parse_category
            page = pages.of_response(response) if isinstance(response, TextResponse) else None
            for url in [*listings.hero_links(page), *listings.list_links(page)] if page else []:
                yield Request(url, self.parse)
            return
        await self._begin("category")
        step = self.section_pages.read(response, slug, number)
        for url in step.articles:
            yield self.article_request(url, number)
        if step.following:
            yield self.category_request(step.following[0], slug, step.following[1])
        self.outstanding.end(response)

    def category_failed(self, failure: Failure) -> None:
        request, error = self._end_failed(failure)
        evidence = self.resolver.observe_failure(request, error)
        self.section_pages.failed(request.url, evidence, **request.cb_kwargs)

    async def parse_article(self, response: Response) -> AsyncIterator[Article]:
        """The page of an article."""
        if not self.is_crawling:  # scrapy parse --callback=parse_article
            async for item in self.parse(response):
                yield item
            return
        await self._begin("article")
        decision, evidence, moved = await self.resolver.decide(requested_address(response), response)
        for item in self.recorder.record(decision, evidence, response.url, moved):
            yield item
        self.outstanding.end(response)

    def article_failed(self, failure: Failure) -> None:
        request, error = self._end_failed(failure)
        self.recorder.record(*self.resolver.decide_failed(requested_address(request), request, error))

    async def parse(self, response: Response) -> AsyncIterator[Article]:
        """The article of a page, for ``scrapy parse``: nothing is stored, and no other page decides about it."""
        try:
            item, _ = await self.reader.read(response)
            yield item
        except (pages.NotAnArticleError, PartError) as error:
            self.logger.warning("%s: not an article: %s", response.url, printable(str(error)))

    def parse_control(self, response: Response, names: list[str]) -> None:
        """The page of a known article, read only to see whether it still has what it had."""
        self.findings.count("mainland/requests/control")
        if isinstance(response, TextResponse):
            with suppress(pages.NotAnArticleError):
                stats = MemoryStatsCollector(self.crawler)
                self.watch.read_control(pages.of_response(response), self.about, names, stats)

    def control_failed(self, failure: Failure) -> None:
        request, error = self._end_failed(failure)
        self.findings.fail(request.url, self.resolver.observe_failure(request, error).reason)

    async def _begin(self, kind: str) -> None:
        """Waits until the crawl is planned; a worker takes over what the one that leads found out."""
        self.findings.count(f"mainland/requests/{kind}")
        await self.planned.wait()  # of a request that was kept in JOBDIR
        if not (self.store.archive.leads or self.walk.sections):
            _, self.walk.is_whole, self.sources.listed, self.walk.sections = self.store.archive.fact("plan")

    def _end_failed(self, failure: Failure) -> tuple[Request, BaseException]:
        request: Request = failure.request  # type: ignore[attr-defined]
        assert failure.value
        self.outstanding.end(request)
        return request, failure.value

    @property
    def reader(self) -> Reader:
        """What reads the pages of articles."""
        return Reader(self.arguments.site, self.about, self.crawler.stats, self.download_part, self.reading)

    def reading(self, response: Response) -> AbstractContextManager[None]:
        """A block that reads a page; a crawl that is killed within it leaves a note for the next one."""
        return self.store.reading(requested_address(response)) if self.is_crawling else nullcontext()

    def is_forgotten(self, url: str) -> bool:
        return self.is_crawling and self.store.archive.entry(url).state is State.FORGOTTEN

    # -- signals -------------------------------------------------------------------------------------------

    def request_more(self) -> None:
        """When all that was requested has come: requests what else there is, then decides about the removals."""
        if self.removing:
            raise DontCloseSpider
        try:
            more = self.more_requests()
            waits = not more and self.store.archive.waits()
        except Exception:  # noqa: BLE001 - Scrapy would go on as if there were nothing to request
            self.note_error(Failure())  # type: ignore[no-untyped-call]
            return
        for request in more:
            self.crawler.engine.crawl(request)
        if not (more or waits) and (self.removals.found or self.removals.waiting):
            self.removing = asyncio.ensure_future(self.remove())
        if more or waits or self.removing:
            raise DontCloseSpider

    async def remove(self) -> None:
        """Sends the removals to the pipelines, or holds them back; then the crawl is over."""
        engine = self.crawler.engine
        try:
            await self.recorder.remove(lambda item: engine.scraper.start_itemproc_async(item, response=None))
        except Exception:  # noqa: BLE001 - nobody awaits this task
            self.note_error(Failure())  # type: ignore[no-untyped-call]
        await engine.close_spider_async(reason="finished")

    def note_time(self, request: Request) -> None:
        """Notes when an answer came: the pages kept bear the same date as the line made of them."""
        request.meta["fetched"] = dates.utc(datetime.now(UTC))

    def read_robots(self, response: Response) -> None:
        """Keeps the sitemaps that robots.txt names, and what the site says of machines that read it."""
        for name in ("tdm-reservation", "tdm-policy"):
            if value := response.headers.get(name):
                self.findings.reservations[name] = value.decode("latin-1")[:_LONGEST]
        if response.url.endswith("/robots.txt") and response.status == 200 and urls.host(response.url) == self.host:
            text = response.body.decode("utf-8", "replace")
            self.findings.robots_sitemaps = reservations.sitemaps(text, response.url)
            self.findings.reservations["refused_agents"] = reservations.refused_agents(text)

    def note_written(self, item: Article) -> None:
        self.recorder.written(item)

    def note_drop(self, item: Any, exception: Exception) -> None:
        """Notes what became of the address of an item that no line was written for."""
        self.recorder.dropped(item, exception)

    def note_unfinished(self) -> None:
        """Notes the addresses whose requests never came back, and those of items that no line was written for."""
        shares = bool(config.sharing(self.crawler.settings).redis)  # then others take the requests
        for request in [] if shares else self.outstanding.left():
            if request.callback == self.parse_category:
                self.walk.stop(**request.cb_kwargs)
            self.findings.is_unsure = True
            what = "not read: its request, or its page, never came back from Scrapy and its components"
            self.findings.fail(request.url, what)
        self.recorder.note_unwritten()

    def note_error(self, failure: Failure, response: Response | None = None, item: Any = None) -> None:
        """Notes a page that a fault of ours, or of the disk, kept from the dataset; None for what precedes pages."""
        error = failure.value
        assert error
        if isinstance(response, Response):
            self.outstanding.end(response)
        is_of_disk = isinstance(error, (OSError, sqlite3.Error)) and not isinstance(
            error, (ConnectionError, TimeoutError)
        )
        if item is None and is_of_disk:  # an error of WritePipeline is no error of an item
            self.crawler.stats.set_value("mainland/cannot_write", str(error))
        pending = self.recorder.deliveries.end(item)
        if pending:
            self.recorder.lost(pending, item)
        url = pending.url if pending else response.url if response else self.arguments.site
        self.findings.fail(url, logs.fault(error))
