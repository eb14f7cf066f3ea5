"""Build the warehouse on Spark, the second engine, from staging to core: dbt, identity, dbt.

Persons are resolved by the same code as on DuckDB, the first engine, on the candidates that
Spark has prepared. Weighing pairs, which grows fastest, is done by Splink on Spark; steps that
handle only a few columns of each record are done by DuckDB. Identity's tables are kept in a
separate DuckDB file for this engine, and are exported to Spark as Parquet.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path

import duckdb

from pipelines.identity import IdentityOutcome, Linkage, decision_key, every_decision, resolve_persons
from pipelines.installation.engine import open_engine
from pipelines.installation.state import advisory_lock, connect_state, prepare
from pipelines.lake.connection import LAKE, attach_lake
from pipelines.lake.spark import (
    BuiltTable,
    hand_over,
    run_dbt_on_spark,
    spark_table,
    weigh_on_spark,
    write_exchange,
    write_signed,
)
from pipelines.settings import Settings
from pipelines.splink.pairs import BETWEEN, IDENTIFIED, JOB, OPEN, WITHIN

BUILD = ("build", "--quiet", "--resource-type", "seed", "--resource-type", "model", "--select")
BEFORE_IDENTITY = ("resource_type:seed", "staging", "intermediate")
AFTER_IDENTITY = ("core",)
SPARK_LOCK = "spark-warehouse"


def build_on_spark(settings: Settings, *, full_refresh: bool = False) -> list[BuiltTable]:
    """Build staging to core on Spark from everything landed; the lake itself is only read.

    Args:
        settings: of this installation.
        full_refresh: link all persons again; tables are built whole in any case.

    Raises:
        SparkMissingError: `make setup-spark` has not been run.
        SparkFailedError: at least one model failed; the models built before it are kept.
        TimeoutError: another build on Spark is still running.
    """
    prepare(settings)
    with advisory_lock(settings, SPARK_LOCK):
        hand_over(settings)
        before = run_dbt_on_spark(settings, [*BUILD, *BEFORE_IDENTITY])
        resolve_on_spark(settings, full_refresh=full_refresh)
        return before + run_dbt_on_spark(settings, [*BUILD, *AFTER_IDENTITY])


def resolve_on_spark(settings: Settings, *, full_refresh: bool = False) -> IdentityOutcome:
    """Resolve the candidates that Spark has prepared and export the persons to Spark."""
    with connect_state(settings) as state:
        decisions = every_decision(state)
    with _own_identity(settings) as connection:
        outcome = resolve_persons(
            connection,
            as_of=settings.current_date(),
            source=spark_table(settings, "intermediate", "int_persons_candidates"),
            decisions=decisions,
            key=decision_key(settings.secrets, decisions),
            full_refresh=full_refresh,
            weigh=partial(weigh_handed_over, settings),
        )
        write_exchange(settings, connection, "identity.person_assignments")
    return outcome


@contextmanager
def weigh_handed_over(settings: Settings, work: duckdb.DuckDBPyConnection, linkage: Linkage) -> Iterator[str]:
    """Yield a query for the pairs weighed by Splink on Spark, then delete the exported personal records."""
    folder = settings.spark_home / "exchange" / "pairs"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        relations = {IDENTIFIED: "identified_records", OPEN: "open_records"}
        relations |= {table: table for table in linkage.frequencies.values()}
        for name, relation in relations.items():
            write_signed(work, relation, folder / name)
        job = asdict(linkage) | {"tables": list(relations)}
        (folder / JOB).write_text(json.dumps(job), encoding="utf-8")
        weigh_on_spark(settings, folder)
        pairs = [f"from read_parquet('{folder / name}/*.parquet')" for name in (BETWEEN, WITHIN)]
        yield f"({' union all by name '.join(pairs)})"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _own_identity(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open this engine's own identity tables under the name where identity looks for them."""
    file = settings.spark_home / "identity.duckdb"
    with open_engine(settings) as connection:
        if not file.exists():
            _begin_with_the_lakes(settings, connection, file)
        connection.execute(f"attach '{file}' as {LAKE}")
        connection.execute(f"use {LAKE}")
        yield connection


def _begin_with_the_lakes(settings: Settings, connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Copy the lake's identity tables, so that persons keep their ids when a province switches engines."""
    unfinished = file.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    attach_lake(connection, settings, read_only=True)
    connection.execute(f"attach '{unfinished}' as own")
    connection.execute("create schema own.identity")
    for table in _identity_tables(connection):
        connection.execute(f"create table own.identity.{table} as from {LAKE}.identity.{table}")
    connection.execute("detach own")
    connection.execute(f"detach {LAKE}")
    unfinished.replace(file)


def _identity_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        f"select table_name from duckdb_tables() where database_name = '{LAKE}' and schema_name = 'identity'"
    ).fetchall()
    return [name for (name,) in rows]
