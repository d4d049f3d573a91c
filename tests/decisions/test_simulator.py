"""A short run of the simulator; ``make simulate`` is a long one."""

from __future__ import annotations

import pytest

from tests.decisions.simulator import Options, Step, drawn, played, simulate, simulated

SEED = 1


def test_the_dataset_equals_the_newspaper_after_each_stretch_of_faults() -> None:
    report = simulate(300, SEED, Options(), seconds=20)
    assert not report.failures, "\n".join(report.failures)
    assert report.crawls >= 300


@pytest.mark.parametrize("number", range(3))
def test_a_history_is_the_same_each_time(number: int) -> None:
    steps = drawn(f"7-{number}", Options())[:6]
    with simulated():
        first, again = played(f"7-{number}", steps, Options()), played(f"7-{number}", steps, Options())
    assert first[0].log == again[0].log
    assert str(first[1]) == str(again[1])


def test_the_oracle_notices_what_the_dataset_lacks() -> None:
    with simulated():
        history, error = played("7-1", [Step("publish", "x"), Step("check", "x")], Options())
    assert str(error).startswith("('lost'"), history.log
