"""Whole crawls of sites that refuse, that demand long pauses, or that are no newspaper."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import hostile
from tests.support.crawling import articles, command, crawl, patched, records, run, scrapy
from tests.support.sample_data import python
from tests.support.serving import ARTICLE, SECTION, Reply, newspaper, serving

pytestmark = pytest.mark.few(1)

SITEMAP = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<url><loc>{site}/milk/</loc><lastmod>2024-07-01T10:00:00Z</lastmod></url>
<url><loc>https://elsewhere.example/milk/</loc></url><url><loc>{site}/</loc></url></urlset>"""


def test_the_smallest_newspaper_is_read(tmp_path: Path) -> None:
    with serving(newspaper) as site:
        assert crawl(site.url, tmp_path).status == 0
    (article,) = articles(tmp_path).values()
    assert (article["id"], article["headline"], article["body"]) == (7, "Milk falls", "It fell.")


def test_a_site_whose_name_is_not_ascii_is_read_by_either_name(tmp_path: Path) -> None:
    names = ["bücher.example", "xn--bcher-kva.example"]

    def answer(path: str, site: str) -> Reply:
        return newspaper(path, site.replace("127.0.0.1", names[0]))

    code = "import socket; socket.gethostbyname = lambda _: '127.0.0.1'"
    with serving(answer) as site:
        for name in names:
            address = site.url.replace("127.0.0.1", name)
            line = command("-a", f"site={address}", MAINLAND_DATA_DIR=tmp_path, MAINLAND_CONTACT="a@b.c")
            assert run(patched(code, line)).status == 0
    (article,) = articles(tmp_path).values()
    assert article["site"].startswith(names[1])
    assert article["url"].startswith(f"http://{names[1]}:")


def test_a_site_in_a_folder_of_its_host_is_read(tmp_path: Path) -> None:
    def answer(path: str, site: str) -> Reply:
        answered = newspaper(path.removeprefix("/paper"), f"{site}/paper") if path.startswith("/paper/") else Reply()
        return answered._replace(body=answered.body.replace(b'href="/', b'href="/paper/'))

    with serving(answer) as site:
        assert crawl(f"{site.url}/paper", tmp_path).status == 0
    assert articles(tmp_path).keys() == {7}
    outside = {"/robots.txt", "/.well-known/tdmrep.json"}
    assert {path for path in site.paths if not path.startswith("/paper/")} == outside


LANDING = b'<html><body><p>A publisher <a href="/paper/">and its paper</a></p></body></html>'
ROBOTS = "User-agent: *\nAllow: /\nSitemap: {}/paper/post-sitemap.xml\n"


@pytest.mark.parametrize(
    ("root", "status", "words"),
    [
        (Reply(200, LANDING), 77, "; {0}/paper/ may be its address: give it as the site"),
        (Reply(404, b"<html>Gone</html>"), 69, "; {0}/paper/ may be its address: give it as the site"),
        (
            Reply(200, b'<html><body class="home page"><a href="/category/x/">x</a></body></html>'),
            4,
            "{0}/ lists no article: neither its feed, REST and sitemaps nor its sections; {0}/paper/ may be its",
        ),
    ],
    ids=["another page", "nothing", "another site"],
)
def test_the_root_of_a_site_in_a_folder_names_the_folder(tmp_path: Path, root: Reply, status: int, words: str) -> None:
    empty = b'<div class="custom_category_template"></div>'

    def answer(path: str, site: str) -> Reply:
        robots = Reply(200, ROBOTS.format(site).encode(), "text/plain")
        section = Reply(200, b'<html><body class="archive category">' + empty + b"</body></html>")
        return {"/": root, "/robots.txt": robots, "/category/x/": section}.get(path, Reply())

    with serving(answer) as site:
        ending = crawl(site.url, tmp_path)
    assert (ending.status, articles(tmp_path)) == (status, {})
    assert words.format(site.url) in ending.err


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500, b"{}"),
        Reply(403, b"<html>Checking your browser</html>"),
        Reply(200, b'{"timezone_string": 7, "x": "' + b"x" * (5 << 20) + b'"}', "application/json"),
    ],
    ids=["broken", "forbidden", "large"],
)
def test_a_rest_interface_that_does_not_tell_the_time_zone_costs_nothing(tmp_path: Path, reply: Reply) -> None:
    with serving(lambda path, site: reply if path == "/wp-json/" else newspaper(path, site)) as site:
        ending = crawl(site.url, tmp_path)
        assert (ending.status, ending.err) == (0, "")
        requested = site.paths.count("/wp-json/")
        assert crawl(site.url, tmp_path).status == 0
    assert requested <= 2
    assert site.paths.count("/wp-json/") == requested
    assert articles(tmp_path).keys() == {7}


def test_the_time_zone_is_requested_where_the_home_page_says(tmp_path: Path) -> None:
    def answer(path: str, site: str) -> Reply:
        if path == "/?rest_route=/":
            return Reply(200, b'{"timezone_string": "Asia/Tokyo", "gmt_offset": 9}', "application/json")
        answered = newspaper(path, site)
        link = b'<html><head><link rel="https://api.w.org/" href="/?rest_route=/"></head>'
        late = b'<head><meta property="article:published_time" content="2022-01-07T20:41:12Z">'
        return answered._replace(body=answered.body.replace(b"<html><body", link + b"<body").replace(b"<head>", late))

    with serving(answer) as site:
        assert crawl(site.url, tmp_path).status == 0
        assert crawl(site.url, tmp_path).status == 0
    assert articles(tmp_path)[7]["day_published"] == "2022-01-08"
    assert [run["time_zone"] for run in records(tmp_path / "runs.jsonl")] == ["Asia/Tokyo", "Asia/Tokyo"]
    assert site.paths.count("/?rest_route=/") == 1


@pytest.mark.parametrize("named", [True, False], ids=["named-by-robots", "not-named"])
def test_packed_sitemaps_are_unpacked_and_other_hosts_are_none_of_ours(tmp_path: Path, named: bool) -> None:  # noqa: FBT001
    name = "/maps.xml.gz" if named else "/sitemap.xml"

    def answer(path: str, site: str) -> Reply:
        if path == "/robots.txt" and named:
            return Reply(
                200, f"Sitemap: {site}{name}\nSitemap: https://elsewhere.example/a.xml\n".encode(), "text/plain"
            )
        if path == name:
            return Reply(200, gzip.compress(SITEMAP.format(site=site).encode()), "application/x-gzip")
        return Reply(200, ARTICLE.format(site=site).encode()) if path == "/milk/" else newspaper(path, site)

    with serving(answer) as site:
        assert crawl(site.url, tmp_path).status == 0
    assert articles(tmp_path).keys() == {7}
    assert "sitemap" in records(tmp_path / "runs.jsonl")[-1]["sources"]
    assert site.paths.count("/milk/") == 1


@pytest.mark.parametrize("packed", [lambda: b"\x1f\x8b", lambda: b"\x1f\x8bnoise", hostile.bomb])
def test_a_sitemap_that_cannot_be_unpacked_is_none(tmp_path: Path, packed: Callable[[], bytes]) -> None:
    def answer(path: str, site: str) -> Reply:
        return Reply(200, packed(), "application/x-gzip") if path == "/sitemap.xml" else newspaper(path, site)

    with serving(answer) as site:
        assert crawl(site.url, tmp_path).status == 0
    assert articles(tmp_path).keys() == {7}


@pytest.mark.parametrize("status", [401, 403])
def test_a_site_that_refuses_everything(tmp_path: Path, status: int) -> None:
    with serving(lambda _path, _site: Reply(status, b"Forbidden")) as site:
        ending = crawl(site.url, tmp_path)
    assert ending.status == 77
    assert "the site refuses the crawl" in ending.err
    assert records(tmp_path / "changes.jsonl") == []


def test_robots_txt_is_obeyed(tmp_path: Path) -> None:
    def answer(path: str, site: str) -> Reply:
        return (
            Reply(200, b"User-agent: *\nDisallow: /\n", "text/plain")
            if path == "/robots.txt"
            else newspaper(path, site)
        )

    with serving(answer) as site:
        ending = crawl(site.url, tmp_path)
    assert ending.status == 77
    assert "the site refuses the crawl" in ending.err
    assert set(site.paths) == {"/robots.txt"}


def test_a_part_that_robots_txt_forbids_is_left_alone(tmp_path: Path) -> None:
    rules = [b"User-agent: *\nDisallow: /milk/\n"]

    def answer(path: str, site: str) -> Reply:
        return Reply(200, rules[0], "text/plain") if path == "/robots.txt" else newspaper(path, site)

    with serving(answer) as site:
        for _ in range(2):
            ending = crawl(site.url, tmp_path)
            assert ending.status == 0
            assert "robots.txt forbids 1 address of articles" in ending.err
        assert "/milk/" not in site.paths
        assert records(tmp_path / "rejected.jsonl") == []
        rules[0] = b"User-agent: *\nDisallow:\n"
        assert crawl(site.url, tmp_path).status == 0
    assert articles(tmp_path).keys() == {7}


@pytest.mark.parametrize("own", [0, 0.3])
def test_crawl_delay_is_obeyed(tmp_path: Path, own: float) -> None:
    delay = 0.3

    def answer(path: str, site: str) -> Reply:
        rules = f"User-agent: *\nCrawl-delay: {delay}\n".encode()
        return Reply(200, rules, "text/plain") if path == "/robots.txt" else newspaper(path, site)

    with serving(answer) as site:
        assert crawl(site.url, tmp_path, DOWNLOAD_DELAY=own).status == 0
    assert len(site.requested) > 5
    (first, _), *gaps, (last, _) = site.requested[1:]
    assert last - first >= delay * 0.9 * (len(gaps) + 1)  # the network is not as even as the crawl


def test_a_crawl_delay_of_a_year_is_a_refusal(tmp_path: Path) -> None:
    rules = b"User-agent: own\nCrawl-delay: 31536000\n"
    with serving(lambda path, site: Reply(200, rules) if path == "/robots.txt" else newspaper(path, site)) as site:
        ending = crawl(site.url, tmp_path, ROBOTSTXT_USER_AGENT="own")
        assert site.paths == ["/robots.txt"]
    assert (ending.status, ending.err.count("ERROR")) == (77, 1)
    assert "the site refuses the crawl: robots.txt asks for 31536000 s between two requests" in ending.err


@pytest.mark.parametrize(
    "notice",
    [b"", b"<html><body><h1>Just a moment...</h1></body></html>", b"<html><body>Down for maintenance</body></html>"],
)
def test_a_notice_in_place_of_the_site_is_no_empty_newspaper(tmp_path: Path, notice: bytes) -> None:
    with serving(lambda _path, _site: Reply(200, notice)) as site:
        ending = crawl(site.url, tmp_path)
    assert ending.status == 77
    assert records(tmp_path / "rejected.jsonl") == []


def test_a_notice_in_place_of_an_article_is_requested_again(tmp_path: Path) -> None:
    sound: list[bool] = []

    def answer(path: str, site: str) -> Reply:
        notice = path == "/milk/" and not sound
        return Reply(200, b"<html><body>Just a moment...</body></html>") if notice else newspaper(path, site)

    with serving(answer) as site:
        assert crawl(site.url, tmp_path).status == 3
        assert records(tmp_path / "changes.jsonl") == []
        sound.append(True)
        assert crawl(site.url, tmp_path).status == 0
        assert articles(tmp_path).keys() == {7}


def test_a_whole_site_that_answers_404_for_a_day_removes_nothing_without_a_word(tmp_path: Path) -> None:
    gone: list[bool] = []

    def answer(path: str, site: str) -> Reply:
        return Reply() if gone else newspaper(path, site)

    with serving(answer) as site:
        assert crawl(site.url, tmp_path).status == 0
        gone.append(True)
        assert crawl(site.url, tmp_path).status != 0
        assert articles(tmp_path).keys() == {7}


def test_a_section_that_shows_no_articles_any_more_is_an_alarm_once_and_the_empty_site_one_each_time(
    tmp_path: Path,
) -> None:
    empty: list[bool] = []

    def answer(path: str, site: str) -> Reply:
        if path == "/category/world/" and empty:
            return Reply(200, SECTION.replace("jeg_post", "renamed").encode())
        return newspaper(path, site)

    with serving(answer) as site:
        assert crawl(site.url, tmp_path).status == 0
        empty.append(True)
        ending = crawl(site.url, tmp_path, "-a", "full=1")
        assert ending.status == 4
        assert "no articles in 1 section that showed some" in ending.err
        assert "/category/world/" in ending.err
        ending = crawl(site.url, tmp_path, "-a", "full=1")
        assert ending.status == 4
        assert "no articles in 1 section" not in ending.err
        assert "listed articles before, and lists none now" in ending.err
    assert articles(tmp_path).keys() == {7}
    assert [len(run["alarms"]) for run in records(tmp_path / "runs.jsonl")] == [0, 2, 1]


def test_retry_after_is_waited_for_and_nothing_is_lost(tmp_path: Path) -> None:
    refused: set[str] = set()

    def answer(path: str, site: str) -> Reply:
        if path == "/milk/" and path not in refused:
            refused.add(path)
            return Reply(503, b"busy", retry_after="1")
        return newspaper(path, site)

    with serving(answer) as site:
        assert crawl(site.url, tmp_path).status == 0
    first, second = (moment for moment, path in site.requested if path == "/milk/")
    assert second - first >= 1
    assert articles(tmp_path).keys() == {7}


def test_retry_after_holds_what_waits_for_its_turn_too(tmp_path: Path) -> None:
    refused: list[float] = []

    def answer(path: str, site: str) -> Reply:
        if path.startswith("/milk") and not refused:
            refused.append(time.monotonic())
            return Reply(429, b"slowly", retry_after="2")
        return crowded(path, site)

    with serving(answer) as site:
        assert crawl(site.url, tmp_path, DOWNLOAD_DELAY=0.1, CONCURRENT_REQUESTS_PER_DOMAIN=1).status == 0
    assert len(site.requested) > 10
    soon = [path for moment, path in site.requested if refused[0] < moment < refused[0] + 2]
    assert len(soon) <= 1  # which was on its way when the answer was read


@pytest.mark.parametrize("wish", ["", "3600"], ids=["busy-throughout", "wants-an-hour"])
def test_a_site_that_is_always_busy_is_left_alone(tmp_path: Path, wish: str) -> None:
    with serving(lambda path, _: Reply() if path == "/robots.txt" else Reply(429, b"busy", retry_after=wish)) as site:
        assert crawl(site.url, tmp_path).status == 69
    assert len(site.paths) <= (3 if wish else 12)


def crowded(path: str, site: str) -> Reply:
    """The newspaper with forty more addresses of its article."""
    answered = newspaper("/milk/" if path.startswith("/milk") else path, site)
    cards = b"".join(b'<h3 class="jeg_post_title"><a href="/milk-%d/">Milk</a></h3>' % n for n in range(40))
    start = b'<article class="jeg_post">'
    return answered._replace(body=answered.body.replace(start, start + cards))


def test_an_address_that_wants_to_be_left_alone_for_an_hour_costs_itself_alone(tmp_path: Path) -> None:
    def answer(path: str, site: str) -> Reply:
        return Reply(503, b"busy", retry_after="3600") if path == "/milk-7/" else crowded(path, site)

    with serving(answer) as site:
        ending = crawl(site.url, tmp_path, CONCURRENT_REQUESTS_PER_DOMAIN=1)
        assert (ending.status, site.paths.count("/milk-7/")) == (3, 1)
        assert {f"/milk-{number}/" for number in range(40)} <= set(site.paths)
        (failure,) = records(tmp_path / "runs.jsonl")[-1]["failures"]
        assert failure["url"] == f"{site.url}/milk-7/"
        assert crawl(site.url, tmp_path).status == 3
        assert site.paths.count("/milk-7/") == 2


def test_a_site_that_wants_to_be_left_alone_for_an_hour_in_mid_crawl_is(tmp_path: Path) -> None:
    def answer(path: str, site: str) -> Reply:
        return Reply(429, b"slowly", retry_after="3600") if path.startswith("/milk") else crowded(path, site)

    with serving(answer) as site:
        ending = crawl(site.url, tmp_path, CONCURRENT_REQUESTS_PER_DOMAIN=1)
    assert ending.status == 3
    assert "is left alone for 3600 s" in ending.err
    assert len([path for path in site.paths if path.startswith("/milk")]) <= 3 + 16  # which were on their way


def test_a_forgotten_article_is_never_requested_again(tmp_path: Path) -> None:
    with serving(newspaper) as site:
        assert crawl(site.url, tmp_path).status == 0
        assert scrapy("forget", "7", "-s", f"MAINLAND_DATA_DIR={tmp_path}").status == 0
        before = site.paths.count("/milk/")
        assert crawl(site.url, tmp_path, "-a", "full=1").status == 0
        (tmp_path / "index.sqlite").unlink()
        assert crawl(site.url, tmp_path).status == 0
        assert site.paths.count("/milk/") == before
    assert articles(tmp_path) == {}
    assert not any("Milk" in path.read_text("utf-8") for path in tmp_path.glob("*.jsonl"))


SEVERAL = """
import asyncio, sys
from scrapy import Request
from scrapy.http import Response
from scrapy.utils.reactor import install_reactor
from scrapy.utils.test import get_crawler
install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
from mainland.middlewares import ForbiddenError, StrictRobotsTxtMiddleware, UnknownRulesError
from mainland.spiders.articles import ArticlesSpider

class Engine:
    requested = 0
    async def download_async(self, request):
        Engine.requested += 1
        await asyncio.sleep(0.05)
        return Response(request.url, body=b"User-agent: *\\nDisallow: /private/")

async def main():
    crawler = get_crawler(ArticlesSpider, {"ROBOTSTXT_OBEY": True}, prevent_warnings=False)
    crawler.spider, crawler.engine = crawler._create_spider(site="https://a.example"), Engine()
    rules = StrictRobotsTxtMiddleware.from_crawler(crawler)
    pages = [Request(f"https://a.example/{'private' if n % 3 == 0 else 'story'}/{n}/") for n in range(12)]
    answers = await asyncio.gather(*map(rules.process_request, pages), return_exceptions=True)
    print([type(each).__name__ for each in answers], Engine.requested)

asyncio.get_event_loop().run_until_complete(main())
"""


def test_all_requests_that_wait_for_robots_txt_hear_what_it_says() -> None:
    ended = python(SEVERAL)
    expected = ["ForbiddenError", "NoneType", "NoneType"] * 4
    assert ended.stdout == f"{expected} 1\n", ended.stderr
