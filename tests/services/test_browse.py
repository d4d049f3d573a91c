"""``make browse`` shows the current articles in Datasette: search finds, facets count, hostile text stays text."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from tests.support.browser import looking, needs_chromium
from tests.support.exporting import store
from tests.support.sample_data import ROOT, made

pytestmark = pytest.mark.skipif(
    not (ROOT / ".venv-browse" / "installed").exists(), reason="Datasette is not there: make .venv-browse/installed"
)
HOSTILE = "<script>alert(1)</script> ‘=1+1’ \u202eb"
HTML = (
    "<h2>Why</h2><p>It <a href='https://b.example/'>fell</a>.</p><table><tbody><tr><td>31</td></tr></tbody></table>"
    '<figure><img src="https://b.example/cow.jpg" alt="A &gt; B &quot;C&quot;"><figcaption>Cows</figcaption></figure>'
    "<script>alert(1)</script><p onclick='alert(1)'>End<img src=x onerror=alert(1)></p><a href='javascript:alert(1)'>"
)


@dataclass
class Served:
    """A running Datasette."""

    address: str

    def rows(self, **query: str) -> dict[str, Any]:
        """The articles that a query gives, as JSON."""
        with urlopen(f"{self.address}/articles/articles.json?{urlencode({'_shape': 'objects', **query})}") as answer:
            found: dict[str, Any] = json.load(answer)
            return found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("browse")
    store(
        folder / "data",
        [
            made(1, headline="Milk falls in Köln", section="World", authors=["Ann", "Bo"], day_published="2022-01-07"),
            made(2, headline="Ferry", body="The milk was late.", section="World", authors=["Ann"], body_html=HTML),
            made(3, headline="Opera", body="Sold out.", section="Culture", day_published="2022-02-01", views=12),
            made(4, headline=HOSTILE, body="Nothing.", section=HOSTILE, authors=[HOSTILE], url="javascript:alert(1)"),
        ],
    )
    command = ["make", "--silent", "browse", f"DATA={folder / 'data'}", f"BUILT={folder / 'articles.db'}", "PORT=0"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stderr
        try:
            printed = iter(process.stderr.readline, "")
            yield Served(next(filter(None, (re.search(r"http://127\.0\.0\.1:\d+", line) for line in printed)))[0])
        finally:
            os.killpg(process.pid, signal.SIGTERM)


def test_the_address_that_is_printed_leads_to_the_table(served: Served) -> None:
    with urlopen(served.address) as answer:
        page = answer.read().decode()
    (target,) = re.findall(r'http-equiv="refresh" content="0; url=([^"]+)"', page)
    with urlopen(f"{served.address}/{target}") as answer:
        assert "Milk falls in K" in answer.read().decode()


def test_search_is_over_headline_and_body_without_accents(served: Served) -> None:
    assert {row["id"] for row in served.rows(_search="milk")["rows"]} == {1, 2}
    assert {row["id"] for row in served.rows(_search="koln")["rows"]} == {1}
    assert served.rows(_search="nowhere")["rows"] == []


def test_facets_are_section_author_and_month(served: Served) -> None:
    facets = served.rows()["facet_results"]
    counted = {name: {each["value"]: each["count"] for each in facet["results"]} for name, facet in facets.items()}
    assert counted == {
        "section": {"World": 2, "Culture": 1, HOSTILE: 1},
        "authors": {"Ann": 2, "Bo": 1, HOSTILE: 1},
        "month": {"2022-01": 1, "2022-02": 1},
    }
    assert [row["id"] for row in served.rows(authors__arraycontains="Bo")["rows"]] == [1]


def test_numbers_are_numbers(served: Served) -> None:
    assert [row["id"] for row in served.rows(views__gt="9")["rows"]] == [3]


def test_the_html_of_an_article_is_shown_clean_and_without_pictures(served: Served) -> None:
    def shown(path: str) -> str:
        with urlopen(f"{served.address}{path}") as answer:
            return str(answer.read().decode())

    for page in (shown("/articles/articles/2"), shown("/articles/articles?id=2")):
        (html,) = re.findall('<div class="body-html">(.*?)</div>', page, re.DOTALL)
        assert "<h2>Why</h2>" in html
        assert "<td>31</td>" in html
        assert re.search(r'<a href="https://b\.example/cow\.jpg"[^>]*>\[A (?:>|&gt;) B &quot;C&quot;\]</a>', html)
        assert re.findall("<img|onclick|onerror|javascript:|alert", html) == []
        (style,) = re.findall(r'href="(/browse/\w+\.css)"', page)
        assert "body-html" in shown(style)


@needs_chromium
def test_a_browser_shows_the_page_and_finds(served: Served) -> None:
    with looking(f"{served.address}/articles/articles", width=1280) as seen:
        assert seen.page.locator("h1").inner_text() == "articles"
        assert seen.page.get_by_text("<script>alert(1)</script>").count() > 0
        assert seen.page.locator("a[href^='javascript']").count() == 0
        seen.page.fill("#_search", "milk")
        seen.page.press("#_search", "Enter")
        seen.page.wait_for_url("**_search=milk**")
        assert seen.page.locator("table.rows-and-columns > tbody > tr").count() == 2
        assert seen.messages == []
        assert [address for address in seen.requested if not address.startswith((served.address, "data:"))] == []


def test_no_dataset_is_reported(tmp_path: Path) -> None:
    ended = subprocess.run(
        ["make", "--silent", "browse", f"DATA={tmp_path}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode != 0
    assert f"there is no {tmp_path}/articles.jsonl" in ended.stderr
