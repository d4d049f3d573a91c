"""Every recipe of docs/analysts.md runs, and those that select the same give the same."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from mainland.reporting.export import WRITERS
from tests.support.exporting import scrapy, store
from tests.support.recipes import Place
from tests.support.sample_data import ROOT, made

LISTED = "'Two' lists:\n- one;=two\n'- three"
HTML = (
    "<h2>Prices</h2><p>It fell to <a href='https://b.example/x'>31 <strong>cents</strong></a> in 10<sup>6</sup> l.</p>"
    "<ol start='3'><li>Three<ul><li>in it</li></ul></li><li>Four</li></ol>"
    "<blockquote cite='https://b.example/y'><p>We pour it away.</p><p><cite>Ann</cite></p></blockquote>"
    "<table><caption>Cents</caption><thead><tr><th>Day</th><th>Price</th></tr></thead>"
    "<tfoot><tr><td colspan='2'>Sum</td></tr></tfoot>"
    "<tbody><tr><td>Mon | Tue</td><td><p>31</p><p>30</p></td></tr></tbody></table>"
    "<figure><img src='https://b.example/a.jpg' alt='A cow'><figcaption>Cows</figcaption></figure>"
    "<figure><a href='https://v.example/1'>Film</a></figure><pre>a\n  b</pre>"
)
MARKDOWN = """# Milk falls in Köln – 1

## Prices

It fell to [31 **cents**](https://b.example/x) in 10<sup>6</sup> l.

3. Three
   - in it
4. Four

> We pour it away.
>
> Ann

Cents

| Day | Price |
| --- | --- |
| Sum | |
| Mon \\| Tue | 31 30 |

![A cow](https://b.example/a.jpg)

Cows

[Film](https://v.example/1)

```
a
  b
```
"""
for package in ("markdownify", "pandas", "polars", "pyarrow"):
    pytest.importorskip(package, reason=f"there is no {package}: make setup-services")

PAGE = (ROOT / "docs" / "analysts.md").read_text("utf-8")


class Block(NamedTuple):
    """A piece of code on the page."""

    heading: str
    language: str
    code: str


def blocks() -> list[Block]:
    """All code of the page, in its order."""
    return [
        Block(chapter.partition("\n")[0], language, code)
        for chapter in PAGE.split("\n## ")[1:]
        for language, code in re.findall(r"^```(\w+)\n(.*?)^```", chapter, re.MULTILINE | re.DOTALL)
    ]


def under(heading: str, language: str) -> list[str]:
    """The pieces of code in a language under a heading."""
    return [block.code for block in blocks() if (block.heading, block.language) == (heading, language)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small dataset, in which the page's commands were run."""
    place = Place(tmp_path_factory.mktemp("analysts") / "project", "https://a.example")
    folder = place.folder
    (folder / "prices.csv").write_text("day,price\n2022-01-07,31\n2022-01-08,30\n2022-02-01,29\n")
    first = [
        made(
            1, section="World", sections=["World"], authors=["Ann", "AFP"], day_published="2022-01-07", body_html=HTML
        ),
        made(2, section="World", sections=["World", "Sport"], authors=["Ann"], day_published="2022-01-07", body=LISTED),
        made(3, section="Sport", sections=["Sport"], authors=["Bo"], day_published="2022-02-01", headline="=1+1"),
        made(4, section="Arts & Culture", sections=["Arts & Culture"], day_published="2022-02-02"),
    ]
    body = "A litre costs 30 cents.\n\nFarmers pour it away."
    edited = replace(first[2], headline="Two", body=body, change="edited", revision=2)
    removed = made(4, change="removed", revision=2, headline=None, body=None, date_crawled=None)
    store(folder / "data", [*first[:2], edited], [*first, edited, removed])
    for block in blocks():
        for command in block.code.splitlines() if block.language == "sh" else ():
            assert place.run(command) == (0, ""), command
    return folder


@pytest.fixture
def here(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(project)
    return project


def run(code: str) -> dict[str, Any]:
    """The variables that a program leaves."""
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - our own page
    return names


def rows(sql: str) -> list[tuple[Any, ...]]:
    """What a query gives."""
    return duckdb.connect().execute(sql).fetchall()


def test_every_recipe_is_run_but_that_with_arrow() -> None:
    assert {block.language for block in blocks()} == {"sh", "python", "sql", "r"}
    (not_run,) = re.findall(r"\(not run here\):\n\n```r\n(.*?)```", PAGE, re.DOTALL)
    assert [block.code for block in blocks() if block.language == "r" and "(arrow)" in block.code] == [not_run]


def test_markdown_keeps_headings_lists_quotes_and_tables(here: Path) -> None:
    (code,) = under("Markdown", "python")
    run(code)
    assert [path.name for path in (here / "markdown").iterdir()] == ["1.md"]
    assert (here / "markdown" / "1.md").read_text("utf-8") == MARKDOWN


@pytest.mark.parametrize("name", ["articles.parquet", "world.csv", "revisions.parquet", "news.xml", "feed.json"])
def test_the_commands_write_their_files(here: Path, name: str) -> None:
    assert (here / name).stat().st_size > 0


def test_articles_a_month_by_section(here: Path) -> None:
    wanted = [("2022-01", "World", 2), ("2022-02", "Sport", 1)]
    with_pandas, with_polars = map(run, under("Articles a month by section", "python"))
    (sql,) = under("Articles a month by section", "sql")
    assert [(*key, count) for key, count in with_pandas["by_month"].stack().items() if count] == wanted
    assert with_polars["by_month"].rows() == wanted
    assert rows(sql) == wanted


@pytest.mark.skipif(
    shutil.which("Rscript") is None, reason="there is no R: apt-get install r-base-core r-cran-jsonlite"
)
def test_articles_a_month_by_section_in_r(here: Path) -> None:
    recipe, _ = under("Articles a month by section", "r")
    ended = subprocess.run(
        ["Rscript", "--vanilla", "-e", f"{recipe}\ncat(toJSON(by_month))"], capture_output=True, text=True, check=False
    )
    assert ended.stderr == ""
    found = [tuple(row.values()) for row in json.loads(ended.stdout)]
    assert sorted(found) == [("2022-01", "World", 2), ("2022-02", "Sport", 1)]


def test_who_writes_about_what(here: Path) -> None:
    wanted = {("Ann", "World"): 2, ("AFP", "World"): 1, ("Ann", "Sport"): 1, ("Bo", "Sport"): 1}
    (code,), (sql,) = under("Who writes about what", "python"), under("Who writes about what", "sql")
    assert run(code)["desks"].to_dict() == wanted
    assert {row[:2]: row[2] for row in rows(sql)} == wanted


def test_how_an_article_changed(here: Path) -> None:
    (code,), (sql,) = under("How an article changed", "python"), under("How an article changed", "sql")
    assert run(code)["words"] == ["- 31", "+ 30"]
    assert [row[:3] for row in rows(sql)] == [(3, "=1+1", "Two")]


def test_join_by_day(here: Path) -> None:
    (code,), (sql,) = (
        under("Join with another source by day", "python"),
        under("Join with another source by day", "sql"),
    )
    found = rows(sql)
    assert [row[1:] for row in found] == [(31, 2), (30, 0), (29, 1)]
    assert sorted(run(code)["joined"].rows()) == found


def test_a_copy_follows_the_changes(here: Path) -> None:
    (code,) = under("What changed since yesterday", "python")
    assert sorted(run(code)["mine"]["id"]) == [1, 2, 3]
    assert sorted(run(code)["mine"]["id"]) == [1, 2, 3]


def test_csv_is_read_back(here: Path) -> None:
    (code,) = under("What CSV and Excel change", "python")
    world = run(code)["world"]
    assert list(world["headline"]) == [made(1).headline, made(2).headline]
    assert list(world["body"]) == [made(1).body, LISTED]
    table = here / "world.csv"
    table.write_text(table.read_text("utf-8").replace(str(made(1).headline), "NA"), "utf-8")
    assert list(run(code)["world"]["headline"]) == ["NA", made(2).headline]


def test_the_page_names_every_format_and_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert [known for known in WRITERS if f"`{known}`" not in PAGE] == []
    assert scrapy("export", "--help") == 0
    own = capsys.readouterr().out.partition("Global Options")[0]
    assert [option for option in re.findall(r"--[a-z-]+", own) if f"`{option}" not in PAGE and option != "--help"] == []
