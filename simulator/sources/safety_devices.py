"""The device network: what reaches the broker, in which order, with which clocks."""

from __future__ import annotations

import duckdb

from simulator.city.engine import run
from simulator.contract import source_tables
from simulator.dirt.rates import DEVICE_LEAST_PERCENT, STREAM_LEAST_PERCENT, drawn
from simulator.sources.truth import Truth

SYSTEM = "safety_devices"
TABLES = (
    "device", "alarm", "pass_log", "heartbeat", "video_alarm", "visitor_call", "patrol_point", "patrol_sign",
)  # fmt: skip
REGISTRATIONS = ("device", "patrol_point")
MOVING = f"topic not in {REGISTRATIONS}"

FAULTS = (
    ("message_very_late", "arrival", "gateway_time", f"sent < horizon - interval 96 hour and {MOVING}"),
    ("message_late", "arrival", "gateway_time", f"sent < horizon - interval 72 hour and {MOVING}"),
    ("message_out_of_order", "arrival", "gateway_time", f"sent < horizon - interval 11 minute and {MOVING}"),
    ("clock_1970", "clock", "event_time", MOVING),
    ("clock_future", "clock", "event_time", MOVING),
    ("malformed_json", "body", "payload", MOVING),
    ("unknown_device", "body", "device_id", f"{MOVING} and topic <> 'alarm'"),
    ("value_times_ten", "body", "temperature_celsius", "topic = 'heartbeat'"),
    ("message_duplicate", "copy", "message_id", MOVING),
)  # fmt: skip
"""(kind, group, column, which messages can have it)."""


def build(connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, today: str) -> None:
    """Create `safety_devices_<table>` and `safety_devices_messages`, and record their truth."""
    run(
        connection, "safety_devices/device_faults", today=today,
        skewed=_share_of_devices(seed, "clock_skew"), reused=_share_of_devices(seed, "device_id_reused"),
    )  # fmt: skip
    _plant_messages(connection, seed)
    run(connection, "safety_devices/sent_messages", today=today)
    for table in TABLES:
        run(connection, f"safety_devices/{table}")
    run(connection, "safety_devices/replayed_messages")
    run(connection, "safety_devices/messages", payloads=payloads())
    _record(connection, truth)


def _share_of_devices(seed: int, fault: str) -> float:
    return drawn(seed, "device", fault, DEVICE_LEAST_PERCENT[fault])


def _plant_messages(connection: duckdb.DuckDBPyConnection, seed: int) -> None:
    connection.execute(
        "create or replace table plan_message "
        "(row_no bigint, fault_group varchar, column_name varchar, dirt_type varchar)"
    )
    for kind, group, column, eligible in FAULTS:
        share = drawn(seed, "message", kind, STREAM_LEAST_PERCENT[kind])
        run(
            connection, "safety_devices/plant_messages",
            kind=kind, group=group, column=column, eligible=eligible, share=share,
        )  # fmt: skip


def _record(connection: duckdb.DuckDBPyConnection, truth: Truth) -> None:
    truth.entity(
        SYSTEM, "alarm", "incident",
        "select m.row_no, 'IA' || a.alarm_no as true_id from sent_messages as m "
        "join true_alarms as a on m.topic = 'alarm' and a.alarm_no = m.detail_no where not a.is_false",
    )  # fmt: skip
    run(connection, "safety_devices/other_faults")
    for table in TABLES:
        truth.faults(SYSTEM, table, "plan_message")


STAMPS = ("event_time", "gateway_time", "installed_at")


def payloads(tables: tuple[str, ...] = TABLES) -> str:
    """Return the query of every message's JSON text, as (row_no, payload)."""
    return " union all ".join(_payload(table) for table in tables)


def _payload(table: str) -> str:
    pairs = ", ".join(f"'{name}', {_value(name)}" for name in source_tables(SYSTEM)[table].column_names)
    return f"select row_no, json_object({pairs})::varchar as payload from safety_devices_{table}"


def _value(column: str) -> str:
    if column not in STAMPS:
        return column
    return f"strftime({column}::timestamp, '%Y-%m-%dT%H:%M:%S.%g+08:00')"
