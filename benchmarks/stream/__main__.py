"""`make bench-stream`: from the broker's queue, at a steady rate, through kills, and with many batches.

A real Mosquitto, the platform's own consumer, a gateway; the table goes to docs/performance.md.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks.stream.kills import STAGED, staged_messages, survive
from benchmarks.stream.latency import latencies, watching
from benchmarks.stream.publisher import DEVICES
from benchmarks.stream.rig import BROKER, CONSUMER, SYSTEM, Rig, running_rig
from pipelines.contracts import load_contracts
from pipelines.installation.one_row import one_value
from pipelines.lake.connection import reader
from pipelines.lake.dbt import run_dbt
from pipelines.lake.register import register_batches
from pipelines.settings import PROJECT_ROOT, Settings
from pipelines.stream.messages import MessageLanding
from tests.support.servers import temporary_home

PAGE = PROJECT_ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- stream: begin -->", "<!-- stream: end -->"
RATE = 11_600
QUEUED_SECONDS = 30
WARM_UP, WARM_UP_RATE = 2_000, 1_000
STEADY_SECONDS = 60
KILLED_MESSAGES, KILLED_RATE, CONSUMER_KILLS, BROKER_KILLS = 600_000, 1_000, 20, 5
MANY_BATCHES, SMALL_BATCH, BETWEEN_REGISTRATIONS = 1_000, 100, 20
Row = tuple[str, str]


def main() -> None:
    """Measure each part in a separate home; if all were measured, rewrite the table."""
    parts = {"queue": from_the_queue, "steady": steadily, "kills": with_kills, "readers": for_readers}
    chosen = sys.argv[1:] or list(parts)
    rows: list[Row] = []
    for name in chosen:
        with temporary_home() as home:
            for row in parts[name](home):
                print(*row, sep="\t", flush=True)
                rows.append(row)
    if chosen == list(parts):
        write_page(rows)


def from_the_queue(home: Path) -> Iterator[Row]:
    """Measure how fast messages queued in the broker become visible in the lake."""
    with running_rig(home) as rig:
        messages = RATE * QUEUED_SECONDS
        rig.publish(0, messages, 0).wait()
        rig.start_consumer()
        rig.wait_for(lambda: rig.rows() > 0, 120)
        started, before, cpu = time.monotonic(), rig.rows(), cpu_of(rig)
        rig.wait_for(lambda: rig.rows(registered=True) >= messages, 300)
        seconds, used = time.monotonic() - started, cpu_of(rig) - cpu
        moved = messages - before
        yield "messages that waited in the broker", f"{messages:,}"
        yield "from the queue to the lake", f"{moved / seconds:,.0f} messages/s"
        yield (
            "processor time of consumer and broker",
            f"{used / seconds:.2f} cores, {used / moved * 1e6:.0f} µs a message",
        )


def steadily(home: Path) -> Iterator[Row]:
    """Measure latency from a device's send to visibility for a reader, at the required rate."""
    with running_rig(home) as rig:
        rig.start_consumer()
        rig.publish(0, WARM_UP, WARM_UP_RATE).wait()
        rig.wait_for(lambda: rig.rows(registered=True) >= WARM_UP, 60)
        messages, cpu, started = RATE * STEADY_SECONDS, cpu_of(rig), time.monotonic()
        with watching(rig.settings) as seen_at:
            rig.publish(WARM_UP, messages, RATE).wait()
            cores = (cpu_of(rig) - cpu) / (time.monotonic() - started)
            rig.wait_for(lambda: rig.rows(registered=True) >= WARM_UP + messages, 120)
        half, most, longest, count = latencies(rig.settings, seen_at)
        achieved = messages / rig.report()["sending_seconds"]
        yield "steady rate", f"{achieved:,.0f} messages/s for {STEADY_SECONDS} s"
        yield (
            "sent until seen: p50, p99, longest",
            f"{half:.1f} s, {most:.1f} s, {longest:.1f} s of {count:,}",
        )
        yield "processor time of consumer and broker meanwhile", f"{cores:.2f} cores"


def with_kills(home: Path) -> Iterator[Row]:
    """Account for every message by its number after twenty-five kills."""
    with running_rig(home) as rig:
        after = survive(rig, KILLED_MESSAGES, KILLED_RATE, CONSUMER_KILLS, BROKER_KILLS)
        register_batches(rig.settings)
        run_dbt(rig.settings, ["run", "--quiet", "--select", *(f"stg_safety_devices__{n}" for n in STAGED)])
        rows, distinct, copies = staged_messages(rig)
    yield "kills", f"{after.consumer_kills} of the consumer, {after.broker_kills} of the broker"
    yield "messages sent; sent again by the gateway", f"{after.sent:,}; {after.sent_again:,}"
    yield "rows landed; of them copies", f"{after.landed:,}; {after.copies:,}"
    yield "messages lost; never sent and there", f"{after.lost}; {after.never_sent}"
    yield "rows in staging; of them duplicates", f"{rows:,}; {rows - distinct}"
    yield "copies that staging counted", f"{copies - rows:,}"


def for_readers(home: Path) -> Iterator[Row]:
    """Measure a reader and the next registration on a table with many batches."""
    with running_rig(home) as rig:
        contract = load_contracts(rig.settings.sources_dir)[SYSTEM]
        landing = MessageLanding(rig.settings, contract)
        for batch in range(MANY_BATCHES):
            landing.land("heartbeat", small_batch(batch))
            if (batch + 1) % BETWEEN_REGISTRATIONS == 0:
                registering = timed(lambda: register_batches(rig.settings))
            if batch + 1 in (BETWEEN_REGISTRATIONS, MANY_BATCHES):
                whole, newest = reading(rig.settings)
                yield (
                    f"{batch + 1:,} batches: read all; read the newest; register {BETWEEN_REGISTRATIONS}",
                    f"{whole:.2f} s; {newest:.2f} s; {registering:.2f} s",
                )


def small_batch(batch: int) -> list[bytes]:
    """Return a batch of the size that a quiet minute produces."""
    stamp = datetime.now(UTC).isoformat(timespec="milliseconds")
    return [
        f'{{"device_id":"34040200001370{order % DEVICES:06d}","message_id":{order},"battery_percent":50,'
        f'"event_time":"{stamp}","gateway_time":"{stamp}"}}'.encode()
        for order in range(batch * SMALL_BATCH, (batch + 1) * SMALL_BATCH)
    ]


def reading(settings: Settings) -> tuple[float, float]:
    """Return the seconds to aggregate a landed table, and to read its newest batch."""
    table = "landing.safety_devices__heartbeat"
    with reader(settings) as lake:
        newest = one_value(lake.execute(f"select max(_batch_id) from {table}"))
        whole = timed(lambda: lake.execute(f"select count(*), avg(battery_percent) from {table}").fetchall())
        query = f"select count(*) from {table} where _batch_id in ('{newest}')"
        return whole, timed(lambda: lake.execute(query).fetchall())


def timed(work: Callable[[], object]) -> float:
    """Return the wall seconds of a call."""
    started = time.monotonic()
    work()
    return time.monotonic() - started


def cpu_of(rig: Rig) -> float:
    """Return the processor seconds used by consumer and broker."""
    return rig.cpu_seconds(CONSUMER) + rig.cpu_seconds(BROKER)


def write_page(rows: list[Row]) -> None:
    """Write the table between its markers."""
    memory = psutil.virtual_memory().total / 2**30
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, {datetime.now(UTC):%Y-%m-%d}"
    table = ["| measured | value |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
    text = PAGE.read_text()
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    PAGE.write_text("\n".join([f"{before}{BEGIN}", f"Machine: {machine}.", "", *table, f"{END}{after}"]))


if __name__ == "__main__":
    main()
