"""The rules of door 1 for a table: those derived from its schema, then those it declares.

A declared rule is an ODCS quality entry with `engine: brain`. Its SQL is bound against the table's columns
here, so that a misspelt column is rejected before anything is pulled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import duckdb
from open_data_contract_standard.model import DataQuality, SchemaObject

from pipelines.contracts.model import ACTIONS, DIMENSIONS, Column, ContractError, Rule
from pipelines.contracts.words import custom_properties

ENGINE = "brain"
RULE_WORDS = ("action", "finding", "column", "standard")
RULE_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
# A sub-indicator of GB/T 36344, as text: YAML makes 193 of 0301.
STANDARD = re.compile(r"[0-9]{4}")


def build_rules(where: str, table: SchemaObject, columns: Sequence[Column]) -> tuple[Rule, ...]:
    """Return all rules in the order that determines a row's first reason.

    Raises:
        ContractError: a rule is incomplete or its SQL does not fit the table.
    """
    keys = {entry.name for entry in table.properties or [] if entry.primaryKey and entry.name}
    rules = [*_schema_rules(columns, keys), *_declared(where, table)]
    codes = [rule.code for rule in rules]
    if repeated := [code for code in codes if codes.count(code) > 1]:
        raise ContractError(f"{where}: the rule '{repeated[0]}' is there twice; give each its own name.")
    _bind(where, columns, rules)
    return tuple(rules)


def _schema_rules(columns: Sequence[Column], keys: set[str]) -> Iterator[Rule]:
    for column in columns:
        quoted = f'"{column.name}"'
        if column.required:
            filled = (
                f" and ltrim({quoted}) <> ''"
                if column.name in keys and column.duckdb_type == "VARCHAR"
                else ""
            )
            yield Rule(
                f"required.{column.name}", f"{quoted} is not null{filled}", "completeness", "0201",
                "quarantine", "value_missing", column.name, f"{column.label}为必填项,缺失则记录无法使用",
            )  # fmt: skip
    for column in columns:
        if column.enum:
            legal = ", ".join(f"'{_text(value)}'" for value in column.enum)
            yield Rule(
                f"enum.{column.name}", f'cast("{column.name}" as varchar) in ({legal})', "conformity", "0105",
                "quarantine" if column.required else "flag", "code_unknown", column.name,
                f"{column.label}不在代码表内",
            )  # fmt: skip
        if column.minimum is not None or column.maximum is not None:
            limits = [
                f'"{column.name}" {sign} {limit}'
                for sign, limit in ((">=", column.minimum), ("<=", column.maximum))
                if limit is not None
            ]
            yield Rule(
                f"range.{column.name}", " and ".join(limits), "accuracy", "0301", "flag",
                "value_out_of_range", column.name, f"{column.label}超出合理范围",
            )  # fmt: skip


def _declared(where: str, table: SchemaObject) -> Iterator[Rule]:
    names = [column.name for column in table.properties or []]
    entries = [(entry, "") for entry in table.quality or []]
    entries += [
        (entry, column.name or "") for column in table.properties or [] for entry in column.quality or []
    ]
    for entry, column in entries:
        rule = _rule(where, entry, column)
        if rule.column not in names:
            raise ContractError(
                f"{where}, rule '{rule.code}': customProperties/column is {rule.column!r}, which is not a "
                "column of the table."
            )
        yield rule


def _rule(where: str, entry: DataQuality, column: str) -> Rule:
    place = f"{where}, rule '{entry.name}'"
    if entry.engine != ENGINE:
        raise ContractError(f"{place}: engine is {entry.engine!r}; legal is {ENGINE}, and no other is run.")
    extra = custom_properties(place, entry.customProperties, RULE_WORDS)
    if entry.name and not RULE_NAME.fullmatch(entry.name):
        raise ContractError(f"{place}: the name is made of lower-case words joined by underscores.")
    for what, value, legal in (
        ("dimension", entry.dimension, tuple(DIMENSIONS)),
        ("customProperties/action", extra.get("action"), ACTIONS),
    ):
        if value not in legal:
            raise ContractError(f"{place}: {what} is {value!r}; legal are {', '.join(legal)}.")
    missing = [
        word
        for word, value in {
            "name": entry.name,
            "description": entry.description,
            "implementation": entry.implementation,
            "customProperties/finding": extra.get("finding"),
            "customProperties/standard": extra.get("standard"),
        }.items()
        if not value
    ]
    if missing:
        raise ContractError(
            f"{place}: {missing[0]} is missing; a rule needs its reason and its finding's name."
        )
    for word, pattern, example in (
        ("finding", RULE_NAME, "a name such as value_missing"),
        ("standard", STANDARD, 'four digits in quotes, such as "0301"'),
    ):
        if not isinstance(extra[word], str) or not pattern.fullmatch(extra[word]):
            raise ContractError(f"{place}: customProperties/{word} is {extra[word]!r}; write {example}.")
    return Rule(
        str(entry.name), str(entry.implementation), str(entry.dimension), str(extra["standard"]),
        extra["action"], extra["finding"], extra.get("column", column), str(entry.description),
    )  # fmt: skip


def _bind(where: str, columns: Sequence[Column], rules: Sequence[Rule]) -> None:
    definition = ", ".join(f'"{column.name}" {column.duckdb_type}' for column in columns)
    with _scratch_database().cursor() as connection:
        connection.execute(f"create temporary table landed ({definition})")
        for rule in rules:
            try:
                # Beside the columns, so that a rule over several rows does not bind.
                connection.execute(f"select *, cast(({rule.good}) as boolean) from landed")
            except duckdb.Error as error:
                reason = str(error).splitlines()[0]
                raise ContractError(
                    f"{where}, rule '{rule.code}': its SQL does not fit the table: {reason}"
                ) from None


@lru_cache
def _scratch_database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1, "enable_external_access": False})


def _text(value: str) -> str:
    return value.replace("'", "''")
