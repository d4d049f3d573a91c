"""The pages that are measured: golden pages, and articles of the replica."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.support.golden import cases
from tests.support.replica.site import Options, Site

HOME = "https://mainlandtimes.com"


@dataclass(frozen=True)
class Sample:
    """An article's page, and what it must give: headline, authors, the days that are right, body."""

    name: str
    url: str
    html: bytes
    headline: str
    authors: list[str]
    days: list[str]
    body: list[str]


def golden() -> list[Sample]:
    """The golden pages that are articles."""
    found: list[Sample] = []
    for case in cases("pages"):
        expected = case.expected
        if "headline" in expected:
            url = case.about.get("url") or expected["url"] or f"{HOME}/{case.name}/"
            found.append(_sample(case.name, url, case.html, expected))
    return found


def replica(articles: int = 60) -> list[Sample]:
    """Articles of the replica that stand on one page."""
    return [
        _sample(truth["url"], url, html, truth) for truth, url, html in _pages(articles) if truth["kind"] != "split"
    ]


def _pages(articles: int) -> Iterator[tuple[dict[str, Any], str, bytes]]:
    site = Site(Options(articles=articles), 0)
    for truth in site.newsroom.truth():
        yield dict(truth), HOME + truth["url"], site.answer(truth["url"], HOME).body.encode()


def _sample(name: str, url: str, html: bytes, truth: dict[str, Any]) -> Sample:
    """Right is the day in the newsroom's zone, and the same instant's day in UTC."""
    days = {truth["day_published"], (truth["date_published"] or "")[:10]} - {None, ""}
    return Sample(name, url, html, truth["headline"] or "", truth["authors"], sorted(days), truth["body"] or [])
