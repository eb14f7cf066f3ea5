"""One day of the systems without day logic of their own, derived from their contracts.

Records are saved again, some with a corrected fault in a person's column; some are deleted; new ones are
copied from clean earlier ones. A change in a person's life reaches half of the records and becomes dirt in
the others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from importlib import import_module
from typing import NamedTuple

import duckdb

from pipelines.contracts import Column, TableContract
from simulator.city.engine import run
from simulator.contract import record_id
from simulator.drops import Drops, arriving, drops_of_system
from simulator.serve import city

SAVED_SHARE, DELETED_SHARE, ENTERED_SHARE = 0.008, 0.001, 0.001
CORRECTED_SHARE, TOLD_SHARE = 1 / 3, 0.5
TRUE_VALUES = {
    "id_number": "p.id_number", "name": "p.name", "phone": "p.phone", "sex_code": "p.sex_code",
    "birth_date": "strftime(p.birth_date, '%Y%m%d')",
}  # fmt: skip
"""What a person's columns say where they are right."""
SEVERAL_RECORDS = re.compile(r"duplicate|repeat|twice|again|overlap|stuffed|farming|multi_|spam")
"""Faults that a copy of a clean record would have without anybody having planted them."""
NOTHING = "false"


class Entered(NamedTuple):
    """Which records are copied: a condition, the time from which their dates move, and by how much."""

    condition: str
    since: str = "null::timestamptz"
    shift: str = "interval 0 day"


def pass_day(connection: duckdb.DuckDBPyConnection, system: str, today: date) -> None:
    """Advance `day_<system>_<table>` and the truth by one day.

    The relations have the contract's columns; `truth_records`, `truth_dirt`, `persons` and the day's results
    of `advance/life` must exist.
    """
    contract = city.contract(system)
    drops = drops_of_system(contract)
    run(connection, "advance/record_macros", today=today)
    for name, table in contract.tables.items():
        values = {
            "system": system, "name": name, "table": f"day_{system}_{name}", "today": today,
            "record": record_id(system, name),
        }  # fmt: skip
        _enter(connection, table, drops.get(name), values)
        _change(connection, table, values)


def _enter(
    connection: duckdb.DuckDBPyConnection, table: TableContract, drops: Drops | None, values: Mapping
) -> None:
    entered = _entered(table, drops, values)
    if entered.condition == NOTHING:
        return
    numbers = _numbers(connection, values)
    copied = ", ".join(
        f'{_copied(column, table, values["system"], numbers)} as "{column.name}"' for column in table.columns
    )
    run(
        connection, "advance/entered", copied=copied, condition=entered.condition, since=entered.since,
        shift=entered.shift, key=", ".join(f'"{name}"' for name in table.primary_key), **values,
    )  # fmt: skip


def _entered(table: TableContract, drops: Drops | None, values: Mapping) -> Entered:
    today, ingest = values["today"], table.ingest
    kinds = import_module(f"simulator.sources.{values['system']}").RATES.get(table.name, {})
    is_simple = (
        len(table.primary_key) == 1 and table.references and not any(map(SEVERAL_RECORDS.search, kinds))
    )
    a_few = f"has_no_fault and u('entered {table.name}', _record) < {ENTERED_SHARE}"
    if ingest.mode == "incremental" and is_simple:
        return Entered(a_few, "timestamptz 'epoch'", f"moment_of(_record) - {ingest.cursor}")
    if ingest.content == "full" and is_simple:
        return Entered(a_few)
    if drops is None or drops.period is None:
        return Entered(NOTHING)
    period = f"cast({drops.period} as date)"
    if ingest.content == "delta":
        # Copying by weekday of the last period would be rare in a small city, so every day has one.
        first = f"order by u('entered {table.name}', {values['record']}) limit 1"
        one = f"has_no_fault and _record = (select {values['record']} from {values['table']} {first})"
        return Entered(f"({one}) or ({a_few})", period, f"(date '{today}' - {period}) * interval 1 day")
    file = arriving(city.contract(values["system"]), table, drops, today)
    if file is None:
        return Entered(NOTHING)
    span = {"day": "7 day", "week": "7 day", "month": "1 month", "quarter": "3 month", "year": "1 year"}
    before = f"(date '{file.start}' - interval {span[drops.every]})::date"
    return Entered(
        f"date_trunc('{drops.every}', {period}) = {before}", before, f"interval {span[drops.every]}"
    )


def _numbers(connection: duckdb.DuckDBPyConnection, values: Mapping) -> set[str]:
    """Return the columns whose value is a fault if repeated; copies of both records share it again."""
    query = (
        "select distinct column_name from truth_dirt "
        f"where system = '{values['system']}' and table_name = '{values['name']}' "
        f"and regexp_matches(dirt_type, '{SEVERAL_RECORDS.pattern}')"
    )
    return {name for (name,) in connection.execute(query).fetchall()}


def _copied(column: Column, table: TableContract, system: str, numbers: set[str]) -> str:
    """Return SQL for a column of a record copied from another one."""
    name = f'"{column.name}"'
    targets = [reference.table for reference in table.references if column.name in reference.columns]
    is_renewed = any(city.contract(system).table(target).ingest.content == "period" for target in targets)
    is_own_number = column.name in table.primary_key and not targets and column.logical_type == "string"
    is_unique = column.name in numbers and column.logical_type == "string" and not targets
    if is_renewed or is_own_number or is_unique:
        return f"renumbered({name})"
    if column.name == table.ingest.cursor:
        return "moment_of(_record)"
    if column.logical_type in ("date", "timestamp"):
        return (
            f"case when {name} >= _since then cast({name} + _shift as {column.duckdb_type}) else {name} end"
        )
    if column.name in (table.staging.get("dates") or []):
        return f"moved_text({name}, '', '%Y-%m-%d', _since, _shift)"
    if column.name in (table.staging.get("months") or []):
        return f"moved_text({name}, '-01', '%Y-%m', _since, _shift)"
    return name


def _change(connection: duckdb.DuckDBPyConnection, table: TableContract, values: Mapping) -> None:
    ingest = table.ingest
    can_change = ingest.mode == "incremental" or ingest.content == "full"
    person = _person_columns(table)
    address = table.staging.get("address") or {}
    run(
        connection, "advance/chosen", saved=SAVED_SHARE if can_change else 0,
        deleted=DELETED_SHARE if can_change and (ingest.deleted_flag or ingest.content == "full") else 0,
        told=TOLD_SHARE if can_change else 0, corrected=CORRECTED_SHARE,
        phone=person.get("phone", ""), address=address.get("column", ""),
        columns=", ".join(f"'{column}'" for column in person.values()) or "''",
        is_deleted=ingest.deleted_flag or "false", is_referenced=_is_referenced(table, values), **values,
    )  # fmt: skip
    for field, column in person.items():
        run(connection, "advance/corrected", column=column, true_value=TRUE_VALUES[field], **values)
    if person:
        run(
            connection, "advance/left_behind", phone=person.get("phone", ""),
            phone_column=person.get("phone", "_record"), address=address.get("column", ""),
            says_now=str(can_change).lower(), **values,
        )  # fmt: skip
    if ingest.cursor:
        flag = (
            ingest.deleted_flag
            and f"{ingest.deleted_flag} = {ingest.deleted_flag} or _record in (from gone),"
        )
        run(connection, "advance/saved", cursor=ingest.cursor, flag=flag or "", **values)
    elif ingest.content == "full":
        run(connection, "advance/gone", **values)


def _person_columns(table: TableContract) -> dict[str, str]:
    """Return the columns of the one person that a record names, by meaning."""
    persons = table.staging.get("person") or []
    person = persons if isinstance(persons, dict) else next(iter(persons), {})
    return {field: person[field] for field in TRUE_VALUES if field in person}


def _is_referenced(table: TableContract, values: Mapping) -> str:
    """Return SQL that is true if another record of the system refers to this one."""
    system = values["system"]
    conditions = []
    for other in city.contract(system).tables.values():
        for reference in other.references:
            if reference.table == table.name:
                pairs = zip(reference.columns, reference.key, strict=True)
                same = " and ".join(f'o."{column}" = t."{key}"' for column, key in pairs)
                conditions.append(f"exists (select 1 from day_{system}_{other.name} as o where {same})")
    return " or ".join(conditions) or "false"
