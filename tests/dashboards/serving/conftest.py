"""A small lake of each test's own, to change and to publish from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.settings import Settings
from tests.dashboards.fake_lake import fake_lake


@pytest.fixture
def lake() -> Iterator[duckdb.DuckDBPyConnection]:
    with fake_lake() as connection:
        yield connection


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)
