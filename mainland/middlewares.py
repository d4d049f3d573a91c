"""Between Scrapy and the site: patience."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import TYPE_CHECKING, Self

from scrapy.downloadermiddlewares.retry import RetryMiddleware

from mainland import urls

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger(__name__)

BUSY = (429, 503)
MOST_SECONDS = 120.0
_MOST_IN_A_ROW = 30


class PatientRetryMiddleware(RetryMiddleware):
    """Scrapy's retries, which wait as long as ``Retry-After`` says, all requests to that host together.

    A site that wants to be left alone for more than two minutes, or says nothing else 30 times in a row, is left
    alone: the crawl ends.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = super().from_crawler(crawler)
        middleware.waits = {}
        middleware.busy = 0
        return middleware

    waits: dict[str | None, float]
    busy: int

    async def process_request(self, request: Request) -> None:
        seconds = self.waits.get(urls.host(request.url), 0.0) - monotonic()
        if seconds > 0:
            await asyncio.sleep(seconds)

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        if response.status not in BUSY:
            self.busy = 0
        elif not request.meta.get("dont_retry"):
            self.busy += 1
            seconds = retry_after(response)
            if seconds > MOST_SECONDS or self.busy >= _MOST_IN_A_ROW:
                self.leave(response, seconds)
                return response
            host = urls.host(request.url)
            self.waits[host] = max(self.waits.get(host, 0.0), monotonic() + seconds)
        return super().process_response(request, response)

    def leave(self, response: Response, seconds: float) -> None:
        """Ends the crawl."""
        if self.busy < _MOST_IN_A_ROW * 2:
            self.busy = _MOST_IN_A_ROW * 2
            assert self.crawler.stats
            self.crawler.stats.set_value("mainland/left_alone", response.status)
            wish = f"for {seconds:.0f} s" if seconds > MOST_SECONDS else "for a while"
            logger.error("%s answers %d and is left alone %s", urls.host(response.url), response.status, wish)
            assert self.crawler.engine
            self.leaving = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="site_overloaded"))


def retry_after(response: Response) -> float:
    """How many seconds a response asks to wait; 0 where it does not say."""
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if value.isdigit():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
