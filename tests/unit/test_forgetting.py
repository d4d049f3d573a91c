"""What is forgotten is gone from every file, and nothing else is."""

from __future__ import annotations

import gzip
import random
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
from scrapy.http import Response, XmlResponse

from mainland.storage import warc
from mainland.storage.mentions import Mentions
from tests.support.forgetting import GONE, SITE, archive, flipped, html, number_of
from tests.support.page_archive import archived, page

SITEMAP = (
    b'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">%s</urlset>'
)


def sitemap(*numbers: int) -> bytes:
    """A sitemap that lists articles."""
    return SITEMAP % b"".join(b"<url><loc>%s/milk-%d/</loc></url>" % (SITE.encode(), number) for number in numbers)


def bytes_of(content: bytes, record: warc.Record) -> bytes:
    """The bytes of a record in its file."""
    return content[record.offset : record.offset + record.length]


def zeroed(content: bytes, place: int, length: int) -> bytes:
    return content[:place] + bytes(length) + content[place + length :]


def lying(content: bytes, record: warc.Record, length: int) -> bytes:
    """A plain file in which the header of a record gives another length."""
    start = content.index(b"Content-Length: ", record.offset)
    end = content.index(b"\r\n", start)
    return content[:start] + b"Content-Length: %d" % length + content[end:]


Damage = Callable[[bytes, list[warc.Record]], tuple[bytes, set[int]]]
"""Gives from a file and its records the damaged file and the numbers of the records that were hit."""

DAMAGES: dict[str, Damage] = {
    "a byte in the middle": lambda file, found: (flipped(file, found[9].offset + found[9].length // 2), {9}),
    "the first byte of a record": lambda file, found: (flipped(file, found[9].offset), {9}),
    "the first byte of the file": lambda file, found: (flipped(file, 0), {0}),
    "two places": lambda file, found: (
        flipped(flipped(file, found[3].offset + 30), found[11].offset + 30),
        {3, 11},
    ),
    "two records in a row": lambda file, found: (
        zeroed(file, found[9].offset + 5, found[9].length + 20),
        {9, 10},
    ),
    "zeros between": lambda file, found: (zeroed(file, found[12].offset, 50), {12}),
    "the last record": lambda file, found: (flipped(file, found[-1].offset + 25), {len(found) - 1}),
    "half of the last record": lambda file, found: (file[: found[-1].offset + found[-1].length // 2], {len(found) - 1}),
}
LIES: dict[str, Damage] = {
    "a length too long": lambda file, found: (lying(file, found[9], len(found[9].block) + 700), {9}),
    "a length too short": lambda file, found: (lying(file, found[9], 20), {9}),
    "a length of the moon": lambda file, found: (lying(file, found[9], 10**14), {9}),
}


CASES = [("packed", name) for name in DAMAGES]
CASES += [("plain", name) for name in [*DAMAGES, *LIES] if name != "a byte in the middle"]  # which stays readable there


@pytest.mark.parametrize(("kind", "damage"), CASES)
def test_only_the_damaged_record_is_lost_and_its_bytes_are_set_aside(tmp_path: Path, kind: str, damage: str) -> None:
    path, content, found = archive(tmp_path, is_packed=kind == "packed")
    spoilt, hit = (DAMAGES | LIES)[damage](content, found)
    path.write_bytes(spoilt)
    warc.take_out(tmp_path, GONE)
    left = path.read_bytes()
    for number, record in enumerate(found):
        is_there = number not in hit and number_of(record) != 3
        assert (bytes_of(content, record) in left) == is_there, number
    aside = b"".join(each.read_bytes() for each in warc.unsearched(tmp_path))
    removed = sum(record.length for number, record in enumerate(found) if number_of(record) == 3 and number not in hit)
    assert len(left) + len(aside) + removed == len(spoilt)
    assert b"milk-3/" not in (gzip.decompress(left) if kind == "packed" else left)


@pytest.mark.parametrize("seed", range(4))
def test_wherever_a_file_is_damaged_nothing_is_lost_and_nothing_forgotten_stays(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    path, content, found = archive(tmp_path, is_packed=True, articles=5)
    for _ in range(12):
        hits = sorted(chance.sample(range(len(content)), chance.choice([1, 2, 5])))
        spoilt = content
        for place in hits:
            spoilt = flipped(spoilt, place)
        path.write_bytes(spoilt)
        warc.take_out(tmp_path, GONE)
        left = path.read_bytes()
        for record in found:
            is_hit = any(record.offset <= place < record.offset + record.length for place in hits)
            if number_of(record) == 3:
                assert bytes_of(content, record) not in left
            elif not is_hit:
                assert bytes_of(content, record) in left, hits
        assert b"milk-3/" not in gzip.decompress(left)
        for aside in warc.unsearched(tmp_path):
            aside.unlink()


PACKED: dict[str, tuple[bytes, dict[str, str]]] = {
    "gzip": (gzip.compress(sitemap(1, 3)), {"Content-Type": "application/gzip"}),
    "gzip by octets": (gzip.compress(sitemap(1, 3)), {"Content-Type": "application/octet-stream"}),
    "gzip in gzip": (gzip.compress(gzip.compress(sitemap(1, 3))), {"Content-Type": "application/x-gzip"}),
    "gzip sent as gzip": (
        gzip.compress(gzip.compress(sitemap(1, 3))),
        {"Content-Type": "application/gzip", "Content-Encoding": "gzip"},
    ),
    "gzip sent as br": (
        brotli.compress(gzip.compress(sitemap(1, 3))),
        {"Content-Type": "application/gzip", "Content-Encoding": "br"},
    ),
    "deflate": (zlib.compress(sitemap(1, 3)), {"Content-Type": "text/xml", "Content-Encoding": "deflate"}),
    "zlib": (zlib.compress(sitemap(1, 3)), {"Content-Type": "application/octet-stream"}),
    "two members": (gzip.compress(sitemap(1)) + gzip.compress(sitemap(3)), {"Content-Type": "application/gzip"}),
    "UTF-16": (gzip.compress(sitemap(1, 3).decode().replace("UTF-8", "UTF-16").encode("utf-16")), {}),
    "cut": (gzip.compress(sitemap(1, 3, *range(100, 400)))[:-60], {"Content-Encoding": "gzip"}),
    "broken at its end": (gzip.compress(sitemap(1, 3))[:-8] + bytes(8), {"Content-Type": "application/gzip"}),
    "a bomb": (gzip.compress(bytes(70 << 20) + sitemap(3), 1), {"Content-Type": "application/gzip"}),
}


@pytest.mark.parametrize("kind", PACKED)
def test_what_is_packed_is_looked_into(tmp_path: Path, kind: str) -> None:
    body, headers = PACKED[kind]
    (path,) = archived(tmp_path, page(1), Response(f"{SITE}/sitemap.xml.gz", headers=headers, body=body), page(4))
    warc.take_out(tmp_path, GONE)
    assert [record.url for record in warc.records(path) if record.kind == "response"] == [
        f"{SITE}/milk-1/",
        f"{SITE}/milk-4/",
    ]


def test_lists_that_name_others_stay(tmp_path: Path) -> None:
    packed = {"Content-Type": "application/gzip"}
    answers = [
        Response(f"{SITE}/a.xml.gz", headers=packed, body=gzip.compress(sitemap(1, 4))),
        Response(f"{SITE}/b.xml.gz", headers=packed, body=b"\x1f\x8bnoise"),
        Response(f"{SITE}/c.xml.gz", headers=packed, body=b"x\x9cnoise"),
        XmlResponse(f"{SITE}/d.xml", body=sitemap(1)),
    ]
    (path,) = archived(tmp_path, *answers)
    before = path.read_bytes()
    warc.take_out(tmp_path, GONE)
    assert path.read_bytes() == before


def test_a_record_that_is_no_record_is_not_taken_for_half_a_one(tmp_path: Path) -> None:
    (path,) = archived(tmp_path, page(1))
    sound, head = path.read_bytes(), b"WARC/1.0\r\nWARC-Type: response\r\nX: "
    for content in (head + b"a" * (65 << 20), head + b"a\r\n\r\n"):
        path.write_bytes(sound + gzip.compress(content))
        with pytest.raises(warc.BrokenArchiveError, match=f"damaged from byte {len(sound)} to"):
            list(warc.records(path))
    for length in (1, 2, 3, 5, 12, 40):
        path.write_bytes(sound + gzip.compress(head + random.Random(1).randbytes(400))[:length])
        assert len(list(warc.records(path))) == 3
    for length in (1, 100_000):
        path.write_bytes(sound + bytes(length))
        assert len(list(warc.records(path))) == 3


def test_the_page_of_an_article_that_was_imported_again_is_removed(tmp_path: Path) -> None:
    moved = html(3, 3).body.replace(b"postid-3", b"postid-998").replace(b"/milk-3/", b"/milk-3/?x=1")
    answers = [
        html(3, 999),
        html(3, 999, f"{SITE}/milk-3/2/"),
        Response(f"{SITE}/old-3/", status=301, headers={"Location": "/milk-3/"}),
        page(1).replace(url=f"{SITE}/elsewhere/", body=moved),  # its canonical link tells
        page(4),
    ]
    (path,) = archived(tmp_path, *answers)
    warc.take_out(tmp_path, GONE)
    assert {record.url for record in warc.records(path) if record.url} == {f"{SITE}/milk-4/"}


QUOTE = "The text to forget."
NAMING: dict[str, tuple[str, list[str]]] = {
    "plain": (
        f"{SITE}/?p=7",
        [
            f'<a href="{SITE}/?p=7">',
            '<a href="/?p=7">',
            "<a href=?p=7>",
            f"<guid>{SITE}/?post_type=post&#038;p=7</guid>",
            "<a href='/index.php?a=b&amp;p=7#x'>",
            '{"link":"https:\\/\\/one.example\\/?p=7"}',
            f"u={SITE.replace(':', '%3A').replace('/', '%2F')}%2F%3Fp%3D7",
            f'<link href="{SITE}/wp-json/wp/v2/posts/7">',
            f'<link href="{SITE}/?rest_route=/wp/v2/posts/7">',
        ],
    ),
    "numeric": (
        f"{SITE}/archives/7/",
        [
            f'<a href="{SITE}/archives/7/">',
            f'<a href="{SITE}/archives/7">',
            '<a href="/archives/7/?replytocom=3#respond">',
            "<loc>http://www.one.example/archives/7</loc>",
            '"https:\\/\\/one.example\\/archives\\/7\\/feed\\/"',
            '<a href="/archives/7/2/">',
            f"See {SITE}/archives/7.",
        ],
    ),
    "short": (f"{SITE}/news/", ['<a href="/news/">', f'"{SITE}/news"', "one.example/news/amp/", "/NEWS?x"]),
    "not ASCII": (
        f"{SITE}/%D0%BA-milk/",
        [
            f'<a href="{SITE}/%d0%ba-milk/">',
            f'<a href="{SITE}/к-milk/">',
            '"https:\\/\\/one.example\\/\\u043a-milk\\/"',
            f'<a href="{SITE}/&#1082;-milk/">',
            f"<a href='https://x.example/share?u={SITE}%2F%25D0%25BA-milk%2F'>",
        ],
    ),
}


@pytest.mark.parametrize("form", NAMING)
def test_a_list_that_names_the_article_is_removed(tmp_path: Path, form: str) -> None:
    url, links = NAMING[form]
    answers = [
        Response(f"{SITE}/list-{number}", headers={"Content-Type": "text/html"}, body=f"{link} {QUOTE}".encode())
        for number, link in enumerate(links)
    ]
    (path,) = archived(tmp_path, *answers, page(4))
    warc.take_out(tmp_path, {7: {url}})
    assert [record.url for record in warc.records(path) if record.kind == "response"] == [f"{SITE}/milk-4/"]


UNRELATED = [
    "User-agent: *\nCrawl-delay: 17\nDisallow: /newsletter/\n",
    f"<loc>{SITE}/archives/71/</loc><lastmod>2017-07-07</lastmod>",
    f'<a href="{SITE}/archives/17/">, {SITE}/archives/7-up/, {SITE}/my/archives/7/',
    f'<a href="{SITE}/?p=77">, /?p=17, /?page=7, https://x.example/?p=7, //x.example/?p=7',
    "<h1>News</h1> the newspaper of 7 news",
    f"{SITE}/category/news/ {SITE}/news/milk-falls/ {SITE}/news-in-brief/ https://x.example/news/ //x.example/news/",
    f"{SITE}/news.html /wp/v2/posts/77 /wp/v2/pages/7",
]


@pytest.mark.parametrize("url", [f"{SITE}/?p=7", f"{SITE}/archives/7/", f"{SITE}/news/"])
def test_what_names_nothing_of_the_article_stays_as_it_was(tmp_path: Path, url: str) -> None:
    kind = {"Content-Type": "text/html"}
    answers = [
        Response(f"{SITE}/other-{number}-17/", headers=kind, body=text.encode())
        for number, text in enumerate(UNRELATED)
    ]
    answers.append(Response(f"{SITE}/wp-json/wp/v2/categories", headers=kind, body=b'[{"id":7,"slug":"news"}]'))
    answers.append(Response(f"{SITE}/wp-json/wp/v2/posts", body=b'[{"id":8,"_embedded":{"author":[{"id":7}]}}]'))
    (path,) = archived(tmp_path, *answers, page(17))
    before = path.read_bytes()
    warc.take_out(tmp_path, {7: {url}})
    assert path.read_bytes() == before


@pytest.mark.parametrize("body", [b'[{"id":8},{"id":7}]', b'{"id": 7}', b'[{"id":8},{"id": 7, "da'])
def test_answers_of_rest_with_the_id_are_removed(tmp_path: Path, body: bytes) -> None:
    (path,) = archived(tmp_path, Response(f"{SITE}/wp-json/wp/v2/posts?per_page=100&_fields=id", body=body), page(4))
    warc.take_out(tmp_path, {7: {f"{SITE}/milk-7/"}})
    assert {record.url for record in warc.records(path) if record.url} == {f"{SITE}/milk-4/"}


def test_a_search_for_addresses_takes_linear_time() -> None:
    mentions = Mentions({7: [f"{SITE}/news/", f"{SITE}/?p=7"]})
    units = ["/", "/a", "\\", "\\u0041", "&#38;", "&", "%2", "one.example", "/one.example", "?p=", "/news/2/", " /x?"]

    def seconds(text: str) -> float:
        start = time.process_time()
        mentions.are_in(text)
        return time.process_time() - start

    for unit in units:
        few, many = unit * (20_000 // len(unit)), unit * (320_000 // len(unit))
        assert seconds(many) < 16 * 8 * max(seconds(few), 0.002), unit
