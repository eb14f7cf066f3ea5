"""A word that is unknown, said twice or of another shape is refused in words, never with a traceback."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.contracts import ContractError, load_contract, load_contracts, load_retired
from tests.contracts.test_contracts import PERSON, _column, _extra, _ingest, _staging, _table, load
from tests.support.registry import column, contract_document, rest_document

FAULTS = {
    "unknown property of the contract": (
        lambda d: d["customProperties"].append({"property": "retension", "value": 1}),
        "customProperties/retension is unknown; legal are system, drift",
    ),
    "same property twice": (
        lambda d: d["customProperties"].append({"property": "system", "value": "other"}),
        "customProperties/system is there twice",
    ),
    "unknown property of a table": (
        lambda d: _table(d)["customProperties"].append({"property": "histroy", "value": True}),
        "customProperties/histroy is unknown; legal are ingest",
    ),
    "unknown property of a column": (
        lambda d: _column(d, "name").update(customProperties=[{"property": "alias", "value": ["x"]}]),
        "customProperties/alias is unknown",
    ),
    "history in words": (
        lambda d: _table(d)["customProperties"].append({"property": "history", "value": "yes"}),
        "history is 'yes'; legal is true or false",
    ),
    "unknown aspect of drift": (
        lambda d: d["customProperties"][1]["value"].update(colums="freeze"),
        "drift/colums is unknown",
    ),
    "frequency twice": (lambda d: d["slaProperties"].append(d["slaProperties"][0]), "'frequency' 2 times"),
    "latency beyond time": (lambda d: d["slaProperties"][1].update(value=10**12), "from 1 to 9999"),
    "true as a number": (lambda d: d["slaProperties"][2].update(value=True), "needs 'retention'"),
    "lookback into the future": (lambda d: _ingest(d).update(lookback="-PT5M"), "lookback is '-PT5M'"),
    "lookback in seconds": (lambda d: _ingest(d).update(lookback=5), "ingest/lookback is 5"),
    "word of another mode": (
        lambda d: _ingest(d).update(watermark="PT1H"),
        "ingest/watermark means nothing for ingest mode 'incremental'",
    ),
    "ingest mode that is a list": (lambda d: _ingest(d).update(mode=["full"]), "ingest/mode is ['full']"),
    "code without quotes": (
        lambda d: _column(d, "sex_code")["enum"][0].update(value=1),
        "the enum has the value 1, which is no string",
    ),
    "code twice": (
        lambda d: _column(d, "sex_code")["enum"].append({"value": "1", "label": "男性"}),
        "the enum has the value '1' twice",
    ),
    "minimum above the maximum": (
        lambda d: _table(d)["properties"].append(
            column("floor", "integer", "integer", logicalTypeOptions={"minimum": 5, "maximum": 1})
        ),
        "the minimum 5 is above the maximum 1",
    ),
    "decimal of too many digits": (
        lambda d: _table(d)["properties"].append(column("rent", "number", "decimal(99,2)")),
        "physicalType is 'decimal(99,2)'",
    ),
    "rule of no engine that runs": (
        lambda d: _table(d)["quality"][0].update(engine="brian"),
        "engine is 'brian'; legal is brain",
    ),
    "rule about a column that is not there": (
        lambda d: _extra(d)[3].update(value="birth"),
        "column is 'birth', which is not a column",
    ),
    "standard without quotes": (lambda d: _extra(d)[2].update(value=193), 'such as "0301"'),
    "rule over several rows": (
        lambda d: _table(d)["quality"][0].update(implementation="max(name) > '1'"),
        "does not fit the table",
    ),
    "rule that reads a file": (
        lambda d: _table(d)["quality"][0].update(
            implementation="exists(select 1 from read_text('/etc/hostname'))"
        ),
        "disabled by configuration",
    ),
    "address that is empty": (lambda d: _staging(d, address=None), "staging/address is empty"),
    "address that is a list": (lambda d: _staging(d, address=["name"]), "address names ['name']"),
    "address that is a time": (lambda d: _staging(d, address="update_time"), "of logicalType timestamp"),
    "house in one word": (lambda d: _staging(d, house="name"), "house names the columns address"),
    "object without a group": (
        lambda d: _staging(d, address="name", house=_about({"column": "name", "pattern": "KD[0-9]+"})),
        "house/object says which part",
    ),
    "object with an escape": (
        lambda d: _staging(d, address="name", house=_about({"column": "name", "pattern": r"KD(\d+)"})),
        "neither backslash nor quote",
    ),
    "object in one word": (lambda d: _staging(d, address="name", house=_about("name")), "it says 'name'"),
    "object of a column that is not there": (
        lambda d: _staging(d, address="name", house=_about({"column": "line", "pattern": "(.*)"})),
        "house/object names 'line'",
    ),
    "identity in one word": (
        lambda d: _staging(d, person=PERSON, identity="name"),
        "staging/identity is 'name'; write a mapping",
    ),
    "person's column that is a list": (lambda d: _staging(d, person={"name": ["name"]}), "names ['name']"),
    "order that is a list": (lambda d: _staging(d, order_by=["update_time"]), "names ['update_time']"),
    "dates that are a mapping": (lambda d: _staging(d, dates={"name": 1}), "names {'name': 1}"),
    "column written in two ways": (
        lambda d: _staging(d, dates=["name"], texts=["name"]),
        "texts names 'name', as dates does",
    ),
    "date that is a date already": (lambda d: _staging(d, dates=["birth_date"]), "of logicalType date"),
}


def _about(thing: object) -> dict[str, object]:
    return {"address": "name", "object": thing}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_word_that_cannot_be_meant_is_refused(tmp_path: Path, fault: str) -> None:
    change, words = FAULTS[fault]
    document = contract_document()
    change(document)
    with pytest.raises(ContractError) as refused:
        load(tmp_path, document)
    assert words in str(refused.value)


REST_FAULTS = {
    "unknown option": ({"cursor_paramter": "x"}, "rest/cursor_paramter is unknown"),
    "authentication that is a list": ({"authentication": ["bearer"]}, "authentication is ['bearer']"),
    "pagination in one word": ({"pagination": "none"}, "rest/pagination is 'none'; write a mapping"),
    "size in words": (
        {"pagination": {"kind": "offset", "parameter": "o", "size_parameter": "s", "size": "many"}},
        "pagination/size is 'many'",
    ),
    "size without a number": (
        {"pagination": {"kind": "link_header", "size_parameter": "s"}},
        "'size_parameter' needs 'size'",
    ),
    "retry in one word": ({"retry": "often"}, "rest/retry is 'often'"),
    "one status": ({"retry": {"on_status": 429}}, "retry/on_status is 429"),
    "records that are a list": ({"records": ["items"]}, "rest/records is ['items']"),
}


@pytest.mark.parametrize("fault", REST_FAULTS)
def test_options_of_an_interface_that_cannot_be_meant_are_refused(tmp_path: Path, fault: str) -> None:
    options, words = REST_FAULTS[fault]
    with pytest.raises(ContractError) as refused:
        load(tmp_path, rest_document(**options))
    assert words in str(refused.value)


def test_changes_cannot_be_asked_of_an_interface_that_knows_no_cursor(tmp_path: Path) -> None:
    document = rest_document()
    del document["servers"][0]["customProperties"][0]["value"]["cursor_parameter"]
    with pytest.raises(ContractError, match="needs rest/cursor_parameter"):
        load(tmp_path, document)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("name: 登记\n".encode("gb18030"), "not text in UTF-8"),
        (b"status: active\nstatus: draft\n", "'status' is said in line 1 already"),
        (b"a:\n\tb: 1\n", "not readable as YAML"),
        (b"team: {name: x, name: y}\n", "'name' is said in line 1 already"),
    ],
)
def test_a_file_that_is_not_one_clear_text_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "contract.yaml"
    path.write_bytes(content)
    with pytest.raises(ContractError, match=re.escape(words)):
        load_contract(path)


def test_two_tables_that_would_be_one_in_the_lake_are_refused(tmp_path: Path) -> None:
    for system, name in (("registry", "old__person"), ("registry__old", "person")):
        document = contract_document()
        document["customProperties"][0]["value"] = system
        document["schema"][0]["name"] = name
        (tmp_path / system).mkdir()
        load(tmp_path / system, document)
    with pytest.raises(ContractError, match=r"would both be 'landing\.registry__old__person'"):
        load_contracts(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("departments.yaml", "- {code: a, name: b}", "write a mapping of departments"),
        ("departments.yaml", "departments: [{code: [a], name: b}]", "says code and name"),
        ("departments.yaml", "departments: {code: a}", "says code and name"),
        ("retired.yaml", "- a", "write a mapping of retired"),
        ("retired.yaml", "retired: {system: a}", "each entry of 'retired' says"),
        (
            "retired.yaml",
            "retired: [{system: [a], label: b, retired_on: 2026-01-01, reason: c}]",
            "says system",
        ),
    ],
)
def test_the_lists_beside_the_contracts_are_refused_in_words(tmp_path, name, text, words) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ContractError, match=words):
        load_retired(tmp_path, load_contracts(tmp_path))


def test_a_system_retires_once(tmp_path: Path) -> None:
    entry = "{system: a, label: b, retired_on: 2026-01-01, reason: c}"
    (tmp_path / "retired.yaml").write_text(f"retired: [{entry}, {entry}]")
    with pytest.raises(ContractError, match="'a' is there more than once"):
        load_retired(tmp_path, {})
