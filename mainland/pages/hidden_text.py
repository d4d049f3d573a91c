"""Hidden text: which attributes hide a node, and which hidden text a reader can open."""

from __future__ import annotations

import re
from functools import cached_property

from lxml.html import HtmlElement

from mainland.pages.boilerplate_lists import COLLAPSED_IDS, COLLAPSED_TEXT
from mainland.pages.nodes import class_names
from mainland.selectors import OPENERS, POPUP_ROLES

_OPENED = frozenset({"false", "until-found"})
_HIDDEN = re.compile(
    r"(?<![\w-])(?:display\s*:\s*none|visibility\s*:\s*hidden|(?:left|right|text-indent|top)\s*:\s*-\d{4,5}(?:px|em)\b)",
    re.IGNORECASE,
)


def is_hiding(name: str, value: str) -> bool:
    """Whether an attribute hides its node; ``name`` is ``hidden`` or ``style``, ``value`` its value."""
    return value not in _OPENED if name == "hidden" else bool(_HIDDEN.search(value))


class HiddenText:
    """The hidden text of a text container that buttons open."""

    def __init__(self, container: HtmlElement) -> None:
        self.container = container

    @cached_property
    def openable(self) -> set[str]:
        """The ids of the nodes that buttons in the text open and shut."""
        return {name.removeprefix("#") for value in self.container.xpath(OPENERS) for name in value.split()}

    def is_openable(self, node: HtmlElement) -> bool:
        """Whether a hidden node is text that a reader can open: by its classes or id, or with a button in the text."""
        names = class_names(node)
        is_text = "id" in node.attrib and "modal" not in names and node.get("role") not in POPUP_ROLES
        is_tab = node.get("role") == "tabpanel"
        if is_tab or not COLLAPSED_TEXT.isdisjoint(names) or node.get("id", "").startswith(COLLAPSED_IDS):
            return True
        return is_text and node.get("id") in self.openable
