"""Crawls of a model newspaper with injected faults, in one process: ``make simulate CRAWLS=10000 SEED=1``.

A history is a site with its data folder. It has stretches of faulty crawls, some of them killed, between which editors
work. After each stretch the site is sound for two crawls, the first one full: then the dataset must equal the
newspaper. The spider, its callbacks, the decisions, the pipelines and the data folder are the real ones; the engine,
the clock and fsync are replaced.
"""

from __future__ import annotations

import argparse
import heapq
import json
import logging
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, TypeVar
from unittest.mock import patch

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.http import HtmlResponse, Request, Response
from scrapy.settings import Settings
from scrapy.signalmanager import SignalManager
from scrapy.spidermiddlewares.httperror import HttpError
from scrapy.statscollectors import MemoryStatsCollector
from twisted.python.failure import Failure

from mainland import extensions, pipelines
from mainland.clean import dates
from mainland.crawl import absences, frontier, observe, planning, recorder, resolver, time_zone, verdict
from mainland.crawl.sources import reports, sitemaps
from mainland.decisions.judge import ABSENCES, judge, judge_absence
from mainland.decisions.rules import RULES
from mainland.decisions.types import Decision
from mainland.exit_status import ExitStatus
from mainland.extensions import Summary
from mainland.middlewares import CUT, ForbiddenError, ForgottenError, OffTheSiteError
from mainland.pages import parsing
from mainland.spiders.articles import ArticlesSpider
from mainland.storage import folder, forgetting, ledger, lock
from mainland.storage.files import ARTICLES, CHANGES, RUNS
from mainland.storage.folder import DataFolder
from tests.decisions.cells import SITE, Engine, canonical, page
from tests.decisions.newspaper import OPERATIONS, PROFILES, Listed, Newspaper, Profile, Served, Story, not_found

T = TypeVar("T")

START = datetime(2024, 3, 1, 6, 0, tzinfo=UTC)
_LARGE = 20_000  # bytes of a page that is too costly to read
_CLOCKED = (
    ledger,
    extensions,
    reports,
    sitemaps,
    folder,
    forgetting,
    lock,
    observe,
    frontier,
    planning,
    recorder,
    time_zone,
    verdict,
)


class Clock(datetime):
    """The clock of all that is simulated."""

    moment = START

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        assert tz is UTC
        return Clock.moment


@contextmanager
def simulated() -> Iterator[None]:
    """Within it the project reads the simulated clock, and a sync costs nothing."""
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    patches: list[Any] = [patch.object(module, "datetime", Clock) for module in _CLOCKED]
    patches.append(patch.object(os, "fsync"))
    patches.append(patch.object(parsing, "MOST_BYTES", _LARGE))
    try:
        for each in patches:
            each.start()
        yield
    finally:
        for each in patches:
            each.stop()
        logging.disable(disabled)


# -- faults ----------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """The process is killed."""


PAGE_FAULTS = (
    *("404", "410", "soft 404", "301 home", "302 home", "301 static page", "302 static page", "301 off the site"),
    *("302 off the site", "403", "500", "timeout", "truncated", "notice", "home in its place", "other article"),
    *("older copy", "robots.txt forbids", "301 other article", "302 other article", "static page in its place"),
    *("wrong id", "too costly"),
)
_FOLLOW_UP_FAULTS = ("500", "timeout", "403", "notice", "truncated")  # a 404 is an answer
_LASTING = ("500", "timeout", "notice", "truncated", "404", "302 home", "static page in its place")
SOURCE_FAULTS = ("lags", "is empty", "is blank", "breaks off", "404", "403", "500", "timeout", "notice")
SOURCES = ("feed", "rest", "sitemap", "section", "home")
ENDS = ("finished", "killed", "power cut", "killed while reading", "signal")


def source_of(url: str) -> str | None:
    """The source that an address belongs to; None for that of an article."""
    path = url.removeprefix(SITE)
    if path.endswith(".xml"):
        return "sitemap"
    kinds = {"feed/": "feed", "wp-json/": "rest", "category/": "section", "page/": "section"}
    return "home" if not path else next((kind for start, kind in kinds.items() if path.startswith(start)), None)


@dataclass(frozen=True)
class Faults:
    """The faults of one crawl, each drawn from its seed alone."""

    seed: str = ""
    pages: float = 0.0
    """The share of the addresses of articles that are faulty."""

    kinds: tuple[str, ...] = PAGE_FAULTS
    sources: tuple[tuple[str, str], ...] = ()
    """The fault of each faulty source."""

    lasting: tuple[tuple[str, str], ...] = ()
    """The faults of some addresses that last for a stretch."""

    def fault(self, url: str) -> str | None:
        """The fault of an address in this crawl."""
        if url.startswith(f"{SITE}.well-known"):
            return None
        if lasting := dict(self.lasting).get(url.removeprefix(SITE)):
            return lasting
        if source := source_of(url):
            return dict(self.sources).get(source)
        random = Random(f"{self.seed} {url}")
        return random.choice(self.kinds) if random.random() < self.pages else None


SOUND = Faults()


# -- a crawl ---------------------------------------------------------------------------------------------------


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
    coroutine.close()
    raise AssertionError("it waits")


async def collected(found: AsyncIterator[Any]) -> list[Any]:
    return [each async for each in found]


@dataclass
class Result:
    """What came of a crawl."""

    end: str
    status: int | None = None
    rules: dict[str, int] = field(default_factory=dict)
    failures: list[tuple[str, str]] = field(default_factory=list)
    requested: Counter[str] = field(default_factory=Counter)
    """How often each path was requested."""

    lines: list[str] = field(default_factory=list)
    """The lines that were written, as ``edited 7``."""


@dataclass
class Crawl:
    """One crawl of the newspaper into a data folder."""

    newspaper: Newspaper
    folder: Path
    faults: Faults
    lagging: list[Listed]
    """What sources list that lag behind."""

    is_full: bool = False
    end: str = "finished"
    kill_after: int = 1 << 30
    """Steps after which the process is killed, or gets a signal."""

    sections: str = ""
    """The sections that are crawled alone, with commas."""

    counts: Counter[str] = field(default_factory=Counter)
    log: list[str] = field(default_factory=list)
    ended: str = ""
    is_follow_up: bool = False
    requested: Counter[str] = field(default_factory=Counter)
    """How often each path was requested."""

    faulty: set[str] = field(default_factory=set)
    """Those of them that had a fault."""

    stale: set[str] = field(default_factory=set)
    """The names of the stories of which an older copy was served."""

    seen_listed: set[str] = field(default_factory=set)
    """The paths that some source reported in this crawl."""

    def run(self) -> Result:
        """Crawls."""
        self.commits = Random(f"commits {self.faults.seed}")
        self.left, self.is_signalled = self.kill_after, False
        self.crawler = _crawler(str(self.folder))
        self.crawler.stats = self.stats = MemoryStatsCollector(self.crawler)
        self.crawler.engine = Engine(self)  # type: ignore[assignment]
        given = {"full": "1" if self.is_full else "", "sections": self.sections}
        arguments = {name: value for name, value in given.items() if value}
        self.crawler.spider = self.spider = ArticlesSpider.from_crawler(self.crawler, **arguments)
        self.summary = Summary(self.crawler)
        self.writing = pipelines.WritePipeline.__new__(pipelines.WritePipeline)
        self.writing.crawler = self.crawler
        self.rules: Counter[str] = Counter()
        try:
            with patch.object(resolver, "judge", self._judge), patch.object(absences, "judge_absence", self._absent):
                self._crawl()
        except Killed:
            self._die()
            self.ended = self.end
            self.counts[f"end: {self.end}"] += 1
            return self.result(self.end, None)
        status = self.stats.get_value("mainland/exit_status")
        end = self.ended = "signal" if self.is_signalled else "finished"
        self.counts[f"end: {end}"] += 1
        self.counts[f"status: {status}"] += 1
        return self.result(end, status)

    def result(self, end: str, status: int | None) -> Result:
        return Result(end, status, dict(self.rules), self.spider.result.failures, self.requested)

    def _judge(self, *args: Any) -> Decision:
        """The decision, counted with its follow-ups."""
        decision = judge(*args)
        self.rules[decision.rule] += 1
        self.counts[f"rule: {decision.rule}"] += 1
        return decision

    def _absent(self, *args: Any, **options: Any) -> Decision:
        """What REST's answer means, counted."""
        decision = judge_absence(*args, **options)
        self.counts[f"rule: {decision.rule}"] += 1
        return decision

    def _crawl(self) -> None:
        spider = self.spider
        spider.open()
        spider.result.robots_sitemaps = [SITE + path for path in self.newspaper.robots_sitemaps]
        self.store = spider.store
        for name in ("commit", "publish", "log_run"):
            setattr(self.store, name, self._stepping(getattr(self.store, name)))
        numbers = count()
        queue: list[tuple[int, int, Request]] = []
        more = run(spider.plan())
        spider.planned.set()
        while not self.is_signalled and (more := more or spider.more_requests()):
            for request in more:
                heapq.heappush(queue, (-request.priority, next(numbers), request))
            more = []
            while queue and not self.is_signalled:
                for request in self.handle(heapq.heappop(queue)[2]):
                    heapq.heappush(queue, (-request.priority, next(numbers), request))
                if self.commits.random() < 0.2:
                    self.store.commit()
        if self.is_signalled:
            self.stats.set_value("mainland/signal", 15)
        elif spider.crawl.has_removals:
            run(spider.decide_removals())
        self.summary.end(spider, "shutdown" if self.is_signalled else "finished")

    def _stepping(self, call: Callable[..., T]) -> Callable[..., T]:
        def stepping(*args: Any, **kwargs: Any) -> T:
            self.step()
            found = call(*args, **kwargs)
            self.step()
            return found

        return stepping

    def step(self, reading: str = "") -> None:
        """A moment at which the process can be killed."""
        self.left -= 1
        if self.left == 0 and self.end == "signal":
            self.is_signalled = True
        elif self.left == 0:
            self.reading = reading
            raise Killed

    def _die(self) -> None:
        """Leaves the folder as a killed process does."""
        store = getattr(self, "store", None)
        if store is None:
            return
        store.database.close()
        for file in (store.files.changes, store.files.rejected):
            if self.end == "power cut" and file.size > file._safe:
                os.ftruncate(file._file, self.commits.randint(file._safe, file.size))
            file.close()
        if self.end == "killed while reading" and self.reading:
            store._holder.begin_reading(self.reading)
        os.close(store._holder._file)
        store._lock.release()

    # -- requests ----------------------------------------------------------------------------------------------

    def handle(self, request: Request) -> list[Request]:
        """Downloads, and calls the callback or the errback; the requests that follow."""
        self.step(request.url if request.callback == self.spider.parse_article else "")
        try:
            response = self.download(request)
            if not 200 <= response.status < 300 and response.status not in request.meta.get(
                "handle_httpstatus_list", ()
            ):
                raise HttpError(response, "x")
        except (HttpError, TimeoutError, ForbiddenError, ForgottenError, OffTheSiteError) as error:
            failure = Failure(error)  # type: ignore[no-untyped-call]
            failure.request = getattr(error, "redirected", request)  # type: ignore[attr-defined]
            assert request.errback
            request.errback(failure)
            return []
        assert request.callback
        found = request.callback(response, **request.cb_kwargs)
        requests = []
        for each in run(collected(found)) if found is not None else ():
            if isinstance(each, Request):
                requests.append(each)
            else:
                self.deliver(each)
        return requests

    def follow_up(self, request: Request) -> Response:
        self.is_follow_up = source_of(request.url) is None
        try:
            return self.download(request)
        finally:
            self.is_follow_up = False

    def download(self, request: Request) -> Response:
        """The answer to a request, after redirects."""
        Clock.moment += timedelta(seconds=1)
        url, redirects = request.url, []
        while True:
            if self.spider.is_forgotten(url):
                raise _redirected(ForgottenError(), request)
            served, flags = self.serve(url, request)
            if not served.location:
                break
            if request.meta.get("dont_redirect"):
                headers = {"Location": served.location if "//" in served.location else SITE + served.location}
                return HtmlResponse(url, served.status, headers=headers, request=request)
            redirects.append((url, served.status))
            url = served.location if "//" in served.location else SITE + served.location
            meta = {"redirect_urls": [u for u, _ in redirects], "redirect_reasons": [s for _, s in redirects]}
            request = request.replace(url=url, meta=request.meta | meta)
            if not url.startswith(SITE):
                raise _redirected(OffTheSiteError(), request)
            if len(redirects) > 5:
                raise _redirected(TimeoutError(), request)
        request.meta["mainland_fetched_at"] = dates.utc(Clock.moment)
        return HtmlResponse(
            url,
            served.status,
            headers={"Content-Type": "text/html; charset=utf-8", **dict(served.headers)},
            body=served.body,
            flags=list(flags),
            request=request,
        )

    def serve(self, url: str, request: Request) -> tuple[Served, tuple[str, ...]]:
        """What an address answers in this crawl, and the flags of the answer."""
        fault, kind = self.faults.fault(url), source_of(url)
        if self.is_follow_up and fault not in _FOLLOW_UP_FAULTS:
            fault = None
        self.requested[url.removeprefix(SITE)] += 1
        listing = self.lagging if fault == "lags" and kind else self.newspaper.listing()
        sound = self.newspaper.answer(url, [] if fault == "is empty" and kind else listing)
        if kind and fault in (None, "lags") and sound.status == 200:
            self.note_listed(kind, url, listing)
        if fault in ("301 other article", "302 other article"):
            other = self.another(url)
            fault = f"{fault[:3]} {other.path}" if other else None
        if fault is None:
            return sound, ()
        self.counts[f"{kind or 'page'}: {self.faults.fault(url)}"] += 1
        self.faulty.add(url.removeprefix(SITE))
        self.log.append(f"{url.removeprefix(SITE) or 'home'} {fault}")
        if fault in ("lags", "is empty"):
            return sound, ()
        cut_body = sound.body[: len(sound.body) // 2]
        with_cut = (Served(sound.status, cut_body, sound.location), (CUT,) if sound.status == 200 else ())
        story = next((each for each in self.newspaper.public() if url.removeprefix(SITE) in each.paths), None)
        if fault == "older copy" and story and _has_copy(story):
            self.stale.add(story.name)
        makers: dict[str, Callable[[], tuple[Served, tuple[str, ...]]]] = {
            "is blank": lambda: (Served(200, b""), (CUT,)),
            "breaks off": lambda: with_cut,
            "truncated": lambda: with_cut,
            "404": lambda: (not_found(), ()),
            "410": lambda: (not_found()._replace(status=410), ()),
            "soft 404": lambda: (not_found()._replace(status=200), ()),
            "notice": lambda: (Served(200, b"<html><body>Soon back</body></html>"), ()),
            "home in its place": lambda: (Served(200, page("home")), ()),
            "403": lambda: (Served(403, b"x"), ()),
            "500": lambda: (Served(500, b"x"), ()),
            "static page in its place": lambda: (Served(200, page("page page-id-3", head=canonical(url))), ()),
            "too costly": lambda: (Served(200, sound.body + b" " * _LARGE) if sound.status == 200 else sound, ()),
            "other article": lambda: (self.with_another(url, sound), ()),
            "wrong id": lambda: (self.with_wrong_id(story, url, sound), ()),
            "older copy": lambda: (Served(200, story.before.page(story.path)) if _has_copy(story) else sound, ()),  # type: ignore[union-attr]
        }
        if fault in makers:
            return makers[fault]()
        if fault == "timeout":
            raise _redirected(TimeoutError(), request)
        if fault == "robots.txt forbids":
            raise _redirected(ForbiddenError(), request)
        status, _, where = fault.partition(" ")
        targets = {"home": SITE, "static page": f"{SITE}login/", "off the site": "https://b.example/x/"}
        return Served(int(status), location=targets.get(where, where)), ()

    def another(self, url: str) -> Story | None:
        """Another story than the one at an address."""
        found = [
            each
            for each in self.newspaper.stories
            if each.state in ("public", "forgotten")
            and url.removeprefix(SITE) not in each.paths
            and len(each.numbers) == 1
        ]
        return Random(url).choice(found) if found else None

    def with_another(self, url: str, sound: Served) -> Served:
        """The page of another article, as a cache can mix them up."""
        other = self.another(url)
        return Served(200, other.page(other.path)) if other else sound

    def with_wrong_id(self, story: Story | None, url: str, sound: Served) -> Served:
        other = self.another(url)
        if story is None or other is None or not other.is_settled or other.state == "forgotten":
            return sound  # where the other one has moved, the follow-up takes that for its end as yet
        if "other article" in (self.faults.fault(SITE + other.path) or ""):
            return sound  # a page with its id to which its own address leads is its new address
        return Served(200, replace(story, number=other.number).page(url.removeprefix(SITE)))

    def note_listed(self, kind: str, url: str, listing: list[Listed]) -> None:
        if kind == "feed":
            listing = listing[:10]
        elif kind in ("home", "section") or (kind == "sitemap" and "posts" not in url):
            return
        self.seen_listed.update(each.path for each in listing)

    def deliver(self, item: Any) -> None:
        """Sends an item through the pipelines."""
        self.step()
        try:
            item = pipelines.check(item)
            item = pipelines.deduplicate(item, self.store)
            self.writing.process_item(item)
        except DropItem as error:
            self.spider.crawl.recorder.record_dropped(item, error)
        else:
            self.log.append(f"-> {item.change} {item.id} {str(item.url).removeprefix(SITE)}")
        self.step()


def _redirected(error: Exception, request: Request) -> Exception:
    error.redirected = request  # type: ignore[attr-defined]
    return error


def _has_copy(story: Story | None) -> bool:
    """Whether a cache can have the page of a story as it was; of what was removed it would come back."""
    is_there = story is not None and story.state == "public" and story.before is not None
    return is_there and story.before.path == story.path  # type: ignore[union-attr]


_BASE: list[Crawler] = []


def _crawler(folder: str) -> Crawler:
    """A crawler for a data folder; its settings are copied once, which takes as long as a crawl."""
    if not _BASE:
        _BASE.append(Crawler(ArticlesSpider, Settings({"MAINLAND_SITE": SITE, "MAINLAND_CONTACT": "x@a.example"})))
    crawler = copy(_BASE[0])
    crawler.settings.set("MAINLAND_DATA_DIR", folder, priority="cmdline")
    crawler.signals = SignalManager(crawler)
    return crawler


# -- a site ---------------------------------------------------------------------------------------------------


class WrongError(Exception):
    """The dataset is not what the newspaper has. Its first argument names the kind of fault, its second tells it."""

    @property
    def kind(self) -> str:
        return str(self.args[0])


@dataclass
class Site:
    """A newspaper, the data folder of its crawls, and what holds the dataset to the newspaper."""

    newspaper: Newspaper
    folder: Path
    counts: Counter[str] = field(default_factory=Counter)
    log: list[str] = field(default_factory=list)
    crawls: int = 0

    def __post_init__(self) -> None:
        self.lagging = self.newspaper.listing()
        self.stale: Counter[str] = Counter()
        self.tombs: dict[str, set[str]] = {}
        self.lines: list[dict[str, Any]] = []

    @property
    def profile(self) -> Profile:
        return self.newspaper.profile

    def crawl_in(
        self,
        faults: Faults,
        *,
        is_full: bool = False,
        end: str = "finished",
        kill_after: int = 1 << 30,
        pause: timedelta | None = None,
        sections: str = "",
    ) -> Result:
        minutes = Random(f"{faults.seed}{self.crawls}").choice((31, 70, 600, 1500, 3000))
        Clock.moment += pause or timedelta(minutes=minutes)
        listed = self.newspaper.listing()
        self.crawls += 1
        place = self.newspaper, self.folder, faults, self.lagging
        crawl = Crawl(*place, is_full, end, kill_after, sections, self.counts)
        name = "sound crawl" if faults is SOUND else f"crawl ({faults.seed})"
        try:
            result = crawl.run()
        finally:
            self.log.append(
                f"{self.crawls}. {name} {Clock.moment:%m-%dT%H:%M}{' full' if is_full else ''} {crawl.ended}"
                f" {dict(faults.sources) or ''} {'; '.join(crawl.log)}"
            )
        self.log[-1] += f" | status {result.status} {result.rules} {result.failures[:3]}"
        self.lagging = listed
        self.stale.update(crawl.stale)
        result.lines = [f"{line['change']} {line['id']}" for line in self.look(crawl)]
        self.look_at_tombs(crawl)
        return result

    # -- the oracle ---------------------------------------------------------------------------------------------

    def look(self, crawl: Crawl) -> list[dict[str, Any]]:
        """Looks at the lines that a crawl wrote, and gives them."""
        path = self.folder / CHANGES
        lines = (
            [json.loads(line) for line in path.read_bytes().splitlines() if line.endswith(b"}")]
            if path.exists()
            else []
        )
        known = {(line["id"], line["revision"]): line for line in lines}
        if len(known) != len(lines):
            raise WrongError(
                "revision twice", str(Counter((line["id"], line["revision"]) for line in lines).most_common(1))
            )
        before = {(line["id"], line["revision"]) for line in self.lines}
        found = [line for line in lines if (line["id"], line["revision"]) not in before]
        for line in found:
            previous = known.get((line["id"], line["revision"] - 1))
            if line["change"] == "edited" and previous and previous["content_hash"] == line["content_hash"]:
                raise WrongError("false edit", f"{line['url']} has the text of the line before")
            if line["change"] == "removed":
                self.look_at_removal(line, crawl)
            elif previous and previous["change"] != "removed":
                self.look_at_copy(line, previous)
        self.lines = lines
        return found

    def look_at_removal(self, line: dict[str, Any], crawl: Crawl) -> None:
        """An article that exists is not removed by a single crawl, nor while a source lists it."""
        story = self.story_of(line)
        if story is None or story.state != "public":
            return
        path = str(line["url"]).removeprefix(SITE)
        if path not in story.paths:
            return
        if any(f"?p={number}" in crawl.faulty for number in story.numbers):
            return  # which answered 404: a second look
        if path in crawl.seen_listed and story.is_listed:
            raise WrongError("removed by one crawl", f"{line['url']} is there, and was listed in this crawl")

    def look_at_copy(self, line: dict[str, Any], previous: dict[str, Any]) -> None:
        """An older copy is not delivered at the first look."""
        story = self.story_of(line)
        versions = [int(each["body"].split()[1]) for each in (previous, line)]
        if story and versions[1] < versions[0] and self.stale[story.name] < 2:
            raise WrongError("older copy", f"{line['url']} has version {versions[1]} after {versions[0]}")

    def look_at_tombs(self, crawl: Crawl) -> None:
        """What was forgotten is not requested; a new address of it once."""
        for story in self.newspaper.stories:
            paths = self.tombs.get(story.name)
            if paths is None:
                continue
            if found := paths & crawl.requested.keys():
                raise WrongError("forgotten, requested", f"{found} of {story.name}")
            if found := {f"?p={number}" for number in story.numbers} & crawl.requested.keys():
                raise WrongError("forgotten, requested", f"{found} of {story.name}")
            if crawl.ended == "finished" and story.path in crawl.requested and story.path not in crawl.faulty:
                paths.add(story.path)
        found_again = [known for line in self.lines if (known := self.story_of(line)) and known.name in self.tombs]
        if found_again:
            raise WrongError("forgotten, delivered", str(self.tombs))

    def dataset(self) -> list[dict[str, Any]]:
        """What ``articles.jsonl`` has."""
        path = self.folder / ARTICLES
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    def story_of(self, line: dict[str, Any]) -> Story | None:
        return next((story for story in self.newspaper.stories if line["id"] in story.numbers), None)

    def verdict(self) -> str:
        runs = (self.folder / RUNS).read_text("utf-8").splitlines()
        return str(json.loads(runs[-1])["verdict"])

    def check(self) -> None:
        """Holds the dataset to the newspaper."""
        found = self.dataset()
        names = Counter(story.name for line in found if (story := self.story_of(line)))
        if twice := [name for name, number in names.items() if number > 1]:
            raise WrongError("twice", f"{twice} are there twice")
        for line in found:
            story = self.story_of(line)
            if self.is_haunted(line):
                continue  # what is listed stays
            if story and story.state == "protected" and not self.profile.tells_changes:
                continue  # what no date tells is found by age
            if story is None or story.state != "public":
                state = story.state if story else "unknown"
                raise WrongError("not removed", f"{line['id']} {line['url']} is {state}")
            if story.is_listed:
                self.compare(line, story)
        for each in self.newspaper.public():
            if self.is_read(each, found):
                each.known = each.path, each.published
            if each.is_listed and each.name not in names:
                raise WrongError("lost", f"{each.name} at {each.paths} with {sorted(each.numbers)}")

    @staticmethod
    def is_read(story: Story, found: list[dict[str, Any]]) -> bool:
        """Whether a line has the date of a story; where nothing tells changes, a cache can have hidden it."""
        dated = {line["date_published"] for line in found if line["id"] in story.numbers}
        return dated == {dates.utc(story.published)}

    def is_haunted(self, line: dict[str, Any]) -> bool:
        """Whether the address of a line is listed, and nothing is there any more."""
        ghosts = [story for story in self.newspaper.stories if story.is_ghost]
        return any(str(line["url"]) == SITE + path for story in ghosts for path in story.paths)

    def compare(self, line: dict[str, Any], story: Story) -> None:
        """Holds a line to its story; where nothing tells changes, they are found by age."""
        path = str(line["url"]).removeprefix(SITE)
        if path not in story.paths:
            raise WrongError("wrong address", f"{line['id']} has {path}, and is at {story.paths}")
        if not self.profile.tells_changes:
            return
        if (line["headline"], line["body"]) != (story.headline, story.text):
            raise WrongError("wrong text", f"{line['id']} {path} has {line['body'][:14]!r}, not {story.text[:14]!r}")
        if line["date_published"] != dates.utc(story.published):
            raise WrongError("wrong date", f"{line['id']} {path} has {line['date_published']}, not {story.published}")


# -- a history -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """What happens next; all chance in it comes from its seed."""

    kind: str
    """The name of an operation; ``crawl``; ``sound`` for the crawls after a stretch, and the check; or ``check``."""

    seed: str

    def __str__(self) -> str:
        return f"{self.kind} ({self.seed})"


@dataclass(frozen=True)
class Options:
    """What is left out of a simulation, to find out what a failure needs."""

    without: frozenset[str] = frozenset()


_NEVER = frozenset({"forgotten"})
"""Rules that guard what no crawl requests."""


def drawn(seed: str, options: Options, stretches: int = 5) -> list[Step]:
    """The steps of a history."""
    random, steps = Random(f"steps {seed}"), []
    names = [name for name in OPERATIONS if name not in options.without]
    weights = [OPERATIONS[name][0] for name in names]
    for stretch in range(stretches):
        if random.random() < 0.06:
            steps += [Step("break", f"{seed}.{stretch}.{number}") for number in range(random.randint(1, 3))]
            steps += [Step("day", f"{seed}.{stretch}.{number}") for number in range(random.randint(10, 14))]
        if random.random() < 0.1 and "forget" not in options.without:
            steps.append(Step("forget", f"{seed}.{stretch}"))
        for crawl in range(random.randint(1, 4)):
            for operation in range(random.randint(0, 3)):
                name = random.choices(names, weights)[0]
                if name == "import again" and (crawl or operation):
                    continue  # once the site was sound, or an id and an address can change unseen
                steps.append(Step(name, f"{seed}.{stretch}.{crawl}.{operation}"))
            steps.append(Step("crawl", f"{seed}.{stretch}.{crawl}"))
        steps.append(Step("sound", f"{seed}.{stretch}"))
    return steps


class History(Site):
    """A site, and what happens to it."""

    def __init__(self, seed: str, folder: Path, options: Options) -> None:
        random = Random(f"site {seed}")
        Clock.moment = START
        name = random.choice([name for name in PROFILES if name not in options.without])
        super().__init__(Newspaper(PROFILES[name], Clock.moment, random, random.choice((3, 6, 12, 30))), folder)
        self.newspaper.has_short_links = random.random() < 0.8
        self.options = options
        self.broken: dict[str, str] = {}
        self.log.append(f"site: {name}, {len(self.newspaper.stories)} articles")

    def play(self, steps: list[Step]) -> None:
        """Plays some steps.

        :raises WrongError: the dataset is wrong.
        """
        for result in (self.crawl_in(SOUND), self.crawl_in(SOUND, is_full=True)):
            if result.status != 0:
                raise WrongError("first crawls", f"status {result.status} {result.failures[:3]}")
        self.check()
        for step in steps:
            self.take(step)

    def take(self, step: Step) -> None:
        random = Random(step.seed)
        if step.kind == "crawl":
            self.faulty_crawl(random, step.seed)
        elif step.kind == "sound":
            self.sound_crawls()
        elif step.kind == "check":
            self.check()
        elif step.kind == "break":
            self.break_page(random)
        elif step.kind == "day":
            self.crawl_in(Faults(step.seed, lasting=tuple(self.broken.items())), pause=timedelta(days=1))
        elif step.kind == "forget":
            self.forget(random)
        else:
            Clock.moment += timedelta(minutes=random.randint(1, 300), seconds=random.randint(0, 59))
            before = [story.path for story in self.newspaper.stories]
            OPERATIONS[step.kind][1](self.newspaper, Clock.moment, random)
            self.counts[f"operation: {step.kind}"] += 1
            self.log.append(f"{step}: {_told(before, self.newspaper.stories)}")

    def break_page(self, random: Random) -> None:
        """A page gives no answer, or no article, until the site is sound again."""
        if found := self.newspaper.public():
            story, fault = random.choice(found), random.choice(_LASTING)
            self.broken[story.path] = fault
            self.log.append(f"{story.path} {fault} from now on")
            if random.random() < 0.3 and len(found) > 3:
                story.is_listed = False

    def forget(self, random: Random) -> None:
        """Takes an article out of the data folder permanently."""
        found = [line for line in self.dataset() if (story := self.story_of(line)) and len(story.numbers) == 1]
        found = [line for line in found if len(self.story_of(line).paths) == 1]  # type: ignore[union-attr]
        found = [line for line in found if str(line["url"]) == SITE + self.story_of(line).path]  # type: ignore[union-attr]
        if len(found) < 3:
            return
        line = random.choice(found)
        story = self.story_of(line)
        assert story
        folder = DataFolder(self.folder)
        folder.forget({line["id"]})
        folder.close()
        story.state = "forgotten"
        self.tombs[story.name] = {story.path}
        self.newspaper.buried.add(story.path)
        self.lines = [each for each in self.lines if each["id"] != line["id"]]
        self.counts["operation: forget"] += 1
        self.log.append(f"forget {story.name}")

    def faulty_crawl(self, random: Random, seed: str) -> None:
        options = self.options.without
        kinds = [kind for kind in PAGE_FAULTS if kind not in options]
        some = tuple(random.sample(kinds, random.randint(1, 4)))
        source_faults = [kind for kind in SOURCE_FAULTS if f"source {kind}" not in options]
        faulty = tuple((name, random.choice(source_faults)) for name in SOURCES if random.random() < 0.25)
        share = random.choice((0.0, 0.1, 0.3, 0.8, 1.0))
        faults = Faults(seed, share, some, faulty, tuple(self.broken.items()))
        end = "finished"
        if random.random() < 0.3:
            end = random.choice([each for each in ENDS if each not in options])
        kill_after = random.choice((random.randint(1, 30), random.randint(1, 150))) if end != "finished" else 1 << 30
        self.crawl_in(faults, is_full=random.random() < 0.3, end=end, kill_after=kill_after)

    def sound_crawls(self) -> None:
        self.broken.clear()
        for is_full in (True, False):
            result = self.crawl_in(SOUND, is_full=is_full)
        if result.status == ExitStatus.ALARM and "too many to remove" in self.verdict():
            result = self.crawl_in(SOUND, pause=timedelta(hours=25))
            result = self.crawl_in(SOUND)
        if result.status != 0:
            raise WrongError(
                "status", f"status {result.status} in the second sound crawl: {result.failures[:3]} {self.verdict()}"
            )
        self.check()
        self.stale.clear()
        (self.folder / RUNS).unlink()  # the health monitor is tested elsewhere, and reads it in each crawl


def _told(before: list[str], stories: list[Story]) -> str:
    changed = [f"{old}->{story.path}" for old, story in zip(before, stories, strict=False) if old != story.path]
    return ", ".join(changed)


# -- runs ------------------------------------------------------------------------------------------------------


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder in memory, if the machine has one."""
    memory = Path("/dev/shm")  # noqa: S108 - it is a folder of our own there
    folder = Path(tempfile.mkdtemp(prefix="simulator-", dir=memory if memory.is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def played(seed: str, steps: list[Step], options: Options) -> tuple[History, Exception | None]:
    """A history, and what went wrong in it."""
    with scratch() as folder:
        history = History(seed, folder / "data", options)
        try:
            history.play(steps)
        except Exception as error:  # noqa: BLE001 - whatever went wrong is the result
            return history, error
        return history, None


def kind_of(error: Exception | None) -> str | None:
    return error.kind if isinstance(error, WrongError) else type(error).__name__ if error else None


def shortened(seed: str, steps: list[Step], options: Options, kind: str | None, seconds: float = 60) -> list[Step]:
    """Some of the steps with which a history still goes wrong in the same way, as few as can be found in a while."""
    until, size = time.monotonic() + seconds, max(len(steps) // 2, 1)
    while size and time.monotonic() < until:
        position = 0
        while position < len(steps) and time.monotonic() < until:
            fewer = steps[:position] + steps[position + size :]
            if kind_of(played(seed, fewer, options)[1]) == kind:
                steps = fewer
            else:
                position += size
        size //= 2
    return steps


@dataclass
class Report:
    """What came of a simulation."""

    crawls: int = 0
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    """The seed of each history that went wrong, and how."""

    failures: list[str] = field(default_factory=list)
    """One of each kind, shortened, with its log."""

    def missing(self, options: Options) -> list[str]:
        """What should have occurred and did not."""
        rules = [*(rule.name for rule in RULES), *ABSENCES]
        wanted = [f"rule: {name}" for name in rules if name not in options.without | _NEVER]
        wanted += [f"page: {fault}" for fault in PAGE_FAULTS if fault not in options.without]
        wanted += [
            f"{source}: {fault}"
            for source in SOURCES
            for fault in SOURCE_FAULTS
            if f"source {fault}" not in options.without
        ]
        wanted += [f"end: {end}" for end in ENDS if end not in options.without]
        wanted += [f"operation: {name}" for name in OPERATIONS if name not in options.without]
        return [name for name in wanted if not self.counts[name]]


def simulate(
    crawls: int,
    seed: int,
    options: Options = Options(),
    *,
    most_failures: int = 1,
    seconds: float = 60,
    progress: Callable[[Report], None] = lambda report: None,
) -> Report:
    """Plays histories until so many crawls were made, or histories went wrong in so many ways.

    :param seconds: how long at most a history that went wrong is shortened
    :param progress: called after each history
    """
    report, began, kinds = Report(), time.monotonic(), set()
    with simulated():
        for number in count():
            if report.crawls >= crawls or len(report.failures) >= most_failures:
                break
            name = f"{seed}-{number}"
            steps = drawn(name, options)
            history, error = played(name, steps, options)
            report.crawls += history.crawls
            report.counts += history.counts
            report.seconds = time.monotonic() - began
            if error is not None:
                kind = kind_of(error)
                report.wrong.append(f"seed {name}, {kind}: {error}")
                if kind not in kinds:
                    kinds.add(kind)
                    fewer = shortened(name, steps, options, kind, seconds)
                    history, error = played(name, fewer, options)
                    log = "\n  ".join(history.log)
                    report.failures.append(f"{kind}: {error}\nseed {name}, steps {list(map(str, fewer))}\n  {log}")
            progress(report)
    report.seconds = time.monotonic() - began
    return report


def printing(every: int = 1000) -> Callable[[Report], None]:
    """Prints each history that went wrong at once, and how far the simulation is after so many crawls."""
    printed = Counter[str]()

    def progress(report: Report) -> None:
        lines = report.wrong[printed["wrong"] :] + report.failures[printed["failures"] :]
        if (reached := report.crawls // every) > printed["reached"]:
            speed = report.crawls / report.seconds
            lines.append(f"{report.crawls} crawls, {speed:.0f} a second, {len(report.wrong)} histories went wrong")
        for line in lines:
            print(line, flush=True)
        printed["wrong"], printed["failures"], printed["reached"] = len(report.wrong), len(report.failures), reached

    return progress


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crawls", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--without", default="", help="what to leave out, with commas")
    parser.add_argument("--failures", type=int, default=1, help="histories that may go wrong")
    parser.add_argument("--seconds", type=float, default=60, help="for the shortening of a history")
    given = parser.parse_args()
    without = frozenset(filter(None, given.without.split(",")))
    options = Options(without)
    report = simulate(
        given.crawls,
        given.seed,
        options,
        most_failures=given.failures,
        seconds=given.seconds,
        progress=printing(),
    )
    for name, number in sorted(report.counts.items()):
        print(f"{number:8} {name}")
    speed = report.crawls / report.seconds
    print(f"{report.crawls} crawls in {report.seconds:.1f} s: {speed:.0f} a second, seed {given.seed}")
    missing = report.missing(options)
    if missing:
        print("never occurred:", ", ".join(missing))
    return 1 if report.wrong or (missing and given.crawls >= 10_000) else 0


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
