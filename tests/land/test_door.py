"""Door 1's casting: what is a value, what is none, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest

from pipelines.contracts import load_contracts
from pipelines.contracts.model import Column
from pipelines.land.door import Door
from pipelines.settings import PROJECT_ROOT

TABLE = load_contracts(PROJECT_ROOT / "sources")["property"].table("building")


def judge(column: str, text: str) -> tuple[object, bool, bool]:
    """The column's value, and whether it casts and its date is one, of a row whose every value is a text."""
    door = Door(TABLE, dict.fromkeys(TABLE.column_names, "VARCHAR"))
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'Asia/Shanghai'")
        values = ", ".join(
            f"{'$text' if name == column else 'null'}::varchar as {name}" for name in TABLE.column_names
        )
        dated = "_dated_updated_at" if column == "updated_at" else "true"
        checked = door.checked(f"(select {values})")
        query = f"select {column}::varchar, _casts_{column}, {dated} from ({checked})"
        return connection.execute(query, {"text": text}).fetchone()


@pytest.mark.parametrize("text", ["5", " 5 ", "\u30005\u3000", "5\u00a0"])
def test_blanks_of_any_width_beside_a_number_are_passed_over(text: str) -> None:
    assert judge("floors_count", text) == ("5", True, True)


@pytest.mark.parametrize("text", ["", "  ", "\u3000"])
def test_blanks_alone_are_no_value(text: str) -> None:
    assert judge("floors_count", text) == (None, True, True)


@pytest.mark.parametrize("text", ["五", "5层", "2\u3000层"])
def test_what_is_no_number_does_not_cast(text: str) -> None:
    assert judge("floors_count", text) == (None, False, True)


@pytest.mark.parametrize("text", ["1.5", "1e-3", "0x10", "NaN", "9.999"])
def test_a_number_that_is_not_whole_is_no_integer(text: str) -> None:
    assert judge("floors_count", text) == (None, False, True)


@pytest.mark.parametrize(("text", "value"), [("5.0", "5"), ("1e3", "1000"), ("+7", "7")])
def test_a_whole_number_may_be_written_with_a_point(text: str, value: str) -> None:
    assert judge("floors_count", text) == (value, True, True)


AMOUNT = Column("amount", "金额", "number", "decimal(10,2)", "DECIMAL(10,2)", "L2")
SHARE = Column("share", "占比", "number", "double", "DOUBLE", "L2")
SCORE = Column("score", "得分", "integer", "bigint", "BIGINT", "L2")
NUMBERS = replace(TABLE, columns=(AMOUNT, SHARE, SCORE), primary_key=("amount",), rules=())


def judge_number(name: str, kind: str, value: object) -> tuple[str | None, list[str]]:
    """The landed value, and the rules that a row breaks in which only this column says anything."""
    door = Door(NUMBERS, {column.name: column.duckdb_type for column in NUMBERS.columns} | {name: kind})
    given = {column.name: f"null::{column.duckdb_type} as {column.name}" for column in NUMBERS.columns}
    row = ", ".join((given | {name: f"$value::{kind} as {name}"}).values())
    with duckdb.connect() as connection:
        query = (
            f"select {name}::varchar, list_transform({door.broken()}, lambda rule: rule.rule_code), _is_kept "
            f"from ({door.judged(f'(select {row})')})"
        )
        landed, broken, is_kept = connection.execute(query, {"value": value}).fetchone()
    assert is_kept == (not any(rule.startswith("type.") for rule in broken))
    return landed, broken


@pytest.mark.parametrize("kind", ["VARCHAR", "DOUBLE", "FLOAT", "DECIMAL(12,4)"])
def test_a_decimal_that_is_rounded_is_flagged(kind: str) -> None:
    assert judge_number("amount", kind, "12.375") == ("12.38", ["rounded.amount"])
    assert judge_number("amount", kind, "12.5") == ("12.50", [])


@pytest.mark.parametrize("text", ["0.30000000000000004", "1234567.8900000001", "1.10", "-0"])
def test_what_arithmetic_adds_to_a_decimal_is_not(text: str) -> None:
    assert judge_number("amount", "VARCHAR", text)[1] == []
    assert judge_number("amount", "DOUBLE", text)[1] == []
    assert judge_number("amount", "FLOAT", "0.1") == ("0.10", [])


@pytest.mark.parametrize("kind", ["VARCHAR", "DOUBLE", "FLOAT"])
@pytest.mark.parametrize("value", ["NaN", "inf", "-Infinity"])
def test_what_is_no_finite_number_is_none(kind: str, value: str) -> None:
    assert judge_number("share", kind, value)[1] == ["type.share"]
    assert judge_number("amount", kind, value)[1] == ["type.amount"]
    assert judge_number("score", kind, value)[1] == ["type.score"]
    assert judge_number("share", kind, "0.25") == ("0.25", [])


@pytest.mark.parametrize("kind", ["VARCHAR", "DOUBLE", "DECIMAL(18,3)", "FLOAT"])
def test_a_fraction_does_not_become_an_integer(kind: str) -> None:
    assert judge_number("score", kind, "2.5") == (None, ["type.score"])
    assert judge_number("score", kind, "2.0") == ("2", [])


def test_the_largest_integers_come_whole() -> None:
    for value in ("9223372036854775807", "-9223372036854775808", "9007199254740993"):
        assert judge_number("score", "VARCHAR", value) == (value, [])
        assert judge_number("score", "DECIMAL(20,0)", value) == (value, [])


@pytest.mark.parametrize(
    ("text", "casts", "dated"),
    [("2026-05-01 08:00:00", True, True), ("0000-00-00 00:00:00", True, False), ("2018-02-30", False, True)],
)
def test_a_zero_date_is_told_from_one_that_no_calendar_has(text: str, casts: bool, dated: bool) -> None:
    assert judge("updated_at", text)[1:] == (casts, dated)


def test_keys_that_hold_their_divider_do_not_become_one_record() -> None:
    table = replace(TABLE, primary_key=TABLE.column_names[:2])
    first, second = table.primary_key
    keys = [("x|y", "z"), ("x", "y|z"), ("x!|y", "z"), ("x!", "y|z"), ("x!", "z"), ("x", None), ("7", "8")]
    with duckdb.connect() as connection:
        row = f"select $a::varchar as {first}, $b::varchar as {second}"
        query = f"select {Door(table, {}).record_id()} from ({row})"
        found = [connection.execute(query, {"a": a, "b": b}).fetchone()[0] for a, b in keys]
    assert len(set(found)) == len(keys)
    assert found[-3:] == ["x!|z", "x|", "7|8"]


@pytest.mark.parametrize("name", ["building_name", "firmware"])
@pytest.mark.parametrize(
    ("text", "is_kept"), [("a\0b", False), ("\0", False), ("a'\\\uffff\n", True), (None, True)]
)
def test_a_nul_is_kept_out_of_every_text_also_of_one_that_is_new(name, text, is_kept) -> None:
    known = Column("building_name", "楼栋名称", "string", "text", "VARCHAR", "L1")
    table = replace(TABLE, columns=(known,), primary_key=("building_name",), rules=())
    door = Door(table, dict.fromkeys(("building_name", "firmware"), "VARCHAR"), ("firmware",))
    row = "select $a::varchar as building_name, $b::varchar as firmware"
    values = {"a": "x", "b": "x"} | {"a" if name == "building_name" else "b": text}
    with duckdb.connect() as connection:
        query = (
            f"select _is_kept, list_transform({door.broken()}, lambda rule: rule.rule_code), "
            f"contains({door.shown_record_id()}, chr(0)) from ({door.judged(f'({row})')})"
        )
        found = connection.execute(query, values).fetchone()
    assert found[:2] == (is_kept, [] if is_kept else [f"nul.{name}"])
    assert not found[2]
