"""Tables of contents and share bars, recognised by their content: links of that kind, and hardly any other words."""

from __future__ import annotations

from functools import cached_property
from itertools import islice
from urllib.parse import unquote

from lxml.html import HtmlElement

from mainland.clean import urls
from mainland.pages.nodes import NEARBY, first_nodes, outermost
from mainland.selectors import HEADINGS, LINK_BOXES

_MOST_NODES = 400  # of a table of contents
_LEAST_ENTRIES = 3


class LinkBoxes:
    """The tables of contents and share bars of a text container."""

    def __init__(self, container: HtmlElement) -> None:
        self.container = container

    @cached_property
    def are_possible(self) -> bool:
        """Whether the container can have any: a link in it leads to a place on the page, or shares the page."""
        hrefs = (link.get("href", "") for link in self.container.iter("a"))
        return any(href.startswith("#") or urls.is_share(href) for href in hrefs)

    @cached_property
    def heading_ids(self) -> set[str]:
        """The ids of headings and of nodes in them: the targets of a table of contents."""
        headings = outermost(self.container, lambda node: node.tag in HEADINGS)
        return {node.get("id", "") for heading in headings for node in heading.iter("*")}

    def has(self, node: HtmlElement) -> bool:
        """Whether a node is a table of contents or a share bar, by its links."""
        if node.tag not in LINK_BOXES or not len(node):
            return False
        first = next((each.get("href", "") for each in islice(node.iter("*"), NEARBY) if each.tag == "a"), "")
        return self._is_contents(node) if first.startswith("#") else urls.is_share(first) and _is_share_bar(node)

    def _is_contents(self, node: HtmlElement) -> bool:
        """Whether a node is a table of contents: its links lead to headings."""
        links = _links(node)
        targets = {unquote(link.get("href", "").removeprefix("#")) for link in links}
        is_list = len(links) >= _LEAST_ENTRIES and targets <= self.heading_ids
        return is_list and _words(node) - _words(*links) <= 3 * len(links)


def _is_share_bar(node: HtmlElement) -> bool:
    """Whether a node is a share bar for several services; a sentence to tweet has one service only."""
    links = _links(node)
    hrefs = [link.get("href", "") for link in links]
    return all(map(urls.is_share, hrefs)) and len(set(map(urls.host, hrefs))) > 1 and _words(node) <= 5 * len(links)


def _links(node: HtmlElement) -> list[HtmlElement]:
    """The links in a node; [] if it has 400 nodes or more: it is too large to hold only links."""
    nodes = first_nodes(node, _MOST_NODES)
    return [each for each in nodes if each.tag == "a"] if len(nodes) < _MOST_NODES else []


def _words(*nodes: HtmlElement) -> int:
    """The number of words in all of some nodes."""
    return sum(len("".join(node.itertext()).split()) for node in nodes)
