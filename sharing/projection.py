"""Compile a contract to the one SQL query that defines a recipient's slice, and write it to a file.

Policy is compiled in: the projection reads only the granted columns, at one snapshot, and masks them while
reading. Whatever serves the file later cannot leak what it never contained.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import duckdb

from pipelines.installation.durable_files import sha256_of, sync
from sharing.contracts import ShareContract
from sharing.masking import MASKS, pseudonym_function

CITY_DIGITS = 4


class ProjectionError(RuntimeError):
    """A slice cannot be built as its contract says; nothing was decided."""


@dataclass(frozen=True)
class Slice:
    """A built slice: its file, row count, and the hashes of content and bytes."""

    file: Path
    row_count: int
    content_hash: str
    file_sha256: str


def compile_projection(contract: ShareContract, snapshot: int) -> str:
    """Return the masked SELECT of a share at a snapshot of the lake.

    Rows of the same city outside the granted region are left out; for part of the city, so are rows without a
    region. A region code outside the city is an error in the data, not somebody else's row: it is kept for
    the gate to judge.
    """
    columns = ",\n  ".join(
        f"cast({MASKS[column.mask]('source.' + column.source)} as {column.type}) as {column.name}"
        for column in contract.columns
    )
    city, region = contract.grant.region_code[:CITY_DIGITS], contract.grant.region_code
    is_whole_city = str(region == city).lower()
    return (
        f"select\n  {columns}\nfrom lake.{contract.source_table} as source at (version => {int(snapshot)})\n"
        f"where coalesce(not starts_with(source.community_code, '{city}') "
        f"or starts_with(source.community_code, '{region}'), {is_whole_city})"
    )


def build_slice(
    lake: duckdb.DuckDBPyConnection, contract: ShareContract, snapshot: int, key: bytes, folder: Path
) -> Slice:
    """Write the slice durably to `<folder>/data.parquet`, and hash it.

    Raises:
        ProjectionError: a column cannot be delivered as the contract says; the message contains no values.
    """
    folder.mkdir(parents=True, mode=0o700)
    file = folder / "data.parquet"
    query = compile_projection(contract, snapshot)
    with pseudonym_function(lake, key):
        try:
            lake.execute(f"copy ({query} order by all) to '{file}' (format parquet, compression zstd)")
        except (duckdb.DataError, duckdb.ProgrammingError) as error:
            # The engine's message would repeat the value that it could not convert.
            raise ProjectionError(
                f"The slice of {contract.subject} could not be written ({type(error).__name__}): a column "
                "has another type or name in the lake than the contract says. Nothing was decided and the "
                f"previous version stays served. Compare the contract with {contract.source_table}."
            ) from None
    sync(file)
    rows, content_hash = _content(lake, file)
    return Slice(file, rows, content_hash, sha256_of(file))


def _content(lake: duckdb.DuckDBPyConnection, file: Path) -> tuple[int, str]:
    """Return the row count and a content hash independent of row order and encoding."""
    columns = [row[0] for row in lake.execute(f"describe from read_parquet('{file}')").fetchall()]
    rows, digest = lake.execute(
        f"""select count(*), sha256(coalesce(string_agg(digest, '' order by digest), ''))
            from (select sha256(to_json(row_values)::varchar) as digest
                  from read_parquet('{file}') as row_values)"""
    ).fetchone()
    return rows, sha256(f"{','.join(columns)}\n{digest}".encode()).hexdigest()
