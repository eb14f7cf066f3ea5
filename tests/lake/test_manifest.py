"""The project's manifest is whole whenever a process was killed while dbt ran."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pipelines.lake.dbt import ensure_manifest, run_dbt
from pipelines.lake.project import newest_project_file
from pipelines.settings import Settings
from tests.support.servers import temporary_home


@pytest.fixture(scope="module")
def home() -> Settings:
    with temporary_home() as folder:
        yield Settings(home=folder)


def test_no_other_command_writes_over_the_manifest(home: Settings) -> None:
    manifest = ensure_manifest(home)
    written = manifest.stat()
    run_dbt(home, ["parse", "--quiet"])
    assert manifest.stat().st_mtime_ns == written.st_mtime_ns


def test_a_process_killed_while_writing_leaves_no_manifest(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def torn(_: object, path: str) -> None:
        Path(path).write_text('{"nodes": {', encoding="utf-8")
        raise SystemExit("killed")

    manifest = ensure_manifest(home)
    manifest.unlink()
    with monkeypatch.context() as patched:
        patched.setattr("dbt.contracts.graph.manifest.WritableManifest.write", torn, raising=False)
        with pytest.raises(SystemExit):
            ensure_manifest(home)
    assert not manifest.exists()
    assert json.loads(ensure_manifest(home).read_text())["nodes"]
    assert manifest.stat().st_mtime > newest_project_file(home.dbt_project)


@pytest.mark.parametrize("left", [0, 1000])
def test_a_manifest_that_a_disk_damaged_is_made_again(home: Settings, left: int) -> None:
    """Every command that loads the models would end at it."""
    manifest = ensure_manifest(home)
    os.truncate(manifest, left)
    assert json.loads(ensure_manifest(home).read_text())["nodes"]
