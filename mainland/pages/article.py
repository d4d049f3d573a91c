"""From a page to the article on it: the item, which rule gave each field, and the hash of its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from mainland.clean import dates, origins, pictures, text, urls
from mainland.clean.people import people
from mainland.items import BOOKKEEPING, Article, Embed, Image, NamedPage, Source
from mainland.loaders import ArticleLoader
from mainland.pages import embeds
from mainland.pages.body import Guarded, Story, story
from mainland.pages.body_text import text_blocks
from mainland.pages.kinds import require_article
from mainland.pages.lead_image import is_show, lead_image
from mainland.pages.nodes import innermost
from mainland.pages.page import Page, bounded
from mainland.pages.picture_sources import PictureSources
from mainland.selectors import LEAD_IMAGE, RULES, SOURCES

if TYPE_CHECKING:
    from scrapy.statscollectors import StatsCollector

T = TypeVar("T")

EXTRACTOR = "4"
"""Version of the rules: one higher whenever the same page can give other fields."""

# What a newsroom does not write, what changes without it, and what the site files the article under.
_NOT_HASHED = BOOKKEEPING | frozenset(
    "site url date_modified date_published_raw day_published section sections tags views comments word_count"
    " author_pages section_pages tag_pages is_accessible_for_free original_url body_html embeds".split()
)
_HASHED = Article.__dataclass_fields__.keys() - _NOT_HASHED
_EDITED = ("article:modified_time", "og:updated_time")

_LINKED = {"author_pages": ("authors",), "section_pages": ("sections", "section"), "tag_pages": ("tags",)}

DATE_ORDERS = ("MDY", "DMY", "YMD")
"""The orders of day, month and year in printed dates of numbers."""


@dataclass(frozen=True)
class Site:
    """What is known of a site before any of its pages is read."""

    zone: tzinfo | None = None
    """Time zone of the newsroom; None where it is unknown: then each page is read in the zone that it shows."""

    date_order: str = "MDY"
    """Order of day, month and year in printed dates of numbers: one of DATE_ORDERS."""


MAINLAND_TIMES = Site()


@bounded
def article(
    page: Page,
    site: Site = MAINLAND_TIMES,
    further: Iterable[Page] = (),
    stats: StatsCollector | None = None,
    *,
    post: dates.PostDates | None = None,
) -> Article:
    """The article of a page; ``further`` are its later subpages, in their order.

    ``post`` has the dates of the post from elsewhere, used where the page does not show the instant of publication: see
    :func:`undated_post_id`. ``stats`` counts the rules that gave a value as ``mainland/rules/FIELD/RULE``. A field
    whose rules raise an error is None or []; the error is logged.

    :raises NotAnArticleError: the page is not a public article.

    :raises TooCostlyError: the page is too large or takes too much CPU time; it may be an article.
    """
    require_article(page)
    loader = ArticleLoader(stats=stats, url=page.url)
    guarded = loader.guarded
    post = guarded("date_published", _usable_dates, page, site, post) or dates.PostDates()
    loader.context["zone"] = site.zone or guarded("day_published", _zone_of, page, post) or dates.LONDON
    for name, rules in RULES.items():
        loader.add_first(name, rules, page.select)
    loader.count("body", page.container_name)
    url = guarded("url", lambda: page.canonical)
    sources = PictureSources(url, page.root)
    subpages = ((each, PictureSources(url, each.root)) for each in further)
    read = guarded("body", _story_of_all, chain([(page, sources)], subpages), guarded) or Story()
    lead, rule = guarded("image", lead_image, page, sources) or (None, None)
    loader.count("image", rule)
    body_html = "".join(read.html) or None
    blocks = guarded("body", text_blocks, body_html) or []
    guarded("contributors", loader.add_value, "contributors", blocks)
    item = loader.load_item()
    item.site, item.url = urls.host(url), url
    item.body_html, item.body = body_html, "\n\n".join(blocks) or None
    item.word_count = len((item.body or "").split())
    item.links = read.links
    item.embeds = embeds.each_once([*(guarded("embeds", _featured, page, url) or []), *read.embeds])
    item.sources = guarded("sources", _sources, page, url) or []
    item.original_url = item.original_url or guarded("original_url", _original, loader, item)
    item.image, item.images = lead, _each_once([lead, *read.images] if lead else read.images)
    guarded("authors", _complete_authors, item, page)
    item.date_published = guarded("date_published", _with_seconds, page, "date_published", item.date_published)
    item.date_modified = guarded("date_modified", _with_seconds, page, "date_modified", item.date_modified)
    item.date_published = post.published or item.date_published
    item.day_published = guarded("day_published", _day_published, loader, page, site, item.date_published)
    item.date_modified = item.date_modified or post.modified or item.date_published
    item.section = item.section or next(iter(item.sections), None)
    if "jeg_meta_category" not in page.regions and page.structured_data.joined_sections:
        item.sections = _without_tags(item.sections, item.tags, item.section)
    item.sections = item.sections or ([item.section] if item.section else [])
    for name, named in _LINKED.items():
        setattr(item, name, guarded(name, _pages_of, item, name, named, url) or [])
    loader.clear_failed(item)
    item.extractor = EXTRACTOR
    item.content_hash = content_hash(item)
    return item


@bounded
def explain(page: Page, site: Site = MAINLAND_TIMES) -> dict[str, dict[str, Any]]:
    """The values that each rule gives for a page, by field, then by the name of the rule; None or [] if it gives none.

    The rule that gives the field its value is first. The page need not be an article.
    """
    found: dict[str, dict[str, Any]] = {}
    zone = site.zone or _zone_of(page, dates.PostDates())
    for name, rules in RULES.items():
        values: dict[str, Any] = {}
        for rule in rules:
            loader = ArticleLoader(zone=zone, url=page.url)
            loader.add_first(name, [rule], page.select)
            values[rule.name] = loader.get_output_value(name)
        found[name] = dict(sorted(values.items(), key=lambda pair: pair[1] in (None, [])))
    return found


def content_hash(item: Article) -> str:
    """SHA-256, in hexadecimal, of the fields of an item that a newsroom writes: it changes if one of them does.

    Pictures and links count by their paths: a site may change its host, or have its pictures converted.
    """
    fields: dict[str, Any] = {name: getattr(item, name) for name in _HASHED}
    for name, images in (("image", [item.image] if item.image else []), ("images", item.images)):
        fields[name] = [[pictures.key(image["url"]), image["caption"]] for image in images]
    fields["links"] = [[urls.path(link["url"]), link["text"]] for link in item.links]
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _with_seconds(page: Page, name: str, value: str | None) -> str | None:
    """A date that an SEO plugin gives to the minute, completed by the seconds of another date on the page.

    ``name`` is the field whose rules give the dates, ``value`` its date in UTC; any other value, None too, is returned
    unchanged.
    """
    moment = dates.stamp(value) if value and value.endswith(":00Z") else None
    if moment is None:
        return value
    return dates.utc(dates.with_seconds(moment, [each for rule in RULES[name] for each in page.select(rule)]))


def _complete_authors(item: Article, page: Page) -> None:
    """Adds to an item the authors, and pages of authors, that its byline omits ("and 3 others").

    They are those of a box of authors, else of JSON-LD, if the first author of the byline is among them.
    """
    boxed = people(page.author_box) if len(page.author_box) > 1 else ()
    lists = [[name for name, _ in boxed], page.structured_data.authors if item.authors else []]
    item.authors = next((names for each in lists if (names := _with_coauthors(item.authors, each))), item.authors)
    linked = {each["name"] for each in item.author_pages}
    item.author_pages += [{"name": name, "url": url} for name, url in boxed if url and name not in linked]


def _with_coauthors(names: list[str], listed: list[str]) -> list[str]:
    """Adds the further names of a list to those of a byline, if the list has the first of these; otherwise [].

    >>> _with_coauthors(["Ana"], ["Ana", "Bo"]), _with_coauthors(["Ana", "AFP"], ["Bo", "Ana"])
    (['Ana', 'Bo'], ['Ana', 'AFP', 'Bo'])
    >>> _with_coauthors(["Ana", "AFP"], ["Ana"]), _with_coauthors(["Ana"], ["Bo", "Cher"])
    ([], [])
    """
    printed, known = ({name.casefold() for name in each} for each in (names, listed))
    further = [name for name in listed if name.casefold() not in printed]
    if not names or not further or names[0].casefold() not in known:
        return []
    return listed if printed <= known else [*names, *further]


def _without_tags(sections: list[str], tags: list[str], main: str | None) -> list[str]:
    """The sections without the tags, where all tags are among them: All in One SEO lists both as one.

    ``main`` is kept; unchanged too if nothing would be left.

    >>> _without_tags(["World", "Lake"], ["lake"], None), _without_tags(["World", "EU"], ["EU", "Rain"], None)
    (['World'], ['World', 'EU'])
    """
    folded = {tag.casefold() for tag in tags}
    if not folded <= {name.casefold() for name in sections}:
        return sections
    return [name for name in sections if name.casefold() not in folded or name == main] or sections


def _pages_of(item: Article, field: str, fields: Iterable[str], base: str | None) -> list[NamedPage]:
    """The pages in a field of an item (``author_pages``) whose names are in other fields, each once.

    Their addresses are made absolute with ``base``, the article's own; links to the article itself are left out.

    >>> links = [{"name": "EU", "url": "/eu/"}, {"name": "EU", "url": "#"}, {"name": "More", "url": "/"}]
    >>> _pages_of(Article(tags=["EU"], tag_pages=links), "tag_pages", ["tags"], "https://a.example/rain/")
    [{'name': 'EU', 'url': 'https://a.example/eu/'}]
    """
    values = [getattr(item, each) for each in fields]
    names = {name for value in values for name in (value if isinstance(value, list) else [value])}
    found = [(page["name"], urls.absolute(base, page["url"])) for page in getattr(item, field) if page["name"] in names]
    own = urls.key(base or "")
    return [{"name": name, "url": url} for name, url in dict.fromkeys(found) if url and urls.key(url) != own]


def _original(loader: ArticleLoader, item: Article) -> str | None:
    """The address where the story was published first, by its source lines and links; None if none leads there.

    It also counts which of these gave it.
    """
    sources = [source["url"] for source in item.sources if source["url"]]
    links = [(link["url"], link["text"]) for link in item.links]
    found = origins.original(item.url, item.headline, sources, links)
    loader.count("original_url", None if found is None else "source line" if found in sources else "link in the text")
    return found


@bounded
def undated_post_id(page: Page, site: Site = MAINLAND_TIMES) -> int | None:
    """The id of the post, if its page does not show the instant of publication; None if it does, or shows no id.

    A date without a zone is an instant if the time zone of the site is known, except in the hour that occurs twice in
    autumn.
    """
    stamp = _published(page)
    if stamp and dates.is_certain(stamp, site.zone):
        return None
    loader = ArticleLoader(url=page.url)
    loader.add_first("id", RULES["id"], page.select)
    return loader.get_output_value("id") if loader.get_collected_values("id") else None


def _published(page: Page) -> datetime | None:
    """The date of publication by the first rule that gives one, maybe without a zone; None if no rule does."""
    stamps = (dates.stamp(value) for rule in RULES["date_published"] for value in page.select(rule))
    return next(filter(None, stamps), None)


def _usable_dates(page: Page, site: Site, post: dates.PostDates | None) -> dates.PostDates | None:
    """The dates of a post, in UTC, if its page needs them and does not contradict them; None otherwise.

    A page needs them if it does not show the instant of publication.
    """
    moment = dates.instant(post.published) if post else None
    if post is None or moment is None:
        return None
    shown = _published(page)
    is_old = post.is_stored and site.zone is None  # the newsroom may have dated it anew
    if shown and (is_old or dates.is_certain(shown, site.zone)):
        return None
    days = list(filter(None, (dates.bare_day(each) for rule in RULES["date_published"] for each in page.select(rule))))
    can_be = dates.can_be(shown, moment, site.zone) if shown else not days or dates.is_near(days[0], moment)
    edited = dates.instant(post.modified)
    return dates.PostDates(dates.utc(moment), dates.utc(edited) if edited else None) if can_be else None


def _zone_of(page: Page, post: dates.PostDates) -> tzinfo:
    """The time zone that the dates of a page show, also by comparing its local time with the instant of its post.

    Europe/London if they show none, as :func:`mainland.clean.dates.zone_of`.
    """
    published = [post.published] if post.published else []
    published += [each for rule in RULES["date_published"] for each in page.select(rule)]
    edited = [each for name in _EDITED for each in page.head.meta.get(name, [])]
    local = [record.get("datePublished") for record in page.structured_data.records]
    return dates.zone_of([*published, *(each for each in local if isinstance(each, str))], edited)


def _day_published(loader: ArticleLoader, page: Page, site: Site, instant: str | None) -> str | None:
    """The day of publication, as ``2022-01-07``; None if the page shows no day.

    ``instant`` is the instant of publication. With it, this is its day in the site's time zone. If that zone is
    unknown, it is the day in the page's address, where the instant can be on that day in some zone, otherwise the day
    of the instant in the zone that the page shows. Without an instant it is the first of these: a day without a time in
    a machine-readable date, the day in the address, the printed date.
    """
    moment = dates.stamp(instant)
    address = dates.address_day(page.canonical)
    if moment:
        is_in_address = site.zone is None and dates.is_near(address, moment)
        return address if is_in_address else moment.astimezone(loader.context["zone"]).date().isoformat()
    bare = (dates.bare_day(value) for rule in RULES["date_published"] for value in page.select(rule))
    return next(filter(None, bare), address) or dates.printed_day(
        loader.get_output_value("date_published_raw"),
        _date_order(loader, site),
        loader.get_output_value("language"),
    )


def _date_order(loader: ArticleLoader, site: Site) -> str:
    """The order of numbers in a printed date, one of DATE_ORDERS.

    It is the site's, but ``DMY`` instead of ``MDY`` on a page in another language than English.
    """
    language = loader.get_output_value("language") or "en"
    return site.date_order if language.lower().startswith("en") or site.date_order != "MDY" else "DMY"


def _featured(page: Page, base: str | None) -> list[Embed]:
    """The embeds in the featured area that stand in place of the lead image, usually none.

    ``base`` is the page's address.
    """
    areas = [page.regions[name] for name in LEAD_IMAGE if name in page.regions]
    return [embed for area in areas if is_show(area) and (embed := embeds.of_node(area, base))]


def _story_of_all(subpages: Iterable[tuple[Page, PictureSources]], guarded: Guarded) -> Story:
    """One story of all subpages of an article, in their order, each given with the sources of its pictures.

    What JNews' split plugin repeats on each subpage is there once. It is empty without a text container.
    """
    read, first = Story(), None
    for page, sources in subpages:
        if page.container is not None:
            found = story(page.container, sources, page.spilled, guarded)
            frame = first if first and "split-container" in page.regions else Story()
            first = first or found
            _append_subpage(read.html, found.html, frame.html)
            _append_subpage(read.links, found.links, frame.links)
            read.images += found.images
            read.embeds += found.embeds
    return read


def _append_subpage(read: list[T], subpage: list[T], first: list[T]) -> None:
    """Inserts the items (blocks or links) of a subpage into ``read``, before the end that all subpages have.

    ``first`` are the items of the first subpage. JNews' split plugin prints on each subpage what the first one has
    before and after its own text.

    >>> read = ["Intro", "One", "Two", "Outro"]
    >>> _append_subpage(read, ["Intro", "Three", "Outro"], ["Intro", "One", "Outro"])
    >>> read
    ['Intro', 'One', 'Two', 'Three', 'Outro']
    """
    before = text.common_start(subpage, first)
    after = text.common_start(subpage[before:][::-1], first[before:][::-1])
    place = len(read) - after
    read[place:place] = subpage[before : len(subpage) - after]


def _each_once(images: list[Image]) -> list[Image]:
    """The pictures, each file once; the first gets the caption, text and size of the later ones where it has none."""
    found: dict[str, Image] = {}
    for image in images:
        same = found.setdefault(pictures.file_key(image["url"]), image)
        if same is not image:
            same["caption"] = same["caption"] or image["caption"]
            same.update({**image, **same})
    return list(found.values())


def _sources(page: Page, base: str | None) -> list[Source]:
    """The sources in the source lines of a page, with absolute addresses; the address is None where a link has none."""
    found: list[Source] = []
    for region in SOURCES:
        node = page.regions.get(region)
        for anchor in innermost(list(node.iterdescendants("a"))) if node is not None else ():
            name, href = text.line("".join(anchor.itertext())), anchor.get("href")
            if name:
                found.append({"name": name, "url": urls.absolute(base, href) if href else None})
    return found
