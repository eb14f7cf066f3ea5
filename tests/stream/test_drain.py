"""Draining a real broker: everything lands once, and every trouble leaves it in the queue."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager

import duckdb
import pytest

from pipelines import stream
from pipelines.contracts import load_contracts
from pipelines.installation.state import advisory_lock
from pipelines.settings import Settings
from pipelines.stream import SessionLostError, StreamBusyError, consume_forever, service
from pipelines.stream.messages import MessageLanding
from tests.support.fake_city import write_messages
from tests.support.landed import landed_keys, manifest_totals, sent_keys

SYSTEM = "safety_devices"
NEW_MESSAGES = 1_000


def drain(settings: Settings) -> list[stream.StreamOutcome]:
    return stream.drain(settings, SYSTEM, idle_seconds=1.0)


@pytest.fixture
def new_messages(settings) -> int:
    """Let the fleet send more; returns how many messages it has sent in all."""
    with duckdb.connect() as connection:
        path = settings.home / "simulator" / SYSTEM / "messages.parquet"
        sent = connection.execute(f"select count(*) from '{path}'").fetchone()[0]
        write_messages(connection, settings.home, sent + NEW_MESSAGES, first=sent)
    return sent + NEW_MESSAGES


def totals(outcomes) -> tuple[int, int, int]:
    return (
        sum(outcome.rows_read for outcome in outcomes),
        sum(outcome.rows_landed for outcome in outcomes),
        sum(outcome.rows_quarantined for outcome in outcomes),
    )


def test_a_drained_queue_has_landed_whole_and_a_second_drain_adds_nothing_new(settings, new_messages):
    outcomes = drain(settings)
    tables = load_contracts(settings.sources_dir)[SYSTEM].tables
    assert [outcome.table for outcome in outcomes] == list(tables)
    read, landed, quarantined = totals(outcomes)
    assert read >= new_messages
    assert read == landed + quarantined
    assert set(landed_keys(settings)) == sent_keys(settings)
    drain(settings)
    before = manifest_totals(settings)
    again = drain(settings)
    assert totals(again) == (0, 0, 0)
    assert sum(outcome.rows_repeated for outcome in again) > 0
    assert manifest_totals(settings) == before


def test_what_is_not_json_is_quarantined_with_its_text(settings):
    texts = ['{"device_id": "34', "[1, 2]", "null", ""]
    send_payloads(settings, texts)
    read, landed, quarantined = totals(drain(settings))
    assert quarantined == 4
    assert read == landed + quarantined
    files = str(settings.home / "quarantine" / SYSTEM / "*" / "*.parquet")
    rows = duckdb.execute("select raw_row, rule_code from read_parquet(?)", [files]).fetchall()
    assert set(rows) == {(text, "malformed_json") for text in texts}


@pytest.mark.usefixtures("new_messages")
def test_a_wrong_password_is_named_and_prints_no_secret(settings):
    path = settings.secrets / "sources" / f"{SYSTEM}.json"
    right = path.read_text()
    path.write_text(json.dumps(json.loads(right) | {"password": "wrong-secret"}))
    with pytest.raises(SessionLostError, match="refused the session") as refused:
        drain(settings)
    assert "wrong-secret" not in str(refused.value)
    path.write_text(right)
    assert totals(drain(settings))[0] >= NEW_MESSAGES


def test_a_broker_that_is_not_there_is_named(settings):
    path = settings.secrets / "sources" / f"{SYSTEM}.json"
    right = path.read_text()
    path.write_text(json.dumps({"url": "mqtt://127.0.0.1:9"}))
    try:
        with pytest.raises(SessionLostError, match=r"127\.0\.0\.1:9 does not answer"):
            drain(settings)
    finally:
        path.write_text(right)


def test_an_unknown_system_is_named_with_those_that_exist(settings):
    with pytest.raises(LookupError, match="safety_devices") as told:
        stream.drain(settings, "population")
    # As a text, a KeyError is within quotes.
    assert str(told.value).startswith("'population' is no stream system")


def test_two_consumers_exclude_each_other(settings):
    with advisory_lock(settings, f"stream-{SYSTEM}"), pytest.raises(StreamBusyError, match="another process"):
        drain(settings)


def test_the_lock_hears_how_its_holder_ended(settings, monkeypatch):
    heard = []

    @contextmanager
    def lock(*_: object, **__: object):
        try:
            yield
        except OSError as error:
            heard.append(error)
            raise

    monkeypatch.setattr(service, "advisory_lock", lock)
    with pytest.raises(OSError) as ended, service._sole_consumer(settings, SYSTEM):
        raise OSError(28, "No space left on device")
    assert heard == [ended.value]


@pytest.mark.usefixtures("new_messages")
def test_what_could_not_be_landed_is_sent_again(settings, monkeypatch):
    real = MessageLanding.land

    def full_disk(self, table, payloads, topics):
        if table == "heartbeat":
            raise OSError(28, "No space left on device")
        return real(self, table, payloads, topics)

    monkeypatch.setattr(MessageLanding, "land", full_disk)
    with pytest.raises(OSError, match="No space left"):
        drain(settings)
    monkeypatch.setattr(MessageLanding, "land", real)
    drain(settings)
    assert set(landed_keys(settings)) == sent_keys(settings)


def serve_until_read(settings, messages: int) -> None:
    """Run the service until so many messages are in the manifest, then stop it."""
    stopped = threading.Event()
    service = threading.Thread(target=consume_forever, args=(settings, SYSTEM), kwargs={"stopped": stopped})
    service.start()
    try:
        wait_for(lambda: manifest_totals(settings)[0] >= messages)
    finally:
        stopped.set()
        service.join(20)
    assert not service.is_alive()


def test_the_service_lands_what_it_holds_when_it_is_stopped(settings, new_messages):
    serve_until_read(settings, new_messages)
    assert set(landed_keys(settings)) == sent_keys(settings)


def test_the_service_outlives_whatever_a_landing_raises(settings, new_messages, monkeypatch, caplog):
    real, failed = MessageLanding.land, threading.Event()

    def land(self, table, payloads, topics):
        if not failed.is_set():
            failed.set()
            raise OverflowError("王伟")
        return real(self, table, payloads, topics)

    monkeypatch.setattr(MessageLanding, "land", land)
    serve_until_read(settings, new_messages)
    assert set(landed_keys(settings)) == sent_keys(settings)
    assert "OverflowError" in caplog.text and "王伟" not in caplog.text


def test_a_device_is_held_to_the_topic_that_it_sends_under(settings):
    said = {"message_id": 1, "battery_percent": 50, "event_time": "2026-06-30T08:00:00+08:00",
            "gateway_time": "2026-06-30T08:00:01+08:00"}  # fmt: skip
    send_payloads(settings, [json.dumps(said | {"device_id": device}) for device in ("x", "y")])
    drain(settings)
    files = str(settings.home / "quarantine" / SYSTEM / "heartbeat" / "*.parquet")
    query = "select source_record_id from read_parquet(?) where finding = 'sender_mismatch'"
    assert duckdb.execute(query, [files]).fetchall() == [("y|1",)]


def wait_for(condition, seconds: float = 30) -> None:
    waiter = threading.Event()
    for _ in range(int(seconds / 0.1)):
        if condition():
            return
        waiter.wait(0.1)
    raise AssertionError(f"not within {seconds} s")


def send_payloads(settings: Settings, payloads: list[str]) -> None:
    """Let the fleet send these texts as heartbeats, behind everything else."""
    path = settings.home / "simulator" / SYSTEM / "messages.parquet"
    more = path.with_suffix(".unfinished")
    with duckdb.connect() as connection:
        connection.execute(f"create table messages as from '{path}'")
        for payload in payloads:
            connection.execute(
                "insert into messages "
                "select max(publish_order) + 1, 'city/340403001001/x/heartbeat', ?, 1, false from messages",
                [payload],
            )
        connection.execute(f"copy (from messages order by publish_order) to '{more}' (format parquet)")
    more.replace(path)
