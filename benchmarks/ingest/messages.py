"""MQTT: messages of the safety devices queued in a real Mosquitto, drained by one pull."""

from __future__ import annotations

from benchmarks.ingest.measure import Measured, measured
from benchmarks.stream.publisher import HEARTBEAT, PASS_LOG
from benchmarks.stream.rig import SYSTEM, running_rig
from pipelines.settings import Settings


def over_mqtt(settings: Settings, rows: int) -> Measured:
    """Measure messages of both kinds; the idle time before a drain ends is included."""
    with running_rig(settings.home) as rig:
        if rig.publish(0, rows, rate=0).wait():
            raise SystemExit("The gateway could not send its messages; its own words are above.")
        return measured("MQTT (Mosquitto)", settings, SYSTEM, [HEARTBEAT, PASS_LOG])
