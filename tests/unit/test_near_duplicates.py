"""Near-duplicates: which texts are, in which groups, and what the files say of them after all that can happen."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainland.clean import minhash
from mainland.clean.minhash import Text, is_near_duplicate, oldest
from mainland.storage.folder import DataFolder
from tests.bench.near_duplicates import COPIES, OTHERS, Newsroom, Story
from tests.support.crawling import articles, records
from tests.support.lanes import examples
from tests.support.near_duplicates import body, lines_of
from tests.support.sample_data import HOST, made, opened


@pytest.fixture(scope="module")
def room() -> Newsroom:
    return Newsroom(5)


@pytest.fixture(scope="module")
def stories(room: Newsroom) -> list[Story]:
    return [story for story in (room.story() for _ in range(300)) if len(story.text) > 2]


def text(body: str, headline: str = "Milk falls") -> Text:
    """A text that has words."""
    found = Text.of(headline, body)
    assert found
    return found


def published(folder: Path) -> dict[int, int]:
    """What articles.jsonl says of near-duplicates; duplicates.jsonl says the same."""
    found = {number: record["duplicate_of"] for number, record in articles(folder).items() if record["duplicate_of"]}
    beside = records(folder / "duplicates.jsonl")
    assert beside == [{"site": HOST, "id": number, "duplicate_of": of} for number, of in sorted(found.items())]
    return found


# Two texts


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_is_one(room: Newsroom, stories: list[Story], kind: str) -> None:
    room.draw.seed(kind)
    found = [
        is_near_duplicate(text("\n\n".join(room.copy(kind, story, 0).text)), text("\n\n".join(story.text)))
        for story in stories[: examples(300)]
    ]
    assert sum(found) >= 0.98 * len(found)


@pytest.mark.parametrize("kind", OTHERS)
def test_what_shares_much_is_not_a_near_duplicate(room: Newsroom, stories: list[Story], kind: str) -> None:
    room.draw.seed(kind)
    made_of = [text("\n\n".join(story.text)) for story in stories]
    others = [text("\n\n".join(room.other(kind, stories).text)) for _ in range(40)]
    wrong = [
        one
        for place, one in enumerate(others)
        for other in (*made_of, *others[:place])
        if is_near_duplicate(one, other)
    ]
    assert len(wrong) <= 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{body(1)}", f"{body(1).upper()}!"),
        ("Crème brûlée, " + body(1), "Cre\u0300me bru\u0302le\u0301e " + body(1)),
        (f"„{body(1)}“", f'"{body(1)}"'),
    ],
)
def test_case_marks_and_composition_do_not_count(one: str, other: str) -> None:
    assert text(one).digest == text(other).digest


def test_short_texts_are_near_duplicates_only_under_the_same_headline() -> None:
    assert text("More follows.", "Fire in Graz").digest == text("More follows.", "Fire in Graz!").digest
    assert text("More follows.", "Fire in Graz").digest != text("More follows.", "Flood in Graz").digest
    assert not is_near_duplicate(text("More follows.", "Fire in Graz"), text("More follows.", "Flood in Graz"))


def test_short_reports_of_a_series_are_not_near_duplicates_and_one_with_a_corrected_figure_is() -> None:
    words = body(3, 60).split()

    def report(*figures: str) -> Text:
        return text(" ".join(" ".join((*words[15 * n : 15 * n + 15], figure)) for n, figure in enumerate(figures)))

    assert not is_near_duplicate(report("92", "2021", "41.5", "17"), report("88", "1987", "39.2", "12"))
    assert is_near_duplicate(report("92", "2021", "41.5", "17"), report("92", "2021", "41.5", "18"))


def test_what_has_no_words_is_not_a_near_duplicate() -> None:
    assert [Text.of("Photos of the week", given) for given in (None, "", " …")] == [None] * 3


WORDS = st.lists(st.sampled_from([*"abcdefgh", "12", "北", "京", "3rd", "über"]), max_size=120).map(" ".join)


@given(WORDS, WORDS, st.integers(0, 120))
def test_is_copy_is_symmetric_and_whoever_is_the_same_is_one(one: str, other: str, cut: int) -> None:
    first, second = Text.of("a", one), Text.of("a", other + one[:cut])
    if first and second:
        assert is_near_duplicate(first, second) == is_near_duplicate(second, first)
    if first:
        assert is_near_duplicate(first, Text(first.words, first.is_short))


@given(st.text(max_size=300))
def test_any_text_has_a_digest_and_a_signature_of_numbers_that_fit(given_text: str) -> None:
    found = Text.of("a", given_text)
    if found:
        assert -(1 << 63) <= found.digest < 1 << 63
        assert all(-(1 << 31) <= value < 1 << 31 for value in found.signature())
        assert len(found.signature()) in {0, minhash.SIGNATURE}


# Groups

PAIRS = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), max_size=12)
TEXTS = st.lists(st.integers(1, 9), max_size=15).map(lambda found: list(enumerate(found)))


@given(TEXTS, PAIRS, st.randoms())
def test_groups_do_not_depend_on_the_order_of_pairs(texts: list[tuple[int, int]], pairs: Any, draw: Any) -> None:
    found = oldest(texts, pairs)
    turned = [(other, one) if draw.random() < 0.5 else (one, other) for one, other in pairs]
    draw.shuffle(turned)
    assert oldest(texts, turned) == found
    assert not found.keys() & set(found.values())  # the oldest is a near-duplicate of none
    assert all(of < number for number, of in found.items())
    assert oldest(texts, [*pairs, *pairs]) == found


# The data folder


def test_the_oldest_is_by_publication_then_by_id(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.deliver(made(1, body=body(1), date_published="2022-03-01T00:00:00Z"))
        store.deliver(made(2, body=body(1)[:-90], headline="Another", date_published="2022-02-01T00:00:00Z"))
        store.deliver(made(3, body="First.\n\n" + body(1), date_published="2022-02-01T00:00:00Z"))
        store.deliver(made(4, body=body(1), date_published=None, day_published=None))
        store.deliver(made(5, body=body(2)))
        store.publish()
    assert published(tmp_path) == {1: 2, 3: 2, 4: 2}
    assert [record["duplicate_of"] for record in records(tmp_path / "changes.jsonl")] == [None] * 5


def test_lines_of_no_copy_are_those_of_changes_letter_by_letter(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for number in (1, 2, 3):
            store.deliver(made(number, body=body(min(number, 2))))
        store.publish()
    lines = (tmp_path / "changes.jsonl").read_bytes().splitlines()
    found = (tmp_path / "articles.jsonl").read_bytes().splitlines()
    assert found[:2] == lines[:2]
    assert found[2] == lines[2].replace(b'"duplicate_of": null', b'"duplicate_of": 2')


def test_an_edit_a_removal_a_return_and_a_forgotten_article_change_the_groups(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for number in (1, 2, 3):
            store.deliver(made(number, body=body(1)))
        store.publish()
        assert published(tmp_path) == {2: 1, 3: 1}
        store.deliver(made(2, body=body(2), revision=2, change="edited"))
        store.publish()
        assert published(tmp_path) == {3: 1}
        store.deliver(made(1, headline=None, body=None, revision=2, change="removed"))
        store.publish()
        assert published(tmp_path) == {}
        store.deliver(made(1, body=body(1), revision=3, change="returned"))
        store.publish()
        assert published(tmp_path) == {3: 1}
        store.deliver(made(2, body=body(1)[50:], revision=3, change="edited"))
        store.publish()
        assert published(tmp_path) == {2: 1, 3: 1}
        store.forget({1})
        store.publish()
        assert published(tmp_path) == {3: 2}
    with closing(sqlite3.connect(tmp_path / "index.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM texts").fetchone()[0] == 2
        assert database.execute("SELECT count(DISTINCT text) FROM bands").fetchone()[0] == 2


def test_near_duplicates_are_left_out_by_the_setting_and_return_without_it(tmp_path: Path) -> None:
    for drop, left in ((False, [1, 2]), (True, [1]), (False, [1, 2])):
        store = DataFolder(tmp_path, HOST, drop_duplicates=drop)
        if drop is False and left == [1, 2] and not store.files.changes.size:
            store.deliver(made(1, body=body(1)))
            store.deliver(made(2, body=body(1)))
        assert store.must_publish
        store.publish()
        assert not store.must_publish
        store.close()
        assert list(articles(tmp_path)) == left
    assert len(records(tmp_path / "duplicates.jsonl")) == 1


def test_an_archive_made_before_is_kept_and_filled_in(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.deliver(made(1, body=body(1)))
        store.deliver(made(2, body=body(1)))
        store.memory.save(kept=7)
        store.publish()
        store.memory.save(articles="")
    with closing(sqlite3.connect(tmp_path / "index.sqlite")) as database:
        for name in ("bodies", "texts", "bands", "pairs"):
            database.execute(f"DROP TABLE {name}")
        database.commit()
    with opened(tmp_path) as store:
        assert (store.memory.get("kept"), store.must_publish) == (7, True)
        store.publish()
    assert published(tmp_path) == {2: 1}


def test_tables_of_method_2_make_way(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.deliver(made(1, body=body(1)))
        store.deliver(made(2, body=body(1)[60:]))
        store.publish()
        store.memory.save(method="2.1", articles="")
    with closing(sqlite3.connect(tmp_path / "index.sqlite")) as database:
        database.execute("ALTER TABLE texts RENAME COLUMN signature TO sketch")
        database.execute("ALTER TABLE bands RENAME TO sketches")
        database.commit()
    with opened(tmp_path) as store:
        store.publish()
    assert published(tmp_path) == {2: 1}
    with closing(sqlite3.connect(tmp_path / "index.sqlite")) as database:
        names = {name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        assert names >= {"texts", "bands"}
        assert "sketches" not in names


def test_another_method_compares_all_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path) as store:
        store.deliver(made(1, body=body(1)))
        store.deliver(made(2, body=body(1)[60:]))
        store.publish()
    with closing(sqlite3.connect(tmp_path / "index.sqlite")) as database:
        database.execute("DELETE FROM pairs")
        database.commit()
    with opened(tmp_path) as store:
        assert not store.must_publish
    for module in ("publishing", "near_duplicates"):
        monkeypatch.setattr(f"mainland.storage.{module}.METHOD", "another")
    with opened(tmp_path) as store:
        assert store.must_publish
        store.publish()
    assert published(tmp_path) == {2: 1}


def test_only_what_is_new_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def of(_headline: str, given: str) -> Text:
        read.append(given)
        return Text(minhash.words(given), is_short=False)

    monkeypatch.setattr(Text, "of", of)
    with opened(tmp_path) as store:
        for number in range(1, 30):
            store.deliver(made(number, body=body(number)))
        store.publish()
        assert len(read) == 29
        store.deliver(made(30, body=body(30)))
        store.deliver(made(31, body=body(3)[40:]))
        store.publish()
    assert read[29:] == [body(30), body(3)[40:], body(3), body(3)[40:]]
    assert published(tmp_path) == {31: 3}


def test_lines_not_published_when_killed_are_published_by_the_next(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.deliver(made(1))
        store.publish()
    with opened(tmp_path) as store:
        store.deliver(made(2))  # and killed before it is published
    with opened(tmp_path) as store:
        assert store.must_publish


@pytest.mark.parametrize("cut", [1, 2])
def test_a_text_that_a_paywall_cut_is_compared_with_none(tmp_path: Path, cut: int) -> None:
    texts = {1: body(1), 2: body(1)[60:]}
    with opened(tmp_path) as store:
        for number, text in texts.items():
            store.deliver(made(number, body=text, is_accessible_for_free=False if number == cut else None))
        store.publish()
        assert published(tmp_path) == {}
        # The page says no more that it is: the same words, and so the same hash.
        store.deliver(made(cut, body=texts[cut], revision=2, change="reparsed"))
        store.publish()
        assert published(tmp_path) == {2: 1}
        store.deliver(made(cut, body=texts[cut], revision=3, change="reparsed", is_accessible_for_free=False))
        store.publish()
    assert published(tmp_path) == {}


STEP = st.tuples(
    st.integers(1, 6), st.integers(0, 3), st.sampled_from(["seen", "seen", "removed", "published", "crash"])
)


@settings(max_examples=examples(30), deadline=None)
@given(st.lists(STEP, min_size=1, max_size=14))
def test_step_by_step_gives_what_comes_from_scratch(steps: list[tuple[int, int, str]]) -> None:
    bodies = [body(1), body(1)[70:], "A new beginning of it all. " + body(1), body(2)]
    revisions: dict[int, int] = {}
    with TemporaryDirectory() as name:
        folder = Path(name)
        store = DataFolder(folder, HOST)
        for number, which, kind in steps:
            if kind == "published":
                store.publish()
            elif kind == "crash":
                store.release()
                store = DataFolder(folder, HOST)
            else:
                revisions[number] = revisions.get(number, 0) + 1
                gone = {"headline": None, "body": None, "change": "removed"} if kind == "removed" else {}
                item = made(number, **{"body": bodies[which], "revision": revisions[number]} | gone)
                store.deliver(item)
        store.publish()
        store.close()
        found = lines_of(folder)
        (folder / "index.sqlite").unlink()
        with opened(folder) as again:
            again.publish()
        assert lines_of(folder) == found


# What users call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with opened(tmp_path) as store:
        store.deliver(made(1, body=body(1)))
        store.deliver(made(2, body=body(1)[80:]))
        store.deliver(made(3, body=body(3)))
        store.publish()
        store.deliver(made(1, body=body(1), headline="Edited", revision=2, change="edited"))
        store.publish()
    return tmp_path
