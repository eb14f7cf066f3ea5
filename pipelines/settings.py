"""Settings: where the platform stores its files and how it connects to other systems.

This is the only module that reads the environment. Everything else receives a
`Settings` value or something derived from it, so that a test can run a whole
platform in a temporary folder.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parent.parent
# These would end or change what engine and database are told, or mean many files where one is meant; of a
# folder `name=value` the engine makes a column.
UNUSABLE_IN_HOME = re.compile(r"""['"\\$`=*?\[\]\x00-\x1f\x7f]""")
CITY_TIME = ZoneInfo("Asia/Shanghai")
# In bytes: needed to join the residences of three million persons; 3 GB were not enough.
CITY_MEMORY = 4 * 10**9


def _memory_of_machine() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


class SourceEndpoint(BaseModel):
    """The address and credentials of one source system; secrets print as asterisks.

    With `ca_file` the connection is encrypted, and the server must present a certificate
    signed by that authority. Without it, only an `https` address is encrypted, verified
    against the system's certificate authorities; `mqtts` is rejected.
    """

    url: str
    username: str | None = None
    password: SecretStr | None = None
    token: SecretStr | None = None
    # SFTP: the server's public key, and our private key instead of a password, both in OpenSSH format.
    host_key: str | None = None
    private_key: SecretStr | None = None
    ca_file: str | None = None


def end_of_day(day: date) -> datetime:
    """Return the instant at which a day ends in the city."""
    return datetime.combine(day + timedelta(days=1), time(), CITY_TIME)


class Settings(BaseSettings):
    """Everything that differs between one installation and the next.

    Each field is set by the environment variable `BRAIN_<FIELD>`. Secrets of
    source systems are not fields: see `source_endpoint`.
    """

    model_config = SettingsConfigDict(env_prefix="BRAIN_", extra="ignore")

    home: Path = Field(default=PROJECT_ROOT / "data", description="everything that is written")
    database_url: str | None = Field(
        default=None, description="libpq connection string of an own PostgreSQL 15+; empty: an embedded one"
    )
    today: date | None = Field(
        default=None,
        description="the day on which the platform believes to be; empty: a simulated city's, or the clock",
    )
    threads: int = Field(default_factory=lambda: min(4, os.cpu_count() or 2), ge=1)
    snapshot_days: int = Field(
        default=7, ge=1, description="every state of the lake is kept for so many days"
    )
    known_state_days: int = Field(
        default=92,
        ge=1,
        description="the state that a day's last build left is kept for so many days, then a month's last",
    )
    memory_limit: str = Field(
        default_factory=lambda: f"{max(CITY_MEMORY, _memory_of_machine() // 4) // 10**9}GB",
        description="upper bound of one DuckDB connection; set it in a container with less",
    )
    spark_python: Path = Field(
        default=PROJECT_ROOT / ".venv-spark" / "bin" / "python",
        description="the interpreter of Spark's environment",
    )
    sources_dir: Path = PROJECT_ROOT / "sources"
    dbt_project: Path = Field(default=PROJECT_ROOT / "dbt_project", description="the models of the lake")
    catalogue_dir: Path = Field(
        default=PROJECT_ROOT / "docs" / "sources", description="pages written from the contracts"
    )
    shares_dir: Path = PROJECT_ROOT / "sharing" / "contracts"

    @property
    def landing(self) -> Path:
        """The folder of immutable batches in Parquet."""
        return self.home / "landing"

    @property
    def lake_data(self) -> Path:
        """The folder of the lake's own Parquet files; DuckLake names them."""
        return self.home / "lake"

    @property
    def spark_home(self) -> Path:
        """The folder that Spark reads besides landing, and the only one that it writes."""
        return self.home / "spark"

    @property
    def serving(self) -> Path:
        """The folder with one read-only DuckDB file for each audience."""
        return self.home / "serving"

    @property
    def shares(self) -> Path:
        """The folder of delivered shares with their receipts."""
        return self.home / "shares"

    @property
    def secrets(self) -> Path:
        """The folder of this installation's passwords, tokens and keys, mode 0700."""
        return self.home / "secrets"

    @property
    def extensions(self) -> Path:
        """The folder of DuckDB extensions, installed from their Python packages."""
        return self.home / "extensions"

    @property
    def truth(self) -> Path:
        """The folder of the simulator's ground truth; only tests and benchmarks read it."""
        return self.home / "truth"

    def current_date(self) -> date:
        """The date against which deadlines and freshness are measured."""
        return self.today or datetime.now(CITY_TIME).date()

    def source_endpoint(self, system: str) -> SourceEndpoint:
        """Return the address and credentials of a source system.

        Read at each call, so that a changed password needs no restart, from
        the environment (`BRAIN_SOURCE_<SYSTEM>_URL`, `_USERNAME`, `_PASSWORD`,
        `_TOKEN`, `_HOST_KEY`, `_PRIVATE_KEY`, `_CA_FILE`) or else from `secrets/sources/<system>.json`.

        Raises:
            LookupError: the system's address is not configured, or its file is damaged.
        """
        prefix = f"BRAIN_SOURCE_{system.upper()}_"
        found = {
            field: os.environ[prefix + field.upper()]
            for field in SourceEndpoint.model_fields
            if prefix + field.upper() in os.environ
        }
        stored = self.secrets / "sources" / f"{system}.json"
        if stored.exists():
            found = _stored_endpoint(stored) | found
        if "url" not in found:
            raise LookupError(
                f"No address is known for source system '{system}'. "
                f"Set {prefix}URL (and its _USERNAME/_PASSWORD or _TOKEN), or write {stored}."
            )
        return SourceEndpoint.model_validate(found)


def _stored_endpoint(stored: Path) -> dict[str, str]:
    try:
        return dict(json.loads(stored.read_text()))
    except (ValueError, TypeError):
        # What was read is not quoted: it is a secret.
        raise LookupError(
            f"{stored} is damaged: it holds no JSON object. Put it back from a backup, or write it anew."
        ) from None


def child_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a child process: a copy of this one's, with `variables` on top."""
    return os.environ | dict(variables)


def simulated_day(home: Path) -> date | None:
    """Return the current day of this home's simulated city; None if there is none."""
    try:
        manifest = json.loads((home / "simulator" / "manifest.json").read_text())
    except FileNotFoundError:
        return None
    return date.fromisoformat(manifest["today"])


@lru_cache
def get_settings() -> Settings:
    """Return the settings of this process, read once from its environment.

    Raises:
        NotADirectoryError: BRAIN_HOME is a file, or in one.
        ValueError: its path has a character that engine or database take for something else.
    """
    settings = Settings()
    home = settings.home.resolve()
    if found := UNUSABLE_IN_HOME.search(str(home)):
        raise ValueError(
            f"BRAIN_HOME is {home}, and its path has the character {found[0]!r}, which databases take for "
            "something else. Nothing was done; name a folder without quotes, backslashes and = * ? [ ] $ `."
        )
    for folder in (home, *home.parents):
        if folder.is_file():
            raise NotADirectoryError(
                f"BRAIN_HOME is {home}, and {folder} is a file. Nothing was done; name a folder."
            )
    return settings.model_copy(update={"home": home, "today": settings.today or simulated_day(home)})
