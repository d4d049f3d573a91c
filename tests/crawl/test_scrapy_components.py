"""Uses of Scrapy beside ``crawl``: own components, other spiders, ``parse`` and ``shell``, runs without a project."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scrapy import Spider
from scrapy.exceptions import NotConfigured
from scrapy.utils.misc import load_object
from scrapy.utils.test import get_crawler

from mainland.addons import _COMPONENTS, Mainland
from mainland.crawl.deliveries import Deliveries
from tests.support.crawling import Ending, articles, called, changes, crawl, records
from tests.support.faults import FaultySite, Sound, serve_faulty
from tests.support.sample_data import made, pending
from tests.support.small_sites import Press, press, urlset

pytestmark = pytest.mark.few(1)

OWN = """
import json
from dataclasses import replace
from itemadapter import ItemAdapter
from scrapy import Spider, signals
from scrapy.exceptions import DropItem
from mainland.spiders.articles import ArticlesSpider

class Sees:
    def open_spider(self):
        self.seen = open("seen.txt", "a")
    def process_item(self, item):
        print(ItemAdapter(item)["url"], file=self.seen, flush=True)
        return item

class Copies:
    def process_item(self, item):
        return replace(item)

class Shortens:
    def process_item(self, item):
        return replace(item, url=item.url + "?from=own")

class Dicts:
    def process_item(self, item):
        return ItemAdapter(item).asdict()

class Forgets:
    def process_item(self, item):
        pass

class Drops:
    def process_item(self, item):
        if item.id % 2:
            raise DropItem("not wanted")
        return item

class Raises:
    def process_item(self, item):
        if item.id % 2:
            raise RuntimeError("a fault of its own")
        return item

class Notes:
    @classmethod
    def from_crawler(cls, crawler):
        notes = cls()
        crawler.signals.connect(notes.note, signals.spider_opened)
        return notes
    def note(self):
        open("noted.txt", "w").close()

class Mine(ArticlesSpider):
    name = "mine"
    custom_settings = {"ITEM_PIPELINES": {"own.Sees": 400}, "EXTENSIONS": {"own.Notes": 1}}

class Other(Spider):
    name = "other"
    def __init__(self, at=None, **arguments):
        super().__init__(**arguments)
        self.start_urls = [at]
    def parse(self, response):
        yield {"at": response.url}
        yield response.follow("/category/world/", self.parse)
        yield response.follow("/category/world/", self.parse)
"""
SETTINGS = """
from mainland.settings import *
SPIDER_MODULES = ["own", "mainland.spiders"]
DOWNLOAD_DELAY = 0
CONCURRENT_REQUESTS_PER_DOMAIN = 16
LOG_LEVEL = "WARNING"
MAINLAND_DATA_DIR = "data"
"""
COUNT = 24


@pytest.fixture
def paper() -> Press:
    return press(COUNT)


@pytest.fixture
def site(paper: Press) -> Iterator[FaultySite]:
    with serve_faulty(FaultySite(paper.answer)) as found:
        yield found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A Scrapy project of a user's own, with components and spiders in ``own.py``."""
    (tmp_path / "scrapy.cfg").write_text("[settings]\ndefault = chosen\n")
    (tmp_path / "chosen.py").write_text(SETTINGS)
    (tmp_path / "own.py").write_text(OWN)
    return tmp_path


def run(folder: Path, *words: str) -> Ending:
    """The end of a command of Scrapy, or of a Python program, in a folder."""
    if not words[0].endswith(".py"):
        return called("scrapy", folder, *words)
    return called("python", folder, *words)


def seen(folder: Path) -> set[str]:
    """The addresses that the pipeline ``Sees`` saw."""
    return set((folder / "seen.txt").read_text().split())


def own(name: str, order: int) -> tuple[str, str]:
    """The option that adds a pipeline of one's own."""
    return "-s", f'ITEM_PIPELINES={{"own.{name}": {order}}}'


# -- own pipelines ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("Sees", 50),
        ("Dicts", 400),
        *(pytest.param(*each, marks=pytest.mark.torture) for each in (("Sees", 400), ("Copies", 250))),
    ],
)
def test_own_pipelines_run_beside_those_of_the_project(site: FaultySite, project: Path, name: str, order: int) -> None:
    first = run(project, "crawl", "articles", "-a", f"site={site.url}", *own(name, order))
    assert (first.status, len(articles(project / "data"))) == (0, COUNT), first.err
    if name == "Sees":
        assert len(seen(project)) == COUNT
    before = len(site.paths)
    assert run(project, "crawl", "articles", "-a", f"site={site.url}", *own(name, order)).status == 0
    assert len(site.paths) == before + 3  # nothing is requested twice


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("Drops", COUNT // 2),
        ("Forgets", COUNT),
        pytest.param("Raises", COUNT // 2, marks=pytest.mark.torture),
        pytest.param("Dicts", COUNT, marks=pytest.mark.torture),
    ],
)
def test_what_an_own_pipeline_keeps_back_is_due_again(site: FaultySite, project: Path, name: str, lost: int) -> None:
    for _ in range(2):
        ended = run(project, "crawl", "articles", "-a", f"site={site.url}", *own(name, 250))
        assert ended.status == 3
        assert len(articles(project / "data")) == COUNT - lost
        (kind,) = {failure["reason"] for failure in records(project / "data" / "runs.jsonl")[-1]["failures"]}
        assert kind.startswith(
            {"Drops": "dropped by a pipeline: not wanted", "Raises": "RuntimeError"}.get(name, "not written")
        )
    assert run(project, "crawl", "articles", "-a", f"site={site.url}").status == 0
    assert len(articles(project / "data")) == COUNT


def test_an_address_that_an_own_pipeline_changes_is_settled_all_the_same(site: FaultySite, project: Path) -> None:
    for _ in range(2):
        before = len(site.paths)
        assert run(project, "crawl", "articles", "-a", f"site={site.url}", *own("Shortens", 50)).status == 0
    assert len(site.paths) == before + 3


def test_a_crawl_without_the_pipeline_that_writes_is_not_complete(site: FaultySite, project: Path) -> None:
    off = '{"mainland.pipelines.WritePipeline": null}'
    ended = run(project, "crawl", "articles", "-a", f"site={site.url}", "-s", f"ITEM_PIPELINES={off}")
    assert (ended.status, articles(project / "data")) == (3, {})
    assert run(project, "crawl", "articles", "-a", f"site={site.url}").status == 0
    assert len(articles(project / "data")) == COUNT


def test_removals_pass_through_own_pipelines(site: FaultySite, paper: Press, project: Path) -> None:
    run(project, "crawl", "articles", "-a", f"site={site.url}", *own("Sees", 400))
    (project / "seen.txt").unlink()
    gone = paper.posts.pop(3)
    paper.posts[0] = replace(paper.posts[0], modified="2024-09-01T10:00:00+00:00")
    assert run(project, "crawl", "articles", "-a", f"site={site.url}", *own("Sees", 400)).status == 0
    assert site.url + gone.path in seen(project)
    assert len(articles(project / "data")) == COUNT - 1


def test_components_of_the_settings_file_and_of_a_subclass_run(site: FaultySite, project: Path) -> None:
    with (project / "chosen.py").open("a") as settings:
        settings.write('ITEM_PIPELINES = {"own.Sees": 400}\nEXTENSIONS = {"own.Notes": 1}\n')
    assert run(project, "crawl", "articles", "-a", f"site={site.url}").status == 0
    assert len(seen(project)) == len(articles(project / "data")) == COUNT
    assert (project / "noted.txt").exists()
    (project / "noted.txt").unlink()
    (project / "seen.txt").unlink()
    words = ("-s", "MAINLAND_DATA_DIR=other", "-s", "TWISTED_REACTOR_ENABLED=False")
    ended = run(project, "crawl", "mine", "-a", f"site={site.url}", *words)
    assert (ended.status, len(seen(project)), len(articles(project / "other"))) == (0, COUNT, COUNT)
    assert (project / "noted.txt").exists()


def test_a_component_that_cannot_be_loaded_is_named_in_a_line(site: FaultySite, project: Path) -> None:
    ended = run(project, "crawl", "articles", "-a", f"site={site.url}", *own("Missing", 1))
    assert ended.status == 2
    assert ended.err.count("\n") == 1
    assert "Missing" in ended.err


class Plain(Spider):
    """A spider that is not the project's."""

    name = "plain"


# -- other spiders ---------------------------------------------------------------------------------------------


def test_a_second_spider_of_the_project_is_left_as_scrapy_makes_it(site: FaultySite, project: Path) -> None:
    ended = run(project, "crawl", "other", "-a", f"at={site.url}", "-O", "out.jsonl")
    assert ended.status == 0, ended.err
    assert [json.loads(line) for line in (project / "out.jsonl").read_text().splitlines()]
    assert site.paths.count("/category/world/") == 1  # Scrapy's own filter of duplicates
    assert not (project / "data").exists()


@pytest.mark.parametrize("path", [path for paths in _COMPONENTS.values() for path in paths])
def test_components_leave_other_spiders_alone(path: str) -> None:
    crawler = get_crawler(Plain)
    crawler.spider = crawler._create_spider()
    with pytest.raises(NotConfigured):
        load_object(path).from_crawler(crawler)


def test_the_add_on_leaves_other_spiders_alone() -> None:
    with pytest.raises(NotConfigured):
        Mainland.from_crawler(get_crawler(Plain))


def test_a_spider_that_is_not_there_is_refused_with_those_that_are(project: Path) -> None:
    ended = run(project, "crawl", "artikles")
    assert ended.status == 2
    assert ended.err == "scrapy crawl: there is no spider 'artikles': the project has articles, mine, other\n"


# -- commands of Scrapy that crawl nothing ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        ("--pipelines",),
        *(
            pytest.param(each, marks=pytest.mark.torture)
            for each in ((), ("--callback=parse_article",), ("-a", "site={site}"))
        ),
    ],
    ids=str,
)
def test_parse_prints_the_article_and_touches_no_file(
    site: FaultySite, project: Path, options: tuple[str, ...]
) -> None:
    given = [option.format(site=site.url) for option in options]
    ended = run(project, "parse", f"{site.url}/story-5/", "--spider=articles", "--nocolour", "--nolinks", *given)
    assert "'headline': 'Story 5 at /story-5/'" in ended.out, ended.err
    assert not (project / "data").exists()


def test_parse_leaves_a_data_folder_as_it_is(site: FaultySite, paper: Press, project: Path) -> None:
    crawl(site.url, project / "data")
    before = {path.name: path.read_bytes() for path in (project / "data").iterdir()}
    paper.posts[4] = replace(paper.posts[4], modified="2024-09-01T10:00:00+00:00")
    for callback in ("parse", "parse_article"):
        run(project, "parse", f"{site.url}/story-5/", "--spider=articles", f"--callback={callback}", "--pipelines")
    assert {path.name: path.read_bytes() for path in (project / "data").iterdir()} == before


def test_parse_writes_items_to_a_file(site: FaultySite, project: Path) -> None:
    ended = run(project, "parse", f"{site.url}/story-5/", "--nocolour", "-O", "out.jsonl")
    assert (ended.status, "Deprecat" in ended.err) == (0, False)
    assert json.loads((project / "out.jsonl").read_text())["headline"] == "Story 5 at /story-5/"


def test_parse_says_that_a_page_cannot_be_downloaded(project: Path) -> None:
    ended = run(project, "parse", "http://127.0.0.1:1/story/")
    assert (ended.status, "Traceback" in ended.err) == (1, False)
    assert "Connection refused" in ended.err


def test_parse_says_why_a_page_is_not_an_article(site: FaultySite, project: Path) -> None:
    ended = run(project, "parse", f"{site.url}/", "--spider=articles", "--nocolour")
    assert "not an article: " in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    "words",
    [
        ("shell", "-c", "response.status", "--spider=articles"),
        pytest.param(("shell", "-c", "response.status"), marks=pytest.mark.torture),
    ],
)
def test_shell_opens_nothing(site: FaultySite, project: Path, words: tuple[str, ...]) -> None:
    ended = run(project, *words, f"{site.url}/story-5/")
    assert (ended.status, ended.out.strip()) == (0, "200"), ended.err
    assert "Traceback" not in ended.err
    assert not (project / "data").exists()


def test_check_and_list_open_nothing(project: Path) -> None:
    assert run(project, "check").status == 0
    assert run(project, "list").out.split() == ["articles", "mine", "other"]
    assert not (project / "data").exists()


# -- without a project -----------------------------------------------------------------------------------------

PROGRAM = """
from scrapy.crawler import CrawlerProcess
from mainland.spiders.articles import ArticlesSpider
process = CrawlerProcess({{"MAINLAND_DATA_DIR": "data", "DOWNLOAD_DELAY": 0, "LOG_LEVEL": "WARNING"}})
process.crawl(ArticlesSpider, site="{site}")
process.start()
"""
SUBCLASS = """
from mainland.spiders.articles import ArticlesSpider
class Mine(ArticlesSpider):
    name = "mine"
    custom_settings = {{"MAINLAND_SITE": "{site}", "MAINLAND_DATA_DIR": "data", "DOWNLOAD_DELAY": 0}}
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (PROGRAM, ["it.py"]),
        (SUBCLASS, ["runspider", "it.py", "-L", "WARNING"]),
        pytest.param(SUBCLASS, ["runspider", "it.py", "-s", "ADDONS={}"], marks=pytest.mark.torture),
    ],
    ids=["CrawlerProcess", "runspider", "runspider with other add-ons"],
)
def test_the_spider_brings_its_components_where_there_is_no_project(
    site: FaultySite, tmp_path: Path, text: str, words: list[str]
) -> None:
    (tmp_path / "it.py").write_text(text.format(site=site.url))
    ended = run(tmp_path, *words)
    assert ended.status == 0, ended.err
    assert len(articles(tmp_path / "data")) == COUNT
    (logged,) = records(tmp_path / "data" / "runs.jsonl")
    assert logged["verdict"] == "complete"
    assert site.paths.count("/robots.txt") == 1


def test_a_job_that_is_paused_and_resumed_is_complete(site: FaultySite, tmp_path: Path) -> None:
    job = ("-s", f"JOBDIR={tmp_path / 'job'}")
    assert crawl(site.url, tmp_path / "data", *job, CLOSESPIDER_ITEMCOUNT=5).status == 3
    assert crawl(site.url, tmp_path / "data", *job).status == 0
    assert len(articles(tmp_path / "data")) == COUNT


# -- items on their way ----------------------------------------------------------------------------------------


def test_an_item_is_known_by_itself_and_a_copy_by_what_it_says() -> None:
    found, waiting, other = Deliveries(), pending("https://a.example/1"), made(2)
    removal: dict[str, Any] = {"change": "removed"}
    one, gone = found.begin(made(1), waiting), found.begin(made(1, **removal), pending("https://a.example/2"))
    found.begin(other, waiting)
    assert found.end(replace(gone, revision=2)) == pending("https://a.example/2")
    assert found.end(replace(one, url="https://a.example/moved")) == waiting
    assert found.end(made(3)) is found.end({"id": 2}) is found.end(None) is None
    assert found.unfinished() == [(other, waiting)]
    assert found.end(other) == waiting
    assert found.unfinished() == []


# -- requests that never come back -----------------------------------------------------------------------------

DROPPING = """
import sys
from scrapy import Request
from scrapy.core.scheduler import Scheduler
from mainland.spiders.articles import ArticlesSpider

class Starts:
    async def process_start(self, start):
        number = 0
        async for each in start:
            number += 1
            if number % 2:
                yield each

class Halves:
    async def process_spider_output(self, response, result):
        number = 0
        async for each in result:
            number += isinstance(each, Request)
            if not isinstance(each, Request) or number % 2:
                yield each

class Swallows:
    async def process_spider_output(self, response, result):
        return
        yield

class Cuts:
    async def process_spider_output(self, response, result):
        number = 0
        async for each in result:
            yield each
            number += 1
            if number == 2:
                return

class Refuses(Scheduler):
    number = 0
    def enqueue_request(self, request):
        Refuses.number += 1
        return bool(Refuses.number % 3) and super().enqueue_request(request)

class Silent(ArticlesSpider):
    name = "silent"
    async def parse_article(self, response):
        return
        yield

class Other(ArticlesSpider):
    name = "otherwise"
    async def parse_article(self, response):
        yield {"url": response.url}
"""
HELD = [
    ("articles", "-s", 'SPIDER_MIDDLEWARES={"dropping.Starts": 500}'),
    ("articles", "-s", 'SPIDER_MIDDLEWARES={"dropping.Cuts": 500}'),
    ("silent",),
    pytest.param(("articles", "-s", 'SPIDER_MIDDLEWARES={"dropping.Halves": 500}'), marks=pytest.mark.torture),
    pytest.param(("articles", "-s", 'SPIDER_MIDDLEWARES={"dropping.Swallows": 500}'), marks=pytest.mark.torture),
    pytest.param(("articles", "-s", "SCHEDULER=dropping.Refuses"), marks=pytest.mark.torture),
    pytest.param(("articles", "-s", "URLLENGTH_LIMIT=28"), marks=pytest.mark.torture),
    pytest.param(("otherwise",), marks=pytest.mark.torture),
]


@pytest.mark.parametrize("words", HELD, ids=str)
@pytest.mark.parametrize("is_full", [True, pytest.param(False, marks=pytest.mark.torture)])
def test_a_request_that_a_component_drops_is_a_failure(project: Path, words: tuple[str, ...], is_full: bool) -> None:  # noqa: FBT001
    (project / "dropping.py").write_text(DROPPING)
    with (project / "chosen.py").open("a") as settings:
        settings.write('SPIDER_MODULES += ["dropping"]\n')
    paper = press(COUNT, rest=is_full, sitemap=is_full)
    with serve_faulty(FaultySite(paper.answer)) as site:
        ended = run(project, "crawl", *words, "-a", f"site={site.url}")
        stored = len(articles(project / "data"))
        assert (ended.status, stored < COUNT) in {(3, True), (3, False), (0, False)}, (stored, ended.err)
        assert run(project, "crawl", "articles", "-a", f"site={site.url}").status == 0
        assert len(articles(project / "data")) == COUNT


def test_a_long_address_is_requested(tmp_path: Path) -> None:
    paper = press(3)
    paper.posts[0] = replace(paper.posts[0], path=f"/{'a' * 2100}/")
    with serve_faulty(FaultySite(paper.answer)) as site:
        assert crawl(site.url, tmp_path).status == 0
        assert len(articles(tmp_path)) == 3


def test_an_own_pipeline_that_waits_doubles_no_line(project: Path) -> None:
    with (project / "own.py").open("a") as module:
        module.write(
            "\nimport asyncio\nclass Waits:\n    async def process_item(self, item):\n"
            "        await asyncio.sleep(0.3)\n        return item\n"
        )
    paper = press(8)
    with serve_faulty(FaultySite(paper.answer)) as site:
        old = [f"/old-{post.id}/" for post in paper.posts]
        paper.pages = {
            path: Sound(301, b"", {"Location": post.path}) for path, post in zip(old, paper.posts, strict=True)
        }
        listed = urlset(f"{site.url}{path}" for path in [*old, *(post.path for post in paper.posts)])
        paper.pages["/sitemap.xml"] = listed
        line = ("crawl", "articles", "-a", f"site={site.url}", *own("Waits", 250))
        assert [run(project, *line).status for _ in range(2)] == [3, 0]  # what is listed leads elsewhere
    assert len(changes(project / "data")) == 8  # changes() holds that no revision stands there twice


@pytest.mark.parametrize("field", ["id", "url"])
def test_an_item_that_an_own_pipeline_breaks_is_not_written(site: FaultySite, project: Path, field: str) -> None:
    with (project / "own.py").open("a") as module:
        module.write(
            f"\nclass Breaks:\n    def process_item(self, item):\n        item.{field} = None\n        return item\n"
        )
    ended = run(project, "crawl", "articles", "-a", f"site={site.url}", *own("Breaks", 250))
    assert (ended.status, changes(project / "data")) == (3, [])
    assert run(project, "crawl", "articles", "-a", f"site={site.url}").status == 0
    assert len(articles(project / "data")) == COUNT


@pytest.mark.parametrize(
    "instead",
    [
        "return None",
        *(pytest.param(each, marks=pytest.mark.torture) for each in ("raise DropItem('kept')", "return {'url': 1}")),
    ],
)
def test_a_removal_that_an_own_pipeline_keeps_back_is_found_again(
    site: FaultySite, paper: Press, project: Path, instead: str
) -> None:
    with (project / "own.py").open("a") as module:
        module.write(
            "\nclass Keeps:\n    def process_item(self, item):\n"
            f"        if item.change == 'removed':\n            {instead}\n        return item\n"
        )
    run(project, "crawl", "articles", "-a", f"site={site.url}")
    del paper.posts[3:8]
    paper.posts[0] = replace(paper.posts[0], modified="2024-09-01T10:00:00+00:00")
    for _ in range(2):
        ended = run(project, "crawl", "articles", "-a", f"site={site.url}", *own("Keeps", 250))
        assert (ended.status, len(articles(project / "data"))) == (3, COUNT)
    assert run(project, "crawl", "articles", "-a", f"site={site.url}").status == 0
    assert len(articles(project / "data")) == COUNT - 5


def test_parse_lists_what_a_category_page_shows(site: FaultySite, project: Path) -> None:
    named = ("--callback=parse_category", "--cbkwargs", '{"slug": "world", "number": 1}')
    ended = run(project, "parse", f"{site.url}/category/world/", "--spider=articles", "--nocolour", *named)
    assert "/story-" in ended.out, ended.err
    assert not (project / "data").exists()
