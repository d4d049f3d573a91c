"""Whole crawls of sites whose sources disagree: what counts, lists and sitemaps do not tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crawling import articles, changes, crawl
from tests.papers import (
    GONE,
    LATE,
    LATER,
    Paper,
    Post,
    Press,
    assert_all_of,
    assert_sound,
    paths,
    press,
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


def test_the_sections_alone_give_all_articles_and_a_next_page_may_redirect_to_itself(tmp_path: Path) -> None:
    paper = press(20, rest=False, sitemap=False, feed=False)
    for section in paper.sections:
        following = f"/category/{section}/?paged=2"
        paper.pages[following] = Sound(301, b"", {"Location": f"/category/{section}/page/2/"})
        links = [post.path for post in paper.posts if post.section == section][:4]
        foot = f'<div class="jeg_pagination"><a class="page_nav next" href="{following}">Next</a></div>'
        paper.pages[f"/category/{section}/"] = paper.list_of(links, foot)
    with hanging(Weather(paper.answer)) as site:
        asked(site, tmp_path)
    assert_all_of(paper, tmp_path)


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
