"""``scrapy forget``: deletes articles from the data folder permanently."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mainland import config
from mainland.clean.text import counted
from mainland.command import OfflineCommand, data_folder
from mainland.exit_status import ExitStatus
from mainland.storage import scratch, warc
from mainland.storage.files import is_own_file
from mainland.storage.folder import DataFolder, require_crawled

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

_NAMED = 10  # of the files that were not looked into
_DIGITS = 15  # of an id: JSON numbers are exact up to there


class Command(OfflineCommand):
    """Takes articles out of all files, and leaves their ids in ``forgotten.jsonl``."""

    folder: Path

    def syntax(self) -> str:
        return "ID ..."

    def short_desc(self) -> str:
        return "Delete articles from the data folder permanently"

    def long_desc(self) -> str:
        return (
            "Deletes the articles with these ids from changes.jsonl, articles.jsonl, the index and the page archive"
            " (MAINLAND_DATA_DIR), and adds them to forgotten.jsonl: they are never requested again. Names the files"
            " that it did not search. Exit status: 0 done; 1 an ID is not stored, or pages cannot be searched;"
            " 2 wrong use; 73 cannot write; 75 a crawl is running."
        )

    def check(self, settings: BaseSettings, args: list[str], opts: argparse.Namespace) -> None:
        """Checks settings and ids, and sets ``folder``; for errors see the base class."""
        wrong = [arg for arg in args if not arg.isdecimal() or len(arg) > _DIGITS]
        if wrong or not args:
            raise ValueError(f"{wrong[0]!r} is no id" if wrong else "give at least one id")
        config.check(settings)
        self.folder = data_folder(settings)
        require_crawled(settings)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Forgets the articles, publishes the others, and names the files that were not searched.

        ``exitcode`` is 1 if an id is not stored, or pages could not be searched.
        """
        with self.using(self.folder):
            store, numbers = DataFolder.from_settings(self.settings), set(map(int, args))
            forgotten = store.forget(numbers)
            for number in sorted(numbers - forgotten):
                self.fail(f"{number} is not stored in {self.folder}")
            store.publish()
            store.close()
            for path in warc.unsearched(self.folder):
                self.fail(f"damaged or large pages were not searched and may contain what was forgotten: delete {path}")
            for path in warc.not_files(self.folder):
                self.fail(f"{path} is not {warc.wanted(path)} and was not searched: put it back, or delete this one")
            scratch.remove_abandoned(self.folder)
            others = _others(self.folder)
            if others:
                self.say(f"not looked into in {self.folder}: {others}; delete there what may quote what was forgotten")
            with self.printing():
                print(f"{counted(len(forgotten), 'article')} forgotten")

    def fail(self, what: str) -> None:
        """Writes a message about what was not done; ``exitcode`` becomes 1."""
        self.say(what)
        self.exitcode = ExitStatus.FAILED


def _others(folder: Path) -> str:
    """The names of files in a data folder that no command writes, such as exports, as a text; the first ten of many."""
    names = [path.name for path in folder.iterdir() if path.name != warc.FOLDER and not is_own_file(path.name)]
    found = folder / warc.FOLDER
    ours = (*warc.ENDINGS, warc.DAMAGED)
    names += [f"{warc.FOLDER}/{path.name}" for path in found.glob("*") if not path.name.endswith(ours)]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(sorted(names)[:_NAMED]) + more
