"""Name the files that the manifest or the lake's catalog counts on and that a home has lost.

A backup that forgot them, or took what is left of them, would lose the last copy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
from pyarrow import ArrowInvalid
from pyarrow.parquet import read_metadata

from pipelines.installation.one_row import one_value
from pipelines.installation.state import connect_state
from pipelines.lake.catalog import CATALOG_SCHEMA
from pipelines.land import files
from pipelines.operations.backup_files import KeptFile
from pipelines.settings import Settings

BATCHES = """
    select
        system, table_name, batch_id, rows_landed, rows_quarantined,
        (select coalesce(sum(cast(found.value as bigint)), 0) from jsonb_each_text(findings_by_rule) as found)
    from ops.batches
"""
# Landed files have absolute paths there; the manifest answers for them.
WRITTEN_BY_THE_LAKE = """
    select distinct schemas.path || tables.path || written.path, written.rows
    from (
        select table_id, path, record_count as rows from {catalog}.ducklake_data_file where path_is_relative
        union all
        select table_id, path, delete_count from {catalog}.ducklake_delete_file where path_is_relative
    ) as written
    join {catalog}.ducklake_table as tables using (table_id)
    join {catalog}.ducklake_schema as schemas using (schema_id)
"""


def lost_files(settings: Settings, kept: Mapping[str, KeptFile]) -> list[str]:
    """Return the paths, below the home, of files that are needed and gone or cut.

    Only files that are not as `kept` has them are opened: one that a retry wrote again is whole.
    """
    with connect_state(settings) as state:
        needed = {**dict(_landed(settings, state)), **dict(_of_lake(settings, state))}
    return sorted(
        name
        for name, rows in needed.items()
        if not (name in kept and kept[name].is_unchanged(settings.home / name))
        and not _is_whole(settings.home / name, rows, was_kept=name in kept)
    )


def _landed(settings: Settings, state: psycopg.Connection) -> Iterator[tuple[str, int]]:
    for system, table, batch, *rows_by_kind in state.execute(BATCHES):
        for kind, rows in zip(files.KINDS, rows_by_kind, strict=True):
            if rows:
                path = files.batch_file(settings, kind, system, table, batch)
                yield str(path.relative_to(settings.home)), rows


def _of_lake(settings: Settings, state: psycopg.Connection) -> Iterator[tuple[str, int]]:
    if one_value(state.execute("select to_regclass(%s)", [f"{CATALOG_SCHEMA}.ducklake_table"])) is None:
        return
    for path, rows in state.execute(WRITTEN_BY_THE_LAKE.format(catalog=CATALOG_SCHEMA)):
        yield f"{settings.lake_data.name}/{path}", rows


def _is_whole(path: Path, rows: int, *, was_kept: bool) -> bool:
    if not path.exists():
        return False
    try:
        return not was_kept or read_metadata(path).num_rows == rows
    except ArrowInvalid:
        return False
