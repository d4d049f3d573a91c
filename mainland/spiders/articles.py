"""The spider: which pages are asked, and in which order. What they say is read elsewhere."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urljoin

from scrapy import Request, signals
from scrapy.exceptions import CloseSpider, DontCloseSpider, IgnoreRequest
from scrapy.http import Response, TextResponse
from scrapy.statscollectors import MemoryStatsCollector
from twisted.python.failure import Failure

from mainland import config, dates, extraction, listings, logs, pages, reservations, urls
from mainland.crawl.observe import (
    GONE,
    Reader,
    is_elsewhere,
    of_article,
    of_error,
    of_failure,
    requested_address,
    route,
)
from mainland.decisions.changes import is_forgotten, is_known
from mainland.decisions.judge import TAKEN, arrived, judge, reject, reject_incomplete
from mainland.decisions.types import (
    Decision,
    Entry,
    Evidence,
    FollowUp,
    Outcome,
    Reply,
    Route,
    Site,
    State,
    StoredArticle,
    Suspicion,
)
from mainland.deliveries import Deliveries, Pending
from mainland.findings import Findings
from mainland.items import Article
from mainland.lines import cut, printable
from mainland.middlewares import CUT, ForgottenError, UnknownRulesError, why
from mainland.outstanding import Outstanding
from mainland.parts import PartError
from mainland.removals import Removal, Removals
from mainland.selectors import RULES
from mainland.site_spider import SiteSpider, crawl_opened
from mainland.sources import Sources
from mainland.store import KnownItem, LockedError, RejectedItem, Store, UnwrittenItem, WrongSiteError
from mainland.walk import Walk
from mainland.watch import Watch

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

_SOURCES = ("rest", "sitemap")
_COUNTED = ("status 404", "status 410", pages.PROTECTED, TAKEN)  # why REST counts a post that is no article here
_BATCH = 200
_UNLISTED = 50  # articles in a batch that no inventory lists
_MOST_EMPTY, _MOST_OTHER_PAGES = 200, 50  # addresses without an article, in a crawl of the whole site
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
        self.is_doubtful_requested = False
        self.is_contradicted = False
        self.buried: dict[int, str] = {}
        self.unlisted: list[str] = []
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
        is_empty = sources.listed and not sources.inventoried  # which the sections may contradict
        self.findings.is_unexplained = is_lost or is_behind or is_empty
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
            meta={"handle_httpstatus_list": [*GONE]},
            priority=-2 * number,
        )
        return self.outstanding.begin(request)

    def article_request(self, url: str, number: int = 0) -> Request:
        """A request for an article; ``number`` is the page of a section that shows it."""
        self.store.archive.requested(url, self.run)
        request = Request(
            url,
            self.parse_article,
            errback=self.article_failed,
            meta={"handle_httpstatus_list": [*GONE]},
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
            is_source = kind in ("feed", *_SOURCES)
            if is_source and CUT in response.flags:
                reason = "cut off"
            elif is_source and response.status == 200 and not response.body.strip():
                reason = "blank answer"
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
            requests = requests or self.unshown_requests() or self.doubtful_requests() or self.ageing_requests()
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
        return [self.article_request(entry.url) for entry in self.store.archive.due(self.run, _BATCH)]

    def held_back_requests(self) -> list[Request]:
        """Requests for articles whose removal was held back; what is listed again is due as anything else."""
        archive = self.store.archive
        requests: list[Request] = []
        while not requests and (numbers := self.removals.next_requests(datetime.now(UTC))):
            for held in filter(None, map(archive.article, numbers)):
                is_back = self.sources.listed and archive.is_listed(held.url)
                if is_back or held.state != "public":
                    self.removals.clear(held.id)
                    archive.make_due(held.url)
                elif not archive.was_requested(held.url, self.run):
                    requests.append(self.article_request(held.url))
        return requests or self.due_requests()

    def put_suspects_last(self) -> None:
        """Requests what may have ended earlier crawls after everything else; what did so too often not at all."""
        archive = self.store.archive
        for url, times in list(self.store.suspects.items()) if archive.leads else []:
            if not archive.knows(url):
                archive.report(url)
            if times >= _MOST_KILLED:
                self.store.clear_suspect(url)
                reason = f"too costly to read: {times} crawls were killed while they read it"
                now = dates.utc(datetime.now(UTC))
                self.record(reject(archive.entry(url), reason, "crawls were killed", now))
            else:
                self.suspects.append(url)
            archive.requested(url, self.run)

    def suspect_requests(self) -> list[Request]:
        """A request for an address whose page was being read when an earlier crawl was killed, one at a time."""
        return [self.article_request(self.suspects.pop())] if self.suspects else []

    def unlisted_requests(self) -> list[Request]:
        """Requests for what the inventory lists no longer, as long as not all of the last ones are alive."""
        archive = self.store.archive
        self.is_contradicted |= self.sources.listed and archive.is_inventory_broken()
        if not self.sources.listed or self.is_contradicted:
            return []
        if len(self.unlisted) == _UNLISTED and all(
            entry.last_run == self.run and entry.looks_alive for entry in map(archive.entry, self.unlisted)
        ):
            self.findings.unconfirmed["inventory"] = (
                f"the sitemaps lack {_UNLISTED} articles whose pages are there, and more: they are incomplete"
            )
            return []
        found = archive.unlisted(self.run, _UNLISTED, everything=self.walk.is_whole)
        if not found and self.sources.missed(self.findings.gone) > 0:
            found = archive.unlisted(self.run, _UNLISTED, everything=True)
        self.unlisted = [entry.url for entry in found]
        return [self.article_request(entry.url) for entry in found]

    def unshown_requests(self) -> list[Request]:
        """Requests for what no section shows, once all were walked to their ends where nothing else tells."""
        if self.sources.listed or self.sources.total is not None or not self.walk.is_over:
            return []
        found = self.store.archive.unshown(self.run, _BATCH)
        return [self.article_request(entry.url) for entry in found]

    def doubtful_requests(self) -> list[Request]:
        """Requests for what showed no article in earlier crawls, once in a crawl of the whole site."""
        if not self.walk.is_whole or self.is_doubtful_requested:
            return []
        self.is_doubtful_requested = True
        found = self.store.archive.doubtful(self.run, _MOST_EMPTY, _MOST_OTHER_PAGES)
        return [self.article_request(entry.url) for entry in found]

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
        if response.status in GONE:
            if number == 1:
                self.miss_section(response, slug, f"answers {response.status}")
            else:
                self.walk.end(slug, number)
            return
        page = pages.of_response(response) if isinstance(response, TextResponse) and CUT not in response.flags else None
        if page and number > 1 and self.walk.is_past_end(page, slug, is_elsewhere=is_elsewhere(response)):
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
        is_new = any(archive.was_requested(url, self.run) for url in shown.values())
        for url in (wanted := self.walk.wanted(reversed(shown.values()))):
            yield self.article_request(url, number=number)
        linked = listings.next_page(page)
        archive.show(f"hero of {slug}", hero)
        if not archive.show(slug, found) or (linked is None and listings.is_numbered(page)):
            self.walk.end(slug, number)
        elif following := self.walk.following(slug, number, linked, is_new=is_new or bool(wanted)):
            yield self.category_request(following[0], slug, following[1])

    def no_list(self, response: Response, page: pages.Page | None, slug: str, number: int) -> None:
        """A page of a section without a list: the site's own, or a notice in its place."""
        is_costly = page is not None and page.is_costly
        is_own = number == 1 and route(response) is not Route.TEMPORARY
        if page and is_own and not is_costly and self.needs_no_list(page):
            self.miss_section(response, slug, f"leads to {response.url}" if is_elsewhere(response) else "has no list")
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
        asked = requested_address(response)
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
        entry = self.store.archive.entry(requested_address(response))
        evidence = await self.observe(response)
        decision, moved = await self.decide(entry, evidence)
        for item in self.record(decision, evidence, response, moved):
            yield item
        self.outstanding.end(response)

    async def observe(self, response: Response) -> Evidence:
        """What a response shows."""
        try:
            item, page = await self.reader.read(response)
        except pages.UnknownPageError as error:
            self.findings.refused += 1
            self.watch.miss(response.url)
            return of_error(response, error)
        except (pages.NotAnArticleError, PartError) as error:
            evidence = of_error(response, error)
            self.findings.sound += evidence.route is not Route.TEMPORARY and evidence.outcome is not Outcome.COSTLY
            return evidence
        self.findings.sound += 1
        self.note_article(item, page, response)
        archive = self.store.archive
        stored, entry = archive.match(item), archive.entry(str(item.url))
        chosen = archive.entry(stored.url) if stored and stored.key != entry.key else None
        return replace(
            of_article(response, item, stored, is_known=is_known(item, stored, entry)),
            is_forgotten=is_forgotten(stored, entry),
            shows_change=any(map(page.ask, RULES["date_modified"])),
            chosen=chosen,
            is_default=urls.key(page.default_url or "") == entry.key,
        )

    async def decide(self, entry: Entry, evidence: Evidence) -> tuple[Decision, Article | None]:
        """What follows from evidence, after the requests that it needs; and the article that a short link showed."""
        stored, moved = self.store.archive.article_at(entry.url), None
        public = stored if stored and stored.state == "public" else None
        decision = judge(entry, public, evidence, self.known_site())
        while decision.follow_up:
            if decision.follow_up is FollowUp.OCCUPANT:
                assert evidence.match
                evidence = replace(evidence, occupant=await self.occupant(evidence.match))
            else:
                assert public
                reply, moved = await self.short_link(public)
                evidence = replace(evidence, short_link=reply)
            decision = judge(entry, public, evidence, self.known_site())
        return decision, moved

    async def occupant(self, stored: StoredArticle) -> Reply:
        """Whether the address of a stored article still shows it."""
        failed = len(self.findings.failures)
        response = await self.ask(stored.url, "control")
        if response is None:  # what is forbidden, or leads off the site, shows nothing
            return Reply.FAILED if len(self.findings.failures) > failed else Reply.NOT_SHOWN
        if not isinstance(response, TextResponse) or response.status != 200 or urls.key(response.url) != stored.key:
            return Reply.NOT_SHOWN
        try:
            number = extraction.article(pages.of_response(response), self.about).id
        except pages.NotAnArticleError:
            return Reply.NOT_SHOWN
        return Reply.SHOWN if number == stored.id else Reply.NOT_SHOWN

    async def short_link(self, stored: StoredArticle) -> tuple[Reply, Article | None]:
        """Where the short link of an article leads whose address shows another one now."""
        failed = len(self.findings.failures)
        response = await self.ask(f"{self.arguments.site}?p={stored.id}", "control")
        if response is None or response.status != 200:
            return (Reply.FAILED if len(self.findings.failures) > failed else Reply.NOT_SHOWN), None
        try:
            item, page = await self.reader.read(response)
        except (pages.UnknownPageError, pages.TooCostlyError, PartError) as error:
            self.fail(response.url, str(error))
            return Reply.FAILED, None
        except pages.NotAnArticleError:
            return Reply.NOT_SHOWN, None
        self.note_article(item, page, response)
        return (Reply.SHOWN, item) if item.id == stored.id else (Reply.NOT_SHOWN, None)

    def record(
        self,
        decision: Decision,
        evidence: Evidence | None = None,
        response: Response | None = None,
        moved: Article | None = None,
    ) -> list[Article]:
        """Records a decision, at once or when the lines that it wants are written; the items for these."""
        archive, entry = self.store.archive, decision.entry
        self.note_decision(decision)
        stored = archive.article_at(entry.url)
        stored = stored if stored and stored.state == "public" else None
        article = evidence.article if evidence else None
        if decision.is_burial and evidence and evidence.match:
            self.buried[evidence.match.id] = entry.url
        if decision.is_alive:
            self.removals.clear(stored.id if stored else article.id if article else None)
        if stored and (decision.is_removal or (entry.suspicion is Suspicion.MISSING and entry.is_confirmed)):
            archive.make_alternates_due(stored.id)
        pending = Pending(decision, response.url if response else entry.url)
        if not (decision.is_delivered or decision.is_removal or decision.rejection):
            archive.save(entry)
        items = [article if decision.is_delivered else None, moved if decision.is_moved else None]
        if stored and decision.is_removal:
            line = stored.removal(str(self.host), dates.utc(datetime.now(UTC)))
            successor = None if evidence is None or evidence.is_elsewhere else items[0]
            self.removals.add(Removal(line, pending, successor))
            items = [] if successor else items
        return [self.deliveries.begin(item, pending) for item in items if item]

    def note_decision(self, decision: Decision) -> None:
        """Counts a decision for the report, and writes what is rejected to its file."""
        entry, findings = decision.entry, self.findings
        self.crawler.stats.inc_value(f"mainland/decisions/{decision.rule}")
        findings.is_unsure |= decision.is_unsure
        findings.forbidden += decision.is_forbidden
        findings.gone += decision.is_uncounted
        if decision.warning:
            findings.unconfirmed["identity"] = decision.warning
        if decision.failure:
            self.fail(entry.url, decision.failure)
        if decision.rejection:
            self.crawler.stats.inc_value(f"mainland/rejected/{decision.rejection}")
            self.store.reject(entry)
            if decision.rejection not in _COUNTED:
                self.sources.uncount(entry.url)

    async def parse(self, response: Response) -> AsyncIterator[Article]:
        """The article of a page, for ``scrapy parse``: nothing is stored, and no other page decides about it."""
        try:
            item, _ = await self.reader.read(response)
            yield item
        except (pages.NotAnArticleError, PartError) as error:
            self.logger.warning("%s: not an article: %s", response.url, printable(str(error)))

    async def remove(self) -> None:
        """Sends the removals to the pipelines, or holds them back; then the crawl is over."""
        archive, removals = self.store.archive, self.removals
        before = dict(removals.waiting)
        try:
            is_sound = not self.findings.failures
            decided = removals.decide(archive.count(), datetime.now(UTC), is_sound=is_sound)
            # What stands at an address now comes first: it can be an article that is removed from another one.
            items = [(each.successor, each.pending) for each in decided] + [
                (each.item, each.pending) for each in decided
            ]
            for item, pending in items:
                if item:
                    self.deliveries.begin(item, pending)
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

    def reading(self, response: Response) -> AbstractContextManager[None]:
        """A block that reads a page; a crawl that is killed within it leaves a note for the next one."""
        return self.store.reading(requested_address(response)) if self.is_crawling else nullcontext()

    @property
    def reader(self) -> Reader:
        """What reads the pages of articles."""
        return Reader(self.arguments.site, self.about, self.crawler.stats, self.ask_part, self.reading)

    def known_site(self) -> Site:
        """What is known of the site by now."""
        archive = self.store.archive
        return Site(
            self.run,
            archive.fact("listing") or 0,
            has_inventory=self.sources.listed and not self.is_contradicted,
            had_inventory=bool(archive.fact("has_listing")),
            is_answering=bool(self.findings.sound or self.sources.used),
            now=dates.utc(datetime.now(UTC)),
        )

    def note_article(self, item: Article, page: pages.Page, response: Response) -> None:
        """Notes what an article's page says beside the article."""
        known = self.store.archive.article(item.id)
        if known and page.linked and urls.key(page.linked) == known.key:  # one of its addresses is as good as another
            item.url = page.linked
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

    def article_failed(self, failure: Failure) -> None:
        """A request for an article that gave no answer, or none that a callback gets."""
        request = failure.request  # type: ignore[attr-defined]
        evidence = self.observe_failure(failure)
        entry = self.store.archive.entry(requested_address(request))
        stored = self.store.archive.article_at(entry.url)
        public = stored if stored and stored.state == "public" else None
        self.record(judge(entry, public, evidence, self.known_site()), evidence)

    def failed(self, failure: Failure) -> None:
        """A request for a page of a section, or a control, that gave no answer, or none that a callback gets."""
        request, evidence = failure.request, self.observe_failure(failure)  # type: ignore[attr-defined]
        is_list, is_forbidden = request.callback == self.parse_category, evidence.outcome is Outcome.FORBIDDEN
        if is_list and not is_forbidden:
            self.walk.stop(**request.cb_kwargs)
        if is_list and is_forbidden and (self.sources.listed or self.store.archive.fact("has_listing")):
            self.walk.end(**request.cb_kwargs)
        if not is_forbidden or (is_list and not (self.sources.listed or self.store.archive.fact("has_listing"))):
            self.fail(request.url, evidence.reason)

    def is_forgotten(self, url: str) -> bool:
        return self.is_crawling and self.store.archive.entry(url).state is State.FORGOTTEN

    def observe_failure(self, failure: Failure) -> Evidence:
        """What a failure says."""
        request, error = failure.request, failure.value  # type: ignore[attr-defined]
        assert error
        self.outstanding.end(request)
        evidence = of_failure(request, error)
        if isinstance(error, ForgottenError):
            evidence = replace(evidence, is_forgotten=True, match=self.store.archive.article_at(request.url))
        response = getattr(error, "response", None)
        is_refused = response is not None and response.status in (401, 403)
        self.findings.refused += is_refused or evidence.outcome is Outcome.FORBIDDEN
        return evidence

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
        pending = self.deliveries.end(item)
        if pending:
            self.settle(item, pending)

    def note_drop(self, item: Any, exception: Exception) -> None:
        """Notes what became of the address of an item that no line was written for."""
        pending = self.deliveries.end(item)
        if pending is None or isinstance(exception, UnwrittenItem):
            return
        if isinstance(exception, RejectedItem):
            reason = cut(str(exception))
            now = dates.utc(datetime.now(UTC))
            self.record(reject_incomplete(self.store.archive.entry(pending.url), reason, now))
        elif isinstance(exception, KnownItem):
            self.settle(item, pending)
        else:
            self.note_lost(pending, item)
            self.fail(pending.url, f"dropped by a pipeline: {exception}")

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

    def note_lost(self, pending: Pending, item: Any) -> None:
        """Makes the address of an item due that no line was written for; a removal needs all sources once more."""
        self.store.archive.make_due(pending.url)
        self.findings.is_unsure |= getattr(item, "change", None) == "removed"

    def note_unwritten(self) -> None:
        """Notes the addresses whose requests never came back, and those of items that no line was written for."""
        shares = bool(config.sharing(self.crawler.settings).redis)  # then others take the requests
        for request in [] if shares else self.outstanding.left():
            if request.callback == self.parse_category:
                self.walk.stop(**request.cb_kwargs)
            self.findings.is_unsure = True
            self.fail(request.url, "not read: its request, or its page, never came back from Scrapy and its components")
        for item, pending in self.deliveries.unfinished():
            self.note_lost(pending, item)
            self.fail(pending.url, "not written: a component replaced or dropped its article, or WritePipeline is off")

    def settle(self, item: Article, pending: Pending) -> None:
        """Records the decision of an item that is written, or known: its addresses need not be requested again."""
        if item.change == "removed" and pending.decision.is_delivered:
            return  # what stands there now is recorded with its own line
        archive, entry = self.store.archive, pending.decision.entry
        archive.save(entry)
        if item.change != "removed" and urls.key(pending.arrival) != entry.key:
            archive.save(arrived(archive.entry(pending.arrival), item))

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
        pending = self.deliveries.end(item)
        if pending:
            self.note_lost(pending, item)
        url = pending.url if pending else response.url if response else self.arguments.site
        assert failure.value
        self.fail(url, logs.fault(failure.value))

    # -- notes ---------------------------------------------------------------------------------------------

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
        return self.store.archive.is_listed(url) or bool(self.store.archive.entry(url).changed_at)

    def _is_long_ago(self, moment: str) -> bool:
        every = timedelta(days=self.crawler.settings.getfloat("MAINLAND_FULL_EVERY"))
        walked = dates.instant(moment)
        return walked is None or abs(datetime.now(UTC) - walked) >= every  # the clock may have been wrong, and set back
