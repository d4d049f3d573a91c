"""Whole crawls of sites that show something else for a while, or another article than before, at an address."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from tests.crawling import articles, changes, crawl, scrapy
from tests.papers import Paper, Post, assert_all_of, assert_sound, paths, urlset
from tests.test_warc import copied, feed, reparse
from tests.weather import Sound, Weather, hanging

EDIT = "2024-08-01T10:00:00+00:00"
LATER = "2024-09-01T10:00:00+00:00"


def told(paper: Paper, site: str, lastmod: str = EDIT) -> None:
    """Makes the sitemap list all articles, as changed at a time."""
    paper.pages["/sitemap.xml"] = urlset((site + post.path for post in paper.posts), lastmod)


def asked(site: Weather, data: Path, *options: str) -> list[str]:
    """The articles that a crawl without a fault asks."""
    before = len(site.paths)
    assert_sound(crawl(site.url, data, *options), 0)
    return sorted(path for path in site.paths[before:] if path.startswith("/story-"))


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


def test_new_addresses_of_a_site_without_dates_are_those_of_its_articles(tmp_path: Path) -> None:
    paper = Paper([Post(1), Post(2), Post(3)])
    cached: dict[str, Sound] = {}

    def undated(path: str, site: str) -> Sound:
        sound = cached.get(path) or paper.answer(path, site)
        return Sound(sound.status, re.sub(rb'<meta property="article:[^>]*>', b"", sound.body), sound.headers)

    with hanging(Weather(undated)) as site:
        told(paper, site.url)
        assert_sound(crawl(site.url, tmp_path), 0)
        cached |= {post.path: Sound(200, undated(post.path, site.url).body) for post in paper.posts}
        for post in paper.posts:
            old = cached[post.path].body
            post.path = f"/news{post.path}"
            new = re.sub(rb'(canonical" href=")[^"]*', rf"\1{site.url}{post.path}".encode(), old)
            paper.pages[post.path] = Sound(200, new)
        told(paper, site.url, LATER)
        assert_sound(crawl(site.url, tmp_path), 0)
        cached.clear()
        assert_sound(crawl(site.url, tmp_path), 0)
    assert paths(tmp_path) == ["/news/story-1/", "/news/story-2/", "/news/story-3/"]


@pytest.mark.parametrize("home", [Sound(500), Sound(403, b"<html>"), Sound(200)], ids=["500", "403", "empty"])
def test_a_home_page_that_shows_nothing_makes_no_half_page_whole(tmp_path: Path, home: Sound) -> None:
    paper = Paper([Post(1)], sitemap=True)
    with hanging(Weather(paper.answer)) as site:
        assert_sound(crawl(site.url, tmp_path), 0)
        paper.posts.append(Post(2))
        paper.pages |= {"/story-2/": unclosed(paper.post(paper.posts[1])), "/": home}
        assert_sound(crawl(site.url, tmp_path), 3)
        assert paths(tmp_path) == ["/story-1/"]


def test_an_article_at_two_addresses_keeps_the_one_that_it_names(tmp_path: Path) -> None:
    paper = Paper([Post(1, path="/world/a/")])
    with hanging(Weather(paper.answer)) as site:
        for lastmod in (EDIT, LATER, "2024-10-01T10:00:00+00:00"):
            page = paper.post(paper.posts[0])
            body = re.sub(rb'(canonical" href=")[^"]*', rf"\1{site.url}/world/a/".encode(), page.body)
            paper.pages |= dict.fromkeys(("/world/a/", "/europe/a/"), Sound(200, body))
            paper.pages["/sitemap.xml"] = urlset([f"{site.url}/world/a/", f"{site.url}/europe/a/"], lastmod)
            assert_sound(crawl(site.url, tmp_path), 0)
    assert paths(tmp_path) == ["/world/a/"]
    assert [line["change"] for line in changes(tmp_path)] in (["new"], ["new", "moved"])


def test_a_part_that_leads_back_to_the_first_is_none(tmp_path: Path) -> None:
    paper = Paper([Post(1)], sitemap=True)
    with hanging(Weather(paper.answer)) as site:
        page = paper.post(paper.posts[0])
        links = b'</p><div class="jeg_pagelinks"><a href="/story-1/2/">2</a></div>'
        paper.pages["/story-1/"] = Sound(200, page.body.replace(b"</p>", links, 1))
        paper.pages["/story-1/2/"] = Sound(301, b"", {"Location": "/story-1/"})
        assert_sound(crawl(site.url, tmp_path), 3)
        del paper.pages["/story-1/"]
        assert_sound(crawl(site.url, tmp_path), 0)
    assert_all_of(paper, tmp_path)


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
