"""Read a text file as a table: encoding, header, rows; unreadable rows are kept unchanged.

Runs in the child process. One pass in chunks rejects what no reader should see and separates rows from
torn lines, then DuckDB reads the rows in bulk.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb

from pipelines.extract.files.headers import Matched, column_names, match
from pipelines.extract.files.job import Job, ParsedFile, RefusedFileError
from pipelines.extract.files.lines import TWO_LINE_ENDS, Grammar, LineSorter
from pipelines.extract.quoting import literal, quoted
from pipelines.extract.raw_rows import RAW, UNREADABLE
from pipelines.installation.one_row import one_value

CHUNK_BYTES = 1 << 20
HEAD_BYTES = 1 << 16
ENCODINGS = ("utf-8", "gb18030")
DELIMITERS = (",", ";", "\t", "|")
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
IN_QUOTES = re.compile(rb'"[^"]*"')
LOST = "\ufffd"
# Above this share of rows with undecodable bytes, the encoding is wrong rather than a few cells.
MOST_UNDECODABLE = 0.1


def read_text(job: Job) -> ParsedFile:
    """Write the table of one text file as Parquet.

    Raises:
        RefusedFileError: it is not a text file in the form the contract describes.
    """
    csv.field_size_limit(job.limits.line_bytes)
    path, rows = Path(job.path), Path(job.target).with_suffix(".utf8")
    is_utf_16 = _is_utf_16(path)
    if is_utf_16:
        path = _from_utf_16(path, rows.with_suffix(".utf16"))
    head = _head(path, job)
    has_line_feeds = _has_line_feeds(head)
    head = _with_line_feeds(head.removeprefix(codecs.BOM_UTF8), has_line_feeds)
    encoding = "utf-8" if is_utf_16 else _encoding(head, job)
    headers = _header_row(head, encoding, str(job.layout["delimiter"]))
    if len(headers) > job.limits.columns:
        raise RefusedFileError(
            "file_hostile", f"it has {len(headers)} columns; {job.limits.columns} are allowed"
        )
    grammar = Grammar(str(job.layout["delimiter"]), max(len(headers), 1))
    sorter = LineSorter(grammar, rows, rows.with_suffix(".torn"), job.limits.line_bytes)
    sorter.sort(_decoded(path, encoding, job, has_line_feeds=has_line_feeds))
    if not headers and b"\r" in _first_line(head).strip(b"\r"):
        raise RefusedFileError("header_not_found", TWO_LINE_ENDS)
    matched = match(headers, job.headers)
    _check_headers(matched, head, encoding, job)
    names = column_names(headers, matched)
    with duckdb.connect(config={"threads": 2, "memory_limit": "384MB"}) as connection:
        connection.execute(f"set temp_directory = '{rows.parent}'")
        connection.execute("set preserve_insertion_order = false")
        unreadable = _convert(connection, sorter, names, job)
    rows.unlink()
    return ParsedFile(
        columns=names,
        rows=sorter.rows + sorter.torn,
        unreadable_rows=unreadable,
        encoding="utf-16" if is_utf_16 else encoding,
    )


def _head(path: Path, job: Job) -> bytes:
    with path.open("rb") as file:
        head = file.read(max(HEAD_BYTES, job.limits.line_bytes))
    if not head.strip():
        raise RefusedFileError("file_incomplete", "it is empty")
    return head


def _has_line_feeds(head: bytes) -> bool:
    """Return whether lines end in line feeds, not in carriage returns alone.

    Only a break within the file and outside quotes decides: old Macs' exports have line feeds within values,
    and tools that copy them may append one at the end.
    """
    breaks = IN_QUOTES.sub(b"", head).rstrip(b"\r\n")
    return b"\n" in breaks or b"\r" not in breaks


def _with_line_feeds(content: bytes, has_line_feeds: bool) -> bytes:
    """Return the content of a file with its lines ended by line feeds, which old Macs' exports lack."""
    return content if has_line_feeds else content.replace(b"\r", b"\n")


def _is_utf_16(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) in UTF_16


def _from_utf_16(path: Path, target: Path) -> Path:
    """Write a file in UTF-16, Excel's "Unicode text", as UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-16")("replace")
    with path.open("rb") as source, target.open("wb") as file:
        while chunk := source.read(CHUNK_BYTES):
            file.write(decoder.decode(chunk).encode())
        file.write(decoder.decode(b"", final=True).encode())
    return target


def _encoding(head: bytes, job: Job) -> str:
    """Return the agreed encoding, or another if only that one makes sense of the header."""
    agreed = codecs.lookup(str(job.layout["encoding"])).name
    candidates = [agreed, *(name for name in ENCODINGS if name != agreed)]
    for name in candidates:
        try:
            codecs.getincrementaldecoder(name)().decode(head)
        except UnicodeDecodeError as error:
            if error.start < len(_first_line(head)):
                continue
        for delimiter in DELIMITERS:
            if match(_header_row(head, name, delimiter), job.headers).count:
                return name
    return agreed


def _first_line(head: bytes) -> bytes:
    return head.split(b"\n", 1)[0]


def _header_row(head: bytes, encoding: str, delimiter: str) -> list[str | None]:
    """Return the header texts; none if a carriage return outside quotes is in the line.

    Such a line may be the header and rows: read as one, its last header and those rows would be lost.
    """
    line = _first_line(head).decode(encoding, "replace").strip("\r\ufeff")
    with contextlib.suppress(csv.Error):
        return [text.strip() or None for text in next(csv.reader([line], delimiter=delimiter), [])]
    return []


def _check_headers(matched: Matched, head: bytes, encoding: str, job: Job) -> None:
    if matched.repeated:
        raise RefusedFileError("header_ambiguous", f"two columns have the header of '{matched.repeated[0]}'")
    agreed = str(job.layout["delimiter"])
    for delimiter in DELIMITERS:
        other = match(_header_row(head, encoding, delimiter), job.headers)
        if delimiter != agreed and other.count > matched.count:
            raise RefusedFileError(
                "delimiter_changed", f"its columns are divided by {delimiter!r}; {agreed!r} is agreed"
            )
    if lacking := matched.lacks_most(job.headers):
        raise RefusedFileError("header_not_found", f"{lacking} are in its first line")


def _decoded(path: Path, encoding: str, job: Job, *, has_line_feeds: bool) -> Iterator[str]:
    """Yield the text of the file without a byte order mark, checking every byte once."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    unbroken, mark = 0, codecs.BOM_UTF8
    with path.open("rb") as source:
        chunk = source.read(CHUNK_BYTES)
        while True:
            chunk, more = _with_line_feeds(chunk, has_line_feeds), source.read(CHUNK_BYTES)
            if b"\0" in chunk:
                raise RefusedFileError(
                    "file_hostile", "it holds NUL bytes: it is not text in the agreed encoding"
                )
            unbroken = _longest_open_line(chunk, unbroken, job.limits.line_bytes)
            yield decoder.decode(chunk.removeprefix(mark), final=not more)
            if not more:
                return
            chunk, mark = more, b""


def _longest_open_line(chunk: bytes, before: int, limit: int) -> int:
    """Return the bytes since the last line break; refuses a line beyond the limit."""
    last = chunk.rfind(b"\n")
    # A chunk is as long as the longest allowed line, so a longer line fills one or is open at its end.
    longest = before + (chunk.find(b"\n") if last >= 0 else len(chunk))
    if longest > limit:
        raise RefusedFileError("file_hostile", f"it has a line of more than {limit >> 10} kB")
    return len(chunk) - last - 1 if last >= 0 else longest


def _convert(connection: duckdb.DuckDBPyConnection, lines: LineSorter, names: list[str], job: Job) -> int:
    """Write all rows, torn lines included, as Parquet; returns how many of them are unreadable."""
    written = lines.path.with_suffix(".good")
    _read(connection, lines, names, written, job)
    connection.execute(f"create temp view good as from read_parquet('{written}')")
    lost = _lost(names)
    undecodable = _count(connection, f"good where {lost}")
    if undecodable > MOST_UNDECODABLE * (lines.rows + lines.torn):
        raise RefusedFileError("encoding_changed", "its bytes are not text in the agreed encoding")
    if not lines.torn and not undecodable:
        written.replace(job.target)
        return 0
    values = ", ".join(map(quoted, names))
    connection.execute(
        f"""
        copy (
            select {values}, cast(to_json(good) as varchar) as {RAW}, {lost} as {UNREADABLE} from good
            union all
            select {_keys_of_torn(names, job)}, line as {RAW}, true as {UNREADABLE}
            from read_json(
                '{lines.torn_path}', format = 'newline_delimited', columns = {{'line': 'VARCHAR'}}
            )
        ) to '{job.target}' (format parquet, compression zstd)
        """
    )
    written.unlink()
    return lines.torn + undecodable


def _read(
    connection: duckdb.DuckDBPyConnection, lines: LineSorter, names: list[str], target: Path, job: Job
) -> None:
    """Write the readable rows as Parquet; refuses the file unless all of them were read."""
    columns = ", ".join(f"'{literal(name)}': 'VARCHAR'" for name in names)
    found = None
    # A parallel scan starts in the middle of the file and may take a value over several lines for rows.
    for is_parallel in ("false",) if lines.has_long_rows else ("true", "false"):
        with contextlib.suppress(duckdb.InvalidInputException):
            # Streaming into a file keeps memory independent of the number of rows.
            connection.execute(
                f"""
                copy (
                    select * from read_csv(
                        '{lines.path}', header = false, auto_detect = false, columns = {{{columns}}},
                        delim = '{job.layout["delimiter"]}', quote = '"', escape = '"', strict_mode = true,
                        null_padding = false, new_line = '\\n', parallel = {is_parallel},
                        max_line_size = {job.limits.line_bytes * 2}
                    )
                ) to '{target}' (format parquet, compression zstd)
                """
            )
            found = _count(connection, f"read_parquet('{target}')")
        if found == lines.rows:
            return
    raise RefusedFileError("file_unreadable", f"it holds {lines.rows} rows, and {found or 0} could be read")


def _keys_of_torn(names: list[str], job: Job) -> str:
    """Return SQL for the key of a torn line, so that its owner and staging know which record it is.

    In a line with too many or too few values, only the first is still in its place.
    """
    parts = f"string_split(line, '{job.layout['delimiter']}')"
    found = []
    for place, name in enumerate(names):
        is_known = "true" if place == 0 else f"len({parts}) = {len(names)}"
        part = f"nullif(trim({parts}[{place + 1}], ' \"'), '')"
        value = f"case when {is_known} then {part} end" if name in job.keys else "null"
        found.append(f"{value} as {quoted(name)}")
    return ", ".join(found)


def _lost(names: list[str]) -> str:
    conditions = [f"coalesce(contains({quoted(name)}, '{LOST}'), false)" for name in names]
    return f"({' or '.join(conditions)})"


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    return int(one_value(connection.execute(f"select count(*) from {relation}")))
