"""Details of a workbook's cells that its reader does not expose.

A spreadsheet keeps fifteen significant digits. An identity number or device code typed as a number lost the
rest before it was saved, and may now be somebody else's. Such a cell is read as a number in scientific
notation, which door 1 recognises in a text column, as it does in a text file exported from a sheet.

A number whose format adds leading zeros (1234 shown as 001234) is read without them: the sheet holds none.
Whether such a code belongs to the same record as 001234 is for its owner to say.

A formula saved without its result, as by programs that do not calculate, is read as an empty cell.

Runs in the child process.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

FIRST_INEXACT, FIRST_ROUNDED = 1e15, 2**53
# A cell must fit whole into one of two overlapping chunks: a formula has at most 8,192 characters.
CHUNK_BYTES, OVERLAP_BYTES = 1 << 20, 1 << 15
STYLES, MOST_STYLE_BYTES = "xl/styles.xml", 1 << 23
SHEETS = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)

# No pattern reads past the next `<` at once, so the run time is linear in the sheet's size for any content.
_NAME = rb"<(?:\w{1,20}:)?"
_CELL = _NAME + rb"c(\s[^<>]*)?>"
_FORMULA = _NAME + rb"f(?:\s[^<>]*)?(?:/>|>[^<]*</(?:\w{1,20}:)?f>)"
_EMPTY = _NAME + rb"v\s*(?:/>|></(?:\w{1,20}:)?v>)"
_NUMBER = re.compile(
    _CELL + rb"(?:" + _FORMULA + rb")?" + _NAME + rb"v[^<>]*>(-?\d+(?:[.]\d*)?(?:[eE][+-]?\d+)?)<"
)
_WITHOUT_RESULT = re.compile(_CELL + _FORMULA + rb"(?:" + _EMPTY + rb")?</")
# Few sheets have such a number; the others are not searched cell by cell.
_LONG = re.compile(rb">-?(?:\d{16}|[\d.]{1,20}[eE]\+?(?:1[5-9]|[2-9]\d|\d{3}))")
_IS_NO_NUMBER = re.compile(rb"""\st\s*=\s*["'](?!n["'])""")
_PADDING = re.compile(rb"""numFmtId=["'](\d{1,9})["']\s+formatCode=["'](0{2,32})(?:;[^"'<>]*)?["']""")
_FORMAT_OF_STYLE = re.compile(_NAME + rb"""xf\s[^<>]*?numFmtId=["'](\d{1,9})["']""")
_STYLE_OF_CELL = re.compile(rb"""\ss=["'](\d{1,9})["']""")


@dataclass
class RawCells:
    """Maps how each number beyond fifteen digits is read to its notation with the digits that remain.

    `padded` holds the numbers to which a cell's format adds leading zeros, as they are read.
    `has_formulas_without_result` ignores formulas whose result is an empty text.
    """

    long_numbers: dict[str, str] = field(default_factory=dict)
    padded: set[str] = field(default_factory=set)
    has_formulas_without_result: bool = False


def raw_cells(path: Path) -> RawCells:
    """Scan all sheets of a workbook."""
    found = RawCells()
    with zipfile.ZipFile(path) as archive:
        widths = _widths(archive)
        for name in archive.namelist():
            if SHEETS.fullmatch(name):
                with archive.open(name) as sheet:
                    overlap = b""
                    while chunk := sheet.read(CHUNK_BYTES):
                        _look(overlap + chunk, found)
                        found.padded |= _padded(overlap + chunk, widths) if widths else set()
                        overlap = chunk[-OVERLAP_BYTES:]
    return found


def _look(part: bytes, found: RawCells) -> None:
    if _LONG.search(part):
        cells = (cell for cell in _NUMBER.finditer(part) if _is_number(cell))
        numbers = {number for cell in cells if _has_lost_digits(number := float(cell[2]))}
        # Readers write such a number with all digits of its 64 bits, or with the fewest that identify it.
        found.long_numbers |= {text: f"{number:.14E}" for number in numbers for text in _writings(number)}
    if not found.has_formulas_without_result:
        found.has_formulas_without_result = any(map(_is_number, _WITHOUT_RESULT.finditer(part)))


def _widths(archive: zipfile.ZipFile) -> dict[bytes, int]:
    """Return, for each cell style that pads numbers with zeros, to how many digits it does."""
    if STYLES not in archive.namelist():
        return {}
    with archive.open(STYLES) as part:
        styles = part.read(MOST_STYLE_BYTES)
    formats = {found[1]: len(found[2]) for found in _PADDING.finditer(styles)}
    cells = re.search(rb"<(?:\w{1,20}:)?cellXfs\b(.*?)</(?:\w{1,20}:)?cellXfs>", styles, re.DOTALL)
    used = _FORMAT_OF_STYLE.findall(cells[1] if formats and cells else b"")
    return {str(place).encode(): formats[number] for place, number in enumerate(used) if number in formats}


def _padded(part: bytes, widths: dict[bytes, int]) -> set[str]:
    """Return the whole numbers in a part of a sheet that have fewer digits than their style shows."""
    found = set()
    for cell in _NUMBER.finditer(part):
        style = _STYLE_OF_CELL.search(cell[1] or b"")
        width = widths.get(style[1], 0) if style and _is_number(cell) else 0
        if len(cell[2]) < width and cell[2].isdigit():
            found.add(cell[2].decode())
    return found


def _is_number(cell: re.Match[bytes]) -> bool:
    return not _IS_NO_NUMBER.search(cell[1] or b"")


def _has_lost_digits(number: float) -> bool:
    """Whether digits were lost: not if 64 bits hold the number and its sixteenth digit is not 0."""
    is_whole = abs(number) < FIRST_ROUNDED and number % 10 != 0
    return FIRST_INEXACT <= abs(number) < float("inf") and not is_whole


def _writings(number: float) -> tuple[str, str]:
    return str(int(number)), format(Decimal(repr(number)), "f").removesuffix(".0")
