"""Each named history ends as it should."""

from __future__ import annotations

from typing import Any

import pytest

from tests.decisions.histories import HISTORIES

VARIANTS = [
    pytest.param(name, profile, case, id="-".join([name, profile, *([str(case)] if case is not None else [])]))
    for name, each in HISTORIES.items()
    for profile, case in each.variants()
]


@pytest.mark.parametrize(("name", "profile", "case"), VARIANTS)
def test_each_crawl_of_a_history_does_what_is_expected(name: str, profile: str, case: Any) -> None:
    HISTORIES[name].run(profile, case)
