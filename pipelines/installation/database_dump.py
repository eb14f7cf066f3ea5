"""Dump a PostgreSQL database and load it again, with the tools of PostgreSQL itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from pipelines.installation.embedded_postgres import BINARIES

# What libpq reads from the environment, so that no password stands in a command that others can list.
VARIABLES = {
    "host": "PGHOST", "port": "PGPORT", "dbname": "PGDATABASE", "user": "PGUSER", "password": "PGPASSWORD",
    "passfile": "PGPASSFILE", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT",
}  # fmt: skip


class DumpError(RuntimeError):
    """PostgreSQL's tool failed; its message names tables, never values of rows."""


def dump_database(conninfo: str, target: Path) -> None:
    """Write one consistent state of a database, compressed.

    Raises:
        DumpError: the database could not be read whole.
    """
    _run(conninfo, "pg_dump", "--format=custom", f"--file={target}")


def load_database(conninfo: str, source: Path) -> None:
    """Fill an empty database from a dump, wholly or not at all.

    Raises:
        DumpError: the database is not empty, or is of an older version; it is unchanged.
    """
    database = str(conninfo_to_dict(conninfo)["dbname"])
    _run(
        conninfo, "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
        f"--dbname={database}", str(source),
    )  # fmt: skip


def _run(conninfo: str, program: str, *arguments: str) -> None:
    given = conninfo_to_dict(conninfo)
    settings = {VARIABLES[name]: str(value) for name, value in given.items() if name in VARIABLES}
    done = subprocess.run(
        [str(BINARIES / program), *arguments], env={"LC_ALL": "C.UTF-8", **settings},
        capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        # What follows the first line may quote the row that a command stopped at; a killed tool says nothing.
        said = done.stderr.strip() or f"exit status {done.returncode}"
        raise DumpError(f"{program} failed: {said.splitlines()[0]}")
