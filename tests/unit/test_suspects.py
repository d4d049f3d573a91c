"""The record of the page that is being read, which makes its address a suspect after a kill."""

from __future__ import annotations

from pathlib import Path

import pytest

from mainland.storage.folder import DataFolder
from tests.support.sample_data import HOST, address, opened


def test_a_crawl_that_ends_by_itself_leaves_no_suspect(tmp_path: Path) -> None:
    with opened(tmp_path) as store, pytest.raises(ZeroDivisionError), store.reading_page(address(1)):
        raise ZeroDivisionError
    with opened(tmp_path) as store:
        assert store.suspects == {}


def test_a_suspect_is_cleared_by_a_reading_that_ends(tmp_path: Path) -> None:
    for times in (1, 2):
        (tmp_path / "crawl.json").write_text(f'{{"pid": 1}}\n{address(1)}')
        with opened(tmp_path) as store:
            assert store.suspects == {address(1): times}
    with opened(tmp_path) as store:
        assert store.suspects == {address(1): 2}
        with store.reading_page(address(1)):
            pass
    with opened(tmp_path) as store:
        assert store.suspects == {}


@pytest.mark.parametrize("left", ["", "{", '{"pid": 1}', '{"pid": 1}\n', "\x00" * 100, "\n" * 5])
def test_what_stands_in_the_place_of_the_note_is_no_address(tmp_path: Path, left: str) -> None:
    (tmp_path / "crawl.json").write_text(left)
    store = DataFolder(tmp_path, HOST)
    assert store.suspects == {}
    store.release()
