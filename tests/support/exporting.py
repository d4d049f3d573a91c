"""Data folders to export, and exported files as records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from scrapy.cmdline import execute
from scrapy.settings import Settings

from mainland.items import Article
from mainland.reporting import queries
from mainland.storage.lines import encode
from tests.support.sample_data import address, made

Record = dict[str, Any]


def store(folder: Path, articles: Iterable[Article], changes: Iterable[Article] | None = None) -> list[Record]:
    """Writes articles.jsonl and changes.jsonl (the same, unless ``changes`` are given) into a folder.

    Returns the records of articles.jsonl.
    """
    folder.mkdir(exist_ok=True)
    records = [asdict(article) for article in articles]
    (folder / "articles.jsonl").write_bytes(b"".join(map(encode, records)))
    history = records if changes is None else [asdict(article) for article in changes]
    (folder / "changes.jsonl").write_bytes(b"".join(map(encode, history)))
    return records


def ids(records: Iterable[Record]) -> list[int]:
    """The ids of some records, in their order."""
    return [record["id"] for record in records]


def from_parquet(path: Path) -> Iterator[Record]:
    """Yields the records of a file of Parquet, spelled as in the dataset; skips the test without pyarrow."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="there is no pyarrow: make setup-services")
    for record in parquet.read_table(path).to_pylist():
        yield {name: queries.as_stored(name, spelled(value)) for name, value in record.items()}


def spelled(value: Any) -> Any:
    """A value of a typed format, spelled as in the dataset: instants and days as text."""
    if isinstance(value, datetime):
        assert value.utcoffset() is not None
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, date) else value


DESK = [
    made(1, sections=["World"], authors=["Flóra Garam"], day_published="2022-01-06", date_published=None),
    made(2, sections=["Arts & Culture", "World"], authors=["Maeve O’Rourke", "AFP"], day_published="2022-01-07"),
    made(3, section="Sport", sections=[], authors=["AFP"], day_published="2022-01-08", date_published=None),
]


HOSTILE = [
    '=HYPERLINK("http://x.example/";"y")',
    *("+1", "-1", "@x", "\ttab", "\rreturn", "'quoted", "''twice", '"double", and; more', "two\nlines\r\nand more"),
    *("</script><b>&amp; & <i>]]>", "a\u2028b\u2029c\x85d", "🐄 Köln", "_x0041_", "null", "1e5", "TRUE", "2022-01-07"),
    "x" * 40_000,
    "🐄" * 20_000,
]


def hostile(number: int, text: str) -> Article:
    """An article that has ``text`` wherever it can have one."""
    return made(
        number,
        headline=text,
        byline=text,
        authors=[text, "AFP"],
        sections=[text],
        description=text,
        body=text,
        image={"url": address(number), "caption": text, "alt": text, "width": 900, "height": 600},
        images=[{"url": address(number), "caption": text}, {"url": address(number), "caption": None}],
        sources=[{"name": text, "url": None}],
        links=[{"url": address(number), "text": text}],
        day_published="2022-01-07",
        views=number * 1000,
        sponsored=number % 2 == 0 or None,
        author_pages=[{"name": text, "url": address(number)}],
        section_pages=[{"name": text, "url": address(number)}, {"name": "World", "url": address(number)}],
        tag_pages=[],
        is_accessible_for_free=None if number % 2 else False,
        original_url=text,
        body_html=text,
        embeds=[{"type": "video", "provider": text, "url": address(number), "title": text}],
    )


def scrapy(*arguments: object) -> int:
    """Runs a command of the project in this process, and returns its exit status."""
    settings = Settings()
    settings.setmodule("mainland.settings")
    with pytest.raises(SystemExit) as ended:
        execute(["scrapy", *map(str, arguments)], settings)
    return int(ended.value.code or 0)
