"""The decisions alone, on a site of two addresses: a state machine of Hypothesis, without Scrapy, SQL or pages."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from mainland.clean import dates, urls
from mainland.decisions.changes import is_known
from mainland.decisions.judge import judge
from mainland.decisions.record import Sighting, record
from mainland.decisions.stored import StoredArticle
from mainland.decisions.types import Entry, Evidence, Outcome, Route, Site, State, Suspicion
from mainland.items import Article

NUMBERS = (5, 6)
START = datetime(2024, 3, 1, tzinfo=UTC)
FAULTS = {
    "404": Evidence(Outcome.GONE, reason="status 404"),
    "soft 404": Evidence(Outcome.ERROR_PAGE, reason="error page"),
    "301 home": Evidence(Outcome.OTHER_PAGE, Route.PERMANENT, is_elsewhere=True, reason="home page"),
    "302 home": Evidence(Outcome.OTHER_PAGE, Route.TEMPORARY, is_elsewhere=True, reason="home page"),
    "another kind of page": Evidence(Outcome.OTHER_PAGE, reason="static page"),
    "off the site": Evidence(Outcome.OFF_SITE, Route.TEMPORARY, is_elsewhere=True, reason="leads off the site"),
    "500": Evidence(Outcome.FAILED, reason="status 500"),
    "notice": Evidence(Outcome.NOTICE, reason="no page of a JNews site"),
    "truncated": Evidence(Outcome.TRUNCATED, reason="cut off"),
}


@dataclass
class Address:
    """An address of the site, and what is known of it."""

    number: int
    published: str
    modified: str
    version: int = 1
    before: tuple[int, str] | None = None
    exists: bool = True
    is_listed: bool = True
    fault: str | None = None
    is_cached: bool = False
    entry: Entry | None = None
    stored: StoredArticle | None = None
    removed: StoredArticle | None = None
    log: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"https://a.example/story-{self.number}/"

    def article(self) -> Article:
        """The article that the address shows, from a cache that is a step behind where there is one."""
        version, modified = self.before if self.is_cached and self.before else (self.version, self.modified)
        return Article(
            id=self.number,
            url=self.url,
            date_published=self.published,
            date_modified=modified,
            day_published=self.published[:10],
            content_hash=f"version {version}",
            extractor="1",
        )


class Site2(RuleBasedStateMachine):
    """A site that editors and faults change, and crawls that read it."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.runs = START, count(1)
        self.addresses = {number: Address(number, dates.utc(START), dates.utc(START)) for number in NUMBERS}

    # -- what happens on the site --------------------------------------------------------------------------------

    @rule(number=st.sampled_from(NUMBERS))
    def edit(self, number: int) -> None:
        one = self.addresses[number]
        self.now += timedelta(hours=1)
        one.before = one.version, one.modified
        one.version, one.modified = one.version + 1, dates.utc(self.now)

    @rule(number=st.sampled_from(NUMBERS), fault=st.sampled_from(sorted(FAULTS)))
    def break_page(self, number: int, fault: str) -> None:
        self.addresses[number].fault = fault

    @rule(number=st.sampled_from(NUMBERS))
    def repair_page(self, number: int) -> None:
        self.addresses[number].fault = None

    @rule(number=st.sampled_from(NUMBERS), is_cached=st.booleans())
    def cache(self, number: int, is_cached: bool) -> None:  # noqa: FBT001 - Hypothesis gives it by name
        self.addresses[number].is_cached = is_cached

    @rule(number=st.sampled_from(NUMBERS), is_listed=st.booleans())
    def list_or_unlist(self, number: int, is_listed: bool) -> None:  # noqa: FBT001
        self.addresses[number].is_listed = is_listed and self.addresses[number].exists

    @rule(number=st.sampled_from(NUMBERS))
    def delete(self, number: int) -> None:
        self.addresses[number].exists = self.addresses[number].is_listed = False

    @rule(number=st.sampled_from(NUMBERS))
    def restore(self, number: int) -> None:
        one = self.addresses[number]
        self.now += timedelta(hours=1)
        one.exists, one.is_listed, one.modified = True, True, dates.utc(self.now)

    # -- crawls --------------------------------------------------------------------------------------------------

    @rule(is_full=st.booleans(), has_inventory=st.booleans())
    def crawl(self, is_full: bool, has_inventory: bool) -> None:  # noqa: FBT001
        self.now += timedelta(hours=1)  # a cache that is older than a day makes it lose an edit as yet
        run = next(self.runs)
        site = Site(run, has_inventory=has_inventory, had_inventory=True, now=dates.utc(self.now))
        for one in self.addresses.values():
            if one.is_listed and has_inventory:
                one.entry = record(one.entry, Sighting(one.url, run, one.modified, run))
        for one in self.addresses.values():
            if one.entry and self.wants(one.entry, run, is_full=is_full, has_inventory=has_inventory):
                self.request(one, replace(one.entry, last_run=run), site)
                one.is_cached = False  # a request renews it; of a copy that two crawls see nobody can tell the age

    @staticmethod
    def wants(entry: Entry, run: int, *, is_full: bool, has_inventory: bool) -> bool:
        """Whether a crawl requests an address: what is due, what is unlisted, and what showed no article."""
        is_unlisted = entry.state is State.LIVE and entry.listed_in != run and has_inventory
        is_missing = entry.state is State.LIVE and (entry.suspicion is not None or entry.failures > 0)
        is_empty = entry.state in (State.PENDING, State.REMOVED, State.MOVED, State.REJECTED) and entry.seen_in == run
        is_looked_for = is_unlisted and (entry.looks_alive < 2 or is_full)
        return entry.is_due or is_looked_for or (is_full and (is_missing or is_empty))

    def evidence(self, one: Address) -> Evidence:
        if one.fault or not one.exists:
            return FAULTS[one.fault or "404"]
        item, match = one.article(), one.stored or one.removed
        known = is_known(item, match, one.entry or Entry(urls.key(one.url), one.url))
        return Evidence(Outcome.ARTICLE, article=item, match=match, is_known=known, shows_change=True)

    def request(self, one: Address, entry: Entry, site: Site) -> None:
        found = self.evidence(one)
        decision = judge(entry, one.stored, found, site)
        one.log.append(f"{site.run}: {found.outcome} -> {decision.rule}")
        assert decision.follow_up is None
        assert not (decision.is_removal and one.exists and site.shows(entry)), one.log
        one.entry = replace(decision.entry, last_run=site.run)
        item = found.article
        if decision.is_removal and one.stored:
            one.removed = replace(one.stored, state="removed")
            one.stored = None
        elif decision.is_delivered and item and not found.is_known:
            is_older = one.stored is not None and str(item.date_modified) < str(one.stored.date_modified)
            assert not is_older or entry.suspicion is Suspicion.OLDER, one.log
            one.stored = StoredArticle(
                one.number,
                one.url,
                urls.key(one.url),
                item.content_hash,
                item.extractor,
                1,
                item.date_published,
                item.date_modified,
                item.day_published,
                site.now,
                "public",
            )

    def teardown(self) -> None:
        """The site is sound for two crawls, the full one first: what is stored equals what is there."""
        for one in self.addresses.values():
            one.fault, one.is_cached = None, False
        self.crawl(is_full=True, has_inventory=True)
        self.crawl(is_full=False, has_inventory=True)
        for one in self.addresses.values():
            if one.exists and one.is_listed:
                text = one.stored.content_hash if one.stored else None
                assert text == f"version {one.version}", (one.url, text, one.entry, one.log)
            elif not one.exists:
                assert one.stored is None, (one.url, one.entry, one.log)
            entry = one.entry
            assert entry is None or not (entry.is_due and one.is_listed), (one.url, entry, one.log)
