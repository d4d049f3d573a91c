"""Figures as plain tables, and what they are measured against."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version

# What docs/benchmarks.md promises, as ratios of two figures of one run.
MOST_EXTRACTION = 5.0
MOST_ENGINE = 2.5
MOST_MEMORY = 1.2
LEAST_RIGHT = 0.99
MOST_COPIES = 1.0  # ms an article


def machine() -> str:
    """Day, cores, load and versions, in a line."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("scrapy", "lxml", "parsel"))
    return (
        f"{datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f},"
        f" {platform.system()}, Python {platform.python_version()}, {packages}"
    )


def table(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints a table as Markdown; all columns but the first stand to the right."""
    lines = [list(header), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * width if number == 0 else "-" * (width - 1) + ":" for number, width in enumerate(widths)]
    print(f"\n{title}\n")
    for cells in (lines[0], rule, *lines[1:]):
        first, *others = (
            cell.rjust(width) if number else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        print(f"| {' | '.join([first, *others])} |", flush=True)


def judged(ratio: float, most: float) -> str:
    """A ratio beside its target, marked where it falls short."""
    return f"{ratio:.2f} (target {most:g}: {'met' if ratio <= most else 'FALLS SHORT'})"


def judged_least(share: float, least: float) -> str:
    """A share beside its target, marked where it falls short."""
    return f"{share:.4f} (target {least:g}: {'met' if share >= least else 'FALLS SHORT'})"
