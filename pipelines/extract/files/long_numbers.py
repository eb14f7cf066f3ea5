"""Numbers in a workbook of which the last digits are gone.

A spreadsheet keeps fifteen digits of a number. An identity number or a device code that
was typed as one has lost the rest before it was saved, and may have become somebody
else's. Such a cell is read as what it is, a number in scientific notation, by which door
1 knows it in a column of texts; it is the same in a text file that was saved from a sheet.

Runs in the child.
"""

from __future__ import annotations

import re
import zipfile
from decimal import Decimal
from pathlib import Path

FIRST_INEXACT, FIRST_ROUNDED = 1e15, 2**53
CHUNK_BYTES, OVERLAP_BYTES = 1 << 20, 1 << 12
SHEETS = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
# Few sheets have one at all: those are not taken apart.
_LONG = re.compile(rb">-?(?:\d{16}|[\d.]{1,20}[eE]\+?(?:1[5-9]|[2-9]\d|\d{3}))")
# No part of it reads past the next `<`: the work grows with the sheet alone, whatever is in it.
_CELL = re.compile(
    rb"<(?:\w{1,20}:)?c(\s[^<>]*)?>"
    rb"(?:<(?:\w{1,20}:)?f[^<>]*(?:/>|>[^<]*</(?:\w{1,20}:)?f>))?"
    rb"<(?:\w{1,20}:)?v[^<>]*>(-?\d+(?:[.]\d*)?(?:[eE][+-]?\d+)?)<"
)
_IS_NO_NUMBER = re.compile(rb"""\st\s*=\s*["'](?!n["'])""")


def long_numbers(path: Path) -> dict[str, str]:
    """By what it is read as, how each number beyond fifteen digits is written with those that are left."""
    found: dict[str, str] = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if SHEETS.fullmatch(name):
                with archive.open(name) as sheet:
                    overlap = b""
                    while chunk := sheet.read(CHUNK_BYTES):
                        found |= _in_part(overlap + chunk)
                        overlap = chunk[-OVERLAP_BYTES:]
    return found


def _in_part(part: bytes) -> dict[str, str]:
    if not _LONG.search(part):
        return {}
    cells = (cell for cell in _CELL.finditer(part) if not _IS_NO_NUMBER.search(cell[1] or b""))
    numbers = {number for cell in cells if _has_lost_digits(number := float(cell[2]))}
    # Readers write such a number either with all digits of its 64 bits or with those that tell it apart.
    return {text: f"{number:.14E}" for number in numbers for text in _writings(number)}


def _has_lost_digits(number: float) -> bool:
    """One whose sixteenth digit is there was not typed into a sheet, and 64 bits hold it."""
    is_whole = abs(number) < FIRST_ROUNDED and number % 10 != 0
    return FIRST_INEXACT <= abs(number) < float("inf") and not is_whole


def _writings(number: float) -> tuple[str, str]:
    return str(int(number)), format(Decimal(repr(number)), "f").removesuffix(".0")
