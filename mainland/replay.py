"""Reads the page archive again: a crawl without requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Coroutine, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from scrapy.exceptions import DropItem
from scrapy.http import JsonResponse, Response, TextResponse, XmlResponse
from scrapy.settings import BaseSettings

from mainland import config
from mainland.clean import dates, urls
from mainland.clean.dates import PostDates
from mainland.clean.documents import is_complete
from mainland.items import Article
from mainland.pages.article import Site, article, needs_dates
from mainland.pages.errors import NotAnArticleError
from mainland.pages.kinds import require_article
from mainland.pages.page import Page, of_response
from mainland.pages.subpages import SubpageError, further_subpages, is_later_subpage, is_split
from mainland.pipelines import check, deduplicate
from mainland.storage import warc
from mainland.storage.errors import KnownItem
from mainland.storage.folder import DataFolder

_LINES = 500
_MOST_UNDATED = 32  # pages that wait for the dates of their posts; a crawl writes them within a few answers
_DATES = "dates of "  # before an address, where a page waits for those of its post
_FILED = ("day_published", "section", "sections", "tags")
_REDIRECTS = (301, 302, 303, 307, 308)
_TOLD = {"time-zone": "MAINLAND_TIMEZONE", "date-order": "MAINLAND_DATE_ORDER"}


class SeveralSitesError(ValueError):
    """The archives are of more than one site. Its text names two."""


def site_of(archives: Iterable[Path]) -> str | None:
    """The host of the site that archives say they are of; None if none says.

    :raises SeveralSitesError: they are of several.
    """
    found: dict[str, Path] = {}
    for path in archives:
        first = next(warc.sound(path), None)
        if first and first.kind == "warcinfo" and "site" in first.fields:
            found.setdefault(first.fields["site"], path)
    if len(found) > 1:
        (one, first_path), (other, second_path), *_ = found.items()
        raise SeveralSitesError(f"{first_path} holds pages of {one}, {second_path} of {other}; read them apart")
    return next(iter(found), None)


def is_page(response: Response | None) -> TypeGuard[TextResponse]:
    """Whether an answer may be a page."""
    return isinstance(response, TextResponse) and not isinstance(response, (JsonResponse, XmlResponse))


class _Ask:
    """Waits for the next page of an address."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __await__(self) -> Generator[str, Response, Response]:
        return (yield self.url)


class _AskDates:
    """Waits for the record with the dates of the post on a page, given by its address; None if there is none."""

    def __init__(self, url: str) -> None:
        self.place = f"{_DATES}{url}"

    def __await__(self) -> Generator[str, PostDates | None, PostDates | None]:
        return (yield self.place)


@dataclass(slots=True)
class _Reading:
    """A page whose article lacks something that is still to come: dates of its post, or later subpages."""

    page: Page
    date: str
    steps: Coroutine[str, Response | PostDates | None, tuple[PostDates | None, list[Page]]]


async def _completed(page: Page, site: Site) -> tuple[PostDates | None, list[Page]]:
    """The dates of the post on a page, where it does not show them, and its later subpages."""
    post = await _AskDates(str(page.url)) if needs_dates(page, site) else None
    return post, await further_subpages(page, _Ask) if is_split(page) else []


class Replay:
    """Kept pages, read into a data folder in the order they were fetched, as the crawl would have read them.

    A page that is older than what the folder holds of its article is passed by. One that the latest line was made
    from gives a ``reparsed`` line if it is read differently today. ``delivered`` counts the lines by ``change``.
    """

    def __init__(self, store: DataFolder, settings: BaseSettings, host: str | None) -> None:
        """``settings`` are those of this call; what an archive says of its site goes before the project's."""
        self.store, self.settings, self.host = store, settings, host
        self.about = config.site(settings)
        self.told: dict[str, str] = {}
        self.crawl: str | None = None
        self.waiting: dict[str, _Reading] = {}
        self.clashing: dict[str, Article] = {}
        self.closes_pages: bool | None = None
        self.delivered: Counter[str] = Counter()
        self.read_pages = 0

    def read(self, path: Path) -> None:
        """Reads a file of pages.

        :raises BrokenArchiveError: a part of it cannot be read; the rest was.
        :raises OSError: it cannot be read, or the folder not be written.
        """
        self.closes_pages = None
        for record in warc.records(path):
            moment = dates.instant(record.date)
            date = dates.utc(moment) if moment else ""
            if record.kind == "warcinfo":
                self.read_about(record.fields)
            elif record.kind == "response" and self.host in (None, urls.host(record.url)):
                response = warc.response_of(record)
                if response:
                    self.settle(response)
                if response and response.status in _REDIRECTS:
                    self.follow(response)
                elif is_page(response) and not self.is_cut(response, path):
                    self.read_page(response, date)
            elif record.kind == "metadata":
                self.read_removal(record.fields.get("removed", ""), date)
                self.read_site(record.fields)
                self.read_dates(record)
        self.store.commit()

    def read_about(self, told: dict[str, str]) -> None:
        """Reads pages as the crawl that an archive tells of: with its time zone and order of dates."""
        if self.crawl != told.get("isPartOf"):
            self.crawl = told.get("isPartOf")
            self.end()
        self.told = {}
        self.read_site(told)

    def end(self) -> None:
        """Reads the pages whose dates did not come without them, and drops those whose subpages did not."""
        self.read_undated(0)
        self.waiting.clear()
        self.store.commit()

    def read_undated(self, most: int) -> None:
        """Reads the first pages that wait for dates without them, but for ``most`` of them."""
        undated = [place for place in self.waiting if place.startswith(_DATES)]
        for place in undated[: max(0, len(undated) - most)]:
            self.go_on(self.waiting.pop(place), None)

    def read_dates(self, record: warc.Record) -> None:
        """Goes on reading the page that a record has the dates for."""
        reading = self.waiting.pop(f"{_DATES}{record.url}", None) if "post" in record.fields else None
        if reading:
            told = record.fields
            self.go_on(reading, PostDates(told.get("published"), told.get("modified")))

    def read_site(self, told: dict[str, str]) -> None:
        """Reads pages from here on with the time zone and the order of dates that a record tells, if it tells any."""
        self.told |= {setting: told[name] for name, setting in _TOLD.items() if name in told}
        settings = self.settings.copy()
        for setting, value in self.told.items():
            settings.set(setting, value, priority="spider")  # the command line goes before it
        self.about = config.site(settings)

    def is_cut(self, response: TextResponse, path: Path) -> bool:
        """Whether a page lacks its end, and the site closes its pages."""
        if is_complete(response.body):
            self.closes_pages = True
        elif self.closes_pages is None:
            others = (warc.response_of(record) for record in warc.sound(path) if record.kind == "response")
            self.closes_pages = any(is_page(each) and is_complete(each.body) for each in others)
        return bool(self.closes_pages) and not is_complete(response.body)

    def settle(self, response: Response) -> None:
        """Delivers an article whose id was another's, if what the crawl then asked is not that one any more."""
        item = self.clashing.pop(urls.key(response.url), None)
        if item and response.status != 200:
            self.offer(item)

    def follow(self, response: Response) -> None:
        """Waits at its new address for the part of an article that moved."""
        to = urls.absolute(response.url, (response.headers.get("Location") or b"").decode("latin-1"))
        if to and response.url in self.waiting:
            self.waiting[to] = self.waiting.pop(response.url)

    def read_page(self, response: TextResponse, date: str) -> None:
        """Reads an answer, if it is an article, or the part of one."""
        if response.status != 200:
            return
        self.read_pages += 1
        reading = self.waiting.pop(response.url, None)
        page = of_response(response)
        try:
            require_article(page)
            if reading:
                self.go_on(reading, response)
            elif not is_later_subpage(page):
                self.go_on(_Reading(page, date, _completed(page, self.about)), None)
        except NotAnArticleError:
            return
        self.read_undated(_MOST_UNDATED)

    def go_on(self, reading: _Reading, answer: Response | PostDates | None) -> None:
        """Reads what a page waited for; None before the first step, and for dates that did not come."""
        try:
            self.waiting[reading.steps.send(answer)] = reading
        except StopIteration as end:
            self.finish(reading, *end.value)
        except (SubpageError, NotAnArticleError):
            return

    def finish(self, reading: _Reading, post: PostDates | None, further: list[Page]) -> None:
        """Reads an article, and delivers it unless its id is that of another one."""
        page = reading.page
        number = needs_dates(page, self.about)
        stored = self.store.index.article(number) if number else None
        known = post if post and post.published else stored.dates if stored else None
        item = article(page, self.about, further, post=known)
        item.date_crawled = reading.date or None
        if self.host is None:
            self.host = item.site
        other = self.store.index.article(item.id)
        if other and other.state == "public" and other.is_another(item, page.url or ""):
            self.clashing[other.key] = item
        else:
            self.offer(item)

    def offer(self, item: Article) -> None:
        """Delivers an article, if the folder holds nothing later of it."""
        date = item.date_crawled or ""
        try:
            check(item)
            held = self.store.index.match(item)
            is_same_page = held is not None and held.state == "public" and date == held.date_crawled
            if held and date <= (held.date_crawled or "") and not is_same_page:
                return
            try:
                deduplicate(item, self.store)
            except KnownItem:
                if not (is_same_page and held and self.is_filed_otherwise(item, held.id)):
                    raise
                item.id, item.revision = held.id, held.revision + 1
        except DropItem:
            return
        if is_same_page:
            item.change = "reparsed"
        self.deliver(item)

    def is_filed_otherwise(self, item: Article, number: int) -> bool:
        """Whether what the content hash leaves out is read differently than in the latest line of an article."""
        line = self.store.line(number)
        return line is not None and any(getattr(item, name) != line.get(name) for name in _FILED)

    def read_removal(self, number: str, date: str) -> None:
        """Delivers the removal of an article, if the folder holds nothing later of it."""
        held = self.store.index.article(int(number)) if number.isdecimal() else None
        if held and held.state == "public" and date >= (held.date_crawled or ""):
            item = held.removal(str(self.host), date)
            deduplicate(item, self.store)
            self.deliver(item)

    def deliver(self, item: Article) -> None:
        """Writes a line."""
        self.store.deliver(item)
        self.delivered[item.change] += 1
        if self.delivered.total() % _LINES == 0:
            self.store.commit()
