"""Small newspapers for whole crawls: what each address answers, and what the dataset must have of them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.crawling import Ending, articles, changes, records
from tests.support.faults import HTML, Sound

FRAME = """<!doctype html><html lang="en-US"><head>{head}</head><body class="{kind} wp-theme-jnews jnews">
<ul class="jeg_menu">{menu}</ul>{main}</body></html>"""
ITEM = '<li class="menu-item menu-item-object-category"><a href="/category/{0}/">{0}</a></li>'
CARD = '<article class="jeg_post"><h3 class="jeg_post_title"><a href="{0}">A title</a></h3></article>'
POST = """<div class="entry-header"><h1 class="jeg_post_title">{headline}</h1>
<div class="jeg_meta_container"><div class="jeg_meta_author"><a href="/author/ada/">Ada Low</a></div></div></div>
<div class="entry-content"><div class="content-inner"><p>{text}</p></div></div>"""
PER_PAGE = 4
XML = "application/xml"
URLSET = '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'
INDEX = '<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</sitemapindex>'
RSS = "<rss version='2.0'><channel>{}</channel></rss>"
EARLY, LATE, LATER = (f"2024-0{month}-01T10:00:00+00:00" for month in (7, 8, 9))
GONE = Sound(404, b"<html><body class='error404'>Not found</body></html>")


@dataclass
class Post:
    """An article of a paper."""

    id: int
    section: str = "world"
    path: str = ""
    published: str = ""
    modified: str = ""

    def __post_init__(self) -> None:
        self.path = self.path or f"/story-{self.id}/"
        self.published = self.published or f"2024-03-{self.id % 28 + 1:02}T08:41:12+00:00"
        self.modified = self.modified or self.published


@dataclass
class Paper:
    """A small newspaper. ``pages`` are answers that stand in place of its own, by path."""

    posts: list[Post]
    pages: dict[str, Sound] = field(default_factory=dict)
    sitemap: bool = False
    site: str = ""

    @property
    def sections(self) -> list[str]:
        """Its sections, in the order of their first articles."""
        return list(dict.fromkeys(post.section for post in self.posts))

    def page(self, kind: str, main: str, head: str = "") -> Sound:
        """A page in the paper's frame; ``kind`` are the classes of its body, ``main`` and ``head`` HTML."""
        menu = "".join(map(ITEM.format, self.sections))
        return Sound(200, FRAME.format(head=head, kind=kind, menu=menu, main=main).encode())

    def list_of(self, links: list[str], foot: str = "") -> Sound:
        """A page of a category, which lists some addresses."""
        cards = "".join(map(CARD.format, links))
        return self.page("archive category", f'<div class="jnews_category_content_wrapper">{cards}{foot}</div>')

    def post(self, post: Post) -> Sound:
        """The page of an article."""
        head = (
            f'<link rel="canonical" href="{self.site}{post.path}"><meta property="article:published_time" '
            f'content="{post.published}"><meta property="article:modified_time" content="{post.modified}">'
        )
        main = POST.format(headline=f"Story {post.id} at {post.path}", text=f"What happened at {post.path}.")
        return self.page(f"single single-post postid-{post.id}", main, head)

    def answer(self, path: str, site: str) -> Sound:
        """The answer to a path, for a site at the address ``site``: 404 for an unknown one."""
        self.site = site
        if path in self.pages:
            return self.pages[path]
        found = next((post for post in self.posts if post.path == path), None)
        if found:
            return self.post(found)
        match = re.fullmatch(r"/category/(\w+)/(?:page/(\d+)/)?", path)
        if match:
            links = [post.path for post in self.posts if post.section == match[1]]
            start = PER_PAGE * (int(match[2] or 1) - 1)
            if links[start:]:
                return self.list_of(links[start : start + PER_PAGE])
        if path == "/":
            return self.page("home", "")
        if path == "/sitemap.xml" and self.sitemap:
            return urlset(f"{site}{post.path}" for post in self.posts)
        return Sound(404, b"<html><body class='error404'>Not found</body></html>")


@dataclass
class Press(Paper):
    """A newspaper whose feed, REST and sitemap list its posts."""

    sitemap: bool = True
    rest: bool = True
    feed: bool = True
    rest_page: int = 100
    hidden: frozenset[int] = frozenset()
    """The ids of posts that feed and REST do not list, as of those in a second language."""

    def answer(self, path: str, site: str) -> Sound:
        """The answer to a path, for a site at the address ``site``: feed, REST, sitemap, else as a :class:`Paper`."""
        if path in self.pages:
            return super().answer(path, site)
        shown = [post for post in self.posts if post.id not in self.hidden]
        if self.rest and path.startswith("/wp-json/wp/v2/posts"):
            query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
            wanted = query["include"].split(",") if "include" in query else [str(post.id) for post in shown]
            posts = [post for post in shown if str(post.id) in wanted]
            posts.sort(key=lambda post: (post.modified, post.id), reverse=True)
            start = self.rest_page * (int(query.get("page", "1")) - 1)
            dates = (("date_gmt", "published"), ("modified_gmt", "modified"))
            listed = [
                {"id": post.id, "link": site + post.path} | {name: getattr(post, each)[:19] for name, each in dates}
                for post in posts
            ]
            listed = listed if "include" in query else listed[start : start + self.rest_page]
            return Sound(200, json.dumps(listed).encode(), {"X-WP-Total": str(len(posts))})
        page = re.fullmatch(r"/feed/(?:\?paged=(\d+))?", path)
        if self.feed and page:
            start = 10 * (int(page[1] or 1) - 1)
            newest = sorted(shown, key=lambda post: (post.published, post.id), reverse=True)[start : start + 10]
            if not newest:
                return GONE
            items = (f"<item><link>{site}{each.path}</link><guid>{site}/?p={each.id}</guid></item>" for each in newest)
            return Sound(200, RSS.format("".join(items)).encode(), {"Content-Type": "application/rss+xml"})
        if self.sitemap and path == "/sitemap.xml":
            return self.listing(site)
        return super().answer(path, site)

    def listing(self, site: str) -> Sound:
        """The sitemap, with the date of the last change of each post."""
        stamps = (f"<url><loc>{site}{post.path}</loc><lastmod>{post.modified}</lastmod></url>" for post in self.posts)
        urls = urlset(()).body.decode()
        return Sound(200, urls.replace("</urlset>", f"{''.join(stamps)}</urlset>").encode(), {"Content-Type": XML})


def press(count: int = 12, *, rest: bool = True, sitemap: bool = True, feed: bool = True) -> Press:
    """A newspaper of ``count`` posts in two sections, with the sources that are True."""
    posts = [Post(number, ("world", "europe")[number % 2]) for number in range(1, count + 1)]
    return Press(posts, rest=rest, sitemap=sitemap, feed=feed)


def urlset(addresses: Any, lastmod: str = "") -> Sound:
    """A sitemap of some addresses, all with the same date of change."""
    stamp = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    body = URLSET.format("".join(f"<url><loc>{each}</loc>{stamp}</url>" for each in addresses))
    return Sound(200, body.encode(), {"Content-Type": XML})


def html(body: str) -> Sound:
    """An answer with a page that is not one of the paper."""
    return Sound(200, body.encode(), {"Content-Type": HTML})


def paths(data: Path) -> list[str]:
    """The paths of the articles in articles.jsonl, sorted."""
    return sorted(re.sub(r"https?://[^/]+", "", record["url"]) for record in articles(data).values())


def assert_sound(ending: Ending, *statuses: int) -> None:
    """Checks that a command ended with one of these statuses, without a traceback or an error of Python."""
    assert ending.status in statuses, ending.err
    assert "Traceback" not in ending.err
    assert not re.search(r"(?:Type|Attribute|Key|Index|Value|Recursion|Overflow|Unicode\w+)Error", ending.err)


def assert_all_of(paper: Paper, data: Path) -> None:
    """Checks that the dataset has each of the paper's articles once, in its first revision."""
    assert paths(data) == sorted(post.path for post in paper.posts)
    assert {(line["revision"], line["change"]) for line in changes(data)} == {(1, "new")}
    for record in articles(data).values():
        path = re.sub(r"https?://[^/]+", "", record["url"])
        assert (record["headline"], record["body"]) == (f"Story {record['id']} at {path}", f"What happened at {path}.")


def rejected(data: Path) -> dict[str, str]:
    """The reasons in rejected.jsonl by path."""
    return {re.sub(r"https?://[^/]+", "", line["url"]): line["reason"] for line in records(data / "rejected.jsonl")}
