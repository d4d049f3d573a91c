"""What ``make torture`` runs at length, and the other lanes in short."""

from __future__ import annotations

import os

TORTURE = "TORTURE" in os.environ


def examples(number: int) -> int:
    """How many examples a property gets: all of them under torture, else a third."""
    return number if TORTURE else number // 3
