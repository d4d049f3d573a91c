"""The time zone in which pages are read: whom it is requested, how often, and what a page shows without it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from scrapy.http import Response

import mainland
from mainland.clean import dates
from mainland.crawl.time_zone import TimeZone
from mainland.pages.article import Site
from mainland.pages.page import Page
from mainland.pages.parsing import parse_tree
from mainland.storage.folder import DataFolder
from tests.support.sample_data import opened

ROOT = "https://a.example/wp-json/"
KOLKATA = {"timezone_string": "Asia/Kolkata", "gmt_offset": 5.5}
DEEP = b"[" * 100_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DataFolder]:
    with opened(tmp_path) as found:
        yield found


def learn(store: DataFolder, answer: object, *, status: int = 200, is_full: bool = False, given: str = "") -> list[str]:
    """The addresses that one crawl requests for the time zone, and the name of the zone that it then reads pages in.

    The answer is JSON, or bytes; None for a request that fails.
    """
    requested: list[str] = []

    async def download(url: str, kind: str) -> Response | None:
        requested.append(url)
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return None if answer is None else Response(url, status=status, body=body)

    zone = TimeZone(store, Site(dates.zone(given)), download)
    asyncio.run(zone.learn(ROOT, is_full=is_full))
    return [*requested, zone.name]


@pytest.mark.parametrize(
    ("answer", "status", "name"),
    [
        (KOLKATA, 200, "Asia/Kolkata"),
        ({"timezone_string": "", "gmt_offset": "-3.5"}, 200, "UTC-03:30"),
        ({"timezone_string": "Mars/Olympus", "gmt_offset": 2}, 200, "UTC+02:00"),
        ({"timezone_string": "Mars/Olympus", "gmt_offset": 99}, 200, ""),
        ({"timezone_string": ["Asia/Kolkata"], "gmt_offset": True}, 200, ""),
        ({"timezone_string": "../../etc/passwd", "gmt_offset": "9" * 9_000}, 200, ""),
        ({"code": "rest_forbidden"}, 401, ""),
        (KOLKATA, 500, ""),
        ([KOLKATA], 200, ""),
        (b"<html>Checking your browser", 200, ""),
        (DEEP, 200, ""),
        (None, 200, ""),
    ],
)
def test_the_site_is_requested_once_and_believed_where_it_can_be(
    store: DataFolder, answer: object, status: int, name: str
) -> None:
    assert learn(store, answer, status=status, is_full=True) == [ROOT, name]
    assert learn(store, KOLKATA) == [name]
    assert learn(store, KOLKATA, is_full=True) == [ROOT, "Asia/Kolkata"]


def test_only_a_full_crawl_changes_the_time_zone_and_a_setting_goes_before_it(store: DataFolder) -> None:
    learn(store, KOLKATA, is_full=True)
    assert store.memory.get("read_in_since") is None
    assert learn(store, {"timezone_string": "Asia/Tokyo"}) == ["Asia/Kolkata"]
    assert learn(store, None, is_full=True) == [ROOT, "Asia/Kolkata"]
    assert learn(store, KOLKATA, is_full=True, given="Europe/Berlin") == ["Europe/Berlin"]
    assert store.memory.get("read_in_since") is not None
    assert learn(store, KOLKATA) == ["Asia/Kolkata"]
    assert learn(store, {"timezone_string": "Asia/Tokyo"}, is_full=True) == [ROOT, "Asia/Tokyo"]


PAGE = '<body class="single-post postid-7"><h1>Milk falls</h1>{}<div class="content-inner"><p>It fell.</p></div>'
LATE = '<meta property="article:published_time" content="2022-07-01T{}">'
EDIT = '<meta property="article:modified_time" content="2022-07-03T10:00:00{}">'
LD = '<script type="application/ld+json">{{"@type": "NewsArticle", "datePublished": "{}"}}</script>'
UTC = LATE.format("23:30:00+00:00")
PRINTED = '<div class="jeg_meta_date">July 1, 2022</div>'


@pytest.mark.parametrize(
    ("head", "zone", "instant", "day"),
    [
        (UTC, None, "2022-07-01T23:30:00Z", "2022-07-02"),  # London
        (UTC + PRINTED, None, "2022-07-01T23:30:00Z", "2022-07-02"),  # what is printed does not count
        (UTC, "America/New_York", "2022-07-01T23:30:00Z", "2022-07-01"),
        (UTC, "-03:30", "2022-07-01T23:30:00Z", "2022-07-01"),
        (LATE.format("19:30:00-04:00"), None, "2022-07-01T23:30:00Z", "2022-07-01"),
        (UTC + EDIT.format("-04:00"), None, "2022-07-01T23:30:00Z", "2022-07-01"),
        (UTC + EDIT.format("-04:00"), "Europe/London", "2022-07-01T23:30:00Z", "2022-07-02"),
        (UTC + LD.format("2022-07-01 19:30:00"), None, "2022-07-01T23:30:00Z", "2022-07-01"),
        (UTC + LD.format("2022-07-01 19:31:00"), None, "2022-07-01T23:30:00Z", "2022-07-02"),  # another moment
        (LD.format("2022-07-01 23:30:00"), None, "2022-07-01T22:30:00Z", "2022-07-01"),
        (LD.format("2022-07-01 23:30:00"), "Asia/Tokyo", "2022-07-01T14:30:00Z", "2022-07-01"),
        (LD.format("2022-01-01 01:30:00") + EDIT.format("+09:00"), None, "2021-12-31T16:30:00Z", "2022-01-01"),
    ],
)
def test_a_page_is_read_in_the_time_zone_given_else_in_the_one_that_it_shows(
    head: str, zone: str | None, instant: str, day: str
) -> None:
    found = mainland.article(PAGE.format(head), "https://a.example/milk/", timezone=zone)
    assert (found.date_published, found.day_published) == (instant, day)


def test_the_day_in_the_address_counts_where_the_time_zone_is_unknown() -> None:
    address = "https://a.example/2022/07/01/milk/"
    found = [mainland.article(PAGE.format(UTC), address, timezone=zone) for zone in (None, "Europe/London")]
    assert [each.day_published for each in found] == ["2022-07-01", "2022-07-02"]


def test_a_page_names_the_rest_interface_of_its_site() -> None:
    root = parse_tree(b'<head><link rel="https://api.w.org/" href="/zeitung/?rest_route=/"></head>')
    assert Page(root).head.rest_links == ['</zeitung/?rest_route=/>; rel="https://api.w.org/"']
