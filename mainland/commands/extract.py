"""``scrapy extract``: articles from saved pages, archives and single addresses, without a data folder."""

from __future__ import annotations

import argparse
import gzip
import json
import logging
import signal
import sys
import zlib
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response, TextResponse
from scrapy.settings import BaseSettings

from mainland import config
from mainland.clean import dates, urls
from mainland.clean.text import printable
from mainland.command import OfflineCommand, end_with_reader
from mainland.crawl.refusals import described
from mainland.exit_status import ExitStatus
from mainland.items import Article
from mainland.middlewares import BROKEN, CUT
from mainland.network_errors import why
from mainland.pages.article import article, explain
from mainland.pages.errors import NotAnArticleError, UnknownPageError
from mainland.pages.page import Page, of_response, parse
from mainland.pages.subpages import SubpageError, further_subpages, is_split
from mainland.spiders.base import SiteSpider
from mainland.storage import lines, scratch, warc
from mainland.storage.errors import reason
from mainland.storage.folder import DataFolder

_MOST_BYTES = 64 << 20  # of a saved page, unpacked
_TOLD = (NotAnArticleError, SubpageError)  # whose texts are reasons


class PageSpider(SiteSpider):
    """Requests single addresses, as politely as a crawl does.

    ``found`` takes for each a page with its later subpages, or the reason why there is none.
    """

    name = "page"

    def __init__(self, addresses: list[str], found: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.addresses, self.found = addresses, found

    async def start(self) -> AsyncIterator[Request]:
        """Requests the addresses one after another, and fills ``found``; yields nothing."""
        for address in self.addresses:
            try:
                response = await self.request(address)
                page = of_response(response) if isinstance(response, TextResponse) else None
                if page is None or response.status != 200:
                    raise UnknownPageError(f"status {response.status}{described(response)}" if page else "no HTML")
                self.found[address] = page, await further_subpages(page, self.request)
            except Exception as error:  # noqa: BLE001 - whatever a download can raise is the reason
                self.found[address] = str(error) if isinstance(error, _TOLD) else why(error)
        nothing: list[Request] = []
        for request in nothing:  # makes this the asynchronous generator that Scrapy wants
            yield request

    async def request(self, url: str) -> Response:
        """The response of an address, with any status.

        :raises UnknownPageError: it is cut off, or cannot be unpacked. Whatever a download can raise is raised too.
        """
        response = await self.crawler.engine.download_async(Request(url))
        if CUT in response.flags or BROKEN in response.flags:
            raise UnknownPageError("cut off")
        return response


class Command(OfflineCommand):
    """Prints a line of the dataset for each page that is an article."""

    def syntax(self) -> str:
        return "[options] PAGE ..."

    def short_desc(self) -> str:
        return "Print the articles of saved pages (.html, .html.gz), archives (.warc, .warc.gz) or addresses"

    def long_desc(self) -> str:
        return (
            "Prints one JSON line for each PAGE, a saved page (.html, .html.gz) or an address, in the order given."
            " A file causes no request. A page is read in MAINLAND_TIMEZONE, else in the time zone that it shows."
            " For a page that is not an article, standard error has a line with the reason."
            " Archives (.warc, .warc.gz) are read together, as the pages of one crawl: a line for the latest state of"
            " each public article; other pages are skipped. Exit status: 0 done; 1 a PAGE is not an article, or"
            " cannot be read; 2 wrong use, or archives of several sites; 73 standard output cannot be written."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--url", help="address of a file without a canonical link, and of what it links to")
        parser.add_argument(
            "--explain",
            action="store_true",
            help="show which rule gave each field, and what the other rules found",
        )

    def check(self, settings: BaseSettings, args: list[str], opts: argparse.Namespace) -> None:
        """Checks settings, arguments and options, and sets what :meth:`run` needs; for errors see the base class."""
        if not opts.loglevel:
            settings.set("LOG_LEVEL", "WARNING", priority="cmdline")
        config.check(settings)
        self.site = config.site(settings)
        if not args:
            raise ValueError("give at least one page")
        self.addresses = [arg for arg in args if urls.host(arg)]
        if any("@" in urlsplit(address).netloc for address in (*self.addresses, opts.url or "")):
            raise ValueError("an address contains a name or a password, which would stand in logs: leave it out")
        self.url = urls.absolute(None, opts.url)
        if opts.url and not self.url:
            raise ValueError(f"--url {opts.url!r} is not an address: give it as https://example.org/story/")
        self.archives = [arg for arg in args if arg.endswith(warc.ENDINGS) and arg not in self.addresses]
        if self.archives and opts.explain:
            raise ValueError("--explain takes pages, no archives")
        self.requires_crawler_process = bool(self.addresses)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Requests the addresses among the arguments, then prints the articles of all of them."""
        fetched: dict[str, Any] = {}
        if self.addresses:
            assert self.crawler_process
            # A site that is down is reported in a line, not in a traceback of its robots.txt.
            logging.getLogger("scrapy.downloadermiddlewares.robotstxt").setLevel(logging.CRITICAL)
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # connections break too
            self.crawler_process.crawl(PageSpider, addresses=self.addresses, found=fetched)
            self.crawler_process.start()
            end_with_reader()
        with self.printing():
            self.print_articles(args, opts, fetched)

    def print_articles(self, args: list[str], opts: argparse.Namespace, fetched: dict[str, Any]) -> None:
        """Prints a line for each page that is an article; ``fetched`` is what :class:`PageSpider` found.

        For any other page it writes a message, and ``exitcode`` becomes 1.

        :raises OSError: a line cannot be printed.
        """
        if self.archives:
            self.read_archives([Path(arg) for arg in self.archives])
        for arg in args:
            if arg in self.archives:
                continue
            try:
                page, further = self.read(arg, fetched)
                item = article(page, self.site, further)
            except (ValueError, OSError, EOFError, zlib.error) as error:
                self.say(f"{arg}: {reason(error, arg)}")
                self.exitcode = ExitStatus.FAILED
                continue
            if arg in fetched:
                item.date_crawled = dates.utc(datetime.now(UTC))
            elif is_split(page):
                self.say(f"{arg}: one of several pages of an article; only this page is given")
            if opts.explain:
                self.explain(arg, page, item)
            else:
                sys.stdout.buffer.write(lines.encode(asdict(item)))

    def read(self, arg: str, fetched: dict[str, Any]) -> tuple[Page, list[Page]]:
        """The page that an argument, a file or an address, names; and its later subpages, [] for a file.

        :raises ValueError: there is none, or the file has more than 64 MiB; the text says so.
        :raises OSError: the file cannot be read; so do EOFError and zlib.error.
        """
        if arg in fetched:
            if isinstance(fetched[arg], str):
                raise ValueError(fetched[arg])
            page, further = fetched[arg]
            return page, further
        if urls.host(arg):
            raise ValueError("not requested")
        path = Path(arg)
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            html = file.read(_MOST_BYTES + 1)
        if len(html) > _MOST_BYTES:
            raise ValueError(f"larger than {_MOST_BYTES >> 20} MiB")
        return parse(html, self.url), []

    def read_archives(self, archives: list[Path]) -> None:
        """Prints the latest lines of the articles of archives, in the order in which they were downloaded.

        For an archive that cannot be read it writes a message, and sets ``exitcode``.

        :raises OSError: a line cannot be printed.
        """
        from mainland.replay import Replay, SeveralSitesError, site_of  # noqa: PLC0415

        readable: list[Path] = []
        for path in archives:
            try:
                path.open("rb").close()
                readable.append(path)
            except OSError as error:
                self.say(f"{path}: {reason(error, path)}")
                self.exitcode = ExitStatus.FAILED
        with scratch.temporary() as folder:
            store = DataFolder(folder)
            try:
                replay = Replay(store, self.settings, site_of(readable))
                for path in readable:
                    try:
                        replay.read(path)
                    except (warc.BrokenArchiveError, OSError) as error:
                        self.say(f"{path}: {reason(error, path)}")
                        self.exitcode = ExitStatus.FAILED
                replay.end()
                for place, record in store.files.changes.records():
                    if record and store.index.is_latest(record["id"], record["revision"]):
                        sys.stdout.buffer.write(store.files.changes.read(place))
            except SeveralSitesError as error:
                self.say(f"{archives[0]}: {error}")
                self.exitcode = ExitStatus.WRONG_USE
            finally:
                store.release()

    def explain(self, arg: str, page: Page, item: Article) -> None:
        """Prints for each field its value, and what every rule made of the page, the rule that gave the value first.

        ``arg`` is the argument that named the page.
        """
        print(printable(f"{arg}: {item.url}"))
        for name, by_rule in explain(page, self.site).items():
            value = getattr(item, name)
            print(printable(f"  {name}: {json.dumps(value, ensure_ascii=False)}"))
            for rule, words in by_rule.items():
                print(printable(f"    {rule}: {json.dumps(words, ensure_ascii=False)}"))
