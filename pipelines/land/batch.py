"""Land one batch: door 1, durable files, then manifest and cursor in one transaction.

A batch is named after what it covers, so that a retry overwrites itself. Landing the
same content again is a no-op; different content for the same span is a new version
with its difference recorded. A batch counts only once the manifest's transaction
commits; files without a manifest row are removed by the next pull.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

import duckdb
import psycopg

from pipelines.contracts import META_COLUMNS, SourceContract, TableContract
from pipelines.extract.errors import IncompleteBatchError
from pipelines.extract.raw_rows import relation_types
from pipelines.installation.durable_files import write_durably
from pipelines.installation.one_row import one_row, one_value
from pipelines.installation.state import connect_state
from pipelines.land import files
from pipelines.land.door import Door
from pipelines.land.landed_before import rows_as_agreed
from pipelines.land.manifest import KeptRows, is_newest, recorded_rows, versions
from pipelines.land.storage import storage_errors
from pipelines.settings import Settings


@dataclass(frozen=True)
class LandedBatch:
    """A batch that is durable and in the manifest; `is_new` is false if it was there before."""

    batch_id: str
    rows_read: int
    rows_landed: int
    rows_quarantined: int
    rows_flagged: int
    content_hash: str
    is_new: bool


@dataclass(frozen=True)
class Span:
    """What a batch covers: its part of the batch's name, and the cursor range or the period.

    Batches of a table apply in order of `sequence`, then of landing. `content` is the table's
    own unless the batch differs, such as a few released rows of a full table. `cursor_ahead`
    is the newest cursor among its rows if that lies in the future. Content that was delivered
    as a file (`sent_anew`) counts as new again if it has been replaced since.
    """

    name: str
    cursor_from: str | None = None
    cursor_to: str | None = None
    cursor_ahead: str | None = None
    period: str | None = None
    sequence: int | None = None
    content: str | None = None
    sent_anew: bool = False


@contextmanager
def table_session(settings: Settings, system: str, table: str) -> Iterator[psycopg.Connection]:
    """Open a connection to the platform's database that holds the table's landing lock."""
    with connect_state(settings, autocommit=True) as state:
        state.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [f"land {system} {table}"])
        yield state


def land_batch(
    settings: Settings,
    contract: SourceContract,
    table_name: str,
    raw: str,
    *,
    connection: duckdb.DuckDBPyConnection,
    span: Span | None = None,
    advance_cursor: bool = False,
    rows_repeated: int = 0,
    extra_columns: tuple[str, ...] = (),
    state: psycopg.Connection | None = None,
) -> LandedBatch:
    """Check and store every row of `raw`; on return the batch survives a crash.

    Args:
        raw: a relation on `connection` with the contract's columns, as text or typed.
            `_raw` may hold the original row, `_unreadable` mark what could not be read.
        span: what the batch covers; without one the batch is named after its content.
        advance_cursor: set the table's cursor to the span's end, in the same transaction.
        state: a `table_session` of this table, if the caller has one.

    Raises:
        StorageFullError: the disk is full; nothing was recorded.
        IncompleteBatchError: rows read are not rows landed plus rows quarantined.
    """
    if state is None:
        with table_session(settings, contract.system, table_name) as session:
            return land_batch(
                settings, contract, table_name, raw, connection=connection, span=span,
                advance_cursor=advance_cursor, rows_repeated=rows_repeated, extra_columns=extra_columns,
                state=session,
            )  # fmt: skip
    table = contract.table(table_name)
    door = Door(table, relation_types(connection, raw), extra_columns)
    with storage_errors(f"{contract.system}.{table_name}", settings.home):
        judged = _judge(connection, door, raw)
        measure = _measure(connection, judged)
    span = span or Span(measure.content_hash[:16])
    known = versions(state, contract.system, table_name, span.name)
    # Content that returns to an earlier version has changed since: the batch is new.
    returned = span.sent_anew and bool(known) and known[-1][1] != measure.content_hash
    if table.ingest.mode == "full":
        returned = not is_newest(state, contract.system, table_name, known)
    for batch_id, content_hash in reversed(known):
        if content_hash == measure.content_hash and not returned:
            if advance_cursor:
                _set_cursor(state, contract.system, table, span, batch_id)
            return measure.batch(batch_id, recorded_rows(state, batch_id), is_new=False)
    work = _Batch(settings, contract, table, connection, door, judged, span, len(known) + 1, extra_columns)
    with storage_errors(f"{contract.system}.{table_name}", settings.home):
        work.write(measure)
    counted = work.counted(measure)
    difference = work.difference(known[-1][0]) if known else None
    with state.transaction():
        work.record(state, measure, counted, rows_repeated, difference)
        if advance_cursor:
            _set_cursor(state, contract.system, table, span, work.batch_id)
    return measure.batch(work.batch_id, counted, is_new=True)


@dataclass(frozen=True)
class _Measure:
    rows: int
    quarantined: int
    flagged: int
    content_hash: str

    def batch(self, batch_id: str, kept: KeptRows, *, is_new: bool) -> LandedBatch:
        return LandedBatch(
            batch_id, self.rows, kept.landed, kept.quarantined, self.flagged, self.content_hash, is_new
        )


def _judge(connection: duckdb.DuckDBPyConnection, door: Door, raw: str) -> str:
    """Materialise the door's verdicts as a relation and return its name.

    Casting text is expensive, so its result is stored; for typed rows a second pass is cheaper than a copy.
    """
    kind = "view" if door.is_typed else "table"
    name = f"judged_{kind}"
    connection.execute(f"create or replace temp {kind} {name} as {door.judged(raw)}")
    return name


def _measure(connection: duckdb.DuckDBPyConnection, judged: str) -> _Measure:
    # The sum and the XOR of row hashes do not depend on the order of the rows.
    result = connection.execute(
        f"""
        select
            count(*),
            count(*) filter (not _is_kept),
            count(*) filter (not _is_clean),
            coalesce(sum(_row_hash), 0),
            coalesce(bit_xor(_row_hash), 0),
        from {judged}
        """
    )
    rows, quarantined, flagged, total, mixed = one_row(result)
    digest = sha256(f"{rows}|{total}|{mixed}".encode()).hexdigest()
    return _Measure(rows, quarantined, flagged, digest)


@dataclass
class _Batch:
    settings: Settings
    contract: SourceContract
    table: TableContract
    connection: duckdb.DuckDBPyConnection
    door: Door
    judged: str
    span: Span
    version: int
    extra_columns: tuple[str, ...]

    def __post_init__(self) -> None:
        suffix = f"-v{self.version}" if self.version > 1 else ""
        self.batch_id = f"{self.contract.system}-{self.table.name}-{self.span.name}{suffix}"
        self.landed_at = datetime.now(UTC)

    def write(self, measure: _Measure) -> None:
        """Write the files of this batch; an empty file is not written."""
        wanted = {
            files.GOOD: (measure.rows - measure.quarantined, self._good(measure)),
            files.QUARANTINED: (measure.quarantined, self._quarantined()),
            files.FINDINGS: (measure.quarantined + measure.flagged, self._findings()),
        }
        for kind, (rows, query) in wanted.items():
            if rows:
                write_durably(self.path(kind), partial(self._copy, query))
            else:
                self.path(kind).unlink(missing_ok=True)

    def counted(self, measure: _Measure) -> KeptRows:
        """Count the rows in the files just written, which is what gets recorded, not the expected counts.

        Raises:
            IncompleteBatchError: they differ from the rows that were read.
        """
        kept = KeptRows(self.rows_in(files.GOOD), self.rows_in(files.QUARANTINED))
        if kept.landed + kept.quarantined != measure.rows:
            raise IncompleteBatchError(
                f"Batch {self.batch_id}: {measure.rows} rows were read, and its files hold {kept.landed} "
                f"landed and {kept.quarantined} quarantined rows.",
                next_step="Pull the table again; if it stays so, the source changes while it is being read.",
            )
        return kept

    def rows_in(self, kind: str) -> int:
        """Return the number of rows in one of this batch's files; 0 if the file does not exist."""
        path = self.path(kind)
        if not path.exists():
            return 0
        query = f"select num_rows from parquet_file_metadata('{path}')"
        return int(one_value(self.connection.execute(query)))

    def path(self, kind: str) -> Path:
        """Return the path of one of this batch's files."""
        return files.batch_file(self.settings, kind, self.contract.system, self.table.name, self.batch_id)

    def difference(self, previous_id: str) -> dict[str, int]:
        """Count the records that this version adds, changes and no longer has, against the previous one."""
        before = files.batch_file(
            self.settings, files.GOOD, self.contract.system, self.table.name, previous_id
        )
        columns = ", ".join(f'"{name}"' for name in self.table.column_names)
        sides = [
            f"select _source_record_id as id, hash({columns}) as value "
            f"from ({rows_as_agreed(self.connection, self.table, [str(path)])})"
            if path.exists()
            else "select null::varchar as id, null::ubigint as value limit 0"
            for path in (before, self.path(files.GOOD))
        ]
        result = self.connection.execute(
            f"""
            select
                count(*) filter (old.id is null),
                count(*) filter (old.value <> new.value),
                count(*) filter (new.id is null),
            from ({sides[0]}) as old full join ({sides[1]}) as new on old.id = new.id
            """
        )
        added, changed, removed = one_row(result)
        return {"added": added, "changed": changed, "removed": removed}

    def content(self) -> str:
        """Whether the batch is the full table, changes to it, or one whole period of it."""
        ingest = self.table.ingest
        return self.span.content or ingest.content or ("full" if ingest.mode == "full" else "delta")

    def sequence(self) -> int:
        """The batch's position among those of its table: a later one takes precedence."""
        return self.span.sequence or int(self.landed_at.timestamp() * 1_000_000)

    def record(
        self,
        state: psycopg.Connection,
        measure: _Measure,
        kept: KeptRows,
        repeated: int,
        difference: dict[str, int] | None,
    ) -> None:
        """Insert the manifest's row; the batch counts once the caller's transaction commits."""
        state.execute(
            """
            insert into ops.batches (
                batch_id, system, table_name, span, version, cursor_from, cursor_to, cursor_ahead,
                content_hash, contract_hash, rows_read, rows_landed, rows_quarantined, rows_repeated,
                rows_flagged, findings_by_rule, difference, extra_columns, landed_at, content, period,
                sequence
            ) values (
                %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s
            )
            """,
            [
                self.batch_id, self.contract.system, self.table.name, self.span.name, self.version,
                self.span.cursor_from, self.span.cursor_to, self.span.cursor_ahead,
                measure.content_hash, self.contract.contract_hash, measure.rows, kept.landed,
                kept.quarantined, repeated, measure.flagged,
                json.dumps(self._findings_by_rule()), None if difference is None else json.dumps(difference),
                list(self.extra_columns), self.landed_at, self.content(), self.span.period, self.sequence(),
            ],
        )  # fmt: skip

    def _findings_by_rule(self) -> dict[str, int]:
        path = self.path(files.FINDINGS)
        if not path.exists():
            return {}
        query = (
            f"select rule_code, count(*) from read_parquet('{path}') group by rule_code order by rule_code"
        )
        return dict(self.connection.execute(query).fetchall())

    def _good(self, measure: _Measure) -> str:
        # If no row was quarantined, no filter pass is needed.
        condition = "where _is_kept" if measure.quarantined else ""
        columns = ", ".join(f'"{name}"' for name in self.table.column_names)
        extras = "".join(f', "{name}"' for name in self.extra_columns)
        meta = [
            f"'{self.batch_id}'", f"'{self.contract.system}'", self.door.record_id(), self._landed_at(),
        ]  # fmt: skip
        named = ", ".join(f"{value} as {name}" for value, name in zip(meta, META_COLUMNS, strict=True))
        return f"select {columns}{extras}, {named} from {self.judged} {condition}"

    def _quarantined(self) -> str:
        return f"""
            select
                '{self.contract.system}' as system,
                '{self.table.name}' as table_name,
                record_id as source_record_id,
                _raw_row as raw_row,
                first_reason.rule_code,
                first_reason.column_name,
                first_reason.finding,
                first_reason.reason,
                '{self.batch_id}' as batch_id,
                '{self.contract.owner_code}' as owner,
                {self._landed_at()} as quarantined_at,
                'open' as status,
                _row_hash as row_hash,
            from (
                select
                    _raw_row,
                    _row_hash,
                    {self.door.shown_record_id()} as record_id,
                    list_filter(
                        {self.door.broken()}, lambda entry: entry.action = 'quarantine'
                    )[1] as first_reason,
                from {self.judged}
                where not _is_kept
            )
        """

    def _findings(self) -> str:
        return f"""
            select
                '{self.contract.system}' as source_system,
                '{self.table.name}' as source_table,
                record_id as source_record_id,
                entry.column_name,
                entry.finding,
                case when is_kept then 'flagged' else 'quarantined' end as action,
                entry.rule_code,
                '{self.batch_id}' as batch_id,
                {self._landed_at()} as found_at,
            from (
                select
                    {self.door.shown_record_id()} as record_id,
                    _is_kept as is_kept,
                    unnest({self.door.broken()}) as entry,
                from {self.judged}
                where not (_is_kept and _is_clean)
            )
        """

    def _landed_at(self) -> str:
        return f"timestamptz '{self.landed_at.isoformat()}'"

    def _copy(self, query: str, target: Path) -> None:
        self.connection.execute(f"copy ({query}) to '{target}' ({files.PARQUET})")


def _set_cursor(
    state: psycopg.Connection, system: str, table: TableContract, span: Span, batch_id: str
) -> None:
    if span.cursor_to is None:
        return
    state.execute(
        """
        insert into ops.cursors (system, table_name, cursor_value, column_name, batch_id)
        values (%s, %s, %s, %s, %s)
        on conflict (system, table_name) do update set
            cursor_value = excluded.cursor_value, column_name = excluded.column_name,
            batch_id = excluded.batch_id, updated_at = now()
        """,
        [system, table.name, span.cursor_to, table.ingest.cursor, batch_id],
    )
