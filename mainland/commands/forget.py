"""``scrapy forget``: takes articles out of the data folder for good."""

from __future__ import annotations

import argparse
from pathlib import Path

from mainland import config, warc
from mainland.command import OfflineCommand
from mainland.exit_status import ExitStatus
from mainland.store import Store, require_crawled
from mainland.text import counted

_DIGITS = 15  # of an id: JSON numbers are exact up to there


class Command(OfflineCommand):
    """Takes articles out of both files and the archive, and leaves a tombstone."""

    folder: Path

    def syntax(self) -> str:
        return "ID ..."

    def short_desc(self) -> str:
        return "Take articles out of the data folder for good"

    def long_desc(self) -> str:
        return (
            "Takes the articles with these ids out of changes.jsonl, articles.jsonl, the archive and the pages kept"
            " (MAINLAND_DATA_DIR). They are never asked again. Exit status 1 if one is not held."
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        assert self.settings is not None
        wrong = [arg for arg in args if not arg.isdecimal() or len(arg) > _DIGITS]
        if wrong or not args:
            self.refuse(f"{wrong[0]!r} is no id" if wrong else "give at least one id")
        try:
            config.check(self.settings)
            self.folder = config.folder(self.settings)
            if not self.folder.is_dir():
                raise ValueError(f"there is no folder {self.folder}")
            require_crawled(self.settings)
        except (ValueError, OSError) as error:
            self.refuse(str(error))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        with self.using(self.folder):
            if warc.archives(self.folder):
                warc.require()
            store, numbers = Store.from_settings(self.settings), set(map(int, args))
            forgotten = store.forget(numbers)
            for number in sorted(numbers - forgotten):
                self.say(f"{number} is not held in {self.folder}")
                self.exitcode = ExitStatus.FAILED
            store.publish()
            store.close()
            with self.printing():
                print(f"{counted(len(forgotten), 'article')} forgotten")
