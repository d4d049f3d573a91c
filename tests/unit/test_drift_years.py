"""Years of hourly crawls, made up from articles of the replica that were really read: no ordinary week is an alarm."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, replace
from itertools import accumulate
from random import Random

import pytest
from scrapy.statscollectors import MemoryStatsCollector
from scrapy.utils.test import get_crawler

from mainland.crawl import drift
from mainland.pages.article import article
from mainland.pages.page import parse
from mainland.storage.runs import Run
from tests.support.lanes import examples
from tests.support.replica.site import Options, Site

BASE = "http://127.0.0.1"
WEEK = 7 * 24
YEARS = int(os.environ.get("YEARS", "10"))
MOODY = "tags images image alternative_headline links contributors sources comments byline".split()


@dataclass(frozen=True)
class Seen:
    """What a crawl notes of an article."""

    filled: tuple[str, ...]
    rules: tuple[str, ...]


@pytest.fixture(scope="module")
def articles() -> list[Seen]:
    """Articles of the replica as the extractor reads them."""
    site, found = Site(Options(articles=examples(200)), 0), []
    for truth in site.newsroom.truth():
        stats = MemoryStatsCollector(get_crawler())
        html = site.answer(truth["url"], BASE).body
        item = article(parse(html, BASE + truth["url"]), stats=stats)
        filled = tuple(name for name in drift.WATCHED if getattr(item, name) not in (None, []))
        found.append(Seen(filled, tuple(drift.counted(stats.get_stats()).rules)))
    return found


def crawl_of(articles: list[Seen]) -> Run:
    """A crawl that read them."""
    return Run(
        read=len(articles),
        filled=Counter(name for each in articles for name in each.filled),
        rules=Counter(name for each in articles for name in each.rules),
    )


def year(articles: list[Seen], draw: Random, weeks: int) -> tuple[list[str], float, int]:
    """Simulates the crawls of a year: the alarms, the strength of the strongest fall, how many falls need follow-ups.

    The strongest fall is that of falls to zero. There are a dozen articles a day, more by day than by night. In each
    week some fields are rarer than in others.
    """
    runs: list[Run] = [crawl_of(draw.choices(articles, k=150))]
    alarms: list[str] = []
    strongest, follow_ups = 0.0, 0
    for _ in range(weeks):
        mood = {name: draw.choice([1, 1, 1, 0.6, 0.35, 0.2]) for name in MOODY}
        weights = []
        for each in articles:
            weight = 1.0
            for name in MOODY:
                weight *= mood[name] if name in each.filled else 1
            weights.append(weight)
        totals = list(accumulate(weights))
        for hour in range(WEEK):
            number = sum(draw.random() < (0.16 if 7 <= hour % 24 <= 18 else 0.015) for _ in range(6))
            if not number:
                continue
            crawl = crawl_of(draw.choices(articles, cum_weights=totals, k=number))
            found = drift.falls(runs, crawl)
            alarms += [str(fall) for fall in found if fall.is_certain]
            strongest = max([strongest, *(fall.strength for fall in found if not fall.now.hits)])
            follow_ups += sum(fall.needs_follow_ups for fall in found)
            runs.append(replace(crawl, controlled=[fall.name for fall in found if fall.needs_follow_ups], drift={}))
    return alarms, strongest, follow_ups


def test_an_ordinary_week_is_no_alarm(articles: list[Seen]) -> None:
    alarms, _, follow_ups = year(articles, Random(1), weeks=1)
    assert alarms == []
    assert follow_ups > 0


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(YEARS))
def test_ordinary_years_are_no_alarm(articles: list[Seen], seed: int) -> None:
    alarms, strongest, follow_ups = year(articles, Random(seed), weeks=52)
    print(f"seed {seed}: strongest fall to zero {strongest:.1f} nats, {follow_ups} falls needed follow-ups")
    assert alarms == []
