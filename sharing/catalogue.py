"""Read shares back as plain data: terms, served versions, decisions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psycopg

from sharing import ledger
from sharing.contracts import ShareContract
from sharing.delivery import shelf_of
from sharing.excess import served_excess

TERMS = ("department_name", "label", "share_class", "purpose", "columns", "granted_on", "expires_on")


def list_shares(
    contracts: Iterable[ShareContract], state: psycopg.Connection, shares_dir: Path
) -> list[dict[str, Any]]:
    """Return one dict per share: terms, grant, served version and last decision.

    Shares that were decided once but no longer have a contract are included without terms.
    """
    contracts = list(contracts)
    known = {(contract.department, contract.dataset): _terms(contract) for contract in contracts}
    beyond = {
        (contract.department, contract.dataset): [
            item.told for item in served_excess(state, shares_dir, contract)
        ]
        for contract in contracts
    }
    decided = {share: dict.fromkeys(TERMS) for share in ledger.shares(state)}
    return [
        {
            "department": department,
            "dataset": dataset,
            **terms,
            **_served(state, shares_dir, department, dataset),
            "beyond_grant": beyond.get((department, dataset), []),
        }
        for (department, dataset), terms in (decided | known).items()
    ]


def _terms(contract: ShareContract) -> dict[str, Any]:
    said = (
        contract.grant.department_name, contract.label, contract.share_class, contract.purpose,
        list(contract.grant.columns), contract.grant.granted_on, contract.grant.expires_on,
    )  # fmt: skip
    return dict(zip(TERMS, said, strict=True))


def _served(state: psycopg.Connection, shares_dir: Path, department: str, dataset: str) -> dict[str, Any]:
    receipt = current_version(shares_dir, department, dataset) or {}
    decisions = ledger.history(state, department, dataset)
    last = decisions[0].decision if decisions else None
    return {
        "serving_version": receipt.get("version"),
        "serving_rows": receipt.get("row_count"),
        "serving_snapshot": receipt.get("lake_snapshot"),
        "last_verdict": last.verdict if last else None,
        # A withdrawal judges nothing: the score of its entry is the one of what it took away.
        "last_score": last.score if last and last.verdict != ledger.WITHDRAWN else None,
        "last_decided_at": last.decided_at if last else None,
        "last_gate_run_id": last.gate_run_id if last else None,
        # A withdrawal without a run of its own repeats the run of what it took away.
        "is_last_judged": last is not None
        and last.gate_run_id not in {entry.decision.gate_run_id for entry in decisions[1:]},
        "decisions": len(decisions),
    }


def current_version(shares_dir: Path, department: str, dataset: str) -> dict[str, Any] | None:
    """Return the signed receipt of the served version; None before the first."""
    return shelf_of(shares_dir, department, dataset).receipt()


def share_history(state: psycopg.Connection, department: str, dataset: str) -> list[dict[str, Any]]:
    """Return every decision about a share, newest first, with its ledger number."""
    return [
        {"entry_no": entry.entry_no, **asdict(entry.decision)}
        for entry in ledger.history(state, department, dataset)
    ]
