"""Reads HTML lists of articles: category, author, tag and search pages, the home page, and the menus.

Addresses are absolute, each once, in the page's order. A page that takes too much CPU time lists nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from lxml.etree import iterwalk
from lxml.html import HtmlElement

from mainland.clean import text, urls
from mainland.pages.list_areas import areas, is_empty_template
from mainland.pages.nodes import class_names, markup
from mainland.pages.page import Page, bounded
from mainland.selectors import (
    ANY_CATEGORY_LINK,
    CATEGORY_LABELS,
    EMPTY,
    HEADINGS,
    LISTED_POST,
    NEIGHBOUR_LINKS,
    POST_TITLE,
)

_NOT_A_POST = ("/tag/", "/author/", "/category/")


@bounded
def hero_links(page: Page) -> list[str]:
    """The absolute addresses in the hero of a category page, which holds the newest articles on every page.

    [] without one.
    """
    return _post_links(page, areas(page).hero)


@bounded
def list_links(page: Page) -> list[str]:
    """The absolute addresses in the list of a category, author, tag or search page, or of a home page of that kind."""
    return _post_links(page, areas(page).lists)


@bounded
def is_listing(page: Page) -> bool:
    """Whether the page is a list of articles, which may be empty."""
    found = areas(page)
    return bool(found.hero or found.lists or is_empty_template(page))


@bounded
def is_empty(page: Page) -> bool:
    """Whether the page itself says that it has no article to show."""
    return is_empty_template(page) or any(not EMPTY.isdisjoint(class_names(node)) for node in page.root.iter("*"))


@bounded
def home_links(page: Page) -> list[str]:
    """The addresses of the articles that a home page shows anywhere."""
    return _post_links(page, [page.root])


@bounded
def sections(page: Page) -> dict[str, tuple[str, str]]:
    """The sections of the site that a page links in its menus, else anywhere: by slug, their names and addresses."""
    links = list(_menu_links(page)) or [link.root for link in page.xpath(ANY_CATEGORY_LINK)]
    return {slug: (text.plain(markup(anchor)) or slug, url) for slug, url, anchor in _sections(page, links)}


@bounded
def linked_sections(page: Page) -> dict[str, str]:
    """The addresses of all sections that a page links, in its menus, beside its articles or elsewhere, by slug."""
    links = [*_menu_links(page), *(link.root for link in page.xpath(ANY_CATEGORY_LINK)), *_label_links(page)]
    return {slug: url for slug, url, _ in _sections(page, links)}


@bounded
def neighbours(page: Page) -> list[str]:
    """The addresses of the articles that an article's page links as the ones before and after it: up to two."""
    own = urls.key(page.canonical or "")
    links = (urls.absolute(page.url, href) for href in page.xpath(NEIGHBOUR_LINKS).getall())
    return list(dict.fromkeys(link for link in links if link and urls.key(link) != own))


def _sections(page: Page, links: Iterable[HtmlElement]) -> Iterator[tuple[str, str, HtmlElement]]:
    """Yields the slug, the address and the first link of each section of the site among some links."""
    found: set[str] = set()
    for anchor in links:
        url = urls.absolute(page.url, anchor.get("href"))
        slug = urls.section_slug(url) or (urls.last_part(url) if url else None)
        if url and slug and slug not in found and urls.host(url) == urls.host(page.url):
            found.add(slug)
            yield slug, urls.section_address(url), anchor


def _label_links(page: Page) -> Iterator[HtmlElement]:
    """Yields the links of the labels that name the sections of an article."""
    for node in page.root.iter("*"):
        if not CATEGORY_LABELS.isdisjoint(class_names(node)):
            yield from node.iterdescendants("a")


def _menu_links(page: Page) -> Iterator[HtmlElement]:
    """Yields the links to categories in the page's menus and lists of categories, in the page's order."""
    menu_item = cache(_menu_item)
    for anchor in page.root.iter("a"):
        item, href = anchor.getparent(), anchor.get("href")
        if href is None or item is None or item.tag != "li":
            continue
        is_category, is_entry = menu_item(item)
        if is_category or (is_entry and ("/category/" in href or "/?cat=" in href)):
            yield anchor


def _menu_item(item: HtmlElement) -> tuple[bool, bool]:
    """For a list item: whether it is one of a category, and whether it is one of a menu."""
    classes = item.get("class", "")
    return "menu-item-object-category" in classes or "cat-item" in classes, "menu-item" in classes


def _post_links(page: Page, found: list[HtmlElement]) -> list[str]:
    """The absolute addresses of the posts in areas, each once."""
    hrefs = [href for area in found for href in _hrefs(area)]
    links = (urls.absolute(page.url, href) for href in hrefs)
    return list(dict.fromkeys(link for link in links if link))


@dataclass
class _Post:
    """The links of a post in a list, as far as it was read; ``node`` is None for links outside posts."""

    node: HtmlElement | None
    found: list[str] = field(default_factory=list)
    """The targets of its titles."""

    headed: str | None = None
    """The first target of a heading."""

    linked: str | None = None
    """The first target of a link that is not for sections, tags, authors or comments."""

    def links(self) -> list[str]:
        """The addresses, as printed, that the post links as its own, usually one.

        Outside posts only those of titles.
        """
        other = self.headed or self.linked
        return self.found or ([other] if other and self.node is not None else [])


def _hrefs(area: HtmlElement) -> list[str]:
    """The addresses, as printed, of the posts in an area: of each its titles, else a heading, else its first link.

    Widgets and sidebars in the area are skipped. It reads the area once, since posts and titles can be nested.
    """
    posts, title, heading = [_Post(None)], None, None
    walk = iterwalk(area, events=("start", "end"), tag="*")
    for event, node in walk:
        if event == "end":
            title = None if node is title else title
            heading = None if node is heading else heading
            if node is posts[-1].node:
                done = posts.pop()
                posts[-1].found += done.links()
            continue
        names = class_names(node)
        if "widget" in names or "jeg_sidebar" in node.get("class", ""):
            walk.skip_subtree()
            continue
        if node.tag == "a" and (href := node.get("href")):
            _add_link(posts[-1], href, is_title=title is not None, is_heading=heading is not None)
        title = node if title is None and not POST_TITLE.isdisjoint(names) else title
        heading = node if heading is None and node.tag in HEADINGS else heading
        if not LISTED_POST.isdisjoint(names):
            posts.append(_Post(node))
    return posts[0].found


def _add_link(post: _Post, href: str, *, is_title: bool, is_heading: bool) -> None:
    """Adds a link (``href``, as printed) to a post, if it is a title or can be the post's own.

    ``is_title`` and ``is_heading``: whether it is in a title of a post, or in a heading.
    """
    if is_title:
        post.found.append(href)
    elif post.node is not None and not href.startswith("#") and not any(each in href for each in _NOT_A_POST):
        post.headed = post.headed or (href if is_heading else None)
        post.linked = post.linked or href
