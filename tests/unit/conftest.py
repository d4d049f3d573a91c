"""Fails unit tests that start a process or open a connection."""

from __future__ import annotations

import os
import socket
import subprocess
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _alone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test fail that starts a process, or binds or connects a socket."""
    if request.node.get_closest_marker("services"):
        return

    def refuse(*_: Any, **__: Any) -> None:
        pytest.fail("a unit test starts no process and opens no connection: move it to tests/crawl or tests/services")

    monkeypatch.setattr(subprocess.Popen, "__init__", refuse)
    monkeypatch.setattr(os, "fork", refuse)
    for name in ("bind", "connect"):
        monkeypatch.setattr(socket.socket, name, refuse)
