"""A database system: PostgreSQL on loopback TCP.

The platform reads it as `brain_reader`, a read-only role. Loading is one transaction that ends with the
city's identity, so that a kill leaves nothing half loaded and a restart loads nothing twice.
"""

from __future__ import annotations

import logging
import secrets
from pathlib import Path

import psycopg
from psycopg import sql

from pipelines.contracts import TableContract
from pipelines.installation.embedded_postgres import EmbeddedPostgres
from pipelines.installation.one_row import one_value
from simulator.serve import city, process

READER = "brain_reader"
CHECK_SECONDS = 2.0
logger = logging.getLogger(__name__)


def server(home: Path, system: str) -> EmbeddedPostgres:
    """Return the system's own cluster, on its previous port or a free one."""
    folder = home / "simulator" / system / "postgres"
    password = home / "secrets" / "simulator" / f"{system}.pgpass"
    password.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    known = EmbeddedPostgres(folder / "cluster", password, process.remembered_port(folder) or None)
    if known.port and known.is_running():
        return known
    with process.bind_remembered(folder) as free:
        return EmbeddedPostgres(folder / "cluster", password, free.getsockname()[1])


def exists(home: Path, system: str) -> bool:
    """Return whether the database has been created under `home`."""
    return (home / "simulator" / system / "postgres" / "cluster").exists()


def run(home: Path, system: str) -> None:
    """Serve until SIGTERM; a server process that dies is restarted."""
    stopped = process.stop_event()
    identity = city.city_identity(home)
    postgres = server(home, system)
    with process.pid_file(home, system):
        try:
            postgres.start()
            prepare(home, system, postgres, identity)
            logger.info("%s answers on port %s", system, postgres.port)
            while not stopped.wait(CHECK_SECONDS):
                postgres.start()
        finally:
            postgres.stop()


def prepare(home: Path, system: str, postgres: EmbeddedPostgres, identity: str) -> None:
    """Create the database, load the city unless it is loaded, grant the platform access."""
    postgres.create_database(system)
    if loaded_identity(postgres, system) != identity:
        load(home, system, postgres, identity)
    create_indexes(postgres, system)
    password = process.read_endpoint(home, system).get("password") or secrets.token_urlsafe(24)
    create_reader(postgres, system, password)
    process.write_endpoint(
        home, system,
        {
            "url": f"postgresql://{process.LOOPBACK}:{postgres.port}/{system}",
            "username": READER,
            "password": password,
        },
    )  # fmt: skip


def loaded_identity(postgres: EmbeddedPostgres, system: str) -> str | None:
    """Return the identity of the loaded city; None before the first load."""
    with psycopg.connect(postgres.conninfo(system)) as connection:
        if one_value(connection.execute("select to_regclass('simulator.loaded')")) is None:
            return None
        row = connection.execute("select identity from simulator.loaded").fetchone()
        return row[0] if row else None


def load(home: Path, system: str, postgres: EmbeddedPostgres, identity: str) -> None:
    """Replace every table with the generated one, in one transaction of DuckDB's bulk copy."""
    with city.open_duckdb("postgres_scanner") as connection:
        connection.execute(f"attach '{postgres.conninfo(system)}' as source (type postgres)")
        connection.execute("begin")
        connection.execute("create schema if not exists source.simulator")
        for name, table in city.tables(system).items():
            served = f'source.public."{table.physical_name}"'
            connection.execute(f"drop table if exists {served}")
            parquet = city.table_file(home, system, name)
            connection.execute(
                f"create table {served} as select {_typed(table)} from read_parquet(?)", [str(parquet)]
            )
        connection.execute("drop table if exists source.simulator.loaded")
        connection.execute(f"create table source.simulator.loaded as select '{identity}' as identity")
        connection.execute("commit")
    logger.info("loaded %s tables", len(city.tables(system)))


def _typed(table: TableContract) -> str:
    return ", ".join(
        f"cast({column.name} as {column.duckdb_type}) as {column.name}" for column in table.columns
    )


def create_indexes(postgres: EmbeddedPostgres, system: str) -> None:
    """Create key and cursor indexes, as a production system would have."""
    with psycopg.connect(postgres.conninfo(system)) as connection:
        for name, table in city.tables(system).items():
            key, cursor, served = ", ".join(table.primary_key), table.ingest.cursor, table.physical_name
            connection.execute(f'create unique index if not exists {name}_key on "{served}" ({key})')
            if cursor:
                connection.execute(f'create index if not exists {name}_{cursor} on "{served}" ({cursor})')
    with psycopg.connect(postgres.conninfo(system), autocommit=True) as connection:
        connection.execute("analyze")


def create_reader(postgres: EmbeddedPostgres, system: str, password: str) -> None:
    """Create the platform's role, which can only select from the tables."""
    role = sql.Identifier(READER)
    with psycopg.connect(postgres.conninfo(system)) as connection:
        exists = connection.execute("select 1 from pg_roles where rolname = %s", [READER]).fetchone()
        if not exists:
            connection.execute(sql.SQL("create role {} login").format(role))
        for statement in (
            sql.SQL("alter role {} password {}").format(role, sql.Literal(password)),
            sql.SQL("alter role {} set default_transaction_read_only = on").format(role),
            sql.SQL("grant usage on schema public to {}").format(role),
            sql.SQL("grant select on all tables in schema public to {}").format(role),
        ):
            connection.execute(statement)


def upsert(home: Path, system: str, table: str, parquet: Path) -> int:
    """Insert or replace the rows of a Parquet file by the table's key; returns their number.

    The whole file is one transaction, idempotent after a kill.

    Raises:
        KeyError: the contract has no such table.
    """
    postgres = server(Path(home), system)
    contract = city.tables(system)[table]
    key, columns = contract.primary_key, contract.column_names
    names = ", ".join(columns)
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in key)
    with city.open_duckdb("postgres_scanner") as connection:
        connection.execute(f"attach '{postgres.conninfo(system)}' as source (type postgres)")
        connection.execute(f"drop table if exists source.simulator.incoming_{table}")
        connection.execute(
            f"create table source.simulator.incoming_{table} as "
            f"select {_typed(contract)} from read_parquet(?)",
            [str(parquet)],
        )
    with psycopg.connect(postgres.conninfo(system)) as connection:
        done = connection.execute(
            f'insert into public."{contract.physical_name}" ({names}) '
            f"select {names} from simulator.incoming_{table} "
            f"on conflict ({', '.join(key)}) do update set {changes}"
        )
        connection.execute(f"drop table simulator.incoming_{table}")
        return done.rowcount
