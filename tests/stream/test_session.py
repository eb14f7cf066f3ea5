"""What a session buffers of a message, and when it may be acknowledged; without a broker."""

from __future__ import annotations

import json

import paho.mqtt.client as mqtt
import pytest

from pipelines.settings import SourceEndpoint
from pipelines.stream.session import UNROUTED, DurableSession


@pytest.fixture
def session() -> DurableSession:
    return DurableSession(
        SourceEndpoint(url="mqtt://127.0.0.1:9"), "test", {"city/+/+/heartbeat": "heartbeat"}
    )


def message(number: int, topic: bytes) -> mqtt.MQTTMessage:
    sent = mqtt.MQTTMessage(mid=number, topic=topic)
    sent.payload, sent.qos = b"%d" % number, 1
    return sent


def test_a_topic_that_is_no_text_is_kept_with_its_bytes_and_stops_nothing(session):
    topics = [b"city/1/2/heartbeat", b"city/\xff/2/heartbeat", b"city/1/3/heartbeat"]
    for number, topic in enumerate(topics):
        session._on_message(session._client, None, message(number, topic))
    taken = session.take()
    assert taken.payloads["heartbeat"] == [b"0", b"2"]
    assert taken.topics["heartbeat"] == ["city/1/2/heartbeat", "city/1/3/heartbeat"]
    (kept,) = taken.payloads[UNROUTED]
    assert json.loads(kept) == {"topic": r"city/\xff/2/heartbeat", "payload": "1"}
    assert taken.topics[UNROUTED] == [r"city/\xff/2/heartbeat"]
    assert taken.identifiers == [(0, 1), (1, 1), (2, 1)]


def test_what_could_not_be_buffered_is_not_acknowledged(session, monkeypatch):
    def fails(_: str) -> str:
        raise MemoryError

    monkeypatch.setattr(session, "_table_of", fails)
    with pytest.raises(MemoryError):
        session._on_message(session._client, None, message(1, b"city/1/2/heartbeat"))
    assert session.take().identifiers == []
