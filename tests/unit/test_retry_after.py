"""The header ``Retry-After``."""

from __future__ import annotations

import pytest
from scrapy.http import Response

from mainland.middlewares import retry_after


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        *(("7", 7.0), ("0", 0.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("", None), ("soon", None), ("\xb2", None)),
        *(("-5", None), ("1e9", None), ("9" * 5000, 999_999_999.0), ("Wed, 99 Oct 99999 99:99:99 +9999", None)),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0.0),
    ],
)
def test_retry_after_is_a_number_a_date_or_nothing(value: str, seconds: float | None) -> None:
    assert retry_after(Response("http://a.example/", 503, {"Retry-After": value.encode("latin-1")})) == seconds
