"""`ops.unrecognised_files`: files in a drop folder that no table of their system will ever read."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg

from pipelines.contracts import SourceContract
from pipelines.extract.files.drop_folder import RemoteFile
from pipelines.extract.files.names import fits_nothing, without_numbers


def note_unrecognised(
    state: psycopg.Connection, contract: SourceContract, files: Iterable[RemoteFile]
) -> None:
    """Replace what is known of a system's unrecognised files by what its folder holds now.

    A name may be anything, so identity and telephone numbers in it are not kept.
    """
    patterns = [str(table.ingest.pattern) for table in contract.tables.values()]
    reason = f"its name fits no table; expected is {' or '.join(patterns)}, with a period that exists"
    found = {
        without_numbers(file.name): file.modified_at for file in files if fits_nothing(patterns, file.name)
    }
    with state.transaction():
        state.execute(
            "delete from ops.unrecognised_files where system = %s and not file_name = any(%s)",
            [contract.system, list(found)],
        )
        # One order for all: the tables of a system may be pulled at the same time.
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
