"""Raw rows as relations: what a source sent, before door 1 checks it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import duckdb

from pipelines.extract.quoting import literal, quoted

if TYPE_CHECKING:
    from pipelines.contracts import TableContract

RAW, UNREADABLE, FOREIGN, OTHER_SENDER = "_raw", "_unreadable", "_foreign", "_other_sender"
# Between the names of fields one of which is inside the other.
PATH = "."


def relation_types(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    """Return the columns of a relation with their DuckDB types."""
    rows = connection.execute(f"describe select * from {relation}").fetchall()
    return {name: kind for name, kind, *_ in rows}


def json_rows(
    connection: duckdb.DuckDBPyConnection,
    table: TableContract,
    payloads: str,
    view: str,
    *,
    extra_columns: tuple[str, ...] = (),
    by_source_names: bool = True,
    beside: tuple[str, ...] = (),
) -> None:
    """Create `view` from a relation with one column `payload` of JSON objects; values are text.

    A payload that is not a JSON object, or not even text, is marked `_unreadable` and kept unchanged; so is
    one with something else than an object where the contract has fields inside one: they would be lost.

    Args:
        extra_columns: fields beside those of the contract.
        by_source_names: fields are named as the source names them, else as the contract does.
        beside: columns that stand beside `payload` and are kept as they are.
    """
    names = (*table.column_names, *extra_columns)
    fields = {name: table.source_name(name) if by_source_names else name for name in names}
    shape = json.dumps({field: "VARCHAR" for field in fields.values() if PATH not in field})
    columns = ", ".join(
        f"{_key_from_wreck(field) if name in table.primary_key else _value(field)} as {quoted(name)}"
        for name, field in fields.items()
    )
    is_bytes = relation_types(connection, payloads)["payload"] == "BLOB"
    text = "coalesce(try(decode(payload)), to_hex(payload))" if is_bytes else "cast(payload as varchar)"
    kept = "".join(f", {quoted(name)}" for name in beside)
    objects = " and ".join(["json_type(text) = 'OBJECT'", *map(_is_object, _outer_fields(fields.values()))])
    readable = f"case when json_valid(text) then {objects} else false end"
    connection.execute(
        f"""
        create or replace temp view {view} as
        select {columns}, text as {RAW}, not is_readable as {UNREADABLE}{kept}
        from (
            select text, is_readable{kept},
                from_json(case when is_readable then text else '{{}}' end, '{literal(shape)}') as fields
            from (
                select *, {readable} as is_readable from (select {text} as text{kept} from {payloads})
            )
        )
        """
    )


def _outer_fields(fields: Iterable[str]) -> list[str]:
    """Return the paths of the objects in which nested fields lie: `a` and `a.b` of `a.b.c`."""
    parts = [field.split(PATH) for field in fields]
    return sorted({PATH.join(names[:depth]) for names in parts for depth in range(1, len(names))})


def _is_object(field: str) -> str:
    return f"coalesce(json_type(text, '{literal(_json_path(field))}') in ('OBJECT', 'NULL'), true)"


def _json_path(field: str) -> str:
    return "$" + "".join(f".{quoted(part)}" for part in field.split(PATH))


def _value(field: str) -> str:
    """Return SQL for a field's value; a nested one is looked up by its path."""
    if PATH not in field:
        return f"fields.{quoted(field)}"
    return f"case when is_readable then json_extract_string(text, '{literal(_json_path(field))}') end"


def _key_from_wreck(field: str) -> str:
    """Return SQL for a key's value, even from a truncated payload, so that the owner can find the record."""
    written = literal(re.escape(json.dumps(field.split(PATH)[-1], ensure_ascii=False)))
    torn = f"""nullif(regexp_extract(text, '{written}\\s*:\\s*"?([^",}}]+)', 1), '')"""
    return f"case when is_readable then {_value(field)} else {torn} end"
