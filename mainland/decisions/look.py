"""Conditions of the rules: properties of one answer, and of what was known before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from mainland.clean import dates, urls
from mainland.decisions.record import minute_before
from mainland.decisions.stored import StoredArticle
from mainland.decisions.types import (
    LOOKS,
    UNREACHABLE_DAYS,
    UNREACHABLE_RUNS,
    Entry,
    Evidence,
    Outcome,
    Reply,
    Route,
    Site,
    State,
    Suspicion,
)

_NO_ANSWER = (Outcome.FAILED, Outcome.NOTICE, Outcome.TRUNCATED)
_NO_ANSWER_IF_ALL = (Outcome.OFF_SITE, Outcome.MISPLACED, Outcome.ERROR_PAGE)  # where nothing of the site answers


@dataclass(frozen=True, slots=True)
class Look:
    """One answer of an address, with what was known of the address before."""

    entry: Entry
    stored: StoredArticle | None
    """The public article at the address."""

    evidence: Evidence
    site: Site

    # -- what is seen --------------------------------------------------------------------------------------

    def is_(self, *outcomes: Outcome) -> bool:
        """Whether the outcome of the request is one of these."""
        return self.evidence.outcome in outcomes

    @property
    def is_article(self) -> bool:
        """Whether the answer is an article, at whatever address."""
        return self.is_(Outcome.ARTICLE)

    @property
    def is_no_answer(self) -> bool:
        """Whether the answer says nothing about the article: a failure, a notice, a page without its end.

        While no request to the site succeeds, neither does another host, a misplaced page or an error page.
        """
        return self.is_(*_NO_ANSWER) or (self.is_(*_NO_ANSWER_IF_ALL) and not self.site.is_answering)

    @property
    def is_another_kind(self) -> bool:
        """Whether the address shows its own page, which is not an article: a static page, a list."""
        return self.is_(Outcome.OTHER_PAGE) and not self.evidence.is_elsewhere

    @property
    def by_id(self) -> StoredArticle | None:
        """The stored article with the id of the article that was found; None if there is none."""
        article, match = self.evidence.article, self.evidence.match
        return match if article and match and match.id == article.id else None

    @property
    def is_taken(self) -> bool:
        """Whether the found article has the id of a public stored article, but is another article."""
        return self._has_id_of("public")

    @property
    def is_reused(self) -> bool:
        """Whether the found article has the id of a stored article that was removed, but is another article."""
        return self._has_id_of("removed")

    def _has_id_of(self, state: str) -> bool:
        """Whether the found article has the id of a stored article in a state, but is another article."""
        article, other = self.evidence.article, self.by_id
        return bool(article and other and other.state == state and other.is_another(article, self.entry.url))

    @property
    def is_replaced(self) -> bool:
        """Whether the address of a stored article shows another article, or leads to one."""
        article, stored = self.evidence.article, self.stored
        if not (article and stored) or stored.id == article.id:
            return False
        return not stored.is_dated_as(article) or self.by_id is not None

    @property
    def is_own(self) -> bool:
        """Whether the found article gives the requested address as its own."""
        article = self.evidence.article
        return article is not None and urls.key(str(article.url)) == self.entry.key

    @property
    def is_taken_over(self) -> bool:
        """Whether the address of a stored article shows another article, whose own address this is."""
        return self.is_replaced and self.is_own and not self.evidence.is_elsewhere

    @property
    def is_stored_elsewhere(self) -> bool:
        """Whether the found article is public at a third address, neither the requested one nor the one that it gives.

        Only if it is probably still there. False if REST, the feed or the page name the requested address as the
        article's own, and if the requested address showed another stored article before.
        """
        match, chosen, article = self.evidence.match, self.evidence.chosen, self.evidence.article
        if not (article and match and chosen) or match.state != "public" or self.is_replaced:
            return False
        is_other = match.key not in (self.entry.key, urls.key(str(article.url)))
        is_believed = chosen.state is State.LIVE and chosen.suspicion is not Suspicion.MISSING
        return is_other and is_believed and not self.site.lacks(chosen) and not self.evidence.is_default

    @property
    def is_named_elsewhere(self) -> bool:
        """Whether a new article was found for which REST or the feed gives another address, which is due.

        That is one other than the requested one and the article's own. False if it has failed or is suspicious.
        """
        named, article = self.evidence.named, self.evidence.article
        if not (article and named) or self.evidence.match or self.stored:
            return False
        is_other = named.key not in (self.entry.key, urls.key(str(article.url)))
        is_fresh = named.state is State.PENDING and named.suspicion is None and not named.failures
        return is_other and is_fresh and named.is_due

    @property
    def is_chosen_seen(self) -> bool:
        """Whether the address at which the article is stored showed it in this run, also in a follow-up."""
        chosen = self.evidence.chosen
        is_read = chosen is not None and chosen.last_run == self.site.run and not chosen.is_due
        return is_read or self.evidence.occupant in (Reply.SHOWN, Reply.SAME)

    @property
    def is_older(self) -> bool:
        """Whether the page is an older copy: its date of change is earlier than that of the stored article.

        For an article that was protected by a password, earlier than the change with which it was removed.
        """
        article, match = self.evidence.article, self.evidence.match
        if not (article and match):
            return False
        # Of one that was protected the line is older than the change with which it went.
        went_at = minute_before(self.entry.settled_at or "") if self.entry.state is State.REJECTED else ""
        latest = match.date_modified if match.state == "public" else went_at
        return (article.date_modified or "9999") < (latest or "")

    @property
    def brings_article(self) -> bool:
        """Whether an article was found, at whatever address, that is not an older copy of the stored one."""
        return self.is_article and not self.is_older

    def is_behind(self, since: str = "") -> bool:
        """Whether a source reports a later change than the page shows, and one later than the instant ``since``.

        False where the address leads elsewhere.
        """
        changed_at, article = self.entry.changed_at or "", self.evidence.article
        if self.evidence.is_elsewhere:
            return False
        return article is not None and since < changed_at > (article.date_modified or "")

    @property
    def is_doubtful(self) -> bool:
        """Whether the page shows when it changed, and needs a line or was behind its source before."""
        evidence = self.evidence
        return evidence.shows_change and (not evidence.is_known or self.entry.suspicion is Suspicion.BEHIND)

    @property
    def is_detour(self) -> bool:
        """Whether an address without a stored article leads to an article of another address, perhaps temporarily.

        A permanent redirect to a new article that is not listed elsewhere is a move instead. An inventory lists the own
        addresses of articles: one that shows the page of another address counts as leading there.
        """
        article, match = self.evidence.article, self.evidence.match
        if article is None or self.stored:
            return False
        is_away = self.evidence.is_elsewhere or (self.entry.listed_in > 0 and not self.is_own)
        is_known = self.evidence.is_known and match is not None and match.key != self.entry.key
        return is_away and (self.evidence.route is Route.TEMPORARY or is_known or self.evidence.is_own_listed)

    # -- how sure it is ------------------------------------------------------------------------------------

    @property
    def has_pending_change(self) -> bool:
        """Whether a source reported a change that is not settled yet."""
        return (self.entry.changed_at or "") > (self.entry.settled_at or "")

    @property
    def is_listed(self) -> bool:
        """Whether a source or a list of this run reports the address."""
        return self.site.shows(self.entry)

    def is_confirmed(self, suspicion: Suspicion) -> bool:
        """Whether one more answer with a suspicion confirms it: the answers before it raised the same one."""
        return self.entry.suspicion is suspicion and self.entry.looks + 1 >= LOOKS

    @property
    def is_dropped(self) -> bool:
        """Whether the inventory of this run lacks the address, and an earlier one had it.

        False if a source or a list of this run reports it, or another address that showed its article.
        """
        is_unlisted = self.site.has_inventory and not (self.is_listed or self.evidence.is_listed_elsewhere)
        return is_unlisted and self.entry.listed_in > 0

    def is_sure(self, suspicion: Suspicion) -> bool:
        """Whether this answer confirms a suspicion, as by :meth:`is_confirmed`, or :attr:`is_settled` holds."""
        return self.is_confirmed(suspicion) or self.is_settled

    @property
    def is_settled(self) -> bool:
        """Whether an earlier crawl settled that the address has no article of its own; no change is reported since."""
        is_empty = self.entry.state in (State.REMOVED, State.MOVED, State.ALTERNATE, State.REJECTED)
        is_open = self.entry.is_due or self.has_pending_change or self.entry.suspicion is not None
        return is_empty and self.stored is None and not is_open

    @property
    def is_unreachable(self) -> bool:
        """Whether the address is given up: with this run, it gave no answer in ten runs over at least seven days."""
        since, now = dates.instant(self.entry.failing_since), dates.instant(self.site.now)
        if since is None or now is None or not self.site.is_answering:
            return False
        return self.entry.failures + 1 >= UNREACHABLE_RUNS and now - since >= timedelta(days=UNREACHABLE_DAYS)
