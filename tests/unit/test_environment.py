"""Settings from environment variables: their order, their types, and the file that deploy/ has of them."""

from __future__ import annotations

import re

import pytest
from scrapy.settings import BaseSettings, Settings
from scrapy.utils.test import get_crawler

from mainland import config, environment
from mainland import settings as defaults
from mainland.spiders.articles import ArticlesSpider
from tests.support.sample_data import ROOT

OURS = sorted(name for name in vars(defaults) if name.startswith("MAINLAND_"))


def settings(variables: dict[str, str], **given: str) -> BaseSettings:
    """The settings of a command: those of settings.py, the environment's, and those given with -s."""
    found = Settings()
    found.setmodule(defaults, priority="project")
    found.setdict(given, priority="cmdline")
    environment.apply(found, variables)
    return found


@pytest.mark.parametrize("name", OURS)
def test_each_setting_is_read_before_settings_py_and_behind_the_command_line(name: str) -> None:
    assert settings({name: "from a variable"})[name] == "from a variable"
    assert settings({name: "from a variable"}, **{name: "from -s"})[name] == "from -s"
    assert settings({name: ""})[name] == getattr(defaults, name)


def test_what_a_spider_says_of_its_site_goes_before_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    class Example(ArticlesSpider):
        custom_settings = {"MAINLAND_SITE": "https://example.org"}  # noqa: RUF012 - as Scrapy's documentation has it

    for name, value in {"SITE": "https://other.example", "CONTACT": "you@example.org"}.items():
        monkeypatch.setenv(f"MAINLAND_{name}", value)
    found = get_crawler(Example, {"MAINLAND_CONTACT": "of a script"}).settings
    assert (found["MAINLAND_SITE"], found["MAINLAND_CONTACT"]) == ("https://example.org", "you@example.org")
    assert found["USER_AGENT"].endswith("(+you@example.org)")


@pytest.mark.parametrize("given", [{"FEEDS": {"new/%(name)s.jsonl": {}}}, {"LOG_FILE": "new/changes-a.jsonl"}])
def test_a_script_writes_no_output_over_the_dataset(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"new/\S+ is a file of the data folder: choose another name"):
        get_crawler(ArticlesSpider, {"MAINLAND_DATA_DIR": "new", **given})


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("MAINLAND_CONTACTS", "you@example.org", "unknown environment variable MAINLAND_CONTACTS: did you mean"),
        ("MAINLAND_PORT_8001_TCP", "tcp://10.0.0.1:8001", "unknown environment variable MAINLAND_PORT_8001_TCP: did"),
        ("MAINLAND_" + "X" * 9000, "1", "unknown environment variable MAINLAND_XXX"),
        ("MAINLAND_SITE", "example", "environment variable MAINLAND_SITE 'example' is not an address"),
        ("MAINLAND_SITE", "https://a:b@c.example", "environment variable MAINLAND_SITE contains a name or a password"),
        ("MAINLAND_TIMEZONE", "Mars", "environment variable MAINLAND_TIMEZONE 'Mars' is no time zone"),
        ("MAINLAND_DATE_ORDER", "DYM", "environment variable MAINLAND_DATE_ORDER 'DYM': it takes"),
        ("MAINLAND_DATA_DIR", "~nobody_here/x", "environment variable MAINLAND_DATA_DIR '~nobody_here/x': nobody"),
        ("MAINLAND_CONTACT", "you@example.org\nX-Other: 1", "environment variable MAINLAND_CONTACT 'you@"),
        ("MAINLAND_CONTACT", "ü@example.org", "environment variable MAINLAND_CONTACT 'ü@example.org': it takes"),
        ("MAINLAND_CONTACT", "y" * 9000, "environment variable MAINLAND_CONTACT 'yyy"),
        ("MAINLAND_FULL_EVERY", "weekly", "environment variable MAINLAND_FULL_EVERY 'weekly': it takes"),
        ("MAINLAND_RECHECKS", "-1", "environment variable MAINLAND_RECHECKS '-1': it takes"),
        ("MAINLAND_RECHECKS", "9" * 9000, "environment variable MAINLAND_RECHECKS '999"),
        ("MAINLAND_DROP_DUPLICATES", "maybe", "environment variable MAINLAND_DROP_DUPLICATES 'maybe': it takes"),
        ("MAINLAND_KEEP_PAGES", "maybe", "environment variable MAINLAND_KEEP_PAGES 'maybe': it takes"),
        ("MAINLAND_REPORT", "maybe", "environment variable MAINLAND_REPORT 'maybe': it takes"),
        ("MAINLAND_ARCHIVE", "mysql://me:secret@x", "environment variable MAINLAND_ARCHIVE is not an address"),
        ("MAINLAND_ARCHIVE", "postgresql://me:a@secret@x/b", "environment variable MAINLAND_ARCHIVE is not an address"),
        (
            "MAINLAND_ARCHIVE",
            "postgresql://me:secret@x:port/b",
            "environment variable MAINLAND_ARCHIVE is not an",
        ),
        ("MAINLAND_WORKER", "A B", "environment variable MAINLAND_WORKER 'A B': it takes"),
    ],
)
def test_a_wrong_variable_is_refused_in_a_line(name: str, value: str, says: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(says)}") as refused:
        config.check(settings({name: value}))
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 500
    assert "secret" not in str(refused.value)


def test_the_file_in_deploy_is_read_alike_by_all_its_readers() -> None:
    text = (ROOT / "deploy" / "mainland.env").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("# ") and line != "#"]
    named = [re.fullmatch(r"#?([A-Z_]+)=([\w@:/.,+%?=-]*)", line) for line in lines]
    assert all(named), lines
    assert {found[1] for found in named if found} <= set(OURS)
    given = {found[1]: found[2] for found in named if found and not found[0].startswith("#")}
    assert given.keys() == {"MAINLAND_CONTACT", "MAINLAND_DATA_DIR"}
    config.check(settings({found[1]: found[2] for found in named if found}))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("crontab", "cd /opt/mainland && set -a && . ./mainland.env && "),
        ("mainland.service", "\nEnvironmentFile=/opt/mainland/mainland.env\n"),
        ("Dockerfile", "docker run --rm --env-file mainland.env "),
        ("cronjob.yaml", "kubectl create configmap mainland --from-env-file=mainland.env\n"),
    ],
)
def test_each_way_to_run_reads_the_file_in_deploy(name: str, words: str) -> None:
    text = (ROOT / "deploy" / name).read_text("utf-8")
    assert words in text
    assert "-s MAINLAND_" not in text
