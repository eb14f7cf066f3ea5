"""Codes that were typed as numbers, and formulas without a result: told from what only looks like them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from pipelines.extract.files.raw_cells import OVERLAP_BYTES, RawCells, raw_cells
from tests.dropped_files.corpus import workbook
from tests.dropped_files.test_pull_files import files, landed
from tests.support.drops import HEADERS, drops_document
from tests.support.registry import write_contract


def look(folder: Path, cells: str, name: str = "sheet1") -> RawCells:
    path = folder / "book.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"xl/worksheets/{name}.xml", f"<sheetData><row>{cells}</row></sheetData>")
    return raw_cells(path)


def found(folder: Path, cells: str, name: str = "sheet1") -> dict[str, str]:
    return look(folder, cells, name).long_numbers


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="A1"><v>340403199003071235</v></c>',
        "<c><v>3.4040319900307123E+17</v></c>",
        '<c r="A1" s="1" t="n"><v>3.4040319900307123e17</v></c>',
        '<c r="A1"><f>B1+0</f><v>340403199003071235</v></c>',
        '<x:c r="A1"><x:v>340403199003071235</x:v></x:c>',
    ],
)
def test_a_number_beyond_fifteen_digits_is_found(tmp_path: Path, cell: str) -> None:
    lost = found(tmp_path, cell)
    assert set(lost.values()) == {"3.40403199003071E+17"}
    assert "340403199003071232" in lost


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="A1" t="str"><v>340403199003071235</v></c>',
        "<c r='A1' t='inlineStr'><is><t>340403199003071235</t></is></c>",
        '<c r="A1" t="s"><v>7</v></c>',
        "<c><v>123456789012345</v></c>",
        "<c><v>1234567890123456</v></c>",
        "<c><v>0.30000000000000004</v></c>",
        "<c><v>1E-300</v></c>",
        "<c><v>1.2.3.4.5.6.7.8.9.0.1.2</v></c>",
        "<c><v>" + "9" * 400 + "</v></c>",
    ],
)
def test_a_text_or_a_whole_number_is_not(tmp_path: Path, cell: str) -> None:
    assert found(tmp_path, cell) == {}


# Were the work to grow with the square of the sheet, this would take hours.
@pytest.mark.timeout(120)
@pytest.mark.parametrize("text", ["<c ", "<c><f ", "<c><f>", "<c", "<aaaa:", "<c><v>1", "<c><f>1</f><v"])
def test_a_sheet_that_is_made_to_take_long_does_not(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, "<v>340403199003071235</v>" + text * (1_000_000 // len(text))) == {}


def test_it_is_found_across_parts_and_in_every_sheet_alone(tmp_path: Path) -> None:
    number = "<c><v>340403199003071235</v></c>"
    for before in range((1 << 20) - 60, (1 << 20) - 10, 7):
        assert found(tmp_path, " " * before + number)
    assert found(tmp_path, number, "Sheet27")
    assert found(tmp_path, number, "../../tables/table1") == {}
    assert len(number) < OVERLAP_BYTES


@pytest.mark.parametrize(
    ("cell", "is_without"),
    [
        ('<c r="D4"><f>1+1</f></c>', True),
        ('<c r="D4"><f>1+1</f><v></v></c>', True),
        ('<c r="D4" t="n"><f t="shared" si="0"/><v/></c>', True),
        (f"<x:c><x:f>{'A1+' * 2_700}1</x:f><x:v/></x:c>", True),
        ('<c r="D4"><f>1+1</f><v>2</v></c>', False),
        ('<c r="D4" t="str"><f>IF(A1="","",1)</f><v></v></c>', False),
        ('<c r="D4" t="e"><f>1/0</f><v>#DIV/0!</v></c>', False),
        ('<c r="D4" s="1"/><c r="E4"><v>2</v></c>', False),
    ],
)
def test_a_formula_without_its_result_is_told_from_an_empty_text(
    tmp_path, cell: str, is_without: bool
) -> None:
    for before in (0, (1 << 20) - 40, (1 << 20) - 9_000):
        assert look(tmp_path, " " * before + cell).has_formulas_without_result == is_without


def test_an_error_is_no_empty_cell(settings, exchange, pull) -> None:
    write_contract(settings, drops_document("excel"))
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(2, 1, HEADERS)
        for place, error in enumerate(
            ("#DIV/0!", "#N/A", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"), 3
        ):
            page.write_row(place, 1, (f"B{place}", "甲", "2026-05", 1.5))
            page.write_formula(place, 4 + place % 3, "=A1", None, error)
        page.write_formula(12, 9, "=NA()", None, "#N/A")
        page.write_row(10, 1, ("B10", "乙", "2026-05", 1.5, "2026-05-06", "#1"))
    exchange.drop("benefit_202605_a.xlsx", held.getvalue())
    outcome = pull()
    assert (outcome.rows_read, outcome.rows_landed, outcome.rows_quarantined) == (8, 1, 7)
    assert [row[0] for row in landed(settings)] == ["B10"]


def test_only_in_a_column_of_texts(settings, exchange, pull) -> None:

    document = drops_document("excel")
    document["schema"][0]["properties"][3]["physicalType"] = "decimal(30,2)"
    write_contract(settings, document)
    rows = [
        (34_040_200_001_370_000_001, "甲", "2026-05", 1.5, "2026-05-06", ""),
        (34_040_200_001_370_000_002, "乙", "2026-05", 1.5, "2026-05-06", ""),
        ("34040200001370000003", "丙", "2026-05", 4e15, "2026-05-06", "1E+2亩"),
    ]
    exchange.drop("benefit_202605_a.xlsx", workbook(rows, HEADERS))
    outcome = pull()
    assert (outcome.rows_read, outcome.rows_landed, outcome.rows_quarantined) == (3, 1, 2)
    assert [(row[0], int(row[3])) for row in landed(settings)] == [("34040200001370000003", 4 * 10**15)]


@pytest.mark.parametrize(
    ("column", "number_format", "code", "columns"),
    [
        (0, "000000", 1234, ["benefit_no"]),
        (0, "000000;@", 1234, ["benefit_no"]),
        (0, "0", 1234, []),
        (0, "000000", 123456, []),
        (3, "000000", 1234, []),
    ],
)
def test_zeros_that_only_a_format_adds_are_told(
    settings, exchange, pull, column: int, number_format: str, code: int, columns: list[str]
) -> None:
    write_contract(settings, drops_document("excel"))
    row = ["B1", "甲", "2026-05", 1.5, "2026-05-06", ""]
    row[column] = code
    exchange.drop("benefit_202605_a.xlsx", workbook([row], HEADERS, formats={column: number_format}))
    assert pull().rows_landed == 1
    ((findings,),) = files(settings, "findings")
    assert [one["column"] for one in findings if one["finding"] == "zeros_by_format"] == columns
