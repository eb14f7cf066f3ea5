"""Read a hand-made workbook as a table: header rows, end of data, and totals row.

Runs in the child process. Cells are read as text in bulk; Python inspects only the first and last rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import fastexcel
import polars as pl

from pipelines.extract.files.archive import check_archive
from pipelines.extract.files.headers import SEPARATOR, Matched, column_names, match
from pipelines.extract.files.job import Job, ParsedFile, RefusedFileError, Total
from pipelines.extract.files.raw_cells import raw_cells

HEADER_SEARCHED_ROWS = 40
TAIL_SEARCHED_ROWS = 60
MOST_HEADER_ROWS = 3
TOTALS = ("合计", "总计", "小计", "共计", "累计", "总合计")
GRAND_TOTALS = ("合计", "总计", "共计", "总合计")
# The text a cell shows for each error, by the reader's name for it.
ERRORS = {
    "Div0": "#DIV/0!", "NA": "#N/A", "Name": "#NAME?", "Null": "#NULL!", "Num": "#NUM!", "Ref": "#REF!",
    "Value": "#VALUE!",
}  # fmt: skip
PLACE, LABEL, FILLED = "_place", "_label", "_filled"
_HALF_WIDTH = str.maketrans("０１２３４５６７８９．－，", "0123456789.-,")


def read_workbook(job: Job) -> ParsedFile:
    """Write the table of one workbook as Parquet.

    Raises:
        RefusedFileError: it may not be opened, or contains no such table.
    """
    check_archive(Path(job.path), job.limits)
    raw = raw_cells(Path(job.path))
    if raw.has_formulas_without_result:
        raise RefusedFileError("formula_without_result", "it has formulas whose results were not saved")
    sheet, others = _sheets(job)
    cells = _cells(sheet, job)
    place, depth, matched, headers = _headers(job, cells)
    if matched.repeated:
        raise RefusedFileError("header_ambiguous", f"two columns have the header of '{matched.repeated[0]}'")
    if lacking := matched.lacks_most(job.headers):
        raise RefusedFileError("header_not_found", f"{lacking} are in any of its first rows")
    names = column_names(headers, matched)
    body = cells.slice(place + depth).rename(dict(zip(cells.columns, names, strict=True)))
    used = [name for name, header in zip(names, headers, strict=True) if header or body[name].count()]
    table, totals, notes = _parts(body.select(used), job)
    data = _with_lost_digits(table.drop(PLACE, LABEL, FILLED), raw.long_numbers, job)
    data.write_parquet(job.target, compression="zstd")
    return ParsedFile(
        columns=data.columns, rows=data.height, header_row=place + 1, totals_rows=totals.height,
        note_lines=notes, totals=_compared(data, totals, job),
        sheets_left_out=sum(_is_alike(other, matched, job) for other in others),
        zeros_by_format=_zeros_by_format(data, raw.padded, job),
    )  # fmt: skip


def _with_lost_digits(data: pl.DataFrame, written: Mapping[str, str], job: Job) -> pl.DataFrame:
    """Rewrite codes that were typed as numbers in the notation by which door 1 recognises them."""
    texts = [name for name in data.columns if name not in job.numbers]
    return data.with_columns(pl.col(texts).replace(written)) if written and texts else data


def _zeros_by_format(data: pl.DataFrame, padded: set[str], job: Job) -> dict[str, int]:
    """Count the values of the contract's text columns that are shown with more zeros than they have."""
    texts = [name for name in data.columns if name in job.headers and name not in job.numbers]
    counts = {name: int(data[name].is_in(list(padded)).sum()) for name in texts} if padded else {}
    return {name: count for name, count in counts.items() if count}


def _is_alike(sheet: fastexcel.ExcelSheet, matched: Matched, job: Job) -> bool:
    """Whether another sheet has rows under at least as many of the contract's headers as the one read."""
    try:
        cells = _cells(sheet, job)
        place, depth, other, _ = _headers(job, cells)
    except RefusedFileError:
        return False
    return other.count >= matched.count and cells.height > place + depth


@contextmanager
def _as_refusal() -> Iterator[None]:
    try:
        yield
    except (fastexcel.FastExcelError, UnicodeDecodeError, ValueError) as error:
        raise RefusedFileError(
            "file_unreadable", f"it cannot be read as a workbook ({type(error).__name__})"
        ) from None


def _cells(sheet: fastexcel.ExcelSheet, job: Job) -> pl.DataFrame:
    """Return all cells of the sheet as typed text, null where empty or blank."""
    with _as_refusal():
        frame = _with_errors(sheet) if sheet.height and sheet.width else pl.DataFrame()
    if frame.width > job.limits.columns:
        raise RefusedFileError(
            "file_hostile", f"it has {frame.width} columns; {job.limits.columns} are allowed"
        )
    # A typed date is read with a midnight time that nobody entered.
    text = pl.all().cast(pl.String).str.replace(r"^(\d{4}-\d{2}-\d{2}) 00:00:00$", "$1")
    return frame.select(text.str.replace(r"^\s+$", "").replace("", None))


def _with_errors(sheet: fastexcel.ExcelSheet) -> pl.DataFrame:
    """Return the cells; an error, such as a failed lookup, becomes its own text rather than an empty cell."""
    batch, errors = sheet.to_arrow_with_errors()
    frame = pl.from_arrow(batch)
    assert isinstance(frame, pl.DataFrame), "a record batch has columns"
    places: dict[int, dict[int, str]] = {}
    for error in errors.errors if errors else ():
        row, column = error.position
        kind = re.search(r"Error\((\w+)\)", error.detail)
        places.setdefault(column, {})[row] = ERRORS.get(kind[1] if kind else "", "#ERROR!")
    return frame.with_columns(
        frame.to_series(column).scatter(list(texts), list(texts.values())) for column, texts in places.items()
    )


def _load(book: fastexcel.ExcelReader, name: str) -> fastexcel.ExcelSheet:
    return book.load_sheet(name, header_row=None, dtypes="string", schema_sample_rows=1)


def _sheets(job: Job) -> tuple[fastexcel.ExcelSheet, list[fastexcel.ExcelSheet]]:
    """Return the named or n-th visible sheet, and the other visible sheets if it was chosen by number."""
    wanted = job.layout.get("sheet", 1)
    with _as_refusal():
        book = fastexcel.read_excel(job.path)
        if isinstance(wanted, str) and wanted in book.sheet_names:
            return _load(book, wanted), []
        sheets = [_load(book, name) for name in book.sheet_names]
    visible = [sheet for sheet in sheets if sheet.visible == "visible"]
    if isinstance(wanted, int) and wanted <= len(visible):
        return visible[wanted - 1], [*visible[: wanted - 1], *visible[wanted:]]
    if isinstance(wanted, str) and len(visible) == 1:
        return visible[0], []
    raise RefusedFileError(
        "header_not_found", f"it has no sheet '{wanted}' among its {len(visible)} visible ones"
    )


def _headers(job: Job, cells: pl.DataFrame) -> tuple[int, int, Matched, list[str | None]]:
    """Return the first header row, their number, the match and the texts: the best match near the top."""
    top = [list(row) for row in cells.head(HEADER_SEARCHED_ROWS).select(pl.all().str.strip_chars()).rows()]
    depths = sorted(
        range(1, MOST_HEADER_ROWS + 1), key=lambda depth: depth != job.layout.get("header_rows", 1)
    )
    best: tuple[int, int, Matched, list[str | None]] | None = None
    for depth in depths:
        for place in range(len(top) - depth + 1):
            headers = _joined(top[place : place + depth])
            matched = match(headers, job.headers)
            known = (best[2].count, best[2].exact) if best else (0, 0)
            if (matched.count, matched.exact) > known:
                best = place, depth, matched, headers
    if best is None:
        raise RefusedFileError(
            "header_not_found", f"none of its first {HEADER_SEARCHED_ROWS} rows has a header of the contract"
        )
    return best


def _joined(rows: Sequence[Sequence[str | None]]) -> list[str | None]:
    """Return one text per column; a merged group extends to the right as long as there are parts below it."""
    joined: list[str | None] = []
    groups: list[str | None] = [None] * len(rows)
    for cells in zip(*rows, strict=True):
        parts: list[str] = []
        for level, cell in enumerate(cells):
            has_part_below = any(cells[level + 1 :])
            if cell is not None:
                groups[level:] = [cell if has_part_below else None, *[None] * (len(rows) - level - 1)]
            text = cell or (groups[level] if has_part_below else None)
            if text and text not in parts:
                parts.append(text)
        joined.append(SEPARATOR.join(parts) or None)
    return joined


def _parts(body: pl.DataFrame, job: Job) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Split into table rows, totals rows and the number of note lines below; blank rows are dropped."""
    marked = body.with_columns(
        pl.coalesce(pl.all()).str.replace_all(r"[\s:：]", "").alias(LABEL),
        pl.sum_horizontal(pl.all().is_not_null()).alias(FILLED),
    ).with_row_index(PLACE)
    marked = marked.filter(pl.col(FILLED) > 0)
    is_total = pl.col(LABEL).is_in(TOTALS)
    totals, rows = marked.filter(is_total), marked.filter(~is_total)
    notes = _note_lines(rows, job)
    return rows.head(rows.height - notes), totals, notes


def _note_lines(rows: pl.DataFrame, job: Job) -> int:
    """Return how many of the last rows hold a single text and no key: remarks, not records."""
    keys = [key for key in job.keys if key in rows.columns]
    columns = [name for name in rows.columns if name not in (PLACE, LABEL, FILLED)]
    notes = 0
    for row in reversed(rows.tail(TAIL_SEARCHED_ROWS).select(FILLED, LABEL, *columns).rows(named=True)):
        has_key = len(columns) > 1 and all(row[key] is not None for key in keys)
        if row[FILLED] > 1 or (has_key and not _is_remark(row[LABEL])):
            break
        notes += 1
    return notes


def _is_remark(text: str | None) -> bool:
    return (
        bool(re.match(r"(注|备注|说明|填表|制表|审核|单位负责|经办|联系|本表)", text or ""))
        or len(text or "") > 40
    )


def _compared(data: pl.DataFrame, totals: pl.DataFrame, job: Job) -> tuple[Total, ...]:
    """Compare the last grand total with the rows: sums for numbers, the row count for other columns."""
    grand = totals.filter(pl.col(LABEL).is_in(GRAND_TOTALS)).tail(1).rows(named=True)
    if not grand:
        return ()
    found = []
    for name in data.columns:
        stated = _number(grand[0][name])
        if stated is None:
            continue
        if name not in job.numbers:
            counted = float(data.height) if stated.is_integer() else None
        else:
            counted = _sum(data[name])
        if counted is not None:
            found.append(Total(name, stated, counted))
    return tuple(found)


def _sum(values: pl.Series) -> float | None:
    """Return the sum of a column; None if a cell is not a number."""
    plain = values.drop_nulls()
    for wide, narrow in zip("０１２３４５６７８９．－", "0123456789.-", strict=True):
        plain = plain.str.replace_all(wide, narrow, literal=True)
    numbers = plain.str.replace_all(r"[^0-9.-]", "").cast(pl.Float64, strict=False)
    return None if numbers.null_count() else float(numbers.sum())


def _number(text: str | None) -> float | None:
    plain = (text or "").strip().translate(_HALF_WIDTH)
    found = re.fullmatch(r"共?(-?[\d,]*\.?\d+)(元|人|户|个|条|项|件)?", plain)
    return float(found[1].replace(",", "")) if found else None
