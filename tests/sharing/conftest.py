"""A real lake and a real PostgreSQL with a small invented city of elders."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg
import pytest

from data_quality.expectations import run_suites
from pipelines.installation.state import connect_state, embedded_server, prepare
from pipelines.lake.connection import current_snapshot, reader, writer
from pipelines.lake.levels import column_levels
from pipelines.settings import Settings
from sharing.contracts import load_share
from sharing.gate import Folders, GateOutcome, run_gate

TODAY = date(2026, 6, 30)
ELDERS = 400
SHARE = "share.share_civil_affairs__elderly_living_alone"

CORE = f"""
create schema if not exists core;
create schema if not exists share;
create or replace table core.dim_communities as
select '3404' || lpad((2 + i // 12)::varchar, 2, '0') || '0' || lpad((1 + i // 6)::varchar, 2, '0')
       || lpad(i::varchar, 3, '0') as community_code,
       left(community_code, 9) as town_code, left(community_code, 6) as county_code
from range(1, 41) t(i);
create or replace table core.dim_persons as
select 'P' || lpad(i::varchar, 8, '0') as person_id, false as is_deceased,
       date '1930-01-15' + interval (i * 20) day as birth_date,
       true as is_active, c.community_code,
       c.community_code || lpad((1 + i % 30)::varchar, 5, '0') || '01003' || '00' || (1 + i % 4)
           as residence_house_code
from range({ELDERS}) t(i)
join (select *, row_number() over (order by community_code) - 1 as n from core.dim_communities) c
  on c.n = i % 40
"""
ELDERLY = f"""
create or replace table {SHARE} as
select person_id,
       '340490' || strftime(birth_date, '%Y%m%d') || '0019' as id_number,
       ['王', '李', '张', '欧阳', '刘'][1 + row_number() over (order by person_id) % 5] || '淑兰' as name,
       '2' as sex_code, birth_date::date as birth_date,
       date_diff('year', birth_date, date '2026-06-30') as age_years,
       '138' || lpad((abs(hash(person_id)) % 100000000)::varchar, 8, '0') as phone,
       left(community_code, 6) as county_code, left(community_code, 9) as town_code, community_code,
       community_code || '001' as grid_code, residence_house_code as house_code,
       '安徽省淮南市幸福小区' || (1 + hash(person_id) % 30) || '号楼1单元301室' as address,
       date '2019-05-06' as living_alone_since, timestamptz '2026-05-01 08:00:00+08' as last_verified_at,
       date '2026-06-30' as as_of
from core.dim_persons
where birth_date <= date '2026-06-30' - interval 80 year
"""
# What an operator's script does to the source, as core then shows it.
BULK_EDIT = """
update core.dim_persons set community_code = null, residence_house_code = null
where hash(person_id) % 100 < 30;
update core.dim_persons set community_code = '999999999999', residence_house_code = 'XXXX'
where community_code is not null and hash(person_id) % 100 < 40;
"""


@dataclass
class City:
    """The platform's folders and connections, and the share under test."""

    settings: Settings
    bulk_edit: str = BULK_EDIT

    @property
    def contract(self):
        path = self.settings.shares_dir / "civil_affairs" / "elderly_living_alone.yaml"
        return load_share(path, column_levels(self.settings.dbt_project))

    @property
    def shelf(self) -> Path:
        return self.settings.shares / "civil_affairs" / "elderly_living_alone"

    @property
    def folders(self) -> Folders:
        return Folders(self.settings.shares, self.settings.secrets)

    def build(self, *statements: str) -> None:
        with writer(self.settings) as connection:
            connection.execute("begin; " + CORE)
            for statement in statements:
                connection.execute(statement)
            connection.execute(ELDERLY + "; commit")

    def change(self, *statements: str) -> None:
        """Change the share table itself, after it was built."""
        with writer(self.settings) as connection:
            for statement in statements:
                connection.execute(statement)

    def read(self, query: str) -> list[tuple]:
        with reader(self.settings) as lake:
            return lake.execute(query.format(t=SHARE)).fetchall()

    def gate(self, *, snapshot: int | None = None, today: date = TODAY) -> GateOutcome:
        with self.state() as state:
            return self.gate_on(state, snapshot=snapshot, today=today)

    def gate_on(self, state, *, snapshot: int | None = None, today: date = TODAY) -> GateOutcome:
        with reader(self.settings) as lake:
            return run_gate(
                self.contract,
                lake=lake,
                state=state,
                folders=self.folders,
                snapshot=snapshot or current_snapshot(lake),
                today=today,
            )

    @contextmanager
    def state(self):
        with connect_state(self.settings, autocommit=True) as connection:
            yield connection

    def forget(self) -> None:
        """As if the platform had never shared anything."""
        with self.state() as state:
            state.execute("set session_replication_role = replica")
            state.execute("delete from audit.ledger")
            state.execute("truncate quality.gate_runs cascade")
        for folder in (self.settings.shares, self.settings.secrets / "shares"):
            shutil.rmtree(folder, ignore_errors=True)
        for name in ("ledger_head.json", "ledger_signing.key", "ledger_signing.pub"):
            (self.settings.secrets / name).unlink(missing_ok=True)


@pytest.fixture(scope="session")
def home():
    # Not pytest's folder: the server's unprivileged user has to pass through.
    folder = Path(tempfile.mkdtemp(prefix="brain-sharing-"))
    folder.chmod(0o755)
    settings = Settings(home=folder, threads=1, memory_limit="1GB")
    prepare(settings)
    yield settings
    embedded_server(settings).stop()
    shutil.rmtree(folder)


@pytest.fixture
def city(home) -> City:
    """A city that has shared nothing yet, with good data."""
    city = City(home)
    city.forget()
    city.build()
    return city


@pytest.fixture
def real_suites(monkeypatch) -> None:
    """Let Great Expectations have its say, which takes seconds; elsewhere our own count decides alone."""
    monkeypatch.setattr("sharing.gate.run_suites", run_suites)


@pytest.fixture(autouse=True)
def quick_suites(request, monkeypatch) -> None:
    if "real_suites" not in request.fixturenames:
        monkeypatch.setattr("sharing.gate.run_suites", lambda *_: {})


@pytest.fixture
def superuser(home) -> psycopg.Connection:
    """Someone who can switch triggers off."""
    with connect_state(home, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        yield connection
