"""`brain audit`: whether the record of decisions is whole."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines import share_gate
from pipelines.cli.output import console, failures_as_messages, show_json
from pipelines.settings import get_settings

app = typer.Typer(help="The audit ledger.", no_args_is_help=True)


@app.callback()
def audit() -> None:
    """Check what was recorded."""


@app.command()
def verify(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Verify every ledger entry and delivered file; exit status 1 if anything was changed or removed."""
    with failures_as_messages():
        entries, problems = share_gate.verify(get_settings())
    if as_json:
        show_json({"entries": entries, "problems": problems})
    else:
        console.print(f"{entries} entries checked.")
        for problem in problems:
            console.print(f"[red]{problem}[/]", highlight=False)
    if problems:
        raise typer.Exit(1)
