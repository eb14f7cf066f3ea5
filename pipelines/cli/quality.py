"""`brain quality`: what both doors stopped, repaired and flagged, and who is to mend it."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from typing import Annotated

import typer

from pipelines.cli.options import By, Json
from pipelines.cli.output import console, failures_as_messages, show, show_json
from pipelines.delivery import share_gate
from pipelines.installation.state import prepare
from pipelines.lake.connection import reader
from pipelines.lake.reconcile import reconcile as reconcile_tables
from pipelines.settings import get_settings

Table = Annotated[str, typer.Argument(help="system.table, such as affairs.case")]
app = typer.Typer(help="Data quality: findings, quarantine, gate runs, work orders.", no_args_is_help=True)

LISTED = ("run_id", "decided_at", "subject", "decision", "score", "row_count", "lake_snapshot", "reasons")
FINDINGS = """
    select source_system, source_table, finding, action, count(*) as rows
    from quality.findings
    group by all
    order by all
"""
RECONCILED = ("system", "table", "batches", "rows_read", "rows_landed", "rows_quarantined", "rows_in_lake")
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
def quarantine(
    table: Annotated[
        str | None, typer.Argument(help="system.table, to list its waiting rows one by one.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Count the rows that wait in quarantine, with the rule and the owner; or list those of a table."""
    from pipelines.lake.release import waiting_rows

    if table is None:
        _query(QUARANTINE, "Quarantine", as_json=as_json)
        return
    with failures_as_messages():
        rows = waiting_rows(get_settings(), *_system_and_table(table))
    show(rows, title=f"Waiting in quarantine: {table}", as_json=as_json, empty=f"No row of {table} waits.")


@app.command()
def release(
    table: Table,
    reason: Annotated[str, typer.Option(help="Why they may pass; without personal values.")],
    rule: Annotated[str | None, typer.Option(help="Only the rows that broke this rule.")] = None,
    row: Annotated[
        list[int] | None, typer.Option(help="Only this row, by its row_hash; may be given again.")
    ] = None,
    correction: Annotated[
        list[str] | None,
        typer.Option("--set", help="column=value, written into these rows; column= empties it."),
    ] = None,
    released_by: By = None,
    as_json: Json = False,
) -> None:
    """Let a table's rows out of quarantine, corrected if need be; those that still break a rule stay."""
    from pipelines.lake.release import release as let_out
    from pipelines.lake.release import waiting_rows

    settings = get_settings()
    with failures_as_messages():
        corrections = _corrections(correction or [], is_narrowed=bool(rule or row))
        prepare(settings)
        waiting = {item["row_hash"] for item in waiting_rows(settings, *_system_and_table(table), rule)}
        unknown = sorted(set(row or []) - waiting)
        if unknown:
            raise LookupError(
                f"No such row waits: {', '.join(map(str, unknown))}. Nothing was changed; "
                f"`brain quality quarantine {table}` lists those that do."
            )
        done = let_out(
            settings, *_system_and_table(table), row_hashes=row or sorted(waiting),
            released_by=released_by or getpass.getuser(), reason=reason, corrections=corrections,
        )  # fmt: skip
    if as_json:
        show_json({"table": table, **asdict(done)})
        return
    if done.rows_released:
        console.print(
            f"Let {done.rows_released:,} rows of {table} out of quarantine, landed as {done.batch_id}. "
            "The next `brain build` takes them in."
        )
    if still_wrong := done.rows_kept - done.rows_of_unproven_sender:
        console.print(
            f"{still_wrong:,} rows still break a rule and stay where they are: correct them with "
            "--set column=value, or at the source."
        )
    if done.rows_of_unproven_sender:
        console.print(
            f"{done.rows_of_unproven_sender:,} rows name another sender than their topic, or were never "
            "compared with it. They stay where they are; only their own device can send them again."
        )
    if not done.rows_released and not done.rows_kept:
        console.print(f"No row of {table} waits in quarantine{' under that rule' if rule else ''}.")


@app.command()
def reconcile(as_json: Json = False) -> None:
    """Count, table by table, whether every row that was read can be found; exit status 1 if not."""
    with failures_as_messages():
        tables = reconcile_tables(get_settings())
    rows = [{**asdict(table), "problems": "; ".join(table.problems)} for table in tables]
    wrong = [row for row in rows if row["problems"]]
    if as_json:
        show_json(rows)
    else:
        show(
            [{name: item[name] for name in RECONCILED} for item in rows], title="Rows accounted for",
            as_json=False, empty="No table is contracted.",
        )  # fmt: skip
        for item in wrong:
            console.print(
                f"{item['system']}.{item['table']}: {item['problems']}", style="red", highlight=False
            )
        read = sum(item["rows_read"] for item in rows)
        said = f"{len(wrong)} tables do not add up; restore their files or report this with the lines above."
        console.print(said if wrong else f"Every one of {read:,} rows that were read can be found.")
    if wrong:
        raise typer.Exit(1)


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


@app.command()
def close(
    ticket_no: Annotated[str, typer.Argument(help="The order's number, as `orders` lists it.")],
    reason: Annotated[str, typer.Option(help="What was done or found; without personal values.")],
    not_a_fault: Annotated[bool, typer.Option("--not-a-fault", help="Reject it: nothing was wrong.")] = False,
    closed_by: By = None,
    as_json: Json = False,
) -> None:
    """Close a work order by hand: as corrected, or with --not-a-fault as rejected."""
    with failures_as_messages():
        settings = get_settings()
        prepare(settings)
        who = closed_by or getpass.getuser()
        share_gate.close_order(settings, ticket_no, rejected=not_a_fault, reason=reason, closed_by=who)
    status = "rejected" if not_a_fault else "corrected"
    if as_json:
        show_json({"ticket_no": ticket_no, "status": status, "result": reason, "closed_by": who})
        return
    console.print(f"{ticket_no} is closed as {status}.")
    console.print(
        "If its rule fails again, a new order is opened; a rule that is wrong is changed in its contract."
    )


def _system_and_table(named: str) -> tuple[str, str]:
    system, _, table = named.partition(".")
    return system, table


def _corrections(given: list[str], *, is_narrowed: bool) -> dict[str, str | None]:
    """What `--set` says; one value for every row that waits is hardly ever meant."""
    if given and not is_narrowed:
        raise ValueError("--set needs --rule or --row, which say for which rows. Nothing was changed.")
    if odd := [item for item in given if "=" not in item]:
        raise ValueError(f"--set takes column=value, not '{odd[0]}'. Nothing was changed.")
    pairs = (item.split("=", 1) for item in given)
    return {column: value or None for column, value in pairs}


def _query(query: str, title: str, *, as_json: bool) -> None:
    with failures_as_messages(), reader(get_settings()) as connection:
        answer = connection.sql(query)
        rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.fetchall()]
    show(rows, title=title, as_json=as_json)
