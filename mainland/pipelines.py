"""From items to lines: is it whole? is it new? then it is written."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from typing import TYPE_CHECKING, Self

from scrapy.exceptions import DropItem
from twisted.internet.task import LoopingCall

from mainland import urls
from mainland.store import RejectedItem, Store, UnwrittenItem

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from mainland.archive import Held
    from mainland.items import Article


logger = logging.getLogger(__name__)

_SECONDS = 0.5


class CheckPipeline:
    """Rejects what lacks an id, an address, or both headline and body."""

    def process_item(self, item: Article) -> Article:
        lacking = [name for name in ("id", "url") if getattr(item, name) is None]
        if item.change != "removed" and not (item.headline or item.body):
            lacking.append("headline and body")
        if lacking:
            raise RejectedItem(f"no {', no '.join(lacking)}", log_level="INFO")
        return item


class DeduplicatePipeline:
    """Drops what was delivered already; numbers the revisions of the rest and says what changed."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler.spider.store)  # type: ignore[union-attr]

    def process_item(self, item: Article) -> Article:
        held = self.held(item)
        if held is None:
            return item
        item.id = held.id
        change = change_of(item, held)
        if change is None:
            raise DropItem("delivered already", log_level="DEBUG")
        item.change, item.revision = change, held.revision + 1
        return item

    def held(self, item: Article) -> Held | None:
        """What was delivered of an article, by its id; or by its address, where a re-import gave it a new id."""
        archive = self.store.archive
        held = archive.article(item.id)
        if held is None:
            held = archive.article_at(str(item.url))
            if held and not held.is_dated_as(item):
                return None  # another article took the address over
        return held


def change_of(item: Article, held: Held) -> str | None:
    """Why an article that was delivered gets another line; None if it gets none."""
    if held.state == "forgotten":
        return None
    is_moved = urls.key(str(item.url)) != held.key
    if item.change == "removed":
        return "removed" if held.state == "public" and not is_moved else None
    if held.state == "removed":
        return "returned"
    if item.content_hash != held.content_hash:
        same_page = item.extractor != held.extractor and item.date_modified == held.date_modified
        return "reparsed" if same_page else "edited"
    return "moved" if is_moved else None


class WritePipeline:
    """Writes the feed. Each line is safely on the disk within a second; without that the crawl is stopped."""

    def __init__(self, crawler: Crawler) -> None:
        assert crawler.spider
        assert crawler.stats
        self.crawler, self.stats = crawler, crawler.stats
        self.store: Store = crawler.spider.store  # type: ignore[attr-defined]
        self.deduplicate = DeduplicatePipeline(self.store)
        self.commits = LoopingCall(self.commit)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def open_spider(self) -> None:
        self.commits.start(_SECONDS, now=False)

    def close_spider(self) -> None:
        if self.commits.running:
            self.commits.stop()

    def commit(self) -> None:
        try:
            self.store.commit()
        except (OSError, sqlite3.Error) as error:
            self.give_up(error)

    def process_item(self, item: Article) -> Article:
        try:
            while not self.store.deliver(item):
                item = self.deduplicate.process_item(item)  # another worker was faster
        except (OSError, sqlite3.Error) as error:
            self.give_up(error)
            raise UnwrittenItem("not written", log_level="DEBUG") from error
        self.stats.inc_value(f"mainland/delivered/{item.change}")
        if item.change == "new":
            self.stats.inc_value(f"mainland/sections/{item.section or 'none'}")
        return item

    def give_up(self, error: Exception) -> None:
        """Stops the crawl, once: what cannot be written need not be asked."""
        if self.stats.get_value("mainland/cannot_write") is None:
            self.stats.set_value("mainland/cannot_write", str(error))
            logger.error("Cannot write to %s: %s", self.store.folder, error)
            assert self.crawler.engine
            self.stopping = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="cannot_write"))
