"""One oddity of one page each, with the one field that it used to spoil."""

from __future__ import annotations

import json
from typing import Any

import pytest

import mainland
from tests.support.golden import FIXTURES

QUIRKS: dict[str, dict[str, Any]] = json.loads((FIXTURES / "quirks.json").read_text("utf-8"))


def test_every_page_has_its_expectation() -> None:
    assert {path.stem for path in (FIXTURES / "quirks").iterdir()} == QUIRKS.keys()


@pytest.mark.parametrize("name", sorted(QUIRKS))
def test_quirk(name: str) -> None:
    quirk = QUIRKS[name]
    html = (FIXTURES / "quirks" / f"{name}.html").read_text("utf-8")
    assert getattr(mainland.article(html, quirk["url"]), quirk["field"]) == quirk["expected"], quirk["why"]
