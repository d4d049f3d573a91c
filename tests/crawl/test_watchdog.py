"""A page that takes more than its share of CPU time is interrupted and reported, and costs nothing else."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import pytest

from mainland import settings
from mainland.pages.parsing import MOST_BYTES
from tests.support import hostile
from tests.support.crawling import Ending, articles, changes, command, patched, records, run, scrapy, started
from tests.support.serving import Reply, listing, serving

PAGE = hostile.page().replace("{site}", "https://a.example").replace("{id}", "7")
TITLE = '<h3 class="jeg_post_title"><a href="{}">x</a></h3>'


# The page that takes the most memory for its size, with a quarter of its nodes: each three bytes are one.
LARGEST = """
import resource
from mainland import article
from mainland.pages.parsing import MOST_BYTES
from tests.support import hostile
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
page = hostile.page(text="[TEXT]").encode()
size = MOST_BYTES - len(page)
article(page.replace(b"[TEXT]", b"<p>" * (size // 3 // 4)))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="it counts in other units elsewhere")
def test_a_page_of_the_largest_size_leaves_room_below_a_gigabyte() -> None:
    """With the answers of sixteen requests under way, and what a crawl takes besides (200 MB)."""
    ending = run([sys.executable, "-c", LARGEST])
    assert ending.status == 0, ending.err
    assert 100 < 4 * int(ending.out) < 1000 - 200 - 16 * (settings.DOWNLOAD_MAXSIZE >> 20)


def test_extract_says_so_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "large.html").write_text(PAGE + " " * MOST_BYTES)
    (tmp_path / "usual.html").write_text(PAGE)
    ending = scrapy("extract", tmp_path / "large.html", tmp_path / "usual.html")
    assert (ending.status, ending.err) == (1, f"scrapy extract: {tmp_path}/large.html: too costly to read\n")
    assert len(ending.out.splitlines()) == 1


# A crawl whose pages use CPU time for ever where a text says so, as a bad regular expression would.
BURNING = """
import re
from lxml import html
from mainland import loaders, pipelines
from mainland.pages import watchdog
from mainland.pages import lists
from mainland.commands import crawl
watchdog.MOST_SECONDS, watchdog._HURRIED, crawl._GRACE = map(float, given)
def burning(function):
    def read(value, *others):
        if "BURN" in str(value) or "BUSY" in str(getattr(value, "byline", "")):
            print("burning", flush=True)
            re.fullmatch(r"(?:a|a)*b", "a" * 60)
        if "DEEP" in str(value):
            tree = html.fromstring("<p>" + "<b id='x'>x</b>" * 200_000)
            print("burning", flush=True)
            tree.xpath("//b | //*[@id]")
        return function(value, *others)
    return read
loaders.read_byline = loaders.ArticleLoader.byline_in = burning(loaders.read_byline)
lists.urls.absolute = (lambda absolute: lambda base, url: burning(absolute)(url) if "BURN" in str(url) else
                          absolute(base, url))(lists.urls.absolute)
pipelines.CheckPipeline.process_item = (lambda check: lambda self, item: check(
    self, burning(lambda item: item)(item) if "BUSY" in item.byline else item))(pipelines.CheckPipeline.process_item)
"""


class Site:
    """A site of three articles; the pages in ``burning`` take too long, and say that they changed."""

    def __init__(self, *burning: str, byline: str = "BURN") -> None:
        self.burning, self.byline = set(burning), byline
        self.day = "2022-01-08"

    def __call__(self, path: str, site: str) -> Reply:
        pages = ("/page-1/", "/page-2/", "/page-3/")
        if path in pages:
            byline = {"byline": self.byline} if path in self.burning else {}
            page = hostile.page(**byline).replace("{site}", site).replace("{id}", path[6])
            return Reply(200, page.encode())
        title = TITLE.format("/BURN/" if path in self.burning else "/page-1/")
        return listing(path, site, *pages, day=self.day, title=title)


def burning_command(seconds: tuple[float, float, float], site: str, folder: Path, *options: str) -> list[str]:
    """The command of a crawl whose pages may take too long, with the limits: of a page, after one signal and two."""
    return patched(BURNING, command("-a", f"site={site}", *options, MAINLAND_DATA_DIR=folder), *seconds)


def crawl(site: str, folder: Path, *options: str) -> Ending:
    """The end of a crawl whose pages may take too long."""
    return run(burning_command((0.5, 0.5, 5), site, folder, *options))


def test_a_costly_page_is_rejected_and_the_crawl_goes_on(tmp_path: Path) -> None:
    answer = Site("/page-2/")
    with serving(answer) as site:
        ending = crawl(site.url, tmp_path)
        assert (ending.status, ending.err) == (0, "")
        assert set(articles(tmp_path)) == {1, 3}
        rejected = [(each["url"], each["reason"]) for each in records(tmp_path / "rejected.jsonl")]
        assert rejected == [(f"{site.url}/page-2/", "too costly to read")]
        requested = site.paths.count("/page-2/")
        assert crawl(site.url, tmp_path).status == 0
        assert site.paths.count("/page-2/") == requested


def test_an_article_that_becomes_costly_stays_as_it_is(tmp_path: Path) -> None:
    answer = Site()
    with serving(answer) as site:
        assert crawl(site.url, tmp_path).status == 0
        answer.burning, answer.day = {"/page-2/"}, "2022-01-09"
        assert crawl(site.url, tmp_path).status == 0
        assert site.paths.count("/page-2/") == 2
        assert set(articles(tmp_path)) == {1, 2, 3}
        assert len(changes(tmp_path)) == 3


def test_a_costly_list_is_a_failure_and_the_crawl_goes_on(tmp_path: Path) -> None:
    answer = Site("/category/world/")
    with serving(answer) as site:
        ending = crawl(site.url, tmp_path, "-a", "full=1")
        assert set(articles(tmp_path)) == {1, 2, 3}
        assert ending.status == 3
        failures = records(tmp_path / "runs.jsonl")[-1]["failures"]
        assert failures == [{"url": f"{site.url}/category/world/", "reason": "too costly to read"}]


FOREVER = 10_000.0
NUMBERS = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])


def signalled(
    answer: Site, folder: Path, seconds: tuple[float, float, float], *numbers: signal.Signals
) -> tuple[int, str]:
    """How a crawl ends that gets signals, one by one, while a page takes for ever; the next one must be complete."""
    with serving(answer) as site:
        with started(burning_command(seconds, site.url, folder)) as process:
            assert process.first_line() == "burning"
            for number in numbers:
                process.send_signal(number)
                time.sleep(0.3)  # or two signals would be one
            status, errors = process.wait(60), process.printed(1)
        answer.burning.clear()
        assert crawl(site.url, folder).status == 0
        assert set(articles(folder)) == {1, 2, 3}
        assert len(changes(folder)) == 3
        assert records(folder / "rejected.jsonl") == []
    return status, errors


@NUMBERS
def test_the_first_signal_ends_a_page_soon_and_then_the_crawl(tmp_path: Path, number: signal.Signals) -> None:
    status, errors = signalled(Site("/page-2/"), tmp_path, (FOREVER, 0.5, FOREVER), number)
    assert status == 128 + number
    assert "interrupted" in errors
    assert "Traceback" not in errors
    crawls = records(tmp_path / "runs.jsonl")
    assert [each["exit_status"] for each in crawls] == [128 + number, 0]


@NUMBERS
def test_the_second_signal_ends_a_page_at_once_and_then_the_crawl(tmp_path: Path, number: signal.Signals) -> None:
    status, errors = signalled(Site("/page-2/"), tmp_path, (FOREVER, FOREVER, FOREVER), number, number)
    assert status == 128 + number
    assert "Traceback" not in errors
    crawls = records(tmp_path / "runs.jsonl")
    assert [each["exit_status"] for each in crawls] == [128 + number, 0]


@pytest.mark.parametrize(("numbers", "grace"), [([signal.SIGTERM] * 2, 0.5), ([signal.SIGINT] * 3, FOREVER)])
def test_a_crawl_that_is_busy_otherwise_is_ended_without_a_summary(
    tmp_path: Path, numbers: list[signal.Signals], grace: float
) -> None:
    answer = Site("/page-2/", byline="BUSY")
    status, errors = signalled(answer, tmp_path, (FOREVER, FOREVER, grace), *numbers)
    assert status == 128 + numbers[0]
    assert errors.endswith(f"scrapy crawl: ended at once by {numbers[0].name}; the next crawl goes on\n")


@NUMBERS
def test_the_second_signal_ends_a_call_of_c_after_its_grace(tmp_path: Path, number: signal.Signals) -> None:
    """XPath takes minutes, and runs no handler."""
    status, errors = signalled(Site("/page-2/", byline="DEEP"), tmp_path, (FOREVER, FOREVER, 0.5), number, number)
    assert status == 128 + number
    assert errors.endswith(f"scrapy crawl: ended at once by {number.name}; the next crawl goes on\n")
