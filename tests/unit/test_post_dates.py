"""The dates of posts that REST gives: where a page is read with them, and how often they are requested."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from scrapy.http import Response

from mainland.clean import dates
from mainland.clean.dates import PostDates
from mainland.crawl.sources.reports import Reports
from mainland.crawl.sources.rest import Rest
from mainland.pages.article import Site, article, undated_post_id
from mainland.pages.page import parse
from tests.support.sample_data import opened

SITE = "https://a.example/"
PAGE = '<body class="single-post postid-7"><h1>Milk falls</h1>{}<div class="content-inner"><p>It fell.</p></div>'
LD = '<script type="application/ld+json">{{"@type": "NewsArticle", "datePublished": "{}"}}</script>'
META = '<meta property="article:{}_time" content="2022-10-30T01:30:00{}">'
TWICE = LD.format("2022-10-30 01:30:00")
EDITED = "2022-11-02T10:00:00Z"
EARLY, LATE = "2022-01-07T20:41:12Z", "2022-10-30T01:30:00Z"


@pytest.mark.parametrize(
    ("head", "zone", "given", "published", "modified", "day"),
    [
        ("", "Asia/Tokyo", EARLY, EARLY, EDITED, "2022-01-08"),
        ("", None, EARLY, EARLY, EDITED, "2022-01-07"),
        (META.format("modified", "Z"), None, EARLY, EARLY, LATE, "2022-01-07"),
        (META.format("published", "Z"), None, EARLY, LATE, LATE, "2022-10-30"),
        (TWICE, "Europe/London", "2022-10-30T01:30:12Z", "2022-10-30T01:30:12Z", EDITED, "2022-10-30"),
        (TWICE, "Europe/London", "2022-10-30T00:30:12Z", "2022-10-30T00:30:12Z", EDITED, "2022-10-30"),
        (TWICE, "Europe/London", "2022-10-30T07:30:12Z", "2022-10-30T00:30:00Z", "2022-10-30T00:30:00Z", "2022-10-30"),
        (TWICE, "Asia/Tokyo", "2022-10-30T01:30:12Z", "2022-10-29T16:30:00Z", "2022-10-29T16:30:00Z", "2022-10-30"),
        (TWICE, None, "2022-10-29T16:30:12Z", "2022-10-29T16:30:12Z", EDITED, "2022-10-30"),
        (TWICE, None, "2022-10-20T16:30:12Z", "2022-10-30T00:30:00Z", "2022-10-30T00:30:00Z", "2022-10-30"),
        (LD.format("2022-10-30"), "UTC", "2022-10-30T16:30:12Z", "2022-10-30T16:30:12Z", EDITED, "2022-10-30"),
        (LD.format("2022-10-30"), "UTC", "2022-10-20T16:30:12Z", None, None, "2022-10-30"),
        ("", "UTC", "soon", None, None, None),
        ("", "UTC", "0000-00-00T00:00:00", None, None, None),
    ],
)  # fmt: skip
def test_a_page_without_an_instant_is_read_with_the_dates_of_its_post(
    head: str, zone: str | None, given: str, published: str | None, modified: str | None, day: str | None
) -> None:
    page, site = parse(PAGE.format(head), f"{SITE}milk/"), Site(dates.zone(zone))
    found = article(page, site, post=PostDates(given, EDITED))
    assert (found.date_published, found.date_modified, found.day_published) == (published, modified, day)
    is_certain = "published_time" in head or (head == TWICE and zone == "Asia/Tokyo")
    assert undated_post_id(page, site) == (None if is_certain else 7)


def test_a_stored_date_does_not_hide_that_a_post_was_dated_anew() -> None:
    page = parse(PAGE.format(LD.format("2022-01-07 12:30:00")), f"{SITE}milk/")
    stored = PostDates("2022-01-07T10:30:00Z", is_stored=True)
    assert article(page, post=stored).date_published == "2022-01-07T12:30:00Z"
    assert article(parse(PAGE.format("")), post=stored).date_published == "2022-01-07T10:30:00Z"


def test_dates_are_requested_for_several_posts_at_once_and_not_where_rest_lacks_them(tmp_path: Path) -> None:
    requested: list[list[int]] = []

    async def download(url: str, _kind: str) -> Response:
        numbers = [int(number) for number in url.partition("include=")[2].partition("&")[0].split(",")]
        requested.append(numbers)
        posts = [{"id": n, "link": f"{SITE}{n}/", "date_gmt": "2022-01-07T08:41:12"} for n in numbers if n < 1_000]
        return Response(url, body=json.dumps(posts).encode())

    async def crawl(rest: Rest) -> list[bool]:
        return [
            bool(dated) for dated in await asyncio.gather(*map(rest.dates, [*range(450, 500), *range(2_000, 2_020)]))
        ]

    with opened(tmp_path) as store:
        reports = Reports(store, SITE)
        rest = Rest(download, reports, f"{SITE}wp-json/")
        assert not any(asyncio.run(crawl(rest)))  # closed
        assert requested == []
        reports.posts = 5
        store.index.forget(499, f"{SITE}499/")
        rest = Rest(download, reports, f"{SITE}wp-json/")
        assert asyncio.run(crawl(rest)) == [True] * 49 + [False] * 21
    assert [len(numbers) for numbers in requested] == [98, 99, 99, 99]
    assert not any(499 in numbers for numbers in requested)
