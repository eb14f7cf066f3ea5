"""Advance the city by one day: about one record in a hundred changes, and new ones appear.

True events come first (new phones, moves, deaths, births); some of them reach the sources, and the rest
becomes dirt. New cases and messages are modelled on the same weekday of earlier weeks.
"""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import duckdb

from simulator import SYSTEMS
from simulator.city.calendar import load_calendar
from simulator.city.engine import open_engine, run, sql_text, write_parquet
from simulator.city.people import load_names
from simulator.contract import contract_select, source_tables
from simulator.drops import is_dropped, write_arriving
from simulator.generate import read_manifest, write_manifest
from simulator.ordinary_day import pass_day
from simulator.serve import city
from simulator.sources.safety_devices import payloads
from simulator.upsert import apply, check_served

# Systems with day logic of their own, and the column that marks a changed row in each.
CURSORS = {"population": "update_time", "affairs": "updated_at", "safety_devices": "gateway_time"}
ORDINARY = tuple(system for system in SYSTEMS if system not in CURSORS)
STREAMED = {
    "heartbeat": None, "pass_log": None, "alarm": "alarm_id", "video_alarm": "reference_id",
    "visitor_call": "call_id", "patrol_sign": "sign_id",
}  # fmt: skip
"""Tables whose days are repeated, with the number of their own that must not be."""


def advance(home: Path) -> dict:
    """Advance the city under `home` by one day; returns {today, changed: rows by table}.

    Everything is staged and moved into place at the end: a kill before that changes nothing, and after a kill
    at any point the next call completes the same day.

    Writes the changed rows to `simulator/<system>/changes/<day>/<table>.parquet`, replaces the full tables
    and the truth, and applies the changes to the databases that have been served; files due on the day are
    put into the drop folders.

    Raises:
        FileNotFoundError: no city is generated there.
        RuntimeError: a system's database exists but is not running.
    """
    manifest = read_manifest(home)
    if manifest is None:
        raise FileNotFoundError(f"No complete city under {home}; generate one first.")
    for system in SYSTEMS:
        check_served(home, system)
    scratch = home / "simulator" / "scratch"
    staged = scratch / "staged"
    # A day with a manifest is complete: after a kill it only has to be moved into place again.
    day = read_manifest(staged) or _stage_day(home, scratch, staged, manifest)
    today = date.fromisoformat(day["today"])
    for system in SYSTEMS:
        for table in source_tables(system):
            changes = _changes(staged, system, today) / f"{table}.parquet"
            if changes.exists():
                apply(home, system, table, changes)
    _put_in_place(staged, home)
    shutil.rmtree(scratch, ignore_errors=True)
    return {"today": day["today"], "changed": day["changed"]}


def _stage_day(home: Path, scratch: Path, staged: Path, manifest: dict) -> dict:
    """Write everything of the next day under `staged`; returns its manifest, which is written last."""
    today = date.fromisoformat(manifest["today"]) + timedelta(days=1)
    day_no = manifest.get("days_advanced", 0) + 1
    shutil.rmtree(scratch, ignore_errors=True)
    with open_engine(scratch, manifest["seed"] + 1_000_003 * day_no) as connection:
        _load(connection, home)
        _live(connection, today, day_no)
        changed = _write_changes(connection, staged, today)
        files = _write_tables(connection, staged)
        for system in ORDINARY:
            _pass_ordinary_day(connection, home, staged, system, today, changed, files)
        # How a clerk writes a record is random per record, and thus the same on every day.
        run(connection, "city/chance", seed=manifest["seed"])
        for system in filter(is_dropped, ORDINARY):
            write_arriving(connection, staged, system, manifest["seed"], today)
        files |= _write_truth(connection, staged)
    day = manifest | {
        "today": today.isoformat(), "days_advanced": day_no, "changed": changed,
        "files": manifest["files"] | files,
    }  # fmt: skip
    write_manifest(staged, day)
    return day


def _put_in_place(staged: Path, home: Path) -> None:
    """Move every file into place, the manifest last."""
    files = [path for path in staged.rglob("*") if path.is_file()]
    for path in sorted(files, key=lambda path: (path.name == "manifest.json", path)):
        target = home / path.relative_to(staged)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)


def _changes(home: Path, system: str, today: date) -> Path:
    return home / "simulator" / system / "changes" / today.isoformat()


def _load(connection: duckdb.DuckDBPyConnection, home: Path) -> None:
    files = {table: f"simulator/{system}/{table}" for system in CURSORS for table in source_tables(system)}
    files |= {name: f"simulator/city/{name}" for name in ("persons", "houses")}
    files |= {"messages": "simulator/safety_devices/messages"}
    files |= {f"truth_{name}": f"truth/{name}" for name in ("records", "dirt")}
    for table, file in files.items():
        connection.execute(f"create table \"{table}\" as from read_parquet('{home / file}.parquet')")
    load_calendar(connection, date(2026, 1, 1), date(2027, 12, 31))
    load_names(connection)
    connection.execute(sql_text("city/phone_macros"))


def _live(connection: duckdb.DuckDBPyConnection, today: date, day_no: int) -> None:
    values = {"today": today.isoformat(), "day_no": day_no}
    run(connection, "advance/life", **values)
    run(connection, "advance/population", table="hj_person", key="person_no", **values)
    run(connection, "advance/population", table="ld_person", key="floater_no", **values)
    run(connection, "advance/houses", **values)
    horizon = f"timestamptz '{today + timedelta(days=1)} 00:00:00+08:00'"
    run(connection, "advance/affairs", horizon=horizon, **values)
    for place, (table, number) in enumerate(STREAMED.items()):
        run(
            connection, "advance/devices", table=table, place=place, number=number or "message_id",
            alarms_only="" if table == "alarm" else "-- ", numbered_only="" if number else "-- ", **values,
        )  # fmt: skip
    rows = " union all ".join(
        f"select row_no, device_id, message_id, gateway_time, '{table}' as topic from safety_devices_{table}"
        for table in STREAMED
    )
    run(connection, "advance/messages", payloads=payloads(tuple(STREAMED)), rows=rows, **values)


def _write_changes(connection: duckdb.DuckDBPyConnection, home: Path, today: date) -> dict[str, int]:
    changed = {}
    for system in CURSORS:
        for table in source_tables(system):
            select = contract_select(system, table, f'"{table}"')
            path = _changes(home, system, today) / f"{table}.parquet"
            query = f"{select} where {CURSORS[system]} >= timestamptz '{today} 00:00:00+08:00'"
            changed[f"{system}.{table}"] = write_parquet(connection, query, path)
    path = _changes(home, "safety_devices", today) / "messages.parquet"
    write_parquet(connection, "select * from new_messages order by publish_order", path)
    return changed


def _write_tables(connection: duckdb.DuckDBPyConnection, home: Path) -> dict[str, int]:
    queries: dict[str, str] = {}
    for system in CURSORS:
        for table, contract in source_tables(system).items():
            select = contract_select(system, table, f'"{table}"')
            keys = ", ".join(contract.primary_key)
            queries[f"simulator/{system}/{table}.parquet"] = f"{select} order by {keys}"
    queries["simulator/safety_devices/messages.parquet"] = "from messages order by publish_order"
    queries["simulator/city/persons.parquet"] = "from persons order by person_no"
    return {name: write_parquet(connection, query, home / name) for name, query in queries.items()}


def _write_truth(connection: duckdb.DuckDBPyConnection, home: Path) -> dict[str, int]:
    names = {f"truth/{name}.parquet": f"from truth_{name} order by all" for name in ("records", "dirt")}
    return {name: write_parquet(connection, query, home / name) for name, query in names.items()}


def _pass_ordinary_day(
    connection: duckdb.DuckDBPyConnection, home: Path, staged: Path, system: str, today: date,
    changed: dict[str, int], files: dict[str, int],
) -> None:  # fmt: skip
    """Advance one system by a day, and write its tables and their changes."""
    tables = city.tables(system)
    for table in tables:
        file = home / "simulator" / system / f"{table}.parquet"
        connection.execute(f"create table day_{system}_{table} as from read_parquet('{file}')")
    pass_day(connection, system, today)
    for table, contract in tables.items():
        name = f"simulator/{system}/{table}.parquet"
        select = contract_select(system, table, f"day_{system}_{table}")
        order = f"order by {', '.join(contract.primary_key)}"
        files[name] = write_parquet(connection, f"{select} {order}", staged / name)
        if cursor := contract.ingest.cursor:
            path = _changes(staged, system, today) / f"{table}.parquet"
            query = f"{select} where {cursor} >= timestamptz '{today} 00:00:00+08:00' {order}"
            changed[f"{system}.{table}"] = write_parquet(connection, query, path)
        connection.execute(f"drop table day_{system}_{table}")
