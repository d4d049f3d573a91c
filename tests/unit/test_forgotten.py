"""What ``scrapy forget`` took out stays away, whatever happens to ``forgotten.jsonl``."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mainland.clean import urls
from mainland.decisions.types import State
from mainland.reporting import queries
from mainland.storage import tombstones
from mainland.storage.folder import DataFolder
from mainland.storage.lines import encode
from tests.support.crawling import records
from tests.support.sample_data import HOST, address, made, opened, reject
from tests.support.tombstones import SOUND, TOMBSTONE, contents, fill

UNREADABLE: dict[str, bytes] = {
    "a stray letter": b"x" + SOUND,
    "a letter behind": SOUND[:-1] + b"x\n",
    "two lines joined": SOUND[:-1] + SOUND,
    "half a line": SOUND[:30],
    "half a line before another": SOUND[:30] + b"\n" + SOUND,
    "no id": encode({"url": address(2)}),
    "an id of text": encode(TOMBSTONE | {"id": "2"}),
    "an id that is true": encode(TOMBSTONE | {"id": True}),
    "an id of zero": encode(TOMBSTONE | {"id": 0}),
    "an id with a fraction": encode(TOMBSTONE | {"id": 2.0}),
    "a huge id": encode(TOMBSTONE | {"id": 2**53}),
    "no address": encode({"id": 2}),
    "an address without a host": encode(TOMBSTONE | {"url": "/article-2/"}),
    "a list": b"[2]\n",
    "UTF-16": json.dumps(TOMBSTONE).encode("utf-16"),
    "zeros": b"\0" * len(SOUND),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_tombstone_that_cannot_be_read_stops_all_that_writes_and_changes_nothing(tmp_path: Path, case: str) -> None:
    fill(tmp_path)
    first = encode({"id": 4, "url": address(4)})
    (tmp_path / "forgotten.jsonl").write_bytes(first + UNREADABLE[case])
    (tmp_path / "index.sqlite").unlink()
    with (tmp_path / "changes.jsonl").open("ab") as changes:
        changes.write(b'{"half')
    before = contents(tmp_path)
    with pytest.raises(tombstones.TombstoneError, match=r"forgotten\.jsonl, line 2 cannot be read") as caught:
        DataFolder(tmp_path, HOST)
    assert "\n" not in str(caught.value)
    assert contents(tmp_path) == before


READABLE: dict[str, bytes] = {
    "as written": SOUND,
    "blank lines": b"\n" + SOUND + b" \t\r\n\n",
    "CRLF": SOUND[:-1] + b"\r\n",
    "a byte order mark": b"\xef\xbb\xbf" + SOUND,
    "without its end of line": SOUND[:-1],
    "by hand": json.dumps({"url": address(2), "id": 2}, indent=None).encode(),
    "twice": SOUND + SOUND,
}


@pytest.mark.parametrize("case", READABLE)
def test_a_tombstone_that_can_be_read_buries(tmp_path: Path, case: str) -> None:
    fill(tmp_path)
    (tmp_path / "forgotten.jsonl").write_bytes(READABLE[case])
    (tmp_path / "index.sqlite").unlink()
    for _ in range(2):
        with opened(tmp_path) as store:
            assert store.index.forgotten() == {2: address(2)}
    assert [record["id"] for record in records(tmp_path / "articles.jsonl")] == [1, 3, 4]
    assert not (tmp_path / "forgotten.jsonl.torn").exists()


def test_each_address_of_a_tombstone_stays_away(tmp_path: Path) -> None:
    fill(tmp_path, 2)
    with (tmp_path / "forgotten.jsonl").open("ab") as file:
        file.write(encode({"id": 2, "url": address(77)}))
    for _ in range(2):
        with opened(tmp_path) as store:
            for url in (address(2), address(77)):
                store.ledger.record_sighting(url, "2099-01-01T00:00:00Z")
                entry = store.ledger.entry(url)
                store.ledger.save(entry.settled(State.LIVE))  # as where a redirect leads there
                store.ledger.save(replace(entry, state=State.LIVE, is_due=True))
                assert store.ledger.entry(url) == entry
                assert (entry.state, entry.is_due) == (State.FORGOTTEN, False)
    with opened(tmp_path) as store:
        assert store.repaired == []


def test_tombstones_that_the_file_lost_come_back_from_the_archive(tmp_path: Path) -> None:
    fill(tmp_path, 2, 3)
    path = tmp_path / "forgotten.jsonl"
    for left in (path.read_bytes().splitlines(keepends=True)[:1], []):
        path.write_bytes(b"".join(left)) if left else path.unlink()
        with opened(tmp_path) as store:
            assert len(store.repaired) == 1
        assert {record["id"] for record in records(path)} == {2, 3}
    (tmp_path / "index.sqlite").unlink()
    with opened(tmp_path) as store:
        assert store.index.forgotten() == {2: address(2), 3: address(3)}


def test_changes_from_a_backup_do_not_bring_back_what_the_file_lost_too(tmp_path: Path) -> None:
    fill(tmp_path)
    before = (tmp_path / "changes.jsonl").read_bytes()
    with opened(tmp_path) as store:
        store.forget({2})
    (tmp_path / "changes.jsonl").write_bytes(before)
    (tmp_path / "forgotten.jsonl").unlink()
    with opened(tmp_path) as store:
        assert store.index.forgotten() == {2: address(2)}
    for name in ("changes.jsonl", "articles.jsonl"):
        assert {record["id"] for record in records(tmp_path / name)} == {1, 3, 4}


def test_a_line_deleted_together_with_the_archive_lets_the_article_come_back(tmp_path: Path) -> None:
    fill(tmp_path, 2, 3)
    path = tmp_path / "forgotten.jsonl"
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    (tmp_path / "index.sqlite").unlink()
    with opened(tmp_path) as store:
        assert store.index.forgotten() == {2: address(2)}
        store.ledger.record_sighting(address(3))
        assert store.ledger.entry(address(3)).is_due


def folder_in_place(path: Path) -> None:
    path.mkdir()


def dangling(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere"))


def pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("make", [folder_in_place, dangling, pipe])
def test_what_is_no_file_in_place_of_the_tombstones_stops(tmp_path: Path, make: Any) -> None:
    fill(tmp_path, 2)
    (tmp_path / "forgotten.jsonl").unlink()
    make(tmp_path / "forgotten.jsonl")
    before = contents(tmp_path)
    with pytest.raises(tombstones.TombstoneError, match=r"forgotten\.jsonl (is not a file|leads nowhere)"):
        DataFolder(tmp_path, HOST)
    assert contents(tmp_path) == before


def test_tombstones_behind_a_link_are_read_and_written_there(tmp_path: Path) -> None:
    fill(tmp_path / "data", 2)
    path, elsewhere = tmp_path / "data" / "forgotten.jsonl", tmp_path / "kept.jsonl"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    with opened(tmp_path / "data") as store:
        assert store.forget({3}) == {3}
    assert path.is_symlink()
    assert [record["id"] for record in records(elsewhere)] == [2, 3]


def test_a_tombstone_is_on_the_disk_before_anything_is_taken_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path)
    before = contents(tmp_path)
    synced: list[str] = []
    true_sync = os.fsync

    def sync(file: int) -> None:
        name = Path(f"/proc/self/fd/{file}").readlink().name
        if name != "forgotten.jsonl" and len(synced) < 2:
            left = contents(tmp_path)
            assert {key: left[key] for key in ("changes.jsonl", "articles.jsonl")} == {
                key: before[key] for key in ("changes.jsonl", "articles.jsonl")
            }
        synced.append(name)
        true_sync(file)

    with opened(tmp_path) as store:
        monkeypatch.setattr(os, "fsync", sync)
        store.forget({2})
    assert synced[:2] == ["forgotten.jsonl", tmp_path.name]


def test_a_tombstone_that_cannot_be_synced_takes_nothing_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path)
    before = {name: data for name, data in contents(tmp_path).items() if name.endswith(".jsonl")}

    def sync(_: int) -> None:
        raise OSError(5, "Input/output error")

    with opened(tmp_path) as store, monkeypatch.context() as patched:
        patched.setattr(os, "fsync", sync)
        with pytest.raises(OSError, match="Input/output error"):
            store.forget({2})
    after = {name: data for name, data in contents(tmp_path).items() if name.endswith(".jsonl")}
    assert after == before | {"forgotten.jsonl": b""}


def test_a_file_that_may_not_be_read_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, 2)

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", refuse)
        with pytest.raises(tombstones.TombstoneError, match=r"cannot be read \(Permission denied\)"):
            DataFolder(tmp_path, HOST)


# -- a process killed on the way ------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["publishing.Publisher.publish", "indexing.Indexer.rebuild", "indexing.Indexer.commit"])
def test_what_a_killed_forget_left_published_is_taken_out_at_the_next_opening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    fill(tmp_path)
    (tmp_path / "report.html").write_text("Köln – 2")

    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    store = DataFolder(tmp_path, HOST)
    with monkeypatch.context() as patched:
        patched.setattr(f"mainland.storage.{at}", kill)
        with pytest.raises(KeyboardInterrupt):
            store.forget({2})
    store.release()
    assert b"article-2" in (tmp_path / "articles.jsonl").read_bytes()
    with opened(tmp_path) as store:
        assert [record["id"] for record in records(tmp_path / "articles.jsonl")] == [1, 3, 4]
        assert not (tmp_path / "report.html").exists()
        assert not store.must_publish
    for name in ("changes.jsonl", "articles.jsonl", "duplicates.jsonl"):
        assert b"article-2" not in (tmp_path / name).read_bytes()


ADDRESSES = [
    "https://www.Example.org/A-b/?utm_source=x#y",
    "http://example.org:80/%D0%BA-Slug//",
    "https://user:secret@example.org:443/it's/%27%20/",
    "https://example.org:8443/a%ZZ%",
    "https://example.org/?p=7",
    "https://example.org/?page=1&p=77&x=1",
    "https://example.org/a/?p=7",
    "https://example.org",
    "http://127.0.0.1:8088/x?y",
]


@pytest.mark.parametrize("url", ADDRESSES)
def test_an_address_has_the_same_key_in_a_query(tmp_path: Path, url: str) -> None:
    (tmp_path / "forgotten.jsonl").write_bytes(encode({"id": 99, "url": url}))
    condition = queries.not_forgotten([tmp_path])
    with queries.database(tmp_path) as connection:
        for each in ADDRESSES:
            sql = f"SELECT {condition} FROM (SELECT 'x' AS site, 1 AS id, $url AS url)"
            assert connection.execute(sql, {"url": each}).fetchone() == (urls.key(each) != urls.key(url),), each
        sql = f"SELECT {condition} FROM (SELECT NULL AS site, NULL AS id, NULL AS url)"
        assert connection.execute(sql).fetchone() == (True,)


# -- tombstones that cannot be -------------------------------------------------------------------------------------


def test_a_tombstone_with_an_address_that_the_article_never_had_stops(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "forgotten.jsonl").write_bytes(encode({"id": 2, "url": address(77)}))
    with pytest.raises(tombstones.TombstoneError, match=r"article 2 was at .*article-77/"):
        DataFolder(tmp_path, HOST)


def test_a_tombstone_with_an_earlier_address_of_an_article_that_moved_buries(tmp_path: Path) -> None:
    fill(tmp_path)
    with opened(tmp_path) as store:
        store.deliver(made(2, url=address(22), change="moved", revision=2))
    (tmp_path / "forgotten.jsonl").write_bytes(SOUND)
    with opened(tmp_path) as store:
        assert store.index.forgotten() == {2: address(2)}


# -- addresses in other files ----------------------------------------------------------------------------------------


def test_no_address_of_a_forgotten_article_stays_in_any_other_file(tmp_path: Path) -> None:
    fill(tmp_path)
    old, new, long = address(2), address(22), f"https://{HOST}/{'long-' * 60}2/"
    with opened(tmp_path) as store:
        store.deliver(made(2, url=long, change="moved", revision=2))
        store.deliver(made(2, url=new, change="moved", revision=3))
        store.memory.save_validators(old, '"x"', None)
        reject(store, f"{old}?replytocom=7", "not an article")
        reject(store, address(9), "not an article")
        store.log_run(
            {
                "exit_status": 3,
                "failures": [{"url": f"{old}?x=1", "reason": "timeout"}, {"url": address(3), "reason": "timeout"}],
                "alarms": [f"tags: 0 of 9, see {new}, {old}.", f"see {long}"],
                "drift": {"tags": {"addresses": [old, address(4)]}},
            }
        )
        store.publish()
        store.forget({2})
    (run,) = records(tmp_path / "runs.jsonl")
    assert run["failures"] == [{"url": "forgotten", "reason": "timeout"}, {"url": address(3), "reason": "timeout"}]
    assert run["alarms"] == ["tags: 0 of 9, see forgotten, forgotten.", "see forgotten..."]
    assert run["drift"] == {"tags": {"addresses": ["forgotten", address(4)]}}
    assert [record["url"] for record in records(tmp_path / "rejected.jsonl")] == [address(9)]
    for path in tmp_path.iterdir():
        if path.name not in ("forgotten.jsonl", "index.sqlite"):  # they say what must stay away
            for part in (b"article-2/", b"article-22/", b"long-long-"):
                assert part not in path.read_bytes(), path.name
    content = (tmp_path / "index.sqlite").read_bytes()
    assert "Köln – 2".encode() not in content
    with opened(tmp_path) as store:
        for url in (old, long, new):
            entry = store.ledger.entry(url)
            assert (entry.state, entry.is_due) == (State.FORGOTTEN, False)
        assert store.memory.validators(old) == (None, None)


def test_the_text_of_a_forgotten_address_is_not_left_in_free_pages(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for number in range(1, 200):
            store.deliver(made(number))
            store.memory.save_validators(f"{address(number)}?{'q' * 200}{number}", '"x"', None)
        store.publish()
    assert b"q" * 200 in (tmp_path / "index.sqlite").read_bytes()
    with opened(tmp_path) as store:
        store.database.db.execute("DELETE FROM validators")
        store.forget({7})
    assert b"q" * 200 not in (tmp_path / "index.sqlite").read_bytes()


def test_an_address_that_another_article_has_by_now_is_not_forgotten(tmp_path: Path) -> None:
    fill(tmp_path)
    with opened(tmp_path) as store:
        store.deliver(made(2, url=address(22), change="moved", revision=2))
        store.deliver(made(5, url=address(2)))
        store.publish()
        store.forget({2})
        stored = store.index.article_at(address(2))
        assert (stored and stored.id, store.ledger.entry(address(2)).state) == (5, State.LIVE)
    assert [record["id"] for record in records(tmp_path / "articles.jsonl")] == [1, 3, 4, 5]
