"""What people wrote and a table that is gone leaves behind is named, with what to do."""

from __future__ import annotations

import shutil

import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app as commands
from pipelines.contracts import load_contracts
from pipelines.from_contracts import compare_files, left_behind
from pipelines.settings import PROJECT_ROOT, Settings

GONE = "health"


def by_hand(settings: Settings) -> dict[str, tuple[str, ...]]:
    load_contracts.cache_clear()
    contracts = load_contracts(settings.sources_dir)
    found = left_behind(contracts, {}, settings.dbt_project, compare_files(contracts, settings.dbt_project))
    return {str(path.relative_to(settings.dbt_project)): names for path, names in found.items()}


def retire(settings: Settings) -> None:
    shutil.rmtree(settings.sources_dir / GONE)
    entry = f"- {{system: {GONE}, label: 卫健, retired_on: 2026-06-30, reason: 并入其他系统}}"
    (settings.sources_dir / "retired.yaml").write_text(f"retired:\n{entry}\n")
    load_contracts.cache_clear()


def test_nothing_is_left_behind_in_this_project() -> None:
    contracts, project = load_contracts(PROJECT_ROOT / "sources"), PROJECT_ROOT / "dbt_project"
    assert left_behind(contracts, {}, project, compare_files(contracts, project)) == {}


def test_what_refers_to_a_retired_system_is_named_with_what_to_do(project: Settings) -> None:
    retire(project)
    for option in ("--check",), (), ("--check",):
        said = CliRunner().invoke(commands, ["sources", "write", *option])
        lines = [line for line in said.output.splitlines() if line.startswith("by hand: ")]
        assert lines == [
            "by hand: dbt_project/models/quality/health_checks.sql refers to stg_health__bookings, "
            "stg_health__contracts, stg_health__ehr_indexes",
            "by hand: dbt_project/models/sensitive/sensitive_health_records.sql refers to "
            "stg_health__contracts, stg_health__ehr_indexes",
            "by hand: dbt_project/macros/quality/registered_as_dead.sql refers to stg_health__ehr_indexes",
        ]
        assert "remove each, or what in it refers to them" in said.output
        assert said.exit_code == (1 if option else 0)
    for name in ("models/quality/health_checks", "models/sensitive/sensitive_health_records"):
        (project.dbt_project / f"{name}.sql").unlink()
    (project.dbt_project / "macros/quality/registered_as_dead.sql").write_text("{# was of stg_health__x #}\n")
    assert by_hand(project) == {}


@pytest.mark.parametrize(
    ("name", "text", "refers_to"),
    [
        (
            "models/staging/health/stg_health__own.sql",
            'select * from {{ new_landed_rows("health", "a") }}',
            "health__a",
        ),
        ("models/core/own.sql", "select * from {{ source('landing', 'health__a') }}", "health__a"),
        ("models/core/own.sql", "select * from landing.health__a", "health__a"),
        ("models/core/_own.yml", "models:\n  - name: stg_health__as\n", "stg_health__as"),
        ("tests/own.sql", "select * from {{ ref('stg_grid__no_such_table') }}", "stg_grid__no_such_table"),
    ],
)
def test_a_model_a_description_a_macro_and_a_test_refer_to_it_each_in_its_way(
    project: Settings, name: str, text: str, refers_to: str
) -> None:
    retire(project)
    path = project.dbt_project / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    assert by_hand(project)[name] == (refers_to,)
