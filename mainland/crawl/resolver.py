"""From the response of an article's address to a decision, with the second requests that it needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from scrapy import Request
from scrapy.http import Response, TextResponse

from mainland import extraction, pages, urls
from mainland.archive import Archive
from mainland.crawl.observe import Reader, of_article, of_error, of_failure
from mainland.decisions.changes import is_forgotten, is_known
from mainland.decisions.judge import judge
from mainland.decisions.types import (
    Decision,
    Evidence,
    FollowUp,
    Outcome,
    Reply,
    Route,
    Site,
    StoredArticle,
)
from mainland.findings import Findings
from mainland.items import Article
from mainland.middlewares import ForgottenError
from mainland.parts import PartError
from mainland.selectors import RULES
from mainland.watch import Watch


@dataclass
class Resolver:
    """Decides about the addresses of articles. It records nothing."""

    archive: Archive
    findings: Findings
    watch: Watch
    reader: Reader
    download: Callable[[str, str], Awaitable[Response | None]]
    """Downloads an address for a kind of request; None where that failed, which is in the findings."""

    site: Callable[[], Site]

    async def decide(self, url: str, response: Response) -> tuple[Decision, Evidence, Article | None]:
        """What follows from the response of an address; what it shows; and the article that a short link showed."""
        entry, moved = self.archive.entry(url), None
        stored = self.archive.public_at(url)
        evidence = await self._observe(response)
        while (decision := judge(entry, stored, evidence, self.site())).follow_up:
            if decision.follow_up is FollowUp.OCCUPANT:
                assert evidence.match
                evidence = replace(evidence, occupant=await self._occupant(evidence.match))
            else:
                assert stored
                reply, moved = await self._short_link(stored)
                evidence = replace(evidence, short_link=reply)
        return decision, evidence, moved

    def decide_failed(self, url: str, request: Request, error: BaseException) -> tuple[Decision, Evidence]:
        """What follows from a failure, and what it says."""
        evidence = self.observe_failure(request, error)
        return judge(self.archive.entry(url), self.archive.public_at(url), evidence, self.site()), evidence

    def observe_failure(self, request: Request, error: BaseException) -> Evidence:
        """What the failure of a request says."""
        evidence = of_failure(request, error)
        if isinstance(error, ForgottenError):
            evidence = replace(evidence, is_forgotten=True, match=self.archive.article_at(request.url))
        response = getattr(error, "response", None)
        is_refused = response is not None and response.status in (401, 403)
        self.findings.refused += is_refused or evidence.outcome is Outcome.FORBIDDEN
        return evidence

    async def _observe(self, response: Response) -> Evidence:
        try:
            item, page = await self.reader.read(response)
        except pages.UnknownPageError as error:
            self.findings.refused += 1
            self.watch.miss(response.url)
            return of_error(response, error)
        except (pages.NotAnArticleError, PartError) as error:
            evidence = of_error(response, error)
            self.findings.sound += evidence.route is not Route.TEMPORARY and evidence.outcome is not Outcome.COSTLY
            return evidence
        self.findings.sound += 1
        self._note(item, page, response)
        stored, entry = self.archive.match(item), self.archive.entry(str(item.url))
        return replace(
            of_article(response, item, stored, is_known=is_known(item, stored, entry)),
            is_forgotten=is_forgotten(stored, entry),
            shows_change=any(map(page.ask, RULES["date_modified"])),
            chosen=self.archive.entry(stored.url) if stored and stored.key != entry.key else None,
            is_default=urls.key(page.default_url or "") == entry.key,
        )

    async def _occupant(self, stored: StoredArticle) -> Reply:
        """Whether the address of a stored article still shows it."""
        failed = len(self.findings.failures)
        response = await self.download(stored.url, "control")
        if response is None:  # what is forbidden, or leads off the site, shows nothing
            return Reply.FAILED if len(self.findings.failures) > failed else Reply.NOT_SHOWN
        if not isinstance(response, TextResponse) or response.status != 200 or urls.key(response.url) != stored.key:
            return Reply.NOT_SHOWN
        try:
            number = extraction.article(pages.of_response(response), self.reader.about).id
        except pages.NotAnArticleError:
            return Reply.NOT_SHOWN
        return Reply.SHOWN if number == stored.id else Reply.NOT_SHOWN

    async def _short_link(self, stored: StoredArticle) -> tuple[Reply, Article | None]:
        """Where the short link of an article leads whose address shows another one now."""
        failed = len(self.findings.failures)
        response = await self.download(f"{self.reader.home}?p={stored.id}", "control")
        if response is None or response.status != 200:
            return (Reply.FAILED if len(self.findings.failures) > failed else Reply.NOT_SHOWN), None
        try:
            item, page = await self.reader.read(response)
        except (pages.UnknownPageError, pages.TooCostlyError, PartError) as error:
            self.findings.fail(response.url, str(error))
            return Reply.FAILED, None
        except pages.NotAnArticleError:
            return Reply.NOT_SHOWN, None
        self._note(item, page, response)
        return (Reply.SHOWN, item) if item.id == stored.id else (Reply.NOT_SHOWN, None)

    def _note(self, item: Article, page: pages.Page, response: Response) -> None:
        """Notes what an article's page says beside the article."""
        known = self.archive.article(item.id)
        if known and page.linked and urls.key(page.linked) == known.key:  # one of its addresses is as good as another
            item.url = page.linked
        self.watch.note(item, response.url)
        if "template" not in self.findings.facts:
            self.findings.facts |= page.theme
