"""No crawl removes a large part of the dataset at once; none is complete where nothing lists an article any more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mainland.clean import dates
from mainland.crawl.removals import MOST, WAIT, Removal, Removals
from mainland.storage.folder import DataFolder
from tests.support.crawling import articles, changes, crawl, records, scrapy
from tests.support.faults import FaultySite, Sound, serve_faulty
from tests.support.sample_data import address, made, pending
from tests.support.small_sites import GONE, INDEX, LATE, LATER, XML, Post, Press, press, urlset

pytestmark = pytest.mark.few(1)

COUNT = 30


def gone(numbers: range, removals: Removals) -> None:
    """Notes articles as gone."""
    for number in numbers:
        at = address(number)
        removals.add(Removal(made(number, change="removed"), pending(at)))


# -- whole crawls ----------------------------------------------------------------------------------------------


@pytest.fixture
def paper() -> Press:
    return indexed(COUNT)


@pytest.fixture
def site(paper: Press) -> Iterator[FaultySite]:
    with serve_faulty(FaultySite(paper.answer)) as found:
        yield found


@dataclass
class Indexed(Press):
    """A newspaper whose sitemap is named by an index, as WordPress does it."""

    def answer(self, path: str, site: str) -> Sound:
        """The answer to a path."""
        if self.sitemap and path == "/sitemap.xml":
            index = INDEX.format(f"<sitemap><loc>{site}/post-sitemap.xml</loc></sitemap>")
            return Sound(200, index.encode(), {"Content-Type": XML})
        if self.sitemap and path == "/post-sitemap.xml" and path not in self.pages:
            self.site = site
            return self.listing(site)
        return super().answer(path, site)


def indexed(count: int) -> Indexed:
    """A newspaper with two sections."""
    return Indexed(press(count).posts)


def take_away(paper: Press, *, answer: Sound = GONE) -> None:
    """Empties all sources and lists, and puts an answer in place of each article."""
    paper.pages = dict.fromkeys((post.path for post in paper.posts), answer)
    paper.posts = []


def age(data: Path, by: timedelta) -> None:
    """Makes it so that what is held back was found earlier."""
    store = DataFolder(data)
    since = dates.utc(datetime.now(UTC) - by)
    store.memory.save(held_removals=dict.fromkeys(store.memory.get("held_removals"), since))
    store.close()


ERROR = Sound(200, b"<html><body class='error404 jnews wp-theme-jnews'>Not found</body></html>")


@pytest.mark.parametrize(
    "answer",
    [GONE, *(pytest.param(each, marks=pytest.mark.torture) for each in (Sound(410), ERROR))],
    ids=["404", "410", "error"],
)
def test_empty_sources_and_pages_that_are_gone_remove_nothing(
    site: FaultySite, paper: Press, tmp_path: Path, answer: Sound
) -> None:
    assert crawl(site.url, tmp_path).status == 0
    before, posts = articles(tmp_path), paper.posts
    take_away(paper, answer=answer)
    for number, options in enumerate((("-a", "full=1"), (), ("-a", "full=1"), ())):
        ended = crawl(site.url, tmp_path, *options)
        assert (ended.status, articles(tmp_path)) == (4, before), ended.err
        is_found = answer is not ERROR or number > 0  # an error page is looked at twice
        assert (f"{COUNT} of {COUNT} articles were found gone" in ended.err) == is_found
        assert (f"{site.url}/story-1/" in ended.err) == is_found
    state = json.loads(scrapy("status", "--json", "-s", f"MAINLAND_DATA_DIR={tmp_path}").out)
    assert state["unconfirmed"].keys() == {"removals", "listing"}
    assert state["crawls"][-1]["exit_status"] == 4
    paper.pages, paper.posts = {}, posts
    paper.posts[0] = replace(paper.posts[0], modified=LATE)
    for _ in range(2):
        assert crawl(site.url, tmp_path).status == 0
    assert articles(tmp_path).keys() == before.keys()
    assert {record["change"] for record in changes(tmp_path)[COUNT:]} <= {"edited"}


@pytest.mark.parametrize("due", [(), (GONE,)], ids=["", "an article is due"])
def test_an_empty_sitemap_without_sections_that_agree_removes_nothing(tmp_path: Path, due: tuple[Sound, ...]) -> None:
    paper = indexed(MOST - 8)
    paper.rest = paper.feed = False
    with serve_faulty(FaultySite(paper.answer)) as site:
        assert crawl(site.url, tmp_path).status == 0
        before, posts = articles(tmp_path), paper.posts
        if due:
            paper.pages, paper.posts = {"/story-1/": Sound(500)}, [replace(posts[0], modified=LATE), *posts[1:]]
            assert crawl(site.url, tmp_path).status == 3
        sections = dict.fromkeys((f"/category/{name}/" for name in paper.sections), Sound(500))
        gone = dict.fromkeys((each.path for each in posts), GONE)
        paper.pages = {"/post-sitemap.xml": urlset(()), **sections, **gone}
        for options in ((), (), ("-a", "full=1")):
            ended = crawl(site.url, tmp_path, *options)
            assert (ended.status, articles(tmp_path)) == (4, before), ended.err
        paper.pages = {}
        assert crawl(site.url, tmp_path).status == 0
    assert articles(tmp_path).keys() == before.keys()


@pytest.mark.parametrize("other", [True, False], ids=["REST and feed", "sections"])
def test_an_empty_sitemap_that_others_contradict_removes_nothing(tmp_path: Path, other: bool) -> None:  # noqa: FBT001
    paper = indexed(MOST - 8)  # so few that a crawl may remove them
    paper.rest = paper.feed = other
    with serve_faulty(FaultySite(paper.answer)) as site:
        assert crawl(site.url, tmp_path).status == 0
        before = articles(tmp_path)
        paper.pages = {"/post-sitemap.xml": urlset(()), **dict.fromkeys((post.path for post in paper.posts), GONE)}
        for options in ((), ("-a", "full=1"), ()):
            ended = crawl(site.url, tmp_path, *options)
            assert (ended.status, articles(tmp_path)) == (0, before), ended.err
        paper.pages = {}
        assert crawl(site.url, tmp_path).status == 0
    assert len(changes(tmp_path)) == len(before)


FORM = Sound(200, b"<html><body class='single-post jnews'><form class='post-password-form'></form></body></html>")


@pytest.mark.torture
def test_many_that_are_protected_by_a_password_wait_although_they_are_listed(
    site: FaultySite, paper: Press, tmp_path: Path
) -> None:
    crawl(site.url, tmp_path)
    before = articles(tmp_path)
    paper.pages = dict.fromkeys((post.path for post in paper.posts), FORM)
    paper.posts = [replace(post, modified=LATE) for post in paper.posts]
    since = set()
    for options in ((), (), ("-a", "full=1"), ()):
        assert (crawl(site.url, tmp_path, *options).status, articles(tmp_path)) == (4, before)
        store = DataFolder(tmp_path)
        since.add(min(store.memory.get("held_removals").values()))
        store.close()
    assert len(since) == 1
    age(tmp_path, WAIT)
    crawl(site.url, tmp_path)
    assert articles(tmp_path) == {}


@pytest.mark.torture
def test_another_finding_in_between_does_not_begin_the_wait_anew(
    site: FaultySite, paper: Press, tmp_path: Path
) -> None:
    crawl(site.url, tmp_path)
    away, paper.posts = paper.posts[:26], paper.posts[26:]
    assert crawl(site.url, tmp_path, "-a", "full=1").status == 4
    age(tmp_path, timedelta(hours=12))
    paper.pages = {post.path: Sound(302, b"", {"Location": paper.posts[0].path}) for post in away}
    assert crawl(site.url, tmp_path).status in {3, 4}
    paper.pages = {}
    assert crawl(site.url, tmp_path).status == 4
    store = DataFolder(tmp_path)
    since = store.memory.get("held_removals")
    store.close()
    assert len(since) == 26
    assert max(since.values()) < dates.utc(datetime.now(UTC) - timedelta(hours=11))


@pytest.mark.torture
def test_a_removal_that_a_pipeline_keeps_back_does_not_begin_the_wait_anew(
    site: FaultySite, paper: Press, tmp_path: Path
) -> None:
    crawl(site.url, tmp_path)
    take_away(paper)
    assert crawl(site.url, tmp_path, "-a", "full=1").status == 4
    age(tmp_path, WAIT)
    assert crawl(site.url, tmp_path, ITEM_PIPELINES='{"mainland.pipelines.WritePipeline": null}').status in {3, 4}
    assert len(articles(tmp_path)) == COUNT
    crawl(site.url, tmp_path)
    assert articles(tmp_path) == {}


def test_the_same_a_day_later_removes_them(site: FaultySite, paper: Press, tmp_path: Path) -> None:
    crawl(site.url, tmp_path)
    take_away(paper)
    assert crawl(site.url, tmp_path, "-a", "full=1").status == 4
    age(tmp_path, WAIT)
    crawl(site.url, tmp_path)
    assert articles(tmp_path) == {}
    assert [record["change"] for record in changes(tmp_path)].count("removed") == COUNT


def test_a_person_accepts_them(site: FaultySite, paper: Press, tmp_path: Path) -> None:
    crawl(site.url, tmp_path)
    take_away(paper)
    assert crawl(site.url, tmp_path, "-a", "full=1").status == 4
    where = ("-s", f"MAINLAND_DATA_DIR={tmp_path}")
    accepted = scrapy("status", "--accept", *where)
    assert (accepted.status, "CONFIRM" in accepted.out) == (0, False)
    crawl(site.url, tmp_path)
    assert articles(tmp_path) == {}


@pytest.mark.torture
def test_twenty_are_removed(site: FaultySite, paper: Press, tmp_path: Path) -> None:
    crawl(site.url, tmp_path)
    paper.posts = [*paper.posts[MOST:-1], replace(paper.posts[-1], modified=LATER)]
    assert "were found gone" not in crawl(site.url, tmp_path, "-a", "full=1").err
    assert len(articles(tmp_path)) == COUNT - MOST


def test_one_more_is_not_and_what_is_new_comes_all_the_same(site: FaultySite, paper: Press, tmp_path: Path) -> None:
    crawl(site.url, tmp_path)
    paper.posts = [*paper.posts[MOST + 1 :], Post(900, published=LATER)]
    assert "21 of 31 articles were found gone" in crawl(site.url, tmp_path, "-a", "full=1").err
    assert len(articles(tmp_path)) == COUNT + 1


def test_other_articles_at_the_addresses_of_many_wait_with_them(site: FaultySite, paper: Press, tmp_path: Path) -> None:
    crawl(site.url, tmp_path)
    before = articles(tmp_path)
    others = [replace(post, id=post.id + 500, published=LATER, modified=LATER) for post in paper.posts]
    paper.pages = {
        post.path: Sound(200, paper.post(other).body.replace(other.path.encode(), post.path.encode()))
        for post, other in zip(paper.posts, others, strict=True)
    }
    paper.posts = [replace(post, modified=LATER) for post in paper.posts]
    assert crawl(site.url, tmp_path).status == 4
    assert articles(tmp_path) == before


@pytest.mark.parametrize(
    "left", [(), pytest.param(("category",), marks=pytest.mark.torture)], ids=["nothing", "sections without articles"]
)
def test_a_site_that_lists_nothing_any_more_is_never_complete(
    site: FaultySite, paper: Press, tmp_path: Path, left: tuple[str, ...]
) -> None:
    assert crawl(site.url, tmp_path).status == 0
    before, posts = articles(tmp_path), paper.posts
    paper.rest = paper.feed = paper.sitemap = False
    empty = paper.list_of([])
    sections = dict.fromkeys((f"/category/{name}/" for name in paper.sections), empty if left else GONE)
    paper.pages = {"/": paper.page("home", ""), **sections, **dict.fromkeys((post.path for post in posts), GONE)}
    for _ in range(3):
        ended = crawl(site.url, tmp_path)
        assert (ended.status, articles(tmp_path)) == (4, before), ended.err
        assert "listed articles before, and lists none now" in ended.err
    where = ("-s", f"MAINLAND_DATA_DIR={tmp_path}")
    assert records(tmp_path / "runs.jsonl")[-1]["unconfirmed"].keys() == {"listing"}
    (tmp_path / "first.jsonl").write_text((tmp_path / "runs.jsonl").read_text())
    only_later = (tmp_path / "runs.jsonl").read_text().splitlines(keepends=True)[1:]
    (tmp_path / "runs.jsonl").write_text("".join(only_later))
    assert scrapy("status", "--max-age", "1", *where).status == 1
    assert scrapy("status", "--accept", *where).status == 0
    assert "lists none now" not in crawl(site.url, tmp_path).err
