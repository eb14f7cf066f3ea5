"""`brain share`: what is shared with whom, what the gate decided, bringing a share through it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.options import Json
from pipelines.cli.output import console, failures_as_messages, show, show_json
from pipelines.delivery import share_gate
from pipelines.settings import Settings, get_settings
from sharing.contracts import ShareContract
from sharing.ledger import WITHDRAWN

if TYPE_CHECKING:
    from sharing.gate import GateOutcome

Subject = Annotated[str, typer.Argument(help="department/dataset")]
app = typer.Typer(help="Shares with other departments: contracts, versions, decisions.", no_args_is_help=True)
LISTED = (
    "department_name", "label", "purpose", "serving_version", "serving_rows", "last_verdict", "last_score",
    "expires_on",
)  # fmt: skip
DECIDED = (
    "entry_no",
    "decided_at",
    "verdict",
    "score",
    "row_count",
    "version",
    "lake_snapshot",
    "gate_run_id",
)


@app.command("list")
def list_shares(as_json: Json = False) -> None:
    """List every share with its served version and the last decision."""
    with failures_as_messages():
        found = share_gate.shares(get_settings())
    rows = found if as_json else [{name: row[name] for name in LISTED} for row in found]
    show(rows, title="Shares", as_json=as_json)


@app.command()
def history(subject: Subject, as_json: Json = False) -> None:
    """Show every decision about a share, newest first, as the ledger holds it."""
    with failures_as_messages():
        found = share_gate.history(get_settings(), subject)
    rows = found if as_json else [_decided(row) for row in found]
    show(rows, title=f"Decisions about {subject}", as_json=as_json, empty="No decision yet.")


def _decided(row: dict[str, Any]) -> dict[str, Any]:
    """One line; a withdrawal delivers no row and judges nothing, its entry names what it took away."""
    blank = ("score", "row_count") if row["verdict"] == WITHDRAWN else ()
    return {name: None if name in blank else row[name] for name in DECIDED}


@app.command()
def gate(subject: Subject, as_json: Json = False) -> None:
    """Bring a share through its gate now; exit status 1 if it was stopped."""
    settings = get_settings()
    with failures_as_messages():
        contracts = share_gate.share_contracts(settings)
        if subject not in contracts:
            raise LookupError(f"No share '{subject}'. There are: {', '.join(contracts)}.")
        outcome = _at_the_gate(settings, contracts[subject])
    if as_json:
        show_json(outcome.metadata())
    else:
        score = "none" if outcome.score is None else f"{outcome.score:.1f}"
        console.print(f"{subject}: {outcome.status}, verdict {outcome.verdict}, score {score}")
        console.print(outcome.next_step)
    if not outcome.passed:
        raise typer.Exit(1)


def _at_the_gate(settings: Settings, contract: ShareContract) -> GateOutcome:
    # The orchestrator takes seconds to import.
    from pipelines.assets.delivery import share_table
    from pipelines.delivery.publishable import publishable_state
    from pipelines.operations.runs import recorded_runs

    with recorded_runs(settings) as instance:
        built = partial(publishable_state, settings, instance, share_table(contract))
        return share_gate.gate(settings, contract, built)


@app.command()
def withdraw(subject: Subject, as_json: Json = False) -> None:
    """Serve nothing of a share any more; the ledger keeps that, and what had been served."""
    with failures_as_messages():
        entry = share_gate.withdraw(get_settings(), subject)
    if as_json:
        show_json({"share": subject, "ledger_entry": entry})
    else:
        console.print(f"{subject} is not served any more (ledger entry {entry}).")
        console.print(
            "Where its contract still stands, the next `brain publish`, also the nightly one, brings it "
            "through the gate again: end the grant there if it is not to be."
        )
