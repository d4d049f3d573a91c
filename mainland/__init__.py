"""Every article of a JNews site as clean JSON Lines."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from mainland.items import Article
from mainland.pages.article import Site
from mainland.pages.article import article as _article
from mainland.pages.errors import NotAnArticleError
from mainland.pages.page import parse

__version__ = "0.1.0"
__all__ = ["Article", "NotAnArticleError", "article"]


def article(
    html: str | bytes, url: str | None = None, *, timezone: str = "Europe/London", date_order: str = "MDY"
) -> Article:
    """Returns the article of a page. Requests nothing and stores nothing.

    ``url`` is the address of the page. It makes relative links absolute, and is the article's address where the page
    names none. ``timezone`` is the newsroom's (IANA name), for ``day_published``. ``date_order`` is that of printed
    dates of numbers: ``MDY``, ``DMY`` or ``YMD``.

    :raises NotAnArticleError: the page is not a public article; the text says what it is.
    :raises ValueError: ``date_order`` is unknown.
    :raises zoneinfo.ZoneInfoNotFoundError: ``timezone`` is unknown.
    """
    if date_order not in {"MDY", "DMY", "YMD"}:
        raise ValueError(f"date_order {date_order!r}: it takes MDY, DMY or YMD")
    return _article(parse(html, url), Site(ZoneInfo(timezone), date_order))
