"""``scrapy status``: the state of the data folder."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mainland import config
from mainland.clean import dates
from mainland.clean.text import counted, printable
from mainland.command import OfflineCommand, data_folder
from mainland.exit_status import ExitStatus
from mainland.storage.folder import DataFolder, require_crawled

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

_UNKNOWN = "nothing known yet"  # before the first crawl has ended


class Command(OfflineCommand):
    """Prints what is stored and how the last crawls went; with ``--accept`` closes the open alarms."""

    extra = "report"

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "Show what is stored, the last crawls, and open alarms"

    def long_desc(self) -> str:
        return (
            "Shows what the data folder (MAINLAND_DATA_DIR) contains, compared with what the site says it has, how the"
            " last crawls went, and which alarms are open. Writes nothing, except a line of runs.jsonl with --accept."
            " Exit status: 0 done; 1 the last good crawl is older than --max-age hours; 2 wrong use; 73 the folder"
            " cannot be read, or standard output or runs.jsonl not written; 75 a crawl is running, with --accept."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--max-age", metavar="HOURS", help="exit status 1 if the last good crawl is older")
        parser.add_argument("--accept", action="store_true", help="accept what the open alarms report as normal")

    def check(self, settings: BaseSettings, args: list[str], opts: argparse.Namespace) -> None:
        """Checks settings and options, and sets ``max_age`` and ``folder``; for errors see the base class."""
        if args:
            raise ValueError(f"it takes no argument: {args[0]}")
        self.max_age = None if opts.max_age is None else _max_age(opts.max_age)
        config.check(settings)
        self.folder = data_folder(settings)
        if opts.accept:
            require_crawled(settings)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Closes the open alarms with ``--accept``, then prints the state."""
        from mainland.reporting import status  # noqa: PLC0415 - Scrapy imports this module at each call, DuckDB is not wanted

        with self.using(self.folder, "read"):
            if opts.accept:
                self.accept()
            found = status.status(self.folder, datetime.now(UTC))
            with self.printing():
                self.show(found, opts)

    def show(self, found: dict[str, Any], opts: argparse.Namespace) -> None:
        """Prints the state; ``exitcode`` is 1, with a message, if the last good crawl is older than ``--max-age``."""
        print(json.dumps(found, ensure_ascii=False) if opts.json else "\n".join(_in_words(found)))
        age = found["hours_since_good"]
        if self.max_age is not None and (age is None or not -1 <= age <= self.max_age):
            last = "there was no good crawl" if age is None else f"the last good crawl ended {age:.1f} hours ago"
            last += ": see the clock" if age is not None and age < 0 else ""
            self.say(last)
            self.exitcode = ExitStatus.FAILED

    def accept(self) -> None:
        """Accepts what the open alarms and held back removals report as normal; writes a line to ``runs.jsonl``.

        :raises LockedError: a crawl is running; for other errors see :class:`DataFolder`.
        """
        from mainland.crawl import drift  # noqa: PLC0415
        from mainland.storage import runs  # noqa: PLC0415

        store = DataFolder.from_settings(self.settings)
        try:
            history = runs.history(self.folder)
            names = sorted({*drift.open_alarms(history), *runs.unconfirmed(history)})
            store.memory.save(accepted_removals=list(map(int, store.memory.get("held_removals") or ())))
            if "listing" in names:
                store.memory.save(lists_articles=False)
            if "storing" in names:
                store.memory.save(stores_none=True)
            if names:
                store.commit()
                store.log_run({"start": dates.utc(datetime.now(UTC)), "accepted": names})
        finally:
            store.close()


def _max_age(value: str) -> float:
    """The hours in the value of ``--max-age``, 0 or more.

    :raises ValueError: it is no such number; the text says so.
    """
    try:
        hours = float(value)
    except ValueError:
        hours = -1.0
    if not hours >= 0:
        raise ValueError(f"--max-age {value!r} is no number of hours")
    return hours


def _in_words(found: dict[str, Any]) -> list[str]:
    """The state, as :func:`mainland.reporting.status.status` returns it, as lines of text."""
    age, last = found["hours_since_good"], found["last_good_crawl"]
    sources = f"{', '.join(found['sources']) or 'none'}; changes reported by {found['changes_by']}"
    rows = {
        "folder": f"{found['folder']} ({found['site'] or 'no article yet'})",
        "articles": f"{found['articles']}, the newest published {found['newest_published'] or 'never'}",
        "last good": f"{last}, {age:.1f} hours ago" if last else "none",
        "site says": _on_site(found["on_site"], found["articles"]) if found["crawls"] else _UNKNOWN,
        "open": _open(found["addresses"]),
        "sources": sources if found["changes_by"] else _UNKNOWN,
        "pages": _pages(found["page_archive"]),
        "machines": _reserved(found["reservations"]) if found["reservations"] or last else _UNKNOWN,
    }
    text = [f"{name:<10} {value}" for name, value in rows.items()]
    for name, alarm in found["open_alarms"].items():
        usual, now, since = alarm.get("usual"), alarm.get("now"), alarm.get("since")
        addresses = ", ".join(alarm.get("addresses", []))
        text.append(f"{'ALARM':<10} {name}: {now}, usually {usual or 0:.0%}, since {since}: {addresses}")
    text += [f"{'CONFIRM':<10} {what}" for what in found["unconfirmed"].values()]
    for each in reversed(found["crawls"]):
        delivered = ", ".join(f"{n} {what}" for what, n in (each["delivered"] or {}).items()) or "nothing new"
        text.append(f"{'crawl':<10} {each['end']}  exit {each['exit_status']}  {delivered}  {each['verdict']}")
    return [printable(line) for line in text]


def _open(addresses: dict[str, int] | None) -> str:
    """The numbers of open addresses, as :meth:`Ledger.count_open` returns them, in words; None: nothing is known."""
    if addresses is None:
        return _UNKNOWN
    words = {
        "due": "requested by the next crawl",
        "suspicious": "stored, though their pages are missing",
        "unreachable": "given up until a full crawl",
        "forbidden": "forbidden by robots.txt",
    }
    return ", ".join(f"{addresses[name]} {what}" for name, what in words.items() if addresses[name]) or "no address"


def _on_site(about: dict[str, Any] | None, stored: int) -> str:
    """How many posts the site counts, and how ``stored`` articles differ from that, in words; None: it counts none."""
    if about is None:
        return "not how many posts it has"
    parts = {
        "near-duplicates left out": about["left_out"],
        "protected by a password": about["protected"],
        "forgotten here": about["forgotten"],
        "not explained": about["unexplained"],
    }
    rest = ", ".join(f"{n} {what}" for what, n in parts.items() if n)
    return f"{about['posts']} posts: {stored} stored" + (f", {rest}" if rest else "")


def _pages(about: dict[str, int]) -> str:
    """The page archive in words, from the number of its ``files`` and their ``bytes``."""
    number, size = about["files"], about["bytes"]
    unit = next((name for name, least in (("GB", 10**9), ("MB", 10**6)) if size >= least), "kB")
    text = f"{size / {'GB': 10**9, 'MB': 10**6, 'kB': 1000}[unit]:.1f} {unit}"
    return f"{text} in {counted(number, 'file')} of the page archive" if number else "no page archive"


def _reserved(about: dict[str, Any]) -> str:
    """What the site reserves against AI agents and text and data mining, as ``runs.jsonl`` has it, in words."""
    agents, rules = about.get("refused_agents") or [], about.get("tdmrep")
    text = [f"robots.txt refuses {', '.join(agents)}" if agents else "robots.txt refuses no AI agent"]
    if rules:
        text.append(f"tdmrep.json: {json.dumps(rules)}")
    text += [f"{name}: {about[name]}" for name in ("tdm-reservation", "tdm-policy") if name in about]
    return "; ".join(text)
