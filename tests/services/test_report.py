"""A browser shows the report without an error or a request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mainland.reporting import report
from tests.support.browser import looking, needs_chromium
from tests.support.exporting import store
from tests.support.reports import NOW, RUN, ZONE, Paper, crawled, hostile_report, log
from tests.support.sample_data import made


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Paper:
    return crawled(tmp_path_factory.mktemp("paper"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with two articles and a crawl."""
    store(tmp_path / "data", [made(1), made(2)])
    log(tmp_path / "data", RUN)
    return tmp_path / "data"


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_a_browser_shows_it_without_an_error_or_a_request(paper: Paper, width: int, scheme: Any) -> None:
    address = (paper.data / "report.html").as_uri()
    with looking(address, width=width, scheme=scheme) as seen:
        assert (seen.messages, seen.requested) == ([], [address])
        assert seen.overflow == 0
        assert seen.page.locator("h1").is_visible()
        assert seen.page.locator("svg:visible").count() > 3
        shade = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert shade == {"light": "rgb(251, 250, 247)", "dark": "rgb(20, 23, 26)"}[scheme]
        seen.page.locator("summary").first.click()
        assert seen.page.locator("table:visible").count() > 1
        assert seen.overflow == 0


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile_report(tmp_path_factory.mktemp("hostile"))


@needs_chromium
def test_hostile_text_does_nothing_in_a_browser(hostile_page: Path) -> None:
    with looking(hostile_page.as_uri(), width=360) as seen:
        assert (seen.messages, seen.requested, seen.overflow) == ([], [hostile_page.as_uri()], 0)


@needs_chromium
@pytest.mark.parametrize(
    "planted",
    [
        "<script>console.log(1)</script>",
        "<p style='color:red'>",
        "<img src='http://127.0.0.1:9/x.png'>",
        "<style>p{}</style>",
    ],
)
def test_the_page_forbids_what_it_does_not_need(folder: Path, planted: str) -> None:
    out = folder / "planted.html"
    out.write_text(report.page(folder, ZONE, NOW).replace("</main>", f"{planted}</main>"), "utf-8")
    with looking(out.as_uri()) as seen:
        assert "Content Security Policy" in "".join(seen.messages)
