"""Every article of a JNews site as clean JSON Lines."""

from __future__ import annotations

from mainland.items import Article
from mainland.pages.article import article as _article
from mainland.pages.page import NotAnArticleError, parse

__version__ = "0.1.0"
__all__ = ["Article", "NotAnArticleError", "article"]


def article(html: str | bytes, url: str | None = None) -> Article:
    """The article of a page, without a crawl; ``url`` is the address it came from.

    :raises NotAnArticleError: the page is no public article; its text says what it is.
    """
    return _article(parse(html, url))
