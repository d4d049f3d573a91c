"""What a crawl reads of a site: pure functions of what earlier crawls left and what its sources show now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mainland.clean import dates


@dataclass(frozen=True, slots=True)
class SiteMemory:
    """What earlier crawls left for the plan of the next one: values of the data folder's memory, by their names."""

    walked: str | None = None
    """The instant, in UTC, at which a full crawl ended last; None for never."""

    unsure: bool | None = None
    """Whether the last crawl left something open, so that the next one reads all sources."""

    has_rest: bool | None = None
    has_sitemaps: bool | None = None
    """Whether REST, or the sitemaps, listed articles; None before the first crawl that looked."""

    is_lost: bool | None = None
    """Whether REST or a sitemap listed articles, and neither does any more."""

    total: int | None = None
    """How many posts REST counted."""

    settled: int | None = None
    """The number of the run in which REST counted them."""

    is_partial: bool | None = None
    """Whether REST counted fewer posts than the sitemaps list articles."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the sources of this crawl showed so far."""

    has_rest: bool = False
    """Whether REST is open."""

    is_explained: bool = False
    """Whether REST shows all that changed since the last crawl."""

    is_partial: bool = False
    """Whether REST has the posts of a part of the site, as of one language."""

    has_inventory: bool = False
    is_inventory_empty: bool = False
    is_inventory_broken: bool = False
    """Whether the inventory lacks articles that other sources show."""

    are_fed_listed: bool = True
    """Whether the inventory, or REST, has all addresses that are new in the feed; True if there are none."""

    is_feed_news: bool = False
    """Whether the feed shows articles for the first time."""

    is_any: bool = False
    """Whether any source listed articles."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a crawl reads."""

    memory: SiteMemory
    is_full: bool
    """Whether it is a full crawl: it reads all sources, and all sections to their ends."""

    @property
    def is_first(self) -> bool:
        """Whether no full crawl ended before."""
        return self.memory.walked is None

    @property
    def reads_all_sources(self) -> bool:
        """Whether all sources are read, whatever earlier crawls found in them."""
        return self.is_full or bool(self.memory.unsure)

    @property
    def reads_rest(self) -> bool:
        """Whether REST is read."""
        return self.reads_all_sources or bool(self.memory.has_rest)

    def reads_sitemaps(self, seen: Seen) -> bool:
        """Whether the sitemaps are read; ``seen`` is what REST showed before."""
        return self.reads_all_sources or not (seen.is_explained or self.memory.has_sitemaps is False)

    def reads_all_pages(self, seen: Seen) -> bool:
        """Whether all pages of REST or of the feed are read for an inventory; those of REST complete a broken one."""
        is_change = seen.has_rest and not seen.is_explained
        is_complete = self.is_full or not seen.is_partial
        is_needed = not seen.has_inventory or (seen.is_inventory_broken and seen.has_rest)
        return is_needed and is_complete and (self.reads_all_sources or is_change)

    def is_lost(self, seen: Seen) -> bool:
        """Whether no inventory and no complete REST is there, although REST or a sitemap listed articles before.

        In a full crawl, which needs neither, only if REST is open and has a part of the site.
        """
        had = seen.has_rest or seen.has_inventory if self.is_full else self.memory.has_rest or self.memory.has_sitemaps
        return bool(had) and not (seen.has_inventory or (seen.has_rest and not seen.is_partial))

    def has_lost(self, seen: Seen) -> bool:
        """Whether no inventory is there and REST is closed, although REST or a sitemap listed articles before."""
        had = self.memory.has_rest or self.memory.has_sitemaps
        return bool(had) and not (seen.has_rest or seen.has_inventory)

    def needs_sections(self, seen: Seen) -> bool:
        """Whether the sources leave open what changed, so that the category pages are read, too."""
        is_behind = not seen.are_fed_listed if seen.has_inventory else seen.is_feed_news and not seen.is_explained
        return self.is_lost(seen) or is_behind or seen.is_inventory_empty

    def reads_sections(self, seen: Seen) -> bool:
        """Whether the category pages are read."""
        return self.is_full or self.needs_sections(seen) or not seen.is_any


def plan(memory: SiteMemory, full_every: timedelta, now: datetime, *, is_full: bool) -> Plan:
    """The plan of a crawl: a full one if ``is_full`` is set, or the last full one ended ``full_every`` ago or never."""
    walked = dates.instant(memory.walked)
    is_due = walked is None or abs(now - walked) >= full_every  # the clock may have been wrong, and set back
    return Plan(memory, is_full=is_full or is_due)
