"""Compares how often fields are filled and rules win with the site's own history.

Each crawl stores its counts in ``runs.jsonl``. A rate is named after a field (``tags``: the share of articles that have
tags), after a rule (``tags/jeg_post_tags a``: of the articles with tags, those that had them from this rule), or
``article`` (of the pages that should be articles, those that are).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from math import log
from typing import Any, NamedTuple

from mainland.items import BOOKKEEPING, Article
from mainland.storage.runs import Run

ARTICLE = "article"

# In nats, chosen by the false alarms of simulated years: docs/operating.md has the figures.
SUSPICIOUS = 3.0  # known articles are read again
CERTAIN = 16.0  # an alarm without that
_LEAST = 5  # articles that a stretch of crawls must have
_MOST = 100  # articles after which a stretch goes no further back
_BASELINE = 30  # articles before the stretch, without which nothing is usual
_RECENT = 1_000  # articles that make the usual share
_SURE = 0.98  # the highest usual share: without it one article could prove anything
_MAIN = 0.5  # the usual share of a rule from which on known articles can show a change
_NOT_WATCHED = BOOKKEEPING | {"site", "url", "word_count"}


class Rate(NamedTuple):
    """A share as two numbers: ``hits`` of ``of`` articles or pages."""

    hits: int
    of: int

    def __add__(self, other: object) -> Rate:
        return Rate(self.hits + other.hits, self.of + other.of) if isinstance(other, Rate) else NotImplemented

    def __str__(self) -> str:
        return f"{self.hits} of {self.of}"


@dataclass(frozen=True, slots=True)
class Fall:
    """A rate that fell."""

    name: str
    usual: float
    """Its share before, 0 to 1."""

    now: Rate
    """The rate over the last crawls."""

    strength: float
    """How unlikely the fall is, in nats: it happens by chance with a probability of at most ``exp(-strength)``."""

    @property
    def is_certain(self) -> bool:
        """Whether it is an alarm without follow-ups: strong enough, and no article of these crawls has the field."""
        return self.strength >= CERTAIN and (self.now.hits == 0 or self.name == ARTICLE)

    @property
    def needs_follow_ups(self) -> bool:
        """Whether stored articles that had the field are requested again, to see whether their pages still have it."""
        return self.name != ARTICLE and ("/" not in self.name or self.usual >= _MAIN)

    def is_confirmed(self, number: int) -> bool:
        """Whether it is an alarm if none of ``number`` follow-ups has the field any more.

        For a rule this needs more of them: their field may have come from another rule.
        """
        evidence = self.strength + number * -log(1 - self.usual)
        return number > 1 and ("/" not in self.name or evidence >= CERTAIN)

    def __str__(self) -> str:
        """The fall in words: ``tags: 1 of 20 articles have it, usually 98%``."""
        field, _, rule = self.name.partition("/")
        usually = f"usually {self.usual:.0%}"
        if field == ARTICLE:
            return f"{self.now} pages were articles, {usually}"
        if rule:
            return f"{field}: {self.now} came from the rule {rule!r}, {usually}"
        return f"{field}: {self.now} articles have it, {usually}"


WATCHED = tuple(each.name for each in fields(Article) if each.name not in _NOT_WATCHED)
"""The fields of :class:`~mainland.items.Article` whose rates are compared: those that are read from pages."""


def counted(stats: Mapping[str, Any]) -> Run:
    """A :class:`Run` with only the counts for the rates of a crawl, from its stats."""

    def counts(prefix: str) -> dict[str, int]:
        return {key.removeprefix(prefix): n for key, n in stats.items() if key.startswith(prefix)}

    return Run(
        read=stats.get("mainland/read", 0),
        unread=stats.get("mainland/unread", 0),
        filled=counts("mainland/filled/"),
        rules=counts("mainland/rules/"),
    )


def rate(crawl: Run, name: str) -> Rate:
    """The rate of a name, see the head of this module, in one crawl.

    >>> rate(Run(read=20, filled={"tags": 9}, rules={"tags/meta article:tag": 2}), "tags/meta article:tag")
    Rate(hits=2, of=9)
    """
    field, _, rule = name.partition("/")
    if name == ARTICLE:
        return Rate(crawl.read, crawl.read + crawl.unread)
    if rule:
        return Rate(crawl.rules.get(name, 0), crawl.filled.get(field, 0))
    return Rate(crawl.filled.get(field, 0), crawl.read)


def falls(history: Sequence[Run], crawl: Run) -> list[Fall]:
    """The rates that fell by half or more with a crawl; without those whose alarms are open.

    ``history`` are the crawls before it, the oldest first.

    This crawl, the last two crawls, the last three and so on are each compared with all crawls before them. A rate that
    did not fall in this crawl itself is left out, and so are the rules of a field that fell.
    """
    known = open_alarms(history)
    recent = [each for each in history if each.read or each.unread or each.accepted]
    names = {ARTICLE, *(name for each in recent for name in (*each.filled, *each.rules))}
    found = {name: fall for name in sorted(names - known.keys()) if (fall := _fall(recent, crawl, name))}
    return [fall for name, fall in found.items() if name.partition("/")[0] not in found or "/" not in name]


def _fall(history: Sequence[Run], crawl: Run, name: str) -> Fall | None:
    """The strongest fall of a rate that ends with this crawl; None if it did not fall, or may have by chance.

    It never ends with a crawl whose own rate did not fall: earlier crawls alone are no reason for an alarm.
    """
    this = rate(crawl, name)
    if not this.of or this.hits * 2 > this.of:
        return None
    stretches = [now for now in _stretches(history, crawl, name) if now.of >= _LEAST and now.hits * 2 <= now.of]
    everything = sum(_rates(history, name), this)
    found = []
    for now in stretches:
        before = Rate(everything.hits - now.hits, everything.of - now.of)
        usual = min(before.hits / before.of, _SURE) if before.of >= _BASELINE else 0.0
        if now.hits * 2 <= usual * now.of:
            found.append(Fall(name, usual, now, now.of * _divergence(now.hits / now.of, usual)))
    strongest = max(found, key=lambda fall: fall.strength, default=None)
    return strongest if strongest and strongest.strength >= SUSPICIOUS else None


def _stretches(history: Sequence[Run], crawl: Run, name: str) -> Iterator[Rate]:
    """Yields the rate over this crawl, the last two crawls, the last three and so on, up to a few hundred articles.

    It ends at a crawl whose follow-ups still had the field, and where an operator accepted the rate.
    """
    now = rate(crawl, name)
    yield now
    for each in reversed(history):
        if now.of >= _MOST or name in each.controlled or name in each.accepted:
            return
        now += rate(each, name)
        yield now


def _rates(history: Sequence[Run], name: str) -> Iterator[Rate]:
    """Yields a rate of each crawl from which its usual share is computed, the last first, up to 1000 articles.

    It ends where an operator accepted a new level. Crawls during which an alarm on the rate was open are skipped.
    """
    articles = 0
    for each in reversed(history):
        if name in each.accepted or articles >= _RECENT:
            return
        if name not in (each.drift or ()):
            found = rate(each, name)
            articles += found.of
            yield found


def _divergence(now: float, usual: float) -> float:
    """The Kullback-Leibler divergence of two shares, in nats.

    Chernoff's bound has its product with the number of articles as exponent.
    """
    return sum(a * log(a / b) for a, b in ((now, usual), (1 - now, 1 - usual)) if a)


def open_alarms(history: Sequence[Run]) -> dict[str, Any]:
    """The alarms that the last crawl left open and nobody accepted since, by name of the rate.

    Each has ``usual``, ``now``, ``since`` and ``addresses``, as in ``runs.jsonl``.
    """
    for each in reversed(history):
        if each.accepted:
            return {}
        if each.drift is not None:
            return dict(each.drift)
    return {}


def still_open(history: Sequence[Run], crawl: Run) -> dict[str, Any]:
    """The open alarms that stay open after a crawl: their rates are still at most half of the usual share.

    ``history`` are the crawls before it, the oldest first. An alarm on which fewer than five articles were read while
    it was open stays, too. The alarms that this crawl raises are not among them. For the form see :func:`open_alarms`.
    """
    kept = open_alarms(history)
    for name, about in list(kept.items()):
        now = rate(crawl, name)
        for each in reversed(history):
            if now.of >= _LEAST or name not in (each.drift or ()):
                break
            now += rate(each, name)
        if now.of >= _LEAST and now.hits > now.of * (about.get("usual") or 0) / 2:
            del kept[name]
    return kept
