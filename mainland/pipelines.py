"""Item pipelines: check, deduplicate and write articles."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import DropItem
from scrapy.utils.asyncio import create_looping_call

from mainland.decisions.changes import change_of, is_known
from mainland.items import Article
from mainland.spiders.base import Component, crawl_opened, line_due
from mainland.storage.errors import KnownItem, RejectedItem, UnwrittenItem, reason

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.utils.asyncio import AsyncioLoopingCall
    from twisted.internet.task import LoopingCall

    from mainland.storage.folder import DataFolder


logger = logging.getLogger(__name__)

_SECONDS = 0.5


class CheckPipeline(Component):
    """Rejects articles without an id, without an address, or without both headline and body. Other items pass."""

    def process_item(self, item: Any) -> Any:
        return check(item) if isinstance(item, Article) else item


class DeduplicatePipeline(Component):
    """Drops articles that are stored as they are; sets ``revision`` and ``change`` of the others."""

    def process_item(self, item: Any) -> Any:
        store = store_for(item, self.crawler)
        return item if store is None else deduplicate(item, store)


def store_for(item: Any, crawler: Crawler) -> DataFolder | None:
    """The data folder to which an item is written; None if it is not an article, or if no crawl is running."""
    spider: Any = crawler.spider
    return spider.store if isinstance(item, Article) and spider.is_crawling else None


def check(item: Article) -> Article:
    """Checks an article, and returns it as it is.

    :raises RejectedItem: it lacks its id, its address, or both headline and body; a removal needs no text.
    """
    lacking = [name for name in ("id", "url") if getattr(item, name) is None]
    if item.change != "removed" and not (item.headline or item.body):
        lacking.append("headline and body")
    if lacking:
        raise RejectedItem(f"no {', no '.join(lacking)}", log_level="INFO")
    return item


def deduplicate(item: Article, store: DataFolder) -> Article:
    """Sets ``id``, ``change`` and ``revision`` of an article by what is stored of it, and returns it.

    :raises KnownItem: it is stored as it is, or its id or address is that of an article that was forgotten.
    """
    stored, since = store.index.match(item), store.memory.get("read_in_since")
    if is_known(item, stored, store.ledger.entry(str(item.url)), since):
        raise KnownItem("stored already, or forgotten", log_level="DEBUG")
    if stored is None:
        return item
    change = change_of(item, stored, since)
    assert change
    item.id = stored.id
    item.change, item.revision = change, stored.revision + 1
    return item


class WritePipeline(Component):
    """Writes the dataset. Each line is on the disk within a second; if that is not possible, the crawl is stopped."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.commits: LoopingCall | AsyncioLoopingCall | None = None
        crawler.signals.connect(self.begin, crawl_opened)

    def begin(self) -> None:
        """Begins to commit twice a second, once the data folder is open."""
        self.commits = create_looping_call(self.commit)  # which needs a loop that runs
        self.commits.start(_SECONDS, now=False)

    def close_spider(self) -> None:
        """Ends the commits."""
        if self.commits and self.commits.running:
            self.commits.stop()

    def commit(self) -> None:
        """Puts all lines and records on the disk; an error stops the crawl."""
        spider: Any = self.crawler.spider
        try:
            spider.store.commit()
        except (OSError, sqlite3.Error) as error:
            self.give_up(error)

    def process_item(self, item: Any) -> Any:
        """Writes the line of an article, counts it in the stats, and returns the item; returns anything else as it is.

        :raises UnwrittenItem: the line cannot be written, which stops the crawl.
        :raises DropItem: another pipeline made the article incomplete, or it needs no line any more.
        """
        store = store_for(item, self.crawler)
        if store is None:
            return item
        spider: Any = self.crawler.spider
        try:
            check(item)
        except RejectedItem as error:
            raise DropItem(f"another pipeline broke it: {error}") from error
        try:
            self.crawler.signals.send_catch_log(line_due, item=item)
            while not store.deliver(item):
                item = deduplicate(item, store)  # another item of the article, or another worker, was faster
            spider.note_written(item)
        except (OSError, sqlite3.Error) as error:
            self.give_up(error)
            raise UnwrittenItem("not written", log_level="DEBUG") from error
        self.crawler.stats.inc_value(f"mainland/delivered/{item.change}")
        if item.change == "new":
            self.crawler.stats.inc_value(f"mainland/sections/{item.section or 'none'}")
        return item

    def give_up(self, error: Exception) -> None:
        """Stops the crawl, once, because a line cannot be written, and logs the error; the exit status becomes 73."""
        if self.crawler.stats.get_value("mainland/cannot_write") is None:
            self.crawler.stats.set_value("mainland/cannot_write", reason(error))
            spider: Any = self.crawler.spider
            logger.warning("Cannot write to %s: %s", spider.store.folder, reason(error))
            self.stopping = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="cannot_write"))
