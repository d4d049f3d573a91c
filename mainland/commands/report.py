"""``scrapy report``: writes one HTML page about the data folder."""

from __future__ import annotations

import argparse
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from mainland import config
from mainland.command import OfflineCommand, data_folder, time_of
from mainland.exit_status import ExitStatus
from mainland.storage import runs
from mainland.storage.files import REPORT

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


class Command(OfflineCommand):
    """Writes one HTML file that needs no network."""

    extra = "report"
    zone: tzinfo
    since: datetime | None

    def syntax(self) -> str:
        return "[options] [OUT.html]"

    def short_desc(self) -> str:
        return "Write an HTML page: what changed, how complete the dataset is, what went wrong"

    def long_desc(self) -> str:
        return (
            "Writes one HTML file on the data folder (MAINLAND_DATA_DIR): what is new, edited, removed and moved,"
            " articles a day and by section, completeness, coverage of fields, near-duplicates, the crawls, what went"
            " wrong. OUT is report.html in the data folder unless given. It can run during a crawl."
            " Exit status: 0 done; 1 there is no dataset, or it cannot be read; 2 wrong use; 73 OUT cannot be written."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--since",
            metavar="TIME",
            help="changes since then (default: since the last crawl that changed something, at least one day)",
        )

    def check(self, settings: BaseSettings, args: list[str], opts: argparse.Namespace) -> None:
        """Checks settings, arguments and options, and sets what :meth:`run` needs; for errors see the base class."""
        from mainland.reporting import queries  # noqa: PLC0415

        if len(args) > 1:
            raise ValueError("give one file to write")
        if args and Path(args[0]).suffix.lower() != ".html":
            raise ValueError(f"{args[0]!r} does not end in .html")
        config.check(settings)
        self.folder = data_folder(settings)
        self.zone = config.site(settings).zone or runs.time_zone(self.folder)
        self.since = time_of("--since", opts.since, queries.instant)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Writes the page; ``exitcode`` is 1 if there is no dataset, or it cannot be read."""
        from mainland.reporting import report  # noqa: PLC0415 - Scrapy imports this module at each call, DuckDB is not wanted
        from mainland.reporting.views import ReportError  # noqa: PLC0415

        out = Path(args[0]) if args else self.folder / REPORT
        with self.using(out, "write"):
            try:
                report.write(self.folder, out, self.zone, self.since)
            except ReportError as error:
                self.say(str(error))
                self.exitcode = ExitStatus.FAILED
