"""Headlines and dates as sites print them in the head of a page and in its meta line: tables."""

from __future__ import annotations

import pytest

import mainland

POST = (
    '<html lang="{lang}"><head>{head}</head><body class="single-post postid-7">{above}'
    '<div class="content-inner"><p>It fell.</p></div></body></html>'
)
FEED = (
    '<link rel="alternate" type="application/rss+xml" title="The Ledger &raquo; Feed" href="https://a.example/feed/">'
)
LD = '<script type="application/ld+json">{"@type": "Article", "headline": "%s"}</script>'
NAME = '<meta property="og:site_name" content="The Ledger">'


def read(head: str = "", above: str = "", lang: str = "en-US", **given: str) -> mainland.Article:
    return mainland.article(POST.format(head=head, above=above, lang=lang), "https://a.example/milk/", **given)


@pytest.mark.parametrize(
    ("head", "headline"),
    [
        (f"{NAME}<title>The Ledger</title>", None),
        (f"{NAME}<title>| The Ledger</title>", None),
        (f"{FEED}<title>– The Ledger</title>", None),
        (f"{FEED}<title>The Ledger -</title>", None),
        (f"{FEED}<title>The Ledger</title>", None),
        ('<meta name="application-name" content="The Ledger"><title>&raquo; The Ledger</title>', None),
        (
            f'{NAME}<meta property="og:title" content=" - The Ledger"><title>Milk falls - The Ledger</title>',
            "Milk falls",
        ),
        (f"{NAME}<title>The Ledger | Milk falls</title>", "Milk falls"),
        (f"{NAME}<title>The Ledger: Milk falls</title>", "Milk falls"),
        (f"{NAME}<title>– Milk falls, she says – The Ledger</title>", "– Milk falls, she says"),
        (f"{NAME}<title>Milk reaches The Ledger</title>", "Milk reaches The Ledger"),
        (f"{NAME}<title>The Ledger reads Milk</title>", "The Ledger reads Milk"),
        (f"{NAME}{LD % 'Milk | The Ledger'}", "Milk"),
        (f"{FEED}{LD % '- The Ledger'}", None),
    ],
)
def test_headline_of_the_head_is_without_the_name_of_the_site(head: str, headline: str | None) -> None:
    assert read(head).headline == headline
    assert read(head, '<h1 class="jeg_post_title">The Ledger</h1>').headline == "The Ledger"


@pytest.mark.parametrize(
    ("printed", "instant"),
    [
        ("1987-05-01T12:00:00-04:00", "1987-05-01T16:00:00Z"),
        ("1800-01-01T12:00:00+00:00", "1800-01-01T12:00:00Z"),
        ("1887-05-01T12:00:00-04:56", "1887-05-01T16:56:00Z"),
        ("Tue, 05 Mar 2024 09:30:00 +0000", "2024-03-05T09:30:00Z"),
        ("Tue, 5 Mar 2024 09:30 GMT", "2024-03-05T09:30:00Z"),
        ("05 Mar 24 09:30:00 EST", "2024-03-05T14:30:00Z"),
        ("Tue, 05 Mar 2024 09:30:00 -0000", "2024-03-05T09:30:00Z"),
        ("Tuesday, 05-Mar-24 09:30:00 GMT", "2024-03-05T09:30:00Z"),
        ("Tue Mar 05 2024 09:30:00 GMT+0530 (India Standard Time)", "2024-03-05T04:00:00Z"),
        ("Fri, 05 Jul 2024 09:30:00", "2024-07-05T08:30:00Z"),
        ("20240305T093000Z", "2024-03-05T09:30:00Z"),
        ("2024-03-05T09:30:00+01", "2024-03-05T08:30:00Z"),
        ("2024-03-05 09:30:00 +0100", "2024-03-05T08:30:00Z"),
        ("1970-01-01T00:00:00+00:00", None),
        ("-0001-11-30T00:00:00+00:00", None),
        ("1799-05-01T12:00:00+00:00", None),
        ("Tue, 31 Feb 2024 09:30:00 GMT", None),
        ("Tue, 05 Mar 2024 09:30:00 +9959", None),
    ],
)
def test_moment_is_read_in_the_forms_that_machines_write(printed: str, instant: str | None) -> None:
    found = read(f'<meta property="article:published_time" content="{printed}">')
    assert found.date_published == found.date_modified == instant
    assert (found.day_published is None) == (instant is None)


@pytest.mark.parametrize(
    ("printed", "order", "lang", "day"),
    [
        ("03/04/2024", "MDY", "en-US", "2024-03-04"),
        ("03/04/2024", "DMY", "en-US", "2024-04-03"),
        ("03/04/24", "MDY", "en-US", "2024-03-04"),
        ("03/04/24", "DMY", "en-US", "2024-04-03"),
        ("3/4/87, 9:30 am", "DMY", "en-US", "1987-04-03"),
        ("24/03/04", "YMD", "en-US", "2024-03-04"),
        ("03.04.24 10:30", "MDY", "de-DE", "2024-04-03"),
        ("03/04/24", "MDY", "fr-FR", "2024-04-03"),
        ("4 maart 2024 10.05.30", "MDY", "nl-NL", "2024-03-04"),
        ("1. Mai 1887", "MDY", "de-DE", "1887-05-01"),
        ("May 1, 1887", "MDY", "en-US", "1887-05-01"),
    ],
)
def test_printed_date_gives_the_day_by_the_order_of_the_setting(printed: str, order: str, lang: str, day: str) -> None:
    found = read(above=f'<h1>Milk</h1><div class="jeg_meta_date">{printed}</div>', lang=lang, date_order=order)
    assert (found.day_published, found.date_published, found.date_published_raw) == (day, None, printed)


def test_day_in_an_old_address_is_that_of_publication() -> None:
    page = POST.format(head="", above="<h1>Milk</h1>", lang="en-US")
    assert mainland.article(page, "https://a.example/1887/05/01/milk/").day_published == "1887-05-01"
