"""The dashboard through Superset's own interface: its numbers, its rights, its guards."""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import duckdb
import httpx
import psycopg
import pytest
import yaml

from dashboards import environment, provision, server
from pipelines.lake.serving import serving_file
from pipelines.settings import Settings

LogIn = Callable[[str], httpx.Client]
CHARTS = sorted((environment.FOLDER / "assets" / "charts").glob("*.yaml"))
LATEST = """
    from fct_indicator_values as facts
    inner join dim_indicators using (indicator_code)
    inner join dim_regions as regions on facts.region_code = regions.region_code
    where facts.period_grain = 'month' and facts.region_level = '{level}'
    qualify row_number() over (
        partition by indicator_code, facts.region_code order by period_start desc
    ) = 1
"""
LABEL = "indicator_name || '（' || unit || '）'"
# One decimal, towards the side that is worse: fewer per cent, more minutes.
SHOWN = "if(unit = '%', floor(round(value * 1000, 9)), ceil(round(value * 10, 9))) / 10"
# What each chart should show, from the mart's own tables and not from the wide one that charts read.
EXPECTED = {
    "release_strip": "select data_as_of::varchar, release_id, lake_snapshot::varchar, built_at_text "
    "from release",
    "county_choropleth": f"select regions.region_name, {LABEL}, {SHOWN} " + LATEST.format(level="county"),
    "county_ranking": f"select regions.region_name, {LABEL}, {SHOWN} " + LATEST.format(level="county"),
    "town_ranking": f"select regions.region_name, {LABEL}, {SHOWN}, denominator "
    + LATEST.format(level="town"),
    "indicator_table": f"select {LABEL}, owner, {SHOWN}, numerator, denominator, "
    "floor(round(coverage * 1000, 9)) / 1000 " + LATEST.format(level="city"),
    "city_trend": f"select strftime(period_start, '%Y-%m-%d'), {LABEL}, {SHOWN} "
    "from fct_indicator_values inner join dim_indicators using (indicator_code) "
    "where region_level = 'city' and period_grain = 'day'",
}
SHOWN_COLUMNS = {
    "release_strip": ["data_as_of_text", "release_text", "snapshot_text", "built_at_shown"],
    "county_choropleth": ["region_name", "indicator_label", "latest_value"],
    "county_ranking": ["region_name", "indicator_label", "latest_value"],
    "town_ranking": ["region_name", "indicator_label", "latest_value", "latest_denominator"],
    "indicator_table": [
        "indicator_label", "owner", "latest_value", "latest_numerator", "latest_denominator",
        "latest_coverage",
    ],
    "city_trend": ["period_start", "indicator_label", "latest_value"],
}  # fmt: skip


def chart_ids(client: httpx.Client) -> dict[str, int]:
    """The ids of the imported charts by uuid."""
    listed = client.get("/api/v1/chart/", params={"q": "(page_size:100,columns:!(id,uuid))"})
    if listed.status_code != 200:
        return {}
    return {each["uuid"]: each["id"] for each in listed.json()["result"]}


def stored_query(client: httpx.Client, path: Path) -> dict:
    """The query that Superset keeps for an imported chart."""
    definition = yaml.safe_load(path.read_text())
    chart = client.get(f"/api/v1/chart/{chart_ids(client)[definition['uuid']]}").json()["result"]
    return json.loads(chart["query_context"])


def shown_by(client: httpx.Client, path: Path) -> list[dict]:
    """The rows that a chart gets from Superset, before they are drawn."""
    context = stored_query(client, path)
    for query in context["queries"]:
        query["post_processing"] = []
    answer = client.post("/api/v1/chart/data", json=context)
    assert answer.status_code == 200, answer.text[:500]
    return answer.json()["result"][0]["data"]


def comparable(rows: list[tuple]) -> list[tuple]:
    def plain(value: object) -> object:
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return "–"
        return f"{value:.4f}" if isinstance(value, int | float) else str(value)

    return sorted(tuple(plain(value) for value in row) for row in rows)


@pytest.mark.end_to_end
@pytest.mark.parametrize("path", CHARTS, ids=lambda path: path.stem)
def test_every_chart_shows_the_numbers_of_the_mart(
    path: Path, log_in: LogIn, served: duckdb.DuckDBPyConnection
) -> None:
    rows = shown_by(log_in("leadership"), path)
    if path.stem.startswith("headline_"):
        code = path.stem.removeprefix("headline_").upper()
        scaled = f"{SHOWN} / 100" if "latest_ratio" in rows[0] else SHOWN
        query = f"select {scaled} {LATEST.format(level='city')} and indicator_code = '{code}'"
        shown = [tuple(row.values()) for row in rows]
    else:
        query = EXPECTED[path.stem]
        if path.stem == "city_trend":
            rows = [
                row | {"period_start": served.execute("select strftime(make_timestamp(?), '%Y-%m-%d')",
                                                      [int(row["period_start"]) * 1000]).fetchone()[0]}
                for row in rows
            ]  # fmt: skip
        shown = [tuple(row[name] for name in SHOWN_COLUMNS[path.stem]) for row in rows]
    expected = served.execute(query).fetchall()
    assert comparable(shown) == comparable(expected)
    assert expected


@pytest.mark.end_to_end
@pytest.mark.parametrize("level", ["county", "town"])
def test_a_ranking_comes_in_the_order_of_the_ranks(
    level: str, log_in: LogIn, served: duckdb.DuckDBPyConnection
) -> None:
    rows = shown_by(log_in("leadership"), environment.FOLDER / "assets" / "charts" / f"{level}_ranking.yaml")
    found: dict[str, list] = {}
    for row in rows:
        found.setdefault(row["indicator_label"], []).append(row["latest_shown_rank"])
    expected = served.execute(
        "select indicator_label, list(shown_rank order by rank_order, region_code) from indicator_values "
        "where region_level = ? and period_grain = 'month' and is_latest group by all",
        [level],
    ).fetchall()
    ranks = {label: [int(rank) for rank in shown if rank.isdigit()] for label, shown in found.items()}
    assert {label: sorted(shown) for label, shown in found.items()} == {
        label: sorted(shown) for label, shown in expected
    }
    assert all(numbers == sorted(numbers) for numbers in ranks.values())
    for label, shown in found.items():
        assert [rank.isdigit() for rank in shown] == [True] * len(ranks[label]) + [False] * (
            len(shown) - len(ranks[label])
        )


@pytest.mark.end_to_end
@pytest.mark.usefixtures("log_in")
def test_importing_twice_changes_nothing(installation: Settings) -> None:
    def state_of_it() -> list[tuple]:
        with psycopg.connect(environment.conninfo(installation)) as connection:
            counts = [
                connection.execute(f"select count(*) from {table}").fetchone()
                for table in ("dbs", "tables", "table_columns", "sql_metrics", "dashboard_slices",
                              "ab_user", "ab_role", "ab_permission_view_role")
            ]  # fmt: skip
            charts = connection.execute(
                "select id, uuid::text, slice_name, params, query_context from slices order by id"
            ).fetchall()
            boards = connection.execute("select id, uuid::text, position_json, json_metadata from dashboards")
            return counts + charts + boards.fetchall()

    before = state_of_it()
    assert provision.apply(installation) is False
    assert provision.apply(installation, force=True) is True
    assert state_of_it() == before


@pytest.mark.end_to_end
def test_leadership_sees_dashboards_and_nothing_else(log_in: LogIn) -> None:
    client = log_in("leadership")
    assert client.get("/api/v1/dashboard/city-overview").status_code == 200
    assert (
        client.post("/api/v1/sqllab/execute/", json={"database_id": 1, "sql": "select 1"}).status_code == 403
    )
    assert client.get("/api/v1/database/").status_code == 403
    assert client.get("/api/v1/log/").status_code == 403
    assert client.get("/api/v1/security/users/").status_code == 403
    assert client.delete("/api/v1/dashboard/1").status_code in (403, 404)
    assert client.put("/api/v1/chart/1", json={"slice_name": "x"}).status_code in (403, 404)


@pytest.mark.end_to_end
def test_a_department_sees_no_data_of_the_leadership(log_in: LogIn) -> None:
    context = json.loads(yaml.safe_load(CHARTS[0].read_text())["query_context"])
    context["datasource"]["id"] = 1
    client = log_in("department")
    assert client.post("/api/v1/chart/data", json=context).status_code == 403
    assert client.get("/api/v1/dashboard/city-overview").status_code in (403, 404)
    assert chart_ids(client) == {}
    assert (
        client.post("/api/v1/sqllab/execute/", json={"database_id": 1, "sql": "select 1"}).status_code == 403
    )


@pytest.mark.end_to_end
def test_the_auditor_reads_the_log_and_changes_nothing(log_in: LogIn) -> None:
    client = log_in("auditor")
    logged = client.get("/api/v1/log/", params={"q": "(page_size:5)"})
    assert logged.status_code == 200
    assert logged.json()["count"] > 0
    assert client.get("/api/v1/dashboard/city-overview").status_code == 200
    assert (
        client.post("/api/v1/sqllab/execute/", json={"database_id": 1, "sql": "select 1"}).status_code == 403
    )
    assert client.put("/api/v1/dashboard/1", json={"dashboard_title": "x"}).status_code in (403, 404)


@pytest.mark.end_to_end
def test_nobody_gets_anything_without_logging_in(installation: Settings) -> None:
    with httpx.Client(base_url=server.address(installation).url) as client:
        assert client.get("/api/v1/dashboard/city-overview").status_code in (401, 403, 404)
        assert client.get(server.DASHBOARD_PATH).status_code in (302, 401, 403)
        assert client.get("/superset/language_pack/zh/").status_code == 200


@pytest.mark.end_to_end
def test_a_script_that_is_refused_still_gets_json(log_in: LogIn) -> None:
    answer = log_in("leadership").get("/api/v1/log/", headers={"Accept": "application/json"})
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("application/json")


@pytest.mark.end_to_end
def test_scripts_get_the_righted_strings(installation: Settings) -> None:
    righted = json.loads((environment.FOLDER / "translations_zh.json").read_text())
    with httpx.Client(base_url=server.address(installation).url) as client:
        sent = client.get("/superset/language_pack/zh/").json()["locale_data"]["superset"]
        assert client.get("/superset/language_pack/xx/").status_code == 404
    assert {source: sent[source] for source in righted} == {
        source: [target] for source, target in righted.items()
    }


def run_sql(client: httpx.Client, sql: str) -> httpx.Response:
    return client.post(
        "/api/v1/sqllab/execute/",
        json={"database_id": 1, "sql": sql, "schema": "main", "runAsync": False, "queryLimit": 10},
    )


@pytest.mark.end_to_end
def test_an_analyst_queries_the_serving_file(log_in: LogIn) -> None:
    answer = run_sql(log_in("analyst"), "select count(*) as regions from dim_regions")
    assert answer.status_code == 200, answer.text[:400]
    assert answer.json()["data"] == [{"regions": 1234}]


@pytest.mark.end_to_end
@pytest.mark.parametrize(
    ("statement", "said"),
    [("create table t as select 1", "只供查询"), ("export database '/tmp/x'", "SQL 无法解析（在 ")],
)
def test_sql_lab_says_in_chinese_what_was_wrong(statement: str, said: str, log_in: LogIn) -> None:
    (error,) = run_sql(log_in("analyst"), statement).json()["errors"]
    assert said in error["message"]


def exported(client: httpx.Client, context: dict) -> bytes:
    """What a chart's "export to CSV" gives."""
    context["result_format"] = "csv"
    answer = client.post("/api/v1/chart/data", json=context)
    assert answer.status_code == 200, answer.text[:400]
    return answer.content


@pytest.mark.end_to_end
def test_an_exported_csv_is_read_by_excel_as_what_it_is(log_in: LogIn) -> None:
    client = log_in("analyst")
    context = stored_query(client, CHARTS[0].parent / "town_ranking.yaml")
    context["queries"][0]["columns"].append("region_code")
    content = exported(client, context)
    assert content.startswith(codecs.BOM_UTF8)
    assert content.count(codecs.BOM_UTF8) == 1
    first, second, *_ = content.decode("utf-8-sig").splitlines()
    assert "地区" in first
    assert re.search(r'"3404\d{5}"', second)


ATTACKS = [
    "select * from read_csv('/etc/passwd')",
    "select * from read_text('/etc/passwd')",
    "select * from '/etc/passwd'",
    "select * from glob('/etc/*')",
    "copy dim_regions to '{target}'",
    "copy (select 1) to '{target}'",
    "export database '{target}'",
    "attach '{target}' as stolen",
    "attach 'postgres:dbname=brain' as stolen (type postgres)",
    "install httpfs",
    "load postgres_scanner",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "reset enable_external_access",
    "pragma enable_external_access = true",
    "create table main.mine as select 1",
    "create or replace temp macro x() as table select * from read_csv('/etc/passwd'); select * from x()",
    "delete from release",
    "drop table release",
    "select getenv('BRAIN_SUPERSET_SECRETS')",
    "select * from duckdb_secrets()",
    "with a as (select content from read_blob('{secrets}')) select * from a",
]


@pytest.mark.end_to_end
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: re.sub(r"\W+", "_", attack)[:40])
def test_sql_lab_reaches_nothing_outside_the_serving_file(
    attack: str, log_in: LogIn, installation: Settings, tmp_path: Path
) -> None:
    target = tmp_path / "stolen"
    secrets = installation.secrets / "superset.json"
    before = sha256(serving_file(installation).read_bytes()).hexdigest()
    answer = run_sql(log_in("analyst"), attack.format(target=target, secrets=secrets))
    rows = answer.json().get("data") if answer.status_code == 200 else None
    assert not rows, answer.text[:300]
    assert not target.exists()
    assert "root:x" not in answer.text
    assert "secret_key" not in answer.text
    assert sha256(serving_file(installation).read_bytes()).hexdigest() == before


@pytest.mark.end_to_end
def test_no_other_database_can_be_connected_even_by_the_administrator(log_in: LogIn) -> None:
    for uri in ("sqlite:////etc/hosts", "postgresql://127.0.0.1/brain", "duckdb:////etc/passwd"):
        answer = log_in("admin").post(
            "/api/v1/database/", json={"database_name": f"x {uri[:8]}", "sqlalchemy_uri": uri}
        )
        assert answer.status_code >= 400, (uri, answer.text[:200])


@pytest.mark.end_to_end
def test_a_slow_answer_brings_no_old_session_back(installation: Settings) -> None:
    """Requests run side by side: one that began before a log-out must not write its session after it."""
    sessions = installation.home / "superset" / "sessions"
    with httpx.Client(base_url=server.address(installation).url) as client:
        # The first page begins a session, the second says that it is not new any more.
        assert "session=" in client.get("/login/").headers["set-cookie"]
        client.get("/login/")
        written = _moments(sessions)
        client.get("/api/v1/me/")
        client.get("/superset/language_pack/zh/")
        assert _moments(sessions) == written


def _moments(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.iterdir()}


@pytest.mark.end_to_end
def test_pages_name_no_outside_host(installation: Settings) -> None:
    with httpx.Client(base_url=server.address(installation).url) as client:
        page = client.get("/login/")
    policy = page.headers["content-security-policy"]
    assert "http:" not in policy
    assert "https:" not in policy
    assert "unsafe-eval" not in policy
    assert "SameSite=Lax" in page.headers.get("set-cookie", "SameSite=Lax")
    scripts = re.findall(r'src="(/static/assets/[^"]+\.js)"', page.text)
    assert scripts
    with httpx.Client(base_url=server.address(installation).url) as client:
        assert not [path for path in scripts if "scarf.sh" in client.get(path).text]


@pytest.mark.end_to_end
def test_secrets_are_generated_kept_and_closed(installation: Settings) -> None:
    path = installation.secrets / "superset.json"
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_text()
    provision.apply(installation)
    assert path.read_text() == before
    handed_over = " ".join(environment.superset_environment(installation).values())
    assert not [secret for secret in json.loads(before)["passwords"].values() if secret in handed_over]
