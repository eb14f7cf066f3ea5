"""What has really landed: the rows of those batches that the manifest knows."""

from __future__ import annotations

import duckdb

from pipelines.installation.state import connect_state
from pipelines.settings import Settings

SYSTEM = "safety_devices"


def manifest_totals(settings: Settings) -> tuple[int, int, int]:
    """Rows read, landed and quarantined over all batches of the devices."""
    with connect_state(settings) as state:
        return state.execute(
            "select coalesce(sum(rows_read), 0)::int, coalesce(sum(rows_landed), 0)::int, "
            "coalesce(sum(rows_quarantined), 0)::int from ops.batches where system = %s",
            [SYSTEM],
        ).fetchone()


def landed_keys(settings: Settings) -> list[tuple[str, str]]:
    """Table and record id of every landed row, in no order, with repetitions."""
    with connect_state(settings) as state:
        batches = state.execute(
            "select table_name, batch_id from ops.batches where system = %s and rows_landed > 0", [SYSTEM]
        ).fetchall()
    keys = []
    with duckdb.connect() as connection:
        for table, batch_id in batches:
            path = settings.landing / SYSTEM / table / f"{batch_id}.parquet"
            rows = connection.execute("select _source_record_id from read_parquet(?)", [str(path)]).fetchall()
            keys += [(table, record_id) for (record_id,) in rows]
    return keys


def sent_keys(settings: Settings) -> set[tuple[str, str]]:
    """Table and record id of every message that the fleet has."""
    path = settings.home / "simulator" / SYSTEM / "messages.parquet"
    with duckdb.connect() as connection:
        rows = connection.execute(
            """
            select
                split_part(topic, '/', 4),
                concat_ws('|', payload ->> 'device_id', payload ->> 'message_id'),
            from read_parquet(?) where json_valid(payload) and payload like '{%'
            """,
            [str(path)],
        )
        return set(rows.fetchall())
