"""``scrapy validate``: checks files of the dataset against the JSON Schema of a line."""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mainland.command import OfflineCommand
from mainland.exit_status import ExitStatus
from mainland.storage.errors import reason
from mainland.storage.files import ARTICLES

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

    from mainland.reporting.schema import Violation


_OTHERS = (".csv", ".html", ".parquet", ".sqlite", ".warc", ".warc.gz", ".xlsx", ".xml")
"""Endings of files that have no lines of JSON: each of their lines would be a violation."""


class Command(OfflineCommand):
    """Prints a line for each violation of the schema in a dataset."""

    extra = "validate"

    def syntax(self) -> str:
        return "FILE ..."

    def short_desc(self) -> str:
        return "Check files of the dataset (.jsonl, .jsonl.gz) against the schema of a line"

    def long_desc(self) -> str:
        return (
            "Checks each line of each FILE (.jsonl, .jsonl.gz) against docs/article.schema.json, and prints file, line,"
            " field and reason of each violation. Exit status: 0 there is none; 1 there is one, or a FILE"
            " cannot be read; 2 wrong use; 73 standard output cannot be written."
        )

    def check(self, settings: BaseSettings, args: list[str], opts: argparse.Namespace) -> None:
        """Checks that the arguments are files that can have lines of JSON; for errors see the base class."""
        for arg in args:
            if Path(arg).is_dir():
                raise ValueError(f"{arg} is a folder: give a file of it, for instance {Path(arg) / ARTICLES}")
            if not Path(arg).exists():
                raise ValueError(f"there is no file {arg}")
            if arg.lower().endswith(_OTHERS):
                raise ValueError(f"{arg} is not a file of JSON Lines: give one, for instance {ARTICLES}")
        if not args:
            raise ValueError("give at least one dataset")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Prints the violations; ``exitcode`` is 1 if there is one."""
        with self.printing():
            for arg in args:
                for violation in self.violations(arg):
                    print(f"{arg}:{violation}")
                    self.exitcode = ExitStatus.FAILED

    def violations(self, arg: str) -> Iterator[Violation]:
        """Yields the violations of the schema in a file; if it cannot be read, ``exitcode`` is 1, with a message."""
        from mainland.reporting import schema  # noqa: PLC0415 - only this command needs jsonschema

        try:
            yield from schema.violations(Path(arg))
        except (OSError, EOFError, zlib.error) as error:
            self.say(f"{arg}: {reason(error, arg)}")
            self.exitcode = ExitStatus.FAILED
