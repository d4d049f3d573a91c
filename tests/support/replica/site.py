"""What the site answers to an address, without any network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from tests.support.replica import words
from tests.support.replica.articles import SECTIONS
from tests.support.replica.feeds import feed
from tests.support.replica.frame import STATIC, Answer, Frame
from tests.support.replica.listings import Pagination, archive_page, home_page, missing_page, section_page
from tests.support.replica.newsroom import Newsroom
from tests.support.replica.rest import rest
from tests.support.replica.single import article_page, static_page
from tests.support.replica.sitemaps import Sitemap, robots, sitemap

FEED = re.compile(r"/(?:category/([^/]+)/)?feed/")
LISTING = re.compile(r"/(category|author|tag)/([^/]+)/(?:page/(\d+)/)?")
SINGLE = re.compile(r"/([^/]+)/(?:(\d+)/)?")
SECTION_NAMES = {words.slug(name): name for name in SECTIONS}
AUTHOR_NAMES = {words.slug(name): name for name in (*words.STAFF, words.DESK)}
TAG_NAMES = {words.slug(name): name for name in words.TAGS}

PAGES = {number: slug for slug, (number, _) in STATIC.items()}


@dataclass(frozen=True)
class Options:
    """How the site is set up."""

    articles: int = 300
    seed: int = 1
    day: int = 0
    pagination: Pagination = "nav"
    sitemap: Sitemap = "core"
    lastmod: bool = True
    rest: bool = True
    json_ld: bool = True


class Site:
    """The site on one day, as a function from addresses to answers."""

    def __init__(self, options: Options, day: int) -> None:
        self.options = options
        self.newsroom = Newsroom(options.articles, options.seed, day)
        self._frames: dict[str, Frame] = {}

    def answer(self, target: str, base: str) -> Answer:
        """The answer to a GET of a path with its query; links in it lead to ``base``, the address of the site."""
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        frame = self._frame(base)
        path = parts.path.lower()
        if path == "/robots.txt":
            return robots(frame, self.options.sitemap)
        if path.startswith("/wp-json"):
            return self._rest(frame, path, query)
        if path.endswith(".xml"):
            return self._sitemap(frame, path)
        answer = self._page(frame, path if path.endswith("/") else f"{path}/", query)
        if not path.endswith("/") and answer.status == 200:
            return _moved(frame, f"{path}/")
        return answer

    def _frame(self, base: str) -> Frame:
        """The frame of the pages for an address of the site, rendered once."""
        if base not in self._frames:
            self._frames[base] = Frame(self.newsroom, base)
        return self._frames[base]

    def _rest(self, frame: Frame, path: str, query: dict[str, str]) -> Answer:
        return rest(frame, path, query) if self.options.rest else missing_page(frame)

    def _sitemap(self, frame: Frame, path: str) -> Answer:
        if self.options.sitemap == "none":
            return missing_page(frame)
        return sitemap(frame, path, self.options.sitemap, lastmod=self.options.lastmod) or missing_page(frame)

    def _page(self, frame: Frame, path: str, query: dict[str, str]) -> Answer:
        """The answer to a path of HTML or a feed, which ends in a slash."""
        if path == "/":
            return self._shortlink(frame, query["p"]) if "p" in query else home_page(frame)
        if found := FEED.fullmatch(path):
            return self._feed(frame, found[1], query.get("paged", "1"))
        if found := LISTING.fullmatch(path):
            return self._listing(frame, found[1], found[2], int(found[3] or 1))
        if found := SINGLE.fullmatch(path):
            return self._single(frame, found[1], int(found[2] or 0))
        return missing_page(frame)

    def _shortlink(self, frame: Frame, post: str) -> Answer:
        """A redirect to the post of a number."""
        number = int(post) if post.isdecimal() else 0
        if number in PAGES:
            return _moved(frame, f"/{PAGES[number]}/")
        article = self.newsroom.by_id(number)
        return _moved(frame, article.path) if article else missing_page(frame)

    def _feed(self, frame: Frame, slug: str | None, page: str) -> Answer:
        if (slug and slug not in SECTION_NAMES) or not page.isdecimal():
            return missing_page(frame)
        return feed(frame, SECTION_NAMES[slug] if slug else None, max(1, int(page)))

    def _listing(self, frame: Frame, kind: str, slug: str, page: int) -> Answer:
        """A page of a section, author or tag; the page for what is not there without one."""
        pagination = self.options.pagination
        if page < 1:
            return missing_page(frame)
        if kind == "category" and slug in SECTION_NAMES:
            return section_page(frame, SECTION_NAMES[slug], page, pagination)
        if kind == "author" and slug in AUTHOR_NAMES:
            return archive_page(frame, "author", AUTHOR_NAMES[slug], page, pagination)
        if kind == "tag" and slug in TAG_NAMES:
            return archive_page(frame, "tag", TAG_NAMES[slug], page, pagination)
        return missing_page(frame)

    def _single(self, frame: Frame, slug: str, part: int) -> Answer:
        """The page of an article, one of its parts, or a redirect to its present address; 404 without one."""
        if slug in STATIC and not part:
            return static_page(frame, slug)
        article = self.newsroom.by_slug(slug)
        if article is None:
            return missing_page(frame)
        if slug != article.slug or part == 1 or part > len(article.parts):
            return _moved(frame, article.path)
        return article_page(frame, article, part or 1, json_ld=self.options.json_ld)


def _moved(frame: Frame, path: str) -> Answer:
    """A redirect to a path."""
    return Answer(301, {"Content-Type": "text/html; charset=UTF-8", "Location": frame.base + path})
