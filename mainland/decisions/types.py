"""The types of the decisions: Entry (an address), Evidence (an answer), Site, Decision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from mainland.decisions.stored import StoredArticle
from mainland.items import Article

LOOKS = 2
"""How many runs must find the same before a stored article is removed, or an address rejected."""

UNREACHABLE_RUNS, UNREACHABLE_DAYS = 10, 7
"""Runs without an answer, and the least days between the first and the last, before an address is given up."""


class State(StrEnum):
    """What an address is."""

    CANDIDATE = "candidate"
    """Only the home page shows it, or an article as the one before or after it; it may be an article's."""

    PENDING = "pending"
    """A source or a list reports it; no answer has settled it yet."""

    LIVE = "live"
    """It shows an article that is stored and public."""

    REMOVED = "removed"
    """Its article was removed."""

    MOVED = "moved"
    """Its article is at another address; it may redirect there."""

    ALTERNATE = "alternate"
    """It shows an article that is stored at another address, as a second language or section does."""

    REJECTED = "rejected"
    """It shows no article; the entry's ``reason`` says what it shows."""

    FORGOTTEN = "forgotten"
    """Its article was forgotten; it is never requested again."""


class Suspicion(StrEnum):
    """What the answer of an address suggests, and a later run must confirm."""

    MISSING = "missing"
    """It does not show its article: status 404 or 410, an error page, another page, or another host."""

    OTHER_KIND = "other_kind"
    """It shows its own page, which is not an article."""

    OLDER = "older"
    """It shows an older copy than the stored one."""

    BEHIND = "behind"
    """It shows the stored article, and a source reports a later change."""

    COSTLY = "costly"
    """Its page takes too long to read."""

    TAKEN = "taken"
    """It shows an article with the id of another stored article."""


class Route(StrEnum):
    """How a request came to its answer."""

    DIRECT = "direct"
    PERMANENT = "permanent"
    """By redirects with status 301 or 308 only."""

    TEMPORARY = "temporary"
    """By redirects, at least one of them with another status."""


class Outcome(StrEnum):
    """The outcome of a request."""

    ARTICLE = "article"
    GONE = "gone"
    """Status 404 or 410."""

    OTHER_PAGE = "other_page"
    """Another kind of page of the site: a static page, a list."""

    COSTLY = "costly"
    """A page that takes too long to read."""

    TOMBSTONE = "tombstone"
    """An article that was forgotten, or a redirect to the address of one, which is not requested."""

    PROTECTED = "protected"
    """An article behind a password form."""

    NOTICE = "notice"
    """A page that is not the site's own: maintenance, a login, a challenge."""

    MISPLACED = "misplaced"
    """Another page of the site in the article's place, at its address."""

    TRUNCATED = "truncated"
    """An answer without its end."""

    ERROR_PAGE = "error_page"
    """The site's error page, with status 200."""

    FORBIDDEN = "forbidden"
    """Not requested: robots.txt forbids it."""

    OFF_SITE = "off_site"
    """A redirect to another host, which is not requested."""

    FAILED = "failed"
    """No answer, or an error status other than 404 and 410."""


class FollowUp(StrEnum):
    """A second request that a decision needs."""

    SHORT_LINK = "short_link"
    """``?p=ID`` of the stored article: where is it now?"""

    OCCUPANT = "occupant"
    """The address of another stored article with the same id: does it still show that article?"""


class Reply(StrEnum):
    """The outcome of a follow-up."""

    SHOWN = "shown"
    """It shows the stored article."""

    SAME = "same"
    """It shows the very article that was found, which has changed since it was stored."""

    NOT_SHOWN = "not_shown"
    """The article is gone from there: 404 or 410, another article, or a redirect to the page that was found."""

    FAILED = "failed"
    """It failed, or its answer says nothing about the article."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one address. Instants are in UTC, as ``2024-03-05T08:41:12Z``."""

    key: str
    """The address without the parts that do not distinguish pages, as :func:`mainland.clean.urls.key` gives it."""

    url: str
    state: State = State.PENDING
    changed_at: str | None = None
    """When the sources say that its article changed last; None if none says it."""

    settled_at: str | None = None
    """The date of the change that was settled last; "" if nothing dates it, None if none ever was."""

    is_due: bool = False
    """Whether it is to be requested: in this run, or in the next one if this run requested it."""

    suspicion: Suspicion | None = None
    looks: int = 0
    """How many runs in a row gave the answer that is suspected."""

    failures: int = 0
    """The runs in a row in which it gave no answer while other pages did."""

    failing_since: str | None = None
    """The instant of the first of these."""

    reason: str | None = None
    """What a rejected or suspicious address shows."""

    listed_in: int = 0
    """The number of the latest inventory that lists it; 0 for none."""

    seen_in: int = 0
    """The last run in which a source or a list reported it."""

    looks_alive: int = 0
    """How many runs, at most two, found its article although the inventory lacks it."""

    article_id: int | None = None
    """The id of the article that it shows, according to REST, the feed or, for an alternate, its page."""

    absences: int = 0
    """The runs in a row in which its article was requested from REST and not returned."""

    rule: str | None = None
    """The rule that decided about it last."""

    decided_at: str | None = None
    """The instant of that."""

    last_run: int = 0
    """The last run that requested it."""

    @property
    def is_confirmed(self) -> bool:
        """Whether a second run confirmed what is suspected of it."""
        return self.suspicion is not None and self.looks >= LOOKS

    @property
    def is_unreachable(self) -> bool:
        """Whether it was given up: it gave no answer in so many runs that it counts as settled."""
        return self.failures >= UNREACHABLE_RUNS and not self.is_due

    def settled(self, state: State, date: str | None = None, reason: str | None = None) -> Entry:
        """The entry in a state, its change settled: not due, without a suspicion. A FORGOTTEN one comes back unchanged.

        ``settled_at`` is the date that the sources give, otherwise ``date``, the page's own; "" if nothing dates it.
        """
        if self.state is State.FORGOTTEN:
            return self
        return replace(
            self.answered(),
            state=state,
            settled_at=self.changed_at or date or "",
            is_due=False,
            suspicion=None,
            looks=0,
            reason=reason,
            absences=0,
        )

    def rejected(self, reason: str, date: str | None = None) -> Entry:
        """The entry once it is settled that it shows no article: REJECTED, but a LIVE one stays LIVE."""
        return self.settled(self.state if self.state is State.LIVE else State.REJECTED, date, reason)

    def suspected(self, suspicion: Suspicion, reason: str | None = None) -> Entry:
        """The entry after a look that raises a suspicion, for the first time or again in a row; it is due."""
        looks = self.looks + 1 if self.suspicion is suspicion else 1
        return replace(self.answered(), suspicion=suspicion, looks=looks, is_due=True, reason=reason)

    def answered(self) -> Entry:
        """The entry without its failures, as after any answer."""
        return replace(self, failures=0, failing_since=None)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The outcome of a request and of its follow-ups, and what they showed."""

    outcome: Outcome
    route: Route = Route.DIRECT
    is_elsewhere: bool = False
    """Whether it ended at the address of another page."""

    reason: str = ""
    """The outcome in words, for the report."""

    article: Article | None = None
    match: StoredArticle | None = None
    """The stored article that it is, found by its id, or by its address and date of publication."""

    forgotten_at: Entry | None = None
    """The address at which a forgotten article is shown as its own page; None for any other article."""

    new_id: int | None = None
    """The id of that article on the site, where the dataset has another one; otherwise None."""

    is_known: bool = False
    """Whether the article needs no line: it is stored as it is."""

    shows_change: bool = False
    """Whether the page itself says when it changed last."""

    chosen: Entry | None = None
    """The entry of the address at which the article is stored, if that is another address; otherwise None."""

    named: Entry | None = None
    """The entry of the address that REST or the feed of this run gives for the article, if that is another address;
    otherwise None."""

    is_own_listed: bool = False
    """Whether this run lists the article's own address, where that is not the one that was requested."""

    is_listed_elsewhere: bool = False
    """Whether this run lists another address that showed the stored article of an address that is gone."""

    is_default: bool = False
    """Whether REST, the feed or the page itself names this address as the article's own, whatever the language."""

    short_link: Reply | None = None
    occupant: Reply | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """What this crawl knows about the site at the time of a decision."""

    run: int = 0
    has_inventory: bool = False
    """Whether this run read a complete inventory: all addresses of articles, from sitemaps, REST or the feed."""

    had_inventory: bool = False
    """Whether the last run that looked for one found one."""

    is_answering: bool = True
    """Whether any request to the site succeeded in this run."""

    now: str = ""
    """The instant of the decision, in UTC."""

    def shows(self, entry: Entry) -> bool:
        """Whether a source or a list of this run reports the address of an entry."""
        return entry.seen_in == self.run != 0

    def lacks(self, entry: Entry) -> bool:
        """Whether this run knows that nothing lists the address of an entry any more.

        False if the site had an inventory in the last run that looked for one, and has none in this run.
        """
        return not self.shows(entry) and (self.has_inventory or not self.had_inventory)


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from evidence."""

    entry: Entry
    """The address from now on; where something is delivered or removed, once its line is written."""

    rule: str = ""
    """The name of the rule."""

    follow_up: FollowUp | None = None
    """What must be requested before it can be decided; then nothing else follows."""

    is_delivered: bool = False
    """Whether the article that was found goes to the pipelines."""

    is_moved: bool = False
    """Whether the article that the short link showed goes to the pipelines, too."""

    is_removal: bool = False
    """Whether the stored article of the address is gone."""

    is_uncounted: bool = False
    """Whether REST counts one post fewer because of it."""

    is_alive: bool = False
    """Whether a page showed the stored article."""

    rejection: str | None = None
    """Why the address is rejected."""

    failure: str | None = None
    """Why it counts as not read, for exit status 3."""

    warning: str | None = None
    """What an operator must look at, for exit status 4."""

    is_forbidden: bool = False
    """Whether robots.txt forbids the address: that is not a failure, and the address is not settled."""

    is_chosen_due: bool = False
    """Whether the address at which the article is stored is requested again."""

    is_burial: bool = False
    """Whether the address joins the tombstone of a forgotten article."""

    is_unsure: bool = False
    """Whether the next crawl reads all sources."""
