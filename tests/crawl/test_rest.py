"""Whole crawls of sites with REST: what it says of dates, of addresses, and of what is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.crawling import articles
from tests.support.daily import LATE, MISSING, Daily, lines, listed, status
from tests.support.faults import FaultySite, Sound, serve_faulty
from tests.support.small_sites import Post

pytestmark = pytest.mark.few(1)

OLD = "2024-05-01T10:00:00+00:00"


@dataclass
class WordPress(Daily):
    """A paper with REST, which names the last address of each article."""

    is_open: bool = True
    hidden: set[int] = field(default_factory=set)
    """The ids that REST does not return."""

    def answer(self, path: str, site: str) -> Sound:
        if not path.startswith("/wp-json/wp/v2/posts") or path in self.pages:
            return super().answer(path, site)
        if not self.is_open:
            return MISSING
        query = parse_qs(urlsplit(path).query)
        wanted = set(map(int, query["include"][0].split(","))) if "include" in query else None
        posts = {
            post.id: {
                "id": post.id,
                "link": f"{site}{post.path}",
                "modified_gmt": post.modified[:19],
            }
            for post in self.posts
            if post.id not in self.hidden and (wanted is None or post.id in wanted)
        }
        found = sorted(posts.values(), key=lambda post: str(post["modified_gmt"]), reverse=True)
        headers = {"Content-Type": "application/json", "X-WP-Total": str(len(found)), "X-WP-TotalPages": "1"}
        return Sound(200, json.dumps(found).encode(), headers)


@pytest.fixture
def paper() -> WordPress:
    return WordPress([Post(number) for number in range(1, 6)])


@pytest.fixture
def site(paper: WordPress) -> Iterator[FaultySite]:
    with serve_faulty(FaultySite(paper.answer)) as found:
        yield found


def requested(site: FaultySite, before: int) -> list[str]:
    """The articles that were requested since."""
    return sorted(path for path in site.paths[before:] if path.startswith("/story-"))


GONE = {
    "404": MISSING,
    "soft 404": Sound(200, b"<html><body class='error404 wp-theme-jnews jnews'>Not found</body></html>"),
    "home temporarily": Sound(302, b"", {"Location": "/"}),
}


@pytest.mark.parametrize("kind", GONE)
def test_a_listed_article_is_removed_when_two_runs_find_it_neither_there_nor_in_rest(
    paper: WordPress, site: FaultySite, tmp_path: Path, kind: str
) -> None:
    listed(paper, site)
    assert status(site, tmp_path) == 0
    paper.pages["/story-1/"] = GONE[kind]
    paper.hidden.add(1)
    listed(paper, site, **{"/story-1/": LATE})  # a sitemap that is a file, and is not made again
    assert [status(site, tmp_path) for _ in range(3)] == [3, 0, 0]
    assert lines(tmp_path, 1) == ["new", "removed"]
    before = len(site.paths)
    assert status(site, tmp_path) == 0
    assert requested(site, before) == []


def test_a_listed_article_that_rest_returns_stays(paper: WordPress, site: FaultySite, tmp_path: Path) -> None:
    listed(paper, site)
    assert status(site, tmp_path) == 0
    paper.pages["/story-1/"] = MISSING
    listed(paper, site, **{"/story-1/": LATE})
    assert [status(site, tmp_path, "-a", "full=1") for _ in range(4)] == [3, 0, 0, 0]
    assert lines(tmp_path, 1) == ["new"]


@pytest.mark.parametrize("answer", [Sound(200, b"[]"), Sound(500, b""), Sound(200, b'[{"id": 2, "link": "/"}]')])
def test_an_answer_of_rest_without_the_post_that_it_lists_says_nothing(
    paper: WordPress, site: FaultySite, tmp_path: Path, answer: Sound
) -> None:
    listed(paper, site)
    assert status(site, tmp_path) == 0
    paper.pages["/story-1/"] = MISSING
    for witness in range(2, 6):
        query = f"include=1,{witness}&per_page=100&_fields=id,link,date_gmt,modified_gmt"
        paper.pages[f"/wp-json/wp/v2/posts?{query}"] = answer
    paper.hidden.add(1)
    listed(paper, site, **{"/story-1/": LATE})
    for _ in range(3):
        status(site, tmp_path, "-a", "full=1")
    assert lines(tmp_path, 1) == ["new"]


def test_an_unlisted_article_is_removed_at_once_where_rest_does_not_return_it(
    paper: WordPress, site: FaultySite, tmp_path: Path
) -> None:
    listed(paper, site)
    assert status(site, tmp_path) == 0
    paper.pages["/story-1/"] = GONE["home temporarily"]
    del paper.posts[0]
    listed(paper, site)
    assert status(site, tmp_path) == 0
    assert lines(tmp_path, 1) == ["new", "removed"]


def test_a_source_that_dates_articles_for_the_first_time_makes_nothing_due(
    paper: WordPress, site: FaultySite, tmp_path: Path
) -> None:
    paper.sitemap = True  # without dates
    assert status(site, tmp_path) == 0
    paper.is_open = False
    listed(paper, site, **{post.path: "2024-07-01T10:00:00+00:00" for post in paper.posts})
    before = len(site.paths)
    assert status(site, tmp_path, "-a", "full=1") in (0, 3)
    assert requested(site, before) == []


def test_an_edit_behind_a_source_that_dates_articles_for_the_first_time_is_read(
    paper: WordPress, site: FaultySite, tmp_path: Path
) -> None:
    paper.sitemap = True
    assert status(site, tmp_path) == 0
    paper.is_open = False
    listed(paper, site, **{post.path: OLD for post in paper.posts})
    now = articles(tmp_path)[1]["date_crawled"].replace("Z", "+00:00")
    paper.posts[0] = replace(paper.posts[0], modified=now)
    listed(paper, site, **{post.path: OLD for post in paper.posts[1:]}, **{"/story-1/": now})
    status(site, tmp_path, "-a", "full=1")
    assert lines(tmp_path, 1) == ["new", "edited"]


@pytest.mark.parametrize("copy", ["/de/story-1/", "/video/story-1/"])
def test_of_two_addresses_of_an_article_the_one_that_rest_names_is_stored(
    paper: WordPress, site: FaultySite, tmp_path: Path, copy: str
) -> None:
    paper.posts.append(replace(paper.posts[0], path=copy))
    paper.posts[-1] = replace(paper.posts[-1], modified=LATE)  # requested first
    listed(paper, site)
    paper.posts.append(paper.posts.pop(0))  # REST names the other one
    assert status(site, tmp_path) == 0
    assert lines(tmp_path, 1) == ["new"]
    assert articles(tmp_path)[1]["url"].endswith("/story-1/")
    assert "/de/" not in articles(tmp_path)[1]["url"]


def test_the_other_address_is_stored_where_the_one_that_rest_names_fails(
    paper: WordPress, site: FaultySite, tmp_path: Path
) -> None:
    paper.posts.append(replace(paper.posts[0], path="/de/story-1/", modified=LATE))
    listed(paper, site)
    paper.posts.append(paper.posts.pop(0))
    paper.pages["/story-1/"] = MISSING
    assert [status(site, tmp_path) for _ in range(3)] == [3, 0, 0]
    assert articles(tmp_path)[1]["url"].endswith("/de/story-1/")
