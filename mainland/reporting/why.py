"""The stored decision about an address, and what would make a crawl request it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mainland.clean import urls
from mainland.decisions.types import Entry, State
from mainland.storage.database import Tables
from mainland.storage.files import CHANGES, INDEX, workers
from mainland.storage.lines import records
from mainland.storage.sqlite import reading

_NEXT = {
    State.CANDIDATE: "when a source or a list reports it; each full crawl",
    State.PENDING: "each full crawl, or when a source reports a later change",
    State.LIVE: "when a source reports a later change, or no inventory lists it any more",
    State.REMOVED: "when it is listed again, or a source reports a later change; each full crawl while it is listed",
    State.MOVED: "when it is listed again, or a source reports a later change; each full crawl while it is listed",
    State.ALTERNATE: "when the address at which its article is stored fails",
    State.REJECTED: "when it is listed again, or a source reports a later change; each full crawl while it is listed",
    State.FORGOTTEN: "never",
}


def explain(folder: Path, wanted: str) -> dict[str, Any] | None:
    """What the index of a folder stores about an address, or about the article with an id, for JSON; None if nothing.

    Instants are texts in UTC; None is for what is not known. ``lines`` has what ``changes.jsonl`` says of the article:
    ``revision``, ``change`` and ``date``.

    :raises OSError: the index or the lines cannot be read; the text says what to do.
    """
    with reading(folder / INDEX) as tables:
        stored = tables.index.article(int(wanted)) if wanted.isdecimal() else tables.index.article_at(wanted)
        url = stored.url if stored and wanted.isdecimal() else wanted
        if stored is None and (wanted.isdecimal() or tables.ledger.known(url) is None):
            return None
        entry = tables.ledger.entry(url)
        number = stored.id if stored else entry.article_id
        return {
            "url": entry.url,
            "id": number,
            "article": stored.state if stored else None,
            "state": entry.state.value,
            "rule": entry.rule,
            "decided_at": entry.decided_at,
            "evidence": _evidence(entry),
            "listed_by": _listed_by(tables, entry),
            "changed_at": entry.changed_at,
            "settled_at": entry.settled_at or None,
            "requested_again": _when_requested_again(entry),
            "alternates": [each.url for each in tables.ledger.alternates(number)] if number else [],
            "lines": _lines(folder, number) if number else [],
        }


def _evidence(entry: Entry) -> str | None:
    """What the address showed in the last crawls, in words; None if nothing of note."""
    seen = []
    if entry.suspicion:
        looks = f"{entry.looks} look{'s' if entry.looks > 1 else ''}"
        seen.append(f"{entry.reason or entry.suspicion} ({entry.suspicion}, {looks})")
    elif entry.reason:
        seen.append(entry.reason)
    if entry.failures:
        seen.append(f"no answer in {entry.failures} crawls since {entry.failing_since}")
    if entry.looks_alive:
        seen.append("shows its article although the inventory lacks it")
    return "; ".join(seen) or None


def _listed_by(tables: Tables, entry: Entry) -> list[str]:
    """Which sources and lists report the address: a text in words for each; [] if none does."""
    listing, run = tables.inventory.number, tables.memory.get("run") or 0
    found = [f"inventory {listing}, the latest"] if entry.listed_in == listing != 0 else []
    if 0 < entry.listed_in < listing:
        found.append(f"inventory {entry.listed_in}, not the latest, {listing}")
    if entry.seen_in:
        found.append(f"reported in crawl {entry.seen_in} of {run}")
    return found


def _when_requested_again(entry: Entry) -> str:
    """When a crawl will request the address again, in words."""
    if entry.state is State.FORGOTTEN:
        return _NEXT[entry.state]
    if entry.is_due:
        is_forbidden = entry.rule == "forbidden"
        return "the next crawl, if robots.txt allows it" if is_forbidden else "the next crawl"
    if entry.state is State.LIVE and (entry.is_confirmed or entry.is_unreachable):
        return "each full crawl, or when a source reports a later change"
    return _NEXT[entry.state]


def _lines(folder: Path, number: int) -> list[dict[str, Any]]:
    """What ``changes.jsonl`` says of an article, by revision: ``revision``, ``change`` and ``date`` of each line."""
    found = []
    for path in workers(folder, CHANGES).values():
        for _, record in records(path):
            if record and record.get("id") == number:
                date = record.get("date_removed") or record.get("date_crawled")
                found.append({"revision": record.get("revision"), "change": record.get("change"), "date": date})
    return sorted(found, key=lambda line: line["revision"] or 0)


def is_wanted(value: str) -> bool:
    """Whether a text is an id (up to 15 digits) or an address of http or https.

    >>> is_wanted("7"), is_wanted("https://example.org/a/"), is_wanted("a")
    (True, True, False)
    """
    return (value.isdecimal() and 0 < len(value) <= 15) or urls.host(value) is not None
