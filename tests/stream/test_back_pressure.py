"""When landing is slow the broker waits, not memory; what landed is in the lake within seconds."""

from __future__ import annotations

import threading
import time

import paho.mqtt.publish as publish
import pytest

from benchmarks.stream.rig import SYSTEM, Rig, running_rig
from pipelines import stream
from pipelines.contracts import load_contracts
from pipelines.lake.connection import writer_lock
from pipelines.stream.consumer import StreamConsumer
from pipelines.stream.session import DurableSession
from tests.support.servers import temporary_home

MESSAGES, BATCH = 5_000, 500


@pytest.fixture(scope="module")
def rig():
    with temporary_home() as home, running_rig(home) as rig:
        yield rig


def session_of(rig: Rig, topics: dict[str, str] | None = None) -> DurableSession:
    contract = load_contracts(rig.settings.sources_dir)[SYSTEM]
    known = topics or {table.ingest.topic: table.name for table in contract.tables.values()}
    endpoint = rig.settings.source_endpoint(SYSTEM)
    return DurableSession(endpoint, contract.server.options["client_id"], known)


def test_a_landing_that_blocks_holds_one_batch_and_fills_one_more(rig):
    rig.publish(0, MESSAGES, 0).wait()
    sessions: list[DurableSession] = []
    landed: list[bytes] = []
    may_land, stopped = threading.Event(), threading.Event()

    def open_session() -> DurableSession:
        sessions.append(session_of(rig))
        return sessions[-1]

    def land(taken):
        assert may_land.wait(60)
        landed.extend(payload for received in taken.payloads.values() for payload in received)
        return []

    consumer = threading.Thread(
        target=StreamConsumer(open_session, land, batch_messages=BATCH).run, args=[stopped]
    )
    consumer.start()
    try:
        rig.wait_for(lambda: bool(sessions) and len(sessions[-1].received) == BATCH, 30)
        time.sleep(1.5)
        assert (len(sessions[-1].received), landed) == (BATCH, [])
        may_land.set()
        rig.wait_for(lambda: len(landed) >= MESSAGES, 30)
    finally:
        may_land.set()
        stopped.set()
        consumer.join(30)
    assert len(set(landed)) == len(landed) == MESSAGES


def test_a_message_under_a_topic_that_is_no_longer_agreed_is_kept(rig):
    former = session_of(rig, {"city/#": "everything"})
    former.open()
    # The session was there before: it is open before the broker has heard of the topic.
    former.round_trip()
    former.close()
    publish.single("city/340402/x/weather", "rain", qos=1, hostname="127.0.0.1", port=rig.port)
    stream.drain(rig.settings, SYSTEM, idle_seconds=1.0)
    kept = list((rig.settings.home / "quarantine" / SYSTEM / "unrouted").glob("*.parquet"))
    assert len(kept) == 1


def test_batches_join_the_lake_as_soon_as_nobody_else_writes_it(rig):
    stopped = threading.Event()
    service = threading.Thread(
        target=stream.consume_forever, args=[rig.settings, SYSTEM], kwargs={"stopped": stopped}
    )
    before = rig.rows()
    with writer_lock(rig.settings):
        service.start()
        rig.publish(10_000, 1_000, 0).wait()
        rig.wait_for(lambda: rig.rows() >= before + 1_000, 30)
        assert rig.rows(registered=True) <= before
    try:
        rig.wait_for(lambda: rig.rows(registered=True) >= before + 1_000, 30)
    finally:
        stopped.set()
        service.join(30)
    assert not service.is_alive()
