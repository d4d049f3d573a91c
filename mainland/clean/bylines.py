"""Names from bylines: pure, total."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mainland.clean.text import line

_LONGEST = 4_000  # characters of a byline that are read, up to a comma
_BY = re.compile(
    r"^\s*(?:(?:(?:(?:guest\s+)?(?:article|column|post)|words|text|story|(?:special\s+)?report|reporting|reported|reviewed|"
    r"written|authored|posted|published|submitted|contributed|interview|review|analysis|opinion|op-ed|commentary|essay)"
    r"\s+)?by|a\s+cura\s+di|tarafından|โดย"
    r"|(?:(?:eine?\s+)?(?:text|bericht|beitrag|gastbeitrag|geschrieben|verfasst|kommentar|interview|analyse)\s+)?von"
    r"|(?:\w+\s+)?(?:par|por|door|oleh|przez|bởi)"
    r"|(?-i:di|de|od)|av|af|từ|yazan|autor|от|автор|από|מאת|بواسطة|بقلم|توسط|كتبه|كتب)(?!\w)\s*[:：]?\s*|^\s*作者\s*[:：]?\s*|\s+tarafından\s*$",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^\s*[^\W\d_][^\d:,]{0,24}:\s*")
_MAIL = re.compile(r"[(<\[]?\s*(?:mailto:)?(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)+\s*[)>\]]?")
_HANDLE = re.compile(r"[(\[]?\s*(?<!\w)@\w+\s*[)\]]?")
_HELPERS = re.compile(
    r"(?:^|,?\s+)with\s+(?:additional\s+|further\s+)?(?:reporting|research|files|inputs?|contributions?)\b.*$"
)
_HELPED = re.compile(
    r"\b(?:(?:translated|edited|checked|photo\w*|illustrat\w+|graphics?|(?:medically\s+)?reviewed)\s+by\b"
    r"|(?:editor|translation|translator|photos?|fotos?|illustrations?)\s*:)",
    re.IGNORECASE,
)
_HELPER = re.compile(r"\W*(?:editor|translation|translator|photos?|fotos?|illustrations?)\W*", re.IGNORECASE)
_TITLED = re.compile(
    r",\s*[^\W\d_a-z]\w*\s+(?:and|&)\s+(?:[\w-]+\s+){0,3}(?:Editor|Reporter|Correspondent|Writer|Columnist|Chief)\b"
)
_SPECIAL = re.compile(r"\s*[,—–-]\s*special\s+to\b.*$", re.IGNORECASE)
_TWICE = re.compile(r"(?P<name>\S.*?)\s+\w+\s+(?P=name)", re.IGNORECASE)
_COMMA = r"\s*[,;|•·،、]\s*(?:(?:and|und|et|dan|ve|và|with)\s+)?"
_AGENCIES = (
    "AAP|ABC|AFP|ANI|ANP|ANSA|AP|APA|BBC|Bloomberg|CBC|CBS|CNN|DPA|dpa|DW|EFE|IANS|NBC|NPR|PA|PTI|Reuters|TASS|UPI|VOA"
)
_CONJUNCTION = "and|und|et|en|og|och|dan|ve|và|και|és|și|та|with"
_LETTERS = "y|e|ed|i|a|ja|oraz|і|и|й|و|ו|और|ও|และ|と|和|및"  # also a part of many names
_AND = rf"\s+(?:{_CONJUNCTION})\s+|\s+&\s+|\s+/\s+|/(?=(?:{_AGENCIES})\b)|(?<=\bAFP)/|(?<=\bAP)/|(?<=\bReuters)/"
_SEPARATOR = re.compile(rf"{_COMMA}|{_AND}", re.IGNORECASE)
_JOINS = re.compile(rf"(?:[,;&/、،]|\s(?:{_CONJUNCTION}|(?-i:{_LETTERS})))$", re.IGNORECASE)
_LOOSE = re.compile(
    rf"^\s*(?:[,&/]|(?:{_CONJUNCTION}|(?-i:{_LETTERS}))\s)\s*"
    rf"|\s+(?:[&/]|{_CONJUNCTION}|(?-i:{_LETTERS}))\s*$",
    re.IGNORECASE,
)
_LETTER = re.compile(r"\s+(?:y|e|i|и|و)\s+", re.IGNORECASE)
_ANY_LETTER = re.compile(rf"\s+(?:y|e|i|и|(?-i:{_LETTERS}))\s+", re.IGNORECASE)
_REGION = r"(?:(?:north|south|east|west)(?:ern)?\s+|(?:central|downtown|occupied|rural)\s+)?"
_WORD = r"(?:[’']?[^\W\d_]{1,5}[’'-])?[^\W\d_a-z][\w’'.-]*+"
_SMALL = "am|an|auf|bei|da|de|del|della|dem|den|der|di|do|dos|du|el|en|es|la|las|le|les|los|ob|of|on|sous|sur|upon|vor"
_PLACE = (
    rf"\s+(?:the\s+)?{_REGION}{_WORD}(?:\s+(?:(?:{_SMALL})\s+){{0,3}}{_WORD})*+"
    r"(?:\s+(?:area|city|county|district|province|region))?\s*$"
)
_IN_PLACE = re.compile(rf"\s+in\s+(?:the\s+)?{_REGION}{_WORD}(?:\s+{_WORD})*+\s*$")
_AT_PLACE = re.compile(rf"(?:^|\s+)(?:in|at|from|near|outside){_PLACE}")
_TITLE = re.compile(
    r"\b(?:editors?|correspondents?|reporters?|columnists?|writers?|journalists?|producers?|chief|"
    r"analysts?|fellow|professor|lecturer|director|minister|president|secretary|head of|researcher|"
    r"photographer|contributor|author of|member of|(?:co-?)?founder|ceo)\b",
    re.IGNORECASE,
)
_OTHERS = re.compile(r"(?:(?:news|other|our|press|wire)\s+)?(?:agencies|colleagues|others|staff|wires|wire services)")
_SUFFIX = re.compile(r"(?:[JS]r\.?|I{2,3}|IV)")
_DEGREE = re.compile(
    r"(?:Ph\.?\s?D\.?|M\.?D\.?|M\.?A\.?|B\.?A\.?|M\.?Sc\.?|MBA|MPH|MP|MEP|QC|KC|OBE|CBE|CFA|CPA|CFP|RN|JD|LL\.?[BM]\.?)"
)
_COMPANY = re.compile(r"(?:LLC|Inc\.?|Ltd\.?|GmbH|AG|S\.?A\.?|PLC|Pty)")
_DESK = re.compile(
    r"\b(?:desk|newsdesk|team|staff|newsroom|bureau|service|services|agency|department|unit|office|editors|"
    r"partners|sons|co)\.?$",
    re.IGNORECASE,
)
_WIRES = frozenset(
    {
        "agence france-presse",
        "associated press",
        *"reuters bloomberg afp dpa ansa efe tass interfax kyodo politico euronews xinhua yonhap".split(),
    }
)
_WIRE_IN_BRACKETS = re.compile(rf"\s*\(([A-Z]{{2,6}}|(?i:{'|'.join(sorted(_WIRES))}))\)")
_INSTITUTION = re.compile(
    r"\b(?:of|for|the|school|university|college|institute|ministry|department|office|bureau|agency|council|committee|"
    r"commission|association|society|foundation|cent(?:er|re)|national|international|royal|federal|european|world|news|"
    r"times|media|magazine|culture|lifestyle|affairs|health|business|women|journalists|editorial|team|desk|union)\b",
    re.IGNORECASE,
)
_TOPICS = frozenset(
    "news features staff agencies sport sports politics world opinion culture business science research media "
    "press editorial photo video data web online health education".split()
)
PARTICLES = frozenset(
    "de del della di da dos do du des la le van von der den ter ten zu zur zum tot af av bin ibn ben bint abu ould al "
    "el ní ó y e i st of the och degli dei".split()
)
"""The words of a name that begin with a small letter."""

_PREFIXES = ("al-", "el-", "d'", "d’", "l'", "l’", "’t", "'t")
DISTRICT = re.compile(r"(?<=Washington),\s*D\.?\s?C\b\.?")
"""The second half of a place, which is no name and no end of a sentence."""

_LAND = re.compile(
    "Burkina Faso|Cape Verde|Costa Rica|Czech Republic|Dominican Republic|El Salvador|Equatorial Guinea|Hong Kong|"
    "Ivory Coast|New Zealand|North Korea|North Macedonia|Northern Ireland|Papua New Guinea|San Marino|Saudi Arabia|"
    "Sierra Leone|South Africa|South Korea|South Sudan|Sri Lanka|Trinidad|UAE|UK|US|USA|United Arab Emirates|"
    "United Kingdom|United States|British Columbia|New Hampshire|New Jersey|New Mexico|New South Wales|New York|"
    "North Carolina|North Dakota|Nova Scotia|Rhode Island|South Australia|South Carolina|South Dakota|"
    "West Virginia|Western Australia"
)  # those that do not look like a place: of several words, or in capitals


def authors(byline: str | None) -> list[str]:
    """The names in the text of a byline, as printed, each once.

    Mail addresses, handles, places and job titles go; agencies and desks stay whole.

    >>> authors("By Ana Peña, Jürgen Weiß and AFP")
    ['Ana Peña', 'Jürgen Weiß', 'AFP']
    >>> authors("Michael Sanders by Michael Sanders")
    ['Michael Sanders']
    >>> authors("Jane Roe in Brussels and John Doe")
    ['Jane Roe', 'John Doe']
    >>> authors("Jane Roe, Europe editor (jane@example.com) @jane")
    ['Jane Roe']
    >>> authors("by News and Features Desk")
    ['News and Features Desk']
    >>> authors("Penulis : Budi Santoso | Editor : Siti Aminah")
    ['Budi Santoso']
    >>> authors("Escrito por José Ortega"), authors("Ludwig von Mises"), authors("REVIEWED BY")
    (['José Ortega'], ['Ludwig von Mises'], [])
    """
    text = line(byline) or ""
    if len(text) > _LONGEST:
        text = text[:_LONGEST].rpartition(",")[0]
    text = DISTRICT.sub("", _HANDLE.sub(" ", _MAIL.sub(" ", text)))
    text = _TITLED.sub("", before_helpers(text)[0] or text)
    text = _SPECIAL.sub("", _HELPERS.sub("", _WIRE_IN_BRACKETS.sub(r", \1", line(text) or "")))
    text = _LOOSE.sub("", _LABEL.sub("", _once(_BY.sub("", text))))
    before, by, after = text.partition(" by ")
    if by and _BY.match(f"{before} by "):
        text = after
    return _distinct(_parts(text))


def display_names(text: str | None) -> list[str]:
    """The names in the text of a link to an author, which is one display name as a rule.

    >>> display_names("José Ortega y Gasset"), display_names("News from Berlin"), display_names("Oleh Kovalenko")
    (['José Ortega y Gasset'], ['News from Berlin'], ['Oleh Kovalenko'])
    >>> display_names("Jane Roe in Brussels and John Doe"), display_names("Rock & Roll Magazine")
    (['Jane Roe', 'John Doe'], ['Rock & Roll Magazine'])
    >>> display_names("Jane Roe, MD"), display_names("London School of Economics and Political Science")
    (['Jane Roe, MD'], ['London School of Economics and Political Science'])
    """
    whole = line(text)
    if whole is None or len(whole) > _LONGEST:
        return []
    bare = line(_HANDLE.sub(" ", _MAIL.sub(" ", whole))) or whole
    bare = _once(re.sub(r"^by\s+(?=\S+\s+\S)(?!the\b)", "", bare, flags=re.IGNORECASE))
    pieces: list[str] = []
    for piece in filter(None, _SEPARATOR.split(bare)):
        if pieces and _is_degree(piece):
            pieces[-1] += f", {piece}"
        else:
            pieces += map(_without_place, _split_at(_LETTER, piece))
    if pieces and _INSTITUTION.search(_SEPARATOR.split(bare)[0]):
        return [bare]
    kept = [piece for number, piece in enumerate(pieces) if number == 0 or not _TITLE.search(piece)]
    if kept and all(is_name(piece) and (is_wire(piece) or is_full(piece)) for piece in kept):
        return _distinct(kept)
    return [bare]


def before_helpers(text: str) -> tuple[str, bool]:
    """What a text says before it names who translated, edited or took photographs, and whether it does.

    >>> before_helpers(", Reuters; translated by ")
    (', Reuters', True)
    """
    found = _HELPED.search(text)
    return (text[: found.start()].rstrip(" ,;|•(–—-"), True) if found else (text, False)


def leads_on(text: str) -> bool:
    """Whether a text between two names joins them: it ends with a comma or a conjunction.

    >>> [leads_on(text) for text in (", Reuters and ", ",", " (")]
    [True, True, False]
    """
    return _JOINS.search(text.rstrip()) is not None


def is_helper(text: str) -> bool:
    """Whether a text is only what a helper did or is.

    >>> is_helper(" Editor "), is_helper(" Editor Ana Peña ")
    (True, False)
    """
    return _HELPER.fullmatch(text) is not None


def beside(text: str) -> list[str]:
    """The names in the text beside a linked author; behind a dash or in brackets stand places, and agencies.

    >>> beside(" (New York)"), beside(" – Reuters"), beside(" and John Doe")
    ([], ['Reuters'], ['John Doe'])
    """
    names = authors(text)
    return [name for name in names if is_wire(name)] if text.lstrip().startswith(("(", "–", "—", "-")) else names


def goes_on(text: str) -> bool:
    """Whether a text behind a name can hold another one: it begins with a mark or a conjunction.

    >>> [goes_on(text) for text in (", Reuters", " and John Doe", " Follow Us")]
    [True, True, False]
    """
    return re.match(r"\s*[^\w\s]", text) is not None or _LOOSE.match(text) is not None


def is_another_author(name: str) -> bool:
    """Whether a name in the text beside linked authors is one more: a full name or an agency, no title or place.

    >>> [is_another_author(name) for name in ("John Doe", "Reuters", "Updated", "2 others")]
    [True, True, False, False]
    """
    whole = name.replace(" and ", " ") if _DESK.search(name) else name  # that of a desk parts no names
    return is_name(whole) and not _TITLE.search(name) and (is_wire(name) or is_full(name))


def _is_degree(piece: str) -> bool:
    """Whether what follows a name behind a comma is a part of it: a degree, the form of a company."""
    is_short = piece.isupper() and len(piece) <= 5 and not re.fullmatch(_AGENCIES, piece)
    return is_short or bool(_DEGREE.fullmatch(piece) or _COMPANY.fullmatch(piece))


def _once(text: str) -> str:
    """The text, or half of it where it says a name twice: the avatar's, then the byline's."""
    twice = _TWICE.fullmatch(text) if len(text) < 200 else None
    return twice["name"] if twice else text


def _distinct(names: Iterable[str]) -> list[str]:
    found: dict[str, str] = {}
    for name in names:
        if found and _SUFFIX.fullmatch(name):
            last = next(reversed(found))
            found[last] += f", {name}"
        else:
            found.setdefault(name.casefold(), name)
    return list(found.values())


def _parts(text: str) -> list[str]:
    """The text cut at commas and conjunctions, where what is between them can stand alone."""
    pieces = _without_places(filter(None, map(_trim, _SEPARATOR.split(text))))
    kept = [
        piece
        for number, piece in enumerate(pieces)
        if number == 0 or not (_TITLE.search(piece) or _DEGREE.fullmatch(piece))
    ]
    if kept and is_name(kept[0]) and (is_wire(kept[0]) or is_full(kept[0])):
        kept = [piece for piece in kept if not _is_aside(piece)]
    kept = [name for piece in kept for name in _split_at(_ANY_LETTER, piece)]
    names = [piece for piece in kept if not _SUFFIX.fullmatch(piece)]
    if len(names) > 1 and not _stand_alone(names):
        whole = _AT_PLACE.sub("", _trim(text))
        return [whole] if whole else []
    return kept


def _without_places(pieces: Iterable[str]) -> list[str]:
    """The pieces of a byline without places: those behind "in", and what goes on after one: a land, further places.

    >>> _without_places(["Jane Roe in Tirana", "Albania", "John Doe", "in Kyiv", "Paris", "AFP"])
    ['Jane Roe', 'John Doe', 'AFP']
    """
    kept: list[str] = []
    is_place = False
    for piece in pieces:
        short = _AT_PLACE.sub("", piece)
        is_another = bool(_LAND.fullmatch(piece)) or (" " not in piece and not is_wire(piece))
        is_place = short != piece or (is_place and is_another)
        if short and (short != piece or not is_place):
            kept.append(short)
    return kept


def _is_aside(piece: str) -> bool:
    """Whether a piece behind a name is none: a time, "5 min read", "other agencies"."""
    return any(map(str.isdigit, piece)) or bool(_OTHERS.fullmatch(piece))


def _split_at(letters: re.Pattern[str], text: str) -> list[str]:
    sides = [_trim(side) for side in letters.split(text)]
    return sides if len(sides) > 1 and all(is_name(side) and is_full(side) for side in sides) else [text]


def _trim(text: str) -> str:
    """The text without punctuation at its ends; the point of an initial stays."""
    text = text.strip(" –—-·•|:,;").lstrip(" .")
    return text if re.search(r"(?:^|[\s.])\w{1,2}\.$", text) else text.rstrip(" .")


def _without_place(text: str) -> str:
    short = _IN_PLACE.sub("", text)
    return short if is_full(short) else text


def _stand_alone(names: list[str]) -> bool:
    """Whether each of several names is one by itself, rather than a part of one name."""
    if not all(map(is_name, names)):
        return False
    single = [name for name in names if " " not in name and not is_wire(name)]
    if _DESK.search(names[-1]) and any(name in single for name in names[:-1]):
        return False
    return len(single) < len(names) or not any(name.casefold() in _TOPICS or _DESK.search(name) for name in single)


def is_wire(name: str) -> bool:
    """Whether a name is an agency's: in capitals, or known."""
    return name.isupper() or name.casefold() in _WIRES


def is_full(name: str) -> bool:
    """Whether a name has at least two words that are no particles."""
    return sum(word.casefold() not in PARTICLES for word in name.split()) > 1


def is_name(text: str) -> bool:
    """Whether every word but the particles begins with what is no small letter; agencies are names."""
    words = [word for word in text.split() if word.casefold() not in PARTICLES and not word.startswith(_PREFIXES)]
    is_small = any(word[0].islower() for word in words) and text.casefold() not in _WIRES
    return bool(words) and not is_small and len(text) <= 80 and not any(map(str.isdigit, text))
