"""Reads the page archive again: a crawl without requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Coroutine, Generator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeGuard

from scrapy.exceptions import DropItem
from scrapy.http import JsonResponse, Response, TextResponse, XmlResponse
from scrapy.settings import BaseSettings

from mainland import config
from mainland.clean import dates, urls
from mainland.clean.dates import PostDates
from mainland.clean.documents import is_complete
from mainland.decisions.stored import dates_of
from mainland.items import BOOKKEEPING, Article
from mainland.pages.article import article, undated_post_id
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
_READ = Article.__dataclass_fields__.keys() - BOOKKEEPING
_REDIRECTS = (301, 302, 303, 307, 308)
_RECORDED = {"time-zone": "MAINLAND_TIMEZONE", "date-order": "MAINLAND_DATE_ORDER"}


class SeveralSitesError(ValueError):
    """The WARC files are of more than one site. Its text names two."""


def site_of(archives: Iterable[Path]) -> str | None:
    """The host of the site that WARC files name in their first records; None if none names one.

    :raises SeveralSitesError: they are of several.
    :raises OSError: one cannot be read.
    """
    found: dict[str, Path] = {}
    for path in archives:
        first = next(warc.sound(path), None)
        if first and first.kind == "warcinfo" and "site" in first.fields:
            found.setdefault(first.fields["site"], path)
    if len(found) > 1:
        (one, first_path), (other, second_path), *_ = found.items()
        raise SeveralSitesError(f"{first_path} has pages of {one}, {second_path} of {other}; read them apart")
    return next(iter(found), None)


def is_page(response: Response | None) -> TypeGuard[TextResponse]:
    """Whether an answer may be a page: text, but not JSON or XML."""
    return isinstance(response, TextResponse) and not isinstance(response, (JsonResponse, XmlResponse))


class _NextResponse:
    """An awaitable in place of a download: it yields the address, and receives the response of that address."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __await__(self) -> Generator[str, Response, Response]:
        return (yield self.url)


@dataclass(slots=True)
class _Reading:
    """An article that is not complete yet: later subpages, or the dates of its post, may follow in the archive."""

    page: Page
    date: str
    parts: Coroutine[str, Response | None, list[Page]] | None = None
    further: list[Page] = field(default_factory=list)
    post: PostDates | None = None


class Replay:
    """Reads the pages of an archive into a data folder, in the order in which they were downloaded, as a crawl would.

    A page that is older than the stored article is skipped. The page of the latest line gives a ``reparsed`` line if
    the rules read it differently now. ``delivered`` counts the lines by ``change``.
    """

    def __init__(self, store: DataFolder, settings: BaseSettings, host: str | None) -> None:
        """Reads the pages of ``host`` into ``store``; None: of the first host. ``settings`` are those of the command.

        The time zone and date order in a WARC file go before the project's, and not before the command line's.
        """
        self.store, self.settings, self.host = store, settings, host
        self.about = config.site(settings)
        self.recorded: dict[str, str] = {}
        self.crawl: str | None = None
        self.waiting: dict[str, _Reading] = {}
        """The articles that wait for a subpage, by the address of the subpage."""
        self.undated: dict[str, _Reading] = {}
        """The articles that wait for the dates of their posts, by the addresses of their pages."""
        self.clashing: dict[str, Article] = {}
        self.closes_pages: bool | None = None
        self.delivered: Counter[str] = Counter()
        self.read_pages = 0
        self.torn: list[Path] = []
        """The files that end in half a record."""
        self.current: set[int] = set()
        """The ids of articles with a page that is as new as their latest line."""

    def read(self, path: Path) -> None:
        """Reads a WARC file and writes the lines of its articles, but for those that still wait, see :meth:`end`.

        :raises BrokenArchiveError: a part of it cannot be read; the other parts were read.
        :raises OSError: it cannot be read, or the folder not be written.
        """
        self.closes_pages = None
        for record in warc.records(path, self.torn):
            moment = dates.instant(record.date)
            date = dates.utc(moment) if moment else ""
            if record.kind == "warcinfo":
                self.read_about(record.fields)
            elif record.kind == "response" and self.host in (None, urls.host(record.url)):
                response = warc.response_of(record)
                if response:
                    self.deliver_clashing(response)
                if response and response.status in _REDIRECTS:
                    self.follow_redirect(response)
                elif is_page(response) and not self.is_cut(response, path):
                    self.read_page(response, date)
            elif record.kind == "metadata":
                self.read_removal(record.fields.get("removed", ""), date)
                self.read_settings(record.fields)
                self.read_dates(record)
        self.store.commit()

    def read_about(self, about: dict[str, str]) -> None:
        """Reads the ``warcinfo`` of a file: from here on, its time zone and date order apply."""
        if self.crawl != about.get("isPartOf"):
            self.crawl = about.get("isPartOf")
            self.end()
        self.recorded = {}
        self.read_settings(about)

    def end(self) -> None:
        """Reads the articles that still wait for dates without them, drops those that wait for subpages. Commits."""
        self.read_undated(0)
        self.waiting.clear()
        self.store.commit()

    def unread(self) -> int:
        """How many public articles have no page of their latest line in the files that were read."""
        return sum(number not in self.current for number, _, _ in self.store.index.public())

    def read_undated(self, most: int) -> None:
        """Reads the articles that wait longest for dates without them, so that at most ``most`` still wait."""
        for url in list(self.undated)[: max(0, len(self.undated) - most)]:
            self.deliver_read(self.undated.pop(url))

    def read_dates(self, record: warc.Record) -> None:
        """Gives the dates of a post in a record to the article that waits for them; does nothing for other records."""
        if "post" not in record.fields:
            return
        post = PostDates(record.fields.get("published"), record.fields.get("modified"))
        for reading in self.waiting.values():
            if reading.page.url == record.url:
                reading.post = post
        if record.url in self.undated:
            reading = self.undated.pop(record.url)
            reading.post = post
            self.deliver_read(reading)

    def read_settings(self, about: dict[str, str]) -> None:
        """Reads pages from here on with the time zone and the date order in the fields of a record, if it has any."""
        self.recorded |= {setting: about[name] for name, setting in _RECORDED.items() if name in about}
        settings = self.settings.copy()
        for setting, value in self.recorded.items():
            settings.set(setting, value, priority="spider")  # the command line goes before it
        self.about = config.site(settings)

    def is_cut(self, response: TextResponse, path: Path) -> bool:
        """Whether a page lacks its end tag although other pages in its file have theirs."""
        if is_complete(response.body):
            self.closes_pages = True
        elif self.closes_pages is None:
            others = (warc.response_of(record) for record in warc.sound(path) if record.kind == "response")
            self.closes_pages = any(is_page(each) and is_complete(each.body) for each in others)
        return bool(self.closes_pages) and not is_complete(response.body)

    def deliver_clashing(self, response: Response) -> None:
        """Delivers an article that has the id of another one, once the response of that one's address is an error."""
        item = self.clashing.pop(urls.key(response.url), None)
        if item and response.status != 200:
            self.deliver_if_later(item)

    def follow_redirect(self, response: Response) -> None:
        """Follows a redirect: the article that waits for a subpage at this address waits for it at the new address."""
        to = urls.absolute(response.url, (response.headers.get("Location") or b"").decode("latin-1"))
        if to and response.url in self.waiting:
            self.waiting[to] = self.waiting.pop(response.url)

    def read_page(self, response: TextResponse, date: str) -> None:
        """Reads a response that is an article or a subpage of one; others are skipped. ``date`` is when it came."""
        if response.status != 200:
            return
        self.read_pages += 1
        reading = self.waiting.pop(response.url, None)
        page = of_response(response)
        try:
            require_article(page)
            if reading:
                self.read_subpages(reading, response)
            elif not is_later_subpage(page):
                parts = further_subpages(page, _NextResponse) if is_split(page) else None
                self.read_subpages(_Reading(page, date, parts), None)
        except NotAnArticleError:
            return
        self.read_undated(_MOST_UNDATED)

    def read_subpages(self, reading: _Reading, response: Response | None) -> None:
        """Adds a later subpage to an article, None at the beginning; then delivers it, or lets it wait for more.

        An article with a subpage that is missing is dropped.
        """
        try:
            if reading.parts:
                self.waiting[reading.parts.send(response)] = reading
                return
        except StopIteration as end:
            reading.further = end.value
        except SubpageError:
            return
        if reading.post is None and undated_post_id(reading.page, self.about):
            self.undated[str(reading.page.url)] = reading
        else:
            self.deliver_read(reading)

    def deliver_read(self, reading: _Reading) -> None:
        """Reads an article, and delivers it; one with the id of another article waits for :meth:`deliver_clashing`."""
        page, number = reading.page, undated_post_id(reading.page, self.about)
        stored = self.store.index.article(number) if number else None
        try:
            item = article(page, self.about, reading.further, post=dates_of(reading.post, stored))
        except NotAnArticleError:  # it took too long
            return
        item.date_crawled = reading.date or None
        if self.host is None:
            self.host = item.site
        other = self.store.index.article(item.id)
        if other and other.state == "public" and other.is_another(item, page.url or ""):
            self.clashing[other.key] = item
        else:
            self.deliver_if_later(item)

    def deliver_if_later(self, item: Article) -> None:
        """Writes the line of an article, with ``id``, ``change`` and ``revision``.

        Writes none if the page of the stored line is later, if nothing differs, or if the article is incomplete.
        """
        date = item.date_crawled or ""
        try:
            check(item)
            stored = self.store.index.match(item)
            is_same_page = stored is not None and stored.state == "public" and date == stored.date_crawled
            if stored and date <= (stored.date_crawled or "") and not is_same_page:
                return
            if stored:
                self.current.add(stored.id)
            try:
                deduplicate(item, self.store)
            except KnownItem:
                if not (is_same_page and stored and self.is_read_otherwise(item, stored.id)):
                    raise
                item.id, item.revision = stored.id, stored.revision + 1
        except DropItem:
            return
        if is_same_page:
            item.change = "reparsed"
        self.deliver(item)

    def is_read_otherwise(self, item: Article, number: int) -> bool:
        """Whether a field is read differently than in the latest line of an article, or is not in that line."""
        line = self.store.line(number)
        return line is not None and any(name not in line or getattr(item, name) != line[name] for name in _READ)

    def read_removal(self, number: str, date: str) -> None:
        """Writes that an article, given by its id in digits, was gone at an instant ``date``.

        Does nothing if its stored page is later than that, if it is not public, or for text that is not an id.
        """
        stored = self.store.index.article(int(number)) if number.isdecimal() else None
        if stored and stored.state == "public" and date >= (stored.date_crawled or ""):
            item = stored.removal(str(self.host), date)
            deduplicate(item, self.store)
            self.deliver(item)

    def deliver(self, item: Article) -> None:
        """Writes the line of an item, and counts it; commits from time to time."""
        self.store.deliver(item)
        self.current.add(item.id or 0)
        self.delivered[item.change] += 1
        if self.delivered.total() % _LINES == 0:
            self.store.commit()
