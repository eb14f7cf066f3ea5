"""The sharing room, given this installation's lake, database and folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_quality.evidence import gate_runs, show_run
from data_quality.work_orders import list_orders
from pipelines.lake.connection import current_snapshot, reader
from pipelines.lake.state import connect_state
from pipelines.settings import Settings
from sharing.catalogue import list_shares, share_history, verify_deliveries
from sharing.contracts import ShareContract, load_share_contracts
from sharing.ledger import verify_ledger

if TYPE_CHECKING:
    from sharing.gate import GateOutcome


def share_contracts(settings: Settings) -> dict[str, ShareContract]:
    """The share contracts of this installation, by `department/dataset`."""
    return load_share_contracts(settings.shares_dir)


def gate(settings: Settings, contract: ShareContract) -> GateOutcome:
    """Bring one share through the gate at the lake's newest snapshot."""
    # The rule engine takes seconds to import; only the gate itself needs it.
    from sharing.gate import Folders, run_gate

    with reader(settings) as newest:
        snapshot = current_snapshot(newest)
    with reader(settings) as lake, connect_state(settings, autocommit=True) as state:
        return run_gate(
            contract,
            lake=lake,
            state=state,
            folders=Folders(settings.shares, settings.secrets),
            snapshot=snapshot,
            today=settings.current_date(),
        )


def shares(settings: Settings) -> list[dict[str, Any]]:
    """Every share: what is granted, what is served, what the gate said last."""
    with connect_state(settings) as state:
        return list_shares(share_contracts(settings).values(), state, settings.shares)


def history(settings: Settings, subject: str) -> list[dict[str, Any]]:
    """The ledger's entries of one share, newest first.

    Raises:
        LookupError: there is no such share; names those that there are.
    """
    contracts = share_contracts(settings)
    if subject not in contracts:
        raise LookupError(f"No share '{subject}'. There are: {', '.join(contracts)}.")
    contract = contracts[subject]
    with connect_state(settings) as state:
        return share_history(state, contract.department, contract.dataset)


def verify(settings: Settings) -> tuple[int, list[str]]:
    """Check the ledger, and the delivered files against it; how many entries, and what is wrong."""
    with connect_state(settings) as state:
        report = verify_ledger(state, settings.secrets)
        return report.entries, [*report.problems, *verify_deliveries(state, settings.shares)]


def runs(settings: Settings) -> list[dict[str, Any]]:
    """The newest gate runs."""
    with connect_state(settings) as state:
        return gate_runs(state)


def run_details(settings: Settings, run_id: int) -> dict[str, Any]:
    """One gate run with its scorecard, rules and the pseudonyms of failing rows."""
    with connect_state(settings) as state:
        return show_run(state, run_id)


def work_orders(settings: Settings, *, only_open: bool = True) -> list[dict[str, Any]]:
    """Work orders of the departments, by due date."""
    with connect_state(settings) as state:
        return list_orders(state, only_open=only_open, today=settings.current_date())
