"""What becomes of a table whose columns are no longer those of its contract."""

from __future__ import annotations

import pytest

from data_quality.working_days import add_working_days
from pipelines.installation.state import connect_state
from pipelines.lake.connection import reader
from pipelines.lake.register import register_batches
from pipelines.operations.source_status import source_status
from pipelines.operations.status import platform_status
from pipelines.pull import pull_system
from tests.support.registry import (
    SYSTEM,
    contract_document,
    landed_rows,
    write_contract,
)


def pull(settings, **options):
    (outcome,) = pull_system(settings, SYSTEM, **options)
    return outcome


def test_a_missing_column_stops_the_table_and_names_the_likely_new_name(settings, registry) -> None:
    registry.add(1, 3)
    registry.run("alter table person rename column name to full_name")
    outcome = pull(settings)
    assert outcome.error_type == "SchemaChangedError"
    assert "'name': missing; probably renamed to 'full_name', which is new" in outcome.message
    assert landed_rows(settings.home) == []
    with connect_state(settings) as state:
        seen = state.execute("select kind, column_name, owner from ops.drift order by kind").fetchall()
    assert seen == [("new", "full_name", "test_department"), ("renamed", "name", "test_department")]
    registry.run("alter table person rename column full_name to name")
    assert pull(settings).rows_landed == 3


def test_a_change_of_the_source_is_a_work_item_until_it_is_gone(settings, registry) -> None:
    def told() -> list[str]:
        return [
            row["what"] for row in platform_status(settings)["problems"] if row["where"] == "registry.person"
        ]

    def open_items() -> list[tuple]:
        with connect_state(settings) as state:
            items = state.execute(
                "select subject, rule_code, owner_department, received_at, due_at "
                "from quality.work_orders where status = 'open' order by rule_code"
            ).fetchall()
        return [(*item, due_at == add_working_days(received_at, 10)) for *item, received_at, due_at in items]

    registry.add(1, 3)
    registry.run("alter table person alter column birth_date type text")
    pull(settings)
    pull(settings)
    retyped = ("source:registry.person", "drift.retyped.birth_date", "测试部门", True)
    assert open_items() == [retyped]
    with connect_state(settings) as state:
        (label,) = state.execute("select label from quality.work_orders where status = 'open'").fetchone()
    assert label.endswith("birth_date（birth_date） 列类型改变：由 DATE 变为 VARCHAR")
    (row,) = source_status(settings)
    assert row["state"] == "fresh" and "birth_date: DATE became VARCHAR" in row["problems"]
    assert told() == ["birth_date: DATE became VARCHAR (quarantine)"]
    registry.add(4, 5, sex_code="9")
    pull(settings)
    assert open_items() == [retyped, (retyped[0], "drift.unknown_code.sex_code", *retyped[2:])]
    registry.run("alter table person alter column birth_date type date using birth_date::date")
    registry.run("update person set sex_code = '1'")
    pull(settings)
    assert open_items() == []
    assert source_status(settings)[0]["problems"] == "" and told() == []


def test_columns_in_another_order_are_said_and_read_by_name(settings, registry) -> None:
    registry.run("alter table person drop column name; alter table person add column name varchar(40)")
    registry.run(
        "insert into person (person_no, name, sex_code, update_time, is_deleted) "
        "values ('P1', '人', '1', '2026-06-01', false)"
    )
    outcome = pull(settings)
    assert outcome.rows_landed == 1 and "columns come in another order now" in outcome.message
    assert landed_rows(settings.home)[0][:2] == ("P1", "人")


def test_a_new_column_follows_the_policy(settings, registry) -> None:
    registry.run("alter table person add column nickname text")
    registry.run("insert into person values ('P1', '人', '1', null, '2026-06-01', false, '小名')")
    outcome = pull(settings)
    assert outcome.status == "landed" and "'nickname': new column" in outcome.message
    with connect_state(settings) as state:
        assert state.execute("select column_name, kind, policy from ops.drift").fetchall() == [
            ("nickname", "new", "quarantine")
        ]


def test_a_new_column_evolves_into_the_lake_where_the_contract_lets_it(settings, registry) -> None:
    document = contract_document()
    document["customProperties"][1]["value"]["columns"] = "evolve"
    write_contract(settings, document)
    registry.add(1, 1)
    pull(settings)
    register_batches(settings)
    registry.run("alter table person add column nickname text")
    registry.run("insert into person values ('P2', '人', '1', null, '2026-06-02', false, '小名')")
    assert pull(settings).status == "landed"
    register_batches(settings)
    with reader(settings) as lake:
        rows = lake.execute("select person_no, nickname from landing.registry__person order by 1").fetchall()
    assert rows == [("P1", None), ("P2", "小名")]


@pytest.mark.parametrize("name", ["_batch_id", "_typed_name", "x\" from read_text('/etc/hostname') --"])
def test_a_new_column_is_left_out_where_its_name_would_be_more_than_a_name(settings, registry, name) -> None:
    document = contract_document()
    document["customProperties"][1]["value"]["columns"] = "evolve"
    write_contract(settings, document)
    registry.add(1, 1)
    quoted = name.replace('"', '""')
    registry.run(f'alter table person add column "{quoted}" text')
    outcome = pull(settings)
    assert (outcome.status, outcome.rows_landed) == ("landed", 1)
    assert "left out for its name (quarantine)" in outcome.message
    with connect_state(settings) as state:
        assert state.execute("select policy, extra_columns from ops.drift, ops.batches").fetchall() == [
            ("quarantine", [])
        ]


def test_a_retyped_column_quarantines_only_what_does_not_cast(settings, registry) -> None:
    registry.run("alter table person alter column birth_date type text")
    registry.run(
        "insert into person values ('P1', '人', '1', '1990-02-03', '2026-06-01', false), "
        "('P2', '人', '1', '三月', '2026-06-01', false)"
    )
    outcome = pull(settings)
    assert (outcome.rows_landed, outcome.rows_quarantined) == (1, 1)
    assert "DATE became VARCHAR" in outcome.message


def test_an_admitted_column_that_changes_its_type_is_left_out_and_stops_nothing(settings, registry) -> None:
    document = contract_document()
    document["customProperties"][1]["value"]["columns"] = "evolve"
    write_contract(settings, document)
    registry.run("alter table person add column rooms integer")
    registry.add(1, 1)
    registry.run("update person set rooms = 3")
    pull(settings)
    register_batches(settings)
    registry.run("alter table person alter column rooms type text using '三'")
    registry.add(2, 2, day="2026-06-02")
    outcome = pull(settings)
    assert (outcome.status, outcome.rows_landed) == ("landed", 1)
    assert "'rooms' has landed as INTEGER and comes as VARCHAR now: left out" in outcome.message
    assert register_batches(settings).rows == 1
    with reader(settings) as lake:
        rows = lake.execute("select person_no, rooms from landing.registry__person order by 1").fetchall()
    assert rows == [("P1", 3), ("P2", None)]
