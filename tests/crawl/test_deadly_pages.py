"""A page whose reading kills the process does not stop later crawls at the same article."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.crawling import articles, command, crawl, patched, records, run
from tests.support.faults import FaultySite, serve_faulty
from tests.support.small_sites import LATE, LATER, press

DEADLY = """
import os, signal
from mainland.crawl import observe
article = observe.article
def deadly(page, *rest, **named):
    if "/story-12/" in str(page.url):
        os.kill(os.getpid(), signal.SIGKILL)
    return article(page, *rest, **named)
observe.article = deadly
"""
COUNT = 12


def crawl_that_dies(site: str, data: Path) -> int:
    """The exit status of a crawl whose process is killed while it reads one page."""
    return run(patched(DEADLY, command("-a", f"site={site}", MAINLAND_DATA_DIR=data))).status


def test_a_page_that_kills_the_process_comes_last_then_is_rejected(tmp_path: Path) -> None:
    paper = press(COUNT)
    with serve_faulty(FaultySite(paper.answer)) as site:
        for _ in range(3):
            assert crawl_that_dies(site.url, tmp_path) == -signal.SIGKILL
        ended = crawl_that_dies(site.url, tmp_path)
        assert ended == 0
        assert len(articles(tmp_path)) == COUNT - 1
        (rejected,) = records(tmp_path / "rejected.jsonl")
        assert rejected["url"] == f"{site.url}/story-12/"
        assert rejected["reason"] == "too costly to read: 3 crawls were killed while they read it"
        paper.posts[-1] = replace(paper.posts[-1], modified=LATE)  # it has another try when it changes
        assert crawl(site.url, tmp_path).status == 0
        assert len(articles(tmp_path)) == COUNT


@pytest.mark.torture
def test_all_others_are_stored_before_the_second_try(tmp_path: Path) -> None:
    paper = press(COUNT)
    with serve_faulty(FaultySite(paper.answer)) as site:
        crawl_that_dies(site.url, tmp_path)
        crawl_that_dies(site.url, tmp_path)
        assert len(records(tmp_path / "changes.jsonl")) == COUNT - 1
        assert crawl(site.url, tmp_path).status == 0
        assert len(articles(tmp_path)) == COUNT


@pytest.mark.torture
def test_a_stored_article_that_becomes_deadly_stays(tmp_path: Path) -> None:
    paper = press(COUNT)
    with serve_faulty(FaultySite(paper.answer)) as site:
        crawl(site.url, tmp_path)
        paper.posts[-1] = replace(paper.posts[-1], modified=LATER)
        for _ in range(3):
            crawl_that_dies(site.url, tmp_path)
        assert crawl_that_dies(site.url, tmp_path) == 0
        assert len(articles(tmp_path)) == COUNT


def test_a_crawl_of_sections_reads_a_suspect_too(tmp_path: Path) -> None:
    paper = press(6)
    with serve_faulty(FaultySite(paper.answer)) as site:
        tmp_path.joinpath("crawl.json").write_text(f'{{"pid": 1}}\n{site.url}/story-2/')
        assert crawl(site.url, tmp_path, "-a", "sections=world,europe").status == 0
        assert len(articles(tmp_path)) == 6
