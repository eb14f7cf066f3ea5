"""Reading shares back as plain data: what there is, what is served, what was decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psycopg

from sharing import ledger
from sharing.contracts import ShareContract
from sharing.delivery import shelf_of
from sharing.files import sha256_of


def list_shares(
    contracts: Iterable[ShareContract], state: psycopg.Connection, shares_dir: Path
) -> list[dict[str, Any]]:
    """One dict for each share: terms, grant, served version and last decision."""
    return [_summary(contract, state, shares_dir) for contract in contracts]


def _summary(contract: ShareContract, state: psycopg.Connection, shares_dir: Path) -> dict[str, Any]:
    receipt = current_version(shares_dir, contract.department, contract.dataset) or {}
    decisions = ledger.history(state, contract.department, contract.dataset)
    last = decisions[0].decision if decisions else None
    return {
        "department": contract.department,
        "department_name": contract.grant.department_name,
        "dataset": contract.dataset,
        "label": contract.label,
        "share_class": contract.share_class,
        "purpose": contract.purpose,
        "columns": list(contract.grant.columns),
        "expires_on": contract.grant.expires_on,
        "serving_version": receipt.get("version"),
        "serving_rows": receipt.get("row_count"),
        "serving_snapshot": receipt.get("lake_snapshot"),
        "last_verdict": last.verdict if last else None,
        "last_score": last.score if last else None,
        "last_decided_at": last.decided_at if last else None,
        "last_gate_run_id": last.gate_run_id if last else None,
        "decisions": len(decisions),
    }


def current_version(shares_dir: Path, department: str, dataset: str) -> dict[str, Any] | None:
    """The signed receipt of the served version, or None before the first."""
    return shelf_of(shares_dir, department, dataset).receipt()


def share_history(state: psycopg.Connection, department: str, dataset: str) -> list[dict[str, Any]]:
    """Every decision about a share, newest first, with its ledger number."""
    return [
        {"entry_no": entry.entry_no, **asdict(entry.decision)}
        for entry in ledger.history(state, department, dataset)
    ]


def verify_deliveries(state: psycopg.Connection, shares_dir: Path) -> tuple[str, ...]:
    """What is wrong with delivered files: changed after the decision, or without one.

    A decided version that is not on disk is no problem here; the next gate run publishes it.
    """
    decided = {
        (row[0], row[1], row[2]): row[3]
        for row in state.execute(
            "select department, dataset, version, file_sha256 from audit.ledger where version is not null"
        )
    }
    problems = []
    for file in sorted(shares_dir.glob("*/*/[0-9]*/data.parquet")):
        delivery = file.relative_to(shares_dir).parts[:3]
        if delivery not in decided:
            problems.append(f"{'/'.join(delivery)} was never decided by the gate")
        elif sha256_of(file) != decided[delivery]:
            problems.append(f"{'/'.join(delivery)} was changed after the gate let it out")
    return tuple(problems)
