"""Validate a table's custom property `staging` and its references, which define its staged rows.

Keys and columns are checked here; the macros in `dbt_project/macros/staging/` implement them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from open_data_contract_standard.model import SchemaObject

from pipelines.contracts.model import Column, ContractError, Reference, TableContract
from pipelines.contracts.words import mapping

PERSON_FIELDS = ("id_number", "name", "phone", "birth_date", "sex_code", "id_type_code")
COLUMN_LISTS = ("dates", "months", "timestamps", "numbers", "texts", "credit_codes")
ADDRESS_LEVELS = ("ROOM", "BUILDING", "PLACE", "AREA")
# Columns of the table that help to identify the person, beyond the person's own fields. `address` is the
# column that staging parses, given only where it is the person's own and not, say, a company's.
IDENTITY_FIELDS = (
    "former_name", "hukou_no", "house_code", "owned_house_code", "community_code", "work_community_code",
    "address",
)  # fmt: skip
# Columns of the table that identify the one house it refers to.
HOUSE_FIELDS = ("address", "code", "community", "grid")
# What both engines read alike in a pattern: classes instead of escapes, which each writes in its own way.
PATTERN = re.compile(r"[^\\']+")
WORDS = ("order_by", "person", "identity", "address", "house", *COLUMN_LISTS)
PREFIX = re.compile(r"([a-z][a-z0-9_]*)?")
ORDERED_TYPES = ("timestamp", "date", "integer")


def build_staging(where: str, value: Any, columns: Sequence[Column]) -> Mapping[str, Any]:
    """Return the validated `staging`; persons become a list, an address a mapping of column and level.

    Raises:
        ContractError: an unknown key, or a column that the table does not have.
    """
    if value is None:
        return {}
    place = f"{where}: customProperties/staging"
    if not isinstance(value, Mapping):
        raise ContractError(f"{place} is {value!r}; write a mapping such as {{order_by: updated_at}}.")
    rules = mapping(place, value, WORDS)
    if empty := [word for word in rules if not rules[word]]:
        raise ContractError(f"{place}/{empty[0]} is empty; leave it out, or say which columns it is about.")
    if "person" in rules:
        rules["person"] = [_person(place, entry) for entry in _as_list(rules["person"])]
    if "address" in rules:
        rules["address"] = _address(place, rules["address"])
    if "identity" in rules:
        rules["identity"] = _identity(place, rules)
    if "house" in rules:
        rules["house"] = _house(place, rules)
    known = {column.name: column for column in columns}
    for word, name in _named_columns(rules):
        if not isinstance(name, str) or name not in known:
            raise ContractError(f"{place}/{word} names {name!r}, which is not a column of the table.")
    _refuse_repeats(place, rules)
    _refuse_other_than_text(place, rules, known)
    ordered = rules.get("order_by")
    if ordered and not (known[ordered].required and known[ordered].logical_type in ORDERED_TYPES):
        raise ContractError(
            f"{place}/order_by '{ordered}' must be required and of logicalType {' or '.join(ORDERED_TYPES)}. "
            "Without order_by the newest batch wins."
        )
    return rules


def build_references(where: str, table: SchemaObject) -> tuple[Reference, ...]:
    """Return the foreign keys that the standard's `relationships` of a table and its columns declare.

    Raises:
        ContractError: an end is not of the form `table.column`, or the ends differ in number of columns.
    """
    declared = [(entry.from_, entry.to) for entry in table.relationships or []]
    for column in table.properties or []:
        declared += [(f"{table.name}.{column.name}", entry.to) for entry in column.relationships or []]
    return tuple(_reference(where, table.name or "", source, target) for source, target in declared)


def check_references(path: str, tables: Mapping[str, Any]) -> None:
    """Reject references to missing tables or columns, or to only part of a table's key.

    Raises:
        ContractError: names the table and the reference.
    """
    for table in tables.values():
        for reference in table.references:
            where = f"{path}: table '{table.name}', relationships"
            other = tables.get(reference.table)
            if other is None:
                raise ContractError(f"{where}: there is no table '{reference.table}' in this contract.")
            if missing := sorted(set(reference.columns) - set(table.column_names)):
                raise ContractError(f"{where}: '{missing[0]}' is not a column of the table.")
            if reference.key != other.primary_key:
                raise ContractError(
                    f"{where}: {', '.join(reference.key)} is not the key of '{other.name}', which is "
                    f"{', '.join(other.primary_key)} in this order."
                )


def check_records(path: str, table: TableContract, tables: Collection[str]) -> None:
    """Reject an identity record of a table that no contract describes.

    Raises:
        ContractError: names the missing table.
    """
    of = table.staging.get("identity", {}).get("record", {}).get("of")
    if of is not None and of not in tables:
        raise ContractError(
            f"{path}: table '{table.name}': customProperties/staging/identity/record names '{of}', and no "
            "contract describes such a table; write system.table."
        )


def _reference(where: str, name: str, source: Any, target: Any) -> Reference:
    sources, targets = (_ends(where, value) for value in (source, target))
    tables = {table for table, _ in targets}
    if len(tables) != 1 or {table for table, _ in sources} != {name} or len(sources) != len(targets):
        raise ContractError(
            f"{where}: relationships lead from columns of '{name}' to as many columns of one other table."
        )
    return Reference(
        tuple(column for _, column in sources), tables.pop(), tuple(column for _, column in targets)
    )


def _ends(where: str, value: Any) -> list[tuple[str, str]]:
    ends = [str(entry).split(".") for entry in _as_list(value)]
    if not ends or any(len(end) != 2 for end in ends):
        raise ContractError(f"{where}: relationships name columns as table.column, not {value!r}.")
    return [(table, column) for table, column in ends]


def _person(place: str, entry: Any) -> dict[str, str]:
    words = dict(entry) if isinstance(entry, Mapping) else {}
    fields = {name: words[name] for name in PERSON_FIELDS if name in words}
    if not fields or set(words) - set(fields) - {"prefix"}:
        raise ContractError(f"{place}/person knows prefix, {', '.join(PERSON_FIELDS)}; it says {entry!r}.")
    prefix = words.get("prefix", "")
    if not isinstance(prefix, str) or not PREFIX.fullmatch(prefix):
        raise ContractError(
            f"{place}/person/prefix is {prefix!r}; write lower-case words and underscores, such as owner_."
        )
    return {"prefix": prefix, **fields}


def _identity(place: str, rules: Mapping[str, Any]) -> dict[str, Any]:
    words = mapping(f"{place}/identity", rules["identity"], (*IDENTITY_FIELDS, "record"))
    if len(rules.get("person", [])) != 1:
        raise ContractError(f"{place}/identity belongs to a table that names exactly one person.")
    if "address" in words and words["address"] != rules.get("address", {}).get("column"):
        raise ContractError(f"{place}/identity/address must be the column that staging/address parses.")
    record = words.get("record", {"column": "", "of": "system.table"})
    if (
        not isinstance(record, Mapping)
        or set(record) != {"column", "of"}
        or str(record["of"]).count(".") != 1
    ):
        raise ContractError(
            f"{place}/identity/record says which record of which table is the same person's: "
            "{column: worker_no, of: civil_affairs.worker}."
        )
    return words


def _address(place: str, value: Any) -> dict[str, str]:
    words = dict(value) if isinstance(value, Mapping) else {"column": value}
    level = words.setdefault("level", "ROOM")
    if set(words) != {"column", "level"} or level not in ADDRESS_LEVELS:
        raise ContractError(
            f"{place}/address is a column, or a mapping of column and the level down to which it should go: "
            f"{', '.join(ADDRESS_LEVELS)}."
        )
    return words


def _house(place: str, rules: Mapping[str, Any]) -> dict[str, str]:
    words = dict(rules["house"]) if isinstance(rules["house"], Mapping) else {}
    if set(words) - {*HOUSE_FIELDS, "object"} or not set(words) & {"address", "code"}:
        raise ContractError(
            f"{place}/house names the columns {', '.join(HOUSE_FIELDS)}, and at least address or code; "
            "object says which part of a column tells what the row is about."
        )
    if "object" in words:
        words["object"] = _object(place, words["object"])
    if "address" in words and words["address"] != rules.get("address", {}).get("column"):
        raise ContractError(f"{place}/house/address must be the column that staging/address parses.")
    return words


def _object(place: str, value: Any) -> dict[str, str]:
    words = dict(value) if isinstance(value, Mapping) else {}
    if set(words) != {"column", "pattern"} or not _is_of_one_group(words["pattern"]):
        raise ContractError(
            f"{place}/house/object says which part of a column is the same in all rows about one line, meter "
            "or other thing in a house: {column: capability_no, pattern: 'KD[0-9]{6}([0-9]{10})'}, a pattern "
            f"with one group and neither backslash nor quote; it says {value!r}."
        )
    return words


def _is_of_one_group(pattern: Any) -> bool:
    try:
        return bool(PATTERN.fullmatch(pattern)) and re.compile(pattern).groups == 1
    except (re.error, TypeError):
        return False


def _house_columns(rules: Mapping[str, Any]) -> list[tuple[str, Any]]:
    house = rules.get("house", {})
    named = [("house", house[field]) for field in HOUSE_FIELDS if field in house]
    return named + ([("house/object", house["object"]["column"])] if "object" in house else [])


def _refuse_repeats(place: str, rules: Mapping[str, Any]) -> None:
    """A column can be written in one way only: of two, one would silently not apply."""
    said: dict[str, str] = {}
    for word in COLUMN_LISTS:
        for name in _as_list(rules.get(word)):
            if name in said:
                raise ContractError(f"{place}/{word} names '{name}', as {said[name]} does; keep one of them.")
            said[name] = word


def _refuse_other_than_text(place: str, rules: Mapping[str, Any], known: Mapping[str, Column]) -> None:
    """What is cleaned as text and is none would be left as it is, or fail the build."""
    named = [(word, name) for word in COLUMN_LISTS for name in _as_list(rules.get(word))]
    named += [("address", rules["address"]["column"])] if "address" in rules else []
    named += _house_columns(rules)
    for word, name in named:
        if known[name].logical_type != "string":
            raise ContractError(
                f"{place}/{word} names '{name}', which is of logicalType {known[name].logical_type} and not "
                "string; leave it out."
            )


def _named_columns(rules: Mapping[str, Any]) -> list[tuple[str, Any]]:
    named = [(word, name) for word in COLUMN_LISTS for name in _as_list(rules.get(word))]
    named += [("order_by", rules["order_by"])] if rules.get("order_by") else []
    named += [("address", rules["address"]["column"])] if "address" in rules else []
    identity = rules.get("identity", {})
    named += [("identity", identity[field]) for field in IDENTITY_FIELDS if field in identity]
    named += [("identity/record", identity["record"]["column"])] if "record" in identity else []
    named += _house_columns(rules)
    named += [
        ("person", person[field])
        for person in rules.get("person", [])
        for field in PERSON_FIELDS
        if field in person
    ]
    return named


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
