"""What a crawl reads before it requests articles: the sources, and where the sections begin."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import urljoin

from scrapy.http import Response, TextResponse

from mainland.clean import urls
from mainland.clean.listings import rest_root
from mainland.config import Arguments
from mainland.crawl import refusals, reservations
from mainland.crawl.downloads import Downloads
from mainland.crawl.health import HealthMonitor
from mainland.crawl.observe import GONE, is_elsewhere
from mainland.crawl.result import CrawlResult
from mainland.crawl.section_crawl import SectionCrawl
from mainland.crawl.sources.sources import Sources
from mainland.crawl.time_zone import TimeZone
from mainland.decisions.plan import Plan, Seen
from mainland.decisions.plan import plan as decide
from mainland.middlewares import CUT, ForbiddenError
from mainland.pages.errors import COSTLY
from mainland.pages.lists import sections
from mainland.pages.page import of_response
from mainland.storage.folder import DataFolder


@dataclass
class Planner:
    """Plans one crawl by what the sources report."""

    store: DataFolder
    arguments: Arguments
    result: CrawlResult
    sources: Sources
    section_crawl: SectionCrawl
    health: HealthMonitor
    time_zone: TimeZone
    full_every: timedelta
    """How often all sections are read to their ends: ``MAINLAND_FULL_EVERY``."""

    downloads: Downloads
    fed: list[str] = field(default_factory=list)
    """The addresses that the feed shows now and no earlier crawl knew."""

    async def plan(self) -> tuple[list[str], list[str]]:
        """Reads the sources, and returns what to request first: addresses of articles, and slugs of sections.

        Both are empty if the site does not answer.
        """
        store, result, chosen = self.store, self.result, self.arguments.sections
        memory = store.memory.site()
        plan = decide(memory, self.full_every, datetime.now(UTC), is_full=self.arguments.full)
        result.was_unsure = bool(memory.unsure)
        if not chosen and not await self._read_sources(plan):
            return [], []
        self.section_crawl.is_site_wide = plan.is_full and not chosen
        is_walk = bool(chosen) or plan.reads_sections(self._seen())
        slugs = await self._begin_section_crawl() if is_walk else self.section_crawl.resume()
        self.sources.rest.use_root(result.rest_root)
        before = await self.time_zone.learn(self.sources.rest.root, is_full=self.section_crawl.is_site_wide)
        if before is not None:
            what = "the time zone is %s, and was %s: stored articles are read again for their dates"
            result.logger.warning(what, self.time_zone.name or "unknown", before or "unknown")
        newest = self.sources.feed.newest if plan.is_first else []
        return [entry.url for entry in newest if store.ledger.wants(entry.url)], slugs

    async def _read_sources(self, plan: Plan) -> bool:
        """Reads as many sources as are needed to know what changed; returns False if the site does not answer at all.

        Stores what they show about the site for the next crawl.
        """
        sources, result, store = self.sources, self.result, self.store
        await sources.feed.read()
        sources.rest.use_root(result.rest_root)
        self.fed = list(sources.reports.unknown.values())
        if result.failures and await self.downloads.get(self.arguments.site, "home") is None:
            result.is_down = True
            return False
        if plan.reads_rest:
            await sources.rest.read(deep=not plan.is_first)
            total = sources.rest.total
            self.health.posts = None if total is None else (plan.memory.total or 0, total)
        if plan.reads_sitemaps(self._seen()):
            await sources.sitemaps.read(result.robots_sitemaps)
            self._note_broken(plan)
        if plan.reads_all_sources:
            await self._remember_sources(plan)
        if plan.reads_all_pages(self._seen()):
            await sources.read_all_pages()
        seen = self._seen()
        if plan.is_lost(seen) and not plan.memory.is_lost:
            result.is_unsure = True
            result.fail(self.arguments.site, "neither REST nor a sitemap lists articles, and one did")
        store.memory.save(is_lost=plan.is_lost(seen))
        if plan.is_full and plan.has_lost(seen):
            what = "%s: neither REST nor a sitemap lists articles any more; the category pages do"
            result.logger.warning(what, self.arguments.site)
        if plan.reads_all_sources:
            store.memory.save(has_listing=sources.reports.has_inventory)
        sources.reports.store_dating()
        return True

    def _note_broken(self, plan: Plan) -> None:
        """Notes as failures the sitemaps that an index names and that cannot be read; stores which list articles."""
        for url in self.sources.sitemaps.broken:
            self.result.is_unsure = True
            self.result.fail(url, "not a sitemap, or without its end, though an index names it")
        self.sources.sitemaps.store_known(is_full=plan.is_full)

    def _seen(self) -> Seen:
        """What the sources showed so far."""
        sources, store = self.sources, self.store
        return Seen(
            has_rest=sources.rest.total is not None,
            is_explained=sources.rest.is_explained,
            is_partial=sources.rest.is_partial,
            has_inventory=sources.reports.has_inventory,
            is_inventory_empty=sources.reports.is_inventory_empty,
            is_inventory_broken=sources.reports.has_inventory and store.inventory.is_broken(store.ledger.run),
            are_fed_listed=all(map(self._is_listed, self.fed)),
            is_feed_news=bool(self.fed),
            is_any=bool(sources.reports.used),
        )

    async def _remember_sources(self, plan: Plan) -> None:
        """Stores whether the site has REST and sitemaps; requests and notes its rules about text and data mining.

        A source that is missing now makes the crawl unsure; only a full crawl stores that the site has it no more.
        """
        response = await self.downloads.optional(urljoin(self.arguments.site, "/.well-known/tdmrep.json"), "tdmrep")
        is_given = response is not None and response.status == 200
        self.result.reservations["tdmrep"] = reservations.tdmrep(response.body) if response and is_given else None
        has = {"has_rest": self.sources.rest.total is not None, "has_sitemaps": self.sources.reports.has_inventory}
        self.result.is_unsure |= any(getattr(plan.memory, name) and not now for name, now in has.items())
        self.store.memory.save(**{name: now for name, now in has.items() if now or plan.is_full})

    async def _begin_section_crawl(self) -> list[str]:
        """Reads the home page, which begins the section crawl, and returns the slugs of the sections to read.

        Records the articles on the home page. Where it is not that of a JNews site, or a section in the arguments is
        unknown, notes that in the crawl result and returns [].
        """
        result, section_crawl, chosen = self.result, self.section_crawl, self.arguments.sections
        response = await self.downloads.get(self.arguments.site, "home")
        result.folder = self._folder(response)
        if not isinstance(response, TextResponse) or response.status != 200 or CUT in response.flags:
            if not chosen and self._is_home_refused(response) and self._are_all_listed():
                return await self._begin_without_home()
            is_page = isinstance(response, TextResponse) and response.status == 200
            reason = "cut off" if is_page else f"home page answers {response.status}" if response else "no home page"
            result.fail(self.arguments.site, reason)
            result.is_no_home = response is not None and response.status in GONE
            return []
        page = of_response(response)
        result.rest_root = result.rest_root or rest_root(page.head.rest_links, self.arguments.site)
        if chosen - sections(page).keys():
            await self.sources.sitemaps.read(result.robots_sitemaps, posts=False)
        section_crawl.begin(
            page,
            await self.sources.sitemaps.read_categories(),
            is_listed=self.sources.reports.has_inventory,
            is_alone=not self.sources.list_all,
        )
        result.facts |= page.theme
        if is_elsewhere(response) and result.folder and not self.sources.list_all:
            what = "%s leads to %s: give that as the site, so that its feed, REST and sitemaps are found"
            result.logger.warning(what, self.arguments.site, result.folder)
        if unknown := chosen - section_crawl.sections.keys():
            known = ", ".join(sorted(section_crawl.sections))
            result.wrong_use = f"unknown section {min(unknown)!r}: the site has {known}"
            return []
        if page.is_costly or not (section_crawl.sections or self.sources.reports.has_inventory):
            notice = COSTLY if page.is_costly else "no sections: no page of a JNews site, or a notice in its place"
            result.refuse(partial(refusals.of_page, response, notice), is_home=True)
            result.fail(response.url, notice)
            result.is_no_home = not page.is_costly
            return []
        result.sound += 1
        if chosen:
            return [slug for slug in section_crawl.sections if slug in chosen]
        section_crawl.record_home_links()
        return list(section_crawl.sections)

    def _is_home_refused(self, home: Response | None) -> bool:
        """Whether the site or its robots.txt refuses the home page; ``home`` is the response, None without one."""
        if home is not None:
            return home.status in refusals.STATUSES
        refusal = self.result.refusal
        is_of_home = refusal is not None and refusal.url == self.arguments.site
        return refusal is not None and is_of_home and refusal.reason.startswith(ForbiddenError.reason)

    def _are_all_listed(self) -> bool:
        """Whether the sources of this run list all articles, and some."""
        return self.sources.reports.has_inventory and not self.sources.reports.is_inventory_empty

    async def _begin_without_home(self) -> list[str]:
        """Begins the section crawl where the home page is refused and the sources list all articles.

        Returns the slugs of the sections to read.
        """
        what = "%s: the home page is refused; the sources list all articles without it"
        self.result.logger.warning(what, self.arguments.site)
        return self.section_crawl.begin_without_home(await self.sources.sitemaps.read_categories())

    def _folder(self, home: Response | None) -> str | None:
        """The address of the folder in which the site really is; None if nothing shows another than the given address.

        REST, the sitemaps and the home page ``home``, where it leads elsewhere, show it.
        """
        root = self.result.rest_root or ""
        rest = root if "?" in root else urljoin(root, "..")
        leads = [home.url] if home is not None and home.status == 200 else []
        return urls.folder(self.arguments.site, [*leads, rest, *self.result.robots_sitemaps])

    def _is_listed(self, url: str) -> bool:
        """Whether the latest inventory lists an address, or a source dated it."""
        return self.store.inventory.lists(url) or bool(self.store.ledger.entry(url).changed_at)
