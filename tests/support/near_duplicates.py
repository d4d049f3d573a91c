"""Texts of articles that are, or are not, near-duplicates."""

from __future__ import annotations

import random
from pathlib import Path


def body(seed: int, size: int = 200) -> str:
    """A text of random words, which no other seed gives in the same order; ``size`` is their number."""
    draw = random.Random(seed)
    return " ".join(f"{draw.choice('bcdfg')}{draw.choice('aeiou')}{draw.randrange(300)}" for _ in range(size))


def lines_of(folder: Path) -> bytes:
    """The content of articles.jsonl and duplicates.jsonl, one after the other."""
    return (folder / "articles.jsonl").read_bytes() + (folder / "duplicates.jsonl").read_bytes()
