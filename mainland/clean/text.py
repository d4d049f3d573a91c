"""Plain text from what pages print. No text raises an error; clean text stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from w3lib.html import remove_comments, remove_tags, replace_entities

from mainland.clean.scripts import written_out

# Control characters that are not white space, lone surrogates (UTF-8 cannot encode them), noncharacters, and
# characters that only show a browser where it may break a line.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u200b\u2060\ud800-\udfff\ufeff\ufffe\uffff]")
_ODD_SPACE = re.compile(r"[^\S\t\n]")
_LINE_END = re.compile(r"[\x0b\x0c\r\x1c-\x1e\x85\u2028\u2029]")
_BREAK = re.compile(r"</?(?:br|p|div|li|ul|ol|h[1-6]|tr|td)\b[^>]*>", re.IGNORECASE)
_CODE = re.compile(r"<(script|style)\b[^<>]*>[^<]*</\1>", re.IGNORECASE)
_COUNT = re.compile(r"(\d[\d.,\s]*)([kmb](?![^\W\d_])|)", re.IGNORECASE)
_DECIMAL = re.compile(r"\d+[.,]\d{1,2}")
LARGEST = 2**53 - 1
"""The largest number that JSON's readers take without loss."""

LONGEST_TEXT = 200
"""Characters of a text from outside in the log and in ``runs.jsonl``."""

_USUAL = 300  # characters of a link, with its markup
_LONGEST_COUNT = 200  # characters of a line with a number that the theme printed
_HIDDEN_MAIL = re.compile(
    r"""<(?P<tag>a|span)\b[^<>]*?\sdata-cfemail=["']?(?P<code>[\da-f]{4,2000})\b[^<>]*>[^<]*</(?P=tag)>""",
    re.IGNORECASE,
)
_NO_CHARACTER = re.compile(r"&(?=#(?:\d{20}|x[\da-f]{20}))", re.IGNORECASE)  # int() refuses thousands of digits
_MARKS = " -–—|·•»«›‹⋆~*<>:/"  # between a title and the name of the site
_BEFORE_SITE = tuple(f" {mark} " for mark in _MARKS.strip())
_AFTER_SITE = (*_BEFORE_SITE, ": ")
_SIZES = {"": 1, "k": 1_000, "m": 1_000_000, "b": 1_000_000_000}


def line(value: str | None) -> str | None:
    r"""One line of printable text, white space collapsed; None if nothing is left, or for None.

    >>> line("  Köln\u2028in \x00fear ")
    'Köln in fear'
    >>> line("\ud800 ") is None
    True
    """
    if value is None:
        return None
    value = value.strip()
    if not value.isprintable() or "  " in value:  # of white space only the space is printable
        value = " ".join(value.split())
        if not value.isprintable():
            value = " ".join(_UNPRINTABLE.sub("", value).split())
    return value or None


def multiline(value: str) -> str:
    r"""Printable text with its spaces, tabs and ends of lines. Other white space becomes a space.

    >>> multiline("Köln\r\n\xa0 in \x00fear\t")
    'Köln\n  in fear\t'
    """
    value = _UNPRINTABLE.sub("", value).replace("\r\n", "\n")
    return value if value.isprintable() else _ODD_SPACE.sub(" ", _LINE_END.sub("\n", value))


def plain(value: str | None) -> str | None:
    """One line of text without markup, from HTML, or from meta tags and JSON-LD with HTML; None if nothing is left.

    >>> plain("<h1>Rock &amp; <em>roll</em><!-- 11 --></h1>")
    'Rock & roll'
    >>> plain("Rain fills<br>the lake")
    'Rain fills the lake'
    >>> plain("Rain<style>.a { color: red }</style> falls")
    'Rain falls'
    >>> plain('Write to <a data-cfemail="6a0b0802082a0f120b071a060f4405180d">[email&#160;protected]</a>')
    'Write to abhb@example.org'
    >>> plain("Rock &amp;amp; roll"), plain("AT&T; R&D; &eacute;"), plain("The lake&apos;s rain")
    ('Rock &amp; roll', 'AT&T; R&D; é', "The lake's rain")
    >>> plain("CO<sub>2</sub> and <q>milk</q>"), plain("<ruby>港<rt>みなと</rt></ruby>")
    ('CO₂ and “milk”', '港(みなと)')
    >>> plain("&#75;&#x6f; &#" + "9" * 21)
    'Ko &#999999999999999999999'
    """
    if value is None or not ("<" in value or "&" in value):
        return line(value)
    return _unmarked(value) if len(value) <= _USUAL else _unmarked.__wrapped__(value)


@lru_cache(maxsize=2048)  # most pages of a site name the same people, sections and tags
def _unmarked(value: str) -> str | None:
    """The text of HTML, without tags and comments, with character references replaced; None if nothing is left."""
    if "<" in value:
        if "data-cfemail" in value:
            value = _HIDDEN_MAIL.sub(lambda match: unhidden_mail(match["code"]) or match[0], value)
        value = written_out(value)
        # What follows the last bracket is no tag; to look for the end of each would take forever.
        marked, end, rest = remove_comments(value).rpartition(">")
        value = remove_tags(_BREAK.sub(" ", _CODE.sub("", marked + end))) + rest
    if "&" in value:
        value = _NO_CHARACTER.sub("&amp;", value.replace("&apos;", "'"))  # w3lib has HTML 4's names
        value = replace_entities(value, remove_illegal=False)
    return line(value)


def unhidden_mail(code: str | None) -> str | None:
    """The text that Cloudflare hides in ``data-cfemail``, a mail address; None if ``code`` is not hexadecimal UTF-8.

    >>> unhidden_mail("6a0b0802082a0f120b071a060f4405180d")
    'abhb@example.org'
    >>> unhidden_mail("6a0"), unhidden_mail(None)
    (None, None)
    """
    try:
        key, *hidden = bytes.fromhex(code or "")
        return line(bytes(key ^ each for each in hidden).decode())
    except ValueError:  # neither hexadecimal nor UTF-8, or nothing
        return None


def without_site(title: str, names: Iterable[str]) -> str | None:
    """A title (HTML) as plain text, without the name of the site at its end or start; None if nothing else is left.

    ``names`` are the names that the site gives itself. A separator beside the name is removed too.

    >>> without_site("Köln floods – Mainland Times", ["Mainland Times"]), without_site("Times | Rain", ["Times"])
    ('Köln floods', 'Rain')
    >>> without_site("| Mainland Times", ["Mainland Times"]), without_site("Mainland Times", ["Mainland Times"])
    (None, None)
    >>> without_site("Rain on Times", ["Times"])
    'Rain on Times'
    """
    title = plain(title) or ""
    lowered = title.lower()
    for name in filter(None, map(plain, names)):
        if lowered.strip(_MARKS) == name.lower().strip(_MARKS):
            return None
        is_cut = len(name) < len(title) == len(lowered)
        before, after = (title[: -len(name)], title[len(name) :]) if is_cut else ("", "")
        if lowered.endswith(name.lower()) and before.endswith(_BEFORE_SITE):
            return before.rstrip()[:-1].rstrip() or None
        if lowered.startswith(name.lower()) and after.startswith(_AFTER_SITE):
            return after.lstrip()[1:].lstrip() or None
    return title or None


def count(value: str | None) -> int | None:
    """The number that the theme printed: 1200 for ``1.2k``; None for any other text.

    The first number counts, without its unit. None too for a text of more than 200 characters, and above 2**53 - 1.

    >>> [count(text) for text in ("11", "1.2k", "1.5M VIEWS", "1,234", "1000k", "–")]
    [11, 1200, 1500000, 1234, 1000000, None]
    >>> [count(text) for text in ("1.234 Bekeken", "11 kali dilihat", "3,4 tys.", "99999999999999999999")]
    [1234, 11, None, None]
    """
    printed = line(value) or ""
    match = _COUNT.search(printed) if len(printed) <= _LONGEST_COUNT else None
    if not match:
        return None
    digits, letter = re.sub(r"\s", "", match[1]).rstrip(".,"), match[2].lower()
    if not letter and _DECIMAL.fullmatch(digits):
        return None  # of a unit that is not known
    if not letter or re.fullmatch(r"\d{1,3}([.,]\d{3})+", digits):
        digits = re.sub(r"[.,]", "", digits)
    try:
        found = round(float(digits.replace(",", ".")) * _SIZES[letter])
    except (ValueError, OverflowError):
        return None
    return found if found <= LARGEST else None


def common_start(one: Sequence[object], other: Sequence[object]) -> int:
    """The number of equal items at the start of two sequences, 0 or more.

    >>> common_start("Köln floods".split(), "Köln burns".split())
    1
    """
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (mine, others) in pairs if mine != others), min(len(one), len(other)))


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: ``1 article``, ``2 articles``.

    >>> counted(1, "page"), counted(0, "page"), counted(2, "address", "addresses")
    ('1 page', '0 pages', '2 addresses')
    """
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def printable(value: str) -> str:
    r"""A text from a page as one line without control characters, safe to print in a terminal.

    >>> printable("a\x1b[31mb\nc")
    'a?[31mb?c'
    """
    return "".join(letter if letter.isprintable() else "?" for letter in value)


def cut(text: str, most: int = LONGEST_TEXT) -> str:
    """A text cut to at most ``most`` characters; a longer one ends in three dots.

    >>> cut("Milk falls"), cut("Milk falls in Köln", 12)
    ('Milk falls', 'Milk fall...')
    """
    return text if len(text) <= most else text[: most - 3] + "..."
