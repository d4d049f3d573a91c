"""``scrapy forget``: takes articles out of the data folder for good."""

from __future__ import annotations

import argparse
import sqlite3
import sys
from dataclasses import replace

from scrapy.commands import ScrapyCommand

from mainland import config, warc
from mainland.extensions import CANNOT_WRITE, LOCKED, WRONG_USE
from mainland.store import LockedError, Store


class Command(ScrapyCommand):
    """Takes articles out of both files and the archive, and leaves a tombstone."""

    requires_crawler_process = False
    sharing: config.Sharing
    drop_duplicates = False

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
        wrong = [arg for arg in args if not arg.isdecimal()]
        if wrong or not args:
            sys.stderr.write(f"scrapy forget: {f'{wrong[0]!r} is no id' if wrong else 'give at least one id'}\n")
            sys.exit(WRONG_USE)
        try:
            self.sharing = config.sharing(self.settings)
            self.drop_duplicates = config.drops_duplicates(self.settings)
        except ValueError as error:
            sys.stderr.write(f"scrapy forget: {error}\n")
            sys.exit(WRONG_USE)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        folder = config.folder(self.settings)
        if not folder.is_dir():
            sys.stderr.write(f"scrapy forget: there is no folder {folder}\n")
            sys.exit(WRONG_USE)
        try:
            if warc.archives(folder):
                warc.require()
            alone = replace(self.sharing, redis="")
            store = Store(folder, sharing=alone, drop_duplicates=self.drop_duplicates)
            for number in sorted(set(map(int, args)) - store.forget(set(map(int, args)))):
                sys.stderr.write(f"scrapy forget: {number} is not held in {folder}\n")
                self.exitcode = 1
            store.publish()
            store.close()
        except warc.MissingError as error:
            sys.stderr.write(f"scrapy forget: {error}\n")
            self.exitcode = WRONG_USE
        except LockedError as error:
            sys.stderr.write(f"scrapy forget: {error}\n")
            self.exitcode = LOCKED
        except (OSError, sqlite3.Error) as error:
            sys.stderr.write(f"scrapy forget: cannot write to {folder}: {error}\n")
            self.exitcode = CANNOT_WRITE
