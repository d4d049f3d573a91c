"""Whole crawls of misbehaving sites (loops, traps, notices): no article is missed, stored twice, wrong or removed."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support import hostile
from tests.support.crawling import crawl, scrapy
from tests.support.faults import (
    CHALLENGE,
    COMING_SOON,
    DATABASE,
    LOGIN,
    MAINTENANCE,
    PARKED,
    TRANSPORT,
    FaultySite,
    Sound,
    serve_faulty,
)
from tests.support.small_sites import (
    GONE,
    INDEX,
    ITEM,
    LATE,
    RSS,
    XML,
    Paper,
    Post,
    assert_all_of,
    assert_sound,
    html,
    paths,
    press,
    rejected,
    urlset,
)

pytestmark = pytest.mark.few(1)

NOTICES = {
    "challenge": CHALLENGE,
    "maintenance": MAINTENANCE,
    "coming soon": COMING_SOON,
    "login": LOGIN,
    "parked": PARKED,
    "no database": DATABASE,
}


def some(kinds: Iterable[str], *often: str) -> list[Any]:
    """All kinds; those that are not named take minutes together, and are for the long form."""
    return [pytest.param(kind, marks=[] if kind in often else pytest.mark.torture) for kind in kinds]


# -- notices with status 200 -------------------------------------------------------------------------------------------


def test_notices_in_place_of_parts_are_no_articles_no_ends_and_no_removals(tmp_path: Path) -> None:
    paper = Paper([Post(number, ("world", "europe")[number % 2]) for number in range(1, 21)], sitemap=True)
    notices = [html(body) for body in NOTICES.values()]
    with serve_faulty(FaultySite(paper.answer)) as site:
        paper.pages = {post.path: notice for post, notice in zip(paper.posts, notices, strict=False)}
        paper.pages[paper.posts[7].path] = paper.page("home", "")
        paper.pages[paper.posts[8].path] = paper.page("page page-id-2", "", '<link rel="canonical" href="/soon/">')
        paper.pages[paper.posts[9].path] = Sound(302, b"", {"Location": "/soon/"})
        paper.pages["/soon/"] = paper.page("page page-id-2", "", '<link rel="canonical" href="/soon/">')
        paper.pages |= {"/category/world/page/2/": notices[0], "/category/europe/page/3/": notices[1]}
        paper.pages |= {"/feed/": notices[0], "/wp-sitemap.xml": notices[1], "/category/world/feed/": notices[0]}
        paper.pages["/robots.txt"] = notices[0]
        ending = crawl(site.url, tmp_path)
        assert_sound(ending, 3)
        assert paths(tmp_path) == sorted({post.path for post in paper.posts} - paper.pages.keys())
        assert rejected(tmp_path) == {}
        paper.pages = dict.fromkeys(["/", "/sitemap.xml", "/feed/", *(post.path for post in paper.posts)], notices[2])
        assert_sound(crawl(site.url, tmp_path, "-a", "full=1"), 77)
        paper.pages = {}
        assert_sound(crawl(site.url, tmp_path), 0)
        assert_all_of(paper, tmp_path)
        assert rejected(tmp_path) == {}


# -- sections --------------------------------------------------------------------------------------------------------


def test_a_link_to_a_section_that_is_not_there_is_no_failure(tmp_path: Path) -> None:
    paper = Paper([Post(number) for number in range(1, 9)])
    paper.pages["/"] = paper.page("home", f"<ul>{ITEM.format('nowhere')}</ul>")
    with serve_faulty(FaultySite(paper.answer)) as site:
        ending = crawl(site.url, tmp_path)
        assert_sound(ending, 0)
        assert "/category/nowhere/: section answers 404" in ending.err
        assert_all_of(paper, tmp_path)
        assert_sound(crawl(site.url, tmp_path, "-a", "sections=nowhere"), 3)


def test_lists_without_an_end_end(tmp_path: Path) -> None:
    posts = [
        Post(number, section) for number, section in enumerate("same shuffled empty one other away own".split() * 5)
    ]
    posts = [Post(post.id + 1, post.section) for post in posts]
    paper = Paper(posts)
    of = {section: [post.path for post in posts if post.section == section] for section in paper.sections}
    chance = random.Random(1)

    def answer(path: str, site: str) -> Sound:
        match = re.fullmatch(r"/category/(\w+)/(?:page/\d+/)?(?:\?.*)?", path)
        section = match[1] if match else ""
        links = of.get(section, [])
        following = '<a class="page_nav next" href="{}">Next</a>'.format
        if section == "same":
            return paper.list_of([*links, "/category/same/", f"{links[0]}?replytocom=7", f"{links[0]}?utm_source=x"])
        if section == "shuffled":
            return paper.list_of([links[4], *chance.sample(links, 2)] if "/page/" in path else links[:4])
        if section == "empty":
            return paper.list_of([] if "/page/" in path else links)
        if section in ("one", "other"):
            return paper.list_of(
                links, following(f"/category/{'other' if section == 'one' else 'one'}/?n={chance.random()}")
            )
        if section == "away" and "/page/" not in path:
            return paper.list_of(links[:3], following("http://127.0.0.1:9/category/away/page/2/"))
        if section == "away" and "/page/2/" in path:
            return paper.list_of(links[3:], following("javascript:next()"))
        if section == "own":
            return paper.list_of(links, following(path))
        return paper.answer(path, site)

    with serve_faulty(FaultySite(answer)) as site:
        assert_sound(crawl(site.url, tmp_path), 0)
        lists = [path for path in site.paths if path.startswith("/category/")]
        assert len(lists) < 40
        assert len([path for path in site.paths if path.startswith("/story-")]) == len(posts)
        assert paths(tmp_path) == sorted(post.path for post in posts)
        assert_sound(crawl(site.url, tmp_path, "-a", "full=1"), 0)
    assert_all_of(paper, tmp_path)


@pytest.mark.parametrize("named", [True, False], ids=["sitemaps", "categories"])
def test_a_site_with_plain_permalinks_is_read(tmp_path: Path, *, named: bool) -> None:
    paper = Paper([Post(number, ("1", "2")[number % 2], f"/?p={number}") for number in range(1, 13)])
    following = '<div class="jeg_pagination_nav_1"><a class="page_nav next" href="/?cat={}&amp;paged={}">Next</a></div>'

    def answer(path: str, site: str) -> Sound:
        category = re.fullmatch(r"/\?cat=(\d)(?:&paged=(\d))?", path)
        if category:
            links, number = [post.path for post in paper.posts if post.section == category[1]], int(category[2] or 1)
            return paper.list_of(links[4 * number - 4 : 4 * number], following.format(category[1], 2) * (number == 1))
        children = "".join(
            f"<sitemap><loc>{site}/?sitemap={each}&amp;paged=1</loc></sitemap>"
            for each in ("posts&amp;sitemap-subtype=post", "users")
        )
        paper.pages = {
            "/": paper.page("home", ""),
            "/robots.txt": text(f"Sitemap: {site}/?sitemap=index\n".encode() * named),
            "/?sitemap=index": Sound(200, INDEX.format(children).encode(), {"Content-Type": XML}),
            "/?sitemap=posts&sitemap-subtype=post&paged=1": urlset(site + post.path for post in paper.posts),
        }
        found = paper.answer(path, site)
        return replace(found, body=re.sub(rb"/category/(\d)/", rb"/?cat=\1", found.body))

    with serve_faulty(FaultySite(answer)) as site:
        assert_sound(crawl(site.url, tmp_path), 0)
        assert_sound(crawl(site.url, tmp_path, "-a", "full=1"), 0)
        assert "/?sitemap=users&paged=1" not in site.paths
    assert_all_of(paper, tmp_path)


# -- robots.txt --------------------------------------------------------------------------------------------------------


def text(body: bytes) -> Sound:
    """A robots.txt."""
    return Sound(200, body, {"Content-Type": "text/plain"})


UNREACHABLE = {
    "500": Sound(500),
    "429": Sound(429),
    "on-another-host": Sound(302, b"", {"Location": "http://127.0.0.1:9/robots.txt"}),
    "reset": None,
}


@pytest.mark.parametrize("kind", some(UNREACHABLE, "500", "reset", "on-another-host"))
def test_robots_txt_that_cannot_be_had_forbids_everything(tmp_path: Path, kind: str) -> None:
    robots = UNREACHABLE[kind]
    paper = Paper([Post(1)], {"/robots.txt": robots} if robots else {})
    is_reset = robots is None
    faulty = FaultySite(
        paper.answer, lambda path, _: "reset at once" if is_reset and path == "/robots.txt" else None, TRANSPORT
    )
    with serve_faulty(faulty) as site:
        ending = crawl(site.url, tmp_path)
        assert_sound(ending, 69)
        assert "robots.txt cannot be reached" in ending.err
        assert ("leads off the site" in ending.err) == (kind == "on-another-host")
        assert set(site.paths) == {"/robots.txt"}


SILENT = {
    "403": Sound(403),
    "noise": text(random.Random(1).randbytes(100_000)),
    "10-MB": text(b"User-agent: *\nDisallow: /wp-admin/\n" * 300_000),
    "a-page": html(CHALLENGE),
}


@pytest.mark.parametrize("kind", some(SILENT, "noise"))
def test_robots_txt_that_says_nothing_forbids_nothing(tmp_path: Path, kind: str) -> None:
    paper = Paper([Post(1)], {"/robots.txt": SILENT[kind]})
    with serve_faulty(FaultySite(paper.answer)) as site:
        assert_sound(crawl(site.url, tmp_path), 0)
    assert_all_of(paper, tmp_path)


# -- sitemaps and feeds ------------------------------------------------------------------------------------------------

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha" * 10}">' for n in range(10))


def entity(declared: str, use: str) -> Sound:
    """A sitemap with entities."""
    body = f'<?xml version="1.0"?><!DOCTYPE urlset [{declared}]><urlset><url><loc>{use}</loc></url></urlset>'
    return Sound(200, body.encode(), {"Content-Type": XML})


def index(names: list[str]) -> Sound:
    """An index of sitemaps."""
    body = INDEX.format("".join(f"<sitemap><loc>{name}</loc></sitemap>" for name in names))
    return Sound(200, body.encode(), {"Content-Type": XML})


HOSTILE: dict[str, Callable[[str], Sound]] = {
    "external-http": lambda site: entity(f'<!ENTITY x SYSTEM "{site}/secret">', "&x;"),
    "external-file": lambda site: entity('<!ENTITY x SYSTEM "file:///etc/passwd">', f"{site}/&x;"),
    "external-dtd": lambda site: Sound(200, f'<!DOCTYPE urlset SYSTEM "{site}/secret"><urlset></urlset>'.encode()),
    "laughs": lambda site: entity(LAUGHS, f"{site}/&l9;"),
    "blowup": lambda site: entity(f'<!ENTITY x "{"x" * 50_000}">', f"{site}/{'&x;' * 50_000}"),
    "foreign": lambda _: urlset(["http://127.0.0.1:9/a/", "https://elsewhere.example/", "file:///etc/passwd"]),
    "bomb": lambda _: Sound(200, hostile.bomb(), {"Content-Type": "application/gzip"}),
    "itself": lambda site: index([f"{site}/sitemap.xml"]),
    "loop": lambda site: index([f"{site}/post-sitemap-a.xml", f"{site}/post-sitemap-b.xml"]),
    "cut": lambda site: Sound(200, urlset([f"{site}/story-1/", f"{site}/story-2/"]).body[:-40], {"Content-Type": XML}),
    "page": lambda _: html(CHALLENGE),
    "empty": lambda _: Sound(200, b"", {"Content-Type": XML}),
}


@pytest.mark.parametrize("kind", some(HOSTILE, "external-http", "cut"))
def test_hostile_sitemaps_and_feeds_hide_nothing_and_fetch_nothing(tmp_path: Path, kind: str) -> None:
    paper = Paper([Post(number) for number in range(1, 7)])
    with serve_faulty(FaultySite(paper.answer)) as site:
        hostile = HOSTILE[kind](site.url)
        paper.pages = {"/sitemap.xml": hostile, "/feed/": hostile, "/secret": text(b"http://127.0.0.1/secret/")}
        paper.pages |= {f"/post-sitemap-{name}.xml": index([f"{site.url}/post-sitemap-a.xml"]) for name in "ab"}
        assert_sound(crawl(site.url, tmp_path), 0, 3)
        assert "/secret" not in site.paths
        assert len(site.paths) < 40
        assert_all_of(paper, tmp_path)
        assert rejected(tmp_path) == {}


# -- pages without their end -------------------------------------------------------------------------------------------


def unclosed(sound: Sound) -> Sound:
    """A page without its end."""
    return Sound(sound.status, re.sub(rb"</div></div></body></html>$", b"", sound.body), sound.headers)


def test_half_a_page_is_no_page_even_if_it_is_the_first_of_a_crawl(tmp_path: Path) -> None:
    paper = Paper([Post(1)], sitemap=True)
    with serve_faulty(FaultySite(paper.answer)) as site:
        assert_sound(crawl(site.url, tmp_path), 0)
        paper.posts += [Post(2), Post(3)]
        paper.pages["/story-2/"] = unclosed(paper.post(paper.posts[1]))
        assert_sound(crawl(site.url, tmp_path, MAINLAND_KEEP_PAGES=1), 3)
        assert_sound(scrapy("reparse", "-s", f"MAINLAND_DATA_DIR={tmp_path}"), 0)
        assert sorted(paths(tmp_path)) == ["/story-1/", "/story-3/"]
        del paper.pages["/story-2/"]
        assert_sound(crawl(site.url, tmp_path), 0)
    assert_all_of(paper, tmp_path)


def test_a_site_that_never_closes_its_pages_is_read(tmp_path: Path) -> None:
    paper = Paper([Post(1), Post(2)], sitemap=True)

    def answer(path: str, site: str) -> Sound:
        sound = paper.answer(path, site)
        return Sound(sound.status, sound.body.replace(b"</body></html>", b""), sound.headers)

    with serve_faulty(FaultySite(answer)) as site:
        assert_sound(crawl(site.url, tmp_path), 0)
        paper.posts.append(Post(3))
        assert_sound(crawl(site.url, tmp_path), 0)
    assert_all_of(paper, tmp_path)


@pytest.mark.parametrize("home", [Sound(500), Sound(403, b"<html>"), Sound(200)], ids=["500", "403", "empty"])
def test_a_home_page_that_shows_nothing_makes_no_half_page_complete(tmp_path: Path, home: Sound) -> None:
    paper = Paper([Post(1)], sitemap=True)
    with serve_faulty(FaultySite(paper.answer)) as site:
        assert_sound(crawl(site.url, tmp_path), 0)
        paper.posts.append(Post(2))
        paper.pages |= {"/story-2/": unclosed(paper.post(paper.posts[1])), "/": home}
        assert_sound(crawl(site.url, tmp_path), 3)
        assert paths(tmp_path) == ["/story-1/"]


def test_an_address_read_alone_is_requested_as_a_crawl_does(tmp_path: Path) -> None:
    paper = Paper([Post(1), Post(2)])
    paper.pages["/story-2/"] = unclosed(paper.post(paper.posts[1]))
    down = FaultySite(lambda path, _: Sound(503) if path == "/robots.txt" else Sound(404))
    with serve_faulty(FaultySite(paper.answer)) as site, serve_faulty(down) as other:
        words = ["extract", f"{other.url}/story-1/", f"{site.url}/story-1/", f"{site.url}/story-2/"]
        ending = scrapy(*words, "-s", "DOWNLOAD_DELAY=0", "-s", "MAINLAND_CONTACT=ada@example.org")
    assert ending.status == 1
    assert [json.loads(line)["id"] for line in ending.out.splitlines()] == [1]
    reasons = [line.rpartition(": ")[2] for line in ending.err.splitlines() if line.startswith("scrapy extract:")]
    assert reasons == ["status 503", "cut off"]


# -- lists alone; a site in a folder -----------------------------------------------------------------------------------


def test_the_sections_alone_give_all_articles_and_a_next_page_may_redirect_to_itself(tmp_path: Path) -> None:
    paper = press(20, rest=False, sitemap=False, feed=False)
    for section in paper.sections:
        following = f"/category/{section}/?paged=2"
        paper.pages[following] = Sound(301, b"", {"Location": f"/category/{section}/page/2/"})
        links = [post.path for post in paper.posts if post.section == section][:4]
        foot = f'<div class="jeg_pagination"><a class="page_nav next" href="{following}">Next</a></div>'
        paper.pages[f"/category/{section}/"] = paper.list_of(links, foot)
    with serve_faulty(FaultySite(paper.answer)) as site:
        assert_sound(crawl(site.url, tmp_path), 0)
    assert_all_of(paper, tmp_path)


def test_an_article_that_leads_to_the_home_page_of_a_site_in_a_folder_is_removed_once_unlisted(tmp_path: Path) -> None:
    paper = press()

    def answer(path: str, site: str) -> Sound:
        answered = paper.answer(path.removeprefix("/paper"), site) if path.startswith("/paper/") else GONE
        return Sound(answered.status, answered.body.replace(b'href="/', b'href="/paper/'), answered.headers)

    with serve_faulty(FaultySite(answer)) as site:
        site.url += "/paper"
        assert_sound(crawl(site.url, tmp_path), 0)
        paper.posts[-1].modified = LATE
        paper.pages[paper.posts[-1].path] = Sound(301, b"", {"Location": "/paper/"})
        assert_sound(crawl(site.url, tmp_path), 3)
        paper.posts.pop()
        assert_sound(crawl(site.url, tmp_path), 0)
    assert paths(tmp_path) == sorted(f"/paper{post.path}" for post in paper.posts)


def test_listed_files_and_stories_are_no_failures(tmp_path: Path) -> None:
    """Each crawl ended with status 3, until they had been requested for a week."""
    story = "<!doctype html><html amp><head></head><body><amp-story standalone></amp-story></body></html>"
    files = {
        "/story-1/feed/": Sound(200, RSS.format("").encode(), {"Content-Type": "application/rss+xml; charset=UTF-8"}),
        "/wp-json/x": Sound(200, b'{"x": 1}', {"Content-Type": "application/json"}),
        "/results.csv": Sound(200, b"party,seats\nA,1\n", {"Content-Type": "text/csv"}),
        "/web-stories/one/": html(story),
    }
    paper = press()
    site = FaultySite(lambda path, url: listed if path == "/sitemap.xml" else paper.answer(path, url))
    with serve_faulty(site):
        paper.pages = files
        listed = urlset(f"{site.url}{path}" for path in [*(post.path for post in paper.posts), *files])
        for options in ((), (), ("-a", "full=1"), ()):
            assert_sound(crawl(site.url, tmp_path, *options), 0)
    assert_all_of(paper, tmp_path)
    assert rejected(tmp_path).keys() == files.keys()
