"""Whole crawls in foul weather: the feed is the same as without."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.crawling import COUNTS, Ending, articles, changes, crawl, records, true_fields
from tests.replica.newsroom import Newsroom
from tests.replica.site import Options, Site
from tests.weather import (
    DETOURS,
    HARMLESS,
    HTML,
    NOTICES,
    SLOW,
    TRANSPORT,
    Fault,
    Sound,
    Weather,
    drawn,
    hanging,
)

SHARE = 1 / 3
TRIES = 5  # of one address in one crawl: RETRY_TIMES and one
SIZE = 24

torture = [
    pytest.mark.torture,
    pytest.mark.skipif("MAINLAND_TORTURE" not in os.environ, reason="takes minutes: MAINLAND_TORTURE=1"),
]


def newspaper(**options: Any) -> Callable[[str, str], Sound]:
    """The replica's answers, without its server."""
    site = Site(Options(articles=SIZE, **options), 0)

    def answer(path: str, base: str) -> Sound:
        found = site.answer(path, base)
        return Sound(found.status, found.body.encode(), {"Content-Type": HTML, **found.headers})

    return answer


def true(site: str) -> dict[int, dict[str, Any]]:
    """What the feed must hold, but for what is printed on the day."""
    found = {truth["id"]: true_fields(truth, site) for truth in Newsroom(SIZE, 1, 0).truth()}
    return {n: {name: fields[name] for name in fields if name not in COUNTS} for n, fields in found.items()}


def assert_nothing_wrong(data: Path, site: str) -> None:
    """All that the feed holds is true, once, and nothing was removed or turned away that is an article."""
    wanted = true(site)
    lines = changes(data) if (data / "changes.jsonl").exists() else []
    for line in lines:
        assert {name: line[name] for name in wanted[line["id"]]} == wanted[line["id"]]
        assert (line["revision"], line["change"]) == (1, "new")
    public = {fields["url"] for fields in wanted.values()}
    rejected = records(data / "rejected.jsonl") if (data / "rejected.jsonl").exists() else []
    assert not [line for line in rejected if line["url"] in public]


def assert_exact(data: Path, site: str) -> None:
    """The feed holds all that is true, and nothing else."""
    assert_nothing_wrong(data, site)
    assert articles(data).keys() == true(site).keys()


def assert_honest(ending: Ending) -> None:
    """It ended as the README says it does, without a fault of ours."""
    assert ending.status in (0, 3, 69, 77)
    assert "Traceback" not in ending.err
    assert not re.search(r"(?:Type|Attribute|Key|Index|Recursion|Overflow|Unicode\w+)Error", ending.err)


def seeds(short: int, most: int) -> list[Any]:
    """So many seeds for every day, the others for the long form."""
    return [pytest.param(seed, marks=torture if seed > short else []) for seed in range(1, most + 1)]


def kinds(seed: int) -> Mapping[str, Any]:
    """Kinds of sites in turn."""
    return (
        {},
        {"rest": False, "sitemap": "yoast", "pagination": "nextprev"},
        {"rest": False, "lastmod": False, "pagination": "loadmore"},
        {"rest": False, "sitemap": "none", "pagination": "scrollload"},
    )[seed % 4]


@pytest.mark.parametrize("seed", seeds(2, 60))
def test_a_third_of_all_answers_is_faulty_and_one_crawl_is_enough(tmp_path: Path, seed: int) -> None:
    faults: dict[str, Fault] = TRANSPORT | HARMLESS | (SLOW if seed > 2 else {})
    print(f"seed {seed}")
    sky = Weather(newspaper(**kinds(seed)), drawn(seed, SHARE, [*faults], most=TRIES - 1), faults, seed=seed)
    with hanging(sky):
        ending = crawl(sky.url, tmp_path, DOWNLOAD_TIMEOUT=5)
        assert len([name for _, name in sky.asked if name]) > SIZE / 4
        assert ending.status == 0, ending.err
        assert_honest(ending)
        assert_exact(tmp_path, sky.url)


@pytest.mark.parametrize("seed", seeds(1, 60))
def test_a_third_of_all_answers_is_anything_and_crawls_go_on_until_it_is_whole(tmp_path: Path, seed: int) -> None:
    faults: dict[str, Fault] = TRANSPORT | HARMLESS | NOTICES | DETOURS | (SLOW if seed > 1 else {})
    print(f"seed {seed}")
    sky = Weather(newspaper(**kinds(seed)), drawn(seed, SHARE, [*faults]), faults, seed=seed)
    with hanging(sky):
        for _ in range(3):
            assert_honest(crawl(sky.url, tmp_path, DOWNLOAD_TIMEOUT=5))
            assert_nothing_wrong(tmp_path, sky.url)
        sky.spoil = lambda _path, _nth: None
        ending = crawl(sky.url, tmp_path)
        assert ending.status == 0, ending.err
        assert_exact(tmp_path, sky.url)
