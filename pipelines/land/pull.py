"""Pull a system: each table is read, landed and accounted for independently.

A table that fails records the reason in its outcome and leaves its cursor unchanged; the
other tables continue. Nothing here refers to any system by name.
"""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import psycopg

from pipelines.contracts import SourceContract, TableContract
from pipelines.extract.errors import (
    PullError,
    SchemaChangedError,
    SourceUnreachableError,
    SourceUnreadableError,
)
from pipelines.extract.readers import reader_of
from pipelines.extract.request import RawRows, ReadRequest
from pipelines.extract.schema_drift import is_passed_over
from pipelines.installation.engine import open_engine
from pipelines.installation.one_row import one_value
from pipelines.installation.state import PlatformDatabaseError
from pipelines.land import files
from pipelines.land.batch import land_batch, table_session
from pipelines.land.cursor import fresh_rows, span_of, window_of
from pipelines.land.drift import record_drift, record_unknown_codes
from pipelines.land.dropped_files import DropLanding
from pipelines.land.landed_before import admitted_beside, compare_with_landed
from pipelines.land.outcome import PullOutcome
from pipelines.land.storage import storage_errors
from pipelines.settings import Settings, SourceEndpoint

Period = tuple[date, date]
logger = logging.getLogger(__name__)


def pull_tables(
    settings: Settings, contract: SourceContract, tables: Sequence[str], period: Period | None
) -> list[PullOutcome]:
    """Read these tables and land what is new; a failed table reports so and the others continue.

    Raises:
        PlatformDatabaseError: the platform's own database does not answer.
    """
    with open_engine(settings) as connection:
        connection.execute("set preserve_insertion_order = false")
        return [_pull_table(settings, connection, contract, contract.table(name), period) for name in tables]


def _pull_table(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    contract: SourceContract,
    table: TableContract,
    period: Period | None,
) -> PullOutcome:
    started = time.monotonic()
    outcome = PullOutcome(contract.system, table.name, "unchanged")
    try:
        endpoint = _endpoint(settings, contract)
        land = _land_files if table.ingest.mode == "files" else _land_new
        with table_session(settings, contract.system, table.name) as state:
            remove_orphans(settings, state, contract, table)
            remark = compare_with_landed(settings, state, connection, contract, table)
            outcome = land(settings, state, connection, contract, table, endpoint, period)
            outcome = replace(outcome, message=_joined(outcome.message, remark))
    except PlatformDatabaseError:
        raise
    except (PullError, duckdb.Error, OSError, ValueError) as error:
        outcome = failed(outcome, error, is_of_files=table.ingest.mode == "files")
    return replace(outcome, seconds=seconds_since(started))


def _land_files(
    settings: Settings,
    state: psycopg.Connection,
    connection: duckdb.DuckDBPyConnection,
    contract: SourceContract,
    table: TableContract,
    endpoint: SourceEndpoint,
    period: Period | None,
) -> PullOutcome:
    with _own_folder(settings) as folder, storage_errors(f"{contract.system}.{table.name}", settings.home):
        landing = DropLanding(settings, state, connection, contract, table, Path(folder))
        return landing.run(endpoint, period)


def _land_new(
    settings: Settings,
    state: psycopg.Connection,
    connection: duckdb.DuckDBPyConnection,
    contract: SourceContract,
    table: TableContract,
    endpoint: SourceEndpoint,
    period: Period | None,
) -> PullOutcome:
    where = f"{contract.system}.{table.name}"
    with _own_folder(settings) as folder:
        window = window_of(state, connection, contract, table, _as_text(period))
        request = ReadRequest(contract, table, endpoint, connection, Path(folder), window.since, window.until)
        try:
            with storage_errors(where, settings.home):
                raw = reader_of(contract)(request)
        except SchemaChangedError as refusal:
            record_drift(settings, state, contract, table, refusal.drift)
            if is_passed_over(refusal.drift):
                return PullOutcome(contract.system, table.name, "unchanged", message=str(refusal))
            raise
        record_drift(settings, state, contract, table, raw.drift)
        rows = fresh_rows(settings, state, connection, contract, table, raw.relation, window)
        read, new = _count(connection, raw.relation), _count(connection, rows)
        extra, left_out = admitted_beside(
            settings, state, connection, contract, table, rows, raw.extra_columns
        )
        base = PullOutcome(
            contract.system, table.name, "unchanged", rows_repeated=read - new,
            cursor_from=window.cursor, cursor_to=window.cursor,
            message=_joined(_drift_message(raw), left_out),
        )  # fmt: skip
        if not read and table.ingest.cursor is None:
            _refuse_emptied(state, contract, table)
        if not new:
            return base
        span = span_of(connection, table, raw.relation, rows, window)
        batch = land_batch(
            settings, contract, table.name, rows, connection=connection, span=span, state=state,
            advance_cursor=not window.is_period, rows_repeated=read - new, extra_columns=extra,
        )  # fmt: skip
    if not batch.is_new:
        return replace(base, rows_repeated=read, batch_id=batch.batch_id)
    record_unknown_codes(settings, state, contract, table, batch.batch_id)
    return replace(
        base, status="landed", batch_id=batch.batch_id, rows_read=batch.rows_read,
        rows_landed=batch.rows_landed, rows_quarantined=batch.rows_quarantined,
        cursor_to=window.cursor if window.is_period or span is None else span.cursor_to,
    )  # fmt: skip


def _refuse_emptied(state: psycopg.Connection, contract: SourceContract, table: TableContract) -> None:
    """Reject a fully read table that has lost all its rows: landing it would delete every record."""
    newest = state.execute(
        "select rows_landed from ops.batches where system = %s and table_name = %s "
        "order by sequence desc nulls last, landed_at desc limit 1",
        [contract.system, table.name],
    ).fetchone()
    if newest and newest[0]:
        raise SourceUnreadableError(
            f"{contract.system}.{table.name} is empty, and held {newest[0]} rows when it was landed last; "
            "read whole, that would delete every record of it.",
            next_step=f"Ask {contract.owner} where the rows went, and pull again when they are back; "
            "a table that is no longer kept is taken out of the contract.",
        )


def _endpoint(settings: Settings, contract: SourceContract) -> SourceEndpoint:
    try:
        return settings.source_endpoint(contract.system)
    except LookupError as error:
        raise SourceUnreachableError(str(error.args[0]), next_step="Then pull again.") from None


def remove_orphans(
    settings: Settings, state: psycopg.Connection, contract: SourceContract, table: TableContract
) -> None:
    """Delete files that a killed pull of the table left behind, while holding the table's session."""
    rows = state.execute(
        "select batch_id from ops.batches where system = %s and table_name = %s",
        [contract.system, table.name],
    ).fetchall()
    removed = files.remove_orphans(settings, contract.system, table.name, {name for (name,) in rows})
    if removed:
        logger.info(
            "%s.%s: removed %s files of a pull that did not end", contract.system, table.name, len(removed)
        )


def _own_folder(settings: Settings) -> tempfile.TemporaryDirectory[str]:
    parent = settings.home / "tmp"
    parent.mkdir(parents=True, exist_ok=True)
    for left_over in parent.glob("pull-*"):
        if _is_abandoned(left_over):
            shutil.rmtree(left_over, ignore_errors=True)
    return tempfile.TemporaryDirectory(prefix="pull-", dir=parent)


def _is_abandoned(folder: Path) -> bool:
    return time.time() - folder.stat().st_mtime > timedelta(days=1).total_seconds()


def _as_text(period: Period | None) -> tuple[str, str] | None:
    if period is None:
        return None
    first, last = period
    return f"{first.isoformat()}T00:00:00.000000+08:00", f"{last + timedelta(days=1)}T00:00:00.000000+08:00"


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    return int(one_value(connection.execute(f"select count(*) from {relation}")))


def _drift_message(raw: RawRows) -> str:
    if not raw.drift:
        return ""
    listed = "; ".join(f"'{change.column}': {change.difference} ({change.policy})" for change in raw.drift)
    return f"The source's columns differ from the contract: {listed}."


def _joined(*messages: str) -> str:
    return " ".join(filter(None, messages))


def failed(outcome: PullOutcome, error: Exception, *, is_of_files: bool = False) -> PullOutcome:
    """Return the outcome as a failure that says what happened and what to do."""
    if isinstance(error, PullError | ConnectionError | LookupError):
        message = str(error.args[0]) if error.args else str(error)
    else:
        # Quoted text may be a value of a row.
        first = re.sub(r"""'[^']*'|"[^"]*\"""", "…", (str(error).splitlines() or [""])[0])
        kept = "Nothing of this pull was kept and the cursor has not moved"
        if is_of_files:
            kept = "Files that had landed before are kept, and none of the others"
        message = (
            f"{outcome.system}.{outcome.table} could not be pulled ({type(error).__name__}: {first[:200]}). "
            f"{kept}. Pull again; "
            "if it stays so, report it with this message."
        )
    logger.error("%s", message)
    return replace(outcome, status="failed", message=message, error_type=type(error).__name__)


def seconds_since(started: float) -> float:
    """Return the seconds since a moment of `time.monotonic`, to the millisecond."""
    return round(time.monotonic() - started, 3)
