"""All formats hold the same, hostile text stays text, and nothing is lost or left half written."""

from __future__ import annotations

import csv
import gzip
import hashlib
import html
import json
import random
import re
from collections.abc import Iterator
from dataclasses import asdict, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import feedparser
import openpyxl
import pytest
from lxml import etree
from openpyxl.utils.escape import unescape

from mainland.items import Article
from mainland.reporting import export, queries
from mainland.reporting.queries import Selection
from mainland.storage import files
from mainland.storage.lines import encode
from tests.support.exporting import DESK, HOSTILE, Record, from_parquet, hostile, ids, scrapy, store
from tests.support.sample_data import address, made, opened

NAMES = [field.name for field in fields(Article)]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def exported(folder: Path, out: str = "out.jsonl", **selected: Any) -> list[Record]:
    """What an export to JSON Lines gives."""
    path = folder.parent / out
    export.export(path, Selection((folder,), **selected))
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


# Readers: each gives records of the dataset, from a file.


def from_json_lines(path: Path) -> Iterator[Record]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        yield from map(json.loads, lines)


def from_csv(path: Path) -> Iterator[Record]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            yield {name: queries.as_stored(name, cell(name, unguarded(value))) for name, value in row.items()}


def unguarded(value: str) -> str:
    """A cell of CSV without the quotes that keep spreadsheets from running it."""
    guard = r"""([;\t\r\n][ "\v\u00a0\u200b\u3000\ufeff]*)'('*[=+\-@\uff1d\uff0b\uff0d\uff20])"""
    return re.sub(guard, r"\1\2", value.removeprefix("'"))


def split(content: str, separators: str) -> list[str]:
    """All cells of CSV as a spreadsheet splits them that takes any of these separators: a quote counts at their start.

    >>> split('a;"b;""c""d,"e;f"', ";")
    ['a', 'b;"c"d,e', 'f"']
    """
    quoted = r'"((?:[^"]|"")*)"?'
    found = re.findall(rf"(?:^|(?<=[{separators}\r\n]))(?:{quoted})?([^{separators}\r\n]*)", content)
    return [inside.replace('""', '"') + after for inside, after in found]


def from_xlsx(path: Path) -> Iterator[Record]:
    header, *rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    for row in rows:
        values = {name.removesuffix(" (UTC)"): value for name, value in zip(header, row, strict=True)}
        for name, value in values.items():
            values[name] = unescape(value) if isinstance(value, str) else cell(name, value)
        yield values


PICTURE = ("alt", "width", "height")  # what a cell of Excel leaves out of a picture


def joined(value: Any) -> Any:
    """A list or an object of the dataset as a cell of Excel has it."""
    if isinstance(value, dict):
        return " | ".join(each for key, each in value.items() if each is not None and key not in PICTURE)
    return "; ".join(map(str, map(joined, value))) or None if isinstance(value, list) else value


def cell(name: str, value: Any) -> Any:
    """A cell of CSV or Excel as the dataset spells it."""
    kind = queries.TYPES[name]
    if isinstance(value, datetime):
        return value.date().isoformat() if kind == "DATE" else value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if value in {"", None}:
        return None
    if kind == "VARCHAR":
        return value
    return json.loads(value) if isinstance(value, str) and kind not in {"DATE", "TIMESTAMPTZ"} else value


READERS = {
    ".jsonl": from_json_lines,
    ".jsonl.gz": from_json_lines,
    ".parquet": from_parquet,
    ".csv": from_csv,
    ".xlsx": from_xlsx,
}


@pytest.mark.parametrize("known", READERS)
def test_a_format_holds_every_field_of_the_feed(data: Path, known: str) -> None:
    longest = 1000 if known == ".xlsx" else 100_000
    written = store(data, [hostile(number, text[:longest]) for number, text in enumerate(HOSTILE, 1)])
    out = data.parent / f"out{known}"
    assert export.export(out, Selection((data,))).rows == len(written)
    wanted = (
        [{name: joined(value) for name, value in each.items()} for each in written] if known == ".xlsx" else written
    )
    assert list(READERS[known](out)) == wanted
    assert list(next(READERS[known](out))) == NAMES


def test_json_lines_are_those_of_the_feed_to_the_letter(data: Path) -> None:
    store(data, [hostile(number, text) for number, text in enumerate(HOSTILE, 1)])
    out = data.parent / "out.jsonl"
    export.export(out, Selection((data,)))
    assert out.read_bytes() == (data / "articles.jsonl").read_bytes()


@pytest.mark.parametrize("text", ["x" * 40_000, "🐄" * 20_000])
def test_excel_marks_texts_that_it_cuts(data: Path, text: str) -> None:
    store(data, [made(body=text, authors=[text])])
    out = data.parent / "out.xlsx"
    export.export(out, Selection((data,), fields=("body", "authors")))
    for each in next(openpyxl.load_workbook(out).active.iter_rows(min_row=2, values_only=True)):
        assert each.endswith(export.CUT)
        assert export.CELL - 1 <= len(each.encode("utf-16-le")) // 2 <= export.CELL


def test_excel_has_lists_as_a_person_reads_them_and_csv_begins_with_a_byte_order_mark(data: Path) -> None:
    sources = [{"name": "AFP", "url": None}, {"name": "Agence", "url": "https://a.example/"}]
    store(data, [made(1, sections=["World", "Sport"], sources=sources, tags=[], images=[])])
    fields = ("sections", "sources", "tags", "image")
    book, table, raw = (data.parent / name for name in ("out.xlsx", "out.csv", "raw.csv"))
    for out, is_raw in ((book, False), (table, False), (raw, True)):
        export.export(out, Selection((data,), fields=fields, raw=is_raw))
    (row,) = openpyxl.load_workbook(book).active.iter_rows(min_row=2, values_only=True)
    assert row[:3] == ("World; Sport", "AFP; Agence | https://a.example/", None)
    assert table.read_bytes().startswith(b"\xef\xbb\xbfsections,sources,")
    assert raw.read_bytes().startswith(b"sections,sources,")


def test_parquet_has_types_for_every_field(data: Path) -> None:
    store(data, [hostile(1, "Milk")])
    export.export(data.parent / "out.parquet", Selection((data,)))
    described = duckdb.execute(f"DESCRIBE SELECT * FROM '{data.parent / 'out.parquet'}'").fetchall()
    kinds = {name: kind for name, kind, *_ in described}
    assert list(kinds) == NAMES
    assert {name: kinds[name] for name in NAMES[NAMES.index("date_removed") :]} == {
        "date_removed": "TIMESTAMP WITH TIME ZONE",
        **dict.fromkeys(("author_pages", "section_pages", "tag_pages"), 'STRUCT("name" VARCHAR, url VARCHAR)[]'),
        "is_accessible_for_free": "BOOLEAN",
        "original_url": "VARCHAR",
        "body_html": "VARCHAR",
        "embeds": 'STRUCT("type" VARCHAR, provider VARCHAR, url VARCHAR, title VARCHAR)[]',
    }


def test_excel_has_dates_before_1900_as_text(data: Path) -> None:
    store(data, [made(date_published="1887-05-01T16:00:00Z", day_published="1887-05-01")])
    out = data.parent / "out.xlsx"
    export.export(out, Selection((data,), fields=("date_published", "day_published")))
    (row,) = openpyxl.load_workbook(out).active.iter_rows(min_row=2, values_only=True)
    assert row == ("1887-05-01T16:00:00Z", "1887-05-01")


def test_excel_has_no_formula_and_no_link_and_names_the_zone(data: Path) -> None:
    store(data, [hostile(number, text) for number, text in enumerate(HOSTILE, 1)])
    out = data.parent / "out.xlsx"
    export.export(out, Selection((data,)))
    sheet = openpyxl.load_workbook(out).active
    cells = [each for row in sheet.iter_rows() for each in row]
    assert {each.data_type for each in cells} == {"s", "n", "d", "b"}
    assert [each for each in cells if each.hyperlink] == []
    assert "date_published (UTC)" in [each.value for each in sheet[1]]


SEPARATORS = [",", ";", "\t", ";\t", ",;\t"]
DANGEROUS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
SPACES = '\t\r\n\v "\u00a0\u200b\u3000\ufeff'


def runnable(content: str, separators: str) -> list[str]:
    """The cells of CSV that a spreadsheet would run, with these separators."""
    return [each for each in split(content, separators) if each.lstrip(SPACES).startswith(DANGEROUS)]


SPLIT = [
    "foo;=cmd|' /C calc'!A0",
    'foo; =HYPERLINK("http://x.example/";"y")',
    "a, b;=1+1;+2;-3;@x",
    "a\t=1+1",
    "a\n=1+1\r\n=2\r=3",
    'a;"=1+1"',
    'a\n"=1+1",""=2',
    ";'=1+1;''=2;' =3",
    ";;=1;\t=2",
    "=1;=2",
    "\uff1d1+1;\uff0b2;\uff0d3;\uff20x",
    *(f"{space}=1+1;{space}=2\n{space} \uff1d3" for space in SPACES),
]


@pytest.mark.parametrize("separators", SEPARATORS)
def test_csv_has_no_cell_that_a_spreadsheet_runs(data: Path, separators: str) -> None:
    written = store(data, [hostile(number, text) for number, text in enumerate([*HOSTILE, *SPLIT], 1)])
    out = data.parent / "out.csv"
    export.export(out, Selection((data,)))
    content = out.read_bytes().decode()
    assert runnable(content, separators) == []
    assert "'=HYPERLINK(" in content
    assert list(from_csv(out)) == written


def test_csv_cannot_be_made_to_run_by_any_text(data: Path) -> None:
    chance = random.Random(7)
    texts = [
        "".join(chance.choices(";\t\r\n \"'=+-@,a\u00a0\ufeff\uff1d", k=chance.randint(1, 12))) for _ in range(3000)
    ]
    written = store(data, [made(number, headline=text, authors=[text]) for number, text in enumerate(texts, 1)])
    out = data.parent / "out.csv"
    for names in (("headline", "authors"), ("id", "authors", "headline")):
        export.export(out, Selection((data,), fields=names))
        content = out.read_bytes().decode()
        assert [each for separators in SEPARATORS for each in runnable(content, separators)] == []
        assert list(from_csv(out)) == [{name: record[name] for name in names} for record in written]


def test_raw_csv_has_the_cells_as_they_are(data: Path) -> None:
    store(data, [made(headline="=1+1")])
    out = data.parent / "out.csv"
    export.export(out, Selection((data,), fields=("id", "headline", "authors"), raw=True))
    assert out.read_text() == "id,headline,authors\n7,=1+1,[]\n"


def test_rss_is_valid_and_holds_hostile_text_as_text(data: Path) -> None:
    texts = [*HOSTILE, "a\x00\x0bb\ufffe"]
    written = store(data, [hostile(number, text[:1000]) for number, text in enumerate(texts, 1)])
    out = data.parent / "news.xml"
    export.export(out, Selection((data,), newest=100))
    items = etree.parse(out).findall("channel/item")
    assert len(items) == len(written)
    for item, record in zip(items, reversed(written), strict=True):
        text = record["headline"].replace("\x00\x0bb\ufffe", "b")
        assert item.findtext("title") == text
        assert html.unescape(item.findtext("description") or "") == text
        assert "<" not in (item.findtext("description") or "")
        assert [each.text for each in item.findall("category")] == [text]
    parsed = feedparser.parse(out.read_bytes())
    assert not parsed.bozo
    assert parsed.version == "rss20"
    entry = parsed.entries[-2]
    assert (entry.link, entry.title, [each.name for each in entry.authors]) == (address(2), "+1", ["+1", "AFP"])


def test_a_news_feed_has_the_newest_without_their_texts(data: Path) -> None:
    days = ["2022-01-07", "2022-01-09", "2022-01-08"]
    store(
        data,
        [
            made(number, date_published=f"{day}T08:00:00Z", day_published=day, authors=["A"], body="SECRET")
            for number, day in enumerate(days, 1)
        ],
    )
    rss, feed = data.parent / "news.xml", data.parent / "feed.json"
    for out in (rss, feed):
        assert export.export(out, Selection((data,), newest=2)).rows == 2
        assert b"SECRET" not in out.read_bytes()
    parsed = feedparser.parse(rss.read_bytes())
    assert [entry.link for entry in parsed.entries] == [address(2), address(3)]
    assert parsed.entries[0].published_parsed[:5] == (2022, 1, 9, 8, 0)
    record = json.loads(feed.read_text())
    assert record["version"] == "https://jsonfeed.org/version/1.1"
    assert [item["url"] for item in record["items"]] == [address(2), address(3)]
    assert record["items"][0]["authors"] == [{"name": "A"}]
    assert all({"id", "url", "title", "content_text", "date_published"} <= item.keys() for item in record["items"])


def test_an_article_of_which_only_the_day_is_known_gets_no_time(data: Path) -> None:
    store(data, [made(date_published=None, date_modified=None, day_published="2022-01-07")])
    for name in ("news.xml", "feed.json"):
        export.export(data.parent / name, Selection((data,)))
        assert "2022" not in (data.parent / name).read_text()


# What is selected.


@pytest.mark.parametrize(
    ("selected", "wanted"),
    [
        ({}, [1, 2, 3]),
        ({"sections": ("world",)}, [1, 2]),
        ({"sections": ("arts-culture",)}, [2]),
        ({"sections": ("ARTS & CULTURE", "sport")}, [2, 3]),
        ({"sections": ("art",)}, []),
        ({"authors": ("flora garam",)}, [1]),
        ({"authors": ("Maeve O'Rourke",)}, [2]),
        ({"authors": ("afp",), "sections": ("sport",)}, [3]),
        ({"since": date(2022, 1, 7)}, [2, 3]),
        ({"until": date(2022, 1, 7)}, [1, 2]),
        ({"since": date(2022, 1, 7), "until": date(2022, 1, 7)}, [2]),
        ({"since": datetime(2022, 1, 7, 8, 41, 12, tzinfo=UTC)}, [2]),
        ({"since": datetime(2022, 1, 7, 8, 41, 13, tzinfo=UTC)}, []),
        ({"until": queries.day_or_instant("2022-01-07T09:41:12+01:00")}, [2]),
    ],
)
def test_selection(data: Path, selected: dict[str, Any], wanted: list[int]) -> None:
    store(data, DESK)
    assert ids(exported(data, **selected)) == wanted


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Maeve O’Rourke", "maeve-orourke"),
        ("Women's Health", "womens-health"),
        ("Q&A", "qa"),
        ("R&D / Start-ups", "rd-startups"),
        ("Łukasz Ærø-Weiß", "lukasz-aero-weiss"),
        ("Đorđe Þór", "dorde-thor"),
        ("Київ", "київ"),
    ],
)
def test_a_slug_is_like_its_name(data: Path, name: str, slug: str) -> None:
    store(data, [made(1, authors=[name], sections=[name]), made(2, authors=["Ana Ruiz"], sections=["World"])])
    assert ids(exported(data, authors=(slug,))) == ids(exported(data, sections=(slug,))) == [1]


def test_fields_are_the_columns_in_their_order(data: Path) -> None:
    store(data, DESK)
    assert exported(data, fields=("headline", "id"))[0] == {"headline": DESK[0].headline, "id": 1}
    assert list(exported(data, fields=("headline", "id"))[0]) == ["headline", "id"]


def test_a_line_older_than_a_field_gets_null_or_an_empty_list(data: Path) -> None:
    store(data, [])
    (data / "articles.jsonl").write_bytes(encode({"site": "a.example", "id": 1, "url": address(1), "revision": 1}))
    (record,) = exported(data)
    assert (record["links"], record["headline"], record["image"]) == ([], None, None)


def test_without_articles_jsonl_the_latest_public_lines_of_changes_jsonl_count(data: Path) -> None:
    store(
        data,
        [],
        [
            *(made(1), made(2), made(3), made(1, headline="Edited", change="edited", revision=2)),
            made(2, change="removed", revision=2, date_crawled=None, date_removed="2022-01-09T00:00:00Z"),
        ],
    )
    (data / "articles.jsonl").unlink()
    assert [(record["id"], record["revision"]) for record in exported(data)] == [(1, 2), (3, 1)]


def test_all_revisions_are_the_lines_of_changes_jsonl(data: Path) -> None:
    store(data, [], [made(2), made(1), made(2, change="edited", revision=2)])
    found = [(record["id"], record["revision"]) for record in exported(data, all_revisions=True)]
    assert found == [(1, 1), (2, 1), (2, 2)]


def test_several_folders_are_one_table_of_the_latest_lines(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    store(first, [made(1, headline="Old"), made(2)])
    store(second, [made(1, headline="New", date_crawled="2022-02-08T08:41:12Z"), made(1, site="b.example")])
    out = tmp_path / "out.jsonl"
    export.export(out, Selection((first, second)))
    found = [(record["site"], record["id"], record["headline"]) for record in from_json_lines(out)]
    assert found == [
        ("a.example", 1, "New"),
        ("a.example", 2, made(2).headline),
        ("b.example", 1, made(1).headline),
    ]


@pytest.mark.parametrize("name", ["d*ta", "d[a]ta?", "it's", "a b{c}", "s3:", "däta", "site=x", "language=de", "id=9"])
def test_folders_may_have_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name / "data"
    folder.parent.mkdir()
    written = store(folder, DESK)
    assert exported(folder) == exported(folder, all_revisions=True) == written
    for known in (".parquet", ".csv"):
        assert export.export(folder.parent / f"out{known}", Selection((folder,))).rows == 3
    assert export.export(folder.parent / "out.parquet", Selection((folder,), changed_since=queries.LAST)).rows == 3


# What changed.


def test_changed_since_a_time_gives_the_latest_line_and_removals(data: Path) -> None:
    store(
        data,
        [],
        [
            *(made(1), made(2, sections=["World"]), made(3)),
            made(2, change="removed", revision=2, date_crawled=None, date_removed="2022-02-01T00:00:00Z"),
            made(3, change="edited", revision=2, sections=["World"], date_crawled="2022-02-01T00:00:00Z"),
            made(3, change="edited", revision=3, sections=["World"], date_crawled="2022-02-02T00:00:00Z"),
            made(4, date_crawled="2022-02-01T00:00:00Z"),
        ],
    )
    since = queries.instant("2022-02-01")
    found = exported(data, changed_since=since)
    assert [(each["id"], each["change"], each["revision"]) for each in found] == [
        *((2, "removed", 2), (3, "edited", 3), (4, "new", 1))
    ]
    assert ids(exported(data, changed_since=since, sections=("world",))) == [2, 3]
    assert ids(exported(data, changed_since=since, all_revisions=True)) == [2, 3, 3, 4]


def test_changed_since_last_gives_everything_once(data: Path) -> None:
    def last() -> list[int]:
        return ids(exported(data, changed_since=queries.LAST))

    with opened(data) as folder:
        assert last() == []
        folder.deliver(made(1))
        folder.deliver(made(2))
        assert last() == [1, 2]
        assert last() == []
        folder.deliver(made(1, headline="Edited", change="edited", revision=2))
        assert last() == [1]
        assert last() == []


def test_changed_since_last_leaves_half_a_line_for_the_next_time(data: Path) -> None:
    store(data, [], [made(1)])
    changes = data / "changes.jsonl"
    whole, line = changes.read_bytes(), encode(asdict(made(2)))
    changes.write_bytes(whole + line[:100])
    assert ids(exported(data, changed_since=queries.LAST)) == [1]
    changes.write_bytes(whole + line)
    assert ids(exported(data, changed_since=queries.LAST)) == [2]


def test_changed_since_last_begins_anew_when_the_feed_was_written_anew(data: Path) -> None:
    with opened(data) as folder:
        for number in (1, 2, 3):
            folder.deliver(made(number))
        exported(data, changed_since=queries.LAST)
        folder.forget({2})
        for number in (4, 5, 6):
            folder.deliver(made(number))
    result = export.export(data.parent / "out.jsonl", Selection((data,), changed_since=queries.LAST))
    assert (result.rows, result.rewritten) == (5, [data / "changes.jsonl"])


NOWHERE = f'"sha256": "{hashlib.sha256().hexdigest()}"'  # of what stands behind the end


@pytest.mark.parametrize(
    "state", ["", "[]", '{"bytes": -1}', f'{{"bytes": 9999999, {NOWHERE}}}', f'{{"bytes": {10**30}, {NOWHERE}}}']
)
def test_a_state_that_cannot_be_begins_anew(data: Path, state: str) -> None:
    store(data, [], [made(1)])
    (data / queries.EXPORTED).write_text(state)
    assert ids(exported(data, changed_since=queries.LAST)) == [1]
    assert ids(exported(data, changed_since=queries.LAST)) == []


def test_a_failed_export_is_no_last_one(data: Path) -> None:
    store(data, [], [made(1)])
    out = data.parent / "folder.jsonl"
    out.mkdir()
    with pytest.raises(OSError, match="directory"):
        export.export(out, Selection((data,), changed_since=queries.LAST))
    assert ids(exported(data, changed_since=queries.LAST)) == [1]


def test_a_copy_kept_by_changes_is_the_feed(data: Path) -> None:
    removed = made(2, change="removed", revision=2, date_crawled=None, date_removed="2022-01-09T00:00:00Z")
    days = [
        [made(1), made(2), made(3)],
        [removed, made(3, headline="Edited", change="edited", revision=2), made(4)],
        [made(2, change="returned", revision=3), made(1, change="reparsed", revision=2)],
    ]
    copy: dict[int, Record] = {}
    with opened(data) as folder:
        for day in days:
            for article in day:
                folder.deliver(article)
            folder.commit()
            folder.publish()
            for record in exported(data, changed_since=queries.LAST):
                copy[record["id"]] = record
            public = {number: record for number, record in copy.items() if record["change"] != "removed"}
            assert public == {record["id"]: record for record in exported(data)}


# What goes wrong.


@pytest.mark.parametrize(
    "wrong", [b'{"id": "x"}', b"{", b'{"id": 2, "id": 2}', rb'{"id": 2, "body": "\ud800"}', b"\xef\xbb\xbf{}"]
)
def test_a_broken_feed_leaves_the_file_as_it_was(data: Path, wrong: bytes) -> None:
    store(data, [made(1)])
    with (data / "articles.jsonl").open("ab") as file:
        file.write(wrong + b"\n")
    for known in export.WRITERS:
        out = data.parent / f"out{known}"
        out.write_text("yesterday's")
        with pytest.raises(queries.ExportError, match=r"articles\.jsonl\": .*; scrapy validate"):
            export.export(out, Selection((data,)))
        assert out.read_text() == "yesterday's"
    assert sorted(path.name for path in data.parent.iterdir()) == sorted(
        ["data", *(f"out{known}" for known in export.WRITERS)]
    )


@pytest.mark.parametrize("wrong", [b"null", b"{}"])
def test_a_line_of_nothing_is_no_row(data: Path, wrong: bytes) -> None:
    store(data, [made(1)])
    for name in ("articles.jsonl", "changes.jsonl"):
        with (data / name).open("ab") as file:
            file.write(wrong + b"\n")
    for selected in ({}, {"all_revisions": True}, {"sections": ("world",)}):
        with pytest.raises(queries.ExportError, match="a line has no id; scrapy validate"):
            exported(data, **selected)


def test_more_rows_than_a_sheet_has_are_refused(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store(data, [made(1), made(2)])
    monkeypatch.setattr(export, "ROWS", 1)
    with pytest.raises(queries.ExportError, match="2 rows"):
        export.export(data.parent / "out.xlsx", Selection((data,)))


@pytest.mark.parametrize("known", export.WRITERS)
def test_an_empty_feed_gives_an_empty_table_and_none_leaves_the_file_as_it_was(data: Path, known: str) -> None:
    data.mkdir()
    out = data.parent / f"out{known}"
    out.write_text("yesterday's")
    with pytest.raises(queries.ExportError, match="there is no dataset in"):
        export.export(out, Selection((data,)))
    assert out.read_text() == "yesterday's"
    (data / "changes.jsonl").touch()
    assert export.export(out, Selection((data,))).rows == 0
    assert out.exists()
    store(data, [])
    assert export.export(out, Selection((data,), changed_since=queries.LAST)).rows == 0


def test_exports_of_workers_files_say_which_articles_are_near_duplicates(data: Path) -> None:
    data.mkdir()
    for number, worker in ((1, "a"), (2, "b")):
        (data / f"changes-{worker}.jsonl").write_bytes(encode(asdict(made(number))))
    copy = {"site": made(2).site, "id": 2, "duplicate_of": 1}
    (data / "duplicates.jsonl").write_bytes(encode(copy))
    found = exported(data, changed_since=datetime(2000, 1, 1, tzinfo=UTC))
    assert {record["id"]: record["duplicate_of"] for record in found} == {1: None, 2: 1}


def test_a_removal_that_one_of_two_folders_knows_counts(data: Path) -> None:
    data.mkdir()
    old, new = data / "old", data / "new"
    store(old, [made(1, date_crawled="2026-11-10T10:00:00Z")])
    removed = made(1, change="removed", revision=2, date_crawled=None, date_removed="2026-11-24T10:00:00Z")
    store(new, [], [made(1, date_crawled="2026-11-10T10:00:00Z"), removed])
    out = data / "out.jsonl"
    assert export.export(out, Selection((new, old))).rows == 0


def test_a_folder_that_holds_current_articles_alone_counts_among_several_and_has_no_history(data: Path) -> None:
    data.mkdir()
    with opened(data / "whole") as folder:
        folder.deliver(made(1))
        folder.commit()
        folder.publish()
    copied = made(2, duplicate_of=3)
    store(data / "alone", [copied])
    (data / "alone" / "changes.jsonl").unlink()
    out = data / "out.jsonl"
    export.export(out, Selection((data / "alone", data / "whole")))
    assert list(from_json_lines(out)) == [asdict(made(1)), asdict(copied)]
    for selected in (
        {"all_revisions": True},
        {"changed_since": queries.LAST},
        {"changed_since": queries.instant("2000-01-01")},
    ):
        with pytest.raises(queries.ExportError, match=r"no changes.jsonl in .*alone: the next crawl makes it again"):
            exported(data / "alone", **selected)


def test_the_truth_of_another_data_folder_is_not_written_over(data: Path) -> None:
    data.mkdir()
    store(data / "one", [made(1)])
    store(data / "other", [made(2)])
    (data / "one" / "crawl.lock").touch()
    assert files.is_of_data_folder(data / "one" / "changes.jsonl", [data / "other"])
    assert not files.is_of_data_folder(data / "one" / "today.jsonl", [data / "other"])


def test_duckdb_fetches_no_extension(tmp_path: Path) -> None:
    with queries.database(tmp_path) as connection:
        for name in ("autoinstall_known_extensions", "autoload_known_extensions"):
            assert connection.execute("SELECT current_setting(?)", [name]).fetchone() == (False,)


# The command.


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "give a file to write"),
        (["OUT.parquet", "--sience", "2022-01-01"], "unknown option --sience"),
        (["OUT.parquet", "-x"], "unknown option -x"),
        (["OUT.pdf"], "ends in no format: take .parquet, .csv, .jsonl, .jsonl.gz, .xlsx, .xml, .json"),
        (["OUT.csv", "nowhere"], "there is no folder nowhere"),
        (["OUT.csv", "-s", "MAINLAND_DATA_DIR=/nowhere"], "there is no folder /nowhere"),
        (["OUT.csv", "--since", "yesterday"], "--since 'yesterday' is no time"),
        (["OUT.csv", "--since", "2026-02-01", "--until", "2026-01-01"], "--since 2026-02-01 is later than --until"),
        (["OUT.csv", "--until", ""], "--until '' is no time"),
        (["OUT.csv", "--changed-since", "first"], "--changed-since 'first' is no time"),
        (["OUT.csv", "--fields", "id,headlin"], "'headlin' is no field: did you mean headline?"),
        (["OUT.csv", "--fields", ""], "'' is no field"),
        (["OUT.csv", "--fields", "id,id"], "names a field twice"),
        (["OUT.parquet", "--raw"], "--raw is for .csv only"),
        (["OUT.csv", "--newest", "3"], "--newest is for .xml and .json only"),
        (["OUT.xml", "--newest", "none"], "--newest 'none' is no number"),
        (["OUT.xml", "--newest", "0"], "--newest '0' is no number"),
        (["OUT.json", "--fields", "id"], "not for a news feed"),
        (["OUT.xml", "--changed-since", "last"], "not for a news feed"),
        (["OUT.csv", "-s", "MAINLAND_DROP_DUPLICATE=1"], "did you mean MAINLAND_DROP_DUPLICATES?"),
        (["data/changes.jsonl", "data"], "is a file of the data folder"),
        (["data/crawl.json", "data"], "is a file of the data folder"),
    ],
)
def test_wrong_use_is_reported_in_a_line(
    data: Path,
    arguments: list[str],
    reason: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store(data, DESK)
    before = {path: path.read_bytes() for path in data.iterdir()}
    monkeypatch.chdir(data.parent)
    given = arguments if "-s" in arguments else [*arguments, "-s", f"MAINLAND_DATA_DIR={data}"]
    assert scrapy("export", *given) == 2
    message = capsys.readouterr().err
    assert message.startswith("scrapy export: ")
    assert reason in message
    assert message.count("\n") == 1
    assert {path: path.read_bytes() for path in data.iterdir()} == before
    assert [path.name for path in data.parent.iterdir()] == ["data"]


def test_options_stand_anywhere_on_the_line(data: Path) -> None:
    store(data, DESK)
    out = data.parent / "out.jsonl"
    assert scrapy("export", "--section", "sport", out, "--section=arts-culture", "-s", f"MAINLAND_DATA_DIR={data}") == 0
    assert ids(from_json_lines(out)) == [2, 3]


@pytest.mark.parametrize(
    ("option", "hint"),
    [
        ("--section=Wrold", "no article has the section 'Wrold': did you mean World?"),
        ("--section=arts-cultur --section=sport", "did you mean Arts & Culture?"),
        ("--section=Money --changed-since=last", "there are World, Arts & Culture, Sport;"),
        ("--section=", "no article has the section '': there are World"),
        ("--author=Flora Garm --all-revisions", "no article has the author 'Flora Garm': did you mean Flóra Garam?"),
    ],
)
def test_an_unknown_name_is_refused_unless_requested(
    data: Path, option: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store(data, DESK)
    option, *more = option.split(" -")
    more = [f"-{each}" for each in more]
    out = data.parent / "out.csv"
    out.write_text("yesterday's\nrow")
    assert scrapy("export", out, data, option, *more) == 2
    message = capsys.readouterr().err
    assert hint in message
    assert message.count("\n") == 1
    assert out.read_text() == "yesterday's\nrow"
    assert not (data / "exported.json").exists()
    assert scrapy("export", out, data, option, *more, "--allow-empty") == 0


def test_a_name_of_earlier_revisions_and_of_removed_articles_is_known(data: Path) -> None:
    removed = made(2, change="removed", revision=2, date_crawled=None, date_removed="2022-01-09T00:00:00Z")
    store(data, [made(1)], [made(1), made(2, sections=["Gone"]), removed])
    out = data.parent / "out.csv"
    assert scrapy("export", out, data, "--section=gone", "--changed-since=2022-01-01") == 0


@pytest.mark.parametrize("known", export.WRITERS)
def test_an_empty_table_takes_the_place_of_rows_only_where_it_is_requested(
    data: Path, known: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store(data, DESK)
    out, nothing = data.parent / f"out{known}", ["--since", "2030-01-01"]
    assert [scrapy("export", out, data, *nothing), scrapy("export", out, data, *nothing)] == [0, 0]
    assert scrapy("export", out, data) == 0
    before = out.read_bytes()
    capsys.readouterr()
    assert scrapy("export", out, data, *nothing) == 1
    message = f"scrapy export: nothing is selected, and {out} has rows: it stays; --allow-empty replaces it\n"
    assert (out.read_bytes(), capsys.readouterr().err) == (before, message)
    assert scrapy("export", out, data, *nothing, "--allow-empty") == 0
    assert out.read_bytes() != before
    if known not in export.NEWS:
        assert scrapy("export", out, data) == 0
        assert scrapy("export", out, data, "--changed-since", "2030-01-01") == 0
    out.write_bytes(b"of another kind\n")
    assert scrapy("export", out, data, *nothing) == (0 if known in {".csv", ".xml", ".json"} else 1)


def test_a_file_that_cannot_be_written_gives_73(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store(data, DESK)
    nowhere = data.parent / "nowhere"
    assert scrapy("export", nowhere / "out.csv", data) == 73
    message = f"scrapy export: cannot write {nowhere / 'out.csv'}: there is no folder {nowhere}\n"
    assert capsys.readouterr().err == message


@pytest.mark.parametrize("names", [("out\udce9.csv", "data"), ("out.csv", "data\udce9")])
def test_a_name_that_is_no_text_is_refused_in_a_line(
    data: Path, names: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    out, folder = (data.parent / name for name in names)
    store(folder, DESK)
    assert scrapy("export", out, folder) == 2
    message = capsys.readouterr().err
    assert message.endswith(" is no name in UTF-8\n")
    assert message.count("\n") == 1


def test_a_broken_feed_gives_1(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store(data, DESK)
    (data / "articles.jsonl").write_text("{\n")
    assert scrapy("export", data.parent / "out.csv", data) == 1
    assert capsys.readouterr().err.count("\n") == 1
