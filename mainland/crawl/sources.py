"""Reads the sources that list articles with few requests: feed, REST, sitemaps."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from scrapy.http import Response
from scrapy.utils.gz import gunzip

from mainland.clean import dates, urls
from mainland.decisions.types import State
from mainland.pages import lists
from mainland.pages.lists import Told
from mainland.pages.page import header
from mainland.storage.folder import DataFolder
from mainland.storage.ledger import believed

Ask = Callable[..., Awaitable[Response | None]]

_SITEMAPS = ("wp-sitemap.xml", "sitemap_index.xml", "sitemap.xml")
_MOST_SITEMAPS = 2_000
_MOST_OF_CATEGORIES = 20  # sitemaps of sections; one has a thousand or more
_BARE_DAY = "T00:00:00Z"  # which tells of one change a day, at most
_MANY = 10_000  # posts, whose sitemaps are too many to be read for each change
_MOST_PAGES = 100_000
_REST_PAGE = 100  # the most that WordPress gives
MOST_ASKED = _REST_PAGE - 1
"""The most articles that REST is asked for at once."""

_LATEST = 100  # articles whose dates are kept of each source
_MOST_UNPACKED = 64 << 20
_CLOCKS = timedelta(minutes=10)  # by which the clocks of two machines differ
_JUST_NOW = timedelta(minutes=10)
_FEW = 20  # articles that may all have changed just now
_NO_SITEMAP = b"-"  # in place of an answer that is none
_PAST_END = b"rest_post_invalid_page_number"
_TOTAL = re.compile(r"[0-9]{1,9}")


@dataclass
class Sources:
    """The sources of one site; what they report goes into the ledger.

    ``ask`` downloads an address for a ``kind`` of request and gives None where that failed.
    """

    ask: Ask
    store: DataFolder
    home: str
    used: list[str] = field(default_factory=list)
    """What was found and used, in words."""

    newest: list[Told] = field(default_factory=list)
    """What the feed tells, newest first; nothing where it is as it was."""

    unknown: dict[int | str, str] = field(default_factory=dict)
    """The addresses of posts that were not there when they were counted last, by id, or by key where none is told."""

    unknown_at: dict[str, int | str] = field(default_factory=dict)
    """The same the other way round: the ids, or keys, by the keys of the addresses."""

    latest: list[int] = field(default_factory=list)
    """The ids of the posts on the first page of REST."""

    total: int | None = None
    """How many posts REST says there are, protected ones included."""

    counted: int = 0
    """How many of them the pages of REST had that were read in a row."""

    is_last: bool = False
    """Whether REST has no page behind the one that was read."""

    explained: bool = False
    """Whether REST shows that no post is gone since the last crawl."""

    listed: bool = False
    """Whether all addresses of the site were listed, by its sitemaps or what else it has."""

    is_empty: bool = False
    """Whether the inventory has no address of an article."""

    dated: bool = False
    """Whether some source tells when articles changed, and not only the day."""

    dated_by: set[str] = field(default_factory=set)
    """The kinds of sources that date articles in this crawl: ``REST``, ``sitemap``."""

    told: int = 0
    """How many addresses of articles the sources gave, repeated ones counted each time."""

    inventoried: int = 0
    """How many addresses of articles the reading of the inventory gave, repeated ones counted each time."""

    categories: list[str] = field(default_factory=list)
    """The addresses of sections in the category sitemap."""

    sitemaps: list[str] = field(default_factory=list)
    """The addresses of the sitemaps of articles that an index names and that were read."""

    broken: list[str] = field(default_factory=list)
    """Those that answered with something else, and those that are gone though they listed articles before."""

    @property
    def changes_by(self) -> str:
        """How changes of known articles are noticed: by ``REST``, ``lastmod`` of the sitemaps, or their ``age``."""
        return "REST" if self.total is not None else "lastmod" if self.dated else "age"

    @property
    def is_partial(self) -> bool:
        """Whether REST counted fewer posts than the sitemaps list articles, as of one language alone."""
        return bool(self.store.memory.get("is_partial"))

    async def read_feed(self) -> None:
        """Reads the feed, unless it is as it was."""
        url = f"{self.home}feed/"
        etag, modified = self.store.memory.validators(url)
        headers = {"If-None-Match": etag, "If-Modified-Since": modified}
        response = await self.ask(url, "feed", {name: value for name, value in headers.items() if value})
        if response is None or response.status not in (200, 304):
            return
        if response.status == 304:
            self.told += 1  # a feed without articles has no validators here
            self.used.append("feed")
            return
        told = self._own(lists.feed(response.body))
        if not told:
            return
        self.used.append("feed")
        self.newest = told
        self._note_unknown(told)
        self._tell(told)
        if lists.is_whole(response.body):
            self.store.memory.save_validators(url, header(response, "ETag"), header(response, "Last-Modified"))

    async def read_rest(self, *, deep: bool) -> None:
        """Reads REST's posts, the last changed first: one page, or as far as there are changes.

        Where an earlier reading broke off, on to what the last whole one had seen. Where something changed, what is
        gone is not told by a count: only the sitemaps tell, unless there are too many of them.
        """
        is_change, newest, seen = False, None, self.store.memory.get("rest_seen") or "9999"
        for number in range(1, _MOST_PAGES):
            told = await self._rest_page(number, "modified")
            if told is None:
                return
            changed = [self._is_change(entry) for entry in told]
            is_change |= any(changed)
            newest = newest or next((entry.lastmod for entry in told if entry.lastmod), None)
            if number == 1:
                self._hold("REST", told)
                self.latest = [entry.id for entry in told if entry.id is not None]
            self._note_unknown(told)
            self._tell(told, source="REST")
            for entry in told:
                if (entry.lastmod or "") > seen:  # whatever the sitemaps say, whose clock can be ahead
                    self.store.ledger.make_due(entry.url)
            is_over = not self._show("REST by change", told) or self.is_last
            if is_over or not (deep and (changed[-1] or (told[-1].lastmod or "") > seen)):
                break
        self.store.memory.save(rest_seen=newest)
        self.used.append("REST")
        was_counted = self.store.memory.get("settled") == self.store.memory.get("run") - 1
        is_told = newest is not None and was_counted and not (self.missed() or self.is_partial)
        self.explained = is_told and (not is_change or (self.total or 0) > _MANY)

    def uncount(self, url: str) -> None:
        """Takes an address for that of no post that REST counts."""
        post = self.unknown_at.pop(urls.key(url), None)
        if post is not None:
            self.unknown.pop(post, None)

    def missed(self, gone: int = 0) -> int:
        """How many posts fewer than REST counted last are left unexplained, by what is unknown and what is ``gone``.

        0 where it does not count all of them.
        """
        before = self.store.memory.get("total")
        if before is None or self.total is None or self.is_partial:
            return 0
        return int(before + len(self.unknown) - gone - self.total)

    async def read_all(self) -> None:
        """Reads all of REST, or all pages of the feed: on a site without sitemaps, to know all addresses."""
        listing = self.store.inventory.number + 1
        for number in range(1, _MOST_PAGES):
            if self.total is not None:
                told = await self._rest_page(number, "id")
                ended = told is not None and self.is_last
            else:
                told = await self._feed_page(number)
                ended = told == []
            if told is None or not (ended or self._show("all", told)):
                return  # a page that shows what others showed is no end
            self._tell(told, listing, source="REST")
            if ended:
                self._listed(listing, "REST" if self.total is not None else "feed pages")
                return

    async def _rest_page(self, number: int, order: str) -> list[Told] | None:
        """The posts on a page of REST, [] past its end; None where it is closed."""
        response = await self.ask(
            f"{self.home}wp-json/wp/v2/posts?_fields=id,link,modified_gmt&orderby={order}&order=desc"
            f"&per_page={_REST_PAGE}&page={number}",
            "rest",
        )
        if number > 1 and response is not None and response.status == 400 and _PAST_END in response.body:
            self.is_last = True  # it counts posts that it does not show
            return []
        if response is None or response.status != 200:
            return None
        told, total = lists.rest_posts(response.body), header(response, "X-WP-Total") or ""
        if told is None or not _TOTAL.fullmatch(total):
            return None
        self.total = int(total)
        self.counted = len(told) + (self.counted if number > 1 else 0)
        last = header(response, "X-WP-TotalPages") or ""  # a page can have less than was asked for
        self.is_last = number >= int(last) if _TOTAL.fullmatch(last) else self.counted >= self.total
        return self._own(told)

    async def returned(self, numbers: list[int]) -> set[int] | None:
        """Which of some articles REST returns, given their ids, :data:`MOST_ASKED`; None where it does not say.

        It is believed if it returns a post that it listed in this crawl, and nothing that it was not asked for.
        """
        witness = next((number for number in self.latest if number not in numbers), None)
        if witness is None:
            return None
        include = ",".join(map(str, [*numbers, witness]))
        query = f"include={include}&per_page={_REST_PAGE}&_fields=id,link,modified_gmt"
        response = await self.ask(f"{self.home}wp-json/wp/v2/posts?{query}", "rest")
        told = lists.rest_posts(response.body) if response is not None and response.status == 200 else None
        found = {entry.id for entry in told or () if entry.id is not None}
        return found if witness in found and found <= {*numbers, witness} else None

    async def _feed_page(self, number: int) -> list[Told] | None:
        """The articles on a page of the feed, [] past its end; None where there is none."""
        if number == 1 and self.newest:
            return self.newest
        response = await self.ask(f"{self.home}feed/" + (f"?paged={number}" if number > 1 else ""), "feed")
        if response is None or response.status not in (200, 404):
            return None
        told = self._own(lists.feed(response.body)) if response.status == 200 else []
        return told if told or number > 1 else None

    async def read_sitemaps(self, named: list[str], *, posts: bool = True) -> None:
        """Reads the sitemaps: those that robots.txt names, else those of WordPress and its plugins.

        Without ``posts`` only which sitemaps of categories there are.
        """
        listing = self.store.inventory.number + 1
        own, usual = [url for url in named if self._is_own(url)], [self.home + name for name in _SITEMAPS]
        has_posts, is_whole = False, True
        for url in dict.fromkeys([*own, *usual]):
            if has_posts and url not in own:
                break
            body = await self._sitemap(url)
            kind, told = lists.sitemap(body) if body else ("", [])
            if kind == "sitemapindex":
                children = lists.post_sitemaps(self._own(told))
                self.categories += lists.category_sitemaps(self._own(told))
                has_posts |= bool(children)
                is_whole &= not posts or await self._read_posts(children, listing)
            elif body and kind == "urlset" and lists.post_sitemaps([Told(url)]) and self._own(told):
                is_part = lists.is_of_news(url)
                self._tell_sitemap(url, told, 0 if is_part else listing)
                has_posts |= not is_part
                is_whole &= lists.is_whole(body)
        if posts and has_posts and is_whole:
            self._listed(listing, "sitemap")

    async def _read_posts(self, children: list[str], listing: int) -> bool:
        """Reads sitemaps of articles, and those that an index among them names; whether all were whole.

        They carry no validators; what they tell is compared with what is known.
        """
        is_whole, waiting, seen = True, deque(children), set(children)
        known = set(self.store.memory.get("post_sitemaps") or ())
        for number in count():
            if not waiting:
                break
            if number >= _MOST_SITEMAPS:
                return False
            url = waiting.popleft()
            body = await self._sitemap(url)
            kind, told = lists.sitemap(body) if body else ("", [])
            if kind == "sitemapindex":
                more = [child for child in dict.fromkeys(lists.post_sitemaps(self._own(told))) if child not in seen]
                seen.update(more)
                waiting.extend(more)
            elif body is None:  # it failed
                is_whole = False
            elif body or url in known:  # or the index names what never was there
                self._tell_sitemap(url, told, listing)
                is_sound = kind == "urlset" and lists.is_whole(body)
                (self.sitemaps if is_sound else self.broken).append(url)
                is_whole &= is_sound
        return is_whole

    def remember_sitemaps(self, *, is_full: bool) -> None:
        """Stores which sitemaps list articles; one that is gone is looked for until a full crawl."""
        before = [] if is_full else self.store.memory.get("post_sitemaps") or []
        if self.sitemaps:
            self.store.memory.save(post_sitemaps=list(dict.fromkeys([*before, *self.sitemaps])))

    def _listed(self, listing: int, source: str) -> None:
        """Takes what was read for an inventory; an empty one counts only where no other source shows an article."""
        if not self.inventoried and (self.told or self.total):
            return
        self.store.memory.save(listing=listing)
        self.listed, self.is_empty = True, not self.inventoried
        if source not in self.used:
            self.used.append(source)

    async def read_categories(self) -> list[str]:
        """The addresses of sections that the category sitemaps list."""
        found: list[str] = []
        for url in list(dict.fromkeys(self.categories))[:_MOST_OF_CATEGORIES]:
            body = await self._sitemap(url)
            found += [entry.url for entry in self._own(lists.sitemap(body)[1] if body else [])]
        return found

    async def _sitemap(self, url: str) -> bytes | None:
        """The body of a sitemap, b"" where there is none; None where it gave no answer."""
        response = await self.ask(url, "sitemap")
        if response is None:
            return None
        if response.status != 200:
            return b"" if response.status in (404, 410) else _NO_SITEMAP
        if response.body.startswith(b"\x1f\x8b"):
            try:
                return gunzip(response.body, max_size=_MOST_UNPACKED) or _NO_SITEMAP
            except (OSError, ValueError, EOFError):
                return _NO_SITEMAP
        return response.body

    def _tell(self, told: list[Told], listing: int = 0, source: str = "feed") -> None:
        self.told += len(told)
        self.inventoried += len(told) if listing else 0
        self.store.ledger.record_sightings(told, listing, self._since(source))
        self.dated |= any(entry.lastmod is not None and not entry.lastmod.endswith(_BARE_DAY) for entry in told)
        if any(entry.lastmod for entry in told):
            self.dated_by.add(source)

    def _since(self, source: str) -> str:
        """The instant before which the dates of a source are no changes; "" where it dated articles before.

        A source that dates articles for the first time can date all of them otherwise than another one did.
        """
        before = self.store.memory.get("dated_by") or []
        return self.store.memory.get("dated_at") or "" if before and source not in before else ""

    def note_dating(self) -> None:
        """Keeps which sources dated articles until this crawl, for the next one."""
        if self.dated_by:
            kinds = sorted({*(self.store.memory.get("dated_by") or []), *self.dated_by})
            self.store.memory.save(dated_by=kinds, dated_at=dates.utc(datetime.now(UTC) - _CLOCKS))

    def _tell_sitemap(self, url: str, told: list[Told], listing: int) -> None:
        entries = _undated(self._own(told))
        self._tell(entries, listing, source="sitemap")
        self._hold(url, entries)

    def _hold(self, source: str, told: list[Told]) -> None:
        """Makes due what a source dates earlier than it did: a site can be restored from a backup."""
        name = f"latest of {source}"
        before = self.store.memory.get(name) or {}
        dated = sorted((entry.lastmod, entry.url) for entry in told if entry.lastmod and believed(entry.lastmod))
        dates_by_url = {url: lastmod for lastmod, url in dated}  # the latest, where an address is listed twice
        for url, lastmod in dates_by_url.items():
            if lastmod < before.get(url, ""):
                self.store.ledger.set_back(url, lastmod)
        self.store.memory.save(**{name: {url: lastmod for lastmod, url in dated[-_LATEST:]}})

    def _show(self, name: str, told: list[Told]) -> int:
        return self.store.ledger.record_list_page(name, [entry.url for entry in told])

    def _own(self, told: list[Told]) -> list[Told]:
        return [entry for entry in told if self._is_own(entry.url)]

    def _is_own(self, url: str) -> bool:
        return urls.host(url) == urls.host(self.home) and urls.key(url) != urls.key(self.home)

    def _note_unknown(self, told: list[Told]) -> None:
        for entry in filter(self._is_unknown, told):
            key = urls.key(entry.url)
            self.unknown[entry.id or key] = entry.url
            self.unknown_at[key] = entry.id or key

    def _is_unknown(self, entry: Told) -> bool:
        """Whether a post was not there when the site's posts were counted last: by its id and its address."""
        stored, known = self.store.index.article(entry.id), self.store.ledger.entry(entry.url)
        is_new = not self.store.ledger.knows(entry.url)
        if stored:
            return stored.state == "removed" and (is_new or known.state is State.REMOVED)
        return is_new or (
            known.settled_at is None and not 0 < known.last_run <= (self.store.memory.get("settled") or 0)
        )

    def _is_change(self, entry: Told) -> bool:
        known, told = self.store.ledger.entry(entry.url), believed(entry.lastmod) or ""
        is_later = told > max(known.changed_at or "", known.settled_at or "", self._since("REST"))
        return known.is_due or is_later or not self.store.ledger.knows(entry.url)


def _undated(told: list[Told]) -> list[Told]:
    """What a sitemap tells, without dates where those of most articles are the moment of asking."""
    just_now = dates.utc(datetime.now(UTC) - _JUST_NOW)
    number = sum((entry.lastmod or "") > just_now for entry in told)
    is_clock = number > _FEW and number * 2 > len(told)
    return [entry._replace(lastmod=None) for entry in told] if is_clock else told
