"""The subpages of an article that is split into several pages."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from scrapy.http import Response, TextResponse

from mainland.clean import urls
from mainland.pages.errors import TooCostlyError
from mainland.pages.nodes import xpath
from mainland.pages.page import Page, of_response
from mainland.pages.parsing import MOST_BYTES
from mainland.selectors import PAGE_LINKS

MOST = 100
"""The most subpages of one article, without the first."""

_NUMBER = re.compile(r"(?:/|[?&]page=)(\d{1,3})/?$")


class SubpageError(Exception):
    """A subpage could not be read, or is missing. Its text says which and why, in one line."""


def is_split(page: Page) -> bool:
    """Whether a page is one subpage of an article that has several; not where all of them are on one page."""
    return bool(_links(page))


def is_later_subpage(page: Page) -> bool:
    """Whether a page is a second or later subpage: its address is that of the first, which it links, and a number."""
    own = page.url or ""
    number = _NUMBER.search(own)
    links = [(urls.absolute(own, href) or "").rstrip("/") for href in _links(page)]
    return number is not None and own[: number.start()].rstrip("/") in links


def address_of(page: Page, number: int) -> str | None:
    """The absolute address of the subpage of a number, as the links on a page give it; None where none does."""
    for href in _links(page):
        match = _NUMBER.search(href)
        if match and int(match[1]) == number:
            return urls.absolute(page.url or page.canonical, href)
    return None


async def further_subpages(page: Page, download: Callable[[str], Awaitable[Response]]) -> list[Page]:
    """The second and later subpages of the article on a page, in their order; [] for an article of one page.

    ``download`` requests an address. The pages end where the latest one links no next one on its site.

    :raises SubpageError: one of them is missing: the article would be incomplete.
    :raises TooCostlyError: one of them is too costly to read, or all of them together are too large.
    """
    found: list[Page] = []
    latest, size = page, 0
    while len(found) < MOST:
        number = len(found) + 2
        url = address_of(latest, number)
        if url is None or urls.host(url) != urls.host(page.url):
            return found
        response = await download(url)
        latest = _subpage_in(response, number, page)
        size += len(response.body)
        if latest.is_costly or size > MOST_BYTES:
            raise TooCostlyError
        if latest.container is None:
            raise SubpageError(f"subpage {number} has no text")
        found.append(latest)
    raise SubpageError(f"more than {MOST} subpages")


def _subpage_in(response: Response, number: int, first: Page) -> Page:
    """The subpage in a response; ``number`` is for the message, ``first`` the first page of the article.

    :raises SubpageError: the response is an error, or the first page again.
    """
    if response.status != 200 or not isinstance(response, TextResponse):
        raise SubpageError(f"subpage {number} answers {response.status}")
    if urls.key(response.url) == urls.key(first.url or ""):
        raise SubpageError(f"subpage {number} is not there any more")
    return of_response(response)


def _links(page: Page) -> list[str]:
    """The addresses, as printed, of the links between subpages; [] where all of them are on one page."""
    if "split-carousel" in page.regions:
        return []
    nodes = [page.regions[name] for name in ("jeg_pagelinks", "jeg_splitpost_bar") if name in page.regions]
    return [href.partition("#")[0] for node in nodes for href in xpath(PAGE_LINKS)(node)]
