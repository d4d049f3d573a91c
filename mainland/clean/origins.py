"""Where a story was published first: which link of an article leads to the same story on another site. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from unicodedata import normalize
from urllib.parse import unquote

from mainland.clean import urls
from mainland.clean.text import line

_WORD = re.compile(r"[^\W\d_]+")
_LONGEST = 1_000  # characters of a headline or a path whose words are compared
_FEW, _SEVERAL = 3, 4  # words that both have, at least: for a source line, and for a link in the text
_HALF, _MOST = 0.5, 0.8  # of the words in the link's address, at least


def original(
    url: str | None, headline: str | None, sources: Iterable[str], links: Iterable[tuple[str, str]]
) -> str | None:
    """The first address, of source lines or links, of the same story on another site; None where none leads there.

    ``url`` and ``headline`` are the article's own, ``sources`` the addresses of its source lines, which lead to the
    same story if their words are similar to those of ``url``; ``links`` the addresses and texts of the links in its
    text. These must have the headline as text, or nearly the same words.

    >>> own = ("https://a.example/ships-turn-back/", "Ships turn back from strait")
    >>> original(*own, ["https://wire.example/", "https://wire.example/2022/ships-turn-back-at-once-123.html"], [])
    'https://wire.example/2022/ships-turn-back-at-once-123.html'
    >>> original(*own, ["https://wire.example/ships/"], [("https://b.example/?p=7", "Ships turn back from Strait")])
    'https://b.example/?p=7'
    """
    own = urls.host(url)
    away: list[tuple[str, str | None]] = [(link, None) for link in sources if _is_elsewhere(link, own)]
    away += [(link, text) for link, text in links if _is_elsewhere(link, own)]
    if url is None or own is None or not away:
        return None
    own_words, title = _words(headline) | _words(_slug(url)), (line(headline) or "").casefold()
    is_title = len(title.split()) >= _FEW
    for link, text in away:
        least, share = (_FEW, _HALF) if text is None else (_SEVERAL, _MOST)
        if (is_title and text is not None and text.casefold() == title) or _is_alike(link, own_words, least, share):
            return link
    return None


def _is_elsewhere(link: str, own: str | None) -> bool:
    """Whether an address is on another site than the host ``own``.

    Not if it contains that host, as those of services do.
    """
    return own is not None and urls.host(link) is not None and own not in unquote(link).lower()


def _is_alike(link: str, own_words: set[str], least: int, share: float) -> bool:
    """Whether a link's address shares ``least`` words with an article, and ``share`` (0 to 1) of its own."""
    words = _words(_slug(link))
    both = len(words & own_words)
    return both >= least and both >= share * len(words)


def _slug(url: str) -> str:
    """The part of an address' path with the most words; "" without a path."""
    parts = unquote(urls.path(url))[:_LONGEST].split("/")
    return max(parts, key=lambda part: len(_WORD.findall(part)))


def _words(text: str | None) -> set[str]:
    """The words of a text without accents, as addresses have them; without numbers and file extensions."""
    plain = normalize("NFKD", re.sub(r"\.(?:html?|php|aspx?)$", "", (text or "")[:_LONGEST]).casefold())
    return set(_WORD.findall("".join(letter for letter in plain if not "\u0300" <= letter <= "\u036f")))
