"""The generating DuckDB and its random numbers.

Randomness is a hash of (seed, purpose, key): every value can be computed independently, so the result depends
neither on the number of threads nor on the order.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

PACKAGE = Path(__file__).resolve().parent.parent
DATA = PACKAGE / "data"


def open_engine(
    scratch: Path, seed: int, threads: int = 2, memory_limit: str = "5GB"
) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB on `scratch/city.duckdb` with the random macros."""
    scratch.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(str(scratch / "city.duckdb"))
    connection.execute(f"set threads = {int(threads)}")
    connection.execute(f"set memory_limit = '{memory_limit}'")
    connection.execute(f"set temp_directory = '{scratch / 'spill'}'")
    connection.execute("set timezone = 'Asia/Shanghai'")
    connection.execute("set preserve_insertion_order = false")
    connection.execute("set force_compression = 'uncompressed'")
    run(connection, "city/chance", seed=int(seed))
    return connection


def run(connection: duckdb.DuckDBPyConnection, name: str, /, **values: object) -> None:
    """Execute `simulator/sql/<name>.sql` with its {placeholders} filled in."""
    connection.execute(sql_text(name).format(**values))


def sql_text(name: str) -> str:
    """Return the text of `simulator/sql/<name>.sql`."""
    return (PACKAGE / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def read_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a reference CSV in `simulator/data`."""
    with (DATA / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def expand(values: Sequence[tuple[str, float]], length: int) -> list[str]:
    """Return a list of `length` in which each value appears in proportion to its weight.

    Drawing uniformly from it is then a single index operation.
    """
    total = sum(weight for _, weight in values)
    expanded: list[str] = []
    reached = 0.0
    for value, weight in values:
        reached += weight
        expanded.extend([value] * (round(reached / total * length) - len(expanded)))
    return expanded


def set_list(connection: duckdb.DuckDBPyConnection, name: str, values: Iterable[str]) -> None:
    """Set `values` as a list for `draw` and `getvariable`."""
    connection.execute(f"set variable {name} = ?", [list(values)])


def load_words(connection: duckdb.DuckDBPyConnection) -> None:
    """Set every list of `words.csv` under its name."""
    lists: dict[str, list[str]] = {}
    for row in read_rows("words.csv"):
        lists.setdefault(row["list"], []).append(row["word"])
    for name, values in lists.items():
        set_list(connection, name, values)


def write_parquet(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
    """Write a query's rows to a Parquet file atomically; returns the number of rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    written = connection.execute(
        f"copy ({query}) to '{partial}' (format parquet, compression zstd)"
    ).fetchone()
    partial.replace(path)
    return int(written[0]) if written else 0
