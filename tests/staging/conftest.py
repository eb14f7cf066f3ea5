"""One platform database for the tests of this room; a fresh lake and a small dbt project for each module.

What only writes files has a copy of the whole project instead.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from pipelines.contracts import load_contracts
from pipelines.installation.state import embedded_server, prepare
from pipelines.settings import PROJECT_ROOT, Settings
from tests.support.servers import temporary_home
from tests.support.small_lake import copy_project


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    """A home with its database running, and a dbt project without models."""
    with temporary_home() as home:
        own = Settings(
            home=home, sources_dir=home / "sources", dbt_project=copy_project(home / "dbt_project"),
            threads=1, today=date(2026, 6, 30),
        )  # fmt: skip
        prepare(own)
        yield own
        embedded_server(own).stop()
        load_contracts.cache_clear()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The whole project's contracts and models, copied."""
    for name in ("sources", "dbt_project", "docs/sources"):
        shutil.copytree(PROJECT_ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("target", "logs"))
    settings = Settings(
        home=tmp_path / "home", sources_dir=tmp_path / "sources", dbt_project=tmp_path / "dbt_project",
        catalogue_dir=tmp_path / "docs" / "sources",
    )  # fmt: skip
    monkeypatch.setattr("pipelines.cli.data.get_settings", lambda: settings)
    monkeypatch.chdir(tmp_path)
    load_contracts.cache_clear()
    return settings
