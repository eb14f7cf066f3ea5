"""A day at the sources of a landed city: records corrected, deleted and new."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.landed_city import Wanted, every_table
from pipelines.contracts import META_COLUMNS, TableContract, load_contracts
from pipelines.installation.one_row import one_value
from pipelines.lake.connection import writer
from pipelines.lake.landing_tables import landing_name
from pipelines.land.door import joined_key
from pipelines.settings import Settings

# The neighbour's value that each group of a day's changed records receives.
NAME, NUMBER, PHONE, ADDRESS, DELETED, NEW = range(6)
# Further changes in house registers: estates are renamed, houses move to another grid.
REGISTERS = {"std_addr": {"estate": ADDRESS, "grid_code": NUMBER}, "house": {"house_code": NAME}}


def land_a_day(
    settings: Settings, number: int, share: float, *, register_share: float | None = None,
    wanted: Wanted = every_table,
) -> int:  # fmt: skip
    """Land a batch of every wanted table that delivers changes; returns the number of rows.

    A record takes a value of its neighbour, is deleted, or reappears under a new key. The same number gives
    the same day.

    Args:
        settings: of a home whose tables are landed.
        number: identifies the day.
        share: of each table's records.
        register_share: of the address register, if different.
        wanted: whether a system's table has changes.
    """
    rows = 0
    contracts = load_contracts(settings.sources_dir)
    with writer(settings) as connection:
        for system, contract in contracts.items():
            for table in contract.tables.values():
                if table.content != "changes" or contract.is_stream or not wanted(system, table):
                    continue
                of_table = share if register_share is None or table.name != "std_addr" else register_share
                batch = f"{system}-{table.name}-day-{number}"
                connection.execute("begin")
                landed = one_value(connection.execute(_insert(system, table, number, of_table, batch)))
                connection.execute(
                    "insert into lake.landing.batches (batch_id, system, table_name, landed_at) "
                    "values (?, ?, ?, now())",
                    [batch, system, table.name],
                )
                connection.execute("commit")
                rows += landed
    return rows


def _insert(system: str, table: TableContract, number: int, share: float, batch: str) -> str:
    landed = f"lake.landing.{landing_name(system, table.name)}"
    changed = _changed_columns(table)
    key = table.primary_key[-1]
    selected = []
    for column in (column.name for column in table.columns if column.name not in META_COLUMNS):
        if column in changed:
            neighbours = f'lag("{column}") over (order by _source_record_id)'
            selected.append(f'if(kind = {changed[column]}, {neighbours}, "{column}") as "{column}"')
        elif column == "is_deleted":
            selected.append(f"if(kind = {DELETED}, not is_deleted, is_deleted) as is_deleted")
        else:
            selected.append(f'"{column}"')
    new_key = f"if(kind = {NEW}, {key} || 'N', {key}) as {key}, " if _is_text(table, key) else ""
    return f"""
        insert into {landed} by name
        select * exclude (kind, is_chosen)
            replace ({new_key} {joined_key(_keys(table, key))} as _source_record_id)
        from (
            select {", ".join(selected)},
                '{batch}' as _batch_id, '{system}' as _source_system, _source_record_id, now() as _landed_at,
                kind, is_chosen
            from (
                select *, hash(_source_record_id, 'kind', {number}) % 6 as kind,
                    hash(_source_record_id, {number}) % 1000000 < {share * 1_000_000:.0f} as is_chosen
                from {landed}
                qualify row_number() over (
                    partition by _source_record_id order by _landed_at desc, _batch_id desc
                ) = 1
            )
        )
        where is_chosen
    """


def _changed_columns(table: TableContract) -> Mapping[str, int]:
    changed = dict(REGISTERS.get(table.name, {}))
    for person in table.staging.get("person", []):
        for name, kind in (("name", NAME), ("id_number", NUMBER), ("phone", PHONE)):
            if person.get(name):
                changed[person[name]] = kind
    if table.staging.get("address"):
        changed[table.staging["address"]["column"]] = ADDRESS
    return {name: kind for name, kind in changed.items() if name not in table.primary_key}


def _is_text(table: TableContract, key: str) -> bool:
    return next(column.duckdb_type for column in table.columns if column.name == key) == "varchar"


def _keys(table: TableContract, key: str) -> list[str]:
    renewed = f"if(kind = {NEW}, {key} || 'N', {key})" if _is_text(table, key) else key
    return [f"cast({renewed if name == key else name} as varchar)" for name in table.primary_key]
