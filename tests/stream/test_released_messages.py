"""What is let out of quarantine of a stream: judged as on its receipt, and never another sender's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import duckdb
import pytest

from pipelines.contracts import load_contracts
from pipelines.lake.connection import writer
from pipelines.lake.register import register_batches
from pipelines.lake.release import Release, release, waiting_rows
from pipelines.land.message_checks import latest_arrival
from pipelines.settings import CITY_TIME, Settings
from pipelines.stream.messages import MessageLanding
from tests.stream.test_messages import NOON, SYSTEM, breaks_at, heartbeat, landed, quarantined, record
from tests.support.servers import running_platform


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    with running_platform(threads=1) as settings:
        yield settings


@pytest.fixture
def landing(settings) -> MessageLanding:
    return MessageLanding(settings, load_contracts(settings.sources_dir)[SYSTEM])


def let_out(settings: Settings, rule: str | None, *numbers: int, **corrections: str | None) -> Release:
    """Try to let messages out of quarantine: those that wait under a rule, or the heartbeats so numbered."""
    register_batches(settings)
    named = {record(number) for number in numbers}
    rows = waiting_rows(settings, SYSTEM, "heartbeat", rule)
    hashes = [row["row_hash"] for row in rows if not named or row["source_record_id"] in named]
    return release(
        settings, SYSTEM, "heartbeat", row_hashes=hashes, released_by="王某", reason="已核实",
        corrections=corrections,
    )  # fmt: skip


OWN, OTHER = (f"city/340402/3404020000137000000{number}/heartbeat" for number in (1, 2))
NO_SIGN_OF_LIFE = b'"battery_percent": 50.0, '


def test_a_message_of_another_sender_is_never_let_out(settings, landing, monkeypatch):
    foreign = heartbeat(403, kind_code="FIRE").replace(NO_SIGN_OF_LIFE, b"")
    landing.land(
        "heartbeat", [heartbeat(401), heartbeat(402, battery_percent="half"), foreign], [OTHER, OWN, OTHER]
    )
    waiting = quarantined(settings)
    assert waiting[record(401)] == waiting[record(403)] == "message_of_another_sender"
    done = let_out(settings, None, 401, 402, 403, battery_percent="50.0")
    assert (done.rows_released, done.rows_kept, done.rows_of_unproven_sender) == (1, 2, 2)
    breaks_at(b"poison", monkeypatch)
    landing.land("heartbeat", [heartbeat(404, note="poison")], [OTHER])
    done = let_out(settings, "message_of_another_sender")
    assert (done.rows_released, done.rows_kept, done.rows_of_unproven_sender) == (0, 3, 3)
    assert {record(number) for number in range(401, 405)} & set(landed(settings)) == {record(402)}


def test_a_message_that_broke_the_processing_is_let_out_if_it_named_its_own_sender(
    settings, landing, monkeypatch
):
    breaks_at(b"broke", monkeypatch)
    sent = [heartbeat(number, note="broke") for number in (441, 442, 443)]
    # Whoever sends another's message first does not keep that device's own from being let out.
    landing.land("heartbeat", [sent[0], sent[1], sent[1]], [OWN, OTHER, OWN])
    landing.land("heartbeat", [sent[2]])
    landing.land("heartbeat", [sent[2][:-1]], [OWN])
    monkeypatch.undo()
    done = let_out(settings, "message_processable.sender_known")
    assert (done.rows_released, done.rows_kept) == (2, 0)
    assert let_out(settings, None).rows_released == 0
    assert {record(number) for number in (441, 442, 443)} & set(landed(settings)) == {
        record(441),
        record(442),
    }


def test_a_sender_that_cannot_be_read_either_is_unproven(settings, landing, monkeypatch):
    def fail(*_, **__):
        raise duckdb.FatalException("The database has been invalidated.")

    breaks_at(b"broke", monkeypatch)
    monkeypatch.setattr("pipelines.stream.set_aside.json_rows", fail)
    outcome = landing.land("heartbeat", [heartbeat(451, note="broke"), heartbeat(452)], [OWN, OWN])
    assert (outcome.rows_landed, outcome.rows_quarantined) == (1, 1)
    monkeypatch.undo()
    done = let_out(settings, "message_processable")
    assert done.rows_released == 0 and done.rows_of_unproven_sender > 0
    assert record(451) not in landed(settings)


def test_a_text_that_becomes_readable_by_being_kept_is_not_let_out(settings, landing):
    """A NUL within it was no JSON, and was never compared with its topic; what is kept escapes the NUL."""
    landing.land("heartbeat", [heartbeat(405, note="a?b").replace(b"?", b"\0")], [OTHER])
    assert quarantined(settings)[record(405)] == "malformed_json"
    done = let_out(settings, None, 405)
    assert (done.rows_released, done.rows_of_unproven_sender) == (0, 1)
    assert record(405) not in landed(settings)


def test_no_correction_says_who_sent_a_message(settings, landing):
    landing.land("heartbeat", [heartbeat(411, battery_percent="half")], [OWN])
    with pytest.raises(ValueError, match="device_id says who sent"):
        let_out(settings, None, 411, device_id="34040200001370000002", battery_percent="50.0")
    assert quarantined(settings)[record(411)] == "type.battery_percent"
    assert record(411) not in landed(settings)


def test_a_released_message_is_judged_as_on_its_receipt(settings, landing, monkeypatch):
    alarm = heartbeat(421, kind_code="FIRE").replace(NO_SIGN_OF_LIFE, b"")
    landing.land("heartbeat", [alarm], [OWN])
    assert quarantined(settings)[record(421)] == "message_of_another_table"
    # A message that came a day ago with a clock that was twelve hours ahead, which are over.
    day = timedelta(days=1)
    monkeypatch.setattr(
        "pipelines.stream.messages.latest_arrival", lambda *said: latest_arrival(*said[:2], said[2] - day)
    )
    landing.land("heartbeat", [heartbeat(422, datetime.now(CITY_TIME) - day / 2)], [OWN])
    assert quarantined(settings)[record(422)] == "gateway_clock_not_in_the_future"
    register_batches(settings)
    with writer(settings) as lake:
        lake.execute("update quality.quarantine set quarantined_at = quarantined_at - interval 1 day")
    done = let_out(settings, None, 421, 422)
    assert (done.rows_released, done.rows_kept, done.rows_of_unproven_sender) == (0, 2, 0)
    corrected = let_out(settings, None, 422, gateway_time=NOON.isoformat(), event_time=NOON.isoformat())
    assert corrected.rows_released == 1
