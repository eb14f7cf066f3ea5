"""Read quality rules from a contract: one frozen `Rule` per ODCS entry.

A rule is a portable SQL boolean over one row (`implementation`), a uniqueness check, or a scalar over the
whole slice (`type: sql`). Schema constraints (columns, required, patterns, nothing that looks like an
identity number) are added as further rules, so that none remains unchecked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Literal

from open_data_contract_standard.model import DataQuality, SchemaObject, SchemaProperty

SEVERITIES = ("blocker", "scored")
DIMENSIONS = {
    "01": "规范性",
    "02": "完整性",
    "03": "准确性",
    "04": "一致性",
    "05": "时效性",
    "06": "可访问性",
}
OPERATORS = {
    "mustBe": ("=", ""),
    "mustNotBe": ("<>", "不等于 "),
    "mustBeGreaterThan": (">", "大于 "),
    "mustBeGreaterOrEqualTo": (">=", "不小于 "),
    "mustBeLessThan": ("<", "小于 "),
    "mustBeLessOrEqualTo": ("<=", "不大于 "),
}
STEWARD = "市数据资源管理局"
FORMAT_MINIMUM = 0.98
FULL_WIDTH, HALF_WIDTH = "０１２３４５６７８９Ｘｘ", "0123456789Xx"
IDENTITY_NUMBER = "(^|[^0-9])([0-9]{17}[0-9Xx]|[0-9]{15})([^0-9Xx]|$)"
MOBILE_NUMBER = "(^|[^0-9])(86)?1[3-9][0-9]{9}([^0-9]|$)"


# Classification levels of columns without personal data.
IMPERSONAL = ("L1", "L2")
Kind = Literal["row", "slice", "not_null", "unique", "columns"]


class RuleError(ValueError):
    """A contract's quality entry cannot be turned into a check."""


@dataclass(frozen=True)
class Rule:
    """One check with everything that a verdict or a work order reports about it.

    `good` depends on `kind`: SQL that is true for good rows (`row`) or a good slice (`slice`), a column name
    (`not_null`, `unique`), or the ordered columns joined by commas (`columns`). `minimum` is the required
    share of good rows, 0 to 1. A slice rule gives its measured number as SQL in `observed` and the
    requirement as text in `bound`.
    """

    code: str
    label: str
    kind: Kind
    good: str
    indicator: str
    severity: str
    owner: str
    reason: str
    where: str = "true"
    minimum: float = 1.0
    weight: float = 1.0
    observed: str = ""
    bound: str = ""
    may_be_unevaluable: bool = False

    @property
    def dimension(self) -> str:
        """The dimension of GB/T 36344 to which the indicator belongs."""
        return DIMENSIONS[self.indicator[:2]]


def rules_of(table: SchemaObject) -> list[Rule]:
    """Return all rules of a contract's table: declared ones first, then those its schema implies.

    Raises:
        RuleError: an entry is incomplete; names it and what is missing.
    """
    holders: list[SchemaObject | SchemaProperty] = [table, *(table.properties or [])]
    written = [_rule(entry) for holder in holders for entry in holder.quality or []]
    rules = [*written, *_implied(table)]
    codes = [rule.code for rule in rules]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        raise RuleError(f"Table {table.name}: rule {', '.join(twice)} is given twice; rename one of them.")
    return rules


def name_of(column: SchemaProperty) -> str:
    """Return a column's name.

    Raises:
        RuleError: it has none.
    """
    if not column.name:
        raise RuleError("A column of the contract has no name; every entry of properties needs one.")
    return column.name


def rule_set_hash(rules: Iterable[Rule]) -> str:
    """Return a hash of the rule set that changes with any attribute of any rule."""
    content = sorted(json.dumps(asdict(rule), sort_keys=True, ensure_ascii=False) for rule in rules)
    return sha256("\n".join(content).encode()).hexdigest()


def _rule(entry: DataQuality) -> Rule:
    extra: dict[str, Any] = {
        item.property: item.value for item in entry.customProperties or [] if item.property
    }
    missing = [name for name in ("indicator", "owner", "label") if name not in extra]
    if not entry.name or not entry.description or entry.severity not in SEVERITIES or missing:
        raise RuleError(
            f"Quality rule '{entry.name}' needs a name, a description (its reason), a severity out of "
            f"{SEVERITIES} and the custom properties indicator, owner, label; missing: {missing or 'one'}."
        )
    if extra["indicator"][:2] not in DIMENSIONS:
        raise RuleError(f"Quality rule '{entry.name}': GB/T 36344 has no indicator {extra['indicator']}.")
    return Rule(
        **_check(entry),
        code=entry.name,
        label=extra["label"],
        indicator=extra["indicator"],
        severity=entry.severity,
        owner=extra["owner"],
        reason=entry.description,
        where=extra.get("where", "true"),
        minimum=float(extra.get("minimum_percent", 100)) / 100,
        weight=float(extra.get("weight", 1)),
        may_be_unevaluable=extra.get("first_version") == "not_evaluable",
    )


def _check(entry: DataQuality) -> dict[str, Any]:
    if entry.type == "sql" and entry.query:
        return {"kind": "slice", **_compared(entry, entry.query)}
    if entry.type == "custom" and isinstance(entry.implementation, dict):
        ((kind, column),) = entry.implementation.items()
        if kind in ("unique", "not_null"):
            return {"kind": kind, "good": column}
    if entry.type == "custom" and isinstance(entry.implementation, str):
        return {"kind": "row", "good": entry.implementation.strip()}
    raise RuleError(
        f"Quality rule '{entry.name}': write type sql with a query, or type custom with a SQL boolean "
        "or {unique: column} or {not_null: column} as its implementation."
    )


def _compared(entry: DataQuality, query: str) -> dict[str, str]:
    value = f"({query.strip()})"
    if entry.mustBeBetween is not None:
        low, high = entry.mustBeBetween
        return {
            "good": f"{value} between {low} and {high}",
            "observed": value,
            "bound": f"{low} 至 {high}",
        }
    for name, (operator, words) in OPERATORS.items():
        asked = getattr(entry, name)
        if asked is not None:
            literal = json.dumps(asked)
            return {"good": f"{value} {operator} {literal}", "observed": value, "bound": words + literal}
    raise RuleError(f"Quality rule '{entry.name}' compares its query with nothing; add mustBe… .")


def _implied(table: SchemaObject) -> list[Rule]:
    columns = table.properties or []
    ordered = ",".join(name_of(column) for column in columns)
    return [
        _schema_rule("columns_as_contracted", "列与契约一致", "columns", ordered, "0102"),
        *[
            _schema_rule(f"{c.name}_present", f"{c.businessName}齐全", "not_null", name_of(c), "0201")
            for c in columns
            if c.required
        ],
        *[_format_rule(c, pattern) for c in columns if (pattern := _pattern(c))],
        _schema_rule("no_identity_or_phone", "不含身份证号与手机号", "row", _leak_free(columns), "0106"),
    ]


def _schema_rule(code: str, label: str, kind: Kind, good: str, indicator: str) -> Rule:
    return Rule(code, label, kind, good, indicator, "blocker", STEWARD, "契约的结构约定，不容许例外")


def _format_rule(column: SchemaProperty, pattern: str) -> Rule:
    """Return the format rule of a column: strict for masked ones, with a tolerance for unmasked codes."""
    masked = column.transformLogic != "keep"
    return Rule(
        code=f"{column.name}_format",
        label=f"{column.businessName}格式",
        kind="row",
        good=f"regexp_full_match({column.name}, {_literal(pattern)})",
        where=f"{column.name} is not null",
        indicator="0106" if masked else "0302",
        severity="blocker",
        owner=STEWARD,
        reason="脱敏后的列必须始终是脱敏的样子" if masked else "代码格式错误超过 2% 即为批量错误",
        minimum=1.0 if masked else FORMAT_MINIMUM,
    )


def _leak_free(columns: list[SchemaProperty]) -> str:
    """Return SQL that rejects identity and mobile numbers of any type, width or spacing.

    A value of an impersonal column (L1, L2) is not a leak if it matches the column's own pattern: a grid code
    has fifteen digits.
    """
    checks = []
    for column in columns:
        if (written := _as_text(column)) is None:
            continue
        text = f"regexp_replace(translate({written}, '{FULL_WIDTH}', '{HALF_WIDTH}'), '[\\s-]', '', 'g')"
        clean = f"not regexp_matches({text}, '{IDENTITY_NUMBER}|{MOBILE_NUMBER}')"
        pattern = _pattern(column) if column.classification in IMPERSONAL else None
        known = f"regexp_full_match({written}, {_literal(pattern)}) or " if pattern else ""
        checks.append(f"coalesce({known}{clean}, true)")
    return " and ".join(checks) or "true"


def _as_text(column: SchemaProperty) -> str | None:
    """Return SQL for the column's text as delivered, by its type; None for dates and booleans."""
    kind = (column.physicalType or "varchar").lower()
    if kind.startswith(("date", "timestamp", "boolean")):
        return None
    # Only the integer part of a fractional number: fifteen decimals are precision, not a number.
    is_fraction = kind.startswith(("double", "decimal"))
    return f"trunc({column.name})::hugeint::varchar" if is_fraction else f"{column.name}::varchar"


def _pattern(column: SchemaProperty) -> str | None:
    return (column.logicalTypeOptions or {}).get("pattern")


def _literal(text: str) -> str:
    escaped = text.replace("'", "''")
    return f"'{escaped}'"
