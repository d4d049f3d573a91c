"""Files of lines: torn, noisy, replaced, on a full disk."""

from __future__ import annotations

import json
import math
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainland.storage import lines as lines_module
from mainland.storage.lines import LinesFile, bounded, encode, is_bounded, lines_backwards, replace

RECORDS = [{"id": number, "headline": "Köln –\u2028 \n" * number} for number in range(1, 5)]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_a_record_is_one_line_for_every_reader(record: dict[str, Any]) -> None:
    line = encode(record)
    assert line.endswith(b"\n")
    assert len(line.splitlines()) == len(line.decode("utf-8").splitlines()) == 1
    assert json.loads(line) == record


def test_a_lone_surrogate_costs_a_letter_and_no_line() -> None:
    assert json.loads(encode({"headline": "Milk \ud800falls"})) == {"headline": "Milk ?falls"}


def test_what_is_no_number_is_no_json() -> None:
    for value in (math.nan, math.inf):
        with pytest.raises(ValueError, match="Out of range"):
            encode({"views": value})


def test_lines_are_found_again(tmp_path: Path) -> None:
    with LinesFile(tmp_path / "a.jsonl") as file:
        places = [file.append(record) for record in RECORDS]
        assert [json.loads(file.read(place)) for place in places] == RECORDS
        assert list(file.records()) == list(zip(places, RECORDS, strict=True))
        assert not file.torn
    with LinesFile(tmp_path / "a.jsonl") as file:
        assert not file.torn
        assert file.append({"id": 9}).offset == sum(place.length for place in places)


def test_torn_at_any_byte_of_the_last_two_lines(tmp_path: Path) -> None:
    lines = [encode(record) for record in RECORDS]
    whole = b"".join(lines)
    path, torn = tmp_path / "a.jsonl", tmp_path / "a.jsonl.torn"
    for end in range(len(lines[0] + lines[1]), len(whole) + 1):
        path.write_bytes(whole[:end])
        torn.unlink(missing_ok=True)
        with LinesFile(path) as file:
            kept = [record for _, record in file.records()]
            assert kept == RECORDS[: len(kept)]
            size = sum(map(len, lines[: len(kept)]))
            assert file.size == size
            assert file.torn == (size < end)
            file.append({"id": 9})
            assert [record for _, record in file.records()] == [*kept, {"id": 9}]
        aside = torn.read_bytes() if torn.exists() else b""
        assert aside == (whole[size:end] + b"\n" if size < end else b"")


@pytest.mark.parametrize("length", [1, 65_535, 65_536, 65_537, 200_000])
@pytest.mark.parametrize("before", [b"", b'{"id": 1}\n'])
def test_half_lines_of_any_length_are_set_aside(tmp_path: Path, before: bytes, length: int) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(before + b"x" * length)
    with LinesFile(path) as file:
        assert file.torn
        assert file.size == len(before)
    assert path.read_bytes() == before
    assert path.with_name("a.jsonl.torn").read_bytes() == b"x" * length + b"\n"


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b'{"id": 1}\n'])
def test_a_last_line_that_lacks_its_end_alone_is_a_line(tmp_path: Path, before: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(before + b'{"id": 2}')
    with LinesFile(path) as file:
        assert not file.torn
        file.append({"id": 3})
    assert path.read_bytes() == before + b'{"id": 2}\n{"id": 3}\n'
    assert [found.name for found in tmp_path.iterdir()] == ["a.jsonl"]


@given(st.binary(max_size=60))
def test_noise_is_no_record(noise: bytes) -> None:
    from tempfile import TemporaryDirectory  # noqa: PLC0415 - hypothesis calls with one tmp_path for all examples

    with TemporaryDirectory() as folder:
        path = Path(folder, "a.jsonl")
        path.write_bytes(b'{"id": 1}\n' + noise + b'\n{"id": 2}\n')
        with LinesFile(path) as file:
            found = list(file.records())
            assert (found[0][1], found[-1][1]) == ({"id": 1}, {"id": 2})
            assert b"".join(file.read(place) for place, _ in found) == path.read_bytes()


def test_deep_json_is_a_broken_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"[" * 100_000 + b'\n[1]\n"text"\n{"id": 1}\n')
    with LinesFile(path) as file:
        assert [record for _, record in file.records()] == [None, None, None, {"id": 1}]


def test_kept_lines_replace_the_file_and_it_can_be_written_on(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with LinesFile(path) as file:
        places = [file.append(record) for record in RECORDS]
        file.keep([places[3], places[1]])
        file.append({"id": 9})
        assert [record for _, record in file.records()] == [RECORDS[3], RECORDS[1], {"id": 9}]
    assert sorted(found.name for found in tmp_path.iterdir()) == ["a.jsonl"]


def test_state_changes_with_the_file(tmp_path: Path) -> None:
    with LinesFile(tmp_path / "a.jsonl") as file:
        states = {file.state}
        states |= {(file.append(record), file.state)[1] for record in RECORDS}
        assert len(states) == 5


def test_a_replacement_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"old\n")

    def chunks() -> Any:
        yield b"new\n"
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        replace(path, chunks())
    assert path.read_bytes() == b"old\n"
    assert [found.name for found in tmp_path.iterdir()] == ["a.jsonl"]
    replace(path, [b"new\n", b"er\n"])
    assert path.read_bytes() == b"new\ner\n"


@pytest.mark.parametrize("step", [1, 2, 7, 1 << 16])
@given(st.binary(max_size=60), st.integers(0, 20))
def test_the_last_lines_are_those_of_the_file(step: int, noise: bytes, longest: int) -> None:
    from tempfile import TemporaryDirectory  # noqa: PLC0415 - hypothesis calls with one tmp_path for all examples

    whole = noise.replace(b"a", b"\n").replace(b"\x00", b"\n")
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(lines_module, "_STEP", step)
        path = Path(folder, "a.jsonl")
        path.write_bytes(whole)
        expected = [line for line in whole.split(b"\n") if len(line) <= longest]
        found = list(lines_backwards(path, longest))
        assert [line for line in found if line] == [line for line in expected[::-1] if line]


def test_a_long_line_is_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        file.write(b"first\n")
        for _ in range(64):
            file.write(b"x" * (1 << 20))
        file.write(b"\nlast\n")
    tracemalloc.start()
    try:
        assert [line for line in lines_backwards(path, 1 << 20) if line] == [b"last", b"first"]
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


@given(JSON)
def test_what_is_bounded_is_short(value: Any) -> None:
    found = bounded({"text": "x" * 1000, "many": list(range(5000)), "y" * 1000: value})
    assert (len(found["text"]), len(found["many"]), max(map(len, found))) == (200, 1000, 200)
    assert not is_bounded(encode({"value": value})) or bounded({"value": value}) == {"value": value}
    assert not any(map(is_bounded, (encode({"x" * 201: 1}), encode({"many": list(range(1001))}), b'{"a": "\\ud800"}')))
    assert is_bounded(encode({"ä": "x" * 200, "many": list(range(50))}))
    json.dumps(found)


def test_a_long_tail_without_an_end_of_line_is_set_aside_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    tail = b"x" * (5 << 20)
    path.write_bytes(b'{"id": 1}\n' + tail)
    monkeypatch.setattr(lines_module, "_LONGEST_UNENDED", 1 << 20)
    true_read, sizes = os.pread, []

    def read(file: int, length: int, offset: int) -> bytes:
        sizes.append(length)
        return true_read(file, length, offset)

    monkeypatch.setattr(os, "pread", read)
    with LinesFile(path) as file:
        assert file.torn
    assert max(sizes) <= 1 << 20
    assert path.read_bytes() == b'{"id": 1}\n'
    assert (tmp_path / "a.jsonl.torn").read_bytes() == tail + b"\n"
