"""Validate what a contract says about dropped files: folder, names, layout, headers.

Used only by `build`; raises the same kind of errors.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.contracts.model import (
    FILE_CONTENTS,
    FILE_FORMATS,
    Column,
    ContractError,
    Ingest,
    Layout,
    TableContract,
)

PERIOD = "{period}"
CHECKSUMS = ("sha256", "none")
LAYOUT_WORDS = {"excel": ("sheet", "header_rows"), "csv": ("encoding", "delimiter", "byte_order_mark")}
ENCODINGS = ("utf-8", "gb18030")
MOST_HEADER_ROWS = 3


def check_sftp(path: Path, options: Mapping[str, Any]) -> None:
    """Reject an invalid exchange folder or an unsupported checksum.

    Raises:
        ContractError: names the legal values.
    """
    where = f"{path}: servers/customProperties/sftp"
    folder = options.get("folder")
    if not isinstance(folder, str) or not folder.startswith("/") or ".." in folder.split("/"):
        raise ContractError(f"{where}/folder is {folder!r}; write a folder from the root, such as /outgoing.")
    if options.get("checksum", CHECKSUMS[0]) not in CHECKSUMS:
        raise ContractError(f"{where}/checksum is {options['checksum']!r}; legal are {', '.join(CHECKSUMS)}.")


def build_layout(where: str, ingest: Ingest, value: Any) -> Layout | None:
    """Return the layout of the table's files; None for a table that is not read from files.

    Raises:
        ContractError: a key is unknown, belongs to another format, or has an invalid value.
    """
    if ingest.mode != "files":
        if value is not None:
            raise ContractError(f"{where}: a layout needs ingest mode 'files', not '{ingest.mode}'.")
        return None
    if ingest.format not in FILE_FORMATS:
        raise ContractError(
            f"{where}: ingest/format is {ingest.format!r}; legal are {', '.join(FILE_FORMATS)}."
        )
    words = dict(value) if isinstance(value, dict) else {}
    legal = LAYOUT_WORDS[ingest.format]
    if unknown := sorted(set(words) - set(legal)):
        raise ContractError(
            f"{where}: layout/{unknown[0]} does not belong to {ingest.format}; legal are {', '.join(legal)}."
        )
    layout = Layout(**words)
    _check_layout(where, layout)
    return layout


def _check_layout(where: str, layout: Layout) -> None:
    sheet_is_good = isinstance(layout.sheet, str) or (type(layout.sheet) is int and layout.sheet >= 1)
    checks = (
        ("sheet", sheet_is_good, "a name, or a number from 1"),
        ("header_rows", layout.header_rows in range(1, MOST_HEADER_ROWS + 1), f"1 to {MOST_HEADER_ROWS}"),
        ("encoding", _encoding(layout.encoding) in ENCODINGS, " or ".join(ENCODINGS)),
        ("delimiter", layout.delimiter in (",", ";", "\t", "|"), "one of , ; | or a tabulator"),
        ("byte_order_mark", isinstance(layout.byte_order_mark, bool), "true or false"),
    )
    for name, is_good, legal in checks:
        if not is_good:
            raise ContractError(f"{where}: layout/{name} is {getattr(layout, name)!r}; legal is {legal}.")


def _encoding(name: Any) -> str | None:
    try:
        return codecs.lookup(name).name
    except (LookupError, TypeError):
        return None


def build_aliases(place: str, value: Any) -> tuple[str, ...]:
    """Return a column's alternative header texts.

    Raises:
        ContractError: the value is not a list of texts.
    """
    aliases = [] if value is None else value
    if not isinstance(aliases, list) or not all(isinstance(alias, str) and alias for alias in aliases):
        raise ContractError(f"{place}: aliases is {value!r}; write a list of header texts.")
    return tuple(aliases)


def check_files(where: str, table: TableContract) -> None:
    """Reject file names and contents that contradict each other, and headers that two columns share.

    Raises:
        ContractError: names the two that contradict each other.
    """
    ingest = table.ingest
    if ingest.content not in FILE_CONTENTS:
        raise ContractError(
            f"{where}: ingest/content is {ingest.content!r}; legal are {', '.join(FILE_CONTENTS)}."
        )
    pattern = str(ingest.pattern)
    if "/" in pattern or pattern.count(PERIOD) > 1 or re.search(r"[{}]", pattern.replace(PERIOD, "")):
        raise ContractError(
            f"{where}: ingest/pattern is {pattern!r}; write a file name with * for any text "
            f"and at most one {PERIOD}."
        )
    if ingest.content == "period" and PERIOD not in pattern:
        raise ContractError(f"{where}: ingest/content 'period' needs {PERIOD} in ingest/pattern.")
    if ingest.deleted_flag and ingest.content != "delta":
        raise ContractError(
            f"{where}: ingest/deleted_flag needs ingest/content 'delta'; in '{ingest.content}' "
            "a record is deleted by not being in the file."
        )
    _refuse_shared_headers(where, table.columns)


def _refuse_shared_headers(where: str, columns: Sequence[Column]) -> None:
    owner: dict[str, str] = {}
    for column in columns:
        for header in {column.name, column.label, *column.aliases}:
            if owner.setdefault(header, column.name) != column.name:
                raise ContractError(
                    f"{where}: the header '{header}' belongs to both '{owner[header]}' and '{column.name}'."
                )
