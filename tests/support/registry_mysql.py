"""The tests' small source system as a MariaDB database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from simulator.serve.mariadb import MariaDb
from simulator.serve.process import bind_remembered
from tests.support.registry import SYSTEM, TABLE, contract_document
from tests.support.servers import temporary_home

READER, PASSWORD = "reader", "pass'word"


def mysql_document() -> dict[str, Any]:
    """The same contract over the MySQL protocol."""
    document = contract_document()
    document["servers"] = [
        {"server": "test", "type": "mysql", "host": "127.0.0.1", "port": 3306, "database": SYSTEM}
    ]
    return document


@contextmanager
def mariadb_server() -> Iterator[MariaDb]:
    """A real server on a free loopback port, with a data folder of its own."""
    with temporary_home() as home:
        with bind_remembered(home / "port") as free:
            port = free.getsockname()[1]
        server = MariaDb(home / "server", home / "secrets" / "password", port)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@dataclass(frozen=True)
class RegistryMySql:
    """The system's database on a MariaDB server."""

    server: MariaDb

    def create(self) -> None:
        """Create the table, empty, and the reader who may only select."""
        for statement in (
            f"create or replace database {SYSTEM}",
            f"create table {SYSTEM}.{TABLE} (person_no varchar(40) primary key, name varchar(40), "
            "sex_code varchar(40), birth_date date, update_time datetime(6), is_deleted tinyint(1))",
            f"create or replace user {READER}@127.0.0.1 identified by 'pass''word'",
            f"grant select on {SYSTEM}.* to {READER}@127.0.0.1",
        ):
            self.run(statement)

    def run(self, statement: str) -> None:
        """Change the source as its own clerks would, without the server's strictness."""
        with self.server.connect() as connection, connection.cursor() as cursor:
            cursor.execute("set session sql_mode = 'ALLOW_INVALID_DATES'")
            cursor.execute(f"create database if not exists {SYSTEM}")
            cursor.execute(f"use {SYSTEM}")
            cursor.execute(statement)

    def add(self, first: int, last: int, *, day: str = "2026-06-01", sex_code: str = "1") -> None:
        """Add people numbered from first to last, a second apart on one day."""
        self.run(
            f"insert into {TABLE} select concat('P', seq), concat('人', seq), '{sex_code}', '1990-01-01', "
            f"timestamp '{day} 08:00:00' + interval seq second, false from seq_{first}_to_{last}"
        )

    def endpoint(self) -> dict[str, str]:
        """How the platform reaches it."""
        return {
            "url": f"mysql://127.0.0.1:{self.server.port}/{SYSTEM}",
            "username": READER,
            "password": PASSWORD,
        }
