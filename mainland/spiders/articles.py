"""The spider: requests and their callbacks. What an answer means is decided in :mod:`mainland.decisions`."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

from scrapy import Request, signals
from scrapy.exceptions import CloseSpider, DontCloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure

from mainland import config
from mainland.clean import urls
from mainland.clean.text import printable
from mainland.crawl.observe import GONE, requested_address
from mainland.crawl.session import Session
from mainland.decisions.types import State
from mainland.exit_status import ExitStatus
from mainland.items import Article
from mainland.spiders.base import SettingError, check_settings, crawl_opened
from mainland.spiders.parse import ParseSpider
from mainland.storage.errors import LockedError, WrongSiteError, reason_in, status_of
from mainland.storage.folder import DataFolder


class ArticlesSpider(ParseSpider):
    """Crawls a JNews site and yields its articles.

    It reads the feed, REST and the sitemaps, then the category pages where these are not enough. The page of an article
    is requested once a run at most, and only if it is new, or reported as changed or gone.
    """

    name = "articles"
    crawl: Session
    store: DataFolder

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.planned = asyncio.Event()
        self.removing: asyncio.Future[None] | None = None

    def open(self) -> None:
        """Opens the data folder, begins a run and connects the spider's signals; sends :data:`crawl_opened`.

        :raises SettingError: a setting is wrong; for other errors see :meth:`Session.open`.
        """
        crawler, result = self.crawler, self.result
        check_settings(crawler.settings)
        result.stats, result.logger = crawler.stats, self.logger
        result.agent = config.robots_agent(crawler.settings)
        self.crawl = Session.open(crawler, self.arguments, result)
        self.store, self.host, self.home = self.crawl.store, urls.host(self.arguments.site), self.arguments.site
        self.is_crawling = True
        for handler, signal in (
            (self.request_more, signals.spider_idle),
            (self.result.read_answer, signals.response_received),
            (self.crawl.recorder.record_dropped, signals.item_dropped),
            (self.note_error, signals.spider_error),
            (self.note_error, signals.item_error),
        ):
            crawler.signals.connect(handler, signal)
        crawler.signals.send_catch_log(crawl_opened, spider=self)

    # -- requests ------------------------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Request]:
        """Opens the crawl, reads the sources, and yields the first requests.

        :raises CloseSpider: the crawl cannot be opened; the stats have its exit status.
        """
        try:
            self.open()
        except (LockedError, WrongSiteError, SettingError, OSError, sqlite3.Error) as error:
            self.crawler.stats.set_value("mainland/exit_status", int(status_of(error) or ExitStatus.WRONG_USE))
            said = reason_in(config.folder(self.crawler.settings), error)
            self.logger.log(logging.ERROR, "%s", printable(said))  # without a traceback
            raise CloseSpider("cannot_open") from None
        try:
            requests = await self.plan() if self.store.database.leads else []
        except asyncio.CancelledError:  # the crawl was closed meanwhile
            return
        finally:
            self.planned.set()
        for request in requests:
            yield request

    async def plan(self) -> list[Request]:
        """Reads the sources, and returns the first requests."""
        articles, slugs = await self.crawl.plan()
        return [*map(self.article_request, articles), *map(self.section_request, slugs)]

    def section_request(self, slug: str) -> Request:
        """A request for the first page of a section, given by its slug."""
        return self.category_request(self.crawl.section_crawl.sections[slug], slug, 1)

    def category_request(self, url: str, slug: str, number: int) -> Request:
        """A request for page ``number`` of a section, noted as outstanding; sent before those for later pages."""
        request = Request(
            url,
            self.parse_category,
            errback=self.category_failed,
            cb_kwargs={"slug": slug, "number": number},
            meta={"handle_httpstatus_list": [*GONE]},
            priority=-2 * number,
        )
        return self.crawl.outstanding.begin(request)

    def article_request(self, url: str, number: int = 0) -> Request:
        """A request for an article, recorded and outstanding; ``number``: the page of a section that lists it."""
        self.store.ledger.record_request(url)
        request = Request(
            url,
            self.parse_article,
            errback=self.article_failed,
            meta={"handle_httpstatus_list": [*GONE]},
            priority=-2 * number - 1,
        )
        return self.crawl.outstanding.begin(request)

    def more_requests(self) -> list[Request]:
        """The next requests; empty when this process has no more.

        These are sections that pages link, else articles that are due, else follow-ups of the health monitor.
        """
        if slugs := self.crawl.discovery.take():
            return list(map(self.section_request, slugs))
        if articles := self.crawl.frontier.take_next():
            return [self.article_request(url) for url in articles]
        return [
            Request(url, self.parse_follow_up, errback=self.follow_up_failed, cb_kwargs={"names": names})
            for url, names in self.crawl.health_requests()
        ]

    # -- callbacks -----------------------------------------------------------------------------------------

    async def parse_category(self, response: Response, slug: str, number: int) -> AsyncIterator[Request]:
        """Yields the requests for the articles on page ``number`` of a section, and for its next page."""
        if not self.is_crawling:
            for request in self.linked_requests(response):
                yield request
            return
        await self._begin("category")
        step = self.crawl.sections.read(response, slug, number)
        for url in step.articles:
            yield self.article_request(url, number)
        if step.following:
            yield self.category_request(step.following[0], slug, step.following[1])
        self.crawl.outstanding.end(response)

    def category_failed(self, failure: Failure) -> None:
        """Records the failure of a request for a category page."""
        request, error = self._end_failed(failure)
        evidence = self.crawl.resolver.observe_failure(request, error)
        self.crawl.sections.record_failed(request.url, evidence, **request.cb_kwargs)

    async def parse_article(self, response: Response) -> AsyncIterator[Article]:
        """Decides what the response of an article's address means; yields the items to write, often none."""
        if not self.is_crawling:
            async for item in self.parse(response):
                yield item
            return
        await self._begin("article")
        found = await self.crawl.resolver.decide(requested_address(response), response)
        for item in self.crawl.recorder.record(found, response.url):
            yield item
        self.crawl.outstanding.end(response)

    def article_failed(self, failure: Failure) -> None:
        """Decides what the failure of a request for an article means, and records that."""
        request, error = self._end_failed(failure)
        self.crawl.recorder.record(self.crawl.resolver.decide_failed(requested_address(request), request, error))

    def parse_follow_up(self, response: Response, names: list[str]) -> None:
        """Passes the page of a stored article to the health monitor, which checks whether it still has its fields."""
        self.result.count("mainland/requests/control")
        self.crawl.health.read_response(response, self.crawl.time_zone.site, names)

    def follow_up_failed(self, failure: Failure) -> None:
        """Records the failure of a follow-up of the health monitor."""
        request, error = self._end_failed(failure)
        self.result.fail(request.url, self.crawl.resolver.observe_failure(request, error).reason)

    async def _begin(self, kind: str) -> None:
        """Counts a response under ``kind``, waits until the crawl is planned, and takes over the leader's plan."""
        self.result.count(f"mainland/requests/{kind}")
        await self.planned.wait()  # of a request that was kept in JOBDIR
        self.crawl.follow_leader()

    def _end_failed(self, failure: Failure) -> tuple[Request, BaseException]:
        """Removes the request of a failure from the outstanding ones; returns it, and the error."""
        request: Request = failure.request  # type: ignore[attr-defined]
        assert failure.value
        self.crawl.outstanding.end(request)
        return request, failure.value

    def is_forgotten(self, url: str) -> bool:
        """Whether an address is that of a forgotten article; False where no crawl is under way."""
        return self.is_crawling and self.store.ledger.entry(url).state is State.FORGOTTEN

    # -- signals -------------------------------------------------------------------------------------------

    def request_more(self) -> None:
        """Sends the next requests, when no request is open; if there are none, decides about the removals.

        :raises DontCloseSpider: the crawl is not over.
        """
        if self.removing:
            raise DontCloseSpider
        try:
            more = self.more_requests()
            waits = not more and self.store.database.must_wait()
        except Exception:  # noqa: BLE001 - Scrapy would go on as if there were nothing to request
            self.note_error(Failure())  # type: ignore[no-untyped-call]
            return
        for request in more:
            self.crawler.engine.crawl(request)
        if not (more or waits) and self.crawl.has_removals:
            self.removing = asyncio.ensure_future(self.decide_removals())
        if more or waits or self.removing:
            raise DontCloseSpider

    async def decide_removals(self) -> None:
        """Asks REST about missing articles, sends the removals to the pipelines, and closes the spider."""
        engine = self.crawler.engine
        try:
            await self.crawl.absences.request_and_decide()
            await self.crawl.recorder.send_removals(
                lambda item: engine.scraper.start_itemproc_async(item, response=None)
            )
        except Exception:  # noqa: BLE001 - nobody awaits this task
            self.note_error(Failure())  # type: ignore[no-untyped-call]
        if engine.spider:  # no signal has closed it meanwhile
            await engine.close_spider_async(reason="finished")

    def note_written(self, item: Article) -> None:
        """Records the decision of an item whose line is written."""
        self.crawl.recorder.record_written(item)

    def note_error(self, failure: Failure, response: Response | None = None, item: Any = None) -> None:
        """Records a failure for a page that an error of this program or of the disk kept out; it is requested again."""
        if isinstance(response, Response):
            self.crawl.outstanding.end(response)
        assert failure.value
        self.crawl.note_error(failure.value, response.url if response else None, item)
