"""How clerks write single values: `2019.3`, full-width digits, Excel's serial dates, apostrophes.

The contract's staging section defines which column is a date, month, number or text; only clean values
without a fault are rewritten loosely.
"""

from __future__ import annotations

import duckdb

from pipelines.contracts import TableContract
from simulator.contract import record_key
from simulator.dirt.rates import drawn

FULL_WIDTH = "translate({value}, '0123456789', '０１２３４５６７８９')"
DAY = "cast({value} as date)"
MONTH = "cast({value} || '-01' as date)"
# kind of column: (finding, minimum percent, condition for a clean value, loose ways of writing it)
WRITINGS = {
    "dates": (
        "date_written_loosely", 3.0, "regexp_full_match({value}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}')",
        (
            f"strftime({DAY}, '%Y年%-m月%-d日')", f"strftime({DAY}, '%Y.%-m.%-d')",
            f"cast(date_diff('day', date '1899-12-30', {DAY}) as varchar)", FULL_WIDTH,
        ),
    ),
    "months": (
        "date_written_loosely", 3.0, "regexp_full_match({value}, '[0-9]{{4}}-[0-9]{{2}}')",
        (f"strftime({MONTH}, '%Y.%-m')", f"strftime({MONTH}, '%Y年%-m月')", FULL_WIDTH),
    ),
    "numbers": (
        "number_written_loosely", 2.0, "regexp_full_match({value}, '[0-9]+([.][0-9]+)?')",
        (FULL_WIDTH, "'''' || {value}", "{value} || '元'"),
    ),
    "texts": ("text_full_width", 2.0, "regexp_matches({value}, '[0-9]')", (FULL_WIDTH,)),
}  # fmt: skip


def write_cells(
    connection: duckdb.DuckDBPyConnection, system: str, table: TableContract, source: str, seed: int
) -> None:
    """Create `written_<table>`: all columns as the text in the files, with `_record`.

    `source` is a relation with the contract's columns. Records its changes in `truth_dirt`.
    """
    name = table.name
    key = record_key(table)
    plain = ", ".join(
        f'{_as_text(column.duckdb_type, column.name)} as "{column.name}"' for column in table.columns
    )
    connection.execute(
        f"create or replace temp table plain_{name} as select {plain}, {key} as _record from {source}"
    )
    connection.execute(
        f"create or replace temp table loose_{name} (record varchar, column_name varchar, form bigint)"
    )
    loose = {column: kind for kind in WRITINGS for column in _columns(table, kind)}
    for column, kind in loose.items():
        finding, least, is_clean, forms = WRITINGS[kind]
        share = drawn(seed, f"{system}.{name}", f"{finding}.{column}", least)
        connection.execute(
            f"""
            insert into loose_{name}
            select _record, '{column}', pick('form {column}', _record, {len(forms)})
            from plain_{name}
            where u('loose {system} {name} {column}', _record) < {share}
                and {is_clean.format(value=f'"{column}"')}
                and _record not in (
                    select source_record_id from truth_dirt
                    where system = '{system}' and table_name = '{name}' and column_name = '{column}'
                )
            """
        )
        connection.execute(
            f"insert into truth_dirt select '{system}', '{name}', record, column_name, '{finding}' "
            f"from loose_{name} where column_name = '{column}'"
        )
    written = ", ".join(
        f'{_written(column, loose[column])} as "{column}"' if column in loose else f'plain."{column}"'
        for column in table.column_names
    )
    joins = " ".join(
        f"left join loose_{name} as l_{column} on l_{column}.record = plain._record "
        f"and l_{column}.column_name = '{column}'"
        for column in loose
    )
    connection.execute(
        f"create or replace temp table written_{name} as select {written}, _record "
        f"from plain_{name} as plain {joins}"
    )


def forget_cells(
    connection: duckdb.DuckDBPyConnection, system: str, table: TableContract, source: str
) -> None:
    """Remove an earlier file's loosely written values from `truth_dirt`, before a newer file is written.

    Loose values that the source itself holds stay, because they are not clean.
    """
    for kind, (finding, _, is_clean, _) in WRITINGS.items():
        for column in _columns(table, kind):
            value = f'cast("{column}" as varchar)'
            connection.execute(
                f"delete from truth_dirt where system = '{system}' and table_name = '{table.name}' "
                f"and column_name = '{column}' and dirt_type = '{finding}' and source_record_id in "
                f"(select {record_key(table)} from {source} where {is_clean.format(value=value)})"
            )


def _columns(table: TableContract, kind: str) -> list[str]:
    named = table.staging.get(kind) or []
    return [named] if isinstance(named, str) else list(named)


def _as_text(duckdb_type: str, column: str) -> str:
    if duckdb_type == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({column}, '%Y-%m-%d %H:%M:%S')"
    return f"cast({column} as varchar)"


def _written(column: str, kind: str) -> str:
    value = f'plain."{column}"'
    forms = " ".join(
        f"when {place} then {form.format(value=value)}" for place, form in enumerate(WRITINGS[kind][3])
    )
    return f"case l_{column}.form {forms} else {value} end"
