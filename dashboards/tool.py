"""Setting up, filling, starting and checking Superset from the platform's side.

Superset lives in its own environment; this module starts it there and never
imports it. `python -m dashboards.tool init|import|serve|stop|validate`.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import typer
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from dashboards import validate as validation
from pipelines import processes
from pipelines.lake import state
from pipelines.settings import PROJECT_ROOT, Settings, get_settings

FOLDER = Path(__file__).resolve().parent
PYTHON = PROJECT_ROOT / ".venv-superset" / "bin" / "python"
LOCK = PROJECT_ROOT / "requirements" / "superset.txt"
DATABASE = "superset"
SERVER = "superset"
FIRST_PORT = 8088
APPLY_TIMEOUT_SECONDS = 300
USERS = ("admin", "leadership", "analyst", "department", "auditor")
SECRETS = ("secret_key", "guest_token_secret", "async_queries_secret")
DASHBOARD_PATH = "/superset/dashboard/city-overview/"
# What a page shows follows from these files and from Superset's own version.
INPUTS = ("assets", "roles.yaml", "superset_apply.py")


class SupersetError(RuntimeError):
    """Superset could not be set up, filled or started."""


@dataclass(frozen=True)
class Address:
    """Where Superset answers and how to log in; `repr` holds no password."""

    url: str
    dashboard_url: str
    username: str
    secrets_file: Path


def apply(settings: Settings, *, force: bool = False) -> bool:
    """Bring schema, roles, users and assets to what this folder describes.

    Returns:
        Whether anything had to be done; False costs milliseconds.

    Raises:
        SupersetError: with the end of what Superset said.
    """
    with state.advisory_lock(settings, "superset-apply"):
        secrets_file = _ensure_secrets(settings)
        _ensure_database(settings)
        wanted = _fingerprint(secrets_file)
        if not force and _applied(settings) == wanted:
            return False
        _run_inside(settings, secrets_file)
        _remember_applied(settings, wanted)
    return True


def _run_inside(settings: Settings, secrets_file: Path) -> None:
    command = [str(PYTHON), str(FOLDER / "superset_apply.py"), "--secrets", str(secrets_file)]
    log = settings.home / "logs" / "superset-apply.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        done = subprocess.run(
            command, env=os_environment() | superset_environment(settings), cwd=FOLDER, check=False,
            stdout=output, stderr=subprocess.STDOUT, timeout=APPLY_TIMEOUT_SECONDS,
        )  # fmt: skip
    if done.returncode != 0:
        tail = "\n".join(log.read_text().splitlines()[-12:])
        raise SupersetError(
            f"Superset could not be set up (status {done.returncode}); what it had before is kept. "
            f"The end of {log}:\n{tail}"
        )


def start(settings: Settings, *, port: int | None = None, timeout_seconds: float = 120) -> Address:
    """Start the web server on loopback unless it runs, and wait until it answers.

    Raises:
        pipelines.processes.ProcessError: it did not start; with the end of its log.
    """
    if not processes.is_running(settings, SERVER):
        chosen = port or _free_port(_last_port(settings))
        _write_run_file(settings, chosen)
        command = [
            str(PYTHON), "-m", "gunicorn", "--bind", f"127.0.0.1:{chosen}", "--workers", "2",
            "--threads", "8", "--worker-class", "gthread", "--timeout", "120", "--preload",
            "--no-control-socket",
            "--config", str(FOLDER / "gunicorn_config.py"), "superset.app:create_app()",
        ]  # fmt: skip
        processes.start(
            settings, SERVER, command, environment=superset_environment(settings), working_directory=FOLDER
        )
    processes.wait_until_ready(
        settings, SERVER, lambda: is_healthy(settings), timeout_seconds=timeout_seconds
    )
    return address(settings)


def stop(settings: Settings) -> bool:
    """Stop the web server; true if it was running."""
    return processes.stop(settings, SERVER)


def is_healthy(settings: Settings) -> bool:
    """Whether the web server answers its health check."""
    try:
        with urllib.request.urlopen(f"{address(settings).url}/health", timeout=5) as answer:  # noqa: S310
            return answer.status == 200
    except OSError:
        return False


def address(settings: Settings) -> Address:
    """Where the web server is, running or not.

    Raises:
        SupersetError: it was never started here.
    """
    run_file = settings.home / "run" / f"{SERVER}.json"
    if not run_file.exists():
        raise SupersetError("Superset was never started here. Start it: python -m dashboards.tool serve")
    url = f"http://127.0.0.1:{json.loads(run_file.read_text())['port']}"
    return Address(url, url + DASHBOARD_PATH, "leadership", _secrets_file(settings))


def password(settings: Settings, username: str) -> str:
    """The generated password of one of Superset's users."""
    return json.loads(_secrets_file(settings).read_text())["passwords"][username]


def superset_environment(settings: Settings) -> dict[str, str]:
    """What Superset's own processes need to know; no password unless the database's address holds one."""
    own = settings.home / "superset"
    own.mkdir(parents=True, exist_ok=True, mode=0o700)
    return {
        "SUPERSET_CONFIG_PATH": str(FOLDER / "superset_config.py"),
        "SUPERSET_HOME": str(own),
        "BRAIN_SUPERSET_HOME": str(own),
        "BRAIN_SUPERSET_SECRETS": str(_secrets_file(settings)),
        "BRAIN_SUPERSET_DATABASE": _sqlalchemy_uri(settings),
        "BRAIN_SERVING": str(settings.serving),
        "FLASK_APP": "superset.app:create_app()",
        "PYTHONWARNINGS": "ignore",
        "PYTHONDONTWRITEBYTECODE": "",
        "TZ": "Asia/Shanghai",
    }


def os_environment() -> Mapping[str, str]:
    """The few variables that any program needs, as fixed values: nothing of this process reaches a child."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(Path.home())}


def _conninfo(settings: Settings) -> str:
    return make_conninfo(state.state_conninfo(settings), dbname=DATABASE)


def _sqlalchemy_uri(settings: Settings) -> str:
    parameters = conninfo_to_dict(_conninfo(settings))
    database = parameters.pop("dbname")
    return f"postgresql+psycopg2:///{database}?{urlencode(parameters)}"


def _ensure_database(settings: Settings) -> None:
    with state.connect_state(settings, autocommit=True) as connection:
        if connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
            return
        try:
            connection.execute(sql.SQL("create database {} encoding 'UTF8' template template0").format(
                sql.Identifier(DATABASE)))  # fmt: skip
        except psycopg.errors.DuplicateDatabase:
            return
        except psycopg.errors.InsufficientPrivilege:
            raise SupersetError(
                f"The user of BRAIN_DATABASE_URL may not create the database '{DATABASE}'. "
                "Nothing was changed. "
                f"Have it created: create database {DATABASE} owner <that user>;"
            ) from None


def _secrets_file(settings: Settings) -> Path:
    return settings.secrets / "superset.json"


def _ensure_secrets(settings: Settings) -> Path:
    """Generate what is missing; what is there stays, or sessions and stored secrets would be lost."""
    path = _secrets_file(settings)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    known = json.loads(path.read_text()) if path.exists() else {}
    wanted = {name: known.get(name) or secrets.token_urlsafe(48) for name in SECRETS}
    passwords = known.get("passwords", {})
    wanted["passwords"] = {name: passwords.get(name) or secrets.token_urlsafe(12) for name in USERS}
    if wanted != known:
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(wanted, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    return path


def _fingerprint(secrets_file: Path) -> str:
    digest = sha256(LOCK.read_bytes())
    digest.update(secrets_file.read_bytes())
    for name in INPUTS:
        root = FOLDER / name
        for path in sorted(root.rglob("*.yaml")) if root.is_dir() else [root]:
            digest.update(f"{path.relative_to(FOLDER)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _applied(settings: Settings) -> str | None:
    """The fingerprint that was applied last; kept beside what it describes, so both are lost together."""
    with psycopg.connect(_conninfo(settings)) as connection:
        connection.execute("create table if not exists community_brain_applied (fingerprint text not null)")
        row = connection.execute("select fingerprint from community_brain_applied").fetchone()
    return row[0] if row else None


def _remember_applied(settings: Settings, fingerprint: str) -> None:
    with psycopg.connect(_conninfo(settings)) as connection:
        connection.execute("delete from community_brain_applied")
        connection.execute("insert into community_brain_applied values (%s)", [fingerprint])


def _last_port(settings: Settings) -> int:
    """The port of the last start, so that a bookmark stays good."""
    run_file = settings.home / "run" / f"{SERVER}.json"
    return json.loads(run_file.read_text())["port"] if run_file.exists() else FIRST_PORT


def _write_run_file(settings: Settings, port: int) -> None:
    folder = settings.home / "run"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{SERVER}.json").write_text(json.dumps({"port": port}))


def _free_port(first: int) -> int:
    for port in (*range(first, first + 20), 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise SupersetError("No free port on 127.0.0.1.")


app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


@app.command("init")
def init_command() -> None:
    """Create the metadata database, roles, users and the dashboard."""
    import_command(force=True)


@app.command("import")
def import_command(force: bool = typer.Option(False, help="apply even if nothing changed")) -> None:
    """Apply assets, roles and users; does nothing when nothing changed."""
    settings = get_settings()
    state.prepare(settings)
    started = time.monotonic()
    done = apply(settings, force=force)
    took = time.monotonic() - started
    typer.echo(f"Superset {'was brought up to date' if done else 'is up to date'} ({took:.1f} s).")


@app.command("serve")
def serve_command(port: int | None = None) -> None:
    """Start the web server in the background and say where it is."""
    settings = get_settings()
    state.prepare(settings)
    apply(settings)
    found = start(settings, port=port)
    typer.echo(f"{found.dashboard_url}\nuser {found.username}, password in {found.secrets_file}")


@app.command("stop")
def stop_command() -> None:
    """Stop the web server."""
    typer.echo("Superset was stopped." if stop(get_settings()) else "Superset was not running.")


@app.command("validate")
def validate_command() -> None:
    """Check the assets without Superset: ids, references, queries, names."""
    faults = validation.faults(FOLDER / "assets")
    for fault in faults:
        typer.echo(fault, err=True)
    typer.echo(f"{len(faults)} faults in the assets.")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    app()
