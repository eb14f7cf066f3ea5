"""A project that differs in any file is another project; a touched file alone makes none."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from pipelines.lake.project import FUNCTION, Plugin, project_digest


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "model.sql").write_text("select 1")
    (tmp_path / "seeds" / "divisions.csv").write_text("code\n340400")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "text"), [("model.sql", "select 2"), ("seeds/divisions.csv", "code\n340401")]
)
def test_another_text_is_another_project(project: Path, name: str, text: str) -> None:
    before = project_digest(project)
    _write(project / name, text)
    assert project_digest(project) != before


def test_a_file_that_is_renamed_or_gone_is_another_project(project: Path) -> None:
    before = project_digest(project)
    renamed = (project / "model.sql").rename(project / "other.sql")
    assert project_digest(project) != before
    renamed.unlink()
    assert project_digest(project) != before


def test_the_same_text_is_the_same_project(project: Path) -> None:
    before = project_digest(project)
    _write(project / "model.sql", "select 1")
    assert project_digest(project) == before


def test_models_can_ask(project: Path) -> None:
    plugin = Plugin("project", {"project": str(project)})
    with duckdb.connect() as connection:
        plugin.configure_connection(connection)
        assert connection.execute(f"select {FUNCTION}()").fetchone() == (project_digest(project),)


def _write(path: Path, text: str) -> None:
    """As if some time later: file systems tell moments apart only coarsely."""
    newest = path.stat().st_mtime
    path.write_text(text)
    os.utime(path, (newest + 1, newest + 1))
