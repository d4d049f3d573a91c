"""The parts of one crawl, and how they depend on each other."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from scrapy.http import Response

from mainland import config, logs
from mainland.clean import urls
from mainland.clean.dates import PostDates
from mainland.crawl.absences import Absences
from mainland.crawl.discovery import Discovery
from mainland.crawl.downloads import Downloads
from mainland.crawl.frontier import Frontier
from mainland.crawl.health import HealthMonitor
from mainland.crawl.observe import Reader, requested_address
from mainland.crawl.outstanding import Outstanding
from mainland.crawl.planning import Planner
from mainland.crawl.recorder import Recorder
from mainland.crawl.removals import Removals
from mainland.crawl.resolver import Resolver
from mainland.crawl.result import CrawlResult
from mainland.crawl.section_crawl import SectionCrawl
from mainland.crawl.sections import Sections
from mainland.crawl.sources.sources import Sources
from mainland.crawl.time_zone import TimeZone
from mainland.decisions.stored import dates_of
from mainland.spiders.base import dates_requested
from mainland.storage.errors import reason
from mainland.storage.folder import DataFolder

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


@dataclass
class Session:
    """One crawl, whose data folder is open."""

    store: DataFolder
    arguments: config.Arguments
    result: CrawlResult
    outstanding: Outstanding
    sources: Sources
    section_crawl: SectionCrawl
    health: HealthMonitor
    removals: Removals
    planner: Planner
    frontier: Frontier
    resolver: Resolver
    recorder: Recorder
    sections: Sections
    absences: Absences
    time_zone: TimeZone
    discovery: Discovery

    @staticmethod
    def prepare(crawler: Crawler) -> None:
        """Sets the scheduler and the download handlers of several workers if ``REDIS_URL`` is set; opens nothing."""
        if config.sharing(crawler.settings).redis:
            from mainland.crawl import workers  # noqa: PLC0415 - what it imports is optional

            workers.set_components(crawler)

    @classmethod
    def open(cls, crawler: Crawler, arguments: config.Arguments, result: CrawlResult) -> Self:
        """Opens the data folder, begins a run and creates the parts of a crawl; with ``REDIS_URL`` joins the workers.

        :raises ValueError: a setting is wrong.
        :raises LockedError: another crawl is using the folder.
        :raises WrongSiteError: the folder belongs to another site.
        :raises OSError: the folder cannot be written; so does sqlite3.Error.
        """
        host = str(urls.host(arguments.site))
        store = DataFolder.from_settings(crawler.settings, host, joins=True)
        try:
            store.database.begin_run()
            if config.sharing(crawler.settings).redis:
                from mainland.crawl import workers  # noqa: PLC0415 - what it imports is optional

                workers.share(crawler, host, store.database)
        except BaseException:
            store.release()
            raise
        return cls._of(crawler, arguments, result, store, host)

    @classmethod
    def _of(
        cls, crawler: Crawler, arguments: config.Arguments, result: CrawlResult, store: DataFolder, host: str
    ) -> Self:
        """Creates the parts of a crawl, whose data folder is open, and connects them."""
        settings, stats = crawler.settings, crawler.stats
        downloads = Downloads(crawler, result)
        sources, health = Sources.of(downloads.get, store, arguments.site), HealthMonitor(store, crawler)
        section_crawl = SectionCrawl(store, arguments)
        discovery = Discovery(sources, section_crawl, bool(config.sharing(settings).redis))
        accepted = frozenset(store.memory.get("accepted_removals") or ())
        removals = Removals(store.memory.get("held_removals") if store.database.leads else None, accepted)
        recorder = Recorder(store, host, result, sources, removals, stats)
        rechecks = settings.getint("MAINLAND_RECHECKS")
        frontier = Frontier(
            store, arguments, result, sources, section_crawl, removals, rechecks, recorder.take_suspects()
        )

        def reading(response: Response) -> AbstractContextManager[None]:
            return store.reading_page(requested_address(response))

        async def post_dates(number: int, url: str) -> PostDates | None:
            post, stored = await sources.rest.dates(number), store.index.article(number)
            crawler.signals.send_catch_log(dates_requested, number=number, url=url, post=post)
            return dates_of(post, stored)

        time_zone = TimeZone(store, config.site(settings), downloads.optional)
        reader = Reader(arguments.site, lambda: time_zone.site, stats, downloads.subpage, post_dates, reading)
        every = timedelta(days=settings.getfloat("MAINLAND_FULL_EVERY"))
        planner = Planner(store, arguments, result, sources, section_crawl, health, time_zone, every, downloads)
        return cls(
            store,
            arguments,
            result,
            Outstanding(store.ledger.run),
            sources,
            section_crawl,
            health,
            removals,
            planner,
            frontier,
            Resolver(
                *(store, result, health, reader, downloads.get, frontier.site),
                removals.successor_of,
                discovery.read_article,
            ),
            recorder,
            Sections(section_crawl, arguments, result, sources, health, discovery),
            Absences(store, sources, recorder, frontier.site),
            time_zone,
            discovery,
        )

    async def plan(self) -> tuple[list[str], list[str]]:
        """Reads the sources; returns the articles to request first, and the slugs of the sections to read.

        Stores the plan for other workers.
        """
        newest, slugs = await self.planner.plan()
        self.frontier.check_inventory()
        has_inventory = self.frontier.has_inventory
        walked = self.section_crawl
        self.store.memory.save(plan=[walked.is_site_wide, has_inventory, walked.sections])  # for other workers
        due = self.frontier.take_due() if self.sources.reports.is_dated and not self.frontier.is_idle else []
        return list(dict.fromkeys([*newest, *due])), slugs

    def follow_leader(self) -> None:
        """Takes over the plan and the time zone that the leading worker has stored; does nothing in the leader."""
        store = self.store
        if not (store.database.leads or self.section_crawl.sections):
            self.section_crawl.is_site_wide, self.sources.reports.has_inventory, self.section_crawl.sections = (
                store.memory.get("plan")
            )
            self.time_zone.follow_leader()

    def alarms(self) -> list[str]:
        """The alarms of the crawl, a line each: what an operator must look at."""
        return [*self.result.unconfirmed.values(), *self.health.alarms()]

    def health_requests(self) -> list[tuple[str, list[str]]]:
        """The follow-ups of the health monitor: addresses of stored articles, each with the rates that it can check.

        Empty in a crawl of some sections, while other workers have requests, and at a second call.
        """
        store = self.store
        if (
            self.frontier.is_idle or self.arguments.sections or store.database.must_wait()
        ):  # others may have more to request
            return []
        return list(self.health.follow_up_requests(store.ledger.run))

    @property
    def has_removals(self) -> bool:
        """Whether articles may have to be removed: found missing now or earlier, or not shown."""
        return bool(self.removals.found or self.removals.waiting or self.absences.are_open)

    def note_error(self, error: BaseException, url: str | None, item: object) -> None:
        """Records a failure for an article that an error of this program, or of the disk, kept out of the dataset.

        ``url`` is the address of the response and ``item`` the item that was processed; None if there was none. The
        article's address becomes due.
        """
        is_of_disk = isinstance(error, (OSError, sqlite3.Error))
        if item is None and is_of_disk and not isinstance(error, (ConnectionError, TimeoutError)):
            self.recorder.stats.set_value("mainland/cannot_write", reason(error))
        pending = self.recorder.deliveries.end(item)
        if pending:
            self.recorder.record_lost(pending, item)
        where = pending.url if pending else url or self.arguments.site
        self.result.fail(where, logs.fault(error))

    def note_unfinished(self) -> None:
        """Records failures for requests that never came back, and for items for which no line was written.

        Not for requests that other workers take over.
        """
        result = self.result
        for request in [] if self.discovery.are_sections_shared else self.outstanding.unanswered():
            if "slug" in request.cb_kwargs:
                self.section_crawl.save_progress(**request.cb_kwargs)
            result.is_unsure = True
            what = "not read: its request, or its page, never came back from Scrapy and its components"
            result.fail(request.url, what)
        self.recorder.note_unwritten()
