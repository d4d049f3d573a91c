"""Selects the values of a rule in a region of a page: the HTML of nodes, or texts; the byline has its own query."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice, takewhile

from lxml.etree import iterwalk
from lxml.html import HtmlElement

from mainland.pages.nodes import markup, xpath
from mainland.selectors import BYLINE, HEADINGS

_MOST_NODES = 3_000  # of a byline that are read
_MOST_SELECTED = 4_000_000  # characters that one query selects
_BLANK = " \t\r\n"


def select(region: HtmlElement, query: str) -> list[str]:
    """What a query selects in a region, in the page's order: the HTML of nodes, or texts; [] for nothing.

    ``@NAME`` is an attribute of the region ([""] where it has none), ``.`` the region itself, BYLINE the links, marked
    words and texts of a byline; any other query is XPath. It ends after 4 million characters. For an empty heading of
    the theme, whose text the parser has moved, any query but ``@NAME`` gives the HTML of the paragraphs after it.
    """
    if query.startswith("@"):
        return [region.get(query[1:], "")]
    if _is_emptied(region):
        return _pushed_out(region)
    return [markup(region)] if query == "." else _texts(region, query)


def _texts(region: HtmlElement, query: str) -> list[str]:
    """What XPath or BYLINE selects in a region, up to 4 million characters."""
    found: list[str] = []
    left = _MOST_SELECTED
    for each in _byline(region) if query == BYLINE else xpath(query)(region):
        found.append(each if isinstance(each, str) else markup(each))
        left -= len(found[-1])
        if left < 0:  # nodes in nodes: each holds the text of all below
            break
    return found


def _is_emptied(region: HtmlElement) -> bool:
    """Whether a region is a heading of the theme that is empty because the parser moved its text behind it."""
    is_heading = region.tag in HEADINGS and "jeg_post_" in region.get("class", "")
    return is_heading and not len(region) and not (region.text or "").strip()


def _pushed_out(heading: HtmlElement) -> list[str]:
    """The HTML of the paragraphs after an empty heading, as one text; the parser has closed the heading before them."""
    behind = takewhile(lambda node: node.tag == "p" and not node.keys(), heading.itersiblings())
    return ["".join(map(markup, behind))]


def _byline(byline: HtmlElement) -> Iterator[HtmlElement | str]:
    """Yields the links and the marked words of a byline (nodes), and the text outside both; of its first 3000 nodes."""
    holders = {byline}  # the nodes that hold links
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
        text = node.text if is_start else node.tail if node is not byline else None
        if text and not hidden and not is_code and text.strip(_BLANK):
            yield text


def _hides_text(node: HtmlElement) -> bool:
    """Whether a node of a byline is given as one: a link, or words that the theme marks."""
    return node.tag == "a" or "meta_text" in node.get("class", "")
