"""Makes Evidence from a response or a failure. Only this module reads the answers for articles."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.http import Response, TextResponse

from mainland.clean import dates, urls
from mainland.clean.dates import PostDates
from mainland.clean.documents import root
from mainland.clean.text import cut
from mainland.decisions.stored import StoredArticle
from mainland.decisions.types import Evidence, Outcome, Route
from mainland.middlewares import CUT, ForbiddenError, OffTheSiteError
from mainland.network_errors import why
from mainland.pages.article import Site, article, undated_post_id
from mainland.pages.errors import COSTLY, ERROR_PAGE, MISPLACED, PROTECTED, NotAnArticleError, UnknownPageError
from mainland.pages.kinds import require_article
from mainland.pages.page import Page, header, of_response
from mainland.pages.subpages import SubpageError, further_subpages, is_split

if TYPE_CHECKING:
    from scrapy.statscollectors import StatsCollector

    from mainland.items import Article

GONE = (404, 410)
PERMANENT = {301, 308}
_OUTCOMES = {
    ERROR_PAGE: Outcome.ERROR_PAGE,
    COSTLY: Outcome.COSTLY,
    PROTECTED: Outcome.PROTECTED,
    MISPLACED: Outcome.MISPLACED,
}


def requested_address(message: Request | Response) -> str:
    """The address that was requested first, before redirects."""
    return str(message.meta.get("redirect_urls", [message.url])[0])


def fetched_at(request: Request | Response) -> str:
    """When a response came, in UTC: the first call stores the current time in ``meta``, the others return it.

    So the page archive and the line have the same date.
    """
    return str(request.meta.setdefault("mainland_fetched_at", dates.utc(datetime.now(UTC))))


def is_elsewhere(message: Request | Response) -> bool:
    """Whether a request ended, after redirects, at the address of another page than the one requested."""
    return urls.key(message.url) != urls.key(requested_address(message))


def route(message: Request | Response) -> Route:
    """How a request came to its answer: without redirects, by permanent ones only, or by a temporary one too."""
    statuses = set(message.meta.get("redirect_reasons", []))
    if not statuses:
        return Route.DIRECT
    return Route.PERMANENT if statuses <= PERMANENT else Route.TEMPORARY


async def no_dates(_number: int, _url: str) -> PostDates | None:
    """Returns None: nothing but the page is known of a post. For :attr:`Reader.post_dates`."""
    return None


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the articles of a site."""

    home: str
    about: Callable[[], Site]
    """What is known of the site."""

    stats: StatsCollector | None
    download: Callable[[str], Awaitable[Response]]
    """Downloads the address of a later subpage."""

    post_dates: Callable[[int, str], Awaitable[PostDates | None]]
    """Returns the dates of a post that REST or its stored line has, given its id and the address of its page."""

    guarded: Callable[[Response], AbstractContextManager[None]] = lambda _: nullcontext()
    """Enters a block for the address whose page is read, since reading can end the process."""

    async def read(self, response: Response) -> tuple[Article, Page]:
        """The article of a response, and its page. Requests later subpages, and dates that the page does not show.

        :raises UnknownPageError: it is cut off, or not a page of the site; a NotAnArticleError.
        :raises NotAnArticleError: it is not an article, or gone (status 404 or 410).
        :raises SubpageError: a later subpage of it is missing.
        """
        if response.status in GONE:
            raise NotAnArticleError(f"status {response.status}")
        if CUT in response.flags or not response.body:
            raise UnknownPageError("cut off")
        if not isinstance(response, TextResponse) or _is_file(response):
            raise NotAnArticleError("no HTML")
        with self.guarded(response):
            page = of_response(response)
            if "home" in page.classes and urls.key(response.url) == urls.key(self.home):  # in a folder
                raise NotAnArticleError("home page")
            require_article(page)
            number = undated_post_id(page, self.about())
        post = await self.post_dates(number, response.url) if number else None
        further = await further_subpages(page, self.download) if is_split(page) else []
        with self.guarded(response):
            item = article(page, self.about(), further, self.stats, post=post)
        item.date_crawled = fetched_at(response)
        return item, page


def _is_file(response: Response) -> bool:
    """Whether a response is a feed, a JSON text or another file, and says so by its type.

    Text without markup is not: a proxy can answer with it in place of the page.
    """
    kind = header(response, "Content-Type") or "text/plain"
    return not re.match(r"text/plain|[^;]{0,99}html", kind, re.IGNORECASE) and root(response.body) != b"html"


def of_article(response: Response, item: Article, match: StoredArticle | None, *, is_known: bool) -> Evidence:
    """The evidence in a response from which an article was read.

    ``match`` is the stored article that it is, ``is_known`` whether it needs no line.
    """
    return Evidence(
        Outcome.ARTICLE,
        route(response),
        is_elsewhere=is_elsewhere(response),
        article=item,
        match=match,
        new_id=item.id if match and match.id != item.id else None,
        is_known=is_known,
    )


def of_error(response: Response, error: NotAnArticleError | SubpageError) -> Evidence:
    """The evidence in a response from which no article could be read; ``error`` says why."""
    reason = cut(str(error))
    if isinstance(error, SubpageError):
        outcome = Outcome.FAILED
    elif isinstance(error, UnknownPageError):
        is_truncated = CUT in response.flags or not response.body
        outcome = Outcome.TRUNCATED if is_truncated else _OUTCOMES.get(reason, Outcome.NOTICE)
    else:
        outcome = Outcome.GONE if response.status in GONE else _OUTCOMES.get(reason, Outcome.OTHER_PAGE)
    return Evidence(outcome, route(response), is_elsewhere=is_elsewhere(response), reason=reason)


def of_failure(request: Request, error: BaseException) -> Evidence:
    """The evidence in a failed request: an error, an error status, or an address that may not be requested."""
    response = getattr(error, "response", None)
    if response is not None:
        return Evidence(Outcome.FAILED, route(request), reason=f"status {response.status}")
    outcomes = ((ForbiddenError, Outcome.FORBIDDEN), (OffTheSiteError, Outcome.OFF_SITE))
    outcome = next((each for kind, each in outcomes if isinstance(error, kind)), Outcome.FAILED)
    return Evidence(outcome, route(request), is_elsewhere=is_elsewhere(request), reason=cut(why(error)))
