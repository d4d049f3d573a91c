"""A process, and what it took.

Run as a module it runs a command and prints that as JSON. It stands between the benchmark and the command
because Linux begins the peak memory of a process with that of the process that started it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import NamedTuple

ROOT = __file__.rpartition("/tests/")[0]


class Took(NamedTuple):
    """What a process took."""

    seconds: float
    cpu: float
    """Seconds of all its threads and of the children it waited for, in user and kernel mode."""

    memory: float
    """MB at its peak."""


def took(command: list[str]) -> Took:
    """What a command took that runs in the project's folder.

    :raises RuntimeError: it failed.
    """
    ended = subprocess.run(
        [sys.executable, "-m", "tests.bench.measured", *command],
        cwd=ROOT,
        # A start compiles nothing but the first time.
        env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(f"{command} ended with {ended.returncode}: {ended.stderr}")
    return Took(*json.loads(ended.stdout))


def main() -> None:
    """Run the command that the arguments are."""
    begun = time.perf_counter()
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    # ru_maxrss is in kB, on a Mac in bytes.
    memory = usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    print(json.dumps([time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, memory]))
    sys.exit(process.returncode)


if __name__ == "__main__":
    main()
