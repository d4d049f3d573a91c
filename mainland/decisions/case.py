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
    """The answer of one address. Each method returns a decision that a rule can make of it, and changes nothing."""

    # -- in words ------------------------------------------------------------------------------------------

    @property
    def reason(self) -> str:
        """The reason of a decision, in words: what the address shows, and whether it leads to another page."""
        evidence = self.evidence
        what = "another article" if self.is_article else evidence.reason
        if self.is_(Outcome.OFF_SITE) or not evidence.is_elsewhere:
            return what
        return f"leads {'temporarily ' if evidence.route is Route.TEMPORARY else ''}to another page: {what}"

    # -- what is decided -----------------------------------------------------------------------------------

    def failing(self) -> Decision:
        """A failure: the answer says nothing. The next crawl requests the address again.

        The run counts for giving up the address only if other pages of the site answered in it.
        """
        counted = self.site.is_answering
        entry = replace(
            self.entry,
            is_due=True,
            failures=self.entry.failures + counted,
            failing_since=self.entry.failing_since or (self.site.now if counted else None),
        )
        return Decision(entry, failure=self.evidence.reason, is_unsure=not self.is_listed and self.stored is not None)

    def given_up(self) -> Decision:
        """The address is given up: not a failure. Only full crawls request it, and crawls after a reported change."""
        return Decision(replace(self.entry, is_due=False, failures=self.entry.failures + 1))

    def rejected(self) -> Decision:
        """The address is settled: it shows no article. ``rejected.jsonl`` gets a line, unless it was settled before."""
        return Decision(self.entry.rejected(self.reason), rejection=None if self.is_settled else self.reason)

    def empty(self) -> Decision:
        """The address shows no article: rejected, unless it is REMOVED, MOVED or ALTERNATE, which it then stays."""
        if self.entry.state in (State.REMOVED, State.MOVED, State.ALTERNATE):
            return Decision(self.entry.settled(self.entry.state, reason=self.reason))
        return self.rejected()

    def removed(self) -> Decision:
        """A removal: the stored article of the address is gone."""
        entry = self.entry.settled(State.REMOVED, reason=self.reason)
        return Decision(entry, is_removal=True, is_uncounted=True)

    def suspected(self, suspicion: Suspicion) -> Decision:
        """A suspicion, counted as one look: the next crawl requests the address again, to confirm it."""
        return Decision(self.entry.suspected(suspicion, self.reason))

    def follow_up_failed(self) -> Decision:
        """A failure, because a follow-up failed: the next crawl requests the address again."""
        failure = "no answer from the address at which its article is stored"
        return Decision(replace(self.entry, is_due=True), failure=failure)

    def missing(self) -> Decision:
        """The first answer without the article: a suspicion; a failure too if the address is listed or has a change.

        An article that was found instead is delivered.
        """
        is_expected = self.is_listed or self.has_pending_change or self.entry.state is State.PENDING
        decision = self.suspected(Suspicion.MISSING)
        return replace(
            decision,
            failure=self.reason if is_expected else None,
            is_unsure=not (self.is_listed or self.entry.state is State.CANDIDATE),
            is_delivered=self.brings_article,
        )

    def kept_though_missing(self) -> Decision:
        """The stored article stays. Only full crawls request the address, and any crawl after a reported change.

        An article that was found instead is delivered.
        """
        entry = replace(self.entry.suspected(Suspicion.MISSING, self.reason), is_due=False)
        return Decision(entry, is_delivered=self.brings_article)

    def delivered(self) -> Decision:
        """The article that was found goes to the pipelines, which decide whether it needs a line.

        An older copy that is found in passing, at an address without a stored article, does not. The address is
        settled; it is requested again if a source reports a later change than the page shows.
        """
        evidence, entry = self.evidence, self.entry
        assert evidence.article
        is_alive = entry.state is State.LIVE and self.site.has_inventory and not self.is_listed
        entry = replace(entry, looks_alive=min(entry.looks_alive + 1, 2) if is_alive else 0)
        after = after_delivery(entry, evidence.article)
        yesterday = dates.utc(moment - timedelta(days=1)) if (moment := dates.instant(self.site.now)) else ""
        if not evidence.is_known and evidence.shows_change and self.is_behind(yesterday):
            after = replace(after, is_due=True, settled_at=None, suspicion=Suspicion.BEHIND, looks=1)
        elif self.is_behind() and (self.is_older or self.is_doubtful):  # full crawls look again for a cache
            suspicion = Suspicion.OLDER if self.is_older else Suspicion.BEHIND
            after = replace(after, suspicion=suspicion, looks=LOOKS, reason="an older copy than its source reports")
        is_passing = self.stored is None and not self.is_own
        return Decision(after, is_delivered=self.brings_article or not is_passing, is_alive=True)

    def alternate(self) -> Decision:
        """The address shows an article of another address, and is requested again only when that one fails."""
        shown = self.evidence.match or self.evidence.article
        assert shown
        return Decision(replace(self.entry.settled(State.ALTERNATE), article_id=shown.id), is_alive=True)


def after_delivery(entry: Entry, article: Article) -> Entry:
    """The entry of a requested address, once its article is stored: LIVE at the article's own address, or MOVED."""
    if urls.key(str(article.url)) == entry.key:
        return entry.settled(State.LIVE, article.date_modified)
    return entry.settled(State.MOVED, article.date_modified)
