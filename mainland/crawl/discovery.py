"""Finds sections and articles that only the pages of other articles link, on sites where nothing lists all articles."""

from __future__ import annotations

from dataclasses import dataclass, field

from mainland.crawl.section_crawl import SectionCrawl
from mainland.crawl.sources.sources import Sources
from mainland.pages.lists import linked_sections, neighbours
from mainland.pages.page import Page


@dataclass
class Discovery:
    """Collects the sections and articles that the pages of one crawl link.

    A section that no menu links is found in the labels of articles; an article that no section lists is found as the
    article before or after another one. Where something lists all articles, nothing is noted.
    """

    sources: Sources
    section_crawl: SectionCrawl
    are_sections_shared: bool
    """Whether other workers read the same sections: they know only the sections with which the crawl began."""

    found: list[str] = field(default_factory=list)
    """The slugs of sections that were found and not requested yet."""

    @property
    def is_needed(self) -> bool:
        """Whether links on pages are searched: no source lists all articles, and the crawl is of all sections.

        With several workers, only the leading one searches them.
        """
        crawl = self.section_crawl
        return crawl.store.database.leads and not (crawl.arguments.sections or self.sources.list_all)

    def read_list(self, page: Page) -> None:
        """Notes the sections that a page links, if :attr:`is_needed` and no other worker reads the sections."""
        if self.is_needed and not self.are_sections_shared:
            self.found += self.section_crawl.add(linked_sections(page))

    def read_article(self, page: Page) -> None:
        """Notes the sections that the page of an article links, and the articles before and after it as candidates."""
        self.read_list(page)
        for url in filter(self.section_crawl.is_own, neighbours(page)) if self.is_needed else ():
            self.section_crawl.store.ledger.record_candidate(url)

    def take(self) -> list[str]:
        """Returns the slugs of the sections to request now, and empties :attr:`found`: each is returned once."""
        found, self.found = self.found, []
        return found
