"""Whole crawls of sites that temporarily showed something else: articles are not lost, stored twice or stored wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.crawling import articles, changes, crawl, scrapy
from tests.support.daily import EARLY, LATE, MISSING, Daily, lines, listed, status
from tests.support.faults import FaultySite, Sound, serve_faulty
from tests.support.small_sites import INDEX, XML, Paper, Post, urlset

pytestmark = pytest.mark.few(1)


@pytest.fixture
def paper() -> Paper:
    return Daily([Post(number) for number in range(1, 6)])


@pytest.fixture
def site(paper: Paper) -> Iterator[FaultySite]:
    with serve_faulty(FaultySite(paper.answer)) as found:
        yield found


def edited(paper: Paper, site: FaultySite, number: int) -> None:
    """Edits an article."""
    paper.posts[number - 1] = replace(paper.posts[number - 1], modified=LATE)
    listed(paper, site)


AWAY = {
    "404": MISSING,
    "410": Sound(410, b"<html><body class='error404'>Gone</body></html>"),
    "soft 404": Sound(200, b"<html><body class='error404 wp-theme-jnews jnews'>Not found</body></html>"),
    "home permanently": Sound(301, b"", {"Location": "/"}),
    "home temporarily": Sound(302, b"", {"Location": "/"}),
    "off the site": Sound(301, b"", {"Location": "https://elsewhere.example/"}),
}


@pytest.mark.parametrize("crawls", [1, 2])
@pytest.mark.parametrize("kind", AWAY)
def test_an_edit_behind_a_fault_is_read_once_the_site_is_well(
    paper: Paper, site: FaultySite, tmp_path: Path, kind: str, crawls: int
) -> None:
    listed(paper, site)
    assert status(site, tmp_path) == 0
    edited(paper, site, 1)
    paper.pages["/story-1/"] = AWAY[kind]
    assert [status(site, tmp_path) for _ in range(crawls)] == [3, 0][:crawls]
    assert 1 in articles(tmp_path)
    del paper.pages["/story-1/"]
    assert status(site, tmp_path, "-a", "full=1") == 0
    assert lines(tmp_path, 1) == ["new", "edited"]
    assert articles(tmp_path)[1]["date_modified"] == "2024-09-01T10:00:00Z"


@pytest.mark.parametrize("kind", AWAY)
def test_a_new_article_behind_a_fault_is_read_by_the_next_crawl(
    paper: Paper, site: FaultySite, tmp_path: Path, kind: str
) -> None:
    listed(paper, site)
    paper.pages["/story-1/"] = AWAY[kind]
    assert status(site, tmp_path) == 3
    del paper.pages["/story-1/"]
    assert status(site, tmp_path) == 0
    assert sorted(articles(tmp_path)) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("kind", AWAY)
def test_a_new_article_that_was_rejected_is_read_by_a_full_crawl(
    paper: Paper, site: FaultySite, tmp_path: Path, kind: str
) -> None:
    listed(paper, site)
    paper.pages["/story-1/"] = AWAY[kind]
    assert [status(site, tmp_path) for _ in range(3)] == [3, 0, 0]
    del paper.pages["/story-1/"]
    assert status(site, tmp_path, "-a", "full=1") == 0
    assert sorted(articles(tmp_path)) == [1, 2, 3, 4, 5]


def test_a_forgotten_article_is_never_requested_again(paper: Paper, site: FaultySite, tmp_path: Path) -> None:
    listed(paper, site)
    assert status(site, tmp_path) == 0
    assert scrapy("forget", 1, "-s", f"MAINLAND_DATA_DIR={tmp_path}").status == 0
    edited(paper, site, 1)
    paper.pages["/story-2/"] = Sound(301, b"", {"Location": "/story-1/"})
    edited(paper, site, 2)
    before = len(site.paths)
    for options in ((), ("-a", "full=1")):
        status(site, tmp_path, *options)
    assert "/story-1/" not in site.paths[before:]
    assert 1 not in articles(tmp_path)


def test_a_forgotten_article_at_a_new_address_joins_its_tombstone(
    paper: Paper, site: FaultySite, tmp_path: Path
) -> None:
    listed(paper, site)
    assert status(site, tmp_path) == 0
    assert scrapy("forget", 1, "-s", f"MAINLAND_DATA_DIR={tmp_path}").status == 0
    paper.posts[0] = replace(paper.posts[0], path="/again/")
    listed(paper, site)
    for _ in range(3):
        assert crawl(site.url, tmp_path, MAINLAND_KEEP_PAGES=1).status == 0
    assert site.paths.count("/again/") == 1
    assert "/again/" in (tmp_path / "forgotten.jsonl").read_text()
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.name not in ("forgotten.jsonl", "index.sqlite", "index.sqlite"):
            assert b"/again/" not in path.read_bytes(), path


def test_an_older_copy_of_an_unlisted_article_is_no_edit(paper: Paper, site: FaultySite, tmp_path: Path) -> None:
    paper.posts[0] = replace(paper.posts[0], modified=LATE)
    listed(paper, site)
    assert status(site, tmp_path) == 0
    one, *others = paper.posts
    paper.posts = [replace(one, modified=EARLY), *others]
    page = paper.post(paper.posts[0])
    paper.pages["/story-1/"] = Sound(200, page.body.replace(b"What happened", b"What had happened"))
    paper.posts = others
    listed(paper, site)
    assert status(site, tmp_path) == 0
    paper.posts = [one, *others]
    del paper.pages["/story-1/"]
    assert status(site, tmp_path) == 0
    assert lines(tmp_path, 1) == ["new"]


def test_an_unlisted_article_that_leads_off_the_site_is_removed(paper: Paper, site: FaultySite, tmp_path: Path) -> None:
    listed(paper, site)
    assert status(site, tmp_path) == 0
    paper.pages["/story-1/"] = AWAY["off the site"]
    del paper.posts[0]
    listed(paper, site)
    assert [status(site, tmp_path) for _ in range(3)] == [0, 0, 0]
    assert lines(tmp_path, 1) == ["new", "removed"]
    before = len(site.paths)
    assert status(site, tmp_path) == 0
    assert "/story-1/" not in site.paths[before:]


def test_two_articles_that_swap_addresses_only_move(paper: Paper, site: FaultySite, tmp_path: Path) -> None:
    listed(paper, site)
    assert status(site, tmp_path) == 0
    one, other, *rest = paper.posts
    paper.posts = [replace(one, path=other.path, modified=LATE), replace(other, path=one.path, modified=LATE), *rest]
    paper.pages |= {f"/?p={number}": Sound(503, b"Busy") for number in (1, 2)}
    listed(paper, site)
    for _ in range(3):
        status(site, tmp_path)
    assert {"removed", "returned"} & {*lines(tmp_path, 1), *lines(tmp_path, 2)} == set()
    assert {number: articles(tmp_path)[number]["url"] for number in (1, 2)} == {
        1: f"{site.url}{other.path}",
        2: f"{site.url}{one.path}",
    }


def test_a_blank_sitemap_is_a_failure_and_lacks_nothing(paper: Paper, site: FaultySite, tmp_path: Path) -> None:
    children = [f"{site.url}/post-sitemap{number}.xml" for number in (1, 2)]
    index = INDEX.format("".join(f"<sitemap><loc>{each}</loc></sitemap>" for each in children))
    paper.pages["/sitemap_index.xml"] = Sound(200, index.encode(), {"Content-Type": XML})
    for number, posts in ((1, paper.posts[:3]), (2, paper.posts[3:])):
        paper.pages[f"/post-sitemap{number}.xml"] = urlset((site.url + post.path for post in posts), EARLY)
    sound = paper.pages["/post-sitemap2.xml"]
    paper.pages["/post-sitemap2.xml"] = Sound(200, b"", {"Content-Type": XML})
    assert status(site, tmp_path) == 3
    paper.pages["/post-sitemap2.xml"] = sound
    assert status(site, tmp_path) == 0
    assert sorted(articles(tmp_path)) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("address", ["/de/story-1/", "/video/story-1/"])
def test_an_article_at_two_addresses_stays_at_one(paper: Paper, site: FaultySite, tmp_path: Path, address: str) -> None:
    copy = replace(paper.posts[0], path=address)
    paper.posts.append(copy)
    page = paper.post(copy)
    paper.pages[address] = Sound(
        200, re.sub(rb"What happened", b"Was geschah", page.body.replace(b'lang="en-US"', b'lang="de"'))
    )
    for moment in (EARLY, LATE, "2024-10-01T10:00:00+00:00"):
        paper.posts = [replace(post, modified=moment) if post.id == 1 else post for post in paper.posts]
        listed(paper, site)
        assert status(site, tmp_path, "-a", "full=1") == 0
    assert lines(tmp_path, 1)[0] == "new"
    found = [line for line in changes(tmp_path) if line["id"] == 1]
    assert len({line["url"] for line in found[1:]}) <= 1
    assert len({line["language"] for line in found}) == 1


def test_a_section_of_another_builder_is_no_failure_where_the_sitemap_lists_all(
    paper: Paper, site: FaultySite, tmp_path: Path
) -> None:
    listed(paper, site)
    paper.pages["/category/world/"] = paper.page("archive category elementor-page", "<div>Cards of another kind</div>")
    assert [status(site, tmp_path, "-a", "full=1") for _ in range(3)] == [0, 0, 0]
    assert sorted(articles(tmp_path)) == [1, 2, 3, 4, 5]
