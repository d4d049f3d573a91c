"""Boilerplate: which nodes of a text container are not part of the story, by their markup and never by their words.

The classes, ids and elements are in ``mainland/data/boilerplate.toml``.
"""

from __future__ import annotations

from functools import cached_property
from itertools import chain

from lxml.html import HtmlElement

from mainland.pages import boilerplate_lists as lists
from mainland.pages.forms import is_invitation, is_open_form
from mainland.pages.hidden_text import HiddenText, is_hiding
from mainland.pages.link_boxes import LinkBoxes
from mainland.pages.nodes import NEARBY, class_names, first_nodes, is_paragraph
from mainland.selectors import AD_BLOCK, ANCHORS, FORMULA, HEADINGS, NEIGHBOURS, SPLIT_CONTENTS

_FOOTNOTE_RETURNS = frozenset({"↩", "↩︎", "↩️"})
_ATTRIBUTES = frozenset({"aria-expanded", "data-advads-trackid", "hidden", "href", "id", "style"})
_MARKS = frozenset({"a", "sup"})
_LONGEST_MARK = 10  # characters, as "[note 12]"
_MOST_NODES = 400  # of an advertisement
_SEVERAL = 4  # paragraphs that an advertisement of its own hardly has


class Boilerplate:
    """The boilerplate of one text container."""

    def __init__(self, container: HtmlElement) -> None:
        self.container = container
        self.hidden_text = HiddenText(container)
        self.link_boxes = LinkBoxes(container)

    def has(self, node: HtmlElement) -> bool:
        """Whether a node in the container is boilerplate, with all below it."""
        if (self._is_listed(node) and not self._is_left_open(node)) or (node.tag in _MARKS and is_footnote_mark(node)):
            return True
        return self.link_boxes.are_possible and self.link_boxes.has(node)

    def _is_listed(self, node: HtmlElement) -> bool:
        """Whether the element, an attribute or a class of a node is one of boilerplate."""
        if node.tag in lists.ELEMENTS and not (node.tag == "form" and is_open_form(node)):
            return node.tag != "button" or not _is_title(node)
        for name, value in node.items():
            if name == "class":
                if _has_class(node, value):
                    return True
            elif name in _ATTRIBUTES and self._is_mark(node, name, value):
                return True
        return False

    def _is_mark(self, node: HtmlElement, name: str, value: str) -> bool:
        """Whether an attribute of a node (``name`` and ``value``), other than its classes, is one of boilerplate."""
        if name == "id":
            return value in lists.IDS and node.tag not in ANCHORS
        if name in ("hidden", "style"):
            return is_hiding(name, value) and not self.hidden_text.is_openable(node)
        if name == "href":
            return value.startswith("#") and (node.text or "").strip() in _FOOTNOTE_RETURNS
        if name == "aria-expanded":  # the words of such a button are "Read more"
            return "btn" in class_names(node) and not _is_title(node)
        return True  # the mark of an advertisement

    def _is_left_open(self, node: HtmlElement) -> bool:
        """Whether a node is an advertisement without an end tag, so that it contains the rest of the text.

        It then has four paragraphs or more, and the container includes parts of the theme.
        """
        is_ad = not lists.ADVERTISEMENTS.isdisjoint(class_names(node))
        return is_ad and self.has_open_boxes and sum(map(is_paragraph, first_nodes(node, _MOST_NODES))) >= _SEVERAL

    @cached_property
    def has_open_boxes(self) -> bool:
        """Whether end tags are missing in the text, so that the container includes parts of the theme.

        Computed once.
        """
        beside = chain(self.container.itersiblings("*"), self.container.iterdescendants("*"))
        return any(NEIGHBOURS in node.get("class", "") for node in beside)


def is_ad_label(node: HtmlElement) -> bool:
    """Whether a node is the label of an advertisement: it begins with that word, is small and has no paragraphs."""
    if not node.get("class", "").endswith(lists.AD_LABELS) or node.getprevious() is not None:
        return False
    nodes = first_nodes(node.getparent(), NEARBY)
    return len(nodes) < NEARBY and all(each.tag != "p" for each in nodes)


def is_footnote_mark(node: HtmlElement) -> bool:
    """Whether a node is the mark of a footnote: a superscript that is a link to a place on the page.

    ``node`` is the link or the superscript, whichever holds the other.
    """
    inner = next(node.iterchildren("*"), None)
    if inner is None or {node.tag, inner.tag} != _MARKS:
        return False
    link = node if node.tag == "a" else inner
    if not link.get("href", "#").startswith(("#", "javascript:")):
        return False
    mark = "".join(node.itertext()).strip()
    return len(mark) <= _LONGEST_MARK and mark == "".join(inner.itertext()).strip()


def _has_class(node: HtmlElement, value: str) -> bool:
    """Whether the class attribute (``value``) of a node is one of boilerplate, and the node is not text."""
    names = value.split()
    if not lists.CLASSES.isdisjoint(names) and not _is_text(node, names):
        return True
    return value.endswith(lists.AD_LABELS) or ("wp-block-group" in names and is_invitation(node))


def _is_title(button: HtmlElement) -> bool:
    """Whether a button is the title of a text that it opens; such a button stays."""
    return (
        button.getparent().tag in HEADINGS
        or button.get("role") == "tab"
        or not lists.TITLE_BUTTONS.isdisjoint(class_names(button))
    )


def _is_text(node: HtmlElement, names: list[str]) -> bool:
    """Whether a node with a class of boilerplate is a part of the text nevertheless: code, or words of a quoted post.

    Also a text that a page builder made of widgets, and a formula. ``names`` are its classes.
    """
    if node.tag in ("code", "pre") or not SPLIT_CONTENTS.isdisjoint(names):
        return True
    if node.tag == "blockquote" and not lists.QUOTED_POSTS.isdisjoint(names):
        return node.find("p") is not None  # the words of a post; else only who posted it
    if AD_BLOCK in names:
        is_numbered = any(name.startswith(f"{AD_BLOCK}-") for name in names)
        return not is_numbered and any(each.tag == "pre" for each in first_nodes(node, NEARBY))
    if FORMULA in names:
        return node.getprevious() is None
    is_built = "so-panel" in names or "vc_wp_text" in node.getparent().get("class", "")
    return is_built and lists.LIST_WIDGETS.isdisjoint(names)
