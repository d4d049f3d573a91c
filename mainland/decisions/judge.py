"""What an answer means: named rules in an order, of which the first that applies decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mainland import urls
from mainland.decisions.types import (
    Cause,
    Decision,
    Entry,
    Evidence,
    FollowUp,
    Outcome,
    Reply,
    Route,
    Site,
    State,
    StoredArticle,
    Suspicion,
)

if TYPE_CHECKING:
    from mainland.items import Article

TAKEN, ELSEWHERE = "its id is that of another article", "leads to another article"


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule looks at."""

    entry: Entry
    stored: StoredArticle | None
    """The public article at the address."""

    evidence: Evidence
    cause: Cause
    site: Site

    # -- what rules ask ------------------------------------------------------------------------------------

    def is_(self, *outcomes: Outcome) -> bool:
        return self.evidence.outcome in outcomes

    @property
    def is_temporary(self) -> bool:
        return self.evidence.route is Route.TEMPORARY

    @property
    def is_unlisted(self) -> bool:
        """Whether the address is requested because nothing lists it."""
        return self.cause in (Cause.UNLISTED, Cause.HELD_BACK)

    @property
    def is_listed(self) -> bool:
        was_unlisted = self.cause is Cause.HELD_BACK and not self.site.has_inventory
        return not was_unlisted and self.site.lists(self.entry)

    @property
    def is_away(self) -> bool:
        """Whether the request ended at another page."""
        return self.evidence.is_elsewhere or self.is_(Outcome.MISPLACED)

    @property
    def is_gone(self) -> bool:
        """Whether the site says that the page is not there any more."""
        is_told = self.site.has_inventory or self.is_unlisted
        return self.is_(Outcome.GONE) or (is_told and (self.evidence.is_elsewhere or not self.is_listed))

    @property
    def is_unread(self) -> bool:
        """Whether the answer says nothing for good about the article."""
        if self.is_(Outcome.ARTICLE):
            return self.is_replaced and self.is_temporary
        return self.is_temporary or self.is_(Outcome.NOTICE, Outcome.MISPLACED, Outcome.TRUNCATED)

    @property
    def other(self) -> StoredArticle | None:
        """What is stored under the id of the article that was found."""
        article, match = self.evidence.article, self.evidence.match
        return match if article and match and match.id == article.id else None

    @property
    def is_taken(self) -> bool:
        """Whether the id of the article that was found is that of another stored one."""
        article = self.evidence.article
        return bool(article and self.other and self.other.is_another(article, self.entry.url))

    @property
    def is_replaced(self) -> bool:
        """Whether another article stands at the address of a stored one."""
        article, stored = self.evidence.article, self.stored
        if not (article and stored) or stored.id == article.id:
            return False
        return not stored.is_dated_as(article) or self.other is not None

    @property
    def is_older(self) -> bool:
        """Whether the article says that it changed last before what is stored of it did."""
        article, stored = self.evidence.article, self.stored
        if not (article and stored) or stored.id != article.id:
            return False
        return (article.date_modified or "9999") < (stored.date_modified or "")

    def is_behind(self, since: str = "") -> bool:
        """Whether the sources tell of a later change than the page, one after an instant."""
        changed_at = self.entry.changed_at or ""
        article = self.evidence.article
        return bool(article) and changed_at > since and ((article and article.date_modified) or "") < changed_at

    # -- what rules decide ---------------------------------------------------------------------------------

    def failed(self) -> Decision:
        """Requested again by the next crawl."""
        return Decision(self.entry, failure=self.reason, is_unsure=self.is_unlisted)

    def rejected(self) -> Decision:
        return Decision(self.entry.rejected(self.evidence.reason), rejection=self.evidence.reason)

    def passed_by(self) -> Decision:
        return Decision(self.entry.settled(State.CANDIDATE))

    def removed(self) -> Decision:
        return Decision(self.entry.settled(State.REMOVED), is_removal=True)

    def doubted(self) -> Decision:
        """Requested again by the next crawl, without a failure."""
        entry = self.entry.doubted()
        assert entry
        return Decision(entry)

    @property
    def can_doubt(self) -> bool:
        """Whether this look is the first."""
        return self.entry.doubted() is not None

    @property
    def reason(self) -> str:
        """Why the address could not be read."""
        if not self.is_temporary or self.is_(Outcome.NOTICE, Outcome.MISPLACED, Outcome.TRUNCATED, Outcome.FAILED):
            return self.evidence.reason
        if self.is_(Outcome.FORBIDDEN, Outcome.OFF_SITE):
            return self.evidence.reason
        if self.is_(Outcome.ARTICLE):
            return "leads for the time being to another article"
        return f"leads for the time being to another page: {self.evidence.reason}"

    def delivered(self) -> Decision:
        """The article goes to the pipelines, which know whether it needs a line."""
        evidence = self.evidence
        assert evidence.article
        entry = self.entry
        if self.is_unlisted:
            entry = replace(entry, looks_alive=min(entry.looks_alive + 1, 2))
        waits = entry.doubted() if evidence.is_known and self.is_behind() else None
        after = waits or arrived(entry, evidence.article)
        if not evidence.is_known and evidence.shows_change and self.is_behind(self.site.yesterday):
            after = replace(after, is_due=True, settled_at=None, suspicion=Suspicion.DOUBTED)
        return Decision(after, is_delivered=True, is_alive=True)


def arrived(entry: Entry, article: Article) -> Entry:
    """An address on the way to an article, once the article is stored."""
    if urls.key(str(article.url)) == entry.key:
        return entry.settled(State.LIVE, article.date_modified)
    if entry.state is State.REMOVED:
        return entry.settled(State.REJECTED, article.date_modified, ELSEWHERE)
    return entry.settled(State.PENDING, article.date_modified)


def judge(entry: Entry, stored: StoredArticle | None, evidence: Evidence, cause: Cause, site: Site) -> Decision:
    """Decides what an answer means. ``stored`` is the public article at the address, if there is one."""
    case = Case(entry, stored, evidence, cause, site)
    rule = next(rule for rule in RULES if rule.applies(case))
    return replace(rule.decide(case), rule=rule.name)


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table."""

    name: str
    applies: Callable[[Case], bool]
    decide: Callable[[Case], Decision]


def _gone_for_listed(case: Case) -> bool:
    return case.stored is not None and case.is_gone and case.is_listed


def _astray(case: Case) -> Decision:
    is_due = case.site.has_inventory or case.entry.is_due
    settled_at = None if case.site.has_inventory else case.entry.settled_at
    entry = replace(case.entry, suspicion=Suspicion.ASTRAY, is_due=is_due, settled_at=settled_at)
    return Decision(entry, failure=case.reason, is_unsure=True)


def _protected(case: Case) -> Decision:
    if case.entry.changed_at:  # requested again when a source tells of a change, not each time that one lists it
        entry = case.entry.settled(State.REJECTED, reason=case.evidence.reason)
        return Decision(entry, is_removal=True)
    return case.removed()


def _replaced(case: Case) -> Decision:
    assert case.evidence.article
    entry = arrived(replace(case.entry, state=State.REMOVED), case.evidence.article)
    return Decision(entry, is_removal=True, is_delivered=True)


def _unsure(decide: Callable[[Case], Decision]) -> Callable[[Case], Decision]:
    """The same for what was not requested: where nothing lists it, the next crawl reads all sources."""
    return lambda case: replace(decide(case), is_unsure=case.is_unlisted)


RULES: tuple[Rule, ...] = (
    Rule("no answer", lambda c: c.is_(Outcome.FAILED), Case.failed),
    Rule("forbidden", lambda c: c.is_(Outcome.FORBIDDEN) and not c.is_temporary, _unsure(Case.rejected)),
    Rule("forbidden on the way", lambda c: c.is_(Outcome.FORBIDDEN), Case.failed),
    Rule(
        "leads off the site",
        lambda c: c.is_(Outcome.OFF_SITE) and not c.is_temporary and c.site.is_answering,
        _unsure(Case.rejected),
    ),
    Rule(
        "candidate leads off the site",
        lambda c: c.is_(Outcome.OFF_SITE) and c.site.is_answering and c.entry.state is State.CANDIDATE,
        _unsure(Case.passed_by),
    ),
    Rule("leads off the site temporarily", lambda c: c.is_(Outcome.OFF_SITE), Case.failed),
    Rule("too costly", lambda c: c.is_(Outcome.COSTLY), Case.rejected),
    Rule(
        "id of another, not looked at",
        lambda c: c.is_taken and c.evidence.occupant is None,
        lambda c: Decision(c.entry, follow_up=FollowUp.OCCUPANT),
    ),
    Rule(
        "id of another, no answer from there",
        lambda c: c.is_taken and c.evidence.occupant is Reply.FAILED,
        lambda c: Decision(c.entry),
    ),
    Rule(
        "id of another",
        lambda c: c.is_taken and c.evidence.occupant is Reply.SHOWN and c.can_doubt,
        Case.doubted,
    ),
    Rule(
        "id of another, again",
        lambda c: c.is_taken and c.evidence.occupant is Reply.SHOWN,
        lambda c: Decision(c.entry.rejected(TAKEN), rejection=TAKEN),
    ),
    Rule(
        "unlisted, leads elsewhere again",
        lambda c: (
            c.is_unread
            and c.stored is not None
            and c.is_unlisted
            and c.is_away
            and c.entry.suspicion is Suspicion.ASTRAY
        ),
        lambda c: replace(c.removed(), is_uncounted=True),
    ),
    Rule(
        "unlisted, leads elsewhere",
        lambda c: c.is_unread and c.stored is not None and c.is_unlisted and c.is_away,
        _astray,
    ),
    Rule(
        "candidate shows no article",
        lambda c: c.is_unread and c.entry.state is State.CANDIDATE and not c.is_(Outcome.TRUNCATED),
        Case.passed_by,
    ),
    Rule("no answer of the site", lambda c: c.is_unread, Case.failed),
    Rule(
        "address taken over, short link not followed",
        lambda c: c.is_replaced and not c.evidence.is_elsewhere and c.evidence.short_link is None,
        lambda c: Decision(c.entry, follow_up=FollowUp.SHORT_LINK),
    ),
    Rule(
        "address taken over, no answer from the short link",
        lambda c: c.is_replaced and c.evidence.short_link is Reply.FAILED and c.can_doubt,
        Case.doubted,
    ),
    Rule(
        "address taken over, article moved",
        lambda c: c.is_replaced and c.evidence.short_link is Reply.SHOWN,
        lambda c: replace(c.delivered(), is_moved=True),
    ),
    Rule("address taken over", lambda c: c.is_replaced, _replaced),
    Rule("older copy", lambda c: c.is_older and c.can_doubt, lambda c: replace(c.doubted(), is_alive=True)),
    Rule("article", lambda c: c.is_(Outcome.ARTICLE), Case.delivered),
    Rule(
        "gone though listed",
        lambda c: _gone_for_listed(c) and c.can_doubt,
        lambda c: replace(c.doubted(), is_alive=True),
    ),
    Rule(
        "gone though listed, again",
        _gone_for_listed,
        lambda c: Decision(c.entry.settled(State.LIVE), is_alive=True),
    ),
    Rule("gone", lambda c: c.stored is not None and c.is_gone, lambda c: replace(c.removed(), is_uncounted=True)),
    Rule("protected", lambda c: c.stored is not None and c.is_(Outcome.PROTECTED), _protected),
    Rule("not there yet", lambda c: c.is_(Outcome.GONE) and c.can_doubt, Case.doubted),
    Rule("not an article", lambda _: True, Case.rejected),
)
