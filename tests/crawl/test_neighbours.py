"""Whole crawls of sites that temporarily showed something else, written by people who did not write the rules.

They vary the faults of :mod:`tests.crawl.test_site_changes`: another source, cause, state or order.
"""

from __future__ import annotations

import gzip
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from scrapy.exceptions import DropItem

from mainland.items import Article
from tests.support import crawling, faults
from tests.support.crawling import articles, changes
from tests.support.faults import FaultySite, Sound
from tests.support.small_sites import INDEX, XML, Post, Press, html, urlset

pytestmark = pytest.mark.few(1)

DAYS = [f"2024-{month:02}-01T10:00:00+00:00" for month in range(6, 13)]
FULL = ("-a", "full=1")
ERROR = b"<html><body class='error404 wp-theme-jnews jnews'>Not found</body></html>"
FORM = Sound(200, b"<html><body class='single-post jnews'><form class='post-password-form'></form></body></html>")


def leads(status: int, where: str) -> Sound:
    """A redirect."""
    return Sound(status, b"", {"Location": where})


AWAY = {
    "404": Sound(404, ERROR),
    "410": Sound(410, ERROR),
    "soft 404": Sound(200, ERROR),
    "301 home": leads(301, "/"),
    "302 home": leads(302, "/"),
    "307 login": leads(307, "/login/"),
    "308 login": leads(308, "/login/"),
    "302 another article": leads(302, "/story-2/"),
    "301 another article": leads(301, "/story-2/"),
    "off the site": leads(302, "https://elsewhere.example/"),
    "notice": html("<html><body>We are back soon.</body></html>"),
    "password": FORM,
    "500": Sound(500, b"x"),
    "403": Sound(403, b"x"),
    "cut": Sound(200, b"<html><body class='single single-post jnews'><p>Half"),
    "loop": leads(302, ""),
}


@dataclass
class Town(Press):
    """A newspaper whose articles state the date of their last change in their text."""

    secret: frozenset[str] = frozenset()
    """Addresses that no source or list shows."""

    aliases: tuple[str, ...] = ()
    """Further addresses of article 1, in another language."""

    parts: bool = False
    """Whether nothing but the second sitemap of an index lists the articles from 4 on."""

    pictures: dict[int, str] = field(default_factory=dict)
    """What stands in the text of an article."""

    def post(self, post: Post) -> Sound:
        """The page of an article."""
        page = super().post(post)
        text = f"What article {post.id} says on {post.modified}.".encode()
        picture = self.pictures.get(post.id, "").encode()
        return replace(page, body=re.sub(rb"What happened at [^<]*</p>", text + b"</p>" + picture, page.body))

    def answer(self, path: str, site: str) -> Sound:
        """The answer to a path."""
        self.site = site
        if path in self.pages:
            return self.pages[path]
        one = next((post for post in self.posts if post.id == 1), None)
        if one and path in self.aliases:
            page = self.post(replace(one, path=path))
            body = page.body.replace(b"What article 1 says on", b"Was Artikel 1 sagt am").replace(b"en-US", b"de")
            return replace(page, body=body)
        if path == "/login/":
            return self.page("page page-id-3", "<p>x</p>", f'<link rel="canonical" href="{site}/login/">')
        if match := re.fullmatch(r"/\?p=(\d+)", path):
            found = next((post for post in self.posts if post.id == int(match[1])), None)
            return leads(301, site + found.path) if found else AWAY["404"]
        if found := next((post for post in self.posts if post.path == path), None):
            return self.post(found)
        return self.list_page(path, site)

    def list_page(self, path: str, site: str) -> Sound:
        """The answer of a source or a list."""
        every = self.posts
        self.posts = [post for post in every if post.path not in self.secret]
        aliases = [replace(post, path=path) for path in self.aliases for post in self.posts if post.id == 1]
        try:
            if self.parts and path == "/sitemap_index.xml":
                parts = (f"<sitemap><loc>{site}/post-sitemap{number}.xml</loc></sitemap>" for number in (1, 2))
                return Sound(200, INDEX.format("".join(parts)).encode(), {"Content-Type": XML})
            if self.parts:
                self.posts = [post for post in self.posts if (post.id > 3) == ("sitemap2" in path)]
            if path in ("/sitemap.xml", "/post-sitemap1.xml", "/post-sitemap2.xml") and self.sitemap:
                self.posts += aliases
                return self.listing(site)
            return super().answer(path, site)
        finally:
            self.posts = every

    def change(self, number: int, **values: Any) -> None:
        """Changes an article."""
        self.posts = [replace(post, **values) if post.id == number else post for post in self.posts]


SOURCES = {
    "sitemap": (False, True, False),
    "REST": (True, False, False),
    "feed": (False, False, True),
    "sections": (False, False, False),
    "all": (True, True, True),
}


@dataclass
class Scene:
    """A newspaper, its server, and the data folder."""

    paper: Town
    site: FaultySite
    data: Path
    before: int = 0

    def crawl(self, *options: str, **settings: Any) -> int:
        """The exit status of a crawl."""
        self.before = len(self.site.paths)
        ended = crawling.crawl(self.site.url, self.data, *options, **settings)
        assert "Traceback" not in ended.err, ended.err
        return ended.status

    def killed(self, path: str) -> None:
        """A crawl that is killed while an address is on its way."""
        sound, over, begun = self.site.answer, threading.Event(), threading.Event()

        def answer(requested: str, site: str) -> Sound:
            if requested == path:
                begun.set()
                over.wait(60)
            return sound(requested, site)

        self.site.answer = answer
        with crawling.crawling(self.site.url, self.data):
            assert begun.wait(60)
        over.set()
        self.site.answer = sound

    @property
    def requested(self) -> list[str]:
        """The paths that the last crawl requested."""
        return self.site.paths[self.before :]

    def lines(self, number: int) -> list[str]:
        """What the lines of an article say."""
        return [line["change"] for line in changes(self.data) if line["id"] == number]

    def changed(self, *kinds: str) -> set[int]:
        """The ids of the articles that have a line with one of these values of ``change``."""
        return {line["id"] for line in changes(self.data) if line["change"] in kinds}

    def assert_equal(self) -> None:
        """The dataset is what the site has."""
        found = {
            number: (record["url"], record["body"].removesuffix("."), record["date_modified"])
            for number, record in articles(self.data).items()
        }
        expected = {
            post.id: (
                self.site.url + post.path,
                f"What article {post.id} says on {post.modified}",
                post.modified.replace("+00:00", "Z"),
            )
            for post in self.paper.posts
        }
        assert found == expected

    def assert_well(self) -> None:
        """Two crawls of the sound site, the first one full, make the dataset equal to it."""
        self.paper.pages = {}
        self.crawl(*FULL)
        assert self.crawl() == 0
        self.assert_equal()


@contextmanager
def scene(data: Path, sources: str = "sitemap", count: int = 6, *, crawls: bool = True) -> Iterator[Scene]:
    """A newspaper that was crawled twice."""
    rest, sitemap, feed = SOURCES[sources]
    posts = [Post(number, ("world", "europe")[number % 2]) for number in range(1, count + 1)]
    paper = Town(posts, rest=rest, sitemap=sitemap, feed=feed)
    with faults.serve_faulty(FaultySite(paper.answer)) as site:
        found = Scene(paper, site, data)
        if crawls:
            assert [found.crawl(), found.crawl()] == [0, 0]
        yield found


# -- edits and new articles behind faults ------------------------------------------------------------------------------

NO_ANSWER = {"notice", "500", "403", "cut", "loop"}
EDITS: dict[str, tuple[str, tuple[str, ...], bool]] = {
    "REST: 404, and in a full crawl": ("REST", ("404", "404+full"), False),
    "killed between a 404 and a 410": ("sitemap", ("404", "killed", "410"), False),
    "edited again behind them": ("all", ("404", "410"), True),
    "another fault each time": ("sitemap", ("soft 404", "302 home", "off the site", "301 home"), False),
    "a login": ("REST", ("307 login", "308 login+full"), True),
    "another article, and no answer": ("all", ("302 another article", "500", "cut", "301 another article"), False),
}


@pytest.mark.parametrize("case", EDITS)
def test_an_edit_behind_several_faults_is_read_once_the_site_is_well(tmp_path: Path, case: str) -> None:
    sources, faults, is_edited = EDITS[case]
    with scene(tmp_path, sources) as found:
        found.paper.change(1, modified=DAYS[2])
        for number, fault in enumerate(faults):
            if fault == "killed":
                found.killed("/story-1/")
                continue
            kind = fault.removesuffix("+full")
            found.paper.pages["/story-1/"] = AWAY[kind]
            status = found.crawl(*(FULL if kind != fault else ()))
            assert status == (3 if number == 0 or kind in NO_ANSWER else 0)
            assert 1 in articles(tmp_path)
        if is_edited:
            found.paper.change(1, modified=DAYS[3])
        found.assert_well()
        assert found.lines(1) == ["new", "edited"]
        assert found.changed("removed", "returned") == set()


@pytest.mark.parametrize(
    ("sources", "kind", "crawls"),
    [
        ("sections", "410", 1),
        ("REST", "301 another article", 1),
        ("feed", "301 another article", 1),
        ("sitemap", "cut", 1),
        ("sitemap", "308 login", 3),
        ("sections", "301 home", 3),
        ("all", "password", 3),
    ],
)
def test_a_new_article_behind_a_fault_of_another_source_is_read(
    tmp_path: Path, sources: str, kind: str, crawls: int
) -> None:
    with scene(tmp_path, sources) as found:
        found.paper.posts.insert(0, Post(7, published=DAYS[1]))
        found.paper.pages["/story-7/"] = AWAY[kind]
        statuses = [found.crawl() for _ in range(crawls)]
        assert statuses[0] == (0 if kind == "password" else 3)
        found.paper.pages = {}
        assert found.crawl(*(FULL if crawls > 1 else ())) == 0
        found.assert_equal()
        assert len(changes(tmp_path)) == 7


def test_new_articles_that_lead_to_each_other_are_read(tmp_path: Path) -> None:
    with scene(tmp_path) as found:
        found.paper.posts += [Post(7), Post(8)]
        for status in (302, 301):
            found.paper.pages["/story-7/"] = leads(status, "/story-8/")
            assert found.crawl() == (3 if status == 302 else 0)
        found.assert_well()
        assert len(changes(tmp_path)) == 8


# -- articles that were forgotten --------------------------------------------------------------------------------------

SHOWN = {"permanent": leads(301, "/story-1/"), "temporary": leads(302, "/story-1/")}


def forget(found: Scene) -> None:
    """Forgets article 1."""
    assert crawling.scrapy("forget", 1, "-s", f"MAINLAND_DATA_DIR={found.data}").status == 0


@pytest.mark.parametrize(
    ("number", "how"), [(2, "permanent"), (2, "temporary"), (2, "its page"), (7, "permanent"), (7, "its page")]
)
def test_an_address_that_shows_a_forgotten_article_once_is_not_forgotten(tmp_path: Path, number: int, how: str) -> None:
    with scene(tmp_path) as found:
        forget(found)
        if number == 7:
            found.paper.posts.append(Post(7))
        found.paper.change(number, modified=DAYS[3])
        gone = found.paper.posts.pop(0)
        found.paper.pages[f"/story-{number}/"] = SHOWN.get(how, found.paper.post(gone))
        assert found.crawl() == 3
        assert "/story-1/" not in found.requested
        found.assert_well()
        assert found.changed("removed", "returned") == set()


@pytest.mark.parametrize("how", ["permanent", "its page", "another article"])
def test_no_address_of_a_forgotten_article_is_requested_again(tmp_path: Path, how: str) -> None:
    with scene(tmp_path, crawls=False) as found:
        found.paper.aliases = ("/de/story-1/", "/fr/story-1/")
        assert [found.crawl(), found.crawl(*FULL)] == [0, 0]
        forget(found)
        if how == "permanent":
            found.paper.pages["/de/story-1/"] = SHOWN[how]
        elif how == "another article":
            found.paper.posts[0] = Post(8, path="/story-1/")
        for number in range(4):
            found.paper.change(1, modified=DAYS[number])
            assert found.crawl(*(FULL if number % 2 else ())) == 0
            assert not [path for path in found.requested if "story-1/" in path or path == "/?p=1"]
        assert sorted(articles(tmp_path)) == [2, 3, 4, 5, 6]


# -- caches ------------------------------------------------------------------------------------------------------------


def ago(hours: int) -> str:
    """A moment that is not long ago."""
    return (datetime.now(UTC) - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S+00:00")


@pytest.mark.parametrize(
    ("sources", "state", "between"),
    [
        ("REST", "unlisted", "302 home"),
        ("sitemap", "edited again", "404"),
        ("all", "moved", ""),
        ("sitemap", "moved", ""),
        ("sitemap", "behind a detour", ""),
        ("REST", "behind a permanent detour", ""),
    ],
)
def test_an_older_copy_is_not_delivered_at_its_first_look(
    tmp_path: Path, sources: str, state: str, between: str
) -> None:
    with scene(tmp_path, sources, crawls=False) as found:
        paper, path = found.paper, "/story-1/"
        paper.change(1, modified=ago(6))
        assert found.crawl() == 0
        old = paper.post(replace(paper.posts[0], modified=ago(8)))
        if state == "unlisted":
            paper.secret = frozenset({path})
        elif state == "edited again":
            paper.change(1, modified=ago(5))
        elif state == "moved":
            path = "/moved-1/"
            paper.change(1, path=path, modified=ago(5))
            old = Sound(200, old.body.replace(b"/story-1/", b"/moved-1/"))
        elif "detour" in state:
            paper.change(2, modified=ago(2))
            paper.pages["/story-2/"] = leads(301 if "permanent" in state else 302, "/story-1/")
        for kind in ("old", between, "old"):
            if kind:
                paper.pages[path] = AWAY.get(kind, old)
                found.crawl(*FULL)
            if not between:
                break
        paper.secret = frozenset()
        found.assert_well()
        versions = [line["date_modified"] for line in changes(tmp_path) if line["id"] == 1]
        assert versions == sorted(versions)
        assert found.changed("removed", "returned") == set()


# -- articles that no source lists -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sources", "kinds"),
    [
        ("sections", ("off the site", "404")),
        ("REST", ("307 login", "off the site")),
        ("feed", ("302 another article", "301 another article")),
        ("all", ("password",)),
    ],
)
def test_an_article_that_no_source_lists_and_that_leads_away_is_removed_once(
    tmp_path: Path, sources: str, kinds: tuple[str, ...]
) -> None:
    with scene(tmp_path, sources) as found:
        gone = found.paper.posts.pop(0)
        for kind in kinds:
            found.paper.pages["/story-1/"] = AWAY[kind]
            found.crawl(*FULL)
        assert found.lines(1) == ["new", "removed"]
        assert found.crawl() == 0
        assert "/story-1/" not in found.requested
        found.paper.posts.insert(0, gone)
        found.assert_well()
        assert found.lines(1) == ["new", "removed", "returned"]


# -- articles that take each other's addresses -------------------------------------------------------------------------

SWAP = {1: "/story-2/", 2: "/story-1/"}
RING = {1: "/story-2/", 2: "/story-3/", 3: "/story-1/"}
CHAIN = {1: "/story-2/", 2: "/story-3/", 3: "/new-3/"}
CHAIN_BACK = {3: "/story-2/", 2: "/story-1/", 1: "/new-1/"}


@pytest.mark.parametrize(
    ("sources", "moves", "links"),
    [
        ("REST", SWAP, "404"),
        ("sitemap", RING, "301 home"),
        ("all", RING, "500"),
        ("sitemap", CHAIN, "403"),
        ("REST", CHAIN_BACK, "301 another article"),
    ],
    ids=str,
)
def test_articles_that_take_each_others_addresses_only_move(
    tmp_path: Path, sources: str, moves: dict[int, str], links: str
) -> None:
    with scene(tmp_path, sources) as found:
        for number, path in moves.items():
            found.paper.change(number, path=path, modified=DAYS[1])
        found.paper.pages |= {f"/?p={number}": AWAY[links] for number in moves}
        for _ in range(2):
            found.crawl()
        found.assert_well()
        assert found.changed("removed", "returned") == set()


class DropSecond:
    """A pipeline that drops article 2."""

    def process_item(self, item: Article) -> Article:
        """The item, unless it is that one."""
        if item.id == 2:
            raise DropItem("2")
        return item


def test_articles_that_take_each_others_addresses_and_of_which_one_is_not_written_share_none(tmp_path: Path) -> None:
    with scene(tmp_path) as found:
        for number, path in CHAIN_BACK.items():
            found.paper.change(number, path=path, modified=DAYS[1])
        pipelines = f'{{"{__name__}.DropSecond": 250}}'
        assert found.crawl(ITEM_PIPELINES=pipelines) == 3
        found.assert_well()
        assert found.changed("removed", "returned") == set()


# -- a site that shows nothing for an hour -----------------------------------------------------------------------------

NOTHING = Sound(200, b"[]", {"X-WP-Total": "0", "Content-Type": "application/json"})
EMPTY_FEED = Sound(200, b"<rss version='2.0'><channel></channel></rss>", {"Content-Type": "application/rss+xml"})
EMPTY = {"/wp-json": NOTHING, "/feed": EMPTY_FEED, "/sitemap.xml": urlset(())}


@pytest.mark.parametrize(
    ("sources", "lists", "kind"),
    [
        ("REST", "empty", "410"),
        ("feed", "empty", "soft 404"),
        ("sitemap", "302 home", "off the site"),
        ("sections", "410", "410"),
        ("all", "403", "302 home"),
        ("sitemap", "soft 404", "password"),
    ],
)
def test_a_site_that_shows_nothing_for_an_hour_loses_nothing(
    tmp_path: Path, sources: str, lists: str, kind: str
) -> None:
    with scene(tmp_path, sources, count=24) as found:
        paper, sound, before = found.paper, found.site.answer, articles(tmp_path)

        def answer(path: str, site: str) -> Sound:
            if path in ("/", "/robots.txt"):
                return sound(path, site)
            if any(path == post.path for post in paper.posts):
                return AWAY[kind]
            empty = next((each for start, each in EMPTY.items() if path.startswith(start)), AWAY["404"])
            return empty if lists == "empty" else AWAY[lists]

        found.site.answer = answer
        for options in ((), FULL, ()):
            assert found.crawl(*options) in (3, 4)
            assert articles(tmp_path) == before
        found.site.answer = sound
        found.assert_well()
        assert len(changes(tmp_path)) == 24


# -- sitemaps, robots.txt, sections ------------------------------------------------------------------------------------

BROKEN = {
    "gzip of nothing": Sound(200, gzip.compress(b""), {"Content-Type": XML}),
    "byte order mark": Sound(200, b"\xef\xbb\xbf", {"Content-Type": XML}),
    "status 204": Sound(204, b"", {}),
    **{kind: AWAY[kind] for kind in ("403", "302 home", "notice")},
}


@pytest.mark.parametrize(
    ("kind", "is_first"),
    [("gzip of nothing", True), ("403", True), ("status 204", True), ("302 home", False), ("byte order mark", False)],
)
def test_a_part_of_the_sitemap_that_is_none_is_a_failure(tmp_path: Path, kind: str, is_first: bool) -> None:  # noqa: FBT001
    with scene(tmp_path, crawls=False) as found:
        paper = found.paper
        paper.parts = True
        if not is_first:
            assert found.crawl() == 0
            paper.posts.append(Post(7))
            paper.change(4, modified=DAYS[1])
            paper.pages |= {post.path: AWAY["404"] for post in paper.posts if post.id in (5, 6)}
        paper.pages["/post-sitemap2.xml"] = BROKEN[kind]
        assert [found.crawl(), found.crawl(*FULL)] == [3, 3]
        paper.pages = {}
        assert found.crawl() == 0
        found.assert_equal()
        assert found.changed("removed", "returned") == set()


ROBOTS = {
    "small letters and carriage returns": b"User-agent: *\r\nDisallow: /x/\r\nsitemap :\t{}\t# all of it\r\n",
    "carriage returns alone": b"User-agent: *\rDisallow:\rSitemap:{}\r",
    "not UTF-8": b"# caf\xe9\nSitemap: {} # caf\xe9\nUser-agent: *\nDisallow:\n",
}


@pytest.mark.parametrize("text", ROBOTS)
def test_a_sitemap_that_robots_txt_names_in_another_way_is_read(tmp_path: Path, text: str) -> None:
    with scene(tmp_path, "sections", crawls=False) as found:
        paper = found.paper
        paper.secret = frozenset({"/story-5/", "/story-6/"})
        listing = urlset((found.site.url + post.path for post in paper.posts), DAYS[0])
        paper.pages["/news/posts.xml"] = listing
        address = f"{found.site.url}/news/posts.xml".encode()
        paper.pages["/robots.txt"] = Sound(200, ROBOTS[text].replace(b"{}", address), {"Content-Type": "text/plain"})
        assert found.crawl() == 0
        assert len(articles(tmp_path)) == 6


@pytest.mark.parametrize(
    ("sources", "kind", "status"),
    [("sitemap", "301 login", 0), ("REST", "410", 0), ("feed", "cards", 0), ("all", "302 home", 3)],
)
def test_sections_without_a_list_where_another_source_lists_all_lose_nothing(
    tmp_path: Path, sources: str, kind: str, status: int
) -> None:
    with scene(tmp_path, sources, count=20, crawls=False) as found:
        paper = found.paper
        cards = paper.page("archive category bricks-page", "<div>Cards of another kind</div>")
        answer = {"301 login": leads(301, "/login/"), "cards": cards}.get(kind, AWAY.get(kind))
        assert answer
        paper.pages |= dict.fromkeys(("/category/world/", "/category/europe/"), answer)
        assert [found.crawl(*FULL) for _ in range(2)] == [status] * 2
        found.assert_equal()
        found.assert_well()


# -- one id at several addresses ---------------------------------------------------------------------------------------

TURNS: dict[str, tuple[dict[str, Sound], ...]] = {
    "fails twice": ({"/story-1/": AWAY["404"]}, {"/story-1/": AWAY["404"]}),
    "leads to another": ({"/story-1/": leads(301, "/de/story-1/")}, {"/story-1/": leads(301, "/de/story-1/")}),
    "leads off the site, without an answer": ({"/story-1/": AWAY["off the site"]}, {"/story-1/": AWAY["500"]}),
    "the others lead to it": (dict.fromkeys(("/de/story-1/", "/fr/story-1/"), leads(302, "/story-1/")), {}),
    "all fail": (dict.fromkeys(("/story-1/", "/de/story-1/", "/fr/story-1/"), AWAY["410"]), {}),
}


@pytest.mark.parametrize("turns", TURNS)
@pytest.mark.parametrize("sources", ["sitemap", "all"])
def test_an_article_at_three_addresses_changes_its_own_once_at_most(tmp_path: Path, sources: str, turns: str) -> None:
    with scene(tmp_path, sources, crawls=False) as found:
        paper = found.paper
        paper.aliases = ("/de/story-1/", "/fr/story-1/")
        assert found.crawl() == 0
        for moment, pages in zip(DAYS, TURNS[turns], strict=False):
            paper.pages = dict(pages)
            paper.change(1, modified=moment)
            found.crawl()
            assert 1 in articles(tmp_path)
        paper.pages = {}
        assert [found.crawl(*FULL), found.crawl()] == [0, 0]
        last = articles(tmp_path)[1]["date_modified"]
        assert last == paper.posts[0].modified.replace("+00:00", "Z")
        found_at = [line["url"] for line in changes(tmp_path) if line["id"] == 1]
        assert sum(one != other for one, other in pairwise(found_at)) <= 1
        assert found.changed("removed", "returned") == set()


# -- pictures that a service serves ------------------------------------------------------------------------------------

PICTURES: dict[str, Callable[[str], str]] = {
    "Cloudflare": lambda url: f'<img src="/cdn-cgi/image/width=800,format=auto/{url}">',
    "ShortPixel": lambda url: f'<img src="https://cdn.shortpixel.ai/spai/q_lossy+ret_img+to_webp/{url}">',
    "another host, lazily": lambda url: (
        '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="'
        f' data-src="https://cdn.elsewhere.example{url.partition("//")[2].partition("/")[1]}'
        f'{url.partition("//")[2].partition("/")[2].replace(".jpg", "-1024x768.jpg.avif")}?v=2">'
    ),
}


@pytest.mark.parametrize("service", PICTURES)
def test_a_service_that_changes_the_addresses_of_pictures_edits_nothing(tmp_path: Path, service: str) -> None:
    with scene(tmp_path, crawls=False) as found:
        picture = f"{found.site.url}/wp-content/uploads/2024/03/milk.jpg"
        found.paper.pictures[1] = f'<figure><img src="{picture}"></figure>'
        assert found.crawl() == 0
        before = articles(tmp_path)[1]["content_hash"]
        found.paper.pictures[1] = f"<figure>{PICTURES[service](picture)}</figure>"
        paper = found.paper
        paper.pages["/sitemap.xml"] = urlset((found.site.url + post.path for post in paper.posts), DAYS[2])
        for options in ((), FULL, ()):
            assert found.crawl(*options) == 0
        assert len(changes(tmp_path)) == 6
        assert articles(tmp_path)[1]["content_hash"] == before
