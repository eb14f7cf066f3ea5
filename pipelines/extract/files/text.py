"""Read a text file as a table: encoding, header, rows; unreadable rows are kept unchanged.

Runs in the child process. One pass in chunks rejects what no reader should see, then DuckDB reads the file in
bulk.
"""

from __future__ import annotations

import codecs
import csv
from pathlib import Path

import duckdb

from pipelines.extract.files.headers import Matched, column_names, match
from pipelines.extract.files.job import Job, ParsedFile, RefusedFileError
from pipelines.extract.raw_rows import RAW, UNREADABLE

CHUNK_BYTES = 1 << 20
HEAD_BYTES = 1 << 16
ENCODINGS = ("utf-8", "gb18030")
DELIMITERS = (",", ";", "\t", "|")
LOST = "\ufffd"
# Above this share of rows with undecodable bytes, the encoding is wrong rather than a few cells.
MOST_UNDECODABLE = 0.1


def read_text(job: Job) -> ParsedFile:
    """Write the table of one text file as Parquet.

    Raises:
        RefusedFileError: it is not a text file in the form the contract describes.
    """
    csv.field_size_limit(job.limits.line_bytes)
    path, plain = Path(job.path), Path(job.target).with_suffix(".utf8")
    head = _head(path, job)
    encoding = _encoding(head, job)
    _decode(path, plain, encoding, job)
    headers = _header_row(head, encoding, str(job.layout["delimiter"]))
    matched = match(headers, job.headers)
    _check_headers(matched, head, encoding, job)
    names = column_names(headers, matched)
    with duckdb.connect(config={"threads": 2, "memory_limit": "384MB"}) as connection:
        connection.execute(f"set temp_directory = '{plain.parent}'")
        connection.execute("set preserve_insertion_order = false")
        rows, unreadable = _convert(connection, plain, names, job)
    plain.unlink()
    return ParsedFile(columns=names, rows=rows, unreadable_rows=unreadable, encoding=encoding)


def _head(path: Path, job: Job) -> bytes:
    with path.open("rb") as file:
        head = file.read(max(HEAD_BYTES, job.limits.line_bytes))
    if not head.strip():
        raise RefusedFileError("file_incomplete", "it is empty")
    return head.removeprefix(codecs.BOM_UTF8)


def _encoding(head: bytes, job: Job) -> str:
    """Return the agreed encoding, or another if only that one makes sense of the header."""
    agreed = codecs.lookup(str(job.layout["encoding"])).name
    candidates = [agreed, *(name for name in ENCODINGS if name != agreed)]
    for name in candidates:
        try:
            codecs.getincrementaldecoder(name)().decode(head)
        except UnicodeDecodeError as error:
            if error.start < len(head.split(b"\n", 1)[0]):
                continue
        for delimiter in DELIMITERS:
            if match(_header_row(head, name, delimiter), job.headers).count:
                return name
    return agreed


def _header_row(head: bytes, encoding: str, delimiter: str) -> list[str | None]:
    line = head.split(b"\n", 1)[0].decode(encoding, "replace").strip("\r\ufeff")
    return [text.strip() or None for text in next(csv.reader([line], delimiter=delimiter), [])]


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


def _decode(path: Path, plain: Path, encoding: str, job: Job) -> None:
    """Write the file as UTF-8 without a byte order mark, checking every byte once."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    unbroken, mark = 0, codecs.BOM_UTF8
    with path.open("rb") as source, plain.open("wb") as target:
        chunk = source.read(CHUNK_BYTES)
        while True:
            more = source.read(CHUNK_BYTES)
            if b"\0" in chunk:
                raise RefusedFileError(
                    "file_hostile", "it holds NUL bytes: it is not text in the agreed encoding"
                )
            unbroken = _longest_open_line(chunk, unbroken, job.limits.line_bytes)
            target.write(decoder.decode(chunk.removeprefix(mark), final=not more).encode())
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


def _convert(
    connection: duckdb.DuckDBPyConnection, plain: Path, names: list[str], job: Job
) -> tuple[int, int]:
    """Write all rows as Parquet; returns the number of rows and how many of them are unreadable."""
    columns = ", ".join(f"'{name.replace(chr(39), chr(39) * 2)}': 'VARCHAR'" for name in names)
    written = plain.with_suffix(".good")
    # Streaming into a file keeps memory independent of the number of rows.
    connection.execute(
        f"""
        copy (
            select * from read_csv(
                '{plain}', header = true, auto_detect = false, columns = {{{columns}}},
                delim = '{job.layout["delimiter"]}', quote = '"', escape = '"', strict_mode = true,
                null_padding = false, store_rejects = true, rejects_limit = 0,
                max_line_size = {job.limits.line_bytes * 2}
            )
        ) to '{written}' (format parquet, compression zstd)
        """
    )
    connection.execute(f"create temp view good as from read_parquet('{written}')")
    rejected = _count(connection, "(select distinct line_byte_position from reject_errors)")
    lost = _lost(names)
    undecodable = _count(connection, f"good where {lost}")
    rows = _count(connection, "good") + rejected
    if undecodable > MOST_UNDECODABLE * max(rows, 1):
        raise RefusedFileError("encoding_changed", "its bytes are not text in the agreed encoding")
    if not rejected and not undecodable:
        written.replace(job.target)
        return rows, 0
    values = ", ".join(f'"{name}"' for name in names)
    empty = ", ".join(f'null as "{name}"' for name in names)
    connection.execute(
        f"""
        copy (
            select {values}, cast(to_json(good) as varchar) as {RAW}, {lost} as {UNREADABLE} from good
            union all
            select {empty}, csv_line as {RAW}, true as {UNREADABLE}
            from (select any_value(csv_line) as csv_line from reject_errors group by line_byte_position)
        ) to '{job.target}' (format parquet, compression zstd)
        """
    )
    written.unlink()
    return rows, rejected + undecodable


def _lost(names: list[str]) -> str:
    conditions = [f"""coalesce(contains("{name}", '{LOST}'), false)""" for name in names]
    return f"({' or '.join(conditions)})"


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    return int(connection.execute(f"select count(*) from {relation}").fetchone()[0])
