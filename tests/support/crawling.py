"""Whole crawls in processes of their own, and what they leave behind."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import warm
from tests.support.replica import Replica
from tests.support.replica.newsroom import Truth
from tests.support.sample_data import ROOT

IMPATIENT = {
    "DOWNLOAD_DELAY": "0",
    "CONCURRENT_REQUESTS_PER_DOMAIN": "16",
    "MAINLAND_KEEP_PAGES": "0",  # those who test the page archive turn it on
}
LONGEST = 120.0
SCRAPY = (sys.executable, "-m", "scrapy")


@dataclass(frozen=True)
class Ending:
    """How a command ended: its exit status (negative if a signal ended it), and what it printed."""

    status: int
    out: str
    err: str


def command(*options: str, **settings: object) -> list[str]:
    """The command line of a crawl with options and settings; by default it does not wait between requests."""
    given = [part for name, value in (IMPATIENT | settings).items() for part in ("-s", f"{name}={value}")]
    return [*SCRAPY, "crawl", "articles", "-L", "WARNING", *given, *options]


def patched(code: str, command_line: list[str], *arguments: object) -> list[str]:
    """The command line that runs a piece of Python before a command of Scrapy, in the same process.

    The code finds ``arguments``, as texts, in the list ``given``.
    """
    assert tuple(command_line[: len(SCRAPY)]) == SCRAPY
    start = "import scrapy.cmdline, sys; scrapy.cmdline.execute(['scrapy', *sys.argv[1:]])"
    program = f"given = {[*map(str, arguments)]}\n{code}\n{start}"
    return [sys.executable, "-c", program, *command_line[len(SCRAPY) :]]


def run(command_line: list[str], longest: float = LONGEST) -> Ending:
    """Runs a command in the project's folder, and returns how it ended; a program of Python starts warm.

    :raises subprocess.TimeoutExpired: it takes longer than ``longest`` seconds; it was killed.
    """
    if command_line[0] == sys.executable:
        ended = warm.run(command_line[1:], ROOT, longest, "python")
    else:
        ended = subprocess.run(command_line, cwd=ROOT, capture_output=True, text=True, timeout=longest, check=False)
    return Ending(ended.returncode, ended.stdout, ended.stderr)


def scrapy(*words: object) -> Ending:
    """Runs one of the project's commands in a process, and returns how it ended."""
    return run([*SCRAPY, *map(str, words)])


def called(program: str, folder: Path, *words: object, **environment: object) -> Ending:
    """Runs ``scrapy`` or ``mainland`` in a folder, with environment variables, and returns how it ended."""
    variables = {name: str(value) for name, value in environment.items()}
    ended = warm.run(list(map(str, words)), folder, LONGEST, program, **variables)
    return Ending(ended.returncode, ended.stdout, ended.stderr)


def crawl(site: str, data: Path, *options: str, **settings: object) -> Ending:
    """Runs a crawl of a site into a data folder, and returns how it ended."""
    return run(command("-a", f"site={site}", *options, MAINLAND_DATA_DIR=data, **settings))


@contextmanager
def started(command_line: list[str], **environment: object) -> Iterator[warm.Process]:
    """A context with a running program of Python, in the project's folder; it is killed at the end if it still runs."""
    variables = {name: str(value) for name, value in environment.items()}
    assert command_line[0] == sys.executable
    with warm.Process(command_line[1:], ROOT, "python", **variables) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def crawling(site: str, data: Path, *options: str, **settings: object) -> Iterator[warm.Process]:
    """A context with a running crawl of a site into a data folder; it is killed at the end if it still runs."""
    with started(command("-a", f"site={site}", *options, MAINLAND_DATA_DIR=data, **settings)) as process:
        yield process


def wait_until(happened: Callable[[], bool]) -> None:
    """Waits until a function returns True; fails after two minutes."""
    latest = time.monotonic() + LONGEST
    while not happened():
        assert time.monotonic() < latest, "it did not happen"
        time.sleep(0.01)


def records(path: Path) -> list[dict[str, Any]]:
    """The records of a file of JSON Lines, in its order; fails if a line is not one, or has no end."""
    lines = path.read_bytes()
    assert lines[-1:] in {b"", b"\n"}
    return [json.loads(line) for line in lines.split(b"\n")[:-1]]


def changes(data: Path) -> list[dict[str, Any]]:
    """The records of changes.jsonl, in its order; fails if two have the same site, id and revision."""
    found = records(data / "changes.jsonl")
    assert len({(record["site"], record["id"], record["revision"]) for record in found}) == len(found)
    return found


def articles(data: Path) -> dict[int, dict[str, Any]]:
    """The records of articles.jsonl by id; fails if two have the same id or address."""
    found = records(data / "articles.jsonl")
    by_id = {record["id"]: record for record in found}
    assert len(by_id) == len({record["url"] for record in found}) == len(found)
    return by_id


def true_fields(truth: Truth, site: str) -> dict[str, Any]:
    """The fields that the dataset must have of an article of the replica; ``site`` is the address without a slash."""
    images = [{"url": site + str(image["url"]), "caption": image["caption"]} for image in truth["images"]]
    same = (
        "id headline alternative_headline authors contributors date_published date_modified day_published section "
        "sections tags views comments"
    )
    fields: dict[str, Any] = {name: value for name, value in truth.items() if name in same.split()}
    return fields | {
        "url": site + truth["url"],
        "body": "\n\n".join(truth["body"]),
        "images": images,
        "image": next((image for image in images if image["url"] == f"{site}{truth['image']}"), None),
        "sponsored": truth["sponsored"] or None,
    }


# Printed on the day of the crawl; that they moved is no reason to request a page again.
COUNTS = frozenset({"views", "comments"})


def expected(replica: Replica, without: frozenset[str] = frozenset()) -> dict[int, dict[str, Any]]:
    """The records that articles.jsonl must have on the replica's present day, by id, without some fields."""
    found = [true_fields(truth, replica.url) for truth in replica.truth()]
    return {fields["id"]: {name: fields[name] for name in fields if name not in without} for fields in found}


def without_sizes(value: Any) -> Any:
    """The value of a field, in which pictures have only their address and caption."""
    if isinstance(value, list):
        return [without_sizes(each) for each in value]
    is_picture = isinstance(value, dict) and "caption" in value
    return {name: value[name] for name in ("url", "caption")} if is_picture else value


def stored(data: Path, like: dict[int, dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """The records of articles.jsonl by id, with only the fields that the records in ``like`` have.

    Pictures have only their address and caption.
    """
    names = next(iter(like.values())).keys()
    return {number: {name: without_sizes(record[name]) for name in names} for number, record in articles(data).items()}
