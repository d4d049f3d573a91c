"""``scrapy reparse``: reads the page archive again with the current rules, without requests."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mainland import config
from mainland.clean.text import counted
from mainland.command import OfflineCommand
from mainland.exit_status import ExitStatus
from mainland.storage import warc
from mainland.storage.folder import DataFolder

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


class Command(OfflineCommand):
    """Reads the page archive of the data folder again, with the current rules."""

    def short_desc(self) -> str:
        return "Read the page archive again with the current rules, without requests"

    def long_desc(self) -> str:
        return (
            "Reads the page archive of the data folder (MAINLAND_DATA_DIR; see MAINLAND_KEEP_PAGES) with the current"
            " rules, and writes a line for each article that is read differently. It sends no request. In a folder"
            " that has only pages/ it writes the dataset again. Exit status: 0 done; 1 a file is damaged, all else"
            " was read; 2 wrong use; 73 cannot write; 75 a crawl is running."
        )

    def check(self, settings: BaseSettings, args: list[str], opts: argparse.Namespace) -> None:
        """Checks the settings and that there are pages, and sets ``folder``; for errors see the base class."""
        config.check(settings)
        if args:
            raise ValueError(f"it takes no argument: {args[0]}")
        self.folder = config.folder(settings)
        if not (warc.archives(self.folder) or warc.not_files(self.folder)):
            raise ValueError(f"there are no pages in {self.folder / warc.FOLDER}: crawl without MAINLAND_KEEP_PAGES=0")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Reads the archive, writes lines for what differs, publishes, and prints the numbers.

        ``exitcode`` is 1 if a file is damaged. Ends the process with 2 if the files are of several sites.
        """
        from mainland.replay import Replay, SeveralSitesError, site_of  # noqa: PLC0415

        archives = warc.archives(self.folder)
        with self.using(self.folder):
            try:
                host = site_of(archives)
            except SeveralSitesError as error:
                self.refuse(str(error))
            store = DataFolder.from_settings(self.settings, host)
            replay = Replay(store, self.settings, host)
            for path in archives:
                try:
                    replay.read(path)
                except warc.BrokenArchiveError as error:
                    self.say(str(error))
                    self.exitcode = ExitStatus.FAILED
            replay.end()
            for path in warc.not_files(self.folder):
                self.say(f"{path} is not {warc.wanted(path)} and was not read: put it back, or delete this one")
                self.exitcode = ExitStatus.FAILED
            if replay.torn:
                files = f"{counted(len(replay.torn), 'file')}, for instance {replay.torn[0].name}"
                self.say(
                    f"half a record was skipped at the end of {files}: of a killed crawl, or a copy that broke off"
                )
            if store.must_publish:
                store.publish()
            stored, unread = store.index.count(), replay.unread()
            store.close()
            lines = ", ".join(f"{number} {change}" for change, number in replay.delivered.most_common())
            with self.printing():
                print(f"{counted(replay.read_pages, 'page')} read again: {lines or 'nothing differs'}")
                if unread:
                    print(f"{unread} of {counted(stored, 'article')} without a page of the latest line: not read again")
