"""Pulling over the MySQL protocol, from a real MariaDB server."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.installation.state import connect_state, embedded_server
from pipelines.lake.connection import reader
from pipelines.lake.reconcile import reconcile
from pipelines.lake.register import register_batches
from pipelines.pull import pull_system
from tests.support.registry import SYSTEM, RegistryDatabase, landed_rows, write_contract, write_endpoint
from tests.support.registry_mysql import RegistryMySql, mariadb_server, mysql_document


@pytest.fixture(scope="module")
def mariadb():
    with mariadb_server() as server:
        yield server


@pytest.fixture
def registry(mariadb, settings):
    database = RegistryMySql(mariadb)
    database.create()
    write_contract(settings, mysql_document())
    write_endpoint(settings, **database.endpoint())
    return database


def pull(settings, **options):
    (outcome,) = pull_system(settings, SYSTEM, **options)
    return outcome


def with_column(name: str, logical: str, physical: str) -> dict:
    document = mysql_document()
    document["schema"][0]["properties"].append(
        {"name": name, "logicalType": logical, "physicalType": physical, "classification": "L2"}
    )
    return document


def landed(settings, columns: str) -> list[tuple]:
    register_batches(settings)
    with reader(settings) as lake:
        return lake.execute(f"select {columns} from landing.registry__person order by 1").fetchall()


def test_all_rows_then_only_changes_then_nothing(settings, registry) -> None:
    registry.add(1, 50)
    first, second = pull(settings), pull(settings)
    registry.run("update person set name = '改', update_time = '2026-06-02' where person_no = 'P1'")
    registry.run("update person set is_deleted = true, update_time = '2026-06-02' where person_no = 'P2'")
    third = pull(settings)
    assert (first.rows_landed, first.message) == (50, "")
    assert (second.status, second.rows_repeated) == ("unchanged", 50)
    assert third.rows_landed == 2
    assert [row[3] for row in landed_rows(settings.home) if row[0] == "P2"] == [False, True]


def test_a_time_without_a_zone_is_the_citys(settings, registry) -> None:
    registry.add(1, 1)
    pull(settings)
    assert landed(settings, "update_time = timestamptz '2026-06-01 00:00:01+00:00'") == [(True,)]


def test_a_row_that_commits_late_inside_the_lookback_is_not_missed(settings, registry) -> None:
    registry.add(100, 110)
    pull(settings)
    registry.add(1, 2)
    assert pull(settings).rows_landed == 2


def test_a_period_is_read_again_without_harm(settings, registry) -> None:
    registry.add(1, 5)
    registry.add(6, 7, day="2026-06-02")
    pull(settings)
    registry.run("update person set name = '补录' where person_no in ('P3', 'P6')")
    period = (date(2026, 6, 1), date(2026, 6, 1))
    again, nothing, daily = pull(settings, period=period), pull(settings, period=period), pull(settings)
    assert (again.rows_landed, again.rows_repeated) == (1, 4)
    assert (nothing.status, nothing.rows_repeated) == ("unchanged", 5)
    # The daily run's lookback reaches P6 and finds its change; what the backfill landed it passes over.
    assert (daily.rows_landed, daily.rows_repeated) == (1, 1)


def test_the_same_contract_is_read_from_postgresql(settings, platform) -> None:
    write_contract(settings, mysql_document())
    database = RegistryDatabase(embedded_server(platform))
    database.create()
    database.add(1, 3)
    write_endpoint(settings, **database.endpoint())
    outcome = pull(settings)
    assert (outcome.rows_landed, outcome.message) == (3, "")


def test_a_zero_date_is_flagged_and_an_impossible_one_is_quarantined(settings, registry) -> None:
    registry.add(1, 3)
    registry.run("update person set birth_date = '0000-00-00' where person_no = 'P1'")
    registry.run("update person set birth_date = '2018-02-00' where person_no = 'P2'")
    outcome = pull(settings)
    assert (outcome.rows_read, outcome.rows_landed, outcome.rows_quarantined) == (3, 2, 1)
    assert landed(settings, "person_no, birth_date") == [("P1", None), ("P3", date(1990, 1, 1))]
    with reader(settings) as lake:
        reasons = lake.execute("select source_record_id, rule_code from quality.quarantine").fetchall()
        flagged = lake.execute(
            "select source_record_id, column_name, finding from quality.door_findings "
            "where action = 'flagged'"
        ).fetchall()
    assert reasons == [("P2", "type.birth_date")]
    assert flagged == [("P1", "birth_date", "date_zero")]
    assert reconcile(settings)[0].problems == ()
    assert pull(settings).status == "unchanged"


def test_a_tinyint_that_is_no_boolean_is_not_taken_for_one(settings, registry) -> None:
    registry.add(1, 2)
    registry.run("update person set is_deleted = 2 where person_no = 'P2'")
    assert (pull(settings).rows_quarantined, landed(settings, "person_no, is_deleted")) == (
        1,
        [("P1", False)],
    )


def test_a_tinyint_stays_the_number_that_it_is(settings, registry) -> None:
    write_contract(settings, with_column("level", "integer", "tinyint"))
    registry.run("alter table person add column level tinyint(1)")
    registry.run("insert into person values ('P1', '人', '1', null, '2026-06-01', false, 3)")
    assert (pull(settings).message, landed(settings, "level")) == ("", [(3,)])


def test_a_row_without_a_cursor_is_quarantined_whenever_it_comes(settings, registry) -> None:
    registry.add(1, 2)
    assert pull(settings).rows_landed == 2
    registry.run("insert into person values ('N1', '无', '1', '1990-01-01', null, false)")
    outcomes = [pull(settings), pull(settings)]
    assert [(outcome.rows_landed, outcome.rows_quarantined) for outcome in outcomes] == [(0, 1), (0, 0)]


def test_a_decimal_longer_than_the_engines_own_keeps_its_digits(settings, registry) -> None:
    registry.add(1, 1)
    registry.run("alter table person add column income decimal(60, 20)")
    write_contract(settings, with_column("income", "number", "decimal(30,4)"))
    registry.run("update person set income = 12345678901234567890.1234")
    assert pull(settings).rows_landed == 1
    assert landed(settings, "income::varchar") == [("12345678901234567890.1234",)]


@pytest.mark.parametrize(("value", "kept"), [(4294967295, True), (18446744073709551615, False)])
def test_unsigned_numbers_land_whole_or_not_at_all(settings, registry, value: int, kept: bool) -> None:
    write_contract(settings, with_column("meter", "integer", "bigint"))
    registry.run("alter table person add column meter bigint unsigned")
    registry.run(f"insert into person values ('P1', '人', '1', null, '2026-06-01', false, {value})")
    outcome = pull(settings)
    assert (outcome.rows_landed, outcome.rows_quarantined) == ((1, 0) if kept else (0, 1))
    if kept:
        assert landed(settings, "meter") == [(value,)]


@pytest.mark.parametrize(
    ("collation", "name"),
    [
        ("utf8mb4_bin", "𠮷野😀"),
        ("utf8mb4_general_ci", "𠮷野😀"),
        ("gbk_bin", "淮南"),
        ("gbk_chinese_ci", "淮南"),
    ],
)
def test_characters_arrive_as_they_are(settings, registry, collation: str, name: str) -> None:
    charset = collation.partition("_")[0]
    registry.run(f"alter table person modify name varchar(40) character set {charset} collate {collation}")
    registry.run(f"insert into person values ('P1', '{name}', '1', null, '2026-06-01', false)")
    pull(settings)
    assert landed(settings, "name") == [(name,)]


def test_a_missing_column_stops_the_table(settings, registry) -> None:
    registry.add(1, 1)
    registry.run("alter table person rename column name to full_name")
    outcome = pull(settings)
    assert outcome.error_type == "SchemaChangedError"
    assert "probably renamed to 'full_name'" in outcome.message


def test_a_missing_table_is_named(settings, registry) -> None:
    registry.run("drop table person")
    assert "has no table 'person'" in pull(settings).message


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"url": "mysql://127.0.0.1:1/registry"}, "SourceUnreachableError"),
        ({"password": "wrong-password"}, "SourceRefusedError"),
        ({"url": "oracle://127.0.0.1/registry"}, "SourceUnreadableError"),
    ],
)
def test_a_source_that_cannot_be_read_says_so(settings, registry, changed, error) -> None:
    write_endpoint(settings, **registry.endpoint() | changed)
    outcome = pull(settings)
    assert (outcome.status, outcome.error_type) == ("failed", error)
    assert "wrong-password" not in outcome.message
    with connect_state(settings) as state:
        assert state.execute("select count(*) from ops.cursors").fetchone() == (0,)


@pytest.mark.parametrize(("asked", "seen"), [("", "OFF"), ("?compression=required", "ON")])
def test_rows_travel_uncompressed_unless_the_address_asks(settings, registry, asked: str, seen: str) -> None:
    address = registry.endpoint()
    write_endpoint(settings, **address | {"url": address["url"] + asked})
    registry.add(1, 1)
    registry.run("rename table person to stored_person")
    # What the server knows of the line arrives as the person's name.
    registry.run(
        "create view person as select person_no, "
        "(select variable_value from information_schema.session_status where variable_name = 'COMPRESSION') "
        "as name, sex_code, birth_date, update_time, is_deleted from stored_person"
    )
    pull(settings)
    registry.run("drop view person")
    assert landed(settings, "name") == [(seen,)]


def test_a_server_without_the_named_authority_is_not_talked_to(settings, registry, tmp_path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text("")
    write_endpoint(settings, **registry.endpoint() | {"ca_file": str(authority)})
    registry.add(1, 1)
    assert pull(settings).status == "failed"
    assert landed_rows(settings.home) == []


def test_a_text_with_a_nul_is_kept_out(settings, registry) -> None:
    registry.add(1, 2)
    registry.run("update person set name = concat('a', char(0), 'b') where person_no = 'P2'")
    outcome = pull(settings)
    assert (outcome.rows_landed, outcome.rows_quarantined) == (1, 1)
