"""A lake and a dbt project with nothing but a test's own contracts in them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from pipelines.contracts import META_COLUMNS, SourceContract, load_contracts
from pipelines.from_contracts import compare_files, write_files
from pipelines.lake.connection import reader, writer
from pipelines.lake.dbt import run_dbt
from pipelines.lake.landing_tables import LANDING, QUALITY, statements, wanted_tables
from pipelines.settings import PROJECT_ROOT, Settings

COPIED = (
    "dbt_project.yml", "profiles.yml", "macros", "models/staging/_landing__sources.yml",
    "models/quality/_quality__sources.yml",
)  # fmt: skip
FIRST_LANDING = datetime(2026, 6, 1, tzinfo=UTC)


def copy_project(target: Path) -> Path:
    """The project's macros without its models."""
    for name in COPIED:
        source, copy = PROJECT_ROOT / "dbt_project" / name, target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, copy) if source.is_dir() else shutil.copy(source, copy)
    return target


def add_contract(settings: Settings, document: Mapping[str, Any]) -> SourceContract:
    """Put a contract among the sources and write what follows from it."""
    system = next(entry["value"] for entry in document["customProperties"] if entry["property"] == "system")
    folder = settings.sources_dir / system
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "contract.yaml").write_text(yaml.safe_dump(dict(document), allow_unicode=True, sort_keys=False))
    load_contracts.cache_clear()
    contracts = load_contracts(settings.sources_dir)
    write_files(compare_files(contracts, settings.dbt_project))
    return contracts[system]


def create_tables(settings: Settings) -> None:
    """The landing and quality tables of all contracts, empty."""
    with writer(settings) as connection:
        for statement in statements(wanted_tables(load_contracts(settings.sources_dir)), {}):
            connection.execute(statement)


def land(
    settings: Settings, contract: SourceContract, table_name: str, rows: Sequence[Mapping[str, Any]],
    number: int, **batch: Any,
) -> str:  # fmt: skip
    """Put rows into the lake as batch `number` of a table; `batch` may say its period and sequence."""
    table = contract.table(table_name)
    batch_id = f"{contract.system}-{table_name}-{number}"
    landed_at = FIRST_LANDING + timedelta(days=number)
    target = f"lake.{LANDING}.{contract.system}__{table_name}"
    with writer(settings) as connection:
        for row in rows:
            key = "|".join(str(row[name]) for name in table.primary_key)
            meta = dict(zip(META_COLUMNS, (batch_id, contract.system, key, landed_at), strict=True))
            values = {**row, **meta}
            columns = ", ".join(f"? as {name}" for name in values)
            connection.execute(f"insert into {target} by name select {columns}", list(values.values()))
        noted = {"batch_id": batch_id, "system": contract.system, "table_name": table_name,
                 "landed_at": landed_at, "rows": len(rows), **batch}  # fmt: skip
        columns = ", ".join(f"? as {name}" for name in noted)
        connection.execute(
            f"insert into lake.{LANDING}.batches by name select {columns}", list(noted.values())
        )
    return batch_id


def hold_back(
    settings: Settings, contract: SourceContract, table: str, record_id: str, batch_id: str
) -> None:
    """Note that a record of a batch is in quarantine."""
    with writer(settings) as connection:
        connection.execute(
            f"insert into lake.{QUALITY}.quarantine by name select ? as system, ? as table_name, "
            "? as source_record_id, ? as batch_id, 'open' as status",
            [contract.system, table, record_id, batch_id],
        )


def stage(settings: Settings, *options: str) -> None:
    """Run every staging model."""
    run_dbt(settings, ["run", "--quiet", "--select", "staging", *options])


def contents(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    """All rows of all staging models."""
    with reader(settings) as connection:
        models = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'lake' and schema_name = 'staging' "
            "and table_name like 'stg_%' order by 1"
        ).fetchall()
        return {
            model: connection.sql(f"from staging.{model} order by _source_record_id")
            .to_arrow_table()
            .to_pylist()
            for (model,) in models
        }
