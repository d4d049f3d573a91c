"""The rules that are data: that they are read, and that no word list is left in a regular expression."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mainland
from mainland import data
from mainland.clean import bylines, calendars
from mainland.clean.dates import plain_day, printed_day
from mainland.clean.names import WORDS, is_agency

DATES = data.load("dates")


@pytest.mark.parametrize("name", ["bylines", "credits", "dates", "labels", "names", "titles"])
def test_no_regular_expression_holds_a_word_list(name: str) -> None:
    source = (Path(mainland.__file__).parent / "clean" / f"{name}.py").read_text("utf-8")
    assert re.findall(r"[^\W\d_]{2,}\??\|[^\W\d_]{2,}", source) == []


@pytest.mark.parametrize("language", DATES["months"])
def test_each_month_of_a_language_is_read(language: str) -> None:
    declared = language.partition("_")[0]
    for number, names in enumerate(DATES["months"][language], 1):
        for name in names.split(", "):
            year = 1401 if language == "fa_solar" else 2022
            found = printed_day(f"7 {name} {year}", language=declared)
            assert found == calendars.gregorian(year, number, 7).isoformat()


def test_days_of_the_buddhist_and_the_persian_calendar_are_those_of_the_gregorian_one() -> None:
    texts = "5 มีนาคม 2567", "๕ มีนาคม ๒๕๖๗", "۱۵ اسفند ۱۴۰۲", "سه شنبه، ۱۵ اسفند ۱۴۰۲", "۱۴۰۲/۱۲/۱۵", "5 March 2024"
    assert [printed_day(text) for text in texts] == ["2024-03-05"] * len(texts)
    assert [printed_day(text) for text in ("۳۰ اسفند ۱۴۰۲", "۳۰ اسفند ۱۴۰۳", "۱ فروردین ۱۳۷۵")] == [
        None,
        "2025-03-20",
        "1996-03-20",
    ]


def test_a_name_of_two_months_is_read_in_the_language_of_the_page() -> None:
    days = [printed_day("7 listopada 2022", language=language) for language in ("hr-HR", "pl-PL", "en-US", None)]
    assert days == ["2022-10-07", "2022-11-07", "2022-11-07", "2022-11-07"]


def test_other_words_stand_beside_a_printed_date() -> None:
    texts = "lunes, enero 3, 2022", "Publicado el lunes 3 de enero de 2022, 8:41", "the 3rd of January 2022"
    assert {printed_day(text) for text in texts} == {"2022-01-03"}
    assert printed_day("3 cosas de enero 2022") is None


def test_each_english_month_is_read() -> None:
    for number, names in DATES["english"]["months"].items():
        for name in names:
            assert {plain_day(f"{name} 7, 2022"), plain_day(f"7 {name.upper()}. 2022")} == {f"2022-{number:0>2}-07"}


def test_every_agency_is_one_in_any_case() -> None:
    agencies = WORDS["agencies"]["names"]
    assert [name for name in agencies if not all(map(is_agency, (name, name.title(), name.upper())))] == []
    assert [
        name for name in agencies if bylines.authors(f"By Jane Roe ({name.title()})") != ["Jane Roe", name.title()]
    ] == []


def test_a_letter_that_only_looks_like_one_costs_no_date() -> None:
    assert plain_day("\u017feptember 27, 2023") == "2023-09-27"
