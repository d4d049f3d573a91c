"""Each named history ends as it should."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.decisions.histories import HISTORIES
from tests.support.sample_data import ROOT

_TEST = re.compile(r"^def (test_\w+)", re.MULTILINE)
VARIANTS = [
    pytest.param(name, profile, case, id="-".join([name, profile, *([str(case)] if case is not None else [])]))
    for name, each in HISTORIES.items()
    for profile, case in each.variants()
]


@pytest.mark.parametrize(("name", "profile", "case"), VARIANTS)
def test_each_crawl_of_a_history_does_what_is_expected(name: str, profile: str, case: Any) -> None:
    HISTORIES[name].run(profile, case)


def test_reliability_md_names_each_history_and_what_it_names_exists() -> None:
    names = set(re.findall(r"`([a-z0-9]+(?:_[a-z0-9]+)+)`", (ROOT / "docs" / "reliability.md").read_text("utf-8")))
    tests = {found for path in (ROOT / "tests").rglob("test_*.py") for found in _TEST.findall(path.read_text("utf-8"))}
    assert names & HISTORIES.keys() == HISTORIES.keys()
    assert names - HISTORIES.keys() <= tests
