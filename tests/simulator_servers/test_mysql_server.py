"""A system on a real MariaDB: loaded once, readable only, changed by key, repaired after a kill."""

from __future__ import annotations

import duckdb
import pymysql
import pytest

from pipelines.contracts import load_contracts
from pipelines.installation.embedded_postgres import EmbeddedPostgres
from pipelines.settings import Settings
from simulator.serve import city, mysql, process
from simulator.serve.mariadb import MariaDb
from tests.support.registry import SYSTEM, TABLE, write_contract
from tests.support.registry_mysql import mysql_document
from tests.support.servers import temporary_home

ROWS = 100
AWKWARD = r"a\b" + "\t\"'\n" + r"\N 𠮷"


@pytest.fixture(scope="module")
def home():
    with temporary_home() as home:
        settings = Settings(home=home, sources_dir=home / "sources")
        write_contract(settings, mysql_document())
        contract = load_contracts(settings.sources_dir)[SYSTEM]
        write_rows(home / "simulator" / SYSTEM / f"{TABLE}.parquet", range(ROWS))
        patch = pytest.MonkeyPatch()
        patch.setattr(city, "contract", lambda _: contract)
        server = mysql.server(home, SYSTEM)
        server.start()
        mysql.prepare(home, SYSTEM, server, "first city")
        yield home
        server.stop()
        patch.undo()


def write_rows(path, numbers, name: str = AWKWARD) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'Asia/Shanghai'")
        connection.execute(
            f"""
            copy (
                select 'P' || i as person_no, $1 as name, '1' as sex_code, null::date as birth_date,
                    timestamptz '2026-06-01 08:00:00.5+08' as update_time, i % 2 = 0 as is_deleted,
                from (select unnest($2) as i)
            ) to '{path}'
            """,
            [name, list(numbers)],
        )


def ask(home, statement: str) -> list[tuple]:
    endpoint = process.read_endpoint(home, SYSTEM)
    port = int(endpoint["url"].rsplit(":", 1)[1].split("/")[0])
    with (
        pymysql.connect(
            host="127.0.0.1", port=port, user=endpoint["username"], password=endpoint["password"],
            database=SYSTEM, charset="utf8mb4",
        ) as connection,
        connection.cursor() as cursor,
    ):  # fmt: skip
        cursor.execute(statement)
        return list(cursor.fetchall())


def test_values_are_those_of_the_file_in_the_citys_time(home):
    rows = ask(home, "select name, birth_date, cast(update_time as char), is_deleted from person limit 2")
    assert rows == [
        (AWKWARD, None, "2026-06-01 08:00:00.500000", 1),
        (AWKWARD, None, "2026-06-01 08:00:00.500000", 0),
    ]
    assert ask(home, "select count(*) from person") == [(ROWS,)]


@pytest.mark.parametrize(
    "statement", ["delete from person", "create table mine (a int)", "select * from simulator.loaded"]
)
def test_the_platform_can_only_read_the_tables(home, statement):
    with pytest.raises(pymysql.err.MySQLError, match="denied"):
        ask(home, statement)


def test_a_changed_row_replaces_the_old_one_and_a_new_one_is_added(home, tmp_path):
    write_rows(tmp_path / "changed.parquet", [1, ROWS + 1], name="changed")
    for _ in range(2):
        assert mysql.upsert(home, SYSTEM, TABLE, tmp_path / "changed.parquet") == 2
        found = ask(home, "select person_no from person where name = 'changed' order by 1")
        assert found == [("P1",), (f"P{ROWS + 1}",)]
        assert ask(home, "select count(*) from person") == [(ROWS + 1,)]


def test_the_same_city_is_not_loaded_again_and_another_replaces_it(home):
    server = mysql.server(home, SYSTEM)
    mysql.prepare(home, SYSTEM, server, "first city")
    assert ask(home, "select count(*) from person") == [(ROWS + 1,)]
    mysql.prepare(home, SYSTEM, server, "second city")
    assert ask(home, "select count(*) from person") == [(ROWS,)]


def test_a_server_that_is_stopped_comes_back_under_its_address(home):
    server = mysql.server(home, SYSTEM)
    assert isinstance(server, MariaDb)
    server.stop()
    assert not server.is_running()
    again = mysql.server(home, SYSTEM)
    again.start()
    assert again.port == server.port
    assert ask(home, "select count(*) from person") == [(ROWS,)]


def test_without_mariadb_the_system_is_a_postgresql_database(home, monkeypatch):
    monkeypatch.setattr(mysql, "is_installed", lambda: False)
    assert isinstance(mysql.server(home, SYSTEM), EmbeddedPostgres)
    assert not mysql.exists(home, SYSTEM)
