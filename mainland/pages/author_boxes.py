"""The names in the boxes of authors, which the theme and its plugins print below the text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from lxml.html import HtmlElement

from mainland.clean import labels, text
from mainland.pages.nodes import class_names
from mainland.selectors import AUTHOR_BOX_ASIDES, AUTHOR_GROUP, AUTHOR_NAMES, FURTHER_GROUPS, GROUP_TITLES

_MOST_LEVELS = 4  # above a name, up to the link around it


def author_links(nodes: Iterable[HtmlElement]) -> list[str]:
    """The names of authors in boxes, as the HTML of links, each once; ``nodes`` are the elements with the names.

    If several plugins print boxes, it takes the plugin with the most names. ``href`` is as printed; a name without a
    page has none.
    """
    found: dict[str, dict[str, str]] = {}
    for node in nodes:
        name = text.line("".join(_shown(node)))
        kind = next(iter(AUTHOR_NAMES.intersection(class_names(node))), None)
        if name and kind and _is_author(node):
            href = _address(node)
            address = f' href="{escape(href)}"' if href else ""
            found.setdefault(kind, {}).setdefault(name.casefold(), f'<a rel="author"{address}>{escape(name)}</a>')
    return list(max(found.values(), key=len).values()) if found else []


def _shown(node: HtmlElement) -> Iterator[str]:
    """Yields the pieces of text of a node with a name, without words for screen readers and the role of the person."""
    if node.text:
        yield node.text
    for child in node.iterchildren("*"):
        if AUTHOR_BOX_ASIDES.isdisjoint(class_names(child)):
            yield from _shown(child)
        if child.tail:
            yield child.tail


def _address(node: HtmlElement) -> str | None:
    """The address, as printed, of the link in a name, or around it; None without a link."""
    inside = next((link.get("href") for link in node.iter("a") if link.get("href")), None)
    around = (above for above, _ in zip(node.iterancestors(), range(_MOST_LEVELS), strict=False))
    return inside or next((above.get("href") for above in around if above.tag == "a"), None)


def _is_author(node: HtmlElement) -> bool:
    """Whether a name in a box is an author's, and not a reviewer's or editor's: PublishPress groups them under titles.

    A name without a title above it is an author's.
    """
    titles = [each for each in node.iterdescendants("*") if not GROUP_TITLES.isdisjoint(class_names(each))]
    is_further = False
    for above in node.iterancestors():
        names = class_names(above)
        is_further = is_further or FURTHER_GROUPS in names
        if AUTHOR_GROUP in names:
            titles += [each for each in above.iterchildren("*") if not GROUP_TITLES.isdisjoint(class_names(each))]
    roles = [labels.role_of("".join(title.itertext()).strip(" \t\r\n[]():")) for title in titles]
    return True in roles if is_further else False not in roles
