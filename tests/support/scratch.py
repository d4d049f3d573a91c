"""A process that holds a temporary folder."""

from __future__ import annotations

HOLDER = """
import sys, time
from pathlib import Path
from mainland.storage import scratch
with scratch.temporary(Path(sys.argv[1])) as folder:
    (folder / "text").write_text("a text")
    print(folder, flush=True)
    time.sleep(600)
"""
