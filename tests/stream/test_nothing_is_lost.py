"""Consumer and broker are killed again and again in the middle; every message still lands."""

from __future__ import annotations

import random
import sys
import time

import duckdb

from pipelines.installation import processes
from pipelines.settings import Settings
from tests.support.fake_city import write_messages
from tests.support.landed import landed_keys, manifest_totals, sent_keys
from tests.support.servers import kill_process, start_source

SYSTEM = "safety_devices"
MESSAGES = 6_000
BATCH_MESSAGES = 250
KILLS = 5
LONGEST_SECONDS = 400
CONSUMER = (
    "import sys; from pathlib import Path; from pipelines.settings import Settings; "
    "from pipelines.stream import consume_forever; settings = Settings(home=Path(sys.argv[1]), threads=1); "
    f"consume_forever(settings, '{SYSTEM}', batch_messages={BATCH_MESSAGES})"
)


def start_consumer(settings: Settings) -> None:
    processes.start(settings, "consumer", [sys.executable, "-c", CONSUMER, str(settings.home)])


def test_no_message_is_lost_when_consumer_and_broker_are_killed(settings):
    with duckdb.connect() as connection:
        write_messages(connection, settings.home, MESSAGES)
    start_consumer(settings)
    chance = random.Random(7)
    deadline = time.monotonic() + LONGEST_SECONDS
    for kill in range(KILLS):
        reached = manifest_totals(settings)[0]
        wait_for_rows(settings, reached + chance.randrange(200, 700), deadline)
        time.sleep(chance.random() * 0.3)
        if kill % 2:
            kill_process(settings, SYSTEM)
            start_source(settings, SYSTEM)
        else:
            kill_process(settings, "consumer")
            start_consumer(settings)
    assert len(set(landed_keys(settings))) < MESSAGES, "the kills came too late to prove anything"
    while set(landed_keys(settings)) != sent_keys(settings) and time.monotonic() < deadline:
        time.sleep(0.5)
    processes.stop(settings, "consumer")
    keys = landed_keys(settings)
    missing = sent_keys(settings) - set(keys)
    assert not missing, f"{len(missing)} messages are lost, such as {sorted(missing)[:3]}"
    read, landed, quarantined = manifest_totals(settings)
    assert read == landed + quarantined
    assert len(keys) == landed


def wait_for_rows(settings: Settings, rows: int, deadline: float) -> None:
    while manifest_totals(settings)[0] < rows:
        assert time.monotonic() < deadline, processes.log_end(settings, "consumer")
        time.sleep(0.05)
