"""Embeds in a text container: posts quoted from social media, and bare addresses that stand for an embed."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from mainland.items import Link

_BARE_ADDRESSES = re.compile(r"https?://\S+(?:\nhttps?://\S+)*+")
_MOST_SIGNATURE_BLOCKS = 3


def is_bare_address(block: str) -> bool:
    """Whether a block holds addresses alone, one a line: WordPress shows an embed in their place.

    >>> is_bare_address("https://a.example/1"), is_bare_address("It is on https://a.example/1")
    (True, False)
    """
    return block.startswith("http") and _BARE_ADDRESSES.fullmatch(block) is not None


class QuotedPost:
    """A post quoted in the text, of which the first paragraph stays; who posted it, and when, goes.

    ``blocks`` and ``links`` are those of the story; what goes is taken out of them again.
    """

    def __init__(self, node: HtmlElement, blocks: list[str], links: list[Link]) -> None:
        self.node, self.blocks, self.links = node, blocks, links
        self.end_of_words: tuple[int, int] | None = None

    def end(self, node: HtmlElement) -> bool:
        """Reads the end of a block in the quoted post; returns whether the quoted post ends with it.

        Where more blocks follow on the words than a signature has, the quote was left open and holds the story: all
        of it stays.
        """
        if self.end_of_words is None and node.tag == "p":
            self.end_of_words = len(self.blocks), len(self.links)
        if self.node is not node:
            return False
        if self.end_of_words is not None:
            blocks, links = self.end_of_words
            if len(self.blocks) <= blocks + _MOST_SIGNATURE_BLOCKS:
                del self.blocks[blocks:], self.links[links:]
        return True
