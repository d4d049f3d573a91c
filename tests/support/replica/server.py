"""The site on a port: HTTP, faults, the log of requests, and the address that turns the days."""

from __future__ import annotations

import json
import random
import re
import socket
import struct
import threading
import time
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

from tests.support.replica.frame import Answer
from tests.support.replica.site import Options, Site

Fault = Literal["503", "reset", "truncate"]
FAULTS: tuple[Fault, ...] = ("503", "reset", "truncate")
DAY_PATH = re.compile(r"/-/day/(\d+)")


class Server(ThreadingHTTPServer):
    """The server of one site."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, options: Options, *, faults: float, latency: float, log: Path | None) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.options, self.faults, self.latency = options, faults, latency
        self.site = Site(options, options.day)
        self._log = log.open("a", encoding="utf-8", buffering=1) if log else None
        self._requested: set[str] = set()
        self._lock = threading.Lock()

    def fault(self, path: str) -> Fault | None:
        """The fault of the answer to a path; None for a sound one. Only the first answer to a path has one.

        The answer with robots.txt has none. It records that the path was requested.
        """
        if not self.faults or path == "/robots.txt":
            return None
        with self._lock:
            if path in self._requested:
                return None
            self._requested.add(path)
        draw = random.Random(f"{self.options.seed} {path}").random()
        return FAULTS[int(draw / self.faults * len(FAULTS))] if draw < self.faults else None

    def note(self, method: str, path: str, status: int, agent: str | None, fault: Fault | None) -> None:
        """Writes a request into the log, if there is one."""
        if self._log:
            entry = {"time": round(time.time(), 3), "method": method, "path": path, "status": status}
            with self._lock:
                self._log.write(json.dumps(entry | {"agent": agent, "fault": fault}) + "\n")

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a client that went away is no news."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "nginx", ""
    wbufsize = 1 << 17
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer with what the site has, or with a fault."""
        time.sleep(self.server.latency)
        fault = self.server.fault(self.path)
        if fault == "reset":
            return self._reset()
        if fault == "503":
            return self._send(Answer(503, {"Content-Type": "text/html", "Retry-After": "1"}, "<h1>Busy</h1>"), fault)
        host = self.headers.get("Host") or f"127.0.0.1:{self.server.server_port}"
        answer = self.server.site.answer(self.path, f"http://{host}")
        if answer.status == 200 and self._has_it(answer):
            answer = Answer(304, answer.headers)
        return self._send(answer, fault)

    def do_HEAD(self) -> None:
        """Answer like a GET, without the body."""
        self.do_GET()

    def do_POST(self) -> None:
        """Turn to another day; anything else, the theme's view counter too, is refused."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        turn = DAY_PATH.fullmatch(self.path)
        if turn is None:
            return self._send(Answer(405, {"Content-Type": "text/plain", "Allow": "GET, HEAD"}, "GET only\n"), None)
        self.server.site = Site(self.server.options, int(turn[1]))
        return self._write(Answer(204, {}), None)

    def _has_it(self, answer: Answer) -> bool:
        """Whether the client has, by its conditional headers, what it would be sent."""
        tag, since = self.headers.get("If-None-Match"), self.headers.get("If-Modified-Since")
        if tag or "Last-Modified" not in answer.headers:
            return tag is not None and tag == answer.headers.get("ETag")
        try:
            return since is not None and parsedate_to_datetime(since) >= parsedate_to_datetime(
                answer.headers["Last-Modified"]
            )
        except (TypeError, ValueError):
            return False

    def _reset(self) -> None:
        """Resets the connection without an answer, and logs the request."""
        self.server.note(self.command, self.path, 0, self.headers.get("User-Agent"), "reset")
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _send(self, answer: Answer, fault: Fault | None) -> None:
        self.server.note(self.command, self.path, answer.status, self.headers.get("User-Agent"), fault)
        self._write(answer, fault)

    def _write(self, answer: Answer, fault: Fault | None) -> None:
        """Writes an answer on the connection; the fault "truncate" cuts its body."""
        body = answer.body.encode()
        self.send_response(answer.status)
        for name, value in {"Content-Type": "text/html; charset=UTF-8", **answer.headers}.items():
            self.send_header(name, value)
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault == "truncate":
            body = body[: len(body) // 2]
            self.close_connection = True
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: requests go to the log file."""
