"""Dates with English months: RFC 822 and its successors, RFC 850, asctime, JavaScript, "March 5, 2024 9:30 pm"."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime

from mainland import data

_MONTH = f"(?P<month>{data.any_of(data.load('dates')['english']['months'])})"
_CLOCK = r"(?P<hour>\d{1,2})(?P<minutes>:\d{2}(?::\d{2})?)(?:\s?(?P<half>[ap])\.?m\b\.?)?"
_ZONE = r"(?:\s*(?:(?:GMT|UTC?)?(?P<offset>[+-]\d{4})|(?P<zone>Z|UTC?|GMT|[ECMP][SD]T))(?!\w))?"
_FORMS = [
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?<![\w-])(?P<day>\d{{1,2}})[\s-]+{_MONTH}[\s-]+(?P<year>\d{{4}}|\d{{2}})\s+{_CLOCK}{_ZONE}",
        rf"(?<![\w-]){_MONTH}\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}}),?\s+{_CLOCK}{_ZONE}",
        rf"(?<![\w-]){_MONTH}\s+(?P<day>\d{{1,2}})\s+{_CLOCK}{_ZONE}\s+(?P<year>\d{{4}})(?!\d)",
    )
]


def moment(value: str) -> datetime | None:
    """The instant of the first date in a line of text, without a zone if the date has none; None without a date.

    A year of two digits is one from 1969 to 2068. The specification: https://www.rfc-editor.org/rfc/rfc5322#section-3.3.

    >>> moment("Tue, 05 Mar 2024 09:30:00 +0100").isoformat(), moment("5 Mar 24 09:30 EST").isoformat()
    ('2024-03-05T09:30:00+01:00', '2024-03-05T09:30:00-05:00')
    >>> moment("Tuesday, 05-Mar-24 09:30:00 GMT").isoformat(), moment("Tue Mar 5 09:30:00 2024").isoformat()
    ('2024-03-05T09:30:00+00:00', '2024-03-05T09:30:00')
    >>> moment("Tue Mar 05 2024 09:30:00 GMT+0200 (Eastern European Time)").isoformat()
    '2024-03-05T09:30:00+02:00'
    >>> moment("March 5, 2024 9:30 pm").isoformat()
    '2024-03-05T21:30:00'
    >>> moment("31 Apr 2024 09:30:00 GMT") is None, moment("5 March 2024") is None
    (True, True)
    """
    match = next(filter(None, (form.search(value) for form in _FORMS)), None)
    if match:
        zone = match["offset"] or (match["zone"] or "").upper().replace("UTC", "UT")
        zone = "+0000" if zone == "-0000" else zone  # in UTC, of an unknown place
        hour = int(match["hour"])
        if match["half"]:
            hour = hour % 12 + 12 * (match["half"].lower() == "p")
        with suppress(ValueError, OverflowError):
            standard = f"{match['day']} {match['month'][:3]} {match['year']} {hour}{match['minutes']} {zone}"
            return parsedate_to_datetime(standard)
    return None
