"""The rules that are data: the TOML files of this folder, each with a few lines on how to add to it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from itertools import chain
from typing import Any

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
