"""`brain audit`: whether the record of decisions is whole, and who has read of sensitive people."""

from __future__ import annotations

import typer

from pipelines.cli.options import Json
from pipelines.cli.output import console, failures_as_messages, show, show_json
from pipelines.delivery import share_gate
from pipelines.lake.confined import logged_reads
from pipelines.settings import get_settings

app = typer.Typer(help="The audit ledger, and reads of sensitive people.", no_args_is_help=True)


@app.callback()
def audit() -> None:
    """Check what was recorded."""


@app.command()
def verify(as_json: Json = False) -> None:
    """Verify every ledger entry and delivered file; exit status 1 if anything was changed or removed."""
    with failures_as_messages():
        entries, problems = share_gate.verify(get_settings())
    if as_json:
        show_json({"entries": entries, "problems": problems})
    else:
        console.print(f"{entries} entries checked.")
        for problem in problems:
            console.print(problem, style="red", highlight=False)
    if problems:
        raise typer.Exit(1)


@app.command()
def reads(as_json: Json = False) -> None:
    """List who has read the schemas that name sensitive people, when, why and which tables."""
    with failures_as_messages():
        rows = logged_reads(get_settings())
    show(rows, title="Reads for a reason", as_json=as_json, empty="Nobody has read the closed schemas.")
