"""`brain quality`: what both doors stopped, repaired and flagged, and who is to mend it."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines import share_gate
from pipelines.cli.output import failures_as_messages, show, show_json
from pipelines.lake.connection import reader
from pipelines.settings import get_settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
app = typer.Typer(help="Data quality: findings, quarantine, gate runs, work orders.", no_args_is_help=True)

LISTED = ("run_id", "decided_at", "subject", "decision", "score", "row_count", "lake_snapshot", "reasons")
FINDINGS = """
    select source_system, source_table, finding, action, count(*) as rows
    from quality.findings
    group by all
    order by all
"""
QUARANTINE = """
    select system, table_name, rule_code, reason, owner, status, count(*) as rows
    from quality.quarantine
    group by all
    order by all
"""


@app.command()
def findings(as_json: Json = False) -> None:
    """Count what was repaired, quarantined or flagged, by table and kind of fault."""
    _query(FINDINGS, "Findings", as_json=as_json)


@app.command()
def quarantine(as_json: Json = False) -> None:
    """Count the rows that wait in quarantine, with the rule and the owner."""
    _query(QUARANTINE, "Quarantine", as_json=as_json)


@app.command()
def runs(as_json: Json = False) -> None:
    """List the newest gate runs."""
    with failures_as_messages():
        found = share_gate.runs(get_settings())
    rows = found if as_json else [{name: row[name] for name in LISTED} for row in found]
    show(rows, title="Gate runs", as_json=as_json)


@app.command("show")
def show_run(run_id: int, as_json: Json = False) -> None:
    """Show one gate run: scorecard, rules, and the pseudonyms of the rows that failed."""
    with failures_as_messages():
        details = share_gate.run_details(get_settings(), run_id)
    if as_json:
        show_json(details)
        return
    for title, value in details.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            show(value, title=title, as_json=False)


@app.command()
def orders(
    every: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False, as_json: Json = False
) -> None:
    """List the departments' work orders by due date."""
    with failures_as_messages():
        show(
            share_gate.work_orders(get_settings(), only_open=not every), title="Work orders", as_json=as_json
        )


def _query(query: str, title: str, *, as_json: bool) -> None:
    with failures_as_messages(), reader(get_settings()) as connection:
        answer = connection.sql(query)
        rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.fetchall()]
    show(rows, title=title, as_json=as_json)
