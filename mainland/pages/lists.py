"""What HTML lists of articles show: category, author, tag and search pages, the home page, and the menus.

Addresses are absolute, each once, in the page's order. A page that takes too much CPU time lists nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from lxml.html import HtmlElement
from parsel import Selector, SelectorList

from mainland.clean import text, urls
from mainland.pages.nodes import Within, markup
from mainland.pages.page import Page, bounded
from mainland.selectors import (
    ANY_CATEGORY_LINK,
    EMPTY,
    HERO,
    LIST,
    MAIN,
    NEXT_PAGE,
    NUMBERED_PAGES,
    PAGINATION,
    POST_TITLE,
)


@bounded
def hero_links(page: Page) -> list[str]:
    """The addresses in the hero of a category page, which holds the newest articles on every page."""
    return _links(page, _outermost(page.xpath(HERO)))


@bounded
def list_links(page: Page) -> list[str]:
    """The addresses in the list of a category, author, tag or search page."""
    return _links(page, _lists(page))


@bounded
def is_listing(page: Page) -> bool:
    """Whether the page is a list of articles, which may be empty."""
    return bool(page.xpath(HERO) or _lists(page))


@bounded
def is_empty(page: Page) -> bool:
    """Whether the page itself says that it has no article to show."""
    return bool(page.xpath(EMPTY))


@bounded
def home_links(page: Page) -> list[str]:
    """The addresses of the articles that a home page shows."""
    return _links(page, SelectorList([page.selector]))


@bounded
def next_page(page: Page) -> str | None:
    """The address of the next page in a numbered pagination; None in the other modes and on the last page."""
    for href in _lists(page).xpath(NEXT_PAGE).getall():
        if not href.startswith("#"):
            return urls.absolute(page.url, href)
    return None


@bounded
def is_numbered(page: Page) -> bool:
    """Whether the list has a numbered pagination, so that its last page has no link to a next one."""
    return (pagination(page) or "").startswith("nav") or bool(_lists(page).xpath(NUMBERED_PAGES))


@bounded
def pagination(page: Page) -> str | None:
    """The pagination mode of the list, as the theme names it: ``nav_1``, ``nextprev``, ``loadmore``."""
    names = " ".join(_lists(page).xpath(PAGINATION).getall()).split()
    return next((name.removeprefix("jeg_pagination_") for name in names if name.startswith("jeg_pagination_")), None)


@bounded
def sections(page: Page) -> dict[str, tuple[str, str]]:
    """The sections that a page links in its menus, else anywhere: by slug, the name and the address of each."""
    found: dict[str, tuple[str, str]] = {}
    for anchor in list(_menu_links(page)) or [link.root for link in page.xpath(ANY_CATEGORY_LINK)]:
        url = urls.absolute(page.url, anchor.get("href"))
        slug = urls.section_slug(url) or (urls.last_part(url) if url else None)
        if url and slug and slug not in found and urls.host(url) == urls.host(page.url):
            found[slug] = text.plain(markup(anchor)) or slug, urls.clean(url)
    return found


def _menu_links(page: Page) -> Iterator[HtmlElement]:
    """The links to categories in the page's menus and lists of categories."""
    menu_item = cache(_menu_item)
    for anchor in page.root.iter("a"):
        item, href = anchor.getparent(), anchor.get("href")
        if href is None or item is None or item.tag != "li":
            continue
        is_category, is_entry = menu_item(item)
        if is_category or (is_entry and "/category/" in href):
            yield anchor


def _menu_item(item: HtmlElement) -> tuple[bool, bool]:
    """Whether a list item is one of a category, and whether it is one of a menu."""
    classes = item.get("class", "")
    return "menu-item-object-category" in classes or "cat-item" in classes, "menu-item" in classes


def _lists(page: Page) -> SelectorList[Selector]:
    """The areas that hold the list; on a category page built with a page builder the main area."""
    found = page.xpath(LIST)
    if not found and page.classes & {"category", "archive"} and not page.xpath(HERO):
        found = page.xpath(MAIN)
    return _outermost(found)


def _outermost(areas: SelectorList[Selector]) -> SelectorList[Selector]:
    """The areas that do not stand in another one of them."""
    is_within = Within({area.root for area in areas}.__contains__)
    return SelectorList([area for area in areas if not is_within(area.root)])


def _links(page: Page, areas: SelectorList[Selector]) -> list[str]:
    # Titles in titles are read once: XPath would look at all that is above and below each of them.
    titles: set[HtmlElement] = set()
    is_in_title, is_beside = Within(titles.__contains__), Within(_is_sidebar)
    hrefs: list[str] = []
    for area in areas:
        for title in (selector.root for selector in area.xpath(POST_TITLE)):
            if not is_beside(title) and not is_in_title(title):
                titles.add(title)
                hrefs += (anchor.get("href", "") for anchor in title.iterdescendants("a"))
    links = (urls.absolute(page.url, href) for href in hrefs if href)
    return list(dict.fromkeys(link for link in links if link))


def _is_sidebar(node: HtmlElement) -> bool:
    classes = node.get("class", "")
    return "jeg_sidebar" in classes or " widget " in f" {classes} "
