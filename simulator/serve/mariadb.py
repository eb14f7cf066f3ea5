"""A private MariaDB server, where the system's package is installed.

It listens on loopback only, runs as an unprivileged system user with a small cache, and is started and
stopped here.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pymysql

from pipelines.installation.durable_files import write_text_durably
from pipelines.installation.unprivileged import lowered, user_ids
from simulator.serve.process import LOOPBACK

SERVER, INSTALLER = "mariadbd", "mariadb-install-db"
SYSTEM_FOLDERS = "/usr/sbin:/usr/bin:/sbin:/bin"
USER = "brain"
SERVICE_USERS = ("mysql", "nobody")
START_SECONDS = 60.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.05
LONGEST_SOCKET_PATH = 90
SMALL = (
    "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M", "--aria-pagecache-buffer-size=2M",
    "--key-buffer-size=1M", "--performance-schema=off", "--skip-log-bin",
    "--innodb-flush-log-at-trx-commit=2",
)  # fmt: skip
UTF8 = ("--character-set-server=utf8mb4", "--collation-server=utf8mb4_bin")


class MariaDbError(RuntimeError):
    """The server could not be initialised, started or stopped."""


def is_installed() -> bool:
    """Return whether a MariaDB server is installed on this machine."""
    return shutil.which(SERVER, path=SYSTEM_FOLDERS) is not None


@dataclass(frozen=True)
class MariaDb:
    """One server on one data folder; `password_file` holds its administrator's password."""

    folder: Path
    password_file: Path
    port: int

    @property
    def data(self) -> Path:
        """The data folder, complete or absent."""
        return self.folder / "data"

    @property
    def socket(self) -> Path:
        """A short socket path, which may not exceed 107 bytes."""
        inside = self.folder / "socket"
        if len(str(inside)) <= LONGEST_SOCKET_PATH:
            return inside
        return (
            Path(tempfile.gettempdir()) / f"brain-{sha256(str(self.folder).encode()).hexdigest()[:12]}.sock"
        )

    def connect(self, database: str | None = None) -> pymysql.Connection:
        """Connect as the administrator in autocommit mode.

        Raises:
            pymysql.err.OperationalError: the server does not answer.
        """
        return pymysql.connect(
            unix_socket=str(self.socket), user=USER, password=self.password_file.read_text(),
            database=database, charset="utf8mb4", local_infile=True, autocommit=True,
            init_command="set time_zone = '+08:00'",
        )  # fmt: skip

    def is_running(self) -> bool:
        """Return whether a server answers for this folder."""
        if not self.password_file.exists():
            return False
        try:
            self.connect().close()
        except pymysql.err.OperationalError:
            return False
        return True

    def start(self) -> None:
        """Initialise if new, start if not running; idempotent.

        Raises:
            MariaDbError: with the end of the server's log.
        """
        if self.is_running():
            return
        if not self.data.exists():
            self._initialise()
        log = self.folder / "mariadb.log"
        command = [
            *self._lowered(), _program(SERVER), "--no-defaults", f"--datadir={self.data}",
            f"--socket={self.socket}", f"--pid-file={self.folder / 'pid'}",
            f"--bind-address={LOOPBACK}", f"--port={self.port}",
            f"--init-file={self.folder / 'init.sql'}", "--local-infile=1", *SMALL, *UTF8,
        ]  # fmt: skip
        with log.open("ab") as output:
            server = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.is_running():
            if server.poll() is not None or time.monotonic() > deadline:
                tail = "\n".join(log.read_text(errors="replace").splitlines()[-8:])
                raise MariaDbError(f"MariaDB did not start in {self.folder}. The end of {log}:\n{tail}")
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Stop the server and wait until it has closed its files.

        Raises:
            MariaDbError: it is still running after the timeout.
        """
        if not self.is_running():
            return
        with self.connect() as connection:
            connection.cursor().execute("shutdown")
        deadline = time.monotonic() + STOP_SECONDS
        while (self.folder / "pid").exists():
            if time.monotonic() > deadline:
                raise MariaDbError(f"MariaDB in {self.folder} did not stop within {STOP_SECONDS:.0f} s.")
            time.sleep(POLL_SECONDS)

    def _lowered(self) -> list[str]:
        return lowered(user_ids(*SERVICE_USERS), [self.data]) if os.geteuid() == 0 else []

    def _initialise(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.password_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        password = secrets.token_urlsafe(24)
        write_text_durably(self.password_file, password, mode=0o600)
        write_text_durably(
            self.folder / "init.sql",
            f"create or replace user {USER}@localhost identified by '{password}';\n"
            f"grant all on *.* to {USER}@localhost with grant option;\n",
            mode=0o600,
        )
        _own(self.folder, self.folder / "init.sql")
        # Initialise under another name first: a kill in between leaves no incomplete server.
        unfinished = self.folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        done = subprocess.run(
            [
                *self._lowered(), _program(INSTALLER), "--no-defaults", f"--datadir={unfinished}",
                "--auth-root-authentication-method=socket", "--skip-test-db", *SMALL[:2],
            ],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd="/", check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise MariaDbError(f"{INSTALLER} failed in {unfinished}: {done.stderr.strip()[-800:]}")
        unfinished.rename(self.data)


def _program(name: str) -> str:
    found = shutil.which(name, path=SYSTEM_FOLDERS)
    if found is None:
        raise MariaDbError(f"{name} is not installed; install the system package mariadb-server.")
    return found


def _own(*paths: Path) -> None:
    if os.geteuid() == 0:
        for path in paths:
            os.chown(path, *user_ids(*SERVICE_USERS))
