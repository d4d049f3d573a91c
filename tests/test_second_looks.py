"""Whole crawls of sites that show something else for a while, or another article than before, at an address."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from tests.crawling import articles, changes, crawl, records
from tests.test_misbehaving_sites import Paper, Post, assert_all_of, assert_sound, paths, rejected, urlset
from tests.test_warc import copied, feed, reparse, scrapy
from tests.weather import Sound, Weather, hanging

EDIT = "2024-08-01T10:00:00+00:00"
LATER = "2024-09-01T10:00:00+00:00"


def told(paper: Paper, site: str, lastmod: str = EDIT) -> None:
    """Makes the sitemap list all articles, as changed at a time."""
    paper.pages["/sitemap.xml"] = urlset((site + post.path for post in paper.posts), lastmod)


def test_a_listed_article_that_is_not_there_yet_is_asked_once_more(tmp_path: Path) -> None:
    paper = Paper([Post(number) for number in range(1, 6)])
    missing = Sound(404, b"<html><body class='error404'>Not found</body></html>")
    with hanging(Weather(paper.answer)) as site:
        told(paper, site.url)
        paper.pages |= {"/story-1/": missing, "/story-2/": missing}
        assert_sound(crawl(site.url, tmp_path), 0)
        del paper.pages["/story-1/"]
        asked: list[int] = []
        for options in ((), (), ("-a", "full=1")):
            before = len(site.paths)
            assert_sound(crawl(site.url, tmp_path, *options), 0)
            asked += [sum(path.startswith("/story-") for path in site.paths[before:])]
        assert asked == [2, 0, 1]
        assert rejected(tmp_path) == {"/story-2/": "status 404"}
        assert len(records(tmp_path / "rejected.jsonl")) == 1
        del paper.pages["/story-2/"]
        assert_sound(crawl(site.url, tmp_path, "-a", "full=1"), 0)
    assert_all_of(paper, tmp_path)


@pytest.mark.parametrize("old", [404, 301])
def test_an_article_at_another_address_with_another_date_stays_itself(tmp_path: Path, old: int) -> None:
    paper = Paper([Post(7, path="/old/"), Post(8)])
    with hanging(Weather(paper.answer)) as site:
        told(paper, site.url)
        assert_sound(crawl(site.url, tmp_path / "data", MAINLAND_KEEP_PAGES=1), 0)
        paper.posts[0] = Post(7, path="/new/", published=LATER)
        paper.pages["/old/"] = Sound(old, b"", {"Location": "/new/"})
        told(paper, site.url, LATER)
        time.sleep(1)  # so that its page is of another second
        for _ in range(2):
            assert_sound(crawl(site.url, tmp_path / "data", MAINLAND_KEEP_PAGES=1), 0)
            assert paths(tmp_path / "data") == ["/new/", "/story-8/"]
    found = [line["change"] for line in changes(tmp_path / "data") if line["id"] == 7]
    assert found in (["new", "edited"], ["new", "removed", "returned"])
    again = copied(tmp_path / "data", tmp_path / "again", pages_only=True)
    assert_sound(reparse(again), 0)
    assert feed(again) == feed(tmp_path / "data")


def test_an_article_whose_canonical_link_names_another_keeps_its_own_address(tmp_path: Path) -> None:
    paper = Paper([Post(1), Post(2)])
    with hanging(Weather(paper.answer)) as site:
        told(paper, site.url)
        page = paper.post(paper.posts[1])
        paper.pages["/story-2/"] = Sound(200, re.sub(rb'(canonical" href=")[^"]*', rb"\1/story-1/", page.body))
        for _ in range(2):
            assert_sound(crawl(site.url, tmp_path), 0)
    assert_all_of(paper, tmp_path)


def test_an_edit_that_a_cache_hides_is_looked_for_once_more(tmp_path: Path) -> None:
    paper = Paper([Post(1), Post(2)])
    with hanging(Weather(paper.answer)) as site:
        told(paper, site.url)
        assert_sound(crawl(site.url, tmp_path), 0)
        told(paper, site.url, LATER)  # of which the pages do not know yet
        assert_sound(crawl(site.url, tmp_path), 0)
        paper.posts[0].modified = LATER
        page = paper.post(paper.posts[0])
        paper.pages["/story-1/"] = Sound(200, page.body.replace(b"What happened", b"What really happened"))
        before = len(site.paths)
        assert_sound(crawl(site.url, tmp_path), 0)
        assert sorted(path for path in site.paths[before:] if path.startswith("/story-")) == ["/story-1/", "/story-2/"]
        assert "really" in articles(tmp_path)[1]["body"]
        before = len(site.paths)
        assert_sound(crawl(site.url, tmp_path), 0)
        assert not [path for path in site.paths[before:] if path.startswith("/story-")]


def unclosed(sound: Sound) -> Sound:
    """A page without its end."""
    return Sound(sound.status, re.sub(rb"</div></div></body></html>$", b"", sound.body), sound.headers)


def test_half_a_page_is_no_page_even_if_it_is_the_first_of_a_crawl(tmp_path: Path) -> None:
    paper = Paper([Post(1)], sitemap=True)
    with hanging(Weather(paper.answer)) as site:
        assert_sound(crawl(site.url, tmp_path), 0)
        paper.posts.append(Post(2))
        paper.pages["/story-2/"] = unclosed(paper.post(paper.posts[1]))
        assert_sound(crawl(site.url, tmp_path, MAINLAND_KEEP_PAGES=1), 3)
        assert_sound(reparse(tmp_path), 0)
        assert paths(tmp_path) == ["/story-1/"]
        del paper.pages["/story-2/"]
        assert_sound(crawl(site.url, tmp_path), 0)
    assert_all_of(paper, tmp_path)


def test_a_site_that_never_closes_its_pages_is_read(tmp_path: Path) -> None:
    paper = Paper([Post(1), Post(2)], sitemap=True)

    def answer(path: str, site: str) -> Sound:
        sound = paper.answer(path, site)
        return Sound(sound.status, sound.body.replace(b"</body></html>", b""), sound.headers)

    with hanging(Weather(answer)) as site:
        assert_sound(crawl(site.url, tmp_path), 0)
        paper.posts.append(Post(3))
        assert_sound(crawl(site.url, tmp_path), 0)
    assert_all_of(paper, tmp_path)


def test_an_article_that_leads_home_for_good_is_removed_once_the_sitemaps_lack_it(tmp_path: Path) -> None:
    paper = Paper([Post(1), Post(2)])
    with hanging(Weather(paper.answer)) as site:
        told(paper, site.url)
        assert_sound(crawl(site.url, tmp_path), 0)
        paper.pages["/story-1/"] = Sound(301, b"", {"Location": "/"})
        told(paper, site.url, LATER)
        assert_sound(crawl(site.url, tmp_path), 0)
        assert paths(tmp_path) == ["/story-1/", "/story-2/"]  # they still list it
        paper.posts = paper.posts[1:]
        told(paper, site.url, LATER)
        for _ in range(2):
            assert_sound(crawl(site.url, tmp_path), 0)
            assert paths(tmp_path) == ["/story-2/"]
    assert [line["change"] for line in changes(tmp_path)] == ["new", "new", "removed"]


def test_an_address_read_alone_is_asked_as_a_crawl_does(tmp_path: Path) -> None:
    paper = Paper([Post(1), Post(2)])
    paper.pages["/story-2/"] = unclosed(paper.post(paper.posts[1]))
    down = Weather(lambda path, _: Sound(503) if path == "/robots.txt" else Sound(404))
    with hanging(Weather(paper.answer)) as site, hanging(down) as other:
        words = ["extract", f"{other.url}/story-1/", f"{site.url}/story-1/", f"{site.url}/story-2/"]
        ending = scrapy(*words, "-s", "DOWNLOAD_DELAY=0", "-s", "MAINLAND_CONTACT=ada@example.org")
    assert ending.status == 1
    assert [json.loads(line)["id"] for line in ending.out.splitlines()] == [1]
    reasons = [line.rpartition(": ")[2] for line in ending.err.splitlines() if line.startswith("scrapy extract:")]
    assert reasons == ["robots.txt cannot be reached", "cut off"]


def test_an_article_without_a_date_at_the_address_of_another_is_another(tmp_path: Path) -> None:
    paper = Paper([Post(5, path="/match-report/")])

    def undated(path: str, site: str) -> Sound:
        sound = paper.answer(path, site)
        return Sound(sound.status, re.sub(rb'<meta property="article:[^>]*>', b"", sound.body), sound.headers)

    with hanging(Weather(undated)) as site:
        told(paper, site.url)
        assert_sound(crawl(site.url, tmp_path), 0)
        paper.posts = [Post(6, path="/match-report/")]
        told(paper, site.url, LATER)
        assert_sound(crawl(site.url, tmp_path), 0)
    assert articles(tmp_path).keys() == {6}
    assert sorted((line["id"], line["change"]) for line in changes(tmp_path)) == [
        (5, "new"),
        (5, "removed"),
        (6, "new"),
    ]


def test_a_reading_of_rest_that_broke_off_is_read_to_its_end_by_the_next_crawl(tmp_path: Path) -> None:
    paper = Paper([Post(number) for number in range(1, 121)], sitemap=True)

    def answer(path: str, site: str) -> Sound:
        match = re.search(r"/wp/v2/posts.*&page=(\d)", path)
        if not match:
            return paper.answer(path, site)
        if path in paper.pages:
            return paper.pages[path]
        some = paper.posts[int(match[1]) * 100 - 100 : int(match[1]) * 100]
        body = [{"id": post.id, "link": site + post.path, "modified_gmt": post.modified[:19]} for post in some]
        return Sound(200, json.dumps(body).encode(), {"X-WP-Total": str(len(paper.posts))})

    with hanging(Weather(answer)) as site:
        assert_sound(crawl(site.url, tmp_path), 0)
        for post in paper.posts:
            post.modified = EDIT
            page = paper.post(post)
            paper.pages[post.path] = Sound(200, page.body.replace(b"What happened", b"What really happened"))
        asked = next(path for path in site.paths if "wp-json" in path)
        second = asked.replace("&page=1", "&page=2")
        paper.pages[second] = Sound(500)
        assert_sound(crawl(site.url, tmp_path), 3)
        del paper.pages[second]
        assert_sound(crawl(site.url, tmp_path), 0)
        before = len(site.paths)
        assert_sound(crawl(site.url, tmp_path), 0)
        assert second not in site.paths[before:]
    assert all("really" in record["body"] for record in articles(tmp_path).values())
