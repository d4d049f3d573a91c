"""The item: one :class:`Article` is one line of the dataset."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NotRequired, TypedDict


class Image(TypedDict):
    """A picture of an article. The keys after the caption are there only where the page gives them."""

    url: str
    caption: str | None
    alt: NotRequired[str]
    width: NotRequired[int]
    height: NotRequired[int]


class Link(TypedDict):
    """A link in the text that leaves the site."""

    url: str
    text: str


class Embed(TypedDict):
    """A video, player, post, document or map from another site that an article shows."""

    type: str
    provider: str | None
    url: str
    title: str | None


class Source(TypedDict):
    """A name and address in the theme's "Source" or "Via" line."""

    name: str
    url: str | None


class NamedPage(TypedDict):
    """The page that a name links to: of an author, a section or a tag."""

    name: str
    url: str


@dataclass(slots=True)
class Article:
    """An article as it stood on its page on the day of the crawl.

    None means that the page does not have the value; an empty list means that it has none of these. No text is empty.
    """

    site: str | None = None
    """Host of the site that was crawled, with its port if it has one, without ``www.``:
    ``mainlandtimes.com``. Source: the canonical address."""

    id: int | None = None
    """WordPress' number of the post, unique within the site. Source: ``link[rel=shortlink]``;
    else the REST link, the body's class ``postid-N``, the HTTP ``Link`` header."""

    url: str | None = None
    """Canonical address, absolute. Source: ``link[rel=canonical]``; else the address requested,
    without query and fragment."""

    headline: str | None = None
    """Headline, one line of plain text. Source: the page's ``h1``; else JSON-LD, ``og:title``."""

    alternative_headline: str | None = None
    """Subtitle, one line of plain text. Source: ``.jeg_post_subtitle``. Null if not set."""

    byline: str | None = None
    """Byline as printed, one line: ``by Michael Sanders``. Source: ``.jeg_meta_author``."""

    authors: list[str] = field(default_factory=list)
    """Who wrote it, in the order printed: people, agencies, desks. Source: the byline's links;
    else its text. A login name in a meta tag is no author."""

    contributors: list[str] = field(default_factory=list)
    """Who helped: the names of a line "Additional reporting by …", which stays in the body."""

    sources: list[Source] = field(default_factory=list)
    """``{name, url}`` of the theme's source and via lines. ``url`` is null where none is linked."""

    date_published: str | None = None
    """Instant of publication, UTC, ``2022-01-07T08:41:12Z``. Source: ``article:published_time``;
    else JSON-LD, ``time[datetime]``; in a crawl, where the page has no instant, REST's ``date_gmt``.
    Null where only a day is known: never an invented midnight."""

    date_modified: str | None = None
    """Instant of the last change, UTC; equal to ``date_published`` when never edited.
    Source: ``article:modified_time``; else JSON-LD; in a crawl, where the page has no instant of publication
    either, REST's ``modified_gmt``. Null where only a day is known."""

    day_published: str | None = None
    """Day of publication in the site's time zone, ``2022-01-07``. Source: the instant, and ``MAINLAND_TIMEZONE``
    or what the site gives; without an instant the address, the printed date."""

    date_published_raw: str | None = None
    """Date as printed beside the byline: ``01/07/2022``, ``3 years ago``. Never parsed for readers."""

    section: str | None = None
    """Main section. Source: the last link of the breadcrumb; else ``article:section``, the first
    of ``sections``."""

    sections: list[str] = field(default_factory=list)
    """All sections, in the order printed. Source: ``.jeg_meta_category``; else JSON-LD
    ``articleSection``, ``article:section``."""

    tags: list[str] = field(default_factory=list)
    """Tags, in the order printed. Source: ``.jeg_post_tags``; else ``article:tag``."""

    description: str | None = None
    """Summary for search engines and social media, one line; often cut short by the theme.
    Source: ``meta[name=description]``; else ``og:description``."""

    body: str | None = None
    """The text of ``body_html``: paragraphs, headings, list items, quotes and tables in reading order, a blank line
    between, no markup. No captions, tags, related posts, advertisements or other boilerplate."""

    image: Image | None = None
    """``{url, caption}`` of the lead image in full size, and ``alt``, ``width`` and ``height`` where the
    page gives them. Source: ``.jeg_featured``; else ``og:image``. Null where the article has none."""

    images: list[Image] = field(default_factory=list)
    """The lead image and those in the text, as ``image`` has it, each once."""

    links: list[Link] = field(default_factory=list)
    """``{url, text}`` of the links in the text that leave the site, in reading order."""

    views: int | None = None
    """Views as printed on the day of the crawl, never refreshed: ``1.2k`` is 1200. Null if not shown."""

    comments: int | None = None
    """Comments as printed on the day of the crawl, never refreshed. Null if not shown."""

    word_count: int | None = None
    """Words of the body: runs of what is no white space."""

    language: str | None = None
    """Language as the page declares it, BCP 47: ``en-US``. Source: ``html[lang]``; else ``og:locale``."""

    sponsored: bool | None = None
    """True where the page labels the article as sponsored, otherwise null."""

    duplicate_of: int | None = None
    """``id`` of the oldest public article of which this one is a near-duplicate; null in ``changes.jsonl``. Source:
    the bodies of all public articles."""

    revision: int = 1
    """1 for the first line of an id, one higher for each further line: (site, id, revision) is unique."""

    change: str = "new"
    """Why the line was written: ``new``, ``edited``, ``moved``, ``removed``, ``returned``, ``reparsed``."""

    content_hash: str | None = None
    """SHA-256, hexadecimal, over what the newsroom wrote; the same on every crawl until it edits."""

    extractor: str | None = None
    """Version of the rules that read the page."""

    date_crawled: str | None = None
    """Instant of the page's arrival, UTC. Null for a saved page."""

    date_removed: str | None = None
    """Instant of the crawl that found the article gone, UTC. Null while it is public."""

    author_pages: list[NamedPage] = field(default_factory=list)
    """``{name, url}`` of the ``authors`` whose names the byline links, in the order printed. ``url`` is absolute."""

    section_pages: list[NamedPage] = field(default_factory=list)
    """``{name, url}`` of the ``sections`` that are linked, in the order printed. Source: ``.jeg_meta_category``; else
    the breadcrumb."""

    tag_pages: list[NamedPage] = field(default_factory=list)
    """``{name, url}`` of the ``tags`` that are linked, in the order printed. Source: ``.jeg_post_tags``."""

    is_accessible_for_free: bool | None = None
    """False where the page says that the text is cut by a paywall or needs a subscription, otherwise null. Source:
    marks of paywalls; else ``isAccessibleForFree`` in JSON-LD or a meta tag, ``article:content_tier``."""

    original_url: str | None = None
    """Address of the story where it was published first, absolute. Source: a canonical link to another host; else a
    source or "via" line, or a link in the text, that leads to the same story on another site."""

    body_html: str | None = None
    """The text as clean HTML in reading order, with its headings, lists, quotes, tables, links, pictures and embeds.
    ``body`` is its text. Null where the article has neither text nor figures."""

    embeds: list[Embed] = field(default_factory=list)
    """``{type, provider, url, title}`` of the videos, players, posts, documents and maps that the article shows, in
    reading order, each once. ``url`` is what a reader would open; ``provider`` is null for a file."""


BOOKKEEPING = frozenset("id duplicate_of revision change content_hash extractor date_crawled date_removed".split())
"""The fields that say which line of which article it is, and how it was made: no newsroom edits them."""
