"""Text that a theme prints twice in a row."""

from __future__ import annotations

from html import escape

from mainland.items import Link
from mainland.pages.body_text import text_blocks

_LEAST_CHARACTERS = 60  # of a text that is not repeated on purpose, as a refrain is
_MOST_COMPARED = 100_000  # blocks


def drop_repeats(html: list[str], links: list[Link]) -> None:
    """Removes from a text, in place, the blocks that only repeat the blocks just before them, and their links.

    ``html`` are the blocks, ``links`` those in the blocks. Figures between the blocks do not count: a picture is shown
    once.
    """
    texts = [number for number, block in enumerate(html) if not block.startswith("<figure")]
    repeated = _repeated([html[number] for number in texts])
    if repeated:
        dropped = {texts[number] for number in repeated}
        html[:] = [block for number, block in enumerate(html) if number not in dropped]
        left = "".join(html)
        seen: dict[str, int] = {}
        for link in links.copy():
            seen[link["url"]] = seen.get(link["url"], 0) + 1
            if seen[link["url"]] > left.count(f'href="{escape(link["url"])}"'):
                links.reverse()
                links.remove(link)
                links.reverse()


def _repeated(blocks: list[str]) -> set[int]:
    """The numbers (from 0) of the blocks that repeat the blocks just before them."""
    following: dict[str, int] = {}
    after: list[int | None] = [None] * len(blocks)
    for number in reversed(range(len(blocks))):
        after[number] = following.get(blocks[number])
        following[blocks[number]] = number
    found: set[int] = set()
    compared = number = 0
    while number < len(blocks) and compared < _MOST_COMPARED:
        second = after[number]
        length = second - number if second is not None else 0
        compared += length
        text = blocks[number : number + length]
        is_more = length > 1 or len(blocks) == 2  # a newsroom can print one paragraph twice
        if text and is_more and blocks[second : number + 2 * length] == text and _is_story(text):
            found.update(range(number + length, number + 2 * length))
            number += length
        number += 1
    return found


def _is_story(blocks: list[str]) -> bool:
    """Whether blocks are long enough to be a repetition by the theme: not a few words, and not only tables."""
    html = "".join(blocks)
    is_long = len(html) >= _LEAST_CHARACTERS and sum(map(len, text_blocks(html))) >= _LEAST_CHARACTERS
    return is_long and not all(block.startswith("<table") for block in blocks)
