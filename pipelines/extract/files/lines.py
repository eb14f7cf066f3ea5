"""Separate the rows of a text file from torn lines before DuckDB reads it.

After an unclosed quote, a CSV reader takes everything up to the next quote as one value, so one slip
can swallow the rest of the file. Every line is therefore classified first. A line that is a complete
row is a row. A line that leaves a quote open starts a longer row only if that row ends properly, with
the right number of columns; otherwise that line alone is torn, and the next one is classified afresh.
If the enclosed lines look like rows themselves, nothing can decide, and the file is refused. So it is if a
torn line is several rows that end in carriage returns: kept as one, it would hide all but the first.

Runs in the child process, in blocks of lines: memory does not grow with the file.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

import polars as pl

from pipelines.extract.files.job import RefusedFileError

LINE = "line"
QUOTED = r"(?:[^\"]|\"\")*"
ROW, TORN, NOTHING = 0, 1, 2
TWO_LINE_ENDS = (
    "its lines end in two ways, some in a line feed and some in a carriage return alone, so that rows cannot "
    "be told from each other; nothing of the file was kept: it has to come again with one kind of line end"
)


@dataclass(frozen=True)
class Grammar:
    """How a row is written, in the terms of DuckDB's strict mode.

    A quote opens a value only at its beginning, after at most one blank; elsewhere it is a character.
    """

    delimiter: str
    columns: int

    @property
    def _divider(self) -> str:
        return re.escape(self.delimiter)

    @property
    def _field(self) -> str:
        plain = rf"(?: ?[^\" \r\n{self._divider}]|  )[^\r\n{self._divider}]*"
        return rf"(?: ?\"{QUOTED}\" *|{plain}| ?)"

    @property
    def row(self) -> str:
        """Pattern of a complete row; surplus columns are allowed if they are empty."""
        more = f"(?:{self._field}{self._divider}){{{self.columns - 1}}}"
        return rf"^{more}{self._field}(?:{self._divider}(?:\"\")?)*$"

    @property
    def opening(self) -> str:
        """Pattern of a line that ends with a quote open."""
        return rf"^(?:{self._field}{self._divider})*{self._open}$"

    @property
    def _open(self) -> str:
        return rf" ?\"{QUOTED}"

    @cached_property
    def still_open(self) -> re.Pattern[str]:
        """Pattern of a line that begins and ends within quotes; its group matches if these are others."""
        again = rf"\" *(?:{self._divider}{self._field})*{self._divider}{self._open}"
        return _compiled(rf"{QUOTED}({again})?")

    @cached_property
    def closing(self) -> re.Pattern[str]:
        """Pattern of a line that begins within quotes and ends a row."""
        return _compiled(rf"{QUOTED}\" *(?:{self._divider}{self._field})*")

    @cached_property
    def whole(self) -> re.Pattern[str]:
        """Pattern of a row over several lines."""
        return _compiled(self.row)


def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern so that what it took within quotes is never given back.

    No quote may follow the closing one, so giving back finds nothing; a long value would take the time and
    memory of as many attempts as it has characters. The engine of the blocks never tries again.
    """
    return re.compile(pattern.replace(QUOTED, r"[^\"]*+(?:\"\"[^\"]*+)*+"))


class _OpenRows:
    """Where the rows that leave a quote open end, in one block of lines.

    Those that begin one after another within the same quotes end at the same line. Each line is therefore
    matched once, and the time grows with the block, not with its square if every line leaves a quote open.
    """

    def __init__(self, grammar: Grammar, text: pl.Series, limit: int) -> None:
        self._grammar, self._limit = grammar, limit
        self._texts = text.to_list()
        self._sizes = [0, *text.str.len_bytes().cum_sum().to_list()]
        self._last, self._is_closing = -1, False
        self._reopening: list[int] = []

    def end(self, start: int) -> int | None:
        """Return where the row that begins here ends: `start` if it is torn, None if the block ends first."""
        if start >= self._last:
            self._look_ahead(start)
        following = self._last + 1
        if self._sizes[min(following, len(self._texts))] - self._sizes[start] > self._limit:
            return start
        if following > len(self._texts):
            return None
        # Quotes that close and open again divide two values, neither of which is empty.
        values = len(self._reopening) - bisect(self._reopening, start) + 1
        return following if self._is_closing and values <= self._grammar.columns else start

    def _look_ahead(self, start: int) -> None:
        """Find the next line that does not end within the quotes in which it begins."""
        self._reopening.clear()
        for place in range(start + 1, len(self._texts)):
            found = self._grammar.still_open.fullmatch(self._texts[place])
            if found is None:
                self._last = place
                self._is_closing = self._grammar.closing.fullmatch(self._texts[place]) is not None
                return
            if found[1]:
                self._reopening.append(place)
        self._last = len(self._texts)


class LineSorter:
    """Writes rows, unchanged, and torn lines, as JSON, to separate files.

    `rows` and `torn` count them; `has_long_rows` tells whether any row spans several lines.
    """

    def __init__(self, grammar: Grammar, rows: Path, torn: Path, limit: int) -> None:
        self._grammar, self._limit = grammar, limit
        self.path, self.torn_path = rows, torn
        self._rest, self._number = "", 1
        self.rows = self.torn = 0
        self.has_long_rows = False

    def sort(self, texts: Iterator[str]) -> None:
        """Process the text of a file, whose first line is its header.

        Raises:
            RefusedFileError: rows and values cannot be told apart.
        """
        with self.path.open("w", encoding="utf-8", newline="") as rows, self.torn_path.open("wb") as torn:
            for text in texts:
                self._take(text, rows, torn, is_last=False)
            self._take("", rows, torn, is_last=True)

    def _take(self, text: str, rows: IO[str], torn: IO[bytes], *, is_last: bool) -> None:
        text = self._rest + text
        end = len(text) if is_last else text.rfind("\n") + 1
        block, self._rest = text[:end].removesuffix("\n"), text[end:]
        if not end:
            return
        lines = block.split("\n")
        if self._number == 1:
            self._check_header(lines.pop(0))
            self._number = 2
        self._write(self._judged(lines, is_last=is_last), rows, torn)

    def _check_header(self, line: str) -> None:
        if pl.Series([line.removesuffix("\r")]).str.contains(self._grammar.opening)[0]:
            raise RefusedFileError("header_not_found", "its first line opens a quote and does not close it")

    def _judged(self, lines: list[str], *, is_last: bool) -> pl.DataFrame:
        text = pl.Series(LINE, lines, dtype=pl.String).str.strip_suffix("\r")
        kinds = (~text.str.contains(self._grammar.row)).cast(pl.Int8)
        kinds = kinds.set(text == "", NOTHING)
        self._number += len(lines)
        if TORN not in kinds:
            return pl.DataFrame([text, kinds.alias("kind")])
        opening = (text.str.contains(self._grammar.opening) & (kinds == TORN)).arg_true().to_list()
        if not opening:
            return pl.DataFrame([text, kinds.alias("kind")])
        return self._joined(lines, text, kinds.to_list(), opening, is_last=is_last)

    def _joined(
        self, lines: list[str], text: pl.Series, kinds: list[int], opening: list[int], *, is_last: bool
    ) -> pl.DataFrame:
        """Join the lines of long rows; a row still open at the end waits for the next block."""
        texts, open_rows = text.to_list(), _OpenRows(self._grammar, text, self._limit)
        first, following = self._number - len(lines), 0
        for start in opening:
            if start < following:
                continue
            end = open_rows.end(start)
            if end is None:
                if not is_last:
                    self._wait(lines, texts, kinds, start)
                    break
            elif end > start and (row := self._row([*lines[start : end - 1], texts[end - 1]], first + start)):
                texts[start], kinds[start:end] = row, [ROW, *[NOTHING] * (end - start - 1)]
                following, self.has_long_rows = end, True
        return pl.DataFrame({LINE: texts, "kind": kinds}, schema={LINE: pl.String, "kind": pl.Int8})

    def _wait(self, lines: list[str], texts: list[str], kinds: list[int], start: int) -> None:
        self._number -= len(lines) - start
        self._rest = "\n".join([*lines[start:], self._rest])
        del texts[start:], kinds[start:]

    def _row(self, lines: list[str], number: int) -> str:
        """Return the lines joined as one row, or an empty text if they are none.

        Raises:
            RefusedFileError: without their quotes, the lines would be rows themselves.
        """
        row = "\n".join(lines)
        if len(lines) < 2 or not self._grammar.whole.match(row):
            return ""
        counts = [self._has_all_columns(line) for line in lines]
        if self._grammar.columns > 1 and counts[0] and any(counts[1:]):
            raise RefusedFileError(
                "quote_unclosed",
                f"a quote opens in line {number} and closes in line {number + len(lines) - 1}, and what lies "
                "between looks like rows, not like one value; nothing of the file was kept: it has to come "
                "again with that quote closed or left out",
            )
        return row

    def _write(self, table: pl.DataFrame, rows: IO[str], torn: IO[bytes]) -> None:
        good = table.filter(pl.col("kind") == ROW)[LINE]
        bad = table.filter(pl.col("kind") == TORN).select(LINE)
        self._refuse_hidden_rows(bad[LINE])
        self.rows += len(good)
        self.torn += len(bad)
        if len(good):
            rows.write("\n".join([*good.to_list(), ""]))
        if len(bad):
            bad.write_ndjson(torn)

    def _refuse_hidden_rows(self, torn: pl.Series) -> None:
        for line in torn.filter(torn.str.contains("\r", literal=True)):
            rows = [part for part in line.split("\r") if self._has_all_columns(part)]
            if self._grammar.columns > 1 and len(rows) > 1:
                raise RefusedFileError("line_ends_mixed", TWO_LINE_ENDS)

    def _has_all_columns(self, line: str) -> bool:
        return line.count(self._grammar.delimiter) + 1 == self._grammar.columns
