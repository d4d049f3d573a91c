"""Fault injection: a site whose answers go wrong on a raw socket, byte by byte.

A fault turns a sound answer into steps: bytes to send, seconds to wait, or ``RESET``. Which answer has which fault
is drawn from a seed, the path and how often that was requested, so that a run can be had again.
"""

from __future__ import annotations

import gzip
import random
import socket
import struct
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.client import responses
from typing import Literal

import brotli
from backports import zstd
from scrapy.resolver import CachingThreadedResolver
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import DNSLookupError

RESET: Literal["reset"] = "reset"
Step = bytes | float | Literal["reset"]
HTML = "text/html; charset=UTF-8"


@dataclass(frozen=True)
class Sound:
    """An answer as the site means it, before a fault."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": HTML})


Fault = Callable[[Sound, random.Random], Iterator[Step]]


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """The status line and the headers of an answer, as bytes, with the empty line after them."""
    phrase = responses.get(status, "Unknown")
    fields = {**headers, "Connection": "close"}
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in fields.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def plain(sound: Sound, _: random.Random | None = None) -> Iterator[Step]:
    """The steps of a sound answer, without a fault."""
    yield head(sound.status, {"Content-Length": str(len(sound.body)), **sound.headers}) + sound.body


def status(number: int, body: bytes = b"<html><body>Busy</body></html>", **headers: str) -> Fault:
    """A fault: an answer of another status, with the given headers (``Retry_After="1"``)."""
    named = {"Content-Type": HTML} | {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _sound, _chance: plain(Sound(number, body, named))


def notice(body: str) -> Fault:
    """A fault: another page in place of the answer, with status 200."""
    return status(200, body.encode())


def moved(number: int, location: str) -> Fault:
    """A fault: a redirect in place of the answer."""
    return status(number, b"", Location=location)


# -- the connection --------------------------------------------------------------------------------------------


def reset_at_once(_sound: Sound, _chance: random.Random) -> Iterator[Step]:
    """The connection is reset before the first byte."""
    yield RESET


def reset_in_head(sound: Sound, _: random.Random) -> Iterator[Step]:
    """The connection is reset within the headers."""
    yield head(sound.status, sound.headers)[:30]
    yield 0.02
    yield RESET


def reset_in_body(sound: Sound, chance: random.Random) -> Iterator[Step]:
    """The connection is reset within the body."""
    yield head(sound.status, {"Content-Length": str(len(sound.body)), **sound.headers})
    yield sound.body[: chance.randrange(len(sound.body) + 1)]
    yield 0.02
    yield RESET


def closed_at_once(_sound: Sound, _chance: random.Random) -> Iterator[Step]:
    """The connection is closed before the first byte."""
    yield b""


def closed_in_head(sound: Sound, _: random.Random) -> Iterator[Step]:
    """The connection is closed within the headers."""
    yield head(sound.status, sound.headers)[:40]


def silence(_sound: Sound, _chance: random.Random) -> Iterator[Step]:
    """Nothing is answered for an hour."""
    yield 3600.0


def slow_head(sound: Sound, _: random.Random) -> Iterator[Step]:
    """The headers come at one byte a second."""
    for byte in head(sound.status, sound.headers):
        yield bytes([byte])
        yield 1.0


def slow_body(sound: Sound, _: random.Random) -> Iterator[Step]:
    """The body comes at one byte a second."""
    yield head(sound.status, {"Content-Length": str(len(sound.body)), **sound.headers})
    for byte in sound.body:
        yield bytes([byte])
        yield 1.0


# -- the body ----------------------------------------------------------------------------------------------------


def _part(sound: Sound, chance: random.Random) -> bytes:
    """The start of a body, of a length drawn at random, never complete."""
    return sound.body[: chance.randrange(len(sound.body)) if sound.body else 0]


def half(sound: Sound, chance: random.Random) -> Iterator[Step]:
    """A part of the body, with the length of all of it."""
    yield head(sound.status, {"Content-Length": str(len(sound.body)), **sound.headers}) + _part(sound, chance)


def half_without_length(sound: Sound, chance: random.Random) -> Iterator[Step]:
    """A part of the body, without its length: the end of the connection is the end of the page."""
    yield head(sound.status, sound.headers) + _part(sound, chance)


def half_in_chunks(sound: Sound, chance: random.Random) -> Iterator[Step]:
    """A part of the body in chunks, without the last chunk."""
    part = _part(sound, chance)
    yield head(sound.status, {"Transfer-Encoding": "chunked", **sound.headers})
    yield f"{len(part):x}\r\n".encode() + part + b"\r\n" if part else b""


def length_too_long(sound: Sound, _: random.Random) -> Iterator[Step]:
    """The body, with a length that is 100 bytes too long."""
    yield head(sound.status, {"Content-Length": str(len(sound.body) + 100), **sound.headers}) + sound.body


def length_too_short(sound: Sound, chance: random.Random) -> Iterator[Step]:
    """The body, with a length that is too short."""
    length = chance.randrange(1, max(2, len(sound.body) - 20))
    yield head(sound.status, {"Content-Length": str(length), **sound.headers}) + sound.body


def empty(sound: Sound, _: random.Random) -> Iterator[Step]:
    """The headers, with an empty body."""
    yield from plain(Sound(sound.status, b"", sound.headers))


def without_length(sound: Sound, _: random.Random) -> Iterator[Step]:
    """The body, without its length: the end of the connection is the end of the page. This is not a fault."""
    yield head(sound.status, sound.headers) + sound.body


# -- what the bytes mean -----------------------------------------------------------------------------------------


def kind(value: str | None) -> Fault:
    """A fault: another Content-Type; none for None."""

    def steps(sound: Sound, _: random.Random) -> Iterator[Step]:
        named = {name: text for name, text in sound.headers.items() if name != "Content-Type"}
        yield from plain(Sound(sound.status, sound.body, named | ({"Content-Type": value} if value else {})))

    return steps


def meta(charset: str) -> Fault:
    """A fault: no charset in the headers, and a wrong one in the page."""

    def steps(sound: Sound, _: random.Random) -> Iterator[Step]:
        body = sound.body.replace(b'charset="UTF-8"', b'charset="' + charset.encode() + b'"')
        yield from plain(Sound(sound.status, body, dict(sound.headers) | {"Content-Type": "text/html"}))

    return steps


def packed(encoding: str, pack: Callable[[bytes], bytes], spoil: Callable[[bytes, random.Random], bytes]) -> Fault:
    """A fault: the body is compressed by ``pack``, and the result changed by ``spoil``."""

    def steps(sound: Sound, chance: random.Random) -> Iterator[Step]:
        body = spoil(pack(sound.body), chance)
        yield from plain(Sound(sound.status, body, dict(sound.headers) | {"Content-Encoding": encoding}))

    return steps


def _sound(data: bytes, _: random.Random) -> bytes:
    """The data, unchanged."""
    return data


def _noise(data: bytes, chance: random.Random) -> bytes:
    """Random bytes in place of the data, at least 50."""
    return chance.randbytes(max(50, len(data)))


def _cut(data: bytes, chance: random.Random) -> bytes:
    """The start of the data, of a length drawn at random."""
    return data[: chance.randrange(len(data))]


def _flipped(data: bytes, chance: random.Random) -> bytes:
    """The data with one bit changed, neither in the first 12 nor the last 8 bytes."""
    place = chance.randrange(12, len(data) - 8) if len(data) > 20 else 0
    return data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]


def deflate(data: bytes) -> bytes:
    """The data as zlib compresses it."""
    return zlib.compress(data)


PACKS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "br": partial(brotli.compress, quality=1),
    "zstd": zstd.compress,
    "deflate": deflate,
}

# Each is gone when the address is requested again.
TRANSPORT: dict[str, Fault] = {
    "429": status(429),
    "429 for a second": status(429, Retry_After="1"),
    "503": status(503),
    "503 until a date": status(503, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"),
    "503 for nonsense": status(503, Retry_After="\xb2"),
    "503 for a word": status(503, Retry_After="soon"),
    "500": status(500),
    "502": status(502),
    "504": status(504),
    "reset at once": reset_at_once,
    "reset in the head": reset_in_head,
    "reset in the body": reset_in_body,
    "closed at once": closed_at_once,
    "closed in the head": closed_in_head,
    "half": half,
    "half without length": half_without_length,
    "half in chunks": half_in_chunks,
    "length too long": length_too_long,
    "length too short": length_too_short,
    "empty": empty,
    "gzip of noise": packed("gzip", gzip.compress, _noise),
    "gzip cut": packed("gzip", gzip.compress, _cut),
    "gzip flipped": packed("gzip", gzip.compress, _flipped),
    "gzip that is none": packed("gzip", bytes, _sound),
    "br of noise": packed("br", brotli.compress, _noise),
    "br cut": packed("br", brotli.compress, _cut),
    "zstd of noise": packed("zstd", zstd.compress, _noise),
    "zstd cut": packed("zstd", zstd.compress, _cut),
    "deflate of noise": packed("deflate", deflate, _noise),
}
# Each costs a whole DOWNLOAD_TIMEOUT.
SLOW: dict[str, Fault] = {"silence": silence, "slow head": slow_head, "slow body": slow_body}
# None of these is a fault to a reader who is careful.
HARMLESS: dict[str, Fault] = {
    "without length": without_length,
    "charset of another": kind("text/html; charset=ISO-8859-1"),
    "charset that is none": kind("text/html; charset=nonsense"),
    "no charset": kind("text/html"),
    "no kind": kind(None),
    "meta of another": meta("windows-1252"),
    **{f"packed by {name}": packed(name, pack, _sound) for name, pack in PACKS.items()},
}
CHALLENGE = """<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title>
<meta http-equiv="refresh" content="390"></head><body class="no-js"><div class="main-wrapper" role="main">
<h1 class="zone-name-title h1">mainland.example</h1><h2 class="h2">Checking if the site connection is secure</h2>
<noscript>Enable JavaScript and cookies to continue</noscript></div></body></html>"""
MAINTENANCE = """<!DOCTYPE html><html lang="en-US"><head><title>Maintenance</title></head><body id="error-page">
<div class="wp-die-message"><h1>Briefly unavailable for scheduled maintenance. Check back in a minute.</h1></div>
</body></html>"""
COMING_SOON = """<!DOCTYPE html><html><head><title>Coming soon</title>
<link rel="https://api.w.org/" href="/wp-json/"></head><body class="page page-id-2 seedprod">
<h1>We are making some changes</h1><p>Back in an hour.</p></body></html>"""
LOGIN = """<!DOCTYPE html><html lang="en-US"><head><title>Log In</title><meta name="robots" content="noindex"></head>
<body class="login no-js login-action-login wp-core-ui locale-en-us"><div id="login"><h1><a href="/">Powered by
WordPress</a></h1><form name="loginform" id="loginform" action="/wp-login.php" method="post"></form></div>
</body></html>"""
PARKED = """<!DOCTYPE html><html><head><title>This domain is for sale</title></head><body><div id="main">
<a href="/category/insurance/">Insurance</a><a href="https://buy.example/">Buy this domain</a></div></body></html>"""
DATABASE = """<!DOCTYPE html><html lang="en-US"><head><title>Database Error</title></head><body>
<h1>Error establishing a database connection</h1></body></html>"""
NOTICES: dict[str, Fault] = {
    "challenge": notice(CHALLENGE),
    "maintenance": notice(MAINTENANCE),
    "coming soon": notice(COMING_SOON),
    "login": notice(LOGIN),
    "parked": notice(PARKED),
    "no database": notice(DATABASE),
}
DETOURS: dict[str, Fault] = {
    "to another host": moved(302, "https://elsewhere.example/"),
    "to a private address": moved(302, "http://10.0.0.1/"),
    "to another port": moved(302, "http://127.0.0.1:9/"),
    "to a file": moved(302, "file:///etc/passwd"),
    "to a script": moved(302, "javascript:alert(1)"),
    "to the login": moved(302, "/wp-login.php?redirect_to=x"),
    "to itself": moved(302, ""),
    "nowhere": moved(302, "http://"),
}


# -- the server ---------------------------------------------------------------------------------------------------


@dataclass
class FaultySite:
    """A site with injected faults.

    ``spoil`` returns the name of the fault of an answer, given its path and how often that was requested before; None
    for a sound answer. ``faults`` maps the names to faults.
    """

    answer: Callable[[str, str], Sound]
    spoil: Callable[[str, int], str | None] = lambda _path, _nth: None
    faults: Mapping[str, Fault] = field(default_factory=dict)
    url: str = ""
    requested: list[tuple[str, str | None]] = field(default_factory=list)
    """The paths that were requested, with the fault of each answer."""

    seed: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    _counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def paths(self) -> list[str]:
        """The paths that were requested, in their order."""
        return [path for path, _ in self.requested]

    def steps(self, path: str) -> Iterator[Step]:
        """The steps of the answer to a path, with its fault; records the request."""
        with self._lock:
            nth = self._counts[path]
            self._counts[path] += 1
            name = self.spoil(path, nth)
            self.requested.append((path, name))
        sound = self.answer(path, self.url)
        return self.faults[name](sound, random.Random(f"{self.seed} {path} {nth}")) if name else plain(sound)


def drawn(seed: int, share: float, names: Sequence[str], most: int = 1000) -> Callable[[str, int], str | None]:
    """A function for ``spoil`` of a site that draws faults at random: for a share (0 to 1) of all answers.

    It returns one of ``names``, or None. At most ``most`` answers in a row for one path have a fault; the same seed
    gives the same faults.
    """

    def fault(path: str, nth: int) -> str | None:
        chance = random.Random(f"{seed} {path} {nth}")
        return chance.choice(names) if chance.random() < share else None

    def spoil(path: str, nth: int) -> str | None:
        before = range(max(0, nth - most), nth)
        if nth >= most and all(fault(path, each) for each in before):
            return None
        return fault(path, nth)

    return spoil


@contextmanager
def serve_faulty(site: FaultySite) -> Iterator[FaultySite]:
    """A context that serves the site on a port of this machine, and sets its ``url``."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        site.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        threads = [threading.Thread(target=_accept, args=(listening, site), daemon=True)]
        threads[0].start()
        try:
            yield site
        finally:
            site.over.set()
            listening.shutdown(socket.SHUT_RDWR)
            threads[0].join()


def _accept(listening: socket.socket, site: FaultySite) -> None:
    """Accepts connections, each for a thread, until the socket is shut."""
    with suppress(OSError):
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=_serve, args=(connection, site), daemon=True).start()


def _serve(connection: socket.socket, site: FaultySite) -> None:
    """Answers one request on a connection, step by step."""
    with connection, suppress(OSError):
        connection.settimeout(60)
        request = b""
        while b"\r\n\r\n" not in request:
            received = connection.recv(1 << 16)
            if not received:
                return
            request += received
        path = request.split(b" ", 2)[1].decode("latin-1")
        for step in site.steps(path):
            if step == RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            if isinstance(step, float):
                if site.over.wait(step):
                    return
            elif isinstance(step, bytes):
                connection.sendall(step)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 16):  # until the reader has all of it
            pass


class ForgetfulResolver(CachingThreadedResolver):
    """Scrapy's resolver, which finds this machine under every name, and forgets it for every third request."""

    requested = 0

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802
        self.requested += 1
        if self.requested % 3 == 0:
            return fail(DNSLookupError(f"{name} is forgotten"))
        return succeed("127.0.0.1")
