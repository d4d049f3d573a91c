"""The recipes of README.md and docs/, and an empty place to run them in, as printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.making import ROOT

PAGES = ("README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))
_FENCED = re.compile(
    r"^```(\w*)\n(.*?)^```$|(?<=\n\n)((?: {4}\S[^\n]*\n|(?<=\\\n) {4}[^\n]*\n)+)", re.MULTILINE | re.DOTALL
)
_LANGUAGES = {"sh", "python", "sql", "r"}


class Block(NamedTuple):
    """A recipe: where it stands, its language, its code."""

    page: str
    language: str
    code: str

    @property
    def name(self) -> str:
        """What tells it from others of its page: its first line."""
        return self.code.partition("\n")[0]


def blocks(*pages: str) -> list[Block]:
    """All that can be copied and run on some pages, in their order; an indented block is of the shell."""
    return [
        Block(page, language or "sh", fenced or re.sub("^ {4}", "", indented, flags=re.MULTILINE))
        for page in pages or PAGES
        for language, fenced, indented in _FENCED.findall((ROOT / page).read_text("utf-8"))
        if indented or language in _LANGUAGES
    ]


def recipe(page: str, name: str) -> str:
    """The code of the recipe on a page whose first line begins so."""
    (found,) = (block.code for block in blocks(page) if block.name.startswith(name))
    return found


class Ended(NamedTuple):
    """How a recipe ended."""

    status: int
    told: str


class Place:
    """A folder with the project in it and nothing else, whose settings name a site of ours.

    ``paths`` gives for paths and addresses as they are printed those that stand for them here.
    """

    def __init__(self, folder: Path, site: str, **paths: object) -> None:
        self.folder = folder
        self.paths = {"/path/to/mainland": folder, "/opt/mainland": folder} | paths
        folder.mkdir()
        (folder / ".venv").symlink_to(sys.prefix)
        (folder / "scrapy.cfg").write_text("[settings]\ndefault = settings_here\n")
        (folder / "settings_here.py").write_text(
            f"from mainland.settings import *\n\nMAINLAND_SITE = {site!r}\nDOWNLOAD_DELAY = 0\nLOG_LEVEL = 'WARNING'\n"
        )

    def run(self, code: str, **environment: str) -> Ended:
        """The end of a recipe of the shell: its exit status, and what it said."""
        for printed, here in self.paths.items():
            code = code.replace(printed, str(here))
        ended = subprocess.run(
            ["sh", "-c", code],
            cwd=self.folder,
            env=os.environ | {"HOME": str(self.folder)} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout)

    def python(self, code: str) -> Ended:
        """The end of a recipe of Python, with the variables that it leaves at hand in ``code``'s last lines."""
        (self.folder / "recipe.py").write_text(code, "utf-8")
        return self.run(".venv/bin/python recipe.py")
