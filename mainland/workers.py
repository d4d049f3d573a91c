"""What several workers share: the archive in PostgreSQL; in Redis the queue, its filter, and the turns at the site."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import redis
from scrapy import Request, signals
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.core.scheduler import BaseScheduler, Scheduler
from scrapy.settings import Settings
from scrapy_redis.connection import get_redis_from_settings
from scrapy_redis.dupefilter import RFPDupeFilter
from scrapy_redis.scheduler import Scheduler as RedisScheduler
from sqlalchemy import NullPool, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from twisted.internet.task import LoopingCall

from mainland import urls
from mainland.archive import SCHEMA, SHOWN, VERSION, Archive
from mainland.exit_status import SAW_EVERYTHING
from mainland.lines import printable
from mainland.middlewares import MOST_SECONDS, retry_after

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from sqlalchemy.engine import Connection, CursorResult

logger = logging.getLogger(__name__)

_TABLES = ("facts", "articles", "addresses", "sections", "validators", "workers")
_CREW, _LEADER = 1, 2
_SECONDS = 1.0
_NOTHING = "data:,"
_PATIENCE = 10.0  # seconds in which a run ends whose leader just left
_SESSION = (
    "SET synchronous_commit = off",  # what a server that fell forgot is indexed again from the files
    "SET tcp_keepalives_idle = 30",  # the locks of a machine that fell are free after a minute
    "SET tcp_keepalives_interval = 10",
    "SET tcp_keepalives_count = 3",
)


class _Statements:
    """Runs the archive's statements, each kept at once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> CursorResult[Any]:
        try:
            return self._connection.exec_driver_sql(sql.replace("?", "%s"), tuple(parameters))
        except SQLAlchemyError as error:
            raise _unreachable(error) from error

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        if rows := list(map(tuple, parameters)):
            try:
                self._connection.exec_driver_sql(sql.replace("?", "%s"), rows)
            except SQLAlchemyError as error:
                raise _unreachable(error) from error


class SharedArchive(Archive):
    """The index of one site in PostgreSQL, for one worker or several.

    Who opens it alone leads: it mends what is to be mended, asks the sources, and judges the run. Who comes later
    waits for that and follows. Locks of the database say who is there; they end with their holder.
    """

    def __init__(self, address: str, worker: str, *, joins: bool) -> None:
        """Opens the archive for a worker; one that ``joins`` may be one of several.

        :raises BlockingIOError: another process has this worker's name, or the archive and does not share it.
        :raises OSError: it cannot be reached, or is not ours.
        """
        self.worker = worker
        self.run = 0
        url = make_url(address).set(drivername="postgresql+psycopg")
        self.at = url.render_as_string(hide_password=True)
        try:
            self._engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
            self._connection = self._engine.connect()
        except SQLAlchemyError as error:
            raise _unreachable(error) from error
        self.db = _Statements(self._connection)
        try:
            for setting in _SESSION:
                self.db.execute(setting)
            if not self._try_lock(worker):
                raise BlockingIOError(f"another process is worker {worker!r} at {self.at}")
            self._enter(joins=joins)
        except BaseException:
            self._connection.close()
            raise

    def _enter(self, *, joins: bool) -> None:
        latest = time.monotonic() + _PATIENCE
        while not self._try_lock(_CREW):
            if joins and not self._is_free(_LEADER):
                self._lock("advisory_lock_shared", _CREW)
                if not self._is_free(_LEADER):
                    return self._follow()
                self._lock("advisory_unlock_shared", _CREW)
            if time.monotonic() > latest or not joins:
                raise BlockingIOError(f"other workers hold {self.at}")
            time.sleep(0.2)
        self._lock("advisory_lock", _LEADER)
        return self._lead()

    def _lead(self) -> None:
        is_ours = self.db.execute("SELECT to_regclass('facts')").fetchone()[0] is not None
        self.fresh = not (is_ours and self.fact("version") == VERSION)
        if self.fresh:
            with self.together():
                for table in _TABLES if is_ours and self.fact("version") else ():
                    self.db.execute(f"DROP TABLE {table}")
                for statement in _schema():
                    self.db.execute(statement)
                self.keep(version=VERSION)
        self.db.execute("DROP TABLE IF EXISTS shown")
        self.db.execute(f"CREATE {SHOWN}")

    def _follow(self) -> None:
        self.leads = self.alone = self.fresh = False
        if self.fact("version") != VERSION:
            raise OSError(f"{self.at} is in use by workers of another version")

    def commit(self, **facts: Any) -> None:
        """Keeps facts; what was recorded is kept already."""
        self.keep(**facts)

    def compact(self) -> None:
        """Does nothing: the server overwrites what was deleted by itself."""

    def close(self) -> None:
        """Lets the archive go, and all locks."""
        self._connection.close()
        self._engine.dispose()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Within it what is recorded is kept as a whole, or not at all."""
        self.db.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._connection.exec_driver_sql("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def claim(self, number: int, revision: int) -> bool:
        """Whether a revision of an article is to be had; nobody else can have it until the end of :meth:`together`."""
        self.db.execute(
            "SELECT pg_advisory_xact_lock(hashtext('article ' || current_schema()), ?)", (number % 0x7FFFFFFF,)
        )
        return super().claim(number, revision)

    # -- the run -------------------------------------------------------------------------------------------

    def begin_run(self) -> int:
        """The number of the run that begins, or that the leader began; from now on others may come in."""
        self.run = super().begin_run() if self.leads else int(self.fact("run") or 0)
        self._note("busy")
        if self.leads:
            self._lock("advisory_lock_shared", _CREW)
            self._lock("advisory_unlock", _CREW)
            self.alone = False
        return self.run

    def waits(self) -> bool:
        """Whether there may be more to do: for the leader while others are there, for them until it has nothing more.

        The leader has nothing more when nobody is busy: it says so, and waits until the others are gone.
        """
        self._note("idle")
        if not self.leads:
            return bool(self.fact("ended") != self.run) and not self._is_free(_LEADER)
        self.alone = self.alone or self._try_lock(_CREW)
        busy = self._others("state = 'busy'")
        if not any(not self._is_free(name) for name, _ in busy):
            self.keep(ended=self.run)
        return not self.alone

    def work(self) -> None:
        """Notes that the worker has something to do."""
        if self._state != "busy":
            self._note("busy")

    def leave(self, status: int) -> None:
        """Notes how the worker's part of the run ended."""
        self._note(str(status))

    def unfinished(self) -> list[str]:
        """What went wrong with the other workers of the run, in words."""
        if not self.leads:
            led = self.fact("ended") == self.run or not self._is_free(_LEADER)
            return [] if led else ["the worker that led was lost"]
        return [
            f"worker {name!r} {f'ended with {state}' if state.isdecimal() else 'was lost'}"
            for name, state in self._others(f"state NOT IN {tuple(map(str, SAW_EVERYTHING))}")
        ]

    _state: str | None = None

    def _note(self, state: str) -> None:
        if self._state != state:
            self.db.execute(
                "INSERT INTO workers (name, run, state) VALUES (?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET run = excluded.run, state = excluded.state",
                (self.worker, self.run, state),
            )
            self._state = state

    def _others(self, condition: str) -> list[tuple[str, str]]:
        found = self.db.execute(
            f"SELECT name, state FROM workers WHERE run = ? AND name <> ? AND {condition}", (self.run, self.worker)
        )
        return [(name, state) for name, state in found]

    def _lock(self, kind: str, of: int | str) -> bool:
        # Numbers are locks of the whole, names those of workers; each schema has its own.
        second = "?" if isinstance(of, int) else "hashtext(?)"
        return bool(self.db.execute(f"SELECT pg_{kind}(hashtext(current_schema()), {second})", (of,)).fetchone()[0])

    def _try_lock(self, of: int | str) -> bool:
        return self._lock("try_advisory_lock", of)

    def _is_free(self, of: int | str) -> bool:
        if not self._lock("try_advisory_lock_shared", of):
            return False
        self._lock("advisory_unlock_shared", of)
        return True


def _schema() -> list[str]:
    """The tables, as PostgreSQL has them."""
    tables = (
        SCHEMA.replace(" WITHOUT ROWID", "")
        .replace(" STRICT", "")
        .replace("INTEGER", "BIGINT")
        .replace("TEXT", 'TEXT COLLATE "C"')
    )
    tables = tables.replace("(changed_at)", "(changed_at NULLS FIRST)")
    workers = "CREATE TABLE workers (name TEXT PRIMARY KEY, run BIGINT NOT NULL, state TEXT NOT NULL)"
    return [*filter(str.strip, tables.split(";")), workers]


def _unreachable(error: SQLAlchemyError) -> OSError:
    cause = getattr(error, "orig", None) or error
    return ConnectionError(f"PostgreSQL: {printable(str(cause).strip().partition(chr(10))[0])}")


class SharedScheduler(BaseScheduler):
    """Scrapy's scheduler until the crawl joins the other workers, then the one of scrapy-redis.

    Every second it looks whether others have filled an empty queue; Scrapy alone would do so every five. It ends the
    crawl when Redis is gone.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.own = Scheduler.from_crawler(crawler)
        self.shared: RedisScheduler | None = None
        self.is_empty = False
        self.looking = LoopingCall(self.look)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def open(self, spider: Spider) -> Any:
        return self.own.open(spider)

    @property
    def current(self) -> Any:
        """The scheduler in use; an empty one of scrapy-redis is false."""
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

    def look(self) -> None:
        """Has the engine ask for the next request, by one that is refused."""
        if self.is_empty:
            assert self.crawler.engine
            self.crawler.engine.crawl(Request(_NOTHING))

    def enqueue_request(self, request: Request) -> bool:
        if request.url == _NOTHING:
            return False
        try:
            return bool(self.current.enqueue_request(request))
        except redis.RedisError as error:
            self.give_up(error)
            return False

    def next_request(self) -> Request | None:
        request: Request | None = None
        try:
            request = self.current.next_request()
        except redis.RedisError as error:
            self.give_up(error)
        self.is_empty = request is None
        return request

    def has_pending_requests(self) -> bool:
        try:
            return bool(self.current.has_pending_requests())
        except redis.RedisError as error:
            self.give_up(error)
            return False

    def close(self, reason: str) -> Any:
        if self.shared is not None:
            self.looking.stop()
            try:
                self.shared.close(reason)
            except redis.RedisError as error:
                self.give_up(error)
        return self.own.close(reason)

    def give_up(self, error: redis.RedisError) -> None:
        """Ends the crawl, once."""
        assert self.crawler.stats
        if self.crawler.stats.get_value("mainland/cannot_write") is None:
            self.crawler.stats.set_value("mainland/cannot_write", f"Redis: {error}")
            logger.error("Redis: %s", error)
            assert self.crawler.engine
            self.ending = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="cannot_write"))


# Now, or when the one before has had its time; the server's clock counts, not those of the machines.
_TURN = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local turn = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0))
redis.call('SET', KEYS[1], string.format('%.6f', turn + ARGV[1]), 'EX', 86400)
return string.format('%.6f', turn - now)
"""


class TurnsHandler(HTTP11DownloadHandler):
    """Scrapy's handler of HTTP, which waits for its turn among all workers right before it asks.

    A turn is the delay of the site's slot: ``DOWNLOAD_DELAY``, or a longer Crawl-delay.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.busy = set(map(int, crawler.settings.getlist("RETRY_HTTP_CODES")))
        self.turn = get_redis_from_settings(crawler.settings).register_script(_TURN)

    async def download_request(self, request: Request) -> Response:
        assert self.crawler.engine
        slot = self.crawler.engine.downloader.slots.get(request.meta.get("download_slot", ""))
        if slot and slot.delay:
            of = [f"mainland:{urls.host(request.url)}:turn"]
            await asyncio.sleep(float(self.turn(of, [slot.delay])))
            response = await super().download_request(request)
            if response.status in self.busy and (seconds := retry_after(response)):
                self.turn(of, [min(seconds, MOST_SECONDS)])  # nobody asks in that time
            return response
        return await super().download_request(request)


def prepare(crawler: Crawler) -> None:
    """Sets the scheduler and the download handler of a crawl that may share its work; connects to nothing."""
    handler = f"{__name__}.{TurnsHandler.__name__}"
    ours: dict[str, Any] = {
        "SCHEDULER": f"{__name__}.{SharedScheduler.__name__}",
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
    }
    crawler.settings.setdict(ours, priority="spider")


def share(crawler: Crawler, host: str, archive: Archive) -> None:
    """Makes a crawl, once it has begun, one of several that take requests for a host from one queue.

    The leader empties the queue and its filter at its start and its end.

    :raises OSError: Redis cannot be reached.
    """
    assert isinstance(archive, SharedArchive)
    assert crawler.engine
    scheduler = crawler.engine.scheduler
    assert isinstance(scheduler, SharedScheduler)
    scheduler.join(host, leads=archive.leads)
    crawler.signals.connect(archive.work, signals.request_reached_downloader)
