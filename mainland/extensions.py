"""What happens around a crawl: politeness, progress, and how it ended."""

from __future__ import annotations

import logging
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

import scrapy
from scrapy import signals
from scrapy.exceptions import NotConfigured

import mainland
from mainland import config, logs
from mainland.clean import dates, urls
from mainland.clean.text import counted
from mainland.decisions.conclude import Result, conclude
from mainland.exit_status import SAW_EVERYTHING, ExitStatus
from mainland.pages.article import EXTRACTOR
from mainland.spiders.base import crawl_opened, require_site_spider
from mainland.storage import warc
from mainland.storage.folder import REPORT
from mainland.storage.lines import cut, printable

if TYPE_CHECKING:
    from pathlib import Path

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.robotstxt import RobotParser

    from mainland.items import Article
    from mainland.spiders.articles import ArticlesSpider

logger = logging.getLogger(__name__)

_MOST_KINDS = 99  # of reasons, sections and the like, that are counted apart


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
        require_site_spider(crawler)
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
        if delay and slot:
            slot.delay = max(slot.delay, delay)
            slot.jitter = 0  # which would halve some of the delays


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
        crawler.signals.connect(self.display.start, crawl_opened)
        crawler.signals.connect(self.show, signals.response_received)
        crawler.signals.connect(self.display.stop, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        require_site_spider(crawler)
        return cls(crawler)

    def show(self) -> None:
        stats = self.crawler.stats
        assert stats
        asked, items = stats.get_value("response_received_count", 0), stats.get_value("item_scraped_count", 0)
        self.display.update(self.task, description=f"{asked} pages asked, {items} lines written")


class KeepPages:
    """Keeps what was fetched, as WARC in the data folder. Where that fails no more is kept, and the crawl goes on."""

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("MAINLAND_KEEP_PAGES"):
            raise NotConfigured
        self.crawler = crawler
        self.spider: ArticlesSpider
        self.pages: warc.Pages | None = None
        crawler.signals.connect(self.open, crawl_opened)
        crawler.signals.connect(self.keep, signals.response_downloaded)
        crawler.signals.connect(self.note_removal, signals.item_scraped)
        crawler.signals.connect(self.close, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        require_site_spider(crawler)
        return cls(crawler)

    def open(self, spider: ArticlesSpider) -> None:
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
            "time-zone": settings["MAINLAND_TIMEZONE"],
            "date-order": settings["MAINLAND_DATE_ORDER"],
            "extractor": EXTRACTOR,
        }
        store = spider.store
        self.pages = warc.Pages(store.folder, str(spider.host), datetime.now(UTC), about, store.sharing.worker)

    def keep(self, request: Request, response: Response) -> None:
        if self.pages:
            with self.giving_way():
                self.pages.keep(request, response, request.meta["fetched"])

    def note_removal(self, item: Article) -> None:
        if self.pages and item.change == "removed":
            with self.giving_way():
                self.pages.remove(item)

    def close(self) -> None:
        if self.pages:
            with self.giving_way():
                self.pages.close()

    @contextmanager
    def giving_way(self) -> Iterator[None]:
        """Ends the keeping, not the crawl, where it fails."""
        try:
            yield
        except OSError as error:
            self.pages = None
            self.spider.crawl.watch.troubles.append(f"pages are not kept: {error}")


class Summary:
    """Ends a crawl: judges it, publishes what changed, writes ``runs.jsonl``, tells a person.

    The exit status goes into the stats as ``mainland/exit_status``.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.started = datetime.now(UTC)
        crawler.signals.connect(self.end, signals.spider_closed)
        crawler.signals.connect(self.begin, crawl_opened)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        require_site_spider(crawler)
        return cls(crawler)

    def begin(self, spider: ArticlesSpider) -> None:
        for mended in spider.store.mended:
            logger.warning("%s: %s", spider.store.folder, mended)
        local = str(spider.host).partition(":")[0] in ("localhost", "127.0.0.1", "[")
        if not local and not self.crawler.settings["MAINLAND_CONTACT"]:
            logger.warning("MAINLAND_CONTACT is not set: give the site a mail address or a page to turn to")

    def end(self, spider: ArticlesSpider, reason: str) -> None:
        """Ends the crawl, once; what opened no data folder, as ``scrapy parse``, leaves nothing behind."""
        if not spider.is_crawling:
            return
        stats, store = self.crawler.stats, spider.store
        assert stats
        if stats.get_value("mainland/exit_status") is not None:
            return
        changed = False
        try:
            if reason == "finished":
                spider.note_unfinished()
            spider.crawl.recorder.note_held_back()
            store.join_tombstones(spider.crawl.recorder.buried)
            status, verdict = self.judge(spider, reason)
            if store.archive.leads and reason == "finished" and status in (*SAW_EVERYTHING, ExitStatus.NOT_WHOLE):
                self.settle(spider)
            changed = store.archive.alone and store.changed
            if changed:
                store.commit()
                store.publish()
            if store.damages:
                spider.crawl.watch.troubles += store.damages
                status, verdict = self.judge(spider, reason)
            stats.set_value("mainland/copies", store.archive.fact("copies") or 0)
            store.archive.leave(status)
            store.commit()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is no reason to hold the folder
            status, verdict = self.failure(spider, error)
        try:
            store.log_run(self.record(spider, status, verdict))  # last: it says nothing that is not on the disk
        except Exception as error:  # noqa: BLE001 - likewise
            status, verdict = self.failure(spider, error)
        store.release()
        stats.set_value("mainland/exit_status", int(status))
        if changed and self.crawler.settings.getbool("MAINLAND_REPORT"):
            self.report(store.folder)
        self.tell(spider, status, verdict)

    @staticmethod
    def failure(spider: ArticlesSpider, error: Exception) -> tuple[int, str]:
        """The exit status and its reason in words, of a crawl that an error kept from ending as it should."""
        if isinstance(error, (OSError, sqlite3.Error)):
            return ExitStatus.CANNOT_WRITE, f"cannot write to {spider.store.folder}: {error}"
        if isinstance(error, MemoryError):
            return ExitStatus.NOT_WHOLE, "out of memory; the next crawl goes on"
        logger.error("The crawl could not be ended as it should be", exc_info=error)
        return ExitStatus.NOT_WHOLE, f"{logs.fault(error)}; the next crawl goes on"

    def report(self, folder: Path) -> None:
        """Writes the report; one that fails is no reason for a crawl to."""
        try:
            from mainland.reporting import report  # noqa: PLC0415 - DuckDB and the charts are wanted here alone

            report.write(folder, folder / REPORT, config.site(self.crawler.settings).zone)
        except Exception as error:  # noqa: BLE001 - whatever it is
            logger.warning("No report was written: %s", error)

    def judge(self, spider: ArticlesSpider, reason: str) -> tuple[int, str]:
        """The exit status and its reason in words."""
        assert self.crawler.stats
        unwritten = self.crawler.stats.get_value("mainland/cannot_write")
        number = self.crawler.stats.get_value("mainland/signal")
        if spider.findings.wrong_use:
            return ExitStatus.WRONG_USE, spider.findings.wrong_use
        if unwritten:
            return ExitStatus.CANNOT_WRITE, f"cannot write: {unwritten}"
        if number is not None:
            return ExitStatus.SIGNALLED + number, f"stopped by {signal.Signals(number).name}; the next crawl goes on"
        is_idle = not (spider.store.archive.leads or spider.findings.failures or spider.findings.refused)
        if not (spider.crawl.sources.used or spider.findings.sound or is_idle):
            if spider.findings.refused:
                return ExitStatus.REFUSED, "the site refuses the crawl"
            reasons = [f": {reason}" for reason in dict.fromkeys(reason for _, reason in spider.findings.failures)]
            return ExitStatus.UNREACHABLE, f"the site cannot be reached{''.join(reasons[-1:])}"
        if reason != "finished":
            return ExitStatus.NOT_WHOLE, f"cut short: {reason}"
        self.note_listing(spider)
        list(
            spider.crawl.watch.controlled(spider.store.archive.run)
        )  # where the spider did not come to that: no page is asked now
        alarms = [*spider.findings.unconfirmed.values(), *spider.crawl.watch.alarms()]
        unfinished = spider.store.archive.unfinished()
        failed = []
        if spider.findings.failures:
            number = sum(self.counts("failed").values())
            failed.append(f"{counted(number, 'address', 'addresses')} failed; the next crawl asks again")
        if unfinished:
            failed.append(f"{'; '.join(unfinished)}; the next crawl asks again what they had taken")
        if alarms:
            return ExitStatus.ALARM, "; ".join([*alarms, *failed])
        return (ExitStatus.NOT_WHOLE, "; ".join(failed)) if failed else (ExitStatus.OK, "whole")

    def note_listing(self, spider: ArticlesSpider) -> None:
        """Notes for a person that a crawl found no article listed anywhere, though one before it did."""
        archive = spider.store.archive
        if not archive.leads or spider.arguments.sections:
            return
        listed = archive.fact("lists_articles")
        if spider.crawl.sources.told or spider.findings.shown:
            archive.keep(lists_articles=True)
        elif listed or (listed is None and archive.count()):
            spider.findings.unconfirmed["listing"] = (
                f"{spider.arguments.site} listed articles before, and lists none now: neither its feed, REST and"
                " sitemaps nor its sections; if that is right, accept it by scrapy status --accept"
            )

    def settle(self, spider: ArticlesSpider) -> None:
        """Notes what later crawls need not ask again. Articles that failed are due as they were."""
        archive = spider.store.archive
        if archive.unfinished():
            return
        archive.complete(spider.store.archive.run)
        if spider.arguments.sections:
            return
        crawl, findings = spider.crawl, spider.findings
        memory = archive.site_memory()
        result = Result(
            archive.run,
            dates.utc(datetime.now(UTC)),
            is_unsure=findings.is_unsure,
            was_unsure=findings.was_unsure,
            has_walked=crawl.walk.is_whole and crawl.walk.has_begun,
            missed=crawl.sources.missed(findings.gone),
            total=crawl.sources.total,
            listed=archive.count_listed() if "sitemap" in crawl.sources.used else None,
        )
        archive.keep(**asdict(conclude(memory, result)))

    def record(self, spider: ArticlesSpider, status: int, verdict: str) -> dict[str, Any]:
        """The line of ``runs.jsonl``."""
        assert self.crawler.stats
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
            "alarms": [*spider.findings.unconfirmed.values(), *spider.crawl.watch.alarms()],
            "unconfirmed": spider.findings.unconfirmed,
            "failures": [{"url": url, "reason": why} for url, why in spider.findings.failures],
            "requests": self.counts("requests"),
            "sources": spider.crawl.sources.used,
            "changes_by": spider.crawl.sources.changes_by,
            "theme": spider.findings.facts,
            "posts_on_site": spider.crawl.sources.total,
            "articles_held": spider.store.archive.count(),
            "copies": self.crawler.stats.get_value("mainland/copies"),
            "leads": spider.store.archive.leads,
            "mended": spider.store.mended,
            "reservations": spider.findings.reservations,
        } | spider.crawl.watch.record(dates.utc(self.started), is_told=status == ExitStatus.ALARM)

    def counts(self, noun: str) -> dict[str, int]:
        """The stats ``mainland/NOUN/…``, the largest first; from a hundred on as ``other``."""
        assert self.crawler.stats
        prefix, found = f"mainland/{noun}/", Counter[str]()
        for key, number in self.crawler.stats.get_stats().items():
            if key.startswith(prefix):
                found[cut(key.removeprefix(prefix))] += number
        most = dict(found.most_common(_MOST_KINDS))
        rest = found.total() - sum(most.values())
        return most | {"other": rest} if rest else most

    def tell(self, spider: ArticlesSpider, status: int, verdict: str) -> None:
        """The summary for a person; nothing but the verdict where all is not well and the log is terse."""
        assert self.crawler.stats
        asked = self.crawler.stats.get_value("downloader/request_count", 0)
        copies = self.crawler.stats.get_value("mainland/copies", 0)
        seconds = (datetime.now(UTC) - self.started).total_seconds()
        theme = [f"{name} {cut(value)}" for name, value in spider.findings.facts.items() if value]
        rows = {
            "articles": _list(self.counts("delivered")) or "nothing new",
            "copies": f"{copies} of the articles held" if copies else "",
            "by section": _list(self.counts("sections")),
            "rejected": _list(self.counts("rejected")),
            "failed": _list(self.counts("failed")),
            "requests": f"{asked} in {seconds:.0f} s" + (f" ({_list(self.counts('requests'))})" if asked else ""),
            "site": ", ".join([*theme, *spider.crawl.sources.used]),
            "changes": f"told by {spider.crawl.sources.changes_by}" if spider.crawl.sources.used else "",
            "files": str(spider.store.folder),
        }
        lines = [f"  {name:<11}{printable(value)}" for name, value in rows.items() if value]
        if spider.findings.forbidden:
            number = counted(spider.findings.forbidden, "address", "addresses")
            logger.warning("%s: robots.txt forbids %s of articles; they are not requested", spider.host, number)
        level = logging.INFO if status == ExitStatus.OK or status > ExitStatus.SIGNALLED else logging.ERROR
        logger.log(level, "%s: %s", spider.host, printable(verdict))
        logger.info("Summary\n%s", "\n".join(lines))


def _list(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.items())
