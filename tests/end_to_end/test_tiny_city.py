"""The whole pipeline over its three real transports, looked at as its users would."""

from __future__ import annotations

import json
import os
import re
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq
import pytest

from pipelines.contracts import load_contracts
from pipelines.lake.connection import reader
from pipelines.operations.runs import prepare_environment
from pipelines.settings import CITY_TIME
from tests.end_to_end.conftest import City
from tests.support.closed import readable_by_others

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(1200)]

# PostgreSQL's and MariaDB's own folder and socket; their clusters are closed.
SERVERS = re.compile(r"(^|/)(postgres|mariadb)(/socket)?$")
CORE_TABLES = {
    "dim_persons", "dim_houses", "dim_households", "dim_grids", "dim_communities", "dim_devices", "fct_cases",
    "fct_alarms", "fct_events", "bridge_persons_houses", "person_links",
}  # fmt: skip


def rows(city: City, query: str) -> list[tuple]:
    with reader(city.settings) as connection:
        return connection.execute(query).fetchall()


def rows_by_table(city: City) -> dict[str, int]:
    """How many rows each contract's table has in the lake."""
    with reader(city.settings) as connection:
        return {
            f"{system}.{table}": connection.execute(
                f"select count(*) from landing.{system}__{table}"
            ).fetchone()[0]
            for system, contract in load_contracts(city.settings.sources_dir).items()
            for table in contract.tables
        }


def test_the_demo_tells_what_each_stage_did(city: City) -> None:
    for stage in ("synthetic city", "source systems", "pull", "build", "publish", "gate: stop and pass"):
        assert stage in city.first_run.stdout


def test_rows_of_every_contract_are_landed_or_quarantined(city: City) -> None:
    landed = dict(rows(city, "select system || '.' || table_name, sum(rows) from landing.batches group by 1"))
    found = rows_by_table(city)
    assert found == landed
    assert min(found.values()) > 0


def test_core_tables_hold_the_city(city: City) -> None:
    for table in CORE_TABLES:
        ((count,),) = rows(city, f"select count(*) from core.{table}")
        assert count > 0, table


def test_every_indicator_has_values_on_every_level(city: City) -> None:
    found = set(
        rows(
            city,
            "select distinct indicator_code, region_level, period_grain from indicators.fct_indicator_values",
        )
    )
    codes = {"ZW1", "ZW2", "ZW3", "ZL6", "PA1", "PA4", "RK1"}
    for code in codes:
        for level in ("community", "town", "county", "city"):
            assert (code, level, "month") in found


def test_the_gate_stopped_the_fault_and_passed_the_correction(city: City) -> None:
    decisions = json.loads(
        city.brain("share", "history", "civil_affairs/elderly_living_alone", "--json").stdout
    )
    verdicts = [entry["verdict"] for entry in reversed(decisions)]
    assert verdicts[0] != "block"
    assert verdicts[1] == "block"
    assert verdicts[2] != "block"
    assert city.brain("audit", "verify").returncode == 0


def test_a_share_of_the_demo_passes_its_gate_for_whoever_asks_next(city: City) -> None:
    """Nobody but the home says which day it is in the simulated city."""
    assert "verdict pass" in city.brain("share", "gate", "civil_affairs/elderly_living_alone").stdout
    (data,) = json.loads(city.brain("status", "--json").stdout)["data"]
    assert data["today"] == city.settings.today.isoformat()


def test_the_last_build_left_alone_what_had_not_changed(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", os.environ | {})
    prepare_environment(city.settings)
    with dg.DagsterInstance.get() as instance:
        statuses = {
            table: instance.get_latest_materialization_event(dg.AssetKey(["staging", table]))
            .asset_materialization.metadata["status"]
            .value
            for table in ("stg_population__hj_persons", "stg_affairs__cases")
        }
    assert statuses == {"stg_population__hj_persons": "success", "stg_affairs__cases": "unchanged"}


def test_listing_commands_speak_json(city: City) -> None:
    assert {row["state"] for row in json.loads(city.brain("sources", "--json").stdout)} == {"fresh"}
    assert json.loads(city.brain("sources", "show", "affairs", "--json").stdout)
    status = json.loads(city.brain("status", "--json").stdout)
    assert {"servers", "sources", "data", "shares", "problems"} <= set(status)
    answer = json.loads(
        city.brain("sql", "select count(*) as persons from core.dim_persons", "--json").stdout
    )
    assert answer[0]["persons"] > 0


@pytest.mark.parametrize(
    ("statement", "answer"),
    [
        ("delete from core.dim_persons", "read-only"),
        ("copy (select 1) to '/tmp/brain-sql-was-here.parquet'", "read-only"),
        ("select 1; drop table core.dim_persons", "read-only"),
        ("select * from read_text('/etc/hostname')", "Permission Error"),
        ("select * from no_such_table", "no_such_table"),
        ("select name from sensitive.sensitive_minors", "--reason"),
    ],
)
def test_sql_only_reads_and_only_the_lake(city: City, statement: str, answer: str) -> None:
    refused = city.brain("sql", statement, check=False)
    assert refused.returncode == 1
    assert answer in refused.stderr
    assert "Traceback" not in refused.stderr


def test_no_state_of_the_last_days_is_let_go(city: City) -> None:
    assert "Would let go of 0 states of the lake" in city.brain("maintain", "--dry-run").stdout
    assert "Let go of 0 states of the lake" in city.brain("maintain").stdout


def test_sql_asks_for_another_day(city: City) -> None:
    """The runs of the demo end on this machine's own day, the city's people live on the simulated one."""
    today = datetime.now(CITY_TIME).date()
    count = "select count(*) as persons from core.dim_persons"
    now = city.brain("sql", count, "--json")
    known = city.brain("sql", count, "--json", "--as-known-on", str(today))
    assert json.loads(known.stdout) == json.loads(now.stdout)
    assert "the build that ended at" in known.stderr
    early = city.brain("sql", count, "--as-known-on", str(today - timedelta(days=2)), check=False)
    assert early.returncode == 1
    assert "No build of everything had ended" in early.stderr
    born = city.brain("sql", count, "--json", "--as-valid-on", "1960-01-01")
    assert 0 < json.loads(born.stdout)[0]["persons"] < json.loads(now.stdout)[0]["persons"]
    whole = city.brain(
        "sql", "select 1 from lake.core.dim_persons", "--as-valid-on", "1960-01-01", check=False
    )
    assert whole.returncode == 1
    assert "schema.table" in whole.stderr


def test_an_answer_goes_to_a_file(city: City, tmp_path: Path) -> None:
    city.brain("sql", "select * from core.dim_grids", "--out", str(tmp_path / "grids.parquet"))
    ((count,),) = rows(city, "select count(*) from core.dim_grids")
    assert pq.read_metadata(tmp_path / "grids.parquet").num_rows == count


def test_the_database_is_started_when_it_is_needed(city: City) -> None:
    city.brain("stop")
    assert city.brain("status").returncode == 0


def test_other_users_of_the_machine_read_nothing(city: City) -> None:
    """But what servers that run as users of their own leave open, which holds no row."""
    rows = [name for name in readable_by_others(city.settings.home) if not SERVERS.search(name)]
    assert rows == []


def test_no_personal_value_is_in_logs_or_events(city: City) -> None:
    """Identity numbers of the synthetic city start with 3404 9; none may be outside data files."""
    home = city.settings.home
    for folder in ("logs", "dagster", "run"):
        for path in (home / folder).rglob("*"):
            if path.is_file():
                # With its date of birth, whole or cut off: the prefix alone is part of a second now and then.
                assert not re.search(rb"(?<![\d.])34049\d{7}", path.read_bytes()), path
