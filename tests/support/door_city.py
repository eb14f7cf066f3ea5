"""A tiny city taken in through door 1: dropped files over SFTP, everything else without its transport."""

from __future__ import annotations

import duckdb

from pipelines.contracts import SourceContract, TableContract, load_contracts
from pipelines.extract.raw_rows import json_rows
from pipelines.installation.engine import open_engine
from pipelines.lake.register import register_batches
from pipelines.land.batch import land_batch
from pipelines.pull import pull_system
from pipelines.settings import Settings
from tests.support.drops import serving_drops


def take_in(settings: Settings) -> None:
    """Check, land and register every source table that the simulator has written."""
    contracts = load_contracts(settings.sources_dir).values()
    dropped = [contract.system for contract in contracts if contract.server.transport == "sftp"]
    with open_engine(settings) as connection:
        for contract in contracts:
            for table in contract.tables.values() if contract.system not in dropped else ():
                land_batch(
                    settings, contract, table.name, _raw(settings, connection, contract, table),
                    connection=connection,
                )  # fmt: skip
    with serving_drops(settings.home, dropped):
        for system in dropped:
            failed = [outcome for outcome in pull_system(settings, system) if outcome.status == "failed"]
            assert not failed, failed
    register_batches(settings)


def _raw(
    settings: Settings, connection: duckdb.DuckDBPyConnection, contract: SourceContract, table: TableContract
) -> str:
    folder, view = settings.home / "simulator" / contract.system, f"raw_{contract.system}_{table.name}"
    if table.ingest.mode == "stream":
        payloads = (
            f"(select payload from read_parquet('{folder / 'messages.parquet'}') "
            f"where topic like '%/{table.name}')"
        )
        json_rows(connection, table, payloads, view)
    else:
        connection.execute(
            f"create or replace temp view {view} as from read_parquet('{folder / table.name}.parquet')"
        )
    return view
