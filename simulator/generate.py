"""Generate a whole city into a folder: the truth first, then each source system's copy of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path

import duckdb

from simulator import SIMULATED_TODAY, SYSTEMS
from simulator.city import affairs as city_affairs
from simulator.city import devices as city_devices
from simulator.city.calendar import load_calendar
from simulator.city.engine import load_words, open_engine, run, write_parquet
from simulator.city.governance import build_governance
from simulator.city.organizations import build_organizations
from simulator.city.people import build_people
from simulator.city.places import build_places
from simulator.contract import contract_select, source_tables
from simulator.dirt.persons import load_confusables
from simulator.dirt.rates import DEVICE_LEAST_PERCENT, INCIDENT_REPORTED_AGAIN_PERCENT, drawn
from simulator.drops import is_dropped, write_drops
from simulator.sources.truth import Truth

RESIDENTS = 3_033_528
"""Residents of Huainan in the census of 2020; scale 1.0."""
CASE_DAYS = 91
DEVICE_DAYS = 10
CITY_TABLES = {
    "communities": "community_no", "grids": "grid_code", "houses": "house_id",
    "households": "household_no", "persons": "person_no", "service_cases": "serial",
    "incidents": "incident_no", "incident_reports": "report_no", "devices": "device_no",
    "silences": "device_no", "true_alarms": "alarm_no", "organizations": "org_no", "workers": "worker_no",
    "grid_incidents": "incident_no", "grid_reports": "report_no",
}  # fmt: skip
"""The tables of the true city and their keys."""


def generate(
    home: Path,
    scale: float,
    seed: int,
    threads: int = 2,
    memory_limit: str = "5GB",
    report: Callable[[str], None] = lambda _: None,
) -> dict:
    """Write the simulator's files and the truth under `home`; returns the manifest.

    Idempotent for the same seed and scale: the manifest, written last, marks the city as complete.
    """
    manifest = read_manifest(home)
    if manifest and (manifest["seed"], manifest["scale"]) == (seed, scale):
        report("nothing to do: this city is already there")
        return manifest
    folder = home / "simulator"
    (folder / "manifest.json").unlink(missing_ok=True)
    _forget_former_days(folder)
    scratch = folder / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        with open_engine(scratch, seed, threads, memory_limit) as connection:
            _build(connection, scale, seed, report)
            files = write_all(connection, home, seed)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    manifest = {"seed": seed, "scale": scale, "today": SIMULATED_TODAY.isoformat(), "files": files}
    write_manifest(home, manifest)
    return manifest


def _forget_former_days(folder: Path) -> None:
    for system in SYSTEMS:
        shutil.rmtree(folder / system / "changes", ignore_errors=True)
    for name in ("edit-*.parquet", "faults.parquet", "corrections.parquet"):
        for path in (folder / "population").glob(name):
            path.unlink()


def read_manifest(home: Path) -> dict | None:
    """Return the manifest of the city under `home`; None if there is none or it is incomplete."""
    path = home / "simulator" / "manifest.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def write_manifest(home: Path, manifest: dict) -> None:
    """Write the manifest, which marks everything as written."""
    path = home / "simulator" / "manifest.json"
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(path)


def _build(
    connection: duckdb.DuckDBPyConnection, scale: float, seed: int, report: Callable[[str], None]
) -> None:
    residents, today = round(RESIDENTS * scale), SIMULATED_TODAY.isoformat()
    load_calendar(connection, date(2026, 1, 1), date(2027, 3, 31))
    load_words(connection)
    report("places")
    build_places(connection, int(residents / 2.45), scale, seed)
    report("people")
    build_people(connection, residents, today)
    build_organizations(connection)
    report("devices")
    storm_share = drawn(seed, "device", "alarm_storm", DEVICE_LEAST_PERCENT["alarm_storm"])
    first_day = (SIMULATED_TODAY - timedelta(days=DEVICE_DAYS - 1)).isoformat()
    city_devices.build_devices(connection, scale, first_day, DEVICE_DAYS, today, storm_share)
    report("affairs")
    city_affairs.load_items(connection)
    again = drawn(seed, "incident", "incident_reported_again", INCIDENT_REPORTED_AGAIN_PERCENT)
    first_day = (SIMULATED_TODAY - timedelta(days=CASE_DAYS - 1)).isoformat()
    city_affairs.build_affairs(connection, residents, first_day, today, again)
    build_governance(connection, first_day, today)
    report("what the sources hold")
    project(connection, seed, today)


def project(connection: duckdb.DuckDBPyConnection, seed: int, today: str) -> None:
    """Build every source system's dirty tables and the truth about them."""
    load_confusables(connection)
    run(connection, "dirt/numeral_macros")
    truth = Truth(connection)
    for system in SYSTEMS:
        import_module(f"simulator.sources.{system}").build(connection, truth, seed, today)


def write_all(connection: duckdb.DuckDBPyConnection, home: Path, seed: int) -> dict[str, int]:
    """Write city and sources as Parquet, dropped files, and the truth; returns the rows per Parquet file."""
    queries = {
        f"simulator/city/{table}.parquet": f"select * from {table} order by {key}"
        for table, key in CITY_TABLES.items()
    }
    for system in SYSTEMS:
        for table in source_tables(system):
            select = contract_select(system, table, f"{system}_{table}")
            keys = ", ".join(source_tables(system)[table].primary_key)
            queries[f"simulator/{system}/{table}.parquet"] = f"{select} order by {keys}"
    queries["simulator/safety_devices/messages.parquet"] = (
        "select * from safety_devices_messages order by publish_order"
    )
    written = {name: write_parquet(connection, query, home / name) for name, query in queries.items()}
    # How cells are written in files is part of the truth, so files come first.
    for system in filter(is_dropped, SYSTEMS):
        write_drops(connection, home, system, seed, SIMULATED_TODAY)
    for table in ("records", "dirt", "files"):
        name = f"truth/{table}.parquet"
        written[name] = write_parquet(connection, f"select * from truth_{table} order by all", home / name)
    return written
