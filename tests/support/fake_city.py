"""A tiny city in the generator's file layout, for tests that need servers and no meaning.

Columns and types come from the contracts, values from row numbers.
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import yaml

SOURCES = Path(__file__).resolve().parents[2] / "sources"
TYPES = {"timestamptz": "timestamptz", "date": "date", "bigint": "bigint", "integer": "integer",
         "boolean": "boolean", "double precision": "double"}  # fmt: skip
DEVICES = 20


def write_fake_city(home: Path, *, rows: int = 200, messages: int = 2_000, seed: int = 1) -> None:
    """Write every source file that the servers read, the manifest last."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'Asia/Shanghai'")
        for system in ("population", "affairs"):
            _write_tables(connection, home, system, rows)
        write_messages(connection, home, messages)
    manifest = {"seed": seed, "scale": 0.0001, "today": "2026-06-30"}
    (home / "simulator" / "manifest.json").write_text(json.dumps(manifest))


def _write_tables(connection: duckdb.DuckDBPyConnection, home: Path, system: str, rows: int) -> None:
    folder = home / "simulator" / system
    folder.mkdir(parents=True, exist_ok=True)
    contract = yaml.safe_load((SOURCES / system / "contract.yaml").read_text())
    for table in contract["schema"]:
        columns = ", ".join(_value(column) for column in table["properties"])
        target = folder / f"{table['name']}.parquet"
        connection.execute(f"copy (select {columns} from range({rows}) as t(i)) to '{target}'")


def _value(column: dict) -> str:
    kind = TYPES.get(column["physicalType"], "varchar")
    value = {
        "timestamptz": "timestamptz '2026-06-01 00:00:00+08' + interval (i // 3) minute",
        "date": "date '2020-01-01' + cast(i as integer)",
        "boolean": "i % 50 = 0",
        "varchar": "case when i % 7 = 3 then null else '值' || i end",
    }.get(kind, "i")
    if column.get("required") or column.get("primaryKey"):
        value = f"'{column['name'][:3]}' || lpad(cast(i as varchar), 6, '0')" if kind == "varchar" else value
    return f"cast({value} as {kind}) as {column['name']}"


def write_messages(connection: duckdb.DuckDBPyConnection, home: Path, messages: int, first: int = 0) -> None:
    """Device registrations first, then heartbeats and pass logs of the devices in turn.

    With `first`, the messages before that place stay as they are.
    """
    folder = home / "simulator" / "safety_devices"
    folder.mkdir(parents=True, exist_ok=True)
    target, unfinished = folder / "messages.parquet", folder / "messages.unfinished"
    kept = f"select * from '{target}' where publish_order < {first} union all" if first else ""
    connection.execute(
        f"""
        copy (
            {kept}
            select
                i as publish_order,
                concat('city/340403001001/', device, '/', kind) as topic,
                cast(to_json(struct_pack(
                    device_id := device, message_id := i // {DEVICES} + 1,
                    device_type_code := 'ACCESS', status_code := 'ACTIVE', name := '东门门禁',
                    battery_percent := 50 + i % 50, is_granted := true, direction_code := 'IN',
                    event_time := '2026-06-30T08:00:00+08:00', gateway_time := '2026-06-30T08:00:01+08:00'
                )) as varchar) as payload,
                1 as quality_of_service,
                kind = 'device' as retained,
            from (
                select
                    i,
                    '340403010013200' || lpad(cast(i % {DEVICES} as varchar), 5, '0') as device,
                    case
                        when i < {DEVICES} then 'device'
                        when (i // {DEVICES}) % 5 = 0 then 'pass_log'
                        else 'heartbeat'
                    end as kind,
                from range({first}, {messages}) as t(i)
            )
            order by publish_order
        ) to '{unfinished}' (format parquet)
        """
    )
    unfinished.replace(target)
