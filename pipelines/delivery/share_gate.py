"""The `sharing` package, bound to this installation's lake, database and folders."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any

from data_quality.evidence import gate_runs, show_run
from data_quality.work_orders import close_order as close_by_hand
from data_quality.work_orders import list_orders
from pipelines.contracts import load_departments
from pipelines.installation.state import connect_state
from pipelines.lake.confined import confined_reader
from pipelines.lake.levels import column_levels
from pipelines.reasons import usable_reason
from pipelines.settings import Settings
from sharing.catalogue import list_shares, share_history
from sharing.contracts import ContractError, ShareContract, load_share_contracts
from sharing.excess import served_excess
from sharing.ledger import verify_ledger
from sharing.turn import Folders
from sharing.verification import verify_deliveries, verify_evidence
from sharing.withdrawal import withdraw as withdraw_share

if TYPE_CHECKING:
    from sharing.gate import GateOutcome


def share_contracts(settings: Settings) -> dict[str, ShareContract]:
    """Return the share contracts of this installation, by `department/dataset`."""
    departments = load_departments(settings.sources_dir)
    return load_share_contracts(settings.shares_dir, column_levels(settings.dbt_project), departments)


def gate(settings: Settings, contract: ShareContract, find_snapshot: Callable[[], int]) -> GateOutcome:
    """Run the gate for one share at the snapshot that `find_snapshot` returns.

    Even if the gate cannot judge, nothing stays served under an expired grant, or beyond the grant.
    """
    try:
        return _judged(settings, contract, find_snapshot())
    except Exception:
        if not contract.grant.is_in_force(settings.current_date()) or _goes_beyond(settings, contract):
            with suppress(LookupError):
                withdraw(settings, contract.subject)
        raise


def _goes_beyond(settings: Settings, contract: ShareContract) -> bool:
    with connect_state(settings) as state:
        return bool(served_excess(state, settings.shares, contract))


def _judged(settings: Settings, contract: ShareContract, snapshot: int) -> GateOutcome:
    # The rule engine takes seconds to import, and only the gate itself needs it.
    from sharing.gate import run_gate

    # A contract's queries are text that somebody wrote: beside the lake they reach the shares' folder alone.
    lake_of_the_gate = confined_reader(
        settings, reads_closed=bool(contract.sensitive_basis), also=(settings.shares,)
    )
    with lake_of_the_gate as lake, connect_state(settings, autocommit=True) as state:
        return run_gate(
            contract,
            lake=lake,
            state=state,
            folders=_folders(settings),
            snapshot=snapshot,
            today=settings.current_date(),
        )


def shares(settings: Settings) -> list[dict[str, Any]]:
    """Return every share: its grant, its served version and the gate's last verdict."""
    with connect_state(settings) as state:
        return list_shares(share_contracts(settings).values(), state, settings.shares)


def history(settings: Settings, subject: str) -> list[dict[str, Any]]:
    """Return the ledger entries of one share, newest first; also if its contract no longer exists.

    Raises:
        LookupError: no such share; the message lists the known ones.
    """
    department, _, dataset = subject.partition("/")
    with connect_state(settings) as state:
        found = share_history(state, department, dataset)
    contracts = share_contracts(settings)
    if not found and subject not in contracts:
        raise LookupError(f"No share '{subject}'. There are: {', '.join(contracts)}.")
    return found


def withdraw(settings: Settings, subject: str) -> int:
    """Stop serving a share; returns the number of the ledger entry.

    Raises:
        LookupError: the share is not served.
    """
    department, _, dataset = subject.partition("/")
    with connect_state(settings, autocommit=True) as state:
        return withdraw_share(state, _folders(settings), department, dataset).entry_no


def verify(settings: Settings) -> tuple[int, list[str]]:
    """Verify the ledger, the evidence and the delivered files; return the entry count and the problems."""
    with connect_state(settings) as state:
        report = verify_ledger(state, settings.secrets)
        delivered = verify_deliveries(state, settings.shares, settings.secrets)
        problems = [*report.problems, *verify_evidence(state), *delivered]
    return report.entries, [*problems, *_served_without_grant(settings)]


def _served_without_grant(settings: Settings) -> list[str]:
    """Return what is served although today's contracts do not grant it."""
    try:
        found = shares(settings)
    except ContractError as error:
        return [f"what is served cannot be compared with what is granted: {error}"]
    today = settings.current_date()
    return [
        f"{row['department']}/{row['dataset']} serves version {row['serving_version']}, and {said}"
        for row in found
        if row["serving_version"]
        for said in ([*row["beyond_grant"]] or _without_grant(row, today))
    ]


def _without_grant(row: dict[str, Any], today: date) -> list[str]:
    if row["label"] is None:
        return ["it has no contract"]
    return [] if row["granted_on"] <= today <= row["expires_on"] else ["its grant is not in force"]


def _folders(settings: Settings) -> Folders:
    return Folders(settings.shares, settings.secrets)


def runs(settings: Settings) -> list[dict[str, Any]]:
    """Return the newest gate runs."""
    with connect_state(settings) as state:
        return gate_runs(state)


def run_details(settings: Settings, run_id: int) -> dict[str, Any]:
    """Return one gate run with its scorecard, its rules and the pseudonyms of failing rows."""
    with connect_state(settings) as state:
        return show_run(state, run_id)


def work_orders(settings: Settings, *, only_open: bool = True) -> list[dict[str, Any]]:
    """Return the departments' work orders, by due date."""
    with connect_state(settings) as state:
        return list_orders(state, only_open=only_open, today=settings.current_date())


def close_order(settings: Settings, ticket_no: str, *, rejected: bool, reason: str, closed_by: str) -> None:
    """Close a work order by hand, as corrected or as not a fault (`rejected`); who and why are recorded.

    Raises:
        LookupError: no open order has that number.
        ValueError: the reason is empty or contains a personal number.
    """
    usable_reason(reason)
    with connect_state(settings, autocommit=True) as state:
        close_by_hand(
            state, ticket_no,
            rejected=rejected, reason=reason, closed_by=closed_by, today=settings.current_date(),
        )  # fmt: skip
