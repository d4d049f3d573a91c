"""What happens around a crawl: politeness, progress, and how it ended."""

from __future__ import annotations

import logging
import signal
import sqlite3
import sys
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals
from scrapy.exceptions import NotConfigured

import mainland
from mainland import dates, urls

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.robotstxt import RobotParser

    from mainland.spiders.articles import ArticlesSpider

logger = logging.getLogger(__name__)

WHOLE, WRONG_USE, NOT_WHOLE, ALARM = 0, 2, 3, 4
UNREACHABLE, CANNOT_WRITE, LOCKED, REFUSED, SIGNALLED = 69, 73, 75, 77, 128


class CrawlDelay:
    """Obeys Crawl-delay of robots.txt, which Scrapy reads and does not apply."""

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self.crawler = crawler
        self.delays: dict[str, float] = {}
        crawler.signals.connect(self.read, signals.robots_parsed)
        crawler.signals.connect(self.apply, signals.request_reached_downloader)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def read(self, robotparser: RobotParser, request: Request) -> None:
        delay = robotparser.crawl_delay(self.crawler.settings["USER_AGENT"])
        host = urls.host(request.url)
        if delay and host:
            self.delays[host] = delay

    def apply(self, request: Request) -> None:
        delay = self.delays.get(urls.host(request.url) or "")
        assert self.crawler.engine
        slot = self.crawler.engine.downloader.slots.get(request.meta.get("download_slot", ""))
        if delay and slot and slot.delay < delay:
            slot.delay = delay
            slot.randomize_delay = False  # which would halve some of the delays


class Progress:
    """Shows on a terminal how far the crawl is."""

    def __init__(self, crawler: Crawler) -> None:
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
        self.crawler = crawler
        self.task = self.display.add_task("asking the site", total=None)
        crawler.signals.connect(self.display.start, signals.spider_opened)
        crawler.signals.connect(self.show, signals.response_received)
        crawler.signals.connect(self.display.stop, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def show(self) -> None:
        stats = self.crawler.stats
        assert stats
        asked, items = stats.get_value("response_received_count", 0), stats.get_value("item_scraped_count", 0)
        self.display.update(self.task, description=f"{asked} pages asked, {items} lines written")


class Summary:
    """Ends a crawl: judges it, publishes what changed, writes ``runs.jsonl``, tells a person.

    The exit status goes into the stats as ``mainland/exit_status``.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.started = datetime.now(UTC)
        crawler.signals.connect(self.end, signals.spider_closed)
        crawler.signals.connect(self.begin, signals.spider_opened)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def begin(self, spider: ArticlesSpider) -> None:
        for mended in spider.store.mended:
            logger.warning("%s: %s", spider.store.folder, mended)
        local = spider.host.partition(":")[0] in ("localhost", "127.0.0.1", "[")
        if not local and not self.crawler.settings["MAINLAND_CONTACT"]:
            logger.warning("MAINLAND_CONTACT is not set: give the site a mail address or a page to turn to")

    def end(self, spider: ArticlesSpider, reason: str) -> None:
        """Ends the crawl, once."""
        stats, store = self.crawler.stats, spider.store
        assert stats
        if stats.get_value("mainland/exit_status") is not None:
            return
        try:
            status, verdict = self.judge(spider, reason)
            if status in (WHOLE, ALARM) and not spider.arguments.sections and store.archive.leads:
                self.settle(spider)
            if store.archive.alone and store.changed:
                store.commit()
                store.publish()
            store.archive.leave(status)
            store.log_run(self.record(spider, status, verdict))
            store.close()
        except (OSError, sqlite3.Error) as error:
            status, verdict = CANNOT_WRITE, f"cannot write to {store.folder}: {error}"
            logger.error("%s", verdict)  # noqa: TRY400 - its place in the code tells nobody anything
            store.release()
        stats.set_value("mainland/exit_status", status)
        self.tell(spider, status, verdict)

    def judge(self, spider: ArticlesSpider, reason: str) -> tuple[int, str]:
        """The exit status and its reason in words."""
        assert self.crawler.stats
        unwritten = self.crawler.stats.get_value("mainland/cannot_write")
        number = self.crawler.stats.get_value("mainland/signal")
        if spider.wrong_use:
            return WRONG_USE, spider.wrong_use
        if unwritten:
            return CANNOT_WRITE, f"cannot write: {unwritten}"
        if number is not None:
            return SIGNALLED + number, f"stopped by {signal.Signals(number).name}; the next crawl goes on"
        is_idle = not (spider.store.archive.leads or spider.failures or spider.refused)
        if not (spider.sources.used or spider.sound or is_idle):
            if spider.refused:
                return REFUSED, "the site refuses the crawl"
            return UNREACHABLE, "the site cannot be reached"
        if reason != "finished":
            return NOT_WHOLE, f"cut short: {reason}"
        if spider.failures:
            return NOT_WHOLE, f"{len(spider.failures)} addresses failed; the next crawl asks them again"
        unfinished = spider.store.archive.unfinished()
        if unfinished:
            return NOT_WHOLE, f"{'; '.join(unfinished)}; the next crawl asks again what they had taken"
        if spider.alarms:
            return ALARM, f"whole, but {'; '.join(spider.alarms)}"
        return WHOLE, "whole"

    def settle(self, spider: ArticlesSpider) -> None:
        """Notes that this crawl saw everything."""
        archive = spider.store.archive
        archive.complete(spider.run)
        if spider.walks_whole:
            archive.keep(walked=dates.utc(datetime.now(UTC)))
        if spider.sources.total is not None:
            archive.keep(total=spider.sources.total)

    def record(self, spider: ArticlesSpider, status: int, verdict: str) -> dict[str, Any]:
        """The line of ``runs.jsonl``."""
        return {
            "start": dates.utc(self.started),
            "end": dates.utc(datetime.now(UTC)),
            "version": mainland.__version__,
            "site": spider.arguments.site,
            "sections": sorted(spider.arguments.sections),
            "full": spider.arguments.full,
            "exit_status": status,
            "verdict": verdict,
            "delivered": self.counts("delivered"),
            "rejected": self.counts("rejected"),
            "failed": self.counts("failed"),
            "alarms": spider.alarms,
            "failures": [{"url": url, "reason": why} for url, why in spider.failures],
            "requests": self.counts("requests"),
            "sources": spider.sources.used,
            "changes_by": spider.sources.changes_by,
            "theme": spider.facts,
            "posts_on_site": spider.sources.total,
            "articles_held": spider.store.archive.count(),
            "mended": spider.store.mended,
        }

    def counts(self, noun: str) -> dict[str, int]:
        """The stats ``mainland/NOUN/…``, the largest first."""
        assert self.crawler.stats
        prefix = f"mainland/{noun}/"
        found = {
            key.removeprefix(prefix): n for key, n in self.crawler.stats.get_stats().items() if key.startswith(prefix)
        }
        return dict(Counter(found).most_common())

    def tell(self, spider: ArticlesSpider, status: int, verdict: str) -> None:
        """The summary for a person; nothing but the verdict where all is not well and the log is terse."""
        assert self.crawler.stats
        asked = self.crawler.stats.get_value("downloader/request_count", 0)
        seconds = (datetime.now(UTC) - self.started).total_seconds()
        rows = {
            "articles": _list(self.counts("delivered")) or "nothing new",
            "by section": _list(self.counts("sections")),
            "rejected": _list(self.counts("rejected")),
            "failed": _list(self.counts("failed")),
            "requests": f"{asked} in {seconds:.0f} s" + (f" ({_list(self.counts('requests'))})" if asked else ""),
            "site": ", ".join([*(f"{k} {v}" for k, v in spider.facts.items() if v), *spider.sources.used]),
            "changes": f"told by {spider.sources.changes_by}" if spider.sources.used else "",
            "files": str(spider.store.folder),
        }
        lines = [f"  {name:<11}{value}" for name, value in rows.items() if value]
        level = logging.INFO if status == WHOLE or status > SIGNALLED else logging.ERROR
        logger.log(level, "%s: %s", spider.host, verdict)
        logger.info("Summary\n%s", "\n".join(lines))


def _list(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.items())
