"""The rules of the house that a reader should be able to rely on."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("pipelines", "simulator", "data_quality", "sharing", "dashboards")
LONGEST_FILE = 400


def tracked(*patterns: str) -> list[Path]:
    # Git's own `**` without this word passes over a folder's own files.
    globs = [f":(glob){pattern}" for pattern in patterns]
    listed = subprocess.run(
        ["git", "ls-files", "--", *globs], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / line for line in listed.stdout.splitlines()]


def test_import_directions_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("room", ROOMS)
def test_every_module_says_what_belongs_in_it(room: str) -> None:
    silent = [
        path.relative_to(ROOT)
        for path in tracked(f"{room}/**/*.py")
        if path.stat().st_size and not path.read_text().lstrip().startswith(('"""', 'r"""'))
    ]
    assert silent == []


def test_files_stay_readable() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked("**/*.py", "**/*.sql")
        if (lines := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_only_settings_reads_the_environment() -> None:
    reads = re.compile(r"os\.environ(\.get)?\b|os\.getenv\b")
    allowed = {
        "pipelines/settings.py",
        # These set it, for Dagster and dbt.
        "pipelines/operations/runs.py",
        "pipelines/lake/dbt.py",
        # These run in environments in which there are no settings.
        "pipelines/splink/on_spark.py",
        "dashboards/superset_config.py",
    }
    found = {
        str(path.relative_to(ROOT))
        for path in tracked(*(f"{room}/**/*.py" for room in ROOMS))
        if reads.search(path.read_text())
    }
    assert found == allowed


def test_sources_hold_data_only() -> None:
    kinds = {path.suffix for path in tracked("sources/**")}
    assert kinds <= {".yaml", ".md"}


def test_definitions_only_assemble() -> None:
    assert len((ROOT / "pipelines" / "definitions.py").read_text().splitlines()) <= 60
