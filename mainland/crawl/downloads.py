"""Downloads without a callback, for sources, follow-ups and subpages: awaits the response."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from mainland.crawl import refusals
from mainland.crawl.result import CrawlResult
from mainland.middlewares import CUT, UnknownRulesError
from mainland.network_errors import why
from mainland.pages.subpages import SubpageError

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

_SOURCES = ("feed", "rest", "sitemap")
_SECONDS, _TRIES = 15, 1  # for what is only good to know


@dataclass
class Downloads:
    """Downloads addresses, and notes failures in the crawl result."""

    crawler: Crawler
    result: CrawlResult

    async def get(
        self, url: str, kind: str, headers: dict[str, str] | None = None, *, follows: bool = True
    ) -> Response | None:
        """The response of an address, with any status but 429 and 5xx; None where it failed, which the result notes.

        ``kind`` names the request: ``home``, ``feed``, ``rest``, ``sitemap``, ... ``follows`` says whether redirects
        are followed. An answer that refuses the crawl is noted as such. The blank or cut off answer of a source failed.

        :raises asyncio.CancelledError: the crawl was closed meanwhile, and its data folder with it.
        """
        meta = {} if follows else {"dont_redirect": True}
        try:
            response = await self._download(Request(url, headers=headers, meta=meta), kind)
            if response is None:
                return None
        except UnknownRulesError as error:
            reason = str(error)
        except IgnoreRequest as error:
            found = partial(refusals.of_failure, url, error, self.result.robots, self.result.agent)
            self.result.refuse(found, is_home=kind == "home")
            return None
        except Exception as error:  # noqa: BLE001 - whatever a download can raise
            reason = why(error)
        else:
            if response.status in refusals.STATUSES:
                self.result.refuse(partial(refusals.of_status, response), is_home=kind == "home")
            fault = _fault(response, is_source=kind in _SOURCES)
            if fault is None:
                return response
            reason = fault
            if kind == "home":
                self.result.seen = refusals.described(response)
        self.result.fail(url, reason)
        self.result.is_unsure |= kind in ("rest", "sitemap")
        return None

    async def optional(self, url: str, kind: str) -> Response | None:
        """The response of an address that no article depends on, with any status; None where it failed, without a note.

        There are at most two tries of 15 seconds each.
        """
        meta = {"download_timeout": _SECONDS, "max_retry_times": _TRIES, "download_warnsize": 0}
        try:
            return await self._download(Request(url, meta=meta), kind)
        except Exception:  # noqa: BLE001 - whatever a download can raise
            return None

    async def _download(self, request: Request, kind: str) -> Response | None:
        """The response of a request, which is counted; None where it is not sent, because the site is left alone."""
        if self.crawler.stats.get_value("mainland/left_alone"):
            return None
        self.result.count(f"mainland/requests/{kind}")
        try:
            return await self.crawler.engine.download_async(request)
        finally:
            if self.result.is_over:
                raise asyncio.CancelledError

    async def subpage(self, url: str) -> Response:
        """The response of the address of a later subpage of an article, as :meth:`get`.

        :raises SubpageError: it failed, or was cut off.
        """
        response = await self.get(url, "part")
        if response is None or CUT in response.flags:
            raise SubpageError(f"{url} failed")
        return response


def _fault(response: Response, *, is_source: bool) -> str | None:
    """Why a response is a failure, in words; None if it is not.

    Status 429 or 5xx is one; for a source also an answer that is blank or cut off.
    """
    if is_source and CUT in response.flags:
        return "cut off"
    if is_source and response.status == 200 and not response.body.strip():
        return "blank answer"
    return f"status {response.status}" if response.status == 429 or response.status >= 500 else None
