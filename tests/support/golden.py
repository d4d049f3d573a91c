"""The golden pages: what they hold, and what each must give."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mainland.clean import dates
from mainland.pages.article import Site
from mainland.pages.page import Page, parse

FIXTURES = Path(__file__).parents[1] / "fixtures"


@dataclass(frozen=True)
class Case:
    """One folder: a page, why it is there, and what is expected of it."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def about(self) -> dict[str, Any]:
        """case.json."""
        return dict(json.loads((self.folder / "case.json").read_text("utf-8")))

    @property
    def expected(self) -> dict[str, Any]:
        """expected.json."""
        return dict(json.loads((self.folder / "expected.json").read_text("utf-8")))

    @property
    def html(self) -> bytes:
        """page.html."""
        return (self.folder / "page.html").read_bytes()

    @property
    def page(self) -> Page:
        """The page, as a crawl would see it."""
        return parse(self.html, self.about.get("url"))

    @property
    def site(self) -> Site:
        """What the case says of its site."""
        return Site(dates.zone(self.about.get("timezone")), self.about.get("date_order", "MDY"))


def cases(kind: str) -> list[Case]:
    """All cases of a kind, ``pages`` or ``listings``, sorted by name."""
    return [Case(folder) for folder in sorted((FIXTURES / kind).iterdir()) if folder.is_dir()]
