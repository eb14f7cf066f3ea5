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
from pipelines.installation.one_row import one_row
from sharing.contracts import ShareContract, at_snapshot, is_granted
from sharing.contracts.queries import REGION_COLUMN
from sharing.masking import MASKS, pseudonym_function

# Every community of the city, with the codes of its town and county as its first digits.
DIVISIONS = "core.dim_communities"


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

    What its region leaves out, and what stays in for the gate to judge, says `is_granted`.
    """
    columns = ",\n  ".join(
        f"cast({MASKS[column.mask]('source.' + column.source)} as {column.type}) as {column.name}"
        for column in contract.columns
    )
    return (
        f"select\n  {columns}\nfrom lake.{contract.source_table} as source at (version => {int(snapshot)})\n"
        f"where {is_granted(f'source.{REGION_COLUMN}', contract.grant.region_code)}"
    )


def build_slice(
    lake: duckdb.DuckDBPyConnection, contract: ShareContract, snapshot: int, key: bytes, folder: Path
) -> Slice:
    """Write the slice durably to `<folder>/data.parquet`, and hash it.

    Raises:
        ProjectionError: there is no such region, or a column cannot be delivered as the contract says;
            names none of its values.
    """
    _require_region(lake, contract, snapshot)
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
                "has another type or name in the lake than the contract says. Nothing new was delivered. "
                f"Compare the contract with {contract.source_table}."
            ) from None
    sync(file)
    rows, content_hash = _content(lake, file)
    return Slice(file, rows, content_hash, sha256_of(file))


def _require_region(lake: duckdb.DuckDBPyConnection, contract: ShareContract, snapshot: int) -> None:
    """A grant for a region that is not there would deliver nothing, or a slip in it somebody else's rows."""
    query = f"from {{{DIVISIONS}}} where starts_with({REGION_COLUMN}, ?)"
    region = contract.grant.region_code
    if lake.execute(f"select exists ({at_snapshot(query, snapshot)})", [region]).fetchone() != (True,):
        raise ProjectionError(
            f"region_code {region} of {contract.subject} is none of the city's divisions ({DIVISIONS}). "
            "Nothing new was delivered. Correct the grant in its contract."
        )


def _content(lake: duckdb.DuckDBPyConnection, file: Path) -> tuple[int, str]:
    """Return the row count and a content hash independent of row order and encoding."""
    columns = [row[0] for row in lake.execute(f"describe from read_parquet('{file}')").fetchall()]
    result = lake.execute(
        f"""select count(*), sha256(coalesce(string_agg(digest, '' order by digest), ''))
            from (select sha256(to_json(row_values)::varchar) as digest
                  from read_parquet('{file}') as row_values)"""
    )
    rows, digest = one_row(result)
    return rows, sha256(f"{','.join(columns)}\n{digest}".encode()).hexdigest()
