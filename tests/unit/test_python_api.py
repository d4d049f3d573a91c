"""``mainland.article``: the article of a page, without a crawl."""

from __future__ import annotations

import pytest

import mainland

PAGE = """<html><head><link rel="shortlink" href="https://a.example/?p=7">{head}</head>
<body class="single-post"><h1 class="jeg_post_title">Rain</h1>
<div class="jeg_meta_container"><div class="jeg_meta_date"><a>03/04/2024</a></div></div>
<div class="entry-content"><div class="content-inner"><p>It rains in Graz.</p></div></div></body></html>"""
LATE = '<meta property="article:published_time" content="2024-03-04T23:30:00+00:00">'
ADDRESS = "https://a.example/rain/"


def test_the_address_is_that_of_the_article_where_the_page_names_none() -> None:
    item = mainland.article(PAGE.format(head=""), ADDRESS)
    assert (item.id, item.url, item.headline, item.body) == (7, ADDRESS, "Rain", "It rains in Graz.")


@pytest.mark.parametrize(("order", "day"), [("MDY", "2024-03-04"), ("DMY", "2024-04-03")])
def test_date_order_is_that_of_printed_dates(order: str, day: str) -> None:
    assert mainland.article(PAGE.format(head=""), ADDRESS, date_order=order).day_published == day


@pytest.mark.parametrize(("timezone", "day"), [("Europe/London", "2024-03-04"), ("Asia/Tokyo", "2024-03-05")])
def test_timezone_is_that_of_the_day(timezone: str, day: str) -> None:
    page = PAGE.format(head=LATE).replace("03/04/2024", "")
    assert mainland.article(page, ADDRESS, timezone=timezone).day_published == day


def test_wrong_values_are_refused() -> None:
    with pytest.raises(ValueError, match="date_order 'DYM' is unknown: give one of"):
        mainland.article(PAGE, ADDRESS, date_order="DYM")
    with pytest.raises(ValueError, match="timezone 'Europe/Atlantis' is unknown"):
        mainland.article(PAGE, ADDRESS, timezone="Europe/Atlantis")
