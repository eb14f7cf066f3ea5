"""Header texts to the contract's columns: by what they say, never by where they stand."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SEPARATOR = "/"
LONGEST_HEADER = 60
# As many digits as the shortest telephone number: a cell's value then, and not the name of a column.
DIGITS_OF_A_NUMBER = 7


@dataclass(frozen=True)
class Matched:
    """The contract's column for each place, None where nobody knows the text; and what is there twice.

    `exact` counts the places that are known by their whole text.
    """

    columns: tuple[str | None, ...]
    repeated: tuple[str, ...] = ()
    exact: int = 0

    @property
    def count(self) -> int:
        """How many places are known."""
        return sum(column is not None for column in self.columns)

    def lacks_most(self, known: Mapping[str, Sequence[str]]) -> str:
        """Why this is no header row: a row of values may hold a few of the contract's words as well."""
        is_header_row = self.count > 0 and self.count * 2 >= len(known)
        return "" if is_header_row else f"no header row: {self.count} of the contract's {len(known)} columns"


def normalise(text: str) -> str:
    """A header without what writing adds to it: blanks, line breaks, full width, case."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


def match(headers: Sequence[str | None], known: Mapping[str, Sequence[str]]) -> Matched:
    """Find each header's column.

    Args:
        headers: texts in the order of the file; a merged group and its part are
            joined by `/`, of which the last part alone is tried second.
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
    """A distinct name for each place: the contract's column, or the header's own text made harmless.

    Names are repeated in messages and work orders. A text that may be somebody's value is not:
    one with the digits of a number, or any beside mostly unknown ones.
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
