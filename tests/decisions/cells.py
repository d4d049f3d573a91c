"""What a crawl does with one answer: the cells of the table of decisions.

A cell is a state of an address and an answer that it gives in a crawl. The state is made as it comes about on a site:
by earlier crawls with their answers. The spider's callbacks, the pipelines and the data folder are the real ones; only
Scrapy's engine is replaced, so that no socket is used.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.http import HtmlResponse, Request, Response
from scrapy.settings import Settings
from scrapy.spidermiddlewares.httperror import HttpError
from scrapy.utils.reactor import is_reactor_installed
from twisted.python.failure import Failure

from mainland import pipelines
from mainland.middlewares import CUT, ForbiddenError, OffTheSiteError
from mainland.spiders.articles import ArticlesSpider
from mainland.storage.errors import RejectedItem

SITE = "https://a.example/"
URL, OTHER, NEW = f"{SITE}story-5/", f"{SITE}story-6/", f"{SITE}new-5/"
EARLY, LATE, LATER = (f"2024-{time}+00:00" for time in ("03-05T08:41:12", "08-01T10:00:00", "09-01T10:00:00"))
OLDER = "2024-03-05T08:41:11+00:00"


# -- pages ---------------------------------------------------------------------------------------------------


def page(kind: str, main: str = "<p>x</p>", head: str = "") -> bytes:
    """A page of a JNews site of a kind, given as the classes of its body."""
    return (
        f'<!doctype html><html lang="en"><head>{head}</head>'
        f'<body class="{kind} wp-theme-jnews jnews">{main}</body></html>'
    ).encode()


def article(
    number: int = 5, url: str = URL, published: str = EARLY, modified: str = EARLY, text: str = "What happened."
) -> bytes:
    """The page of an article."""
    return page(
        f"single single-post postid-{number}",
        f'<div class="entry-header"><h1 class="jeg_post_title">Story {number}</h1></div>'
        f'<div class="entry-content"><div class="content-inner"><p>{text}</p></div></div>',
        f'<link rel="canonical" href="{url}"><meta property="article:published_time" content="{published}">'
        f'<meta property="article:modified_time" content="{modified}">',
    )


def canonical(url: str) -> str:
    return f'<link rel="canonical" href="{url}">'


# -- answers -------------------------------------------------------------------------------------------------


class Answer(NamedTuple):
    """What an address answers, and what its article's short link does."""

    status: int = 200
    body: bytes = b""
    url: str = URL
    redirects: tuple[int, ...] = ()
    flags: tuple[str, ...] = ()
    error: Exception | None = None
    short_link: str = "gone"


OTHER_STORY = article(77, published=LATE, modified=LATE, text="Another story.")
B = article(6, OTHER, text="B.")
ANSWERS: dict[str, Answer] = {
    "200 same": Answer(200, article()),
    "200 edited (later date)": Answer(200, article(modified=LATE, text="New text.")),
    "200 older than stored": Answer(200, article(modified=OLDER, text="Old text.")),
    "200 other article in place, ?p= 404": Answer(200, OTHER_STORY),
    "200 other article in place, ?p= moved": Answer(200, OTHER_STORY, short_link="moved"),
    "200 other article in place, ?p= fails": Answer(200, OTHER_STORY, short_link="fails"),
    "200 id of another, which is still there": Answer(200, article(6, published=LATE, modified=LATE, text="Imposter.")),
    "301 -> stored article B": Answer(200, B, OTHER, (301,)),
    "302 -> stored article B": Answer(200, B, OTHER, (302,)),
    "301 -> same article at new address": Answer(200, article(url=NEW), NEW, (301,)),
    "404": Answer(404, page("error404")),
    "200 error404 page": Answer(200, page("error404")),
    "301 -> home": Answer(200, page("home"), SITE, (301,)),
    "302 -> home": Answer(200, page("home"), SITE, (302,)),
    "301 -> static page": Answer(200, page("page page-id-3", head=canonical(f"{SITE}about/")), f"{SITE}about/", (301,)),
    "302 -> static page (login)": Answer(
        200, page("page page-id-3", head=canonical(f"{SITE}login/")), f"{SITE}login/", (302,)
    ),
    "200 became a static page": Answer(200, page("page page-id-3", head=canonical(URL))),
    "200 home page in its place": Answer(200, page("home")),
    "200 notice (no JNews page)": Answer(200, b"<html><body>Soon</body></html>"),
    "200 truncated": Answer(200, article(), flags=(CUT,)),
    "200 password form": Answer(200, page("single single-post postid-5", '<form class="post-password-form"></form>')),
    "200 AMP copy": Answer(
        200,
        b'<html amp><head><link rel="canonical" href="https://a.example/other/"></head>'
        b'<body class="single-post">t</body></html>',
    ),
    "200 no id": Answer(200, article().replace(b" postid-5", b"")),
    "status 403": Answer(403, b"x"),
    "status 500": Answer(500, b"x"),
    "timeout": Answer(error=TimeoutError()),
    "robots.txt forbids": Answer(error=ForbiddenError()),
    "301 -> off the site": Answer(url="https://b.example/x/", redirects=(301,), error=OffTheSiteError()),
    "302 -> off the site": Answer(url="https://b.example/x/", redirects=(302,), error=OffTheSiteError()),
}


# -- a crawl -------------------------------------------------------------------------------------------------


class Answering(Protocol):
    """A crawl, as far as its engine calls it."""

    spider: ArticlesSpider

    def follow_up(self, request: Request) -> Response: ...

    def deliver(self, item: Any) -> None: ...


class Engine:
    """Scrapy's engine, as far as callbacks call it; the crawl answers requests without a callback."""

    def __init__(self, crawl: Answering) -> None:
        self.crawl = crawl
        self.scraper = self

    @property
    def spider(self) -> ArticlesSpider:
        return self.crawl.spider

    async def download_async(self, request: Request) -> Response:
        return self.crawl.follow_up(request)

    async def start_itemproc_async(self, item: Any, *, response: Response | None) -> None:
        self.crawl.deliver(item)

    async def close_spider_async(self, *, reason: str) -> None:
        pass


def response(answer: Answer, requested: str, **meta: Any) -> HtmlResponse:
    """The response that a callback gets."""
    if answer.redirects:
        meta |= {"redirect_urls": [requested], "redirect_reasons": list(answer.redirects)}
    return HtmlResponse(
        answer.url,
        status=answer.status,
        body=answer.body,
        headers={"Content-Type": "text/html; charset=utf-8"},
        flags=list(answer.flags),
        request=Request(answer.url, meta=meta),
    )


class Crawl:
    """One crawl of a data folder, whose sources have been read."""

    def __init__(self, folder: Path, *, listed: bool) -> None:
        """Begins it; ``listed`` says that the sitemaps were read completely."""
        settings = Settings({"MAINLAND_DATA_DIR": str(folder), "MAINLAND_SITE": SITE})
        ArticlesSpider.update_settings(settings)
        settings.set("TWISTED_REACTOR", None, priority="cmdline")  # whatever other tests installed
        self.crawler = Crawler(ArticlesSpider, settings, init_reactor=not is_reactor_installed())
        self.crawler._apply_settings()
        self.crawler.engine = Engine(self)  # type: ignore[assignment]
        self.crawler.spider = self.spider = ArticlesSpider.from_crawler(self.crawler)
        self.spider.open()
        self.spider.planned.set()
        self.lines: list[str] = []
        self.short_link = "gone"
        self.store = self.spider.store
        self.spider.crawl.sources.reports.has_inventory = listed
        if listed:
            self.store.memory.save(listing=(self.store.memory.get("listing") or 0) + 1, has_listing=True)
        self.spider.crawl.sources.reports.used, self.spider.result.sound = ["feed"], 1

    def report(self, url: str, date: str | None, *, is_listed: bool = True) -> None:
        """What a source reports of an address; the inventory does, if it lists it."""
        inventory = self.store.memory.get("listing") or 0
        self.store.ledger.record_sighting(
            url, date, inventory if is_listed and self.spider.crawl.sources.reports.has_inventory else 0
        )

    def follow_up(self, request: Request) -> Response:
        if request.url == OTHER or request.url.endswith("?p=6"):
            return response(Answer(200, B, OTHER), OTHER)
        assert "?p=5" in request.url, request.url
        if self.short_link == "fails":
            raise TimeoutError
        if self.short_link == "moved":
            return response(Answer(200, article(url=NEW), NEW, (301,)), request.url)
        return response(Answer(404, b"<html></html>", request.url), request.url)

    def request(self, url: str, answer: Answer) -> None:
        """Requests an address, and handles its answer."""
        self.short_link = answer.short_link
        request = self.spider.article_request(url)
        if answer.error or answer.status not in (200, 404):
            if answer.redirects:
                meta = request.meta | {"redirect_urls": [url], "redirect_reasons": list(answer.redirects)}
                request = request.replace(url=answer.url, meta=meta)
            error = answer.error or HttpError(response(answer, url), "x")
            failure = Failure(error)  # type: ignore[no-untyped-call]
            failure.request = request  # type: ignore[attr-defined]
            self.spider.article_failed(failure)
            return
        asyncio.run(self._callback(response(answer, url, **request.meta)))

    async def _callback(self, answered: Response) -> None:
        async for item in self.spider.parse_article(answered):
            self.deliver(item)

    def deliver(self, item: Any) -> None:
        """Sends an item through the pipelines."""
        store = self.spider.store
        try:
            item = pipelines.deduplicate(pipelines.check(item), store)
            while not store.deliver(item):
                item = pipelines.deduplicate(item, store)
        except RejectedItem as error:
            self.lines.append("rejected")
            self.spider.crawl.recorder.record_dropped(item, error)
        except DropItem as error:
            self.lines.append("dropped")
            self.spider.crawl.recorder.record_dropped(item, error)
        else:
            self.lines.append(f"{item.change} {item.id}")
            self.spider.note_written(item)

    def end(self) -> None:
        """Decides about the removals, and ends the crawl."""
        asyncio.run(self.spider.decide_removals())
        self.spider.store.close()


# -- states --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class History:
    """How an address came to be as it is: what earlier crawls found, and what is known in the crawl of the cell."""

    before: tuple[str, ...] = ()
    """Answers of earlier crawls, in their order; the first crawl had the address from a source."""

    is_told: bool = True
    """Whether a source reports, after the first crawl, that its article changed since."""

    is_told_again: bool = False
    """Whether a source reports another change in the crawl of the cell."""

    is_listed: bool = True
    """Whether the inventories after the first crawl list it, or the lists where there are none."""

    has_inventory: bool = True
    """Whether the crawl of the cell read a complete inventory."""

    had_inventory: bool = True
    """Whether the first crawl did."""

    is_guess: bool = False
    """Whether only the home page shows it."""

    is_removed: bool = False
    """Whether its article was removed since, and it is listed again."""


STORED = "200 same"
LISTS: dict[str, Any] = {"has_inventory": False, "had_inventory": False}
UNLISTED: dict[str, Any] = {"is_told": False, "is_listed": False}
STATES: dict[str, History] = {
    "new, listed": History(),
    "new, listed, was 404 once": History(("404",)),
    "on the home page only": History(is_guess=True),
    "rejected, requested by a full crawl": History(("200 became a static page",) * 2),
    "rejected, reported as changed": History(("200 became a static page",) * 2, is_told_again=True),
    "removed, listed again": History((STORED,), is_removed=True),
    "stored, reported as changed": History((STORED,)),
    "stored, reported as changed, was 404 once": History((STORED, "404")),
    "stored, unlisted": History((STORED,), **UNLISTED),
    "stored, unlisted, led home once": History((STORED, "302 -> home"), **UNLISTED),
    "stored, no inventory, reported as changed": History((STORED,), **LISTS),
    "stored, no inventory, on no list": History((STORED,), **UNLISTED, **LISTS),
    "stored, no inventory, on no list, led home once": History((STORED, "302 -> home"), **UNLISTED, **LISTS),
    "stored, reported as changed, inventory fails today": History((STORED,), has_inventory=False),
    "stored, no inventory, for its age": History((STORED,), is_told=False, **LISTS),
}


def crawl_of(folder: Path, history: History, *, is_first: bool = False, is_last: bool = False) -> Crawl:
    """A crawl that has read what the sources report of the addresses."""
    listed = history.has_inventory if is_last else history.had_inventory
    crawl = Crawl(folder, listed=listed)
    crawl.report(OTHER, EARLY)
    if history.is_guess:
        crawl.store.ledger.record_candidate(URL)
    elif is_first or history.is_listed:
        date = LATER if history.is_told_again and is_last else LATE
        crawl.report(URL, date if history.is_told and history.before and not is_first else EARLY)
    elif history.is_told:
        crawl.report(URL, LATE, is_listed=False)
    return crawl


def reach(folder: Path, history: History) -> None:
    """Brings a data folder into a state, crawl by crawl."""
    first = crawl_of(folder, history, is_first=True)
    first.request(OTHER, Answer(200, B, OTHER))
    for name in history.before[:1]:
        first.request(URL, ANSWERS[name])
    first.end()
    for name in history.before[1:]:
        crawl = crawl_of(folder, history)
        crawl.request(URL, ANSWERS[name])
        crawl.end()
    if history.is_removed:
        crawl = Crawl(folder, listed=True)
        crawl.report(OTHER, EARLY)
        crawl.request(URL, ANSWERS["404"])
        crawl.end()


def cell(folder: Path, history: History, answer: Answer) -> dict[str, str]:
    """What the crawl after a state does with an answer."""
    reach(folder, history)
    crawl = crawl_of(folder, history, is_last=True, is_first=not history.before)
    result, stats = crawl.spider.result, crawl.crawler.stats
    crawl.request(URL, answer)
    rules = [name.removeprefix("mainland/decisions/") for name in stats.get_stats() if "/decisions/" in name]
    rejected = [name for name in stats.get_stats() if name.startswith("mainland/rejected/")]
    asyncio.run(crawl.spider.decide_removals())
    entry, stored = crawl.store.ledger.entry(URL), crawl.store.index.article(5)
    found = {
        "rule": "; ".join(rules),
        "lines": "; ".join(crawl.lines),
        "failure": "; ".join(reason for _, reason in result.failures),
        "warning": "; ".join(result.unconfirmed.values()),
        "rejected": "; ".join(name.removeprefix("mainland/rejected/") for name in rejected),
        "state_after": entry.state.value,
        "suspicion_after": f"{entry.suspicion} {entry.looks}" if entry.suspicion else "",
        "due_after": "yes" if entry.is_due else "no",
        "article_after": stored.state if stored else "",
        "next_crawl_asks_all_sources": "yes" if result.is_unsure else "",
    }
    crawl.spider.store.release()
    return found
