"""Sources and what becomes of them: `brain sources`, `pull`, `build`, `publish`, `sql`."""

from __future__ import annotations

import getpass
import os
from contextlib import ExitStack
from dataclasses import asdict
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import duckdb
import typer
from pyarrow.parquet import ParquetWriter

from pipelines.cli.options import Json
from pipelines.cli.output import console, failures_as_messages, remark, show, show_json, tell_of_full_disk
from pipelines.contracts import load_contracts, load_retired
from pipelines.from_contracts import compare_files, compare_pages, remarks, write_files
from pipelines.installation.state import prepare
from pipelines.lake.confined import confined_reader, log_read, tables_read
from pipelines.lake.history import names_the_lake, narrow_to_day, why_undated
from pipelines.lake.serving import kept_releases, roll_back, served_release
from pipelines.operations.source_status import describe_source, received_files, source_status
from pipelines.reasons import usable_reason
from pipelines.settings import Settings, get_settings

if TYPE_CHECKING:
    from pipelines.operations.runs import RunOutcome

BATCH_ROWS = 100_000
READING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
DAY_FORMATS = ["%Y-%m-%d"]


class Engine(StrEnum):
    """What runs the models."""

    DUCKDB = "duckdb"
    SPARK = "spark"


sources_app = typer.Typer(help="The source systems: whose, how fresh, when due, open problems.")


@sources_app.callback(invoke_without_command=True)
def sources(context: typer.Context, as_json: Json = False) -> None:
    """List every source system with its freshness and open problems."""
    if context.invoked_subcommand:
        return
    with failures_as_messages():
        show(source_status(get_settings()), title="Source systems", as_json=as_json)


@sources_app.command("files")
def source_files(system: str, as_json: Json = False) -> None:
    """List the files that a system dropped: what landed, what was refused, late or sent twice."""
    with failures_as_messages():
        rows = received_files(get_settings(), system)
    show(rows, title=f"Files of {system}", as_json=as_json, empty=f"'{system}' has dropped no file.")


@sources_app.command("show")
def show_source(system: str, as_json: Json = False) -> None:
    """Show one system's contract: its head, its tables, their columns and rules."""
    with failures_as_messages():
        parts = describe_source(load_contracts(get_settings().sources_dir), system)
    if as_json:
        show_json(parts)
        return
    for title, rows in parts.items():
        show(rows, title=f"{system}: {title}", as_json=False)


@sources_app.command("write")
def write_source_files(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if a file is not up to date.")
    ] = False,
) -> None:
    """Write what follows from the contracts: dbt sources, one-line staging models, catalogue pages."""
    settings = get_settings()
    with failures_as_messages():
        contracts = load_contracts(settings.sources_dir)
        retired = load_retired(settings.sources_dir, contracts)
        found = (
            compare_files(contracts, settings.dbt_project),
            compare_pages(contracts, retired, settings.catalogue_dir),
        )
        for_people = remarks(contracts, retired, settings.dbt_project, found[0])
        for differences in found if not check else ():
            write_files(differences)
    words = ("old", "left over") if check else ("wrote", "removed")
    for differences in found:
        for word, paths in zip(words, (differences.written, differences.removed), strict=True):
            for path in paths:
                console.print(f"{word} {os.path.relpath(path)}", highlight=False, soft_wrap=True)
    for line in for_people:
        console.print(line, highlight=False, soft_wrap=True)
    if check and (any(found) or for_people):
        raise typer.Exit(1)


def pull(
    systems: Annotated[list[str] | None, typer.Argument(help="Systems; none means all.")] = None,
    period_from: Annotated[
        datetime | None, typer.Option("--from", formats=DAY_FORMATS, help="Read again from this day.")
    ] = None,
    period_to: Annotated[
        datetime | None, typer.Option("--to", formats=DAY_FORMATS, help="Up to and with this day.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Pull what is new from the source systems into the lake, or read a period again."""
    from pipelines.assets.landing import landed_key
    from pipelines.operations.runs import run_job

    settings = get_settings()
    with failures_as_messages():
        prepare(settings)
        contracts = load_contracts(settings.sources_dir)
        unknown = sorted(set(systems or []) - set(contracts))
        if unknown:
            raise LookupError(f"No such source system: {', '.join(unknown)}. Known: {', '.join(contracts)}.")
        chosen = systems or list(contracts)
        keys = [landed_key(system, table).path for system in chosen for table in contracts[system].tables]
        outcome = run_job(
            settings, "pull", assets=keys, run_config=_period_config(chosen, period_from, period_to)
        )
    rows = [{"table": asset.asset, **asset.metadata} for asset in outcome.assets]
    show(rows, title=f"Pulled in {outcome.seconds} s", as_json=as_json)
    _exit_unless_good(outcome, as_json=as_json)


def build(
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Rebuild every table from landing.")
    ] = False,
    engine: Annotated[
        Engine,
        typer.Option(help="duckdb: everything, in the lake. spark: staging to core (docs/scale-out.md)."),
    ] = Engine.DUCKDB,
    as_json: Json = False,
) -> None:
    """Build staging, identity, core, indicators and share slices from what has landed."""
    from pipelines.operations.runs import run_job

    settings = get_settings()
    if engine is Engine.SPARK:
        _build_on_spark(settings, full_refresh=full_refresh, as_json=as_json)
        return
    with failures_as_messages():
        prepare(settings)
        config = {"ops": {name: {"config": {"full_refresh": full_refresh}} for name in BUILD_STEPS}}
        outcome = run_job(settings, "build", run_config=config)
    _report(outcome, as_json=as_json)


def _build_on_spark(settings: Settings, *, full_refresh: bool, as_json: bool) -> None:
    from pipelines.spark_build import build_on_spark

    with failures_as_messages():
        built = build_on_spark(settings, full_refresh=full_refresh)
    show([asdict(table) for table in built], title=f"Built {len(built)} tables on Spark", as_json=as_json)


def publish(
    releases: Annotated[
        bool, typer.Option("--releases", help="List the releases of the serving file that are kept.")
    ] = False,
    release_id: Annotated[
        str | None, typer.Option("--roll-back", help="Serve this kept release again; needs --reason.")
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option(help="With --roll-back: why an older release is served; without personal values."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Gate and deliver the shares, publish the serving files and the dashboard; or serve an older file."""
    with failures_as_messages():
        _refuse_mixed_options(releases=releases, release_id=release_id, reason=reason)
    if releases:
        _show_releases(as_json=as_json)
        return
    if release_id is not None:
        _roll_back(release_id, reason or "", as_json=as_json)
        return
    _publish(as_json=as_json)


def _refuse_mixed_options(*, releases: bool, release_id: str | None, reason: str | None) -> None:
    """Refuse options of `brain publish` that say different things.

    Raises:
        ValueError: it is not clear what is meant.
    """
    if releases and (release_id is not None or reason is not None):
        raise ValueError(
            "--releases only lists, and takes neither --roll-back nor --reason. Nothing was done."
        )
    if reason is not None and release_id is None:
        raise ValueError(
            "--reason says why an older release is served again, and --roll-back names none. Nothing was "
            "published; leave --reason out to publish, or name a release of `brain publish --releases`."
        )


def _show_releases(*, as_json: bool) -> None:
    with failures_as_messages():
        served = served_release(get_settings())
        rows = [
            {
                "release_id": kept.release_id, "data_as_of": kept.data_as_of,
                "lake_snapshot": kept.lake_snapshot,
                "served": served is not None and kept.release_id == served.release_id,
            }
            for kept in kept_releases(get_settings())
        ]  # fmt: skip
    show(rows, title="Releases kept", as_json=as_json, empty="Nothing was published yet.")


def _roll_back(release_id: str, reason: str, *, as_json: bool) -> None:
    with failures_as_messages():
        release = roll_back(get_settings(), release_id, rolled_back_by=getpass.getuser(), reason=reason)
    if as_json:
        show_json({"release_id": release.release_id, "data_as_of": release.data_as_of})
        return
    console.print(f"Release {release.release_id}, with data as of {release.data_as_of}, is served again.")
    console.print(
        "The next `brain publish`, also the nightly one, serves what the last good build holds: "
        "mend and build before it."
    )


def _publish(*, as_json: bool) -> None:
    from pipelines.delivery.publishable import newest_build_failed
    from pipelines.operations.runs import recorded_runs, run_job

    settings = get_settings()
    with failures_as_messages():
        prepare(settings)
        outcome = run_job(settings, "publish")
        with recorded_runs(settings) as instance:
            is_of_earlier_build = newest_build_failed(instance)
    if is_of_earlier_build:
        remark("The newest build did not end well: what is published is of the good build before it.")
    _report(outcome, as_json=as_json)


def sql(
    query: Annotated[str, typer.Argument(help='For example "select count(*) from core.dim_persons".')],
    known_on: Annotated[
        datetime | None,
        typer.Option(
            "--as-known-on",
            formats=DAY_FORMATS,
            help="Ask what the last build by the end of that day, by the machine's clock, left.",
        ),
    ] = None,
    valid_on: Annotated[
        datetime | None,
        typer.Option(
            "--as-valid-on", formats=DAY_FORMATS, help="Of core tables only what was valid at its end."
        ),
    ] = None,
    snapshot: Annotated[int | None, typer.Option(help="Ask the lake as it was at this snapshot.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the answer to this Parquet file.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows to print.")] = 100,
    reason: Annotated[
        str | None, typer.Option(help="Why the closed schemas are read; kept with who reads what, and when.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a read-only query on the lake: core, indicators, quality, reference, share; all with a reason."""
    settings = get_settings()
    with failures_as_messages(), ExitStack() as opened:
        if known_on:
            snapshot = _snapshot_known_on(settings, known_on.date(), snapshot)
        connection = opened.enter_context(
            confined_reader(settings, snapshot=snapshot, reads_closed=reason is not None)
        )
        statement = _reading_statement(connection, query)
        if valid_on:
            _narrow(connection, valid_on.date(), query)
        _may_read(settings, connection, statement, reason)
        answer = connection.sql(query)
        if out:
            # Not the engine's own COPY: the engine may write nowhere.
            with (batches := answer.to_arrow_reader(BATCH_ROWS)), ParquetWriter(out, batches.schema) as file:
                for batch in batches:
                    file.write_batch(batch)
            console.print(f"Wrote {out}.")
            return
        rows = answer.limit(limit + 1).fetchall()
        columns = answer.columns
    records = [dict(zip(columns, row, strict=True)) for row in rows[:limit]]
    show(records, title=f"{len(records)} rows", as_json=as_json, empty="No rows.", as_is=True)
    if len(rows) > limit and not as_json:
        console.print(f"More rows follow; raise --limit ({limit}) or write them with --out.")


def _snapshot_known_on(settings: Settings, day: date, snapshot: int | None) -> int:
    from pipelines.operations.runs import known_on

    if snapshot is not None:
        raise ValueError("--snapshot and --as-known-on both say which state of the lake is meant: give one.")
    state = known_on(settings, day)
    remark(f"As known on {day}: the build that ended at {state.built_at:%Y-%m-%d %H:%M}.")
    return state.snapshot


def _narrow(connection: duckdb.DuckDBPyConnection, day: date, query: str) -> None:
    if names_the_lake(connection, query):
        raise ValueError(
            "With --as-valid-on a table is named schema.table, for example core.dim_houses: "
            "lake.core.dim_houses is the whole table. Nothing was read."
        )
    for table in narrow_to_day(connection, day, query):
        if reason := why_undated(table):
            remark(f"core.{table} is shown whole, since no date narrows it: {reason}.")


def _reading_statement(connection: duckdb.DuckDBPyConnection, query: str) -> duckdb.Statement:
    statements = connection.extract_statements(query)
    if len(statements) != 1 or statements[0].type not in READING:
        raise ValueError(
            "`brain sql` is read-only: it takes one query (select, with, from, describe, explain). "
            "Nothing was changed; write the answer to a file with --out."
        )
    return statements[0]


def _may_read(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    statement: duckdb.Statement,
    reason: str | None,
) -> None:
    """Refuse what may not be read, and keep who reads closed schemas."""
    if reason is not None:
        usable_reason(reason)
    query = statement.query
    tables = tables_read(connection, query, reads_closed=reason is not None)
    if reason is not None:
        log_read(settings, query, tables, read_by=getpass.getuser(), reason=reason)


BUILD_STEPS = ("dbt_before_identity", "resolve_persons", "dbt_after_identity")


def _period_config(
    systems: list[str], period_from: datetime | None, period_to: datetime | None
) -> dict[str, object] | None:
    if period_from is None and period_to is None:
        return None
    if period_from is None or period_to is None:
        missing = "--from" if period_from is None else "--to"
        raise ValueError(f"A period needs --from and --to: {missing} is missing. Nothing was pulled.")
    if period_from > period_to:
        raise ValueError("The period's --to is before its --from. Nothing was pulled.")
    from pipelines.assets.landing import landing_step

    period = {"period_from": period_from.date().isoformat(), "period_to": period_to.date().isoformat()}
    return {"ops": {landing_step(system): {"config": period} for system in systems}}


def _report(outcome: RunOutcome, *, as_json: bool) -> None:
    from pipelines.operations.runs import checks_in_words

    checks = [
        {"asset": check.asset, "check": check.check, "message": check.message}
        for check in outcome.checks
        if not check.passed
    ]
    if as_json:
        show_json({"run_id": outcome.run_id, "success": outcome.success, "seconds": outcome.seconds,
                   "assets": [asset.asset for asset in outcome.assets], "failed_checks": checks,
                   "errors": outcome.errors})  # fmt: skip
    else:
        console.print(
            f"{outcome.job}: {len(outcome.assets)} tables in {outcome.seconds} s, "
            f"{checks_in_words(outcome.checks)}."
        )
        if checks:
            show(checks, title="Checks that failed", as_json=False)
    _exit_unless_good(outcome, as_json=as_json)


def _exit_unless_good(outcome: RunOutcome, *, as_json: bool) -> None:
    if not as_json:
        for error in outcome.errors:
            console.print(error, style="red", highlight=False)
    failed_pull = any(asset.metadata.get("status") == "failed" for asset in outcome.assets)
    if not outcome.success or failed_pull:
        tell_of_full_disk()
        raise typer.Exit(1)
