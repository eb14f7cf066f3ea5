"""Whatever is killed, whenever: running the demo again ends in the same core tables."""

from __future__ import annotations

import os
import random
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from pipelines.installation.state import prepare
from pipelines.lake.connection import reader
from tests.end_to_end.conftest import BRAIN, SCALE, SEED, City, city_in

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(2400)]

KILLS = 6
# So many kills at least meet a demo at work: each goes on where the last one ended, and one may be done.
FEWEST_HITS = 3
SECONDS_TO_NOTICE = 8
# When in a run something is killed, as a share of what an undisturbed run takes on the same machine.
EARLIEST, LATEST = 0.05, 0.35

# When the platform came to know of a version is when it landed, which a kill puts off. A register that comes
# in whole files says nothing of when a record changed: there a version begins when it landed.
SINCE_KNOWN = ["known_from", "known_to"]
LEARNT = {
    "dim_grids_history": SINCE_KNOWN,
    "dim_houses_history": SINCE_KNOWN,
    "person_registrations_history": SINCE_KNOWN,
    "dim_organizations_history": [*SINCE_KNOWN, "valid_from", "valid_to"],
    "dim_organizations": ["updated_at"],
}


def processes_of(home: Path) -> list[psutil.Process]:
    """Every process of an installation: the demo, source systems, consumer, database."""
    found = []
    for process in psutil.process_iter():
        try:
            mine = str(home) in " ".join(process.cmdline()) or process.environ().get("BRAIN_HOME") == str(
                home
            )
        except psutil.Error:
            continue
        if mine and process.pid != os.getpid():
            found.append(process)
    return found


def start_demo(city: City) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [BRAIN, "demo", "--scale", str(SCALE), "--seed", str(SEED), "--no-serve"],
        env=city.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def kill_one(city: City, running: subprocess.Popen[bytes], chance: random.Random) -> bool:
    """Kill the demo or something that it needs; false if it was done before."""
    others = [process for process in processes_of(city.settings.home) if process.pid != running.pid]
    if running.poll() is not None:
        return False
    victim = chance.choice([psutil.Process(running.pid), *others])
    try:
        victim.send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return False
    return True


def fingerprints(city: City) -> dict[str, tuple]:
    """Row count and an order-independent hash of every core table."""
    with reader(city.settings) as connection:
        tables = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'lake' and schema_name = 'core'"
        ).fetchall()
        return {
            table: connection.execute(
                f"select count(*), sum(hash(t)::hugeint) from "
                f"(select columns(name -> not list_contains({LEARNT.get(table, [])}, name)) "
                f"from core.{table}) as t"
            ).fetchone()
            for (table,) in tables
        }


def test_killing_any_process_at_any_time_loses_and_doubles_nothing(city: City, tmp_path: Path) -> None:
    disturbed = city_in(tmp_path / "disturbed")
    chance = random.Random(20200701)
    hits = 0
    for _ in range(KILLS):
        running = start_demo(disturbed)
        with suppress(subprocess.TimeoutExpired):
            running.wait(chance.uniform(EARLIEST, LATEST) * city.first_run_seconds)
        hits += kill_one(disturbed, running, chance)
        # What notices the death of another process says so and ends; what does not is killed in its turn.
        try:
            running.wait(timeout=SECONDS_TO_NOTICE)
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGKILL)
            running.wait()
    assert hits >= FEWEST_HITS
    disturbed.demo()
    prepare(disturbed.settings)
    try:
        assert fingerprints(disturbed) == fingerprints(city)
    finally:
        disturbed.brain("stop", check=False)
        # Two kills can leave a `tail` of a run's output without the process that would have ended it.
        for process in processes_of(disturbed.settings.home):
            with suppress(psutil.NoSuchProcess):
                process.kill()
