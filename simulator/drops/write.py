"""Write a system's drop folder: its files with their checksums, and the truth about them."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.contracts import Layout, SourceContract, TableContract, load_contract
from pipelines.installation.one_row import one_row
from simulator import SOURCES
from simulator.contract import record_key
from simulator.drops.cells import forget_cells, write_cells
from simulator.drops.plan import DroppedFile, Drops, arriving, drops_of, plan_files
from simulator.drops.workbook import Sheet, write_workbook

TURNED_ROWS = 5_000
# Below this, starting processes costs more than writing.
POOLED_ROWS = 40_000
WRITERS = 2
ADDED_COLUMN = ("填报单位", "")


def is_dropped(system: str) -> bool:
    """Return whether the system delivers files."""
    return load_contract(SOURCES / system / "contract.yaml").server.transport == "sftp"


def drop_folder(home: Path, system: str) -> Path:
    """Return the folder that the system's account sees as `/`."""
    return home / "simulator" / system / "drops"


def drops_of_system(contract: SourceContract) -> dict[str, Drops]:
    """Return how each table of a system becomes files; empty for a system that drops none."""
    if contract.server.transport != "sftp":
        return {}
    own = getattr(import_module(f"simulator.sources.{contract.system}"), "DROPS", {})
    return {name: own.get(name) or drops_of(contract, table) for name, table in contract.tables.items()}


def write_drops(
    connection: duckdb.DuckDBPyConnection,
    home: Path,
    system: str,
    seed: int,
    today: date,
    *,
    contract: SourceContract | None = None,
    drops: dict[str, Drops] | None = None,
) -> int:
    """Write every file of a system from its Parquet tables; returns the number of files.

    Args:
        connection: has the random macros and the tables of `Truth`: loosely written cells are added to
            `truth_dirt`, faults of files to `truth_files`.
        contract: defaults to the system's own.
        drops: by table; defaults to `DROPS` of `simulator.sources.<system>`, and for other tables to what the
            contract implies.
    """
    contract = contract or load_contract(SOURCES / system / "contract.yaml")
    if drops is None:
        drops = drops_of_system(contract)
    drops = {name: drops.get(name) or drops_of(contract, table) for name, table in contract.tables.items()}
    folder = _folder(home, contract)
    shutil.rmtree(drop_folder(home, system), ignore_errors=True)
    folder.mkdir(parents=True)
    starts = {}
    for name, table in contract.tables.items():
        source = f"read_parquet('{home / 'simulator' / system / f'{name}.parquet'}')"
        write_cells(connection, system, table, source, seed)
        starts[name] = _place_rows(connection, table, source, drops[name], today)
    files = plan_files(contract, starts, drops, today)
    _write(connection, contract, files, folder)
    for file in files:
        _note(connection, system, file, is_workbook=contract.table(file.table).ingest.format == "excel")
    return len(files)


def write_arriving(
    connection: duckdb.DuckDBPyConnection, home: Path, system: str, seed: int, today: date
) -> int:
    """Write the files that arrive on a day, beside the existing ones; returns their number.

    Each is complete, arrives once and has the contract's layout. A record is written as in the previous file
    if `connection` has the city's random macros.
    """
    contract = load_contract(SOURCES / system / "contract.yaml")
    folder = _folder(home, contract)
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for name, drops in drops_of_system(contract).items():
        table = contract.table(name)
        file = arriving(contract, table, drops, today)
        if file is None:
            continue
        source = f"read_parquet('{home / 'simulator' / system / f'{name}.parquet'}')"
        if drops.period:
            in_period = f"date_trunc('{drops.every}', cast({drops.period} as date)) = date '{file.start}'"
            source = f"(select * from {source} where {in_period})"
        forget_cells(connection, system, table, source)
        write_cells(connection, system, table, source, seed)
        if _place_rows(connection, table, source, drops, today):
            _write(connection, contract, [file], folder)
            written += 1
    return written


def _folder(home: Path, contract: SourceContract) -> Path:
    return drop_folder(home, contract.system) / str(contract.server.options["folder"]).strip("/")


def _place_rows(
    connection: duckdb.DuckDBPyConnection, table: TableContract, source: str, drops: Drops, today: date
) -> list[date]:
    """Create `placed_<table>` with the first day of each row's period; returns the periods."""
    name = table.name
    if drops.period is None:
        connection.execute(
            f"create or replace temp table placed_{name} as "
            f"select *, null::date as _start from written_{name}"
        )
        back = f"date '{today}' - place * interval 1 {drops.every}"
        query = f"select cast(date_trunc('{drops.every}', {back}) as date) from range(1, ?) as t(place)"
        return sorted(start for (start,) in connection.execute(query, [drops.periods + 1]).fetchall())
    connection.execute(
        f"""
        create or replace temp table placed_{name} as
        select
            written.*,
            cast(date_trunc('{drops.every}', coalesce(periods.day, date '{today}')) as date) as _start,
        from written_{name} as written
        join (
            select {record_key(table)} as _record, min(cast({drops.period} as date)) as day
            from {source} group by all
        ) as periods using (_record)
        """
    )
    starts = connection.execute(f"select distinct _start from placed_{name} order by all").fetchall()
    kept = [start for (start,) in starts][-drops.periods :]
    if kept:
        connection.execute(f"update placed_{name} set _start = ? where _start < ?", [kept[0], kept[0]])
    return kept


def _write(
    connection: duckdb.DuckDBPyConnection,
    contract: SourceContract,
    files: Sequence[DroppedFile],
    folder: Path,
) -> None:
    workbooks = []
    for file in files:
        table, path = contract.table(file.table), folder / file.name
        columns = _columns(table, file)
        query = _rows_of(file, columns)
        if table.ingest.format == "excel":
            workbooks.append(_workbook(connection, table, file, columns, query, path))
        else:
            _write_text(connection, table, columns, query, path)
            _finish(path, file)
    _write_workbooks(workbooks)


def _rows_of(file: DroppedFile, columns: Sequence[tuple[str, str]]) -> str:
    shown = ", ".join(f'"{name}"' if name else "'市级'" for _, name in columns)
    conditions = [f"(_start is null or _start = date '{file.start}')"]
    if file.missing_percent:
        conditions.append(f"pick('missing {file.table}', _record, 100) >= {file.missing_percent}")
    return f"select {shown} from placed_{file.table} where {' and '.join(conditions)} order by _record"


def _columns(table: TableContract, file: DroppedFile) -> list[tuple[str, str]]:
    """Return header texts and columns, in this file's order."""
    columns = [(column.label, column.name) for column in table.columns]
    if table.ingest.format != "excel":
        return columns
    layout = file.layout
    other = [place for place, column in enumerate(table.columns) if column.aliases]
    if layout == "renamed" and other:
        renamed = table.columns[other[0]]
        columns[other[0]] = (renamed.aliases[0], renamed.name)
    elif layout == "added":
        columns.append(ADDED_COLUMN)
    elif layout:
        columns.insert(1, columns.pop())
    return columns


@dataclass(frozen=True)
class _Workbook:
    """Everything that a process needs to write one workbook."""

    path: Path
    file: DroppedFile
    sheet: Sheet
    rows: pa.Table
    totals: list[str | None]


def _workbook(
    connection: duckdb.DuckDBPyConnection, table: TableContract, file: DroppedFile,
    columns: Sequence[tuple[str, str]], query: str, path: Path,
) -> _Workbook:  # fmt: skip
    sheet = Sheet(
        table, f"{table.label}（{file.period}）", columns, file.index % 3 == 0,
        file.delivered_at.replace(tzinfo=None),
    )  # fmt: skip
    totals = _totals(connection, table, columns, query)
    return _Workbook(path, file, sheet, connection.execute(query).to_arrow_table(), totals)


def _write_workbooks(workbooks: Sequence[_Workbook]) -> None:
    """Write workbooks, large ones in parallel: Python writes a workbook cell by cell."""
    if sum(workbook.rows.num_rows for workbook in workbooks) < POOLED_ROWS:
        for workbook in workbooks:
            _write_one(workbook)
        return
    # Forking a process with a running DuckDB would hang.
    with ProcessPoolExecutor(WRITERS, mp_context=get_context("spawn")) as writers:
        for _ in writers.map(_write_one, workbooks):
            pass


def _write_one(workbook: _Workbook) -> None:
    write_workbook(workbook.path, workbook.sheet, _turned(workbook.rows), workbook.totals)
    _finish(workbook.path, workbook.file)


def _turned(rows: pa.Table) -> Iterator[tuple]:
    for batch in rows.to_batches(max_chunksize=TURNED_ROWS):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _totals(
    connection: duckdb.DuckDBPyConnection,
    table: TableContract,
    columns: Sequence[tuple[str, str]],
    query: str,
) -> list[str | None]:
    """Return the totals row: `合计` first, then the sum of every numeric column."""
    numbers = set(table.staging.get("numbers") or [])
    half = "translate(\"{name}\", '０１２３４５６７８９．', '0123456789.')"
    plain = f"regexp_replace({half}, '[^0-9.-]', '', 'g')"
    sums = [
        f"cast(round(sum(try_cast({plain.format(name=name)} as double)), 6) as varchar)"
        if name in numbers and place
        else "null"
        for place, (_, name) in enumerate(columns)
    ]
    row = one_row(connection.execute(f"select {', '.join(sums)} from ({query})"))
    return ["合计", *row[1:]]


def _write_text(
    connection: duckdb.DuckDBPyConnection, table: TableContract, columns: Sequence[tuple[str, str]],
    query: str, path: Path,
) -> None:  # fmt: skip
    layout = table.layout or Layout()
    titles = ", ".join(f'"{name}" as "{title}"' for title, name in columns)
    connection.execute(
        f"copy (select {titles} from ({query})) to '{path}' (header, delimiter '{layout.delimiter}')"
    )
    text = path.read_text(encoding="utf-8")
    mark = "\ufeff" if layout.byte_order_mark and layout.encoding == "utf-8" else ""
    path.write_bytes((mark + text).encode(layout.encoding))


def _finish(path: Path, file: DroppedFile) -> None:
    """The checksum is that of the complete file, even if only half of it arrived."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if not file.is_whole:
        path.write_bytes(content[: len(content) // 2])
    checksum = path.with_name(f"{path.name}.sha256")
    checksum.write_text(f"{digest}  {path.name}\n")
    moment = file.delivered_at.timestamp()
    for written in (path, checksum):
        os.utime(written, (moment, moment))


def _note(
    connection: duckdb.DuckDBPyConnection, system: str, file: DroppedFile, *, is_workbook: bool
) -> None:
    layout = [f"layout_{file.layout}"] if file.layout and is_workbook else []
    for fault in [*file.faults, *layout]:
        connection.execute(
            "insert into truth_files values (?, ?, ?, ?, ?)",
            [system, file.table, file.name, file.period, fault],
        )
