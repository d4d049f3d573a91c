"""What an article is by its number alone, whatever the day: an article is made when it is requested."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from tests.support.replica import words

LONDON = ZoneInfo("Europe/London")
OPENED = int(datetime(2025, 3, 26, 6, tzinfo=UTC).timestamp())
"""Instant of day 0, four days before the clocks go forward."""

DAY = 86_400
FIRST_ID = 5_000
MENU = ("World", "Europe", "Business", "Politics", "Climate", "Culture", "Sport", "Opinion")
LATEST, UNCATEGORIZED = "Latest", "Uncategorized"
SECTIONS = (*MENU, LATEST, UNCATEGORIZED)
PROTECTED = 2
"""Number of the password-protected post."""

Kind = Literal["article", "protected", "split", "video", "gallery", "sponsored", "contents"]
BlockKind = Literal["paragraph", "heading", "quote", "list", "table", "image", "related", "ad", "break"]
Byline = Literal["one", "coauthors", "none", "text", "desk"]

KINDS: dict[int, Kind] = {4: "split", 8: "video", 12: "gallery", 16: "sponsored", 20: "contents"}
TEMPLATES = (1, 1, 1, 4, 5, 6, 10)
BYLINES: tuple[Byline, ...] = ("one", "one", "one", "one", "one", "one", "coauthors", "none", "text", "desk")
DRAWN_SECTIONS = ("World",) * 5 + ("Europe",) * 4 + ("Business",) * 3 + ("Politics",) * 3 + ("Culture", "Sport") * 2
NO_INSTANT = 0


def mixed(seed: int, number: int, salt: int) -> int:
    """A 64-bit number that looks random (splitmix64), far cheaper than a generator of its own."""
    value = (seed * 0x9E3779B97F4A7C15 + number * 0xD1B54A32D192ED03 + salt * 0x8CB92BA72F3D8DD7) & (2**64 - 1)
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & (2**64 - 1)
    value = (value ^ value >> 27) * 0x94D049BB133111EB & (2**64 - 1)
    return value ^ value >> 31


def iso(instant: int) -> str:
    """The instant in UTC: ``2025-03-26T06:00:00Z``."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def local(instant: int) -> datetime:
    """The instant on the newspaper's clock."""
    return datetime.fromtimestamp(instant, LONDON)


class Image(NamedTuple):
    """A picture: the path of its full size, and its caption, or None."""

    path: str
    caption: str | None


class Block(NamedTuple):
    """A piece of the text; ``lines`` are its paragraphs or cells, none for boilerplate."""

    kind: BlockKind
    lines: tuple[str, ...] = ()
    link: str | None = None
    image: Image | None = None

    @property
    def texts(self) -> list[str]:
        """The paragraphs that it adds to the story: a table, of two columns, is one, with a line for each row."""
        if self.kind != "table":
            return list(self.lines)
        return ["\n".join(map("\t".join, zip(self.lines[::2], self.lines[1::2], strict=True)))]


@dataclass(frozen=True)
class Change:
    """What later days did to an article: the numbers of the days, 0 for never."""

    published: int = NO_INSTANT
    modified: int = NO_INSTANT
    edited: int = 0
    moved: int = 0
    resectioned: int = 0
    viewed: int = 0


@dataclass(frozen=True)
class Article:
    """An article as it stands on one day; every attribute follows from seed, number and change."""

    seed: int
    number: int
    published: int
    modified: int
    sections: tuple[str, ...]
    change: Change = field(default_factory=Change)

    @property
    def id(self) -> int:
        """WordPress' number of the post."""
        return id_of(self.number)

    @property
    def headline(self) -> str:
        """The headline, without ``Protected:``."""
        return headline_of(self.seed, self.number)

    @property
    def slug(self) -> str:
        """The last part of the address; a moved article has another one than it had."""
        return slug_of(self.seed, self.number, moved=bool(self.change.moved))

    @property
    def path(self) -> str:
        """The address on the site: ``/slug/``."""
        return f"/{self.slug}/"

    @property
    def kind(self) -> Kind:
        """What is special about it."""
        return kind_of(self.number)

    @property
    def template(self) -> int:
        """Number of the theme's single post template."""
        return TEMPLATES[mixed(self.seed, self.number, 4) % len(TEMPLATES)]

    @property
    def printed_day(self) -> str:
        """The date beside the byline, month first: the day it was modified if that is a later one."""
        return local(self.modified).strftime("%m/%d/%Y")

    @property
    def thumbnail(self) -> str | None:
        """The path of the featured image in full size; None for some articles."""
        if self.kind not in ("video", "gallery") and mixed(self.seed, self.number, 5) % 12 == 0:
            return None
        return picture(self.seed, self.number, self.published, 0)

    @property
    def views(self) -> int:
        """Views, exact."""
        drawn = mixed(self.seed, self.number, 6)
        return drawn % (10, 900, 1_500, 90_000, 2_000_000)[drawn // 7 % 5] + 321 * bool(self.change.viewed)

    @property
    def comments(self) -> int | None:
        """The number of comments as printed; None where the page shows no comments."""
        drawn = mixed(self.seed, self.number, 7)
        return drawn // 5 % 40 if drawn % 4 == 0 else None

    @property
    def byline(self) -> Byline:
        """How the byline is printed."""
        return BYLINES[mixed(self.seed, self.number, 8) % len(BYLINES)]

    @property
    def authors(self) -> tuple[str, ...]:
        """Who wrote it, in the order printed."""
        return authors_of(self.seed, self.number)

    @property
    def tags(self) -> tuple[str, ...]:
        """Tags in the order printed."""
        return tags_of(self.seed, self.number)

    @property
    def subtitle(self) -> str | None:
        """The line under the headline, for one article in three; otherwise None."""
        draw = self._draw("subtitle")
        return words.filled(draw.choice(words.SUBTITLES), draw) if draw.random() < 1 / 3 else None

    @property
    def lead_image(self) -> Image | None:
        """The featured image with the caption that its template shows; None without one."""
        draw = self._draw("caption")
        if self.thumbnail is None:
            return None
        plain = self.template == 1 and self.kind not in ("video", "gallery")
        captioned = plain and draw.random() < 0.7
        return Image(self.thumbnail, words.filled(draw.choice(words.CAPTIONS), draw) if captioned else None)

    @property
    def slides(self) -> list[str]:
        """Paths of a gallery's pictures."""
        return [picture(self.seed, self.number, self.published, 100 + slide) for slide in range(4)]

    @property
    def sponsor(self) -> str | None:
        """Who paid for a sponsored post; None for other posts."""
        return self._draw("sponsor").choice(words.SPONSORS) if self.kind == "sponsored" else None

    @property
    def source(self) -> str | None:
        """The agency of the source line, for one article in eight; otherwise None."""
        draw = self._draw("source")
        return draw.choice(words.AGENCIES) if draw.random() < 1 / 8 else None

    @property
    def via(self) -> str | None:
        """The agency of the via line, for one article in ten; otherwise None."""
        draw = self._draw("via")
        return draw.choice(words.AGENCIES) if draw.random() < 1 / 10 else None

    @property
    def contributors(self) -> tuple[str, ...]:
        """The names of those who helped, for one article in six."""
        draw = self._draw("contributors")
        return tuple(draw.sample(words.STRINGERS, draw.randint(1, 2))) if draw.random() < 1 / 6 else ()

    @property
    def stationed(self) -> str | None:
        """The place behind the first name of a byline without links, for every other article; otherwise None."""
        draw = self._draw("stationed")
        return draw.choice(words.PLACES) if draw.random() < 1 / 2 else None

    @property
    def language(self) -> str:
        """What the page declares in ``html[lang]``: the setting is the site's."""
        return ("en-GB", "en-US")[self.seed % 2]

    @cached_property
    def blocks(self) -> list[Block]:
        """The text in reading order, boilerplate included, parts divided by a ``break``."""
        draw = self._draw("blocks")
        blocks = [Block("paragraph", (words.paragraph(draw),)) for _ in range(draw.randint(5, 12))]
        extras = [extra for extra, chance in EXTRAS if draw.random() < chance or extra in WANTED.get(self.kind, ())]
        for index, kind in enumerate(extras):
            blocks.insert(draw.randint(2, len(blocks)), self._extra(kind, draw, index))
        if self.change.edited:
            text = f"{blocks[1].lines[0]} This paragraph was corrected on day {self.change.edited}."
            blocks[1] = blocks[1]._replace(lines=(text,))
        if self.kind == "split":
            third = max(2, len(blocks) // 3)
            blocks[2 * third : 2 * third] = [Block("break")]
            blocks[third:third] = [Block("break")]
        if self.contributors:
            names = " and ".join(self.contributors)
            blocks.append(Block("paragraph", (f"Additional reporting by {names} in {draw.choice(words.PLACES)}",)))
        return blocks

    @property
    def parts(self) -> list[list[Block]]:
        """The text by subpage: three of a split article, else one."""
        parts: list[list[Block]] = [[]]
        for block in self.blocks:
            if block.kind == "break":
                parts.append([])
            else:
                parts[-1].append(block)
        return parts

    @property
    def body(self) -> list[str]:
        """The paragraphs of the complete story."""
        return [line for block in self.blocks for line in block.texts]

    @property
    def images(self) -> list[Image]:
        """The lead image and those in the text."""
        lead = [self.lead_image] if self.lead_image else []
        return lead + [block.image for block in self.blocks if block.image]

    def _draw(self, purpose: str) -> random.Random:
        """A generator of random numbers for one purpose, the same at each call."""
        return random.Random(f"{self.seed} {self.number} {purpose}")

    def _extra(self, kind: BlockKind, draw: random.Random, index: int) -> Block:
        """A block of a kind other than a paragraph, drawn at random."""

        def some(patterns: tuple[str, ...], count: int) -> tuple[str, ...]:
            return tuple(words.filled(draw.choice(patterns), draw) for _ in range(count))

        match kind:
            case "heading":
                return Block(kind, some(words.HEADINGS, 1))
            case "quote":
                return Block(kind, some(words.SENTENCES, draw.randint(1, 2)))
            case "list":
                return Block(kind, some(words.ENTRIES, draw.randint(2, 4)))
            case "table":
                cells = (draw.choice(words.PLACES), str(draw.randint(100, 999)))
                return Block(kind, ("Town", "Votes", *cells, draw.choice(words.PLACES), str(draw.randint(100, 999))))
            case "paragraph":
                return Block(kind, (words.paragraph(draw),), link=f"https://records.example/file/{self.number}")
            case "image":
                caption = some(words.CAPTIONS, 1)[0] if draw.random() < 0.8 else None
                return Block(kind, image=Image(picture(self.seed, self.number, self.published, index + 1), caption))
            case _:
                return Block(kind)


EXTRAS: tuple[tuple[BlockKind, float], ...] = (
    ("heading", 1 / 3), ("heading", 1 / 4), ("quote", 1 / 3), ("list", 1 / 4), ("table", 1 / 8),
    ("paragraph", 1 / 3), ("image", 1 / 2), ("image", 1 / 5), ("related", 1 / 3), ("ad", 1 / 2),
)  # fmt: skip
WANTED: dict[Kind, tuple[BlockKind, ...]] = {"contents": ("heading",)}


def id_of(number: int) -> int:
    """WordPress' number of an article's post: the even ones, as attachments take numbers too."""
    return FIRST_ID + 2 * number


def number_of(post: int) -> int | None:
    """The number of the article with WordPress' number of the post; None if no article has it."""
    number, odd = divmod(post - FIRST_ID, 2)
    return None if odd or number < 0 else number


def kind_of(number: int) -> Kind:
    """What is special about the article of a number."""
    return "protected" if number == PROTECTED else KINDS.get(number % 30, "article")


def headline_of(seed: int, number: int) -> str:
    """The headline of the article of a number."""
    drawn = mixed(seed, number, 1)
    pattern = words.HEADLINES[drawn % len(words.HEADLINES)]
    text = pattern.format(
        place=words.PLACES[drawn // 8 % len(words.PLACES)],
        topic=words.TOPICS[drawn // 256 % len(words.TOPICS)],
        person=words.PEOPLE[drawn // 8192 % len(words.PEOPLE)],
        number=drawn // 131072 % 90 + 2,
    )
    return text[0].upper() + text[1:]


def slug_of(seed: int, number: int, *, moved: bool) -> str:
    """The slug of the article of a number, which ends with the number of its post."""
    return f"{'updated-' if moved else ''}{words.slug(headline_of(seed, number))}-{id_of(number)}"


def authors_of(seed: int, number: int) -> tuple[str, ...]:
    """Who wrote the article of a number."""
    staff, drawn = words.STAFF, mixed(seed, number, 9)
    first, step = drawn % len(staff), 1 + drawn // 16 % 5
    match BYLINES[mixed(seed, number, 8) % len(BYLINES)]:
        case "none":
            return ()
        case "desk":
            return (words.DESK,)
        case "one":
            return (staff[first],)
        case "coauthors":
            return staff[first], staff[(first + step) % len(staff)]
        case "text":
            return staff[first], staff[(first + step) % len(staff)], words.STRINGERS[drawn // 128 % 8]


def tags_of(seed: int, number: int) -> tuple[str, ...]:
    """The tags of the article of a number; () for every other one."""
    drawn = mixed(seed, number, 10)
    count = drawn % 2 * (1 + drawn // 2 % 3)
    return tuple(words.TAGS[(drawn // 64 + 2 * tag) % len(words.TAGS)] for tag in range(count))


def picture(seed: int, number: int, published: int, index: int) -> str:
    """Path of a picture in full size."""
    subject = words.SUBJECTS[mixed(seed, number, 20 + index) % len(words.SUBJECTS)]
    return f"/wp-content/uploads/{local(published):%Y/%m}/{subject}-{id_of(number)}-{index}.jpg"


def born(articles: int, seed: int, number: int) -> int:
    """The instant of publication of an article that was there on day 0: the higher the number, the later."""
    pace = min(5 * DAY, 6 * 365 * DAY // articles)
    return OPENED - (articles - number) * pace + mixed(seed, number, 2) % pace


def first_edit(seed: int, number: int, published: int) -> int:
    """The instant of the last change before day 0: the publication itself for every other article."""
    drawn = mixed(seed, number, 3)
    later = (0, 0, 0, 2, 40, 400)[drawn % 6] * 3_600
    edit = published + later + (drawn // 8 % 3_600 if later else 0)
    return edit if edit < OPENED else published


def drawn_sections(seed: int, number: int) -> tuple[str, ...]:
    """The sections of an ordinary article; one in twelve is in Latest alone, one in six in two sections."""
    drawn = mixed(seed, number, 11)
    if drawn % 12 == 0:
        return (LATEST,)
    first = DRAWN_SECTIONS[drawn // 16 % len(DRAWN_SECTIONS)]
    second = DRAWN_SECTIONS[drawn // 1024 % len(DRAWN_SECTIONS)]
    return (first, second) if drawn // 65536 % 5 == 0 and first != second else (first,)


def later(days: float) -> int:
    """The instant so many days after day 0."""
    return OPENED + int(timedelta(days=days).total_seconds())
