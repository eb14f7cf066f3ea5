from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from datacontract.data_contract import DataContract

from pipelines.contracts import ContractError, load_contract, load_contracts
from pipelines.contracts.model import ACTIONS, DIMENSIONS
from pipelines.settings import PROJECT_ROOT
from tests.support.registry import contract_document, rest_document

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
