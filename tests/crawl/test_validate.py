"""The command ``scrapy validate``, with what a crawl wrote and from a pipe."""

from __future__ import annotations

import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest

from mainland.reporting import schema
from mainland.storage.lines import encode
from tests.support.crawling import SCRAPY, crawl
from tests.support.replica import Replica
from tests.support.sample_data import ROOT, made

GOOD = asdict(made())


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return tmp_path / "dataset.jsonl"


def test_what_a_crawl_writes_is_valid(tmp_path: Path) -> None:
    with Replica(articles=40) as site:
        assert crawl(site.url, tmp_path).status == 0
    assert list(schema.violations(tmp_path / "changes.jsonl")) == []


def test_a_dataset_may_come_from_another_program(dataset: Path) -> None:
    dataset.write_bytes(encode(GOOD) + encode(GOOD | {"revision": 0}))
    line = [*SCRAPY, "validate", "/dev/stdin"]
    ended = subprocess.run(line, cwd=ROOT, input=dataset.read_bytes(), capture_output=True, check=False)
    message = b"/dev/stdin:2: revision: 0 is less than the minimum of 1\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, message, b"")
