"""A system with the MySQL protocol: MariaDB, or PostgreSQL where MariaDB is not installed.

The platform reads either under the same contract; the endpoint's URL says which one it is. Timestamps are
stored without a zone, as in such systems: the city's.
"""

from __future__ import annotations

import logging
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.contracts import Column, TableContract
from pipelines.installation.embedded_postgres import EmbeddedPostgres
from pipelines.installation.one_row import one_value
from simulator.serve import city, postgres, process
from simulator.serve.mariadb import MariaDb, is_installed

if TYPE_CHECKING:
    from pymysql.cursors import Cursor

READER = "brain_reader"
CHECK_SECONDS = 2.0
KEY_TEXT = "varchar(191)"
TYPES = {"boolean": "tinyint(1)", "date": "date", "timestamp": "datetime(6)", "number": "double"}
INTEGERS = {"integer": "int", "int": "int", "smallint": "smallint"}
logger = logging.getLogger(__name__)


def exists(home: Path, system: str) -> bool:
    """Return whether the database has been created under `home`."""
    if not is_installed():
        return postgres.exists(home, system)
    return (home / "simulator" / system / "mariadb" / "data").exists()


def server(home: Path, system: str) -> MariaDb | EmbeddedPostgres:
    """Return the system's server, on its previous port or a free one."""
    if not is_installed():
        return postgres.server(home, system)
    return mariadb_server(home, system)


def mariadb_server(home: Path, system: str) -> MariaDb:
    """Return the system's MariaDB, on its previous port or a free one."""
    folder = home / "simulator" / system / "mariadb"
    password = home / "secrets" / "simulator" / f"{system}.mysql"
    known = MariaDb(folder, password, process.remembered_port(folder))
    if known.port and known.is_running():
        return known
    with process.bind_remembered(folder) as free:
        return MariaDb(folder, password, free.getsockname()[1])


def run(home: Path, system: str) -> None:
    """Serve until SIGTERM; a server that dies is restarted."""
    if not is_installed():
        logger.info("no MariaDB is installed: %s is served by PostgreSQL", system)
        postgres.run(home, system)
        return
    stopped = process.stop_event()
    identity = city.city_identity(home)
    mariadb = mariadb_server(home, system)
    with process.pid_file(home, system):
        try:
            mariadb.start()
            prepare(home, system, mariadb, identity)
            logger.info("%s answers on port %s", system, mariadb.port)
            while not stopped.wait(CHECK_SECONDS):
                mariadb.start()
        finally:
            mariadb.stop()


def prepare(home: Path, system: str, mariadb: MariaDb, identity: str) -> None:
    """Load the city unless it is loaded, grant the platform access, write the endpoint."""
    with mariadb.connect() as connection:
        cursor = connection.cursor()
        cursor.execute("create database if not exists simulator")
        cursor.execute("create table if not exists simulator.loaded (identity varchar(16) primary key)")
        cursor.execute("select count(*) from simulator.loaded where identity = %s", [identity])
        if not one_value(cursor):
            load(home, system, cursor)
            cursor.execute("truncate simulator.loaded")
            cursor.execute("insert into simulator.loaded values (%s)", [identity])
        password = process.read_endpoint(home, system).get("password") or secrets.token_urlsafe(24)
        cursor.execute(f"create or replace user {READER}@{process.LOOPBACK} identified by %s", [password])
        cursor.execute(f"grant select on {system}.* to {READER}@{process.LOOPBACK}")
    endpoint = {
        "url": f"mysql://{process.LOOPBACK}:{mariadb.port}/{system}",
        "username": READER, "password": password,
    }  # fmt: skip
    process.write_endpoint(home, system, endpoint)


def load(home: Path, system: str, cursor: Cursor) -> None:
    """Replace every table with the generated one; the next start repairs a load that was killed."""
    cursor.execute(f"create or replace database {system}")
    for name, table in city.tables(system).items():
        cursor.execute(f"create table {system}.`{table.physical_name}` ({definition(table)})")
        fill(cursor, f"{system}.`{table.physical_name}`", table, city.table_file(home, system, name))
    logger.info("loaded %s tables", len(city.tables(system)))


def upsert(home: Path, system: str, table: str, parquet: Path) -> int:
    """Insert or replace the rows of a Parquet file by the table's key; returns their number.

    A single statement, idempotent after a kill.

    Raises:
        KeyError: the contract has no such table.
    """
    running = server(Path(home), system)
    if isinstance(running, EmbeddedPostgres):
        return postgres.upsert(home, system, table, parquet)
    contract = city.tables(system)[table]
    with running.connect(system) as connection:
        return fill(connection.cursor(), f"`{contract.physical_name}`", contract, parquet, "replace")


def definition(table: TableContract) -> str:
    """Return columns and indexes of a table, as a production system of this kind would have them."""
    columns = [f"`{column.name}` {_type(table, column)}" for column in table.columns]
    indexes = [f"primary key ({', '.join(table.primary_key)})"]
    if table.ingest.cursor:
        indexes.append(f"index ({table.ingest.cursor})")
    return ", ".join([*columns, *indexes])


def _type(table: TableContract, column: Column) -> str:
    if column.logical_type == "string":
        return KEY_TEXT if column.name in table.primary_key else "text"
    if column.logical_type == "integer":
        return INTEGERS.get(column.physical_type.lower(), "bigint")
    is_decimal = column.duckdb_type.startswith("DECIMAL")
    return column.duckdb_type if is_decimal else TYPES[column.logical_type]


def fill(cursor: Cursor, target: str, table: TableContract, parquet: Path, word: str = "") -> int:
    """Bulk load through a file, the server's fastest method; returns the rows of the Parquet file."""
    with tempfile.TemporaryDirectory(prefix="brain-load-") as folder, city.open_duckdb() as connection:
        text = Path(folder) / "rows.csv"
        columns = ", ".join(_written(column) for column in table.columns)
        names = ", ".join(f"`{name}`" for name in table.column_names)
        result = connection.execute(
            f"copy (select {columns} from read_parquet('{parquet}')) to '{text}' "
            "(format csv, header false, delimiter '\t', quote '', escape '', nullstr '\\N')"
        )
        rows = one_value(result)
        cursor.execute(
            f"load data local infile '{text}' {word} into table {target} character set utf8mb4 ({names})"
        )
    return rows


def _written(column: Column) -> str:
    """Return SQL for a value in the form the server reads from a text file."""
    if column.logical_type == "string":
        return f"replace(replace(replace({column.name}, '\\', '\\\\'), chr(9), '\\t'), chr(10), '\\n')"
    if column.logical_type == "timestamp":
        return f"strftime({column.name}, '%Y-%m-%d %H:%M:%S.%f')"
    return f"cast({column.name} as int)" if column.logical_type == "boolean" else column.name
