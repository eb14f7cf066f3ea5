from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from datacontract.data_contract import DataContract

from pipelines.contracts import ContractError, load_contract, load_contracts
from pipelines.contracts.model import ACTIONS, DIMENSIONS
from pipelines.contracts.staged_names import VERSION_NAMES, made_names, own_names
from pipelines.from_contracts.staging_models import staged_messages, staged_records
from pipelines.settings import PROJECT_ROOT
from tests.support.registry import column, contract_document, rest_document

SOURCES = PROJECT_ROOT / "sources"
CONTRACTS = load_contracts(SOURCES)


def load(folder: Path, document: dict[str, Any]):
    path = folder / "contract.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True))
    return load_contract(path)


def test_the_good_contract_loads_and_its_hash_is_of_its_meaning(tmp_path: Path) -> None:
    document = contract_document()
    contract = load(tmp_path, document)
    reordered = load(tmp_path, dict(reversed(document.items())))
    assert contract.contract_hash == reordered.contract_hash
    assert contract.tables["person"].primary_key == ("person_no",)
    assert not contract.is_stream and load(tmp_path, rest_document()).server.transport == "rest"


PERSON = {"name": "name", "sex_code": "sex_code", "birth_date": "birth_date"}


def _table(document: dict[str, Any]) -> dict[str, Any]:
    return document["schema"][0]


def _ingest(document: dict[str, Any]) -> dict[str, Any]:
    return _table(document)["customProperties"][0]["value"]


def _column(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(column for column in _table(document)["properties"] if column["name"] == name)


def _extra(document: dict[str, Any]) -> list[dict[str, Any]]:
    return _table(document)["quality"][0]["customProperties"]


def _staging(document: dict[str, Any], **words: Any) -> None:
    _table(document)["customProperties"].append({"property": "staging", "value": words})


def _add(document: dict[str, Any], name: str, **staging: Any) -> None:
    _table(document)["properties"].append(column(name))
    if staging:
        _staging(document, **staging)


def _history(document: dict[str, Any]) -> None:
    _table(document)["customProperties"].append({"property": "history", "value": True})


BROKEN: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "not the standard": (lambda d: d.update(kind="Nonsense"), "not a data contract"),
    "unclassified column": (
        lambda d: _column(d, "name").pop("classification"),
        "needs one of L1, L2, L3, L4",
    ),
    "unknown classification": (
        lambda d: _column(d, "name").update(classification="secret"),
        "L1, L2, L3, L4",
    ),
    "no key": (lambda d: _column(d, "person_no").update(primaryKey=False), "primary key"),
    "L4 key": (lambda d: _column(d, "person_no").update(classification="L4"), "cannot be a primary key"),
    "unknown mode": (lambda d: _ingest(d).update(mode="sometimes"), "full, incremental, stream, files"),
    "unknown field": (lambda d: _ingest(d).update(cursr="x"), "legal are mode, cursor"),
    "cursor missing": (lambda d: _ingest(d).pop("cursor"), "needs ingest/cursor"),
    "cursor not a column": (lambda d: _ingest(d).update(cursor="changed"), "not a column"),
    "cursor of a wrong type": (lambda d: _ingest(d).update(cursor="name"), "timestamp or date or integer"),
    "cursor may be empty": (lambda d: _column(d, "update_time").update(required=False), "not required"),
    "bad duration": (lambda d: _ingest(d).update(lookback="soon"), "ISO duration"),
    "stream over a database": (
        lambda d: _ingest(d).update(
            mode="stream", topic="t", event_time="update_time", arrival_time="update_time"
        ),
        "'stream' needs mqtt",
    ),
    "drift policy": (
        lambda d: d["customProperties"][1]["value"].update(types="ignore"),
        "freeze, evolve, quarantine",
    ),
    "two servers": (lambda d: d["servers"].append(dict(d["servers"][0], server="other")), "exactly one"),
    "unknown transport": (
        lambda d: d["servers"].__setitem__(
            0, {"server": "s", "type": "sqlserver", "host": "h", "port": 1433, "database": "d", "schema": "s"}
        ),
        "legal are postgres",
    ),
    "enum of dates": (
        lambda d: _column(d, "birth_date").update(enum=[{"value": "1", "label": "x"}]),
        "string or integer",
    ),
    "owner without code": (lambda d: d["team"].pop("customProperties"), "customProperty 'code'"),
    "no frequency": (lambda d: d["slaProperties"].pop(0), "needs 'frequency'"),
    "a frequency that comes at uneven distances": (
        lambda d: d["slaProperties"][0].update(value=90, unit="min"),
        "no schedule comes every 90 min; legal are 1, 2",
    ),
    "a frequency of two weeks": (
        lambda d: d["slaProperties"][0].update(value=2, unit="w"),
        "no schedule comes every 2 w; legal are",
    ),
    "rule with a misspelt column": (
        lambda d: _table(d)["quality"][0].update(implementation="birthdate is not null"),
        "does not fit the table",
    ),
    "rule without a reason": (lambda d: _table(d)["quality"][0].pop("description"), "description is missing"),
    "rule with an unknown action": (lambda d: _extra(d)[0].update(value="drop"), "quarantine, flag"),
    "identity without a person": (
        lambda d: _staging(d, identity={"former_name": "name"}),
        "exactly one person",
    ),
    "identity of an unknown kind": (
        lambda d: _staging(d, person={"name": "name"}, identity={"nickname": "name"}),
        "legal are former_name",
    ),
    "identity by an address that is not parsed": (
        lambda d: _staging(d, person={"name": "name"}, identity={"address": "name"}),
        "staging/address parses",
    ),
    "identity by another record of no table": (
        lambda d: _staging(
            d, person={"name": "name"}, identity={"record": {"column": "name", "of": "worker"}}
        ),
        "which record of which table",
    ),
    "column named like a person's": (
        lambda d: _add(d, "phone", person=PERSON | {"phone": "person_no"}),
        "column 'phone': staging makes a column of that name itself, as a person's phone. Say in staging or "
        "ingest that the column is meant for it, or write another name, with physicalName: phone",
    ),
    "column named like a step towards a person": (
        lambda d: _add(d, "name_standard", person={"prefix": "owner_", "name": "name"}),
        "column 'name_standard'",
    ),
    "column named like the state": (
        lambda d: (
            _add(d, "gone"),
            _column(d, "gone").update(logicalType="boolean", required=True),
            _ingest(d).update(deleted_flag="gone"),
        ),
        "column 'is_deleted'",
    ),
    "column named like the time": (lambda d: _add(d, "updated_at"), "column 'updated_at'"),
    "column named like a part of the address": (
        lambda d: _add(d, "address_room", address="name"),
        "column 'address_room'",
    ),
    "column named like a part of a credit code": (
        lambda d: _add(d, "name_status", credit_codes=["name"]),
        "column 'name_status'",
    ),
    "column named like a part of a version": (
        lambda d: (_add(d, "version_from"), _history(d)),
        "column 'version_from'",
    ),
    "two persons without a prefix": (
        lambda d: _staging(d, person=[{"name": "name"}, {"sex_code": "sex_code"}]),
        "makes the column 'id_type_code' twice",
    ),
    "column named by a word of SQL": (lambda d: _add(d, "order"), "'order': the name is a word of SQL"),
    "prefix with a blank": (
        lambda d: _staging(d, person={"prefix": "the owner ", "name": "name"}),
        "person/prefix is 'the owner '",
    ),
    "date without quotes": (lambda d: d.update(version=date(2026, 11, 25)), "version: datetime.date"),
    "key that is no text": (lambda d: d.update({7: "x"}), "Additional properties"),
    "same rule twice": (lambda d: _table(d)["quality"].append(_table(d)["quality"][0]), "there twice"),
    "same column twice": (lambda d: _table(d)["properties"].append(_column(d, "name")), "more than once"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_what_cannot_be_meant_is_refused_in_words(tmp_path: Path, fault: str) -> None:
    change, words = BROKEN[fault]
    document = contract_document()
    change(document)
    with pytest.raises(ContractError) as refused:
        load(tmp_path, document)
    assert words in str(refused.value)
    assert str(tmp_path / "contract.yaml") in str(refused.value)


def test_a_record_of_a_table_that_no_contract_describes_is_refused(tmp_path: Path) -> None:
    document = contract_document()
    identity = {"record": {"column": "person_no", "of": "nosuch.table"}}
    _staging(document, person=PERSON, identity=identity)
    folder = tmp_path / "registry"
    folder.mkdir()
    load(folder, document)
    with pytest.raises(ContractError, match=r"'nosuch\.table', and no contract describes"):
        load_contracts(tmp_path)
    identity["record"]["of"] = "registry.person"
    load(folder, document)
    load_contracts.cache_clear()
    assert list(load_contracts(tmp_path)) == ["registry"]


def test_the_names_that_collide_are_those_that_staging_writes() -> None:
    for contract in CONTRACTS.values():
        for table in contract.tables.values():
            written = staged_messages(table) if table.content == "stream" else staged_records(contract, table)
            names = [*own_names(table), *(name for name, _ in made_names(table))]
            staged = [column.name for column in written if not column.name.startswith("_")]
            versions = VERSION_NAMES if table.keeps_history else ()
            assert sorted(names) == sorted([*staged, *versions])


NUMBERED = {"kind": "page_number", "parameter": "page", "size_parameter": "size", "size": 2}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"pagination": {"kind": "scroll"}}, "next_token, page_number, offset, link_header, none"),
        ({"authentication": "digest"}, "bearer, header, basic, oauth2_client_credentials, none"),
        ({"authentication": "header"}, "'header' needs 'header' beside authentication"),
        ({"authentication": "oauth2_client_credentials"}, "needs 'token_path'"),
        ({"pagination": {"kind": "offset", "parameter": "from"}}, "'offset' needs 'size_parameter'"),
        ({"pagination": NUMBERED | {"ordered_by": "name"}}, "legal is 'cursor'"),
        ({"pagination": {"kind": "link_header", "ordered_by": "cursor"}}, "with page_number or offset"),
        ({"pagination": NUMBERED | {"ordered_by": "cursor"}, "cursor_parameter": None}, "cursor_parameter"),
    ],
)
def test_an_interface_says_how_it_pages_and_whom_it_lets_in(tmp_path: Path, changed, words: str) -> None:
    document = rest_document()
    rest = document["servers"][0]["customProperties"][0]
    rest["value"] = {name: value for name, value in (rest["value"] | changed).items() if value is not None}
    with pytest.raises(ContractError, match=words):
        load(tmp_path, document)


@pytest.mark.parametrize("pagination", [{"kind": "link_header"}, {"kind": "none"}, NUMBERED])
def test_every_way_of_paging_can_be_agreed(tmp_path: Path, pagination: dict) -> None:
    document = rest_document()
    document["servers"][0]["customProperties"][0]["value"] |= {"pagination": pagination}
    assert load(tmp_path, document).server.options["pagination"] == pagination


@pytest.mark.parametrize("system", CONTRACTS)
def test_every_rule_says_dimension_reason_and_rate(system: str) -> None:
    for table in CONTRACTS[system].tables.values():
        for rule in table.rules:
            assert rule.dimension in DIMENSIONS and rule.action in ACTIONS
            assert rule.reason and rule.finding and rule.standard.isdigit()
            if not rule.code.startswith(("required.", "enum.", "range.")):
                assert "实测" in rule.reason


@pytest.mark.parametrize("system", CONTRACTS)
def test_every_source_has_a_readme_that_names_its_owner(system: str) -> None:
    text = (SOURCES / system / "README.md").read_text(encoding="utf-8")
    assert CONTRACTS[system].owner in text
    for table in CONTRACTS[system].tables.values():
        assert f"`{table.name}`" in text


@pytest.mark.parametrize("system", CONTRACTS)
def test_the_standards_own_tool_accepts_the_contract(system: str) -> None:
    run = DataContract(data_contract_file=str(SOURCES / system / "contract.yaml")).lint()
    assert run.result == "passed", [check.reason for check in run.checks or []]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"device": 3}, "no column of logicalType string"),
        ({"message_id": 3}, "no column of logicalType string"),
        ({"device_id": 1}, "legal are the levels of the topic that are '+': 2, 3"),
        ({"device_id": 5}, "legal are the levels of the topic that are '+': 2, 3"),
        ({"device_id": "3"}, "legal are the levels"),
        (["device_id"], "is a mapping"),
    ],
)
def test_a_level_of_a_topic_is_a_column_only_where_both_are_there(tmp_path, wrong, said) -> None:
    document = yaml.safe_load((SOURCES / "safety_devices" / "contract.yaml").read_text())
    _ingest(document)["topic_columns"] = wrong
    with pytest.raises(ContractError, match=re.escape(said)):
        load(tmp_path, document)
