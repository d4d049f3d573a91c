"""The pure modules on any text, and tables of what people print."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainland.clean import dates, picture_values, pictures, text, urls
from mainland.clean.bylines import authors
from mainland.clean.credits import contributors
from mainland.clean.dates import printed_day
from mainland.loaders import (
    distinct,
    read_authors,
    read_id,
    read_language,
    read_modified,
    read_published,
)

LONDON = ZoneInfo("Europe/London")

# Any text, lone surrogates too, and text made of what the modules look for.
ANY = st.text(st.characters())
MARKS = st.lists(
    st.sampled_from(
        [
            *("<b>", "</b>", "<!--", "-->", "&amp;", "&amp;lt;", "&#55296;", "&#0;", "&nbsp;", "<", ">", "&", ";"),
            *("\ud800", "\x00", "\u2028", "\u200b", "\ufeff", "\x0b", "\x85", "\n", "\t", " ", "  ", "\xa0"),
            *("by ", "By", " and ", ", ", "/", " & ", "|", "–", "Jr.", "MEP", "@ana", "ana@a.example", " in Brussels"),
            *("Ana Peña", "AFP", "Desk", "editor", "Additional reporting by ", " contributed to this report", ":", "."),
            *("2022", "-", "01", "13", "31", "7", "T", "10:00", "Z", "+25:99", "January", "janvier", "ago", "٣"),
            *(
                "https://",
                "//",
                "a.example",
                "[",
                "]",
                "::1",
                ":99999",
                "?p=7",
                "&p=8",
                "#",
                "%",
                "%d0%ba",
                "/category/",
            ),
            *("1.2k", "9" * 400, "1e5", "k", "-750x375.jpg", ".jpg", "www.", "xn--", "İ"),
        ]
    ),
    max_size=12,
).map("".join)
TEXT = ANY | MARKS


def is_clean_line(value: str) -> bool:
    """Whether a text is one line that any JSON Lines reader and any terminal takes."""
    kinds = {unicodedata.category(letter) for letter in value}
    return value != "" and value == " ".join(value.split()) and not kinds & {"Cc", "Cs", "Zl", "Zp"}


@given(TEXT)
def test_line_is_clean_and_final(value: str) -> None:
    found = text.line(value)
    assert found is None or is_clean_line(found)
    assert text.line(found) == found


@given(TEXT)
def test_line_keeps_all_words(value: str) -> None:
    letters = [letter for letter in value if letter.isalnum()]
    assert [letter for letter in text.line(value) or "" if letter.isalnum()] == letters


@given(TEXT)
def test_plain_is_a_clean_line(value: str) -> None:
    found = text.plain(value)
    assert found is None or is_clean_line(found)


@given(TEXT)
def test_plain_leaves_text_without_markup_as_it_is(value: str) -> None:
    bare = re.sub("[<>&]", "", value)
    assert text.plain(bare) == text.line(bare)


@given(TEXT, TEXT)
def test_name_of_the_site_is_taken_off_without_a_fault(value: str, name: str) -> None:
    found = text.without_site(f"{value} – {name}", [name])
    assert found is None or is_clean_line(found)
    assert text.without_site("Milk falls | Mainland Times", [name, "Mainland Times"]) == "Milk falls"


@given(TEXT)
def test_count_is_a_natural_number(value: str) -> None:
    found = text.count(value)
    assert found is None or (isinstance(found, int) and found >= 0)


@given(st.integers(0, 10**12))
def test_count_reads_what_it_printed(number: int) -> None:
    assert text.count(str(number)) == text.count(f"{number:,}") == text.count(f"{number:,} VIEWS") == number


@given(TEXT)
def test_authors_are_names_each_once(value: str) -> None:
    found = authors(value)
    assert all(map(is_clean_line, found))
    assert len({name.casefold() for name in found}) == len(found)


@given(st.lists(TEXT, max_size=4))
def test_contributors_are_names_each_once(blocks: list[str]) -> None:
    found = contributors([text.line(block) or "-" for block in blocks])
    assert all(map(is_clean_line, found))
    assert len(set(found)) == len(found)


NAME = st.sampled_from(
    [
        *("Ana Peña", "Jürgen Weiß", "Seán Ó Briain", "Mary-Ann Smith", "Łukasz Żak", "Ludwig van Beethoven"),
        *("J. R. Ewing", "Dr. Ruth Ade", "Nguyễn Văn An", "Олена Коваль", "Anne O’Hara", "Þóra Jónsdóttir"),
    ]
)


@given(st.lists(NAME, min_size=1, max_size=4, unique=True), st.sampled_from(["by ", "By ", "", "BY: ", "Words by "]))
def test_names_come_back_as_printed(names: list[str], by: str) -> None:
    for last in (" and ", " & ", ", and ", ", "):
        printed = by + (", ".join(names[:-1]) + last if names[1:] else "") + names[-1]
        assert authors(printed) == names


@given(TEXT)
def test_moments_are_moments_with_whole_seconds(value: str) -> None:
    found = dates.instant(value, LONDON)
    assert found is None or (found.tzinfo is not None and found.microsecond == 0)
    assert found is None or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", dates.utc(found))


@given(st.datetimes(datetime(1800, 1, 2), datetime(2100, 12, 30)), st.timezones())  # noqa: DTZ001 - hypothesis adds it
def test_moments_come_back(moment: datetime, zone: ZoneInfo) -> None:
    aware = moment.replace(microsecond=0, tzinfo=zone)
    if aware.utcoffset() is None or (aware.utcoffset() or UTC.utcoffset(None)).seconds % 60:
        return
    found = dates.instant(aware.isoformat())
    assert found == aware
    assert dates.utc(found) == aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert dates.is_near(aware.date().isoformat(), found)


@given(TEXT, st.sampled_from(["MDY", "DMY", "YMD", ""]), st.none() | st.sampled_from(["en-US", "fr", "xx", "-", "zh"]))
def test_printed_day_is_a_day_or_nothing(value: str, order: str, language: str | None) -> None:
    found = printed_day(value, order, language)
    assert found is None or 1800 <= date.fromisoformat(found).year <= 2100


@given(st.dates(date(1800, 1, 1), date(2100, 12, 31)))
def test_printed_numbers_are_never_swapped(day: date) -> None:
    iso = day.isoformat()
    assert printed_day(f"{day:%m/%d/%Y}", "MDY") == iso
    assert printed_day(f"{day:%d/%m/%Y}", "DMY") == iso
    assert printed_day(f"{day:%d.%m.%Y}", "MDY") == iso
    assert printed_day(f"{day:%Y/%m/%d}", "DMY") == iso
    assert printed_day(iso, "MDY") == iso


@pytest.mark.parametrize(
    ("printed", "order", "language", "day"),
    [
        ("03/04/2024", "MDY", None, "2024-03-04"),
        ("03/04/2024", "DMY", None, "2024-04-03"),
        ("03-04-2024", "DMY", None, "2024-04-03"),
        ("3.4.2024", "MDY", None, "2024-04-03"),
        ("13/04/2024", "MDY", None, "2024-04-13"),
        ("04/13/2024", "DMY", None, "2024-04-13"),
        ("31/04/2024", "DMY", None, None),
        ("02/30/2024", "MDY", None, None),
        ("2024/03/04", "DMY", None, "2024-03-04"),
        ("March 4, 2024", "DMY", "en-GB", "2024-03-04"),
        ("4 March 2024", "MDY", "en-US", "2024-03-04"),
        ("Monday, 4 March 2024 10:05", "MDY", "en", "2024-03-04"),
        ("4 mars 2024", "MDY", "fr-FR", "2024-03-04"),
        ("4. März 2024", "MDY", "de-DE", "2024-03-04"),
        ("4 de marzo de 2024", "MDY", "es", "2024-03-04"),
        ("marzo 4, 2024", "MDY", "es", "2024-03-04"),
        ("4 marzo 2024", "MDY", "it", "2024-03-04"),
        ("4 de março de 2024", "MDY", "pt-BR", "2024-03-04"),
        ("4 maart 2024", "MDY", "nl", "2024-03-04"),
        ("4 marca 2024", "MDY", "pl", "2024-03-04"),
        ("4 марта 2024", "MDY", "ru", "2024-03-04"),
        ("4 мар. 2024", "MDY", "ru", "2024-03-04"),
        ("31 de abril de 2024", "MDY", "es", None),
        ("4 березня 2024", "MDY", "uk", "2024-03-04"),
        ("4 Mart 2024", "MDY", "tr", "2024-03-04"),
        ("4 maart 2024", "MDY", "en-US", "2024-03-04"),
        ("4 mars 2024", "MDY", None, "2024-03-04"),
        ("01/07/2022 – 03/04/2024", "MDY", None, "2022-01-07"),
        ("3 years ago", "MDY", "en", None),
        ("yesterday", "MDY", "en", None),
        ("March 2024", "MDY", "en", None),
        ("4 March", "MDY", "en", None),
        ("2024", "MDY", "en", None),
        ("12:30", "MDY", "en", None),
        ("03/04/24", "MDY", None, "2024-03-04"),
        ("03/04/24", "DMY", None, "2024-04-03"),
        ("24/03/04", "YMD", None, "2024-03-04"),
        ("04.03.87", "MDY", "de", "1987-03-04"),
        ("令和6年3月4日", "MDY", "ja", "2024-03-04"),
        ("令和元年 5月1日（水）", "MDY", "ja", "2019-05-01"),
        ("民國 113 年 3 月 4 日", "MDY", "zh-TW", "2024-03-04"),
        ("二〇二四年十二月三十一日", "MDY", "zh", "2024-12-31"),
        ("2024年三月四日", "MDY", "zh", "2024-03-04"),
        ("04-Mar-2024", "MDY", "en", "2024-03-04"),
        ("4.März.2024", "MDY", "de", "2024-03-04"),
        ("Mar 4, ’24", "MDY", "en", "2024-03-04"),
        ("4 มี.ค. 67", "MDY", "th", "2024-03-04"),
        ("4 มี.ค. 2567", "MDY", "en-US", "2024-03-04"),
        ("5 مارس، 2024", "MDY", "ar", "2024-03-05"),
        ("Thứ Hai, ngày 4 tháng 3 năm 2024", "MDY", "vi", "2024-03-04"),
        ("4 tháng năm 2024", "MDY", "vi", "2024-05-04"),
        ("2024. gada 4. marts", "MDY", "lv", "2024-03-04"),
        ("2024 m. kovo 4 d.", "MDY", "lt", "2024-03-04"),
        ("2024ko martxoaren 4a", "MDY", "eu", "2024-03-04"),
        ("March 24", "MDY", "en", None),
        ("4 March at 10.30", "MDY", "en", None),
        ("4 March 10 h 24", "MDY", "en", None),
        ("4 maart 2024 10.05.30", "MDY", "nl", "2024-03-04"),
        ("1 May 1887", "MDY", "en", "1887-05-01"),
        ("1. Mai 1887", "MDY", "de", "1887-05-01"),
        ("01/05/1887", "DMY", "en", "1887-05-01"),
        ("May 1, 1799", "MDY", "en", None),
        ("", "MDY", None, None),
    ],
)
def test_printed_day(printed: str, order: str, language: str | None, day: str | None) -> None:
    assert printed_day(printed, order, language) == day


@given(TEXT)
def test_addresses_never_raise(value: str) -> None:
    for read in (urls.host, urls.post_id, urls.section_slug, urls.is_image, dates.address_day):
        read(value)
    assert all(isinstance(read(value), str) for read in (urls.key, urls.clean, pictures.original, pictures.key))
    for find in (pictures.size, pictures.is_placeholder, picture_values.named, picture_values.background):
        find(value)
    host = urls.host(value)
    assert host is None or (host == host.lower() and not host.startswith("www.www.www.www"))


@given(TEXT, TEXT)
def test_absolute_addresses_have_a_host(base: str, value: str) -> None:
    found = urls.absolute(base, value)
    assert found is None or urls.host(found)
    assert found is None or urls.absolute("https://b.example/", found) == found


PATH = st.text(st.characters(categories=["L", "N"], include_characters="-/_.%~"), max_size=30)


@given(PATH, st.sampled_from(["a.example", "www.A.example", "a.example:443", "a.example:8080"]))
def test_key_is_final_and_blind_to_what_does_not_matter(path: str, host: str) -> None:
    url = f"https://{host}/{path}"
    key = urls.key(url)
    assert urls.key(f"{url}?utm_source=x#top") == key
    assert urls.key(url.replace("https:", "http:").replace(":443", "")) == key
    assert urls.key(url.rstrip("/")) == key


@given(
    st.lists(st.sampled_from([*"abcßñк-_", "%D0%BA", "%d0%ba", "%C3%89", "%2F", "/", "É"]), max_size=10).map("".join)
)
def test_key_is_idempotent(path: str) -> None:
    key = urls.key(f"https://a.example/{path}")
    assert urls.key(f"https://{key}") == key


@given(TEXT.map(lambda value: "https://a.example/" + "".join(value.split())))
def test_clean_is_idempotent(value: str) -> None:
    assert urls.clean(urls.clean(value)) == urls.clean(value)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/b/", "http://www.a.example/B", True),
        ("https://a.example/b/?p=7", "https://a.example/b/", True),
        ("https://a.example/?p=7", "https://a.example/?p=8", False),
        ("https://a.example/?p=7", "https://a.example/?p=7&preview=1", True),
        ("https://a.example/b/", "https://a.example/b/2/", False),
        ("https://a.example/b/", "https://a.example:8080/b/", False),
        ("https://a.example/%D0%BA/", "https://a.example/к/", True),
        ("https://a.example/b/", "https://news.a.example/b/", False),
    ],
)
def test_key_says_which_addresses_are_one_page(one: str, other: str, same: bool) -> None:  # noqa: FBT001
    assert (urls.key(one) == urls.key(other)) is same


PROCESSORS: dict[str, Callable[[str], Any]] = {
    "id": read_id,
    "authors": lambda value: read_authors([value]),
    "date_published": lambda value: read_published(value, {"zone": LONDON}),
    "date_modified": read_modified,
    "language": read_language,
    "line": text.line,
    "plain": text.plain,
    "count": text.count,
    "contributors": lambda value: contributors([value]),
}


@pytest.mark.parametrize("name", PROCESSORS)
@given(value=TEXT)
def test_processors_never_raise_and_never_give_a_blank(name: str, value: str) -> None:
    found = PROCESSORS[name](value)
    assert found not in ("", "N/A")
    assert not (isinstance(found, list) and "" in found)


@given(st.lists(st.integers(0, 3)))
def test_distinct_keeps_the_first_of_each(values: list[int]) -> None:
    found = distinct(values)
    assert set(found) == set(values)
    assert found == sorted(found, key=values.index)
