"""What a steward does about rows that were stopped at door 1, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app as commands
from pipelines.installation.state import connect_state
from pipelines.lake.connection import reader
from pipelines.lake.register import register_batches
from pipelines.pull import pull_system
from tests.support.registry import SYSTEM, TABLE

TABLE_NAMED = f"{SYSTEM}.{TABLE}"
RULE = "enum.sex_code"


@pytest.fixture
def stopped(settings, registry, monkeypatch) -> None:
    """Two good rows, and two with an unknown code that wait in quarantine."""
    for module in ("quality", "main"):
        monkeypatch.setattr(f"pipelines.cli.{module}.get_settings", lambda: settings)
    registry.add(1, 2)
    registry.add(3, 4, sex_code="X")
    pull_system(settings, SYSTEM)
    register_batches(settings)


def brain(*arguments: str):
    return CliRunner().invoke(commands, ["quality", *arguments])


def waiting() -> dict[str, int]:
    rows = json.loads(brain("quarantine", TABLE_NAMED, "--json").stdout)
    return {row["source_record_id"]: row["row_hash"] for row in rows}


@pytest.mark.usefixtures("stopped")
def test_a_corrected_row_leaves_quarantine_and_who_and_why_are_kept(settings) -> None:
    row = waiting()["P3"]
    done = brain(
        "release", TABLE_NAMED, "--row", str(row), "--set", "sex_code=2",
        "--reason", "派出所来函更正", "--by", "王某",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "Let 1 rows" in done.stdout and "brain build" in done.stdout
    assert set(waiting()) == {"P4"}
    with reader(settings) as lake:
        landed = lake.execute(
            f"select person_no, sex_code from landing.{SYSTEM}__{TABLE} order by 1"
        ).fetchall()
    assert landed == [("P1", "1"), ("P2", "1"), ("P3", "2")]
    with connect_state(settings) as state:
        kept = state.execute(
            "select table_name, rows_released, corrected_columns, released_by, reason from ops.releases"
        ).fetchall()
    assert kept == [(TABLE, 1, ["sex_code"], "王某", "派出所来函更正")]


@pytest.mark.usefixtures("stopped")
def test_rows_that_still_break_a_rule_stay_and_the_command_says_so() -> None:
    done = brain("release", TABLE_NAMED, "--reason", "代码表已核对")
    assert done.exit_code == 0, done.output
    assert "2 rows still break a rule" in done.stdout
    assert set(waiting()) == {"P3", "P4"}


@pytest.mark.usefixtures("stopped")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--rule", RULE, "--set", "sex_code=2", "--reason", "见 340490199001010011"],
            "reasons are read",
        ),
        (["--rule", RULE, "--set", "sex_code=2", "--reason", " "], "A reason is needed"),
        (["--set", "sex_code=2", "--reason", "核实"], "--rule or --row"),
        (["--row", "7", "--reason", "核实"], "No such row waits: 7"),
        (["--rule", RULE, "--set", "sex=2", "--reason", "核实"], "no column 'sex'"),
        (["--rule", RULE, "--set", "sex_code", "--reason", "核实"], "column=value"),
    ],
)
def test_a_release_that_cannot_be_meant_changes_nothing(settings, arguments, said) -> None:
    done = brain("release", TABLE_NAMED, *arguments)
    assert done.exit_code == 1
    assert said in done.stderr
    assert set(waiting()) == {"P3", "P4"}
    with connect_state(settings) as state:
        assert state.execute("select count(*) from ops.releases").fetchone() == (0,)


@pytest.mark.usefixtures("stopped")
def test_every_row_that_was_read_is_found_until_a_file_is_lost(settings) -> None:
    good = brain("reconcile")
    assert good.exit_code == 0, good.output
    assert "Every one of 4 rows" in good.stdout
    for file in Path(settings.home).rglob("*.parquet"):
        if TABLE in file.parts or TABLE in file.name:
            file.rename(file.with_suffix(".lost"))
    lost = brain("reconcile", "--json")
    assert lost.exit_code == 1, lost.output
