"""Decides what an answer means, by the first rule that applies."""

from __future__ import annotations

from dataclasses import replace

from mainland.decisions.case import Case
from mainland.decisions.rules import RULES
from mainland.decisions.stored import StoredArticle
from mainland.decisions.types import LOOKS, Decision, Entry, Evidence, Site, State, Suspicion

ABSENCES = (
    "missing, and REST returns it",
    "missing and unlisted, and REST lacks it",
    "missing, and REST lacks it, first look",
    "missing, and REST lacks it, confirmed",
)
"""The names of the rules of :func:`judge_absence`."""


def judge(entry: Entry, stored: StoredArticle | None, evidence: Evidence, site: Site) -> Decision:
    """The decision about an answer; one with a ``follow_up`` is only the request that must be made first.

    ``stored`` is the public article at the requested address, None if there is none.
    """
    case = Case(entry, stored, evidence, site)
    rule = next(rule for rule in RULES if rule.applies(case))
    decision = rule.decide(case)
    if decision.follow_up:
        return replace(decision, rule=rule.name)
    entry = replace(decision.entry, rule=rule.name, decided_at=site.now)
    return replace(decision, entry=entry, rule=rule.name)


def withhold(decision: Decision, before: Entry) -> Decision:
    """A decision without its delivery, because another article is stored at that address and may still be there.

    ``before`` is the entry before the decision: its state and settled change stay, and the address is due. This is a
    failure, unless the decision made the address due anyway. A removal stays.
    """
    if decision.is_removal:
        return replace(decision, is_delivered=False)
    entry = replace(decision.entry, state=before.state, settled_at=before.settled_at, is_due=True)
    failure = None if decision.entry.is_due else "no answer from the address at which its article is stored"
    return replace(decision, entry=entry, failure=decision.failure or failure, is_delivered=False)


def reject(entry: Entry, reason: str, rule: str, now: str) -> Decision:
    """The rejection of an address for a reason outside the rules, as a page that killed the process.

    ``rule`` names the cause. ``now`` is an instant in UTC.
    """
    rejected = replace(entry.rejected(reason), rule=rule, decided_at=now)
    return Decision(rejected, rule=rule, rejection=reason)


def reject_incomplete(entry: Entry, reason: str, now: str) -> Decision:
    """The decision about a page that lacks the id or other required fields.

    It is a suspicion first, then a rejection; a stored article stays. ``now`` is an instant in UTC.
    """
    rule, is_stored = "incomplete article", entry.state is State.LIVE
    suspected = entry.suspected(Suspicion.MISSING if is_stored else Suspicion.OTHER_KIND, reason)
    suspected = replace(suspected, rule=rule, decided_at=now)
    if not suspected.is_confirmed:
        return Decision(suspected, rule=rule, failure=reason if is_stored else None)
    return Decision(replace(suspected, is_due=False), rule=rule) if is_stored else reject(entry, reason, rule, now)


def judge_absence(entry: Entry, site: Site, *, is_returned: bool) -> Decision:
    """The decision about a stored article whose address did not show it in this run, and that REST was asked for.

    An article that REST does not return is removed if nothing lists it, since this confirms the first answer. If
    something lists it, two runs must find it missing at its address and in REST. One that is returned stays.
    """
    returned, unlisted, first, confirmed = ABSENCES
    absences = 0 if is_returned else entry.absences + 1
    if is_returned:
        rule = returned
    elif site.lacks(entry):
        rule = unlisted
    else:
        rule = confirmed if entry.is_confirmed and absences >= LOOKS else first
    after, is_removal = replace(entry, absences=absences), rule in (unlisted, confirmed)
    if is_removal:
        after = entry.settled(State.REMOVED, reason=entry.reason)
    after = replace(after, rule=rule, decided_at=site.now)
    return Decision(after, rule=rule, is_removal=is_removal, is_uncounted=is_removal)
