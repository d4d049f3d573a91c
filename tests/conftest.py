"""Options and settings of the whole suite."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support import servers

# The same examples on every machine and at every call: a red run can be repeated.
settings.register_profile(
    "mainland", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
# A search for new ones: pytest --hypothesis-profile=long
settings.register_profile("long", max_examples=3000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("mainland")


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
    config.addinivalue_line("markers", "services: needs a server or a program beside Python; make test-services")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests in tests/services; leave out those marked ``torture``, unless the environment has TORTURE."""
    for item in items:
        if item.path.is_relative_to(SERVICES):
            item.add_marker("services")
    if "TORTURE" not in os.environ:
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("torture")])
        items[:] = [item for item in items if not item.get_closest_marker("torture")]
