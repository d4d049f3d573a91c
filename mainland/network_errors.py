"""Why a download failed, in words: from the errors of Scrapy, Twisted, OpenSSL and the sockets under them."""

from __future__ import annotations

import os
import re
import sysconfig
import traceback
from collections.abc import Iterator
from pathlib import Path

from scrapy.exceptions import IgnoreRequest

UNKNOWN = "the request failed"

_NOT_OWN = (sysconfig.get_path("stdlib"), Path(__file__).parent)
_MOST = 20  # errors looked at, and characters of a number in front of one
_BY_TEXT = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        ("certificate has expired|certificate.expired", "certificate not valid: it has expired"),
        ("not yet valid", "certificate not valid: its time has not begun"),
        ("self.signed", "certificate not valid: it is self-signed"),
        ("unable to get (local )?issuer|unknown.ca", "certificate not valid: its issuer is unknown"),
        ("mismatch|VerificationError|not valid for", "certificate not valid: it is for another host"),
        ("certificate", "certificate not valid: expired, self-signed or of an unknown issuer"),
        (
            "wrong.version|packet.length|http.request",
            "no TLS at this address: it may be http, not https",
        ),
        ("unsupported.protocol|protocol.version|no.protocols.available", "no TLS version in common"),
        ("no.shared.cipher|handshake.failure|no.cipher|internal.error|unrecognized.name", "TLS handshake refused"),
        ("unexpected.eof|SSL", "TLS connection broken"),
    )
)
_BY_NAME = {
    "CannotResolveHostError": "host cannot be resolved",
    "DNSLookupError": "host cannot be resolved",
    "ConnectionRefusedError": "connection refused",
    "DownloadConnectionRefusedError": "connection refused",
    "DownloadTimeoutError": "no answer in time",
    "TimeoutError": "no answer in time",
    "TCPTimedOutError": "no answer in time",
    "UserError": "no answer in time",
    "ResponseDataLossError": "the answer ends before its end",
    "PotentialDataLoss": "the answer ends before its end",
    "_DataLoss": "the answer ends before its end",
    "ConnectionLost": "connection closed before the answer",
    "ConnectionDone": "connection closed before the answer",
    "ConnectionAborted": "connection closed before the answer",
    "ConnectionResetError": "connection closed before the answer",
    "BrokenPipeError": "connection closed before the answer",
    "ResponseNeverReceived": "connection closed before the answer",
    "DownloadCancelledError": "the answer is larger than DOWNLOAD_MAXSIZE",
    "UnsupportedURLSchemeError": "not an address of http or https",
    "ParseError": "the answer is not HTTP",
    "NoRouteError": "no route to the host",
}
"""The words for an error, by the name of its class: several libraries use the same names."""


def why(error: BaseException | None) -> str:
    """Why a download failed, in a few words; :data:`UNKNOWN` where no library says it.

    An error that a user's own component raised, for instance a middleware, is named with its file and line.

    >>> why(TimeoutError()), why(OSError(101, "Network is unreachable")), why(KeyError("page text"))
    ('no answer in time', 'network is unreachable', 'the request failed')
    """
    if isinstance(error, IgnoreRequest):
        return str(error)
    causes = list(_causes(error))
    of_tls = next((words for each in causes for words in _of_tls(each)), None)
    if of_tls:
        return of_tls
    for each in reversed(causes):  # the innermost one knows most
        if type(each).__name__ in _BY_NAME:
            return _BY_NAME[type(each).__name__]
        number = getattr(each, "errno", None) or getattr(each, "osError", None)
        if isinstance(number, int):
            return os.strerror(number)[:1].lower() + os.strerror(number)[1:]
    return next(filter(None, map(_own_place, causes)), UNKNOWN)


def _own_place(error: BaseException) -> str | None:
    """The name and the place of an error that was raised outside of all installed packages and this project."""
    frames = traceback.extract_tb(error.__traceback__)
    path = Path(frames[-1].filename) if frames else None
    if path is None or "site-packages" in path.parts or any(path.is_relative_to(each) for each in _NOT_OWN):
        return None
    return f"{type(error).__name__} in {path.name}, line {frames[-1].lineno}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yields an error and those that led to it, the outermost first; at most 20, none for None."""
    left, seen = [error], set[int]()
    while left and len(seen) < _MOST:
        each = left.pop(0)
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            yield each
            left += [each.__cause__, each.__context__]
            left += [getattr(reason, "value", reason) for reason in getattr(each, "reasons", None) or ()]


def _of_tls(error: BaseException) -> Iterator[str]:
    """Yields what an error of TLS says, in words, the most exact first; nothing for another error."""
    name, message = f"{type(error).__module__}.{type(error).__qualname__}", f"{type(error).__name__} {error}"[:1000]
    if (
        name.startswith(("OpenSSL.", "ssl.", "service_identity."))
        or "certificate" in message
        or "VerificationError" in message
    ):
        yield from (words for pattern, words in _BY_TEXT if pattern.search(message))
