"""``scrapy why``: the stored decision about an address."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.decisions.cells import OTHER, STATES, URL, reach
from tests.support.crawling import scrapy


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with article 6, and article 5 that is listed and answered 404 once."""
    found = tmp_path_factory.mktemp("why") / "data"
    reach(found, STATES["stored, reported as changed, was 404 once"])
    return found


def test_a_suspicious_article_is_explained(folder: Path) -> None:
    found = json.loads(scrapy("why", "--json", URL, "-s", f"MAINLAND_DATA_DIR={folder}").out)
    assert found.pop("decided_at")
    assert [line.pop("date") is not None for line in found["lines"]] == [True]
    assert found == {
        "url": URL,
        "id": 5,
        "article": "public",
        "state": "live",
        "rule": "missing, first look",
        "evidence": "status 404 (missing, 1 look)",
        "listed_by": ["inventory 2, the latest", "reported in crawl 2 of 2"],
        "changed_at": "2024-08-01T10:00:00+00:00",
        "settled_at": "2024-03-05T08:41:12+00:00",
        "requested_again": "the next crawl",
        "alternates": [],
        "lines": [{"revision": 1, "change": "new"}],
    }


def test_an_id_is_explained_in_words(folder: Path) -> None:
    ended = scrapy("why", "6", "-s", f"MAINLAND_DATA_DIR={folder}")
    assert ended.status == 0
    rows = dict(line.split(maxsplit=1) for line in ended.out.splitlines() if not line.startswith("listed by"))
    assert (rows["address"], rows["state"]) == (OTHER, "live, article 6 (public)")
    assert rows["decided"].endswith(", by the rule: article")
    assert rows["requested"] == "when a source reports a later change, or no inventory lists it any more"
    assert rows["lines"].startswith("1 new ")


@pytest.mark.parametrize(
    ("words", "status", "what"),
    [
        (["https://a.example/nothing/"], 1, "nothing is known of https://a.example/nothing/"),
        (["99"], 1, "nothing is known of 99"),
        (["no address"], 2, "'no address' is not an address or an id"),
        ([], 2, "give one address or one id"),
        (["1", "2"], 2, "give one address or one id"),
        (["7", "-s", "MAINLAND_DATA_DIR=/nowhere"], 2, "there is no folder /nowhere"),
    ],
)
def test_what_it_cannot_explain_is_reported_in_a_line(folder: Path, words: list[str], status: int, what: str) -> None:
    ended = scrapy("why", "-s", f"MAINLAND_DATA_DIR={folder}", *words)
    assert (ended.status, ended.out) == (status, "")
    assert ended.err.startswith(f"scrapy why: {what}")
    assert ended.err.count("\n") == 1


def test_a_folder_without_an_index_is_reported_in_a_line(tmp_path: Path) -> None:
    ended = scrapy("why", "7", "-s", f"MAINLAND_DATA_DIR={tmp_path}")
    assert (ended.status, ended.out) == (73, "")
    assert "run a crawl: it makes the index again" in ended.err
