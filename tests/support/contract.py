"""What every item keeps, whatever its page was like."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import Any

from mainland.items import Article
from mainland.storage.lines import encode

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def breaches(item: Article) -> list[str]:
    """What a reader of the dataset would not expect of an item, in words; [] for a sound item."""
    record = asdict(item)
    found = [f"{name}: {value!r}" for name, value in _strings(record) if not _is_sound(name, value)]
    found += [
        f"{name}: {record[name]!r}"
        for name in ("date_published", "date_modified")
        if not _has_form(record[name], _INSTANT)
    ]
    found += [f"{name}: {record[name]!r}" for name in ("day_published",) if not _has_form(record[name], _DAY)]
    found += [f"{name} is negative" for name in ("id", "views", "comments", "word_count") if (record[name] or 0) < 0]
    found += [
        f"{name} repeats" for name in ("authors", "sections", "tags") if len(set(record[name])) < len(record[name])
    ]
    line = encode(record)
    if json.loads(line) != record or line.decode().splitlines() != [line.decode()[:-1]]:
        found.append("the line does not read back")
    return found


def _strings(value: Any, name: str = "") -> list[tuple[str, str]]:
    """The texts in a value at any depth, each with its path of keys, such as ``image.url``."""
    if isinstance(value, dict):
        return [pair for key, each in value.items() for pair in _strings(each, f"{name}.{key}" if name else key)]
    if isinstance(value, list):
        return [pair for each in value for pair in _strings(each, name)]
    return [(name, value)] if isinstance(value, str) else []


def _is_sound(name: str, value: str) -> bool:
    """Whether the text of a field is printable and not empty, without white space at its ends."""
    lines = re.split("[\t\n]", value) if name in ("body", "body_html") else [value]
    return (
        bool(value.strip())
        and value == (value.rstrip() if name == "body" else value.strip())  # it can begin with a line of code
        and all(
            line == "" or (line.isprintable() or not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", line))
            for line in lines
        )
    )


def _has_form(value: str | None, form: re.Pattern[str]) -> bool:
    """Whether a text matches a pattern completely; True for None."""
    return value is None or bool(form.fullmatch(value))
