"""Near-duplicates among 20,000 made-up articles: which are found, which others are taken for them, and the costs."""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mainland.clean import urls
from mainland.items import Article
from mainland.pages.article import content_hash
from mainland.storage.files import ARTICLES
from mainland.storage.folder import DataFolder
from tests.bench.measured import Took, took
from tests.bench.samples import HOME
from tests.bench.tables import LEAST_RIGHT, MOST_COPIES, judged, judged_least, table

_VOCABULARY = 20_000
_LETTERS = {
    "en": ("b c ch d f g h j k l m n p r s st t tr v w y".split(), "a e i o u ai ea oo".split()),
    "de": ("b d f g h k l m n r s sch st t w z pf kr".split(), "a e i o u ä ö ü ei au ie".split()),
    "ru": (list("бвгджзклмнпрстфхцчшщ"), list("аеёиоуыэюя")),
    "ar": (list("بتثجحخدذرزسشصضطظعغفقكلمنه"), ["", "", "ا", "و", "ي"]),
    "hi": (list("कखगघचछजझटठडढतथदधनपफबभमयरलवशसह"), ["", "ा", "ि", "ी", "ु", "े", "ो"]),
    "ko": ([chr(0xAC00 + 28 * n) for n in range(0, 399, 3)], ["", ""]),
}
_HAN = [chr(0x4E00 + 7 * n) for n in range(2_900)]
_KANA = [chr(code) for code in range(0x3042, 0x3094)]
_LANGUAGES = ("en",) * 8 + ("de", "ru", "ar", "hi", "ko", "zh", "zh", "ja")
_PUBLISH = """
import sys
from pathlib import Path
from mainland.storage.folder import DataFolder
store = DataFolder(Path(sys.argv[1]))
store.publish()
store.close()
"""
_OPENED = datetime(2015, 1, 1, 6, tzinfo=UTC)


class Language:
    """A made-up language: words by Zipf's law, phrases that all use, paragraphs that many articles end with."""

    def __init__(self, name: str, draw: random.Random) -> None:
        self.draw, self.is_spaced = draw, name not in {"zh", "ja"}
        self.stop = "." if self.is_spaced else "。"
        words: dict[str, None] = {}
        while len(words) < _VOCABULARY:
            words[self._word(name)] = None
        self.words = list(words)
        self.weights = list(accumulate(1 / (rank + 2.7) for rank in range(_VOCABULARY)))
        self.phrases = [self.phrase(draw.randint(3, 8)) for _ in range(400)]
        self.often = list(accumulate(1 / (rank + 1) for rank in range(400)))
        self.amended = self.paragraph(15)
        self.endings = [self.paragraph(draw.randint(20, 45)) for _ in range(3)]

    def _word(self, name: str) -> str:
        draw = self.draw
        if name == "zh":
            return "".join(draw.choices(_HAN, k=draw.choice((1, 2, 2, 2, 3))))
        if name == "ja":
            return "".join(draw.choices(_HAN, k=draw.randint(0, 2)) + draw.choices(_KANA, k=draw.randint(1, 3)))
        first, then = _LETTERS[name]
        return "".join(draw.choice(first) + draw.choice(then) for _ in range(draw.choice((1, 1, 2, 2, 3, 3, 4))))

    def phrase(self, number: int) -> list[str]:
        """Some words, now and then a figure."""
        words = self.draw.choices(self.words, cum_weights=self.weights, k=number)
        return [self.figure() if self.draw.random() < 0.015 else word for word in words]

    def figure(self) -> str:
        """A figure: small, a year, with a decimal point."""
        draw = self.draw
        return draw.choice(
            (str(draw.randint(2, 99)), str(draw.randint(1950, 2026)), f"{draw.randint(100, 99999) / 10}")
        )

    def sentence(self) -> str:
        """A sentence, a fifth of them with a phrase."""
        words = self.phrase(self.draw.randint(6, 26))
        if self.draw.random() < 0.2:
            place = self.draw.randint(0, len(words))
            words[place:place] = self.draw.choices(self.phrases, cum_weights=self.often)[0]
        return self.joined(words)

    def joined(self, words: list[str]) -> str:
        """Words as a sentence."""
        text = (" " if self.is_spaced else "").join(words)
        return f"{text[:1].upper()}{text[1:]}{self.stop}"

    def paragraph(self, least: int) -> str:
        """Sentences of some words or more."""
        sentences: list[str] = []
        count = 0
        while count < least:
            sentences.append(self.sentence())
            count += len(sentences[-1].split()) if self.is_spaced else len(sentences[-1]) // 2
        return (" " if self.is_spaced else "").join(sentences)

    def split(self, paragraph: str) -> list[str]:
        """The words of which a paragraph can be made again: of scripts without spaces, pairs of letters."""
        if self.is_spaced:
            return paragraph.split(" ")
        return [paragraph[start : start + 2] for start in range(0, len(paragraph), 2)]

    def edited(self, text: list[str], share: float) -> list[str]:
        """A text with some of its words replaced, left out, or with one more beside them."""
        found = []
        for paragraph in text:
            words: list[str] = []
            for word in self.split(paragraph):
                other = self.phrase(1)[0]
                edits: list[list[str]] = [[other], [], [word, other]]
                words += self.draw.choice(edits) if self.draw.random() < share else [word]
            found.append((" " if self.is_spaced else "").join(words))
        return found


@dataclass
class Story:
    """An article to be: its kind, and for a near-duplicate the number of its original."""

    kind: str
    language: Language
    headline: str
    text: list[str]
    of: int | None = None


class Newsroom:
    """Makes stories, and what is made of them."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.languages = {name: Language(name, self.draw) for name in dict.fromkeys(_LANGUAGES)}
        self.firms = [
            (language, [language.paragraph(self.draw.randint(25, 60)) for _ in range(self.draw.randint(1, 3))])
            for language in (self.languages[self.draw.choice(_LANGUAGES)] for _ in range(40))
        ]
        self.corrected: list[Story] = []
        self.briefs: list[Story] | None = None
        self.figure_forms = [self._form(1, 2) for _ in range(12)]
        self.name_forms = [self._form(2, 4) for _ in range(12)]

    def story(self) -> Story:
        """An article like most: of 40 to 2,000 words, a third with an ending that many have."""
        language, draw = self.languages[self.draw.choice(_LANGUAGES)], self.draw
        size = min(2000, max(40, int(draw.lognormvariate(5.7, 0.7))))
        text = self._text(language, size)
        if draw.random() < 0.3:
            text.append(draw.choice(language.endings))
        return Story("story", language, self._headline(language), text)

    def _text(self, language: Language, size: int) -> list[str]:
        text: list[str] = []
        while size > 0:
            least = min(size, self.draw.randint(15, 80))
            text.append(language.paragraph(least))
            size -= least
        return text

    def _headline(self, language: Language) -> str:
        return language.joined(language.phrase(self.draw.randint(4, 11)))[:-1]

    # Near-duplicates

    def copy(self, kind: str, story: Story, of: int) -> Story:
        """A near-duplicate of a story."""
        language, draw = story.language, self.draw
        headline, text = story.headline, list(story.text)
        kinds = {kind} if kind != "several of these" else set(draw.sample(list(COPIES)[1:-1], draw.randint(2, 3)))
        if "end trimmed" in kinds:
            text = self._trimmed(language, text)
        if "words edited" in kinds:
            text = language.edited(text, draw.uniform(0.002, 0.03))
        if "set otherwise" in kinds:
            text = self._set_otherwise(language, text)
        size = sum(len(language.split(paragraph)) for paragraph in text)
        if "first paragraph replaced" in kinds and len(language.split(text[0])) < size / 3:
            text[0] = language.paragraph(min(60, len(language.split(text[0]))))
        elif kinds & {"first paragraph replaced", "new first paragraph"}:
            text.insert(0, language.paragraph(min(draw.randint(15, 60), size // 5)))
        if "other headline" in kinds or draw.random() < 0.3:
            headline = self._headline(language)
        return Story(kind, language, headline, text, of)

    def _trimmed(self, language: Language, text: list[str]) -> list[str]:
        """A text without its last words: 55 to 95 per cent are left, often to the end of a paragraph."""
        sizes = [len(language.split(paragraph)) for paragraph in text]
        left = max(35, int(sum(sizes) * self.draw.uniform(0.55, 0.95)))
        found = []
        for paragraph, size in zip(text, sizes, strict=True):
            if size > left:
                words = language.split(paragraph)[:left]
                found.append((" " if language.is_spaced else "").join(words) + "…")
                break
            found.append(paragraph)
            left -= size
        return found

    def _set_otherwise(self, language: Language, text: list[str]) -> list[str]:
        """The same words with other marks, capitals and paragraphs."""
        if language.is_spaced:
            text = [paragraph.replace(". ", " – ").replace(" a", " “a").upper() for paragraph in text[:1]] + text[1:]
        return [" ".join(text[:2]), *text[2:]]

    # What is none

    def other(self, kind: str, earlier: list[Story]) -> Story:
        """An article that has much of others and is not a near-duplicate; it quotes from ``earlier``."""
        return OTHERS[kind](self, earlier)

    def digest(self, earlier: list[Story]) -> Story:
        """The week in review: the first paragraphs of some, with a sentence of its own between."""
        language = self.draw.choice(earlier).language
        text = [language.paragraph(15)]
        for story in self.draw.choices(
            [story for story in earlier if story.language is language], k=self.draw.randint(4, 8)
        ):
            text += [language.sentence(), language.joined(language.split(story.text[0])[:80])]
        return Story("digest", language, self._headline(language), [*text, language.paragraph(20)])

    def roundup(self, earlier: list[Story]) -> Story:
        """News in brief: four or more short ones, whole; each stands in one round-up."""
        if self.briefs is None:
            self.briefs = [story for story in earlier if sum(map(len, story.text)) < 900]
        language = self.draw.choice(earlier).language
        chosen = [story for story in self.briefs if story.language is language][:8]
        self.briefs = [story for story in self.briefs if not any(story is brief for brief in chosen)]
        while len(chosen) < 4:
            chosen.append(Story("", language, "", [language.paragraph(90)]))
        # Of a round-up the longest has a third at most.
        longest = max(sum(map(len, story.text)) for story in chosen)
        text = [paragraph for story in chosen for paragraph in (story.headline, *story.text) if paragraph]
        while sum(map(len, text)) < 3 * longest:
            text.append(language.paragraph(60))
        return Story("round-up", language, self._headline(language), text)

    def release(self, earlier: list[Story]) -> Story:
        """A press release: what is new, and a quarter to a half that all of the firm's have."""
        language, boilerplate = self.draw.choice(self.firms)
        size = sum(len(language.split(paragraph)) for paragraph in boilerplate)
        text = self._text(language, int(size * self.draw.uniform(1.0, 3.0)))
        return Story("press release", language, self._headline(language), [*text, *boilerplate])

    def notice(self, earlier: list[Story]) -> Story:
        """A short notice: up to half of it is what all such notices say."""
        language, boilerplate = self.draw.choice(self.firms)
        known = language.split(boilerplate[0])[:30]
        text = language.paragraph(max(20, int(len(known) * self.draw.uniform(1, 2))))
        return Story(
            "short notice", language, self._headline(language), [text, (" " if language.is_spaced else "").join(known)]
        )

    def _form(self, least: int, most: int) -> tuple[Language, list[list[str | None]]]:
        language = self.languages[self.draw.choice(_LANGUAGES)]
        form: list[list[str | None]] = []
        for _ in range(self.draw.randint(4, 14)):
            sentence: list[str | None] = list(language.phrase(self.draw.randint(8, 18)))
            for place in self.draw.sample(range(len(sentence)), self.draw.randint(least, most)):
                sentence[place] = None
            form.append(sentence)
        return language, form

    def report(self, earlier: list[Story]) -> Story:
        """A report of a series: weather, markets. The same words with other figures."""
        language, form = self.draw.choice(self.figure_forms)
        sentences = [language.joined([word or language.figure() for word in sentence]) for sentence in form]
        return Story("report of figures", language, self._headline(language), [" ".join(sentences)])

    def result(self, earlier: list[Story]) -> Story:
        """A report of a series with other names and words: matches, appointments."""
        language, form = self.draw.choice(self.name_forms)
        sentences = []
        for sentence in form:
            words = [
                part for word in sentence for part in ([word] if word else language.phrase(self.draw.randint(1, 3)))
            ]
            sentences.append(language.joined(words))
        return Story("report of names", language, self._headline(language), [" ".join(sentences)])

    def correction(self, earlier: list[Story]) -> Story:
        """A correction: names an article of some length, quotes its beginning, and says what is right; each another."""
        story = self._long(earlier)
        while any(story is corrected for corrected in self.corrected):
            story = self._long(earlier)
        self.corrected.append(story)
        language = story.language
        text = [
            language.amended,
            f"“{story.headline}”",
            language.joined(language.split(story.text[0])[:40]),
            language.paragraph(35),
        ]
        return Story("correction", language, self._headline(language), text)

    def _long(self, earlier: list[Story]) -> Story:
        """A story of five paragraphs or more."""
        return self.draw.choice(
            [story for story in self.draw.sample(earlier, min(60, len(earlier))) if len(story.text) > 4]
        )

    def follow_up(self, earlier: list[Story]) -> Story:
        """The next day's story: new, with the last third of the first as its background."""
        story = self._long(earlier)
        language = story.language
        background = story.text[-max(1, len(story.text) // 3) :]
        size = sum(len(language.split(paragraph)) for paragraph in background)
        text = self._text(language, int(size * self.draw.uniform(1.2, 3)))
        return Story("follow-up", language, self._headline(language), [*text, *background])

    def quoting(self, earlier: list[Story]) -> Story:
        """Another paper's story on the same speech: quotes of it make up to 45 per cent."""
        story = self._long(earlier)
        language = story.language
        quotes = self.draw.sample(story.text, max(1, len(story.text) // 3))
        text = []
        for quote in quotes:
            text += [language.paragraph(int(len(language.split(quote)) * 1.3)), quote]
        return Story("same quotes", language, self._headline(language), text)


COPIES = {
    "the same": 200,
    "other headline": 200,
    "end trimmed": 350,
    "new first paragraph": 300,
    "first paragraph replaced": 150,
    "words edited": 300,
    "set otherwise": 150,
    "several of these": 350,
}
OTHERS: dict[str, Callable[[Newsroom, list[Story]], Story]] = {
    "digest": Newsroom.digest,
    "round-up": Newsroom.roundup,
    "press release": Newsroom.release,
    "short notice": Newsroom.notice,
    "report of figures": Newsroom.report,
    "report of names": Newsroom.result,
    "correction": Newsroom.correction,
    "follow-up": Newsroom.follow_up,
    "same quotes": Newsroom.quoting,
}


def stories(seed: int, articles: int) -> list[Story]:
    """So many stories in the order of their publication: a tenth are near-duplicates, three tenths look like them."""
    room = Newsroom(seed)
    scale = articles / 20_000
    wanted = [kind for kind, number in COPIES.items() for _ in range(round(number * scale))]
    wanted += [kind for kind in OTHERS for _ in range(round(667 * scale))]
    first = (articles - len(wanted)) // 2
    wanted += ["story"] * (articles - first - len(wanted))
    room.draw.shuffle(wanted)
    earlier = [room.story() for _ in range(first)]
    known = list(earlier)  # what others quote and repeat: stories, and their near-duplicates
    for kind in wanted:
        if kind == "story":
            earlier.append(room.story())
        elif kind in COPIES:
            source = room.draw.randrange(len(earlier))
            while earlier[source].kind != "story":
                source = room.draw.randrange(len(earlier))
            earlier.append(room.copy(kind, earlier[source], source))
        else:
            earlier.append(room.other(kind, known))
    return earlier


def articles(earlier: list[Story]) -> Iterator[Article]:
    """The articles that stories are; an earlier one has the lower number, but they are not crawled in that order."""
    order = list(range(len(earlier)))
    random.Random(1).shuffle(order)
    for number in order:
        story = earlier[number]
        item = Article(
            site=urls.host(HOME),
            id=number + 1,
            url=f"{HOME}/story-{number + 1}/",
            headline=story.headline,
            body="\n\n".join(story.text),
            date_published=(_OPENED + timedelta(hours=number)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        item.content_hash = content_hash(item)
        yield item


def main() -> None:
    """Print the tables; ``BENCH_ARTICLES`` is the number of articles, ``BENCH_SEED`` chooses others."""
    number = int(os.environ.get("BENCH_ARTICLES", "20000"))
    earlier = stories(int(os.environ.get("BENCH_SEED", "2022")), number)
    with TemporaryDirectory(prefix="bench-") as name:
        data = Path(name)
        _deliver(data, articles(earlier))
        first, again = _published(data), _published(data)
        found = {record["id"]: record["duplicate_of"] for record in _records(data)}
        index = (data / "index.sqlite").stat().st_size
        _deliver(data, articles(stories(7, 60)), above=number)
        few = _published(data)
    _accuracy(earlier, found)
    table(
        f"Near-duplicates: what finding them among {number:,} articles costs; the process does nothing else",
        ("", "CPU s", "CPU ms an article", "peak MB"),
        [
            ["articles.jsonl, all new", f"{first.cpu:.1f}", f"{first.cpu / number * 1000:.2f}", f"{first.memory:.0f}"],
            ["the same, nothing new", f"{again.cpu:.1f}", f"{again.cpu / number * 1000:.2f}", f"{again.memory:.0f}"],
            [
                "near-duplicates alone",
                f"{first.cpu - again.cpu:.1f}",
                judged((first.cpu - again.cpu) / number * 1000, MOST_COPIES),
                "",
            ],
            ["60 new", f"{few.cpu:.1f}", f"{(few.cpu - again.cpu) / 60 * 1000:.2f} of the new", f"{few.memory:.0f}"],
        ],
    )
    print(f"\narchive: {index / number:.0f} bytes an article")


def _deliver(data: Path, items: Iterator[Article], above: int = 0) -> None:
    store = DataFolder(data, urls.host(HOME))
    for item in items:
        assert item.id
        item.id += above
        item.url = f"{item.url}{above}/"
        store.deliver(item)
    store.commit()
    store.release()


def _published(data: Path) -> Took:
    """What a process takes that replaces ``articles.jsonl``."""
    return took([sys.executable, "-c", _PUBLISH, str(data)])


def _records(data: Path) -> Iterator[dict[str, Any]]:
    with (data / ARTICLES).open("rb") as lines:
        yield from map(json.loads, lines)


def _accuracy(earlier: list[Story], found: dict[int, int | None]) -> None:
    """Print what was found: of each kind of near-duplicate, and of other articles."""
    rows = []
    right = claimed = 0
    for kind in (*COPIES, "story", *OTHERS):
        numbers = [number for number, story in enumerate(earlier) if story.kind == kind]
        truth = {number + 1: None if (of := earlier[number].of) is None else of + 1 for number in numbers}
        claims = {number: of for number, of in found.items() if number in truth and of is not None}
        hits = sum(truth[number] == of for number, of in claims.items())
        right, claimed = right + hits, claimed + len(claims)
        if kind in COPIES:
            rows.append(
                [
                    kind,
                    str(len(numbers)),
                    str(len(claims)),
                    f"{hits / max(1, len(claims)):.4f}",
                    judged_least(hits / len(numbers), LEAST_RIGHT),
                ]
            )
        else:
            rows.append(
                [
                    kind,
                    str(len(numbers)),
                    str(len(claims)),
                    judged_least(1 - len(claims) / max(1, len(numbers)), LEAST_RIGHT),
                    "",
                ]
            )
    copies = sum(story.of is not None for story in earlier)
    rows.append(
        [
            "all",
            str(len(earlier)),
            str(claimed),
            judged_least(right / max(1, claimed), LEAST_RIGHT),
            judged_least(right / copies, LEAST_RIGHT),
        ]
    )
    table(
        "Near-duplicates: precision of each kind; of other articles, the share that is left alone; recall",
        ("kind", "articles", "found as near-duplicates", "precision", "recall"),
        rows,
    )


if __name__ == "__main__":
    main()
