"""The replica as tests use it: a server in a subprocess."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

from tests.support import warm
from tests.support.replica.listings import Pagination
from tests.support.replica.newsroom import Newsroom, Truth
from tests.support.replica.sitemaps import Sitemap

ROOT = Path(__file__).parents[3]


class Replica:
    """A running site; a context manager. The arguments are the options of ``python -m tests.support.replica``."""

    url: str

    def __init__(
        self,
        *,
        articles: int = 300,
        seed: int = 1,
        day: int = 0,
        port: int = 0,
        pagination: Pagination = "nav",
        sitemap: Sitemap = "core",
        no_lastmod: bool = False,
        no_rest: bool = False,
        no_json_ld: bool = False,
        faults: float = 0.0,
        latency: float = 0.0,
        log: Path | None = None,
    ) -> None:
        self._articles, self._seed, self._day = articles, seed, day
        self._folder = TemporaryDirectory(prefix="replica-")
        self._log = (log or Path(self._folder.name, "requests.jsonl")).resolve()
        self._command = [
            *("-m", "tests.support.replica", "--port", str(port)),
            *("--articles", str(articles), "--seed", str(seed), "--day", str(day)),
            *("--pagination", pagination, "--sitemap", sitemap),
            *("--faults", str(faults), "--latency", str(latency), "--log", str(self._log)),
            *(["--no-lastmod"] if no_lastmod else []),
            *(["--no-rest"] if no_rest else []),
            *(["--no-json-ld"] if no_json_ld else []),
        ]

    def __enter__(self) -> Self:
        self._process = warm.Process(self._command, ROOT, "python")
        self.url = self._process.first_line()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.__exit__()
        self._folder.cleanup()

    def requests(self) -> list[dict[str, Any]]:
        """The requests so far, in their order: time, method, path, status, agent and fault of each.

        [] before the first.
        """
        if not self._log.exists():
            return []
        whole, _, _ = self._log.read_text(encoding="utf-8").rpartition("\n")  # a line may be on its way
        return [json.loads(line) for line in whole.splitlines()]

    def set_day(self, day: int) -> None:
        """Turns the running site to another day of its life; its address stays."""
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/-/day/{day}", method="POST")):
            self._day = day

    def truth(self, day: int | None = None) -> Iterator[Truth]:
        """What each public article contains on a day, by default the present one; the oldest article first."""
        return Newsroom(self._articles, self._seed, self._day if day is None else day).truth()
