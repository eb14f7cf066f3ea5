"""A source calls its columns what it likes: `physicalName` says so, and the rest of the contract stays."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
import yaml

from pipelines.contracts import ContractError, load_contract, load_contracts
from pipelines.extract.schema_drift import by_contract, compare
from pipelines.lake.connection import reader
from pipelines.lake.register import register_batches
from pipelines.operations.source_status import describe_source
from pipelines.pull import pull_system
from tests.support.paged_interface import PAGINATIONS, PagedInterface
from tests.support.registry import (
    SYSTEM,
    TABLE,
    RegistryInterface,
    contract_document,
    landed_rows,
    person,
    release_rows,
    rest_document,
    serving,
    write_contract,
    write_endpoint,
)
from tests.support.registry_mysql import PASSWORD, READER, mariadb_server, mysql_document

# Chinese, blanks, capitals, words of SQL, and everything that ends a name or a text in it.
IN_A_DATABASE = {
    "person_no": "ID", "name": "姓 名", "sex_code": "se`x", "birth_date": 'birth"date',
    "update_time": "updateTime", "is_deleted": "order'",
}  # fmt: skip
IN_JSON = {
    "person_no": "id", "name": "person.fullName", "sex_code": "person.性别", "update_time": "meta.updateTime",
    "is_deleted": "isDeleted",
}  # fmt: skip
DAY = "2026-06-01 08:00:00+08"


def named(document: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    for entry in document["schema"][0]["properties"]:
        if entry["name"] in names:
            entry["physicalName"] = names[entry["name"]]
    return document


def pull(settings):
    load_contracts.cache_clear()
    (outcome,) = pull_system(settings, SYSTEM)
    return outcome


def landed(settings) -> list[tuple]:
    files = settings.landing / SYSTEM / TABLE / "*.parquet"
    return duckdb.sql(
        f"select person_no, name, sex_code, birth_date::varchar, is_deleted from '{files}' order by all"
    ).fetchall()


def test_postgresql(settings, registry) -> None:
    def quoted(name: str) -> str:
        escaped = name.replace('"', '""')
        return f'"{escaped}"'

    for name, own in IN_A_DATABASE.items():
        registry.run(f"alter table {TABLE} rename column {name} to {quoted(own)}")
    write_contract(settings, named(contract_document(), IN_A_DATABASE))
    registry.run(f"insert into {TABLE} values ('P1', '人', '1', '1990-01-01', '{DAY}', false)")
    first = pull(settings)
    registry.run(f"""insert into {TABLE} values ('P2', '女', '2', '1991-01-01', '2026-06-02', true)""")
    second = pull(settings)
    assert (first.rows_landed, first.message, second.rows_landed, second.rows_repeated) == (1, "", 1, 1)
    assert landed(settings) == [("P1", "人", "1", "1990-01-01", False), ("P2", "女", "2", "1991-01-01", True)]


def test_mysql(settings) -> None:
    def quoted(name: str) -> str:
        escaped = name.replace("`", "``")
        return f"`{escaped}`"

    kinds = ("varchar(40) primary key", "varchar(40)", "varchar(40)", "date", "datetime(6)", "tinyint(1)")
    columns = ", ".join(
        f"{quoted(own)} {kind}" for own, kind in zip(IN_A_DATABASE.values(), kinds, strict=True)
    )
    write_contract(settings, named(mysql_document(), IN_A_DATABASE))
    with mariadb_server() as server, server.connect() as connection, connection.cursor() as cursor:
        for statement in (
            f"create database {SYSTEM}",
            f"create table {SYSTEM}.{TABLE} ({columns})",
            f"create user {READER}@127.0.0.1 identified by 'pass''word'",
            f"grant select on {SYSTEM}.* to {READER}@127.0.0.1",
            f"insert into {SYSTEM}.{TABLE} values ('P1', '人', '1', '1990-01-01', '2026-06-01 08:00', 0)",
        ):
            cursor.execute(statement)
        connection.commit()
        url = f"mysql://127.0.0.1:{server.port}/{SYSTEM}"
        write_endpoint(settings, url=url, username=READER, password=PASSWORD)
        first = pull(settings)
        cursor.execute(
            f"insert into {SYSTEM}.{TABLE} values ('P2', '女', '2', '1991-01-01', '2026-06-02', 1)"
        )
        connection.commit()
        second = pull(settings)
    assert (first.rows_landed, first.message, second.rows_landed, second.rows_repeated) == (1, "", 1, 1)
    assert landed(settings) == [("P1", "人", "1", "1990-01-01", False), ("P2", "女", "2", "1991-01-01", True)]


def as_sent(number: int, **changed: Any) -> dict[str, Any]:
    """A row as an interface nests it."""
    row = person(number, **changed)
    return {
        "id": row["person_no"], "person": {"fullName": row["name"], "性别": row["sex_code"]},
        "birth_date": row["birth_date"], "meta": {"updateTime": row["update_time"]},
        "isDeleted": row["is_deleted"],
    }  # fmt: skip


def test_fields_inside_others_over_http(settings) -> None:
    write_contract(settings, named(rest_document(), IN_JSON))
    with serving(RegistryInterface()) as interface:
        write_endpoint(settings, url=interface.url, token=interface.token)
        interface.rows = [as_sent(1), as_sent(2, sex_code="9"), as_sent(3) | {"person": "torn"}]
        outcome = pull(settings)
    assert (outcome.rows_read, outcome.rows_landed, outcome.message) == (3, 1, "")
    assert landed(settings) == [("P1", "人1", "1", "1990-01-01", False)]
    register_batches(settings)
    with reader(settings) as lake:
        hashes = dict(lake.execute("select source_record_id, row_hash from quality.quarantine").fetchall())
    released = release_rows(settings, [hashes["P2"]], sex_code="2")
    assert (released.rows_released, released.rows_kept) == (1, 0)
    assert ("P2", "人2", "2", "1990-01-01", False) in landed(settings)


def test_something_else_where_an_object_was_agreed_waits_and_is_not_lost(settings) -> None:
    document = named(rest_document(), IN_JSON)
    for entry in document["schema"][0]["properties"]:
        if entry["name"] in ("name", "sex_code"):
            entry["required"] = False
    write_contract(settings, document)
    with serving(RegistryInterface()) as interface:
        write_endpoint(settings, url=interface.url, token=interface.token)
        interface.rows = [
            as_sent(1) | {"person": None}, as_sent(2) | {"person": "人2"}, as_sent(3) | {"person": [{}]},
        ]  # fmt: skip
        outcome = pull(settings)
    assert (outcome.rows_landed, outcome.rows_quarantined) == (1, 2)
    register_batches(settings)
    with reader(settings) as lake:
        waiting = lake.execute(
            "select source_record_id, rule_code, raw_row from quality.quarantine"
        ).fetchall()
    assert {row[:2] for row in waiting} == {("P2", "malformed_json"), ("P3", "malformed_json")}
    assert any('"人2"' in raw for *_, raw in waiting)


def test_rows_from_a_database_are_released_by_the_contracts_names(settings, registry) -> None:
    registry.run(f'alter table {TABLE} rename column sex_code to "Sex"')
    write_contract(settings, named(contract_document(), {"sex_code": "Sex"}))
    registry.run(f"insert into {TABLE} values ('P1', '人', '9', '1990-01-01', '{DAY}', false)")
    assert pull(settings).rows_quarantined == 1
    register_batches(settings)
    with reader(settings) as lake:
        hashes = [value for (value,) in lake.execute("select row_hash from quality.quarantine").fetchall()]
    released = release_rows(settings, hashes, sex_code="1")
    assert released.rows_released == 1
    assert landed(settings) == [("P1", "人", "1", "1990-01-01", False)]


def test_numbered_pages_are_sorted_by_the_sources_own_cursor(settings) -> None:
    document = rest_document(records="items", pagination=PAGINATIONS["page_number by cursor"])
    write_contract(settings, named(document, {"update_time": "name_of_time"}))
    rows = [person(i) for i in range(5)]
    interface = PagedInterface(pagination=PAGINATIONS["page_number by cursor"], cursor="name_of_time")
    interface.rows = [{("name_of_time" if k == "update_time" else k): v for k, v in r.items()} for r in rows]
    with serving(interface) as served:
        write_endpoint(settings, url=served.url, token=served.token)
        outcome = pull(settings)
    assert (outcome.rows_landed, outcome.message) == (5, "")
    assert len(landed_rows(settings.home)) == 5


@pytest.fixture
def contract(tmp_path):
    def load(names: dict[str, str]):
        path = tmp_path / SYSTEM
        path.mkdir(exist_ok=True)
        text = yaml.safe_dump(named(contract_document(), names), allow_unicode=True)
        (path / "contract.yaml").write_text(text)
        return load_contract(path / "contract.yaml")

    return load


def test_what_only_bears_the_name_of_a_column_is_not_taken_for_it(contract) -> None:
    source = contract({"name": "XM"})
    table = source.table(TABLE)
    own = [column.source_name for column in table.columns]
    found = by_contract(table, dict.fromkeys([*own, "name"]))
    drift = compare(source, table, found)
    assert [(change.kind, change.column, change.policy) for change in drift] == [
        ("new", "name of the source", "quarantine")
    ]
    gone = compare(source, table, by_contract(table, dict.fromkeys(own[:1] + own[2:])))
    assert [(change.kind, change.difference) for change in gone] == [
        ("missing", "missing (the source's name for it: 'XM')")
    ]


@pytest.mark.parametrize(
    ("names", "said"),
    [({"name": "a\nb"}, "one line"), ({"name": "X", "sex_code": "X"}, "'X' more than once")],
)
def test_a_name_that_cannot_be_meant_is_refused(contract, names: dict[str, str], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        contract(names)


def test_who_asks_sees_both_names(contract) -> None:
    columns = describe_source({SYSTEM: contract({"name": "XM"})}, SYSTEM)["columns"]
    assert {row["column"]: row["source_name"] for row in columns}["name"] == "XM"
