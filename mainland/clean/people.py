"""The people of a byline that has links: their names, and the pages that these link to.

Pure functions; no text raises an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from html import unescape
from itertools import accumulate
from urllib.parse import parse_qsl

from mainland.clean import bylines, labels, text, urls

Person = tuple[str, str | None]
"""A name, and the address that it links to, as printed; None without a link."""

_LONG = 1_000  # characters: a byline that means harm is not to be kept
_LONGEST = 100_000  # characters, with the markup of its links; what follows is not read
_HREF = re.compile(r"""^<a\b[^>]*?\shref="([^"]*)""")
_REL = re.compile(r"""^<a\b[^>]*?\srel="([^"]*)""")
_ELSEWHERE = re.compile(r"""^<a\b[^>]*?\shref="(?:mailto:|[^"]*/(?:category|tag)/)""")
_SEVERAL = "molongui_byline="  # Molongui: one link with the names of all authors; a script parts them
_BRACKET = re.compile(r"\s*[(\[（]([^)\]）]*)[)\]）]")
_NO_PAGE = "molongui-disabled-link"


def people(pieces: Iterable[str]) -> Sequence[Person]:
    """The authors of a byline, in order, given as its links, the words that the theme marks, and the text beside them.

    Links and marked words are HTML, the rest is text. [] without authors; a byline that links no author gives those
    that its text names. Of a byline above 100,000 characters the rest is not read. A link that leads elsewhere than the
    others do is not a name ("Follow"), unless the text before it joins it. A name after the label of a helper, such as
    "Editor:", is left out.

    >>> people(['<a href="/author/ana/">Ana Peña</a>', " and Reuters", '<a href="#">Follow</a>'])
    [('Ana Peña', '/author/ana/'), ('Reuters', None)]
    >>> people(["责任编辑：", '<a href="/author/li/">李雷</a>', " 作者：", '<a href="/author/wang/">王芳</a>'])
    [('王芳', '/author/wang/')]
    """
    given = list(pieces)
    ends = accumulate(map(len, given))
    byline = tuple(piece for piece, end in zip(given, ends, strict=True) if end <= _LONGEST)
    return _people.__wrapped__(byline) if sum(map(len, byline)) > _LONG else _people(byline)


def address(link: str) -> str | None:
    """The address of a link, given as HTML, as printed; None where it has none, or one that is too long.

    >>> address('<a href="/tag/r-d/?a=1&amp;b=2" rel="tag">R&amp;D</a>'), address("<a>Home</a>")
    ('/tag/r-d/?a=1&b=2', None)
    """
    found = _HREF.search(link)
    return unescape(found[1]).strip() or None if found and len(found[1]) <= urls.LONGEST else None


@lru_cache(maxsize=1024)  # most articles of a site are by few people
def _people(byline: tuple[str, ...]) -> Sequence[Person]:
    """The authors of a byline, in order, given as :func:`people` takes it."""
    parts = [value for value in byline if not value.isspace()]
    links = {part: text.plain(part) or "" for part in parts if part.startswith("<a")}
    named = dict.fromkeys(link for link, name in links.items() if name and not _ELSEWHERE.search(link))
    if not named:
        return [(name, None) for name in _unlinked_names(parts, links.values())]
    reader = _Reader({link for link in named if _leads_to_author(link)} or _like_first(list(named)))
    for part in parts:
        if part in named:
            reader.read_link(part, links[part])
        elif part.startswith("<"):
            reader.read_text(f" {text.plain(part)} ", is_marked=True)
        else:
            reader.read_text(part)
    return reader.found


class _Reader:
    """Reads the links of a byline and the texts beside them, one after the other; collects the authors in ``found``."""

    def __init__(self, marked: set[str]) -> None:
        self.marked = marked
        """The links that lead to pages of authors."""

        self.found: list[Person] = []
        self.by_authors = True
        """Whether the next names are those of authors, not of helpers."""

        self.is_joined = False
        """Whether the last text ends with a comma or a conjunction that joins the next name."""

        self.last: list[Person] = []
        """The people of the previous link."""

    def read_link(self, link: str, shown: str) -> None:
        """Adds the people that a link names, given its HTML and its text, to ``found``, and remembers them as ``last``.

        A link of a helper adds none, and one that does not lead to an author adds a name only if the text before joins
        it.
        """
        self.last = list(_people_of_link(link, shown)) if self.by_authors else []
        if link not in self.marked:
            self.last = [one for one in self.last if self.is_joined and bylines.is_another_author(one[0])]
        self.found += self.last
        self.is_joined = False

    def read_text(self, text_beside: str, *, is_marked: bool = False) -> None:
        """Adds the authors that a text beside the links names.

        ``is_marked``: the theme marks the text, which names none. If it says that the previous link is a helper's, as
        "(Editor)" does, the people of that link are removed. A label decides whether the names after it are those of
        authors, also in the next links.
        """
        bracket = _BRACKET.match(text_beside)
        role = labels.role_of(bracket[1] if bracket else text_beside)
        if bracket and role is not None:  # what the person in front did
            if not role:
                del self.found[len(self.found) - len(self.last) :]
            text_beside = text_beside[bracket.end() :]
        elif role is not None:
            self.by_authors = role
        self.last = []
        if role is not None and not bracket:
            text_beside = ""
        for part in labels.parts(text_beside, by_authors=self.by_authors, is_start=not self.found):
            if part.is_by_authors and not is_marked:
                self._add(part)
            self.by_authors = part.is_by_authors
        self.is_joined = bool(self.found) and bylines.ends_with_joint(text_beside)

    def _add(self, part: labels.Part) -> None:
        """Adds the authors in a part of the text to ``found``.

        After other names only a part that begins with a comma, a conjunction or a label has any.
        """
        is_first = part.is_labelled or not self.found
        if is_first or bylines.begins_with_joint(part.text):
            names = bylines.part_names(part.text) if is_first else bylines.names_beside(part.text)
            self.found += ((name, None) for name in names if bylines.is_another_author(name))


def _unlinked_names(parts: list[str], linked: Iterable[str]) -> list[str]:
    """The names of a byline that links no author: those in its text, else the texts of its links (``linked``)."""
    beside = bylines.authors(" ".join(part for part in parts if not part.startswith("<")))
    written = [name for name in linked if bylines.is_another_author(name)]
    return beside if not written or any(map(bylines.is_another_author, beside)) else written


def _people_of_link(link: str, shown: str) -> Iterator[Person]:
    """Yields the people that a link names, each with the address of the author's page as printed, or None.

    The names come from ``shown``, the text of the link; its HTML (``link``) gives only the addresses. A link of the
    plugin Molongui can have several names and, in the same order, several pages. The address is None if the link has no
    ``href``, if the page of an author is switched off, or if there are more names than pages.
    """
    url = address(link)
    if not url or _SEVERAL not in url:
        yield from ((name, None if url == f"#{_NO_PAGE}" else url) for name in bylines.display_names(shown))
        return
    page, _, query = url.partition("?")
    given = parse_qsl(query.replace("?", "&"))
    is_first_without = ("m_main_disabled", "true") in given
    pages = [_NO_PAGE if is_first_without else page, *(value for key, value in given if key == "mca")]
    for number, name in enumerate(bylines.several_names(shown)):
        own = pages[number] if number < len(pages) else _NO_PAGE
        yield name, None if _NO_PAGE in own else own


def _leads_to_author(link: str) -> bool:
    """Whether a link's address or its relation says that it leads to an author."""
    relation = _REL.search(link) if "author" in link else None
    return "/author/" in link or (relation is not None and "author" in relation[1].split())


def _like_first(links: list[str]) -> set[str]:
    """The first of several links (HTML), and those whose addresses differ from its address only in the last part."""
    found = [_HREF.search(link) for link in links]
    above = [urls.key(found[1]).rpartition("/")[0] if found else "" for found in found]
    return {link for link, each in zip(links, above, strict=True) if each == above[0]}
