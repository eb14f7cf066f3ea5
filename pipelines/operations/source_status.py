"""The status of each source system: its owner, freshness, next due time and problems.

It is read from the contracts and the manifest; the systems themselves are not contacted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from psycopg.rows import dict_row

from pipelines.contracts import (
    Column,
    RetiredSystem,
    SourceContract,
    TableContract,
    load_contracts,
    load_retired,
    no_such_system,
)
from pipelines.contracts.model import DIMENSIONS
from pipelines.extract.files.names import shown_names
from pipelines.from_contracts.catalogue import how_read
from pipelines.installation.state import connect_state
from pipelines.reasons import without_numbers
from pipelines.settings import Settings

LAST_PULLS = """
    select system, max(finished_at) filter (where status <> 'failed') as pulled_at
    from ops.run_outcomes
    group by system
"""
LANDED = """
    select system, count(*) as batches, sum(rows_landed) as rows_landed,
           sum(rows_quarantined) as rows_quarantined, max(landed_at) as landed_at
    from ops.batches
    group by system
"""
OPEN_FAILURES = """
    select distinct on (system, table_name) system, table_name, status, message
    from ops.run_outcomes
    order by system, table_name, finished_at desc
"""

OPEN_DRIFT = """
    select system, table_name, column_name, difference, policy, owner
    from ops.drift
    where gone_at is null
    order by system, table_name, column_name, kind
"""

OPEN_FILES = """
    select system, table_name, file_name, status, reason
    from ops.files
    where closed_at is null and status in ('refused', 'incomplete')
    order by system, table_name, file_name
"""

# The overview only counts a folder's other files; `brain sources files` lists them.
FILE_COUNTS = """
    select system, status, count(*) as files
    from (
        select system, status from ops.files where closed_at is null and status in ('refused', 'incomplete')
        union all
        select system, 'unrecognised' from ops.unrecognised_files
    ) as open_files
    group by system, status
    order by system, status desc
"""

FILES = """
    select
        table_name as table, file_name as file, period, status, rows_read as rows, reason,
        (select string_agg(finding ->> 'finding', ', ') from jsonb_array_elements(findings) as finding)
            as findings,
        delivered_at, due_at, received_at, batch_id
    from ops.files
    where system = %(system)s
    union all
    select
        null, file_name, null, 'unrecognised', 0, reason, null, delivered_at, null, first_seen_at, null
    from ops.unrecognised_files
    where system = %(system)s
    order by received_at desc, "table", file
"""


def source_status(settings: Settings) -> list[dict[str, Any]]:
    """Return one row for each contracted system, in contract order, then the retired ones."""
    contracts = load_contracts(settings.sources_dir)
    retired = load_retired(settings.sources_dir, contracts)
    with connect_state(settings) as connection:
        pulled: dict[str, datetime | None] = dict(connection.execute(LAST_PULLS).fetchall())
        landed = {row[0]: row[1:] for row in connection.execute(LANDED).fetchall()}
        problems: dict[str, list[str]] = {}
        for system, table, status, message in connection.execute(OPEN_FAILURES).fetchall():
            if status == "failed":
                problems.setdefault(system, []).append(f"{table}: {message}")
        failed = set(problems)
        for system, table, column, difference, *_ in connection.execute(OPEN_DRIFT).fetchall():
            problems.setdefault(system, []).append(f"{table}{column and '.'}{column}: {difference}")
        for system, table, file, state, reason in connection.execute(OPEN_FILES).fetchall():
            problems.setdefault(system, []).append(f"{table}: {state}: '{without_numbers(file)}', {reason}")
        for system, state, count in connection.execute(FILE_COUNTS).fetchall():
            if state == "unrecognised":
                problems.setdefault(system, []).append(f"{count} files whose names fit no table")
    return [
        *(
            _row(
                contract,
                pulled.get(system),
                landed.get(system),
                problems.get(system, []),
                is_failed=system in failed,
            )
            for system, contract in contracts.items()
        ),
        *(_retired_row(entry, pulled.get(system), landed.get(system)) for system, entry in retired.items()),
    ]


def received_files(settings: Settings, system: str) -> list[dict[str, Any]]:
    """Return the outcome of each file that a system dropped, newest first, under names without numbers.

    Raises:
        LookupError: no such system; the message lists the known ones.
    """
    contracts = load_contracts(settings.sources_dir)
    retired = load_retired(settings.sources_dir, contracts)
    if system not in contracts and system not in retired:
        raise no_such_system(system, contracts, retired)
    with connect_state(settings) as connection:
        answer = connection.cursor(row_factory=dict_row).execute(FILES, {"system": system})
        rows = answer.fetchall()
    names = shown_names(row["file"] for row in rows)
    return [row | {"file": names[row["file"]], "reason": without_numbers(row["reason"])} for row in rows]


def describe_source(contracts: Mapping[str, SourceContract], system: str) -> dict[str, list[dict[str, Any]]]:
    """Return a contract as rows under five titles: contract, tables, columns, persons, rules.

    Raises:
        LookupError: no such system; the message lists the known ones.
    """
    if system not in contracts:
        raise LookupError(f"No source system '{system}'. There are: {', '.join(contracts)}.")
    contract = contracts[system]
    tables = contract.tables.values()
    is_renamed = any(column.physical_name for table in tables for column in table.columns)
    return {
        "contract": [{"says": name, "value": value} for name, value in _head(contract).items()],
        "tables": [
            {
                "table": table.name, "label": table.label, "one row is": table.grain,
                "read as": how_read(table), "key": ", ".join(table.primary_key),
            }
            for table in tables
        ],
        "columns": [
            _column_row(table, column, is_renamed=is_renamed) for table in tables for column in table.columns
        ],
        "persons": [row for table in tables for row in _person_rows(table)],
        "rules": [
            {
                "table": table.name, "rule": rule.code, "dimension": DIMENSIONS[rule.dimension],
                "action": rule.action, "finding": rule.finding, "reason": rule.reason,
            }
            for table in tables
            for rule in table.rules
        ],
    }  # fmt: skip


def _person_rows(table: TableContract) -> Iterator[dict[str, str]]:
    """Yield the persons in a row; a record belongs to one person, the others are only standardised."""
    for place, person in enumerate(table.staging.get("person", ())):
        yield {
            "table": table.name, "staged under": person["prefix"] + "…",
            "columns": ", ".join(column for field, column in person.items() if field != "prefix"),
            "takes part in identity": "no, only the first of a row does" if place else "yes",
        }  # fmt: skip


def _head(contract: SourceContract) -> dict[str, str]:
    drift = contract.drift
    return {
        "name": contract.label,
        "owner": f"{contract.owner} ({contract.owner_code})",
        "purpose": contract.purpose,
        "limitations": contract.limitations,
        "transport": contract.server.transport,
        "every": f"{contract.frequency.value} {contract.frequency.unit}",
        "late": f"without a pull for {contract.latency.value} {contract.latency.unit} more",
        "kept": f"at least {contract.retention.value} {contract.retention.unit}",
        "drift": f"tables {drift.tables}, columns {drift.columns}, types {drift.types}",
    }


def _column_row(table: TableContract, column: Column, *, is_renamed: bool) -> dict[str, Any]:
    return {
        "table": table.name,
        "column": column.name,
        # Few sources name columns differently from the contract.
        **({"source_name": column.source_name} if is_renamed else {}),
        "label": column.label,
        "type": column.physical_type,
        "class": column.classification,
        "key": column.name in table.primary_key,
        "required": column.required,
        "values": ", ".join(f"{code} {label}" for code, label in column.enum.items()),
    }


def _row(
    contract: SourceContract,
    pulled_at: datetime | None,
    landed: tuple[Any, ...] | None,
    problems: list[str],
    *,
    is_failed: bool,
) -> dict[str, Any]:
    return {
        "system": contract.system,
        "name": contract.label,
        "owner": contract.owner,
        "state": _state(contract, pulled_at, is_failed=is_failed),
        "last_pull": pulled_at,
        "next_due": pulled_at + contract.frequency.as_timedelta() if pulled_at else None,
        **_landed_columns(landed),
        "problems": "; ".join(problems),
    }


def _retired_row(
    entry: RetiredSystem, pulled_at: datetime | None, landed: tuple[Any, ...] | None
) -> dict[str, Any]:
    return {
        "system": entry.system,
        "name": entry.label,
        "owner": entry.successor or "",
        "state": f"retired {entry.retired_on}",
        "last_pull": pulled_at,
        "next_due": None,
        **_landed_columns(landed),
        "problems": "",
    }


def _landed_columns(landed: tuple[Any, ...] | None) -> dict[str, Any]:
    batches, rows, quarantined, landed_at = landed or (0, 0, 0, None)
    return {
        "last_batch": landed_at,
        "batches": batches,
        "rows_landed": int(rows),
        "rows_quarantined": int(quarantined),
    }


def _state(contract: SourceContract, pulled_at: datetime | None, *, is_failed: bool) -> str:
    if is_failed:
        return "failed"
    if pulled_at is None:
        return "never pulled"
    return "late" if datetime.now(UTC) - pulled_at > contract.late_after else "fresh"
