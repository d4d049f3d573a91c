"""The schema is that of the item, and a dataset that violates it is reported with the place."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mainland.items import Article
from mainland.reporting import schema
from mainland.storage.lines import encode
from tests.support.exporting import HOSTILE, hostile, scrapy
from tests.support.sample_data import ROOT, made

FILE = ROOT / "docs" / "article.schema.json"
GOOD = asdict(made())


# Readers do not agree what they are.
UNSURE = [
    encode(GOOD).replace(b'"id": 7', b'"id": 7, "id": 7'),
    encode(GOOD).replace(b'"headline": "', rb'"headline": "\ud800'),
    b"\xef\xbb\xbf" + encode(GOOD),
]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return tmp_path / "dataset.jsonl"


def test_the_file_is_the_schema() -> None:
    made_now = json.dumps(schema.schema(), indent=2, ensure_ascii=False) + "\n"
    assert FILE.read_text("utf-8") == made_now, (
        "write it anew: python -m mainland.reporting.schema > docs/article.schema.json"
    )


def test_the_schema_is_one_and_names_every_field() -> None:
    Draft202012Validator.check_schema(schema.schema())
    assert schema.schema()["required"] == [field.name for field in fields(Article)]


def test_days_instants_and_changes_are_those_of_the_item() -> None:
    documented = re.findall(
        r'^    (\w+): .*\n    """(\w+) of ', (ROOT / "mainland" / "items.py").read_text("utf-8"), re.MULTILINE
    )
    assert {name for name, word in documented if word == "Instant"} == schema.INSTANTS
    assert {name for name, word in documented if word == "Day"} == schema.DAYS
    assert re.findall(r"`(\w+)`", schema.schema()["properties"]["change"]["description"]) == [*schema.CHANGES]


def test_hostile_text_is_valid(dataset: Path) -> None:
    dataset.write_bytes(b"".join(encode(asdict(hostile(number, text))) for number, text in enumerate(HOSTILE, 1)))
    assert list(schema.violations(dataset)) == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"id": None}, "id"),
        ({"id": "7"}, "id"),
        ({"id": 7.5}, "id"),
        ({"id": True}, "id"),
        ({"url": None}, "url"),
        ({"headline": ""}, "headline"),
        ({"headline": 7}, "headline"),
        ({"authors": None}, "authors"),
        ({"authors": ["A", None]}, "authors[1]"),
        ({"date_published": "2022-01-07T08:41:12"}, "date_published"),
        ({"date_published": "2022-02-30T08:41:12Z"}, "date_published"),
        ({"day_published": "2022-02-30"}, "day_published"),
        ({"day_published": "7 January"}, "day_published"),
        ({"image": {"url": "u"}}, "image"),
        ({"images": [{"url": None, "caption": None}]}, "images[0].url"),
        ({"links": [{"url": "u", "text": "t", "rel": "r"}]}, "links[0]"),
        ({"views": -1}, "views"),
        ({"sponsored": "yes"}, "sponsored"),
        ({"revision": 0}, "revision"),
        ({"change": "renewed"}, "change"),
        ({"content_hash": "abc"}, "content_hash"),
        ({"titel": "x"}, "'titel'"),
    ],
)
def test_a_violation_names_line_and_field(dataset: Path, wrong: dict[str, Any], field: str) -> None:
    dataset.write_bytes(encode(GOOD) + encode(GOOD | wrong))
    found = list(schema.violations(dataset))
    assert {each.line for each in found} == {2}
    assert field in {each.field or re.findall(r"'\w+'", each.reason)[0] for each in found}
    assert all(len(str(each)) < 300 and str(each).isprintable() for each in found)


def test_a_missing_field_is_named(dataset: Path) -> None:
    dataset.write_bytes(encode({name: value for name, value in GOOD.items() if name != "body"}))
    assert [str(each) for each in schema.violations(dataset)] == ["1: 'body' is a required property"]


@pytest.mark.parametrize(
    "line", [b"{\n", b"\n", b"NaN\n", b'{"id": NaN}\n', b"\xff\n", b"[" * 100_000 + b"\n", *UNSURE]
)
def test_a_line_that_is_not_json_is_reported(dataset: Path, line: bytes) -> None:
    dataset.write_bytes(line + encode(GOOD))
    assert [(each.line, each.reason[:8]) for each in schema.violations(dataset)] == [(1, "no JSON:")]


def test_half_a_line_is_reported(dataset: Path) -> None:
    dataset.write_bytes(encode(GOOD)[:-1])
    assert [each.reason[:14] for each in schema.violations(dataset)] == ["no end of line"]


def test_long_values_are_cut(dataset: Path) -> None:
    dataset.write_bytes(encode(GOOD | {"views": "\x1b" + "x" * 40_000}))
    (violation,) = schema.violations(dataset)
    assert violation.reason.endswith("is not of type 'null', 'integer'")
    assert len(violation.reason) < 250


def test_the_command_says_file_line_and_field(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dataset.write_bytes(encode(GOOD) + encode(GOOD | {"revision": 0}))
    assert scrapy("validate", dataset) == 1
    assert capsys.readouterr().out == f"{dataset}:2: revision: 0 is less than the minimum of 1\n"


def test_a_compressed_dataset_that_is_right(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed = dataset.with_suffix(".jsonl.gz")
    packed.write_bytes(gzip.compress(encode(GOOD)))
    assert scrapy("validate", packed, "-s", "LOG_LEVEL=ERROR") == 0
    assert capsys.readouterr() == ("", "")
    packed.write_bytes(packed.read_bytes()[:40])
    assert scrapy("validate", packed) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "give at least one dataset"),
        (["--all", FILE], "unknown option --all"),
        (["nowhere.jsonl"], "there is no file nowhere.jsonl"),
    ],
)
def test_wrong_use(arguments: list[object], reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert scrapy("validate", *arguments) == 2
    assert capsys.readouterr().err == f"scrapy validate: {reason}\n"
