"""Converts days of other calendars to the Gregorian calendar. The year shows which calendar it is. Pure."""

from __future__ import annotations

from datetime import date, timedelta

_BUDDHIST = range(2343, 2644)  # 1800 to 2100
_BUDDHIST_AHEAD = 543
_PERSIAN = range(1178, 1480)  # 1799 to 2101
_NEW_YEAR = date(622, 3, 21)  # of the Persian year 1, counted back from today in periods of 33 years
_LEAP_PERIOD = 33
_LEAP_YEARS = (1, 5, 9, 13, 17, 22, 26, 30)  # of each period
_FIRST_HALF = 6  # months of 31 days


def gregorian(year: int, month: int, day: int) -> date:
    """The day in the Gregorian calendar, of a day in that or in another calendar.

    A year from 2343 to 2643 is one of the Buddhist era, as in Thailand; one from 1178 to 1479 is one of the Persian
    solar calendar, whose first month is Farvardin. Years of articles are in neither range.

    >>> gregorian(2024, 3, 5), gregorian(2567, 3, 5)
    (datetime.date(2024, 3, 5), datetime.date(2024, 3, 5))
    >>> gregorian(1402, 12, 15), gregorian(1403, 12, 30)
    (datetime.date(2024, 3, 5), datetime.date(2025, 3, 20))

    :raises ValueError: there is no such day.
    """
    if year in _BUDDHIST:
        return date(year - _BUDDHIST_AHEAD, month, day)
    if year not in _PERSIAN:
        return date(year, month, day)
    if not (1 <= month <= 12 and 1 <= day <= _days(year, month)):
        raise ValueError("no such day")
    months = 31 * (month - 1) - max(0, month - _FIRST_HALF - 1)
    return _NEW_YEAR + timedelta(days=365 * (year - 1) + _leap_days(year) + months + day - 1)


def _days(year: int, month: int) -> int:
    """How many days a month of a Persian year has."""
    if month < 12:
        return 31 if month <= _FIRST_HALF else 30
    return 29 + _leap_days(year + 1) - _leap_days(year)


def _leap_days(year: int) -> int:
    """How many leap days there were before a Persian year."""
    periods, rest = divmod(year - 1, _LEAP_PERIOD)
    return periods * len(_LEAP_YEARS) + sum(leap <= rest for leap in _LEAP_YEARS)
