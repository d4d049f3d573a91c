"""Texts of articles that are, or are not, near-duplicates."""

from __future__ import annotations

import random
from pathlib import Path


def body(seed: int, size: int = 200) -> str:
    """Words that no other seed gives in the same order."""
    draw = random.Random(seed)
    return " ".join(f"{draw.choice('bcdfg')}{draw.choice('aeiou')}{draw.randrange(300)}" for _ in range(size))


def lines_of(folder: Path) -> bytes:
    return (folder / "articles.jsonl").read_bytes() + (folder / "duplicates.jsonl").read_bytes()
