"""Whether an item is complete, whether it is new, and what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scrapy.exceptions import DropItem
from scrapy.utils.test import get_crawler

from mainland import settings
from mainland.items import Article
from mainland.pipelines import CheckPipeline, DeduplicatePipeline, WritePipeline, deduplicate
from mainland.spiders.articles import ArticlesSpider
from mainland.storage.errors import RejectedItem
from mainland.storage.folder import DataFolder
from tests.support.sample_data import HOST, address, made, opened

CHECK = CheckPipeline(get_crawler(ArticlesSpider))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DataFolder]:
    with opened(tmp_path) as found:
        yield found


def removal(number: int = 7) -> Article:
    """The line that says that an article is gone."""
    gone: dict[str, Any] = {"change": "removed", "date_crawled": None, "date_removed": "2022-02-01T00:00:00Z"}
    return made(number, headline=None, body=None, extractor=None, content_hash=None, **gone)


def deliver(store: DataFolder, item: Article) -> tuple[int | None, int, str] | None:
    """Number, revision and change of the line that an item became; None if it became none."""
    try:
        kept = deduplicate(item, store)
    except DropItem:
        return None
    store.deliver(kept)
    return kept.id, kept.revision, kept.change


# -- is it complete? -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lacks", "reason"),
    [
        (["id"], "no id"),
        (["url"], "no url"),
        (["id", "url"], "no id, no url"),
        (["headline", "body"], "no headline and body"),
        (["id", "headline", "body"], "no id, no headline and body"),
    ],
)
def test_an_incomplete_item_is_rejected_with_the_reason(lacks: list[str], reason: str) -> None:
    with pytest.raises(RejectedItem) as rejected:
        CHECK.process_item(made(**dict[str, Any](dict.fromkeys(lacks))))
    assert str(rejected.value) == reason


@pytest.mark.parametrize("lacks", ["headline", "body", "authors", "date_published", "section"])
def test_what_can_be_missing_is_no_reason(lacks: str) -> None:
    lacking: dict[str, Any] = {lacks: [] if lacks == "authors" else None}
    item = made(**lacking)
    assert CHECK.process_item(item) is item


def test_a_removal_needs_no_text() -> None:
    item = removal()
    assert CHECK.process_item(item) is item
    item.id = None
    with pytest.raises(RejectedItem, match="no id"):
        CHECK.process_item(item)


# -- is it new? ------------------------------------------------------------------------------------------------


def test_the_first_line_is_new_and_the_same_page_gives_no_second(store: DataFolder) -> None:
    assert deliver(store, made()) == (7, 1, "new")
    assert deliver(store, made()) is None
    assert deliver(store, made(8)) == (8, 1, "new")


@pytest.mark.parametrize(
    "fields",
    [
        {"views": 1200},
        {"comments": 3},
        {"date_modified": "2024-01-01T00:00:00Z"},
        {"date_published_raw": "3 years ago"},
        {"date_crawled": "2024-01-01T00:00:00Z"},
        {"word_count": 9},
        {"url": "https://www.a.example/ARTICLE-7?utm_source=x"},
        {"extractor": "999"},
        {"sections": ["Economy"], "section": "Economy"},
        {"tags": ["Milk"]},
        {"day_published": "2022-01-06"},
    ],
)
def test_what_the_newsroom_did_not_write_is_no_change(store: DataFolder, fields: dict[str, Any]) -> None:
    deliver(store, made())
    assert deliver(store, made(**fields)) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"headline": "Milk rises"},
        {"body": "A litre costs 32 cents."},
        {"authors": ["Ana Peña"]},
        {"alternative_headline": "Again"},
        {"image": {"url": "https://a.example/a.jpg", "caption": None}},
        {"date_published": "2022-01-07T08:41:13Z"},
        {"sponsored": True},
    ],
)
def test_what_the_newsroom_wrote_is_an_edit(store: DataFolder, fields: dict[str, Any]) -> None:
    deliver(store, made())
    assert deliver(store, made(**fields)) == (7, 2, "edited")
    assert deliver(store, made(**fields)) is None
    assert deliver(store, made()) == (7, 3, "edited")


@pytest.mark.parametrize("fields", [{"sections": ["Economy"], "section": "Economy"}, {"tags": ["Milk"]}])
def test_what_is_filed_anew_is_an_edit_if_it_was_touched(store: DataFolder, fields: dict[str, Any]) -> None:
    deliver(store, made())
    assert deliver(store, made(date_modified="2024-01-01T00:00:00Z", **fields)) == (7, 2, "edited")
    assert deliver(store, made(date_modified="2024-01-01T00:00:00Z", **fields)) is None


PICTURES = (
    "https://a.example/wp-content/uploads/2024/01/a.jpg",
    "http://www.b.example/wp-content/uploads/2024/01/a.jpg",
    "https://i0.wp.com/a.example/wp-content/uploads/2024/01/a.jpg?fit=800%2C400&ssl=1",
    "https://cdn-abc.nitrocdn.com/Xy/assets/images/optimized/rev-1a2b/a.example/wp-content/uploads/2024/01/a.jpg",
    "https://ml.i.optimole.com/cb:1~2/w:auto/h:auto/q:mauto/f:best/https://a.example/wp-content/uploads/2024/01/a.jpg",
    "https://a.example/wp-content/uploads-webpc/uploads/2024/01/a.jpg.webp",
    "https://a.example/wp-content/uploads/2024/01/a.jpg.avif",
    "https://a.example/wp-content/uploads/2024/01/a-scaled.jpg",
    "https://a.example/cdn-cgi/image/width=800,quality=80/wp-content/uploads/2024/01/a.jpg",
)


@pytest.mark.parametrize("url", PICTURES)
def test_a_picture_at_the_address_of_another_service_is_no_edit(store: DataFolder, url: str) -> None:
    def shown(at: str) -> Article:
        return made(image={"url": at, "caption": "A"}, images=[{"url": at, "caption": "A"}])

    deliver(store, shown(PICTURES[0]))
    assert deliver(store, shown(url)) is None
    assert deliver(store, shown(url.replace("01/a", "01/b"))) == (7, 2, "edited")


def test_links_count_by_their_paths(store: DataFolder) -> None:
    deliver(store, made(links=[{"url": "http://b.example/x/?utm_source=a", "text": "x"}]))
    assert deliver(store, made(links=[{"url": "https://www.c.example/x", "text": "x"}])) is None
    assert deliver(store, made(links=[{"url": "https://b.example/y", "text": "x"}])) == (7, 2, "edited")


def test_another_address_is_a_move(store: DataFolder) -> None:
    deliver(store, made())
    assert deliver(store, made(url=address(70))) == (7, 2, "moved")
    assert deliver(store, made(url=address(70))) is None
    assert deliver(store, made(url=address(7), headline="Milk rises")) == (7, 3, "edited")


def test_gone_and_back(store: DataFolder) -> None:
    deliver(store, made())
    assert deliver(store, removal()) == (7, 2, "removed")
    assert deliver(store, removal()) is None
    assert deliver(store, made()) == (7, 3, "returned")
    assert deliver(store, made()) is None
    assert deliver(store, removal()) == (7, 4, "removed")
    assert deliver(store, made(headline="Milk rises")) == (7, 5, "returned")


def test_other_rules_on_the_same_page_are_a_new_reading_and_no_edit(store: DataFolder) -> None:
    deliver(store, made())
    assert deliver(store, made(extractor="999", headline="Milk")) == (7, 2, "reparsed")
    later: dict[str, Any] = {"date_modified": "2024-01-01T00:00:00Z", "headline": "Milk rises"}
    assert deliver(store, made(extractor="1000", **later)) == (7, 3, "edited")


def test_another_time_zone_on_the_same_page_is_a_new_reading_and_no_edit(store: DataFolder) -> None:
    deliver(store, made())
    store.memory.save(read_in_since="2199-01-01T00:00:00Z")
    assert deliver(store, made(id=8, url="https://a.example/8/", date_modified=None)) == (8, 1, "new")
    # A zone changes no instant that is the same: where the page dates no edits, another text is one.
    assert deliver(store, made(id=8, url="https://a.example/8/", date_modified=None, body="It rose.")) == (
        8,
        2,
        "edited",
    )
    moved: dict[str, Any] = {"date_published": "2022-01-07T10:41:12Z", "date_modified": "2022-01-07T10:41:12Z"}
    assert deliver(store, made(**moved)) == (7, 2, "reparsed")
    assert deliver(store, made(**moved, day_published="2022-01-08")) == (7, 3, "reparsed")  # the text is the same
    assert deliver(store, made(**moved, day_published="2022-01-08")) is None
    assert deliver(store, made(**moved | {"date_modified": "2024-01-02T00:00:00Z"}, headline="Milk")) == (
        7,
        4,
        "edited",
    )
    years: dict[str, Any] = {"date_published": "2020-01-07T10:41:12Z", "date_modified": "2020-01-07T10:41:12Z"}
    assert deliver(store, made(**years)) == (7, 5, "edited")  # no two time zones differ by that
    store.memory.save(read_in_since="2000-01-01T00:00:00Z")
    assert deliver(store, made(**moved | {"date_published": "2022-01-07T12:41:12Z"})) == (7, 6, "edited")


def test_a_new_number_at_the_same_address_is_the_same_article(store: DataFolder) -> None:
    deliver(store, made())
    assert deliver(store, made(8, url=address(7), headline=made().headline)) is None
    assert deliver(store, made(8, url=address(7), headline="Milk rises")) == (7, 2, "edited")


@pytest.mark.parametrize("gone", [True, False])
def test_an_address_that_was_given_to_another_article_is_a_new_one(store: DataFolder, gone: bool) -> None:  # noqa: FBT001
    deliver(store, made())
    if gone:
        deliver(store, removal())
    assert deliver(store, made(8, url=address(7), date_published="2024-05-05T05:05:05Z")) == (8, 1, "new")
    assert store.index.count("removed") == gone


def test_a_tombstone_gets_no_line(store: DataFolder) -> None:
    deliver(store, made())
    store.index.forget(7, address(7))
    assert deliver(store, made(headline="Milk rises")) is None
    assert deliver(store, removal()) is None


def test_a_removed_article_under_a_new_number_is_back(store: DataFolder) -> None:
    deliver(store, made())
    deliver(store, removal())
    assert deliver(store, made(8, url=address(7), headline=made().headline)) == (7, 3, "returned")


# -- then it is written ------------------------------------------------------------------------------------------


def test_lines_are_written_and_counted(tmp_path: Path) -> None:
    project = {name: value for name, value in vars(settings).items() if name.isupper()}
    crawler = get_crawler(ArticlesSpider, project | {"MAINLAND_DATA_DIR": str(tmp_path)}, prevent_warnings=False)
    spider = crawler._create_spider(site=f"https://{HOST}")
    assert isinstance(spider, ArticlesSpider)
    crawler.spider = spider
    spider.open()
    check, dedup, write = (
        CheckPipeline.from_crawler(crawler),
        DeduplicatePipeline.from_crawler(crawler),
        WritePipeline.from_crawler(crawler),
    )
    for item in (made(1, section="World"), made(2), made(1, section="World", headline="Milk rises")):
        write.process_item(dedup.process_item(check.process_item(item)))
    with pytest.raises(DropItem):
        dedup.process_item(check.process_item(made(2)))
    spider.store.close()
    lines = [json.loads(line) for line in (tmp_path / "changes.jsonl").read_bytes().splitlines()]
    assert [(line["id"], line["revision"], line["change"]) for line in lines] == [
        (1, 1, "new"),
        (2, 1, "new"),
        (1, 2, "edited"),
    ]
    assert [*lines[0]] == [*Article.__dataclass_fields__]
    found = {name: value for name, value in crawler.stats.get_stats().items() if name.startswith("mainland/")}
    assert found == {
        "mainland/delivered/new": 2,
        "mainland/delivered/edited": 1,
        "mainland/sections/World": 1,
        "mainland/sections/none": 1,
    }


@pytest.mark.parametrize("fields", [{}, {"number": 999}, {"url": address(8)}])
def test_neither_a_forgotten_id_nor_a_forgotten_address_is_delivered(store: DataFolder, fields: dict[str, Any]) -> None:
    store.deliver(made())
    store.forget({7})
    assert deliver(store, made(**({"url": address(7)} | fields))) is None
    assert deliver(store, made(8)) == (8, 1, "new")
