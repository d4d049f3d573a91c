"""The pagination of a list: its next page, and whether it has further pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from lxml.html import HtmlElement

from mainland.clean import urls
from mainland.pages.list_areas import areas, as_selectors
from mainland.pages.nodes import Within, class_names
from mainland.pages.page import Page, bounded
from mainland.selectors import (
    BESIDE,
    BESIDE_TAGS,
    LOAD_MORE,
    NEXT_PAGE,
    NUMBERED_PAGES,
    PAGERS,
    PAGINATION,
    SCRIPTED_NEXT,
)

_PATH = re.compile(r"/page/(\d{1,6})/?$")
_FIELD = re.compile(r"(?:[\w]+-){0,3}paged?(?:-\w+)?", re.ASCII)  # paged, e-page-3f1a2b, query-3-page
_IN_PATH = "/page/"
_MAIN_FIELDS = frozenset({_IN_PATH, "paged"})  # what WordPress itself counts the pages of a list with


class Place(NamedTuple):
    """The numbers of the list pages that an address shows: ``https://example.org/a/page/2/?e-page-3f=4``."""

    key: str
    numbers: dict[str, int]
    """The numbers of the pages, by the name of the query field or ``/page/``; 1 if the address has no number."""

    @property
    def name(self) -> str:
        """The place as a text for comparing: the same for two addresses that show the same pages."""
        return " ".join(
            [self.key, *(f"{name}={number}" for name, number in sorted(self.numbers.items()) if number > 1)]
        )

    def steps(self, other: Place) -> dict[str, int]:
        """How many pages ahead another place is, by query field, without those of 0; negative for earlier pages.

        {} if it is the same place, or one of another address.
        """
        if self.key != other.key:
            return {}
        counted = {
            name: other.numbers.get(name, 1) - self.numbers.get(name, 1) for name in self.numbers.keys() | other.numbers
        }
        return {name: step for name, step in counted.items() if step}

    def is_followed_by(self, other: Place) -> bool:
        """Whether another place can be the next page: it is one page ahead, or of another address."""
        return self.key != other.key or [*self.steps(other).values()] == [1]


def place(url: str) -> Place:
    """Which pages of which lists an address shows; only numbers of up to six digits are read.

    >>> place("https://example.org/a/page/2/?e-page-3f=4")
    Place(key='example.org/a', numbers={'/page/': 2, 'e-page-3f': 4})
    >>> place("https://example.org/a/").steps(place("https://example.org/a/?paged=2"))
    {'paged': 1}
    """
    key = urls.key(url)
    in_path = _PATH.search(key)
    numbers = {_IN_PATH: int(in_path[1])} if in_path else {}
    for name, value in parse_qsl(urlsplit(url).query, max_num_fields=None) if "?" in url else ():
        if _FIELD.fullmatch(name) and value.isdecimal() and len(value) <= len("123456"):
            numbers[name] = int(value)
    return Place(key[: in_path.start()] if in_path else key, numbers)


class PageLink(NamedTuple):
    """A link of a list to another of its pages."""

    url: str
    step: int
    """How many pages that is ahead."""

    is_number: bool
    """Whether a number is its text."""


@bounded
def next_page(page: Page) -> str | None:
    """The absolute address of the next page of the list; None where the page names none.

    It is the link that the pagination marks as next, or else a link to the page with the next number, in the list or
    beside it, but not in another list. A "next" link to any other page of the same list is ignored: a cache has then
    shown another page in place of this one.
    """
    lists, own = as_selectors(areas(page).lists), place(page.url or "")
    hrefs = _next_links(page)
    hrefs += [
        anchor.root.get("data-next-page", "#")
        for anchor in lists.xpath(LOAD_MORE)
        if _page_of(anchor.root) < _last_page_of(anchor.root)
    ]
    for href in hrefs:
        url = None if href.startswith("#") else urls.absolute(page.url, href)
        if url and own.is_followed_by(place(url)):
            return url
    return next((link.url for link in _page_links(page) if link.step == 1), None)


@bounded
def pages_ahead(page: Page) -> int:
    """How many pages the pagination of the list names after this page; 0 where it names none."""
    anchors = as_selectors(areas(page).lists).xpath(LOAD_MORE)
    steps = [_last_page_of(anchor.root) - _page_of(anchor.root) for anchor in anchors]
    return max([0, *steps, *(link.step for link in _page_links(page))])


@bounded
def has_numbers(page: Page) -> bool:
    """Whether the pagination of the list shows the numbers of later pages, and not only a link to the next one."""
    return any(link.step > 0 and link.is_number for link in _page_links(page))


@bounded
def is_numbered(page: Page) -> bool:
    """Whether the list has a numbered pagination, so that its last page has no link to a next one."""
    if (pagination(page) or "").startswith("nav") or as_selectors(areas(page).lists).xpath(NUMBERED_PAGES):
        return True
    return any(link.step < 0 for link in _page_links(page))


@bounded
def leads_back(page: Page) -> bool:
    """Whether the link to the next page leads to this or an earlier page, so that its address must be guessed."""
    own = place(page.url or "")
    linked = [place(urls.absolute(page.url, href) or "") for href in _next_links(page) if not href.startswith("#")]
    return any(each.key == own.key and not any(step > 0 for step in own.steps(each).values()) for each in linked)


@bounded
def goes_on_by_script(page: Page) -> bool:
    """Whether the list has a button for more posts that leads to no address, so that only a script answers it."""
    lists = as_selectors(areas(page).lists)
    return any(lists.xpath(query) for query in SCRIPTED_NEXT)


@bounded
def pagination(page: Page) -> str | None:
    """The pagination mode of the list, as the theme names it: ``nav_1``, ``nextprev``, ``loadmore``; else None."""
    names = " ".join(as_selectors(areas(page).lists).xpath(PAGINATION).getall()).split()
    return next((name.removeprefix("jeg_pagination_") for name in names if name.startswith("jeg_pagination_")), None)


def _next_links(page: Page) -> list[str]:
    """The addresses, as printed, of the links that the list marks as next."""
    lists = as_selectors(areas(page).lists)
    return [href for query in NEXT_PAGE for href in lists.xpath(query).xpath("@href").getall()]


def _page_of(anchor: HtmlElement) -> int:
    """The number of the page that a button for more posts is on; 0 without one."""
    return _number(anchor.get("data-page"))


def _last_page_of(anchor: HtmlElement) -> int:
    """The number of the last page that a button for more posts names; 0 without one."""
    return _number(anchor.get("data-max-page"))


def _number(text: str | None) -> int:
    """The number in a text, of up to six digits; 0 for anything else."""
    return int(text) if text and text.isdecimal() and len(text) <= len("123456") else 0


def _page_links(page: Page) -> Iterator[PageLink]:
    """Yields the links of the list to its other pages; first those in the list, then those beside it.

    A link to the first page counts only in a pagination, since menus and labels of posts have it too.
    """
    found, own = areas(page), place(page.url or "")
    lists, others = set(found.lists), {*found.others, *found.hero}
    is_in_list, is_in_pager = Within(lists.__contains__), Within(lambda node: not PAGERS.isdisjoint(class_names(node)))
    is_in_other = Within(lambda node: node in others or _is_beside(node))
    inside: list[PageLink] = []
    outside: list[PageLink] = []
    for anchor in page.root.iter("a") if lists else ():
        href = anchor.get("href", "")
        if not ("page" in href or is_in_pager(anchor)):
            continue
        url = urls.absolute(page.url, href)
        steps = own.steps(place(url)) if url else {}
        if len(steps) != 1 or not url:
            continue
        ((name, step),) = steps.items()
        link = PageLink(url, step, "".join(anchor.itertext()).strip().isdecimal())
        if is_in_list(anchor):
            inside.append(link)
        elif not is_in_other(anchor) and (name in _MAIN_FIELDS or name in own.numbers):
            outside.append(link)
    yield from inside
    yield from outside


def _is_beside(node: HtmlElement) -> bool:
    """Whether a node is one around the main content, such as a menu.

    A pagination can be in a ``nav`` or a narrow column.
    """
    return node.tag in BESIDE_TAGS - {"nav"} or not (BESIDE - {"jeg_col_1o3"}).isdisjoint(class_names(node))
