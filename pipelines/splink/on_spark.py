"""Weigh the pairs of a hand-over folder with Splink on Spark: a program of Spark's own environment.

`python -m pipelines.splink.on_spark FOLDER` reads what `pipelines.spark_build` has written
there and writes the weighed pairs beside it. It opens the same session as dbt: on this
machine, or on the cluster configured in `profiles.yml`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import yaml
from dbt.config.renderer import ProfileRenderer
from dbt_common.context import set_invocation_context
from pyspark.sql import SparkSession
from splink import SparkAPI

from pipelines.splink.pairs import BETWEEN, IDENTIFIED, JOB, OPEN, WITHIN, linker_over, weigh_pairs

# Hamming distance is built into DuckDB but not into Spark. Both texts have the same length.
HAMMING = """
    create or replace temporary function hamming(one string, other string) returns int
    return size(filter(zip_with(split(one, ''), split(other, ''), (x, y) -> x <> y), differs -> differs))
"""


def weigh_folder(spark: SparkSession, folder: Path) -> None:
    """Read the job, its records and frequencies, and write the pairs of both kinds."""
    job = json.loads((folder / JOB).read_text(encoding="utf-8"))
    spark.sql(HAMMING)
    api = SparkAPI(spark_session=spark, break_lineage_method="persist", register_udfs_automatically=False)
    read = {name: api.register(spark.read.parquet(str(folder / name))) for name in job["tables"]}
    frequencies = {field: read[table] for field, table in job["frequencies"].items()}
    linker = linker_over(read[OPEN], job["settings"], frequencies)
    pairs = weigh_pairs(linker, read[IDENTIFIED], read[OPEN], job["least_weight"])
    for name, weighed in zip((BETWEEN, WITHIN), pairs, strict=True):
        spark.table(weighed.physical_name).write.mode("overwrite").parquet(str(folder / name))


def session() -> SparkSession:
    """Return the session that dbt would open, from the output `spark` in `profiles.yml`."""
    set_invocation_context(os.environ)
    profiles = Path(os.environ["DBT_PROFILES_DIR"], "profiles.yml").read_text(encoding="utf-8")
    outputs = ProfileRenderer({}).render_data(yaml.safe_load(profiles))["community_brain"]["outputs"]
    builder = SparkSession.builder.enableHiveSupport()
    for name, value in outputs["spark"]["server_side_parameters"].items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


if __name__ == "__main__":
    weigh_folder(session(), Path(sys.argv[1]))
