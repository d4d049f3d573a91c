"""What a page says, by its parts, and whether it is an article."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache, partial, wraps
from itertools import chain, islice, pairwise, takewhile
from typing import IO, TYPE_CHECKING, Any, Concatenate, NamedTuple, ParamSpec, TypeVar, cast

from lxml.etree import ElementDefaultClassLookup, HTMLParser, XPath, iterwalk
from lxml.etree import parse as parse_tree
from lxml.html import HtmlElement
from parsel import Selector, SelectorList
from w3lib.encoding import html_to_unicode

from mainland.clean import dates, jsonld, text, urls
from mainland.pages import watchdog
from mainland.pages.body import markup
from mainland.pages.boilerplate import OTHER_POSTS
from mainland.selectors import (
    ANCHORS,
    BYLINE,
    CONTAINERS,
    HEADINGS,
    NEIGHBOURS,
    PAGE_LINKS,
    PARTS,
    SWALLOWED,
    Rule,
)

if TYPE_CHECKING:
    from scrapy.http import Response, TextResponse

P = ParamSpec("P")
T = TypeVar("T")

MOST_BYTES = 4 << 20
"""Bytes of HTML, unpacked, in UTF-8, that are read of a page; a larger one is too costly."""

MISPLACED, PROTECTED, COSTLY = "another page in its place", "password-protected", "too costly to read"
_KINDS = (
    ("error404", "error page"),
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
_HEADINGS = ("jeg_post_title", "entry-title", "title")
_TITLE_WRAPPERS = frozenset({"entry-header", "jeg_custom_title_wrapper"})
_NO_HEADLINES = frozenset({"content-inner", "site-title", "jeg_logo", "jeg_mobile_logo"})
_NO_HEADLINE = len(_HEADINGS) + 1
_MOST_ATTRIBUTES = 2_000
_LARGE = 1 << 16  # bytes: in a smaller page a tag has too few attributes to take long
_END = rb"(?=[\t\n\f\r />])"
_ATTRIBUTE = rb"""[\t\n\f\r /]*+[^\t\n\f\r />][^\t\n\f\r />=]*+(?:[\t\n\f\r ]*+=[\t\n\f\r ]*+
    (?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\t\n\f\r >"'][^\t\n\f\r >]*+)?)?"""
# The text of a script; in a comment in it, "<script>" and "</script>" are pairs.
_SCRIPT = rb"""(?:[^<]++|<(?!!--|/script%(end)b)|<!(?=--)(?:[^-<]++|-(?!->)|<(?!/?script%(end)b)
    |<script%(end)b(?:[^-<]++|-(?!->)|<(?!/script%(end)b))*+(?:</script%(end)b)?)*+)*+""" % {b"end": _END}
# A comment, or a tag as libxml2's tokenizer reads it: up to so many attributes, those after them, and the end of the
# tag with the text that follows in elements that hold no tags (unless the tag ends with a slash).
_TOKEN = re.compile(
    rb"""(?P<comment><!--(?:-?>|.*?(?:--!?>|\Z))|<[!?][^>]*+|</[^a-z>][^>]*+)
    |(?P<tag><(?:(?P<script>script%(end)b)|(?P<raw>style|textarea|title|xmp|iframe|noembed|noframes)%(end)b
        |(?P<plain>plaintext%(end)b)|/?[a-z][^\t\n\f\r />]*+)(?:%(attribute)b){0,%(most)d}+)
    (?:%(attribute)b)*+
    (?P<rest>(?:(?:>|[\t\n\f\r /]++(?<!/)>)
        (?(script)%(script)b)(?(raw).*?(?:(?=</(?P=raw)%(end)b)|\Z))(?(plain).*+))?+)"""
    % {b"end": _END, b"attribute": _ATTRIBUTE, b"most": _MOST_ATTRIBUTES, b"script": _SCRIPT},
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_KEPT = rb"\g<comment>\g<tag>\g<rest>"
_ELSEWHERE = re.compile(r"/(?:tag|author)/|/(?:19|20)\d\d/(?:\d\d/)?$|^(?:https?://[^/]+)?/blog/?$")
_LONG_CLASSES = 1_000  # characters: a page that means harm has others on each node, which are not to be kept
_MOST_ALIKE = 200  # headings, or text containers, that are held against each other
_MOST_NODES = 3_000  # of a byline that are read
_BLANK = " \t\r\n"
_MOST_ASKED = 4_000_000  # characters that a rule is told
_PART_NUMBER = re.compile(r"(?:/|[?&]page=)(\d{1,3})/?$")


class NotAnArticleError(ValueError):
    """The page is no article. Its text is the reason, in a few words."""


class UnknownPageError(NotAnArticleError):
    """The page is none of a WordPress site: a challenge, a notice of maintenance, a login."""


class TooCostlyError(NotAnArticleError):
    """The page is too large, or reading it takes too much CPU time. It may be an article."""

    def __init__(self) -> None:
        super().__init__(COSTLY)


@dataclass
class _Found:
    posts: int = 0
    containers: int = 0
    parts: dict[str, HtmlElement] = field(default_factory=dict)
    tags: dict[str, list[HtmlElement]] = field(
        default_factory=lambda: {tag: [] for tag in ("body", "h1", "h2", "link", "meta", "title")}
    )


class _Role(NamedTuple):
    """What the classes of a node say: a list of other posts, the wrapper of a whole post, which of PARTS."""

    is_other: bool
    is_wrap: bool
    parts: tuple[str, ...]


def _role(classes: str) -> _Role:
    return _usual_role(classes) if len(classes) < _LONG_CLASSES else _usual_role.__wrapped__(classes)


@lru_cache(maxsize=2048)  # most pages of a site have the same
def _usual_role(classes: str) -> _Role:
    names = classes.split()
    return _Role(not OTHER_POSTS.isdisjoint(names), "post-wrap" in names, tuple(PARTS.intersection(names)))


def bounded(read: Callable[Concatenate[Page, P], T]) -> Callable[Concatenate[Page, P], T]:
    """A function that reads a page, with the limit of :mod:`mainland.pages.watchdog` on its CPU time.

    A page that takes more is read as an empty one from then on: lists find nothing there, and
    :meth:`Page.require_article` raises :class:`TooCostlyError`.
    """

    @wraps(read)
    def within(page: Page, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return watchdog.call(partial(read, page, *args, **kwargs))
        except watchdog.TooLongError:
            page.give_up()
            return read(page, *args, **kwargs)

    return cast("Callable[Concatenate[Page, P], T]", within)


class Page:
    """A page, with the parts that rules ask found once.

    ``url`` is the address that was asked, None for a saved page; ``link_header`` the HTTP header ``Link``;
    ``is_answer`` whether the address is known to be the page's, and not only its site's. ``root`` is None for a page
    that is too costly to read: it is empty, and :meth:`require_article` raises :class:`TooCostlyError`.
    """

    def __init__(
        self,
        root: HtmlElement | None,
        url: str | None = None,
        link_header: str | None = None,
        *,
        is_answer: bool = False,
    ) -> None:
        self.url = url
        self.link_header = link_header
        self.is_answer = is_answer
        self._set_root(root)

    def _set_root(self, root: HtmlElement | None) -> None:
        self.is_costly = root is None
        self.root = _tree(b"") if root is None else root
        self._selected: dict[str, SelectorList[Selector]] = {}

    def give_up(self) -> None:
        """Makes the page one that is too costly to read, and forgets what was read of it."""
        for name in self.__dict__.keys() - {"url", "link_header", "is_answer"}:
            del self.__dict__[name]
        self._set_root(None)

    @cached_property
    def selector(self) -> Selector:
        """The page for queries of any kind."""
        return Selector(root=self.root, type="html")

    def select(self, query: str) -> SelectorList[Selector]:
        """What an XPath query finds in the whole page, asked once."""
        if query not in self._selected:
            self._selected[query] = self.selector.xpath(query)
        return self._selected[query]

    @cached_property
    @bounded
    def found(self) -> _Found:
        """What a walk of the page found; lists of other posts are passed by, unless one was left open."""
        found = self._walk(())
        has_text = any(name in found.parts for name in CONTAINERS)
        if has_text or not any("single-post" in node.get("class", "") for node in found.tags["body"]):
            return found
        swallowed = next(filter(_is_in_entry, _xpath(SWALLOWED)(self.root)[:_MOST_ALIKE]), None)
        return found if swallowed is None else self._walk(set(swallowed.iterancestors()))

    def _walk(self, left_open: Collection[HtmlElement]) -> _Found:
        found = _Found(parts={"html": self.root})
        tags, parts = found.tags, found.parts
        walk = iterwalk(self.root, events=("start",))
        for _, node in walk:
            tag, classes, identifier = node.tag, node.get("class"), node.get("id")
            if tag in tags:
                tags[tag].append(node)
            names: tuple[str, ...] = ()
            if classes:
                is_other, is_wrap, names = _role(classes)
                found.posts += is_wrap
                if (is_other and node not in left_open) or (is_wrap and found.posts > 1):
                    walk.skip_subtree()  # the latter is a next post that a reader's browser loaded
                    continue
            if identifier in PARTS and tag not in ANCHORS:
                names += (identifier,)
            for name in names:
                found.containers += name == "content-inner"
                if name not in parts or (found.containers <= _MOST_ALIKE and _is_better(name, node, parts[name])):
                    parts[name] = node
        return found

    @cached_property
    def parts(self) -> dict[str, HtmlElement]:
        """The first node of each name in PARTS that stands in no list of other posts, the body and the headline."""
        parts = dict(self.found.parts)
        for body in self.found.tags["body"][:1]:
            parts["body"] = body
        tags = self.found.tags
        headings = tags["h1"][:_MOST_ALIKE] + [node for node in tags["h2"][:_MOST_ALIKE] if _is_title(node)]
        ranks = [_unlike_headline(node) for node in headings]
        best = min(ranks, default=_NO_HEADLINE)
        if best < _NO_HEADLINE:
            parts["headline"] = headings[ranks.index(best)]
        return parts

    @cached_property
    def meta(self) -> dict[str, list[str]]:
        """The contents of the meta tags by property or name, in their order."""
        found: dict[str, list[str]] = {}
        for tag in self.found.tags["meta"]:
            name, content = tag.get("property") or tag.get("name") or tag.get("itemprop"), tag.get("content")
            if name and content is not None:
                found.setdefault(name.lower(), []).append(content)
        return found

    @cached_property
    def link(self) -> dict[str, list[str]]:
        """The addresses of the link tags by relation; ``alternate`` is REST's; ``header`` the HTTP header."""
        found: dict[str, list[str]] = {"header": [self.link_header]} if self.link_header else {}
        for tag in self.found.tags["link"]:
            relation, href = tag.get("rel", ""), tag.get("href")
            if href and (relation in ("canonical", "shortlink") or tag.get("type") == "application/json"):
                found.setdefault(relation, []).append(href)
        return found

    def url_for(self, language: str | None) -> str | None:
        """The address that the page names for readers of any language, else for those of one; None for neither.

        The first has ``hreflang="x-default"``; a language is given as in an ``html`` tag, ``en-US`` or ``en``.
        """
        named = {
            tag.get("hreflang", "").lower(): tag.get("href") for tag in self.found.tags["link"] if tag.get("hreflang")
        }
        language = (language or "").lower().replace("_", "-")
        found = next(filter(None, map(named.get, ("x-default", language, language.partition("-")[0]))), None)
        return urls.absolute(self.url, found) if found else None

    @cached_property
    def title(self) -> dict[str, list[str]]:
        """The titles in the head, without the name of the site."""
        name = text.plain(next(iter(self.meta.get("og:site_name", [])), None))
        titles = {key: self.meta.get(key, []) for key in ("og:title", "twitter:title")}
        titles["title"] = ["".join(tag.itertext()) for tag in self.found.tags["title"][:1]]
        return {key: [text.without_suffix(value, name) for value in values] for key, values in titles.items()}

    @cached_property
    def breadcrumb(self) -> dict[str, list[str]]:
        """The ``category`` links of the breadcrumb, the last first: all but Home and the page itself."""
        node = self.parts.get("breadcrumbs")
        links = innermost(_xpath(".//a[@href]")(node))[1:] if node is not None else []
        own = urls.key(self.canonical or "")
        links = [link for link in links if not _ELSEWHERE.search(link.get("href"))]
        names = ["".join(link.itertext()) for link in links if urls.key(link.get("href")) != own]
        return {"category": names[::-1]}

    @cached_property
    def json_ld(self) -> list[dict[str, Any]]:
        """The articles in the page's JSON-LD, the most trustworthy first, those of other pages last."""
        tags = [tag for tag in self.root.iter("script") if "ld+json" in tag.get("type", "")]
        told = jsonld.articles((tag.get("class", ""), tag.text or "") for tag in tags)
        return sorted(told, key=self._is_elsewhere) if len(told) > 1 else told

    def _is_elsewhere(self, record: dict[str, Any]) -> bool:
        """Whether a record in JSON-LD says that it is about another page."""
        address = jsonld.address(record)
        return address is not None and urls.key(address) != urls.key(self.canonical or "")

    @property
    def day_hints(self) -> list[str]:
        """What else tells the day of publication where the site is: the address, JNews' clock in its JSON-LD."""
        told = [dates.address_day(self.canonical), *(record.get("datePublished") for record in self.json_ld)]
        return [hint for hint in told if isinstance(hint, str)]

    def ask(self, rule: Rule) -> list[str]:
        """What the page says to a rule: HTML of nodes, or values; in the page's order."""
        if rule.part in ("meta", "link", "title", "breadcrumb"):
            return list(getattr(self, rule.part).get(rule.query, []))
        if rule.part == "json_ld":
            return self._said(rule.query)
        node = self.parts.get(rule.part)
        if node is None:
            return []
        if rule.query.startswith("@"):
            return [node.get(rule.query[1:], "")]
        if _is_emptied(node):
            return _pushed_out(node)
        return [markup(node)] if rule.query == "." else _texts(node, rule.query)

    def _said(self, name: str) -> list[str]:
        """What the page's JSON-LD says of a field, the first article that says anything."""
        if name == "articleSection" and self.joined_sections:
            return self.joined_sections.split(", ")
        told = [record.get(name) for record in self.json_ld]
        if name == "keywords":  # in a text they are words for search engines
            told = [value for value in told if isinstance(value, list)]
        return next(filter(None, map(jsonld.strings, told)), [])

    @property
    def told_authors(self) -> list[str]:
        """The authors that the page's JSON-LD lists."""
        told = next((value for record in self.json_ld if isinstance(value := record.get("author"), list)), [])
        return jsonld.strings([each.get("name") for each in told if isinstance(each, dict)])

    @property
    def joined_sections(self) -> str | None:
        """The sections that the page's JSON-LD tells in one text, as Rank Math and All in One SEO do."""
        told = (record.get("articleSection") for record in self.json_ld)
        value = next((value for value in told if jsonld.strings(value)), None)
        return value if isinstance(value, str) else None

    @cached_property
    def classes(self) -> set[str]:
        """The classes of the body.

        lxml loses them where a ``<div>`` stands before ``</head>``; the theme repeats them further down.
        """
        return {name for part in ("body", "post-body-class") for name in self._classes_of(part)}

    def _classes_of(self, part: str) -> list[str]:
        node = self.parts.get(part)
        return [] if node is None else node.get("class", "").split()

    @property
    def container(self) -> HtmlElement | None:
        """The node that holds the text."""
        return self.parts.get(self.container_name or "")

    @property
    def spilled(self) -> list[HtmlElement]:
        """What of the text stands behind its container, which end tags too many in the text have ended."""
        if self.container is None:
            return []
        ended: list[HtmlElement] = []
        for inner, node in pairwise(chain([self.container], islice(self.container.iterancestors(), 4))):
            if any(map(_is_neighbours, node.itersiblings("*"))):
                break
            ended.append(inner)
        else:
            return []
        nodes = [each for node in ended for each in node.itersiblings()]
        return nodes if any(node.tag in ("p", "br") and not node.keys() for node in nodes) else []

    @property
    def container_name(self) -> str | None:
        """The name of the part that holds the text."""
        return next((name for name in CONTAINERS if name in self.parts), None)

    @bounded
    def require_article(self) -> None:
        """Raises :class:`NotAnArticleError` with the reason where the page is no public article."""
        if self.is_costly:
            raise TooCostlyError
        if self._is_amp_copy:
            raise NotAnArticleError("AMP page")
        self._require_post()
        if "post-password-form" in self.parts:
            raise NotAnArticleError(PROTECTED)
        if self.container is None:
            raise UnknownPageError("no text container")

    def _require_post(self) -> None:
        """Raises :class:`NotAnArticleError` with the reason where the page says that it is no post."""
        rest = " ".join(self.link.get("alternate", []) + self.link.get("header", []))
        is_post = "single-post" in self.classes or "/wp/v2/posts/" in rest
        if not is_post:
            for name, kind in _KINDS:
                if name in self.classes:
                    raise (UnknownPageError(MISPLACED) if self._is_misplaced(name) else (NotAnArticleError(kind)))
            if re.search(r"/wp/v2/(?!posts/)\w+/\d", rest):
                raise NotAnArticleError("static page")
            if "single" in self.classes:
                raise NotAnArticleError("page of another kind of post")
            if self.container is None or not self.parts.keys() & {
                "jeg_meta_date",
                "jeg_meta_author",
                "jeg_meta_category",
            }:
                raise UnknownPageError("no page of a JNews site")

    @property
    def _is_amp_copy(self) -> bool:
        """Whether the page is the AMP page of an article that has another one, and not made by the theme."""
        is_amp = self.container is None and not _AMP.isdisjoint(self.root.keys())
        return is_amp and self.linked is not None and urls.key(self.linked) != urls.key(self.url or "")

    def _is_misplaced(self, name: str) -> bool:
        """Whether the home page or a static page answers at an address that is not its own, as notices do."""
        own = urls.key(self.url or "").partition("/")
        if self.url is None or name not in _SINGULAR:
            return False
        if name == "home":
            return bool(own[2])
        told = [*self.link.get("canonical", []), *self.meta.get("og:url", [])]
        if told:
            return urls.key(urls.absolute(self.url, told[0]) or "") != "".join(own)
        return not any("jnews" in each or each.startswith("jeg_") for each in self.classes)

    @cached_property
    def linked(self) -> str | None:
        """The canonical link. One to another host names where the story came from."""
        own = urls.host(self.url) or next(filter(None, map(urls.host, self.link.get("shortlink", []))), None)
        for value in (*self.link.get("canonical", []), *self.meta.get("og:url", [])):
            url = urls.absolute(self.url, value)
            if url and (own is None or urls.host(url) == own):
                return urls.clean(url) if urls.post_id(url) is None else url
        return None

    @cached_property
    def canonical(self) -> str | None:
        """The article's own address. A canonical link to another page names where the story came from."""
        own = urls.clean(self.url) if self.url else None
        is_known = self.is_answer and urls.post_id(self.url) is None
        is_another = self.linked is not None and is_known and urls.key(self.linked) != urls.key(own or "")
        return own if is_another else self.linked or own

    @property
    def _page_links(self) -> list[str]:
        """The links between the parts of a split article, unless all parts are on the page."""
        nodes = [self.parts[name] for name in ("jeg_pagelinks", "jeg_splitpost_bar") if name in self.parts]
        hrefs = (
            [href for node in nodes for href in _xpath(PAGE_LINKS)(node)] if "split-carousel" not in self.parts else []
        )
        return [href.partition("#")[0] for href in hrefs]

    def following_part(self, number: int) -> str | None:
        """The address of a part of a split article, as the links between its parts give it."""
        for href in self._page_links:
            match = _PART_NUMBER.search(href)
            if match and int(match[1]) == number:
                return urls.absolute(self.url or self.canonical, href)
        return None

    @property
    def is_split(self) -> bool:
        """Whether the page is one part of an article that has several."""
        return bool(self._page_links)

    @property
    def is_further_part(self) -> bool:
        """Whether the page is a later part of a split article: its address is the first's and a number."""
        own = self.url or ""
        number = _PART_NUMBER.search(own)
        links = [(urls.absolute(own, href) or "").rstrip("/") for href in self._page_links]
        return number is not None and own[: number.start()].rstrip("/") in links

    @property
    def theme(self) -> dict[str, str]:
        """What the page tells of its theme: ``version`` of JNews and single ``template``."""
        found: dict[str, str] = {}
        for tag in self.found.tags["link"]:
            path, _, version = tag.get("href", "").partition("ver=")
            if "/themes/jnews/" in path and version:
                found.setdefault("version", version)
        for name in self.classes:
            if name.startswith("jeg_single_tpl_"):
                found["template"] = name.removeprefix("jeg_single_tpl_")
        return found


def parse(html: str | bytes, url: str | None = None) -> Page:
    """The page in a file or a string; bytes are decoded as a browser would."""
    return Page(_root(html), url)


def _utf8(html: bytes, content_type: str | None = None) -> bytes:
    """A page in UTF-8. What can be read as UTF-8 is UTF-8: servers name another by mistake."""
    if html.isascii():
        if b"\x00" not in html and b"\x1b" not in html:  # nor UTF-16 or ISO-2022, which are ASCII too
            return html
    else:
        with suppress(UnicodeDecodeError):
            html.decode()
            return html.removeprefix(BOM_UTF8)
    try:
        text = html_to_unicode(content_type, html, default_encoding="cp1252")[1]
    except (LookupError, UnicodeError):  # a charset that is none of texts, like base64
        text = html.decode("utf-8", "replace")
    return text.encode("utf-8", "replace")


def of_response(response: TextResponse) -> Page:
    """The page that an address answered with."""
    link, kind = (header(response, name) for name in ("Link", "Content-Type"))
    return Page(_root(response.body, kind), response.url, link, is_answer=True)


def header(response: Response, name: str) -> str | None:
    """A header of an answer; None where it has none of that name."""
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None


def _root(html: str | bytes, content_type: str | None = None) -> HtmlElement | None:
    """The tree of a page; None where it is too costly to read."""
    if len(html) > MOST_BYTES:
        return None
    with suppress(watchdog.TooLongError):
        text = html.encode("utf-8", "replace") if isinstance(html, str) else watchdog.call(_utf8, html, content_type)
        return watchdog.call(_tree, text) if len(text) <= MOST_BYTES else None
    return None


class _Reader:
    """A file of bytes. libxml2 asks it for each piece, so that a signal can interrupt the parsing in between."""

    def __init__(self, content: bytes) -> None:
        self.content, self.place = content, 0

    def read(self, size: int) -> bytes:
        """The next bytes, at most ``size``."""
        start, self.place = self.place, self.place + size
        return self.content[start : self.place]


def _tree(html: bytes) -> HtmlElement:
    """The tree of a page, without a tag's attributes above two thousand: libxml2 compares each with all before it.

    A page of nothing has a root as well.
    """
    html = html.replace(b"\x00", b"")
    if len(html) > _LARGE:
        html = _TOKEN.sub(_KEPT, html)
    html = html.replace(b"</br>", b"<br>")
    root = None if not html or html.isspace() else _parsed(html)
    return _parsed(b"<html/>") if root is None else root


def _parsed(html: bytes) -> HtmlElement | None:
    """The root of a page, read by a parser of its own: lxml locks it, and a signal handler may read a page too."""
    # As lxml.html's, but without a call of Python for every node that is looked at.
    parser = HTMLParser(encoding="utf-8", huge_tree=True, collect_ids=False)
    parser.set_element_class_lookup(ElementDefaultClassLookup(element=HtmlElement))
    return parse_tree(cast("IO[bytes]", _Reader(html)), parser).getroot()


@cache
def _xpath(query: str) -> Callable[[HtmlElement], list[Any]]:
    """A query, compiled: what it finds from a node."""
    return cast("Callable[[HtmlElement], list[Any]]", XPath(query, smart_strings=False))


class Within:
    """Whether a node stands in one that passes a test. What many nodes stand in is looked at once."""

    def __init__(self, passes: Callable[[HtmlElement], bool]) -> None:
        self.passes = passes
        self.known: dict[HtmlElement, bool] = {}

    def __call__(self, node: HtmlElement) -> bool:
        way: list[HtmlElement] = []
        is_within = False
        for above in node.iterancestors():
            if above in self.known:
                is_within = self.known[above]
                break
            way.append(above)
            if self.passes(above):
                is_within = True
                break
        self.known.update(dict.fromkeys(way, is_within))
        return is_within


def innermost(links: list[HtmlElement]) -> list[HtmlElement]:
    """The links that hold no other link."""
    return [link for link in links if next(link.iterdescendants("a"), None) is None]


def _texts(node: HtmlElement, query: str) -> list[str]:
    """What a query finds below a node: the HTML of nodes, or values."""
    said: list[str] = []
    room = _MOST_ASKED
    for each in _byline(node) if query == BYLINE else _xpath(query)(node):
        said.append(each if isinstance(each, str) else markup(each))
        room -= len(said[-1])
        if room < 0:  # nodes in nodes: each holds the text of all below
            break
    return said


def _byline(byline: HtmlElement) -> Iterator[HtmlElement | str]:
    """The links and the marked words of a byline, and the text that stands in neither; of its first nodes."""
    holders: set[HtmlElement] = set()
    for link in byline.iterdescendants("a"):
        holders.update(takewhile(lambda above: above not in holders, link.iterancestors()))
    hidden = sum(map(_hides_text, chain(byline.iterancestors(), [byline])))
    for event, node in islice(iterwalk(byline, events=("start", "end", "comment")), 2 * _MOST_NODES):
        is_start = event == "start"
        if node is not byline and is_start and (node.tag == "a" or (_hides_text(node) and node not in holders)):
            yield node
        if node is not byline and event != "comment":
            hidden += _hides_text(node) if is_start else -_hides_text(node)
        is_code = is_start and node.tag in ("script", "style")
        said = node.text if is_start else node.tail if node is not byline else None
        if said and not hidden and not is_code and said.strip(_BLANK):
            yield said


def _hides_text(node: HtmlElement) -> bool:
    """Whether the text in a node of a byline is read with the node: it is a link, or words that the theme marks."""
    return node.tag == "a" or "meta_text" in node.get("class", "")


def _is_emptied(node: HtmlElement) -> bool:
    """Whether a node is a heading of the theme's with nothing in it."""
    is_heading = node.tag in HEADINGS and "jeg_post_" in node.get("class", "")
    return is_heading and not len(node) and not (node.text or "").strip()


def _pushed_out(heading: HtmlElement) -> list[str]:
    """The HTML of the paragraphs behind an empty heading: libxml2 ends a heading where one begins."""
    behind = takewhile(lambda node: node.tag == "p" and not node.keys(), heading.itersiblings())
    return ["".join(map(markup, behind))]


def _is_title(node: HtmlElement) -> bool:
    """Whether an ``h2`` is the post's title, as some page builders have it."""
    return "jeg_post_title" in node.get("class", "").split() and not _TITLE_WRAPPERS.isdisjoint(_around(node))


def _is_better(name: str, node: HtmlElement, first: HtmlElement) -> bool:
    """Whether a later node is the part rather than the first: the text's container, where a box has one too."""
    return name == "content-inner" and _is_in_entry(node) and not _is_in_entry(first)


def _is_neighbours(node: HtmlElement) -> bool:
    return NEIGHBOURS in node.get("class", "")


def _is_in_entry(node: HtmlElement) -> bool:
    return "entry-content" in _around(node)


def _around(node: HtmlElement) -> Iterator[str]:
    """The classes of the nodes that a node stands in."""
    return (name for above in node.iterancestors() for name in above.get("class", "").split())


def _unlike_headline(heading: HtmlElement) -> int:
    """How little an ``h1`` looks like the post's headline, up to _NO_HEADLINE."""
    if not _NO_HEADLINES.isdisjoint(_around(heading)):
        return _NO_HEADLINE
    names = heading.get("class", "").split()
    return next((rank for rank, name in enumerate(_HEADINGS) if name in names), len(_HEADINGS))
