"""What a crawl leaves for the next one: a pure function of what it found."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mainland.decisions.plan import SiteMemory


@dataclass(frozen=True, slots=True)
class CrawlEnd:
    """The results of a crawl that ended by itself, not by a signal or an error."""

    run: int
    now: str
    """The instant, in UTC."""

    is_unsure: bool = False
    """Whether a source failed, or something could not be settled, so that the next crawl reads all sources."""

    has_walked: bool = False
    """Whether it was a full crawl that began at the home page."""

    missed: int = 0
    """How many posts disappeared from REST's count without an explanation."""

    was_unsure: bool = False
    """Whether the crawl before this one was unsure."""

    total: int | None = None
    """How many posts REST counts; None where it is closed."""

    listed: int | None = None
    """How many public articles the sitemaps list; None where they were not read."""


def conclude(memory: SiteMemory, end: CrawlEnd) -> SiteMemory:
    """The memory from which the next crawl starts: that of this crawl, with its results.

    These are ``unsure``; after a full crawl ``walked``; where REST counts posts ``total``, ``settled`` and
    ``is_partial``.
    """
    is_missed = end.missed != 0 and not end.was_unsure  # by a sitemap of yesterday
    after = replace(memory, unsure=end.is_unsure or is_missed)
    if end.has_walked:
        after = replace(after, walked=end.now)
    if end.total is None:
        return after
    after = replace(after, total=end.total, settled=end.run)
    return after if end.listed is None else replace(after, is_partial=end.listed > end.total)
