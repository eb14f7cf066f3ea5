"""Workbooks as clerks make them: a title, merged headers, the table, a totals row, notes below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from pipelines.contracts import TableContract

NUMBER = ("integer", "number")
ISO_DATE_LENGTH = 10


@dataclass(frozen=True)
class Sheet:
    """The content of a sheet: header texts with their columns, and the texts around the table."""

    table: TableContract
    title: str
    columns: Sequence[tuple[str, str]]
    has_hidden_sheet: bool
    created_at: datetime


def write_workbook(path: Path, sheet: Sheet, rows: Iterator[Sequence[Any]], totals: Sequence[Any]) -> None:
    """Write one workbook; `rows` and `totals` are texts in the order of `sheet.columns`."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": sheet.title, "created": sheet.created_at})
        if sheet.has_hidden_sheet:
            codes = book.add_worksheet("代码")
            codes.write_row(0, 0, ["代码", "名称"])
            codes.hide()
        page = book.add_worksheet(_sheet_name(sheet.table))
        page.activate()
        page.set_first_sheet()
        writer = _Writer(book, page, sheet)
        place = writer.headers()
        for row in rows:
            writer.row(place, row)
            place += 1
        writer.row(place, totals)
        page.write(place + 2, 0, "注：本表按月报送，如有更正请重新报送整表。")
        page.write(place + 3, 0, "填表人：经办员　　审核人：科室负责人")


def _sheet_name(table: TableContract) -> str:
    layout = table.layout
    return layout.sheet if layout and isinstance(layout.sheet, str) else "Sheet1"


class _Writer:
    def __init__(self, book: xlsxwriter.Workbook, page: Any, sheet: Sheet) -> None:
        self._page, self._sheet = page, sheet
        self._bold = book.add_format({"bold": True, "align": "center", "border": 1})
        self._date = book.add_format({"num_format": "yyyy-mm-dd"})
        self._kinds = [_kind(sheet.table, name) for _, name in sheet.columns]

    def headers(self) -> int:
        """Write title and headers; returns the first data row."""
        titles = [title for title, _ in self._sheet.columns]
        self._page.merge_range(0, 0, 0, max(len(titles) - 1, 1), self._sheet.title, self._bold)
        self._page.write(1, 0, "填报单位：淮南市")
        rows = self._sheet.table.layout.header_rows if self._sheet.table.layout else 1
        if rows == 1:
            self._page.write_row(2, 0, titles, self._bold)
            return 3
        self._two_rows(titles, rows)
        return 2 + rows

    def _two_rows(self, titles: Sequence[str], rows: int) -> None:
        groups = [title.split("/")[0] if "/" in title else None for title in titles]
        place = 0
        while place < len(titles):
            last = place
            while groups[place] and last + 1 < len(titles) and groups[last + 1] == groups[place]:
                last += 1
            if groups[place] is None:
                self._page.merge_range(2, place, 1 + rows, place, titles[place], self._bold)
            elif last > place:
                self._page.merge_range(2, place, 2, last, groups[place], self._bold)
            else:
                self._page.write(2, place, groups[place], self._bold)
            if groups[place]:
                for column in range(place, last + 1):
                    self._page.write(1 + rows, column, titles[column].split("/", 1)[1], self._bold)
            place = last + 1

    def row(self, place: int, values: Sequence[Any]) -> None:
        """Write one row of the table; empty values leave the cell empty."""
        for column, value in enumerate(values):
            if value is None:
                continue
            kind = self._kinds[column]
            if kind == "number" and _is_number(value):
                self._page.write_number(place, column, float(value))
            elif kind == "date" and _is_iso_date(value):
                self._page.write_datetime(place, column, datetime.fromisoformat(value), self._date)
            elif kind == "date" and value.isascii() and value.isdigit():
                self._page.write_number(place, column, int(value))
            else:
                self._page.write_string(place, column, str(value))


def _kind(table: TableContract, name: str) -> str:
    if name in (table.staging.get("dates") or []):
        return "date"
    if name in (table.staging.get("numbers") or []):
        return "number"
    known = name in table.column_names and table.column(name).logical_type in NUMBER
    return "number" if known else "text"


def _is_number(value: str) -> bool:
    digits = value.removeprefix("-").replace(".", "", 1)
    return digits.isascii() and digits.isdigit()


def _is_iso_date(value: str) -> bool:
    return len(value) == ISO_DATE_LENGTH and value.isascii() and value[4] == value[7] == "-"
