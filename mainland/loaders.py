"""Loaders: from the values that rules select on a page to the fields of the item."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from itemloaders.processors import Identity, MapCompose, TakeFirst
from scrapy.loader import ItemLoader

from mainland.clean import dates, people, text, urls
from mainland.clean.credits import contributors
from mainland.items import Article, NamedPage
from mainland.selectors import Rule

if TYPE_CHECKING:
    from scrapy.statscollectors import StatsCollector

T = TypeVar("T")

logger = logging.getLogger(__name__)

_REFUSALS = frozenset({"false", "locked"})
_NEEDED = frozenset({"id", "url"})  # without them it is not an article
_LONGEST_ERROR = 200  # characters
_POST_ID = re.compile(r"\bpostid-(\d{1,18})\b|^\s*(\d{1,18})\s*$")


def each(function: Callable[[str], Any]) -> Callable[[Iterable[str]], list[Any]]:
    """Makes a processor that applies a function to each value, and leaves out None.

    Scrapy's MapCompose also inspects each function for a context argument, which takes longer than most functions.

    >>> each(text.count)(["1.2k", "–", "3"])
    [1200, 3]
    """
    return lambda values: [found for value in values if (found := function(value)) is not None]


def distinct(values: Iterable[Any]) -> list[Any]:
    """The values in their order, each once.

    >>> distinct(["EU", "Climate", "EU"])
    ['EU', 'Climate']
    """
    return list(dict.fromkeys(values))


def first_instant(values: Iterable[datetime]) -> str | None:
    """The first of some instants, as the dataset has it.

    >>> first_instant([datetime(2022, 1, 7, 8, 41, 12, tzinfo=UTC)]), first_instant([])
    ('2022-01-07T08:41:12Z', None)
    """
    return next(map(dates.utc, values), None)


def read_id(value: str) -> int | None:
    """The number of a post, from an address or the classes of the body.

    >>> read_id("https://example.org/?p=7"), read_id("single single-post postid-7 jnews"), read_id("page-id-7")
    (7, 7, None)
    >>> read_id("postid-0"), read_id(f"postid-{2**53}")
    (None, None)
    """
    match = _POST_ID.search(value)
    number = int(match[1] or match[2]) if match else urls.post_id(value)
    return number if number and number <= text.LARGEST else None  # what JSON numbers are exact for


def read_authors(values: Iterable[str]) -> list[str]:
    """The names in a byline, given as its pieces in order: links as HTML, words that the theme marks, and plain text.

    A link that leads elsewhere than the others do is not a name ("Follow"), unless the text before it joins it.

    >>> read_authors(['<a href="/author/ana/">Ana Peña</a>', " and Reuters", '<a href="#">Follow</a>'])
    ['Ana Peña', 'Reuters']
    >>> read_authors(["By Ana Peña and ", "PR Desk"])
    ['Ana Peña', 'PR Desk']
    """
    return [name for name, _ in people.people(values)]


def read_author_pages(values: Iterable[str]) -> list[NamedPage]:
    """The authors of a byline, given as for :func:`read_authors`, whose names are links, with the addresses as printed.

    >>> read_author_pages(['<a href="/author/ana/">Ana Peña</a>', " and Reuters", '<a href="#">Follow</a>'])
    [{'name': 'Ana Peña', 'url': '/author/ana/'}]
    """
    return [{"name": name, "url": url} for name, url in people.people(values) if url]


def read_named_page(value: str) -> NamedPage | None:
    """The name and the address, as printed, of a link, given as HTML.

    >>> read_named_page('<a href="/tag/r-d/?a=1&amp;b=2" rel="tag">R&amp;D</a>')
    {'name': 'R&D', 'url': '/tag/r-d/?a=1&b=2'}
    >>> read_named_page('<a>Home</a>'), read_named_page('<a href="/"><i></i></a>')
    (None, None)
    """
    name, url = text.plain(value), people.address(value)
    return {"name": name, "url": url} if name and url else None


def read_byline(values: Iterable[str]) -> str | None:
    """The byline on one line, from its pieces of text.

    >>> read_byline(["by", "Ana Peña", ", Reuters"])
    'by Ana Peña, Reuters'
    """
    return re.sub(r"\s+([,;)\]])|([(\[])\s+", r"\1\2", text.line(" ".join(values)) or "") or None


def read_count(value: str) -> int | None:
    """The number that the theme printed; None for other text.

    >>> read_count("<span>1.2k</span>")
    1200
    """
    return text.count(text.plain(value))


def read_published(value: str, loader_context: dict[str, Any]) -> datetime | None:
    """The instant of a date, None if it is not one; without a zone it is in the site's time zone, as in JSON-LD."""
    return dates.instant(value, loader_context["zone"])


def read_modified(value: str) -> datetime | None:
    """The instant of a date, None if it is not one; without a zone it is in UTC, as in JNews' JSON-LD.

    >>> read_modified("2022-01-07 08:41:12").isoformat()
    '2022-01-07T08:41:12+00:00'
    """
    return dates.instant(value, UTC)


def read_language(value: str) -> str | None:
    """A language tag of BCP 47, from one with hyphens or underscores; None for other text.

    >>> read_language("en_US"), read_language("-")
    ('en-US', None)
    """
    tag = value.strip().replace("_", "-")
    return tag if re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", tag) else None


def read_access(value: str) -> bool | None:
    """False for a value that means not free; otherwise None.

    Values are those of schema.org's ``isAccessibleForFree`` and of content tiers.

    >>> [read_access(value) for value in ("False", "https://schema.org/False", "locked", "True", "metered")]
    [False, False, False, None, None]
    """
    return False if value.strip().lower().rpartition("/")[2] in _REFUSALS else None


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    """Yields an error, and the errors that caused it."""
    cause: BaseException | None = error
    while cause:
        yield cause
        cause = cause.__cause__


class ArticleLoader(ItemLoader):
    """Fills an :class:`Article`. Its context holds ``zone``, the site's time zone, and ``url``, the page's address.

    Processors return None for what they cannot read. If one raises an error, only its field is lost: see
    :meth:`guarded`.
    """

    default_item_class = Article
    default_input_processor = Identity()
    default_output_processor = TakeFirst()

    id_in = each(read_id)
    headline_in = alternative_headline_in = date_published_raw_in = each(text.plain)
    byline_in = read_byline
    section_in = sections_in = tags_in = description_in = each(text.plain)
    authors_in = read_authors
    contributors_in = contributors
    date_published_in = MapCompose(read_published)
    date_modified_in = each(read_modified)
    views_in = comments_in = each(read_count)
    language_in = each(read_language)
    sponsored_in = each(lambda _label: True)
    original_url_in = each(lambda value: urls.absolute(None, value))
    is_accessible_for_free_in = each(read_access)
    author_pages_in = read_author_pages
    section_pages_in = tag_pages_in = each(read_named_page)

    authors_out = contributors_out = sections_out = tags_out = distinct
    author_pages_out = section_pages_out = tag_pages_out = Identity()
    date_published_out = date_modified_out = first_instant

    def get_input_processor(self, field_name: str) -> Callable[..., Any]:
        """The field's processor, looked up once and not for every page."""
        return self._processor(f"{field_name}_in", self.default_input_processor)

    def get_output_processor(self, field_name: str) -> Callable[..., Any]:
        """The field's processor, looked up once and not for every page."""
        return self._processor(f"{field_name}_out", self.default_output_processor)

    @classmethod
    @cache
    def _processor(cls, name: str, default: Callable[..., Any]) -> Callable[..., Any]:
        return getattr(cls, name, default)  # of the class: a function that it holds is no method

    def __init__(self, *args: Any, **context: Any) -> None:
        super().__init__(*args, **context)
        self.failed: set[str] = set()
        """The fields whose rules raised an error."""

    def guarded(self, field: str, read: Callable[..., T], *args: Any) -> T | None:
        """The result of a function that reads a field; None if it raises an error, so that only this field is lost.

        Counted once a page as ``mainland/field_errors/FIELD``, and logged once a crawl. An :class:`Exception` from a
        signal handler of the caller is counted in the same way.

        :raises MemoryError: memory ran out, also where a processor of the field says so in an error of its own.
        :raises Exception: the error, of a field that every article must have.
        """
        try:
            return read(*args)
        except Exception as error:
            if any(isinstance(each, MemoryError) for each in _with_causes(error)):
                raise MemoryError from error
            if field not in self.failed:
                self.failed.add(field)
                self._report(field, error.__cause__ or error)
            if field in _NEEDED:
                raise
            return None

    def _report(self, field: str, error: BaseException) -> None:
        """Counts that the rules of a field raised an error; logs the first one of the crawl."""
        name, url = f"mainland/field_errors/{field}", self.context["url"]
        stats = cast("StatsCollector | None", self.stats)
        if stats is not None:
            stats.inc_value(name)
            if stats.get_value(name) > 1:
                return
            stats.set_value(f"mainland/field_errors_at/{field}", url)
        message = (text.line(str(error)) or "")[:_LONGEST_ERROR]
        logger.warning("%s: left out %s: %s: %s", url, field, type(error).__name__, message)

    def load_item(self) -> Article:
        """Sets the fields of the item to the collected values, and returns it."""
        item: Article = self.item
        for name in self._values:
            value = self.get_output_value(name)
            if value is not None:
                setattr(item, name, value)
        return item

    def get_output_value(self, field_name: str) -> Any:
        """The value of a field, made from the collected values; None if that raises an error."""
        # No output processor here needs the context, for which itemloaders wraps and inspects each of them.
        return self.guarded(field_name, self.get_output_processor(field_name), self.get_collected_values(field_name))

    def clear_failed(self, item: Article) -> None:
        """Sets the fields of an item whose rules raised an error to their defaults."""
        usual = Article()
        for name in self.failed:
            setattr(item, name, getattr(usual, name))

    def add_first(self, field: str, rules: Iterable[Rule], select: Callable[[Rule], list[str]]) -> None:
        """Adds the values of the first rule that gives the field a value; counts it as ``mainland/rules/FIELD/RULE``.

        ``select`` returns what a rule selects on the page. An error of a rule is treated as by :meth:`guarded`.
        """
        self.guarded(field, self._add_first, field, rules, select)

    def _add_first(self, field: str, rules: Iterable[Rule], select: Callable[[Rule], list[str]]) -> None:
        """As :meth:`add_first`, but raises the errors of rules."""
        for rule in rules:
            values = select(rule)
            if values:
                self.add_value(field, values)
                if self.get_collected_values(field):
                    self.count(field, rule.name)
                    return

    def count(self, field: str, rule: str | None) -> None:
        """Counts in the stats the rule that a field came from, given by its name; nothing for None."""
        if rule is not None and self.stats is not None:
            self.stats.inc_value(f"mainland/rules/{field}/{rule}")
