"""Withdraw a share on command: its contract is gone, or it was delivered by mistake."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import psycopg

from sharing import ledger
from sharing.delivery import shelf_of
from sharing.keys import signing_key
from sharing.turn import Folders, one_at_a_time


def withdraw(state: psycopg.Connection, folders: Folders, department: str, dataset: str) -> ledger.Entry:
    """Stop serving a share and record that in the ledger; the versions are kept as evidence.

    Raises:
        LookupError: it is not served.
        LedgerError: the ledger was tampered with; nothing was decided.
    """
    with one_at_a_time(state, f"{department}/{dataset}"):
        served = ledger.served_delivery(state, department, dataset)
        if served is None:
            raise LookupError(f"{department}/{dataset} is not served; nothing was changed.")
        key = signing_key(folders.secrets, may_create=False)
        decision = replace(
            served.decision,
            decision_key=sha256(f"withdraw {served.entry_no}".encode()).hexdigest(),
            verdict=ledger.WITHDRAWN,
            version=None,
            decided_at=datetime.now(UTC),
        )
        with state.transaction():
            entry = ledger.append(state, key, folders.secrets, decision)
        ledger.store_head(folders.secrets, entry)
        shelf_of(folders.shares, department, dataset).withdraw()
    return entry
