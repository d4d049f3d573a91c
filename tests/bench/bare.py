"""A spider that only fetches: ``python -m tests.bench.bare ADDRESSES OUT``, with a file of one address a line."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response

from tests.support.crawling import IMPATIENT


class BareSpider(Spider):
    """Asks each address and writes it."""

    name = "bare"

    def __init__(self, addresses: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.addresses = Path(addresses).read_text("utf-8").splitlines()

    async def start(self) -> AsyncIterator[Request]:
        for url in self.addresses:
            yield Request(url)

    def parse(self, response: Response) -> Iterator[dict[str, str]]:
        yield {"url": response.url}


def main() -> None:
    """Run the command, with Scrapy's own settings but for the delay and how many are requested at once."""
    addresses, out = sys.argv[1:]
    process = AsyncCrawlerProcess({**IMPATIENT, "LOG_LEVEL": "WARNING", "FEEDS": {out: {"format": "jsonlines"}}})
    process.crawl(BareSpider, addresses=addresses)
    process.start()


if __name__ == "__main__":
    main()
