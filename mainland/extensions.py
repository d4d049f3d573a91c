"""Extensions: Crawl-delay, progress display, page archive, and the end of a crawl."""

from __future__ import annotations

import logging
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import scrapy
from scrapy import signals
from scrapy.exceptions import NotConfigured

import mainland
from mainland import config, logs
from mainland.clean import dates, urls
from mainland.clean.dates import PostDates
from mainland.clean.text import counted, printable
from mainland.crawl.observe import fetched_at
from mainland.crawl.stats import counts
from mainland.crawl.summary import run_record, summary
from mainland.crawl.verdict import Verdict, is_news, store_site_memory, verdict
from mainland.exit_status import ExitStatus
from mainland.middlewares import MOST_SECONDS, REFUSED
from mainland.pages.article import EXTRACTOR
from mainland.spiders.base import Component, crawl_opened, dates_requested, line_due
from mainland.storage import runs, warc
from mainland.storage.errors import reason
from mainland.storage.files import REPORT

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.robotstxt import RobotParser
    from scrapy.statscollectors import StatsCollector

    from mainland.crawl.session import Session
    from mainland.items import Article
    from mainland.spiders.articles import ArticlesSpider

logger = logging.getLogger(__name__)
_KEPT = "no line is lost, the next crawl goes on"


class CrawlDelay(Component):
    """Obeys Crawl-delay of robots.txt, which Scrapy reads and does not apply.

    A delay of more than two minutes refuses the crawl.
    """

    def __init__(self, crawler: Crawler) -> None:
        """Connects to the signals of the crawl.

        :raises NotConfigured: ``ROBOTSTXT_OBEY`` is turned off.
        """
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        super().__init__(crawler)
        self.delays: dict[str, float] = {}
        crawler.signals.connect(self.read, signals.robots_parsed)
        crawler.signals.connect(self.apply, signals.request_reached_downloader)

    def read(self, robotparser: RobotParser, request: Request) -> None:
        """Notes the Crawl-delay, in seconds, of a robots.txt for the host of ``request``.

        One of more than two minutes sets the stat :data:`REFUSED`, so that the crawl is refused.
        """
        delay = robotparser.crawl_delay(config.robots_agent(self.crawler.settings))
        host = urls.host(request.url)
        if not delay or not host:
            return
        text = f"robots.txt asks for {delay:.0f} s between two requests (Crawl-delay)"
        if delay > MOST_SECONDS:
            text += f", more than the {MOST_SECONDS:.0f} s that a crawl waits; ask the site whether it may be crawled"
            self.crawler.stats.set_value(REFUSED, text)
            return
        self.delays[host] = delay
        if delay > self.crawler.settings.getfloat("DOWNLOAD_DELAY"):
            logger.info("%s: 1,000 articles take %.1f hours", text, delay / 3.6)

    def apply(self, request: Request) -> None:
        """Sets the delay of the slot in the downloader before a request is sent: at least the host's Crawl-delay."""
        delay = self.delays.get(urls.host(request.url) or "")
        slot = self.crawler.engine.downloader.slots.get(request.meta.get("download_slot", ""))
        if delay and slot:
            slot.delay = max(slot.delay, delay)
            slot.jitter = 0  # which would halve some of the delays


class Progress(Component):
    """Shows on a terminal how far the crawl is."""

    def __init__(self, crawler: Crawler) -> None:
        """Makes the display, and connects to the signals of the crawl.

        :raises NotConfigured: standard error is not a terminal, or the log goes to a file.
        """
        if not sys.stderr.isatty() or crawler.settings["LOG_FILE"]:
            raise NotConfigured
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import Progress as Display  # noqa: PLC0415 - only a terminal needs it
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

        self.display = Display(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        super().__init__(crawler)
        self.task = self.display.add_task("requesting the site", total=None)
        crawler.signals.connect(self.display.start, crawl_opened)
        crawler.signals.connect(self.show, signals.response_received)
        crawler.signals.connect(self.display.stop, signals.spider_closed)

    def show(self) -> None:
        """Shows how many pages were requested and how many lines were written."""
        stats = self.crawler.stats
        pages, items = stats.get_value("response_received_count", 0), stats.get_value("item_scraped_count", 0)
        self.display.update(self.task, description=f"{pages} pages requested, {items} lines written")


class PageArchiver(Component):
    """Writes the responses of a crawl into the page archive. After an error it writes no more, and the crawl continues.

    A crawl that wrote no line and rejected no address leaves no file.
    """

    def __init__(self, crawler: Crawler) -> None:
        """Connects to the signals of the crawl. Opens no file: :meth:`open` does so once the data folder is open.

        :raises NotConfigured: ``MAINLAND_KEEP_PAGES`` is turned off.
        """
        if not crawler.settings.getbool("MAINLAND_KEEP_PAGES"):
            raise NotConfigured
        super().__init__(crawler)
        self.spider: ArticlesSpider
        self.pages: warc.PageArchive | None = None
        crawler.signals.connect(self.open, crawl_opened)
        crawler.signals.connect(self.save_response, signals.response_downloaded)
        crawler.signals.connect(self.begin, line_due)
        crawler.signals.connect(self.note_removal, signals.item_scraped)
        crawler.signals.connect(self.note_dates, dates_requested)
        crawler.signals.connect(self.close, signals.spider_closed)

    def open(self, spider: ArticlesSpider) -> None:
        """Begins the page archive of a crawl whose data folder is open; writes no file yet."""
        self.spider = spider
        settings = self.crawler.settings
        about = {
            "software": f"mainland/{mainland.__version__} Scrapy/{scrapy.__version__}",
            "format": "WARC File Format 1.1",
            "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
            "operator": settings["MAINLAND_CONTACT"],
            "http-header-user-agent": settings["USER_AGENT"],
            "robots": "obey" if settings.getbool("ROBOTSTXT_OBEY") else "ignore",
            "site": str(spider.host),
            "time-zone": spider.crawl.time_zone.name,
            "date-order": settings["MAINLAND_DATE_ORDER"],
            "extractor": EXTRACTOR,
        }
        store = spider.store
        self.pages = warc.PageArchive(
            store.folder, str(spider.host), datetime.now(UTC), about, store.sharing.worker, is_deferred=True
        )

    def save_response(self, request: Request, response: Response) -> None:
        """Archives a response with its request; before :meth:`begin` they are kept in memory."""
        if self.pages:
            with self.stopping_on_errors():
                self.pages.note_time_zone(self.spider.crawl.time_zone.refreshed(), fetched_at(request))
                self.pages.save(request, response, fetched_at(request))

    def note_dates(self, number: int, url: str, post: PostDates | None) -> None:
        """Archives the dates that REST gives for a post, beside its page: ``number`` is its id, ``url`` that page."""
        if self.pages:
            with self.stopping_on_errors():
                self.pages.record_dates(number, url, post, dates.utc(datetime.now(UTC)))

    def begin(self) -> None:
        """Writes to files what was kept in memory, because a line of the dataset is written."""
        if self.pages:
            with self.stopping_on_errors():
                self.pages.begin()

    def note_removal(self, item: Article) -> None:
        """Archives that an article was found gone; does nothing for an item that is no removal."""
        if self.pages and item.change == "removed":
            with self.stopping_on_errors():
                self.pages.record_removal(item)

    def close(self) -> None:
        """Closes the page archive at the end of the crawl."""
        if counts(self.crawler.stats, "rejected"):  # perhaps the rules are wrong: reparse reads these pages again
            self.begin()
        if self.pages:
            with self.stopping_on_errors():
                self.pages.close()

    @contextmanager
    def stopping_on_errors(self) -> Iterator[None]:
        """A block that writes to the page archive. Raises no OSError: it becomes an alarm, and no more is written."""
        try:
            yield
        except OSError as error:
            self.pages = None
            self.spider.crawl.health.troubles.append(f"pages are not kept: {reason(error)}")


class Summary(Component):
    """Ends a crawl: stores its state, publishes what changed, writes ``runs.jsonl`` and the summary in the log.

    The exit status goes into the stats as ``mainland/exit_status``.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.started = datetime.now(UTC)
        crawler.signals.connect(self.end, signals.spider_closed)
        crawler.signals.connect(self.begin, crawl_opened)

    def begin(self, spider: ArticlesSpider) -> None:
        """Logs what was repaired in the data folder, and a warning if ``MAINLAND_CONTACT`` is not set."""
        for repaired in spider.store.repaired:
            logger.warning("%s: %s", spider.store.folder, repaired)
        local = str(spider.host).partition(":")[0] in ("localhost", "127.0.0.1", "[")
        if not local and not self.crawler.settings["MAINLAND_CONTACT"]:
            logger.warning("MAINLAND_CONTACT is not set: give the site a mail address or a page to turn to")

    def end(self, spider: ArticlesSpider, reason: str) -> None:
        """Stores and publishes the results of the crawl, releases its data folder, and logs the summary.

        ``reason`` is why the spider was closed, in Scrapy's words. Does nothing at a second call, and for commands that
        opened no data folder, such as ``scrapy parse``.
        """
        stats = self.crawler.stats
        if not spider.is_crawling or stats.get_value("mainland/exit_status") is not None:
            return
        found, is_changed = self.store_and_publish(spider, stats, reason)
        level = self.log_level(spider, found)
        try:  # last: it says nothing that is not on the disk
            spider.store.log_run(run_record(spider.crawl, stats, found, self.started, datetime.now(UTC)))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is no reason to hold the folder
            found = self.verdict_on_error(spider.crawl, error)
        spider.result.is_over = True
        spider.store.release()
        stats.set_value("mainland/exit_status", int(found.status))
        if is_changed and self.crawler.settings.getbool("MAINLAND_REPORT"):
            self.write_report(spider)
        self.log_end(spider, stats, found, level)

    def store_and_publish(self, spider: ArticlesSpider, stats: StatsCollector, reason: str) -> tuple[Verdict, bool]:
        """Stores the state of a crawl and publishes the articles; returns the verdict, and whether it had to publish.

        Raises no error: the verdict says it.
        """
        crawl, store, is_changed = spider.crawl, spider.store, False
        try:
            if reason == "finished":
                crawl.note_unfinished()
            crawl.recorder.note_held_back()
            store.join_tombstones(crawl.recorder.buried)
            found = verdict(crawl, stats, reason)
            if store.database.leads and reason == "finished" and found.has_seen_everything:
                store_site_memory(crawl)
            is_changed = store.database.alone and store.must_publish
            if is_changed:
                store.commit()
                store.publish()
            if store.damages:
                crawl.health.troubles += store.damages
                found = verdict(crawl, stats, reason)
            stats.set_value("mainland/copies", store.memory.get("copies") or 0)
            store.database.record_status(found.status)
            store.commit()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is no reason to hold the folder
            found = self.verdict_on_error(crawl, error)
        return found, is_changed

    @staticmethod
    def verdict_on_error(crawl: Session, error: Exception) -> Verdict:
        """The verdict on a crawl whose end raised an error; logs an error that is not of the disk or memory."""
        if isinstance(error, (OSError, sqlite3.Error)):
            return Verdict(ExitStatus.CANNOT_WRITE, f"cannot write to {crawl.store.folder}: {reason(error)}; {_KEPT}")
        if isinstance(error, MemoryError):
            return Verdict(ExitStatus.INCOMPLETE, "out of memory; the next crawl goes on")
        logger.error("The crawl could not be ended as it should be", exc_info=error)
        return Verdict(ExitStatus.INCOMPLETE, f"{logs.fault(error)}; the next crawl goes on")

    def write_report(self, spider: ArticlesSpider) -> None:
        """Writes ``report.html``; an error is logged as a warning, and does not change the exit status."""
        try:
            from mainland.reporting import report  # noqa: PLC0415 - DuckDB and the charts are wanted here alone

            folder = spider.store.folder
            report.write(folder, folder / REPORT, spider.crawl.time_zone.site.zone or dates.LONDON)
        except Exception as error:  # noqa: BLE001 - whatever it is
            logger.warning("No report was written: %s", error)

    @staticmethod
    def log_level(spider: ArticlesSpider, found: Verdict) -> int:
        """The log level of the line that says how the crawl ended: ERROR for what an operator must read now."""
        if found.status == ExitStatus.OK or found.status > ExitStatus.SIGNALLED:
            return logging.INFO
        try:
            history = runs.history(spider.store.folder)
        except OSError:
            history = []
        return logging.ERROR if is_news(found, history, datetime.now(UTC)) else logging.WARNING

    def log_end(self, spider: ArticlesSpider, stats: StatsCollector, found: Verdict, level: int) -> None:
        """Logs the reason of the verdict at ``level``, then the summary at level INFO."""
        if number := spider.result.forbidden:
            addresses = counted(number, "address", "addresses")
            logger.warning("%s: robots.txt forbids %s of articles; they are not requested", spider.host, addresses)
        logger.log(level, "%s: %s", spider.host, printable(found.reason))
        seconds = (datetime.now(UTC) - self.started).total_seconds()
        logger.info("Summary\n%s", summary(spider.crawl, stats, seconds))
