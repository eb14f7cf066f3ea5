"""`ops.unrecognised_files`: files in a drop folder that match no table of their system."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg

from pipelines.contracts import SourceContract
from pipelines.extract.files.drop_folder import RemoteFile
from pipelines.extract.files.names import fits_nothing, shown_names


def note_unrecognised(
    state: psycopg.Connection, contract: SourceContract, files: Iterable[RemoteFile]
) -> None:
    """Replace the recorded unrecognised files of a system with those now in its folder.

    A name may contain anything, so identity and telephone numbers in it are not stored; files that differ by
    nothing else are still listed one by one.
    """
    patterns = [str(table.ingest.pattern) for table in contract.tables.values()]
    reason = f"its name fits no table; expected is {' or '.join(patterns)}, with a period that exists"
    unread = {file.name: file.modified_at for file in files if fits_nothing(patterns, file.name)}
    found = {shown: unread[name] for name, shown in shown_names(unread).items()}
    with state.transaction():
        state.execute(
            "delete from ops.unrecognised_files where system = %s and not file_name = any(%s)",
            [contract.system, list(found)],
        )
        # Insert in a fixed order to avoid deadlocks: tables of one system may be pulled concurrently.
        for name in sorted(found):
            state.execute(
                """
                insert into ops.unrecognised_files (system, file_name, reason, delivered_at)
                values (%s, %s, %s, %s)
                on conflict (system, file_name) do update set
                    reason = excluded.reason, delivered_at = excluded.delivered_at
                """,
                [contract.system, name, reason, found[name]],
            )
