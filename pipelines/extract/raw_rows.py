"""Raw rows as relations: what a source sent, before door 1 has looked at it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from pipelines.contracts import TableContract

RAW, UNREADABLE, FOREIGN = "_raw", "_unreadable", "_foreign"


def relation_types(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    """The columns of a relation and their DuckDB types."""
    rows = connection.execute(f"describe select * from {relation}").fetchall()
    return {name: kind for name, kind, *_ in rows}


def json_rows(
    connection: duckdb.DuckDBPyConnection,
    table: TableContract,
    payloads: str,
    view: str,
    *,
    extra_columns: tuple[str, ...] = (),
) -> None:
    """Make `view` from a relation with one column `payload` of JSON objects, values as text.

    What is not a JSON object, or not even text, is marked `_unreadable` and kept as it came.
    """
    names = (*table.column_names, *extra_columns)
    shape = json.dumps(dict.fromkeys(names, "VARCHAR"))
    columns = ", ".join(
        _key_from_wreck(name) if name in table.primary_key else f'fields."{name}"' for name in names
    )
    is_bytes = relation_types(connection, payloads)["payload"] == "BLOB"
    text = "coalesce(try(decode(payload)), to_hex(payload))" if is_bytes else "cast(payload as varchar)"
    readable = "case when json_valid(text) then json_type(text) = 'OBJECT' else false end"
    connection.execute(
        f"""
        create or replace temp view {view} as
        select {columns}, text as {RAW}, not is_readable as {UNREADABLE}
        from (
            select text, is_readable,
                from_json(case when is_readable then text else '{{}}' end, '{shape}') as fields
            from (select text, {readable} as is_readable from (select {text} as text from {payloads}))
        )
        """
    )


def _key_from_wreck(name: str) -> str:
    """A key's value even where the payload is torn, so that the owner can tell which record it was."""
    torn = f"""nullif(regexp_extract(text, '"{name}"\\s*:\\s*"?([^",}}]+)', 1), '')"""
    return f'case when is_readable then fields."{name}" else {torn} end as "{name}"'
