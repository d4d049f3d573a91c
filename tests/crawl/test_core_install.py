"""Without the packages of the extras a crawl works, and a command that needs one names it in one line."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest

from mainland.extras import PACKAGES
from tests.support.crawling import SCRAPY, Ending, articles, patched, run
from tests.support.golden import cases
from tests.support.replica import Replica

MISSING = sorted({*chain.from_iterable(PACKAGES.values()), "markupsafe"})
# Without these packages; the project's own modules are imported again.
CORE = f"""
import sys
for name in [name for name in sys.modules if name.partition(".")[0] == "mainland"]:
    del sys.modules[name]
sys.modules.update(dict.fromkeys({MISSING}))
"""


def scrapy(*words: object) -> list[str]:
    """A command where the packages of the extras are missing."""
    return patched(CORE, [*SCRAPY, *map(str, words)])


def test_crawl_and_extract_need_the_core_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    page = next(case.folder / "page.html" for case in cases("pages") if case.name == "gutenberg-blocks")
    with Replica(articles=20) as site:
        options = ["-L", "ERROR", "-a", f"site={site.url}", "-s", f"MAINLAND_DATA_DIR={data}", "-s", "DOWNLOAD_DELAY=0"]
        line = scrapy("crawl", "articles", "-s", "MAINLAND_KEEP_PAGES=1", *options)
        assert run(["env", *line]) == Ending(0, "", "")  # Scrapy is imported without them, too
        assert articles(data).keys() == {truth["id"] for truth in site.truth()}
    for given in (page, *(data / "pages").iterdir()):
        read = run(scrapy("extract", given))
        assert (read.status, read.err) == (0, "")
        assert read.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["export", "out.csv"],
            "duckdb is not installed: in the project's folder, run make setup, or pip install '.[export]'",
        ),
        (["report"], "duckdb is not installed: in the project's folder, run make setup, or pip install '.[report]'"),
        (["status"], "duckdb is not installed: in the project's folder, run make setup, or pip install '.[report]'"),
        (
            ["validate", "out.csv"],
            "jsonschema is not installed: in the project's folder, run make setup, or pip install '.[validate]'",
        ),
        (
            ["crawl", "articles", "-s", "MAINLAND_ARCHIVE=postgresql://a/b"],
            "psycopg is not installed: in the project's folder, run make setup, or pip install '.[scale]'",
        ),
    ],
    ids=lambda given: given[0],
)
def test_a_missing_extra_is_reported_in_a_line(tmp_path: Path, words: list[str], says: str) -> None:
    ending = run(scrapy(*words, "-s", f"MAINLAND_DATA_DIR={tmp_path}"))
    assert ending == Ending(2, "", f"scrapy {words[0]}: {says}\n")
    assert list(tmp_path.iterdir()) == []
