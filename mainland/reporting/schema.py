"""The JSON Schema of a line, and the check of files against it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    NamedTuple,
    NoReturn,
    NotRequired,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from itemadapter import ItemAdapter

from mainland.clean.text import LARGEST, printable
from mainland.items import Article

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

INSTANTS = frozenset({"date_published", "date_modified", "date_crawled", "date_removed"})
DAYS = frozenset({"day_published"})
CHANGES = ("new", "edited", "moved", "removed", "returned", "reparsed")

_INSTANT = {"format": "date-time", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$"}
_DAY = {"format": "date"}
_MEANINGS: dict[str, dict[str, Any]] = {
    **dict.fromkeys(INSTANTS, _INSTANT),
    **dict.fromkeys(DAYS, _DAY),
    # The crawl rejects an item that has none.
    "site": {"type": "string"},
    "url": {"type": "string"},
    "id": {"type": "integer", "minimum": 1, "maximum": LARGEST},
    "duplicate_of": {"minimum": 1, "maximum": LARGEST},
    "views": {"minimum": 0, "maximum": LARGEST},
    "comments": {"minimum": 0, "maximum": LARGEST},
    "word_count": {"minimum": 0, "maximum": LARGEST},
    "revision": {"minimum": 1},
    "change": {"enum": list(CHANGES)},
    "content_hash": {"pattern": "^[0-9a-f]{64}$"},
}
_LONGEST = 200  # of a violation: the value in it may be a whole text


class Violation(NamedTuple):
    """A violation of the schema in a dataset. ``field`` is empty where no single field is wrong."""

    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        return ": ".join(filter(None, (str(self.line), self.field, self.reason)))


def schema() -> dict[str, Any]:
    """The JSON Schema of a line of the dataset, for JSON.

    It is made from the types of the item, with rules that types do not express.
    """
    made = ItemAdapter.get_json_schema(Article)
    assert made is not None
    hints = get_type_hints(Article)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Article",
        "description": "A line of articles.jsonl or changes.jsonl.",
        "type": "object",
        "properties": {
            name: _property(given, hints[name]) | _MEANINGS.get(name, {}) for name, given in made["properties"].items()
        },
        "required": list(made["properties"]),
        "additionalProperties": False,
    }


def violations(dataset: Path) -> Iterator[Violation]:
    """Yields the violations of the schema in a dataset (``.jsonl``, ``.jsonl.gz``), line by line; none if it is valid.

    :raises OSError: the dataset cannot be read.
    """
    validator = _validator()
    with gzip.open(dataset) if dataset.suffix == ".gz" else dataset.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                record = json.loads(line.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_object)
                if rb"\u" in line:
                    json.dumps(record, ensure_ascii=False).encode()  # halves of characters cannot be
            except (ValueError, RecursionError) as error:
                yield Violation(number, "", f"no JSON: {printable(str(error))}")
                continue
            for found in validator.iter_errors(record):
                yield Violation(number, printable(found.json_path[2:]), _short(printable(found.message)))
            if not line.endswith(b"\n"):
                yield Violation(number, "", "no end of line: the line may be half of one")


def _property(given: dict[str, Any], hint: Any) -> dict[str, Any]:
    """The JSON Schema of a field, given the one that itemadapter makes and the type of the field."""
    made: dict[str, Any] = {
        "description": " ".join(given["description"].split()).replace("``", "`"),
        "type": given["type"] if "type" in given else [each["type"] for each in given["anyOf"]],
    }
    if "items" in given:
        made["items"] = given["items"] | _details(given["items"]["type"], hint)
    return made | _details(made["type"], hint)


def _details(kind: str | list[str], hint: Any) -> dict[str, Any]:
    """What the schema of itemadapter lacks: that no text is empty, and which keys an object has."""
    if "string" in kind:
        return {"minLength": 1}
    if "object" not in kind:
        return {}
    made = next(part for part in (hint, *get_args(hint)) if is_typeddict(part))
    hints = get_type_hints(made, include_extras=True)
    properties: dict[str, Any] = {name: _key(key) for name, key in hints.items()}
    needed = [name for name, key in hints.items() if get_origin(key) is not NotRequired]
    return {"properties": properties, "required": needed, "additionalProperties": False}


def _key(hint: Any) -> dict[str, Any]:
    """The JSON Schema of a key of an object, given its type.

    It is a text that is not empty, or a number from 1 on; an optional key can be null too.
    """
    can_miss = get_origin(hint) is NotRequired
    kind = get_args(hint)[0] if can_miss else hint
    name, least = ("integer", {"minimum": 1}) if kind is int else ("string", {"minLength": 1})
    return {"type": ["null", name] if can_miss or type(None) in get_args(kind) else name, **least}


def _validator() -> Draft202012Validator:
    """The validator of a line, which also checks that a day and an instant are in the calendar."""
    from jsonschema import Draft202012Validator, FormatChecker  # noqa: PLC0415 - an extra, and exports need the rest

    checker = FormatChecker(formats=())
    for name, read in (("date", date.fromisoformat), ("date-time", datetime.fromisoformat)):
        checker.checks(name, raises=ValueError)(partial(_is_read, read))
    return Draft202012Validator(schema(), format_checker=checker)


def _is_read(read: Callable[[str], date], value: object) -> bool:
    """Whether ``read`` accepts a text; True for values that are not texts, since the type check refuses these.

    :raises ValueError: it does not.
    """
    return not isinstance(value, str) or bool(read(value))


def _refuse(constant: str) -> NoReturn:
    """Refuses NaN and Infinity, which Python reads as JSON.

    :raises ValueError: always.
    """
    raise ValueError(f"{constant} is no number of JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object from its keys and values.

    :raises ValueError: a key occurs twice: readers differ in which of the two they take.
    """
    made = dict(pairs)
    if len(made) < len(pairs):
        twice = next(key for number, (key, _) in enumerate(pairs) if key in dict(pairs[:number]))
        raise ValueError(f"the key {twice!r} is there twice")
    return made


def _short(message: str) -> str:
    """A message, with its middle cut out if it is long."""
    half = _LONGEST // 2
    return message if len(message) <= _LONGEST else f"{message[:half]} … {message[-half:]}"


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2, ensure_ascii=False))
