"""Every article of a JNews site as clean JSON Lines."""

from __future__ import annotations

from datetime import tzinfo

from mainland.clean import dates
from mainland.items import Article
from mainland.pages.article import DATE_ORDERS, Site
from mainland.pages.article import article as _article
from mainland.pages.body_text import text_of
from mainland.pages.errors import NotAnArticleError
from mainland.pages.page import parse

__version__ = "0.1.0"
__all__ = ["Article", "NotAnArticleError", "article", "text_of"]


def article(
    html: str | bytes,
    url: str | None = None,
    *,
    timezone: str | tzinfo | None = None,
    date_order: str = "MDY",
) -> Article:
    """The article on a page of a JNews site, without a crawl. Nothing is requested or written.

    >>> page = '<body class="single-post postid-7"><h1>Milk falls</h1><div class="content-inner"><p>It fell.</p></div>'
    >>> found = article(page, "https://example.org/milk/?utm_source=x")
    >>> found.id, found.url, found.headline, found.body
    (7, 'https://example.org/milk/', 'Milk falls', 'It fell.')

    :param html: the page. Bytes are decoded as a browser would decode them: UTF-8 where they are, else the charset that
        the page names.
    :param url: the address that the page came from. It makes relative addresses absolute, and is the article's address
        where the page names none. Without it, and without a canonical link, ``url`` and ``site`` are None.
    :param timezone: the time zone of the newsroom: its name in the IANA database, an offset like ``+05:30``, or an
        object. It decides ``day_published``, and the instant of dates without a zone. None: the offset that the page
        shows, else Europe/London.
    :param date_order: the order of day, month and year in printed dates of numbers: ``MDY``, ``DMY`` or ``YMD``.
    :returns: the item, as a crawl would write it, but for what a crawl alone knows: ``revision``, ``change`` and the
        dates of the crawl. :class:`Article` describes the fields. Of an article that is split over several pages it
        contains only the text of this page.
    :raises NotAnArticleError: the page is not a public article. The text says what it is, like ``category page``;
        ``too costly to read`` is a page of more than 4 MiB, or of more than ten seconds of CPU time.
    :raises ValueError: the time zone or the order is unknown.
    """
    zone = dates.zone(timezone) if isinstance(timezone, str) else timezone
    if zone is None and timezone is not None:
        raise ValueError(f"timezone {timezone!r} is unknown: give it as Europe/London")
    if date_order not in DATE_ORDERS:
        raise ValueError(f"date_order {date_order!r} is unknown: give one of {', '.join(DATE_ORDERS)}")
    return _article(parse(html, url), Site(zone, date_order))
