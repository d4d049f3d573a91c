"""Data folders with a damaged line."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from mainland.storage.folder import DataFolder
from tests.support.sample_data import address, made, opened


def flip(path: Path, needle: bytes, change: Callable[[bytes], bytes]) -> None:
    """Changes 40 bytes of a file, from the last occurrence of ``needle`` on; its size and times stay.

    ``change`` gives the new bytes, as many, for the old ones.
    """
    before, content = path.stat(), path.read_bytes()
    at = content.rindex(needle)
    changed = change(content[at : at + 40])
    assert len(changed) == 40
    path.write_bytes(content[:at] + changed + content[at + 40 :])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


DAMAGES: dict[str, tuple[bytes, Callable[[bytes], bytes]]] = {
    "bits in a text": (b"A litre costs 31 cents.", lambda old: bytes(each ^ 0xFF for each in old)),
    "letters in a text": (b"A litre costs 31 cents.", lambda old: b"x" * len(old)),
    "an end of line": (b"}\n", lambda old: old.replace(b"\n", b" ")),
    "ends of line in a text": (b"A litre costs 31 cents.", lambda old: b"\n" * len(old)),
    "another id": (b'"id": 2, ', lambda old: old.replace(b"2", b"7", 1)),
}


def filled(folder: Path, case: str, *, copy: bool) -> bytes:
    """Writes a data folder of four articles, with a damage of DAMAGES (``case``) in the second line of changes.jsonl.

    Returns changes.jsonl as it was before. Without ``copy`` it removes articles.jsonl, which has the same lines.
    """
    with opened(folder) as store:
        for number in range(1, 5):
            store.ledger.record_sighting(address(number), "2022-01-07T08:41:12Z")
            store.deliver(
                made(number, body=f"A litre costs 31 cents.\n\nFarmers pour {number} litres away " + "so " * 9)
            )
        store.publish()
    before = (folder / "changes.jsonl").read_bytes()
    needle, change = DAMAGES[case]
    path = folder / "changes.jsonl"
    state, content = path.stat(), path.read_bytes()
    start = content.index(b'"id": 2, ')
    at = content.index(needle, start)
    path.write_bytes(content[:at] + change(content[at : at + 40]) + content[at + 40 :])
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    if not copy:
        (folder / "articles.jsonl").unlink()
    return before


def due(store: DataFolder) -> list[str]:
    """Begins a crawl, and returns the addresses that are due in it."""
    store.database.begin_run()
    return [found.url for found in store.ledger.take_due(99)]
