"""Messages at the door: hostile ones are kept with their reason, late ones apart, all of them counted."""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import replace
from datetime import datetime, timedelta

import duckdb
import psycopg
import pytest

from pipelines.contracts import load_contracts
from pipelines.installation import processes
from pipelines.installation.state import connect_state
from pipelines.lake.connection import reader
from pipelines.lake.register import register_batches
from pipelines.operations.status import platform_status
from pipelines.settings import CITY_TIME, Settings
from pipelines.stream.messages import MessageLanding
from tests.support.servers import running_platform

SYSTEM = "safety_devices"
NOON = datetime(2026, 6, 20, 12, tzinfo=CITY_TIME)


@pytest.fixture(scope="module")
def settings():
    with running_platform(threads=1) as settings:
        yield settings


@pytest.fixture
def landing(settings) -> MessageLanding:
    return MessageLanding(settings, load_contracts(settings.sources_dir)[SYSTEM])


def heartbeat(number: int, happened: datetime = NOON, arrived: datetime | None = None, **more) -> bytes:
    said = {
        "device_id": "34040200001370000001", "message_id": number, "battery_percent": 50.0,
        "event_time": happened.isoformat(), "gateway_time": (arrived or happened).isoformat(),
    }  # fmt: skip
    return json.dumps(said | more).encode()


def quarantined(settings: Settings, table: str = "heartbeat") -> dict[str, str]:
    """Rule code by source record."""
    path = str(settings.home / "quarantine" / SYSTEM / table / "*.parquet")
    return dict(duckdb.execute(f"select source_record_id, rule_code from '{path}'").fetchall())


def landed(settings: Settings) -> dict[str, str]:
    """Batch by source record."""
    path = str(settings.landing / SYSTEM / "heartbeat" / "*.parquet")
    return dict(duckdb.execute(f"select _source_record_id, _batch_id from '{path}'").fetchall())


def record(number: int) -> str:
    return f"34040200001370000001|{number}"


def test_every_hostile_message_lands_or_is_quarantined_with_its_reason(settings, landing):
    nested = heartbeat(3)[:-1] + b', "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    hostile = {
        heartbeat(1, note="长" * 350_000): None,
        heartbeat(2, message_id="2", battery_percent="50.0"): None,
        heartbeat(4, battery_percent="half"): "type.battery_percent",
        heartbeat(5, message_id="5", event_time="yesterday"): "type.event_time",
        heartbeat(6, device_id=None): "required.device_id",
        heartbeat(7, datetime.now(CITY_TIME) + timedelta(days=400)): "gateway_clock_not_in_the_future",
        heartbeat(8, NOON + timedelta(hours=9), NOON): "device_clock_not_in_the_future",
        heartbeat(9).replace(b"50.0", b'"\xff\xfe"'): "malformed_json",
        heartbeat(10).replace(b"50.0", b"5\x000"): "malformed_json",
        heartbeat(11)[:60]: "malformed_json",
        heartbeat(12, device_id="34\x00"): "nul.device_id",
        b"[" * 1_000_000: "malformed_json",
        b"": "malformed_json",
        b'"text"': "malformed_json",
    }
    outcome = landing.land("heartbeat", [*hostile, nested])
    assert outcome.rows_read == len(hostile) + 1
    assert outcome.rows_read == outcome.rows_landed + outcome.rows_quarantined
    assert {record(1), record(2)} <= set(landed(settings))
    path = str(settings.home / "quarantine" / SYSTEM / "heartbeat" / "*.parquet")
    rows = duckdb.execute(f"select rule_code, source_record_id, raw_row from '{path}'").fetchall()
    reasons = [code for code, *_ in rows]
    for reason in filter(None, hostile.values()):
        assert reason in reasons
    assert not [row for row in rows if "\0" in "".join(row)]
    assert [raw for *_, raw in rows if r"5\u00000" in raw]
    assert record(3) in {*landed(settings), *quarantined(settings)}


def test_a_message_of_another_table_never_becomes_a_sign_of_life(settings, landing):
    alarm = json.loads(heartbeat(21)) | {"alarm_id": "BJ1", "stage_code": "RAISED", "kind_code": "FIRE"}
    alarm.pop("battery_percent")
    outcome = landing.land("heartbeat", [json.dumps(alarm).encode(), heartbeat(22)])
    assert (outcome.rows_landed, outcome.rows_quarantined) == (1, 1)
    assert quarantined(settings)[record(21)] == "message_of_another_table"


def test_a_new_field_is_left_out_and_its_owner_told(settings, landing):
    landing.land("heartbeat", [heartbeat(31, firmware="2.0", **{"张三 340490": 1})])
    with connect_state(settings) as state:
        query = "select column_name, policy from ops.drift where table_name = 'heartbeat'"
        known = dict(state.execute(query).fetchall())
    assert known["firmware"] == "quarantine"
    assert not [name for name in known if "张三" in name]
    assert record(31) in landed(settings)


def test_a_device_may_have_names_of_its_own(settings):
    contract = load_contracts(settings.sources_dir)[SYSTEM]
    table = contract.table("heartbeat")
    own = {"device_id": "device.id", "battery_percent": "batteryLevel", "gateway_time": "gw.time"}
    columns = tuple(replace(c, physical_name=own.get(c.name)) for c in table.columns)
    contract = replace(contract, tables={"heartbeat": replace(table, columns=columns)})
    said = json.loads(heartbeat(881))
    sent = {
        "device": {"id": said["device_id"]}, "message_id": 881, "batteryLevel": 50.0,
        "event_time": said["event_time"], "gw": {"time": said["gateway_time"]},
    }  # fmt: skip
    outcome = MessageLanding(settings, contract).land("heartbeat", [json.dumps(sent).encode()])
    assert (outcome.rows_landed, outcome.rows_quarantined) == (1, 0)
    path = landed(settings)[record(881)]
    file = settings.landing / SYSTEM / "heartbeat" / f"{path}.parquet"
    assert duckdb.execute(f"select battery_percent, device_id from '{file}'").fetchall() == [
        (50.0, said["device_id"])
    ]
    with connect_state(settings) as state:
        drift = "select count(*) from ops.drift where column_name in ('device', 'gw', 'batteryLevel')"
        assert state.execute(drift).fetchone() == (0,)


def test_a_message_in_the_name_of_another_device_is_kept_out_whoever_sends_first(settings, landing):
    own, other = "city/340402/34040200001370000001/heartbeat", "city/340402/34040200001370000002/heartbeat"
    payload = heartbeat(1_001)
    forged = landing.land("heartbeat", [payload], [other])
    assert (forged.rows_landed, forged.rows_quarantined) == (0, 1)
    assert quarantined(settings)[record(1_001)] == "message_of_another_sender"
    # The same words from their own device are no copy of it.
    outcome = landing.land("heartbeat", [payload], [own])
    assert (outcome.rows_landed, outcome.rows_repeated) == (1, 0)
    outcome = landing.land("heartbeat", [heartbeat(1_002), heartbeat(1_003), b"{"], [own, other, other])
    assert (outcome.rows_landed, outcome.rows_quarantined) == (1, 2)
    assert quarantined(settings)[record(1_003)] == "message_of_another_sender"


def test_what_has_no_table_is_quarantined_with_its_topic(settings, landing):
    outcome = landing.land("unrouted", [b'{"topic": "city/1/2/weather", "payload": "rain"}'])
    assert (outcome.rows_read, outcome.rows_quarantined) == (1, 1)
    assert quarantined(settings, "unrouted") == {"city/1/2/weather": "topic_in_contract"}
    register_batches(settings)
    with reader(settings) as lake:
        query = "select finding from quality.quarantine where table_name = 'unrouted'"
        assert lake.execute(query).fetchall() == [("topic_unknown",)]


def test_late_messages_land_in_a_correction_that_names_its_days(settings, landing):
    on_time, late = heartbeat(41), heartbeat(42, NOON - timedelta(days=5), NOON)
    reset = heartbeat(43, datetime(1970, 1, 1, tzinfo=CITY_TIME), NOON)
    outcome = landing.land("heartbeat", [on_time, late, reset])
    assert (outcome.rows_landed, outcome.batches) == (3, 2)
    batches = landed(settings)
    assert "-correction-" in batches[record(42)]
    assert "-correction-" not in batches[record(41)] + batches[record(43)]
    with connect_state(settings) as state:
        span = state.execute(
            "select cursor_from::timestamptz, cursor_to::timestamptz from ops.batches where batch_id = %s",
            [batches[record(42)]],
        ).fetchone()
    assert span == (NOON - timedelta(days=5),) * 2


def test_metrics_count_copies_late_and_fast_clocks_for_the_status(settings, landing):
    late = heartbeat(52, NOON - timedelta(days=5), NOON)
    ahead = heartbeat(53, NOON + timedelta(hours=1), NOON)
    before = heartbeat_status(settings)
    landing.land("heartbeat", [heartbeat(51), heartbeat(51), late, ahead])
    landing.land("heartbeat", [heartbeat(51)])
    after = heartbeat_status(settings)
    grown = {name: after[name] - before[name] for name in ("last_day", "duplicates", "late", "clock_ahead")}
    assert grown == {"last_day": 5, "duplicates": 2, "late": 1, "clock_ahead": 1}
    assert after["lag_seconds"] > 0


def test_the_lag_of_a_simulated_city_ends_with_its_day(settings):
    city = settings.model_copy(update={"today": NOON.date()})
    MessageLanding(city, load_contracts(city.sources_dir)[SYSTEM]).land(
        "heartbeat", [heartbeat(54, arrived=NOON)]
    )
    assert heartbeat_status(city)["lag_seconds"] == 12 * 3600


FAR = ["290000-01-01T00:00:00Z", "20260-06-30T08:00:00Z", "9999-12-31T23:59:59Z", "infinity", "294246-12-31"]


@pytest.mark.parametrize("event", [*FAR, "-infinity", "0001-01-01", "2026-06-30T08:00:00+08:00"])
def test_no_clock_is_too_far_off_to_be_judged(settings, landing, event):
    # What has landed with its batch is not read again, so that each is a message of its own.
    number = 100_000 + 10 * [*FAR, "-infinity", "0001-01-01", "2026-06-30T08:00:00+08:00"].index(event)
    for gateway in FAR:
        number += 1
        outcome = landing.land("heartbeat", [heartbeat(number, event_time=event, gateway_time=gateway)])
        assert (outcome.rows_read, outcome.rows_quarantined) == (1, 1)
        assert quarantined(settings)[record(number)].endswith("clock_not_in_the_future")


def test_a_wrong_gateway_clock_says_nothing_of_the_lag(settings, landing):
    landing.land("heartbeat", [heartbeat(61)])
    before = heartbeat_status(settings)["lag_seconds"]
    landing.land("heartbeat", [heartbeat(62), heartbeat(63, gateway_time=FAR[0])])
    assert heartbeat_status(settings)["lag_seconds"] >= before
    landing.land("heartbeat", [heartbeat(64, gateway_time=FAR[0])])
    assert (heartbeat_status(settings)["lag_seconds"] or before) >= before


def breaks_at(word: bytes, monkeypatch, error: type[Exception] = OverflowError) -> list[int]:
    """Let processing fail wherever a message holds a word; the sizes of what was tried."""
    tried, real = [], MessageLanding._parse

    def parse(self, table, messages):
        tried.append(len(messages))
        if any(word in payload for payload, _ in messages):
            raise error("王伟")
        return real(self, table, messages)

    monkeypatch.setattr(MessageLanding, "_parse", parse)
    return tried


def test_a_message_that_breaks_the_processing_is_set_aside_and_the_others_land(
    settings, landing, monkeypatch, caplog
):
    tried = breaks_at(b"poison", monkeypatch)
    good = [heartbeat(number) for number in range(200_000, 200_100)]
    bad = [heartbeat(number, note="poison \0") for number in (200_200, 200_201)]
    outcome = landing.land("heartbeat", [*good[:50], bad[0], *good[50:], bad[1]])
    assert (outcome.rows_read, outcome.rows_landed, outcome.rows_quarantined) == (102, 100, 2)
    assert len(tried) < 30
    assert {record(number) for number in range(200_000, 200_100)} <= set(landed(settings))
    path = str(settings.home / "quarantine" / SYSTEM / "heartbeat" / "*.parquet")
    kept = duckdb.execute(
        f"select raw_row, reason from '{path}' where rule_code = 'message_processable'"
    ).fetchall()
    assert sorted(json.loads(raw)["message_id"] for raw, _ in kept) == [200_200, 200_201]
    assert {reason for _, reason in kept} == {"消息无法处理(OverflowError),原文已保留"}
    assert "OverflowError" in caplog.text and "王伟" not in caplog.text


@pytest.mark.parametrize(
    "error",
    [
        OSError, RuntimeError, MemoryError, psycopg.OperationalError, psycopg.InterfaceError,
        duckdb.IOException, duckdb.OutOfMemoryException, duckdb.TransactionException,
    ],
)  # fmt: skip
def test_what_is_not_the_messages_fault_sets_none_aside(landing, monkeypatch, error):
    tried = breaks_at(b"device_id", monkeypatch, error)
    with pytest.raises(error, match="王伟"):
        landing.land("heartbeat", [heartbeat(71), heartbeat(72)])
    assert tried == [2]


def breaks_the_engine_at(word: bytes, monkeypatch) -> None:
    """Let processing fail wherever a message holds a word, and the engine with it."""
    real = MessageLanding._parse

    def parse(self, table, messages):
        if any(word in payload for payload, _ in messages):
            self._connection.close()
            raise duckdb.FatalException("The database has been invalidated.")
        return real(self, table, messages)

    monkeypatch.setattr(MessageLanding, "_parse", parse)


def test_a_message_that_breaks_the_engine_takes_no_other_with_it(settings, landing, monkeypatch):
    breaks_the_engine_at(b"poison", monkeypatch)
    outcome = landing.land("heartbeat", [heartbeat(501, note="poison"), heartbeat(502), heartbeat(503)])
    assert (outcome.rows_landed, outcome.rows_quarantined) == (2, 1)
    assert {record(502), record(503)} <= set(landed(settings))


def test_when_everything_breaks_the_messages_stay_at_the_broker_and_are_counted_once(
    settings, landing, monkeypatch
):
    before = heartbeat_status(settings)
    breaks_the_engine_at(b"device_id", monkeypatch)
    # As the broker sends them again.
    for _ in range(2):
        with pytest.raises(duckdb.FatalException):
            landing.land("heartbeat", [heartbeat(number) for number in range(300_000, 300_110)])
    after = heartbeat_status(settings)
    assert [after[name] - before[name] for name in ("last_day", "quarantined")] == [100, 100]
    monkeypatch.undo()
    outcome = landing.land("heartbeat", [heartbeat(300_200)])
    assert (outcome.rows_landed, outcome.rows_quarantined) == (1, 0)


def test_the_status_tells_of_a_consumer_that_ended_and_not_of_one_that_was_stopped(settings):
    name = f"stream-{SYSTEM}"
    started = processes.start(settings, name, [sys.executable, "-c", "import time; time.sleep(600)"])
    assert name not in problems(settings)
    os.kill(started.pid, signal.SIGKILL)
    os.waitpid(started.pid, 0)
    assert "brain start" in problems(settings)[name]
    processes.stop(settings, name)
    assert name not in problems(settings)


def problems(settings: Settings) -> dict[str, str]:
    return {row["where"]: row["what_to_do"] for row in platform_status(settings)["problems"]}


def heartbeat_status(settings: Settings) -> dict:
    rows = platform_status(settings)["streams"]
    return next(row for row in rows if row["table"] == "heartbeat")
