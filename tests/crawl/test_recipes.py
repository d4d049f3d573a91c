"""Every recipe of README.md, docs/ and deploy/ that can run here does, from an empty place, and has its effect."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainland import settings
from tests.support.crawling import articles, changes, expected, records, stored
from tests.support.recipes import PAGES, Block, Place, blocks, recipe
from tests.support.replica import Replica
from tests.support.sample_data import ROOT

# What runs each recipe, by its page and the beginning of its first line: a test here, or another file.
RUN = {
    ("README.md", ".venv/bin/scrapy crawl articles -s CLOSESPIDER_ITEMCOUNT=20"): "test_a_quick_look",
    ("README.md", "MAINLAND_CONTACT=you@example.org .venv/bin/scrapy crawl"): "test_the_whole_site",
    ("README.md", "7 * * * * cd /path/to/mainland"): "test_a_line_of_cron",
    ("README.md", ".venv/bin/scrapy crawl articles -a site=https://example.org"): "test_another_site",
    ("README.md", ".venv/bin/scrapy status"): "test_the_commands",
    ("README.md", "from pathlib import Path"): "test_the_python_api",
    ("docs/feed.md", "import json"): "test_the_feed_is_read",
    ("docs/operating.md", ".venv/bin/scrapy report"): "test_a_report",
    ("docs/operating.md", "# settings for a command by hand"): "test_the_file_of_settings",
    ("deploy/mainland.env", "cp deploy/mainland.env"): "test_the_file_of_settings",
    ("deploy/mainland.env", "set -a; . ./mainland.env"): "test_the_file_of_settings",
    ("docs/package.md", "mainland crawl"): "test_the_program_from_any_folder",
    ("docs/package.md", "import sys"): "test_a_script",
    ("docs/package.md", "# example_spider.py"): "test_a_spider_for_another_site",
    ("docs/package.md", "scrapy runspider"): "test_a_spider_for_another_site",
    ("docs/operating.md", "# thin the page archive"): "test_thinning",
    ("docs/operating.md", "# backup"): "test_a_backup",
    ("docs/operating.md", "# restore"): "test_a_backup",
    ("docs/operating.md", "# give away"): "test_giving_the_feed_away",
    ("deploy/logrotate", "mkdir -p log"): "test_a_crawl_with_a_log",
    ("docs/operating.md", "7 * * * * cd /opt/mainland"): "test_lines_of_cron_for_two_sites",
}
COMMANDS = {path.stem for path in (ROOT / "mainland" / "commands").glob("[!_]*.py")}
ANALYSTS = "docs/analysts.md"  # tests/services/test_analysts.py runs all of them but the next one

# Why others do not run here; what can be checked of them is.
NOT_RUN = {
    ("README.md", "make demo"): "makes an environment from the network, and runs this suite",
    ("README.md", "python3 -m venv"): "makes an environment from the network",
    ("README.md", ".venv/bin/pip install"): "changes an environment, from the network",
    (ANALYSTS, "make browse"): "makes an environment from the network; tests/services/test_browse.py runs it",
    ("docs/benchmarks.md", "make bench"): "takes hours",
    ("deploy/Dockerfile", "docker build"): "wants docker; tests/services/test_deploy.py runs its commands",
    ("deploy/cronjob.yaml", "cp deploy/mainland.env"): "wants a cluster; tests/services/test_deploy.py checks the file",
    (
        "deploy/mainland.service",
        "cp deploy/mainland.env",
    ): "wants systemd; tests/services/test_deploy.py verifies the units",
    (
        "docs/operating.md",
        "# upgrade",
    ): "wants a repository; test_upgrading.py has folders of other versions",
    ("docs/operating.md", "# go back"): "the same",
    ("docs/scale.md", "make setup"): "makes an environment from the network",
    ("docs/scale.md", ".venv/bin/scrapy crawl"): "wants PostgreSQL and Redis; tests/services/test_workers.py runs such",
}


def entries(block: Block) -> list[tuple[str, str]]:
    """The entries of both tables that a recipe has."""
    return [(page, name) for page, name in [*RUN, *NOT_RUN] if page == block.page and block.name.startswith(name)]


def test_every_recipe_is_run_or_has_a_reason_why_not() -> None:
    unknown = [block for block in blocks() if len(entries(block)) != 1]
    assert [block for block in unknown if block.page != ANALYSTS] == []
    assert {entry for block in blocks() for entry in entries(block)} == {*RUN, *NOT_RUN}
    assert set(RUN.values()) <= globals().keys()


def test_every_recipe_of_the_shell_is_one() -> None:
    for block in blocks():
        if block.language == "sh" and not block.name.startswith("7 * * * *"):
            ended = subprocess.run(["sh", "-n", "-c", block.code], capture_output=True, text=True, check=False)
            assert (ended.returncode, ended.stderr) == (0, ""), block


def test_what_is_not_run_names_targets_and_settings_that_are_there() -> None:
    for page, name in NOT_RUN:
        code = recipe(page, name)
        for targets in re.findall(r"^make ([\w -]+?) *(?:#|$)", code, re.MULTILINE):
            ended = subprocess.run(["make", "-n", *targets.split()], cwd=ROOT, capture_output=True, check=False)
            assert ended.returncode == 0, ended.stderr
        known = {*vars(settings), "REDIS_URL"}
        assert set(re.findall(r"-s (\w+)=", code)) <= known
        assert all((ROOT / path).exists() for path in re.findall(r"\bdeploy/\S+", code))
        for part in re.findall(r"tests\.bench (\w+)", code):
            assert (ROOT / "tests" / "bench" / f"{part}.py").exists()


@pytest.mark.parametrize("page", PAGES)
def test_every_long_command_in_a_text_is_a_recipe(page: str) -> None:
    texts = re.sub(r"^```.*?^```$", "", (ROOT / page).read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert [code for code in re.findall(r"`([^`]+)`", texts) if " && " in code] == []


@pytest.fixture(scope="module")
def replica() -> Iterator[Replica]:
    with Replica(articles=40) as site:
        yield site


@pytest.fixture
def place(tmp_path: Path, replica: Replica) -> Place:
    return Place(tmp_path / "place", replica.url)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, replica: Replica) -> Path:
    """The data folder of a crawl."""
    place = Place(tmp_path_factory.mktemp("crawled") / "place", replica.url)
    assert place.run(".venv/bin/scrapy crawl articles") == (0, "")
    return place.folder / "data"


@pytest.fixture
def crawled(place: Place, data: Path) -> Place:
    """A place with a data folder."""
    shutil.copytree(data, place.folder / "data")
    return place


def test_a_quick_look(place: Place) -> None:
    ended = place.run(recipe("README.md", ".venv/bin/scrapy crawl articles -s CLOSESPIDER_ITEMCOUNT=20"))
    assert ended.status == 3, ended.printed
    assert 20 <= len(articles(place.folder / "data")) <= 36


def test_the_whole_site(place: Place, replica: Replica) -> None:
    assert place.run(recipe("README.md", "MAINLAND_CONTACT=you@example.org .venv")) == (0, "")
    assert stored(place.folder / "data", expected(replica)) == expected(replica)


def test_another_site(tmp_path: Path, replica: Replica) -> None:
    place = Place(tmp_path / "place", "https://mainlandtimes.com", **{"https://example.org": replica.url})
    assert place.run(recipe("README.md", ".venv/bin/scrapy crawl articles -a site=")) == (0, "")
    assert articles(place.folder / "example").keys() == expected(replica).keys()


def test_thinning(crawled: Place) -> None:
    before = copied(crawled.folder / "data" / "pages")
    assert crawled.run(recipe("docs/operating.md", "# thin the page archive")) == (0, "")
    assert copied(crawled.folder / "data" / "pages") == before  # tests/crawl/test_upgrading.py has an old one


def test_the_file_of_settings(place: Place, replica: Replica) -> None:
    (place.folder / "deploy").mkdir()
    (place.folder / "deploy" / "mainland.env").write_text((ROOT / "deploy" / "mainland.env").read_text("utf-8"))
    place.paths["/var/lib/mainland"] = place.folder / "lib"
    assert place.run(recipe("deploy/mainland.env", "cp deploy/mainland.env")) == (0, "")
    text = (place.folder / "mainland.env").read_text().replace("/var/lib/mainland", str(place.folder / "lib"))
    (place.folder / "mainland.env").write_text(text)
    by_hand = recipe("deploy/mainland.env", "set -a; . ./mainland.env")
    assert place.run(f"{by_hand}\n.venv/bin/scrapy crawl articles") == (0, "")
    assert articles(place.folder / "lib").keys() == expected(replica).keys()
    status, printed = place.run(recipe("docs/operating.md", "# settings for a command by hand"))
    assert (status, str(place.folder / "lib") in printed) == (0, True), printed


def elsewhere(tmp_path: Path, replica: Replica) -> Place:
    """A folder that has no project, with the program and Scrapy in its path."""
    place = Place(tmp_path / "place", replica.url, **{"https://example.org": replica.url})
    for name in ("scrapy.cfg", "settings_here.py"):
        (place.folder / name).unlink()
    return place


def programs(place: Place) -> str:
    """The search path that pip gives a shell in which the environment is activated."""
    return f"{place.programs}:{os.environ['PATH']}"


def test_the_program_from_any_folder(tmp_path: Path, replica: Replica) -> None:
    place = elsewhere(tmp_path, replica)
    line = recipe("docs/package.md", "mainland crawl").replace("mainland crawl", "mainland crawl -s DOWNLOAD_DELAY=0")
    ended = place.run(line, PATH=programs(place), MAINLAND_SITE=replica.url)
    assert ended.status == 3, ended.printed
    assert 20 <= len(articles(place.folder / "data")) <= 36


def test_a_script(tmp_path: Path, replica: Replica) -> None:
    place = elsewhere(tmp_path, replica)
    code = recipe("docs/package.md", "import sys").replace("https://example.org", replica.url)
    quick = code.replace('{"MAINLAND', '{"DOWNLOAD_DELAY": 0, "MAINLAND')
    assert place.python(quick) == (0, "")
    assert articles(place.folder / "example").keys() == expected(replica).keys()
    wrong = quick.replace('{"DOWNLOAD', '{"MAINLAND_RECHECKS": "many", "DOWNLOAD')
    status, printed = place.python(wrong)
    assert (status, printed.count("\n")) == (2, 1), printed
    assert "MAINLAND_RECHECKS 'many': it takes" in printed


def test_a_spider_for_another_site(tmp_path: Path, replica: Replica) -> None:
    place = elsewhere(tmp_path, replica)
    code = recipe("docs/package.md", "# example_spider.py").replace("https://example.org", replica.url)
    (place.folder / "example_spider.py").write_text(code)
    line = recipe("docs/package.md", "scrapy runspider").strip() + " -s DOWNLOAD_DELAY=0 -L WARNING"
    assert place.run(line, PATH=programs(place), MAINLAND_DATA_DIR="not this one") == (0, "")
    assert articles(place.folder / "example").keys() == expected(replica).keys()
    (place.folder / "scrapy.cfg").write_text("[settings]\ndefault = mine\n")
    (place.folder / "mine.py").write_text(
        "SPIDER_MODULES = ['example_spider']\nDOWNLOAD_DELAY = 0\nLOG_LEVEL = 'WARNING'\n"
    )
    line = "mainland crawl example && mainland status -s MAINLAND_DATA_DIR=example"
    status, printed = place.run(line, PATH=programs(place))
    assert (status, printed.count("exit 0")) == (0, 2), printed


def save_page(place: Place, address: str) -> None:
    """Saves the page of an address as the file that the README's commands name."""
    with urllib.request.urlopen(address) as response:
        (place.folder / "page.html").write_bytes(response.read())


def test_the_commands(crawled: Place) -> None:
    place = crawled
    number, line = min(articles(place.folder / "data").items())
    save_page(place, line["url"])
    place.paths["5100"] = number
    commands = recipe("README.md", ".venv/bin/scrapy status").splitlines()
    assert {command.split()[1] for command in commands} == COMMANDS - {"crawl", "parse", "settings"}
    for command in commands:
        assert place.run(command).status == 0, command
    assert number not in articles(place.folder / "data")


def test_the_python_api(place: Place, replica: Replica) -> None:
    number, line = min(expected(replica).items())
    save_page(place, line["url"])
    status, printed = place.python(recipe("README.md", "from pathlib import Path"))
    assert (status, printed.startswith(line["day_published"])) == (0, True), (number, printed)
    assert line["headline"] in printed


def cron(page: str, number: int) -> str:
    """The command of a page's line of cron."""
    line = recipe(page, "7 * * * *").splitlines()[number]
    return re.sub(r"^\d+ \* \* \* \* ", "", line)


def test_a_line_of_cron(place: Place, replica: Replica) -> None:
    assert place.run(f"cd / && {cron('README.md', 0)}") == (0, "")
    assert stored(place.folder / "data", expected(replica)) == expected(replica)


def test_lines_of_cron_for_two_sites(tmp_path: Path, replica: Replica) -> None:
    with Replica(articles=20) as other:
        place = Place(tmp_path / "place", replica.url, **{"https://example.org": other.url})
        for number in (0, 1):
            assert place.run(f"cd / && {cron('docs/operating.md', number)}") == (0, "")
        assert stored(place.folder / "data", expected(replica)) == expected(replica)
        assert articles(place.folder / "example").keys() == expected(other).keys()


def test_a_crawl_with_a_log(place: Place, replica: Replica) -> None:
    assert place.run(recipe("deploy/logrotate", "mkdir -p log")) == (0, "")
    assert articles(place.folder / "data").keys() == expected(replica).keys()
    assert (place.folder / "log" / "crawl.log").exists()


def test_the_feed_is_read(crawled: Place, replica: Replica) -> None:
    code = recipe("docs/feed.md", "import json") + "\nprint(len(articles))\n"
    assert crawled.python(code) == (0, f"{len(expected(replica))}\n")


def test_a_report(crawled: Place) -> None:
    assert crawled.run(recipe("docs/operating.md", ".venv/bin/scrapy report")) == (0, "")
    page = (crawled.folder / "data" / "report.html").read_text("utf-8")
    headlines = {line["headline"] for line in articles(crawled.folder / "data").values()}
    assert len([headline for headline in headlines if html.escape(headline) in page]) > 10


def copied(folder: Path) -> dict[str, bytes]:
    """What a copy holds."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_backup(crawled: Place) -> None:
    data, backup, old = (crawled.folder / name for name in ("data", "backup", "backup.old"))
    backing_up, restoring = (recipe("docs/operating.md", name) for name in ("# backup", "# restore"))
    assert crawled.run(backing_up) == (0, "")
    first, dataset = copied(backup), articles(data)
    kept = {"changes.jsonl", "rejected.jsonl", "runs.jsonl"}
    assert first == {name: content for name, content in copied(data).items() if name in kept or "pages/" in name}
    assert not old.exists()
    forgotten = min(dataset)
    assert crawled.run(f".venv/bin/scrapy forget {forgotten}").status == 0
    assert crawled.run(backing_up) == (0, "")
    assert copied(old) == first
    assert forgotten in {line["id"] for line in records(old / "changes.jsonl")}
    assert forgotten not in {line["id"] for line in records(backup / "changes.jsonl")}

    status, printed = crawled.run(restoring)
    assert status != 0
    assert "data" in printed
    assert not (data / "backup").exists()

    lines = changes(data)
    data.rename(crawled.folder / "lost")
    status, printed = crawled.run(restoring)
    assert (status, printed.count("\n")) == (0, 1), printed
    assert "was made again from changes.jsonl" in printed
    assert articles(data) == {number: line for number, line in dataset.items() if number != forgotten}
    assert changes(data) == lines


def test_a_backup_of_links_holds_what_they_name(crawled: Place, tmp_path: Path) -> None:
    changes = crawled.folder / "data" / "changes.jsonl"
    changes.rename(tmp_path / "elsewhere")
    changes.symlink_to(tmp_path / "elsewhere")
    assert crawled.run(recipe("docs/operating.md", "# backup")).status == 0
    copy = crawled.folder / "backup" / "changes.jsonl"
    assert not copy.is_symlink()
    assert copy.read_bytes() == (tmp_path / "elsewhere").read_bytes()


@pytest.mark.parametrize(
    "trouble", ["no data", "no line", "a file that cannot be copied", "a file on no disk", "pages on no disk"]
)
def test_a_backup_that_holds_nothing_is_not_reported_as_one(place: Place, trouble: str) -> None:
    data, backup = place.folder / "data", place.folder / "backup"
    backup.mkdir()
    (backup / "changes.jsonl").write_text("yesterday's\n")
    if trouble != "no data":
        data.mkdir()
        (data / "changes.jsonl").write_text("" if trouble == "no line" else "{}\n")
        (data / "runs.jsonl").write_text("{}\n")
    if trouble.endswith("on no disk"):
        (data / ("pages" if trouble.startswith("pages") else "forgotten.jsonl")).symlink_to(place.folder / "disk")
    if trouble == "a file that cannot be copied":
        (data / "pages").mkdir()
        (data / "pages" / "loop").symlink_to(data / "pages" / "loop")
    ended = place.run(recipe("docs/operating.md", "# backup"))
    assert ended.status != 0
    assert ended.printed  # which cron mails
    assert copied(backup) == {"changes.jsonl": b"yesterday's\n"}
    assert not (place.folder / "backup.old").exists()


def test_giving_the_feed_away(crawled: Place, tmp_path: Path) -> None:
    net = tmp_path / "net"
    net.mkdir()
    crawled.paths["/net"] = net
    (net / "articles.jsonl").write_text("yesterday's\n")
    assert crawled.run(recipe("docs/operating.md", "# give away")) == (0, "")
    assert copied(net) == {"articles.jsonl": (crawled.folder / "data" / "articles.jsonl").read_bytes()}
    assert (net / "articles.jsonl").stat().st_mode & 0o777 == 0o644
    (crawled.folder / "data" / "articles.jsonl").unlink()
    assert crawled.run(recipe("docs/operating.md", "# give away")).status != 0
    assert copied(net).keys() == {"articles.jsonl"}
    assert len(copied(net)["articles.jsonl"]) > 0
