"""The second engine: the same models on Spark, from the same landing Parquet.

Spark reads the landed batches where they lie. What the lake alone knows (which
batches are registered, what is in quarantine, who is who) is handed over as
Parquet first. dbt-spark lives in an environment of its own and runs as a child
process, as the lake's models do not: one interpreter cannot hold both adapters' pins.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from pipelines.lake.connection import reader
from pipelines.lake.dbt import dbt_variables
from pipelines.settings import Settings

HANDED_OVER = ("landing.batches", "quality.quarantine", "identity.person_assignments")


class SparkMissingError(RuntimeError):
    """The environment of the second engine is not installed."""


class SparkFailedError(RuntimeError):
    """dbt on Spark ended with failures; its message names the models."""


def spark_environment(settings: Settings) -> dict[str, str]:
    """The environment variables that the output `spark` of `profiles.yml` and its macros read."""
    return {
        "BRAIN_LANDING": str(settings.landing),
        "BRAIN_SPARK_EXCHANGE": str(settings.spark_home / "exchange"),
        "BRAIN_SPARK_TABLES": ",".join(HANDED_OVER),
        "BRAIN_SPARK_WAREHOUSE": str(settings.spark_home / "warehouse"),
        "BRAIN_SPARK_METASTORE": f"jdbc:derby:;databaseName={settings.spark_home / 'metastore'};create=true",
        "DBT_TARGET_PATH": str(settings.spark_home / "dbt"),
        "DBT_LOG_PATH": str(settings.home / "logs"),
        "DBT_LOG_LEVEL_FILE": "info",
        "DBT_PROFILES_DIR": str(settings.dbt_project),
        "DBT_PROJECT_DIR": str(settings.dbt_project),
    }


def run_dbt_on_spark(settings: Settings, arguments: Sequence[str]) -> None:
    """Run one dbt command on Spark; everything it writes lies under `settings.spark_home`.

    Raises:
        SparkMissingError: `make setup-spark` has not been run.
        SparkFailedError: at least one model failed; those before it are kept.
    """
    python = settings.spark_python
    if not python.exists():
        raise SparkMissingError(f"Spark's environment is missing ({python}); run `make setup-spark`.")
    command = [str(python), "-m", "dbt.cli.main", *arguments, "--target", "spark"]
    command += ["--vars", json.dumps(dbt_variables(settings))]
    done = subprocess.run(
        command, env=os.environ | spark_environment(settings), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SparkFailedError(f"dbt {arguments[0]} on Spark failed:\n{done.stdout[-4000:]}{done.stderr[-1000:]}")


def hand_over(settings: Settings) -> None:
    """Write out for Spark what only the lake's catalog knows, as one Parquet folder a table."""
    with reader(settings) as connection:
        for table in HANDED_OVER:
            folder = settings.spark_home / "exchange" / table
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            connection.execute(f"copy (from {table}) to '{folder / 'part-0.parquet'}' (format parquet)")
