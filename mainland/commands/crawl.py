"""``scrapy crawl``: Scrapy's command, with arguments that are checked first, and with the project's exit statuses."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

from scrapy.commands.crawl import Command as ScrapyCommand
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import BaseSettings, default_settings

from mainland import config, logs, outputs, setting_types
from mainland.command import ProjectCommand, stopping_signals
from mainland.exit_status import SAW_EVERYTHING, ExitStatus
from mainland.extensions import Summary
from mainland.pages import watchdog
from mainland.spiders.articles import ArticlesSpider
from mainland.spiders.base import SiteSpider
from mainland.storage.errors import reason, status_of

_WORDY = ("scrapy.addons", "scrapy.crawler", "scrapy.middleware")  # they list what is enabled
_FEEDS = "scrapy.extensions.feedexport"
_TRACED = ("asyncio", "scrapy.core.engine", "scrapy.core.scraper", _FEEDS, "scrapy.utils.signal", "twisted")
_GRACE = 5.0  # seconds that requests under way have after the signal to stop
_LONGEST_END = 60.0  # seconds that publishing has after the second signal


class _WithoutTracebacks(logging.Filter):
    """A log filter that drops tracebacks of errors of the disk, the database and memory, and of signals.

    The crawl reports these in one line.

    If memory ran out, it calls ``end``: the crawl could otherwise wait for ever for a lost answer. It passes an error
    of Scrapy's feed exports to ``note_output``, since nothing else reports it.
    """

    def __init__(self, end: Callable[[], object], note_output: Callable[[Exception], object]) -> None:
        super().__init__()
        self.end, self.note_output = end, note_output

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is logged; calls ``end`` and ``note_output``."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, MemoryError):
            self.end()
        if isinstance(error, Exception) and (record.name == _FEEDS or "FeedExporter" in record.getMessage()):
            self.note_output(error)
            return not isinstance(error, (OSError, UnicodeError, ImportError))
        return not isinstance(error, (OSError, sqlite3.Error, MemoryError, watchdog.InterruptedReadingError))


def _require_asyncio(settings: BaseSettings) -> None:
    """Checks that the settings let Scrapy run the crawl in a loop of asyncio.

    :raises ValueError: it does not; the text names the setting.
    """
    for name in ("TWISTED_REACTOR", "FORCE_CRAWLER_PROCESS"):
        if settings[name] and settings.get(name) != getattr(default_settings, name):
            raise ValueError(f"{setting_types.described(name, settings)}: a crawl needs asyncio: leave the default")


class Command(ProjectCommand, ScrapyCommand):
    """Crawls into the data folder.

    The exit status, which :class:`mainland.extensions.Summary` sets, is that of the crawl.
    """

    requires_project = False  # mainland runs it in any folder
    crawler: Crawler
    stopped: bool = False
    signals: int = 0
    has_lost_output: bool = False

    def syntax(self) -> str:
        return "[options] [SPIDER]"

    def short_desc(self) -> str:
        return "Run a spider; articles crawls a site into the data folder"

    def long_desc(self) -> str:
        return (
            "The spider articles, which is the default, crawls the site into the data folder (MAINLAND_DATA_DIR)."
            " Arguments: -a site=URL, -a sections=SLUG,SLUG, -a full=1."
            " Exit status: 0 complete; 2 wrong use; 3 incomplete; 4 an alarm; 69 site unreachable;"
            " 73 cannot write; 75 another crawl is running; 77 refused by the site; 128+n stopped by signal n."
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """As in :class:`ProjectCommand`; sets ``spider`` and ``is_ours``, and checks the name of the spider.

        For a spider of the project it also checks the arguments, all settings, the outputs and the log file, which it
        creates. Ends the process with a message and exit status 2 if one is wrong, 73 if the log cannot be written.
        """
        super().process_options(args, opts)
        self.spider = args[0] if args else ArticlesSpider.name
        if len(args) > 1 or self.spider.startswith("-"):
            self.refuse(f"it takes the name of a spider, and no other argument: {' '.join(args)}")
        try:
            spider = self.spider_class(self.spider)
        except ValueError as error:
            self.refuse(str(error))
        self.is_ours = issubclass(spider, SiteSpider)
        if not self.is_ours:
            return
        try:
            settings = self.settings.copy()
            spider.update_settings(settings)  # with its custom_settings
            config.arguments(opts.spargs, settings)
            config.check(settings)
            _require_asyncio(settings)
            outputs.rehearse(spider, settings, opts.spargs)
        except ValueError as error:
            self.refuse(str(error))
        except (ImportError, NameError) as error:
            self.refuse(f"a component that the settings name cannot be loaded: {error}")
        if log := self.settings["LOG_FILE"]:
            try:
                Path(log).open("ab").close()  # Scrapy would end in a traceback
            except OSError as error:
                self.refuse(f"cannot write the log {log}: {reason(error, log)}", ExitStatus.CANNOT_WRITE)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Runs the crawl to its end, and sets ``exitcode`` to its exit status; handles the signals that stop it.

        Ends the process with 2 if a component that the settings name cannot be loaded.
        """
        if not self.is_ours:
            super().run([self.spider], opts)
            return
        assert isinstance(self.crawler_process, AsyncCrawlerProcess)
        if self.settings["LOG_LEVEL"] != "DEBUG":
            logging.getLogger("scrapy").setLevel(self.settings["LOG_LEVEL"])  # or each page makes records for nobody
            for name in _WORDY:
                logging.getLogger(name).setLevel(logging.WARNING)
        logs.bound()
        # A site that is down is reported in a line, not in a traceback of its robots.txt.
        logging.getLogger("scrapy.downloadermiddlewares.robotstxt").setLevel(logging.CRITICAL)
        for name in _TRACED:
            logging.getLogger(name).addFilter(_WithoutTracebacks(self.end_out_of_memory, self.note_output))
        self.crawler = self.crawler_process.create_crawler(self.spider)
        task = self.crawler_process.crawl(self.crawler, **opts.spargs)
        loop = asyncio.get_event_loop()
        for number in stopping_signals():
            signal.signal(number, self.handle_signal)  # called between two instructions of Python
        self.listen_for_signals(loop)
        self.crawler_process.start(install_signal_handlers=False)
        error = task.exception() if task.done() and not task.cancelled() else None
        if error is None:
            number = self.crawler.stats.get_value("mainland/signal")
            unsaid = ExitStatus.INCOMPLETE if number is None else ExitStatus.SIGNALLED + number
            self.exitcode = self.crawler.stats.get_value("mainland/exit_status", unsaid)
            if self.has_lost_output and self.exitcode in (*SAW_EVERYTHING, ExitStatus.INCOMPLETE):
                self.exitcode = ExitStatus.CANNOT_WRITE
        elif (status := status_of(error)) is not None:
            self.exitcode = status
        elif isinstance(error, (ImportError, NameError)):
            self.refuse(f"a component that the settings name cannot be loaded: {error}")
        else:
            raise error

    def note_output(self, error: Exception) -> None:
        """Reports, once, that a file of Scrapy's feed exports cannot be written: a message, and exit status 73."""
        if not self.has_lost_output:
            self.has_lost_output = True
            outputs = ", ".join(map(str, self.crawler.settings.getdict("FEEDS")))
            self.say(f"cannot write the output {outputs}: {reason(error)}; it is incomplete, the data folder is not")

    def interrupt(self, number: int) -> None:
        """Ends the crawl after a signal: requests under way have five more seconds; none after the second signal."""
        assert isinstance(self.crawler_process, AsyncCrawlerProcess)
        loop = asyncio.get_event_loop()
        if not self.stopped:
            self.stopped = True
            self.crawler.stats.set_value("mainland/signal", int(number))
            self.stopping = loop.create_task(self.crawler_process.stop())
            loop.call_later(_GRACE, self.force)
        else:
            self.force()

    def handle_signal(self, number: int, _frame: FrameType | None) -> None:
        """The signal handler, for when a page is being read or the event loop is blocked; see also :meth:`interrupt`.

        After the first signal the page that is being read has two more seconds. The second signal ends the reading and,
        if the loop does not call :meth:`force` soon, the process. The third signal ends the process at once. A terminal
        that is closed sends several SIGHUP, from the kernel and from the shell: they count as one.
        """
        if number == signal.SIGHUP:
            signal.signal(number, signal.SIG_IGN)
        self.signals += 1
        if self.signals == 1:
            watchdog.hurry()
        elif self.signals == 2:
            self.exit_in(_GRACE, number)
            watchdog.interrupt()
        else:
            self.exit(number)

    def listen_for_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        """Starts a thread that receives signals at once, even while the main thread runs code in C.

        For each signal it makes the loop call :meth:`interrupt`. It ends the process five seconds after the second
        signal, unless :meth:`handle_signal` was called for that.
        """
        reader, writer = socket.socketpair()
        writer.settimeout(0)
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)

        def listen() -> None:
            received = 0
            with reader, writer:
                while number := reader.recv(1)[0]:
                    if number not in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                        continue
                    received += 1
                    with suppress(RuntimeError):  # the loop is closed
                        loop.call_soon_threadsafe(self.interrupt, number)
                    if received == 2:
                        self.exit_unless_handled(number)

        threading.Thread(target=listen, name="signals", daemon=True).start()

    def exit_unless_handled(self, number: int) -> None:
        """Ends the process in five seconds, unless Python has called :meth:`handle_signal` twice by then."""

        def end() -> None:
            if self.signals < 2:
                self.exit(number)

        timer = threading.Timer(_GRACE, end)
        timer.daemon = True
        timer.start()

    def exit_in(self, seconds: float, number: int) -> None:
        """Ends the process in some seconds, as by :meth:`exit`; returns at once."""
        signal.signal(signal.SIGALRM, lambda *_: self.exit(number))
        signal.setitimer(signal.ITIMER_REAL, seconds)

    def exit(self, number: int) -> None:
        """Ends the process at once, with the exit status of a signal, 128 + ``number``, and a message.

        The next crawl publishes what is not published yet.
        """
        name = signal.Signals(number).name
        os.write(2, f"{self.name}: ended at once by {name}; the next crawl goes on\n".encode())
        os._exit(ExitStatus.SIGNALLED + number)

    def end_out_of_memory(self) -> None:
        """Ends the crawl because memory ran out, by :meth:`force`; later calls do nothing."""
        if not self.stopped:
            self.stopped = True
            asyncio.get_event_loop().call_soon(self.force, "out of memory")

    def force(self, reason: str = "shutdown") -> None:
        """Ends the crawl at once: stores and publishes its results, does not wait for open requests, stops the loop.

        ``reason`` is the finish reason for the summary. After a second signal the process ends in a minute, whatever
        happens.
        """
        from twisted.internet import reactor  # noqa: PLC0415 - to import it is to install it

        if self.signals > 1:
            self.exit_in(_LONGEST_END, self.crawler.stats.get_value("mainland/signal"))
        summary = self.crawler.get_extension(Summary)
        try:
            if summary and self.crawler.spider:
                summary.end(self.crawler.spider, reason)  # type: ignore[arg-type]
        finally:
            # A loop that is stopped leaves the reactor's threads behind, and Python would wait for them for ever.
            reactor.getThreadPool().stop()
            asyncio.get_event_loop().stop()
