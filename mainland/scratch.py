"""Folders for what comes before a file: taken away when it is done, and on a signal that ends the process."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

_begun: set[Path] = set()


@contextmanager
def used(folder: Path) -> Iterator[Path]:
    """A folder that is there, and taken away at the end."""
    _begun.add(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _begun.discard(folder)


@contextmanager
def temporary() -> Iterator[Path]:
    """A new folder in the system's place for such."""
    with used(Path(mkdtemp(prefix="mainland-"))) as folder:
        yield folder


def clear() -> None:
    """Takes all of them away."""
    for folder in _begun:
        shutil.rmtree(folder, ignore_errors=True)
