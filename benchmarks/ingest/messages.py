"""MQTT: heartbeats of the safety devices, out of the simulator's own broker and gateway."""

from __future__ import annotations

import json
import sys

import duckdb

from benchmarks.ingest.measure import Measured, measured
from benchmarks.ingest.rows import select_rows
from pipelines import processes
from pipelines.settings import Settings
from simulator.serve import city

SYSTEM, TABLE = "safety_devices", "heartbeat"


def over_mqtt(settings: Settings, rows: int) -> Measured:
    """What waits in the gateway's outbox, drained by one pull."""
    _write_outbox(settings, rows)
    command = [sys.executable, "-m", "simulator", "serve", SYSTEM, "--home", str(settings.home)]
    processes.start(settings, SYSTEM, command)
    try:
        endpoint = settings.secrets / "sources" / f"{SYSTEM}.json"
        processes.wait_until_ready(settings, SYSTEM, endpoint.exists)
        return measured("MQTT", settings, SYSTEM, [TABLE])
    finally:
        processes.stop(settings, SYSTEM)


def _write_outbox(settings: Settings, rows: int) -> None:
    table = city.tables(SYSTEM)[TABLE]
    path = city.table_file(settings.home, SYSTEM, "messages")
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'Asia/Shanghai'")
        connection.execute(
            f"""
            copy (
                select
                    row_number() over () - 1 as publish_order,
                    'city/340403001001/' || device_id || '/{TABLE}' as topic,
                    cast(to_json(sent) as varchar) as payload,
                    1 as quality_of_service,
                    false as retained,
                from ({select_rows(table, rows)}) as sent
                order by publish_order
            ) to '{path}' (format parquet)
            """
        )
    manifest = {"seed": 1, "scale": 0, "today": "2026-06-30"}
    (settings.home / "simulator" / "manifest.json").write_text(json.dumps(manifest))
