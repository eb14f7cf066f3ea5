"""The environment of Superset's own processes: folders, database and secrets."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlencode

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pipelines.installation import state
from pipelines.settings import PROJECT_ROOT, Settings

FOLDER = Path(__file__).resolve().parent
PYTHON = PROJECT_ROOT / ".venv-superset" / "bin" / "python"
DATABASE = "superset"


class SupersetError(RuntimeError):
    """Superset could not be set up, provisioned or started."""


def superset_environment(settings: Settings) -> dict[str, str]:
    """Return the environment of Superset's processes; without a password unless the database URL has one."""
    own = settings.home / "superset"
    own.mkdir(parents=True, exist_ok=True, mode=0o700)
    return {
        "SUPERSET_CONFIG_PATH": str(FOLDER / "superset_config.py"),
        "SUPERSET_HOME": str(own),
        "BRAIN_SUPERSET_HOME": str(own),
        "BRAIN_SUPERSET_SECRETS": str(secrets_file(settings)),
        "BRAIN_SUPERSET_DATABASE": _sqlalchemy_uri(settings),
        "BRAIN_SERVING": str(settings.serving),
        "FLASK_APP": "superset.app:create_app()",
        "PYTHONWARNINGS": "ignore",
        "PYTHONDONTWRITEBYTECODE": "",
        "TZ": "Asia/Shanghai",
    }


def bare_environment() -> dict[str, str]:
    """Return the few variables any program needs, as fixed values: nothing of this process is inherited."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(Path.home())}


def conninfo(settings: Settings) -> str:
    """Return the connection string of Superset's own database, without a password."""
    return make_conninfo(state.state_conninfo(settings), dbname=DATABASE)


def secrets_file(settings: Settings) -> Path:
    """Return the file with the generated keys and passwords."""
    return settings.secrets / "superset.json"


def password(settings: Settings, username: str) -> str:
    """Return the generated password of one of Superset's users."""
    return json.loads(secrets_file(settings).read_text())["passwords"][username]


def _sqlalchemy_uri(settings: Settings) -> str:
    parameters = conninfo_to_dict(conninfo(settings))
    database = parameters.pop("dbname")
    return f"postgresql+psycopg2:///{database}?{urlencode(parameters)}"
