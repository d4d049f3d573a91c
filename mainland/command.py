"""Base classes of the commands: error messages of one line, and exit statuses."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.spiderloader import get_spider_loader

from mainland import config, environment, extras, setting_types
from mainland.clean.text import printable
from mainland.exit_status import ExitStatus
from mainland.program import program
from mainland.storage import scratch
from mainland.storage.errors import reason, status_of
from mainland.storage.files import require_apart
from mainland.storage.tombstones import TombstoneError

if TYPE_CHECKING:
    import argparse

    from scrapy import Spider
    from scrapy.settings import BaseSettings, Settings

_Time = TypeVar("_Time")


def data_folder(settings: BaseSettings) -> Path:
    """The data folder of the settings, which must exist.

    :raises ValueError: it does not, or is not set; the text says what to do.
    """
    folder = config.folder(settings)
    setting_types.require_folder(environment.name(settings, "MAINLAND_DATA_DIR"), folder)
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}: crawl first, or give -s MAINLAND_DATA_DIR=FOLDER")
    return folder


def time_of(option: str, value: str | None, read: Callable[[str], _Time]) -> _Time | None:
    """The day or instant that an option gives, as ``read`` reads it; None if it is not given.

    :raises ValueError: it is not one; the text says what to do.
    """
    try:
        return None if value is None else read(value)
    except ValueError:
        raise ValueError(f"{option} {value!r} is no time: give it as 2026-11-22 or 2026-11-22T09:00:00Z") from None


def unwritable_reason(opts: argparse.Namespace) -> str | None:
    """Why the file of ``--pidfile`` or ``--profile`` cannot be written, in words; None if both can. Creates them.

    :raises ValueError: one is a file of a data folder, which Scrapy would write over.
    """
    for option in ("pidfile", "profile"):
        if name := getattr(opts, option, None):
            try:
                require_apart(f"--{option}", Path(name))
                Path(name).open("ab").close()  # Scrapy would end in a traceback
            except OSError as error:
                return f"cannot write --{option} {name}: {reason(error, name)}"
    return None


def end_with_reader() -> None:
    """Makes SIGPIPE end the process when the reader of its output goes away, as ``head`` does: 141 in a shell."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def stopping_signals() -> list[signal.Signals]:
    """The signals that stop a command: SIGINT, SIGTERM, and SIGHUP, which comes when the terminal is closed.

    SIGHUP is left out where it is ignored, as ``nohup`` does.
    """
    hangs_up = signal.getsignal(signal.SIGHUP) != signal.SIG_IGN
    return [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hangs_up else [])]


class ProjectCommand(ScrapyCommand):
    """A command of the project: it reads the settings of environment variables, and is called by two programs."""

    settings: Settings
    """The settings, which Scrapy sets before it calls any method."""

    @property
    def name(self) -> str:
        """The command as it is called, for instance ``scrapy export``."""
        return f"{program()} {type(self).__module__.rpartition('.')[2]}"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Adds the options of the command to its parser; its usage names the program that was called."""
        super().add_options(parser)
        parser.usage = f"{self.name} {self.syntax()}"

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Applies the environment variables and Scrapy's options to the settings.

        Ends the process with a message if an option is wrong (exit status 2) or names a file that cannot be written
        (73).
        """
        environment.apply(self.settings)
        try:
            if wrong := unwritable_reason(opts):
                self.refuse(wrong, ExitStatus.CANNOT_WRITE)
            super().process_options(args, opts)
        except (UsageError, ValueError) as error:
            self.refuse(str(error).replace("-s NAME=VALUE", "-s NAME=VALUE, with a dictionary as JSON"))

    def spider_class(self, name: str) -> type[Spider]:
        """The spider of a name.

        :raises ValueError: there is none; the text names those that are.
        """
        try:
            loader = get_spider_loader(self.settings)
        except ImportError as error:
            raise ValueError(f"a module of SPIDER_MODULES cannot be imported: {error}") from None
        if name not in loader.list():
            raise ValueError(f"there is no spider {name!r}: the project has {', '.join(sorted(loader.list()))}")
        return loader.load(name)

    def say(self, what: str) -> None:
        """Writes a line to standard error, after the command's name."""
        sys.stderr.write(f"{self.name}: {printable(what)}\n")

    def refuse(self, reason: str, status: int = ExitStatus.WRONG_USE) -> NoReturn:
        """Writes a line that says what is wrong to standard error, and ends the process with an exit status."""
        self.say(reason)
        sys.exit(status)


class OfflineCommand(ProjectCommand):
    """A subcommand that sends no requests.

    Its ``check`` is called before ``run``, where the packages of its ``extra`` are installed.
    """

    extra: str | None = None
    requires_crawler_process = False

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """As in the base class; also sets the signal handlers, and calls :meth:`check`.

        Ends the process with exit status 2 for an error of that, an unknown option, or a missing package.
        """
        super().process_options(args, opts)
        end_with_reader()
        for number in stopping_signals():
            signal.signal(number, self.handle_signal)
        try:
            unknown = next((arg for arg in args if arg.startswith("-")), None)
            if unknown is not None:
                raise ValueError(f"unknown option {unknown}")
            if self.extra:
                extras.require(self.extra)
            self.check(self.settings, args, opts)
        except (ValueError, OSError) as error:
            self.refuse(reason(error), ExitStatus.WRONG_USE if isinstance(error, ValueError) else ExitStatus.FAILED)

    def check(self, settings: BaseSettings, args: list[str], opts: argparse.Namespace) -> None:
        """Checks settings, arguments and options, and stores what ``run`` needs as attributes.

        :raises ValueError: one is wrong; the text says what to do.
        :raises OSError: what they name cannot be read.
        """

    def handle_signal(self, number: int, _: object) -> None:
        """The signal handler: removes temporary folders, then ends the process by the same signal."""
        scratch.clear()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    @contextmanager
    def printing(self) -> Iterator[None]:
        """A block that prints. Where standard output cannot be written, ``exitcode`` becomes 73, with a message.

        Raises no OSError.
        """
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
        """A block that uses a data folder, or writes a file, at ``place``. Ends at an error with a message.

        ``exitcode`` becomes that of :func:`mainland.storage.errors.status_of`; an error for which that is None is
        raised. ``what`` is a verb for the message: "cannot write to FOLDER".
        """
        try:
            yield
        except Exception as error:
            status = status_of(error)
            if status is None:
                raise
            self.exitcode = status
            if status != ExitStatus.CANNOT_WRITE or isinstance(error, TombstoneError):
                self.say(str(error))
                return
            is_nowhere = isinstance(error, FileNotFoundError) and not place.parent.is_dir()
            problem = f"there is no folder {place.parent}" if is_nowhere else reason(error, place)
            self.say(f"cannot {what} {place}: {problem}")
