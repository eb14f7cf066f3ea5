"""dbt on Spark, the second engine: environment, invocation, and data exchange in both directions.

Spark reads the landed batches in place; what only the lake's catalog knows is exported as Parquet. dbt-spark
is installed in a separate environment and runs as a child process, because the two adapters' pinned
dependencies conflict. From the command line: `python -m pipelines.lake.spark run --select staging`.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.lake.connection import reader
from pipelines.lake.dbt import dbt_variables, environment
from pipelines.settings import PROJECT_ROOT, Settings, get_settings

# Which batches are registered, and which rows door 1 has quarantined.
HANDED_OVER = ("landing.batches", "quality.quarantine")
ERROR_CLASS = re.compile(r"\[[A-Z][A-Z_.]+\]")
EXCEPTION = re.compile(r"\b[\w.]*[A-Za-z](?:Error|Exception)\b", re.ASCII)
ANSWER_LINES = 20
UNSIGNED_MIDDLE = 2**63


class SparkMissingError(RuntimeError):
    """The second engine's environment is not installed."""


class SparkFailedError(RuntimeError):
    """dbt on Spark reported failures; the message names the models."""


@dataclass(frozen=True)
class BuiltTable:
    """One table built by Spark."""

    table: str
    seconds: float


def spark_environment(settings: Settings) -> dict[str, str]:
    """Return the environment variables read by the `spark` output of `profiles.yml` and its macros.

    Variables that a cluster sets itself (`BRAIN_SPARK_MASTER` and others named in `profiles.yml`) are not
    set.
    """
    home = settings.spark_home
    return {
        "BRAIN_LANDING": str(settings.landing),
        "BRAIN_SPARK_EXCHANGE": str(home / "exchange"),
        "BRAIN_SPARK_WAREHOUSE": str(home / "warehouse"),
        "BRAIN_SPARK_METASTORE": f"jdbc:derby:;databaseName={home / 'metastore'};create=true",
        "BRAIN_TEMPORARY": str(settings.home / "tmp"),
        "DBT_TARGET_PATH": str(home / "dbt"),
        "DBT_LOG_PATH": str(settings.home / "logs"),
        "DBT_LOG_LEVEL_FILE": "info",
        "DBT_PROFILES_DIR": str(settings.dbt_project),
        "DBT_PROJECT_DIR": str(settings.dbt_project),
        "PYTHONPATH": str(PROJECT_ROOT),
    }


def run_dbt_on_spark(settings: Settings, arguments: Sequence[str]) -> list[BuiltTable]:
    """Run one dbt command on Spark and return what it built; writes only under `settings.spark_home`.

    Raises:
        SparkMissingError: `make setup-spark` has not been run.
        SparkFailedError: at least one model failed; those before it are kept.
    """
    command = ["dbt.cli.main", *arguments, "--target", "spark"]
    command += ["--vars", json.dumps(dbt_variables(settings))]
    results = settings.spark_home / "dbt" / "run_results.json"
    results.unlink(missing_ok=True)
    done = _run_module(settings, command)
    nodes = json.loads(results.read_text())["results"] if results.exists() else []
    if done.returncode != 0:
        raise SparkFailedError(f"dbt {arguments[0]} on Spark failed at {_failure(nodes, done.stdout)}")
    return [_built(node) for node in nodes if node["relation_name"]]


def weigh_on_spark(settings: Settings, folder: Path) -> None:
    """Score pairs with Splink on Spark, for a folder in the format of `pipelines.splink.on_spark`.

    Raises:
        SparkMissingError: `make setup-spark` has not been run.
        SparkFailedError: the pairs were not scored.
    """
    done = _run_module(settings, ["pipelines.splink.on_spark", str(folder)])
    if done.returncode != 0:
        raise SparkFailedError(
            f"Splink on Spark failed with status {done.returncode}: {_kinds(done.stderr)}. "
            "Persons are as they were. Run it again; the tables that Spark has built are kept."
        )


def _run_module(settings: Settings, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a Python module in Spark's environment."""
    if not settings.spark_python.exists():
        raise SparkMissingError(
            f"Spark's environment is missing: there is no {settings.spark_python}. Run `make setup-spark`."
        )
    with environment(spark_environment(settings)):
        return subprocess.run(
            [str(settings.spark_python), "-m", *command],
            cwd=settings.home, capture_output=True, text=True, check=False,
        )  # fmt: skip


def hand_over(settings: Settings) -> None:
    """Export what only the lake's catalog knows to Spark."""
    with reader(settings) as connection:
        for table in HANDED_OVER:
            write_exchange(settings, connection, table)


def write_exchange(settings: Settings, connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Replace the Parquet folder from which Spark reads `schema.table` of the connection's database."""
    folder = settings.spark_home / "exchange" / table
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    connection.execute(f"copy (from {table}) to '{folder / 'part-0.parquet'}' (format parquet)")


def write_signed(connection: duckdb.DuckDBPyConnection, relation: str, folder: Path) -> None:
    """Write a relation as a Parquet folder; unsigned digests become signed, the only kind Spark has."""
    folder.mkdir()
    columns = [
        f"cast({name}::hugeint - {UNSIGNED_MIDDLE} as bigint) as {name}" if kind == "UBIGINT" else name
        for name, kind, *_ in connection.execute(f"describe {relation}").fetchall()
    ]
    target = folder / "part-0.parquet"
    connection.execute(f"copy (select {', '.join(columns)} from {relation}) to '{target}' (format parquet)")


def spark_table(settings: Settings, schema: str, table: str) -> str:
    """Return a table built by Spark as a relation for DuckDB."""
    return f"read_parquet('{settings.spark_home / 'warehouse' / f'{schema}.db' / table}/*.parquet')"


def _built(node: dict) -> BuiltTable:
    return BuiltTable(node["relation_name"].replace("`", ""), round(node["execution_time"], 1))


def _failure(nodes: list[dict], output: str) -> str:
    """Return which models failed, with the kinds of error."""
    failed = [
        f"{node['unique_id']}: {_kinds(node['message'] or '') or node['status']}"
        for node in nodes
        if node["status"] in ("error", "fail")
    ]
    return ", ".join(failed) or "\n".join(output.splitlines()[-ANSWER_LINES:])


def _kinds(message: str) -> str:
    """Return the error types in a message; the full text of Spark's message may contain row values."""
    return " ".join(sorted({*ERROR_CLASS.findall(message), *EXCEPTION.findall(message)}))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; exit status 1 if anything failed."""
    settings = get_settings()
    try:
        hand_over(settings)
        run_dbt_on_spark(settings, list(sys.argv[1:] if arguments is None else arguments))
    except (SparkMissingError, SparkFailedError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
