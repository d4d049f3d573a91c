"""Debian's Chromium, looking at a page: what it says, and what it requests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None or find_spec("playwright") is None,
    reason="there is no chromium, or no playwright: apt-get install chromium, make setup-services",
)


@dataclass
class Seen:
    """What a browser saw of a page."""

    page: Page
    messages: list[str] = field(default_factory=list)
    """Lines of its console, and errors of scripts."""

    requested: list[str] = field(default_factory=list)
    """Addresses that it requested."""

    @property
    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@contextmanager
def looking(address: str, *, width: int = 1280, scheme: Literal["light", "dark"] = "light") -> Iterator[Seen]:
    """A context with a browser window that shows a page, loaded to the end.

    ``width`` is that of the window in pixels.
    """
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only tests of services have it

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            seen = Seen(page)
            page.on("console", lambda message: seen.messages.append(message.text))
            page.on("pageerror", lambda error: seen.messages.append(str(error)))
            page.on("request", lambda request: seen.requested.append(request.url))
            page.goto(address, wait_until="networkidle")
            yield seen
        finally:
            browser.close()
