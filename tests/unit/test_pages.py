"""The golden pages give what their expected.json says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import mainland
from mainland.items import Article
from mainland.pages.article import article
from mainland.pages.errors import NotAnArticleError
from mainland.pages.page import parse
from tests.support.golden import Case, cases

PAGES = cases("pages")
NO_ARTICLE = "not_an_article"

# What no page says of itself, and what follows from the body.
NOT_EXPECTED = frozenset(
    "word_count duplicate_of revision change content_hash extractor date_crawled date_removed".split()
)

LEAST_CASES = 125
# The share of the golden pages that must give a field as expected. It is raised, never lowered.
FLOORS = dict.fromkeys(sorted(set(Article.__dataclass_fields__) - NOT_EXPECTED), 1.0)


def read(case: Case) -> dict[str, Any]:
    """What a page gives, in the form of expected.json: the body as its blocks."""
    try:
        item = article(case.page, case.site)
    except NotAnArticleError as error:
        return {NO_ARTICLE: str(error)}
    found = {name: value for name, value in asdict(item).items() if name not in NOT_EXPECTED}
    found["body"] = item.body.split("\n\n") if item.body else []
    return found


def update(case: Case, found: dict[str, Any]) -> None:
    """Rewrite the expected.json of a case; one that is missing stays so."""
    path = case.folder / "expected.json"
    if path.exists():
        path.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", "utf-8")


@pytest.fixture(params=PAGES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    if request.config.getoption("--update-golden"):
        expected = found.expected if (found.folder / "expected.json").exists() else {}
        if NO_ARTICLE not in expected:
            update(found, read(found))
    return found


def test_page_gives_what_is_expected(case: Case) -> None:
    expected = case.expected
    found = read(case)
    if NO_ARTICLE in expected:
        assert NO_ARTICLE in found, f"{case.name} is not an article, but read as one"
        return
    assert NO_ARTICLE not in found, f"{case.name}: {found}"
    wrong = {name: (found[name], value) for name, value in expected.items() if found[name] != value}
    assert not wrong, "\n".join(f"{name}: found {have!r}, expected {want!r}" for name, (have, want) in wrong.items())


POST = '<body class="single-post"><h1>Milk falls</h1>{}<div class="content-inner"><p>It fell.</p></div>'
PRINTED = POST.format('<div class="jeg_meta_date">03/04/2024</div>')
INSTANT = POST.format('<meta property="article:published_time" content="2024-03-04T23:30:00Z">')


@pytest.mark.parametrize(
    ("page", "given", "day"),
    [
        (PRINTED, {}, "2024-03-04"),
        (PRINTED, {"date_order": "DMY"}, "2024-04-03"),
        (INSTANT, {}, "2024-03-04"),
        (INSTANT, {"timezone": "Asia/Tokyo"}, "2024-03-05"),
        (INSTANT, {"timezone": timezone(timedelta(hours=9))}, "2024-03-05"),
    ],
)
def test_python_api_takes_the_time_zone_and_the_order_of_dates(page: str, given: dict[str, Any], day: str) -> None:
    assert mainland.article(page, **given).day_published == day


@pytest.mark.parametrize("given", [{"timezone": "Mars"}, {"timezone": "../etc"}, {"date_order": "mdy"}])
def test_python_api_refuses_what_it_does_not_know(given: dict[str, Any]) -> None:
    (name,) = given
    with pytest.raises(ValueError, match=f"{name} '.*' is unknown"):
        mainland.article(PRINTED, **given)


def test_case_says_why_it_exists_and_names_every_field(case: Case) -> None:
    about = case.about
    assert about["why"].strip()
    assert about.keys() <= {"why", "url", "timezone", "date_order"}
    expected = case.expected
    assert expected.keys() in ({NO_ARTICLE}, FLOORS.keys())


def test_what_belongs_to_no_page_is_left_to_the_crawl(case: Case) -> None:
    if NO_ARTICLE in case.expected:
        return
    item = article(case.page, case.site)
    assert (item.revision, item.change, item.date_crawled, item.date_removed) == (1, "new", None, None)
    assert item.word_count == len((item.body or "").split())
    assert item.content_hash == article(case.page, case.site).content_hash


def test_there_are_enough_cases() -> None:
    assert len(PAGES) >= LEAST_CASES
    assert sum(NO_ARTICLE in case.expected for case in PAGES) >= 12
    assert FLOORS.keys() == PAGES[0].expected.keys()


def test_accuracy_of_each_field_is_not_below_its_floor() -> None:
    pairs = [(read(case), case.expected) for case in PAGES]
    articles = [(found, expected) for found, expected in pairs if NO_ARTICLE not in expected]
    below = {}
    for name, floor in FLOORS.items():
        right = sum(found.get(name, NO_ARTICLE) == expected[name] for found, expected in articles)
        if right / len(articles) < floor:
            below[name] = f"{right} of {len(articles)}"
    assert not below


def test_missing_expectation_fails_and_is_not_written(tmp_path: Path) -> None:
    bare = Case(tmp_path)
    update(bare, {"headline": "Milk"})
    with pytest.raises(FileNotFoundError):
        bare.expected  # noqa: B018 - reading it is the test
    (tmp_path / "expected.json").write_text("{}", "utf-8")
    update(bare, {"headline": "Milk"})
    assert bare.expected == {"headline": "Milk"}


@pytest.mark.parametrize("read_file", [lambda html: html, lambda html: html.decode("utf-8", "replace")])
def test_a_saved_page_is_read_without_a_crawl(read_file: Callable[[bytes], str | bytes]) -> None:
    (case,) = (case for case in PAGES if case.name == "yoast-head")
    item = mainland.article(read_file(case.html))
    assert item.headline == case.expected["headline"]
    assert item.url == case.expected["url"]


def test_parts_of_a_split_article_make_one_body() -> None:
    (case,) = (case for case in PAGES if case.name == "split-article-part-1")
    second = parse(
        b'<body class="single-post"><div class="entry-content"><div class="content-inner">'
        b'<p>And then.</p><p><a href="https://elsewhere.example/">More</a></p></div></div></body>'
    )
    whole = article(case.page, case.site, [second])
    assert whole.body == "\n\n".join([*case.expected["body"], "And then.", "More"])
    assert whole.links[-1] == {"url": "https://elsewhere.example/", "text": "More"}
    assert whole.headline == case.expected["headline"]


def test_an_edit_moves_the_hash_and_a_count_does_not() -> None:
    (case,) = (case for case in PAGES if case.name == "views-1-2k")
    first = article(case.page, case.site)
    more_views = article(parse(case.html.replace(b"1.2k", b"1.3k"), first.url), case.site)
    assert (first.views, more_views.views) == (1200, 1300)
    assert more_views.content_hash == first.content_hash
    words = (first.body or "").split()[0].encode()
    edited = article(parse(case.html.replace(words, b"Suddenly"), first.url), case.site)
    assert edited.body != first.body
    assert edited.content_hash != first.content_hash
