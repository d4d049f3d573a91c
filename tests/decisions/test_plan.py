"""What a crawl reads, by what earlier crawls left and what the sources show; and what it leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mainland.decisions.conclude import CrawlEnd, conclude
from mainland.decisions.plan import Seen, SiteMemory, plan

NOW = datetime(2024, 9, 8, 6, tzinfo=UTC)
WEEK = timedelta(days=7)
KNOWN = SiteMemory(walked="2024-09-07T06:00:00Z", unsure=False, has_rest=True, has_sitemaps=True)
EXPLAINED = Seen(has_rest=True, is_explained=True, is_any=True)
CHANGED = replace(EXPLAINED, is_explained=False)
LISTED = replace(CHANGED, has_inventory=True)


@pytest.mark.parametrize(
    ("walked", "is_full"),
    [
        (None, True),
        ("2024-09-07T06:00:00Z", False),
        ("2024-09-01T06:00:00Z", True),
        ("2024-09-01T06:00:01Z", False),
        ("2024-09-15T06:00:00Z", True),  # the clock was ahead
        ("soon", True),
    ],
)
def test_a_full_crawl_is_due_after_the_time_that_is_set(walked: str | None, *, is_full: bool) -> None:
    assert plan(replace(KNOWN, walked=walked), WEEK, NOW, is_full=False).is_full is is_full
    assert plan(replace(KNOWN, walked=walked), WEEK, NOW, is_full=True).is_full


@pytest.mark.parametrize(
    ("memory", "seen", "reads"),
    [
        (KNOWN, EXPLAINED, ""),
        (KNOWN, CHANGED, "sitemaps pages"),
        (KNOWN, LISTED, "sitemaps"),
        (KNOWN, replace(LISTED, are_fed_listed=False), "sitemaps sections"),
        (KNOWN, replace(LISTED, is_inventory_empty=True), "sitemaps sections"),
        (KNOWN, replace(EXPLAINED, is_partial=True), "sections"),  # which lists one language alone
        (KNOWN, Seen(is_any=True), "sitemaps sections"),  # both are lost
        (KNOWN, Seen(), "sitemaps sections"),
        (replace(KNOWN, has_rest=False, has_sitemaps=False, unsure=True), Seen(is_any=True), "sitemaps pages"),
        (replace(KNOWN, unsure=True), EXPLAINED, "sitemaps pages"),
        (replace(KNOWN, has_sitemaps=False), CHANGED, "pages"),
        (replace(KNOWN, has_rest=False, has_sitemaps=False), Seen(is_any=True), ""),
        (replace(KNOWN, has_rest=False, has_sitemaps=False), Seen(is_any=True, is_feed_news=True), "sections"),
        (replace(KNOWN, has_rest=False, has_sitemaps=False), Seen(), "sections"),
        (SiteMemory(), Seen(), "sitemaps pages sections"),
    ],
)
def test_no_more_is_read_than_tells_what_changed(memory: SiteMemory, seen: Seen, reads: str) -> None:
    found = plan(memory, WEEK, NOW, is_full=False)
    chosen = {
        "sitemaps": found.reads_sitemaps(seen),
        "pages": found.reads_all_pages(seen),
        "sections": found.reads_sections(seen),
    }
    assert " ".join(name for name, is_read in chosen.items() if is_read) == reads


def test_a_full_crawl_does_without_the_sources_that_are_gone() -> None:
    found = plan(KNOWN, WEEK, NOW, is_full=True)
    assert not found.is_lost(Seen(is_any=True))
    assert found.is_lost(Seen(is_any=True, has_rest=True, is_partial=True))
    assert plan(KNOWN, WEEK, NOW, is_full=False).is_lost(Seen(is_any=True))


END = CrawlEnd(run=4, now="2024-09-08T06:00:00Z")


@pytest.mark.parametrize(
    ("end", "changed"),
    [
        (END, {}),
        (replace(END, is_unsure=True), {"unsure": True}),
        (replace(END, has_walked=True), {"walked": END.now}),
        (replace(END, total=5), {"total": 5, "settled": 4}),
        (replace(END, total=5, listed=5), {"total": 5, "settled": 4, "is_partial": False}),
        (replace(END, total=5, listed=6), {"total": 5, "settled": 4, "is_partial": True}),
        (replace(END, total=5, missed=1), {"total": 5, "settled": 4, "unsure": True}),
        (replace(END, total=5, missed=1, was_unsure=True), {"total": 5, "settled": 4}),
        (replace(END, listed=6), {}),
    ],
)
def test_a_crawl_leaves_what_it_found(end: CrawlEnd, changed: dict[str, object]) -> None:
    assert conclude(KNOWN, end) == replace(KNOWN, **changed)  # type: ignore[arg-type]
