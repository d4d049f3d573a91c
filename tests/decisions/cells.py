"""What a crawl does with one answer: the cells of the table of decisions.

A cell is a state of an address and an answer that it gives in a crawl. The state is made as it comes about on a site:
by earlier crawls with their answers. The spider's callbacks, the pipelines and the data folder are the real ones; only
Scrapy's engine is replaced, so that no socket is used.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.http import HtmlResponse, Request, Response
from scrapy.settings import Settings
from scrapy.spidermiddlewares.httperror import HttpError
from scrapy.utils.reactor import is_reactor_installed
from twisted.python.failure import Failure

from mainland import pipelines
from mainland.decisions.types import Cause, Entry, State
from mainland.middlewares import CUT, ForbiddenError, OffTheSiteError
from mainland.spiders.articles import ArticlesSpider
from mainland.store import RejectedItem

SITE = "https://a.example/"
URL, OTHER, NEW = f"{SITE}story-5/", f"{SITE}story-6/", f"{SITE}new-5/"
EARLY, LATE = "2024-03-05T08:41:12+00:00", "2024-08-01T10:00:00+00:00"
OLDER = "2024-03-05T08:41:11+00:00"
LISTING = 3  # the number of the latest reading of the sitemaps


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


class Engine:
    """Scrapy's engine, as far as callbacks call it."""

    def __init__(self, crawl: Crawl) -> None:
        self.crawl = crawl
        self.scraper = self

    async def download_async(self, request: Request) -> Response:
        if request.url == OTHER or request.url.endswith("?p=6"):
            return response(Answer(200, B, OTHER), OTHER)
        assert "?p=5" in request.url, request.url
        if self.crawl.short_link == "fails":
            raise TimeoutError
        if self.crawl.short_link == "moved":
            return response(Answer(200, article(url=NEW), NEW, (301,)), request.url)
        return response(Answer(404, b"<html></html>", request.url), request.url)

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
        self.crawler = Crawler(ArticlesSpider, settings, init_reactor=not is_reactor_installed())
        self.crawler._apply_settings()
        self.crawler.engine = Engine(self)  # type: ignore[assignment]
        self.crawler.spider = self.spider = ArticlesSpider.from_crawler(self.crawler)
        self.spider.open()
        self.spider.planned.set()
        self.lines: list[str] = []
        self.short_link = "gone"
        self.archive = self.spider.store.archive
        self.spider.sources.listed = listed
        self.spider.sources.used, self.spider.findings.sound = ["feed"], 1

    def report(self, url: str, date: str, listing: int = 0) -> None:
        """What a source reports of an address."""
        self.archive.report(url, date, listing)

    def request(self, url: str, answer: Answer, *, unlisted: bool = False) -> None:
        """Requests an address, because nothing lists it or for another reason, and handles its answer."""
        self.short_link = answer.short_link
        request = self.spider.article_request(url, Cause.UNLISTED if unlisted else Cause.CHANGED)
        if answer.error or answer.status not in (200, 404):
            if answer.redirects:
                meta = request.meta | {"redirect_urls": [url], "redirect_reasons": list(answer.redirects)}
                request = request.replace(url=answer.url, meta=meta)
            error = answer.error or HttpError(response(answer, url), "x")
            failure = Failure(error)  # type: ignore[no-untyped-call]
            failure.request = request  # type: ignore[attr-defined]
            self.spider.article_failed(failure)
            return
        asyncio.run(self._callback(response(answer, url, **request.meta), **request.cb_kwargs))

    async def _callback(self, answered: Response, cause: Cause) -> None:
        async for item in self.spider.parse_article(answered, cause):
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
            self.spider.note_drop(item, error)
        except DropItem as error:
            self.lines.append("dropped")
            self.spider.note_drop(item, error)
        else:
            self.lines.append(f"{item.change} {item.id}")
            self.spider.note_written(item)

    def end(self) -> None:
        """Decides about the removals, and ends the crawl."""
        asyncio.run(self.spider.remove())
        self.spider.store.close()


# -- states --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class History:
    """How an address came to be as it is: what earlier crawls found, and what is known in the crawl of the cell."""

    before: tuple[str, ...] = ()
    """Answers of earlier crawls, in their order."""

    is_told: bool = True
    """Whether a source tells of the address with a later date than what was read."""

    is_listed: bool = True
    """Whether the latest complete reading of the sitemaps lists it."""

    has_sitemaps: bool = True
    """Whether the crawl of the cell read the sitemaps completely."""

    had_sitemaps: bool = True
    """Whether an earlier crawl did."""

    is_guess: bool = False
    """Whether only the home page shows it."""

    is_unlisted: bool = False
    """Whether the crawl requests it because nothing lists it."""


STORED = "200 same"
LISTS = {"is_listed": False, "has_sitemaps": False, "had_sitemaps": False}
STATES: dict[str, History] = {
    "new, listed": History(),
    "new, listed, was 404 once": History(("404",)),
    "on the home page only": History(is_guess=True, is_listed=False),
    "rejected, reported as changed": History(("200 became a static page",)),
    "removed, reported again": History((STORED, "REMOVED")),
    "stored, reported as changed": History((STORED,)),
    "stored, reported as changed, was 404 once": History((STORED, "404")),
    "stored, unlisted": History((STORED,), is_told=False, is_listed=False, is_unlisted=True),
    "stored, unlisted, reported as changed, led home once": History(
        (STORED, "302 -> home"), is_listed=False, is_unlisted=True
    ),
    "stored, no sitemaps, reported as changed": History((STORED,), **LISTS),
    "stored, no sitemaps, on no list": History((STORED,), is_told=False, is_unlisted=True, **LISTS),
    "stored, no sitemaps, on no list, led home once": History(
        (STORED, "302 -> home"), is_told=False, is_unlisted=True, **LISTS
    ),
    "stored, reported as changed, sitemaps fail today": History((STORED,), has_sitemaps=False),
    "stored, no sitemaps, for its age": History((STORED,), is_told=False, **LISTS),
}


def reach(folder: Path, state: History) -> None:
    """Brings a data folder into a state, crawl by crawl."""
    first = Crawl(folder, listed=state.had_sitemaps)
    first.archive.keep(listing=LISTING)
    if state.had_sitemaps:
        first.archive.keep(has_listing=True)
    first.report(OTHER, EARLY, LISTING)
    first.request(OTHER, Answer(200, B, OTHER))
    if state.is_guess:
        first.archive.guess(URL)
    else:
        first.report(URL, EARLY, LISTING if state.is_listed else 0)
    first.end()
    for number, name in enumerate(state.before):
        is_first_read = number == 0
        crawl = Crawl(folder, listed=state.has_sitemaps or is_first_read)
        if name == "REMOVED":
            held = crawl.archive.article(5)
            assert held
            crawl.deliver(held.removal("a.example", LATE))
            crawl.report(URL, EARLY, LISTING)
        else:
            if state.is_told and not is_first_read:
                crawl.report(URL, LATE, LISTING if state.is_listed else 0)
            crawl.request(URL, ANSWERS[name], unlisted=state.is_unlisted and not is_first_read)
        crawl.end()


def shown_reason(entry: Entry) -> str:
    """What the table shows of an entry: its suspicion, or what is not usual about its state."""
    states = {State.REMOVED: "removed", State.MOVED: "left", State.CANDIDATE: "guessed"}
    return entry.suspicion or states.get(entry.state) or entry.reason or ""


def cell(folder: Path, state: History, answer: Answer) -> dict[str, Any]:
    """What the crawl after a state does with an answer."""
    reach(folder, state)
    crawl = Crawl(folder, listed=state.has_sitemaps)
    if state.is_told and state.before and "REMOVED" not in state.before:
        crawl.report(URL, LATE, LISTING if state.is_listed else 0)
    findings, stats = crawl.spider.findings, crawl.crawler.stats
    was_unsure = findings.is_unsure
    crawl.request(URL, answer, unlisted=state.is_unlisted)
    rejected = [name for name in stats.get_stats() if name.startswith("mainland/rejected/")]
    asyncio.run(crawl.spider.remove())
    entry, held = crawl.archive.entry(URL), crawl.archive.article(5)
    found = {
        "lines": "; ".join(crawl.lines),
        "failure": "; ".join(reason for _, reason in findings.failures),
        "rejected": "; ".join(name.removeprefix("mainland/rejected/") for name in rejected),
        "due_after": "yes" if entry.is_due else "no",
        "reason_after": shown_reason(entry),
        "article_after": held.state if held else "",
        "next_crawl_asks_all_sources": "yes" if findings.is_unsure and not was_unsure else "",
    }
    crawl.spider.store.release()
    return found
