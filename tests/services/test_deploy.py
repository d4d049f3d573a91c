"""What stands in deploy/ works, as far as it can be tried on a machine without systemd, docker and a cluster."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.crawling import articles
from tests.support.replica import Replica
from tests.support.sample_data import ROOT
from tests.support.serving import Reply, serving

DEPLOY = ROOT / "deploy"
INSTALLED = "/opt/mainland"
DATA = "/var/lib/mainland"
PING = "https://ping.example.org"


def tool(name: str) -> str:
    """The path of a tool; skips the test where it is missing."""
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip(f"{name} is not installed: make setup-services, or .ci/run")
    return found


def ran(*command: object) -> tuple[int, str]:
    """The exit status of a command, and all that it printed."""
    ended = subprocess.run(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return ended.returncode, ended.stdout


def as_here(name: str, folder: Path) -> Path:
    """A copy of a file in deploy/ for the project where it stands here."""
    copy = folder / name
    copy.write_text((DEPLOY / name).read_text("utf-8").replace(INSTALLED, str(ROOT)), "utf-8")
    return copy


def settings(site: str, data: Path) -> Path:
    """A copy of the file of settings beside a data folder, for a site of ours."""
    text = (DEPLOY / "mainland.env").read_text("utf-8").replace(DATA, str(data))
    path = data.with_name("mainland.env")
    path.write_text(f"{text}\nMAINLAND_SITE={site}\n", "utf-8")
    return path


def cron_line(site: str, ping: str, data: Path) -> tuple[int, str]:
    """The end of the crontab's line as cron runs it, and what cron would mail."""
    (line,) = re.findall(r"^7 \* \* \* \* (.*)$", (DEPLOY / "crontab").read_text("utf-8"), re.MULTILINE)
    line = line.replace(PING, ping).replace("-L ERROR", "-L ERROR -s DOWNLOAD_DELAY=0 -s RETRY_ENABLED=0")
    line = line.replace("./mainland.env", str(settings(site, data))).replace(INSTALLED, str(ROOT))
    environment = {"HOME": "/", "LOGNAME": "mainland", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
    ended = subprocess.run(
        ["/bin/sh", "-c", line], cwd="/", env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    return ended.returncode, ended.stdout.decode()


def test_the_crontab_is_silent_and_pings_once_where_all_is_well(tmp_path: Path) -> None:
    tool("curl")
    with Replica(articles=20) as replica, serving(lambda *_: Reply(200)) as ping:
        assert cron_line(replica.url, ping.url, tmp_path / "data") == (0, "")
        assert ping.paths == ["/mainland"]
        assert len(articles(tmp_path / "data")) > 15


def test_the_crontab_speaks_and_does_not_ping_where_something_is_wrong(tmp_path: Path) -> None:
    with serving(lambda *_: Reply(503)) as site, serving(lambda *_: Reply(200)) as ping:
        status, printed = cron_line(site.url, ping.url, tmp_path / "data")
        assert status == 69
        assert "the site cannot be reached" in printed
        assert ping.paths == []


def test_cron_takes_the_crontab() -> None:
    assert ran(tool("crontab"), "-n", DEPLOY / "crontab")[0] == 0


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    analyze = tool("systemd-analyze")
    units = [as_here(name, tmp_path) for name in ("mainland.service", "mainland.timer")]
    assert ran(analyze, "verify", *units) == (0, "")
    assert ran(analyze, "security", "--offline=yes", "--threshold=20", units[0])[0] == 0
    (calendar,) = re.findall("OnCalendar=(.*)", units[1].read_text("utf-8"))
    assert ran(analyze, "calendar", calendar)[0] == 0


def test_logrotate_turns_the_log_and_leaves_the_feed(tmp_path: Path) -> None:
    logrotate = tool("logrotate")
    log, data = tmp_path / "log", tmp_path / "data"
    for folder in (log, data):
        folder.mkdir()
    (log / "crawl.log").write_text("a line\n")
    for name in ("changes.jsonl", "articles.jsonl", "runs.jsonl"):
        (data / name).write_text("{}\n")
    owner = f"su {tmp_path.owner()} {tmp_path.group()}"
    rules = (DEPLOY / "logrotate").read_text("utf-8").replace(INSTALLED, str(tmp_path))
    (tmp_path / "rules").write_text(rules.replace("su mainland mainland", owner))
    (tmp_path / "rules").chmod(0o644)
    status, printed = ran(logrotate, "--force", "--state", tmp_path / "state", tmp_path / "rules")
    assert (status, printed) == (0, "")
    assert {path.name for path in log.iterdir()} == {"crawl.log.1"}
    assert {path.name: path.read_text() for path in data.iterdir()} == {
        "changes.jsonl": "{}\n",
        "articles.jsonl": "{}\n",
        "runs.jsonl": "{}\n",
    }
    (log / "crawl.log").write_text("another\n")
    assert ran(logrotate, "--force", "--state", tmp_path / "state", tmp_path / "rules")[0] == 0
    assert {path.name for path in log.iterdir()} == {"crawl.log.1", "crawl.log.2.gz"}


def test_kubernetes_takes_the_cron_job() -> None:
    status, printed = ran(tool("kubernetes-validate"), "--strict", DEPLOY / "cronjob.yaml")
    assert status == 0, printed
    assert printed.count("passed for resource") == 2


def test_hadolint_has_nothing_against_the_dockerfile() -> None:
    assert ran(tool("hadolint"), DEPLOY / "Dockerfile") == (0, "")


def test_what_the_dockerfile_copies_is_there_and_not_ignored() -> None:
    copied = re.findall(r"^COPY (.*) \S+$", (DEPLOY / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    names = [name for line in copied for name in line.split()]
    kept = re.findall(r"^!(.*)$", (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8"), re.MULTILINE)
    assert sorted(names) == sorted(kept)
    assert all((ROOT / name).exists() for name in names)


@pytest.mark.torture
def test_the_commands_of_the_dockerfile_give_a_crawler(tmp_path: Path) -> None:
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    app, python = tmp_path / "app", tmp_path / "python"
    app.mkdir()
    for line in re.findall(r"^COPY (.*) \S+$", text, re.MULTILINE):
        for name in line.split():
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, app / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, app)
    assert ran(sys.executable, "-m", "venv", python)[0] == 0
    (install,) = re.findall(r"^RUN (pip .*)$", text, re.MULTILINE)
    here = os.environ | {"PATH": f"{python / 'bin'}:{os.environ['PATH']}"}
    ended = subprocess.run(install, shell=True, cwd=app, env=here, check=False)  # noqa: S602
    assert ended.returncode == 0
    with Replica(articles=20) as replica:
        (entry,), (words,) = (re.findall(rf"^{name} (.*)$", text, re.MULTILINE) for name in ("ENTRYPOINT", "CMD"))
        shutil.rmtree(app / "mainland")  # it was installed
        crawl = [python / "bin" / json.loads(entry)[0], *json.loads(words), "-s", "DOWNLOAD_DELAY=0"]
        variables = here | {"MAINLAND_SITE": replica.url, "MAINLAND_DATA_DIR": str(app / "data")}
        assert subprocess.run(crawl, cwd=app, env=variables, check=False).returncode == 0
    assert len(articles(app / "data")) > 15
