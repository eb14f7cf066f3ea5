"""The tutorial keeps its promise: its contract and its commands add a source."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg

from pipelines.contracts import load_contracts
from pipelines.installation.state import embedded_server
from pipelines.lake.register import register_batches
from pipelines.pull import pull_system
from pipelines.settings import PROJECT_ROOT
from tests.support.small_lake import contents, stage

PAGE = PROJECT_ROOT / "docs" / "add-a-source.md"
SYSTEM = "library"


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_tutorial_adds_a_source(settings, monkeypatch) -> None:
    server = embedded_server(settings)
    server.create_database(SYSTEM)
    with psycopg.connect(server.conninfo(SYSTEM)) as connection:
        connection.execute(_blocks("sql")[0])
    folder = settings.sources_dir / SYSTEM
    folder.mkdir(parents=True)
    (folder / "contract.yaml").write_text(_blocks("yaml")[0])
    catalogue = settings.home / "catalogue"
    environment = {
        "BRAIN_HOME": str(settings.home), "BRAIN_SOURCES_DIR": str(settings.sources_dir),
        "BRAIN_DBT_PROJECT": str(settings.dbt_project), "BRAIN_CATALOGUE_DIR": str(catalogue),
    }  # fmt: skip
    commands = [line for line in _blocks("bash")[0].splitlines() if line.startswith("brain ")]
    assert commands == ["brain sources show library", "brain sources write"]
    for command in [*commands, "brain sources write --check"]:
        _run(command, environment)
    assert "读者" in (catalogue / "library.md").read_text()

    monkeypatch.setenv("BRAIN_SOURCE_LIBRARY_URL", f"postgresql:///{SYSTEM}?host={server.socket_dir}")
    monkeypatch.setenv("BRAIN_SOURCE_LIBRARY_USERNAME", server.user)
    monkeypatch.setenv("BRAIN_SOURCE_LIBRARY_PASSWORD", server.password())
    load_contracts.cache_clear()
    (outcome,) = pull_system(settings, SYSTEM)
    assert outcome.rows_landed == 2, outcome.message
    register_batches(settings)
    stage(settings)
    staged = contents(settings)
    first, second = staged["stg_library__readers"]
    assert (first["name_standard"], first["joined_on"].isoformat()) == ("王秀英", "2019-03-05")
    assert {text.split("|")[1] for text in first["_findings"]} >= {
        "date_written_loosely", "name_blank", "id_formatting",
    }  # fmt: skip
    assert {text.split("|")[1] for text in second["_findings"]} == {
        "id_missing", "phone_missing", "address_missing",
    }  # fmt: skip
    assert len(staged["stg_library__reader_versions"]) == 2


def _run(command: str, environment: dict[str, str]) -> None:
    program = Path(sys.executable).with_name("brain")
    done = subprocess.run(
        [program, *command.split()[1:]], env=os.environ | environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
