"""The decisions alone: after any events on a site, two crawls without faults make the dataset equal to the site."""

from __future__ import annotations

import os
import random

from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.decisions.machine import Site2

EXAMPLES = int(os.environ.get("EXAMPLES", "200"))


def test_two_sound_crawls_make_good_whatever_happened() -> None:
    """``SEED=random`` draws other examples each time, and prints their seed; a number repeats them."""
    given = os.environ.get("SEED", "1")
    number = random.randrange(1 << 32) if given == "random" else int(given)
    print(f"SEED={number}")
    seed(number)(Site2)
    chosen = settings(max_examples=EXAMPLES, stateful_step_count=15, derandomize=False, database=None)
    run_state_machine_as_test(Site2, settings=chosen)
