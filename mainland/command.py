"""What the subcommands of this project have in common: a line on standard error, and a true exit status."""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from scrapy.commands import ScrapyCommand

from mainland import scratch, warc
from mainland.exit_status import ExitStatus
from mainland.lines import printable
from mainland.store import LockedError, WrongSiteError

if TYPE_CHECKING:
    import argparse


def end_with_reader() -> None:
    """Ends the process where who reads its output goes away, as ``head`` does, with exit status 141 and no word."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)


class OfflineCommand(ScrapyCommand):
    """A subcommand that asks the site nothing."""

    requires_crawler_process = False

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        end_with_reader()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.stop)

    def stop(self, number: int, _: object) -> None:
        """Ends by a signal, without a word, once what was begun is taken away.

        To raise an error would not do: DuckDB, interrupted by one, can wait for itself for ever.
        """
        scratch.clear()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    def say(self, what: str) -> None:
        """Writes a line to standard error, under the command's name."""
        name = type(self).__module__.rpartition(".")[2]
        sys.stderr.write(f"scrapy {name}: {printable(what)}\n")

    def refuse(self, reason: str) -> NoReturn:
        """Ends with a line that says what is wrong."""
        self.say(reason)
        sys.exit(ExitStatus.WRONG_USE)

    @contextmanager
    def printing(self) -> Iterator[None]:
        """Makes a line and an exit status of standard output that cannot be written."""
        is_closed = sys.stdout is None
        try:
            if is_closed:
                sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - open as long as the process is
            yield
            sys.stdout.flush()
            if is_closed:
                raise OSError(errno.EBADF, "it is closed")
        except OSError as error:
            self.say(f"standard output: {error.strerror or error}")
            self.exitcode = ExitStatus.CANNOT_WRITE
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left is not tried again

    @contextmanager
    def using(self, place: Path, what: str = "write to") -> Iterator[None]:
        """Makes what can go wrong with a data folder, or a file to write, a line and an exit status."""
        try:
            yield
        except LockedError as error:
            self.say(str(error))
            self.exitcode = ExitStatus.LOCKED
        except (WrongSiteError, warc.MissingError) as error:
            self.say(str(error))
            self.exitcode = ExitStatus.WRONG_USE
        except (OSError, sqlite3.Error) as error:
            is_nowhere = isinstance(error, FileNotFoundError) and not place.parent.is_dir()
            self.say(f"cannot {what} {place}: {f'there is no folder {place.parent}' if is_nowhere else error}")
            self.exitcode = ExitStatus.CANNOT_WRITE
