"""Whoever changes the past is found out, also with the database's own superuser."""

from __future__ import annotations

import json

import psycopg
import pytest

from sharing.catalogue import verify_deliveries
from sharing.ledger import HEAD_FILE, LedgerError, verify_ledger


@pytest.fixture
def ledger(city):
    """Three decisions: pass, block, block."""
    city.gate()
    for _ in range(2):
        city.build(city.bulk_edit)
        city.gate()
    return city


def problems(city) -> tuple[str, ...]:
    with city.state() as state:
        return verify_ledger(state, city.folders.secrets).problems


@pytest.mark.parametrize(
    "statement",
    ["update audit.ledger set verdict = 'pass'", "delete from audit.ledger", "truncate audit.ledger"],
)
def test_the_database_refuses_changes(ledger, statement):
    with ledger.state() as state, pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        state.execute(statement)
    assert problems(ledger) == ()


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("update audit.ledger set verdict = 'pass' where entry_no = 2", "entry 2 was edited"),
        ("update audit.ledger set row_count = 1 where entry_no = 1", "entry 1 was edited"),
        ("delete from audit.ledger where entry_no = 2", "entries 2 to 2 are missing"),
        (
            "delete from audit.ledger where entry_no = 3",
            "entry 3, the newest one that was kept outside, is gone",
        ),
        ("delete from audit.ledger where entry_no = 1", "entries 1 to 1 are missing"),
        (
            "update audit.ledger set entry_no = case entry_no when 2 then 3 else 2 end where entry_no > 1",
            "does not follow",
        ),
    ],
)
def test_a_superusers_change_is_found(ledger, superuser, tampering, found):
    superuser.execute("alter table audit.ledger drop constraint ledger_pkey")
    try:
        superuser.execute(tampering)
        assert any(found in problem for problem in problems(ledger))
    finally:
        superuser.execute("delete from audit.ledger")
        superuser.execute("alter table audit.ledger add primary key (entry_no)")


def test_a_recomputed_chain_lacks_the_signature(ledger, superuser):
    superuser.execute("update audit.ledger set signature = repeat('0', 128) where entry_no = 2")
    assert problems(ledger) == ("entry 2 is not signed by this platform",)


def test_without_the_head_kept_outside_a_cut_tail_is_suspected(ledger):
    (ledger.folders.secrets / HEAD_FILE).unlink()
    assert any("cut tail" in problem for problem in problems(ledger))
    ledger.build(ledger.bulk_edit)
    with pytest.raises(LedgerError, match="is missing"):
        ledger.gate()


def test_nothing_is_decided_on_a_ledger_that_was_cut(ledger, superuser):
    superuser.execute("delete from audit.ledger where entry_no = 3")
    ledger.build(
        "update core.dim_persons set is_deceased = true where person_id = 'P00000003'", ledger.bulk_edit
    )
    with pytest.raises(LedgerError, match="from a backup"):
        ledger.gate()
    head = json.loads((ledger.folders.secrets / HEAD_FILE).read_text())
    assert head["entry_no"] == 3


def test_a_file_changed_after_its_decision_is_found(ledger):
    with ledger.state() as state:
        assert verify_deliveries(state, ledger.folders.shares) == ()
        with (ledger.shelf / "000001" / "data.parquet").open("ab") as file:
            file.write(b"more")
        smuggled = ledger.shelf / "000009"
        smuggled.mkdir()
        (smuggled / "data.parquet").write_bytes(b"")
        assert verify_deliveries(state, ledger.folders.shares) == (
            "civil_affairs/elderly_living_alone/000001 was changed after the gate let it out",
            "civil_affairs/elderly_living_alone/000009 was never decided by the gate",
        )
