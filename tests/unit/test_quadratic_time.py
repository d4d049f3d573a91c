"""What reads text from outside takes time in proportion to its length: a search for what takes the square of it.

A text is a prefix, a token many times, and a suffix. The tokens come from the regular expressions of the project: what
each of them matches at least, and each of its characters. A text that is read at once needs no second look; of the
others a text eight times as long must not take 24 times as long: in quadratic time it takes 64 times as long.
"""

from __future__ import annotations

import gc
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from types import ModuleType
from typing import Any

import pytest

from mainland import loaders
from mainland.clean import (
    bylines,
    credits,
    dates,
    documents,
    jsonld,
    labels,
    listings,
    minhash,
    people,
    picture_values,
    pictures,
    rfc822,
    text,
    titles,
    urls,
)
from mainland.crawl import reservations
from mainland.pages import body
from mainland.pages.article import article
from mainland.pages.lists import (
    hero_links,
    home_links,
    linked_sections,
    list_links,
    neighbours,
    sections,
)
from mainland.pages.page import Page, parse
from mainland.pages.pagination import goes_on_by_script, has_numbers, is_numbered, leads_back, next_page, pages_ahead
from mainland.pages.picture_sources import PictureSources
from mainland.selectors import RULES
from tests.support import hostile

pytestmark = pytest.mark.torture  # the ratios of times take minutes, and a quiet machine
SHORT = 3_000  # characters of a text
TIMES = 8
MOST = 24.0  # times as long, for a text that is TIMES as long
AT_ONCE = 0.004  # seconds of CPU
TRIES = 3  # before it is believed
MOMENT = datetime(2022, 1, 6, 23, 30, tzinfo=UTC)

Reads = Callable[[str], object]


def of_bytes(read: Callable[[bytes], object]) -> Reads:
    return lambda value: read(value.encode("utf-8", "replace"))


# Modules with what they read, apart from pages.
FUNCTIONS: dict[ModuleType, dict[str, Reads]] = {
    text: {
        "line": text.line,
        "plain": text.plain,
        "unhidden_mail": text.unhidden_mail,
        "without_site": lambda value: text.without_site(value, ["Times"]),
        "without_site, long": lambda value: text.without_site(value, [value[len(value) // 2 :]]),
        "count": text.count,
    },
    dates: {
        "stamp": dates.stamp,
        "with_seconds": lambda value: dates.with_seconds(MOMENT, ["2022-01-06T23:30Z", value]),
        "zone": dates.zone,
        "zone_of": lambda value: dates.zone_of(["2022-01-06T23:30:00Z", value], [value]),
        "bare_day": dates.bare_day,
        "address_day": dates.address_day,
        "plain_day": dates.plain_day,
        "printed_day": lambda value: dates.printed_day(value, "DMY", "de"),
    },
    bylines: {
        "authors": bylines.authors,
        "display_names": bylines.display_names,
        "several_names": bylines.several_names,
        "ends_with_joint": bylines.ends_with_joint,
        "names_beside": bylines.names_beside,
        "begins_with_joint": bylines.begins_with_joint,
        "is_another_author": bylines.is_another_author,
    },
    labels: {
        "parts": lambda value: list(labels.parts(value)),
        "role_of": labels.role_of,
        "split_label": labels.split_label,
    },
    people: {
        "people": lambda value: people.people([value]),
        "people, linked": lambda value: people.people([f"<a>{value}</a>"]),
    },
    rfc822: {"moment": rfc822.moment},
    titles: {"is_title": titles.is_title},
    credits: {"contributors": lambda value: credits.contributors([value])},
    urls: {
        "host": urls.host,
        "absolute": lambda value: urls.absolute("https://a.example/b/", value),
        "key": urls.key.__wrapped__,
        "clean": urls.clean,
        "post_id": urls.post_id,
        "section_slug": urls.section_slug,
        "is_share": urls.is_share,
        "is_image": urls.is_image,
        "last_part": urls.last_part,
    },
    pictures: {
        "original": lambda value: pictures.original(value, "https://a.example/b/"),
        "original, address": lambda value: pictures.original(f"https://a.example/{value}"),
        "key": pictures.key,
        "size": pictures.size,
        "is_placeholder": pictures.is_placeholder,
        "decoded": pictures.decoded,
    },
    picture_values: {
        "named": picture_values.named,
        "named, list": lambda value: picture_values.named(f"{value} 300w"),
        "background": picture_values.background,
    },
    jsonld: {"articles": lambda value: jsonld.articles([("", value)])},
    loaders: {
        "read_id": loaders.read_id,
        "read_authors": lambda value: loaders.read_authors([value]),
        "read_authors, many": lambda value: loaders.read_authors(re.split("(<a)", value)),
        "read_byline": lambda value: loaders.read_byline([value]),
        "read_count": loaders.read_count,
        "read_language": loaders.read_language,
    },
    documents: {"root": of_bytes(documents.root), "is_complete": of_bytes(documents.is_complete)},
    listings: {
        "parse_sitemap": of_bytes(listings.parse_sitemap),
        "parse_feed": of_bytes(listings.parse_feed),
        "parse_rest_posts": of_bytes(listings.parse_rest_posts),
    },
    reservations: {"refused_agents": reservations.refused_agents, "tdmrep": of_bytes(reservations.tdmrep)},
    minhash: {"words": minhash.words, "Text.of": lambda value: minhash.Text.of("x", value)},
}
PREFIXES = ("", "by ", "reporting", "https://a.example", "<p>", '{"a":')
SUFFIXES = ("", "!", "\x00", "/%3F", " 2022", " contributed reporting.", ">", '"')
TOKENS = (
    *(
        "a",
        "0",
        " ",
        "\n",
        "A b",
        "é",
        "東",
        "\u0316\u0300",
        "\u200b",
        "\xa0",
        "\x0b",
        "%2F",
        "%3F",
        "&amp;",
        "&#9",
        "1,",
    ),
    *(
        "<p>",
        "<p",
        "</p>",
        "<!--",
        "-->",
        "<a href='/",
        "<br>",
        "<script>",
        "Jane Roe and ",
        "AFP/",
        "1 January 2022 | ",
    ),
    *('{"a":', "[", "1,", '"@graph":[', "<urlset>", "<url><loc>", "<item>", "User-agent: a\n", "Disallow: /*a\n"),
)
CATEGORIES = {
    sre.CATEGORY_DIGIT: "0",
    sre.CATEGORY_NOT_DIGIT: "a",
    sre.CATEGORY_SPACE: " ",
    sre.CATEGORY_NOT_SPACE: "a",
    sre.CATEGORY_WORD: "a",
    sre.CATEGORY_NOT_WORD: "-",
}


def shortest(parsed: Any) -> str:
    """A short text that a parsed expression may match; what stands in assertions is left out."""
    made = ""
    for kind, value in parsed:
        if kind == sre.LITERAL:
            made += chr(value)
        elif kind in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            made += shortest(value[2]) * min(max(value[0], 1), 2)
        elif kind == sre.SUBPATTERN:
            made += shortest(value[3])
        elif kind == sre.ATOMIC_GROUP:
            made += shortest(value)
        elif kind == sre.BRANCH:
            made += shortest(value[1][0])
        elif kind == sre.IN:
            made += member(value)
        elif kind in (sre.ANY, sre.NOT_LITERAL):
            made += "a"
    return made


def member(choices: Any) -> str:
    """A character of a set."""
    kind, value = choices[0]
    if kind == sre.NEGATE:
        return "Z"
    return CATEGORIES[value] if kind == sre.CATEGORY else chr(value[0] if kind == sre.RANGE else value)


def pieces(parsed: Any) -> Iterator[str]:
    """The single characters of a parsed expression, and what each of its branches matches."""
    for kind, value in parsed:
        if kind == sre.LITERAL:
            yield chr(value)
        elif kind == sre.IN:
            for choice in value:
                yield from [member([choice])] if choice[0] != sre.NEGATE else []
        elif kind in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            yield from pieces(value[2])
        elif kind == sre.SUBPATTERN:
            yield from pieces(value[3])
        elif kind == sre.BRANCH:
            for branch in value[1]:
                yield shortest(branch)
                yield from pieces(branch)


def tokens(module: ModuleType) -> list[str]:
    """What texts for the functions of a module are made of."""
    found = [each for each in vars(module).values() if isinstance(each, re.Pattern) and isinstance(each.pattern, str)]
    parsed = [parser.parse(each.pattern, each.flags) for each in found]
    made = [shortest(each) for each in parsed]
    signs = {piece for each in parsed for piece in pieces(each) if len(piece) > 1 or not piece.isalpha()}
    return list(dict.fromkeys(token for token in [*TOKENS, *made, *sorted(signs)] if token))


def seconds(read: Reads, value: str) -> float:
    """The CPU time that reading a text takes, without the collector's rounds through what other tests left."""
    gc.disable()
    try:
        started = time.thread_time()
        with suppress(ValueError):  # of a text with thousands of digits: another test's matter
            read(value)
        return time.thread_time() - started
    finally:
        gc.enable()


def growth(read: Reads, make: Callable[[int], str], size: int) -> float:
    """How many times as long the reading of a text takes that is TIMES as long; 0 where it takes no time."""
    if seconds(read, make(size)) < AT_ONCE:
        return 0.0
    short = min(seconds(read, make(size)) for _ in range(3))
    times = seconds(read, make(size * TIMES)) / short
    for _ in range(TRIES):
        if times <= MOST:
            break
        times = min(times, seconds(read, make(size * TIMES)) / short)
    return times


def texts(bodies: list[str], number: int, seed: str) -> list[tuple[str, str, str]]:
    """Prefixes, tokens and suffixes: each token by itself, and a number of others by chance."""
    chance = random.Random(seed)
    picked = [(chance.choice(PREFIXES), chance.choice(bodies), chance.choice(SUFFIXES)) for _ in range(number)]
    return [("", token, "") for token in bodies[:number]] + picked


def found_slow(module: ModuleType, parts: list[tuple[str, str, str]]) -> dict[str, tuple[tuple[str, str, str], float]]:
    """The functions of a module that take more than linear time: a text for each, and how its time grows."""
    slow = {}
    for name, read in FUNCTIONS[module].items():
        for prefix, token, suffix in parts:
            times = growth(read, lambda size: prefix + token * (size // len(token)) + suffix, SHORT)  # noqa: B023
            if times > MOST:
                slow[name] = (prefix, token, suffix), round(times, 1)
                break
    return slow


# What was quadratic once: each stopped a crawl, or the publishing of what it found.
ONCE: dict[ModuleType, list[tuple[str, str, str]]] = {
    dates: [("", "10:30 ", " 2022")],
    credits: [("reporting", "\n-", "")],
    urls: [("https://a.example", "/category", "/%3F"), ("https://", "\u0316\u0300", "/")],
    minhash: [("a", "\u0316\u0300", "")],
}


@pytest.mark.parametrize("module", FUNCTIONS, ids=lambda module: module.__name__)
def test_no_text_takes_quadratic_time(module: ModuleType) -> None:
    found = tokens(module)
    signs = [token for token in found if len(token) == 1 and not token.isalnum()]
    bodies = [*found, *(f"{token} " for token in found), *(f"\n{sign}" for sign in signs)]
    assert found_slow(module, ONCE.get(module, []) + texts(bodies, 300, module.__name__)) == {}


@pytest.mark.parametrize("module", FUNCTIONS, ids=lambda module: module.__name__)
def test_no_text_of_several_tokens_takes_quadratic_time(module: ModuleType) -> None:
    chance, found = random.Random(module.__name__), tokens(module)
    bodies = ["".join(chance.choices(found, k=chance.randint(2, 4))) for _ in range(3_000)]
    assert found_slow(module, texts(bodies, 3_000, module.__name__)) == {}


# -- pages ----------------------------------------------------------------------------------------------------------

MARKUP = (
    *("<div>", "<p>x", "<p>", "<b>", "<br>", "x <br>", "</div>", "</b>", "</p>", "&amp;", "<!-- x -->", "x ", "<a>x"),
    *('<a href="https://b.example/">x', '<div><a href="https://b.example/">x', '<a href="#x">x</a>', '<p id="x">x'),
    *(
        '<a href="https://b.example/">x</a>',
        '<div><a href="/category/x/" rel="category tag">x',
        "<hr>",
        "<table><tr><td>",
    ),
    *('<img src="/uploads/x-300x200.jpg">', '<noscript><img src="/x.jpg">', '<picture><source srcset="/x.jpg"><img>'),
    *('<img src="/x.jpg">', '<div><img src="/x.jpg">', '<a href="/x.jpg"><div><img src="/y.jpg">', "<form><input>"),
    *(
        '<figure><img src="/x.jpg"><figcaption>x',
        "<figure>",
        '<div class="wp-caption">',
        "<ul><li>x",
        "<blockquote><p>x",
    ),
    *("<h1>x</h1>", '<div><h2 class="jeg_post_title">x', '<h3 class="jeg_post_title"><a href="/x/">x</a></h3>'),
    *('<div class="jeg_post_title"><a href="/x/">x</a>', '<div class="jeg_post_title">', '<div class="widget">'),
    *(
        '<b class="content-inner">x</b>',
        '<div class="content-inner">x',
        '<b class="meta_text">x',
        "<time datetime='x'>",
    ),
    *('<div class="meta_text">', '<span class="meta_text"><a href="/x/">x</a></span>', "<i>x</i>", "<i>x", "<span>x"),
    *('<li class="menu-item"><a href="/category/x/">x</a>', '<ul><li class="menu-item"><a href="/category/x/">x</a>'),
    *(
        '<script type="application/ld+json">{}</script>',
        '<meta property="article:tag" content="x">',
        "<style>x</style>",
    ),
    *(
        '<script type="application/ld+json">{"@type":"Article","headline":"x"}</script>',
        '<link rel="canonical" href="/x">',
    ),
    *(
        '<blockquote class="twitter-tweet"><p>x',
        '<div class="wp-block-group">',
        '<div class="code-block">',
        "<section>x",
    ),
    *(
        '<div class="top-split-nav"><li><a data-id="x">x</a></li>',
        '<div class="jeg_preview_slider"><a class="jeg_preview_item">',
    ),
    *('<div style="display:none">x', '<button aria-expanded="x" aria-controls="x">x', '<div class="page_number">'),
    *('<div class="x-adlabel">x', '<div class="jeg_sidebar">', '<div class="jeg_block_container">', '<p class="x">x'),
    *(
        '<div class="jnews_category_content_wrapper">',
        '<div class="jnews_prev_next_container">',
        '<div class="post-wrap">',
    ),
    *('<h1 id="x">x', '<nav><a href="#x">x</a>', '<div><a href="#x">x</a>', "<svg>", "<select><option>x", "<cite>x"),
)
BOXES = (
    "jeg_post_tags",
    "jeg_meta_category",
    "jeg_meta_date",
    "comments",
    "jeg_featured",
    "breadcrumbs",
    "jeg_post_source",
)
LIST = '<body class="archive category"><div class="jnews_category_content_wrapper">{}</div>'
LISTS = (
    hero_links,
    list_links,
    home_links,
    next_page,
    pages_ahead,
    has_numbers,
    leads_back,
    is_numbered,
    goes_on_by_script,
    sections,
    linked_sections,
    neighbours,
)


def read_article(html: str) -> None:
    page = parse(html, "https://a.example/page-7/")
    article(page)


def read_list(html: str) -> None:
    page = parse(html, "https://a.example/category/x/")
    for read in LISTS:
        read(page)


def whole_pages() -> Iterator[tuple[str, Reads, str]]:
    """Names, readers and pages with a gap."""
    usual = hostile.page().replace("{site}", "https://a.example").replace("{id}", "7")
    for place in ("head", "above", "byline", "text"):
        page = hostile.page(**{place: "[GAP]"}).replace("{site}", "https://a.example").replace("{id}", "7")
        yield place, read_article, page
    for box in BOXES:
        yield box, read_article, usual.replace("<h1", f'<div class="{box}">[GAP]</div><h1')
    yield "list", read_list, LIST.format("[GAP]")


NESTED = (
    '<div class="jeg_post_title">',
    '<div class="jeg_post_title"><a href="/x/">x</a>',
    '<div><h2 class="jeg_post_title">x',
    '<div class="jnews_category_content_wrapper">',
    '<div class="jnews_category_hero_container">',
)


def slow_pages(read: Reads, page: str, bodies: tuple[str, ...]) -> dict[str, float]:
    """The tokens that take more than linear time in the gap of a page, and how the time grows."""
    found = {
        token: growth(read, lambda size: page.replace("[GAP]", token * (size // len(token))), 6_000)  # noqa: B023
        for token in bodies
    }
    return {token: round(times, 1) for token, times in found.items() if times > MOST}


def test_no_list_takes_quadratic_time() -> None:
    assert slow_pages(read_list, LIST.format("[GAP]"), NESTED) == {}


@pytest.mark.parametrize(("read", "page"), [pytest.param(read, page, id=name) for name, read, page in whole_pages()])
def test_no_page_takes_quadratic_time(read: Reads, page: str) -> None:
    assert slow_pages(read, page, MARKUP) == {}


def walk_of(page: Page) -> body._Walk:
    """A walk of the page's text that has not begun."""
    assert page.container is not None
    return body._Walk(page.container, PictureSources(page.url, page.root), (), body._unguarded)


def of_article(**parts: Callable[[int], str]) -> Callable[[int], str]:
    """A page of an article, by the number of nodes in its parts."""
    return lambda size: hostile.page(**{name: make(size) for name, make in parts.items()})


BYLINE_RULE = RULES["authors"][0]
# Pages made for the queries that look at many nodes from many nodes, by the number of nodes, and what reads them.
QUERIES: dict[str, tuple[Callable[[int], str], Callable[[Page], object]]] = {
    "ids of headings": (
        of_article(text=lambda n: "<h2 id=a>x</h2>" * n),
        lambda page: walk_of(page).boilerplate.link_boxes.heading_ids,
    ),
    "headings in headings": (
        of_article(text=lambda n: "<div><h2 id=a><b>x</b>" * (n // 60)),
        lambda page: walk_of(page).boilerplate.link_boxes.heading_ids,
    ),
    "neighbours drawn in": (
        of_article(text=lambda n: "<p>x</p>" * n + "</div>" + "<p>y</p>" * n),
        lambda page: walk_of(page).boilerplate.has_open_boxes,
    ),
    "split titles": (
        of_article(text=lambda n: '<div class="top-split-nav">' + "<b class='current_title'>x</b>" * n + "</div>"),
        lambda page: walk_of(page).read(),
    ),
    "split titles, nested": (
        of_article(text=lambda n: '<div class="top-split-nav">' + "<b class='current_title'>x" * (n // 60) + "</div>"),
        lambda page: walk_of(page).read(),
    ),
    "buttons": (
        of_article(text=lambda n: "<b aria-controls=x aria-expanded=x></b>" * n),
        lambda page: walk_of(page).boilerplate.hidden_text.openable,
    ),
    "menus": (
        lambda n: "<li class='menu-item cat-item'><a href='/category/c/'>c</a></li>" * n,
        lambda page: list(sections(page)),
    ),
    "links in one menu": (
        lambda n: f"<li class='{'x ' * n * 5}menu-item'>" + "<a href='/category/c/'></a>" * n,
        lambda page: list(sections(page)),
    ),
    "byline": (of_article(byline=lambda n: "x<b></b>" * (n // 20)), lambda page: page.select(BYLINE_RULE)),
    "byline of marked words": (
        of_article(byline=lambda n: '<b class="meta_text">x</b>' * (n // 20)),
        lambda page: page.select(BYLINE_RULE),
    ),
    "icons of a figure": (
        of_article(
            text=lambda n: (
                f"<figure class='{'a ' * n * 5}'>"
                + "".join(f"<img src=/wp-content/plugins/{each}.jpg>" for each in range(n // 10))
            )
        ),
        lambda page: walk_of(page).read(),
    ),
}


@pytest.mark.parametrize("name", QUERIES)
def test_no_query_takes_quadratic_time(name: str) -> None:
    make, read = QUERIES[name]

    def taken(size: int) -> float:
        page = parse(make(size), "https://a.example/")
        assert page.outline
        return seconds(lambda _: read(page), "")

    small, large = (min(taken(size) for _ in range(TRIES)) for size in (4_000, 4_000 * TIMES))
    assert large < AT_ONCE * TIMES or large / small < MOST


def test_a_long_byline_is_read_up_to_its_first_nodes() -> None:
    names, empty = '<a href="/author/ana/">Ana Bo</a>', "<i></i>"
    for byline, expected in ((empty * 20 + names, ["Ana Bo"]), (names + empty * 5_000, ["Ana Bo"])):
        assert article(parse(hostile.page(byline=byline))).authors == expected
    assert article(parse(hostile.page(byline=empty * 5_000 + names))).authors == []


def test_the_links_of_a_list_are_those_of_its_titles() -> None:
    title = '<h3 class="jeg_post_title"><a href="/{0}/">{0}</a></h3>'
    html = LIST.format(
        title.format("one")
        + f'<div class="jeg_sidebar_x"><div>{title.format("two")}</div></div>'
        + f'<div class="a widget">{title.format("six")}'
        + f'</div><div class="jnews_category_content_wrapper widgets">{title.format("three")}</div>'
        + '<div class="jeg_post_title"><a href="/four/">4</a>'
        + '<h3 class="jeg_post_title"><a href="/five/">5</a></h3></div>'
        + '<a class="jeg_post_title" href="/seven/">7</a><h3 class="jeg_post_title_x"><a href="/eight/">8</a></h3>'
    )
    links = list_links(parse(html, "https://a.example/category/x/"))
    assert links == [f"https://a.example/{name}/" for name in ("one", "three", "four", "five")]
