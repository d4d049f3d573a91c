"""Data folders with forgotten articles."""

from __future__ import annotations

from pathlib import Path

from mainland.storage.lines import encode
from tests.support.sample_data import address, made, opened

TOMBSTONE = {"id": 2, "url": address(2), "date": "2022-01-07T08:41:12Z"}


SOUND = encode(TOMBSTONE)


def fill(folder: Path, *forgotten: int) -> None:
    """Publishes four articles in a data folder, and forgets those with the given ids."""
    with opened(folder) as store:
        for number in range(1, 5):
            store.deliver(made(number))
        store.publish()
        if forgotten:
            store.forget(set(forgotten))


def contents(folder: Path) -> dict[str, bytes]:
    """The contents of the files in a folder by name, without the lock."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != "crawl.lock"}
