"""PostgreSQL and MySQL: the population's persons, read from either under one contract."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.ingest.measure import Measured, measured
from benchmarks.ingest.rows import write_rows
from pipelines.installation.engine import open_engine
from pipelines.settings import Settings
from simulator.serve import city, mysql, postgres

SYSTEM, TABLE = "population", "hj_person"


def over_postgres(settings: Settings, rows: int) -> Measured:
    """Measure a table in an embedded PostgreSQL."""
    _generate(settings, rows)
    server = postgres.server(settings.home, SYSTEM)
    server.start()
    try:
        postgres.prepare(settings.home, SYSTEM, server, "bench")
        attach = (
            f"load postgres_scanner; attach '{server.conninfo(SYSTEM)}' as source (type postgres, read_only)"
        )
        copy = _copy_out(settings, attach, f"source.public.{TABLE}")
        return measured("PostgreSQL", settings, SYSTEM, [TABLE], copy)
    finally:
        server.stop()


def over_mysql(settings: Settings, rows: int) -> Measured:
    """Measure the same table in a MariaDB server."""
    _generate(settings, rows)
    server = mysql.mariadb_server(settings.home, SYSTEM)
    server.start()
    try:
        mysql.prepare(settings.home, SYSTEM, server, "bench")
        endpoint = settings.source_endpoint(SYSTEM)
        password = endpoint.password.get_secret_value() if endpoint.password else ""
        attach = (
            f"load mysql_scanner; attach 'host=127.0.0.1 port={server.port} user={endpoint.username} "
            f"password={password} database={SYSTEM} compression=disabled' as source (type mysql, read_only)"
        )
        copy = _copy_out(settings, attach, f"source.{SYSTEM}.{TABLE}")
        return measured("MySQL (MariaDB)", settings, SYSTEM, [TABLE], copy)
    finally:
        server.stop()


def _generate(settings: Settings, rows: int) -> None:
    for name, table in city.tables(SYSTEM).items():
        write_rows(city.table_file(settings.home, SYSTEM, name), table, rows if name == TABLE else 1)


def _copy_out(settings: Settings, attach: str, table: str) -> Callable[[Path], None]:
    def copy(path: Path) -> None:
        with open_engine(settings) as connection:
            connection.execute("set preserve_insertion_order = false")
            connection.execute(attach)
            connection.execute(f"copy (from {table}) to '{path}' (format parquet, compression zstd)")

    return copy
