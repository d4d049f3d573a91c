"""Programs of Python in processes that start at once: forked from one that has imported Scrapy and the project.

A crawl of a few pages spends nine tenths of its time on imports, half of them of components that Scrapy loads when a
crawl begins: these are imported here, too. The forked process is a new one of the same program:
its arguments, folder, environment, output, signals and exit status are its own.
"""

from __future__ import annotations

import array
import atexit
import functools
import gc
import json
import os
import re
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

_LONGEST = 1 << 20
_BASE = "http://127.0.0.1"
_STARTING = 60.0
_CHOSEN = "SCRAPY_SETTINGS_MODULE"  # set by commands that run in the process of the tests
_server: tuple[int, str] | None = None


class Process:
    """A program that runs in a folder, used as :class:`subprocess.Popen` is: ``scrapy``, ``mainland``, or ``python``.

    Python takes ``-c CODE``, ``-m MODULE`` or a file. What a process prints goes to files, so that it never waits for a
    reader. As a context it waits for the end.
    """

    def __init__(self, arguments: list[str], cwd: Path, program: str = "scrapy", **environment: str) -> None:
        self.arguments = arguments
        self.returncode: int | None = None
        self._files = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115 - closed at the end
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(_address())
        variables = {name: value for name, value in os.environ.items() if name != _CHOSEN} | environment
        request = json.dumps([program, *arguments, str(cwd), variables]).encode()
        with Path(os.devnull).open("rb") as nothing:
            files = [file.fileno() for file in (nothing, *self._files)]
            socket.send_fds(self._connection, [len(request).to_bytes(4, "big")], files)
        self._connection.sendall(request)
        self.pid = int.from_bytes(_read(self._connection, 4), "big")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.wait()
        for each in (*self._files, self._connection):
            each.close()

    def poll(self) -> int | None:
        """The exit status, as :meth:`wait` gives it; None while the process runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Waits for the end, and returns the exit status: after a signal the negative number of the signal.

        :raises subprocess.TimeoutExpired: it runs longer than ``timeout`` seconds.

        :raises subprocess.TimeoutExpired: it runs longer than ``timeout`` seconds.
        """
        if self.returncode is None:
            if not select.select([self._connection], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.arguments, timeout or 0)
            self.returncode = int.from_bytes(_read(self._connection, 4), "big", signed=True)
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        """Sends a signal to the process, if it runs."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Kills the process, if it runs; does not wait."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Waits for the end; returns what the process printed on standard output and standard error.

        :raises subprocess.TimeoutExpired: it runs longer than ``timeout`` seconds.
        """
        self.wait(timeout)
        return self.printed(0), self.printed(1)

    def first_line(self) -> str:
        """The first line that it prints, without its end; waits for it.

        :raises RuntimeError: it ended without one.
        """
        while "\n" not in (text := self.printed()):
            if self.poll() is not None and "\n" not in self.printed():
                raise RuntimeError(f"{self.arguments} ended with {self.returncode}: {self.printed(1)}")
            time.sleep(0.005)
        return text.partition("\n")[0]

    def printed(self, number: int = 0) -> str:
        """What it has printed so far on standard output; if ``number`` is 1, on standard error."""
        file = self._files[number].fileno()
        return os.pread(file, os.fstat(file).st_size, 0).decode("utf-8", "replace")


def run(
    arguments: list[str], cwd: Path, timeout: float, program: str = "scrapy", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs a program in a folder, and returns how it ended; the arguments are those of :class:`Process`.

    :raises subprocess.TimeoutExpired: it takes longer than ``timeout`` seconds; it was killed.
    """
    with Process(arguments, cwd, program, **environment) as process:
        try:
            out, err = process.communicate(timeout)
        finally:
            process.kill()
        return subprocess.CompletedProcess(arguments, process.wait(), out, err)


def script(program: str) -> str:
    """The text of an executable script that acts as a program: the warm process runs it, and the script waits."""
    return _SCRIPT.format(python=sys.executable, address=_address(), program=program)


_SCRIPT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect({address!r})
    request = json.dumps([{program!r}, *sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(connection, [len(request).to_bytes(4, "big")], [0, 1, 2])
    connection.sendall(request)
    answer = connection.makefile("rb").read(8)
sys.exit(int.from_bytes(answer[4:], "big", signed=True) % 256)
"""


def _read(connection: socket.socket, size: int) -> bytes:
    """The next ``size`` bytes of a connection; fails if it ends before."""
    received = b""
    while len(received) < size:
        part = connection.recv(size - len(received))
        assert part, "the process that forks is gone"
        received += part
    return received


def _address() -> str:
    """The path of the socket of the process that forks; the first call in a test run starts that process."""
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
    """Yields the import paths of Scrapy and the project in the value of a setting."""
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
    _read_pages()
    assert "twisted.internet.reactor" not in sys.modules
    gc.collect()
    gc.freeze()


def _read_pages() -> None:
    """Reads some pages: the first ones load word lists, and compile regular expressions.

    What functions remember of them is forgotten, so that a program can replace what they call.
    """
    from mainland import article  # noqa: PLC0415
    from mainland.pages.errors import NotAnArticleError  # noqa: PLC0415
    from mainland.pages.lists import list_links, sections  # noqa: PLC0415
    from mainland.pages.page import parse  # noqa: PLC0415
    from tests.support.replica.site import Options, Site  # noqa: PLC0415

    site = Site(Options(articles=20), 0)
    for path in ("/", "/category/world/", *(truth["url"] for truth in site.newsroom.truth())):
        html = site.answer(path, _BASE).body
        with suppress(NotAnArticleError):
            article(html, _BASE + path)
        page = parse(html, _BASE + path)
        list(sections(page)), list_links(page)
    for each in gc.get_objects():
        if isinstance(each, functools._lru_cache_wrapper):
            each.cache_clear()


def _serve(address: str) -> None:
    """Listens on a socket, and forks a process for each connection; returns when the test run has ended."""
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
    """Starts the program that a connection requests in a new process, and sends its id, then its exit status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    connection.settimeout(None)
    size, files, _, _ = socket.recv_fds(connection, 4, 3)
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


def _execute(program: str, words: list[str]) -> None:
    """Runs a program in this process, as the interpreter would."""
    import scrapy.cmdline  # noqa: PLC0415

    from mainland.__main__ import main  # noqa: PLC0415

    sys.argv = [program, *words]
    if program != "python":
        main() if program == "mainland" else scrapy.cmdline.execute()
        return
    name, *arguments = words
    if name == "-c":
        sys.argv = words[:1] + arguments[1:]
        exec(compile(arguments[0], "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 - a test's own code
        return
    sys.argv = words[name == "-m" :]
    if name == "-m":
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(name, run_name="__main__")


def _become(request: list[Any], files: array.array[int]) -> None:
    """Runs the requested program in this process, with its own folder, environment and files; ends the process."""
    *line, cwd, variables = request
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(variables)
    sys.path[0] = cwd
    status: Any = 70
    try:
        _execute(line[0], line[1:])
        status = 0
    except SystemExit as ended:
        status = ended.code
    except KeyboardInterrupt:
        sys.excepthook(*sys.exc_info())
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # as the interpreter does
        os.kill(os.getpid(), signal.SIGINT)
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
