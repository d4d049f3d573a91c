"""From the response of an article's address to a decision, with the follow-up requests that it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from scrapy import Request
from scrapy.http import Response

from mainland.clean import urls
from mainland.crawl import refusals
from mainland.crawl.health import HealthMonitor
from mainland.crawl.observe import GONE, PERMANENT, Reader, of_article, of_error, of_failure, requested_address, route
from mainland.crawl.result import CrawlResult
from mainland.decisions.changes import is_forgotten, is_known
from mainland.decisions.judge import judge, withhold
from mainland.decisions.stored import StoredArticle
from mainland.decisions.types import Decision, Entry, Evidence, FollowUp, Outcome, Reply, Route, Site
from mainland.items import Article
from mainland.middlewares import ForgottenError
from mainland.pages.errors import NotAnArticleError, UnknownPageError
from mainland.pages.page import Page
from mainland.pages.subpages import SubpageError
from mainland.selectors import RULES
from mainland.storage.folder import DataFolder


class Download(Protocol):
    """Downloads an address; None where that failed, which the crawl result notes."""

    async def __call__(self, url: str, kind: str, *, follows: bool = True) -> Response | None: ...


_FORGOTTEN = "an article that was forgotten"
_MOST_REDIRECTS = 5  # of the address of a stored article


@dataclass
class Resolution:
    """What follows from the response of an address."""

    decision: Decision
    evidence: Evidence
    others: list[Article] = field(default_factory=list)
    """Other articles that follow-ups found at new addresses."""

    displaced: list[StoredArticle] = field(default_factory=list)
    """Stored articles whose addresses show other articles now, and that have no new address."""


@dataclass
class Resolver:
    """Decides about the addresses of articles. It sends follow-up requests, and stores nothing in the data folder."""

    store: DataFolder
    result: CrawlResult
    health: HealthMonitor
    reader: Reader
    download: Download
    site: Callable[[], Site]
    successor_of: Callable[[int], int | None]
    """The id of the article that takes the place of a stored one in this crawl; None if none does."""

    discover: Callable[[Page], None]
    """Passes the page of an article to :class:`mainland.crawl.discovery.Discovery`."""

    async def decide(self, url: str, response: Response) -> Resolution:
        """What follows from the response of a requested address ``url``; sends the follow-ups that this needs."""
        entry, stored = self.store.ledger.entry(url), self.store.index.public_at(url)
        evidence = await self._observe(response, stored)
        if stored and evidence.outcome is Outcome.GONE:
            are_listed = map(self.site().shows, self.store.ledger.alternates(stored.id))
            evidence = replace(evidence, is_listed_elsewhere=any(are_listed))
        others: list[Article] = []
        while (decision := judge(entry, stored, evidence, self.site())).follow_up:
            if decision.follow_up is FollowUp.OCCUPANT:
                assert evidence.match
                assert evidence.article
                evidence = replace(evidence, occupant=await self._occupant(evidence.match, response, evidence.article))
            else:
                assert stored
                reply, moved = await self._short_link(stored)
                evidence = replace(evidence, short_link=reply)
                others = [moved] if moved else []
        found = Resolution(decision, evidence, others if decision.is_moved else [])
        if decision.is_delivered or decision.is_moved:
            await self._displace(found, entry, {stored.id} if stored else set())
        return found

    async def _displace(self, found: Resolution, before: Entry, known: set[int]) -> None:
        """Finds, by follow-ups, the new addresses of stored articles whose old addresses show delivered articles now.

        Changes ``found``: adds articles and removals. If a follow-up fails, the delivery is cancelled: a later request
        of the address itself delivers the article. ``before`` is the entry of the requested address, ``known`` has ids
        of articles that need no look.
        """
        items = [found.evidence.article] if found.evidence.article and found.decision.is_delivered else []
        items += found.others
        own = {self.store.index.match(item) for item in items}
        known = known | {stored.id for stored in own if stored}
        for item in items:
            displaced = self.store.index.public_at(str(item.url))
            if displaced is None or displaced.id in known:
                continue
            if item is found.evidence.article and item.id and item.id == self.successor_of(displaced.id):
                found.decision = replace(found.decision, is_delivered=False)  # it is written with that removal
                continue
            reply, moved = await self._short_link(displaced)
            if moved:
                found.others.append(moved)
            elif reply is Reply.NOT_SHOWN:
                found.displaced.append(displaced)
            elif item in found.others:
                found.others.remove(item)
            else:
                found.decision = withhold(found.decision, before)

    def decide_failed(self, url: str, request: Request, error: BaseException) -> Resolution:
        """What follows from the failure of a request for an address ``url``."""
        evidence = self.observe_failure(request, error)
        decision = judge(self.store.ledger.entry(url), self.store.index.public_at(url), evidence, self.site())
        return Resolution(decision, evidence)

    def observe_failure(self, request: Request, error: BaseException) -> Evidence:
        """The evidence in the failure of a request; a refusal is noted in the crawl result."""
        evidence = of_failure(request, error)
        if isinstance(error, ForgottenError):
            match = self.store.index.article_at(request.url)
            evidence = replace(evidence, outcome=Outcome.TOMBSTONE, reason=_FORGOTTEN, match=match)
        response = getattr(error, "response", None)
        if response is not None and response.status in refusals.STATUSES:
            self.result.refuse(partial(refusals.of_status, response))
        elif evidence.outcome is Outcome.FORBIDDEN:
            self.result.refuse(partial(refusals.of_failure, request.url, error, self.result.robots, self.result.agent))
        return evidence

    async def _observe(self, response: Response, requested: StoredArticle | None) -> Evidence:
        """The evidence in a response, before follow-ups; ``requested`` is the public article at the requested address.

        Counts the page in the crawl result and the health monitor.
        """
        try:
            item, page = await self.reader.read(response)
        except UnknownPageError as error:
            self.result.refuse(partial(refusals.of_page, response, str(error)))
            if not self.store.ledger.entry(requested_address(response)).failures:
                self.health.count_unread(response.url)
            return of_error(response, error)
        except (NotAnArticleError, SubpageError) as error:
            evidence = of_error(response, error)
            self.result.sound += evidence.route is not Route.TEMPORARY and evidence.outcome is not Outcome.COSTLY
            return evidence
        self.result.sound += 1
        self._note(item, page, response)
        entry = self.store.ledger.entry(str(item.url))
        item.id = item.id or entry.article_id  # REST or the feed gives it, if the page does not
        stored = self.store.index.match(item)
        item.id = item.id or (stored.id if stored else None)
        if is_forgotten(stored, entry):
            is_own = entry.key == urls.key(requested_address(response))
            there = entry if entry.key == urls.key(response.url) else None
            found = Evidence(Outcome.TOMBSTONE, route(response), is_elsewhere=not is_own, reason=_FORGOTTEN)
            return replace(found, match=stored, forgotten_at=there)
        is_imported = stored is None and requested is not None and requested.is_dated_as(item)
        stored = requested if is_imported else stored  # an import gave it a new id and address
        since = self.store.memory.get("read_in_since")
        known = is_known(item, stored, entry, since)
        evidence = of_article(response, item, stored.in_zone_of(item, since) if stored else None, is_known=known)
        if is_imported and requested:
            item.id = requested.id
        named = self.store.ledger.named(item.id) if item.id else None
        own = named.key if named else urls.key(page.head.url_for(self.store.memory.get("language")) or "")
        return replace(
            evidence,
            shows_change=any(map(page.select, RULES["date_modified"])),
            chosen=self._chosen(stored) if stored and stored.key != entry.key else None,
            named=named if named and named.key != entry.key else None,
            is_own_listed=self._is_listed_apart(entry, response),
            is_default=own == entry.key,
        )

    def _chosen(self, stored: StoredArticle) -> Entry | None:
        """The entry of the address of a stored article; None where another article is stored at it too."""
        return None if self.store.index.is_address_shared(stored) else self.store.ledger.entry(stored.url)

    def _is_listed_apart(self, entry: Entry, response: Response) -> bool:
        """Whether the article's own address is not the requested one, and this run lists it."""
        return entry.key != urls.key(requested_address(response)) and self.site().shows(entry)

    async def _occupant(self, stored: StoredArticle, found: Response, article: Article) -> Reply:
        """Requests the address of a stored article: whether that shows it, or the very article just found elsewhere.

        ``found`` is the response that showed ``article``, which has the id of the stored one. The redirects of the
        address are followed.
        """
        url, response = stored.url, await self.download(stored.url, "control", follows=False)
        is_permanent = True
        for _ in range(_MOST_REDIRECTS):
            if response is None or not 300 <= response.status < 400:
                break
            is_permanent &= response.status in PERMANENT
            url = response.urljoin((response.headers.get("Location") or b"").decode("latin-1"))
            if urls.key(url) != stored.key and urls.key(url) == urls.key(found.url):
                return Reply.NOT_SHOWN  # it leads to the page just read
            response = await self.download(url, "control", follows=False)
        item, reply = await self._reply(response)
        is_there = urls.key(url) == stored.key
        if item is None:
            return reply if is_there or is_permanent else Reply.FAILED
        if item.id != stored.id and not stored.is_shown_as(item):
            return Reply.NOT_SHOWN if is_there or is_permanent else Reply.FAILED
        if not is_there:
            return Reply.FAILED
        is_same = item.content_hash == article.content_hash or item.date_published == article.date_published is not None
        return Reply.SAME if is_same and not stored.is_dated_as(item) else Reply.SHOWN

    async def _short_link(self, stored: StoredArticle) -> tuple[Reply, Article | None]:
        """Requests the short link ``?p=ID`` of a stored article, whose address shows another one now.

        Returns what the response means, and the article as it is shown, with the stored id; None if it is not shown.
        """
        link = f"{self.reader.home}?p={stored.id_on_site}"
        item, reply = await self._reply(await self.download(link, "control"))
        if item is None:
            return reply, None
        if not stored.is_shown_as(item):
            return Reply.FAILED, None
        item.id = stored.id
        return Reply.SHOWN, item

    async def _reply(self, response: Response | None) -> tuple[Article | None, Reply]:
        """The article in the response of a follow-up, None without one; and what that means for the stored article.

        SHOWN stands for any article; the caller compares.
        """
        if response is None:
            return None, Reply.FAILED
        if response.status in GONE:
            return None, Reply.NOT_SHOWN
        if response.status != 200:
            return None, Reply.FAILED
        try:
            item, page = await self.reader.read(response)
        except (NotAnArticleError, SubpageError) as error:
            is_protected = of_error(response, error).outcome is Outcome.PROTECTED
            return None, Reply.NOT_SHOWN if is_protected else Reply.FAILED
        self._note(item, page, response)
        return item, Reply.SHOWN

    def _is_own(self, linked: str, item: Article) -> bool:
        """Whether the canonical link of a page is the article's own address, rather than the requested address.

        It is if the article is stored there, or if REST or the feed of this run says so. It is, too, if this run lists
        the linked address, no other article is stored there, and the requested address is not the stored one: then a
        cache has mixed up the pages.
        """
        index, key, linked_key = self.store.index, urls.key(str(item.url)), urls.key(linked)
        known, there, linked_there = index.article(item.id), index.public_at(str(item.url)), index.public_at(linked)
        named = self.store.ledger.named(item.id) if item.id else None
        if linked_key in (known and known.key, named and named.key):
            return True
        is_moved = known is not None and known.key != key and (linked_there is None or linked_there.id == item.id)
        is_anothers = there is not None and there.id != item.id and not there.is_dated_as(item)
        return (is_moved or is_anothers) and self.site().shows(self.store.ledger.entry(linked))

    def _note(self, item: Article, page: Page, response: Response) -> None:
        """Counts the fields of an article, and notes the links and the theme of its page.

        Sets the article's ``url`` to the canonical link, if :meth:`_is_own` says so.
        """
        linked = page.head.canonical_link
        if linked and self._is_own(linked, item):
            item.url = linked
        self.health.count_fields(item, response.url)
        self.discover(page)
        if "template" not in self.result.facts:
            self.result.facts |= page.theme
