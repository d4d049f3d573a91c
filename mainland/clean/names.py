"""What looks like a name in a byline, by the words of ``data/bylines.toml``.

Pure functions; no text raises an error.
"""

from __future__ import annotations

import re

from mainland import data

WORDS = data.load("bylines")
"""The tables of ``data/bylines.toml``."""


def words(table: str, *names: str) -> str:
    """A regular expression, in brackets, for any word of some lists of a table of ``data/bylines.toml``."""
    lists = (WORDS[table][name] for name in names)
    return data.any_of(
        word for each in lists for some in (each.values() if isinstance(each, dict) else [each]) for word in some
    )


def printed(table: str, name: str) -> str:
    """A regular expression for any word of a list in ``data/bylines.toml``, with or without its dots and spaces."""
    escaped = (re.escape(word).replace(r"\.", r"\.?").replace(r"\ ", r"\s?") for word in WORDS[table][name])
    return f"(?:{'|'.join(escaped)})"


# Letters of scripts that write words without spaces.
HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff々"
UNSPACED = HAN + "\u3040-\u30ff\uac00-\ud7af"

PARTICLES = frozenset(WORDS["names"]["particles"])
"""The words of a name that begin with a small letter."""

SUFFIX = data.pattern(printed("names", "suffixes"))
DEGREE = data.pattern(printed("names", "degrees"))
COMPANY = data.pattern(printed("names", "companies"))
DESK = data.pattern(rf"\b{words('organizations', 'desks')}\.?$", re.IGNORECASE)
DISTRICT = data.pattern(r"(?<=Washington),\s*D\.?\s?C\b\.?")
"""The second half of a place, which is no name and no end of a sentence."""

CONJUNCTION = words("conjunctions", "words")
LETTERS = words("conjunctions", "of_names")
ANY_LETTER = data.pattern(
    rf"\s+(?:{words('conjunctions', 'of_names_in_any_case')}|(?-i:{LETTERS}))\s+|\s+و(?={words('names', 'arabic')}\s)"
    rf"|\s+ו(?={words('names', 'hebrew')}\s)",
    re.IGNORECASE,
)
REGION = rf"(?:{words('places', 'regions')}\s+)?"
WORD = r"(?:[’']?[^\W\d_]{1,5}[’'-])?[^\W\d_a-zß-öø-ÿ][\w’'.-]*+"
_PLACE = (
    rf"\s+(?:the\s+)?{REGION}{WORD}(?:\s+(?:{words('places', 'particles')}\s+){{0,3}}{WORD})*+"
    rf"(?:\s+{words('places', 'kinds')})?\s*$"
)
AT_PLACE = data.pattern(rf"(?:^|\s+){words('places', 'before')}{_PLACE}")

_PREFIXES = tuple(WORDS["names"]["prefixes"])
_AGENCIES = frozenset(WORDS["agencies"]["names"])
_ABBREVIATIONS = data.pattern(words("agencies", "abbreviations"))
_CHINESE = rf"{words('names', 'chinese')}[{HAN}]{{1,2}}"
_CHINESE_NAMES = data.pattern(rf"{_CHINESE}(?:\s+{_CHINESE})+")
_HANGUL = "\uac00-\ud7a3"
_KOREAN_NAME = data.pattern(
    "|".join(
        f"{name}[{_HANGUL}]{{{3 - len(name)},2}}" for name in sorted(WORDS["names"]["korean"], key=len, reverse=True)
    )
)
_KOREAN_PAPER = data.pattern(rf"(?:[{_HANGUL}·]{{1,8}}[=＝])?[{_HANGUL}]{{0,8}}{words('names', 'korean_papers')}")
_LETTERS_OF_CHINESE = 3  # of most Chinese names, and of hardly a Japanese surname together with its first name
_VIETNAMESE_NAME = data.pattern(rf"{words('names', 'vietnamese')}(?:\s\w+){{1,4}}")
_UNSPACED_NAME = data.pattern(f"[{UNSPACED}][{UNSPACED}・·]+")


def is_agency(name: str) -> bool:
    """Whether a name is a news agency's: two or more letters, all of them capitals, or one of ``data/bylines.toml``."""
    return (name.isupper() and len(name) > 1) or name.casefold().removeprefix("the ") in _AGENCIES


def is_full(name: str) -> bool:
    """Whether a name has at least two words that are no particles, or two letters of a script without spaces.

    >>> is_full("Ana Peña"), is_full("van Ana"), is_full("王芳"), is_full("Ana")
    (True, False, True, False)
    """
    is_several = sum(word not in PARTICLES for word in name.split()) > 1
    return is_several or _UNSPACED_NAME.fullmatch(name) is not None


def is_name(text: str) -> bool:
    """Whether a text looks like a name: no word but particles begins with a small letter; agencies are names.

    It has at most 80 characters and no digit.

    >>> is_name("Ana de Souza"), is_name("Ana said"), is_name("2 Others"), is_name("of the")
    (True, False, False, False)
    """
    found = [word for word in text.split() if word.casefold() not in PARTICLES and not word.startswith(_PREFIXES)]
    is_small = any(word[0].islower() for word in found) and text.casefold() not in _AGENCIES
    return bool(found) and not is_small and len(text) <= 80 and not any(map(str.isdigit, text))


def is_vietnamese(name: str) -> bool:
    """Whether a text is a Vietnamese name: a common surname, and one to four more words.

    >>> is_vietnamese("Trần Thị Bình"), is_vietnamese("Hà Nội"), is_vietnamese("Lê")
    (True, False, False)
    """
    return _VIETNAMESE_NAME.fullmatch(name) is not None


def spaced_names(name: str, byline: str) -> list[str]:
    """Splits a text that is several Chinese or Korean names with spaces between them; others are returned as one.

    A Korean paper or desk in front of a name is left out.

    >>> spaced_names("홍길동 김철수", "홍길동 김철수 기자"), spaced_names("정치부 홍길동", "정치부 홍길동 기자")
    (['홍길동', '김철수'], ['홍길동'])
    >>> spaced_names("서울=연합뉴스 남궁민", ""), spaced_names("홍 길동", ""), spaced_names("김치 연구소", "")
    (['남궁민'], ['홍 길동'], ['김치 연구소'])
    """
    names = name.split()
    if len(names) < 2 or not _KOREAN_NAME.fullmatch(names[-1]):
        return chinese_names(name, byline)
    people = [each for each in names if not _KOREAN_PAPER.fullmatch(each)]
    return people if people and all(map(_KOREAN_NAME.fullmatch, people)) else [name]


def chinese_names(name: str, byline: str) -> list[str]:
    """Splits a text that is several Chinese names with spaces between them.

    Other texts, and those that may be Japanese, are returned as one name. In Japanese, a space is between surname and
    first name. A byline is not Japanese if one of its letters is not in JIS, the Japanese character set, or if each of
    the names has three letters, the first of them a Chinese surname.

    >>> chinese_names("张伟 王芳", "记者 张伟 王芳"), chinese_names("高橋 康夫", "記者 高橋 康夫")
    (['张伟', '王芳'], ['高橋 康夫'])
    >>> chinese_names("王小明 李小華", "記者 王小明 李小華")
    ['王小明', '李小華']
    """
    if " " not in name or not _CHINESE_NAMES.fullmatch(name):
        return [name]
    names = name.split()
    return [name] if _is_in_jis(byline) and any(len(each) != _LETTERS_OF_CHINESE for each in names) else names


def _is_in_jis(text: str) -> bool:
    """Whether all Chinese characters of a text are in JIS, the Japanese character set."""
    letters = "".join(letter for letter in text if re.match(f"[{HAN}]", letter))
    return letters.encode("cp932", "ignore").decode("cp932") == letters


def is_degree(piece: str) -> bool:
    """Whether a piece behind a name and a comma is a part of the name: a degree, the form of a company.

    >>> is_degree("M.D."), is_degree("LLC"), is_degree("AFP"), is_degree("G1")
    (True, True, False, False)
    """
    is_short = len(piece) <= 5 and piece.isupper() and piece.isascii() and not re.search(r"\d", piece)
    if is_short and not _ABBREVIATIONS.fullmatch(piece):
        return True
    return bool(DEGREE.fullmatch(piece) or COMPANY.fullmatch(piece))
