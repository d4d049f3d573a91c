"""Rewrites less usual forms of printed dates: eras, Chinese numerals, hyphens beside a month, years of two digits.

Pure functions; no text raises an error. The names of the eras are in ``mainland/data/dates.toml``.
"""

from __future__ import annotations

import re

from mainland import data

_WORDS = data.load("dates")
_ERAS: dict[str, int] = _WORDS["eras"]
_YEAR, _MONTH = _WORDS["signs"]["year"], _WORDS["signs"]["month"]
_HAN = "零一二三四五六七八九"
_DIGITS = str.maketrans(f"〇{_HAN}", "00123456789")
_NUMBER = re.compile(rf"[〇{_HAN}十]{{1,4}}(?=\s?[{_YEAR}{_MONTH}日號号])")
_ERA = re.compile(rf"({'|'.join(_ERAS)})\s?(元|\d{{1,3}})(?=\s?[{_YEAR}])")
_BESIDE_MONTH = re.compile(r"(?<=\d)[-/.](?=[^\W\d])|(?<=[^\W\d])\.?[-/.](?=\d)")
_NUMBERS = re.compile(r"\d+")
_THAI = re.compile("[\u0e00-\u0e7f]")
_LONGEST = 80  # characters of a date
_BUDDHIST = 2500


def usual(text: str) -> str:
    """A printed date in a form that :mod:`mainland.clean.dates` reads; any other text unchanged. Digits are 0 to 9.

    >>> usual("令和6年3月5日"), usual("二〇二四年三月十五日"), usual("05-Mar-2024")
    ('2024年3月5日', '2024年3月15日', '05 Mar 2024')
    >>> usual("Mar 5, ’24"), usual("5 มี.ค. 67"), usual("10 Uhr 30"), usual("March 24")
    ('Mar 5, 2024', '5 มี.ค. 2567', '10 Uhr 2030', 'March 24')
    """
    if not text or len(text) > _LONGEST or (text.isascii() and not any(map(str.isalpha, text))):
        return text
    text = _ERA.sub(_year_of, _NUMBER.sub(_digits, text))
    return _with_long_year(_BESIDE_MONTH.sub(" ", text))


def century(year: int) -> int:
    """The year that two digits stand for, as POSIX reads them.

    >>> century(68), century(69)
    (2068, 1969)
    """
    return year + (2000 if year < 69 else 1900)


def _digits(number: re.Match[str]) -> str:
    """A Chinese number as digits: of a year one by one, of a month or a day with tens."""
    tens, ten, ones = number[0].partition("十")
    if not ten:
        return number[0].translate(_DIGITS)
    return f"{(tens or '一').translate(_DIGITS)}{(ones or '〇').translate(_DIGITS)}"


def _year_of(era: re.Match[str]) -> str:
    """The year of a match of an era and its year, as digits: "元" is the first year of an era."""
    return str(_ERAS[era[1]] + (1 if era[2] == "元" else int(era[2])))


def _with_long_year(text: str) -> str:
    """A date of a word and two numbers whose year, at its end, has two digits, with four digits; other texts unchanged.

    A Thai year is one of the Buddhist era.
    """
    numbers = _NUMBERS.findall(text)
    if (
        len(numbers) != 2
        or [len(number) for number in numbers] not in ([1, 2], [2, 2])
        or not text.endswith(numbers[1])
    ):
        return text
    before = text[:-2].rstrip("’'‘")
    if not any(map(str.isalpha, before)) or before.endswith((":", ".")):
        return text
    year = int(numbers[1])
    return f"{before}{_BUDDHIST + year if _THAI.search(before) else century(year)}"
