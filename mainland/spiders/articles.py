"""The spider: which pages are asked, and in which order. What they say is read elsewhere."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urljoin

from scrapy import Request, signals
from scrapy.exceptions import CloseSpider, DontCloseSpider, IgnoreRequest
from scrapy.http import Response, TextResponse
from scrapy.statscollectors import MemoryStatsCollector
from twisted.python.failure import Failure

from mainland import config, dates, extraction, listings, logs, pages, reservations, urls
from mainland.archive import ELSEWHERE, TAKEN
from mainland.deliveries import Answer, Deliveries
from mainland.findings import Findings
from mainland.items import Article
from mainland.lines import cut, printable
from mainland.middlewares import CUT, ForbiddenError, OffTheSiteError, UnknownRulesError, why
from mainland.outstanding import Outstanding
from mainland.parts import PartError, further_parts
from mainland.removals import Removal, Removals
from mainland.selectors import RULES
from mainland.site_spider import SiteSpider, crawl_opened
from mainland.sources import Sources
from mainland.store import KnownItem, LockedError, RejectedItem, Store, UnwrittenItem, WrongSiteError
from mainland.walk import Walk
from mainland.watch import Watch

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from mainland.archive import Held

_GONE = (404, 410)
_SOURCES = ("rest", "sitemap")
_COUNTED = ("status 404", "status 410", pages.PROTECTED, TAKEN)  # why REST counts a post that is no article here
_FOR_GOOD = {301, 308}
_BATCH = 200
_FRESH = timedelta(days=1)
_LONGEST = 200
_MOST_KILLED = 3


class ArticlesSpider(SiteSpider):
    """Crawls a JNews site.

    It asks what the feed, REST and the sitemaps tell, then walks the category pages where that is not enough.
    The page of an article is asked once a run at most, and only if it is new, or said to have changed or to
    be gone.
    """

    name = "articles"
    arguments: config.Arguments
    about: extraction.Site
    store: Store
    sources: Sources
    walk: Walk
    watch: Watch

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.arguments = config.arguments(kwargs, crawler.settings)
        spider.about = config.site(crawler.settings)
        if config.sharing(crawler.settings).redis:
            from mainland import workers  # noqa: PLC0415 - what it imports is optional

            workers.prepare(crawler)
        crawler.signals.connect(spider.note_time, signals.response_downloaded)  # before whoever keeps the pages
        return spider

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.run = 0
        self.outstanding = Outstanding(0)
        self.findings = Findings()
        self.deliveries = Deliveries()
        self.removals = Removals()
        self.suspects: list[str] = []
        self.planned = asyncio.Event()
        self.unopened: Exception | None = None
        self.removing: asyncio.Future[None] | None = None

    def open(self) -> None:
        """Opens the data folder for a crawl.

        :raises ValueError: a setting is wrong.
        :raises LockedError: another crawl holds the folder.
        :raises WrongSiteError: the folder belongs to another site.
        :raises OSError: the folder cannot be written; so does sqlite3.Error.
        """
        crawler, host = self.crawler, str(urls.host(self.arguments.site))
        self.store = Store.from_settings(crawler.settings, host, joins=True)
        archive = self.store.archive
        try:
            self.run = archive.begin_run()
            if config.sharing(crawler.settings).redis:
                from mainland import workers  # noqa: PLC0415 - what it imports is optional

                workers.share(crawler, host, archive)
        except BaseException:
            self.store.release()
            raise
        self.host, self.home, self.is_crawling = host, self.arguments.site, True
        self.outstanding = Outstanding(self.run)
        self.watch = Watch(self.store, crawler)
        self.walk = Walk(archive, self.arguments, self.run)
        self.sources = Sources(self.ask, archive, self.arguments.site)
        self.put_suspects_last()
        accepted = frozenset(archive.fact("accepted_removals") or ())
        self.removals = Removals(archive.fact("held_removals") if archive.leads else None, accepted)
        for handler, signal in (
            (self.ask_more, signals.spider_idle),
            (self.read_robots, signals.response_received),
            (self.note_drop, signals.item_dropped),
            (self.note_error, signals.spider_error),
            (self.note_error, signals.item_error),
        ):
            crawler.signals.connect(handler, signal)
        crawler.signals.send_catch_log(crawl_opened, spider=self)

    # -- requests ------------------------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Request]:
        try:
            self.open()
        except (LockedError, WrongSiteError, ValueError, OSError, sqlite3.Error) as error:
            self.unopened = error
            self.logger.log(logging.ERROR, "%s", printable(str(error)))  # without a traceback
            raise CloseSpider("cannot_open") from None
        try:
            requests = await self.plan() if self.store.archive.leads else []
        finally:
            self.planned.set()
        for request in requests:
            yield request

    async def plan(self) -> list[Request]:
        """The first requests, by what the sources tell."""
        archive = self.store.archive
        walked, self.findings.was_unsure = archive.fact("walked"), bool(archive.fact("unsure"))
        is_due = self.arguments.full or walked is None or self._is_long_ago(walked)
        if self.arguments.sections:
            is_walk = True
        elif not await self.ask_sources(is_first=walked is None, is_full=is_due):
            return []
        else:
            self.walk.is_whole = is_due
            is_walk = is_due or self.findings.is_unexplained or not self.sources.used
        first_pages = await self.begin_walk() if is_walk else self.first_pages(self.walk.go_on())
        archive.keep(plan=[self.run, self.walk.is_whole, self.sources.listed, self.walk.sections])
        newest = [entry.url for entry in self.sources.newest if walked is None and archive.wants(entry.url, self.run)]
        requests = [self.article_request(url) for url in newest]
        return requests + (self.due_requests() if self.sources.dated else []) + first_pages

    async def ask_sources(self, *, is_first: bool, is_full: bool) -> bool:
        """Asks the sources, as many as are needed to know what changed; whether the site answers at all.

        All of them before a walk of the whole site, and where the last crawl was not sure.
        """
        sources, is_due = self.sources, is_full or self.findings.was_unsure
        await sources.read_feed()
        fed = list(sources.unknown.values())
        if self.findings.failures and await self.ask(self.arguments.site, "home") is None:
            self.findings.is_down = True
            return False
        archive = self.store.archive
        if is_due or archive.fact("has_rest"):
            await sources.read_rest(deep=not is_first)
            self.watch.posts = (archive.fact("total") or 0, sources.total or 0) if sources.total is not None else None
        if is_due or not (sources.explained or archive.fact("has_sitemaps") == 0):
            await sources.read_sitemaps(self.findings.robots_sitemaps)
        if is_due:
            told = await self.ask(urljoin(self.arguments.site, "/.well-known/tdmrep.json"), "tdmrep")
            self.findings.reservations["tdmrep"] = (
                reservations.tdmrep(told.body) if told and told.status == 200 else None
            )
            has = {"has_rest": sources.total is not None, "has_sitemaps": sources.listed}
            self.findings.is_unsure |= any(archive.fact(name) and not now for name, now in has.items())
            # A source that fails for a while is asked again until a walk of the whole site finds it gone.
            archive.keep(**{name: now for name, now in has.items() if now or is_full})
        had = archive.fact("has_rest") or archive.fact("has_sitemaps")
        is_lost = bool(had) and not (sources.listed or (sources.total is not None and not sources.is_partial))
        is_change = sources.total is not None and not sources.explained
        if not sources.listed and (is_full or not sources.is_partial) and (is_due or is_change):
            await sources.read_all()
        if is_lost and not archive.fact("is_lost"):
            self.findings.is_unsure = True
            self.fail(self.arguments.site, "neither REST nor a sitemap tells what is there, and one did")
        archive.keep(is_lost=is_lost)
        if is_due:
            archive.keep(has_listing=sources.listed)
        is_behind = not all(map(self._is_told, fed)) if sources.listed else bool(fed) and not sources.explained
        self.findings.is_unexplained = is_lost or is_behind
        return True

    async def begin_walk(self) -> list[Request]:
        """The requests for the first pages of the sections; what else is on the home page is asked after them."""
        response = await self.ask(self.arguments.site, "home")
        if not isinstance(response, TextResponse) or response.status != 200 or CUT in response.flags:
            is_page = isinstance(response, TextResponse) and response.status == 200
            reason = "cut off" if is_page else f"home page answers {response.status}" if response else "no home page"
            self.fail(self.arguments.site, reason)
            return []
        page, chosen = pages.of_response(response), self.arguments.sections
        if chosen - listings.sections(page).keys():
            await self.sources.read_sitemaps(self.findings.robots_sitemaps, posts=False)
        self.walk.begin(page, await self.sources.read_categories(), is_listed=self.sources.listed)
        self.findings.facts |= page.theme
        if chosen - self.walk.sections.keys():
            known = ", ".join(sorted(self.walk.sections))
            self.findings.wrong_use = (
                f"unknown section {min(chosen - self.walk.sections.keys())!r}: the site has {known}"
            )
            return []
        if page.is_costly or not (self.walk.sections or self.sources.listed):
            self.findings.refused += 1
            notice = "no sections: no page of a JNews site, or a notice in its place"
            self.fail(response.url, pages.COSTLY if page.is_costly else notice)
            return []
        self.findings.sound += 1
        if chosen:
            return self.first_pages(slug for slug in self.walk.sections if slug in chosen)
        self.walk.guess()
        return self.first_pages(self.walk.sections)

    def first_pages(self, slugs: Iterable[str]) -> list[Request]:
        """The requests for the first pages of sections."""
        return [self.category_request(self.walk.sections[slug], slug, 1) for slug in slugs]

    def category_request(self, url: str, slug: str, number: int) -> Request:
        """A request for a page of a section. Pages come before the next page's articles: newest first."""
        request = Request(
            url,
            self.parse_category,
            errback=self.failed,
            cb_kwargs={"slug": slug, "number": number},
            meta={"handle_httpstatus_list": [*_GONE]},
            priority=-2 * number,
        )
        return self.outstanding.begin(request)

    def article_request(self, url: str, number: int = 0, *, unlisted: bool = False, held_back: bool = False) -> Request:
        """A request for an article, found on page ``number`` of a section, or missed where it was listed.

        ``held_back`` says that its removal was held back by an earlier crawl.
        """
        self.store.archive.tried(url, self.run)
        request = Request(
            url,
            self.parse_article,
            errback=self.failed,
            meta={"handle_httpstatus_list": [*_GONE], "unlisted": unlisted, "held_back": held_back},
            priority=-2 * number - 1,
        )
        return self.outstanding.begin(request)

    async def ask(self, url: str, kind: str, headers: dict[str, str] | None = None) -> Response | None:
        """The answer of an address; None where it failed, which is noted. Used for what comes before the crawl."""
        if self.crawler.stats.get_value("mainland/left_alone"):
            return None
        self._count(kind)
        try:
            response = await self.crawler.engine.download_async(Request(url, headers=headers))
        except UnknownRulesError as error:
            reason = str(error)
        except IgnoreRequest:
            self.findings.refused += 1
            return None
        except Exception as error:  # noqa: BLE001 - whatever a download can raise
            reason = why(error)
        else:
            self.findings.refused += response.status in (401, 403)
            if CUT in response.flags and kind in ("feed", *_SOURCES):
                reason = "cut off"
            elif response.status != 429 and response.status < 500:
                return response
            else:
                reason = f"status {response.status}"
        if kind != "tdmrep":  # which no article hangs on
            self.fail(url, reason)
        self.findings.is_unsure |= kind in _SOURCES
        return None

    def ask_more(self) -> None:
        """When all that was requested has come: requests what else there is, then decides about the removals."""
        if self.removing:
            raise DontCloseSpider
        try:
            more = self.more_requests()
            waits = not more and self.store.archive.waits()
        except Exception:  # noqa: BLE001 - Scrapy would go on as if there were nothing to ask
            self.note_error(Failure())  # type: ignore[no-untyped-call]
            return
        for request in more:
            self.crawler.engine.crawl(request)
        if not (more or waits) and (self.removals.found or self.removals.waiting):
            self.removing = asyncio.ensure_future(self.remove())
        if more or waits or self.removing:
            raise DontCloseSpider

    def more_requests(self) -> list[Request]:
        """Requests for what the lists missed, what is gone, old friends, what ended a crawl, then controls."""
        archive = self.store.archive
        requests: list[Request] = []
        is_asking = archive.leads and not (self.findings.wrong_use or self.findings.is_down or self.arguments.sections)
        if is_asking:
            requests = self.due_requests() or self.held_back_requests() or self.unlisted_requests()
            requests = requests or self.unshown_requests() or self.missing_requests() or self.ageing_requests()
        if archive.leads and not (requests or self.findings.wrong_use or self.findings.is_down):
            requests = self.suspect_requests()
        if is_asking and not (requests or archive.waits()):  # nobody else is there to take them
            requests = self.control_requests()
        return requests

    def follow(self) -> None:
        """Takes over what the worker that leads found out before there was anything to ask."""
        if not (self.store.archive.leads or self.walk.sections):
            _, self.walk.is_whole, self.sources.listed, self.walk.sections = self.store.archive.fact("plan")

    def due_requests(self) -> list[Request]:
        """Requests for what the sources tell of, the last changed first."""
        found = [address.url for address in self.store.archive.due(self.run, _BATCH)]
        return [self.article_request(url, unlisted=self.sources.listed and self._is_dropped(url)) for url in found]

    def held_back_requests(self) -> list[Request]:
        """Requests for articles whose removal was held back; what is listed again is due as anything else."""
        archive = self.store.archive
        requests: list[Request] = []
        while not requests and (numbers := self.removals.next_requests(datetime.now(UTC))):
            for held in filter(None, map(archive.article, numbers)):
                is_back = self.sources.listed and archive.is_listed(held.url)
                if is_back or held.state != "public":
                    self.removals.clear(held.id)
                    archive.renew(held.url)
                elif not archive.was_asked(held.url, self.run):
                    requests.append(self.article_request(held.url, unlisted=True, held_back=True))
        return requests or self.due_requests()

    def put_suspects_last(self) -> None:
        """Requests what may have ended earlier crawls after everything else; what did so too often not at all."""
        archive = self.store.archive
        for url, times in list(self.store.suspects.items()) if archive.leads else []:
            if archive.address(url) is None:
                archive.tell(url)
            if times >= _MOST_KILLED:
                self.store.clear_suspect(url)
                self.refuse(url, f"too costly to read: {times} crawls were killed while they read it")
            else:
                self.suspects.append(url)
            archive.tried(url, self.run)

    def suspect_requests(self) -> list[Request]:
        """A request for an address whose page was being read when an earlier crawl was killed, one at a time."""
        return [self.article_request(self.suspects.pop())] if self.suspects else []

    def unlisted_requests(self) -> list[Request]:
        """Requests for what the sitemaps list no longer."""
        if not self.sources.listed:
            return []
        found = self.store.archive.unlisted(self.run, _BATCH, everything=self.walk.is_whole)
        if not found and self.sources.missed(self.findings.gone) > 0:
            found = self.store.archive.unlisted(self.run, _BATCH, everything=True)
        return [self.article_request(address.url, unlisted=True) for address in found]

    def unshown_requests(self) -> list[Request]:
        """Requests for what no section shows, once all were walked to their ends where nothing else tells."""
        if self.sources.listed or self.sources.total is not None or not self.walk.is_over:
            return []
        found = self.store.archive.unshown(self.run, _BATCH)
        return [self.article_request(address.url, unlisted=True) for address in found]

    def missing_requests(self) -> list[Request]:
        """Requests for what is listed and was not there, once in a walk of the whole site."""
        found = self.store.archive.missing(self.run, _BATCH) if self.walk.is_whole else []
        return [self.article_request(address.url) for address in found]

    def ageing_requests(self) -> list[Request]:
        """Requests for articles whose age wants another look, on a site that tells no changes."""
        if self.sources.dated or not (self.sources.used or self.findings.sound):
            return []
        budget = self.crawler.settings.getint("MAINLAND_RECHECKS") - self.findings.rechecks
        found = self.store.archive.ageing(self.run, max(budget, 0), datetime.now(UTC))
        self.findings.rechecks += len(found)
        return [self.article_request(url) for url in found]

    def control_requests(self) -> list[Request]:
        """Requests for known articles that tell whether the site changed or only its newest articles have less."""
        return [
            Request(url, self.parse_control, errback=self.failed, cb_kwargs={"names": names})
            for url, names in self.watch.controlled(self.run)
        ]

    # -- callbacks -----------------------------------------------------------------------------------------

    async def parse_category(self, response: Response, slug: str, number: int) -> AsyncIterator[Request]:
        """A page of a section: its articles, and its next page."""
        if not self.is_crawling:  # scrapy parse --callback=parse_category
            page = pages.of_response(response) if isinstance(response, TextResponse) else None
            for url in [*listings.hero_links(page), *listings.list_links(page)] if page else []:
                yield Request(url, self.parse)
            return
        self._count("category")
        await self.planned.wait()  # of a request that was kept in JOBDIR
        self.follow()
        for request in self.read_category(response, slug, number):
            yield request
        self.outstanding.end(response)

    def read_category(self, response: Response, slug: str, number: int) -> Iterator[Request]:
        """The requests for what a page of a section lists.

        A list has an end where it says so, and where a page shows nothing that another did not show.
        """
        if response.status in _GONE:
            if number == 1:
                self.miss_section(response, slug, f"answers {response.status}")
            else:
                self.walk.end(slug, number)
            return
        page = pages.of_response(response) if isinstance(response, TextResponse) and CUT not in response.flags else None
        if page and number > 1 and self.walk.is_past_end(page, slug, is_elsewhere=leads_elsewhere(response)):
            self.walk.end(slug, number)
            return
        hero, found = (listings.hero_links(page), listings.list_links(page)) if page else ([], [])
        if page is None or not listings.is_listing(page):
            self.no_list(response, page, slug, number)
            return
        self.findings.sound += 1
        if "pagination" not in self.findings.facts:
            self.findings.facts["pagination"] = listings.pagination(page) or ""
        shown = {urls.key(url): url for url in reversed(hero + found)}
        self.findings.shown += len(shown)
        if number == 1:
            parts = {"articles": len(shown), "hero": len(hero), "list": len(found)}
            self.watch.compare(slug, self.walk.sections[slug], parts, is_empty=listings.is_empty(page))
        archive = self.store.archive
        # What another list showed in this run, or a source told, is as new as what is asked now.
        is_new = any(archive.was_asked(url, self.run) for url in shown.values())
        for url in (wanted := self.walk.wanted(reversed(shown.values()))):
            yield self.article_request(url, number)
        linked = listings.next_page(page)
        archive.show(f"hero of {slug}", hero)
        if not archive.show(slug, found) or (linked is None and listings.is_numbered(page)):
            self.walk.end(slug, number)
        elif following := self.walk.following(slug, number, linked, is_new=is_new or bool(wanted)):
            yield self.category_request(following[0], slug, following[1])

    def no_list(self, response: Response, page: pages.Page | None, slug: str, number: int) -> None:
        """A page of a section that is no list: the site's own for good, or a notice in its place."""
        is_costly = page is not None and page.is_costly
        is_away = number == 1 and is_for_good(response) and leads_elsewhere(response)
        if page and is_away and not is_costly and self.needs_no_list(page):
            self.miss_section(response, slug, f"leads to {response.url}")
            return
        self.findings.refused += 1
        self.fail(response.url, pages.COSTLY if is_costly else "no list of articles: a notice in its place")
        self.walk.stop(slug, number)

    def needs_no_list(self, page: pages.Page) -> bool:
        """Whether a page is of the site, and something other than its sections lists all articles."""
        try:
            page.require_article()
        except pages.UnknownPageError:
            return False
        except pages.NotAnArticleError:
            pass
        return self.sources.listed or bool(self.store.archive.fact("has_listing"))

    def miss_section(self, response: Response, slug: str, what: str) -> None:
        """A section that is linked and not there: a dead link, if it never showed articles."""
        self.findings.sound += 1
        asked = asked_address(response)
        if self.arguments.sections:
            self.fail(asked, f"section {what}")
        self.watch.compare(slug, self.walk.sections[slug], {"articles": 0})
        self.logger.warning("%s: section %s", asked, what)
        if self.sources.listed:
            self.walk.end(slug, 1)
        else:
            self.walk.stop(slug, 1)

    async def parse_article(self, response: Response) -> AsyncIterator[Article]:
        """The page of an article, with its further parts where it has some."""
        if not self.is_crawling:  # scrapy parse --callback=parse_article
            async for item in self.parse(response):
                yield item
            return
        self._count("article")
        await self.planned.wait()
        self.follow()
        for line in await self.lines_of(response):
            yield self.deliveries.begin(line, answer_of(response))
        self.outstanding.end(response)

    async def lines_of(self, response: Response) -> list[Article]:
        """What to write of the page of an article."""
        asked = asked_address(response)
        held = self.store.archive.article_at(asked)
        held = held if held and held.state == "public" else None
        try:
            item = await self.read_article(response)
        except PartError as error:
            self.fail(response.url, str(error))
            return []
        except pages.UnknownPageError as error:
            self.findings.refused += 1
            self.watch.miss(response.url)
            self.unread(response, held, str(error))
            return []
        except pages.NotAnArticleError as error:
            self.no_article(response, asked, held, str(error))
            return []
        self.findings.sound += 1
        if await self.is_taken(item, asked):
            return []
        if held and held.id != item.id and (not held.is_dated_as(item) or self.store.archive.article(item.id)):
            return await self.replaced(response, held, item)
        self.removals.clear(held.id if held else item.id)
        is_behind = held is not None and is_older(item, held)  # a cache, or a site that was restored
        return [] if is_behind and self.store.archive.doubt(asked) else [item]

    async def parse(self, response: Response) -> AsyncIterator[Article]:
        """The article of a page, for ``scrapy parse``: nothing is stored, and no other page decides about it."""
        try:
            yield await self.read_article(response)
        except (pages.NotAnArticleError, PartError) as error:
            self.logger.warning("%s: not an article: %s", response.url, printable(str(error)))

    async def replaced(self, response: Response, held: Held, item: Article) -> list[Article]:
        """What to write of an address that shows another article than the one that is held."""
        if not is_for_good(response):
            self.unread(response, held, "leads for the time being to another article")
            return []
        failed = len(self.findings.failures)
        moved = None if leads_elsewhere(response) else await self.moved(held)
        if len(self.findings.failures) > failed and self.store.archive.doubt(asked_address(response)):
            return []
        if moved:
            self.removals.clear(held.id)
            return [item, moved]
        self.note_gone(held, answer_of(response), item)
        return []

    async def moved(self, held: Held) -> Article | None:
        """An article whose address shows another one now, from where its short link leads; None if it is gone."""
        response = await self.ask(f"{self.arguments.site}?p={held.id}", "control")
        if response is None or response.status != 200:
            return None
        try:
            item = await self.read_article(response)
        except (pages.UnknownPageError, pages.TooCostlyError, PartError) as error:
            self.fail(response.url, str(error))
            return None
        except pages.NotAnArticleError:
            return None
        return item if item.id == held.id else None

    def unread(self, response: Response, held: Held | None, reason: str) -> None:
        """What to make of an address that shows no article today: a failure, which is asked again.

        A removal, if nothing lists it and it leads elsewhere for the second time. Where there are no sitemaps, only a
        walk of the whole site tells of the former, and asks again.
        """
        asked, is_unlisted = asked_address(response), response.meta["unlisted"]
        is_away = leads_elsewhere(response) or reason == pages.MISPLACED
        if held and is_unlisted and is_away and self.store.archive.astray(asked, is_due=self.sources.listed):
            self.findings.gone += 1
            self.note_gone(held, answer_of(response))
        elif self.store.archive.is_guess(asked) and CUT not in response.flags:
            self.store.archive.pass_by(asked)
        else:
            self.findings.is_unsure |= is_unlisted
            self.fail(asked, reason)

    def no_article(self, response: Response, asked: str, held: Held | None, reason: str) -> None:
        """What to make of a page that is no article: nothing yet, a removal, or a rejected address."""
        if reason == pages.COSTLY:  # an article that is stored stays as it is
            self.refuse(asked, reason)
            return
        if not is_for_good(response):
            self.unread(response, held, f"leads for the time being to another page: {reason}")
            return
        self.findings.sound += 1
        # What was unlisted when its removal was held back still is, where no source lists all today.
        was_unlisted = response.meta.get("held_back", False) and not self.sources.listed
        is_listed = not (was_unlisted or self._is_unlisted(asked))
        is_away = leads_elsewhere(response) or not is_listed
        is_told = self.sources.listed or response.meta["unlisted"]
        is_gone = response.status in _GONE or (is_told and is_away)
        if is_gone and held and is_listed:  # asked once more, then when the sitemaps tell of a change
            self.removals.clear(held.id)
            if not self.store.archive.doubt(asked):
                self.store.archive.read(asked)
            return
        if held and (is_gone or reason == pages.PROTECTED):
            self.findings.gone += is_gone
            self.note_gone(held, answer_of(response, is_protected=not is_gone))
        elif response.status in _GONE and self.store.archive.doubt(asked):
            self.logger.info("%s: answers %s, asked once more by the next crawl", asked, response.status)
        else:
            self.refuse(asked, reason)

    def note_gone(self, held: Held, answer: Answer, successor: Article | None = None) -> None:
        """Notes an article that is gone; the end of the crawl decides whether it is removed.

        ``successor`` is another article that stands at its address now.
        """
        line = held.removal(str(self.host), dates.utc(datetime.now(UTC)))
        self.removals.add(Removal(line, answer, successor))

    async def remove(self) -> None:
        """Sends the removals to the pipelines, or holds them back; then the crawl is over."""
        archive, removals = self.store.archive, self.removals
        before = dict(removals.waiting)
        try:
            is_sound = not self.findings.failures
            for removal in removals.decide(archive.count(), datetime.now(UTC), is_sound=is_sound):
                for item in filter(None, (removal.item, removal.successor)):
                    self.deliveries.begin(item, removal.answer)
                    await self.crawler.engine.scraper.start_itemproc_async(item, response=None)
            for number in before.keys() - removals.waiting.keys():
                held = archive.article(number)
                if number in removals.found and held and held.state == "public":  # a pipeline kept the line back
                    removals.waiting[number] = before[number]
            others = {int(number): since for number, since in (archive.fact("held_removals") or {}).items()}
            waiting = {number: since for number, since in others.items() if number not in before} | removals.waiting
            archive.keep(
                held_removals={str(number): since for number, since in waiting.items()},
                accepted_removals=sorted(removals.accepted & waiting.keys()),
            )
            self.findings.is_unsure |= bool(waiting)
        except Exception:  # noqa: BLE001 - nobody awaits this task
            self.note_error(Failure())  # type: ignore[no-untyped-call]
        await self.crawler.engine.close_spider_async(reason="finished")

    async def is_taken(self, item: Article, asked: str) -> bool:
        """Whether the id of an article is that of another one, or its page does not say; either is noted."""
        other = self.store.archive.article(item.id)
        if other is None or not other.is_another(item, asked):
            return False
        failed = len(self.findings.failures)
        response = await self.ask(other.url, "control")
        if response is None:
            return len(self.findings.failures) > failed  # what is forbidden, or leads off the site, shows nothing
        if not self.shows(response, other):
            return False
        if not self.store.archive.doubt(asked):  # a cache can be behind
            self.refuse(asked, TAKEN)
        return True

    def shows(self, response: Response, held: Held) -> bool:
        """Whether the address of an article still shows it, rather than leading to where it is now."""
        if not isinstance(response, TextResponse) or response.status != 200 or urls.key(response.url) != held.key:
            return False
        try:
            return extraction.article(pages.of_response(response), self.about).id == held.id
        except pages.NotAnArticleError:
            return False

    async def read_article(self, response: Response) -> Article:
        """The article that an address answered with.

        :raises NotAnArticleError: it is none, or gone.
        :raises PartError: a further part of it is missing.
        """
        if response.status in _GONE:
            raise pages.NotAnArticleError(f"status {response.status}")
        if CUT in response.flags or not response.body:
            raise pages.UnknownPageError("cut off")
        if not isinstance(response, TextResponse):
            raise pages.NotAnArticleError("no HTML")
        with self.reading(response):
            page = pages.of_response(response)
            if "home" in page.classes and urls.key(response.url) == urls.key(self.arguments.site):  # in a folder
                raise pages.NotAnArticleError("home page")
            page.require_article()
        further = await further_parts(page, self.ask_part) if page.is_split else []
        with self.reading(response):
            item = extraction.article(page, self.about, further, self.crawler.stats)
        item.date_crawled = response.meta.get("fetched", dates.utc(datetime.now(UTC)))
        if self.is_crawling:
            self.note_article(item, page, response)
        return item

    def reading(self, response: Response) -> AbstractContextManager[None]:
        """A block that reads a page; a crawl that is killed within it leaves a note for the next one."""
        return self.store.reading(asked_address(response)) if self.is_crawling else nullcontext()

    def note_article(self, item: Article, page: pages.Page, response: Response) -> None:
        """Notes what an article's page says beside the article."""
        known = self.store.archive.article(item.id)
        if known and page.linked and urls.key(page.linked) == known.key:  # one of its addresses is as good as another
            item.url = page.linked
        response.meta["tells_change"] = any(map(page.ask, RULES["date_modified"]))
        self.watch.note(item, response.url)
        if "template" not in self.findings.facts:
            self.findings.facts |= page.theme

    async def ask_part(self, url: str) -> Response:
        """The answer of the address of a part."""
        response = await self.ask(url, "part")
        if response is None or CUT in response.flags:
            raise PartError(f"{url} failed")
        return response

    def parse_control(self, response: Response, names: list[str]) -> None:
        """The page of a known article, read only to see whether it still has what it had."""
        self._count("control")
        if isinstance(response, TextResponse):
            with suppress(pages.NotAnArticleError):
                stats = MemoryStatsCollector(self.crawler)
                self.watch.read_control(pages.of_response(response), self.about, names, stats)

    def failed(self, failure: Failure) -> None:
        """A request that gave no answer, or a status that no page should have."""
        request, error = failure.request, failure.value  # type: ignore[attr-defined]
        self.outstanding.end(request)
        is_list, is_forbidden = request.callback == self.parse_category, isinstance(error, ForbiddenError)
        self.findings.is_unsure |= bool(request.meta.get("unlisted"))
        if is_list and not is_forbidden:
            self.walk.stop(**request.cb_kwargs)
        if is_list and is_forbidden and (self.sources.listed or self.store.archive.fact("has_listing")):
            self.walk.end(**request.cb_kwargs)
        elif is_list and is_forbidden:
            self.fail(request.url, str(error))
        response = getattr(error, "response", None)
        if response is not None:
            self.findings.refused += response.status in (401, 403)
            self.fail(request.url, f"status {response.status}")
        elif isinstance(error, IgnoreRequest):
            self.ignored(request, error)
        else:
            self.fail(request.url, why(error))

    def ignored(self, request: Request, error: IgnoreRequest) -> None:
        """A request that was not sent, or whose answer was not taken.

        Only what is forbidden, or was moved away for good by a site that is well, is not asked again.
        """
        asked = asked_address(request)
        is_forbidden = isinstance(error, ForbiddenError)
        self.findings.refused += is_forbidden
        is_settled = request.callback == self.parse_article and is_for_good(request)
        is_away = isinstance(error, OffTheSiteError) and (self.findings.sound or self.sources.used)
        if is_settled and (is_forbidden or is_away):
            self.refuse(asked, str(error))
        elif is_away and self.store.archive.is_guess(asked):
            self.store.archive.pass_by(asked)
        elif not is_forbidden or asked != request.url:
            self.fail(asked, str(error))

    # -- signals -------------------------------------------------------------------------------------------

    def note_time(self, request: Request) -> None:
        """Notes when an answer came: the pages kept bear the same date as the line made of them."""
        request.meta["fetched"] = dates.utc(datetime.now(UTC))

    def read_robots(self, response: Response) -> None:
        """Keeps the sitemaps that robots.txt names, and what the site says of machines that read it."""
        for name in ("tdm-reservation", "tdm-policy"):
            if value := response.headers.get(name):
                self.findings.reservations[name] = value.decode("latin-1")[:_LONGEST]
        if response.url.endswith("/robots.txt") and response.status == 200 and urls.host(response.url) == self.host:
            text = response.body.decode("utf-8", "replace")
            self.findings.robots_sitemaps = reservations.sitemaps(text, response.url)
            self.findings.reservations["refused_agents"] = reservations.refused_agents(text)

    def note_written(self, item: Article) -> None:
        answer = self.deliveries.end(item)
        if answer:
            self.settle(item, answer)

    def note_drop(self, item: Any, exception: Exception) -> None:
        """Notes what became of the address of an item that no line was written for."""
        answer = self.deliveries.end(item)
        if answer is None or isinstance(exception, UnwrittenItem):
            return
        if isinstance(exception, RejectedItem):
            self.refuse(answer.requested, str(exception))
        elif isinstance(exception, KnownItem):
            self.settle(item, answer, is_known=True)
        else:
            self.note_lost(answer, item)
            self.fail(answer.requested, f"dropped by a pipeline: {exception}")

    def note_held_back(self) -> None:
        """Notes for a person the articles whose removal is held back."""
        archive, waiting = self.store.archive, self.removals.waiting
        if waiting:
            found = [held.url for number in list(waiting)[:3] if (held := archive.article(number))]
            self.findings.unconfirmed["removals"] = (
                f"{len(waiting)} of {archive.count()} articles were found gone, too many to remove at once:"
                f" {', '.join(found)}; they are removed when a crawl finds the same a day later, or after"
                " scrapy status --accept"
            )

    def note_lost(self, answer: Answer, item: Any) -> None:
        """Makes the address of an item due that no line was written for; a removal needs all sources once more."""
        self.store.archive.renew(answer.requested)
        self.findings.is_unsure |= getattr(item, "change", None) == "removed"

    def note_unwritten(self) -> None:
        """Notes the addresses whose requests never came back, and those of items that no line was written for."""
        shares = bool(config.sharing(self.crawler.settings).redis)  # then others take the requests
        for request in [] if shares else self.outstanding.left():
            if request.callback == self.parse_category:
                self.walk.stop(**request.cb_kwargs)
            self.findings.is_unsure = True
            self.fail(request.url, "not read: its request, or its page, never came back from Scrapy and its components")
        for item, answer in self.deliveries.unfinished():
            self.note_lost(answer, item)
            self.fail(
                answer.requested, "not written: a component replaced or dropped its article, or WritePipeline is off"
            )

    def settle(self, item: Article, answer: Answer, *, is_known: bool = False) -> None:
        """Notes that the addresses of an item need not be asked again; ``is_known`` says that it needed no line."""
        archive, asked = self.store.archive, answer.requested
        if answer.is_unlisted:
            archive.alive(asked)
        if is_known and self._is_behind(asked, item) and archive.doubt(asked):
            return
        if answer.is_protected and (known := archive.address(asked)) and known.lastmod:
            archive.read(asked, reason=pages.PROTECTED)  # asked again when a source tells of a change, not each time
        for url in {asked} if item.change == "removed" else {asked, answer.url}:
            known = archive.address(url)
            if known is None or known.reason is None or item.change != "removed":
                is_other = archive.is_removed(url) and urls.key(url) != urls.key(str(item.url))
                archive.read(url, item.date_modified, ELSEWHERE if is_other else None)
        if not is_known and answer.tells_change and self._is_behind(asked, item, since=_FRESH):
            archive.look_again(asked)

    def note_error(self, failure: Failure, response: Response | None = None, item: Any = None) -> None:
        """Notes a page that a fault of ours, or of the disk, kept from the feed; None for what comes before pages."""
        if isinstance(response, Response):
            self.outstanding.end(response)
        is_ours = item is None  # an error of WritePipeline is no error of an item
        if (
            is_ours
            and isinstance(failure.value, (OSError, sqlite3.Error))
            and not isinstance(failure.value, (ConnectionError, TimeoutError))
        ):
            self.crawler.stats.set_value("mainland/cannot_write", str(failure.value))
        answer = self.deliveries.end(item)
        if answer:
            self.note_lost(answer, item)
        url = answer.requested if answer else response.url if response else self.arguments.site
        assert failure.value
        self.fail(url, logs.fault(failure.value))

    # -- notes ---------------------------------------------------------------------------------------------

    def refuse(self, url: str, reason: str) -> None:
        """Notes an address that gave no article."""
        reason = cut(reason)
        self.crawler.stats.inc_value(f"mainland/rejected/{reason}")
        self.store.reject(url, reason)
        if reason not in _COUNTED:
            self.sources.uncount(url)

    def fail(self, url: str, reason: str) -> None:
        """Notes an address that could not be read; it is asked again by the next crawl."""
        url, reason = cut(url), cut(printable(reason))
        self.crawler.stats.inc_value(f"mainland/failed/{reason}")
        self.logger.warning("%s: %s", url, reason)
        if len(self.findings.failures) < 100:
            self.findings.failures.append((url, reason))

    def _count(self, kind: str) -> None:
        self.crawler.stats.inc_value(f"mainland/requests/{kind}")

    def _is_told(self, url: str) -> bool:
        """Whether the sitemaps or REST tell of an address."""
        known = self.store.archive.address(url)
        return self.store.archive.is_listed(url) or bool(known and known.lastmod)

    def _is_behind(self, url: str, item: Article, since: timedelta | None = None) -> bool:
        """Whether the sources tell of a later change than the page of an article: a copy in a cache may be older."""
        known = self.store.archive.address(url)
        told = (known.lastmod if known else None) or ""
        is_fresh = since is None or told > dates.utc(datetime.now(UTC) - since)
        return is_fresh and (item.date_modified or "") < told

    def _is_dropped(self, url: str) -> bool:
        """Whether the sitemaps do not list the address of a public article."""
        held = self.store.archive.article_at(url)
        return held is not None and held.state == "public" and self._is_unlisted(url)

    def _is_unlisted(self, url: str) -> bool:
        """Whether the sitemaps, where the site has any, are known not to list an address."""
        archive = self.store.archive
        return not archive.is_listed(url) if self.sources.listed else not archive.fact("has_listing")

    def _is_long_ago(self, moment: str) -> bool:
        every = timedelta(days=self.crawler.settings.getfloat("MAINLAND_FULL_EVERY"))
        walked = dates.instant(moment)
        return walked is None or abs(datetime.now(UTC) - walked) >= every  # the clock may have been wrong, and set back


def asked_address(message: Request | Response) -> str:
    """The address that was asked first, before redirects."""
    return str(message.meta.get("redirect_urls", [message.url])[0])


def answer_of(response: Response, *, is_protected: bool = False) -> Answer:
    """What is still wanted of a response once its article is written."""
    meta = response.meta
    return Answer(
        asked_address(response),
        response.url,
        is_unlisted=bool(meta.get("unlisted")),
        is_protected=is_protected,
        tells_change=bool(meta.get("tells_change")),
    )


def leads_elsewhere(response: Response) -> bool:
    """Whether what was asked led to the address of another page."""
    return urls.key(response.url) != urls.key(asked_address(response))


def is_for_good(message: Request | Response) -> bool:
    """Whether no redirect on the way was for the time being."""
    return set(message.meta.get("redirect_reasons", [])) <= _FOR_GOOD


def is_older(item: Article, held: Held) -> bool:
    """Whether an article says that it changed last before what is held of it did."""
    return item.id == held.id and (item.date_modified or "9999") < (held.date_modified or "")
