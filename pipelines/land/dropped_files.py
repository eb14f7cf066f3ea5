"""Land dropped files: every new file becomes one batch, is refused, or waits, with its reason.

A file is identified by name and content. Content that is already current is a duplicate when
it arrives again. Other content for the same period is a new version, even if it equals one that
was replaced since. An incomplete file is checked again by the next pull.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import psycopg

from pipelines.contracts import SourceContract, TableContract
from pipelines.extract.drift_words import ENCODING, NEW, Drifted
from pipelines.extract.errors import SchemaChangedError
from pipelines.extract.files.checksums import stated_digests
from pipelines.extract.files.drop_folder import DropFolder, RemoteFile
from pipelines.extract.files.job import Job, ParsedFile, RefusedFileError
from pipelines.extract.files.limits import LIMITS, Limits
from pipelines.extract.files.names import Period, period_of
from pipelines.extract.files.parser import FileParser
from pipelines.extract.raw_rows import RAW, UNREADABLE, relation_types
from pipelines.extract.schema_drift import compare, refuse_if_frozen
from pipelines.installation.durable_files import sha256_of
from pipelines.installation.one_row import one_value
from pipelines.land.batch import LandedBatch, Span, land_batch
from pipelines.land.drift import record_drift, record_unknown_codes
from pipelines.land.file_manifest import FileManifest, FileRecord
from pipelines.land.outcome import PullOutcome
from pipelines.land.unrecognised_files import note_unrecognised
from pipelines.reasons import without_numbers
from pipelines.settings import CITY_TIME, Settings, SourceEndpoint

ROWS = "file_rows"
SEQUENCES_PER_DAY = 10_000
TOLD_FILES = 5
PARSER = FileParser()
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CandidateFile:
    """One file of a table in its folder, with the period that its name states."""

    file: RemoteFile
    period: Period | None

    @property
    def day(self) -> date:
        """The date of its content: the first day of its period, or the day of its delivery."""
        return self.period.start if self.period else self.file.modified_at.astimezone(CITY_TIME).date()


@dataclass
class DropLanding:
    """One pull of one table's files."""

    settings: Settings
    state: psycopg.Connection
    connection: duckdb.DuckDBPyConnection
    contract: SourceContract
    table: TableContract
    folder: Path
    limits: Limits = LIMITS
    parser: FileParser = field(default_factory=lambda: PARSER)

    def __post_init__(self) -> None:
        self.manifest = FileManifest(self.state, self.contract, self.table)

    def run(self, endpoint: SourceEndpoint, days: tuple[date, date] | None = None) -> PullOutcome:
        """Land every new file, or again those whose period overlaps `days`; both ends included.

        Raises:
            PullError: the server does not answer or refuses the login; files landed before the
                failure stay landed.
        """
        outcome = PullOutcome(self.contract.system, self.table.name, "unchanged")
        words: list[str] = []
        with DropFolder(self.contract, endpoint) as remote:
            self._entries = remote.entries()
            note_unrecognised(self.state, self.contract, self._entries.values())
            for candidate in self._wanted(days):
                record, batch = self._land_file(remote, candidate)
                self.manifest.note(record)
                if record.status in ("refused", "incomplete"):
                    words.append(f"{record.status}: '{without_numbers(record.name)}', {record.reason}")
                elif batch and self._is_mostly_held_back(batch):
                    words.append(
                        f"landed: '{without_numbers(record.name)}', most of its rows are in quarantine, "
                        "so that no record is taken for gone by it"
                    )
                outcome = _added(outcome, batch)
        for line in words:
            logger.warning("%s.%s: %s", self.contract.system, self.table.name, line)
        more = f"; {len(words) - TOLD_FILES} more in ops.files" if len(words) > TOLD_FILES else ""
        return replace(outcome, message="; ".join(words[:TOLD_FILES]) + more)

    def _is_mostly_held_back(self, batch: LandedBatch) -> bool:
        """Return whether staging infers no deletions from this full batch."""
        is_most = batch.rows_quarantined > batch.rows_landed
        return is_most and batch.is_new and self.table.ingest.content != "delta"

    def _wanted(self, days: tuple[date, date] | None) -> list[CandidateFile]:
        candidates = []
        for file in self._entries.values():
            fits, period = period_of(str(self.table.ingest.pattern), file.name)
            candidate = CandidateFile(file, period)
            if not fits:
                continue
            if days is None:
                is_wanted = not self.manifest.is_settled(file)
            else:
                last = period.end - timedelta(days=1) if period else candidate.day
                is_wanted = candidate.day <= days[1] and last >= days[0]
            if is_wanted:
                candidates.append(candidate)
        return sorted(candidates, key=lambda one: (one.day, one.file.modified_at, one.file.name))

    def _land_file(
        self, remote: DropFolder, candidate: CandidateFile
    ) -> tuple[FileRecord, LandedBatch | None]:
        record = FileRecord(candidate.file, candidate.period, self._due(candidate))
        path = self.folder / "dropped"
        try:
            digest = self._fetched(remote, candidate.file, path)
            record = replace(record, sha256=digest)
            label = candidate.period.label if candidate.period else None
            following = _first_sequence(candidate.day) + SEQUENCES_PER_DAY
            if original := self.manifest.landed_before(digest, candidate.file.name, label, following):
                return self._duplicate(record, *original), None
            parsed = self._parsed(path, digest)
            batch = self._landed(candidate, digest, parsed)
        except RefusedFileError as refused:
            status = "incomplete" if refused.code == "file_incomplete" else "refused"
            digest = record.sha256 or (sha256_of(path) if path.exists() else "")
            return replace(
                record, status=status, sha256=digest, reason_code=refused.code, reason=refused.reason
            ), None
        finally:
            for left_over in self.folder.glob("dropped*"):
                left_over.unlink()
        return replace(record, status="landed", batch_id=batch.batch_id, parsed=parsed), batch

    def _duplicate(self, record: FileRecord, name: str, period: str | None) -> FileRecord:
        """Record a duplicate: a full table that has not changed since, or a file sent twice."""
        is_later = self.table.ingest.content == "full" and record.period and record.period.label != period
        code = "file_unchanged" if is_later else "file_duplicate"
        reason = f"its content is that of '{without_numbers(name)}', which has landed"
        return replace(record, status="duplicate", reason_code=code, reason=reason)

    def _fetched(self, remote: DropFolder, file: RemoteFile, path: Path) -> str:
        """Copy the file and verify that it is complete; return its SHA-256."""
        if file.size > self.limits.file_bytes:
            raise RefusedFileError(
                "file_too_costly", f"it has {file.size >> 20} MB; {self.limits.file_bytes >> 20} are allowed"
            )
        if not remote.fetch(file, path):
            raise RefusedFileError("file_incomplete", "it was still being written")
        digest = sha256_of(path)
        self._check_whole(remote, file, digest)
        return digest

    def _check_whole(self, remote: DropFolder, file: RemoteFile, digest: str) -> None:
        kind = self.contract.server.options.get("checksum", "sha256")
        beside = f"{file.name}.{kind}"
        if kind == "none":
            return
        if beside not in self._entries:
            raise RefusedFileError("file_incomplete", f"its '.{kind}' file has not come yet")
        stated = stated_digests(remote.beginning(self._entries[beside]))
        if not stated:
            raise RefusedFileError(
                "file_incomplete", f"its '.{kind}' file holds no checksum that can be read"
            )
        if digest not in stated:
            raise RefusedFileError("file_incomplete", "its content is not what its checksum says")

    def _parsed(self, path: Path, digest: str) -> ParsedFile:
        # DuckDB caches a file's content by its name: no two files may have the same name.
        target = self.folder / f"dropped-{digest}.parquet"
        parsed = self.parser.parse(Job.of(self.table, str(path), str(target), self.limits))
        self.connection.execute(f"create or replace temp view {ROWS} as from read_parquet('{target}')")
        arrived = one_value(self.connection.execute(f"select count(*) from {ROWS}"))
        if arrived != parsed.rows:
            raise RefusedFileError("file_unreadable", f"{parsed.rows} rows were read and {arrived} arrived")
        if not arrived and self.table.ingest.content != "delta":
            raise RefusedFileError("file_empty", "it has headers and no rows, which would delete everything")
        return parsed

    def _landed(self, candidate: CandidateFile, digest: str, parsed: ParsedFile) -> LandedBatch:
        extra = self._agreed(parsed)
        span = Span(
            self._span_name(candidate, digest), period=candidate.period.label if candidate.period else None,
            sequence=self._sequence(candidate.day),
            sent_anew=not self.manifest.has_landed(candidate.file, digest),
        )  # fmt: skip
        batch = land_batch(
            self.settings, self.contract, self.table.name, self._relation(extra), connection=self.connection,
            span=span, extra_columns=extra, state=self.state,
        )  # fmt: skip
        if batch.is_new:
            record_unknown_codes(self.settings, self.state, self.contract, self.table, batch.batch_id)
        return batch

    def _agreed(self, parsed: ParsedFile) -> tuple[str, ...]:
        """Return the new columns that policy admits; every difference is recorded for the owner."""
        found = dict.fromkeys(name for name in parsed.columns if name not in (RAW, UNREADABLE))
        drift = compare(self.contract, self.table, found, is_ordered=True)
        if parsed.encoding and parsed.encoding != _agreed_encoding(self.table):
            drift = (*drift, self._changed_encoding(parsed.encoding))
        record_drift(self.settings, self.state, self.contract, self.table, drift)
        try:
            refuse_if_frozen(self.contract, self.table, drift)
        except SchemaChangedError:
            listed = "; ".join(f"'{change.column}': {change.difference}" for change in drift)
            raise RefusedFileError(
                "columns_changed", f"its columns are not the contract's: {listed}"
            ) from None
        return tuple(change.column for change in drift if change.kind == NEW and change.policy == "evolve")

    def _changed_encoding(self, encoding: str) -> Drifted:
        agreed = _agreed_encoding(self.table)
        return Drifted(ENCODING, "", self.contract.drift.types, old=agreed, new=encoding)

    def _relation(self, extra: tuple[str, ...]) -> str:
        present = relation_types(self.connection, ROWS)
        columns = [
            f'"{name}"' if name in present else f'null::varchar as "{name}"'
            for name in (*self.table.column_names, *extra)
        ]
        marks = [name for name in (RAW, UNREADABLE) if name in present]
        self.connection.execute(
            f"create or replace temp view agreed_rows as select {', '.join([*columns, *marks])} from {ROWS}"
        )
        return "agreed_rows"

    def _span_name(self, candidate: CandidateFile, digest: str) -> str:
        """Return the span's name: files of a period are versions of one span, changes have a span each."""
        is_change = self.table.ingest.content == "delta"
        if candidate.period:
            return f"{candidate.period.label}-{digest[:12]}" if is_change else candidate.period.label
        delivered = candidate.file.modified_at.astimezone(CITY_TIME)
        return f"{delivered:%Y%m%dT%H%M%S}-{digest[:12]}" if is_change else f"{delivered:%Y%m%d}"

    def _sequence(self, day: date) -> int:
        """Return the next sequence of a day: later days take precedence, and within a day later files."""
        first = _first_sequence(day)
        result = self.state.execute(
            "select max(sequence) from ops.batches "
            "where system = %s and table_name = %s and sequence between %s and %s",
            [self.contract.system, self.table.name, first, first + SEQUENCES_PER_DAY - 1],
        )
        return (one_value(result) or first) + 1

    def _due(self, candidate: CandidateFile) -> datetime | None:
        """Return when a period's file was due: its end plus the latency; a day may start a longer period."""
        period = candidate.period
        if period is None:
            return None
        end = period.end
        if end - period.start == timedelta(days=1):
            end = period.start + self.contract.frequency.as_timedelta()
        return datetime.combine(end, datetime.min.time(), CITY_TIME) + self.contract.latency.as_timedelta()


def _first_sequence(day: date) -> int:
    return int(f"{day:%Y%m%d}") * SEQUENCES_PER_DAY


def _agreed_encoding(table: TableContract) -> str:
    return re.sub("^utf8$", "utf-8", (table.layout.encoding if table.layout else "utf-8").lower())


def _added(outcome: PullOutcome, batch: LandedBatch | None) -> PullOutcome:
    if batch is None:
        return outcome
    if not batch.is_new:
        return replace(outcome, rows_repeated=outcome.rows_repeated + batch.rows_read)
    return replace(
        outcome, status="landed", batch_id=batch.batch_id, rows_read=outcome.rows_read + batch.rows_read,
        rows_landed=outcome.rows_landed + batch.rows_landed,
        rows_quarantined=outcome.rows_quarantined + batch.rows_quarantined,
    )  # fmt: skip
