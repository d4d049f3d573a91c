"""WordPress' REST interface: ``/wp-json/wp/v2/posts``."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field

from mainland.clean import listings
from mainland.clean.dates import PostDates
from mainland.clean.listings import ListedAddress
from mainland.crawl.sources.reports import Download, Reports
from mainland.pages.page import header

_MANY = 10_000  # posts, whose sitemaps are too many to be read for each change
MOST_PAGES = 100_000
_PER_PAGE = 100  # the most that WordPress gives
MOST_REQUESTED = _PER_PAGE - 1
"""The most articles that one request to REST names."""

_PAST_END = b"rest_post_invalid_page_number"
_TOTAL = re.compile(r"[0-9]{1,9}")
_FIELDS = "_fields=id,link,date_gmt,modified_gmt"
_MOST_DATED = 10_000  # posts whose dates are kept in memory
_NEIGHBOURS = MOST_REQUESTED // 2  # of a post by number: the pages of articles are requested in about their order
_MOST_MISSES = 3  # dates that REST does not give; then no more are requested in this crawl


@dataclass
class Rest:
    """The posts of one site, as REST has them."""

    download: Download
    reports: Reports
    root: str
    """The address of the interface: ``/wp-json/``, unless the site names another."""

    latest: list[int] = field(default_factory=list)
    """The ids of the posts on the first page."""

    dated: dict[int, PostDates] = field(default_factory=dict)
    """The dates of posts that it returned in this crawl, by id; the last ones of many."""

    misses: int = 0
    """How often in a row it did not return a post whose dates were requested."""

    counted: int = 0
    """How many posts the consecutive pages read so far had."""

    requesting: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Locked while dates are requested: the same response may have the dates of the next article."""

    is_last: bool = False
    """Whether the page that was read is the last one."""

    is_explained: bool = False
    """Whether it shows that no post was removed since the last crawl."""

    @property
    def total(self) -> int | None:
        """How many posts there are, protected ones included; None where it is closed."""
        return self.reports.posts

    @property
    def is_partial(self) -> bool:
        """Whether it counts fewer posts than the sitemaps list, for instance those of one language."""
        return bool(self.reports.store.memory.get("is_partial"))

    def use_root(self, root: str | None) -> None:
        """Uses the address that the site names for the interface, if it names one, and stores it for later crawls."""
        if root and root != self.root:
            self.root = root
            self.reports.store.memory.save(rest_root=root)

    async def read(self, *, deep: bool) -> None:
        """Requests the posts, the last changed first, and records them.

        One page of 100; with ``deep``, further pages until one ends with a post unchanged since the last complete read.
        Sets :attr:`is_explained`. Nothing is stored where it is closed.
        """
        memory, is_change, newest = self.reports.store.memory, False, None
        seen = memory.get("rest_seen") or "9999"
        for number in range(1, MOST_PAGES):
            found = await self.read_page(number, "modified")
            if found is None:
                return
            changed = [self.reports.is_change(entry, "REST") for entry in found]
            is_change |= any(changed)
            newest = newest or next((entry.lastmod for entry in found if entry.lastmod), None)
            self._record(found, number, seen)
            is_over = not self.reports.count_new("REST by change", found) or self.is_last
            if is_over or not (deep and (changed[-1] or (found[-1].lastmod or "") > seen)):
                break
        is_change |= newest != memory.get("rest_seen")  # it was behind the other sources
        memory.save(rest_seen=newest)
        self.reports.used.append("REST")
        was_counted = memory.get("settled") == memory.get("run") - 1
        is_complete = newest is not None and was_counted and not (self.missed() or self.is_partial)
        self.is_explained = is_complete and (not is_change or (self.total or 0) > _MANY)

    def _record(self, found: list[ListedAddress], number: int, seen: str) -> None:
        """Records a page of the posts ordered by change.

        Those that changed after ``seen``, the latest change that an earlier crawl saw, become due.
        """
        if number == 1:
            self.reports.set_back("REST", found)
            self.latest = [entry.id for entry in found if entry.id is not None]
        self.reports.note_unknown(found)
        self.reports.record(found, "REST")
        for entry in found:
            if (entry.lastmod or "") > seen:  # whatever the sitemaps say, whose clock can be ahead
                self.reports.store.ledger.make_due(entry.url)

    async def read_page(self, number: int, order: str) -> list[ListedAddress] | None:
        """Requests a page of 100 posts: those of the site, [] past the last page; None where it is closed or fails.

        ``order`` is ``modified`` or ``id``; the last comes first. Sets :attr:`total` and :attr:`is_last`.
        """
        query = f"{_FIELDS}&orderby={order}&order=desc&per_page={_PER_PAGE}&page={number}"
        response = await self.download(listings.rest_address(self.root, "wp/v2/posts", query), "rest")
        if number > 1 and response is not None and response.status == 400 and _PAST_END in response.body:
            self.is_last = True  # it counts posts that it does not show
            return []
        if response is None or response.status != 200:
            return None
        found, total = listings.parse_rest_posts(response.body), header(response, "X-WP-Total") or ""
        if found is None or not _TOTAL.fullmatch(total):
            return None
        self.reports.posts = int(total)
        self.counted = len(found) + (self.counted if number > 1 else 0)
        last = header(response, "X-WP-TotalPages") or ""  # a page can have less than was requested
        self.is_last = number >= int(last) if _TOTAL.fullmatch(last) else self.counted >= int(total)
        self._note_dates(found)
        return self.reports.own(found)

    def _note_dates(self, found: list[ListedAddress]) -> None:
        """Keeps the dates of posts in :attr:`dated`: those of the last 10,000."""
        self.dated |= {entry.id: PostDates(entry.published, entry.lastmod) for entry in found if entry.id is not None}
        for number in list(self.dated)[:-_MOST_DATED]:
            del self.dated[number]

    async def dates(self, number: int) -> PostDates | None:
        """The dates of a post, given by its id; None where REST does not give them.

        A post that was on no page of this crawl is requested, with those of neighbouring ids. Forgotten ones are not,
        and none after three requests in a row without an answer.
        """
        async with self.requesting:
            if number not in self.dated and self._is_open and self.misses < _MOST_MISSES:
                forgotten, first = self.reports.store.index.forgotten(), max(1, number - _NEIGHBOURS)
                if number not in forgotten:
                    near = [n for n in range(first, first + MOST_REQUESTED) if n not in forgotten]
                    self._note_dates(await self._posts(near))
                    self.misses = 0 if number in self.dated else self.misses + 1
        return self.dated.get(number)

    @property
    def _is_open(self) -> bool:
        """Whether it gives posts; a worker that is not the leader knows that from the leader."""
        store = self.reports.store
        return self.total is not None if store.database.leads else bool(store.memory.get("has_rest"))

    async def _posts(self, numbers: list[int]) -> list[ListedAddress]:
        """Requests at most 100 posts by their ids; [] for a failure, and for a response with a post not requested."""
        query = f"include={','.join(map(str, numbers))}&per_page={_PER_PAGE}&{_FIELDS}"
        response = await self.download(listings.rest_address(self.root, "wp/v2/posts", query), "rest")
        posts = listings.parse_rest_posts(response.body) if response is not None and response.status == 200 else None
        return posts if posts and {post.id for post in posts} <= {*numbers} else []

    def missed(self, gone: int = 0) -> int:
        """How many posts disappeared since the last crawl without an explanation.

        That is the last total, plus new posts, minus ``gone`` (posts found missing), minus the total now. 0 where a
        total is unknown, or does not count all posts.
        """
        before = self.reports.store.memory.get("total")
        if before is None or self.total is None or self.is_partial:
            return 0
        return int(before + len(self.reports.unknown) - gone - self.total)

    async def returned(self, numbers: list[int]) -> set[int] | None:
        """Requests articles by their ids, at most :data:`MOST_REQUESTED`; returns the ids that the response has.

        None without a reliable response.

        A response is reliable if it has a post that REST listed in this crawl, and no post that was not requested.
        """
        witness = next((number for number in self.latest if number not in numbers), None)
        if witness is None:
            return None
        found = {post.id for post in await self._posts([*numbers, witness]) if post.id is not None}
        return found if witness in found else None
