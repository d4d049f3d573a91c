"""The recipes of README.md, docs/ and deploy/, and an empty place to run them in, as printed."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.support import warm
from tests.support.sample_data import ROOT

PAGES = ("README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))
_FENCED = re.compile(
    r"^```(\w*)\n(.*?)^```$|(?<=\n\n)((?: {4}\S[^\n]*\n|(?<=\\\n) {4}[^\n]*\n)+)", re.MULTILINE | re.DOTALL
)
_COMMENTED = re.compile(r"(?:^# {3,}\S.*\n)+", re.MULTILINE)
DEPLOY = tuple(sorted(f"deploy/{path.name}" for path in (ROOT / "deploy").iterdir()))
_LANGUAGES = {"sh", "python", "sql", "r"}


class Block(NamedTuple):
    """A recipe: where it stands, its language, its code."""

    page: str
    language: str
    code: str

    @property
    def name(self) -> str:
        """The first line of the code, which tells it from others of its page."""
        return self.code.partition("\n")[0]


def blocks(*pages: str) -> list[Block]:
    """The recipes of some pages, by default of all, in their order.

    An indented block is of the shell; in a file of deploy/ it stands in a comment.
    """
    found: list[Block] = []
    for page in pages or (*PAGES, *DEPLOY):
        text = (ROOT / page).read_text("utf-8")
        if page in DEPLOY:
            found += [
                Block(page, "sh", re.sub("^# +", "", each, flags=re.MULTILINE)) for each in _COMMENTED.findall(text)
            ]
            continue
        for language, fenced, indented in _FENCED.findall(text):
            if indented:
                found.append(Block(page, "sh", re.sub("^ {4}", "", indented, flags=re.MULTILINE)))
            elif language in _LANGUAGES:
                found.append(Block(page, language, fenced))
    return found


def recipe(page: str, name: str) -> str:
    """The code of the one recipe on a page whose first line begins with ``name``."""
    (found,) = (block.code for block in blocks(page) if block.name.startswith(name))
    return found


class Ended(NamedTuple):
    """How a recipe ended: its exit status, and what it printed on both outputs."""

    status: int
    printed: str


class Place:
    """A folder to run recipes in: with the programs and a settings file of the project, and nothing else.

    ``site`` is the address of the site in its settings. ``paths`` gives for paths and addresses as they are printed
    those that stand for them here.
    """

    def __init__(self, folder: Path, site: str, **paths: object) -> None:
        self.folder = folder
        self.paths = {"/path/to/mainland": folder, "/opt/mainland": folder} | paths
        self.programs = folder / ".venv" / "bin"
        self.programs.mkdir(parents=True)
        for name in ("scrapy", "mainland", "python"):
            (self.programs / name).write_text(warm.script(name))
            (self.programs / name).chmod(0o755)
        (folder / "scrapy.cfg").write_text("[settings]\ndefault = settings_here\n")
        (folder / "settings_here.py").write_text(
            f"from mainland.settings import *\n\nMAINLAND_SITE = {site!r}\nDOWNLOAD_DELAY = 0\nLOG_LEVEL = 'WARNING'\n"
        )

    def run(self, code: str, **environment: str) -> Ended:
        """Runs a recipe of the shell in the folder, and returns how it ended."""
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
        """Runs a recipe of Python in the folder, and returns how it ended."""
        (self.folder / "recipe.py").write_text(code, "utf-8")
        return self.run(".venv/bin/python recipe.py")
