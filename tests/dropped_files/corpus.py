"""Files of every kind that a department may drop, good, careless and hostile, with what is due to each.

A kind is a function from a number to a file's bytes; numbers vary the size, so that
no two files are the same.
"""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import xlsxwriter

from pipelines.extract.files.limits import LIMITS
from tests.support.drops import HEADERS, benefits, text_file

Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Kind:
    """What becomes of a file of this kind: its status, its reason, how many of its rows are quarantined."""

    build: Callable[[int], bytes]
    status: str = "landed"
    code: str | None = None
    quarantined: int = 0
    finding: str | None = None


class Formula(str):
    """A formula's result; an empty one was not saved."""


def rows_of(number: int) -> Rows:
    """The good rows of a file: more for a higher number, and none that another file has."""
    return benefits(number * 1_000 + 1, number * 1_000 + 3 + number)


def workbook(
    rows: Rows, headers: Sequence[str] = HEADERS, *, title: bool = True, totals: Sequence[Any] | None = None,
    notes: Sequence[str] = (), hidden: bool = False, blank_after: int | None = None, left: int = 0,
    groups: Sequence[tuple[int, int, str]] = (), formats: dict[int, str] | None = None,
) -> bytes:  # fmt: skip
    """A workbook as a clerk would make it; `groups` are merged headers over (first, last) columns."""
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True, "strings_to_formulas": False}) as book:
        if hidden:
            book.add_worksheet("代码").write(0, 0, "编号")
            book.get_worksheet_by_name("代码").hide()
        page = book.add_worksheet("发放表")
        page.activate()
        place = 0
        if title:
            page.merge_range(0, left, 0, left + len(headers) - 1, "救助发放表")
            place = 2
        for first, last, text in groups:
            page.merge_range(place, left + first, place, left + last, text)
        if groups:
            place += 1
        page.write_row(place, left, headers)
        styles = {column: book.add_format({"num_format": text}) for column, text in (formats or {}).items()}
        for row in rows:
            place += 1
            if blank_after is not None and place % blank_after == 0:
                place += 1
            for column, value in enumerate(row):
                if isinstance(value, Formula):
                    page.write_formula(place, left + column, "=NA()", styles.get(column), value)
                else:
                    page.write(place, left + column, value, styles.get(column))
        if totals:
            page.write_row(place + 1, left, totals)
        for number, note in enumerate(notes):
            page.write(place + 3 + number, left, note)
    return held.getvalue()


def repacked(content: bytes, **parts: bytes | None) -> bytes:
    """The same archive with parts added (`__` for `/`, `_DOT_` for `.`), or replaced."""
    wanted = {name.replace("__", "/").replace("_DOT_", "."): value for name, value in parts.items()}
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in wanted:
                new.writestr(name, old.read(name))
        for name, value in wanted.items():
            new.writestr(name, value or b"")
    return held.getvalue()


def part(content: bytes, name: str) -> bytes:
    """One part of an archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name)


def _numbers(rows: Rows) -> Rows:
    """Amounts as numbers, as a workbook has them."""
    return [(*row[:3], float(row[3]), *row[4:]) for row in rows]


def _sum(rows: Rows) -> float:
    return sum(float(row[3]) for row in rows)


def _moved(rows: Rows) -> Rows:
    return [(row[5], row[3], *row[:3], row[4]) for row in rows]


MOVED = (HEADERS[5], HEADERS[3], *HEADERS[:3], HEADERS[4])
RENAMED = (*HEADERS[:3], "发放金额", *HEADERS[4:])


def _wider(number: int) -> Rows:
    return [(*row, "x") for row in rows_of(number)]


def _with(number: int, column: int, value: Any) -> Rows:
    rows = [list(row) for row in rows_of(number)]
    rows[0][column] = value
    return rows


def _text(change: Callable[[bytes], bytes] = lambda content: content) -> Callable[[int], bytes]:
    return lambda number: change(text_file(rows_of(number)))


def _sheet(**options: Any) -> Callable[[int], bytes]:
    return lambda number: workbook(_numbers(rows_of(number)), **options)


def _bomb(number: int) -> bytes:
    strings = b"<sst><si><t>" + b"A" * ((48 + number) << 20) + b"</t></si></sst>"
    return repacked(_sheet()(number), xl__sharedStrings_DOT_xml=strings)


def _lying_bomb(number: int) -> bytes:
    """An archive that says of its large part that it is small."""
    content = bytearray(_bomb(number))
    size = ((48 + number) << 20) + len(b"<sst><si><t></t></si></sst>")
    return bytes(content.replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little")))


def _entities(number: int) -> bytes:
    content = _sheet()(number)
    strings = part(content, "xl/sharedStrings.xml")
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    start = strings.index(b"?>") + 2
    bomb = strings[:start] + f'<!DOCTYPE sst [<!ENTITY l0 "lol">{laughs}]>'.encode() + strings[start:]
    return repacked(content, xl__sharedStrings_DOT_xml=bomb)


def _far_cell(number: int) -> bytes:
    """A few bytes that make a reader think of seventeen thousand million cells."""
    content = _sheet()(number)
    sheet = part(content, "xl/worksheets/sheet1.xml")
    far = b'<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row></sheetData>'
    return repacked(content, xl__worksheets__sheet1_DOT_xml=sheet.replace(b"</sheetData>", far))


def _many_parts(number: int) -> bytes:
    held = io.BytesIO(_sheet()(number))
    with zipfile.ZipFile(held, "a") as archive:
        for place in range(2_500):
            archive.writestr(f"xl/media/{place}.bin", b"")
    return held.getvalue()


def _many_large_parts(number: int) -> bytes:
    """Each part is below what its packing would give away; together they fill the memory."""
    held = io.BytesIO(_sheet()(number))
    with zipfile.ZipFile(held, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for place in range(LIMITS.unpacked_bytes // LIMITS.packed_ratio_from_bytes + 1):
            archive.writestr(f"xl/media/{place}.bin", bytes(LIMITS.packed_ratio_from_bytes))
    return held.getvalue()


def _noise(number: int) -> bytes:
    return random.Random(number).randbytes(5_000 + number)


def _undecodable(number: int) -> bytes:
    content = text_file(benefits(number * 1_000, number * 1_000 + 40))
    return content + "B,\ud800,2026-05,1,2026-05-06,\n".encode("utf-8", "surrogatepass")


GOOD_TEXT = {
    "plain": Kind(_text()),
    "mark": Kind(_text(lambda content: b"\xef\xbb\xbf" + content)),
    "windows_lines": Kind(_text(lambda content: content.replace(b"\n", b"\r\n"))),
    "no_last_line_break": Kind(_text(lambda content: content.rstrip(b"\n"))),
    "old_mac_lines": Kind(_text(lambda content: content.replace(b"\n", b"\r"))),
    "old_mac_lines_and_a_line_feed": Kind(
        _text(lambda content: content.rstrip(b"\n").replace(b"\n", b"\r") + b"\n")),
    "unicode_text": Kind(lambda number: text_file(rows_of(number)).decode().encode("utf-16")),
    "blank_lines": Kind(_text(lambda content: content + b"\n\n")),
    "moved_columns": Kind(lambda number: text_file(_moved(rows_of(number)), MOVED)),
    "renamed_column": Kind(lambda number: text_file(rows_of(number), RENAMED)),
    "added_column": Kind(lambda number: text_file(_wider(number), (*HEADERS, "新列"))),
    "wide_headers": Kind(lambda number: text_file(rows_of(number), tuple(f" {name} " for name in HEADERS))),
    "quoted": Kind(lambda number: text_file(_with(number, 5, '"甲,乙\n丙""丁"""'))),
    "formula_text": Kind(lambda number: text_file(_with(number, 5, "=cmd|'/C calc'!A0"))),
    "signs": Kind(lambda number: text_file(_with(number, 5, "@SUM(1+1)"))),
    "full_width": Kind(lambda number: text_file(_with(number, 2, "２０２６．５"))),
    "long_cell": Kind(lambda number: text_file(_with(number, 5, "长" * 100_000))),
    "other_encoding": Kind(lambda number: text_file(rows_of(number), encoding="gb18030")),
    "rare_characters": Kind(lambda number: text_file(_with(number, 1, "𠮷䶮㐂"))),
}  # fmt: skip
BAD_TEXT = {
    "ragged": Kind(_text(lambda content: content + b"B1,x\nB2,x,2026-05,1,2,3,4,5,6\n"), quarantined=2),
    "open_quote": Kind(_text(lambda content: content + '"B9,人,2026-05,1,,\n'.encode()), quarantined=1),
    "no_key": Kind(lambda number: text_file(_with(number, 0, "")), quarantined=1),
    "not_a_number": Kind(lambda number: text_file(_with(number, 3, "很多")), quarantined=1),
    "undecodable_row": Kind(_undecodable, quarantined=1),
    "code_saved_as_number": Kind(lambda number: text_file(_with(number, 0, "3.40402E+19")), quarantined=1),
    "empty": Kind(lambda number: b"\n" * number, "incomplete", "file_incomplete"),
    "no_header": Kind(_text(lambda content: content.split(b"\n", 1)[1]), "refused", "header_not_found"),
    "header_of_old_macs": Kind(
        _text(lambda content: content.replace(b"\n", b"\r", 2)), "refused", "header_not_found"),
    "row_of_old_macs": Kind(
        _text(lambda content: b"\r".join(content.rsplit(b"\n", 2))), "refused", "line_ends_mixed"),
    "other_delimiter": Kind(
        _text(lambda content: content.replace(b",", b";")), "refused", "delimiter_changed"),
    "two_of_one_header": Kind(
        lambda number: text_file(rows_of(number), (*HEADERS[:5], "发放金额")), "refused", "header_ambiguous"),
    "headers_only": Kind(
        lambda number: text_file([], (*HEADERS, f"列{number}")), quarantined=0),
    "key_column_gone": Kind(
        lambda number: text_file([row[1:] for row in rows_of(number)], HEADERS[1:]),
        "refused", "columns_changed"),
    "nul_bytes": Kind(_text(lambda content: content + b"B1,\0,2026-05,1,,\n"), "refused", "file_hostile"),
    "sixteen_bits": Kind(
        lambda number: text_file(rows_of(number)).decode().encode("utf-16-le"), "refused", "file_hostile"),
    "endless_line": Kind(
        lambda number: text_file(rows_of(number)) + b"B" * ((3 << 20) + number), "refused", "file_hostile"),
    "endless_header": Kind(lambda number: b"A" * ((3 << 20) + number), "refused", "file_hostile"),
    "noise": Kind(_noise, "refused", "file_hostile"),
}  # fmt: skip
GOOD_BOOKS = {
    "plain": Kind(_sheet(title=False)),
    "title": Kind(_sheet()),
    "totals_and_notes": Kind(
        lambda number: workbook(
            _numbers(rows_of(number)), totals=("合计", "", "", _sum(rows_of(number))),
            notes=("注：按月报送。", "填表人：经办员"))),
    "count_in_totals": Kind(
        lambda number: workbook(rows_of(number), totals=("合 计：", f"共{len(rows_of(number))}人"))),
    "two_header_rows": Kind(
        lambda number: workbook(_numbers(rows_of(number)), ("编号", "姓名", *HEADERS[2:]),
                                groups=[(1, 2, "户主信息")])),
    "moved_columns": Kind(lambda number: workbook(_moved(rows_of(number)), MOVED)),
    "renamed_column": Kind(lambda number: workbook(rows_of(number), RENAMED)),
    "added_column": Kind(lambda number: workbook(_wider(number), (*HEADERS, "新列"))),
    "broken_header": Kind(lambda number: workbook(rows_of(number), (*HEADERS[:3], "金\n额", *HEADERS[4:]))),
    "hidden_sheet": Kind(_sheet(hidden=True)),
    "blank_rows": Kind(_sheet(blank_after=3)),
    "table_to_the_right": Kind(_sheet(left=4)),
    "full_width": Kind(lambda number: workbook(_with(number, 2, "２０２６．５"))),
    "apostrophe": Kind(lambda number: workbook(_with(number, 5, "'0123"))),
    "day_number": Kind(lambda number: workbook(_with(number, 4, 43_529))),
    "typed_date": Kind(
        lambda number: workbook(_with(number, 4, datetime(2019, 3, 5)), formats={4: "yyyy-mm-dd"})),  # noqa: DTZ001
    "formula_text": Kind(lambda number: workbook(_with(number, 5, "+1+cmd|'/C calc'!A0"))),
}  # fmt: skip
BAD_BOOKS = {
    "wrong_total": Kind(
        lambda number: workbook(_numbers(rows_of(number)), totals=("合计", "", "", 1)),
        finding="control_total_mismatch"),
    "wrong_count": Kind(
        lambda number: workbook(rows_of(number), totals=("合计", "共1人")), finding="control_total_mismatch"),
    "no_key": Kind(lambda number: workbook(_with(number, 0, None)), quarantined=1),
    "no_header": Kind(
        lambda number: workbook(rows_of(number), "甲乙丙丁戊己"), "refused", "header_not_found"),
    "code_typed_as_number": Kind(
        lambda number: workbook(_with(number, 0, 34_040_200_001_370_000_000 + number)), quarantined=1),
    "look_up_that_failed": Kind(lambda number: workbook(_with(number, 5, Formula("#N/A"))), quarantined=1),
    "formula_without_result": Kind(
        lambda number: workbook(_with(number, 3, Formula(""))), "refused", "formula_without_result"),
    "cut_off": Kind(lambda number: _sheet()(number)[:-900], "incomplete", "file_incomplete"),
    "text_by_another_name": Kind(_text(), "refused", "file_unreadable"),
    "encrypted": Kind(
        lambda number: bytes.fromhex("d0cf11e0a1b11ae1") + _noise(number), "refused", "file_encrypted"),
    "zip_bomb": Kind(_bomb, "refused", "file_hostile"),
    "lying_zip_bomb": Kind(_lying_bomb, "incomplete", "file_incomplete"),
    "many_parts": Kind(_many_parts, "refused", "file_hostile"),
    "many_large_parts": Kind(_many_large_parts, "refused", "file_hostile"),
    "entities": Kind(_entities, "refused", "file_hostile"),
    "sixteen_bit_entities": Kind(
        lambda number: repacked(
            _sheet()(number),
            xl__styles_DOT_xml=f'<!DOCTYPE x [<!ENTITY a "{number}">]><x/>'.encode("utf-16")),
        "refused", "file_hostile"),
    "macros": Kind(
        lambda number: repacked(_sheet()(number), xl__vbaProject_DOT_bin=b"x"), "refused", "file_hostile"),
    "links": Kind(
        lambda number: repacked(_sheet()(number), xl__externalLinks__externalLink1_DOT_xml=b"<x/>"),
        "refused", "file_hostile"),
    "climbing_part": Kind(
        lambda number: repacked(_sheet()(number), **{"..__..__etc__passwd": b"x"}),
        "refused", "file_hostile"),
    "far_cell": Kind(_far_cell, "refused", "file_too_costly"),
    "not_a_book": Kind(
        lambda number: repacked(_sheet()(number), xl__workbook_DOT_xml=b"<workbook/>"),
        "refused", "header_not_found"),
}  # fmt: skip
# Expensive to build or to refuse: fewer of them.
COSTLY = (
    "zip_bomb",
    "lying_zip_bomb",
    "far_cell",
    "many_parts",
    "many_large_parts",
    "endless_line",
    "endless_header",
)
KINDS = {
    **{f"csv.{name}": kind for name, kind in (GOOD_TEXT | BAD_TEXT).items()},
    **{f"excel.{name}": kind for name, kind in (GOOD_BOOKS | BAD_BOOKS).items()},
}


def corpus() -> dict[str, tuple[Kind, bytes, int]]:
    """At least two hundred files by name: their kind, content, and number."""
    files: dict[str, tuple[Kind, bytes, int]] = {}
    for position, (name, kind) in enumerate(KINDS.items()):
        file_format, plain = name.split(".")
        ending = "xlsx" if file_format == "excel" else "csv"
        for copy in range(1 if plain in COSTLY else 4):
            number = position * 4 + copy + 1
            files[f"benefit_202605_{plain}_{copy}.{ending}"] = (kind, kind.build(number), number)
    return files
