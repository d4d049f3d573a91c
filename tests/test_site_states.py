"""Whole crawls of sites whose sources disagree: what counts, lists and sitemaps do not tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crawling import articles, changes, crawl
from tests.papers import (
    GONE,
    INDEX,
    LATE,
    LATER,
    XML,
    Paper,
    Post,
    Press,
    assert_all_of,
    assert_sound,
    paths,
    press,
    urlset,
)
from tests.weather import Sound, Weather, hanging

NOTICE = Sound(200, b"<html><body>Soon</body></html>")


def asked(site: Weather, data: Path, *options: str, status: int = 0) -> list[str]:
    """The paths that a crawl asks."""
    before = len(site.paths)
    assert_sound(crawl(site.url, data, *options), status)
    return site.paths[before:]


def assert_now(paper: Paper, data: Path) -> None:
    """The feed holds the paper's articles of now, and no others."""
    assert paths(data) == sorted(post.path for post in paper.posts)


@pytest.mark.parametrize("answer", [{"rest": False}, {"rest": False, "feed": False}])
@pytest.mark.parametrize("old", [301, 404])
def test_addresses_that_change_and_change_back_lose_nothing(tmp_path: Path, answer: dict[str, bool], old: int) -> None:
    paper = press(**answer)
    first = paper.posts
    with hanging(Weather(paper.answer)) as site:
        asked(site, tmp_path)
        for folder, former in (("/2024", ""), ("", "/2024")):
            paper.posts = [Post(post.id, post.section, folder + post.path) for post in first]
            paper.pages = {former + post.path: Sound(old, b"", {"Location": folder + post.path}) for post in first}
            asked(site, tmp_path)
            assert_now(paper, tmp_path)
    for number in articles(tmp_path):  # their headlines bear their addresses
        assert [line["change"] for line in changes(tmp_path) if line["id"] == number] == ["new", "edited", "edited"]


def edit(paper: Press, post: Post, modified: str) -> None:
    """Changes the text of a post."""
    post.modified = modified
    page = paper.post(post)
    paper.pages[post.path] = Sound(200, page.body.replace(b"What happened", b"What really happened"))


# -- sites with lists alone ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("leads", ["/category/{}/?paged=2", "/topic/{}/page/2/"])
def test_a_next_page_that_redirects_to_the_page_itself_is_read(tmp_path: Path, leads: str) -> None:
    paper = press(20, rest=False, sitemap=False, feed=False)
    for section in paper.sections:
        paper.pages[leads.format(section)] = Sound(301, b"", {"Location": f"/category/{section}/page/2/"})
        links = [post.path for post in paper.posts if post.section == section][:4]
        foot = f'<div class="jeg_pagination"><a class="page_nav next" href="{leads.format(section)}">Next</a></div>'
        paper.pages[f"/category/{section}/"] = paper.list_of(links, foot)
    with hanging(Weather(paper.answer)) as site:
        asked(site, tmp_path)
    assert_all_of(paper, tmp_path)


def test_an_article_that_only_the_home_page_shows_is_read(tmp_path: Path) -> None:
    paper = press(6, rest=False, sitemap=False, feed=False)
    paper.pages["/"] = paper.page("home", paper.list_of(["/story-90/"]).body.decode())
    paper.pages["/story-90/"] = paper.post(Post(90))
    with hanging(Weather(paper.answer)) as site:
        asked(site, tmp_path)
    assert "/story-90/" in paths(tmp_path)


@pytest.mark.parametrize("rest", [True, False])
def test_what_is_no_article_on_the_home_page_is_asked_by_walks_of_the_whole_site_alone(
    tmp_path: Path, *, rest: bool
) -> None:
    paper = press(6, rest=rest, sitemap=rest, feed=rest)
    cards = ["/landing/", "/deal/", "/members/", "/gone/"]
    paper.pages["/"] = paper.page("home", paper.list_of(cards).body.decode())
    paper.pages |= {"/landing/": NOTICE, "/deal/": Sound(302, b"", {"Location": "https://shop.example/"})}
    paper.pages["/members/"] = Sound(302, b"", {"Location": "/login/"})
    with hanging(Weather(paper.answer)) as site:
        for options in ((), (), ("-a", "full=1")):
            before = len(site.paths)
            asked(site, tmp_path, *options)
            assert bool(set(cards[:3]) & set(site.paths[before:])) == (before == 0 or options != ())
    assert_all_of(paper, tmp_path)


def test_a_list_tells_of_what_was_passed_by_on_the_home_page(tmp_path: Path) -> None:
    paper = press(6, rest=False, sitemap=False, feed=False)
    post = paper.posts.pop()
    paper.pages = {"/": paper.page("home", paper.list_of([post.path]).body.decode()), post.path: NOTICE}
    with hanging(Weather(paper.answer)) as site:
        asked(site, tmp_path)
        paper.posts.append(post)
        del paper.pages[post.path]
        asked(site, tmp_path)
    assert_all_of(paper, tmp_path)


def test_a_site_without_sections_is_whole_where_its_sitemap_tells_all(tmp_path: Path) -> None:
    paper = press(6, rest=False)
    paper.pages["/"] = Sound(200, b'<html><body class="home jnews"><h1>Paper</h1></body></html>')
    with hanging(Weather(paper.answer)) as site:
        asked(site, tmp_path)
        assert len(asked(site, tmp_path)) <= 5
    assert_all_of(paper, tmp_path)


def test_a_page_that_says_it_is_not_found_is_the_end_of_a_list(tmp_path: Path) -> None:
    paper = press(20, rest=False, sitemap=False, feed=False)
    for section in paper.sections:
        paper.pages[f"/category/{section}/page/4/"] = Sound(200, GONE.body)
    with hanging(Weather(paper.answer)) as site:
        asked(site, tmp_path)
    assert_all_of(paper, tmp_path)


@pytest.mark.parametrize("sitemap", [True, False])
def test_lists_that_robots_forbids_are_missed_where_nothing_else_tells(tmp_path: Path, *, sitemap: bool) -> None:
    paper = press(20, rest=False, sitemap=sitemap, feed=False)
    paper.pages["/robots.txt"] = Sound(200, b"User-agent: *\nDisallow: /category/*/page/\n")
    with hanging(Weather(paper.answer)) as site:
        asked(site, tmp_path, status=0 if sitemap else 3)
        assert len(asked(site, tmp_path, status=0 if sitemap else 3)) <= 8
    assert len(articles(tmp_path)) == (20 if sitemap else 8)


@pytest.mark.parametrize("rest", [True, False])
def test_articles_that_take_each_others_addresses_move(tmp_path: Path, *, rest: bool) -> None:
    paper = press(rest=rest)
    one, other, third = paper.posts[:3]
    with hanging(Weather(paper.answer)) as site:
        asked(site, tmp_path)
        one.path, other.path, third.path = other.path, third.path, one.path
        paper.pages = {f"/?p={post.id}": Sound(301, b"", {"Location": post.path}) for post in paper.posts}
        for post in (one, other, third):
            post.modified = LATE
        asked(site, tmp_path)
        assert_now(paper, tmp_path)
        assert {number: held["url"] for number, held in articles(tmp_path).items() if number < 4} == {
            post.id: site.url + post.path for post in (one, other, third)
        }
        paper.posts.remove(third)  # whose address another takes
        one.path, one.modified = third.path, LATER
        paper.pages = {}
        asked(site, tmp_path)
        assert_now(paper, tmp_path)
        asked(site, tmp_path)
        assert len(asked(site, tmp_path)) == (3 if rest else 5)
    told = [(line["id"], line["change"]) for line in changes(tmp_path) if line["change"] != "new"]
    assert [sorted(told[:3]), sorted(told[3:])] == [
        [(1, "edited"), (2, "edited"), (3, "edited")],
        [(1, "edited"), (3, "removed")],
    ]


@pytest.mark.parametrize("status", [403, 500])
def test_articles_that_swap_addresses_stay_in_the_feed_though_short_links_are_closed(
    tmp_path: Path, status: int
) -> None:
    paper = press(rest=False)
    one, other = paper.posts[:2]
    with hanging(Weather(paper.answer)) as site:
        asked(site, tmp_path)
        one.path, other.path = other.path, one.path
        one.modified = other.modified = LATE
        paper.pages = {f"/?p={post.id}": Sound(status) for post in paper.posts}
        asked(site, tmp_path, status=3)
        assert_now(paper, tmp_path)
        assert not any(line["change"] == "removed" for line in changes(tmp_path))
        paper.pages = {}
        asked(site, tmp_path)
        assert {number: held["url"] for number, held in articles(tmp_path).items() if number < 3} == {
            post.id: site.url + post.path for post in (one, other)
        }


# -- what is asked no more ---------------------------------------------------------------------------------------------


def test_an_article_that_leads_to_the_home_page_of_a_site_in_a_folder_is_removed_once_unlisted(tmp_path: Path) -> None:
    paper = press()

    def answer(path: str, site: str) -> Sound:
        told = paper.answer(path.removeprefix("/paper"), site) if path.startswith("/paper/") else GONE
        return Sound(told.status, told.body.replace(b'href="/', b'href="/paper/'), told.headers)

    with hanging(Weather(answer)) as site:
        site.url += "/paper"
        asked(site, tmp_path)
        paper.posts[-1].modified = LATE
        paper.pages[paper.posts[-1].path] = Sound(301, b"", {"Location": "/paper/"})
        asked(site, tmp_path, status=3)
        paper.posts.pop()
        asked(site, tmp_path)
    assert paths(tmp_path) == sorted(f"/paper{post.path}" for post in paper.posts)


CATEGORIES = "/category-sitemap.xml"


def named_by_a_sitemap(paper: Press, site: Weather, *sections: str) -> None:
    """Gives the newspaper a sitemap of categories."""
    maps = ("sitemap.xml", CATEGORIES[1:])
    index = INDEX.format("".join(f"<sitemap><loc>{site.url}/{name}</loc></sitemap>" for name in maps))
    paper.pages["/sitemap_index.xml"] = Sound(200, index.encode(), {"Content-Type": XML})
    paper.pages[CATEGORIES] = urlset(f"{site.url}/category/{section}/" for section in sections)


@pytest.mark.parametrize("leads", ["/", "/about/", "/story-2/"])
def test_a_section_that_leads_for_good_to_a_page_without_a_list_is_told_once(tmp_path: Path, leads: str) -> None:
    paper = press(rest=False)
    paper.pages["/about/"] = paper.page("page page-id-2", "", '<link rel="canonical" href="/about/">')
    paper.pages["/category/old/"] = Sound(301, b"", {"Location": leads})
    with hanging(Weather(paper.answer)) as site:
        named_by_a_sitemap(paper, site, "world", "old")
        ending = crawl(site.url, tmp_path)
        assert_sound(ending, 0)
        assert "/category/old/" in ending.err
        assert len(asked(site, tmp_path)) == 5
        paper.pages["/category/world/"] = paper.pages["/category/old/"]  # which showed articles
        asked(site, tmp_path, "-a", "full=1", status=4)
        asked(site, tmp_path, "-a", "full=1")
    assert_all_of(paper, tmp_path)


@pytest.mark.parametrize(
    "answer", [Sound(302, b"", {"Location": "/"}), Sound(301, b"", {"Location": "/soon/"}), NOTICE]
)
def test_a_section_that_shows_no_list_for_another_reason_fails(tmp_path: Path, answer: Sound) -> None:
    paper = press(rest=False)
    paper.pages |= {"/soon/": NOTICE, "/category/world/": answer}
    with hanging(Weather(paper.answer)) as site:
        for _ in range(2):
            asked(site, tmp_path, status=3)
