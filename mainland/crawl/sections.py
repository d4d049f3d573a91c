"""Reads a category page: the articles that it lists, and the next page of its section."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from scrapy.http import Response, TextResponse

from mainland.clean import urls
from mainland.config import Arguments
from mainland.crawl import refusals
from mainland.crawl.discovery import Discovery
from mainland.crawl.health import HealthMonitor
from mainland.crawl.observe import GONE, is_elsewhere, requested_address, route
from mainland.crawl.result import CrawlResult
from mainland.crawl.section_crawl import HOME, SectionCrawl
from mainland.crawl.sources.sources import Sources
from mainland.decisions.types import Evidence, Outcome, Route
from mainland.middlewares import CUT
from mainland.pages.errors import COSTLY, NotAnArticleError, UnknownPageError
from mainland.pages.kinds import require_article
from mainland.pages.lists import hero_links, is_empty, is_listing, list_links
from mainland.pages.page import Page, of_response
from mainland.pages.pagination import (
    goes_on_by_script,
    has_numbers,
    is_numbered,
    leads_back,
    next_page,
    pages_ahead,
    pagination,
)

_REFUSED = tuple(f"status {status}" for status in refusals.STATUSES)


@dataclass(frozen=True, slots=True)
class Step:
    """What to request after a page of a section."""

    articles: list[str] = field(default_factory=list)
    """The addresses to request, in the order of the page."""

    following: tuple[str, int] | None = None
    """The address and the number of the next page; None for none."""


@dataclass
class Sections:
    """Reads the category pages of one crawl."""

    section_crawl: SectionCrawl
    arguments: Arguments
    result: CrawlResult
    sources: Sources
    health: HealthMonitor
    discovery: Discovery

    def read(self, response: Response, slug: str, number: int) -> Step:
        """Records what page ``number`` of a section lists, and returns what to request after it.

        A section ends where the page says so, or where a page shows only articles that earlier pages showed. A page
        that cannot be read is a failure.
        """
        if response.status in GONE:
            if number == 1:
                self._miss(response, slug, f"answers {response.status}")
            else:
                self._end(response.url, slug, number)
            return Step()
        page = of_response(response) if isinstance(response, TextResponse) and CUT not in response.flags else None
        if page and number > 1 and self.section_crawl.is_past_end(page, slug, is_elsewhere=is_elsewhere(response)):
            self._end(requested_address(response), slug, number)
            return Step()
        hero, found = (hero_links(page), list_links(page)) if page else ([], [])
        if page is None or not _is_list_of(page, slug, number, hero + found):
            self._no_list(response, page, slug, number)
            return Step()
        self.discovery.read_list(page)
        return self._read_list(page, hero, found, slug, number)

    def _read_list(self, page: Page, hero: list[str], found: list[str], slug: str, number: int) -> Step:
        """Records the list on a category page, and returns which articles and which next page to request.

        ``hero`` and ``found`` are the addresses in its hero and its list.
        """
        store = self.section_crawl.store
        self.result.sound += 1
        if "pagination" not in self.result.facts:
            self.result.facts["pagination"] = pagination(page) or ""
        shown = {urls.key(url): url for url in reversed(hero + found)}
        self.result.shown += len(shown)
        if number == 1:
            parts = {"articles": len(shown), "hero": len(hero), "list": len(found)}
            self.health.compare(slug, self.section_crawl.sections[slug], parts, is_empty=is_empty(page))
        # What another list showed in this run, or a source reported, is as new as what is requested now.
        is_new = any(store.ledger.was_requested(url) for url in shown.values())
        wanted = self.section_crawl.take_wanted(reversed(shown.values()))
        linked = next_page(page)
        store.ledger.record_list_page(f"hero of {slug}", hero)
        if not store.ledger.record_list_page(slug, found):
            self._end(str(page.url), slug, number, page, is_empty=not found)
            return Step(wanted)
        if self.section_crawl.is_known_end(slug, number):
            self.section_crawl.note_end(slug, None)
        is_promised = self.section_crawl.leads_on(slug, str(page.url), linked)
        ahead = pages_ahead(page) or int(is_promised)
        self.section_crawl.name_pages(slug, number + ahead, are_numbered=has_numbers(page))
        if linked is None and is_numbered(page) and not leads_back(page):
            self._end(str(page.url), slug, number, is_last=True)
            return Step(wanted)
        return Step(wanted, self.section_crawl.following(slug, number, linked, is_new=is_new or bool(wanted)))

    def _end(
        self,
        url: str,
        slug: str,
        number: int,
        repeated: Page | None = None,
        *,
        is_empty: bool = False,
        is_last: bool = False,
    ) -> None:
        """Records that a section ends with a page; or a failure, if more pages are missing and no source lists all.

        ``repeated`` is a page that shows only known articles; a button for more can need a script. ``is_empty`` says
        that it shows no article at all, ``is_last`` that a page shows new articles and links no page after it.

        More pages are missing if a pagination names later ones. The last page that one names by its number can be
        empty: the theme counts the articles of the hero. For anything else in its place a second look is needed, in a
        later crawl.
        """
        crawl = self.section_crawl
        last, what = crawl.named.get(slug, 0), ""
        if last > number:
            what = f"the list ends at page {number}, though it names {last} pages"
        elif repeated and number > 1 and goes_on_by_script(repeated):
            what = "the same list again, whose button for more only a script answers"
        elif last == number > 1 and not (
            is_last or (is_empty and slug in crawl.numbered) or crawl.is_known_end(slug, number)
        ):
            what = f"shows no further article of the list, though page {number - 1} links it"
        if not what or self.sources.list_all:
            crawl.save_end(slug, number)
            return
        crawl.note_end(slug, number)
        crawl.save_progress(slug, number)
        self.result.fail(url, what)

    def record_failed(self, url: str, evidence: Evidence, slug: str, number: int) -> None:
        """Records a failure for page ``number`` of a section, whose request failed.

        If a source lists all articles, and the site refuses the page, by robots.txt, a status or a redirect to another
        host, the section is recorded as read instead.
        """
        is_forbidden = evidence.outcome is Outcome.FORBIDDEN
        if self.sources.list_all and (
            is_forbidden or evidence.outcome is Outcome.OFF_SITE or evidence.reason in _REFUSED
        ):
            if not is_forbidden:
                what = "%s: section not read: %s; the sources list all articles without it"
                self.result.logger.warning(what, url, evidence.reason)
            self.section_crawl.save_end(slug, number)
            return
        if not is_forbidden:
            self.section_crawl.save_progress(slug, number)
        self.result.fail(url, evidence.reason)

    def _no_list(self, response: Response, page: Page | None, slug: str, number: int) -> None:
        """Records a failure for a page of a section without a list; ``page`` is None if it is not HTML, or cut off.

        It is none if it is the first one, another page of the site, and the sources list all articles.
        """
        is_costly = page is not None and page.is_costly
        is_own = number == 1 and route(response) is not Route.TEMPORARY
        if page and is_own and not is_costly and self.sources.list_all and _is_of_site(page):
            self._miss(response, slug, f"leads to {response.url}" if is_elsewhere(response) else "has no list")
            return
        if page and number == 1 and is_listing(page) and "home" not in page.classes:  # its posts do not count
            self.health.compare(slug, self.section_crawl.sections[slug], {"articles": 0})
        notice = COSTLY if is_costly else "no list of articles: a notice in its place"
        self.result.refuse(partial(refusals.of_page, response, notice))
        self.result.fail(response.url, notice)
        self.section_crawl.save_progress(slug, number)

    def _miss(self, response: Response, slug: str, what: str) -> None:
        """Records that the first page of a section has no list; ``what`` says what was found, in words.

        It is logged, and is an alarm if the section had articles before; a failure if the arguments name sections. A
        section without a menu that is gone is dropped.
        """
        self.result.sound += 1
        requested = requested_address(response)
        if self.arguments.sections:
            self.result.fail(requested, f"section {what}")
        self.health.compare(slug, self.section_crawl.sections[slug], {"articles": 0})
        self.result.logger.warning("%s: section %s", requested, what)
        if response.status in GONE and self.section_crawl.drop(slug):
            return
        if self.sources.reports.has_inventory:
            self.section_crawl.save_end(slug, 1)
        else:
            self.section_crawl.save_progress(slug, 1)


def _is_list_of(page: Page, slug: str, number: int, found: list[str]) -> bool:
    """Whether a page is a category page of a section; ``found`` are the articles that it shows.

    A first page without articles is one only if it says that it is empty, a page that was too costly to read never,
    the home page only for the section :data:`HOME`.
    """
    is_readable = bool(found) or number > 1 or is_empty(page)
    return is_listing(page) and ("home" in page.classes) is (slug == HOME) and is_readable


def _is_of_site(page: Page) -> bool:
    """Whether a page is one of a JNews site, of whatever kind."""
    try:
        require_article(page)
    except UnknownPageError:
        return False
    except NotAnArticleError:
        pass
    return True


def linked_articles(response: Response) -> list[str]:
    """The addresses of the articles that a category page shows, in its order; [] for a response that is not text."""
    page = of_response(response) if isinstance(response, TextResponse) else None
    return [*hero_links(page), *list_links(page)] if page else []
