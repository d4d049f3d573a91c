"""Addresses of pictures: the original behind an image service, sizes in names, placeholders. No text raises an error.

Rules for any service are here; rules for a single service are in ``data/pictures.toml``.
"""

from __future__ import annotations

import re
from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit

from mainland import data
from mainland.clean import urls

_DATA = data.load("pictures")
_PLACEHOLDERS: dict[str, Any] = _DATA["placeholders"]
_BLANK = re.compile(rf"\b{data.any_of(_PLACEHOLDERS['words'])}\b")
_PLACEHOLDER_HOSTS = tuple(f".{name}" for name in _PLACEHOLDERS["hosts"])
_BESIDE = frozenset(_PLACEHOLDERS["beside"])
_RESIZING = frozenset(_DATA["queries"]["resizing"])
_ADDRESSING = re.compile(_DATA["queries"]["addressing"])
_COPIES: dict[str, str] = dict(_DATA["copies"])

_FORMATS = re.compile(r"(?:\.(?:jpe?g|png|gif|webp|avif|jxl|bmp|svg)){1,3}$")
_REVISION = re.compile(r"(?:-\d{1,5}x\d{1,5}|-scaled|-rotated|-e\d{8,14}|@\dx){1,4}$")
_SIZE = re.compile(r"-(\d{2,5})x(\d{2,5})(?:@\dx)?(?=\.[A-Za-z]{3,4}$)")
_NOT_AN_ADDRESS = re.compile(r"(?:data|about|blob|javascript):|#|image/[\w.+-]{1,40};", re.IGNORECASE)
_DOT = re.compile(r"(?:^|[^\d])1x1(?:[^\d]|$)|^1px$")
_PARTS_OF_NAME = re.compile(r"[^a-z]+")
# An address in a path: "/https://…", ":https:/…", or escaped.
_INNER = re.compile(r"(?<=[/:,=])https?(?::/{1,2}|%3a(?:%2f|/){1,2}|%253a(?:%252f){1,2})", re.IGNORECASE)
_SCHEME = re.compile(r"(https?):/+", re.IGNORECASE)
_BASE64 = re.compile(r"/(aHR0c[\w+=-]{12,4000})(?:\.[a-z]{3,4})?(?=/|$)")  # of what begins with "http"
_AS_FORMAT = re.compile(r"(\.(?:jpe?g|png|gif|webp|avif))@[a-z]{3,4}$", re.IGNORECASE)  # imgproxy's
_HOST = re.compile(r"(?:[a-z0-9_-]{1,63}\.){1,8}[a-z]{2,24}(?::\d{1,5})?", re.IGNORECASE)
_CONVERTED = re.compile(r"(\.(?:jpe?g|png|gif))\.(?:webp|avif)$", re.IGNORECASE)
_PAGESPEED = re.compile(r"/(?:\d{1,5}x\d{1,5})?x([^/]+?)\.pagespeed\.[a-z]{2}\.[^/]{1,40}$")
_MOST_SERVICES = 4  # one behind the other
_MOST_PARAMETERS = 30
_CONTENT = "/wp-content/"
_UPLOADS = "/uploads/"


@dataclass(frozen=True, slots=True)
class _Service:
    """The rules for the addresses of one image service; the keys are described in ``data/pictures.toml``."""

    holds: str
    marker: str = ""
    skip: int = 0
    steps: re.Pattern[str] | None = None


def _service(entry: dict[str, Any]) -> _Service:
    """A service from its table in ``data/pictures.toml``."""
    steps = re.compile(entry["steps"]) if "steps" in entry else None
    return _Service(entry["holds"], entry.get("marker", ""), entry.get("skip", 0), steps)


_BY_HOST = {name: _service(entry) for entry in _DATA["services"].values() for name in entry.get("hosts", ())}
_BY_MARKER = [_service(entry) for entry in _DATA["services"].values() if "marker" in entry]
# What stands, in lower case, behind the scheme of an address that contains another one, unless its host is a service's.
_HOLDS = ("?", "http", "ahr0c", *(each.marker.lower() for each in _BY_MARKER))


class Size(NamedTuple):
    """The size that a file name ends with, in pixels."""

    width: int
    height: int


def original(url: str, page: str | None = None) -> str:
    """The address of the uploaded picture that the address of an image service contains.

    Any other address loses its fragment, the suffix of a copy in another format, and a query that resizes. A picture
    file on the host of ``page``, below ``/wp-content/`` or of an image service loses any query. ``url`` is absolute and
    well-formed. ``page`` is the address of the page that shows it; it also gives the host where a service names only
    the path. A size in the file's name stays: see :func:`without_size`.

    >>> original("https://i0.wp.com/example.org/wp-content/uploads/a.jpg?resize=750%2C375&ssl=1")
    'https://example.org/wp-content/uploads/a.jpg'
    >>> original("https://x.i.optimole.com/w:750/h:375/q:auto/https://example.org/wp-content/uploads/a.jpg")
    'https://example.org/wp-content/uploads/a.jpg'
    >>> original("https://7.smushcdn.com/7/wp-content/uploads/a.jpg.webp?lossy=1", "https://example.org/rain/")
    'https://example.org/wp-content/uploads/a.jpg'
    """
    for _ in range(_MOST_SERVICES):
        found = _original_in(url, page) if len(url) <= urls.LONGEST else None
        if found is None or found == url:
            break
        url = found
    return _plain(url, page)


def key(url: str) -> str:
    """The key of a picture, the same for all its addresses, whatever service resizes or converts it; for comparing.

    It is the path below the folder of uploads, else the path of the original, in small letters, without size, format
    and revision.

    >>> key("https://i0.wp.com/example.org/wp-content/uploads/2024/01/a-scaled.jpg?resize=800,400&ssl=1")
    '2024/01/a'
    >>> key("https://x.i.optimole.com/cb:1.2/w:800/h:400/f:best/https://example.org/pictures/a-800x400.jpg.webp")
    'pictures/a'
    """
    whole = unquote(original(url or "")[: urls.LONGEST]).lower()
    return _REVISION.sub("", _FORMATS.sub("", _below_uploads(whole, is_host_left_out=True)))


def file_key(url: str) -> str:
    """The key of a file among those of a page: its decoded path below the folder of uploads, else host and path.

    >>> file_key("https://example.org/wp-content/uploads/2024/01/a-300x200.jpg?x"), file_key("https://a.example/b.jpg")
    ('2024/01/a-300x200.jpg', 'a.example/b.jpg')
    """
    return _below_uploads(unquote(url))


def size(url: str) -> Size | None:
    """The size at the end of the file's name, made by WordPress or part of the name itself; None without one.

    >>> size("https://example.org/a-750x375.jpg"), size("https://example.org/a.jpg")
    (Size(width=750, height=375), None)
    """
    name = url.partition("?")[0].rpartition("/")[2]
    match = _SIZE.search(name) if "x" in name else None
    return Size(int(match[1]), int(match[2])) if match else None


def without_size(url: str) -> str:
    """An address, or what :func:`file_key` gives, without the size at the end of the file's name, and without a query.

    >>> without_size("https://example.org/a-750x375.jpg?x")
    'https://example.org/a.jpg'
    """
    return _SIZE.sub("", url.partition("?")[0])


def is_placeholder(value: str) -> bool:
    """Whether an address, as written in an attribute, is that of a placeholder: shown until the picture is loaded.

    True also for what is not an address of a file, such as ``data:`` and the variables of templates. A file in the
    folder of uploads is one only if its format is not that of photographs: "pixel.jpg" may be a photograph.

    >>> [is_placeholder(f"https://a.example/{name}") for name in ("lazy_placeholder.gif", "loading-dock.jpg")]
    [True, False]
    >>> is_placeholder("data:image/gif;base64,R0"), is_placeholder("image/gif;base64,R0")
    (True, True)
    """
    if _NOT_AN_ADDRESS.match(value) or "{{" in value or "${" in value:  # of a template that a script fills in
        return True
    path = urls.path(value)
    name, _, form = path.rpartition("/")[2].rpartition(".")
    if f".{urls.host(value)}".endswith(_PLACEHOLDER_HOSTS):
        return True
    if "/uploads/" in path and form in ("jpg", "jpeg"):
        return False
    words = " ".join(word for word in _PARTS_OF_NAME.split(name) if word not in ("", "x", "px"))
    others = _BLANK.sub(" ", words)
    return (others != words and _BESIDE.issuperset(others.split())) or (not words and bool(_DOT.search(name)))


def decoded(value: str) -> str:
    """The decoded text of a value in Base64, of either alphabet; "" if it is not Base64, or not of printable text.

    >>> decoded("aHR0cHM6Ly9hLmV4YW1wbGUvYS5qcGc"), decoded("Rain!")
    ('https://a.example/a.jpg', '')
    """
    with suppress(ValueError):
        plain = value.translate(str.maketrans("-_", "+/")).rstrip("=")
        text = b64decode(plain + "=" * (-len(plain) % 4)).decode("utf-8")
        return text if text.isprintable() or "<" in text else ""
    return ""


def leads_to_picture(href: str | None) -> bool:
    """Whether a link's address, maybe relative, is that of a picture file, and not of a page about one.

    Wikipedia's ``File:a.jpg`` is such a page. False for None.

    >>> leads_to_picture("/a.jpg"), leads_to_picture("https://commons.wikimedia.org/wiki/File:A.jpg")
    (True, False)
    """
    return urls.is_image(href) and ":" not in (urls.last_part(href or "") or "")


def is_served(url: str) -> bool:
    """Whether an absolute address is one of an image service, whose addresses may not end like a picture's."""
    return _service_of_host(urls.host(url)) is not None or any(service.marker in url for service in _BY_MARKER)


def _original_in(url: str, page: str | None) -> str | None:
    """The address of the original in an address of an image service, by the first rule that finds one; else None."""
    parts, service = _split(url), _service_of_host(urls.host(url))
    behind = url[len("http://") :].lower()
    if service or any(mark in behind for mark in _HOLDS):
        inner = _in_path(url) or _in_query(url, parts)
        if inner:
            return inner
        service = service or next((each for each in _BY_MARKER if each.marker in parts.path), None)
    if service and service.holds == "host":
        return _host_in_path(parts, service) or _host_in_query(parts)
    if service and service.holds == "path":
        return _at_site(parts, service, page)
    if service and service.steps:
        return _without_steps(parts, service.steps)
    own = _split(page).netloc
    begin = parts.path.find(f"/{own}/") if own else -1
    return f"{_split(page).scheme}:/{parts.path[begin:]}" if begin >= 0 and own != parts.netloc else None


def _in_path(url: str) -> str | None:
    """The complete address that the path of another address contains, escaped or in Base64, as absolute; else None."""
    path, mark, query = url.partition("?")
    has_scheme = path.lower().find("http", len("https://") - 1) >= 0
    found = _INNER.search(path, len("https://")) if has_scheme else None
    if not found:
        coded = _BASE64.search(path) if "aHR0c" in path else None
        return urls.absolute(None, decoded(coded[1])) if coded else None
    rest = path[found.start() :]
    if "%" in found[0]:
        rest = unquote(unquote(rest) if "%25" in found[0] else rest)
    else:
        rest += mark + query
    return urls.absolute(None, _AS_FORMAT.sub(r"\1", _SCHEME.sub(r"\1://", rest, count=1)))


def _in_query(url: str, parts: SplitResult) -> str | None:
    """The absolute address of a picture that is a parameter in the query of an address; None without one.

    ``parts`` are the parts of the address ``url``. None too if that is itself the address of a picture file.
    """
    if not parts.query or urls.is_image(url):
        return None
    for name, value in _parameters(parts):
        is_address = value.startswith(("http://", "https://", "/")) and (urls.is_image(value) or is_served(value))
        if is_address and _ADDRESSING.search(name.lower()):
            return urls.absolute(url, value)
    return None


def _host_in_path(parts: SplitResult, service: _Service) -> str | None:
    """The address that begins with the first host in the path of an image service's address, as https.

    None without one.
    """
    path = parts.path.partition(service.marker)[2] if service.marker else parts.path
    names = [name for name in path.split("/") if not (service.steps and service.steps.fullmatch(name))]
    for place, name in enumerate(names[:-1]):
        if _HOST.fullmatch(name) and not urls.is_image(f"/{name}"):
            query = f"?{parts.query}" if parts.query else ""
            return urls.absolute(None, f"https://{'/'.join(names[place:])}{query}")
    return None


def _host_in_query(parts: SplitResult) -> str | None:
    """The address, as https, that a parameter of the query has without a scheme; None without one."""
    values = (value.removeprefix("ssl:") for _, value in _parameters(parts))
    found = next((value for value in values if _HOST.match(value) and "/" in value), None)
    return urls.absolute(None, f"https://{found}") if found else None


def _at_site(parts: SplitResult, service: _Service, page: str | None) -> str | None:
    """The address on the site of ``page`` that has the path in the service's address; None without a page or a path.

    If a service is known by a marker in the path, and the host is not a service's, it is on this host instead.
    """
    before, _, path = parts.path.partition(service.marker) if service.marker else ("", "", parts.path.lstrip("/"))
    path = "/" + "/".join(path.split("/")[service.skip :])
    at = parts if service.marker and _service_of_host(urls.host(urlunsplit(parts))) is None else _split(page)
    if not at.netloc or before or (at is not parts and _CONTENT not in path):
        return None
    return urlunsplit((at.scheme, at.netloc, path, parts.query, ""))


def _without_steps(parts: SplitResult, steps: re.Pattern[str]) -> str:
    """The address without the parts of its path, but the last, that match ``steps``."""
    kept = [part for part in parts.path.split("/")[:-1] if not steps.fullmatch(part)]
    return urlunsplit(parts._replace(path="/".join([*kept, parts.path.rpartition("/")[2]])))


def _plain(url: str, page: str | None) -> str:
    """The address of the uploaded file, given that of a copy in another format or one that a query resizes.

    Else unchanged.
    """
    if "?" not in url and "#" not in url and not url.endswith((".webp", ".avif")) and ".pagespeed." not in url:
        return url
    parts = _split(url)
    path = parts.path
    for copies, uploads in _COPIES.items():
        path = path.replace(copies, uploads)
    path = _CONVERTED.sub(r"\1", _PAGESPEED.sub(r"/\1", path))
    return urlunsplit(parts._replace(path=path, query=parts.query if _is_query_kept(parts, page) else "", fragment=""))


def _is_query_kept(parts: SplitResult, page: str | None) -> bool:
    """Whether the query of an address is kept, because it may select or sign the picture rather than resize it.

    It is kept for a script, and for a file on another host, where one of its parameters is not known to resize.
    """
    if not parts.query or not urls.is_image(parts.path):
        return True
    if _CONTENT in parts.path or parts.netloc == _split(page).netloc or _service_of_host(parts.hostname):
        return False
    return any(name.lower() not in _RESIZING for name, _ in _parameters(parts))


def _parameters(parts: SplitResult) -> list[tuple[str, str]]:
    """The names and values in the query of an address; [] if there are more than 30."""
    try:
        return parse_qsl(parts.query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:  # more fields than that
        return []


@lru_cache(maxsize=256)
def _service_of_host(host: str | None) -> _Service | None:
    """The service whose host, or a host above, this is; None if it is not one of ``data/pictures.toml``."""
    labels = (host or "").partition(":")[0].split(".")[-8:]
    names = (".".join(labels[place:]) for place in range(len(labels) - 1))
    return next((_BY_HOST[name] for name in names if name in _BY_HOST), None)


def _below_uploads(whole: str, *, is_host_left_out: bool = False) -> str:
    """The path of an address below the folder of uploads; if it is not there, the host and the path.

    With ``is_host_left_out`` the path alone. The query is left out.
    """
    whole = whole.partition("#")[0].partition("?")[0]
    _, is_upload, below = whole.rpartition(_UPLOADS)
    if is_upload:
        return below
    below = whole.rpartition("://")[2]
    return below.partition("/")[2] if is_host_left_out else below


def _split(url: str | None) -> SplitResult:
    """The parts of an address; all are empty if it is malformed."""
    try:
        return urlsplit(url or "")
    except ValueError:
        return urlsplit("")
