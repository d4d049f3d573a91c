"""Downloader middlewares: retries, robots.txt, decompression, and requests to the site's own host only."""

from __future__ import annotations

import asyncio
import gzip
import logging
import zlib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import TYPE_CHECKING, Self
from urllib.parse import urljoin, urlsplit

from scrapy import Request, signals
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.downloadermiddlewares.offsite import OffsiteMiddleware
from scrapy.downloadermiddlewares.retry import RetryMiddleware, get_retry_request
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import HtmlResponse

from mainland.clean import urls
from mainland.clean.documents import is_complete, root
from mainland.clean.text import cut
from mainland.network_errors import why
from mainland.spiders.base import require_site_spider

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.robotstxt import RobotParser

logger = logging.getLogger(__name__)

BROKEN, CUT = "broken", "cut"
"""Flags of responses: what cannot be unpacked, and what ends before its end."""

REFUSED = "mainland/refused"
"""Name of the stat that says how robots.txt refuses the whole crawl, other than by a rule."""

MOST_SECONDS = 120.0
_MOST_IN_A_ROW, _MOST_LONG_WAITS = 30, 3
_ROBOTS = "/robots.txt"


class UnknownRulesError(IgnoreRequest):
    """robots.txt cannot be read, so nothing is requested."""

    def __init__(self, reason: str | None) -> None:
        super().__init__(f"robots.txt cannot be reached{f': {reason}' if reason else ''}")


class ForbiddenError(IgnoreRequest):
    """robots.txt forbids the address."""

    reason = "forbidden by robots.txt"

    def __init__(self) -> None:
        super().__init__(self.reason)


class TooLargeError(IgnoreRequest):
    """The answer has more than ``DOWNLOAD_MAXSIZE`` bytes after decompression."""

    def __init__(self) -> None:
        super().__init__("unpacks to too much")


class OffTheSiteError(IgnoreRequest):
    """The address, ``url``, is not on the site."""

    def __init__(self, url: str = "") -> None:
        super().__init__("leads off the site")
        self.url = url


class ForgottenError(IgnoreRequest):
    """A redirect leads to the address of an article that was forgotten."""

    def __init__(self) -> None:
        super().__init__("leads to a forgotten article")


class StrictRobotsTxtMiddleware(RobotsTxtMiddleware):
    """Scrapy's robots.txt middleware.

    It forbids everything if robots.txt fails or answers 429 or 5xx (RFC 9309, 2.3.1.4).
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Makes the middleware for a crawl.

        :raises NotConfigured: ``ROBOTSTXT_OBEY`` is turned off, or the spider is not one of the project's.
        """
        require_site_spider(crawler)
        middleware = super().from_crawler(crawler)
        middleware.unknown = {}
        middleware.loading = {}
        crawler.signals.connect(middleware.note_unknown_rules, signals.response_received)
        return middleware

    unknown: dict[str | None, str]
    """Why the rules of a host are unknown, in words, by host."""

    loading: dict[str, asyncio.Future[RobotParser | None]]
    """The rules of each host and port, from the first request for them on."""

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """The robots.txt rules of the host of a request, downloaded once; None where they could not be downloaded."""
        netloc = urlsplit(request.url).netloc
        if netloc not in self.loading:
            self.loading[netloc] = asyncio.ensure_future(super().robot_parser(request))
        return await asyncio.shield(self.loading[netloc])

    def note_unknown_rules(self, response: Response, request: Request) -> None:
        """Notes in :attr:`unknown` why the rules of a host are unknown, if the response is a failed robots.txt."""
        is_none = response.status == 429 or response.status >= 500 or BROKEN in response.flags
        if request.url.endswith(_ROBOTS) and is_none:
            is_broken = BROKEN in response.flags
            self.unknown[urls.host(request.url)] = "it cannot be unpacked" if is_broken else f"status {response.status}"

    async def process_request(self, request: Request) -> None:  # type: ignore[override]
        """Lets a request pass, once the rules of its host are known; at once with ``dont_obey_robotstxt`` in its meta.

        :raises UnknownRulesError: they cannot be read.
        :raises ForbiddenError: they forbid the address, or robots.txt refuses the whole crawl.
        """
        if request.meta.get("dont_obey_robotstxt"):
            return
        parser = await self.robot_parser(request)
        if parser is None or urls.host(request.url) in self.unknown:
            error = self.crawler.stats.get_value("mainland/robots_error")
            raise UnknownRulesError(self.unknown.get(urls.host(request.url), error))
        if self.crawler.stats.get_value(REFUSED):
            raise ForbiddenError
        try:
            self.process_request_2(parser, request)
        except IgnoreRequest as error:
            raise ForbiddenError from error


class OwnHostMiddleware(OffsiteMiddleware):
    """Allows requests to the site's own host only; others reach the spider as failures.

    Scrapy's middleware allows subdomains and other ports too, and drops redirects silently. The host is the spider's
    ``host``; if that is None, the host of the first request. There is one request to it at a time, with ``www.`` and
    without. A redirect from https to http is followed over https.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        require_site_spider(crawler)
        return super().from_crawler(crawler)

    def request_scheduled(self, request: Request, spider: Spider) -> None:
        """Does nothing: :meth:`process_request` stops foreign requests, so that they reach the spider as failures."""

    def process_request(self, request: Request) -> Request | None:  # type: ignore[override]
        """Lets a request pass (None), or returns it with https for one that a redirect led from there to http.

        :raises OffTheSiteError: it is to another host.
        :raises ForgottenError: it is to the address of a forgotten article.
        """
        assert self.crawler.spider
        if not self.should_follow(request, self.crawler.spider):
            raise OffTheSiteError(request.url)
        if self.crawler.spider.is_forgotten(request.url):  # type: ignore[attr-defined]
            raise ForgottenError
        request.meta.setdefault("download_slot", urls.host(request.url))
        secure = urls.over_tls(request.url)
        was_secure = request.meta.get("redirect_urls", [""])[-1].startswith("https:")
        return request.replace(url=secure) if was_secure and secure != request.url else None

    def should_follow(self, request: Request, spider: Spider) -> bool:
        """Whether a request is to the spider's host, or to the host that was requested before redirects."""
        first = request.meta.get("redirect_urls", [request.url])[0]
        own: str | None = spider.host or urls.host(first)  # type: ignore[attr-defined]
        return urls.host(request.url) == own


class CarefulCompressionMiddleware(HttpCompressionMiddleware):
    """Scrapy's decompression, which flags a response as ``broken`` if its compressed body is cut or damaged."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        require_site_spider(crawler)
        return super().from_crawler(crawler)

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """The response, decompressed; without body and flagged :data:`BROKEN` if it cannot be.

        :raises TooLargeError: it has more than ``DOWNLOAD_MAXSIZE`` bytes then.
        """
        is_gzip = b"gzip" in response.headers.getlist("Content-Encoding")
        try:
            unpacked = super().process_response(request, response)
            if is_gzip:
                _check_gzip(response.body, unpacked.body)
        except IgnoreRequest as error:
            raise TooLargeError from error
        except Exception:  # noqa: BLE001 - each packing has errors of its own
            return response.replace(body=b"", flags=[*response.flags, BROKEN])
        return unpacked


class PatientRetryMiddleware(RetryMiddleware):
    """Scrapy's retries, which wait as long as ``Retry-After`` says; all requests to that host wait.

    Without the header, each failure in a row waits one ``DOWNLOAD_DELAY`` longer. Answers that are cut off are
    requested again too, and flagged ``cut`` if they stay so. If ``Retry-After`` is more than two minutes, the address
    is not requested again. The crawl ends after three such answers, or 30 failures, in a row.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Makes the middleware for a crawl, without failures.

        :raises NotConfigured: ``RETRY_ENABLED`` is turned off, or the spider is not one of the project's.
        """
        require_site_spider(crawler)
        middleware = super().from_crawler(crawler)
        middleware.waits = {}
        middleware.failures = middleware.long_waits = 0
        middleware.closed = {}
        middleware.learning = None
        middleware.delay = crawler.settings.getfloat("DOWNLOAD_DELAY")
        return middleware

    waits: dict[str | None, float]
    failures: int
    """Failures in a row."""

    long_waits: int
    """Those of them whose ``Retry-After`` is more than two minutes."""

    closed: dict[bytes, bool]
    """By name of the root tag: whether the site ends such documents with the end tag. If it never does, they are not
    cut."""

    learning: asyncio.Future[bool] | None
    """Whether the home page has its end tag; None before it was requested."""

    delay: float

    async def process_request(self, request: Request) -> None:
        """Waits as long as the host of a request must be left alone after failures."""
        seconds = self.waits.get(urls.host(request.url), 0.0) - monotonic()
        if seconds > 0:
            await asyncio.sleep(seconds)

    async def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """The response; or the same request for another try, if it failed or was cut off and has tries left.

        Records a failure, see :meth:`record_failure`; any other response ends a row of failures.
        """
        if response.status in self.retry_http_codes and not request.meta.get("dont_retry"):
            if not self.record_failure(request, f"answers {response.status}", retry_after(response)):
                return response
        else:
            self.failures = self.long_waits = 0
        if BROKEN in response.flags:
            return self._again(request, "cannot be unpacked") or response
        if response.status == 200 and not request.url.endswith(_ROBOTS):
            return await self.retry_if_cut(request, response)
        return super().process_response(request, response)

    def process_exception(self, request: Request, exception: Exception) -> Request | Response | None:  # type: ignore[override]
        """The same request for another try; None if it has no tries left, or for another kind of error.

        Records a failure, see :meth:`record_failure`; one of robots.txt goes into the stats, as a reason in words.
        """
        if isinstance(exception, self.exceptions_to_retry) and not self.record_failure(
            request, "does not answer", None
        ):
            return None
        if request.url.endswith(_ROBOTS):
            to = f", to {exception.url}" if isinstance(exception, OffTheSiteError) else ""
            self.crawler.stats.set_value("mainland/robots_error", f"{why(exception)}{cut(to)}")
        return super().process_exception(request, exception)

    async def retry_if_cut(self, request: Request, response: Response) -> Request | Response:
        """The response; or, if its body was cut off, the same request for another try.

        After the last try the cut response is returned; it has the flag :data:`CUT` if others of its kind are complete.
        """
        kind = root(response.body)
        is_noise = isinstance(response, HtmlResponse) and not kind  # br takes some noise for a pack
        if is_complete(response.body) and not is_noise:
            self.closed[kind] = True
        elif self.closed.get(kind, True):
            again = self._again(request, "cut off")
            if again:
                return again
            if kind not in self.closed:
                self.closed[kind] = bool(kind) and (kind != b"html" or await self.has_home_end_tag(request))
            if self.closed[kind]:
                return response.replace(flags=[*response.flags, CUT])
        return response

    async def has_home_end_tag(self, request: Request) -> bool:
        """Whether the home page of the site has its end tag: then a page without one was cut off.

        Requests the home page, once a crawl. False for a request of the home page itself.
        """
        assert self.crawler.spider
        home: str = self.crawler.spider.home or urljoin(request.url, "/")  # type: ignore[attr-defined]
        if request.url == home:
            return False
        if self.learning is None:
            self.learning = asyncio.ensure_future(self.request_end_tag(home))
        return await self.learning

    async def request_end_tag(self, url: str) -> bool:
        """Requests a page; returns whether it has its end tag, True too for an error, another status or no body."""
        try:
            response = await self.crawler.engine.download_async(Request(url))
        except Exception:  # noqa: BLE001 - whatever a download can raise
            return True
        return response.status != 200 or not response.body or is_complete(response.body)

    def _again(self, request: Request, reason: str) -> Request | None:
        """The same request for another try; None if it has none left, which is logged with the reason."""
        assert self.crawler.spider
        return get_retry_request(
            request, spider=self.crawler.spider, reason=reason, give_up_log_level=self.give_up_log_level
        )

    def record_failure(self, request: Request, what: str, seconds: float | None) -> bool:
        """Records a failure of a request, after which all requests to its host wait; does not wait itself.

        Returns True if the address may be requested again; False if ``seconds``, which the host says to wait (None if
        it does not say), are more than 120, or if the crawl ends because of too many failures in a row. The requests
        wait at most 120 s. ``what`` is a verb for the message, as in :meth:`end_crawl`.
        """
        is_long = (seconds or 0) > MOST_SECONDS
        self.failures += 1
        self.long_waits += is_long
        host = urls.host(request.url)
        if self.failures >= _MOST_IN_A_ROW or self.long_waits >= _MOST_LONG_WAITS:
            self.end_crawl(host, what, seconds)
            return False
        pause = self.failures * self.delay if seconds is None or is_long else seconds
        until = self.waits[host] = max(self.waits.get(host, 0.0), monotonic() + min(pause, MOST_SECONDS))
        slot = self.crawler.engine.downloader.slots.get(request.meta.get("download_slot", ""))
        if slot:
            slot.lastseen = max(slot.lastseen, until)  # for those that wait there already
        return not is_long

    def end_crawl(self, host: str | None, what: str, seconds: float | None) -> None:
        """Ends the crawl because the host fails too often, or for too long; a second call does nothing.

        :param what: what the host does, for the message: a verb with its object, such as "answers 503".
        :param seconds: how long the host says to wait; None if it does not say.
        """
        if self.crawler.stats.get_value("mainland/left_alone"):
            return
        how_long = f"for {seconds:.0f} s" if (seconds or 0) > MOST_SECONDS else "for a while"
        self.crawler.stats.set_value("mainland/left_alone", f"{what} and is left alone {how_long}")
        logger.warning("%s %s and is left alone %s", host, what, how_long)  # the verdict says so, too
        self.leaving = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="site_overloaded"))


def retry_after(response: Response) -> float | None:
    """How many seconds a response says to wait, in ``Retry-After``; None where it does not say."""
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _check_gzip(packed: bytes, unpacked: bytes) -> None:
    """Checks that a gzip body matches its checksum; Scrapy accepts what can be read of a damaged one.

    :raises Exception: it does not: OSError, EOFError or zlib.error.
    """
    if zlib.crc32(unpacked) != int.from_bytes(packed[-8:-4], "little"):
        gzip.decompress(packed)  # several packs in one have several sums
