"""Files dropped over SFTP: a GB18030 text file and a workbook, from a server in a separate process."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import xlsxwriter

from benchmarks.ingest.measure import Measured, measured
from benchmarks.ingest.rows import write_rows
from pipelines.contracts import TableContract, load_contracts
from pipelines.installation.engine import install_extensions
from pipelines.settings import Settings
from simulator.drops.write import drop_folder

TEXT = ("family_tv", "view_agg", "20260601")
WORKBOOK = ("broadband", "emergency_communication", "2026Q1")
FETCHED_ROWS = 10_000
READY_SECONDS = 60


def over_csv(settings: Settings, rows: int) -> Measured:
    """Measure one day's viewing data of all households, as exported by the broadcaster."""
    return _measured("SFTP, text file in GB18030", settings, TEXT, rows, _write_text)


def over_excel(settings: Settings, rows: int) -> Measured:
    """Measure one quarter's tests as a workbook."""
    return _measured("SFTP, Excel workbook", settings, WORKBOOK, rows, _write_workbook)


def _measured(
    transport: str, settings: Settings, source: tuple[str, str, str], rows: int,
    write: Callable[[duckdb.DuckDBPyConnection, TableContract, Path, Path], None],
) -> Measured:  # fmt: skip
    system, table_name, period = source
    contract = load_contracts(settings.sources_dir)[system]
    table = contract.table(table_name)
    parquet = settings.home / "rows.parquet"
    write_rows(parquet, table, rows)
    name = str(table.ingest.pattern).replace("{period}", period).replace("*", "01")
    path = drop_folder(settings.home, system) / str(contract.server.options["folder"]).strip("/") / name
    path.parent.mkdir(parents=True)
    with duckdb.connect() as connection:
        write(connection, table, parquet, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_name(f"{name}.sha256").write_text(f"{digest}  {name}\n")
    install_extensions(settings)
    with _served(settings, system):
        return measured(transport, settings, system, [table_name])


@contextmanager
def _served(settings: Settings, system: str) -> Iterator[None]:
    code = "import sys, pathlib; from simulator.serve import sftp; "
    code += "sftp.serve_folders(pathlib.Path(sys.argv[1]), sys.argv[2:])"
    server = subprocess.Popen([sys.executable, "-c", code, str(settings.home), system])
    endpoint = settings.secrets / "sources" / f"{system}.json"
    deadline = time.monotonic() + READY_SECONDS
    try:
        while not endpoint.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        yield
    finally:
        server.terminate()
        server.wait()


def _write_text(
    connection: duckdb.DuckDBPyConnection, table: TableContract, parquet: Path, path: Path
) -> None:
    titles = ", ".join(f'"{column.name}" as "{column.label}"' for column in table.columns)
    connection.execute(f"copy (select {titles} from read_parquet('{parquet}')) to '{path}' (header)")
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))


def _write_workbook(
    connection: duckdb.DuckDBPyConnection, table: TableContract, parquet: Path, path: Path
) -> None:
    result = connection.execute(f"from read_parquet('{parquet}')")
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, [column.label for column in table.columns])
        place = 1
        while rows := result.fetchmany(FETCHED_ROWS):
            for row in rows:
                page.write_row(place, 0, row)
                place += 1
