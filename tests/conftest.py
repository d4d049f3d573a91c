"""Options and settings of the whole suite."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from mainland.environment import PREFIX
from tests.support import servers
from tests.support.lanes import TORTURE, examples

# The same examples on every machine and at every call: a red run can be repeated.
settings.register_profile(
    "mainland",
    max_examples=examples(100),
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# A search for new ones: pytest --hypothesis-profile=long
settings.register_profile("long", max_examples=3000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("mainland")

for name in [name for name in os.environ if name.startswith(PREFIX)]:  # settings of whoever runs the tests
    del os.environ[name]


SERVICES = Path(__file__).with_name("services")
_NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A server of PostgreSQL; a test without it is skipped."""
    if servers.missing():
        pytest.skip(f"not installed: {servers.missing()}")
    with servers.postgres_server() as server:
        yield server


@pytest.fixture
def database(postgres: str) -> str:
    """The address of an empty database."""
    return servers.database(postgres, f"test_{next(_NUMBERS)}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """--update-golden."""
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite the golden expected.json files that exist, then look"
    )


def pytest_configure(config: pytest.Config) -> None:
    """The markers of the suite."""
    config.addinivalue_line("markers", "torture: takes minutes; left out unless TORTURE is set")
    config.addinivalue_line("markers", "few(number): of its cases only the first few are run, unless TORTURE is set")
    config.addinivalue_line("markers", "services: needs a server or a program beside Python; make test-services")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests in tests/services; leave out what takes minutes, unless the environment has TORTURE."""
    for item in items:
        if item.path.is_relative_to(SERVICES):
            item.add_marker("services")
    if not TORTURE:
        seen: Counter[str] = Counter()
        left_out = {item for item in items if _takes_minutes(item, seen)}
        config.hook.pytest_deselected(items=[*left_out])
        items[:] = [item for item in items if item not in left_out]


def _takes_minutes(item: pytest.Item, seen: Counter[str]) -> bool:
    """Whether only ``make torture`` runs a test; ``seen`` counts the cases of each test."""
    few = item.get_closest_marker("few")
    if item.get_closest_marker("torture"):
        return True
    test = item.nodeid.partition("[")[0]
    seen[test] += 1
    return few is not None and seen[test] > few.args[0]
