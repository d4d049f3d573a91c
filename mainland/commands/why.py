"""``scrapy why``: the stored decision about an address."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from mainland import config
from mainland.clean.text import printable
from mainland.command import OfflineCommand, data_folder
from mainland.exit_status import ExitStatus

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


class Command(OfflineCommand):
    """Prints what is known of an address or an article, and which rule decided it."""

    def syntax(self) -> str:
        return "[options] URL|ID"

    def short_desc(self) -> str:
        return "Show which rule decided about an address or an article, and when"

    def long_desc(self) -> str:
        return (
            "Shows the state of an address, or of the article with an ID, as the data folder (MAINLAND_DATA_DIR) has"
            " it: the rule and the date of the last decision, the evidence, what lists it, what would make a crawl"
            " request it again, and its lines. It decides nothing and writes nothing. Exit status: 0 done;"
            " 1 nothing is known of it; 2 wrong use; 73 the folder cannot be read, or standard output not written."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def check(self, settings: BaseSettings, args: list[str], opts: argparse.Namespace) -> None:
        """Checks the settings and the address or id, and sets ``folder``; for errors see the base class."""
        from mainland.reporting.why import is_wanted  # noqa: PLC0415 - Scrapy imports this module at each call

        if len(args) != 1:
            raise ValueError("give one address or one id")
        if not is_wanted(args[0]):
            raise ValueError(f"{args[0]!r} is not an address or an id")
        config.check(settings)
        self.folder = data_folder(settings)
        if config.sharing(settings).database:
            raise ValueError("it reads the index of one data folder, and MAINLAND_ARCHIVE names a database")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Prints the decision; ``exitcode`` is 1 if nothing is known of the address or id."""
        from mainland.reporting.why import explain  # noqa: PLC0415

        with self.using(self.folder, "read"):
            found = explain(self.folder, args[0])
            if found is None:
                self.say(f"nothing is known of {args[0]}: no source or list of a crawl reported it")
                self.exitcode = ExitStatus.FAILED
                return
            with self.printing():
                print(json.dumps(found, ensure_ascii=False) if opts.json else "\n".join(_in_words(found)))


def _in_words(found: dict[str, Any]) -> list[str]:
    """The decision in words, a line each."""
    number, lines = found["id"], found["lines"]
    rows = {
        "address": found["url"],
        "state": found["state"] + (f", article {number} ({found['article'] or 'not stored'})" if number else ""),
        "decided": f"{found['decided_at']}, by the rule: {found['rule']}" if found["rule"] else "not yet",
        "evidence": found["evidence"],
        "listed by": "; ".join(found["listed_by"]) or "nothing that was read",
        "changed": f"{found['changed_at'] or 'not dated by a source'}; settled: {found['settled_at'] or 'nothing'}",
        "requested": found["requested_again"],
        "alternates": ", ".join(found["alternates"]),
        "lines": "; ".join(f"{line['revision']} {line['change']} {line['date']}" for line in lines) or "none",
    }
    return [printable(f"{name:<10} {value}") for name, value in rows.items() if value]
