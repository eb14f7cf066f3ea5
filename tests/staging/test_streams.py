"""Staging judges a message's times by what the system's contract says, and by nothing of its own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.registry import column, contract_document
from tests.support.small_lake import add_contract, contents, create_tables, land, stage

ARRIVED = "2026-06-10 12:00:00+08"


def _table(name: str, **times: str) -> dict[str, Any]:
    key = {"primaryKey": True, "required": True}
    ingest = {"mode": "stream", "topic": f"city/{name}", "event_time": "event_time",
              "arrival_time": "gateway_time", **times}  # fmt: skip
    return {
        "name": name, "logicalType": "object", "businessName": name,
        "properties": [
            column("device_id", **key, primaryKeyPosition=1),
            column("message_id", **key, primaryKeyPosition=2),
            column("event_time", "timestamp", "timestamptz", required=True),
            column("gateway_time", "timestamp", "timestamptz", required=True),
            column("reading"),
        ],
        "customProperties": [{"property": "ingest", "value": ingest}],
    }  # fmt: skip


@pytest.fixture(scope="module")
def staged(settings) -> dict[str, dict[str, Any]]:
    """By their numbers, the messages of a table with its own tolerances, and of one without a watermark."""
    server = {"server": "test", "type": "custom", "location": "mqtt://127.0.0.1",
              "customProperties": [{"property": "mqtt", "value": {"client_id": "test"}}]}  # fmt: skip
    contract = add_contract(settings, contract_document() | {
        "servers": [server],
        "schema": [
            _table("reading", future_tolerance="PT20M", watermark="PT2H"),
            _table("beat", future_tolerance="PT20M"),
        ],
    })  # fmt: skip
    create_tables(settings)
    sent = {"hour_late": "11:00", "hours_late": "09:00", "ahead": "12:15", "far_ahead": "12:25"}
    for number, table in enumerate(("reading", "beat"), 1):
        land(settings, contract, table, [
            {"device_id": f"d-{name}", "message_id": name, "event_time": f"2026-06-10 {time}:00+08",
             "gateway_time": ARRIVED, "reading": "1"}
            for name, time in sent.items()
        ], number)  # fmt: skip
    stage(settings)
    return {
        model.removeprefix("stg_registry__"): {row["message_id"]: row for row in rows}
        for model, rows in contents(settings).items()
    }


def test_a_message_is_late_behind_the_watermark_of_its_contract(staged) -> None:
    late = {name for name, row in staged["readings"].items() if row["is_late"]}
    assert late == {"hours_late"}
    assert [finding for finding in staged["readings"]["hours_late"]["_findings"] if "very_late" in finding]
    assert not any("very_late" in finding for finding in staged["readings"]["hour_late"]["_findings"])


def test_no_message_is_too_late_where_there_is_no_watermark(staged) -> None:
    assert not any(row["is_late"] for row in staged["beats"].values())
    assert [finding for finding in staged["beats"]["hours_late"]["_findings"] if "message_late" in finding]


def test_a_clock_is_repaired_beyond_the_tolerance_of_its_contract(staged) -> None:
    repaired = {
        name for name, row in staged["readings"].items() if row["occurred_at"] != row["recorded_event_time"]
    }
    assert repaired == {"far_ahead"}
    assert [finding for finding in staged["readings"]["far_ahead"]["_findings"] if "clock_skew" in finding]
    assert not any("clock" in finding for finding in staged["readings"]["ahead"]["_findings"])
