"""`ops.files`: the status of every dropped file that was examined, and the findings about it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import psycopg

from pipelines.contracts import SourceContract, TableContract
from pipelines.extract.files.drop_folder import RemoteFile
from pipelines.extract.files.job import ParsedFile
from pipelines.extract.files.names import Period
from pipelines.installation.one_row import one_value


@dataclass(frozen=True)
class FileRecord:
    """One file's row in the manifest; `parsed` is set once the file was read."""

    file: RemoteFile
    period: Period | None
    due_at: datetime | None
    sha256: str = ""
    status: str = "incomplete"
    reason_code: str | None = None
    reason: str = ""
    batch_id: str | None = None
    parsed: ParsedFile | None = None

    @property
    def name(self) -> str:
        """The file's name."""
        return self.file.name

    def findings(self) -> list[dict[str, Any]]:
        """What its owner should know: late, a totals row that disagrees with the rows, sheets not read."""
        found = []
        if self.due_at and self.file.modified_at > self.due_at and self.status != "duplicate":
            found.append({"finding": "file_late", "column": "", "reason": f"due {self.due_at:%Y-%m-%d}"})
        for total in self.parsed.totals if self.parsed else ():
            if not total.agrees:
                reason = f"states {total.stated:g}, the rows come to {total.counted:g}"
                found.append({"finding": "control_total_mismatch", "column": total.column, "reason": reason})
        for column, count in self.parsed.zeros_by_format.items() if self.parsed else ():
            reason = f"{count} numbers are shown with leading zeros that only their format adds; send texts"
            found.append({"finding": "zeros_by_format", "column": column, "reason": reason})
        if self.parsed and self.parsed.sheets_left_out:
            reason = f"{self.parsed.sheets_left_out} more visible sheets have the table's headers and rows"
            found.append({"finding": "sheets_left_out", "column": "", "reason": reason})
        return found


@dataclass(frozen=True)
class FileManifest:
    """The manifest of one table's files, on a connection that holds the table's lock."""

    state: psycopg.Connection
    contract: SourceContract
    table: TableContract

    def is_settled(self, file: RemoteFile) -> bool:
        """Whether this exact file was examined, and neither waits nor could be read by a newer contract."""
        result = self.state.execute(
            """
            select count(*) from ops.files
            where system = %s and table_name = %s and file_name = %s and size_bytes = %s
                and delivered_at = %s
                and (
                    status in ('landed', 'duplicate') or closed_at is not null
                    or status = 'refused' and contract_hash = %s
                )
            """,
            [
                self.contract.system,
                self.table.name,
                file.name,
                file.size,
                file.modified_at,
                self.contract.contract_hash,
            ],
        )
        return one_value(result) > 0

    def has_landed(self, file: RemoteFile, sha256: str) -> bool:
        """Whether this exact delivery has landed before, so that reading it again changes nothing."""
        result = self.state.execute(
            """
            select count(*) from ops.files
            where system = %s and table_name = %s and file_name = %s and sha256 = %s and delivered_at = %s
                and status = 'landed'
            """,
            [self.contract.system, self.table.name, file.name, sha256, file.modified_at],
        )
        return one_value(result) > 0

    def landed_before(
        self, sha256: str, name: str, period: str | None, before: int
    ) -> tuple[str, str | None] | None:
        """Return the name and period of another file whose landed, identical content is still current.

        Replaced content is no longer current: sent again, it restores the earlier state. Current are
        the newest file before the sequence `before`; for changes, also the other files of the same
        period, which are its parts; and for whole periods, also files of other periods.
        """
        same = self.state.execute(
            """
            select file_name, period, batch_id from ops.files
            where system = %s and table_name = %s and sha256 = %s and status = 'landed'
                and file_name <> %s
            """,
            [self.contract.system, self.table.name, sha256, name],
        ).fetchall()
        content = self.table.ingest.content
        newest = self._newest(period if content == "period" else None, before) if same else None
        for other, other_period, batch_id in same:
            is_part = content == "delta" and period is not None and other_period == period
            is_misnamed = content == "period" and other_period != period
            if batch_id == newest or is_part or is_misnamed:
                return other, other_period
        return None

    def _newest(self, period: str | None, before: int) -> str | None:
        """Return the batch of the newest landed file, within one period if given."""
        row = self.state.execute(
            """
            select batches.batch_id from ops.files as files
            join ops.batches as batches using (batch_id)
            where files.system = %s and files.table_name = %s and files.status = 'landed'
                and batches.sequence < %s and (%s::text is null or files.period = %s)
            order by batches.sequence desc limit 1
            """,
            [self.contract.system, self.table.name, before, period, period],
        ).fetchone()
        return row[0] if row else None

    def note(self, record: FileRecord) -> None:
        """Write the file's row; a landed file closes the open rows with its name or period."""
        line = self._line(record)
        columns = ", ".join(line)
        changes = ", ".join(f"{name} = excluded.{name}" for name in line)
        with self.state.transaction():
            self.state.execute(
                f"insert into ops.files ({columns}) values ({', '.join(['%s'] * len(line))}) "
                f"on conflict (system, table_name, file_name, sha256) do update set {changes}",
                list(line.values()),
            )
            if record.status == "landed":
                self._close(record)

    def _line(self, record: FileRecord) -> dict[str, Any]:
        parsed = record.parsed or ParsedFile((), 0)
        return {
            "system": self.contract.system,
            "table_name": self.table.name,
            "file_name": record.name,
            "sha256": record.sha256,
            "size_bytes": record.file.size,
            "period": record.period.label if record.period else None,
            "status": record.status,
            "reason_code": record.reason_code,
            "reason": record.reason,
            "findings": json.dumps(record.findings(), ensure_ascii=False),
            "owner": self.contract.owner_code,
            "contract_hash": self.contract.contract_hash,
            "batch_id": record.batch_id,
            "rows_read": parsed.rows,
            "rows_unreadable": parsed.unreadable_rows,
            "header_row": parsed.header_row if record.parsed else None,
            "totals_rows": parsed.totals_rows,
            "totals": json.dumps([asdict(total) for total in parsed.totals]),
            "note_lines": parsed.note_lines,
            "encoding": parsed.encoding,
            "peak_memory_bytes": parsed.peak_memory_bytes,
            "delivered_at": record.file.modified_at,
            "due_at": record.due_at,
        }

    def _close(self, record: FileRecord) -> None:
        self.state.execute(
            """
            update ops.files set closed_at = now()
            where system = %s and table_name = %s and status in ('refused', 'incomplete')
                and closed_at is null and (file_name = %s or period = %s)
            """,
            [
                self.contract.system, self.table.name, record.name,
                record.period.label if record.period else None,
            ],
        )  # fmt: skip
