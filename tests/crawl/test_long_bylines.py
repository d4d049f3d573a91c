"""A byline of a megabyte takes no more time than its length."""

from __future__ import annotations

from tests.support.sample_data import python

PIECES = (" , ", "1.", "contribut", "A and ", "editor ", "Aa Bb in ", "in A, ", "in A of ", "el-A ")
READING = """
import resource, sys
from mainland.clean.bylines import authors, display_names
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
for piece in sys.argv[1:]:
    authors(piece * 100_000)
    display_names(piece * 100_000)
"""


def test_bylines_of_a_megabyte_take_no_more_than_their_length() -> None:
    assert python(READING, *PIECES).returncode == 0
