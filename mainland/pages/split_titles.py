"""The titles of subpages that JNews' split plugin prints in its bar of links, and not in the text itself."""

from __future__ import annotations

from lxml.html import HtmlElement

from mainland.pages.nodes import outermost
from mainland.selectors import SPLIT_CURRENT, SPLIT_OTHERS, SPLIT_WORDS


class SplitTitles:
    """The titles of the subpages that stand on one page: that of the first, and those of the others by their ids."""

    def __init__(self, bar: HtmlElement) -> None:
        self.current: list[str] = []
        """The pieces of text of the current title."""

        for title in outermost(bar, lambda node: SPLIT_CURRENT in node.get("class", "")):
            self.current += title.xpath(SPLIT_WORDS)
        self._others: dict[str | None, HtmlElement] = {link.get("data-id"): link for link in bar.xpath(SPLIT_OTHERS)}

    def take(self, wrapper: HtmlElement) -> list[str]:
        """Returns the pieces of text of the title of a subpage, given its wrapper, and forgets it; [] without one."""
        title = self._others.pop(wrapper.get("data-id"), None)
        return [] if title is None else title.xpath(SPLIT_WORDS)
