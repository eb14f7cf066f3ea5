"""Door 1's casting: what is a value, what is none, and what is refused."""

from __future__ import annotations

import duckdb
import pytest

from pipelines.contracts import load_contracts
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


@pytest.mark.parametrize(
    ("text", "casts", "dated"),
    [("2026-05-01 08:00:00", True, True), ("0000-00-00 00:00:00", True, False), ("2018-02-30", False, True)],
)
def test_a_zero_date_is_told_from_one_that_no_calendar_has(text: str, casts: bool, dated: bool) -> None:
    assert judge("updated_at", text)[1:] == (casts, dated)
