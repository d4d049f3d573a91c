"""Whole crawls with injected faults: the dataset is the same as without them."""

from __future__ import annotations

import random
import re
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import brotli
import pytest
from backports import zstd

from mainland import settings
from tests.support.crawling import (
    COUNTS,
    Ending,
    articles,
    changes,
    crawl,
    crawling,
    records,
    true_fields,
    without_sizes,
)
from tests.support.faults import (
    DETOURS,
    HARMLESS,
    HTML,
    NOTICES,
    SLOW,
    TRANSPORT,
    Fault,
    FaultySite,
    Sound,
    Step,
    drawn,
    head,
    moved,
    plain,
    serve_faulty,
)
from tests.support.replica.newsroom import Newsroom
from tests.support.replica.site import Options, Site

SHARE = 1 / 3
TRIES = 5  # of one address in one crawl: RETRY_TIMES and one
SIZE = 24


def newspaper(**options: Any) -> Callable[[str, str], Sound]:
    """The replica's answers, without its server."""
    site = Site(Options(articles=SIZE, **options), 0)

    def answer(path: str, base: str) -> Sound:
        found = site.answer(path, base)
        return Sound(found.status, found.body.encode(), {"Content-Type": HTML, **found.headers})

    return answer


def true(site: str) -> dict[int, dict[str, Any]]:
    """What the dataset must contain, but for what is printed on the day."""
    found = {truth["id"]: true_fields(truth, site) for truth in Newsroom(SIZE, 1, 0).truth()}
    return {n: {name: fields[name] for name in fields if name not in COUNTS} for n, fields in found.items()}


def assert_nothing_wrong(data: Path, site: str) -> None:
    """All that the dataset contains is true, once, and nothing was removed or turned away that is an article."""
    wanted = true(site)
    lines = changes(data) if (data / "changes.jsonl").exists() else []
    for line in lines:
        assert {name: without_sizes(line[name]) for name in wanted[line["id"]]} == wanted[line["id"]]
        assert (line["revision"], line["change"]) == (1, "new")
    public = {fields["url"] for fields in wanted.values()}
    rejected = records(data / "rejected.jsonl") if (data / "rejected.jsonl").exists() else []
    assert not [line for line in rejected if line["url"] in public]


def assert_exact(data: Path, site: str) -> None:
    """The dataset contains all that is true, and nothing else."""
    assert_nothing_wrong(data, site)
    assert articles(data).keys() == true(site).keys()


def assert_honest(ending: Ending) -> None:
    """It ended as the README says it does, without a fault of ours."""
    assert ending.status in (0, 3, 69, 77)
    assert "Traceback" not in ending.err
    assert not re.search(r"(?:Type|Attribute|Key|Index|Recursion|Overflow|Unicode\w+)Error", ending.err)


def seeds(short: int, most: int) -> list[Any]:
    """So many seeds for every day, the others for the long form."""
    return [pytest.param(seed, marks=pytest.mark.torture if seed > short else []) for seed in range(1, most + 1)]


def kinds(seed: int) -> Mapping[str, Any]:
    """Kinds of sites in turn."""
    return (
        {},
        {"rest": False, "sitemap": "yoast", "pagination": "nextprev"},
        {"rest": False, "lastmod": False, "pagination": "loadmore"},
        {"rest": False, "sitemap": "none", "pagination": "scrollload"},
    )[seed % 4]


@pytest.mark.parametrize("seed", seeds(1, 60))
def test_a_third_of_all_answers_is_faulty_and_one_crawl_is_enough(tmp_path: Path, seed: int) -> None:
    faults: dict[str, Fault] = TRANSPORT | HARMLESS | (SLOW if seed > 1 else {})
    print(f"seed {seed}")
    faulty = FaultySite(newspaper(**kinds(seed)), drawn(seed, SHARE, [*faults], most=TRIES - 1), faults, seed=seed)
    with serve_faulty(faulty):
        ending = crawl(faulty.url, tmp_path, DOWNLOAD_TIMEOUT=10)
        assert len([name for _, name in faulty.requested if name]) > SIZE / 4
        assert ending.status == 0, ending.err
        assert_honest(ending)
        assert_exact(tmp_path, faulty.url)


@pytest.mark.parametrize("seed", seeds(1, 60))
def test_a_third_of_all_answers_is_anything_and_crawls_go_on_until_it_is_complete(tmp_path: Path, seed: int) -> None:
    faults: dict[str, Fault] = TRANSPORT | HARMLESS | NOTICES | DETOURS | (SLOW if seed > 1 else {})
    print(f"seed {seed}")
    faulty = FaultySite(newspaper(**kinds(seed)), faults=faults, seed=seed)
    with serve_faulty(faulty):
        for names in (faults, faults.keys() - DETOURS.keys()):  # a detour that two crawls find is believed
            faulty.spoil = drawn(seed, SHARE, sorted(names))
            assert_honest(crawl(faulty.url, tmp_path, DOWNLOAD_TIMEOUT=10))
            assert_nothing_wrong(tmp_path, faulty.url)
        faulty.spoil = lambda _path, _nth: None
        ending = crawl(faulty.url, tmp_path)
        assert ending.status == 0, ending.err
        assert_exact(tmp_path, faulty.url)


# -- what is too large, and what leads away ---------------------------------------------------------------------


def endless(sound: Sound, _: random.Random) -> Iterator[Step]:
    yield head(200, {"Content-Type": HTML})
    while True:
        yield b"<p>More.</p>" * 10_000


def huge(sound: Sound, _: random.Random) -> Iterator[Step]:
    yield head(200, {"Content-Type": HTML, "Content-Length": str(300 << 20)})
    for _megabyte in range(300):
        yield b" " * (1 << 20)


PACKERS: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.compressobj(wbits=31),
    "deflate": zlib.compressobj,
    "br": lambda: brotli.Compressor(quality=1),
    "zstd": zstd.ZstdCompressor,
}


def bomb(encoding: str) -> Fault:
    """200 MB in a small pack, made in small steps: a child's peak of memory begins at that of its parent."""
    packer = PACKERS[encoding]()
    press = packer.process if encoding == "br" else packer.compress
    pack = b"".join(press(b"\0" * (1 << 20)) for _megabyte in range(200))
    pack += packer.finish() if encoding == "br" else packer.flush()
    return lambda _sound, _chance: plain(Sound(200, pack, {"Content-Type": HTML, "Content-Encoding": encoding}))


def kilobytes(pid: int) -> int:
    """The most memory that a process had so far."""
    with suppress(OSError):
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("ascii"))
        return int(found[1]) if found else 0
    return 0


def test_bombs_and_pages_without_end_cost_their_article_and_little_memory(tmp_path: Path) -> None:
    faults: dict[str, Fault] = {"endless": endless, "huge": huge} | {name: bomb(name) for name in PACKERS}
    spoilt = dict(zip(sorted(truth["url"] for truth in Newsroom(SIZE, 1, 0).truth()), faults, strict=False))
    faulty = FaultySite(newspaper(), lambda path, _nth: spoilt.get(path), faults)
    with serve_faulty(faulty):
        with crawling(faulty.url, tmp_path, CONCURRENT_REQUESTS_PER_DOMAIN=1) as process:
            peak = 0
            while process.poll() is None:  # what wait4 gives holds the peak of this process too, until the other began
                peak = max(peak, kilobytes(process.pid))
                time.sleep(0.01)
            ending = Ending(process.wait(), *process.communicate())
        assert_honest(ending)
        assert ending.status == 3
        assert {name for _, name in faulty.requested} > faults.keys()
        assert_nothing_wrong(tmp_path, faulty.url)
        assert len(articles(tmp_path)) == len(true(faulty.url)) - len(faults)
        assert 0 < peak < 400 << 10


def test_redirects_are_followed_on_the_site_alone(tmp_path: Path) -> None:
    with serve_faulty(FaultySite(newspaper())) as other:
        faults = DETOURS | {
            "to another port": moved(302, f"{other.url}/about/"),
            "to a port permanently": moved(301, f"{other.url}/about/"),
            "to a subdomain": moved(302, "http://sub.localhost:9/"),
        }
        spoilt = dict(zip(sorted(truth["url"] for truth in Newsroom(SIZE, 1, 0).truth()), faults, strict=False))
        faulty = FaultySite(newspaper(), lambda path, _nth: spoilt.get(path), faults)
        with serve_faulty(faulty):
            names = {
                "to another host",
                "to a private address",
                "to another port",
                "to a port permanently",
                "to a subdomain",
            }
            away = {faulty.url + path for path, name in spoilt.items() if name in names}
            assert len(away) == len(names)
            for rejected in (set(), away):  # after two looks
                before = len(faulty.paths)
                ending = crawl(faulty.url, tmp_path)
                assert_honest(ending)
                assert ending.status == 3
                assert other.requested == []
                assert len(articles(tmp_path)) == len(true(faulty.url)) - len(faults)
                lines = records(tmp_path / "rejected.jsonl")
                assert {line["url"] for line in lines if "off the site" in line["reason"]} == rejected
                assert max(Counter(faulty.paths[before:]).values()) <= 1 + settings.REDIRECT_MAX_TIMES


def test_a_name_that_is_not_resolved_for_a_while(tmp_path: Path) -> None:
    with serve_faulty(FaultySite(newspaper())) as faulty:
        faulty.url = f"http://paper.example:{faulty.url.rpartition(':')[2]}"
        ending = crawl(
            faulty.url,
            tmp_path,
            TWISTED_DNS_RESOLVER="tests.support.faults.ForgetfulResolver",
            RETRY_TIMES=20,  # an address may be the third one several times in a row
            DNSCACHE_ENABLED="0",
            CONCURRENT_REQUESTS_PER_DOMAIN=1,
        )
        assert_honest(ending)
        assert ending.status == 0, ending.err
        assert_exact(tmp_path, faulty.url)


def test_a_site_that_goes_away_in_mid_crawl_is_left_alone(tmp_path: Path) -> None:
    with serve_faulty(FaultySite(newspaper())) as faulty:
        faulty.faults = TRANSPORT
        faulty.spoil = lambda _path, _nth: "reset at once" if len(faulty.requested) > 20 else None
        ending = crawl(faulty.url, tmp_path, CONCURRENT_REQUESTS_PER_DOMAIN=1)
        assert_honest(ending)
        assert ending.status == 3
        assert "is left alone" in ending.err
        assert len(faulty.requested) <= 20 + 30 + 16  # which were on their way
        assert_nothing_wrong(tmp_path, faulty.url)
        faulty.spoil = lambda _path, _nth: None
        assert crawl(faulty.url, tmp_path).status == 0
        assert_exact(tmp_path, faulty.url)
