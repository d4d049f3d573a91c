"""Wrong command lines, settings and damaged files: each has one line that says what to do, and its exit status.

The cases are tests/fixtures/mistakes.csv: what is damaged (a key of ``DAMAGES``), the command, its exit status, and
what standard error says. ``HERE`` is the folder in which the command runs; it holds a data folder of three articles.
With ``--update-golden`` status and text are written anew: read the difference.
"""

from __future__ import annotations

import csv
import gzip
import shlex
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mainland.storage import scratch
from tests.support.exporting import DESK, scrapy
from tests.support.golden import FIXTURES
from tests.support.sample_data import address, opened

CASES = FIXTURES / "mistakes.csv"
ROWS = list(csv.DictReader(CASES.read_text("utf-8").splitlines()))
CRAWL = "-a site=http://127.0.0.1:1"


def _write(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda here: (here / name).write_bytes(content)


def _append(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda here: (here / name).write_bytes((here / name).read_bytes() + content)


def _remove(name: str) -> Callable[[Path], object]:
    return lambda here: (here / name).unlink()


def _make_folder(name: str) -> Callable[[Path], object]:
    def make(here: Path) -> None:
        (here / name).unlink(missing_ok=True)
        (here / name).mkdir()

    return make


_PAGES = "data/pages/a.warc.gz"
DAMAGES: dict[str, Callable[[Path], object]] = {
    "": lambda _: None,
    "no lines": lambda here: [_remove(f"data/{name}")(here) for name in ("articles.jsonl", "changes.jsonl")],
    "no changes": _remove("data/changes.jsonl"),
    "no index": _remove("data/index.sqlite"),
    "index is a folder": _make_folder("data/index.sqlite"),
    "lock is a folder": _make_folder("data/crawl.lock"),
    "runs is a folder": _make_folder("data/runs.jsonl"),
    "report is a folder": _make_folder("data/report.html"),
    "pages is a file": _write("data/pages", b""),
    "place of the export is a folder": _make_folder("data/exported.json"),
    "tombstones are a folder": _make_folder("data/forgotten.jsonl"),
    "index is noise": _write("data/index.sqlite", b"noise" * 1000),
    "article is half a line": _append("data/articles.jsonl", b'{"id": 4, "site'),
    "article is no object": _append("data/articles.jsonl", b"[1]\n"),
    "article has a wrong type": _append("data/articles.jsonl", b'{"id": "four", "site": "a.example"}\n'),
    "article is null": _append("data/articles.jsonl", b"null\n"),
    "article is not UTF-8": _append("data/articles.jsonl", b'{"headline": "\xff"}\n'),
    "article has a byte order mark": _write("data/articles.jsonl", b'\xef\xbb\xbf{"id": 4, "site": "a.example"}\n'),
    "articles is a folder": _make_folder("data/articles.jsonl"),
    "tombstones are noise": _write("data/forgotten.jsonl", b"noise\n"),
    "tombstone without a url": _write("data/forgotten.jsonl", b'{"id": 1}\n'),
    "packed file is cut": lambda here: (here / "cut.jsonl.gz").write_bytes(gzip.compress(b"{}\n" * 9)[:-8]),
    "packed file is none": _write("plain.jsonl.gz", b"{}\n"),
    "archive is noise": _write("noise.warc.gz", b"noise"),
    "archive of noise in pages": lambda here: [_make_folder("data/pages")(here), _write(_PAGES, b"x")(here)],
    "page is empty": _write("page.html", b""),
    "page is a shop": _write("page.html", b"<title>Tea</title><body class=home>"),
    "page is noise": _write("page.html", bytes(range(256))),
    "out has rows": _write("out.csv", b"id\n1\n"),
    "out is a folder": _make_folder("out.csv"),
    "link to changes": lambda here: (here / "link.jsonl").symlink_to("data/changes.jsonl"),
    "link to nothing": lambda here: (here / "lost").symlink_to(here / "nowhere"),
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a data folder of three articles, a file and a folder."""
    here = tmp_path_factory.mktemp("mistakes")
    with opened(here / "data") as store:
        for article in DESK:
            store.ledger.record_sighting(address(article.id or 0), "2022-01-07T08:41:12Z")
            store.deliver(article)
        store.commit()
        store.publish()
        store.log_run({"start": "2022-01-08T08:00:00Z", "end": "2022-01-08T09:00:00Z", "exit_status": 0})
    (here / "scrapy.cfg").write_text("[settings]\ndefault = mainland.settings\n")
    (here / "note.txt").write_text("a note\n")
    (here / "folder.csv").mkdir()
    return here


@pytest.fixture
def here(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    place = tmp_path / "here"
    shutil.copytree(filled, place)
    monkeypatch.chdir(place)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE)}
    yield place
    for number, handler in before.items():
        signal.signal(number, handler)
    scratch.clear()


def ending(row: dict[str, str], here: Path, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """The exit status of a case, and what it says on standard error."""
    DAMAGES[row["damage"]](here)
    words = shlex.split(row["command"].replace("CRAWL", f"crawl articles {CRAWL}").replace("HERE", str(here)))
    status = scrapy(*words)
    return str(status), capsys.readouterr().err.strip().replace(str(here), "HERE")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['damage']}: {row['command']}".removeprefix(": "))
def test_a_mistake_is_reported_in_a_line(
    row: dict[str, str], here: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    status, message = ending(row, here, capsys)
    if request.config.getoption("--update-golden"):
        row["status"], row["says"] = status, message
        with CASES.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, list(row), lineterminator="\n")
            table.writeheader()
            table.writerows(ROWS)
    assert (status, message) == (row["status"], row["says"])
    assert message.startswith(f"scrapy {row['command'].replace('CRAWL', 'crawl').split()[0]}: ")
    assert "\n" not in message
    assert not (here / ".scrapy").exists()
    assert not [word for word in ("Error", "Errno", "Traceback", "None", "/site-packages/") if word in message]


def test_there_are_mistakes_of_each_kind() -> None:
    assert len(ROWS) >= 60
    assert {row["damage"] for row in ROWS} == DAMAGES.keys()
    assert len({(row["damage"], row["command"]) for row in ROWS}) == len(ROWS)
