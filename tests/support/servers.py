"""Redis and PostgreSQL, started on free ports; nothing of them stays."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import redis

_LONGEST = 60.0
_USER = "nobody"  # PostgreSQL refuses root


def missing() -> str | None:
    """The name of a server that is not installed; None if both are."""
    return next((name for name, path in (("redis-server", _redis()), ("postgresql", _postgres())) if not path), None)


def _redis() -> str | None:
    """The path of the program of Redis; None if it is not installed."""
    return shutil.which("redis-server")


def _postgres() -> Path | None:
    """The folder of PostgreSQL's programs: Debian's, which are not on the path, else on the path; None without one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    installed = shutil.which("initdb")
    return found[-1].parent if found else Path(installed).resolve().parent if installed else None


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def redis_server() -> Iterator[str]:
    """A context with the address of a running Redis, which keeps nothing on the disk."""
    program = _redis()
    assert program
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with _running(command, lambda: bool(redis.Redis(port=port).ping())):
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def postgres_server() -> Iterator[str]:
    """A context with the address of a running PostgreSQL, without a database's name behind it."""
    programs = _postgres()
    assert programs
    port = free_port()
    with TemporaryDirectory(prefix="postgres-") as data:
        as_user: list[str] = []
        if os.geteuid() == 0:
            user = pwd.getpwnam(_USER)
            as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
            os.chown(data, user.pw_uid, user.pw_gid)
        initdb = [*as_user, str(programs / "initdb"), "-U", "tester", "-A", "trust", "-N", "-D", data]
        subprocess.run(initdb, check=True, capture_output=True, timeout=_LONGEST, cwd="/")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        address = f"postgresql://tester@127.0.0.1:{port}"
        command = [*as_user, str(programs / "postgres"), "-D", data, *options.split()]
        with _running(command, lambda: _connects(f"{address}/postgres")):
            yield address


def _connects(address: str) -> bool:
    """Whether PostgreSQL accepts a connection.

    :raises psycopg.OperationalError: it does not.
    """
    with psycopg.connect(address):
        return True


def database(server: str, name: str) -> str:
    """Creates a database on a server of PostgreSQL, and returns its address."""
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server}/{name}"


@contextmanager
def _running(command: list[str], answers: Callable[[], bool]) -> Iterator[None]:
    """A context in which a server runs; it begins when ``answers`` returns True, and fails after a minute."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/") as process:
        try:
            latest = time.monotonic() + _LONGEST
            while True:
                with suppress(psycopg.OperationalError, redis.ConnectionError):
                    if answers():
                        break
                assert process.poll() is None, f"{command} ended with {process.returncode}"
                assert time.monotonic() < latest, f"{command} does not answer"
                time.sleep(0.05)
            yield
        finally:
            process.send_signal(signal.SIGINT)  # PostgreSQL: fast; without waiting for who is connected
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
