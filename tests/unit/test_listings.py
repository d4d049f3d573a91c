"""What lists of articles say: the golden category pages, sitemaps, feeds, REST."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mainland.clean.documents import is_complete
from mainland.clean.listings import (
    ListedAddress,
    category_sitemaps,
    parse_feed,
    parse_rest_posts,
    parse_rest_zone,
    parse_sitemap,
    post_sitemaps,
)
from mainland.pages.lists import hero_links, is_empty, is_listing, linked_sections, list_links, neighbours, sections
from mainland.pages.page import parse
from mainland.pages.pagination import goes_on_by_script, is_numbered, next_page, pagination
from tests.support.golden import Case, cases

LISTINGS = cases("listings")
LEAST_CASES = 26
SITE = "https://mainlandtimes.com"
NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def read(case: Case) -> dict[str, Any]:
    """What a page lists, in the form of expected.json."""
    page = case.page
    return {
        "hero": hero_links(page),
        "list": list_links(page),
        "next": next_page(page),
        "sections": {slug: name for slug, (name, _) in sections(page).items()},
    }


@pytest.fixture(params=LISTINGS, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    path = found.folder / "expected.json"
    if request.config.getoption("--update-golden") and path.exists():
        path.write_text(json.dumps(read(found), ensure_ascii=False, indent=2) + "\n", "utf-8")
    return found


@pytest.mark.parametrize("field", ["hero", "list", "next", "sections"])
def test_page_lists_what_is_expected(case: Case, field: str) -> None:
    assert read(case)[field] == case.expected[field]


def test_case_says_why_it_exists(case: Case) -> None:
    assert case.about["why"].strip()
    assert case.expected.keys() == {"hero", "list", "next", "sections"}


def test_there_are_enough_cases() -> None:
    assert len(LISTINGS) >= LEAST_CASES


def test_pagination_modes_are_distinguished() -> None:
    modes = {case.name: pagination(case.page) for case in LISTINGS if case.name.startswith("mode-")}
    assert modes == {"mode-loadmore": "loadmore", "mode-nextprev": "nextprev", "mode-scrollload": "scrollload"}
    assert not any(next_page(case.page) for case in LISTINGS if case.name in modes)


ENDS = {  # is_numbered, goes_on_by_script
    "elementor-archive-posts": (False, False),
    "elementor-loop-grid": (True, False),
    "elementor-posts-numbers": (True, False),
    "home-index": (True, False),
    "load-more-link": (False, False),
    "mode-loadmore": (False, True),
    "mode-nextprev": (False, True),
    "page-2-same-hero": (True, False),
    "query-loop": (False, False),
    "template-block-loadmore": (False, True),
    "template-elementor": (False, False),
    "template-wpbakery": (True, False),
    "the-post-grid": (False, False),
}


def test_a_list_says_whether_it_ends() -> None:
    found = {case.name: (is_numbered(case.page), goes_on_by_script(case.page)) for case in LISTINGS}
    assert {name: found[name] for name in ENDS} == ENDS


@pytest.mark.parametrize(
    ("pager", "goes_on"),
    [
        ('<div class="rt-pagination-wrap" data-total-pages="3" data-type="load_more"></div>', True),
        ('<div class="rt-pagination-wrap" data-total-pages="1" data-type="load_on_scroll"></div>', False),
        ('<div class="rt-pagination-wrap" data-total-pages="3" data-type="pagination"></div>', False),
        ('<div class="jeg_block_nav"><a href="#" class="prev"></a><a href="#" class="next disabled"></a></div>', False),
        ('<div class="jeg_block_nav"><a href="#" class="next"></a></div>', True),
        ('<div class="jeg_block_loadmore"><a href="#" class="disabled">x</a></div>', False),
    ],
)
def test_a_button_without_an_address_is_for_a_script(pager: str, goes_on: bool) -> None:  # noqa: FBT001
    post = '<h3 class="entry-title"><a href="/a/">A</a></h3>'
    html = f'<body class="archive category"><div class="rt-tpg-container">{post}{pager}'
    assert goes_on_by_script(parse(html, f"{SITE}/category/x/")) is goes_on


def test_the_last_page_of_a_numbered_list_has_no_next_one() -> None:
    """Pages are counted by what their addresses say, whatever the classes of the links."""
    post = '<h2 class="wp-block-post-title"><a href="/a/">A</a></h2>'
    list_ = f'<body class="archive category"><div class="wp-block-query">{post}{{}}</div>'
    for own, links, following in (
        ("page/3/", ("page/2/", "page/1/", ""), None),
        ("page/3/", ("page/2/", "page/4/", "page/5/"), "page/4/"),
        ("?paged=3", ("?paged=2",), None),
        ("?query-7-page=2", ("?query-7-page=3",), "?query-7-page=3"),
        ("page/2/?query-7-page=2", ("page/3/?query-7-page=3", "page/2/?query-7-page=3"), "page/2/?query-7-page=3"),
    ):
        html = list_.format("".join(f'<a href="/category/x/{link}">x</a>' for link in links))
        page = parse(html, f"{SITE}/category/x/{own}")
        assert (next_page(page), is_numbered(page)) == (following and f"{SITE}/category/x/{following}", "2" in links[0])


def test_an_empty_list_says_so() -> None:
    empty = {case.name for case in LISTINGS if is_listing(case.page) and is_empty(case.page)}
    assert empty == {"hero-only", "last-page-empty-list", "template-empty"}


def test_pages_link_sections_and_neighbours() -> None:
    """Labels name sections, whatever the address; prev and next name the articles around one."""
    html = (
        '<div class="jeg_post_category"><a href="/rubric/sea/" class="category-sea">Sea</a></div>'
        '<a href="/tag/x/">x</a>'
        '<p><a href="/category/a/page/2/">a</a> <a href="https://b.example/category/b/">b</a></p>'
        '<div class="jeg_prevnext_post"><a href="/one/" class="post prev-post">1</a><a href="/two/">2</a></div>'
        '<div class="elementor-post-navigation"><div><a href="/three/">3</a></div></div>'
        '<div class="post-navigation-link-next wp-block-post-navigation-link"><a href="/self/">s</a></div>'
    )
    page = parse(html, f"{SITE}/self/")
    assert linked_sections(page) == {"a": f"{SITE}/category/a/", "sea": f"{SITE}/rubric/sea/"}
    assert neighbours(page) == [f"{SITE}/{name}/" for name in ("one", "two", "three")]


def test_sections_keep_their_addresses() -> None:
    (case,) = (case for case in LISTINGS if case.name == "root-relative-links")
    found = sections(case.page)
    assert found
    assert all(url.startswith(f"{SITE}/") for _, url in found.values())


# -- sitemaps ----------------------------------------------------------------------------------------------


def urlset(*entries: str) -> bytes:
    """A sitemap of entries that are put together already."""
    joined = "".join(f"<url>{entry}</url>" for entry in entries)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {NAMESPACE}>{joined}</urlset>'.encode()


def index(*names: str) -> bytes:
    """An index of sitemaps of these names."""
    joined = "".join(f"<sitemap><loc>{SITE}/{name}</loc></sitemap>" for name in names)
    return f'<?xml version="1.0"?><sitemapindex {NAMESPACE}>{joined}</sitemapindex>'.encode()


@pytest.mark.parametrize(
    ("lastmod", "utc"),
    [
        ("2024-07-01T10:00:00+01:00", "2024-07-01T09:00:00Z"),
        ("2024-07-01T10:00:00Z", "2024-07-01T10:00:00Z"),
        ("2024-07-01T10:00:00-0530", "2024-07-01T15:30:00Z"),
        ("2024-07-01T10:00+00:00", "2024-07-01T10:00:00Z"),
        ("2024-07-01 10:00 +00:00", "2024-07-01T10:00:00Z"),
        ("2024-07-01T10:00:00.123Z", "2024-07-01T10:00:00Z"),
        ("2024-07-01", "2024-07-01T00:00:00Z"),
        ("2024-02-30T00:00:00Z", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_lastmod_is_an_instant_or_nothing(lastmod: str | None, utc: str | None) -> None:
    entry = f"<loc>{SITE}/a/</loc>" + ("" if lastmod is None else f"<lastmod>{lastmod}</lastmod>")
    assert parse_sitemap(urlset(entry)) == ("urlset", [ListedAddress(f"{SITE}/a/", utc)])


@pytest.mark.parametrize(
    ("names", "posts", "categories"),
    [
        (  # WordPress itself
            [
                *("wp-sitemap-posts-post-1.xml", "wp-sitemap-posts-post-2.xml", "wp-sitemap-posts-page-1.xml"),
                *("wp-sitemap-taxonomies-category-1.xml", "wp-sitemap-taxonomies-post_tag-1.xml"),
                "wp-sitemap-users-1.xml",
            ],
            ["wp-sitemap-posts-post-1.xml", "wp-sitemap-posts-post-2.xml"],
            ["wp-sitemap-taxonomies-category-1.xml"],
        ),
        (  # Yoast and Rank Math
            ["post-sitemap.xml", "post-sitemap2.xml", "page-sitemap.xml", "category-sitemap.xml", "author-sitemap.xml"],
            ["post-sitemap.xml", "post-sitemap2.xml"],
            ["category-sitemap.xml"],
        ),
        (  # Google XML Sitemaps
            ["sitemap-misc.xml", "sitemap-tax-category.xml", "sitemap-pt-post-p1-2024-01.xml", "sitemap-pt-page-1.xml"],
            ["sitemap-pt-post-p1-2024-01.xml"],
            ["sitemap-tax-category.xml"],
        ),
        (  # a plugin nobody knows
            ["sitemap-2023.xml", "sitemap-2024.xml", "sitemap-pages.xml", "sitemap-authors.xml", "sitemap-images.xml"],
            ["sitemap-2023.xml", "sitemap-2024.xml"],
            [],
        ),
        ([], [], []),
    ],
    ids=["core", "yoast", "google-xml-sitemaps", "unknown", "empty"],
)
def test_sitemaps_of_articles_are_known_by_their_names(
    names: list[str], posts: list[str], categories: list[str]
) -> None:
    kind, listed = parse_sitemap(index(*names))
    assert kind == "sitemapindex"
    assert post_sitemaps(listed) == [f"{SITE}/{name}" for name in posts]
    assert category_sitemaps(listed) == [f"{SITE}/{name}" for name in categories]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"\x00\x01\x02",
        b"not xml",
        b"<!DOCTYPE html><html><body><p>Not found</p></body></html>",
        b"<html><body><loc>https://mainlandtimes.com/a/</loc></body></html>",
        b'<?xml version="1.0"?><rss><channel><item><loc>https://mainlandtimes.com/a/</loc></item></channel></rss>',
        b'{"code": "rest_no_route"}',
    ],
)
def test_what_is_no_sitemap_lists_nothing(body: bytes) -> None:
    assert parse_sitemap(body) == ("", [])


def test_broken_sitemap_gives_what_can_be_read() -> None:
    whole = urlset(f"<loc>{SITE}/a/</loc>", "<loc> </loc>", "<priority>1</priority>", f"<loc>\n {SITE}/b/ </loc>")
    assert parse_sitemap(whole) == ("urlset", [ListedAddress(f"{SITE}/a/"), ListedAddress(f"{SITE}/b/")])
    for end in range(len(whole)):
        kind, listed = parse_sitemap(whole[:end])
        assert kind in {"urlset", ""}
        assert len(listed) <= 2


def bomb(root: str, inner: str) -> bytes:
    """Nine entities, each ten of the one before: a gigabyte, where they are expanded."""
    entities = "".join(
        f'<!ENTITY e{number} "{f"&e{number - 1};" * 10 if number else "0123456789"}">' for number in range(9)
    )
    return f'<?xml version="1.0"?><!DOCTYPE x [{entities}]><{root}>{inner}</{root}>'.encode()


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("torchlight", "utf-8")
    declared = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    leak = f"{declared}<urlset><url><loc>{SITE}/&e;</loc></url></urlset>".encode()
    assert "torchlight" not in str(parse_sitemap(leak))
    leak = f"{declared}<rss><channel><item><link>{SITE}/&e;</link></item></channel></rss>".encode()
    assert "torchlight" not in str(parse_feed(leak))
    large = parse_sitemap(bomb("urlset", f"<url><loc>{SITE}/&e8;</loc></url>"))
    assert len(str(large)) < 1000
    large_feed = parse_feed(bomb("rss", f"<channel><item><link>{SITE}/&e8;</link></item></channel>"))
    assert len(str(large_feed)) < 1000


# -- feeds and REST ------------------------------------------------------------------------------------------


def test_feed_lists_newest_first_with_the_numbers_of_the_posts() -> None:
    body = f"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><link>{SITE}/</link>
<item><title>B</title><link>{SITE}/b/</link><guid isPermaLink="false">{SITE}/?p=8</guid></item>
<item><title>A</title><link>
{SITE}/a/
</link><guid>{SITE}/a/</guid></item>
<item><title>No link</title></item></channel></rss>"""
    expected = [ListedAddress(f"{SITE}/b/", None, 8), ListedAddress(f"{SITE}/a/", None, None)]
    assert parse_feed(body.encode()) == expected
    assert parse_feed(b"\n\n" + body.encode()) == expected
    assert parse_feed(body.replace("<title>A</title>", "<title>A &nbsp; & \x0b</title>").encode()) == expected


@pytest.mark.parametrize("body", [b"", b" ", b"\x00", b"<html><p>No feed here", b"[]", b"<rss></rss>", b"<rss><item>"])
def test_what_is_no_feed_lists_nothing(body: bytes) -> None:
    assert parse_feed(body) == []


def test_rest_lists_posts_with_their_changes_in_utc() -> None:
    posts = [
        {"id": 8, "link": f"{SITE}/b/", "modified_gmt": "2024-07-01T10:00:00"},
        {"id": 7, "link": f"{SITE}/a/"},
        {"id": "6", "link": f"{SITE}/c/"},
        {"id": 5, "link": None},
        "post",
    ]
    assert parse_rest_posts(json.dumps(posts).encode()) == [
        ListedAddress(f"{SITE}/b/", "2024-07-01T10:00:00Z", 8),
        ListedAddress(f"{SITE}/a/", None, 7),
    ]
    assert parse_rest_posts(b"[]") == []


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"code": "rest_no_route"}', b"null", b"[" * 100_000, b"\xff\xfe", b'[{"id": 1']
)
def test_what_is_no_rest_answer_is_none(body: bytes) -> None:
    assert parse_rest_posts(body) is None


def test_control_character_in_the_name_of_an_attribute() -> None:
    link = '<li class="cat-item"><a \x07="1" href="/category/world/">World</a></li>'
    script = '<script type="application/ld+json" \x07="1">{"@type": "NewsArticle", "headline": "Rain"}</script>'
    page = parse(script + link, SITE)
    assert sections(page) == {"world": ("World", f"{SITE}/category/world/")}
    assert [record["headline"] for record in page.structured_data.records] == ["Rain"]


NOTICES = (
    b"<br />\n<b>Warning</b>:  Undefined variable $x in <b>/srv/x.php</b> on line <b>3</b><br />\n" * 2,
    b"\nPHP Notice: Undefined index in /srv/x.php on line 3\nDeprecated: Old in /srv/y.php on line 4\n\n",
)


@pytest.mark.parametrize("notices", NOTICES)
def test_what_php_prints_before_a_list_is_passed_over(notices: bytes) -> None:
    url = "https://a.example/x/"
    sitemap = f"<?xml version='1.0'?><urlset {NAMESPACE}><url><loc>{url}</loc></url></urlset>".encode()
    feed = f"<?xml version='1.0'?><rss><channel><item><link>{url}</link></item></channel></rss>".encode()
    posts = json.dumps([{"id": 7, "link": url}]).encode()
    assert parse_sitemap(notices + sitemap) == ("urlset", [ListedAddress(url)])
    assert parse_feed(notices + feed) == [ListedAddress(url)]
    assert parse_rest_posts(notices + posts) == [ListedAddress(url, None, 7)]
    assert parse_rest_zone(notices + b'{"gmt_offset": 2}') == "+02:00"
    assert is_complete(notices + posts)
    assert not is_complete(notices + posts[:-1])
