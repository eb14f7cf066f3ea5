"""Verify that deliveries and their evidence match the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pipelines.installation.durable_files import sha256_of
from sharing import ledger
from sharing.delivery import RECEIPT, canonical, shelf_of

# Entries whose gate run does not match them. A withdrawal need not have a gate run of its own.
EVIDENCE = """
select entry_no, gate_run_id
from audit.ledger as entries
left join quality.gate_runs as runs on entries.gate_run_id = runs.run_id
where runs.run_id is null
    or runs.subject <> entries.department || '/' || entries.dataset
    or (runs.lake_snapshot, runs.content_hash, runs.rule_set_hash, runs.row_count)
        <> (entries.lake_snapshot, entries.content_hash, entries.rule_set_hash, entries.row_count)
    or runs.score is distinct from entries.score
    or (entries.verdict <> 'withdraw' and runs.decision <> entries.verdict)
order by entry_no
"""


def verify_evidence(state: psycopg.Connection) -> tuple[str, ...]:
    """Return the gate runs that contradict their ledger entry."""
    return tuple(
        f"gate run {run} does not say what entry {entry} was decided on"
        for entry, run in state.execute(EVIDENCE).fetchall()
    )


def verify_deliveries(state: psycopg.Connection, shares_dir: Path, secrets_dir: Path) -> tuple[str, ...]:
    """Return problems of delivered files: changed, added, missing, undecided, or the wrong version served.

    A share's newest version that is not on disk is not reported: the next gate run publishes it.
    """
    public = ledger.public_key(secrets_dir)
    decided = {_place(entry): entry for entry in ledger.deliveries(state)}
    newest = {place[:2]: place for place in decided}
    problems = []
    for folder in sorted(shares_dir.glob("*/*/[0-9]*")):
        place = folder.relative_to(shares_dir).parts
        if place not in decided:
            problems.append(f"{'/'.join(place)} was never decided by the gate")
            continue
        problems += [f"{'/'.join(place)}{fault}" for fault in _faults(folder, decided[place], public)]
    for place in decided:
        if not shares_dir.joinpath(*place).exists() and place != newest[place[:2]]:
            problems.append(f"{'/'.join(place)} is gone")
    for department, dataset in newest:
        problems += _fault_of_current(state, shares_dir, department, dataset)
    return tuple(problems)


def _place(entry: ledger.Entry) -> tuple[str, ...]:
    decision = entry.decision
    return decision.department, decision.dataset, decision.delivered_version


def _faults(folder: Path, entry: ledger.Entry, public: Ed25519PublicKey | None) -> Iterator[str]:
    """Yield the problems of one version, each as the end of a sentence that begins with its name."""
    try:
        receipt = json.loads((folder / RECEIPT).read_text(encoding="utf-8"))
        listed, hashed = receipt["files"], receipt["ledger_hash"]
    except (OSError, ValueError, KeyError, TypeError):
        yield " has no readable receipt"
        return
    if hashed != entry.entry_hash or (public and not _is_signed(receipt, public)):
        yield "/receipt.json was changed after the gate let it out"
    found = {path.name: sha256_of(path) for path in folder.iterdir() if path.name != RECEIPT}
    wanted = {**listed, "data.parquet": entry.decision.file_sha256}
    for name in sorted(wanted.keys() | found.keys()):
        if name not in found:
            yield f"/{name} is gone"
        elif name not in wanted:
            yield f"/{name} was added after the gate let it out"
        elif found[name] != wanted[name]:
            yield f"/{name} was changed after the gate let it out"


def _is_signed(receipt: dict, public: Ed25519PublicKey) -> bool:
    facts = {name: value for name, value in receipt.items() if name != "signature"}
    try:
        public.verify(bytes.fromhex(receipt["signature"]), canonical(facts))
    except (InvalidSignature, ValueError, KeyError, TypeError):
        return False
    return True


def _fault_of_current(
    state: psycopg.Connection, shares_dir: Path, department: str, dataset: str
) -> Iterator[str]:
    shelf = shelf_of(shares_dir, department, dataset)
    served = ledger.served_delivery(state, department, dataset)
    now = shelf.current.readlink().name if shelf.current.is_symlink() else None
    wanted = served.decision.version if served else None
    if now != wanted and (wanted is None or (shelf.folder / wanted).exists()):
        yield (
            f"{department}/{dataset} serves {now or 'nothing'}, and the ledger says {wanted or 'nothing'}: "
            "the next gate run mends that"
        )
