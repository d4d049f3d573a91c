"""What the newspaper holds on a day of its life: which articles, in which order, in which sections."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from itertools import count
from typing import TypedDict

from tests.support.replica import words
from tests.support.replica.articles import (
    DAY,
    NO_INSTANT,
    PROTECTED,
    SECTIONS,
    UNCATEGORIZED,
    Article,
    Change,
    authors_of,
    born,
    drawn_sections,
    first_edit,
    iso,
    later,
    local,
    mixed,
    number_of,
    slug_of,
    tags_of,
)

LEAST = 20
"""Fewest articles with which the changes fall on different ones."""

NEW = (0, 5, 8, 11, 14, 16, 18, 20, 20)
"""New articles by day, in all."""

BACKDATED = (18, 19)
"""Which of the new ones are dated months ago."""

EDITED_ON = (1, 2, 3, 4, 5)
VIEWED_ON, MOVED_ON, REMOVED_ON, RESECTIONED_ON, RETURNED_ON = 2, 3, 4, 6, 8
OTHERS = (VIEWED_ON, MOVED_ON, REMOVED_ON, RESECTIONED_ON)
REMOVED = len(EDITED_ON) + OTHERS.index(REMOVED_ON)
ALL_HERO = (0, 1)
"""Numbers of the only articles of Opinion."""

LAST = len(NEW) - 1
"""The day from which on the days are all alike."""

ROUND = 300
"""Of so many old articles one changes on each day after ``LAST``."""

EVEN = 14
"""Articles of Climate on day 0: four in the hero, ten in the list, none on the last page."""


class Truth(TypedDict):
    """What the dataset must have of an article on a day, with paths in place of addresses."""

    id: int
    url: str
    headline: str
    alternative_headline: str | None
    authors: list[str]
    contributors: list[str]
    date_published: str
    date_modified: str
    day_published: str
    section: str
    sections: list[str]
    tags: list[str]
    body: list[str]
    image: str | None
    images: list[dict[str, str | None]]
    views: int
    comments: int | None
    sponsored: bool
    kind: str
    change: str | None


class Newsroom:
    """The newspaper on one day.

    Day 0 has ``articles`` articles, numbered from the oldest. Something happens every day, each day keeping
    what went before.

    * New: 5 on day 1, 20 by day 7 (``NEW``). The last two, on day 7, are backdated by months.
    * Nine old articles, a tenth of all apart beginning with the newest, change: the first five are edited on
      days 1 to 5 (a paragraph, the date of modification); the sixth has only more views from day 2; the
      seventh moves to another slug on day 3; the eighth is removed on day 4 and back on day 8; the ninth is
      put into another section on day 6 (its date of modification moves).
    * From day 9 on: 5 new articles a day, 20 at most where the site is large, and one old article in ``ROUND``
      changes in one of these ways; one that is removed is back after four days.
    """

    def __init__(self, articles: int, seed: int, day: int) -> None:
        if articles < LEAST:
            raise ValueError(f"a replica needs {LEAST} articles or more, not {articles}")
        self.articles, self.seed, self.day = articles, seed, day
        self.now = later(day)
        """Instant of the last change, for validators."""
        self._pillars = [articles - 1 - role * (articles // 10) for role in range(9)]
        self._even = set([n for n in range(3, articles, max(1, articles // 20)) if n % 40 != 17][:EVEN])
        self._count = articles + self._arrived(day)
        # What an old article is to see, as the number of its pillar says it, and when.
        self._roles = {number: (role, (*EDITED_ON, *OTHERS)[role]) for role, number in enumerate(self._pillars)}
        if day > LAST:
            self._roles |= self._later_roles()
        self._changes = {number: self._change(number) for number in [*self._roles, *range(articles, self._count)]}
        self._removed = {
            number
            for number, (role, since) in self._roles.items()
            if role == REMOVED and since <= day < since + RETURNED_ON - REMOVED_ON
        }
        self._published = array("q", map(self._published_at, range(self._count)))
        self._modified = array("q", map(self._modified_at, range(self._count)))

    def article(self, number: int) -> Article:
        """The article of a number."""
        return Article(
            self.seed,
            number,
            self._published[number],
            self._modified[number],
            self._sections_of(number),
            self._changes.get(number, Change()),
        )

    def by_id(self, post: int) -> Article | None:
        """The article with WordPress' number of the post; None where no article is public under it."""
        number = number_of(post)
        if number is None or number >= self._count or number in self._removed:
            return None
        return self.article(number)

    def by_slug(self, slug: str) -> Article | None:
        """The article that has, or had, an address with this slug, in any case of letters; None without one."""
        post = slug.rpartition("-")[2]
        article = self.by_id(int(post)) if post.isdecimal() else None
        if article is None:
            return None
        slugs = {article.slug, slug_of(self.seed, article.number, moved=False)}
        return article if slug.lower() in slugs else None

    @cached_property
    def numbers(self) -> array[int]:
        """The numbers of all public articles, the oldest first."""
        public = (number for number in range(self._count) if number not in self._removed)
        return array("l", sorted(public, key=self._published.__getitem__))

    @cached_property
    def by_number(self) -> array[int]:
        """The numbers of all public articles, in ascending order: that in which they were entered."""
        return array("l", sorted(self.numbers))

    @cached_property
    def by_change(self) -> array[int]:
        """The numbers of all public articles, the one longest unchanged first."""
        return array("l", sorted(self.numbers, key=self._modified.__getitem__))

    @cached_property
    def by_section(self) -> dict[str, array[int]]:
        """The numbers of the articles of each section, the oldest first."""
        sections = {name: array("l") for name in SECTIONS}
        for number in self.numbers:
            for name in self._sections_of(number):
                sections[name].append(number)
        return sections

    @cached_property
    def by_author(self) -> dict[str, array[int]]:
        """The numbers of the articles of each author who has a page, the oldest first."""
        authors = {name: array("l") for name in (*words.STAFF, words.DESK)}
        for number in self.numbers:
            for name in authors_of(self.seed, number):
                if name in authors:
                    authors[name].append(number)
        return authors

    @cached_property
    def by_tag(self) -> dict[str, array[int]]:
        """The numbers of the articles of each tag, the oldest first."""
        tags = {name: array("l") for name in words.TAGS}
        for number in self.numbers:
            for name in tags_of(self.seed, number):
                tags[name].append(number)
        return tags

    def published(self, number: int) -> int:
        """Instant of publication of the article of a number."""
        return self._published[number]

    def modified(self, number: int) -> int:
        """Instant of the last change of the article of a number."""
        return self._modified[number]

    def popular(self, count: int) -> list[Article]:
        """Articles of the past that widgets show on every page."""
        step = max(1, len(self.numbers) // count)
        return [self.article(number) for number in self.numbers[::-step][:count]]

    def related(self, article: Article, count: int) -> list[Article]:
        """Articles published before this one, those after it where there are too few."""
        place = bisect_left(self.numbers, self._published[article.number], key=self._published.__getitem__)
        around = self.numbers[max(0, place - count) : place + count + 1]
        return [self.article(number) for number in around if number != article.number][:count]

    def truth(self) -> Iterator[Truth]:
        """Yields what each public article contains, the oldest first, but for the post protected by a password."""
        for number in self.numbers:
            if number != PROTECTED:
                yield self._truth(self.article(number))

    def _truth(self, article: Article) -> Truth:
        """What the dataset must have of an article."""
        return Truth(
            id=article.id,
            url=article.path,
            headline=article.headline,
            alternative_headline=article.subtitle,
            authors=list(article.authors),
            contributors=list(article.contributors),
            date_published=iso(article.published),
            date_modified=iso(article.modified),
            day_published=local(article.published).date().isoformat(),
            section=article.sections[0],
            sections=list(article.sections),
            tags=list(article.tags),
            body=article.body,
            image=article.thumbnail,
            images=[{"url": image.path, "caption": image.caption} for image in article.images],
            views=shown(article.views)[1],
            comments=article.comments,
            sponsored=article.sponsor is not None,
            kind=article.kind,
            change=self._latest(article.number),
        )

    def _latest(self, number: int) -> str | None:
        """The last change of an article since day 0, as ``Truth`` names it; None without one."""
        if number >= self.articles:
            return "backdated" if number - self.articles in BACKDATED else "new"
        role, since = self._roles.get(number, (0, 0))
        if role == REMOVED and self.day >= since:
            return "returned"
        change = self._changes.get(number, Change())
        for name, day in (
            ("edited", change.edited),
            ("moved", change.moved),
            ("section", change.resectioned),
            ("views", change.viewed),
        ):
            if day:
                return name
        return None

    def _arrived(self, day: int) -> int:
        """The number of all new articles up to a day."""
        return NEW[min(day, LAST)] + max(0, day - LAST) * min(20, 5 + self.articles // 1_000)

    def _born_on(self, index: int) -> int:
        """The day of the new article of an index."""
        return next(day for day in count() if index < self._arrived(day))

    def _later_roles(self) -> dict[int, tuple[int, int]]:
        """The roles of old articles that are none of the nine, and their days after ``LAST``."""
        others = set(range(self.articles)) - {*self._pillars, *ALL_HERO, PROTECTED}
        drawn = {number: divmod(mixed(self.seed, number, 12), ROUND) for number in others}
        return {
            number: (role % 9, LAST + 1 + place) for number, (role, place) in drawn.items() if LAST + place < self.day
        }

    def _change(self, number: int) -> Change:
        """What later days, up to this one, did to an article."""
        if number >= self.articles:
            return self._arrival(number - self.articles)
        role, day = self._roles[number]
        if day > self.day:
            return Change()
        happened = later(day - 0.5) + 60 * role
        if role < len(EDITED_ON):
            return Change(modified=happened, edited=day)
        others = (
            Change(viewed=day),
            Change(modified=happened, moved=day),
            Change(),
            Change(modified=happened, resectioned=day),
        )
        return others[role - len(EDITED_ON)]

    def _arrival(self, index: int) -> Change:
        """When the new article of an index was published."""
        day = self._born_on(index)
        instant = later(day - 0.9) + 3_600 * (index - self._arrived(day - 1)) + 7
        if index in BACKDATED:
            return Change(published=instant - 90 * DAY, modified=instant)
        return Change(published=instant, modified=instant)

    def _published_at(self, number: int) -> int:
        """The instant of publication of the article of a number."""
        if number >= self.articles:
            return self._changes[number].published
        return born(self.articles, self.seed, number)

    def _modified_at(self, number: int) -> int:
        """The instant of the last change of the article of a number."""
        change = self._changes.get(number)
        if change and change.modified != NO_INSTANT:
            return change.modified
        return first_edit(self.seed, number, self._published[number])

    def _sections_of(self, number: int) -> tuple[str, ...]:
        """The sections of the article of a number on this day."""
        if number in ALL_HERO:
            return ("Opinion",)
        change = self._changes.get(number)
        if change and change.resectioned:
            return ("Culture",) if self._first_sections(number)[0] != "Culture" else ("Sport",)
        return self._first_sections(number)

    def _first_sections(self, number: int) -> tuple[str, ...]:
        """The sections of the article of a number on day 0."""
        if number in self._even:
            return ("Climate",)
        return (UNCATEGORIZED,) if number % 40 == 17 else drawn_sections(self.seed, number)


def shown(count: int) -> tuple[str, int]:
    """A count as the theme prints it, and what that says: 1234 is ``1.2k``, which is 1200."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count > size:
            tenths = (count * 10 + size // 2) // size
            return f"{tenths // 10}{f'.{tenths % 10}' if tenths % 10 else ''}{letter}", tenths * size // 10
    return str(count), count
