"""The rules that are data: the TOML files of this folder, each with a few lines on how to add to it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from itertools import chain
from typing import Any, cast

Words = Iterable[str] | Mapping[str, Iterable[str]]
"""A list of words, or lists by language."""


def load(name: str) -> dict[str, dict[str, Any]]:
    """The tables of the file ``NAME.toml`` in this folder, by their names."""
    with (files(__name__) / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def any_of(words: Words) -> str:
    r"""A regular expression for any of the words, the longest first; a word and its plural share a branch.

    A space stands for any white space; "*" at the end for one or more further letters.

    >>> print(any_of(["post", "posts", "guest post", "photo*"]))
    (?:guest\s+post|photo\w+|posts?)
    """
    plain = set(chain.from_iterable(words.values()) if isinstance(words, Mapping) else words)
    plurals = {f"{word}s" for word in plain} & plain
    escaped = [
        re.escape(word).replace(r"\ ", r"\s+").replace(r"\*", r"\w+") + "s?" * (f"{word}s" in plurals)
        for word in plain - plurals
    ]
    return f"(?:{'|'.join(sorted(escaped, key=lambda word: (-len(word), word)))})"


def pattern(source: str, flags: int = 0) -> re.Pattern[str]:
    """A regular expression that is compiled when it is first used.

    Those with long lists of words take a tenth of a second together, and a crawl that finds nothing new uses none.
    """
    return cast("re.Pattern[str]", _Pattern(source, flags))


class _Pattern:
    """Has the attributes and methods of :class:`re.Pattern`; each is looked up once."""

    def __init__(self, source: str, flags: int) -> None:
        self.pattern, self._flags = source, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self.pattern, self._flags), name)
        setattr(self, name, found)
        return found
