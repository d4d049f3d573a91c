"""What an answer means: named rules in an order, of which the first that applies decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from mainland.decisions.case import Case
from mainland.decisions.types import Decision, FollowUp, Outcome, Reply, State, Suspicion

TAKEN = "its id is that of another article"
OTHER_KIND = "another kind of page"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: the decision that it makes, where it applies and no rule before it does."""

    name: str
    applies: Callable[[Case], bool]
    decide: Callable[[Case], Decision]


def _bury(case: Case) -> Decision:
    """The address joins the tombstone of the forgotten article that it shows."""
    return Decision(case.entry.settled(State.FORGOTTEN), is_burial=True)


def _taken(case: Case) -> Decision:
    """A warning about a page with the id of another article: with a suspicion, from the second look on a rejection.

    A stored article stays.
    """
    warning = f"{case.entry.url} has the id of another article"
    if not case.is_sure(Suspicion.TAKEN):
        return Decision(case.entry.suspected(Suspicion.TAKEN, TAKEN), warning=warning)
    if case.stored:
        return Decision(replace(case.entry.suspected(Suspicion.TAKEN, TAKEN), is_due=False), warning=warning)
    rejection = None if case.is_settled else TAKEN
    return Decision(case.entry.rejected(TAKEN), rejection=rejection, warning=warning)


def _costly(case: Case) -> Decision:
    """The stored article stays, although its page takes too much CPU time to read: a suspicion.

    After a second look only full crawls request the address, and any crawl after a reported change.
    """
    is_due = not case.is_confirmed(Suspicion.COSTLY)
    return Decision(replace(case.entry.suspected(Suspicion.COSTLY, case.reason), is_due=is_due))


def _protected(case: Case) -> Decision:
    """A removal: a password form protects the stored article. The address is rejected."""
    return Decision(case.entry.settled(State.REJECTED, reason=case.reason), is_removal=True)


def _detour(case: Case) -> Decision:
    """A suspicion, as :meth:`Case.missing`.

    It is not a failure if the page names another address as its own without a redirect, as in a second section.
    """
    return case.missing() if case.evidence.is_elsewhere else replace(case.missing(), failure=None)


def _taken_over(case: Case) -> Decision:
    """The article that the address shows is delivered, and the stored one removed, unless another address shows it."""
    return replace(case.delivered(), is_removal=True, is_alive=False)


RULES: tuple[Rule, ...] = (
    # Never requested, or never stored.
    Rule("forgotten", lambda c: c.entry.state is State.FORGOTTEN, lambda c: Decision(c.entry)),
    Rule(
        "shows a forgotten article",
        lambda c: c.is_(Outcome.TOMBSTONE) and c.stored is None and not c.evidence.is_elsewhere,
        _bury,
    ),
    Rule(
        "leads to a forgotten article, confirmed",
        lambda c: c.is_(Outcome.TOMBSTONE) and c.stored is None and c.is_sure(Suspicion.MISSING),
        lambda c: replace(c.empty(), rejection=None),  # no file names what leads there
    ),
    Rule("forbidden", lambda c: c.is_(Outcome.FORBIDDEN), lambda c: Decision(c.entry, is_forbidden=True)),
    # Without an answer nothing is decided.
    Rule(
        "candidate shows no article",
        lambda c: (
            c.entry.state is State.CANDIDATE
            and not (c.is_article or c.is_(Outcome.FAILED, Outcome.TRUNCATED))
            and (c.site.is_answering or not c.is_no_answer)
        ),
        lambda c: Decision(replace(c.entry, is_due=False, suspicion=None, looks=0)),
    ),
    Rule(
        "unreachable and unlisted",
        lambda c: c.is_no_answer and c.is_unreachable and c.stored is not None and c.site.lacks(c.entry),
        Case.removed,
    ),
    Rule("unreachable", lambda c: c.is_no_answer and c.is_unreachable, Case.given_up),
    Rule("no answer", lambda c: c.is_no_answer, Case.failing),
    Rule("stored and too costly", lambda c: c.is_(Outcome.COSTLY) and c.stored is not None, _costly),
    Rule("too costly", lambda c: c.is_(Outcome.COSTLY), Case.rejected),
    # The article of another address.
    Rule(
        "id of another, not looked at",
        lambda c: c.is_taken and c.evidence.occupant is None,
        lambda c: Decision(c.entry, follow_up=FollowUp.OCCUPANT),
    ),
    Rule(
        "id of another, no answer from there",
        lambda c: c.is_taken and c.evidence.occupant is Reply.FAILED,
        Case.follow_up_failed,
    ),
    Rule(
        "id of another that changed, too",
        lambda c: c.is_taken and c.evidence.occupant is Reply.SAME,
        lambda c: replace(c.alternate(), is_chosen_due=True),
    ),
    Rule("id of another", lambda c: c.is_taken and c.evidence.occupant is Reply.SHOWN, _taken),
    Rule(
        "id of a removed article, first look",
        lambda c: c.is_reused and not c.is_sure(Suspicion.TAKEN),
        lambda c: replace(c.suspected(Suspicion.TAKEN), failure="its id is that of an article that was removed"),
    ),
    Rule(
        "stored elsewhere, not looked at",
        lambda c: c.is_stored_elsewhere and not c.is_chosen_seen and c.evidence.occupant is None,
        lambda c: Decision(c.entry, follow_up=FollowUp.OCCUPANT),
    ),
    Rule("stored elsewhere", lambda c: c.is_stored_elsewhere and c.is_chosen_seen, Case.alternate),
    Rule(
        "stored elsewhere, no answer from there",
        lambda c: c.is_stored_elsewhere and c.evidence.occupant is Reply.FAILED,
        Case.follow_up_failed,
    ),
    Rule(
        "new, and named elsewhere",
        lambda c: c.is_named_elsewhere,
        Case.alternate,
    ),
    # Another article at the address of a stored one.
    Rule(
        "taken over, short link not followed",
        lambda c: c.is_taken_over and c.evidence.short_link is None,
        lambda c: Decision(c.entry, follow_up=FollowUp.SHORT_LINK),
    ),
    Rule(
        "taken over, stored article moved",
        lambda c: c.is_taken_over and c.evidence.short_link is Reply.SHOWN,
        lambda c: replace(c.delivered(), is_moved=True),
    ),
    Rule("taken over", lambda c: c.is_taken_over and c.evidence.short_link is Reply.NOT_SHOWN, _taken_over),
    Rule(
        "taken over, confirmed",
        lambda c: c.is_taken_over and c.is_confirmed(Suspicion.MISSING),
        _taken_over,
    ),
    Rule(
        "taken over, first look",
        lambda c: c.is_taken_over,
        lambda c: replace(c.missing(), is_delivered=False),
    ),
    # The article.
    Rule(
        "older copy",
        lambda c: c.is_older and not (c.is_replaced or c.is_detour or c.is_confirmed(Suspicion.OLDER)),
        lambda c: replace(c.suspected(Suspicion.OLDER), is_alive=True),
    ),
    Rule(
        "behind its source",
        lambda c: (
            c.is_article
            and c.evidence.is_known
            and c.has_pending_change
            and c.is_behind()
            and c.entry.suspicion is not Suspicion.BEHIND
            and not c.is_replaced
        ),
        lambda c: replace(c.suspected(Suspicion.BEHIND), is_delivered=True, is_alive=True),
    ),
    Rule(
        "leads to an article, first look",
        lambda c: c.is_detour and not c.is_sure(Suspicion.MISSING),
        _detour,
    ),
    Rule("article", lambda c: c.is_article and not c.is_replaced, Case.delivered),
    # A stored article is not shown.
    Rule(
        "protected",
        lambda c: c.is_(Outcome.PROTECTED) and not c.evidence.is_elsewhere,
        lambda c: _protected(c) if c.stored else c.rejected(),
    ),
    Rule(
        "gone and dropped from the inventory",
        lambda c: c.is_(Outcome.GONE) and c.is_dropped,
        lambda c: c.removed() if c.stored else c.empty(),
    ),
    Rule(
        "missing and unlisted, confirmed",
        lambda c: c.stored is not None and c.is_confirmed(Suspicion.MISSING) and c.site.lacks(c.entry),
        lambda c: replace(c.removed(), is_delivered=c.brings_article),
    ),
    Rule(
        "missing though listed, confirmed",
        lambda c: c.stored is not None and c.is_confirmed(Suspicion.MISSING),
        Case.kept_though_missing,
    ),
    Rule("missing, first look", lambda c: c.stored is not None, Case.missing),
    # An address without a stored article shows none.
    Rule(
        "another kind of page, first look",
        lambda c: c.is_another_kind and not c.is_sure(Suspicion.OTHER_KIND),
        lambda c: c.suspected(Suspicion.OTHER_KIND),
    ),
    Rule(OTHER_KIND, lambda c: c.is_another_kind, Case.empty),
    Rule("no article there, first look", lambda c: not c.is_sure(Suspicion.MISSING), Case.missing),
    Rule("no article there", lambda _: True, Case.empty),
)
