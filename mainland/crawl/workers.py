"""What several workers share in Redis: the queue of requests, its filter, and the rate limit."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Self

import redis
from scrapy import Request, signals
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.core.scheduler import BaseScheduler, Scheduler
from scrapy.settings import Settings
from scrapy_redis.connection import get_redis_from_settings
from scrapy_redis.dupefilter import RFPDupeFilter
from scrapy_redis.scheduler import Scheduler as RedisScheduler
from twisted.internet.task import LoopingCall

from mainland.clean import urls
from mainland.middlewares import MOST_SECONDS, retry_after
from mainland.storage.postgresql import PostgreSQLDatabase

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from mainland.storage.database import Database

logger = logging.getLogger(__name__)

_SECONDS = 1.0
_NOTHING = "data:,"


class SharedScheduler(BaseScheduler):
    """Scrapy's scheduler until the crawl joins the other workers, then the one of scrapy-redis.

    Every second it checks whether other workers have filled an empty queue; Scrapy alone would check every five. It
    ends the crawl when Redis cannot be reached.
    """

    def __init__(self, crawler: Crawler) -> None:
        """Makes Scrapy's scheduler; connects to nothing before :meth:`join`."""
        self.crawler = crawler
        self.own = Scheduler.from_crawler(crawler)
        self.shared: RedisScheduler | None = None
        self.is_empty = False
        self.looking = LoopingCall(self.wake_engine)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def open(self, spider: Spider) -> Any:
        return self.own.open(spider)

    @property
    def current(self) -> Any:
        """The scheduler in use. Compare it with None: an empty one of scrapy-redis is false."""
        return self.own if self.shared is None else self.shared

    def join(self, host: str, *, leads: bool) -> None:
        """Takes the requests of a host from the queue in Redis from now on; the leader empties it first.

        :raises OSError: Redis cannot be reached.
        """
        ours = {
            "DUPEFILTER_CLASS": "scrapy_redis.dupefilter.RFPDupeFilter",
            "SCHEDULER_QUEUE_KEY": f"mainland:{host}:requests",
            "SCHEDULER_DUPEFILTER_KEY": f"mainland:{host}:asked",
            "SCHEDULER_FLUSH_ON_START": leads,
            "SCHEDULER_PERSIST": not leads,
        }
        settings = Settings(dict(self.crawler.settings), priority="project")
        settings.setdict(ours, priority="cmdline")
        try:
            shared = RedisScheduler.from_settings(settings)
            shared.df = RFPDupeFilter(shared.server, shared.dupefilter_key)
            shared.open(self.crawler.spider)
        except redis.RedisError as error:
            raise ConnectionError(f"Redis: {error}") from error
        self.shared = shared
        self.looking.start(_SECONDS, now=False)

    def wake_engine(self) -> None:
        """Makes the engine take the next request, which another worker may have added to the queue.

        It passes the engine a request that :meth:`enqueue_request` refuses: Scrapy has no other public way to wake it.
        """
        if self.is_empty:
            self.crawler.engine.crawl(Request(_NOTHING))

    def enqueue_request(self, request: Request) -> bool:
        """Adds a request to the queue; returns False if it was not added: a duplicate, or Redis cannot be reached."""
        if request.url == _NOTHING:
            return False
        try:
            return bool(self.current.enqueue_request(request))
        except redis.RedisError as error:
            self.give_up(error)
            return False

    def next_request(self) -> Request | None:
        """The next request of the queue; None if it is empty, or Redis cannot be reached."""
        request: Request | None = None
        try:
            request = self.current.next_request()
        except redis.RedisError as error:
            self.give_up(error)
        self.is_empty = request is None
        return request

    def has_pending_requests(self) -> bool:
        """Whether the queue has requests; False if Redis cannot be reached."""
        try:
            return bool(self.current.has_pending_requests())
        except redis.RedisError as error:
            self.give_up(error)
            return False

    def close(self, reason: str) -> Any:
        """Closes both schedulers; ``reason`` is why the spider was closed."""
        if self.shared is not None:
            self.looking.stop()
            try:
                self.shared.close(reason)
            except redis.RedisError as error:
                self.give_up(error)
        return self.own.close(reason)

    def give_up(self, error: redis.RedisError) -> None:
        """Logs that Redis cannot be reached, and ends the crawl with exit status 73; later calls do nothing."""
        if self.crawler.stats.get_value("mainland/cannot_write") is None:
            self.crawler.stats.set_value("mainland/cannot_write", f"Redis: {error}")
            logger.error("Redis: %s", error)
            self.ending = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="cannot_write"))


_LONGEST_TURN = 3600.0  # seconds; one further away comes from a clock that was wrong, or from another program
# Now, or when the one before has had its time; the server's clock counts, not those of the machines.
_TURN = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local turn = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0) or 0)
if turn - now > tonumber(ARGV[2]) then turn = now end
redis.call('SET', KEYS[1], string.format('%.6f', turn + ARGV[1]), 'EX', 86400)
return string.format('%.6f', turn - now)
"""


class TurnsHandler(HTTP11DownloadHandler):
    """Scrapy's handler of HTTP, which waits for its turn among all workers right before the request.

    A turn is the delay of the site's slot: ``DOWNLOAD_DELAY``, or a longer Crawl-delay.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.busy = set(map(int, crawler.settings.getlist("RETRY_HTTP_CODES")))
        self.turn = get_redis_from_settings(crawler.settings).register_script(_TURN)

    async def download_request(self, request: Request) -> Response:
        """The response of a request, after its turn; a ``Retry-After`` in it delays the turns of all workers."""
        slot = self.crawler.engine.downloader.slots.get(request.meta.get("download_slot", ""))
        if slot and slot.delay:
            of = [f"mainland:{urls.host(request.url)}:turn"]
            turn = float(self.turn(of, [slot.delay, _LONGEST_TURN]))
            if turn > MOST_SECONDS:
                logger.warning("%s waits %.0f s for its turn among the workers", request.url, turn)
            await asyncio.sleep(turn)
            response = await super().download_request(request)
            if response.status in self.busy and (seconds := retry_after(response)):
                self.turn(of, [min(seconds, MOST_SECONDS), _LONGEST_TURN])  # no worker requests in that time
            return response
        return await super().download_request(request)


def set_components(crawler: Crawler) -> None:
    """Sets the scheduler, and the download handler of ``http`` and ``https``, to those of this module.

    They replace what the settings name, but for ``-s`` on the command line. Connects to nothing: :func:`share` does.
    """
    handler = f"{__name__}.{TurnsHandler.__name__}"
    ours: dict[str, Any] = {
        "SCHEDULER": f"{__name__}.{SharedScheduler.__name__}",
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
    }
    crawler.settings.setdict(ours, priority="spider")


def share(crawler: Crawler, host: str, database: Database) -> None:
    """Connects a crawl that has begun to the queue in Redis, from which several workers take the requests for a host.

    The leader empties the queue and its filter at its start and its end.

    :raises OSError: Redis cannot be reached.
    """
    assert isinstance(database, PostgreSQLDatabase)
    scheduler = crawler.engine.scheduler
    assert isinstance(scheduler, SharedScheduler)
    scheduler.join(host, leads=database.leads)
    crawler.signals.connect(database.work, signals.request_reached_downloader)
