"""What a category page lists, and where its section goes on."""

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
from mainland.pages.pagination import goes_on_by_script, is_numbered, next_page, pages_ahead, pagination


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from a page of a section."""

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
        """What page ``number`` of a section lists.

        A list has an end where it says so, and where a page shows nothing that another did not show.
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
        is_new = any(store.ledger.was_requested(url, store.ledger.run) for url in shown.values())
        wanted = self.section_crawl.wanted(reversed(shown.values()))
        linked = next_page(page)
        self.section_crawl.name_pages(slug, number + pages_ahead(page))
        store.ledger.record_list_page(f"hero of {slug}", hero)
        if not store.ledger.record_list_page(slug, found):
            self._end(str(page.url), slug, number, page)
            return Step(wanted)
        if linked is None and is_numbered(page):
            self._end(str(page.url), slug, number)
            return Step(wanted)
        return Step(wanted, self.section_crawl.following(slug, number, linked, is_new=is_new or bool(wanted)))

    def _end(self, url: str, slug: str, number: int, repeated: Page | None = None) -> None:
        """Notes that a section ends with a page, unless it has more that nothing else lists.

        Its paginations can name later pages: the last one alone can be empty. ``repeated`` is a page that shows nothing
        that another did not show; a script can have more of it.
        """
        last, what = self.section_crawl.named.get(slug, 0), ""
        if last > number:
            what = f"the list ends at page {number}, though it names {last} pages"
        elif repeated and number > 1 and goes_on_by_script(repeated):
            what = "the same list again, whose button for more only a script answers"
        if not what or self.sources.list_all:
            self.section_crawl.end(slug, number)
            return
        self.section_crawl.stop(slug, number)
        self.result.fail(url, what)

    def failed(self, url: str, evidence: Evidence, slug: str, number: int) -> None:
        """Notes a page of a section that gave no answer; one that is forbidden is not needed where all is listed."""
        is_forbidden = evidence.outcome is Outcome.FORBIDDEN
        if is_forbidden and self.sources.list_all:
            self.section_crawl.end(slug, number)
            return
        if not is_forbidden:
            self.section_crawl.stop(slug, number)
        self.result.fail(url, evidence.reason)

    def _no_list(self, response: Response, page: Page | None, slug: str, number: int) -> None:
        """A page of a section without a list: the site's own, or a notice in its place."""
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
        self.section_crawl.stop(slug, number)

    def _miss(self, response: Response, slug: str, what: str) -> None:
        """A section that is linked and shows no list: a dead link, if it never showed articles."""
        self.result.sound += 1
        requested = requested_address(response)
        if self.arguments.sections:
            self.result.fail(requested, f"section {what}")
        self.health.compare(slug, self.section_crawl.sections[slug], {"articles": 0})
        self.result.logger.warning("%s: section %s", requested, what)
        if response.status in GONE and self.section_crawl.drop(slug):
            return
        if self.sources.reports.has_inventory:
            self.section_crawl.end(slug, 1)
        else:
            self.section_crawl.stop(slug, 1)


def _is_list_of(page: Page, slug: str, number: int, found: list[str]) -> bool:
    """Whether a page is one of a section; a first page without articles only if it says itself that there is none.

    A page that was too costly to read is not. The home page is a list of its own.
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
    """The addresses of the articles that a category page shows, in its order; [] for another response."""
    page = of_response(response) if isinstance(response, TextResponse) else None
    return [*hero_links(page), *list_links(page)] if page else []
