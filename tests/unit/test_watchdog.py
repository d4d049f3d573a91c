"""The limit on the CPU time of one page."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from mainland import article
from mainland.pages import article as article_module
from mainland.pages import lists, parsing, watchdog
from mainland.pages.errors import TooCostlyError
from mainland.pages.lists import _post_links, is_listing, list_links
from mainland.pages.page import parse
from mainland.pages.parsing import MOST_BYTES, _Reader
from tests.support import hostile

PAGE = hostile.page().replace("{site}", "https://a.example").replace("{id}", "7")


LIST = '<body class="archive category"><div class="jnews_category_content_wrapper"><h3 class="jeg_post_title">'


SHARE = 0.2  # seconds of CPU


def burn(*_: object) -> None:
    """Uses CPU time, in Python."""
    until = time.thread_time() + 30
    while time.thread_time() < until:
        pass


def burn_in_re() -> None:
    """Uses hours of CPU time, in one call of re."""
    re.fullmatch(r"(?:a|a)*b", "a" * 40)


def burn_behind_a_guard() -> None:
    """Uses CPU time in code that catches all errors."""
    while True:
        with suppress(Exception):
            burn()


def burn_in_a_finalizer() -> None:
    """Uses CPU time where Python ignores what is raised, and then goes on."""

    class Burning:
        def __del__(self) -> None:
            burn()

    burning = Burning()
    del burning
    burn()


@pytest.mark.parametrize("work", [burn, burn_in_re, burn_behind_a_guard, burn_in_a_finalizer])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_work_that_takes_too_long_is_interrupted(work: Callable[[], None]) -> None:
    started = time.process_time()
    with pytest.raises(watchdog.TooLongError):
        watchdog.call(work, seconds=SHARE)
    assert time.process_time() - started < 20


def test_the_work_around_another_counts_it_too() -> None:
    with pytest.raises(watchdog.TooLongError):
        watchdog.call(lambda: watchdog.call(burn), seconds=SHARE)


def test_what_was_set_before_is_set_again() -> None:
    def handler(*_: object) -> None:
        """Another one's."""

    former = signal.signal(signal.SIGVTALRM, handler)
    signal.setitimer(signal.ITIMER_VIRTUAL, 500, 400)
    try:
        assert watchdog.call(lambda: 7) == 7
        with pytest.raises(watchdog.TooLongError):
            watchdog.call(burn, seconds=SHARE)
        left, interval = signal.getitimer(signal.ITIMER_VIRTUAL)
        assert signal.getsignal(signal.SIGVTALRM) is handler
        assert (400 < left < 502, interval) == (True, 400)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, former)


def test_the_time_of_the_process_is_asked_only_for_a_timer_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes longer than all else that a call does, and a crawl makes six calls a page."""
    monkeypatch.setattr(os, "times", None)
    assert watchdog.call(lambda: 7) == 7


def test_a_timer_of_the_caller_is_not_put_off() -> None:
    fired: list[int] = []
    former = signal.signal(signal.SIGVTALRM, lambda *_: fired.append(1))
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.3, 0.3)
    try:
        until = time.process_time() + 3
        while time.process_time() < until:
            watchdog.call(sum, range(1_000_000))
        assert len(fired) >= 3
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, former)


def test_another_thread_has_no_watchdog_and_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[object] = []
    monkeypatch.setattr(watchdog, "MOST_SECONDS", 1e-6)
    thread = threading.Thread(target=lambda: found.append(article(PAGE).id))
    thread.start()
    thread.join()
    assert found == [7]


@pytest.mark.parametrize("name", ["_story_of_all", "content_hash", "_day_published"])
def test_a_page_that_takes_too_long_is_too_costly(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(watchdog, "MOST_SECONDS", SHARE)
    monkeypatch.setattr(article_module, name, burn)
    with pytest.raises(TooCostlyError, match="too costly to read"):
        article(PAGE, "https://a.example/page-7/")


def test_a_list_that_takes_too_long_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "MOST_SECONDS", SHARE)
    page = parse(f'{LIST}<a href="/rain/">', "https://a.example/category/world/")
    assert list_links(page) == ["https://a.example/rain/"]
    calls = iter([True])
    links = _post_links
    monkeypatch.setattr(lists, "_post_links", lambda *given: burn() if next(calls, False) else links(*given))
    assert list_links(page) == []
    assert (page.is_costly, is_listing(page)) == (True, False)


@pytest.mark.parametrize("name", ["_utf8", "_parsed", "_Reader.read"])
def test_a_page_that_takes_too_long_to_parse_is_too_costly(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    page = f"{PAGE}{'<p>It fell.' * 50_000}".encode()
    assert not parse(page).is_costly
    monkeypatch.setattr(watchdog, "MOST_SECONDS", SHARE)
    calls = iter([True])
    owner = _Reader if "." in name else parsing
    former = getattr(owner, name.rpartition(".")[2])
    monkeypatch.setattr(owner, name.rpartition(".")[2], lambda *given: burn() if next(calls, False) else former(*given))
    assert parse(page).is_costly


def test_a_page_that_is_too_large_is_too_costly() -> None:
    small, large = (PAGE + " " * (size - len(PAGE)) for size in (MOST_BYTES, MOST_BYTES + 1))
    assert article(small).id == article(small.encode()).id == 7
    for page in (large, large.encode(), small[: len(small) // 2].encode() + b"\xe4" * (len(small) // 2)):
        with pytest.raises(TooCostlyError):
            article(page)
