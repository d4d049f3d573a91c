"""The section crawl: where it starts, which category page comes next, and when a section has ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from mainland.clean import urls
from mainland.clean.text import cut
from mainland.config import Arguments
from mainland.decisions.types import State
from mainland.pages.lists import home_links, is_listing, linked_sections, list_links, sections
from mainland.pages.page import Page
from mainland.pages.pagination import next_page, place
from mainland.storage.folder import DataFolder

HOME = "/"
"""The slug of the home page where it is a list of all articles, with pages."""


@dataclass
class SectionCrawl:
    """The crawl of the sections. How far it comes is stored for the next crawl."""

    store: DataFolder
    arguments: Arguments
    sections: dict[str, str] = field(default_factory=dict)
    """The addresses of the sections by slug."""

    front: list[str] = field(default_factory=list)
    """The addresses of the articles on the home page."""

    is_site_wide: bool = False
    """Whether all sections are read to their ends, and stored articles that none shows are requested."""

    named: dict[str, int] = field(default_factory=dict)
    """The number of the last page that the paginations of a section named in this crawl, by slug."""

    numbered: set[str] = field(default_factory=set)
    """The slugs of the sections whose paginations showed numbers of pages in this crawl."""

    _read: dict[str, set[str]] = field(default_factory=dict)
    """The places of the pages that were read, by slug."""

    has_begun: bool = False
    """Whether the section crawl began with the home page."""

    def begin(self, page: Page, others: Iterable[str], *, is_listed: bool, is_alone: bool) -> None:
        """Sets the sections: those that the home page ``page`` links, and ``others``, given by their addresses.

        ``is_listed``: another source lists all articles, so that there may be no sections. ``is_alone``: only the
        sections list all articles; then it adds the sections of earlier crawls, and the home page if that is a list
        with pages.
        """
        self.front = home_links(page)
        self.sections = {slug: url for slug, (_, url) in sections(page).items() if self.is_own(url)}
        self._add_addresses(others)
        if is_alone:
            self._add({**(self.store.memory.get("found_sections") or {}), **linked_sections(page)})
            if not self.arguments.sections and list_links(page) and ("blog" in page.classes or next_page(page)):
                self.sections[HOME] = self.arguments.site
        if self.sections:
            self.store.memory.save(sections=self.sections, language=cut(page.root.get("lang", "")))
        self.has_begun = bool(self.sections) or (is_listed and "home" in page.classes)

    def begin_without_home(self, others: Iterable[str]) -> list[str]:
        """Sets the sections to those of earlier crawls and ``others``, given by addresses; returns their slugs."""
        self.sections = self.store.memory.get("sections") or {}
        self._add_addresses(others)
        self.has_begun = True
        return list(self.sections)

    def _add_addresses(self, others: Iterable[str]) -> None:
        """Adds sections, given by their addresses, under the slugs in these."""
        for url in others:
            self.sections.setdefault(urls.section_slug(url) or urls.last_part(url) or url, url)

    def _add(self, found: dict[str, str]) -> list[str]:
        """Adds those of some sections, addresses by slug, that are new and on the site; returns their slugs."""
        added = {slug: url for slug, url in found.items() if slug not in self.sections and self.is_own(url)}
        self.sections |= added
        return list(added)

    def add(self, found: dict[str, str]) -> list[str]:
        """Adds those of some sections, addresses by slug, that are new and on the site; returns their slugs.

        They are stored for later crawls.
        """
        added = self._add(found)
        if added:
            remembered = self.store.memory.get("found_sections") or {}
            remembered |= {slug: self.sections[slug] for slug in added}
            self.store.memory.save(sections=self.sections, found_sections=remembered)
        for slug in added:
            self.save_progress(slug, 0)  # the next crawl reads it, if this one is killed
        return added

    def drop(self, slug: str) -> bool:
        """Drops a section that was added by :meth:`add`, in this crawl and later ones; returns False for any other."""
        remembered = self.store.memory.get("found_sections") or {}
        if remembered.pop(slug, None) is None:
            return False
        self.save_end(slug, 1)
        del self.sections[slug]
        self.store.memory.save(sections=self.sections, found_sections=remembered)
        return True

    def resume(self) -> list[str]:
        """Sets the sections to those of earlier crawls; returns the slugs of those that were not read to their ends."""
        self.sections = self.store.memory.get("sections") or {}
        unfinished = self.store.memory.unfinished_sections()
        return [slug for slug in self.sections if slug in unfinished]

    @property
    def is_over(self) -> bool:
        """Whether this is a crawl of the whole site that has read all sections to their ends."""
        return self.is_site_wide and self.is_at_end

    @property
    def is_at_end(self) -> bool:
        """Whether all sections were read, each to its end or until nothing new followed."""
        return self.has_begun and self.sections.keys() <= self.store.memory.ended_sections(self.store.ledger.run)

    def is_past_end(self, page: Page, slug: str, *, is_elsewhere: bool) -> bool:
        """Whether a page shows that it is behind the last page of a section: by its own text, or by where it leads.

        ``is_elsewhere``: a redirect led to it.
        """
        is_home = "home" in page.classes
        if is_elsewhere and urls.key(page.url or "") in map(urls.key, (self.arguments.site, self.sections[slug])):
            return is_home or is_listing(page)
        return "error404" in page.classes or (is_home and self.front != [] and home_links(page) == self.front)

    def record_home_links(self) -> None:
        """Records the addresses that the home page links as candidates: an article may be on no other list.

        Unknown ones become due; in a full crawl also candidates that did not show an article before.
        """
        for url in filter(self.is_own, self.front):
            self.store.ledger.record_candidate(url)
            if self.is_site_wide and self.store.ledger.entry(url).state is State.CANDIDATE:
                self.store.ledger.make_due(url)

    def take_wanted(self, shown: Iterable[str]) -> list[str]:
        """Records that a list shows addresses; returns those to request now, and records their requests.

        Removed articles that are listed again are among them.
        """
        own = [url for url in shown if self.is_own(url)]
        for url in own:
            self.store.ledger.record_sighting(url)
        found = [url for url in own if self.store.ledger.wants(url)]
        for url in found:  # at once: another list that shows it can come before its request
            self.store.ledger.record_request(url)
        return found

    def following(self, slug: str, number: int, linked: str | None, *, is_new: bool) -> tuple[str, int] | None:
        """The address and the number of the page after page ``number`` of a section; None if no further one is needed.

        A section that was read to its end before is read until a page lists nothing new (``is_new``). One that was
        interrupted continues at the page where it stopped. ``linked`` is the next page that the page itself names.
        Saves how far the section was read.
        """
        reached, is_complete = self.store.memory.section(slug)
        if is_complete and not is_new and not self.is_site_wide and not self.arguments.sections:
            self.save_end(slug, number)
            return None
        if not is_complete:
            self.save_progress(slug, number)
            if reached > number and not is_new and not self.arguments.full:
                self.name_pages(slug, reached)
                number, linked = reached - 1, None
        if linked is None or not self.is_own(linked):
            linked = urls.section_page(self.sections[slug], number + 1)
        return linked, number + 1

    def leads_on(self, slug: str, url: str, linked: str | None) -> bool:
        """Whether the page of a section at ``url`` links a next one that is on the site and was not read before it.

        Notes that the page was read: paginations can lead around in a circle.
        """
        read = self._read.setdefault(slug, set())
        read.add(place(url).name)
        return linked is not None and self.is_own(linked) and place(linked).name not in read

    def name_pages(self, slug: str, last: int, *, are_numbered: bool = False) -> None:
        """Notes that the pagination of a section names the pages up to ``last``, and whether by their numbers."""
        self.named[slug] = max(last, self.named.get(slug, 0))
        if are_numbered:
            self.numbered.add(slug)

    def note_end(self, slug: str, number: int | None) -> None:
        """Stores the number of the page, which an earlier one links, at which a section showed nothing further.

        None if it goes on there now.
        """
        self.store.memory.save(**{f"end of {slug}": number})

    def is_known_end(self, slug: str, number: int) -> bool:
        """Whether :meth:`note_end` was last called for a section with this page, in this crawl or an earlier one."""
        return bool(self.store.memory.get(f"end of {slug}") == number)

    def save_progress(self, slug: str, number: int) -> None:
        """Stores the number of a section's last page that was read, from which the next crawl continues."""
        self.store.memory.save_section(slug, max(number, self.store.memory.section(slug)[0]))

    def save_end(self, slug: str, number: int) -> None:
        """Stores that a section was read to its end in this run, at page ``number``."""
        self.store.memory.save_section(
            slug, max(number, self.store.memory.section(slug)[0]), ended=self.store.ledger.run
        )

    def is_own(self, url: str) -> bool:
        """Whether an address is on the site's host."""
        return urls.host(url) == urls.host(self.arguments.site)
