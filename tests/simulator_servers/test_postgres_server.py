"""The population database over loopback TCP: loaded once, readable only, repaired after a kill."""

from __future__ import annotations

import duckdb
import psycopg
import pytest

from pipelines.installation import processes
from pipelines.settings import Settings
from simulator.serve import postgres
from tests.support.fake_city import write_fake_city
from tests.support.servers import kill_process, start_source, stop_sources, temporary_home

ROWS = 300


@pytest.fixture(scope="module")
def settings():
    with temporary_home() as home:
        settings = Settings(home=home)
        write_fake_city(home, rows=ROWS, messages=0)
        start_source(settings, "population")
        yield settings
        stop_sources(settings)
        postgres.server(home, "population").stop()


def connect(settings: Settings, password: str | None = None) -> psycopg.Connection:
    endpoint = settings.source_endpoint("population")
    return psycopg.connect(
        endpoint.url, user=endpoint.username, password=password or endpoint.password.get_secret_value()
    )


def count(settings: Settings, table: str) -> int:
    with connect(settings) as connection:
        return connection.execute(f"select count(*) from {table}").fetchone()[0]


def test_every_table_of_the_contract_is_there(settings):
    assert {count(settings, table) for table in ("hj_person", "ld_person", "house", "std_addr")} == {ROWS}


def test_a_wrong_password_is_refused(settings):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(settings, "wrong")


@pytest.mark.parametrize(
    "statement",
    [
        "delete from hj_person",
        "begin read write; update hj_person set name = 'x'",
        "create table mine (a int)",
        "select * from simulator.loaded",
    ],
)
def test_the_platform_can_only_read_the_tables(settings, statement):
    with connect(settings) as connection, pytest.raises(psycopg.Error):
        connection.execute(statement)
    assert count(settings, "hj_person") == ROWS


def test_types_are_those_of_the_contract(settings):
    with connect(settings) as connection:
        rows = connection.execute(
            "select column_name, data_type from information_schema.columns where table_name = 'ld_person'"
        ).fetchall()
    types = dict(rows)
    assert types["update_time"] == "timestamp with time zone"
    assert types["permit_from"] == "date"
    assert types["is_deleted"] == "boolean"


def test_a_changed_row_replaces_the_old_one_and_a_new_one_is_added(settings, tmp_path):
    source = settings.home / "simulator" / "population" / "house.parquet"
    changed = tmp_path / "changed.parquet"
    duckdb.sql(
        f"""
        copy (
            select * replace (
                'changed' as address, '2026-07-01 00:00:00+08'::timestamptz as update_time,
                case when house_code = 'hou000001' then 'new' else house_code end as house_code
            )
            from '{source}' where house_code in ('hou000000', 'hou000001')
        ) to '{changed}'
        """
    )
    for _ in range(2):
        assert postgres.upsert(settings.home, "population", "house", changed) == 2
        with connect(settings) as connection:
            found = connection.execute("select house_code from house where address = 'changed' order by 1")
            assert found.fetchall() == [("hou000000",), ("new",)]
        assert count(settings, "house") == ROWS + 1


def test_a_restart_loads_nothing_again(settings):
    kept = count(settings, "house")
    processes.stop(settings, "population")
    start_source(settings, "population")
    assert count(settings, "house") == kept


def test_a_kill_in_the_middle_of_loading_is_repaired(settings):
    kill_process(settings, "population")
    with psycopg.connect(postgres.server(settings.home, "population").conninfo("population")) as connection:
        connection.execute("drop table simulator.loaded")
        connection.execute("delete from hj_person")
    start_source(settings, "population")
    assert count(settings, "hj_person") == ROWS


def test_another_city_replaces_the_one_before(settings):
    processes.stop(settings, "population")
    write_fake_city(settings.home, rows=ROWS * 2, messages=0, seed=2)
    start_source(settings, "population")
    assert count(settings, "std_addr") == ROWS * 2
