"""Apply schema, roles, users and assets inside Superset's own environment.

Run by `dashboards.provision` with Superset's Python, in one process, because each start of Superset takes
seconds. Idempotent.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from flask import g
from superset.app import create_app

ADMIN = "admin"
HERE = Path(__file__).resolve().parent


def main() -> None:
    """Bring the metadata database to the state described by this folder."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--secrets", type=Path, required=True)
    arguments = parser.parse_args()
    passwords = json.loads(arguments.secrets.read_text())["passwords"]
    policy = yaml.safe_load((HERE / "roles.yaml").read_text())
    app = create_app()
    with app.app_context():
        timed("schema", upgrade_schema)
        timed("permissions", refresh_permissions)
        timed("admin", ensure_user, ADMIN, "Admin", "社区大脑", "平台", passwords[ADMIN])
        timed("assets", import_assets, HERE / "assets")
        timed("roles", apply_roles, policy["roles"])
        for name, user in policy["users"].items():
            ensure_user(name, user["role"], user["first_name"], user["last_name"], passwords[name])


def timed(label: str, action: Callable[..., None], *arguments: Any) -> None:
    """Run one step and print its duration."""
    started = time.monotonic()
    action(*arguments)
    sys.stdout.write(f"{label} {time.monotonic() - started:.1f}s\n")
    sys.stdout.flush()


def upgrade_schema() -> None:
    """Run Superset's own migrations; does nothing if there are none."""
    import superset
    from flask_migrate import upgrade

    upgrade(directory=str(Path(superset.__file__).parent / "migrations"))


def refresh_permissions() -> None:
    """Sync Superset's built-in roles and the names of all permissions."""
    from superset import appbuilder, security_manager

    appbuilder.add_permissions(update_perms=True)
    security_manager.sync_role_definitions()


def ensure_user(username: str, role: str, first_name: str, last_name: str, password: str) -> None:
    """Create a user, or reset an existing one's role and password."""
    from superset import db, security_manager
    from werkzeug.security import check_password_hash, generate_password_hash

    found_role = security_manager.find_role(role)
    user = security_manager.find_user(username=username)
    if user is None:
        email = f"{username}@example.invalid"
        if not security_manager.add_user(
            username, first_name, last_name, email, found_role, password=password
        ):
            raise RuntimeError(f"User '{username}' could not be created; see the lines above.")
        return
    user.roles = [found_role]
    user.first_name, user.last_name = first_name, last_name
    if not check_password_hash(user.password, password):
        user.password = generate_password_hash(password)
    db.session.commit()


def import_assets(folder: Path) -> None:
    """Import databases, datasets, charts and dashboards, all or none, overwriting existing ones."""
    from superset import security_manager
    from superset.commands.importers.v1.assets import ImportAssetsCommand

    contents = {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.yaml"))
    }
    g.user = security_manager.find_user(username=ADMIN)
    ImportAssetsCommand(contents).run()
    forget_removed_assets(contents)


def forget_removed_assets(contents: dict[str, str]) -> None:
    """Delete imported assets that the folder no longer contains; charts created by users are kept."""
    from superset import db
    from superset.connectors.sqla.models import SqlaTable
    from superset.models.dashboard import Dashboard
    from superset.models.slice import Slice

    kept = {str(yaml.safe_load(content).get("uuid")) for content in contents.values()}
    for model in (Dashboard, Slice, SqlaTable):
        for asset in db.session.query(model).filter(model.is_managed_externally):
            if str(asset.uuid) not in kept:
                db.session.delete(asset)
    db.session.commit()


def apply_roles(roles: dict) -> None:
    """Give each role exactly the permissions in the policy.

    Raises:
        LookupError: the policy names a permission that Superset does not have.
    """
    from superset import db, security_manager

    granted: dict[str, list] = {}
    for name, policy in roles.items():
        names = list(policy.get("permissions", []))
        wanted = {_permission(each) for each in names} | set(granted.get(policy.get("extends_role"), []))
        for builtin in policy.get("extends", []):
            wanted |= set(security_manager.find_role(builtin).permissions)
        wanted -= {_permission(each) for each in policy.get("without", [])}
        wanted |= _data_access(policy["data"])
        granted[name] = list(wanted)
        role = security_manager.find_role(name) or security_manager.add_role(name)
        role.permissions = granted[name]
    db.session.commit()


def _permission(name: str) -> Any:
    from superset import security_manager

    permission, _, view = name.partition(" on ")
    found = security_manager.find_permission_view_menu(permission, view)
    if found is None:
        raise LookupError(f"roles.yaml names '{name}', which this version of Superset does not know.")
    return found


def _data_access(data: dict) -> set:
    from superset import db, security_manager
    from superset.connectors.sqla.models import SqlaTable
    from superset.models.core import Database

    grants = []
    for model, column, kind in (
        (SqlaTable, SqlaTable.table_name, "datasets"),
        (Database, Database.database_name, "databases"),
    ):
        for name in data.get(kind, []):
            found = db.session.query(model).filter(column == name).one()
            permission = "datasource_access" if kind == "datasets" else "database_access"
            grants.append(security_manager.add_permission_view_menu(permission, found.perm))
    return set(grants)


if __name__ == "__main__":
    main()
