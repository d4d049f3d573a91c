"""A model newspaper whose editors, faults and crawls are written down step by step, for :mod:`histories`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

from mainland.storage.files import REJECTED
from tests.decisions.cells import SITE, canonical, page
from tests.decisions.newspaper import PROFILES, SECTIONS, Newspaper, Profile, Served, Story
from tests.decisions.simulator import START, Clock, Faults, Result, Site, scratch, simulated, source_of

WITH_REST, SITEMAPS, REST, UNDATED, FEED, LISTS = PROFILES
MONTH = timedelta(days=30)


class ScriptedSite(Site):
    """A site whose stories have the ids 1, 2, ... by age, at ``s1/``, ``s2/``, ..., in the sections a and b in turn."""

    def __init__(self, folder: Path, profile: Profile, size: int) -> None:
        Clock.moment = START
        newspaper = Newspaper(profile, START, Random(0), 0)
        newspaper.last_number = 0
        for number in range(size):
            newspaper.add(START - MONTH - timedelta(hours=7 * (size - number)), SECTIONS[number % 2])
        super().__init__(newspaper, folder)
        self.faults: dict[str, str] = {}

    # -- what the editors do -----------------------------------------------------------------------------------

    def story(self, number: int) -> Story:
        """The story with an id."""
        return next(story for story in self.newspaper.stories if story.number == number)

    def now(self) -> datetime:
        """The time, a minute after what happened before."""
        Clock.moment += timedelta(minutes=1)
        return Clock.moment

    def publish(self, section: str = "a", count: int = 1) -> list[Story]:
        """Publishes stories in a section."""
        return [self.newspaper.add(self.now(), section) for _ in range(count)]

    def edit(self, *numbers: int) -> None:
        """Changes the texts of stories."""
        for story in self.touch(*numbers):
            story.version += 1

    def touch(self, *numbers: int) -> list[Story]:
        """Saves stories again as they are."""
        found = [self.story(number) for number in numbers]
        for story in found:
            self.newspaper.change(story, self.now())
        return found

    def delete(self, *numbers: int) -> None:
        for number in numbers:
            self.story(number).state = "deleted"

    def restore(self, *numbers: int) -> None:
        """Makes deleted stories public again as they were; the sources date that as a change."""
        for story in self.touch(*numbers):
            story.state = "public"

    def rename(self, number: int, path: str, *, redirects: bool = True) -> None:
        """Gives a story another address, and dates that as a change."""
        (story,) = self.touch(number)
        self.newspaper.move(story, path, redirects=redirects)

    def unlist(self, *numbers: int) -> None:
        for number in numbers:
            self.story(number).is_listed = False

    def close(self, *sources: str) -> None:
        """Closes sources from now on, given as fields of :class:`Profile`."""
        self.newspaper.profile = replace(self.profile, **dict.fromkeys(sources, False))

    def put_back(self, stories: list[Story]) -> None:
        """Makes the stories what they were once, as a restored backup does, or a cache of the whole site."""
        self.newspaper.stories = stories
        self.stale.update(dict.fromkeys((story.name for story in stories), 2))  # so that older texts may be delivered

    # -- what the site answers ---------------------------------------------------------------------------------

    def fault(self, where: str, kind: str) -> None:
        """A fault of an address, given by its path and query, or of all addresses of a source, by its name."""
        self.faults[where] = kind

    def answer(self, path: str, served: Served) -> None:
        """What an address answers from now on."""
        self.newspaper.pages[path] = served

    def recover(self) -> None:
        """Ends all faults, and what addresses answer in place of their own."""
        self.faults.clear()
        self.newspaper.pages.clear()

    def filter(self, change: Callable[[str, Served], Served]) -> None:
        """What is made of each answer from now on."""
        self.newspaper.filter = change

    # -- crawls, and what is expected of them --------------------------------------------------------------------

    def crawl(
        self,
        lines: str | None = "",
        *,
        status: int = 0,
        reads: str | None = None,
        most: int | None = None,
        full: bool = False,
        sections: str = "",
        pause: timedelta = timedelta(minutes=5),
    ) -> Result:
        """A crawl.

        :param lines: the lines that it writes, as ``new 1-12, edited 3``, in any order; None for any.
        :param status: the exit status.
        :param reads: the addresses of articles that it requests, as ``s3 s4 ?p=3``; None for any.
        :param most: the most requests that it makes.
        """
        sources = tuple((where, kind) for where, kind in self.faults.items() if where in _SOURCES)
        others = tuple((where, kind) for where, kind in self.faults.items() if where not in _SOURCES)
        faults = Faults("scripted", sources=sources, lasting=others)
        result = self.crawl_in(faults, is_full=full, pause=pause, sections=sections)
        self.expect("status", result.status, status)
        if lines is not None:
            self.expect("lines", sorted(result.lines), sorted(_spelled(lines)))
        if reads is not None:
            self.expect("addresses of articles", " ".join(sorted(_articles(result))), " ".join(sorted(reads.split())))
        if most is not None:
            self.expect(f"at most {most} requests", result.requested.total() <= most, wanted=True)
        return result

    def expect(self, what: str, found: object, wanted: object) -> None:
        """Holds something to what is wanted of it."""
        if found != wanted:
            raise AssertionError(f"{what}: {found!r}, not {wanted!r}\n" + "\n".join(self.log))

    def body(self, number: int) -> str:
        """The text that is stored of an article."""
        return next(str(line["body"]) for line in self.dataset() if line["id"] == number)

    def rejected(self) -> list[str]:
        """The paths in ``rejected.jsonl``."""
        path = self.folder / REJECTED
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return [str(json.loads(line)["url"]).removeprefix(SITE) for line in lines]

    def paths(self) -> set[str]:
        """The paths in the dataset."""
        return {str(line["url"]).removeprefix(SITE) for line in self.dataset()}


_SOURCES = ("feed", "rest", "sitemap", "section", "home")


def _spelled(lines: str) -> Iterable[str]:
    """Lines one by one: ``new 1-3`` stands for three."""
    for part in filter(None, lines.split(", ")):
        change, first, last = re.fullmatch(r"(\w+) (\d+)(?:-(\d+))?", part).groups()  # type: ignore[union-attr]
        for number in range(int(first), int(last or first) + 1):
            yield f"{change} {number}"


def _articles(result: Result) -> set[str]:
    """The addresses that a crawl requested and that are none of a source."""
    found = [path for path in result.requested if not source_of(SITE + path) and not path.startswith(".well-known")]
    return {path.rstrip("/") for path in found}


def static_page(path: str) -> Served:
    """A page that is not an article, at its own address."""
    return Served(200, page("page page-id-3", head=canonical(SITE + path)))


# -- named histories -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NamedHistory:
    """What happened to a site, on some kinds of sites and in some forms of it."""

    play: Callable[..., None]
    profiles: tuple[str, ...]
    size: int
    cases: tuple[Any, ...]
    is_read: bool
    """Whether a first crawl read the site as it is."""

    is_exact: bool
    """Whether the dataset equals the newspaper in the end."""

    def variants(self) -> list[tuple[str, Any]]:
        """The kinds of sites with the forms; None for the only form."""
        return list(product(self.profiles, self.cases or (None,)))

    def run(self, profile: str, case: Any) -> None:
        """Plays it.

        :raises AssertionError: a crawl did not do what is expected.
        :raises WrongError: the dataset is not what the newspaper has.
        """
        with simulated(), scratch() as folder:
            site = ScriptedSite(folder / "data", PROFILES[profile], self.size)
            if self.is_read:
                site.crawl(f"new 1-{self.size}")
            self.play(site) if case is None else self.play(site, case)
            if self.is_exact:
                site.check()


HISTORIES: dict[str, NamedHistory] = {}


def history(
    *profiles: str, size: int = 12, cases: Iterable[Any] = (), is_read: bool = True, is_exact: bool = True
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Makes a function a named history: it gets a site, and one of ``cases`` if there are some."""

    def keep(play: Callable[..., None]) -> Callable[..., None]:
        HISTORIES[play.__name__] = NamedHistory(play, profiles or (SITEMAPS,), size, tuple(cases), is_read, is_exact)
        return play

    return keep
