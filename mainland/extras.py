"""The extras of the distribution: packages that only some commands and settings need."""

from __future__ import annotations

from importlib.util import find_spec

PACKAGES = {
    "export": ("duckdb", "xlsxwriter"),
    "report": ("duckdb", "jinja2", "pygal"),
    "validate": ("jsonschema",),
    "scale": ("psycopg", "scrapy_redis", "sqlalchemy"),
}
"""The packages of each extra, by the names under which they are imported."""


class MissingPackageError(ValueError):
    """A package of an extra is not installed. Its text says which, and how to install it."""


def require(extra: str) -> None:
    """Checks that the packages of an extra, one of :data:`PACKAGES`, are installed; imports none.

    :raises MissingPackageError: a package is missing; the text says how to install it.
    """
    missing = next((name for name in PACKAGES[extra] if find_spec(name) is None), None)
    if missing:
        raise MissingPackageError(
            f"{missing} is not installed: in the project's folder, run make setup, or pip install '.[{extra}]'"
        )
