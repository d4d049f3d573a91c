"""What a crawl leaves for the next one: a pure function of what it found."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mainland.decisions.plan import SiteMemory


@dataclass(frozen=True, slots=True)
class Result:
    """What a crawl found that ended by itself."""

    run: int
    now: str
    """The instant, in UTC."""

    is_unsure: bool = False
    """Whether a source failed, or something could not be settled."""

    has_walked: bool = False
    """Whether it was a full crawl that began at the home page."""

    missed: int = 0
    """How many posts fewer than REST counted last are left unexplained."""

    was_unsure: bool = False
    total: int | None = None
    """How many posts REST counts; None where it is closed."""

    listed: int | None = None
    """How many public articles the sitemaps list; None where they were not read."""


def conclude(memory: SiteMemory, result: Result) -> SiteMemory:
    """What the next crawl starts from."""
    is_missed = result.missed != 0 and not result.was_unsure  # by a sitemap of yesterday
    after = replace(memory, unsure=result.is_unsure or is_missed)
    if result.has_walked:
        after = replace(after, walked=result.now)
    if result.total is None:
        return after
    after = replace(after, total=result.total, settled=result.run)
    return after if result.listed is None else replace(after, is_partial=result.listed > result.total)
