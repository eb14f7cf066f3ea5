"""The column names that staging creates; contracts in which they collide are rejected.

A query with two columns of one name silently keeps one of them, so its values would replace the other's. The
columns' contents are defined in `dbt_project/macros/staging/`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

import duckdb

from pipelines.contracts.model import ContractError, SourceContract, TableContract

PERSON_NAMES = (
    "id_type_code", "id_number", "id_number_unverified", "id_number_status", "is_id_doubtful",
    "name_raw", "name_standard", "sex_code", "birth_date", "phone",
)  # fmt: skip
# Intermediate columns of standardising persons, independent of their prefix.
PERSON_STEPS = (
    "id_number_clean", "id_number_18", "id_number_status", "id_birth_date", "id_sex_code", "name_standard",
    "phone_mobile", "recorded_birth_date", "recorded_sex_code", "birth_slip", "is_id_doubtful",
    "standard_birth_date", "standard_sex_code", "person_findings",
)  # fmt: skip
ADDRESS_STEPS = (
    "address_county", "address_town", "address_community", "address_road", "address_estate",
    "address_building", "address_unit", "address_room", "address_level",
)  # fmt: skip
ADDRESS_NAMES = (*ADDRESS_STEPS, "address_key")
# Message columns that become part of the staged message columns.
STREAM_ROLES = ("device_id", "message_id", "event_time", "gateway_time")
MESSAGE_NAMES = (
    "device_id", "message_id", "message_key", "device_day", "occurred_at", "occurred_date",
    "recorded_event_time", "gateway_time", "last_gateway_time", "copies_count", "delay_seconds",
    "clock_offset_seconds", "is_late",
)  # fmt: skip
VERSION_NAMES = ("version_number", "version_from", "version_to", "is_current", "known_from", "known_to")
# A word reserved in Spark only.
WORDS_OF_SPARK = ("minus",)


@lru_cache
def sql_words() -> frozenset[str]:
    """Return the words that cannot be column names in SQL without quotes."""
    query = (
        "select keyword_name from duckdb_keywords() where keyword_category in ('reserved', 'type_function')"
    )
    with duckdb.connect() as connection:
        return frozenset(word for (word,) in connection.execute(query).fetchall()) | {*WORDS_OF_SPARK}


def refuse_collisions(where: str, table: TableContract) -> None:
    """Reject a column with the name of one that staging creates, and two created ones with the same name.

    Raises:
        ContractError: names the column, what it collides with, and what to write instead.
    """
    made: dict[str, str] = {}
    for name, origin in made_names(table):
        if name in made:
            raise ContractError(
                f"{where}: customProperties/staging makes the column '{name}' twice, as {made[name]} and as "
                f"{origin}; give each person a prefix of its own."
            )
        made[name] = origin
    own = set(own_names(table))
    for name in table.column_names:
        staged_as = (made.get(name) if name in own else None) or _step(table, name)
        if staged_as:
            raise ContractError(
                f"{where}, column '{name}': staging makes a column of that name itself, as {staged_as}. Say "
                "in staging or ingest that the column is meant for it, or write another name, with "
                f"physicalName: {table.source_name(name)} as the source calls it."
            )


def refuse_shared_tables(where: str, contracts: Mapping[str, SourceContract]) -> None:
    """Reject two tables that would land in, or be staged as, one: one of them would replace the other.

    Raises:
        ContractError: names both tables and what they would share.
    """
    owner: dict[str, str] = {}
    for contract in contracts.values():
        for table in contract.tables.values():
            name = f"{contract.system}.{table.name}"
            shared = [f"landing.{contract.system}__{table.name}", f"stg_{contract.system}__{table.plural}"]
            if table.keeps_history:
                shared.append(f"stg_{contract.system}__{table.name}_versions")
            for made in shared:
                if made in owner:
                    raise ContractError(
                        f"{where}: {owner[made]} and {name} would both be '{made}'. Give one of them another "
                        "name, or say its plural in customProperties/plural."
                    )
                owner[made] = name


def own_names(table: TableContract) -> list[str]:
    """Return the contract's columns that are staged under their own names."""
    if table.content == "stream":
        return [name for name in table.column_names if name not in STREAM_ROLES]
    apart = {table.staging.get("order_by"), table.ingest.deleted_flag}
    for person in table.staging.get("person", []):
        apart.update(column for field, column in person.items() if field != "prefix")
    return [name for name in table.column_names if name not in apart]


def made_names(table: TableContract) -> Iterator[tuple[str, str]]:
    """Yield the other staged columns, each with a description of its origin."""
    if table.content == "stream":
        yield from ((name, "part of every message") for name in MESSAGE_NAMES)
        return
    for column in table.staging.get("credit_codes", []):
        if column in own_names(table):
            yield from ((f"{column}_{part}", f"part of '{column}'") for part in ("unverified", "status"))
    for person in table.staging.get("person", []):
        prefix = person["prefix"]
        yield from ((prefix + name, f"a person's {name.replace('_', ' ')}") for name in PERSON_NAMES)
    if "address" in table.staging:
        yield from ((name, "part of the parsed address") for name in ADDRESS_NAMES)
    for reference in table.references:
        if len(reference.columns) > 1:
            yield reference.staged_name, f"the key of '{reference.table}'"
    yield "updated_at", "the time of order_by, or else of landing"
    if table.content in ("full", "period") and table.ingest.deleted_flag:
        yield "is_flagged_deleted", "the mark of ingest/deleted_flag"
    yield "is_deleted", "the state that follows from ingest/deleted_flag and from absence"
    if table.keeps_history:
        yield from ((name, "part of every version") for name in VERSION_NAMES)


def _step(table: TableContract, name: str) -> str | None:
    if table.staging.get("person") and name in PERSON_STEPS:
        return "a step towards a person's standard form"
    if "address" in table.staging and name in ADDRESS_STEPS:
        return "part of the parsed address"
    return None
