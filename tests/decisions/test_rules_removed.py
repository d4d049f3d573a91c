"""Each rule is needed: an invariant, the state machine or the simulator notices when it is taken out."""

from __future__ import annotations

import os
from functools import cache
from unittest.mock import patch

import pytest
from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

from mainland.decisions import judge
from mainland.decisions.rules import RULES, Rule
from tests.decisions.machine import Site2
from tests.decisions.simulator import Options, simulate
from tests.decisions.test_invariants import judged

pytestmark = pytest.mark.torture

CRAWLS = int(os.environ.get("CRAWLS", "1500"))


@cache
def _broken() -> frozenset[str]:
    return frozenset(judged()[0])


def noticed_by(rule: Rule) -> str | None:
    """What notices that a rule is taken out."""
    before = _broken()
    with patch.object(judge, "RULES", tuple(each for each in RULES if each is not rule)):
        try:
            after = judged.__wrapped__()[0]
        except (StopIteration, AssertionError):
            return "judge is not total"
        if found := set(after) - before:
            return f"invariant {min(found).partition(':')[0]}"
        try:
            chosen = settings(max_examples=150, stateful_step_count=15, derandomize=False, database=None)
            run_state_machine_as_test(seed(1)(Site2), settings=chosen)
        except AssertionError:
            return "state machine"
        report = simulate(CRAWLS, 1, Options(), seconds=0)
        return f"simulator: {report.failures[0].partition(':')[0]}" if report.failures else None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_is_needed(rule: Rule) -> None:
    assert noticed_by(rule)
