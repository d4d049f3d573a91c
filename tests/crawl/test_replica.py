"""The replica behaves as the theme's sites do."""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from email.message import Message
from typing import Any, NamedTuple

import pytest
from parsel import Selector

from tests.support.replica import Replica
from tests.support.replica.sitemaps import Sitemap

HERO = ".jnews_category_hero_container .jeg_post_title a::attr(href)"
LIST = ".jnews_category_content_wrapper article.jeg_post .jeg_post_title a::attr(href)"
NEXT = "a.page_nav.next::attr(href)"
BOILERPLATE = (
    ".jeg_post_tags, .jeg_post_source, .jeg_post_via, .jeg_pagelinks, .jeg_ad, figcaption, script, "
    ".jnews_inline_related_post_wrapper, #ez-toc-container"
)


class Reply(NamedTuple):
    """What the server answered."""

    status: int
    headers: Message
    text: str

    def css(self, query: str) -> list[str]:
        """What a query finds on the page."""
        return Selector(self.text).css(query).getall()

    def json(self) -> Any:
        """The data in the answer."""
        return json.loads(self.text)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Redirects are answers."""

    def redirect_request(self, *_: object) -> None:
        """No further request."""


OPENER = urllib.request.build_opener(NoRedirect)


def fetch(url: str, method: str = "GET", **headers: str) -> Reply:
    """The answer to a request, whatever its status."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, method=method, headers=named)
    try:
        with OPENER.open(request) as reply:
            return Reply(reply.status, reply.headers, reply.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Reply(error.code, error.headers, error.read().decode())


@pytest.fixture(scope="module")
def site() -> Iterator[Replica]:
    with Replica(articles=120) as replica:
        yield replica


def test_hero_stands_on_every_page_and_the_list_starts_after_it(site: Replica) -> None:
    first, second = fetch(f"{site.url}/category/world/"), fetch(f"{site.url}/category/world/page/2/")
    assert first.css(HERO) == second.css(HERO)
    assert len(first.css(HERO)) == 4
    assert len(first.css(LIST)) == 10
    assert len({*first.css(HERO), *first.css(LIST), *second.css(LIST)}) == 14 + len(second.css(LIST))


def test_last_linked_page_can_be_empty_and_what_is_past_it_lists_ten_others(site: Replica) -> None:
    (following,) = fetch(f"{site.url}/category/climate/").css(NEXT)
    last = fetch(following)
    assert (last.status, last.css(LIST), last.css(NEXT)) == (200, [], [])
    past = fetch(f"{site.url}/category/climate/page/3/")
    assert past.status == 404
    assert len(past.css(".jeg_404_content article.jeg_pl_lg_2 .jeg_post_title a")) == 10


def test_a_section_can_be_all_hero(site: Replica) -> None:
    page = fetch(f"{site.url}/category/opinion/")
    assert len(page.css(HERO)) == 2
    assert page.css(LIST) == []


def test_listings_and_sitemap_lead_to_all_that_is_public(site: Replica) -> None:
    listed = set()
    for address in fetch(site.url).css(".menu-item-object-category > a::attr(href), .cat-item a::attr(href)"):
        following: str | None = address
        while following:
            page = fetch(following)
            listed |= {*page.css(HERO), *page.css(LIST)}
            following = next(iter(page.css(NEXT)), None)
    mapped = set(re.findall("<loc>(.*?)</loc>", fetch(f"{site.url}/wp-sitemap-posts-post-1.xml").text))
    true = {site.url + article["url"] for article in site.truth()}
    (protected,) = mapped - true
    hidden = {site.url + a["url"] for a in site.truth() if a["sections"] == ["Uncategorized"]}
    assert true < mapped
    assert len(hidden) == 3
    assert listed - {protected} == true - hidden


@pytest.mark.parametrize("pagination", ["nextprev", "loadmore", "scrollload"])
def test_other_pagination_modes_link_no_page_and_serve_it_anyway(pagination: Any) -> None:
    with Replica(articles=120, pagination=pagination) as site:
        assert not [link for link in fetch(f"{site.url}/category/world/").css("a::attr(href)") if "/page/" in link]
        assert fetch(f"{site.url}/category/world/page/2/").css(LIST)


def test_one_article_has_many_addresses(site: Replica) -> None:
    article = next(site.truth())
    address = site.url + article["url"]
    for moved in (f"{site.url}/?p={article['id']}", address.rstrip("/"), f"{address}2/"):
        reply = fetch(moved)
        assert (reply.status, reply.headers["Location"]) == (301, address)
    for same in (site.url + article["url"].upper(), f"{address}?utm_source=x"):
        reply = fetch(same)
        assert (reply.status, reply.css("link[rel=canonical]::attr(href)")) == (200, [address])
    assert fetch(f"{site.url}/?ajax-request=jnews", "POST").status == 405


def test_pages_hold_what_the_truth_says(site: Replica) -> None:
    kinds, offsets = set(), set()
    for article in site.truth():
        first = fetch(site.url + article["url"])
        words: list[str] = []
        for part in range(1, 4 if article["kind"] == "split" else 2):
            page = first if part == 1 else fetch(f"{site.url}{article['url']}{part}/")
            (text,) = Selector(page.text).css(".entry-content .content-inner")
            text.css(BOILERPLATE).drop()
            words += re.findall(r"\w+", " ".join(text.css("::text").getall()))
        assert words == re.findall(r"\w+", " ".join(article["body"]))
        assert "".join(first.css("h1.jeg_post_title ::text")) == article["headline"]
        assert first.css(".jeg_meta_container .jeg_meta_category a::text") == article["sections"]
        assert first.css(f"body.postid-{article['id']}")
        (published,) = first.css('meta[property="article:published_time"]::attr(content)')
        assert datetime.fromisoformat(published) == datetime.fromisoformat(article["date_published"])
        assert published[:10] == article["day_published"]
        (modified,) = first.css('meta[property="article:modified_time"]::attr(content)')
        (printed,) = first.css(".jeg_meta_container .jeg_meta_date a::text")
        assert datetime.fromisoformat(modified).strftime("%m/%d/%Y") == printed
        kinds.add(article["kind"])
        offsets.add(published[-6:])
    assert offsets == {"+00:00", "+01:00"}
    assert kinds == {"article", "split", "video", "gallery", "sponsored", "contents"}


def test_protected_post_is_counted_and_leaks_but_shows_nothing(site: Replica) -> None:
    posts = fetch(f"{site.url}/wp-json/wp/v2/posts?per_page=100")
    assert int(posts.headers["X-WP-Total"]) == 1 + len(list(site.truth()))
    (post,) = fetch(f"{site.url}/wp-json/wp/v2/posts?include=5004&_fields=id,link,title").json()
    page = fetch(post["link"])
    assert post["title"]["rendered"].startswith("Protected: ")
    assert page.css("form.post-password-form")
    assert not page.css(".content-inner > p")
    assert '"articleBody":"<p>' in page.text


def test_rest_pages_end_with_400(site: Replica) -> None:
    posts = f"{site.url}/wp-json/wp/v2/posts?per_page=50&_fields=id,date_gmt"
    pages = [fetch(f"{posts}&page={page}") for page in (1, 2, 3, 4)]
    assert [page.status for page in pages] == [200, 200, 200, 400]
    assert pages[0].headers["X-WP-TotalPages"] == "3"
    dates = [post["date_gmt"] for page in pages[:3] for post in page.json()]
    assert dates == sorted(dates, reverse=True)
    assert len(fetch(f"{posts}&after={dates[7]}Z").json()) == 7


def test_sitemaps_are_those_of_the_plugin() -> None:
    indexes: dict[Sitemap, str | None] = {
        "core": "/wp-sitemap.xml",
        "yoast": "/sitemap_index.xml",
        "none": None,
    }
    for kind, index in indexes.items():
        with Replica(articles=20, sitemap=kind, no_lastmod=True, no_rest=True) as site:
            assert (f"Sitemap: {site.url}{index}" in fetch(f"{site.url}/robots.txt").text) == bool(index)
            for other in ("/wp-sitemap.xml", "/sitemap_index.xml"):
                assert fetch(site.url + other).status == (200 if other == index else 404)
            for part in re.findall("<loc>(.*?)</loc>", fetch(site.url + index).text if index else ""):
                assert "<loc>" in fetch(part).text
                assert "<lastmod>" not in fetch(part).text
            assert fetch(f"{site.url}/wp-json/wp/v2/posts").status == 404


def test_feeds_answer_conditional_requests() -> None:
    with Replica(articles=20) as site:
        for path in ("/feed/", "/category/opinion/feed/"):
            feed = fetch(site.url + path)
            tag, since = feed.headers["ETag"], feed.headers["Last-Modified"]
            assert "?p=" in feed.text
            assert fetch(site.url + path, If_None_Match=tag).status == 304
            assert fetch(site.url + path, If_Modified_Since=since).status == 304
        assert [fetch(f"{site.url}/feed/?paged={page}").status for page in (2, 3)] == [200, 404]
        site.set_day(1)
        assert fetch(f"{site.url}/feed/", If_None_Match=tag).status == 200
        assert fetch(f"{site.url}/feed/", If_Modified_Since=since).status == 200


def test_days_change_what_the_newsroom_says() -> None:
    with Replica(articles=40) as site:
        before = {article["id"]: article for article in site.truth(0)}
        site.set_day(7)
        after = {article["id"]: article for article in site.truth()}
        changes = [article["change"] for article in after.values()]
        counted = {change: changes.count(change) for change in changes if change}
        assert counted == {"new": 18, "backdated": 2, "edited": 5, "moved": 1, "section": 1, "views": 1}
        (removed,) = before.keys() - after.keys()
        assert fetch(site.url + before[removed]["url"]).status == 404
        assert fetch(f"{site.url}/?p={removed}").status == 404
        for article in after.values():
            old = before.get(article["id"], article)
            assert (old["body"] != article["body"]) == (article["change"] == "edited")
            assert (old["sections"] != article["sections"]) == (article["change"] == "section")
            newer = article["date_modified"] > old["date_modified"]
            assert newer == (article["change"] in ("edited", "moved", "section"))
            if article["change"] == "moved":
                reply = fetch(site.url + old["url"])
                assert (reply.status, reply.headers["Location"]) == (301, site.url + article["url"])
        assert fetch(f"{site.url}/category/world/").status == 200
        site.set_day(8)
        assert fetch(site.url + before[removed]["url"]).status == 200
        assert {article["id"] for article in site.truth()} == after.keys() | {removed}


def test_first_answer_can_be_a_fault_and_the_next_is_sound() -> None:
    with Replica(articles=40, faults=1.0) as site:
        assert fetch(f"{site.url}/robots.txt").status == 200
        for article in site.truth():
            try:
                first = fetch(site.url + article["url"])
            except (http.client.IncompleteRead, ConnectionResetError, urllib.error.URLError):
                pass
            else:
                assert (first.status, first.headers["Retry-After"]) == (503, "1")
            assert fetch(site.url + article["url"]).status == 200
        assert {request["fault"] for request in site.requests()} == {None, "503", "reset", "truncate"}


def test_a_large_site_answers_far_pages() -> None:
    with Replica(articles=100_000) as site:
        far = fetch(f"{site.url}/category/europe/page/1500/")
        assert len(far.css(LIST)) == 10
        assert fetch(far.css(LIST)[9]).css("h1.jeg_post_title")
        assert fetch(f"{site.url}/wp-json/wp/v2/posts?per_page=100&page=1000&_fields=id").json()[-1] == {"id": 5000}
        assert fetch(f"{site.url}/wp-sitemap-posts-post-50.xml").text.count("<loc>") == 2_000
