"""The commands of docs/operating.md do what it says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.crawling import Ending, articles, changes, crawl, crawling, expected, scrapy, stored, wait_until
from tests.support.recipes import recipe
from tests.support.replica import Replica


def test_a_backup_made_while_a_crawl_runs_gives_the_complete_dataset_again(tmp_path: Path) -> None:
    with Replica(articles=60, latency=0.02) as replica:
        assert crawl(replica.url, tmp_path / "data", "-a", "sections=culture").status == 0
        forgotten = min(articles(tmp_path / "data"))
        options = ["-s", f"MAINLAND_DATA_DIR={tmp_path / 'data'}"]
        assert scrapy("forget", str(forgotten), *options).status == 0
        begun = (tmp_path / "data" / "changes.jsonl").stat().st_size
        with crawling(replica.url, tmp_path / "data", MAINLAND_KEEP_PAGES=1) as process:
            wait_until(lambda: (tmp_path / "data" / "changes.jsonl").stat().st_size > begun + 30_000)
            assert process.poll() is None
            subprocess.run(["sh", "-ec", recipe("docs/operating.md", "# backup")], cwd=tmp_path, check=True)
            assert process.poll() is None
            process.kill()
        names = {path.name for path in (tmp_path / "backup").iterdir()}
        assert names == {"changes.jsonl", "rejected.jsonl", "runs.jsonl", "forgotten.jsonl", "pages"}
        copied = (tmp_path / "backup" / "changes.jsonl").read_bytes()
        restore, _, crawling_again = recipe("docs/operating.md", "# restore").rpartition(" && ")
        assert crawling_again.strip() == ".venv/bin/scrapy crawl articles"
        subprocess.run(["rm", "-r", tmp_path / "data"], check=True)
        subprocess.run(["sh", "-ec", restore], cwd=tmp_path, check=True)
        assert crawl(replica.url, tmp_path / "data").status == 0
        wanted = expected(replica)
        del wanted[forgotten]
        assert stored(tmp_path / "data", wanted) == wanted
        whole = copied[: copied.rfind(b"\n") + 1]
        assert (tmp_path / "data" / "changes.jsonl").read_bytes().startswith(whole)
        assert {line["revision"] for line in changes(tmp_path / "data")} == {1}


@pytest.mark.parametrize("line", [["forget", "7"], ["status", "--accept"]])
def test_a_folder_that_is_none_of_ours_is_left_as_it_was(tmp_path: Path, line: list[str]) -> None:
    (tmp_path / "diary.txt").touch()
    ending = scrapy(*line, "-s", f"MAINLAND_DATA_DIR={tmp_path}")
    message = f"scrapy {line[0]}: no crawl wrote into {tmp_path}: give -s MAINLAND_DATA_DIR=FOLDER\n"
    assert ending == Ending(2, "", message)
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]


def test_a_moved_folder_goes_on(tmp_path: Path) -> None:
    with Replica(articles=40) as replica:
        assert crawl(replica.url, tmp_path / "data").status == 0
        subprocess.run(["cp", "-Rp", tmp_path / "data", tmp_path / "moved"], check=True)
        before = (tmp_path / "moved" / "changes.jsonl").read_bytes()
        requested = len(replica.requests())
        assert crawl(replica.url, tmp_path / "moved").status == 0
        assert len(replica.requests()) - requested <= 3
        assert (tmp_path / "moved" / "changes.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    "name", ["CLOSESPIDER_TIMEOUT=0.3", "CLOSESPIDER_PAGECOUNT=1", "CLOSESPIDER_PAGECOUNT_NO_ITEM=3"]
)
def test_a_crawl_that_a_limit_of_scrapy_ends_while_it_reads_the_sources_says_so_in_a_line(
    tmp_path: Path, name: str
) -> None:
    setting, _, value = name.partition("=")
    with Replica(articles=20, latency=0.1) as replica:
        ending = crawl(replica.url, tmp_path / "data", **{setting: value})
        assert (ending.status, len(ending.err.splitlines())) == (3, 1), ending.err
        assert f"cut short by {setting}; the next crawl goes on" in ending.err


def test_a_table_that_scrapy_writes_of_a_crawl_without_news_has_its_header(tmp_path: Path) -> None:
    options = ("-O", f"{tmp_path / 'all.csv'}", "-s", "FEED_EXPORT_FIELDS=id,url")
    plain = ("-O", f"{tmp_path / 'plain.csv'}")
    with Replica(articles=20) as replica:
        assert crawl(replica.url, tmp_path / "data", *plain).status == 0
        header, *rows = (tmp_path / "plain.csv").read_text("utf-8").splitlines()
        assert len(rows) > 10
        assert crawl(replica.url, tmp_path / "data", *plain).status == 0
        assert (tmp_path / "plain.csv").read_text("utf-8").splitlines() == [header]
        assert crawl(replica.url, tmp_path / "data", *options).status == 0
        assert (tmp_path / "all.csv").read_text("utf-8").splitlines() == ["id,url"]
        piped = crawl(replica.url, tmp_path / "data", "-O", "-:csv")  # a pipe has no position
        assert (piped.status, piped.out.splitlines()) == (0, [header])
