"""The program ``mainland`` from any folder, and what reads settings from the environment."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainland import commands
from tests.support.crawling import Ending, articles, called, expected
from tests.support.replica import Replica
from tests.support.sample_data import ROOT

NAMES = {path.stem for path in Path(commands.__path__[0]).glob("[!_]*.py")}


@pytest.fixture(scope="module")
def replica() -> Iterator[Replica]:
    with Replica(articles=20) as site:
        yield site


def test_every_command_runs_in_an_empty_folder(replica: Replica, tmp_path: Path) -> None:
    def mainland(*words: object) -> Ending:
        return called("mainland", tmp_path, *words, MAINLAND_SITE=replica.url)

    ended = mainland("crawl", "-L", "WARNING", "-s", "DOWNLOAD_DELAY=0")
    assert ended == Ending(0, "", "")
    data = tmp_path / "data"
    stored = articles(data)
    assert stored.keys() == expected(replica).keys()
    number, address = min((number, line["url"]) for number, line in stored.items())
    run = {"crawl"}
    (archive,) = (data / "pages").iterdir()
    for words in (
        ["status", "--max-age", "1"],
        ["why", address],
        ["export", "out.csv"],
        ["report", "out.html"],
        ["validate", "data/articles.jsonl"],
        ["extract", archive],
        ["parse", address, "--spider=articles", "--nocolour"],
        ["reparse"],
        ["settings", "--get", "MAINLAND_SITE"],
        ["forget", number],
    ):
        ended = mainland(*words)
        assert (ended.status, "Traceback" in ended.err) == (0, False), (words, ended.err)
        run.add(str(words[0]))
    assert run == NAMES
    assert {path.name for path in tmp_path.iterdir()} == {"data", "out.csv", "out.html"}
    assert number not in articles(data)


# What the commands take; a wrong argument is refused before a wrong variable.
ARGUMENTS: dict[str, list[str]] = {
    "crawl": ["articles"],
    "export": ["x.csv"],
    "parse": ["https://a.example/"],
    "reparse": [],
    "report": [],
    "status": [],
}


@pytest.mark.parametrize("program", ["scrapy", "mainland"])
def test_every_command_reads_the_environment(replica: Replica, tmp_path: Path, program: str) -> None:
    (tmp_path / "scrapy.cfg").write_text("[settings]\ndefault = mainland.settings\n")
    for name in sorted(NAMES - {"validate"}):  # which uses no setting
        if name == "settings":
            continue
        ended = called(program, tmp_path, name, *ARGUMENTS.get(name, ["1"]), MAINLAND_KEEP_PAGE="1")
        says = f"{program} {name}: unknown environment variable MAINLAND_KEEP_PAGE: did you mean MAINLAND_KEEP_PAGES?\n"
        assert ended == Ending(2, "", says)
    shown = called(program, tmp_path, "settings", "--get", "MAINLAND_SITE", MAINLAND_SITE="https://a.example")
    assert (shown.status, shown.out.strip()) == (0, "https://a.example")
    assert [path.name for path in tmp_path.iterdir()] == ["scrapy.cfg"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["crwl"], "mainland: there is no command 'crwl': did you mean crawl?\n"),
        (["startproject", "x"], "mainland: there is no command 'startproject': it takes crawl, export,"),
        (["crawl", "artcles"], "mainland crawl: there is no spider 'artcles': the project has articles\n"),
        (["status"], "mainland status: there is no folder "),
        (["status", "--nonsense"], "mainland status: unknown option --nonsense\n"),
    ],
    ids=lambda words: words[-1] if isinstance(words, list) else None,
)
def test_wrong_use_of_the_program_is_reported_in_a_line(tmp_path: Path, words: list[str], says: str) -> None:
    ended = called("mainland", tmp_path, *words)
    assert (ended.status, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith(says)


def test_the_program_lists_its_commands_and_their_options(tmp_path: Path) -> None:
    for words in ([], ["--help"]):
        ended = called("mainland", tmp_path, *words)
        assert (ended.status, ended.err) == (0, "")
        assert {line.split()[0] for line in ended.out.splitlines() if line.startswith("  ")} == NAMES
    assert "mainland crawl [options] [SPIDER]" in called("mainland", tmp_path, "crawl", "--help").out
    assert called("mainland", tmp_path, "--version").out.startswith("mainland 0.")


def test_a_project_that_cannot_be_loaded_is_reported_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "scrapy.cfg").write_text("[settings]\ndefault = not_there.settings\n")
    ended = called("mainland", tmp_path, "status")
    assert (ended.status, ended.err.count("\n")) == (2, 1), ended.err
    assert "No module named 'not_there'" in ended.err


def test_a_job_of_scrapyd_is_a_crawl(replica: Replica, tmp_path: Path) -> None:
    # What scrapyd.launcher and scrapyd.runner of Scrapyd 1.6 make of a job, in a folder of their own.
    ended = called(
        *("scrapy", tmp_path, "crawl", "articles", "-s", "LOG_FILE=job.log", "-s", "DOWNLOAD_DELAY=0"),
        *("-a", "_job=26b6", "-a", f"site={replica.url}"),
        SCRAPY_PROJECT="mainland",
        SCRAPY_SETTINGS_MODULE="mainland.settings",
        MAINLAND_DATA_DIR="found",
    )
    assert ended == Ending(0, "", "")
    assert articles(tmp_path / "found").keys() == expected(replica).keys()
    (run,) = (tmp_path / "found" / "runs.jsonl").read_text().splitlines()
    assert json.loads(run)["exit_status"] == 0


def test_the_file_in_deploy_is_read_by_a_shell_as_by_docker() -> None:
    path = ROOT / "deploy" / "mainland.env"
    line = f"set -a && . {path} && env"
    shell = subprocess.run(["/bin/sh", "-c", line], env={}, capture_output=True, text=True, check=True).stdout
    plain = [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert {line for line in shell.splitlines() if line.startswith("MAINLAND_")} == {*plain}
