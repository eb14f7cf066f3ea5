"""Release corrected rows from quarantine: approved by their owner, and through door 1 again.

Released rows land as a batch of their own. A row that still breaks a rule stays in
quarantine. Releasing is idempotent. Who released what and why is recorded in `ops.releases`;
of a correction only the columns, since values may be personal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import duckdb

from pipelines.contracts import (
    SourceContract,
    TableContract,
    load_contracts,
    load_retired,
    no_such_system,
)
from pipelines.extract.raw_rows import PATH, json_rows, relation_types
from pipelines.installation.durable_files import sync_new_files
from pipelines.installation.engine import open_engine
from pipelines.installation.state import connect_state
from pipelines.lake.connection import reader, writer
from pipelines.lake.register import register_batches
from pipelines.land.batch import Span, land_batch, table_session
from pipelines.land.door import Door
from pipelines.land.landed_before import compare_with_landed
from pipelines.land.manifest import newest_sequence
from pipelines.land.message_checks import (
    latest_arrival,
    new_field_columns,
    receipt_rules,
    unproven_sender_rules,
)
from pipelines.reasons import usable_reason
from pipelines.settings import Settings

OPEN, RELEASED = "open", "released"
RAW, PASSING = "raw_released", "passing_released"
LATEST = "_latest_arrival"
JSON_TRANSPORTS = ("rest", "mqtt")
WAITING = """
    select row_hash, source_record_id, rule_code, any_value(reason) as reason, any_value(owner) as owner,
        min(quarantined_at) as waiting_since
    from quality.quarantine
    where system = ? and table_name = ? and status = ? and (rule_code = ? or ? is null)
    group by row_hash, source_record_id, rule_code
    order by rule_code, source_record_id, row_hash
"""
NOTED = """
    insert into ops.releases
        (batch_id, system, table_name, rows_released, corrected_columns, released_by, reason)
    values (%s, %s, %s, %s, %s, %s, %s)
    on conflict (batch_id) do nothing
"""


@dataclass(frozen=True)
class Release:
    """The result of a release: rows that left quarantine, and rows that stay.

    Of the rows that stay, `rows_of_unproven_sender` contradict their topic, or were never compared with it.
    """

    batch_id: str | None
    rows_released: int
    rows_kept: int
    rows_of_unproven_sender: int = 0


@dataclass(frozen=True)
class QuarantinedForm:
    """The column names of a table's rows in quarantine: the source's for JSON, otherwise the contract's."""

    table: TableContract
    is_json: bool

    def read(
        self, connection: duckdb.DuckDBPyConnection, payloads: str, view: str, beside: tuple[str, ...] = ()
    ) -> None:
        """Create `view` over rows in their quarantined form, with the columns that stand beside them."""
        json_rows(connection, self.table, payloads, view, by_source_names=self.is_json, beside=beside)

    def patch(self, corrections: Mapping[str, str | None]) -> dict[str, Any]:
        """Return the corrections in the shape of such a row."""
        patch: dict[str, Any] = {}
        for name, value in corrections.items():
            *outer, field = self.table.source_name(name).split(PATH) if self.is_json else [name]
            place = patch
            for part in outer:
                place = place.setdefault(part, {})
            place[field] = value
        return patch


@dataclass(frozen=True)
class WaitingRow:
    """One row in quarantine: as it was sent, since when, and the rules under which it waits."""

    row_hash: int
    raw: str
    since: datetime
    rules: frozenset[str]


def release(
    settings: Settings,
    system: str,
    table_name: str,
    *,
    row_hashes: Sequence[int],
    released_by: str,
    reason: str,
    corrections: Mapping[str, str | None] | None = None,
) -> Release:
    """Correct quarantined rows and land those that now pass door 1.

    Args:
        row_hashes: the rows, by `quality.quarantine.row_hash`.
        released_by: the owner's name, stored with the reason and in the quarantine's status.
        reason: why these rows may pass, without personal values.
        corrections: values by column, the same for all of these rows; None empties a column.

    Raises:
        LookupError: no such system, table or column.
        ValueError: `released_by` is missing, the reason is empty or contains a personal number, or a
            correction would name another sender. Nothing was changed.
        ContractChangedError: rows of today's contract cannot stand beside those that have landed.
    """
    if not released_by.strip():
        raise ValueError("A release needs the name of who answers for it (released_by). Nothing was changed.")
    usable_reason(reason)
    contract, table = contracted(settings, system, table_name)
    for name in corrections or {}:
        table.column(name)
    if senders := sorted({*(corrections or {})} & {*table.ingest.topic_columns}):
        raise ValueError(
            f"{', '.join(senders)} says who sent a message, and is compared with the topic on receipt alone: "
            "a correction cannot be verified. Nothing was changed."
        )
    waiting = _open_rows(settings, contract, table, row_hashes)
    unproven_rules = unproven_sender_rules(table.ingest)
    rows = [row for row in waiting if row.rules.isdisjoint(unproven_rules)]
    unproven = len(waiting) - len(rows)
    form = QuarantinedForm(table, is_json=contract.server.transport in JSON_TRANSPORTS)
    with open_engine(settings) as connection:
        _correct(connection, settings, form, rows, corrections or {})
        passing = _passing(connection, contract, form)
        if not passing:
            return Release(None, 0, len(waiting), unproven)
        with table_session(settings, system, table_name) as state:
            compare_with_landed(settings, state, connection, contract, table)
            batch = land_batch(
                settings, contract, table_name, PASSING, connection=connection, state=state,
                span=Span(
                    f"released-{_digest(passing)}", content="delta",
                    sequence=newest_sequence(state, system, table_name),
                ),
            )  # fmt: skip
    register_batches(settings)
    note = [system, table_name, len(passing), sorted(corrections or {}), released_by, reason]
    with connect_state(settings, autocommit=True) as state:
        state.execute(NOTED, [batch.batch_id, *note])
    _set_status(
        settings, contract, table, passing, f"{RELEASED} by {released_by}, {datetime.now(UTC):%Y-%m-%d}"
    )
    return Release(batch.batch_id, len(passing), len(waiting) - len(passing), unproven)


def contracted(settings: Settings, system: str, table_name: str) -> tuple[SourceContract, TableContract]:
    """Return the contracts of a system and of one of its tables.

    Raises:
        LookupError: no such system or table; the message lists the known ones.
    """
    contracts = load_contracts(settings.sources_dir)
    if system not in contracts:
        raise no_such_system(system, contracts, load_retired(settings.sources_dir, contracts))
    return contracts[system], contracts[system].table(table_name)


def waiting_rows(
    settings: Settings, system: str, table_name: str, rule_code: str | None = None
) -> list[dict[str, Any]]:
    """Return a table's rows waiting in quarantine, by the rule that they broke; without their values.

    Raises:
        LookupError: no such system or table.
    """
    contracted(settings, system, table_name)
    with reader(settings) as connection:
        found = connection.execute(WAITING, [system, table_name, OPEN, rule_code, rule_code])
        columns = [column for column, *_ in found.description]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def _open_rows(
    settings: Settings, contract: SourceContract, table: TableContract, row_hashes: Sequence[int]
) -> list[WaitingRow]:
    with reader(settings) as connection:
        found = connection.execute(
            """
            select row_hash, min(raw_row), min(quarantined_at), list(distinct rule_code)
            from quality.quarantine
            where system = ? and table_name = ? and status = ?
                and list_contains(cast(? as ubigint[]), row_hash)
            group by row_hash order by row_hash
            """,
            [contract.system, table.name, OPEN, list(row_hashes)],
        ).fetchall()
    return [WaitingRow(row_hash, raw, since, frozenset(rules)) for row_hash, raw, since, rules in found]


def _correct(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    form: QuarantinedForm,
    rows: Sequence[WaitingRow],
    corrections: Mapping[str, str | None],
) -> None:
    """Create the relation `corrected`: the rows with their corrections, and the `LATEST` time of each."""
    connection.execute(
        f"create or replace temp table waiting_rows (row_hash ubigint, raw varchar, {LATEST} timestamptz)"
    )
    values = [[row.row_hash, row.raw, latest_arrival(settings, form.table.ingest, row.since)] for row in rows]
    if values:
        connection.executemany("insert into waiting_rows values (?, ?, ?)", values)
    connection.execute(
        f"""
        create or replace temp table corrected as
        select row_hash, {LATEST}, case
            when not json_valid(raw) then raw
            else cast(json_merge_patch(cast(raw as json), cast(? as json)) as varchar)
        end as payload from waiting_rows
        """,
        [json.dumps(form.patch(corrections))],
    )


def _passing(
    connection: duckdb.DuckDBPyConnection, contract: SourceContract, form: QuarantinedForm
) -> list[int]:
    """Return the hashes of the corrected rows that pass door 1; they become the relation `PASSING`.

    A message is judged by its time of receipt: a gateway's clock that was ahead does not become right
    because time passes.
    """
    form.read(connection, "corrected", RAW, beside=("row_hash", LATEST))
    judged, table = RAW, form.table
    if table.ingest.mode == "stream":
        judged = f"(select *, {new_field_columns(contract, table)} from {RAW})"
        table = replace(table, rules=(*table.rules, *receipt_rules(table, LATEST)))
    door = Door(table, relation_types(connection, judged), extra_columns=("row_hash", LATEST))
    connection.execute(
        f"""
        create or replace temp table passing_rows as
        select row_hash from ({door.checked(judged)}) where {door.holds("quarantine")}
        """
    )
    passing = "select {} from corrected where row_hash in (from passing_rows)"
    form.read(connection, f"({passing.format('payload')})", PASSING)
    hashes = connection.execute(f"{passing.format('row_hash')} order by row_hash").fetchall()
    return [value for (value,) in hashes]


def _set_status(
    settings: Settings, contract: SourceContract, table: TableContract, row_hashes: list[int], status: str
) -> None:
    with writer(settings) as connection:
        known = set(settings.lake_data.rglob("*.parquet"))
        connection.execute("begin")
        connection.execute(
            "update quality.quarantine set status = ? where system = ? and table_name = ? and status = ? "
            "and list_contains(cast(? as ubigint[]), row_hash)",
            [status, contract.system, table.name, OPEN, row_hashes],
        )
        sync_new_files(settings.lake_data, known)
        connection.execute("commit")


def _digest(row_hashes: Sequence[int]) -> str:
    mixed = 0
    for value in row_hashes:
        mixed ^= value
    return f"{mixed:016x}"
