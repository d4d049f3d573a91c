"""A page: its tree, its address, its regions and records, and what rules select in them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property, partial, wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from lxml.html import HtmlElement
from parsel import Selector, SelectorList

from mainland.clean import text, urls
from mainland.pages import selection, watchdog
from mainland.pages.author_boxes import author_links
from mainland.pages.head import Head
from mainland.pages.nodes import class_names, innermost, markup, xpath
from mainland.pages.parsing import build_tree, parse_tree
from mainland.pages.regions import Outline, outline, spilled_nodes
from mainland.pages.structured_data import StructuredData
from mainland.selectors import Rule

if TYPE_CHECKING:
    from scrapy.http import Response, TextResponse

P = ParamSpec("P")
T = TypeVar("T")

_NOT_A_CATEGORY = re.compile(r"/(?:tag|author)/|/(?:19|20)\d\d/(?:\d\d/)?$|^(?:https?://[^/]+)?/blog/?$")


def bounded(read: Callable[Concatenate[Page, P], T]) -> Callable[Concatenate[Page, P], T]:
    """A decorator for functions that read a page: it applies the CPU limit of :mod:`mainland.pages.watchdog`.

    A page that takes longer counts as empty from then on: lists of it are empty, and
    :func:`mainland.pages.kinds.require_article` raises :class:`mainland.pages.errors.TooCostlyError`.
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
    """A page. Its regions and records are found once, when they are first used.

    ``url`` is the address that was requested, None for a saved page; ``link_header`` the HTTP header ``Link``;
    ``is_answer`` whether the address is known to be the page's, and not only its site's. ``root`` is None for a page
    that is too costly to read: it is read as an empty one.
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
        """Sets the tree, None for a page that is too costly to read, and discards what was read of another tree."""
        self.is_costly = root is None
        self.root = build_tree(b"") if root is None else root
        self._found: dict[str, SelectorList[Selector]] = {}
        self._selected: dict[tuple[str, str], list[str]] = {}
        self._read: dict[Callable[[Page], Any], Any] = {}

    def give_up(self) -> None:
        """Makes this page one that is too costly to read: empty from now on. What was read of it is discarded."""
        for name in self.__dict__.keys() - {"url", "link_header", "is_answer"}:
            del self.__dict__[name]
        self._set_root(None)

    @cached_property
    def selector(self) -> Selector:
        """The page for queries of any kind."""
        return Selector(root=self.root, type="html")

    def xpath(self, query: str) -> SelectorList[Selector]:
        """What an XPath query finds in the complete page, as parsel gives it; each query is run once.

        :raises ValueError: the query is not XPath.
        """
        if query not in self._found:
            self._found[query] = self.selector.xpath(query)
        return self._found[query]

    def once(self, read: Callable[[Page], T]) -> T:
        """What a function reads of the page; each function is called once, later calls return the same value."""
        if read not in self._read:
            self._read[read] = read(self)
        return cast("T", self._read[read])

    @cached_property
    @bounded
    def outline(self) -> Outline:
        """The regions of the post and the tags of the page, from one walk of it."""
        return outline(self.root)

    @property
    def regions(self) -> dict[str, HtmlElement]:
        """The node of each region of the post that the page has, by its name: see :mod:`mainland.pages.regions`."""
        return self.outline.regions

    @cached_property
    def head(self) -> Head:
        """The records in the head of the page."""
        return Head(self.outline.tags, self.url, self.link_header)

    @cached_property
    def structured_data(self) -> StructuredData:
        """The articles in the page's JSON-LD."""
        return StructuredData(self.root, self.canonical)

    @cached_property
    def breadcrumb(self) -> list[HtmlElement]:
        """The links of the breadcrumb, the last first; without Home and the page itself."""
        node = self.regions.get("breadcrumbs")
        links = innermost(xpath(".//a[@href]")(node))[1:] if node is not None else []
        own = urls.key(self.canonical or "")
        links = [link for link in links if not _NOT_A_CATEGORY.search(link.get("href"))]
        return [link for link in links if urls.key(link.get("href")) != own][::-1]

    @cached_property
    def titles(self) -> dict[str, list[str]]:
        """The titles in the head and in JSON-LD (``json_ld``), without the name of the site.

        By source, for instance ``og:title``. For a post without a headline plugins print the name of the site
        alone: such a title is left out, and the list of a source can be empty.
        """
        printed = self.head.titles | {"json_ld": self.structured_data.values("headline")}
        names = [*self.head.site_names, *self.structured_data.publishers]
        cut = {key: [(title, text.without_site(title, names)) for title in each] for key, each in printed.items()}
        if any(found is None for _, found in cut["og:title"]):  # what stands behind the name is the site's motto
            for key, each in cut.items():
                cut[key] = [(title, found) for title, found in each if found and title.lstrip().startswith(found)]
        return {key: [found for _, found in each if found] for key, each in cut.items()}

    @cached_property
    def author_box(self) -> list[str]:
        """The names in the boxes of authors, as HTML links: see :func:`mainland.pages.author_boxes.author_links`."""
        return author_links(self.outline.author_names)

    def select(self, rule: Rule) -> list[str]:
        """What a rule selects on the page, in the page's order: the HTML of nodes, or texts as printed.

        [] without any.
        """
        name, query, _ = rule
        read = _RECORDS.get(name)
        if read is not None:
            return read(self, query)
        region = self.regions.get(name)
        if region is None:
            return []
        key = name, query
        if key not in self._selected:  # names, and then the pages that they link to
            further = [node for other, node in self.outline.repeated if other == name]
            self._selected[key] = [each for node in (region, *further) for each in selection.select(node, query)]
        return self._selected[key]

    @cached_property
    def classes(self) -> set[str]:
        """The classes of the body.

        lxml loses them where a ``<div>`` stands before ``</head>``; the theme repeats them further down.
        """
        nodes = [self.regions[name] for name in ("body", "post-body-class") if name in self.regions]
        return {name for node in nodes for name in class_names(node)}

    @property
    def container_name(self) -> str | None:
        """The name of the region that holds the text; None where there is no text."""
        return self.outline.container_name

    @property
    def container(self) -> HtmlElement | None:
        """The node that holds the text; None where there is no text."""
        return self.regions.get(self.container_name or "")

    @property
    def spilled(self) -> list[HtmlElement]:
        """The nodes of the text after its container, usually []: see :func:`mainland.pages.regions.spilled_nodes`."""
        return [] if self.container is None else spilled_nodes(self.container)

    @cached_property
    def canonical(self) -> str | None:
        """The article's absolute address: the canonical link, else the address that was requested, without its query.

        In a crawl, a canonical link to another page of the site is skipped: that names the page where a story was
        published first. None for a saved page without an address.
        """
        own, linked = urls.clean(self.url) if self.url else None, self.head.canonical_link
        is_known = self.is_answer and urls.post_id(self.url) is None
        is_another = linked is not None and is_known and urls.key(linked) != urls.key(own or "")
        return own if is_another else linked or own

    @property
    def theme(self) -> dict[str, str]:
        """What the page shows of its theme: ``version`` of JNews and single ``template``, where it shows them."""
        version = self.head.theme_version
        found = {"version": version} if version else {}
        for name in self.classes:
            if name.startswith("jeg_single_tpl_"):
                found["template"] = name.removeprefix("jeg_single_tpl_")
        return found


def _of_breadcrumb(page: Page, query: str) -> list[str]:
    """The links of the breadcrumb, the last first: their HTML for the query "links", else their texts."""
    return [markup(link) if query == "links" else "".join(link.itertext()) for link in page.breadcrumb]


def _of_json_ld(page: Page, query: str) -> list[str]:
    """The texts of a property of the articles in JSON-LD; headlines are without the name of the site."""
    return page.titles["json_ld"] if query == "headline" else page.structured_data.values(query)


_RECORDS: dict[str, Callable[[Page, str], list[str]]] = {
    "author_box": lambda page, _: page.author_box,
    "breadcrumb": _of_breadcrumb,
    "json_ld": _of_json_ld,
    "link": lambda page, query: list(page.head.link.get(query, ())),
    "meta": lambda page, query: list(page.head.meta.get(query, ())),
    "paywall": lambda page, _: ["False"] * page.outline.has_paywall,  # as schema.org's isAccessibleForFree has it
    "title": lambda page, query: page.titles.get(query, []),
}
"""By the name of a record: the function that returns what a rule selects in it, given the query, which is a key."""


def parse(html: str | bytes, url: str | None = None) -> Page:
    """The page in a file or a string; bytes are decoded as a browser would. ``url`` is the address it came from."""
    return Page(parse_tree(html), url)


def of_response(response: TextResponse) -> Page:
    """The page in a response, whose address is that of the page."""
    link, kind = (header(response, name) for name in ("Link", "Content-Type"))
    return Page(parse_tree(response.body, kind), response.url, link, is_answer=True)


def header(response: Response, name: str) -> str | None:
    """The first value of a header of a response; None without that header."""
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None
