"""Check a share contract against the law, the classification and the boundary around sensitive people.

A contract is user-written text that becomes SQL: identifiers must be plain words, and tables and columns must
be described by a model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date

import duckdb

from pipelines.installation.one_row import one_value
from pipelines.parsed_sql import free_tables, nodes_of
from sharing.contracts.model import Column, ContractError, ShareContract
from sharing.contracts.queries import REGION_COLUMN, is_whole_city
from sharing.masking import MASKS

# The models' column classification: by table (`schema.table`), then by column.
Levels = Mapping[str, Mapping[str, str]]

SHARE_CLASSES = ("无条件共享", "有条件共享", "不予共享")
DELIVERABLE = ("L1", "L2", "L3")
SENSITIVE = "sensitive"
# Schemas behind the boundary around sensitive people, and `sensitive` itself, which requires a legal basis.
SHAREABLE = ("share", "core", "indicators", SENSITIVE)
# Masks that leave a value as it is.
PLAIN = ("keep", "day")
KEY_MASK = "pseudonym"
# Columns that identify or reach a person, recognised by the end of the name: none may be delivered unmasked.
OF_A_PERSON = re.compile(r"(^|_)(person_id|id_number|name|birth_date|phone|age_years)$")
OF_A_PERSON_FROM = "L3"
WORD = re.compile(r"[a-z_][a-z0-9_]*")
TABLE = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*")
TYPE = re.compile(
    r"varchar|date|timestamp|timestamptz|boolean|smallint|integer|bigint|double"
    r"|decimal\([0-9]{1,2}, ?[0-9]{1,2}\)"
)
# A city, a county, a town or a community. A grid is finer than the regions by which rows are filtered.
REGION = re.compile(r"[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12}")
# Placeholder for a table or a value in a contract's query.
MARK = re.compile(r"\{(\w+(?:\.\w+)?)\}")
MARKED = "marked"
HARMLESS_FUNCTIONS = {"unnest", "range", "generate_series"}


def check_policy(contract: ShareContract, levels: Levels) -> None:
    """Reject a contract that violates policy.

    Raises:
        ContractError: says what is wrong and what is allowed.
    """
    _check_words(contract)
    _check_grant(contract)
    _check_tables(contract, levels)
    for column in contract.columns:
        _check_column(column, levels[contract.source_table], contract.source_table)
    key = next(column for column in contract.columns if column.name == contract.key)
    if key.mask != KEY_MASK:
        raise ContractError(f"the primary key {key.name} must be masked as {KEY_MASK}: evidence repeats it")
    if contract.share_class not in SHARE_CLASSES[:2]:
        raise ContractError(f"share_class is {contract.share_class}; only {SHARE_CLASSES[:2]} may be given")


def _check_words(contract: ShareContract) -> None:
    words = {contract.department, contract.dataset, *contract.references, *contract.controls}
    words |= {word for column in contract.columns for word in (column.name, column.source)}
    for word in sorted(words):
        if not WORD.fullmatch(word):
            raise ContractError(f"{word!r} is no name: write small letters, digits and underscores")
    for column in contract.columns:
        if not TYPE.fullmatch(column.type):
            raise ContractError(f"column {column.name}: type {column.type!r} is none of {TYPE.pattern}")


def _check_grant(contract: ShareContract) -> None:
    grant, names = contract.grant, tuple(column.name for column in contract.columns)
    if names != grant.columns:
        extra = sorted(set(names) ^ set(grant.columns)) or "their order"
        raise ContractError(f"the columns are not the granted ones; they differ in {extra}")
    if not REGION.fullmatch(grant.region_code):
        raise ContractError(
            f"region_code {grant.region_code!r} is no code of a city (4 digits) or of a county, town or "
            "community in it (6, 9, 12)"
        )
    days = (grant.granted_on, grant.expires_on)
    if not all(isinstance(day, date) for day in days) or grant.granted_on > grant.expires_on:
        raise ContractError("granted_on and expires_on must be days, in that order")


def _check_tables(contract: ShareContract, levels: Levels) -> None:
    source = contract.source_table
    read = {source}
    for name, query in (contract.references | contract.controls).items():
        read |= set(_tables_of(name, query))
    schemas = {table.partition(".")[0] for table in read}
    if source not in levels or not TABLE.fullmatch(source):
        raise ContractError(f"source_table {source!r} is no table that a model describes")
    if forbidden := sorted(schemas - set(SHAREABLE)):
        raise ContractError(f"it reads {', '.join(forbidden)}; a share is made of {', '.join(SHAREABLE)}")
    if source not in contract.regional:
        raise ContractError(f"{source} has no {REGION_COLUMN}, by which a grant is bounded to its region")
    _check_controls(contract)
    if SENSITIVE in schemas:
        _check_sensitive(contract)


def _check_controls(contract: ShareContract) -> None:
    """Reject a control total of the whole city that would be compared with a slice of part of it.

    Every table that it reads has to be bounded: one beside another would still be counted for the whole city.
    """
    if is_whole_city(contract.grant.region_code):
        return
    for name, query in contract.controls.items():
        if whole := sorted(set(_tables_of(name, query)) - contract.regional):
            raise ContractError(
                f"the control {name} reads {', '.join(whole)}, which has no {REGION_COLUMN}, so it counts "
                f"the whole city and not the granted {contract.grant.region_code}"
            )


def _check_sensitive(contract: ShareContract) -> None:
    if not contract.sensitive_basis:
        raise ContractError(
            "it reads the schema 'sensitive'; customProperties.sensitive_basis has to name the law that lets "
            "this department have data of sensitive people"
        )
    if contract.share_class != SHARE_CLASSES[1]:
        raise ContractError(f"sensitive people are shared under {SHARE_CLASSES[1]} alone")


def _check_column(column: Column, levels: Mapping[str, str], table: str) -> None:
    if column.classification not in DELIVERABLE:
        raise ContractError(
            f"column {column.name} is classified {column.classification}; a share carries only {DELIVERABLE}"
        )
    level = levels.get(column.source)
    if level is None:
        raise ContractError(f"column {column.name}: {table} describes no column {column.source}")
    if column.mask not in PLAIN:
        return
    is_of_a_person = level >= OF_A_PERSON_FROM and OF_A_PERSON.search(column.source)
    if level not in DELIVERABLE or is_of_a_person:
        raise ContractError(
            f"column {column.name} would leave unmasked: {column.source} is {level}; choose a mask out of "
            f"{sorted(set(MASKS) - set(PLAIN))}"
        )
    if column.classification < level:
        raise ContractError(
            f"column {column.name} is classified {column.classification}, its source {column.source} {level}"
        )


def _tables_of(name: str, query: str) -> Iterator[str]:
    """Yield the lake tables that a contract's query reads, as `schema.table` in lower case."""
    written = MARK.sub(lambda mark: f"{MARKED}.{mark[1]}" if "." in mark[1] else "2000-01-01", query)
    with duckdb.connect() as parser:
        parsed = one_value(parser.execute("select json_serialize_sql(?)", [written]))
    tree = json.loads(parsed)
    if tree["error"] or len(tree["statements"]) != 1:
        raise ContractError(f"the query {name} is not one select")
    if free := sorted(set(free_tables(tree))):
        raise ContractError(
            f"the query {name} reads {free[0]!r}, which names no schema and may be a file: it may read "
            "tables alone, each as {schema.table}"
        )
    for node in nodes_of(tree):
        if node.get("type") == "SHOW_REF":
            raise ContractError(f"the query {name} describes or lists tables; it may read tables alone")
        if node.get("type") == "TABLE_FUNCTION":
            function = node["function"]["function_name"].lower()
            if function not in HARMLESS_FUNCTIONS:
                raise ContractError(f"the query {name} calls {function}; it may read tables alone")
        if node.get("type") == "BASE_TABLE" and node["schema_name"]:
            table = f"{node['schema_name']}.{node['table_name']}".lower()
            if node["catalog_name"] != MARKED:
                raise ContractError(
                    f"the query {name} names {table} directly: write {{{table}}}, which is read at the "
                    "judged snapshot and bounded to the grant"
                )
            yield table
