"""The reader of ``runs.jsonl`` for ``scrapy status``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mainland.commands.status import _in_words as words
from mainland.reporting import report
from mainland.reporting import status as state
from mainland.storage import runs, sqlite
from tests.support.sample_data import made, opened

RUN = {"start": "2022-01-07T08:41:12Z", "end": "2022-01-07T08:51:12Z", "exit_status": 0, "site": "https://a.example"}


ODD_RUNS: dict[str, dict[str, object]] = {
    "a usual share of text": {"drift": {"tags": {"usual": "much"}}},
    "addresses that are no list": {"drift": {"tags": {"addresses": 7}}},
    "addresses that are no text": {"drift": {"tags": {"addresses": [7]}}},
    "agents that are no list": {"reservations": {"refused_agents": 7}},
    "agents that are no text": {"reservations": {"refused_agents": [7, None]}},
    "an end that is no instant": {"end": "yesterday"},
    "a start that is no instant": {"start": "9999-99-99"},
    "half a character": {"verdict": "\ud800", "sources": ["\udfff"], "changes_by": "feed"},
    "a long text": {"verdict": "x" * 100_000},
    "a failure of numbers": {"exit_status": 3, "failures": [{"url": 7, "reason": [7]}]},
    "deep": {"reservations": json.loads('{"a":' * 400 + "1" + "}" * 400)},
}


def printed_status(data: Path) -> dict[str, Any]:
    """What ``scrapy status`` prints, in this process."""
    found = state.status(data, datetime.now(UTC))
    "\n".join(words(found)).encode()
    json.dumps(found, ensure_ascii=False).encode()
    return found


@pytest.mark.parametrize("case", ODD_RUNS)
def test_a_run_of_another_shape_ends_no_command_with_a_traceback(tmp_path: Path, case: str) -> None:
    data = tmp_path / "data"
    with opened(data) as store:
        store.deliver(made(1))
        store.publish()
    odd = json.dumps(RUN | ODD_RUNS[case])
    (data / "runs.jsonl").write_text(f"{json.dumps(RUN)}\n{odd}\n{{}}\n[]\n\n")
    found = printed_status(data)
    assert len(json.dumps(found)) < 5000
    report.write(data, data / "report.html", UTC)


def test_addresses_that_any_worker_rejected_explain_the_count_of_the_site(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.deliver(made(1))
        store.publish()
        store.log_run(RUN | {"posts_on_site": 2})
    (tmp_path / "rejected-b.jsonl").write_text('{"url": "https://a.example/p/", "reason": "password-protected"}\n')
    found = printed_status(tmp_path)["on_site"]
    assert (found["protected"], found["unexplained"]) == (1, 0)


def test_rejected_lines_of_another_shape_are_passed_by(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.deliver(made(1))
        store.publish()
        store.log_run(RUN | {"posts_on_site": 9})
    odd = [
        {"url": ["https://a.example/x/"], "reason": "nested"},
        {"url": {"a": 1}, "reason": 7},
        {"url": "https://a.example/y/", "reason": ["a"] * 1000},
        {"url": "https://a.example/z/", "reason": "\ud800"},
        {"url": None, "reason": None},
    ]
    sound = [
        {"url": "https://a.example/p/", "reason": "static page"},
        {"url": "https://a.example/p/", "reason": "password-protected"},
        {"url": made(1).url, "reason": "static page"},
    ]
    (tmp_path / "rejected.jsonl").write_text("\ufeff" + "".join(f"{json.dumps(each)}\n" for each in [*odd, *sound]))
    found = printed_status(tmp_path)["on_site"]
    assert (found["protected"], found["rejected"]["password-protected"]) == (1, 1)
    assert "static page" not in found["rejected"]
    assert max(map(len, found["rejected"])) <= 200
    report.write(tmp_path, tmp_path / "report.html", UTC)


def test_the_first_line_of_a_history_can_have_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "runs.jsonl").write_text(f"\ufeff{json.dumps(RUN)}\n")
    assert [run.end for run in runs.history(tmp_path)] == [RUN["end"]]


def test_of_a_history_of_short_lines_the_end_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "runs.jsonl"
    read: list[bytes] = []

    def decode(line: bytes) -> dict[str, Any]:
        read.append(line)
        return {}

    monkeypatch.setattr(runs, "_LONG", 1000)
    monkeypatch.setattr(runs, "_MOST", 50)
    monkeypatch.setattr(runs, "decode", decode)
    path.write_bytes(b"\n" * 5000)
    runs.history(tmp_path)
    assert len(read) <= 1000  # a blank line counts too
    read.clear()
    path.write_bytes(b"{}\n" * 5000)
    assert (len(runs.history(tmp_path)), len(read)) == (50, 50)


def test_an_index_that_cannot_be_opened_raises_an_oserror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "index.sqlite"
    path.touch()
    monkeypatch.setattr(sqlite, "_read_only", lambda path: f"{path.as_uri()}.gone?mode=ro")
    message = r"index\.sqlite cannot be read: unable to open database file; correct the permissions$"
    with pytest.raises(OSError, match=message), sqlite.reading(path):
        pass


@pytest.mark.parametrize("may_write", [True, False])
def test_the_index_is_read_in_a_folder_without_rights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, may_write: bool
) -> None:
    with opened(tmp_path) as store:
        store.deliver(made(1))
        store.commit()
    before = sorted(path.name for path in tmp_path.iterdir())
    monkeypatch.setattr("os.access", lambda *_: may_write)
    with sqlite.reading(tmp_path / "index.sqlite") as tables:
        assert tables.index.count() == 1
        files = sorted(path.name for path in tmp_path.iterdir())
        assert (files == before) is not may_write  # SQLite's own files stand beside the index where it may create them
