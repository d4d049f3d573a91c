"""Whether a page is an article, and if not, which kind of page it is."""

from __future__ import annotations

import re

from mainland.clean import urls
from mainland.pages.errors import (
    ERROR_PAGE,
    MISPLACED,
    PROTECTED,
    NotAnArticleError,
    TooCostlyError,
    UnknownPageError,
)
from mainland.pages.page import Page, bounded

_KINDS = (
    ("error404", ERROR_PAGE),
    ("home", "home page"),
    ("attachment", "attachment page"),
    ("single-attachment", "attachment page"),
    ("category", "category page"),
    ("tag", "tag page"),
    ("author", "author page"),
    ("search", "search page"),
    ("archive", "archive page"),
    ("blog", "list of posts"),
    ("page", "static page"),
)
_SINGULAR = ("home", "page", "attachment", "single-attachment")
_AMP = frozenset({"amp", "⚡"})  # attributes of the root
_META_LINE = {"jeg_meta_date", "jeg_meta_author", "jeg_meta_category"}


@bounded
def require_article(page: Page) -> None:
    """Checks that a page is a public article.

    :raises NotAnArticleError: it is not; the text is the reason.
    :raises UnknownPageError: it does not even belong to a WordPress site, or a notice stands in its place.
    :raises TooCostlyError: it is too costly to read, and may be an article.
    """
    if page.is_costly:
        raise TooCostlyError
    if _is_amp_copy(page):
        raise NotAnArticleError("AMP page")
    _require_post(page)
    if "post-password-form" in page.regions:
        raise NotAnArticleError(PROTECTED)
    if page.container is None:
        raise UnknownPageError("no text container")


def _require_post(page: Page) -> None:
    """Checks that a page does not say that it is another kind of page than a post.

    :raises NotAnArticleError: it does; the text is the kind.
    :raises UnknownPageError: it does not belong to a JNews site, or a notice stands in its place.
    """
    rest = " ".join(page.head.link.get("alternate", []) + page.head.link.get("header", []))
    if "single-post" in page.classes or "/wp/v2/posts/" in rest:
        return
    for name, kind in _KINDS:
        if name in page.classes:
            raise UnknownPageError(MISPLACED) if _is_misplaced(page, name) else NotAnArticleError(kind)
    if re.search(r"/wp/v2/(?!posts/)\w+/\d", rest):
        raise NotAnArticleError("static page")
    if "single" in page.classes:
        raise NotAnArticleError("page of another kind of post")
    if page.container is None and _is_amp(page):  # a notice never is: it is a story in slides
        raise NotAnArticleError("AMP page")
    if page.container is None or not page.regions.keys() & _META_LINE:
        raise UnknownPageError("no page of a JNews site")


def _is_amp_copy(page: Page) -> bool:
    """Whether the page is the AMP copy of an article, made by a plugin and not by the theme."""
    linked = page.head.canonical_link if page.container is None and _is_amp(page) else None
    return linked is not None and urls.key(linked) != urls.key(page.url or "")


def _is_amp(page: Page) -> bool:
    return not _AMP.isdisjoint(page.root.keys())


def _is_misplaced(page: Page, name: str) -> bool:
    """Whether the home page or a static page is shown at another address, as a notice often is.

    ``name`` is the class of that kind of page; False for other kinds.
    """
    own = urls.key(page.url or "").partition("/")
    if page.url is None or name not in _SINGULAR:
        return False
    if name == "home":
        return bool(own[2])
    if page.head.addresses:
        return urls.key(urls.absolute(page.url, page.head.addresses[0]) or "") != "".join(own)
    return not any("jnews" in each or each.startswith("jeg_") for each in page.classes)
