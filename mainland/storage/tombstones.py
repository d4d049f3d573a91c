"""The reader of ``forgotten.jsonl``: the articles that were taken out permanently."""

from __future__ import annotations

import stat
from codecs import BOM_UTF8
from pathlib import Path
from typing import Any

from mainland.clean import urls
from mainland.clean.text import LARGEST
from mainland.storage.lines import decode


class TombstoneError(OSError):
    """``forgotten.jsonl`` cannot be read, so that it is unknown what was forgotten.

    The text says why, and what to do.
    """


def read(path: Path) -> dict[int, list[str]]:
    """The addresses of the forgotten articles, by id, each once; empty if there is no such file.

    A line is ``{"id": N, "url": "...", "date": "..."}``; blank lines are skipped. The file is not changed.

    :raises TombstoneError: the file or a line of it cannot be read.
    """
    found: dict[int, list[str]] = {}
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        record = decode(line)
        if not (record and _is_tombstone(record)):
            raise TombstoneError(
                f"{path}, line {number} cannot be read, so that it is not known which article was forgotten: restore"
                ' the line from a backup, or write it again as {"id": N, "url": "...", "date": "..."}; delete it'
                " together with index.sqlite if the article may come back"
            )
        addresses = found.setdefault(record["id"], [])
        if record["url"] not in addresses:
            addresses.append(record["url"])
    return found


def _lines(path: Path) -> list[bytes]:
    """The lines of the file, without their ends; none if there is no such file.

    :raises TombstoneError: it cannot be read.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise TombstoneError(f"{path} is not a file, so that it is not known what was forgotten: restore the file")
        content = path.read_bytes()
    except FileNotFoundError:
        if not path.is_symlink():
            return []
        raise TombstoneError(f"{path} leads nowhere, so that it is not known what was forgotten: restore it") from None
    except TombstoneError:
        raise
    except OSError as error:
        raise TombstoneError(
            f"{path} cannot be read ({error.strerror}), so that it is not known what was forgotten: make it readable,"
            " or restore it from a backup"
        ) from error
    return content.removeprefix(BOM_UTF8).split(b"\n")


def _is_tombstone(record: dict[str, Any]) -> bool:
    """Whether a line of ``forgotten.jsonl`` has the id and the address of an article."""
    number, url = record.get("id"), record.get("url")
    is_number = isinstance(number, int) and not isinstance(number, bool) and 0 < number <= LARGEST
    return is_number and isinstance(url, str) and urls.host(url) is not None
