"""The extras: each names the packages that pyproject.toml lists, and a missing one is reported in one line."""

from __future__ import annotations

import re
import tomllib

import pytest
from scrapy.settings import Settings

from mainland import config, extras
from mainland.config import Sharing
from mainland.extras import MissingPackageError
from tests.support.sample_data import ROOT


def test_each_extra_of_the_distribution_is_known() -> None:
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    packages = {
        extra: tuple(re.split(r"[^\w-]", need)[0].replace("-", "_") for need in each) for extra, each in needs.items()
    }
    assert packages == extras.PACKAGES


@pytest.mark.parametrize("extra", extras.PACKAGES)
def test_a_missing_package_is_reported_in_a_line(monkeypatch: pytest.MonkeyPatch, extra: str) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == extras.PACKAGES[extra][-1] else object())
    with pytest.raises(MissingPackageError) as missing:
        extras.require(extra)
    assert str(missing.value) == (
        f"{extras.PACKAGES[extra][-1]} is not installed: in the project's folder, run make setup, "
        f"or pip install '.[{extra}]'"
    )


def test_a_shared_archive_needs_the_extra_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    assert config.sharing(Settings()) == Sharing()
    with pytest.raises(MissingPackageError, match="psycopg is not installed"):
        config.sharing(Settings({"MAINLAND_ARCHIVE": "postgresql://a/b"}))
