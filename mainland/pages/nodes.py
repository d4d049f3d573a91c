"""Helpers for lxml nodes: their HTML, their classes, the nodes around and below them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from typing import Any, cast

from lxml.etree import XPath, iterwalk, tostring
from lxml.html import HtmlElement

NEARBY = 20
"""How many nodes below a node are checked at most, to decide whether it is small."""


@cache
def xpath(query: str) -> Callable[[HtmlElement], list[Any]]:
    """An XPath query, compiled once: a function that returns the nodes or strings which it finds from a node."""
    return cast("Callable[[HtmlElement], list[Any]]", XPath(query, smart_strings=False))


def markup(node: HtmlElement) -> str:
    """The HTML of a node, without the text that follows it."""
    return tostring(node, method="html", encoding="unicode", with_tail=False)


def class_names(node: HtmlElement) -> list[str]:
    """The classes of a node, in their order."""
    return cast("list[str]", node.get("class", "").split())


def classes_around(node: HtmlElement) -> Iterator[str]:
    """Yields the classes of all ancestors of a node, the nearest first."""
    return (name for above in node.iterancestors() for name in above.get("class", "").split())


def innermost(links: list[HtmlElement]) -> list[HtmlElement]:
    """The links that contain no other link, in their order."""
    return [link for link in links if next(link.iterdescendants("a"), None) is None]


def outermost(root: HtmlElement, passes: Callable[[HtmlElement], bool]) -> Iterator[HtmlElement]:
    """Yields the descendants of a node that pass a test and are not inside another one that passes."""
    walk = iterwalk(root, events=("start",))
    for _, node in walk:
        if node is not root and passes(node):
            walk.skip_subtree()
            yield node


def is_paragraph(node: HtmlElement) -> bool:
    """Whether a node is a paragraph that begins with text."""
    return node.tag == "p" and bool((node.text or "").strip())


def first_nodes(node: HtmlElement, most: int) -> list[HtmlElement]:
    """A node and the elements below it, in the page's order; at most ``most`` in all."""
    return list(islice(node.iter("*"), most))


class Within:
    """A test, to be called with a node, whether it is inside a node that passes another test.

    Not whether it passes itself. It stores the result for each ancestor, so that a test of many nodes in one place
    takes little time.
    """

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
