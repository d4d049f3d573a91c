"""A crawl that gets nothing says which answer it was, at which address, and what to do: one line, no traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.crawling import articles, changes, crawl, records
from tests.support.faults import CHALLENGE, HTML, FaultySite, Sound, serve_faulty
from tests.support.small_sites import press

SHOP = b"""<html><head><title>Tea shop</title><meta name="generator" content="WordPress 6.8">
<link rel="stylesheet" href="/wp-content/themes/storefront/style.css"></head><body class="home">Tea</body></html>"""
BLOCK = b"<html><head><title>Attention Required! | Cloudflare</title></head><script>_cf_chl_opt={}</script></html>"


def everywhere(status: int, body: bytes = b"", **headers: str) -> Callable[[str, str], Sound]:
    named = {"Content-Type": HTML} | headers
    return lambda path, _: Sound(404, b"") if path == "/robots.txt" else Sound(status, body, named)


def robots(text: bytes) -> Callable[[str, str], Sound]:
    return lambda path, _: Sound(200, text, {"Content-Type": "text/plain"}) if path == "/robots.txt" else Sound(404)


CASES: dict[str, tuple[Callable[[str, str], Sound], int, str]] = {
    "robots.txt": (
        robots(b"# ours\nUser-agent: *\nDisallow: /\n"),
        77,
        "forbidden by robots.txt, line 3: Disallow: / at SITE/; the crawl obeys it: ask the site for permission",
    ),
    "robots.txt for this program": (
        robots(b"User-agent: *\nAllow: /\n\nUser-agent: other\nUser-agent: mainland\nDisallow: /*\n"),
        77,
        "forbidden by robots.txt, line 6: Disallow: /* at SITE/;",
    ),
    "403": (everywhere(403, b"<title>403</title>"), 77, 'status 403, title "403" at SITE/; open it in a browser'),
    "401": (everywhere(401), 77, "status 401 at SITE/; open it in a browser on this machine; if it shows there"),
    "a challenge with 403": (everywhere(403, BLOCK), 77, "status 403, a challenge of Cloudflare, title"),
    "a challenge with 200": (
        everywhere(200, CHALLENGE.encode()),
        77,
        'a challenge, title "Just a moment..." at SITE/;',
    ),
    "a challenge named by a header": (everywhere(403, b"<p>No", **{"x-datadome": "1"}), 77, "a challenge of DataDome"),
    "a shop": (
        everywhere(200, SHOP),
        77,
        'a JNews site, or a notice in its place, theme storefront, generator WordPress 6.8, title "Tea shop"',
    ),
    "another host": (
        everywhere(301, b"", Location="http://other.example:8080/x"),
        77,
        "leads off the site, to http://other.example:8080 at SITE/; if the site has moved, give its new address",
    ),
    "404": (everywhere(404, b"<title>Gone</title>"), 69, "home page answers 404 at SITE/; if it stays, open it"),
    "500": (everywhere(500, b"<title>Broken</title>"), 69, 'status 500, title "Broken" at SITE/; if it stays'),
    "robots.txt that fails": (
        lambda *_: Sound(500),
        69,
        "robots.txt cannot be reached: status 500 at SITE/; if it stays",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_crawl_that_gets_nothing_says_why_and_what_to_do(tmp_path: Path, case: str) -> None:
    answer, status, says = CASES[case]
    with serve_faulty(FaultySite(answer)) as site:
        ending = crawl(site.url, tmp_path, "-L", "ERROR", RETRY_TIMES=0)
    assert (ending.status, len(ending.err.splitlines())) == (status, 1), ending.err
    start = "the site refuses the crawl" if status == 77 else "the site cannot be reached"
    assert start in ending.err
    assert says.replace("SITE", site.url) in ending.err
    assert records(tmp_path / "runs.jsonl")[-1]["verdict"].startswith(start)


@pytest.mark.parametrize(
    ("site", "says"),
    [
        ("http://127.0.0.1:1", "connection refused at http://127.0.0.1:1/; check host and port"),
        ("http://nowhere.invalid", "host cannot be resolved at http://nowhere.invalid/; check the spelling"),
    ],
)
def test_a_site_that_does_not_answer_is_named_in_words(tmp_path: Path, site: str, says: str) -> None:
    ending = crawl(site, tmp_path, "-L", "ERROR", RETRY_TIMES=0)
    assert (ending.status, len(ending.err.splitlines())) == (69, 1), ending.err
    assert f"the site cannot be reached: robots.txt cannot be reached: {says}" in ending.err


def test_cron_hears_of_a_site_that_is_down_once_and_of_a_crawl_cut_short_not_at_once(tmp_path: Path) -> None:
    heard = [crawl("http://127.0.0.1:1", tmp_path, "-L", "ERROR", RETRY_TIMES=0) for _ in range(2)]
    assert [(ending.status, len(ending.err.splitlines())) for ending in heard] == [(69, 1), (69, 0)]
    with serve_faulty(FaultySite(lambda *_: Sound(200, b"<p>", {"Content-Type": HTML}))) as site:
        ending = crawl(site.url, tmp_path / "other", "-L", "ERROR", CLOSESPIDER_PAGECOUNT=1)
    assert (ending.status, ending.err) == (3, "")


@pytest.mark.parametrize("rules", ["/\nAllow: /sitemap.xml", "/story-"])
def test_robots_txt_that_forbids_all_articles_refuses_the_first_crawl_and_later_ones(
    tmp_path: Path, rules: str
) -> None:
    paper, first, later = press(5), tmp_path / "first", tmp_path / "later"
    forbidding = Sound(200, f"User-agent: *\nDisallow: {rules}\n".encode(), {"Content-Type": "text/plain"})
    says = "the site refuses the crawl: all known articles (5) forbidden by robots.txt, line 2: Disallow: /"
    with serve_faulty(FaultySite(paper.answer)) as site:
        assert crawl(site.url, later).status == 0
        paper.pages["/robots.txt"] = forbidding
        for data, options in ((first, ()), (first, ()), (later, ()), (later, ("-a", "full=1"))):
            ending = crawl(site.url, data, *options)
            assert ending.status == 77, ending.err
            assert says in ending.err
        assert len(articles(first)) == 0
        del paper.pages["/robots.txt"]
        for data in (first, later):
            assert crawl(site.url, data).status == 0
            assert sorted((line["id"], line["change"]) for line in changes(data)) == [(n, "new") for n in range(1, 6)]


def test_robots_txt_that_forbids_all_lists_of_a_site_without_sources_is_a_refusal(tmp_path: Path) -> None:
    paper = press(5, rest=False, sitemap=False, feed=False)
    paper.pages["/robots.txt"] = Sound(200, b"User-agent: *\nDisallow: /category/\n", {"Content-Type": "text/plain"})
    with serve_faulty(FaultySite(paper.answer)) as site:
        ending = crawl(site.url, tmp_path)
    assert ending.status == 77, ending.err
    assert f"forbidden by robots.txt, line 2: Disallow: /category/ at {site.url}/category/" in ending.err


@pytest.mark.parametrize("answer", ["403", "451", "Disallow: /$", "another host"])
def test_a_home_page_that_is_refused_is_not_needed_where_the_sources_list_all(tmp_path: Path, answer: str) -> None:
    robots = Sound(200, f"User-agent: *\n{answer}\n".encode(), {"Content-Type": "text/plain"})
    moved, is_moved = Sound(301, b"", {"Location": "https://b.example/"}), answer == "another host"
    for is_open, status in ((True, 3 if is_moved else 0), (False, 77)):
        paper, data = press(5, rest=is_open, sitemap=is_open, feed=is_open), tmp_path / str(is_open)
        home = moved if is_moved else Sound(int(answer)) if answer.isdecimal() else None
        paper.pages = {"/": home} if home else {"/robots.txt": robots}
        with serve_faulty(FaultySite(paper.answer)) as site:
            ending = crawl(site.url, data)
        assert ending.status == status, ending.err
        assert len(articles(data)) == 5 * is_open
        assert ("the home page is refused; the sources list all articles without it" in ending.err) is (status == 0)
