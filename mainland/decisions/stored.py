"""A stored article, as its latest line in ``changes.jsonl`` has it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from mainland.clean import dates, urls
from mainland.clean.dates import PostDates
from mainland.items import Article

_QUARTER = timedelta(minutes=15)
_FARTHEST = timedelta(hours=26)  # from UTC-12:00 to UTC+14:00


def filed_under(sections: Iterable[str], tags: Iterable[str]) -> str:
    """A checksum of the sections and tags of an article: eight hexadecimal digits."""
    return f"{zlib.crc32(json.dumps([list(sections), list(tags)]).encode()):08x}"


def dates_of(post: PostDates | None, stored: StoredArticle | None) -> PostDates | None:
    """The dates of a post apart from its page: those that REST gave, else those of its latest line; None for none."""
    return post if post and post.published else stored.dates if stored else None


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as its latest line has it.

    ``state`` is ``public``, ``removed``, ``forgotten``, or ``lost`` where its line is in a file out of reach.
    """

    id: int
    url: str
    key: str
    content_hash: str | None
    extractor: str | None
    revision: int
    date_published: str | None
    date_modified: str | None
    day_published: str | None
    date_crawled: str | None
    state: str
    filed_under: str | None = None
    """Its sections and tags as :func:`filed_under` gives them."""

    new_id: int | None = None
    """Its id on the site, if that differs from the id in the dataset, as after an import; otherwise None."""

    @property
    def id_on_site(self) -> int:
        """The id under which the site has the article: ``new_id``, otherwise ``id``."""
        return self.new_id or self.id

    def is_shown_as(self, item: Article) -> bool:
        """Whether an article from the site is this one: it has the id on the site; if that is new, also the date."""
        return item.id == self.id_on_site and (self.new_id is None or self.is_dated_as(item))

    @property
    def dates(self) -> PostDates:
        """When it was published and modified, for a page that does not show it."""
        return PostDates(self.date_published, self.date_modified, is_stored=True)

    def is_dated_as(self, item: Article) -> bool:
        """Whether an article has the same date of publication; False if one of them has none."""
        dated = self.date_published or self.day_published
        return dated is not None and dated == (item.date_published or item.day_published)

    def is_another(self, item: Article, *addresses: str) -> bool:
        """Whether an article with the same id is another article: it has another date, text and other addresses.

        ``addresses`` are those that led to it, besides its own.
        """
        return (
            not self.is_dated_as(item)
            and self.content_hash != item.content_hash
            and self.key not in map(urls.key, (str(item.url), *addresses))
        )

    def is_in_earlier_zone(self, item: Article, since: str | None) -> bool:
        """Whether its page was read in an earlier time zone, in which its dates differ from those of an article.

        ``item`` is read in the present time zone, in which pages are read since the instant ``since``.
        """
        is_same = (self.date_published, self.day_published) == (item.date_published, item.day_published)
        return (self.date_crawled or "") < (since or "") and not is_same and self._can_differ_by_zone(item)

    def in_zone_of(self, item: Article, since: str | None) -> StoredArticle:
        """This article; with the dates of publication of ``item``, if :meth:`is_in_earlier_zone` says so."""
        if not self.is_in_earlier_zone(item, since):
            return self
        return replace(self, date_published=item.date_published, day_published=item.day_published)

    def _can_differ_by_zone(self, item: Article) -> bool:
        """Whether the difference between the dates of publication can be that of two time zones.

        Also where neither has an instant.
        """
        stored, shown = dates.instant(self.date_published), dates.instant(item.date_published)
        if stored is None or shown is None:
            return stored is shown
        return abs(shown - stored) <= _FARTHEST and (shown - stored) % _QUARTER == timedelta()

    def removal(self, site: str, date: str) -> Article:
        """The item for the line that says that the article was removed at an instant ``date``, in UTC."""
        return Article(
            site=site,
            id=self.id,
            url=self.url,
            date_published=self.date_published,
            date_modified=self.date_modified,
            day_published=self.day_published,
            change="removed",
            date_removed=date,
        )
