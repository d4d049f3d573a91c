"""``scrapy forget``: takes articles out of the data folder for good."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mainland import config, warc
from mainland.command import OfflineCommand, data_folder
from mainland.exit_status import ExitStatus
from mainland.store import Store, require_crawled
from mainland.text import counted

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

_DIGITS = 15  # of an id: JSON numbers are exact up to there


class Command(OfflineCommand):
    """Takes articles out of all files, and leaves their ids in ``forgotten.jsonl``."""

    folder: Path

    def syntax(self) -> str:
        return "ID ..."

    def short_desc(self) -> str:
        return "Take articles out of the data folder for good"

    def long_desc(self) -> str:
        return (
            "Takes the articles with these ids out of changes.jsonl, articles.jsonl, the archive and the pages kept"
            " (MAINLAND_DATA_DIR), and notes them in forgotten.jsonl: they are never asked again. Exit status: 0 done;"
            " 1 an ID is not held; 2 wrong use; 73 cannot write; 75 a crawl is running."
        )

    def check(self, settings: BaseSettings, args: list[str], opts: argparse.Namespace) -> None:
        wrong = [arg for arg in args if not arg.isdecimal() or len(arg) > _DIGITS]
        if wrong or not args:
            raise ValueError(f"{wrong[0]!r} is no id" if wrong else "give at least one id")
        config.check(settings)
        self.folder = data_folder(settings)
        require_crawled(settings)

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
