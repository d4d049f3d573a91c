"""Whole crawls of sites whose sources disagree: what counts, lists and sitemaps do not tell."""

from __future__ import annotations

from collections.abc import Callable
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


def robots(*sitemaps: str) -> Callable[[str], Sound]:
    """A robots.txt that names sitemaps."""
    return lambda site: Sound(200, "".join(f"Sitemap: {site}/{name}\n" for name in sitemaps).encode())


@pytest.mark.parametrize(
    "named", [("news-sitemap.xml", "sitemap.xml"), ("news-sitemap.xml",), ("a.xml", "b.xml"), ("page-sitemap.xml",)]
)
def test_all_sitemaps_that_robots_names_are_read(tmp_path: Path, named: tuple[str, ...]) -> None:
    paper = press(rest=False)
    half = [post.path for post in paper.posts[:6]], [post.path for post in paper.posts[6:]]

    def answer(path: str, site: str) -> Sound:
        if path == "/robots.txt":
            return robots(*named)(site)
        sets = {"/news-sitemap.xml": half[1][-2:], "/page-sitemap.xml": ["/about/"]}
        sets |= {"/a.xml": half[0], "/b.xml": half[1]} if "a.xml" in named else {}
        if path in sets:
            return urlset(site + each for each in sets[path] if each in {*map(str, paper_paths()), "/about/"})
        return paper.answer(path, site) if "a.xml" not in named or path != "/sitemap.xml" else GONE

    def paper_paths() -> list[str]:
        return [post.path for post in paper.posts]

    with hanging(Weather(answer)) as site:
        asked(site, tmp_path)
        assert_all_of(paper, tmp_path)
        assert len(asked(site, tmp_path)) <= 7
        paper.posts.pop(1)
        asked(site, tmp_path)
        assert_now(paper, tmp_path)


def test_an_index_in_an_index_is_read(tmp_path: Path) -> None:
    paper = press(rest=False, feed=False)
    with hanging(Weather(paper.answer)) as site:
        entry = "<sitemap><loc>{}</loc></sitemap>"
        for path, inner in (("/sitemap_index.xml", "/posts.xml"), ("/posts.xml", "/sitemap.xml")):
            body = INDEX.format(entry.format(site.url + inner))
            paper.pages[path] = Sound(200, body.encode(), {"Content-Type": XML})
        asked(site, tmp_path)
        assert not {"/posts.xml", "/sitemap.xml"} & set(paths(tmp_path))
        assert_all_of(paper, tmp_path)


@pytest.mark.parametrize("answer", [Sound(403), GONE, NOTICE])
def test_a_sitemap_that_is_not_there_for_a_day_is_told(tmp_path: Path, answer: Sound) -> None:
    paper = press(rest=False)
    with hanging(Weather(paper.answer)) as site:
        asked(site, tmp_path)
        paper.posts.pop(1)
        paper.pages["/sitemap.xml"] = answer
        asked(site, tmp_path, status=3)
        paper.pages = {}
        asked(site, tmp_path)
        assert_now(paper, tmp_path)


def test_sources_that_are_closed_for_good_are_told_once(tmp_path: Path) -> None:
    paper = press()
    with hanging(Weather(paper.answer)) as site:
        asked(site, tmp_path)
        paper.rest = paper.sitemap = False
        asked(site, tmp_path, status=3)
        paper.posts.insert(0, Post(90, published=LATER))
        asked(site, tmp_path)
        asked(site, tmp_path)
    assert_now(paper, tmp_path)


def test_more_new_articles_than_the_feed_has_are_found_behind_a_cached_sitemap(tmp_path: Path) -> None:
    paper = press(rest=False)
    with hanging(Weather(paper.answer)) as site:
        asked(site, tmp_path)
        paper.pages["/sitemap.xml"] = paper.listing(site.url)
        new = [Post(number, ("world", "europe")[number % 2], published=LATER) for number in range(100, 125)]
        paper.posts = [*reversed(new), *paper.posts]
        asked(site, tmp_path)
        assert_now(paper, tmp_path)


def edit(paper: Press, post: Post, modified: str) -> None:
    """Changes the text of a post."""
    post.modified = modified
    page = paper.post(post)
    paper.pages[post.path] = Sound(200, page.body.replace(b"What happened", b"What really happened"))


@pytest.mark.parametrize("answer", [GONE, Sound(500)])
def test_rest_of_one_language_is_not_enough_where_the_sitemaps_are_away_for_a_day(
    tmp_path: Path, answer: Sound
) -> None:
    paper = press()
    paper.hidden = frozenset({1, 3, 5, 7, 9, 90})
    with hanging(Weather(paper.answer)) as site:
        asked(site, tmp_path)
        paper.pages["/sitemap.xml"] = answer
        asked(site, tmp_path, status=3)
        assert_sound(crawl(site.url, tmp_path), 3 if answer.status == 500 else 0)
        paper.pages = {}
        paper.posts.append(Post(90, published=LATER))
        asked(site, tmp_path)
    assert_now(paper, tmp_path)


def test_rest_that_gives_less_than_it_is_asked_for_is_read_to_its_end(tmp_path: Path) -> None:
    paper = press(25, sitemap=False, feed=False)
    paper.rest_page = 10
    paper.pages["/"] = Sound(200, b'<html><body class="home jnews"><h1>Paper</h1></body></html>')
    with hanging(Weather(paper.answer)) as site:
        asked(site, tmp_path)
        assert_all_of(paper, tmp_path)
        for post in paper.posts[:15]:
            edit(paper, post, LATER)
        asked(site, tmp_path)
        assert sum("really" in record["body"] for record in articles(tmp_path).values()) == 15
        assert len(asked(site, tmp_path)) == 3


def test_rest_that_counts_posts_that_it_does_not_show_has_an_end(tmp_path: Path) -> None:
    paper = press(sitemap=False)

    def answer(path: str, site: str) -> Sound:
        told = paper.answer(path, site)
        if "/wp-json/" not in path or told.status != 200:
            return told
        if "&page=1" not in path:
            return Sound(400, b'{"code":"rest_post_invalid_page_number"}')
        return Sound(200, told.body, {"X-WP-Total": str(len(paper.posts) + 2)})

    with hanging(Weather(answer)) as site:
        asked(site, tmp_path)
        for post in paper.posts:
            edit(paper, post, LATER)
        asked(site, tmp_path)
        assert sum("really" in record["body"] for record in articles(tmp_path).values()) == len(paper.posts)
        assert len(asked(site, tmp_path)) == 3


def test_rest_that_tells_of_one_language_alone_is_not_taken_for_the_whole_site(tmp_path: Path) -> None:
    paper = press()
    paper.hidden = frozenset({1, 3, 5, 7, 9, 90})
    with hanging(Weather(paper.answer)) as site:
        asked(site, tmp_path)
        paper.posts.append(Post(90, published=LATER))
        paper.posts.pop(2)
        asked(site, tmp_path)
        assert_now(paper, tmp_path)
        assert len(asked(site, tmp_path)) == 6
        paper.hidden = frozenset()
        for _ in range(2):
            asked(site, tmp_path)
        assert len(asked(site, tmp_path)) == 3


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


@pytest.mark.parametrize("days", [1, 2, 3])
def test_a_sitemap_that_comes_back_is_read_again(tmp_path: Path, days: int) -> None:
    paper = press(rest=False)
    with hanging(Weather(paper.answer)) as site:
        asked(site, tmp_path)
        paper.pages["/sitemap.xml"] = GONE
        for day in range(days):
            asked(site, tmp_path, status=0 if day else 3)
        paper.pages = {}
        paper.posts.pop(1)
        asked(site, tmp_path)
        assert_now(paper, tmp_path)


def test_a_sitemap_that_lags_behind_rest_costs_no_walk(tmp_path: Path) -> None:
    paper = press()
    with hanging(Weather(paper.answer)) as site:
        asked(site, tmp_path)
        paper.pages["/sitemap.xml"] = paper.listing(site.url)
        paper.posts.append(Post(90, published=LATER))
        assert len(asked(site, tmp_path)) <= 7
        assert_now(paper, tmp_path)


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


def test_a_sitemap_that_lacks_what_the_feed_shows_is_no_inventory(tmp_path: Path) -> None:
    paper = press(16, rest=False)
    older, newer = paper.posts[:4], paper.posts[-4:]
    with hanging(Weather(paper.answer)) as site:
        asked(site, tmp_path)
        paper.pages["/sitemap.xml"] = urlset(site.url + post.path for post in paper.posts[4:-4])
        paper.pages |= {post.path: GONE for post in older}
        assert [{post.path for post in older + newer} & set(asked(site, tmp_path)) for _ in range(2)] == [set(), set()]
        assert_all_of(paper, tmp_path)


def test_one_look_removes_nothing_where_the_sitemap_lacks_what_the_feed_shows(tmp_path: Path) -> None:
    paper = press(16, rest=False)
    with hanging(Weather(paper.answer)) as site:
        asked(site, tmp_path)
        paper.posts[0].modified = LATE
        paper.pages["/story-1/"] = Sound(500)
        asked(site, tmp_path, status=3)
        paper.pages = {"/story-1/": GONE, "/sitemap.xml": urlset(site.url + post.path for post in paper.posts[1:-4])}
        assert "/story-1/" in asked(site, tmp_path, status=3)
        assert_all_of(paper, tmp_path)


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
