"""The decisions that the rules can make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mainland.clean import dates, urls
from mainland.decisions.look import Look
from mainland.decisions.types import LOOKS, Decision, Entry, Outcome, Route, State, Suspicion

if TYPE_CHECKING:
    from mainland.items import Article


@dataclass(frozen=True, slots=True)
class Case(Look):
    """The answer of one address, with a method for each decision about it."""

    # -- in words ------------------------------------------------------------------------------------------

    @property
    def reason(self) -> str:
        """What the address shows, in words."""
        evidence = self.evidence
        what = "another article" if self.is_article else evidence.reason
        if self.is_(Outcome.OFF_SITE) or not evidence.is_elsewhere:
            return what
        return f"leads {'temporarily ' if evidence.route is Route.TEMPORARY else ''}to another page: {what}"

    # -- what is decided -----------------------------------------------------------------------------------

    def failing(self) -> Decision:
        """A failure: the answer says nothing, and the next crawl requests the address again."""
        counted = self.site.is_answering
        entry = replace(
            self.entry,
            is_due=True,
            failures=self.entry.failures + counted,
            failing_since=self.entry.failing_since or (self.site.now if counted else None),
        )
        return Decision(entry, failure=self.evidence.reason, is_unsure=not self.is_listed and self.stored is not None)

    def given_up(self) -> Decision:
        """The address is given up, which is not a failure.

        It is requested only by full crawls and after a reported change.
        """
        return Decision(replace(self.entry, is_due=False, failures=self.entry.failures + 1))

    def rejected(self) -> Decision:
        """The address is settled, and written to ``rejected.jsonl`` once."""
        return Decision(self.entry.rejected(self.reason), rejection=None if self.is_settled else self.reason)

    def empty(self) -> Decision:
        """The address shows no article: rejected, unless an article was stored at it."""
        if self.entry.state in (State.REMOVED, State.MOVED, State.ALTERNATE):
            return Decision(self.entry.settled(self.entry.state, reason=self.reason))
        return self.rejected()

    def removed(self) -> Decision:
        """The stored article is gone."""
        entry = self.entry.settled(State.REMOVED, reason=self.reason)
        return Decision(entry, is_removal=True, is_uncounted=True)

    def suspected(self, suspicion: Suspicion) -> Decision:
        """The next crawl requests the address again, to confirm the suspicion."""
        return Decision(self.entry.suspected(suspicion, self.reason))

    def waiting(self) -> Decision:
        """A failure of a follow-up: the next crawl requests the address again."""
        failure = "no answer from the address at which its article is stored"
        return Decision(replace(self.entry, is_due=True), failure=failure)

    def missing(self) -> Decision:
        """The first answer without the article: a suspicion, and a failure too if the site lists the address."""
        is_expected = self.is_listed or self.is_pending or self.entry.state is State.PENDING
        decision = self.suspected(Suspicion.MISSING)
        return replace(
            decision,
            failure=self.reason if is_expected else None,
            is_unsure=not (self.is_listed or self.entry.state is State.CANDIDATE),
            is_delivered=self.brings_article,
        )

    def kept_though_missing(self) -> Decision:
        """The stored article stays. The address is requested only by full crawls and after a reported change."""
        entry = replace(self.entry.suspected(Suspicion.MISSING, self.reason), is_due=False)
        return Decision(entry, is_delivered=self.brings_article)

    def delivered(self) -> Decision:
        """The article goes to the pipelines, which decide whether it needs a line."""
        evidence, entry = self.evidence, self.entry
        assert evidence.article
        is_alive = entry.state is State.LIVE and self.site.has_inventory and not self.is_listed
        entry = replace(entry, looks_alive=min(entry.looks_alive + 1, 2) if is_alive else 0)
        after = arrived(entry, evidence.article)
        yesterday = dates.utc(moment - timedelta(days=1)) if (moment := dates.instant(self.site.now)) else ""
        if not evidence.is_known and evidence.shows_change and self.is_behind(yesterday):
            after = replace(after, is_due=True, settled_at=None, suspicion=Suspicion.BEHIND, looks=1)
        elif self.is_behind() and (self.is_older or self.is_doubtful):  # full crawls look again for a cache
            suspicion = Suspicion.OLDER if self.is_older else Suspicion.BEHIND
            after = replace(after, suspicion=suspicion, looks=LOOKS, reason="an older copy than its source reports")
        is_passing = self.stored is None and not self.is_own
        return Decision(after, is_delivered=self.brings_article or not is_passing, is_alive=True)

    def alternate(self) -> Decision:
        """The address is another one of a stored article: requested again when the stored address fails."""
        shown = self.evidence.match or self.evidence.article
        assert shown
        return Decision(replace(self.entry.settled(State.ALTERNATE), article_id=shown.id), is_alive=True)


def arrived(entry: Entry, article: Article) -> Entry:
    """The entry of a requested address, after the article to which it led is stored."""
    if urls.key(str(article.url)) == entry.key:
        return entry.settled(State.LIVE, article.date_modified)
    return entry.settled(State.MOVED, article.date_modified)
