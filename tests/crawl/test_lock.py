"""The lock of a data folder, between processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mainland.storage.errors import LockedError
from mainland.storage.folder import DataFolder
from tests.support.sample_data import HOST, ROOT, opened

HOLD = """
import sys
from pathlib import Path
from mainland.storage.folder import DataFolder
store = DataFolder(Path(sys.argv[1]), "a.example")
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_folder_is_locked_by_one_process_and_says_by_which(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"locked\n"
        with pytest.raises(LockedError, match=rf"process {holder.pid} on .+ has been crawling into .+ since 20"):
            DataFolder(tmp_path, HOST)
        (tmp_path / "crawl.json").write_text("{", "utf-8")
        with pytest.raises(LockedError, match="another crawl is using"):
            DataFolder(tmp_path, HOST)
        holder.kill()
        holder.communicate()
    with opened(tmp_path) as store:  # a lock dies with its holder
        assert store.index.count() == 0
