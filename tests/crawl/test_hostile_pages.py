"""Hostile pages give a valid article, or one line with the reason; they never make the crawl hang."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mainland.items import Article
from tests.support import hostile
from tests.support.contract import breaches
from tests.support.crawling import SCRAPY, articles, command, patched, records, run
from tests.support.serving import Reply, listing, serving

SIZES = [20_000, pytest.param(1_000_000, marks=pytest.mark.torture)]
SOUND = range(1001, 1021)

# A hang ends here: of CPU time what all pages together need ten times over, of memory what one page can want.
LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_CPU, (int(given[0]),) * 2)
resource.setrlimit(resource.RLIMIT_AS, (int(given[1]) << 20,) * 2)
"""


def limited(size: int, line: list[str]) -> list[str]:
    """A command that is ended where it takes too much."""
    return patched(LIMITED, line, *((60, 2000) if size < 100_000 else (300, 4000)))


def assert_sound(record: dict[str, Any]) -> None:
    assert breaches(Article(**record)) == []
    text = json.dumps(record, ensure_ascii=False)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", text)


@pytest.mark.parametrize("size", SIZES)
def test_extract_says_something_of_each_page(tmp_path: Path, size: int) -> None:
    files = {name: tmp_path / f"{number}.html" for number, name in enumerate(hostile.made(1))}
    for name, content in hostile.made(size).items():
        files[name].write_bytes(content)
    ending = run(limited(size, [*SCRAPY, "extract", *map(str, files.values())]), longest=900)
    assert ending.status == 1
    printed = [json.loads(line) for line in ending.out.split("\n")[:-1]]
    for record in printed:
        assert_sound(record)
    assert all(line.startswith(f"scrapy extract: {tmp_path}") for line in ending.err.splitlines())
    assert len(printed) + len(ending.err.splitlines()) == len(files)
    assert len(printed) > 60


@pytest.mark.parametrize("size", SIZES)
def test_a_crawl_loses_no_other_article_to_them(tmp_path: Path, size: int) -> None:
    pages: dict[str, bytes] = {}

    def answer(path: str, site: str) -> Reply:
        if not pages:
            made = list(hostile.made(size, site).values())
            sound = [hostile.page().replace("{site}", site).replace("{id}", str(number)).encode() for number in SOUND]
            pages.update({f"/page-{number}/": body for number, body in zip(SOUND, sound, strict=True)})
            pages.update({f"/page-{number}/": body for number, body in enumerate(made, 1)})
        # Half of them leave the charset to the page, half name one that is none.
        kind = "text/html" if path.endswith(("0/", "2/", "4/", "6/", "8/")) else "text/html; charset=base64"
        shown = pages.get(path[: path.find("/", 1) + 1])
        return Reply(200, shown, kind) if shown is not None else listing(path, site, *pages)

    with serving(answer) as site:
        given = command("-a", f"site={site.url}", MAINLAND_DATA_DIR=tmp_path)
        for _ in range(2):  # what is not an article is rejected by the second look
            ending = run(limited(size, given), longest=900)
    assert "Traceback" not in ending.err, ending.err
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", ending.err)
    found = articles(tmp_path)
    assert set(SOUND) <= found.keys()
    for record in found.values():
        assert_sound(record)
    reported = {record["url"] for record in records(tmp_path / "rejected.jsonl")}
    reported |= {failure["url"] for failure in records(tmp_path / "runs.jsonl")[-1]["failures"]}
    missing = [
        n for n in range(1, len(hostile.made(1)) + 1) if n not in found and f"{site.url}/page-{n}/" not in reported
    ]
    assert [list(hostile.made(1))[number - 1] for number in missing] == []
    assert ending.status == 3
    assert {record["headline"] for record in found.values() if record["id"] in SOUND} == {"Milk falls"}
