"""Quality and time beside other extractors, on the same pages and by the same measure."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.extractors import EXTRACTORS
from tests.bench.measured import ROOT
from tests.bench.samples import Sample, golden, replica
from tests.bench.tables import table

PEERS = Path(ROOT, ".venv-peers", "bin", "python")
_PACKAGES = ("trafilatura", "newspaper4k", "news-please")
_ROUNDS = 3
_WORD = re.compile(r"[^\W_]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass
class Score:
    """What an extractor got right of a set of pages, and its CPU seconds a page."""

    right: list[dict[str, float]] = field(default_factory=list)
    seconds: list[list[float]] = field(default_factory=list)

    def share(self, name: str) -> str:
        """Per cent."""
        return f"{100 * fmean(each[name] for each in self.right):.1f}"

    @property
    def milliseconds(self) -> float:
        """CPU ms a page: the median over pages of the median of the runs."""
        return float(1000 * median(median(page) for page in zip(*self.seconds, strict=True)))


def main() -> None:
    """Print the tables."""
    if not PEERS.exists():
        print(f"\nPeers: left out, there is no {PEERS.relative_to(ROOT)}; make bench-peers makes it")
        return
    print(f"\nPeers: {_versions()}")
    for name, samples in {"golden": golden(), "replica": replica()}.items():
        scores = {extractor: Score() for extractor in EXTRACTORS}
        for _ in range(_ROUNDS):
            for extractor, score in scores.items():
                _run(extractor, samples, score)
        own = scores["mainland"].milliseconds
        fields = ("headline", "authors", "day", "body", "body words")
        table(
            f"Peers on {len(samples)} {name} pages: per cent right, and CPU ms a page, median of {_ROUNDS} runs",
            ("extractor", *fields, "ms", "times mainland"),
            [
                [
                    extractor,
                    *map(score.share, fields),
                    f"{score.milliseconds:.1f}",
                    f"{score.milliseconds / own:.1f}",
                ]
                for extractor, score in scores.items()
            ],
        )


def _run(extractor: str, samples: list[Sample], score: Score) -> None:
    interpreter = sys.executable if extractor == "mainland" else str(PEERS)
    with TemporaryDirectory(prefix="bench-") as folder:
        requested = ""
        for number, sample in enumerate(samples):
            path = Path(folder, f"{number}.html")
            path.write_bytes(sample.html)
            requested += json.dumps([str(path), sample.url]) + "\n"
        # Run as a module, so that no package of the peers is hidden by a file beside it.
        ended = subprocess.run(
            [interpreter, "-W", "ignore", "-m", "tests.bench.extractors", extractor],
            cwd=ROOT,
            input=requested,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=True,
        )
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    score.seconds.append([page[0] for page in found])
    score.right = [right(sample, *page[1:]) for sample, page in zip(samples, found, strict=True)]


def right(sample: Sample, headline: Any, authors: Any, date: Any, body: Any) -> dict[str, float]:
    """How far what an extractor found is what the page says: 1 for right, 0 for wrong, words of the body by F1."""
    day = _DAY.search(str(date or ""))
    wanted, found = words("\n".join(sample.body)), words(body)
    return {
        "headline": words(headline) == words(sample.headline),
        "authors": names(authors) == names(sample.authors),
        "day": day[0] in sample.days if day else not sample.days,
        "body": wanted == found,
        "body words": _f1(wanted, found),
    }


def names(authors: Any) -> set[str]:
    """The names in a list, or in a text with semicolons between them; case, space and points aside."""
    texts = authors.split(";") if isinstance(authors, str) else authors or []
    return {" ".join(_same(name).casefold().replace(".", " ").split()) for name in map(str, texts)} - {""}


def words(value: Any) -> list[str]:
    """The words in their order; marks that stand alone are none: the points of lists, the strokes of tables."""
    return [word for word in _same(value).split() if _WORD.search(word)]


def _same(value: Any) -> str:
    return unicodedata.normalize("NFC", str(value or ""))


def _f1(wanted: list[str], found: list[str]) -> float:
    if not wanted and not found:
        return 1.0
    common = (Counter(wanted) & Counter(found)).total()
    return 2 * common / (len(wanted) + len(found))


def _versions() -> str:
    code = "import importlib.metadata as m, sys; print(', '.join(f'{n} {m.version(n)}' for n in sys.argv[1:]))"
    return subprocess.run([PEERS, "-c", code, *_PACKAGES], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
