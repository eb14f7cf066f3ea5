"""Match header texts to the contract's columns by text, never by position."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SEPARATOR = "/"
LONGEST_HEADER = 60
# The digits of the shortest telephone number: such a cell holds a value, not a column name.
DIGITS_OF_A_NUMBER = 7


@dataclass(frozen=True)
class Matched:
    """The contract's column for each position (None if unknown), and columns matched more than once.

    `exact` counts the positions matched by their whole text.
    """

    columns: tuple[str | None, ...]
    repeated: tuple[str, ...] = ()
    exact: int = 0

    @property
    def count(self) -> int:
        """The number of positions with a known column."""
        return sum(column is not None for column in self.columns)

    def lacks_most(self, known: Mapping[str, Sequence[str]]) -> str:
        """Return why this is not a header row; a row of values may contain a few header texts too."""
        is_header_row = self.count > 0 and self.count * 2 >= len(known)
        return "" if is_header_row else f"no header row: {self.count} of the contract's {len(known)} columns"


def normalise(text: str) -> str:
    """Normalise a header: remove whitespace and line breaks, unify full-width forms and case."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


def match(headers: Sequence[str | None], known: Mapping[str, Sequence[str]]) -> Matched:
    """Match each header to a column.

    Args:
        headers: texts in file order; a merged group and its part are joined by `/`, and if the whole does not
            match, the last part is tried alone.
        known: the header texts of each of the contract's columns.
    """
    index = {normalise(text): column for column, texts in known.items() for text in texts}
    found: list[str | None] = [index.get(normalise(text)) if text else None for text in headers]
    exact = sum(column is not None for column in found)
    for place, text in enumerate(headers):
        if text and found[place] is None and SEPARATOR in text:
            column = index.get(normalise(text.rsplit(SEPARATOR, 1)[1]))
            found[place] = column if column not in found else None
    repeated = {column for column in found if column is not None and found.count(column) > 1}
    return Matched(tuple(found), tuple(sorted(repeated)), exact)


def column_names(headers: Sequence[str | None], matched: Matched) -> list[str]:
    """Return a distinct name for each position: the contract's column, or a sanitised header text.

    Names are repeated in messages and work orders. A text that may be somebody's value is not: one with as
    many digits as a number, or any text if most headers are unknown.
    """
    taken = {column for column in matched.columns if column}
    are_names = matched.count * 2 >= sum(bool(text) for text in headers)
    names = []
    for place, (text, column) in enumerate(zip(headers, matched.columns, strict=True), 1):
        name = column or (are_names and _harmless(text)) or f"无表头列{place}"
        if column is None and name in taken:
            name = f"{name}_{place}"
        taken.add(name)
        names.append(name)
    return names


def _harmless(text: str | None) -> str:
    plain = unicodedata.normalize("NFKC", text or "")
    if len(re.findall(r"\d", plain)) >= DIGITS_OF_A_NUMBER:
        return ""
    return re.sub(r"[^\w()（）%/.-]", "", plain)[:LONGEST_HEADER].lstrip("_")
