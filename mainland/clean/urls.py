"""Addresses of pages: makes them absolute, cleans and compares them, reads what they name.

But for :func:`over_tls` no text raises an error: a malformed or too long address is one without host and path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import SplitResult, unquote, urljoin, urlsplit, urlunsplit

from w3lib.url import safe_url_string

_SAFE = re.compile(r"[!#-;=?-\[\]_a-z~]+")
_WHOLE = re.compile(r"https?://[\w.:-]+/[!$-:=@-Z_a-z~]*", re.ASCII)  # urljoin would give it back as it is
_IMAGE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|bmp|tiff?|svg|heic)$", re.IGNORECASE)
_SHARE = re.compile(
    r"mailto:\?|whatsapp://send|(?:https?:)?//(?:www\.)?(?:"
    r"facebook\.com/(?:sharer|share\.php|dialog/)|(?:twitter|x)\.com/(?:intent|share)\b|wa\.me/\?|api\.whatsapp\.com/send"
    r"|(?:t|telegram)\.me/share|linkedin\.com/(?:shareArticle|sharing)|pinterest\.com/pin/create|reddit\.com/submit)",
    re.IGNORECASE,
)
_POST = re.compile(r"[?&]p=(\d{1,18})(?!\d)")
_CATEGORY = re.compile(r"[?&]cat=(\d{1,10})(?![^&#])")
_REST_POST = re.compile(r"/wp/v2/posts/(\d{1,18})(?!\d)")
_PAGE = re.compile(r"/page/\d{1,6}/?$")
_SUBPAGE = re.compile(r"[?&]page=\d{1,3}(?:[&#]|$)")
LONGEST = 8_000
"""The most characters of an address; a longer one is not read as an address."""

_LONGEST_ORIGIN = 400  # characters of an address up to its path: a name of a host has 253


def over_tls(url: str) -> str:
    """An address of http as one of https; other addresses, and those with another port than 80, unchanged.

    >>> over_tls("http://example.org:80/a?b"), over_tls("http://example.org:8080/a")
    ('https://example.org/a?b', 'http://example.org:8080/a')

    :raises ValueError: the address is malformed, such as one whose port is not a number.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.port not in (None, 80):
        return url
    return parts._replace(scheme="https", netloc=parts.netloc.removesuffix(":80")).geturl()


def host(url: str | None) -> str | None:
    """The host that a site is known by: lower case, in ASCII, without ``www.``, with a port that is not the default.

    None for an address that is not one of http or https, is relative or malformed, or has more than 400 characters up
    to its path.

    >>> host("https://WWW.Example.org:443/a"), host("http://127.0.0.1:8088"), host("http://bücher.example")
    ('example.org', '127.0.0.1:8088', 'xn--bcher-kva.example')
    >>> host("mailto:a@example.org") is None
    True
    """
    url = (url or "").strip()
    path = url.find("/", len("https://"))
    origin = url if path < 0 else url[:path]
    return _host(origin) if len(origin) <= _LONGEST_ORIGIN else None


@lru_cache(maxsize=256)  # a page has links to few hosts
def _host(origin: str) -> str | None:
    """The host of an address that has no path; None as in :func:`host`."""
    try:
        parts = urlsplit(origin)
        name, port = parts.hostname, parts.port
        if name and not name.isascii():
            name = name.encode("idna").decode("ascii")
    except ValueError:  # a UnicodeError too
        return None
    if parts.scheme not in ("http", "https") or not name:
        return None
    default = {"http": 80, "https": 443}[parts.scheme]
    name = f"[{name}]" if ":" in name else name
    return name.removeprefix("www.") + (f":{port}" if port and port != default else "")


def absolute(base: str | None, url: str | None) -> str | None:
    """The address that ``url`` has on the page ``base``, escaped as in HTTP, with query and fragment; otherwise None.

    None is returned for an address that is not one of http or https, is relative without a ``base``, is malformed, or
    has more than :data:`LONGEST` characters.

    >>> absolute("https://example.org/a/", "../b?c#d")
    'https://example.org/b?c#d'
    >>> absolute("https://example.org/", "/ж b")
    'https://example.org/%D0%B6%20b'
    >>> absolute(None, "javascript:;") is None
    True
    """
    try:
        joined = (url or "").strip()
        if len(joined) > LONGEST:
            return None
        joined = joined if _WHOLE.fullmatch(joined) else urljoin(base or "", joined)
        if not host(joined):
            return None
        safe = joined if _SAFE.fullmatch(joined) else safe_url_string(joined)
        return safe if _SAFE.fullmatch(safe) else None
    except (ValueError, UnicodeError):
        return None


@lru_cache(maxsize=1024)  # an address is looked up a dozen times between its list and its line
def key(url: str) -> str:
    """The key of a page, the same for all its addresses: host and path, lower case, without escapes.

    The query is dropped but for ``p`` and ``cat``, WordPress' numbers of a post and of a category. The host is as
    :func:`host` gives it, without a scheme; it is the text "None" in the key of an address without one.

    >>> key("https://www.example.org/%D0%BA-Slug/?utm_source=x") == key("http://example.org/к-slug")
    True
    >>> key("https://example.org/?p=7")
    'example.org/?p=7'
    >>> key("https://example.org/?cat=5&paged=2")
    'example.org/?cat=5'
    """
    path = unquote(_split(url).path).lower().rstrip("/")
    if path or "?" not in url:
        return f"{host(url)}{path}"
    post, category = _POST.search(url), _CATEGORY.search(url)
    return f"{host(url)}" + (f"/?p={post[1]}" if post else f"/?cat={category[1]}" if category else "")


def clean(url: str) -> str:
    """The address without query and fragment, name and password; "" if it is malformed or too long.

    >>> clean("https://ana:secret@example.org/a/?utm_source=x#b")
    'https://example.org/a/'
    """
    parts = _split(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.strip(), "", ""))


def post_id(url: str | None) -> int | None:
    """The number of the post in a short link, a feed's guid or a REST address; None if there is none.

    >>> post_id("https://example.org/?p=28551"), post_id("https://example.org/wp-json/wp/v2/posts/7")
    (28551, 7)
    """
    match = _POST.search(url or "") or _REST_POST.search(url or "")
    return int(match[1]) if match else None


def section_slug(url: str | None) -> str | None:
    """The slug of the section that a category page's address names, decoded, in small letters; otherwise None.

    It is the last part of the path, without the number of the page, or ``cat-`` and the number in ``?cat=``.

    >>> section_slug("https://example.org/category/news/world/page/2/")
    'world'
    >>> section_slug("https://example.org/?cat=5")
    'cat-5'
    """
    if number := _category(url):
        return f"cat-{number}"
    _, is_category, below = unquote(_split(url).path).rpartition("/category/")
    parts = below.strip("/").split("/")
    if not is_category or "?" in below or "#" in below:
        return None
    if len(parts) > 1 and parts[-2] == "page" and parts[-1].isdecimal():
        del parts[-2:]
    return parts[-1].lower() or None if parts else None


def section_address(url: str) -> str:
    """The address of the first page of a section, from that of any of its pages; without fragment, query only ``cat``.

    >>> section_address("https://example.org/category/news/page/2/?x=1")
    'https://example.org/category/news/'
    >>> section_address("https://example.org/?cat=5&paged=2")
    'https://example.org/?cat=5'
    """
    parts, number = urlsplit(clean(url)), _category(url)
    return urlunsplit(parts._replace(path=_PAGE.sub("/", parts.path), query=f"cat={number}" if number else ""))


def section_page(section: str, number: int) -> str:
    """The address that WordPress gives the page ``number`` of a section; ``section`` is the address of its first page.

    >>> section_page("https://example.org/category/news/", 2), section_page("https://example.org/?cat=5", 2)
    ('https://example.org/category/news/page/2/', 'https://example.org/?cat=5&paged=2')
    """
    return f"{section}&paged={number}" if _category(section) else f"{section.rstrip('/')}/page/{number}/"


def _category(url: str | None) -> str | None:
    """The number (as text) of the category that an address without a path names; otherwise None."""
    match = _CATEGORY.search(url or "")
    return match[1] if match and not _split(url).path.strip("/") else None


def is_subpage(url: str, first: str | None) -> bool:
    """Whether ``url`` is that of a second or later subpage of the article at ``first``; False if ``first`` is None.

    >>> is_subpage("https://example.org/a/2/", "https://example.org/a/")
    True
    >>> is_subpage("https://example.org/?p=7&page=2", "https://example.org/?p=7")
    True
    >>> is_subpage("https://example.org/a/b/", "https://example.org/a/")
    False
    """
    if not first:
        return False
    own, page = key(first), key(url)
    is_below = page.startswith(f"{own}/") and page[len(own) + 1 :].isdecimal()
    return (is_below and page != f"{own}/1") or (page == own and _SUBPAGE.search(url) is not None)


def folder(home: str, addresses: Iterable[str]) -> str | None:
    """The address of the first folder below a site's home page that contains one of some addresses; None without one.

    >>> folder("https://example.org/", ["https://example.org/sitemap.xml", "https://example.org/paper/sitemap.xml"])
    'https://example.org/paper/'
    >>> folder("https://example.org/paper/", ["https://example.org/paper/"]) is None
    True
    """
    own = _split(home)
    for parts in map(_split, addresses):
        path = f"{parts.path.rpartition('/')[0]}/"
        if host(parts.geturl()) == host(home) and path != own.path and path.startswith(own.path):
            return urlunsplit((own.scheme, own.netloc, path, "", ""))
    return None


def is_share(url: str) -> bool:
    """Whether an address, absolute or as printed, is that of a button to share a page.

    >>> is_share("https://www.facebook.com/sharer/sharer.php?u=x"), is_share("https://www.facebook.com/x")
    (True, False)
    """
    return bool(_SHARE.match(url))


def is_image(url: str | None) -> bool:
    """Whether the path ends like a picture's, such as ``.jpg`` or ``.webp``; the query does not count."""
    return bool(_IMAGE.search(_split(url).path))


def path(url: str) -> str:
    """The path of an address, in small letters, without escapes and the slash at its end; the same on another host.

    >>> path("http://www.example.org/A%20b/?utm_source=x#c")
    '/a b'
    """
    return unquote(_split(url).path).lower().rstrip("/")


def last_part(url: str) -> str | None:
    """The last part of the path, decoded, in small letters; None where the path is empty.

    >>> last_part("https://example.org/topics/world/")
    'world'
    """
    return unquote(_split(url).path).rstrip("/").rpartition("/")[2].lower() or None


def _split(url: str | None) -> SplitResult:
    """The parts of an address; all are empty if it is malformed, or has more than LONGEST characters."""
    try:
        return urlsplit((url or "").strip() if len(url or "") <= LONGEST else "")
    except ValueError:
        return urlsplit("")
