"""Instants and days from what pages print. Pure functions without a clock; no text raises an error.

A day and a month are never swapped and a time is never invented.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mainland import data
from mainland.clean import calendars, date_forms, rfc822
from mainland.clean.text import line

_WORDS = data.load("dates")
_SIGNS = _WORDS["signs"]
_STAMP = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:[.,]\d+)?\s*(?:Z|[+-]\d{2}(?::?\d{2})?)?"
    r"|(?<!\d)\d{8}T\d{6}(?:Z|[+-]\d{2}(?::?\d{2})?)?",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"/((?:18|19|20)\d{2})/(\d{1,2})/(\d{1,2})/")
_YEAR_FIRST = re.compile(
    rf"(?<![\d./-])(?<![./-]\s)(\d{{4}})(?:[-/.]|\.\s|\s/\s|\s?[{_SIGNS['year']}]\s?)(\d{{1,2}})"
    rf"(?:[-/.]|\.\s|\s/\s|\s?[{_SIGNS['month']}]\s?)(\d{{1,2}})(?!\d)"
)
_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})\s*([/.\-])\s*(\d{1,2})\s*\2\s*(\d{4}|\d{2}(?=$|[\s,]))(?!\d)")
_TH = data.any_of(_WORDS["english"]["ordinals"])
_ORDINAL = re.compile(rf"(?<=\d)(?:{data.any_of(_WORDS['words']['ordinals'])}|{_TH}|\.)(?=\s)")
_RANGE = re.compile(r"\s+[–—-]\s+|\s*[|•]\s*")
_MONTHS: dict[str, list[str]] = _WORDS["english"]["months"]
_NUMBERS_OF_MONTHS = {name[:3]: int(number) for number, names in _MONTHS.items() for name in names}
_MONTH = data.any_of(_MONTHS)
_ENGLISH = re.compile(
    rf"\b(?:(?P<month>{_MONTH})\.?\s+(?P<day>\d{{1,2}}){_TH}?"
    rf"|(?P<day_before>\d{{1,2}}){_TH}?\s+(?P<month_after>{_MONTH})\.?),?\s+(?P<year>\d{{4}})(?!\d)",
    re.IGNORECASE,
)
_DAY_AND_YEAR = re.compile(r"(?<!\d)\d{1,2}(?!\d).*(?<!\d)\d{4}(?!\d)|(?<!\d)\d{4}(?!\d).*(?<!\d)\d{1,2}(?!\d)")
_CLOCK = re.compile(
    r"(?<=\d{4})[\s,.][^\d]{0,20}\d{1,2}\s?"
    rf"(?:[.:](?=\s?\d)|[{_SIGNS['hour']}]|{data.any_of(_WORDS['words']['hours'])}\b)\s?\d{{0,2}}.*$",
    re.IGNORECASE,
)
_OF = f"(?: {data.any_of(_WORDS['words']['before_month'])})?"
_BEHIND_NUMBER = data.any_of(_WORDS["words"]["before_year_behind_number"])
_OF_YEAR = rf"(?: {data.any_of(_WORDS['words']['before_year'])}|(?<=\d) {_BEHIND_NUMBER})?"
_WORDED = re.compile(
    rf"(?<!\d)(?P<day>\d{{1,2}}){_OF} (?P<month>\D+?\d{{0,2}})\.?[,،]?{_OF_YEAR} (?P<year>\d{{4}})(?!\d)"
    rf"|(?P<month_before>\D+?)\.? (?P<day_after>\d{{1,2}})\.?[,،]?{_OF_YEAR} (?P<year_after>\d{{4}})(?!\d)"
    r"|(?<!\d)(?P<year_before>\d{4})\.? (?P<month_between>\D+?) (?P<day_last>\d{1,2})(?!\d)"
)
_MONTH_LAST = re.compile(  # "2024. gada 5. marts"
    r"(?<!\d)(?P<year>\d{4})\.? [^\d\s]{1,10} (?P<day>\d{1,2})\.? (?P<month>[^\d\s]{1,20})(?=$|[\s,])"
)
_CHINESE = re.compile(
    r"(?P<day>\d{1,2}\s+)?(?P<month>\d{1,2})\s*月\s*(?(day)|(?P<day_after>\d{1,2})),?\s*(?P<year>\d{4})"
)
_LANGUAGES = {name.partition("_")[0] for name in _WORDS["months"]}
LONDON = ZoneInfo("Europe/London")
"""The time zone where nothing names another."""

_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,30}(?:/[A-Za-z0-9_+-]{1,30}){0,2}")
_NO_ZONES = frozenset({"Factory", "localtime", "posix", "posixrules", "right"})  # files beside those of zones
_OFFSET = re.compile(r"(?:UTC)?([+-])([0-9]{2}):?([0-9]{2})")
_FARTHEST = timedelta(hours=14)  # of a zone from UTC
_MINUTE, _QUARTER = (
    timedelta(minutes=1),
    timedelta(minutes=15),
)  # offsets of zones are multiples of a quarter of an hour
_NO_SECOND = re.compile(r"[T ]\d{2}:\d{2}(?!:)", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_LONGEST = 1_000  # characters of a text with a date that are read
_USUAL = 60  # characters of a date that a machine reads
_EASTERN = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2)


FIRST_YEAR, LAST_YEAR = 1800, 2100
"""The years of articles: a site can go back to the first issue of a paper."""

_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)  # what PHP prints of a date that it could not read


class PostDates(NamedTuple):
    """The instants of a post that are known apart from its page, in UTC: ``2022-01-07T08:41:12Z``."""

    published: str | None = None
    modified: str | None = None
    is_stored: bool = False
    """Whether they are those of its latest line; else WordPress' REST interface gives them now."""


def _normalized(value: str | None) -> str:
    """The first 1,000 characters of a text, on one line, with the digits 0 to 9 for those of Arabic; "" for None."""
    return (line(value) or "")[:_LONGEST].translate(_EASTERN)


def stamp(value: str | None) -> datetime | None:
    """The instant of a machine-readable date, without a zone if the date has none; None for any other text.

    The format is ISO 8601, https://www.w3.org/TR/NOTE-datetime, with seconds or without, or one of
    :mod:`mainland.clean.rfc822`; years from FIRST_YEAR to LAST_YEAR. The first second of 1970 gives None: it stands for
    an unknown date.

    >>> stamp("2022-01-07T08:41:12+01:00").isoformat()
    '2022-01-07T08:41:12+01:00'
    >>> stamp("Fri, 01 May 1987 12:00:00 -0400").isoformat()
    '1987-05-01T12:00:00-04:00'
    >>> stamp("2022-02-30T00:00:00Z") is None, stamp("2022-01-07") is None, stamp("1970-01-01T00:00:00Z") is None
    (True, True, True)
    """
    return None if value is None else _stamp(value) if len(value) <= _USUAL else _stamp.__wrapped__(value)


@lru_cache(maxsize=256)  # a page says its dates several times
def _stamp(value: str) -> datetime | None:
    """As :func:`stamp`; cached."""
    text = _normalized(value)
    match = _STAMP.search(text)
    try:
        moment = (
            datetime.fromisoformat(re.sub(r"\s+(?=Z|[+-])", "", match[0].upper())) if match else rfc822.moment(text)
        )
        if moment is None:
            return None
        utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return moment.replace(microsecond=0) if FIRST_YEAR <= utc.year <= LAST_YEAR and utc != _UNKNOWN else None


def instant(value: str | None, zone: tzinfo = UTC) -> datetime | None:
    """The instant of a machine-readable date, with a zone; None for what :func:`stamp` does not read.

    ``zone`` is used where the date itself names none.

    >>> from zoneinfo import ZoneInfo
    >>> instant("2022-07-01 08:41:12", ZoneInfo("Europe/London")).isoformat()
    '2022-07-01T08:41:12+01:00'
    """
    moment = stamp(value)
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=zone)


def with_seconds(moment: datetime, stamps: Iterable[str]) -> datetime:
    """An instant with its seconds: those of the first of ``stamps`` that is in the same minute and has seconds.

    The instant is returned unchanged if there is none, or if the first of the stamps, its own, has seconds. A stamp
    without a zone can be the time of any zone.

    >>> with_seconds(stamp("2022-01-07T08:41+00:00"), ["2022-01-07T08:41+00:00", "2022-01-07 15:41:12"]).isoformat()
    '2022-01-07T08:41:12+00:00'
    """
    first, *others = [*stamps, ""]
    for other in filter(None, map(stamp, others) if _NO_SECOND.search(first) else ()):
        apart = other - (moment if other.tzinfo else moment.astimezone(UTC).replace(tzinfo=None))
        if abs(apart) <= _FARTHEST and (apart if other.tzinfo else apart % _QUARTER) // _MINUTE == 0:
            return moment.replace(second=other.second)
    return moment


def utc(moment: datetime) -> str:
    """A moment (with a zone) as the dataset has it: a text in UTC, ISO 8601, with seconds.

    >>> utc(datetime(2022, 1, 7, 8, 41, 12, tzinfo=UTC))
    '2022-01-07T08:41:12Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def zone(name: str | None) -> tzinfo | None:
    """The time zone of a name: one of the IANA database, or an offset like ``+05:30``; None for anything else.

    >>> zone("Europe/London"), zone("+05:30"), zone("Mars/Olympus"), zone("+19:00")
    (zoneinfo.ZoneInfo(key='Europe/London'), datetime.timezone(datetime.timedelta(seconds=19800)), None, None)
    """
    if offset := _OFFSET.fullmatch(name or ""):
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3])) * (-1 if offset[1] == "-" else 1)
        return timezone(ahead) if _is_offset(ahead) else None
    if not _ZONE.fullmatch(name or "") or str(name).partition("/")[0] in _NO_ZONES:
        return None
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone_of(published: Iterable[str], edited: Iterable[str] = ()) -> tzinfo:
    """The time zone that the dates of a page show: the first offset that is not zero, of the publication or an edit.

    If there is none, and the publication has one date without a zone and one with a zone, the offset is the difference
    between them. If both do not help, or London has that offset on that day, the zone is Europe/London.

    >>> zone_of(["2022-07-01T23:30:00+00:00", "2022-07-02T01:30:00+02:00"])
    datetime.timezone(datetime.timedelta(seconds=7200))
    >>> zone_of(["2022-07-01T23:30:00+00:00", "2022-07-02 08:30:00"])
    datetime.timezone(datetime.timedelta(seconds=32400))
    >>> zone_of(["2022-07-02T00:30:00+01:00"]), zone_of(["2022-07-02T00:30:00+00:00"])
    (zoneinfo.ZoneInfo(key='Europe/London'), zoneinfo.ZoneInfo(key='Europe/London'))
    """
    stamps = list(filter(None, map(stamp, published)))
    moments = [moment for moment in stamps if moment.tzinfo]
    clocks = [moment for moment in stamps if not moment.tzinfo]
    shown = next((moment for moment in (*moments, *filter(None, map(stamp, edited))) if moment.utcoffset()), None)
    if shown is None and moments:
        ahead = next(filter(_is_offset, (_ahead(clock, moments[0]) for clock in clocks)), None)
        shown = moments[0].astimezone(timezone(ahead)) if ahead is not None else None
    if shown is None or shown.utcoffset() == shown.astimezone(LONDON).utcoffset():
        return LONDON
    return shown.tzinfo or LONDON


def _ahead(clock: datetime, moment: datetime) -> timedelta:
    """The offset from UTC of a clock that shows ``clock``, which has no zone, at an instant; both without seconds."""
    return clock.replace(second=0) - moment.astimezone(UTC).replace(second=0, tzinfo=None)


def _is_offset(ahead: timedelta) -> bool:
    """Whether a duration can be the offset of a zone from UTC: at most 14 hours, a multiple of 15 minutes."""
    return abs(ahead) <= _FARTHEST and not ahead % _QUARTER


def is_certain(value: datetime, zone: tzinfo | None) -> bool:
    """Whether a date is exactly one instant: it has an offset, or its local time occurs once in the known ``zone``.

    >>> autumn = stamp("2022-10-30 01:30:00")
    >>> is_certain(autumn, LONDON), is_certain(autumn, None), is_certain(autumn, UTC)
    (False, False, True)
    """
    if value.tzinfo:
        return True
    first, second = (value.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return zone is not None and first == second


def can_be(value: datetime, moment: datetime, zone: tzinfo | None) -> bool:
    """Whether a local time (``value``) can be an instant (``moment``) in a time zone, compared by the minute.

    If ``zone`` is None: in any time zone.

    >>> autumn, winter = stamp("2022-10-30 01:30:00"), stamp("2022-10-30T01:30:12Z")
    >>> can_be(autumn, winter, LONDON), can_be(autumn, winter - timedelta(hours=1), LONDON), can_be(autumn, winter, UTC)
    (True, True, True)
    >>> can_be(autumn, winter - timedelta(hours=2), LONDON), can_be(autumn, winter - timedelta(hours=2), None)
    (False, True)
    """
    return _is_offset(_ahead(value, moment)) if zone is None else not _ahead(value, _on_clock(moment, zone))


def _on_clock(moment: datetime, zone: tzinfo) -> datetime:
    """The local time in a zone at a moment, as a datetime in UTC, so that two clocks can be compared."""
    return moment.astimezone(zone).replace(tzinfo=UTC)


def is_near(day: str | None, moment: datetime) -> bool:
    """Whether a day like ``2022-07-02`` can be that of a moment in some time zone; False for None.

    >>> late = datetime(2022, 7, 1, 23, 30, tzinfo=UTC)
    >>> is_near("2022-07-02", late), is_near("2022-07-03", late), is_near(None, late)
    (True, False, False)
    """
    clock = moment.astimezone(UTC)
    return day in {(clock + ahead).date().isoformat() for ahead in (-_FARTHEST, timedelta(), _FARTHEST)}


def bare_day(value: str | None) -> str | None:
    """The day of a machine-readable date that has no time, as :func:`_day` gives it; None for any other text.

    >>> bare_day("2022-01-07"), bare_day("2022-01-07T08:41:12Z")
    ('2022-01-07', None)
    """
    match = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", _normalized(value))
    return _day(int(match[1]), int(match[2]), int(match[3])) if match else None


def address_day(url: str | None) -> str | None:
    """The day in an address like ``/2022/10/25/slug/``, of a year from 1800 to 2099; None if there is none.

    >>> address_day("https://example.org/2022/10/25/slug/")
    '2022-10-25'
    """
    try:
        match = _ADDRESS.search(urlsplit(url or "").path)
    except ValueError:
        return None
    return _day(int(match[1]), int(match[2]), int(match[3])) if match else None


def printed_day(value: str | None, order: str = "MDY", language: str | None = None) -> str | None:
    """The day in a printed date, the first of several; None if it names no full date.

    ``order`` (``MDY``, ``DMY`` or ``YMD``) is for numbers with slashes; with dots, days come first. A year of two
    digits is one from 1969 to 2068.

    >>> printed_day("01/07/2022"), printed_day("01/07/2022", "DMY"), printed_day("07.01.2022")
    ('2022-01-07', '2022-07-01', '2022-01-07')
    >>> printed_day("7 janvier 2022", language="fr"), printed_day("3 years ago")
    ('2022-01-07', None)
    >>> printed_day("01/07/22", "DMY"), printed_day("22/07/01", "YMD"), printed_day("1 juillet 2022 10.30.00")
    ('2022-07-01', '2022-07-01', '2022-07-01')
    >>> printed_day("1. 7. 2022"), printed_day("1 heinäkuun, 2022", language="fi"), printed_day("7 月 1, 2022")
    ('2022-07-01', '2022-07-01', '2022-07-01')
    """
    day = plain_day(value, order)
    parts = _RANGE.split(_ORDINAL.sub("", date_forms.usual(_normalized(value)))) if day is None else []
    return day or next(filter(None, (_worded_day(part, language) for part in parts)), None)


def plain_day(value: str | None, order: str = "MDY") -> str | None:
    """The first day in a printed date that is numeric or in English; None for any other text.

    ``order`` is as in :func:`printed_day`.

    >>> plain_day("September 27, 2023 - Updated on October 3, 2023"), plain_day("7 janvier 2022")
    ('2023-09-27', None)
    """
    text = date_forms.usual(_normalized(value))
    numbers = _NUMBERS.search(text)
    if numbers and len(numbers[4]) == 2 and _YEAR.search(text):
        numbers = None  # a time: "7 janvier 2022 10.30.00"
    searched = _YEAR_FIRST.search(text), numbers, _ENGLISH.search(_ORDINAL.sub("", text))
    match = min(filter(None, searched), key=lambda match: match.start(), default=None)
    if match is None:
        return None
    if match.re is _ENGLISH:
        month = _NUMBERS_OF_MONTHS[(match["month"] or match["month_after"])[:3].casefold()]
        return _day(int(match["year"]), month, int(match["day"] or match["day_before"]))
    if match.re is _YEAR_FIRST:
        return _day(int(match[1]), int(match[2]), int(match[3]))
    first, last, year = int(match[1]), int(match[3]), int(match[4])
    if len(match[4]) == 2:
        if order.upper().startswith("Y") and match[2] != ".":
            return _day(date_forms.century(first), last, year)
        year = date_forms.century(year)
    month_first = order.upper().startswith("M") and match[2] != "."
    if month_first != (first > 12 >= last if month_first else last > 12 >= first):
        return _day(year, first, last)
    return _day(year, last, first)


def _worded_day(text: str, language: str | None) -> str | None:
    """The day in a date whose month is a word; None without one, or in a text of more than 80 characters.

    The page's language is tried first, then others: sites of any language declare ``en-US``.
    """
    text = _CLOCK.sub("", text) if len(text) <= 80 else text
    if len(text) > 80 or not _DAY_AND_YEAR.search(text) or not any(map(str.isalpha, text)):
        return None
    match = _CHINESE.fullmatch(text)
    if match:
        return _day(int(match["year"]), int(match["month"]), int(match["day"] or match["day_after"]))
    declared = (language or "").partition("-")[0].lower()
    months = _months(declared if declared in _LANGUAGES else None)
    read = (_worded(match.groupdict(), months) for form in (_WORDED, _MONTH_LAST) for match in form.finditer(text))
    return next(filter(None, read), None)


def _worded(found: dict[str, str | None], months: dict[str, int]) -> str | None:
    """The day of a match, given its groups by name; None if the word in the place of the month is not one.

    Other words, such as the day of the week, may precede the month.
    """
    parts = {name.partition("_")[0]: text for name, text in found.items() if text}
    words = parts["month"].lower().split()
    names = [" ".join(words[start:]) for start in range(1 if found.get("month") else len(words))]
    month = next((months[name] for name in names if name in months), None)
    return _day(int(parts["year"]), month, int(parts["day"])) if month else None


@cache
def _months(language: str | None) -> dict[str, int]:
    """The numbers of the months, 1 to 12, by their names in all languages.

    Names with two meanings as in ``language``.
    """
    lists = sorted(_WORDS["months"].items(), key=lambda item: item[0].partition("_")[0] != language)
    numbered = {name: int(number) for number, names in _MONTHS.items() for name in names}
    for _, texts in lists:
        for number, names in enumerate(texts, 1):
            for name in names.split(", "):
                numbered.setdefault(name, number)
    return numbered


def _day(year: int, month: int, day: int) -> str | None:
    """The day in the Gregorian calendar as ``2022-01-07``; None if there is no such day from 1800 to 2100."""
    try:
        found = calendars.gregorian(year, month, day)
    except ValueError:
        return None
    return found.isoformat() if FIRST_YEAR <= found.year <= LAST_YEAR else None
