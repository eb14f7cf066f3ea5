"""A tiny city's source tables taken in through door 1, without the transports."""

from __future__ import annotations

import duckdb

from pipelines.contracts import SourceContract, TableContract, load_contracts
from pipelines.extract.raw_rows import json_rows
from pipelines.lake.connection import open_engine
from pipelines.lake.register import register_batches
from pipelines.land.batch import land_batch
from pipelines.settings import Settings


def take_in(settings: Settings) -> None:
    """Check, land and register every source table that the simulator has written, each as one batch."""
    with open_engine(settings) as connection:
        for contract in load_contracts(settings.sources_dir).values():
            for table in contract.tables.values():
                land_batch(
                    settings, contract, table.name, _raw(settings, connection, contract, table),
                    connection=connection,
                )  # fmt: skip
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
