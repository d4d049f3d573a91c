"""A model newspaper: what it publishes, what its sources list, and what each of its addresses answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from tests.decisions.cells import SITE, canonical, page

SECTIONS = ("a", "b")
_PER_PAGE = 10
_IN_FEED = 10
_ON_HOME = 5
_WORDS = "milk mayor harbour tram flood bridge school market winter council river police train bakery theatre".split()


class Listed(NamedTuple):
    """What a source lists of one address."""

    path: str
    number: int
    section: str
    published: datetime
    modified: datetime
    is_alias: bool


class Served(NamedTuple):
    """An answer before redirects are followed; ``location`` for a redirect."""

    status: int
    body: bytes = b""
    location: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Story:
    """An article of the newspaper."""

    name: str
    number: int
    """Its id now; an import gives another one."""

    path: str
    published: datetime
    modified: datetime
    section: str
    version: int = 1
    state: str = "public"
    """``public``, ``protected``, ``deleted``, or ``forgotten``: by us; the site shows it still."""

    is_listed: bool = True
    is_ghost: bool = False
    """Whether the sources list it though it was deleted."""

    aliases: list[str] = field(default_factory=list)
    """Further paths at which it is shown."""

    numbers: set[int] = field(default_factory=set)
    """All ids that it ever had."""

    known: tuple[str, datetime] | None = None
    """Its address and date when the site was sound last; None if it was not there."""

    before: Story | None = None
    """What it was before the last change, for caches."""

    @property
    def is_settled(self) -> bool:
        """Whether crawls had their time to read it as it is, so that its id alone can change."""
        return self.known == (self.path, self.published) and len(self.numbers) == 1

    def be_another(self) -> None:
        """What changes its address or its date after its id is another article for whoever did not see both."""
        self.numbers = {self.number}

    @property
    def headline(self) -> str:
        return f"Story {self.name}"

    @property
    def text(self) -> str:
        words = Random(f"{self.name} {self.version}").sample(_WORDS, 8)
        return f"Version {self.version} of {self.name}: {' '.join(words)}."

    @property
    def paths(self) -> list[str]:
        return [self.path, *self.aliases]

    def page(self, path: str) -> bytes:
        """Its page at one of its paths."""
        return page(
            f"single single-post postid-{self.number}",
            f'<div class="entry-header"><h1 class="jeg_post_title">{self.headline}</h1></div>'
            f'<div class="entry-content"><div class="content-inner"><p>{self.text}</p></div></div>',
            f'{canonical(SITE + path)}<meta property="article:published_time" content="{self.published.isoformat()}">'
            f'<meta property="article:modified_time" content="{self.modified.isoformat()}">',
        )


@dataclass(frozen=True)
class Profile:
    """Which sources a site has."""

    rest: bool
    sitemap: bool
    feed: bool
    is_dated: bool
    """Whether its sitemaps date changes."""

    @property
    def tells_changes(self) -> bool:
        return self.rest or (self.sitemap and self.is_dated)


PROFILES = {
    "REST and sitemaps": Profile(rest=True, sitemap=True, feed=True, is_dated=True),
    "sitemaps": Profile(rest=False, sitemap=True, feed=True, is_dated=True),
    "REST": Profile(rest=True, sitemap=False, feed=True, is_dated=True),
    "sitemaps without dates": Profile(rest=False, sitemap=True, feed=True, is_dated=False),
    "feed": Profile(rest=False, sitemap=False, feed=True, is_dated=False),
    "sections": Profile(rest=False, sitemap=False, feed=False, is_dated=False),
}


class Newspaper:
    """The site. Operations take the time and chance from their caller."""

    def __init__(self, profile: Profile, now: datetime, random: Random, size: int) -> None:
        self.profile = profile
        self.stories: list[Story] = []
        self.sections = [*SECTIONS]
        self.redirects: dict[str, str] = {}
        self.pages: dict[str, Served] = {}
        """Answers that stand in place of its own, by path and query."""

        self.filter: Callable[[str, Served], Served] = lambda _, served: served
        """What a plugin makes of an answer, given with its path and query."""

        self.hidden: set[int] = set()
        self.buried: set[str] = set()  # the paths at which articles were forgotten
        """The ids of the stories that feed and REST do not list, as those in a second language."""

        self.has_short_links = True
        """Whether ``?p=ID`` leads to the story; otherwise home, as a plugin can have it."""

        self.on_home: list[str] = []
        """Further paths that the home page shows."""

        self.robots_sitemaps: list[str] = []
        """The paths of the sitemaps that robots.txt names."""

        self.most_of_rest = 100
        """Posts that REST gives a page, however many are requested."""

        self.last_number = 100
        for age in range(size, 0, -1):
            self.publish(now - timedelta(hours=7 * age, seconds=age), random)

    # -- what the editors do -----------------------------------------------------------------------------------

    def public(self) -> list[Story]:
        return [story for story in self.stories if story.state == "public"]

    def publish(self, now: datetime, random: Random) -> None:
        self.add(now, random.choice(SECTIONS))

    def add(self, now: datetime, section: str) -> Story:
        """Publishes a story in a section."""
        number = self._number()
        story = Story(f"s{number}", number, f"s{number}/", now, now, section, numbers={number})
        self.stories.append(story)
        return story

    def edit(self, now: datetime, random: Random) -> None:
        if story := self._change(random, now):
            story.version += 1

    def touch(self, now: datetime, random: Random) -> None:
        """Saves a story again as it is."""
        self._change(random, now)

    def redate(self, now: datetime, random: Random) -> None:
        is_told = self.profile.tells_changes
        found = [story for story in self.public() if story.is_listed and (is_told or len(story.numbers) == 1)]
        if story := self._change(random, now, found):
            story.published -= timedelta(days=random.randint(1, 30), seconds=random.randint(1, 99))
            story.be_another()

    def rename(self, now: datetime, random: Random, *, redirects: bool = True) -> None:
        found = [story for story in self.public() if story.is_listed and len(story.numbers) == 1]
        if story := self._change(random, now, found):
            self.move(story, f"{story.name}-{self._number()}/", redirects=redirects)

    def rename_without_redirect(self, now: datetime, random: Random) -> None:
        self.rename(now, random, redirects=False)

    def swap(self, now: datetime, random: Random) -> None:
        """Two stories change their addresses; what stood there before them would stay stored as yet."""
        found = [story for story in self._plain() if story.is_settled]
        if len(found) < 2 or not self.profile.tells_changes:
            return
        one, other = random.sample(found, 2)
        for story in (one, other):
            self.change(story, now)
        one.path, other.path = other.path, one.path

    def change_permalinks(self, _: datetime, random: Random) -> None:
        """All addresses change, and no date."""
        prefix = f"p{self._number()}"
        for story in self.stories:
            if story.state != "deleted" and len(story.numbers) == 1:
                story.before = replace(story, before=None)
                self.move(story, f"{prefix}/{story.name}/", redirects=True)
                story.aliases = []

    def unlist(self, _: datetime, random: Random) -> None:
        found = [story for story in self._spare() if len(story.numbers) == 1]
        if story := self._choose(random, found):
            story.is_listed = False

    def relist(self, _: datetime, random: Random) -> None:
        if story := self._choose(random, [story for story in self.public() if not story.is_listed]):
            story.is_listed = True

    def delete(self, _: datetime, random: Random) -> None:
        hidden = [story for story in self.stories if story.state == "protected" or not story.is_listed]
        found = [story for story in (*self._spare(), *hidden) if story.state not in ("deleted", "forgotten")]
        if story := self._choose(random, found):
            story.state = "deleted"

    def restore(self, now: datetime, random: Random) -> None:
        found = [story for story in self.stories if story.state == "deleted"]
        if (story := self._choose(random, found)) and not self._at(story.path) and story.path not in self.buried:
            story.state, story.is_listed, story.is_ghost, story.modified = "public", True, False, now
            self.redirects.pop(story.path, None)

    def protect(self, now: datetime, random: Random) -> None:
        if story := self._change(random, now, self._spare()):
            story.state = "protected"

    def unprotect(self, now: datetime, random: Random) -> None:
        if story := self._choose(random, [story for story in self.stories if story.state == "protected"]):
            story.state, story.modified = "public", now

    def haunt(self, _: datetime, random: Random) -> None:
        """A story is deleted, and its sources list it for ever."""
        if self.profile.tells_changes and (story := self._choose(random, self._spare())):
            story.state, story.is_ghost = "deleted", True

    def replace(self, now: datetime, random: Random) -> None:
        """A story is deleted, and another one is published at its address."""
        found = [story for story in self._spare() if not story.aliases]
        if self.profile.tells_changes and (story := self._choose(random, found)):
            story.state = "deleted"
            self.publish(now, random)
            self.stories[-1].path = story.path

    def purge(self, _: datetime, __: Random) -> None:
        """Most stories are deleted at once."""
        for story in self._spare()[2:]:
            story.state = "deleted"

    def rename_forgotten(self, now: datetime, random: Random) -> None:
        found = [story for story in self.stories if story.state == "forgotten"]
        if story := self._choose(random, found):
            story.modified = now
            self.move(story, f"{story.name}-{self._number()}/", redirects=random.random() < 0.5)

    def import_again(self, now: datetime, random: Random) -> None:
        """Some stories get new ids, as from an export that is imported again."""
        for story in self.stories:
            if story in self._plain() and story.is_settled and random.random() < 0.5:
                story.before = replace(story, before=None)
                story.number = self._number()
                story.numbers.add(story.number)

    def translate(self, _: datetime, random: Random) -> None:
        """A story is shown at a second address."""
        found = [story for story in self._plain() if story.is_settled]
        if self.profile.tells_changes and (story := self._choose(random, found)):
            story.aliases.append(f"de/{story.path}")

    def publish_twice(self, now: datetime, random: Random) -> None:
        """A story is shown at two addresses from the start, of which REST names one."""
        if self.profile.rest and self.profile.sitemap:
            self.publish(now, random)
            self.stories[-1].aliases.append(f"video/{self.stories[-1].path}")

    def end_translation(self, _: datetime, random: Random) -> None:
        if story := self._choose(random, [story for story in self.public() if story.aliases]):
            story.aliases.clear()

    def _spare(self) -> list[Story]:
        """The listed stories, but for the last two: a site that lists nothing needs a person."""
        return [story for story in self.public() if story.is_listed][2:]

    def _plain(self) -> list[Story]:
        return [story for story in self.public() if story.is_listed and not story.aliases]

    def _number(self) -> int:
        self.last_number += 1
        return self.last_number

    @staticmethod
    def _choose(random: Random, found: list[Story]) -> Story | None:
        return random.choice(found) if found else None

    def _change(self, random: Random, now: datetime, found: list[Story] | None = None) -> Story | None:
        found = [story for story in self.public() if story.is_listed] if found is None else found
        story = self._choose(random, found)
        if story:
            self.change(story, now)
        return story

    @staticmethod
    def change(story: Story, now: datetime) -> None:
        """Dates a change of a story; what it was before stays in caches."""
        story.before = replace(story, before=None)
        story.modified = now

    def move(self, story: Story, path: str, *, redirects: bool) -> None:
        """Gives a story another address."""
        if redirects:
            self.redirects[story.path] = path
        story.path = path
        story.be_another()
        self.redirects.pop(path, None)

    def _at(self, path: str) -> Story | None:
        """The story at a path that is there, or protected."""
        return next((each for each in self.stories if each.state != "deleted" and path in each.paths), None)

    # -- what it lists -------------------------------------------------------------------------------------------

    def listing(self) -> list[Listed]:
        """What complete and current sources list, the newest first."""
        found = [
            Listed(path, story.number, story.section, story.published, story.modified, path != story.path)
            for story in self.stories
            if (story.state != "deleted" or story.is_ghost) and story.is_listed
            for path in story.paths
        ]
        return sorted(found, key=lambda each: (each.published, each.path), reverse=True)

    # -- what it answers -----------------------------------------------------------------------------------------

    def answer(self, url: str, listing: list[Listed]) -> Served:
        """What an address answers; what it lists is given, since it can lag behind."""
        path = url.removeprefix(SITE)
        return self.filter(path, self.pages[path] if path in self.pages else self._answer(url, listing))

    def _answer(self, url: str, listing: list[Listed]) -> Served:
        path, query = urlsplit(url).path.lstrip("/"), parse_qs(urlsplit(url).query)
        if "p" in query and not path:
            if not self.has_short_links:
                return Served(301, location="")
            found = next((each for each in self.stories if str(each.number) == query["p"][0]), None)
            return Served(301, location=found.path) if found and found.state != "deleted" else not_found()
        makers: dict[str, Callable[[], Served]] = {
            "": lambda: self.home(listing),
            "feed/": lambda: self.feed(listing, int(query.get("paged", ["1"])[0])),
            "wp-json/wp/v2/posts": lambda: self.rest(listing, query),
            "wp-sitemap.xml": self.sitemap_index,
            "wp-sitemap-posts-post-1.xml": lambda: self.sitemap(listing),
            "about/": lambda: Served(200, page("page page-id-3", head=canonical(f"{SITE}about/"))),
            "login/": lambda: Served(200, page("page page-id-4", head=canonical(f"{SITE}login/"))),
        }
        if path in makers:
            return makers[path]()
        if path.startswith("category/"):
            parts = path.strip("/").split("/")
            is_there = parts[1] in self.sections
            return section(listing, parts[1], int(parts[3]) if len(parts) > 3 else 1) if is_there else not_found()
        if path in self.redirects and not self._at(path):
            return Served(301, location=self.redirects[path])
        story = self._at(path)
        if story is None:
            return not_found()
        if story.state == "protected":
            return Served(
                200, page(f"single single-post postid-{story.number}", '<form class="post-password-form"></form>')
            )
        return Served(200, story.page(path))

    def home(self, listing: list[Listed]) -> Served:
        menu = "".join(
            f'<li class="menu-item menu-item-object-category"><a href="/category/{name}/">{name}</a></li>'
            for name in self.sections
        )
        return Served(200, page("home", f"<ul>{menu}</ul>{_titles([*self.on_home, *_paths(listing[:_ON_HOME])])}"))

    def feed(self, listing: list[Listed], number: int) -> Served:
        listing = [each for each in listing if each.number not in self.hidden]
        found = listing[(number - 1) * _IN_FEED : number * _IN_FEED]
        if not self.profile.feed or (number > 1 and not found):
            return not_found()
        items = "".join(
            f"<item><link>{SITE}{each.path}</link><guid>{SITE}?p={each.number}</guid></item>" for each in found
        )
        return Served(200, f'<?xml version="1.0"?><rss><channel>{items}</channel></rss>'.encode())

    def rest(self, listing: list[Listed], query: dict[str, list[str]]) -> Served:
        if not self.profile.rest:
            return not_found()
        # A cached sitemap lists what was deleted for ever; REST does where it is alone.
        ghosts = {story.number for story in self.stories if story.is_ghost} if self.profile.sitemap else set()
        found = [each for each in listing if not each.is_alias and each.number not in self.hidden | ghosts]
        if "include" in query:
            found = [each for each in found if str(each.number) in query["include"][0].split(",")]
        is_by_change = query.get("orderby") == ["modified"]
        found.sort(key=lambda each: each.modified if is_by_change else each.number, reverse=True)
        posts = [
            {"id": each.number, "link": SITE + each.path, "modified_gmt": f"{each.modified:%Y-%m-%dT%H:%M:%S}"}
            for each in found
        ]
        number, most = int(query.get("page", ["1"])[0]), min(int(query["per_page"][0]), self.most_of_rest)
        totals = (("X-WP-Total", str(len(posts))), ("X-WP-TotalPages", str(-(-len(posts) // most))))
        return Served(200, json.dumps(posts[(number - 1) * most : number * most]).encode(), headers=totals)

    def sitemap_index(self) -> Served:
        if not self.profile.sitemap:
            return not_found()
        return index(["wp-sitemap-posts-post-1.xml"])

    def sitemap(self, listing: list[Listed]) -> Served:
        if not self.profile.sitemap:
            return not_found()
        return urlset({each.path: each.modified.isoformat() if self.profile.is_dated else "" for each in listing})


def section(listing: list[Listed], name: str, number: int) -> Served:
    """A page of a section."""
    found = [each for each in listing if each.section == name]
    shown = found[(number - 1) * _PER_PAGE : number * _PER_PAGE]
    if number > 1 and not shown:
        return not_found()
    following = f"category/{name}/page/{number + 1}/" if len(found) > number * _PER_PAGE else ""
    return list_page(_paths(shown), following)


def list_page(paths: list[str], following: str | None = "") -> Served:
    """A page of a section, with the path of the next page; ``""`` on the last, None without a pagination."""
    link = f'<a class="page_nav next" href="/{following}">Next</a>' if following else ""
    empty = "" if paths else '<div class="jeg_empty_module">No Content</div>'
    foot = f'<div class="jeg_pagination_nav_1"><span class="page_number"></span>{link}</div>'
    main = f"{empty}{_titles(paths)}{'' if following is None else foot}"
    return Served(200, page("archive category", f'<div class="jnews_category_content_wrapper">{main}</div>'))


def index(paths: Iterable[str]) -> Served:
    """A sitemap of sitemaps."""
    return Served(200, _xml("sitemapindex", [f"<sitemap><loc>{SITE}{path}</loc></sitemap>" for path in paths]))


def urlset(dates: Mapping[str, str]) -> Served:
    """A sitemap: paths with dates of change, ``""`` for none."""
    stamps = {path: f"<lastmod>{date}</lastmod>" if date else "" for path, date in dates.items()}
    return Served(200, _xml("urlset", [f"<url><loc>{SITE}{path}</loc>{stamp}</url>" for path, stamp in stamps.items()]))


def not_found() -> Served:
    return Served(404, page("error404"))


def _paths(listed: Iterable[Listed]) -> list[str]:
    return [each.path for each in listed]


def _titles(paths: Iterable[str]) -> str:
    return "".join(f'<h3 class="jeg_post_title"><a href="/{path}">x</a></h3>' for path in paths)


def _xml(kind: str, entries: list[str]) -> bytes:
    namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0"?><{kind} xmlns="{namespace}">{"".join(entries)}</{kind}>'.encode()


OPERATIONS: dict[str, tuple[int, Callable[[Newspaper, datetime, Random], None]]] = {
    "publish": (8, Newspaper.publish),
    "publish at two addresses": (2, Newspaper.publish_twice),
    "edit": (8, Newspaper.edit),
    "touch": (2, Newspaper.touch),
    "redate": (2, Newspaper.redate),
    "rename": (3, Newspaper.rename),
    "rename without redirect": (2, Newspaper.rename_without_redirect),
    "swap": (1, Newspaper.swap),
    "change permalinks": (1, Newspaper.change_permalinks),
    "unlist": (2, Newspaper.unlist),
    "relist": (2, Newspaper.relist),
    "delete": (4, Newspaper.delete),
    "restore": (3, Newspaper.restore),
    "protect": (2, Newspaper.protect),
    "unprotect": (2, Newspaper.unprotect),
    "haunt": (1, Newspaper.haunt),
    "replace": (2, Newspaper.replace),
    "purge": (1, Newspaper.purge),
    "rename forgotten": (1, Newspaper.rename_forgotten),
    "import again": (4, Newspaper.import_again),
    "translate": (2, Newspaper.translate),
    "end translation": (1, Newspaper.end_translation),
}
"""What the editors do, with how often, by name."""
