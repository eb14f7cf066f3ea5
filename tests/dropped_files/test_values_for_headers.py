"""A file in whose first row are values, not headers: none of them is told to anybody."""

from __future__ import annotations

import io

import pytest
import xlsxwriter

from pipelines.installation.state import connect_state
from tests.support.drops import HEADERS, benefits, drops_document, text_file
from tests.support.registry import write_contract

MAY = "benefit_202605_a.csv"
SOMEBODY = ("34049519900307123X", "金额", "王秀英", "13955123456", "田家庵区阳光花园3号楼", "备注")


def told(settings, outcome) -> str:
    """Everything that people are told of what was pulled."""
    with connect_state(settings) as state:
        tables = ("ops.files", "ops.drift", "quality.work_orders", "ops.run_outcomes")
        rows = [state.execute(f"select * from {table}").fetchall() for table in tables]
    return f"{outcome} {rows}"


@pytest.mark.parametrize("file_format", ["csv", "excel"])
@pytest.mark.parametrize("row", [SOMEBODY, SOMEBODY[:2]])
def test_a_file_without_a_header_row_is_refused_and_its_values_are_not_told(
    settings, exchange, pull, caplog, file_format: str, row: tuple[str, ...]
) -> None:
    write_contract(settings, drops_document(file_format))
    if file_format == "csv":
        exchange.drop(MAY, text_file([row], row))
    else:
        held = io.BytesIO()
        with xlsxwriter.Workbook(held, {"in_memory": True}) as book:
            page = book.add_worksheet()
            page.write_row(0, 0, row)
            page.write_row(1, 0, row)
        exchange.drop("benefit_202605_a.xlsx", held.getvalue())
    outcome = pull()
    with connect_state(settings) as state:
        assert state.execute("select status, reason_code from ops.files").fetchall() == [
            ("refused", "header_not_found")
        ]
    assert "no header row" in outcome.message
    found = told(settings, outcome) + caplog.text
    assert [value for value in SOMEBODY if value in found and value not in HEADERS] == []


@pytest.mark.parametrize("policy", ["freeze", "evolve", "quarantine"])
@pytest.mark.parametrize(
    ("more", "hidden"),
    [
        (("13955123456",), ("13955123456",)),
        (("王秀英", "李强", "大通区", "住址", "民族", "备用", "其他"), ("王秀英",)),
    ],
)
def test_a_header_that_may_be_a_value_is_not_told(
    settings, exchange, pull, caplog, policy: str, more: tuple[str, ...], hidden: tuple[str, ...]
) -> None:
    document = drops_document()
    document["customProperties"][1]["value"] |= {"columns": policy}
    write_contract(settings, document)
    exchange.drop(MAY, text_file([(*row, *more) for row in benefits(1, 2)], (*HEADERS, *more)))
    found = told(settings, pull()) + caplog.text
    assert f"无表头列{len(HEADERS) + 1}" in found
    assert [value for value in hidden if value in found] == []
