"""Behind a real Mosquitto at speed: consumer and broker die again and again, every message is there once."""

from __future__ import annotations

from benchmarks.stream.kills import survive
from benchmarks.stream.rig import running_rig
from tests.support.servers import temporary_home

MESSAGES = 45_000
# Slow enough that messages still flow when the last part is killed; the rest is then sent at once.
RATE = 1_000


def test_no_message_is_lost_or_invented_when_consumer_and_mosquitto_are_killed():
    with temporary_home() as home, running_rig(home) as rig:
        after = survive(rig, MESSAGES, RATE, consumer_kills=2, broker_kills=1)
    assert (after.lost, after.never_sent) == (0, 0)
    assert after.landed == MESSAGES + after.copies
    assert after.sent_again > 0, "the broker was killed too late to prove anything"
