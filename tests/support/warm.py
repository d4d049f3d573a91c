"""Commands of Scrapy in processes that start at once: forked from one that has imported Scrapy and the project.

A crawl of a few pages spends nine tenths of its time on imports, half of them of components that Scrapy loads when a
crawl begins: these are imported here, too. The forked process is a new one of the same program:
its arguments, folder, environment, output, signals and exit status are its own.
"""

from __future__ import annotations

import array
import atexit
import gc
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

_LONGEST = 1 << 20
_STARTING = 60.0
_server: tuple[int, str] | None = None


def run(
    arguments: list[str], cwd: Path, timeout: float, program: str = "scrapy", **environment: str
) -> subprocess.CompletedProcess[str]:
    """The end of ``scrapy ARGUMENTS``, or of the program ``mainland``, run in a folder.

    :raises subprocess.TimeoutExpired: it takes longer than ``timeout`` seconds; it was killed.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, socket.socket(socket.AF_UNIX) as connection:
        connection.connect(_address())
        variables = os.environ | environment
        request = json.dumps([program, *arguments, str(cwd), dict(variables)]).encode()
        socket.send_fds(connection, [len(request).to_bytes(4, "big")], [out.fileno(), err.fileno()])
        connection.sendall(request)
        pid = int.from_bytes(_read(connection, 4), "big")
        connection.settimeout(timeout)
        try:
            status = int.from_bytes(_read(connection, 4), "big", signed=True)
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired(arguments, timeout) from None
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
        return subprocess.CompletedProcess(arguments, status, *texts)


def _read(connection: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        part = connection.recv(size - len(received))
        assert part, "the process that forks is gone"
        received += part
    return received


def _address() -> str:
    """Where the process of this test run listens that forks; it is started at the first call."""
    global _server  # noqa: PLW0603 - one for each process of pytest
    if _server is None or _server[0] != os.getpid():
        folder = tempfile.TemporaryDirectory()
        address = Path(folder.name, "warm")
        process = subprocess.Popen([sys.executable, "-m", __name__, str(address)], cwd=Path(__file__).parents[2])
        atexit.register(folder.cleanup)
        atexit.register(process.kill)
        latest = time.monotonic() + _STARTING
        while not address.exists():
            assert process.poll() is None, "the process that forks did not start"
            assert time.monotonic() < latest, "the process that forks takes too long to start"
            time.sleep(0.01)
        _server = os.getpid(), str(address)
    return _server[1]


def _paths(value: Any) -> Iterator[str]:
    """The paths of classes in a setting."""
    if isinstance(value, str) and re.fullmatch(r"(?:scrapy|mainland)(?:\.\w+)+", value):
        yield value
    elif isinstance(value, dict | list):
        for each in value if isinstance(value, list) else [*value, *value.values()]:
            yield from _paths(each)


def _import_all() -> None:
    """Imports what crawls and commands need, but for the reactor, which each process installs for itself."""
    from scrapy.settings import default_settings  # noqa: PLC0415
    from scrapy.utils.misc import load_object, walk_modules_iter  # noqa: PLC0415

    from mainland import settings  # noqa: PLC0415

    for package in ("scrapy.commands", "mainland"):
        for _ in walk_modules_iter(package):
            pass
    found = {name: value for module in (default_settings, settings) for name, value in vars(module).items()}
    for path in (path for name, value in found.items() if name.isupper() for path in _paths(value)):
        with suppress(ImportError, NameError):  # a package, a setting's module
            load_object(path)
    assert "twisted.internet.reactor" not in sys.modules
    gc.collect()
    gc.freeze()


def _serve(address: str) -> None:
    _import_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    parent = os.getppid()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{address}.new")
        listening.listen(16)
        listening.settimeout(1.0)
        Path(f"{address}.new").rename(address)
        while os.getppid() == parent:
            with suppress(TimeoutError):
                connection, _ = listening.accept()
                with connection:
                    if os.fork() == 0:
                        listening.close()
                        _handle(connection)
                        os._exit(0)


def _handle(connection: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    connection.settimeout(None)
    size, files, _, _ = socket.recv_fds(connection, 4, 2)
    request = json.loads(_read(connection, int.from_bytes(size, "big")))
    pid = os.fork()
    if pid == 0:
        connection.close()
        _become(request, array.array("i", files))
    for file in files:
        os.close(file)
    with suppress(OSError):
        connection.sendall(pid.to_bytes(4, "big"))
        _, ended = os.waitpid(pid, 0)
        connection.sendall(os.waitstatus_to_exitcode(ended).to_bytes(4, "big", signed=True))


def _become(request: list[Any], files: array.array[int]) -> None:
    """Runs the command, and ends the process."""
    import scrapy.cmdline  # noqa: PLC0415

    from mainland.__main__ import main  # noqa: PLC0415

    *line, cwd, variables = request
    nothing = os.open(os.devnull, os.O_RDONLY)
    for file, number in ((nothing, 0), (files[0], 1), (files[1], 2)):
        os.dup2(file, number)
        os.close(file)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(variables)
    sys.path[0] = cwd
    sys.argv = line
    status: Any = 70
    try:
        main() if line[0] == "mainland" else scrapy.cmdline.execute()
        status = 0
    except SystemExit as ended:
        status = ended.code
    except BaseException:  # noqa: BLE001 - as the interpreter does
        sys.excepthook(*sys.exc_info())
        status = 1
    finally:
        if isinstance(status, str):
            print(status, file=sys.stderr)
            status = 1
        with suppress(BaseException):
            atexit._run_exitfuncs()
        with suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status or 0)


if __name__ == "__main__":
    _serve(sys.argv[1])
