"""What is known of an address, what came of a request for it, and what follows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from mainland import urls
from mainland.items import Article


class State(StrEnum):
    """What an address is."""

    CANDIDATE = "candidate"
    """Only the home page shows it; it may be an article's."""

    PENDING = "pending"
    """A source or a list reports it; no answer has settled it yet."""

    LIVE = "live"
    """It shows an article that is stored and public."""

    REMOVED = "removed"
    """Its article was removed."""

    MOVED = "moved"
    """Its article is at another address now."""

    REJECTED = "rejected"
    """It shows no article; the entry's ``reason`` says what it shows."""

    FORGOTTEN = "forgotten"
    """Its article was forgotten; it is never requested again."""


class Suspicion(StrEnum):
    """What one look at an address showed and a second one must confirm."""

    DOUBTED = "doubted"
    """It answered something that may be temporary: an error, an older copy, another article's id."""

    ASTRAY = "astray"
    """An address that nothing lists led to another page."""


class Cause(StrEnum):
    """Why an address is requested."""

    CHANGED = "changed"
    """A source or a list reports it as new or changed, or an earlier crawl left it to be requested again."""

    UNLISTED = "unlisted"
    """Nothing lists it, and it shows a public article."""

    HELD_BACK = "held_back"
    """An earlier crawl held its removal back."""


class Route(StrEnum):
    """How a request came to its answer."""

    DIRECT = "direct"
    PERMANENT = "permanent"
    """By redirects with status 301 or 308 only."""

    TEMPORARY = "temporary"
    """By redirects, at least one of them with another status."""


class Outcome(StrEnum):
    """What a request came to."""

    ARTICLE = "article"
    GONE = "gone"
    """Status 404 or 410."""

    OTHER_PAGE = "other_page"
    """Another kind of page of the site, an error page included."""

    COSTLY = "costly"
    """A page that takes too long to read."""

    PROTECTED = "protected"
    """An article behind a password form."""

    NOTICE = "notice"
    """A page that is not the site's own: maintenance, a login, a challenge."""

    MISPLACED = "misplaced"
    """Another page of the site in the article's place, at its address."""

    TRUNCATED = "truncated"
    """An answer without its end."""

    FORBIDDEN = "forbidden"
    """Not requested: robots.txt forbids it."""

    OFF_SITE = "off_site"
    """A redirect to another host, which is not requested."""

    FAILED = "failed"
    """No answer, or a status that says nothing about the article."""


class FollowUp(StrEnum):
    """A second request that a decision needs."""

    SHORT_LINK = "short_link"
    """``?p=ID`` of the stored article: where is it now?"""

    OCCUPANT = "occupant"
    """The address of another stored article with the same id: does it still show that article?"""


class Reply(StrEnum):
    """What a follow-up came to."""

    SHOWN = "shown"
    """It shows the article."""

    NOT_SHOWN = "not_shown"
    FAILED = "failed"
    """It gave no answer."""


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as its latest line has it.

    ``state`` is ``public``, ``removed``, ``forgotten``, or ``lost`` where its line is in a file out of reach.
    """

    id: int
    url: str
    key: str
    content_hash: str | None
    extractor: str | None
    revision: int
    date_published: str | None
    date_modified: str | None
    day_published: str | None
    date_crawled: str | None
    state: str

    def is_dated_as(self, item: Article) -> bool:
        """Whether an article bears the same date of publication; False where there is none to compare."""
        dated = self.date_published or self.day_published
        return dated is not None and dated == (item.date_published or item.day_published)

    def is_another(self, item: Article, *addresses: str) -> bool:
        """Whether an article of the same id is another one: of another date and text, and at none of its addresses."""
        return (
            self.state == "public"
            and not self.is_dated_as(item)
            and self.content_hash != item.content_hash
            and self.key not in map(urls.key, (str(item.url), *addresses))
        )

    def removal(self, site: str, date: str) -> Article:
        """The line that says that the article is gone."""
        return Article(
            site=site,
            id=self.id,
            url=self.url,
            date_published=self.date_published,
            date_modified=self.date_modified,
            day_published=self.day_published,
            change="removed",
            date_removed=date,
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one address. Instants are in UTC, as ``2024-03-05T08:41:12Z``."""

    key: str
    """The address without what does not tell pages apart, as :func:`mainland.urls.key` gives it."""

    url: str
    state: State = State.PENDING
    changed_at: str | None = None
    """When the sources say that its article changed last."""

    settled_at: str | None = None
    """The change that was settled last; None if none ever was."""

    is_due: bool = False
    """Whether the next crawl requests it."""

    suspicion: Suspicion | None = None
    reason: str | None = None
    """What a rejected address shows."""

    listed_in: int = 0
    """The number of the latest inventory that lists it; 0 for none."""

    looks_alive: int = 0
    """Looks, two at most, in which it showed its article although no inventory lists it."""

    last_run: int = 0
    """The last run that requested it."""

    def settled(self, state: State, date: str | None = None, reason: str | None = None) -> Entry:
        """The entry once its change is settled; ``date`` is the page's own, for what no source dates."""
        if self.state is State.FORGOTTEN:
            return self
        return replace(
            self, state=state, settled_at=self.changed_at or date or "", is_due=False, suspicion=None, reason=reason
        )

    def rejected(self, reason: str, date: str | None = None) -> Entry:
        """The entry once it is settled that it shows no article today; an article that is stored stays."""
        return self.settled(self.state if self.state is State.LIVE else State.REJECTED, date, reason)

    def doubted(self) -> Entry | None:
        """The entry once it waits for a second look; None if it is not due, or if this was the second look."""
        is_first = self.is_due and self.suspicion is not Suspicion.DOUBTED
        return replace(self, suspicion=Suspicion.DOUBTED, is_due=True) if is_first else None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a request came to, and its follow-ups."""

    outcome: Outcome
    route: Route = Route.DIRECT
    is_elsewhere: bool = False
    """Whether it ended at the address of another page."""

    reason: str = ""
    """The outcome in words, for the report."""

    article: Article | None = None
    match: StoredArticle | None = None
    """What is stored of that article, by its id; or by its address and date of publication."""

    is_known: bool = False
    """Whether the article needs no line: it is stored as it is."""

    shows_change: bool = False
    """Whether the page itself says when it changed last."""

    short_link: Reply | None = None
    occupant: Reply | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """What this crawl knows of the site when it decides."""

    inventory: int = 0
    """The number of the latest complete inventory; 0 for none."""

    has_inventory: bool = False
    """Whether this crawl read a complete inventory: all addresses of articles, from sitemaps, REST or the feed."""

    had_inventory: bool = False
    """Whether the last crawl that looked for one found one."""

    is_answering: bool = True
    """Whether something of the site answered as it should in this crawl."""

    yesterday: str = ""
    """The instant a day ago."""

    def lists(self, entry: Entry) -> bool:
        """Whether an address is listed, as far as is known."""
        return entry.listed_in == self.inventory != 0 if self.has_inventory else self.had_inventory


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
    """Whether the article that was found goes to the pipelines; where one is removed, after it."""

    is_moved: bool = False
    """Whether the article that the short link showed goes to the pipelines, too."""

    is_removal: bool = False
    """Whether the stored article of the address is gone."""

    is_uncounted: bool = False
    """Whether REST counts a post fewer for it."""

    is_alive: bool = False
    """Whether the stored article was seen to be there."""

    rejection: str | None = None
    """Why the address is rejected."""

    failure: str | None = None
    """Why it counts as not read, for exit status 3."""

    is_unsure: bool = False
    """Whether the next crawl reads all sources."""
