"""The further parts of an article that is split over several pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from scrapy.http import Response, TextResponse

from mainland.clean import urls
from mainland.pages.page import MOST_BYTES, Page, TooCostlyError, of_response

MOST = 100


class PartError(Exception):
    """A part could not be read. Its text says which and why."""


async def further_parts(page: Page, ask: Callable[[str], Awaitable[Response]]) -> list[Page]:
    """The pages of the further parts, in their order; ``ask`` downloads an address.

    :raises PartError: one of them is missing: the article would not be whole.
    :raises TooCostlyError: one of them is too costly to read, or all of them together are too large.
    """
    found: list[Page] = []
    latest, size = page, 0
    while len(found) < MOST:
        url = latest.following_part(len(found) + 2)
        if url is None or urls.host(url) != urls.host(page.url):
            return found
        response = await ask(url)
        if response.status != 200 or not isinstance(response, TextResponse):
            raise PartError(f"part {len(found) + 2} answers {response.status}")
        if urls.key(response.url) == urls.key(page.url or ""):
            raise PartError(f"part {len(found) + 2} is not there any more")
        latest = of_response(response)
        size += len(response.body)
        if latest.is_costly or size > MOST_BYTES:
            raise TooCostlyError
        if latest.container is None:
            raise PartError(f"part {len(found) + 2} has no text")
        found.append(latest)
    raise PartError(f"more than {MOST} parts")
