"""Whether an article needs a line, and why."""

from __future__ import annotations

from mainland.clean import urls
from mainland.decisions.stored import StoredArticle, filed_under
from mainland.decisions.types import Entry, State
from mainland.items import Article


def change_of(item: Article, stored: StoredArticle, read_since: str | None = None) -> str | None:
    """Why a stored article gets another line, as in the field ``change``; None if it gets none.

    ``item`` is the article as it is found now, or its removal. The reasons are ``removed``, ``returned``, ``edited``,
    ``moved`` and ``reparsed``. ``read_since`` is the instant, in UTC, since which pages are read in the present time
    zone; None if they always were.
    """
    is_moved = urls.key(str(item.url)) != stored.key
    if item.change == "removed":
        return "removed" if stored.state == "public" and not is_moved else None
    if stored.state == "removed":
        return "returned"
    is_in_new_zone = stored.is_in_earlier_zone(item, read_since)
    if item.content_hash != stored.content_hash:
        is_another_instant = is_in_new_zone and item.date_published != stored.date_published
        is_read_anew = item.extractor != stored.extractor or is_another_instant
        is_same_page = item.date_modified == stored.date_modified or _are_unedited(item, stored)
        return "reparsed" if is_read_anew and is_same_page else "edited"
    if is_moved:
        return "moved"
    # A section that is renamed is no edit of its articles; where the newsroom touched one, it is.
    is_touched = (item.date_modified or "") > (stored.date_modified or "")
    is_filed_anew = stored.filed_under not in (None, filed_under(item.sections, item.tags))
    if is_touched and is_filed_anew:
        return "edited"
    return "reparsed" if is_in_new_zone else None


def _are_unedited(item: Article, stored: StoredArticle) -> bool:
    """Whether an article was never edited, according to the dates of its page and of its latest line."""
    return item.date_modified == item.date_published and stored.date_modified == stored.date_published


def is_known(item: Article, stored: StoredArticle | None, entry: Entry, read_since: str | None = None) -> bool:
    """Whether an article needs no line: it is stored without a difference, or it was forgotten.

    ``stored`` is what is stored of it, ``entry`` what is known of its address. For ``read_since``
    see :func:`change_of`.
    """
    return is_forgotten(stored, entry) or (stored is not None and change_of(item, stored, read_since) is None)


def is_forgotten(stored: StoredArticle | None, entry: Entry) -> bool:
    """Whether an article, or one that was at its address, was forgotten."""
    return entry.state is State.FORGOTTEN or (stored is not None and stored.state == "forgotten")
