"""Extraction beside lxml's parse of the same bytes."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

from lxml.html import document_fromstring

import mainland
from mainland.pages.page import parse
from tests.bench.samples import Sample, golden, replica
from tests.bench.tables import MOST_EXTRACTION, judged, table

_ROUNDS = 5
_SMALL = 8_000  # bytes of a page: those of real sites are larger
_LEAST_SECONDS = 0.02  # of CPU a measurement: some systems count it in steps of a hundredth of a second


def main() -> None:
    """Print the table."""
    sets = {"golden": golden(), "replica": replica()}
    table(
        f"Extraction: CPU ms a page, median over pages of the least of {_ROUNDS} interleaved runs",
        ("pages", "number", "kB", "lxml.html", "parse", "parse and article", "ratio to lxml.html"),
        [row for name, samples in sets.items() for row in _rows(name, samples)],
    )


def _rows(name: str, samples: list[Sample]) -> list[list[str]]:
    timed = [(sample, *_times(sample)) for sample in samples]
    usual, small = ([each for each in timed if (len(each[0].html) < _SMALL) is is_small] for is_small in (False, True))
    heaviest = max(usual, key=lambda each: each[3])
    worst = max(usual, key=lambda each: each[3] / each[1])
    rows = [
        ("median", usual),
        (f"the heaviest: {heaviest[0].name.strip('/')}", [heaviest]),
        (f"the worst ratio: {worst[0].name.strip('/')}", [worst]),
        ("above the target, median", [each for each in usual if each[3] > MOST_EXTRACTION * each[1]]),
        (f"smaller than {_SMALL // 1000} kB, median", small),
    ]
    return [_row(f"{name}, {label}", each) for label, each in rows if each]


def _row(name: str, timed: list[tuple[Sample, float, float, float]]) -> list[str]:
    size = median(len(sample.html) for sample, *_ in timed) / 1000
    bare, parsed, whole = (median(column) * 1000 for column in zip(*(times for _, *times in timed), strict=True))
    ratio = median(each[3] / each[1] for each in timed)
    figures = (f"{size:.0f}", *(f"{value:.2f}" for value in (bare, parsed, whole)))
    return [name, str(len(timed)), *figures, judged(ratio, MOST_EXTRACTION)]


def _times(sample: Sample) -> tuple[float, float, float]:
    """Seconds for lxml's parse, for ours, and for ours with the article."""
    html, url = sample.html, sample.url
    works: list[Callable[[], object]] = [
        lambda: document_fromstring(html),
        lambda: parse(html, url),
        lambda: mainland.article(html, url),
    ]
    works[-1]()  # what is loaded once for all pages is no page's
    runs = [[_seconds(work) for work in works] for _ in range(_ROUNDS)]
    bare, parsed, whole = (min(column) for column in zip(*runs, strict=True))
    return bare, parsed, whole


def _seconds(work: Callable[[], object]) -> float:
    """CPU seconds that a work takes, repeated until they can be measured."""
    begun, repeats = time.process_time(), 0
    while time.process_time() - begun < _LEAST_SECONDS:
        work()
        repeats += 1
    return (time.process_time() - begun) / repeats
