"""The command ``scrapy export`` in processes: full disks, kills, imports."""

from __future__ import annotations

import gzip
import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from mainland.reporting import export
from mainland.storage import scratch
from tests.support.crawling import SCRAPY, patched, run, started, wait_until
from tests.support.exporting import DESK, from_parquet, ids, store
from tests.support.sample_data import ROOT, made


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.mark.parametrize("known", [known for known in export.WRITERS if known not in export.NEWS])
def test_a_full_disk_leaves_the_file_as_it_was(data: Path, known: str) -> None:
    store(data, [made(number, body=f"{number}" * 9000) for number in range(50)])
    out = data.parent / f"out{known}"
    out.write_text("yesterday's")
    code = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))"
    ended = run(patched(code, [*SCRAPY, "export", str(out), str(data)]))
    message = f"scrapy export: cannot write {out}: File too large; raise the limit on the size of files (ulimit -f)\n"
    assert (ended.status, ended.err) == (73, message)
    assert out.read_text() == "yesterday's"
    assert sorted(path.name for path in data.parent.iterdir()) == ["data", out.name]


def times(few: int, many: int) -> list[Any]:
    """How often, in the short form and in the long one."""
    return [few, pytest.param(many, marks=pytest.mark.torture)]


@pytest.mark.few(2)
@pytest.mark.parametrize("rounds", times(1, 12))
@pytest.mark.parametrize("known", export.WRITERS)
def test_a_killed_export_leaves_a_complete_file_and_the_next_takes_away_what_it_left(
    data: Path, known: str, rounds: int
) -> None:
    store(data, [made(number, body=f"{number} " * 9000) for number in range(300)])
    out, chance = data.parent / f"out{known}", random.Random(known)
    line = [*SCRAPY, "export", str(out), str(data)]
    begun = time.monotonic()
    assert run(line).status == 0
    took, whole = time.monotonic() - begun, _content(out)
    for _ in range(rounds):
        with started(line) as process:
            time.sleep(took * chance.uniform(0.3, 1.0))
            process.send_signal(chance.choice((signal.SIGKILL, signal.SIGTERM)))
        assert _content(out) == whole
        out.unlink()
        assert run(line).status == 0
        assert _content(out) == whole
        assert sorted(path.name for path in data.parent.iterdir()) == ["data", out.name]


@pytest.mark.few(2)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("known", [".parquet", ".xlsx"])
def test_an_export_told_to_stop_ends_without_a_word_and_takes_away_what_it_had_begun(
    data: Path, known: str, number: signal.Signals
) -> None:
    store(data, [made(each, body=f"{each} " * 9000) for each in range(300)])
    out = data.parent / f"out{known}"
    line = [*SCRAPY, "export", str(out), str(data), "--all-revisions"]
    with started(line) as process:
        wait_until(lambda: any(data.parent.glob(f"{scratch.PREFIX}*/*.jsonl")))
        process.send_signal(number)
        _, printed = process.communicate()
    assert (process.returncode, printed) == (-number, "")
    assert [path.name for path in data.parent.iterdir()] == ["data"]


def _content(out: Path) -> Any:
    """What a file holds, but for the moment at which it was made."""
    if out.suffix != ".xlsx":
        return gzip.decompress(out.read_bytes()) if out.suffix == ".gz" else out.read_bytes()
    with zipfile.ZipFile(out) as book:
        return {name: book.read(name) for name in book.namelist() if name != "docProps/core.xml"}


@pytest.mark.few(2)
def test_two_exports_to_one_file_do_not_mix(data: Path) -> None:
    store(data, [made(1)])
    out = data.parent / "out.csv"
    line = [*SCRAPY, "export", str(out), str(data)]
    with scratch.exclusive(out):
        ending = run(line)
    assert (ending.status, ending.err) == (75, f"scrapy export: another export is writing {out}\n")
    assert not out.exists()
    assert run(line).status == 0


def test_the_command_runs_in_a_process_of_its_own(data: Path) -> None:
    store(data, DESK)
    out = data.parent / "out.parquet"
    command = [*SCRAPY, "export", str(out), "-s", f"MAINLAND_DATA_DIR={data}"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")
    assert ids(from_parquet(out)) == [1, 2, 3]


def test_other_commands_do_not_wait_for_duckdb() -> None:
    code = (
        "import sys, mainland.commands.export, mainland.commands.validate;"
        " print({'duckdb', 'xlsxwriter', 'jsonschema', 'mainland.reporting.export'} & set(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout == "set()\n"
