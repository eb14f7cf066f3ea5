"""Kill consumer and broker while messages flow, then account for every message by its number."""

from __future__ import annotations

import random
import signal
import time
from dataclasses import dataclass

import duckdb

from benchmarks.stream.publisher import DEVICES
from benchmarks.stream.rig import BROKER, CONSUMER, SYSTEM, Rig
from pipelines.installation.one_row import one_row
from pipelines.installation.state import connect_state
from pipelines.lake.connection import reader
from pipelines.land import files

LONGEST_SECONDS = 300
STAGED = ("heartbeats", "pass_logs")
SENT = f"""
    select
        case when i % 6 = 5 then 'pass_log' else 'heartbeat' end as table_name,
        format('34040200001370{{:06d}}|{{}}', i % {DEVICES}, i // {DEVICES} + 1) as record_id
    from range(?, ?) as sent(i)
"""


@dataclass(frozen=True)
class Survived:
    """What remains after the kills; copies are a message's rows beyond its first."""

    sent: int
    sent_again: int
    consumer_kills: int
    broker_kills: int
    landed: int
    copies: int
    lost: int
    never_sent: int
    seconds: float


def survive(
    rig: Rig, messages: int, rate: float, consumer_kills: int, broker_kills: int, seed: int = 7
) -> Survived:
    """Send messages at a rate while killing the parts at random moments; returns the counts."""
    started, chance = time.monotonic(), random.Random(seed)
    parts = [CONSUMER] * consumer_kills + [BROKER] * broker_kills
    chance.shuffle(parts)
    rig.start_consumer()
    gateway = rig.publish(0, messages, rate)
    try:
        for part in parts:
            _kill_at_work(rig, part, chance)
        gateway.send_signal(signal.SIGUSR1)
        gateway.wait(LONGEST_SECONDS)
    finally:
        gateway.kill()
    rig.wait_for(lambda: _counts(rig, messages)[2] == 0 or not rig.is_consuming(), LONGEST_SECONDS)
    rig.stop(CONSUMER)
    landed, distinct, lost, never_sent = _counts(rig, messages)
    report = rig.report()
    return Survived(
        messages, int(report["sent_again"]), consumer_kills, broker_kills, landed, landed - distinct, lost,
        never_sent, round(time.monotonic() - started, 1),
    )  # fmt: skip


def staged_messages(rig: Rig) -> tuple[int, int, int]:
    """Return the rows, distinct messages and counted copies in staging."""
    query = " union all ".join(
        f"select _source_record_id, copies_count, '{name}' as name from staging.stg_safety_devices__{name}"
        for name in STAGED
    )
    with reader(rig.settings) as lake:
        result = lake.execute(
            "select count(*), count(distinct (name, _source_record_id)), sum(copies_count)::bigint "
            f"from ({query})"
        )
        return one_row(result)


def _kill_at_work(rig: Rig, part: str, chance: random.Random) -> None:
    """Kill a part in the middle of its work once something new has landed, and restart it."""
    reached = rig.rows()
    rig.wait_for(lambda: rig.rows() > reached, 90)
    time.sleep(chance.random() * 4)
    rig.kill(part)
    if part == BROKER:
        time.sleep(chance.random())
        rig.start_broker()
    else:
        rig.start_consumer()


def _counts(rig: Rig, messages: int) -> tuple[int, int, int, int]:
    with connect_state(rig.settings) as state:
        batches = state.execute(
            "select table_name, batch_id from ops.batches where system = %s and rows_landed > 0", [SYSTEM]
        ).fetchall()
    if not batches:
        return 0, 0, messages, 0
    paths = [str(files.batch_file(rig.settings, files.GOOD, SYSTEM, *batch)) for batch in batches]
    with duckdb.connect(config={"threads": 2}) as connection:
        result = connection.execute(
            f"""
            with landed as (
                select split_part(_batch_id, '-', 2) as table_name, _source_record_id as record_id
                from read_parquet(?)
            ),
            counted as (select table_name, record_id, count(*) as rows from landed group by all),
            sent as ({SENT})
            select coalesce(sum(rows), 0)::bigint, count(counted.record_id),
                count(*) filter (counted.record_id is null), count(*) filter (sent.record_id is null)
            from counted full join sent using (table_name, record_id)
            """,
            [paths, 0, messages],
        )
        return one_row(result)
