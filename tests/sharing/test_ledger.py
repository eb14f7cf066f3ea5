"""Whoever changes the past is found out, also with the database's own superuser."""

from __future__ import annotations

import json

import psycopg
import pytest

from sharing.delivery import DeliveryError
from sharing.ledger import HEAD_FILE, LedgerError, verify_ledger
from sharing.verification import verify_deliveries, verify_evidence


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


@pytest.mark.parametrize("field", ["entry_hash", "signature"])
def test_a_changed_head_is_found(ledger, field):
    path = ledger.folders.secrets / HEAD_FILE
    head = json.loads(path.read_text())
    other = "1" if head[field][0] == "0" else "0"
    path.write_text(json.dumps({**head, field: other + head[field][1:]}))
    assert problems(ledger)


def test_nothing_is_decided_on_a_ledger_that_was_cut(ledger, superuser):
    superuser.execute("delete from audit.ledger where entry_no = 3")
    ledger.build(
        "update core.dim_persons set is_deceased = true where person_id = 'P00000003'", ledger.bulk_edit
    )
    with pytest.raises(LedgerError, match="from a backup"):
        ledger.gate()
    head = json.loads((ledger.folders.secrets / HEAD_FILE).read_text())
    assert head["entry_no"] == 3


def delivered(city) -> tuple[str, ...]:
    with city.state() as state:
        return verify_deliveries(state, city.folders.shares, city.folders.secrets)


def change_receipt(folder, **facts):
    path = folder / "receipt.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | facts))


SHARE = "civil_affairs/elderly_living_alone"
TAMPERED = {
    "the data": (
        lambda shelf: (shelf / "000001" / "data.parquet").write_bytes(b"more"),
        f"{SHARE}/000001/data.parquet was changed after the gate let it out",
    ),
    "the spreadsheet": (
        lambda shelf: (shelf / "000001" / "data.csv").write_text("a line more"),
        f"{SHARE}/000001/data.csv was changed after the gate let it out",
    ),
    "the contract": (
        lambda shelf: (shelf / "000001" / "contract.yaml").write_text("id: other"),
        f"{SHARE}/000001/contract.yaml was changed after the gate let it out",
    ),
    "the receipt": (
        lambda shelf: change_receipt(shelf / "000001", verdict="pass", row_count=1),
        f"{SHARE}/000001/receipt.json was changed after the gate let it out",
    ),
    "no receipt": (
        lambda shelf: (shelf / "000001" / "receipt.json").unlink(),
        f"{SHARE}/000001 has no readable receipt",
    ),
    "the data is gone": (
        lambda shelf: (shelf / "000001" / "data.parquet").unlink(),
        f"{SHARE}/000001/data.parquet is gone",
    ),
    "a file more": (
        lambda shelf: (shelf / "000001" / "more.csv").write_text("smuggled"),
        f"{SHARE}/000001/more.csv was added after the gate let it out",
    ),
    "a version more": (
        lambda shelf: (shelf / "000009").mkdir(),
        f"{SHARE}/000009 was never decided by the gate",
    ),
    "nothing served": (
        lambda shelf: (shelf / "current").unlink(),
        f"{SHARE} serves nothing, and the ledger says 000001: the next gate run mends that",
    ),
}


@pytest.mark.parametrize(("tampering", "found"), TAMPERED.values(), ids=TAMPERED.keys())
def test_whatever_is_changed_in_a_delivery_is_found(city, tampering, found):
    city.gate()
    assert delivered(city) == ()
    tampering(city.shelf)
    assert delivered(city) == (found,)


def test_a_served_version_that_was_damaged_stops_the_gate(city):
    city.gate()
    (city.shelf / "000001" / "data.parquet").unlink()
    with pytest.raises(DeliveryError, match="Put the file back from a backup"):
        city.gate()


EVIDENCE = {"gate_runs": "score = 100", "rule_results": "outcome = 'pass'", "failing_keys": "row_key = null"}


@pytest.mark.parametrize(("table", "change"), EVIDENCE.items(), ids=EVIDENCE.keys())
def test_the_database_refuses_changes_of_the_evidence(ledger, table, change):
    for statement in (f"update quality.{table} set {change}", f"delete from quality.{table}"):
        with ledger.state() as state, pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            state.execute(statement)


def test_a_superusers_change_of_the_evidence_is_found(ledger, superuser):
    superuser.execute("update quality.gate_runs set decision = 'pass', score = 100 where decision = 'block'")
    with ledger.state() as state:
        found = verify_evidence(state)
    assert [problem.endswith("was decided on") for problem in found] == [True, True]
