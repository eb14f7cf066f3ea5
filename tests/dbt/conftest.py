"""A small city in the lake: landed as it is, resolved, and built up to the share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.contracts import load_contracts
from pipelines.identity import resolve_persons
from pipelines.installation.state import embedded_server, prepare
from pipelines.lake.connection import writer
from pipelines.lake.dbt import ensure_manifest, run_dbt
from pipelines.lake.landing_tables import statements, wanted_tables
from pipelines.settings import Settings
from simulator import SYSTEMS
from simulator.contract import record_id, source_tables
from simulator.generate import generate
from tests.support.servers import temporary_home

TODAY = date(2026, 6, 30)
SEED = 5_104_110
SCALE = 0.001
BEFORE_IDENTITY = [
    "--select",
    "path:seeds",
    "staging",
    "intermediate",
    "--exclude-resource-types",
    "test",
    "unit_test",
]
AFTER_IDENTITY = [
    "--select",
    "core",
    "sensitive",
    "indicators",
    "share",
    "person_checks",
    "withheld_records",
    "--exclude-resource-types",
    "unit_test",
]


@pytest.fixture(scope="session")
def home() -> Iterator[Settings]:
    """A home with its database running and an empty lake."""
    with temporary_home() as folder:
        settings = Settings(home=folder, today=TODAY)
        prepare(settings)
        yield settings
        embedded_server(settings).stop()


@pytest.fixture(scope="session")
def manifest(home: Settings) -> dict:
    """What dbt makes of the project."""
    return json.loads(ensure_manifest(home).read_text())


@pytest.fixture(scope="session")
def warehouse(home: Settings) -> Settings:
    """The home when its lake holds a small city, built with every data test."""
    return build_warehouse(home)


def build_warehouse(settings: Settings) -> Settings:
    """Generate the small city, land it and build every layer that people are shown."""
    generate(settings.home, SCALE, SEED)
    land_generated(settings)
    run_dbt(settings, ["build", "--quiet", *BEFORE_IDENTITY])
    with writer(settings) as connection:
        resolve_persons(connection, as_of=TODAY)
    run_dbt(settings, ["build", "--quiet", *AFTER_IDENTITY])
    return settings


def land_generated(settings: Settings) -> None:
    """Take the generated files for landed batches, one batch a table."""
    with writer(settings) as connection:
        for statement in statements(wanted_tables(load_contracts(settings.sources_dir)), {}):
            connection.execute(statement)
        for system in SYSTEMS:
            for table in source_tables(system):
                file = settings.home / "simulator" / system / f"{table}.parquet"
                _land(connection, system, table, file)


def _land(connection: duckdb.DuckDBPyConnection, system: str, table: str, file: Path) -> None:
    batch = f"{system}-{table}-1"
    connection.execute(
        f"insert into landing.{system}__{table} by name select *, '{batch}' as _batch_id,"
        f" '{system}' as _source_system, {record_id(system, table)} as _source_record_id,"
        f" timestamptz '2026-07-01 00:00:00+08' as _landed_at from read_parquet('{file}')"
    )
    connection.execute(
        "insert into landing.batches by name select "
        f"'{batch}' as batch_id, '{system}' as system, '{table}' as table_name, now() as landed_at"
    )
