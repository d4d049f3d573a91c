"""The spider of ``scrapy parse`` and ``shell``: one page, without a data folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Self

from scrapy import Request, signals
from scrapy.http import Response

from mainland import config
from mainland.clean.text import printable
from mainland.crawl.downloads import Downloads
from mainland.crawl.observe import Reader, fetched_at, no_dates
from mainland.crawl.result import CrawlResult
from mainland.crawl.sections import linked_articles
from mainland.crawl.session import Session
from mainland.items import Article
from mainland.pages.article import Site
from mainland.pages.errors import NotAnArticleError
from mainland.pages.subpages import SubpageError
from mainland.spiders.base import SiteSpider

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class ParseSpider(SiteSpider):
    """Yields the article of a page. It stores nothing."""

    arguments: config.Arguments
    about: Site

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.result = CrawlResult()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Makes the spider for a crawl; opens no data folder.

        :raises ValueError: an argument, or a setting about the site, is wrong; the text says what to do.
        """
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.arguments = config.arguments(kwargs, crawler.settings)
        spider.about = config.site(crawler.settings)
        Session.prepare(crawler)
        crawler.signals.connect(fetched_at, signals.response_downloaded)
        return spider

    def linked_requests(self, response: Response) -> Iterator[Request]:
        """Yields a request for each article that a category page lists, for ``--callback=parse_category``."""
        for url in linked_articles(response):
            yield Request(url, self.parse)

    async def parse(self, response: Response) -> AsyncIterator[Article]:
        """Yields the article of a page, for ``scrapy parse``: nothing is stored; a page that is none is logged."""
        downloads = Downloads(self.crawler, self.result)
        reader = Reader(self.arguments.site, lambda: self.about, self.crawler.stats, downloads.subpage, no_dates)
        try:
            yield (await reader.read(response))[0]
        except (NotAnArticleError, SubpageError) as error:
            self.logger.warning("%s: not an article: %s", response.url, printable(str(error)))
