from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
import yaml

from pipelines.contracts import ContractError, load_contract
from pipelines.extract.database import read_database
from pipelines.extract.errors import SchemaChangedError
from pipelines.extract.raw_rows import json_rows
from pipelines.extract.readers import reader_of
from pipelines.extract.schema_drift import compare, refuse_if_frozen
from tests.support.registry import contract_document, rest_document


def load(folder: Path, document: dict):
    (folder / "contract.yaml").write_text(yaml.safe_dump(document, allow_unicode=True))
    return load_contract(folder / "contract.yaml")


def test_the_transport_chooses_the_reader(tmp_path: Path) -> None:
    assert reader_of(load(tmp_path, contract_document())) is read_database
    assert reader_of(load(tmp_path, rest_document())).__name__ == "read_rest"


def test_a_contract_may_name_a_reader_of_its_own(tmp_path: Path) -> None:
    document = contract_document()
    named = "pipelines.extract.database:read_database"
    document["servers"] = [
        {"server": "odd", "type": "custom", "customProperties": [{"property": "reader", "value": named}]}
    ]
    assert reader_of(load(tmp_path, document)) is read_database
    document["servers"][0]["customProperties"][0]["value"] = "pipelines.nowhere:read"
    with pytest.raises(ContractError, match=r"package\.module:function"):
        reader_of(load(tmp_path, document))


def found_columns(contract) -> dict[str, str | None]:
    return {column.name: column.duckdb_type for column in contract.tables["person"].columns}


@pytest.mark.parametrize(("policy", "stops"), [("freeze", True), ("quarantine", False), ("evolve", False)])
def test_a_new_column_stops_only_a_frozen_table(tmp_path: Path, policy: str, stops: bool) -> None:
    document = contract_document()
    document["customProperties"][1]["value"]["columns"] = policy
    contract = load(tmp_path, document)
    table = contract.tables["person"]
    drift = compare(contract, table, found_columns(contract) | {"extra": "VARCHAR"})
    assert [(change.kind, change.column) for change in drift] == [("new", "extra")]
    if stops:
        with pytest.raises(SchemaChangedError, match="extra"):
            refuse_if_frozen(contract, table, drift)
    else:
        refuse_if_frozen(contract, table, drift)


@pytest.mark.parametrize(("column", "stops"), [("birth_date", False), ("name", True)])
def test_where_columns_may_evolve_only_a_required_one_is_missed(
    tmp_path: Path, column: str, stops: bool
) -> None:
    document = contract_document()
    document["customProperties"][1]["value"]["columns"] = "evolve"
    contract = load(tmp_path, document)
    table = contract.tables["person"]
    found = found_columns(contract)
    del found[column]
    drift = compare(contract, table, found)
    if stops:
        with pytest.raises(SchemaChangedError):
            refuse_if_frozen(contract, table, drift)
    else:
        refuse_if_frozen(contract, table, drift)


def test_the_order_of_columns_means_nothing(tmp_path: Path) -> None:
    contract = load(tmp_path, contract_document())
    reversed_columns = dict(reversed(found_columns(contract).items()))
    assert compare(contract, contract.tables["person"], reversed_columns) == ()


def test_torn_payloads_are_kept_and_their_key_is_saved_from_the_wreck(tmp_path: Path) -> None:
    table = load(tmp_path, contract_document()).tables["person"]
    with duckdb.connect() as connection:
        connection.execute("create table sent (payload blob)")
        payloads = [b'{"person_no": "P1", "name": "x', b"[1]", b"\xff\xfe", b'{"person_no": 7, "name": null}']
        connection.executemany("insert into sent values (?)", [[payload] for payload in payloads])
        json_rows(connection, table, "sent", "raw")
        rows = connection.execute("select person_no, name, _raw, _unreadable from raw").fetchall()
    assert rows == [
        ("P1", None, '{"person_no": "P1", "name": "x', True),
        (None, None, "[1]", True),
        (None, None, "FFFE", True),
        ("7", None, '{"person_no": 7, "name": null}', False),
    ]
