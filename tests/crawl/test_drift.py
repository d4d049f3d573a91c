"""A site that gives less than it used to gives one alarm that names the field; another style of writing gives none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from scrapy.statscollectors import MemoryStatsCollector
from scrapy.utils.test import get_crawler

from mainland.crawl.health import HealthMonitor
from mainland.pages.article import MAINLAND_TIMES, article
from mainland.pages.errors import NotAnArticleError, UnknownPageError
from mainland.pages.page import parse
from mainland.storage.folder import DataFolder
from mainland.storage.lines import encode
from tests.support.crawling import crawl, records
from tests.support.drift import (
    BASE,
    FAULTS,
    Alter,
    Altered,
    address,
    ordinary,
    renamed,
    serving,
)
from tests.support.replica.server import Server

NEWEST_AT_FIRST = 5118


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """A site, and a data folder that holds it as it was on its first day."""
    data = tmp_path_factory.mktemp("data")
    with serving() as server:
        assert crawl(address(server), data).status == 0
        yield server, data


@pytest.mark.few(2)
@pytest.mark.parametrize("fault", ["subtitle", "tags", "text", "challenge", "hero", "list"])
def test_a_crawl_of_twenty_articles_names_a_fault_once(site: tuple[Server, Path], tmp_path: Path, fault: str) -> None:
    server, before = site
    alter, name = FAULTS[fault]
    data = tmp_path / "data"
    shutil.copytree(before, data)
    server.site = Altered(8, alter)
    options = ["-a", "full=1"] if fault in ("hero", "list") else []
    ending = crawl(address(server), data, *options)
    (run,) = records(data / "runs.jsonl")[1:]
    assert ending.status == 4
    assert name in ending.err
    assert any(name in alarm and "http://" in alarm for alarm in run["alarms"])
    crawl(address(server), data, *options)
    assert records(data / "runs.jsonl")[-1]["alarms"] == []


def test_a_day_of_twenty_ordinary_articles_is_no_alarm(site: tuple[Server, Path], tmp_path: Path) -> None:
    server, before = site
    data = tmp_path / "data"
    shutil.copytree(before, data)
    server.site = Altered(8, ordinary)
    assert crawl(address(server), data).status == 0
    assert records(data / "runs.jsonl")[-1]["alarms"] == []


def read(health: HealthMonitor, day: int, alter: Alter, numbers: slice) -> None:
    """What a crawl reads of some articles of a day, and of those that it requests again as follow-ups."""
    site = Altered(day, alter)
    pages = {BASE + truth["url"]: site.answer(truth["url"], BASE).body for truth in site.newsroom.truth()}
    for url in list(pages)[numbers]:
        try:
            item = article(parse(pages[url], url), stats=health.stats)
        except UnknownPageError:
            health.count_unread(url)
            continue
        health.count_fields(item, url)
        stored = health.store.index.article(item.id)
        item.revision = stored.revision + 1 if stored else 1
        assert health.store.deliver(item)
    for url, names in health.follow_up_requests(run=1):
        with suppress(NotAnArticleError):
            stats = MemoryStatsCollector(health.crawler)
            health.read_page(parse(pages[url], url), MAINLAND_TIMES, names, stats)


def look(data: Path, day: int, alter: Alter, numbers: slice) -> list[str]:
    """The alarms of such a crawl."""
    crawler = get_crawler()
    crawler.stats = MemoryStatsCollector(crawler)
    store = DataFolder(data, "127.0.0.1")
    health = HealthMonitor(store, crawler)
    read(health, day, alter, numbers)
    alarms = health.alarms()
    store.log_run(health.run_fields("2024-07-01T00:00:00Z", is_reported=bool(alarms)))
    store.close()
    return alarms


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that holds the site as it was on its first day."""
    data = tmp_path_factory.mktemp("known")
    assert look(data, 0, ordinary, slice(None)) == []
    return data


@pytest.mark.few(2)
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault not in ("hero", "list")])
def test_twenty_articles_name_a_fault_once_until_it_passes(known: Path, tmp_path: Path, fault: str) -> None:
    alter, name = FAULTS[fault]
    data = tmp_path / "data"
    shutil.copytree(known, data)
    alarms = look(data, 8, alter, slice(-20, None))
    assert [alarm for alarm in alarms if name in alarm] != []
    assert look(data, 8, alter, slice(-20, None)) == []
    assert set(records(data / "runs.jsonl")[-1]["drift"]) == set(records(data / "runs.jsonl")[-2]["drift"])
    assert look(data, 8, ordinary, slice(-40, -20)) == []
    assert records(data / "runs.jsonl")[-1]["drift"] == {}


def test_a_field_that_older_lines_do_not_have_is_watched_from_now_on(known: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(known, data)
    lines = records(data / "changes.jsonl")
    older = (encode({name: value for name, value in line.items() if name != "alternative_headline"}) for line in lines)
    (data / "changes.jsonl").write_bytes(b"".join(older))
    assert look(data, 8, FAULTS["subtitle"][0], slice(-20, None)) == []


def test_articles_that_merely_have_less_are_no_alarm(known: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(known, data)
    for names in (["jeg_post_subtitle"], ["jeg_post_source", "jeg_post_via"], ["comments"]):
        assert look(data, 8, partial(on_new_articles, renamed(*names)), slice(-20, None)) == []
        assert records(data / "runs.jsonl")[-1]["controlled"] != []


def on_new_articles(alter: Alter, path: str, body: str) -> str:
    """Pages altered only where the article is not one of the first day's."""
    return alter(path, body) if int(path.rstrip("/").rpartition("-")[2]) > NEWEST_AT_FIRST else body
