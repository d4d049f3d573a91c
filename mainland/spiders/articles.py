"""The spider: which pages are asked, and in which order. What they say is read elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Self

from scrapy import Request, Spider, signals
from scrapy.exceptions import DontCloseSpider, IgnoreRequest
from scrapy.http import Response, TextResponse
from scrapy.utils.sitemap import sitemap_urls_from_robots

from mainland import config, dates, listings, pages, urls
from mainland.archive import Held
from mainland.items import Article
from mainland.sources import Sources
from mainland.store import RejectedItem, Store

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure

_GONE = (404, 410)
_BATCH = 200
_MOST_PARTS = 100


class ArticlesSpider(Spider):
    """Crawls a JNews site.

    It asks what the feed, REST and the sitemaps tell, then walks the category pages where that is not enough.
    The page of an article is asked once a run at most, and only if it is new, or said to have changed or to
    be gone.
    """

    name = "articles"

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        contact = settings.get("MAINLAND_CONTACT")
        if contact:
            settings.set("USER_AGENT", f"{settings['USER_AGENT'].partition(' ')[0]} (+{contact})", priority="spider")

    arguments: config.Arguments
    about: pages.Site
    host: str
    allowed_domains: list[str]
    store: Store
    sources: Sources

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.arguments = config.arguments(kwargs, crawler.settings)
        spider.about = config.site(crawler.settings)
        spider.host = str(urls.host(spider.arguments.site))
        spider.allowed_domains = [spider.host.partition(":")[0]]
        spider.store = Store(config.folder(crawler.settings), spider.host)
        spider.sources = Sources(spider.ask, spider.store.archive, spider.arguments.site)
        crawler.signals.connect(spider.ask_more, signals.spider_idle)
        crawler.signals.connect(spider.read_robots, signals.response_received)
        crawler.signals.connect(spider.settle, signals.item_scraped)
        crawler.signals.connect(spider.settle, signals.item_dropped)
        crawler.signals.connect(spider.note_error, signals.spider_error)
        crawler.signals.connect(spider.note_error, signals.item_error)
        return spider

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.run = 0
        self.robots_sitemaps: list[str] = []
        self.sections: dict[str, str] = {}
        self.ended: set[str] = set()
        self.walks_whole = False
        self.wrong_use: str | None = None
        self.failures: list[tuple[str, str]] = []
        self.sound = self.refused = 0
        self.facts: dict[str, str] = {}

    # -- requests ------------------------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Request]:
        archive = self.store.archive
        self.run = (archive.fact("run") or 0) + 1
        archive.keep(run=self.run)
        if self.arguments.sections:
            for request in await self.walk():
                yield request
            return
        is_first = archive.fact("walked") is None
        is_due = self.arguments.full or is_first or self._is_long_ago(archive.fact("walked"))
        sources = self.sources
        strange = await sources.read_feed()
        if self.failures and await self.ask(self.arguments.site, "home") is None:
            return
        await sources.read_rest(deep=not is_first)
        if is_due or not sources.explained:
            await sources.read_sitemaps(self.robots_sitemaps)
            if not sources.listed and (is_due or sources.total is not None):
                await sources.read_all()
        is_unexplained = strange and not (sources.explained or sources.listed)
        requests: list[Request] = []
        if is_due or is_unexplained or not sources.used:
            self.walks_whole = is_due
            requests = await self.walk()
        for url in self.sources.newest if is_first else []:
            if self._is_wanted(url):
                yield self.article_request(url)
        for address in archive.due(self.run, _BATCH) if self.sources.dated else []:
            yield self.article_request(address.url)
        for request in requests:
            yield request

    async def walk(self) -> list[Request]:
        """The requests for the first pages of the sections."""
        response = await self.ask(self.arguments.site, "home")
        if not isinstance(response, TextResponse) or response.status != 200:
            return []
        page = self._page(response)
        self.sections = {slug: url for slug, (_, url) in listings.sections(page).items() if self._is_own(url)}
        for url in await self.sources.read_categories():
            self.sections.setdefault(urls.section_slug(url) or urls.last_part(url) or url, url)
        self.facts |= page.theme
        wanted = self.arguments.sections
        if wanted - self.sections.keys():
            known = ", ".join(sorted(self.sections))
            self.wrong_use = f"unknown section {min(wanted - self.sections.keys())!r}: the site has {known}"
            return []
        if not self.sections:
            self.refused += 1
            self.fail(response.url, "no sections: no page of a JNews site, or a notice in its place")
        return [
            self.category_request(url, slug, 1, [])
            for slug, url in self.sections.items()
            if not wanted or slug in wanted
        ]

    def category_request(self, url: str, slug: str, number: int, before: list[str]) -> Request:
        """A request for a page of a section. Pages come before the next page's articles: newest first."""
        return Request(
            url,
            self.parse_category,
            errback=self.failed,
            cb_kwargs={"slug": slug, "number": number, "before": before},
            meta={"handle_httpstatus_list": [*_GONE]},
            priority=-2 * number,
            dont_filter=True,
        )

    def article_request(self, url: str, number: int = 0) -> Request:
        """A request for an article, found on page ``number`` of a section."""
        self.store.archive.tried(url, self.run)
        return Request(
            url,
            self.parse_article,
            errback=self.failed,
            meta={"handle_httpstatus_list": [*_GONE]},
            priority=-2 * number - 1,
        )

    async def ask(self, url: str, kind: str, headers: dict[str, str] | None = None) -> Response | None:
        """The answer of an address; None where it failed, which is noted. Used for what comes before the crawl."""
        self._count(kind)
        try:
            response = await self.crawler.engine.download_async(Request(url, headers=headers))
        except IgnoreRequest:
            self.refused += 1
            return None
        except Exception as error:  # noqa: BLE001 - whatever a download can raise
            self.fail(url, type(error).__name__)
            return None
        if response.status in (401, 403):
            self.refused += 1
        elif response.status == 429 or response.status >= 500:
            self.fail(url, f"status {response.status}")
            return None
        return response

    def ask_more(self) -> None:
        """When all that was asked has come: what the lists missed, then what is gone, then old friends."""
        if self.wrong_use or self.arguments.sections:
            return
        requests = list(islice(self._more(), _BATCH))
        for request in requests:
            self.crawler.engine.crawl(request)
        if requests:
            raise DontCloseSpider

    def _more(self) -> Iterator[Request]:
        archive = self.store.archive
        for address in archive.due(self.run, _BATCH):
            yield self.article_request(address.url)
        if self.sources.listed:
            for address in archive.unlisted(self.run, _BATCH):
                yield self.article_request(address.url)
        if not self.sources.dated and (self.sources.used or self.sound):
            budget = self.crawler.settings.getint("MAINLAND_RECHECKS") - self.crawler.stats.get_value(
                "mainland/rechecks", 0
            )
            for url in archive.ageing(self.run, max(budget, 0), datetime.now(UTC)):
                self.crawler.stats.inc_value("mainland/rechecks")
                yield self.article_request(url)

    # -- callbacks -----------------------------------------------------------------------------------------

    def parse_category(self, response: Response, slug: str, number: int, before: list[str]) -> Iterator[Request]:
        """A page of a section: its articles, and its next page."""
        self._count("category")
        if response.status in _GONE:
            if number == 1:
                self.fail(response.url, f"section answers {response.status}")
            else:
                self._end(slug, number)
            return
        page = self._page(response) if isinstance(response, TextResponse) else None
        if page is None or not listings.is_listing(page):
            self.refused += 1
            self.fail(response.url, "no list of articles: a notice in its place")
            return
        self.sound += 1
        archive = self.store.archive
        found = listings.list_links(page)
        fresh = 0
        for url in dict.fromkeys(listings.hero_links(page) + found):
            if self._is_own(url) and self._is_wanted(url):
                fresh += 1
                archive.tell(url)
                yield self.article_request(url, number)
        reached, complete = archive.section(slug)
        mode = listings.pagination(page) or ""
        self.facts.setdefault("pagination", mode)
        following = listings.next_page(page)
        if (
            not found
            or found == before
            or (following is None and (mode.startswith("nav") or listings.is_numbered(page)))
        ):
            self._end(slug, number)
            return
        if complete and not self.walks_whole and not fresh and not self.arguments.sections:
            self._end(slug, number)
            return
        if not complete:
            archive.walked(slug, max(number, reached), complete=False)
            if not fresh and not self.arguments.full and reached > number:
                number, following = reached - 1, None
        url = following or f"{self.sections[slug].rstrip('/')}/page/{number + 1}/"
        yield self.category_request(url, slug, number + 1, found)

    async def parse_article(self, response: Response) -> AsyncIterator[Article]:
        """The page of an article, with its further parts where it has some."""
        self._count("article")
        asked = response.meta.get("redirect_urls", [response.url])[0]
        held = self.store.archive.article_at(asked)
        if response.status in _GONE:
            self.sound += 1
            if held is None or held.state != "public":
                self.refuse(asked, f"status {response.status}")
            elif self._is_unlisted(asked):
                yield self.removal(held)
            return
        if not isinstance(response, TextResponse):
            self.refuse(asked, "no HTML")
            return
        page = self._page(response)
        try:
            page.require_article()
            further = await self.read_parts(page)
        except pages.UnknownPageError as error:
            self.refused += 1
            self.fail(response.url, str(error))
            return
        except pages.NotAnArticleError as error:
            self.sound += 1
            self.refuse(asked, str(error))
            if held and held.state == "public" and str(error) == "password-protected":
                yield self.removal(held)
            return
        if further is None:
            return
        self.sound += 1
        item = pages.article(page, self.about, further, self.crawler.stats)
        item.date_crawled = dates.utc(datetime.now(UTC))
        if "template" not in self.facts:
            self.facts |= page.theme
        if held and held.state == "public" and held.id != item.id and held.date_published != item.date_published:
            yield self.removal(held)  # its address now shows another article
        yield item

    async def read_parts(self, page: pages.Page) -> list[pages.Page] | None:
        """The pages of the further parts of an article, in their order; None where one failed."""
        parts: list[pages.Page] = []
        latest = page
        while len(parts) < _MOST_PARTS:
            following = latest.following_part(len(parts) + 2)
            if following is None or not self._is_own(following):
                return parts
            response = await self.ask(following, "part")
            if not isinstance(response, TextResponse) or response.status != 200:
                if response is not None:
                    self.fail(following, f"part of an article answers {response.status}")
                return None
            latest = self._page(response)
            if latest.container is None:
                self.fail(following, "part of an article has no text")
                return None
            parts.append(latest)
        return parts

    def removal(self, held: Held) -> Article:
        """The line that says that an article is gone."""
        return Article(
            site=self.host,
            id=held.id,
            url=held.url,
            date_published=held.date_published,
            date_modified=held.date_modified,
            day_published=held.day_published,
            change="removed",
            date_removed=dates.utc(datetime.now(UTC)),
        )

    def failed(self, failure: Failure) -> None:
        """A request that gave no answer, or a status that no page should have."""
        request = failure.request  # type: ignore[attr-defined]
        if isinstance(failure.value, IgnoreRequest) and not hasattr(failure.value, "response"):
            self.refused += 1
            if request.callback == self.parse_article:
                self.refuse(request.url, "forbidden by robots.txt")
            return
        response = getattr(failure.value, "response", None)
        if response is not None and response.status in (401, 403):
            self.refused += 1
        self.fail(request.url, f"status {response.status}" if response is not None else type(failure.value).__name__)

    # -- signals -------------------------------------------------------------------------------------------

    def read_robots(self, response: Response) -> None:
        """Keeps the sitemaps that robots.txt names."""
        if response.url == f"{self.arguments.site}robots.txt" and response.status == 200:
            self.robots_sitemaps = list(sitemap_urls_from_robots(response.body, response.url))

    def settle(self, item: Article, response: Response, exception: Exception | None = None) -> None:
        """Notes that the addresses of an item need not be asked again."""
        asked = response.meta.get("redirect_urls", [response.url])[0]
        if isinstance(exception, RejectedItem):
            self.refuse(asked, str(exception))
            return
        for url in {asked, response.url}:
            known = self.store.archive.address(url)
            if known is None or known.reason is None or item.change != "removed":
                self.store.archive.read(url, item.date_modified)

    def note_error(self, failure: Failure, response: Response) -> None:
        """Notes a page that a fault of ours kept from the feed."""
        self.fail(response.url, f"{type(failure.value).__name__}: {failure.value}")

    # -- notes ---------------------------------------------------------------------------------------------

    def refuse(self, url: str, reason: str) -> None:
        """Notes an address that gave no article."""
        self.crawler.stats.inc_value(f"mainland/rejected/{reason}")
        self.store.reject(url, reason)

    def fail(self, url: str, reason: str) -> None:
        """Notes an address that could not be read; it is asked again by the next crawl."""
        self.crawler.stats.inc_value(f"mainland/failed/{reason}")
        self.logger.warning("%s: %s", url, reason)
        if len(self.failures) < 100:
            self.failures.append((url, reason))

    def _end(self, slug: str, number: int) -> None:
        self.ended.add(slug)
        self.store.archive.walked(slug, max(number, self.store.archive.section(slug)[0]), complete=False)

    def _count(self, kind: str) -> None:
        self.crawler.stats.inc_value(f"mainland/requests/{kind}")

    def _is_own(self, url: str) -> bool:
        return urls.host(url) == self.host

    def _is_wanted(self, url: str) -> bool:
        """Whether an address is to be asked: unknown or changed, and not asked in this run."""
        address = self.store.archive.address(url)
        return address is None or (address.due and address.tried != self.run)

    def _is_unlisted(self, url: str) -> bool:
        """Whether the sitemaps, where the site has any, are known not to list an address."""
        archive = self.store.archive
        return not archive.is_listed(url) if self.sources.listed else not archive.fact("listing")

    def _is_long_ago(self, moment: str) -> bool:
        every = timedelta(days=self.crawler.settings.getfloat("MAINLAND_FULL_EVERY"))
        walked = dates.instant(moment)
        return walked is None or datetime.now(UTC) - walked >= every

    def _page(self, response: TextResponse) -> pages.Page:
        link = response.headers.get("Link")
        return pages.Page(response.selector, response.url, link.decode("latin-1") if link else None)
