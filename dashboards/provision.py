"""Bring Superset to the state described by this folder: database, secrets, roles, users, charts and pages.

Superset has its own environment; this module runs `superset_apply.py` there and never imports Superset.
"""

from __future__ import annotations

import json
import secrets
import subprocess
from hashlib import sha256
from pathlib import Path

import psycopg
from psycopg import sql

from dashboards.environment import (
    DATABASE,
    FOLDER,
    PYTHON,
    SupersetError,
    bare_environment,
    conninfo,
    secrets_file,
    superset_environment,
)
from pipelines.installation import state
from pipelines.installation.durable_files import write_text_durably
from pipelines.settings import PROJECT_ROOT, Settings

LOCK = PROJECT_ROOT / "requirements" / "superset.txt"
APPLY_TIMEOUT_SECONDS = 300
USERS = ("admin", "leadership", "analyst", "department", "auditor")
SECRETS = ("secret_key", "guest_token_secret", "async_queries_secret")
# What pages show depends on these files and on Superset's version.
INPUTS = ("assets", "roles.yaml", "superset_apply.py")


def apply(settings: Settings, *, force: bool = False) -> bool:
    """Bring schema, roles, users and assets to the state described by this folder.

    Returns:
        Whether anything had to be done; False takes milliseconds.

    Raises:
        SupersetError: with the end of Superset's output.
    """
    with state.advisory_lock(settings, "superset-apply"):
        kept = _ensure_secrets(settings)
        _ensure_database(settings)
        wanted = _fingerprint(kept)
        if not force and _applied(settings) == wanted:
            return False
        _run_inside(settings, kept)
        _remember_applied(settings, wanted)
    return True


def _run_inside(settings: Settings, kept: Path) -> None:
    command = [str(PYTHON), str(FOLDER / "superset_apply.py"), "--secrets", str(kept)]
    log = settings.home / "logs" / "superset-apply.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        done = subprocess.run(
            command, env=bare_environment() | superset_environment(settings), cwd=FOLDER, check=False,
            stdout=output, stderr=subprocess.STDOUT, timeout=APPLY_TIMEOUT_SECONDS,
        )  # fmt: skip
    if done.returncode != 0:
        tail = "\n".join(log.read_text().splitlines()[-12:])
        raise SupersetError(
            f"Superset could not be set up (status {done.returncode}); what it had before is kept. "
            f"The end of {log}:\n{tail}"
        )


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


def _ensure_secrets(settings: Settings) -> Path:
    """Generate missing secrets; existing ones are kept, or sessions and stored secrets would be lost."""
    path = secrets_file(settings)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    known = json.loads(path.read_text()) if path.exists() else {}
    wanted = {name: known.get(name) or secrets.token_urlsafe(48) for name in SECRETS}
    passwords = known.get("passwords", {})
    wanted["passwords"] = {name: passwords.get(name) or secrets.token_urlsafe(12) for name in USERS}
    if wanted != known:
        write_text_durably(path, json.dumps(wanted, indent=1), mode=0o600)
    return path


def _fingerprint(kept: Path) -> str:
    digest = sha256(LOCK.read_bytes())
    digest.update(kept.read_bytes())
    for name in INPUTS:
        root = FOLDER / name
        for path in sorted(root.rglob("*.yaml")) if root.is_dir() else [root]:
            digest.update(f"{path.relative_to(FOLDER)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _applied(settings: Settings) -> str | None:
    """Return the last applied fingerprint, stored beside what it describes so that both are lost together."""
    with psycopg.connect(conninfo(settings)) as connection:
        connection.execute("create table if not exists community_brain_applied (fingerprint text not null)")
        row = connection.execute("select fingerprint from community_brain_applied").fetchone()
    return row[0] if row else None


def _remember_applied(settings: Settings, fingerprint: str) -> None:
    with psycopg.connect(conninfo(settings)) as connection:
        connection.execute("delete from community_brain_applied")
        connection.execute("insert into community_brain_applied values (%s)", [fingerprint])
