"""Every kind of column that a contract may ask to have cleaned: values, findings, descriptions."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
import yaml

from pipelines.contracts import load_contracts
from pipelines.lake.connection import reader
from pipelines.land.door import joined_key
from pipelines.operations.source_status import describe_source
from tests.support.registry import column, contract_document
from tests.support.small_lake import add_contract, contents, create_tables, land, stage

VALID, OTHER_CHECK = "91350100M000100Y43", "91350100M000100Y44"
ADDRESS = "安徽省淮南市田家庵区国庆街道电厂社区国庆中路12号阳光花园3号楼2单元301室"
DATES = {
    "2019-03-05": ("2019-03-05", None),
    "2019.3.5": ("2019-03-05", "date_written_loosely"),
    "２０１９年３月５日": ("2019-03-05", "date_written_loosely"),
    "20190305": ("2019-03-05", "date_written_loosely"),
    "2019/3/5 0:00": ("2019-03-05", "date_written_loosely"),
    "'2019-03-05": ("2019-03-05", "date_written_loosely"),
    "43529": ("2019-03-05", "date_written_loosely"),
    "43529.0": ("2019-03-05", "date_written_loosely"),
    "2019.3": ("2019-03-01", "date_written_loosely"),
    "2019年3月": ("2019-03-01", "date_written_loosely"),
    "2019-02-30": (None, "date_malformed"),
    "201903": ("2019-03-01", "date_written_loosely"),
    "190305": (None, "date_malformed"),
    "2019-03-051": (None, "date_malformed"),
    "去年三月": (None, "date_malformed"),
    "2019": (None, "date_malformed"),
    "": (None, None),
    None: (None, None),
}
MONTHS = {
    "2026-05": ("2026-05-01", None),
    "202605": ("2026-05-01", "date_written_loosely"),
    "2026.5": ("2026-05-01", "date_written_loosely"),
    "２０２６年５月": ("2026-05-01", "date_written_loosely"),
    "200105": ("2001-05-01", "date_written_loosely"),
    "2026-05-17": ("2026-05-01", "date_written_loosely"),
    "五月": (None, "date_malformed"),
}
TIMESTAMPS = {
    "2026-05-01 08:05:00": ("2026-05-01T08:05:00+08:00", None),
    "2026-05-01T00:05:00Z": ("2026-05-01T08:05:00+08:00", None),
    "2026/5/1 8:05": ("2026-05-01T08:05:00+08:00", "date_written_loosely"),
    "2026/5/11 12:05": ("2026-05-11T12:05:00+08:00", "date_written_loosely"),
    "2026年5月1日8时5分": ("2026-05-01T08:05:00+08:00", "date_written_loosely"),
    "20260501080500": ("2026-05-01T08:05:00+08:00", "date_written_loosely"),
    "46143.336805556": ("2026-05-01T08:05:00+08:00", "date_written_loosely"),
    "2026.5.1": ("2026-05-01T00:00:00+08:00", "date_written_loosely"),
    "2026年5月1日 下午3:05": ("2026-05-01T15:05:00+08:00", "date_written_loosely"),
    "2026年5月1日上午8时5分6秒": ("2026-05-01T08:05:06+08:00", "date_written_loosely"),
    "2026/5/1 3:05 PM": ("2026-05-01T15:05:00+08:00", "date_written_loosely"),
    "2026/5/1 12:05 am": ("2026-05-01T00:05:00+08:00", "date_written_loosely"),
    "2026年5月1日 下午15点05分": ("2026-05-01T15:05:00+08:00", "date_written_loosely"),
    "2026-05-01T08:05Z": ("2026-05-01T16:05:00+08:00", "date_written_loosely"),
    "2026-5-1 8:05:00+00:00": ("2026-05-01T16:05:00+08:00", "date_written_loosely"),
    "2026-05-01 25:00": (None, "date_malformed"),
    "2026-05-01 晚上12:05": (None, "date_malformed"),
    "2026-05-01 上午": (None, "date_malformed"),
    "2026-05-01 08:05 EST": (None, "date_malformed"),
}
NUMBERS = {
    "1200.5": ("1200.500000", None),
    "-3": ("-3.000000", None),
    "1,200.50元": ("1200.500000", "number_written_loosely"),
    "￥３００": ("300.000000", "number_written_loosely"),
    "'7": ("7.000000", "number_written_loosely"),
    "1.5万元": ("15000.000000", "number_written_loosely"),
    "约80": ("80.000000", "number_written_loosely"),
    "1,234,567": ("1234567.000000", "number_written_loosely"),
    "3亿": ("300000000.000000", "number_written_loosely"),
    "1.5万亿元": ("1500000000000.000000", "number_written_loosely"),
    "2百万": ("2000000.000000", "number_written_loosely"),
    "5千元": ("5000.000000", "number_written_loosely"),
    "12千": ("12000.000000", "number_written_loosely"),
    "5千克": ("5.000000", "number_written_loosely"),
    "500元（含税）": ("500.000000", "number_written_loosely"),
    "1.23456789": ("1.234568", "value_rounded"),
    "1.2000000": ("1.200000", None),
    "三百": (None, "type_mismatch"),
    "(500)": (None, "type_mismatch"),
    "500-": (None, "type_mismatch"),
    "500（万元）": (None, "type_mismatch"),
    ".5": (None, "type_mismatch"),
    "1,2": (None, "type_mismatch"),
    "1 2": (None, "type_mismatch"),
    "5k": (None, "type_mismatch"),
    "3年半": (None, "type_mismatch"),
    "12-15": (None, "type_mismatch"),
}
TEXTS = {
    "第３小学（东区）": ("第3小学（东区）", "text_full_width"),
    " 第一 小学 ": ("第一 小学", "text_blank_ends"),
    "第一小学": ("第一小学", None),
}
CREDIT_CODES = {
    VALID: ((VALID, None, "valid"), None),
    f" {VALID.lower()}": ((VALID, None, "valid"), "credit_code_formatting"),
    OTHER_CHECK: ((None, OTHER_CHECK, "checksum_failed"), "credit_code_checksum_failed"),
    "9135OIOOMOOO1OOY43": ((None, VALID, "confusable"), "credit_code_confusable"),
    "340400000012345": ((None, "340400000012345", "registration_no"), "registration_no_15_digit"),
    "无": ((None, None, "missing"), "code_malformed"),
    "0" * 18: ((None, None, "missing"), "code_malformed"),
    "0000 0000-0000 0000-00": ((None, None, "missing"), "code_malformed"),
    "913504000000000001": ((None, None, "missing"), "code_malformed"),
    "1" * 15: ((None, None, "missing"), "code_malformed"),
    "": ((None, None, "missing"), None),
}
KINDS = {"dates": DATES, "months": MONTHS, "timestamps": TIMESTAMPS, "numbers": NUMBERS, "texts": TEXTS,
         "credit_codes": CREDIT_CODES}  # fmt: skip
BIRTHS = {
    "19900307": ("1990-03-07", None),
    "1990-03-07": ("1990-03-07", None),
    "1990年3月7日": ("1990-03-07", "date_written_loosely"),
    "1990.3": (None, "date_malformed"),
    "32939": (None, "date_malformed"),
    "民国79年3月7日": (None, "date_malformed"),
    "07/03/1990": (None, "date_malformed"),
    " ": (None, None),
}
SEXES = {
    "1": ("1", None),
    "9": ("9", None),
    "男": ("1", "sex_written_loosely"),
    "女性": ("2", "sex_written_loosely"),
    "m": ("1", "sex_written_loosely"),
    "F": ("2", "sex_written_loosely"),
    "甲": (None, "code_unknown"),
    "": (None, None),
}
PHONES = {
    "13955123456": ("13955123456", None),
    "+86 139-5512-3456": ("13955123456", "phone_written_loosely"),
    "0554-2690000、13955123456": ("13955123456", "phone_written_loosely"),
    "13955123456 13855123456": (None, "phone_malformed"),
    "13955123456转801": (None, "phone_malformed"),
    "05542690000": (None, "phone_malformed"),
    "无": (None, "phone_placeholder"),
    "": (None, "phone_missing"),
}
# A person's field: where it is written, under which name it is staged, and what is meant.
PERSONAL = {
    "birth": ("resident_born", "resident_birth_date", BIRTHS),
    "sex": ("resident_sex", "resident_sex_code", SEXES),
    "phone": ("resident_tel", "resident_phone", PHONES),
}
PEOPLE = {
    "elder_name": "王　秀英女士", "elder_id": "34049019900307123０", "elder_born": "1990-07-03",
    "elder_sex": "1", "elder_phone": "13955123456", "contact_name": "李强", "contact_phone": "13800138000",
    "home": ADDRESS,
}  # fmt: skip


# Keys that are one text when they are joined by a divider that stands in them.
DIVIDED = [("x|y", "z"), ("x", "y|z"), ("x!", "y|z"), ("x!|y", "z"), ("x|y!", "z"), ("x!", "y")]


def _document() -> dict[str, Any]:
    texts = (
        [column(f"a_{kind}") for kind in KINDS]
        + [column(name) for name in PEOPLE if name != "elder_born"]
        + [column("resident_name"), *(column(name) for name, *_ in PERSONAL.values())]
    )
    staging = {kind: [f"a_{kind}"] for kind in KINDS} | {
        "person": [
            {"prefix": "elder_", "id_number": "elder_id", "name": "elder_name", "phone": "elder_phone",
             "birth_date": "elder_born", "sex_code": "elder_sex"},
            {"prefix": "contact_", "name": "contact_name", "phone": "contact_phone"},
            {"prefix": "resident_", "name": "resident_name", "phone": "resident_tel",
             "birth_date": "resident_born", "sex_code": "resident_sex"},
        ],
        "address": "home",
    }  # fmt: skip
    key = {"primaryKey": True, "required": True}
    report = {
        "name": "report", "logicalType": "object", "businessName": "报表",
        "customProperties": [{"property": "ingest", "value": {"mode": "full"}},
                             {"property": "staging", "value": staging}],
        "properties": [column("number", primaryKeyPosition=1, **key),
                       column("part", primaryKeyPosition=2, **key),
                       column("elder_born", "date", "date"), *texts],
    }  # fmt: skip
    step = {
        "name": "step", "logicalType": "object", "businessName": "环节",
        "customProperties": [{"property": "ingest", "value": {"mode": "full"}}],
        "properties": [column("step_number", primaryKeyPosition=1, **key), column("number"), column("part")],
        "relationships": [{"from": ["step.number", "step.part"], "to": ["report.number", "report.part"]}],
    }  # fmt: skip
    return contract_document() | {"schema": [report, step]}


@pytest.fixture(scope="module")
def rows(settings) -> dict[str, dict[str, Any]]:
    contract = add_contract(settings, _document())
    create_tables(settings)
    empty = dict.fromkeys(contract.table("report").column_names)
    landed = [
        empty | {"number": kind, "part": str(place), f"a_{kind}": text}
        for kind, cases in KINDS.items()
        for place, text in enumerate(cases)
    ]
    landed += [empty | PEOPLE | {"number": "people", "part": "1"}, empty | {"number": "people", "part": "2"}]
    landed += [empty | {"number": "people", "part": "3", "elder_name": "王" * 61}]
    landed += [
        empty | {"number": field, "part": str(place), "resident_name": "李强", column_name: text}
        for field, (column_name, _, cases) in PERSONAL.items()
        for place, text in enumerate(cases)
    ]
    land(settings, contract, "report", landed, 1)
    steps = [{"step_number": "S", "number": "people", "part": "1"}]
    steps += [{"step_number": f"S{place}", "number": a, "part": b} for place, (a, b) in enumerate(DIVIDED)]
    land(settings, contract, "step", steps, 1)
    stage(settings)
    return {
        row["_source_record_id"]: row for model in contents(settings).values() for row in model
    }  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "credit_codes"])
def test_values_are_read_as_they_are_written_and_every_repair_is_counted(rows, kind: str) -> None:
    for place, (text, (meant, finding)) in enumerate(KINDS[kind].items()):
        row = rows[f"{kind}|{place}"]
        assert _plain(row[f"a_{kind}"]) == meant, text
        assert _findings(row, f"a_{kind}") == ({finding} if finding else set()), text


def test_credit_codes_are_verified_and_never_repaired(rows) -> None:
    for place, (text, (meant, finding)) in enumerate(CREDIT_CODES.items()):
        row = rows[f"credit_codes|{place}"]
        found = tuple(row[f"a_credit_codes{ending}"] for ending in ("", "_unverified", "_status"))
        assert found == meant, text
        assert _findings(row, "a_credit_codes") == ({finding} if finding else set()), text


def test_two_persons_of_one_row_are_put_into_standard_form_apart(rows) -> None:
    row = rows["people|1"]
    assert (row["elder_name_standard"], row["elder_id_number"]) == ("王秀英", "340490199003071230")
    assert (row["elder_sex_code"], _plain(row["elder_birth_date"])) == ("1", "1990-03-07")
    assert (row["contact_name_standard"], row["contact_phone"]) == ("李强", None)
    assert _findings(row, "elder_born") == {"birth_swapped"}
    assert _findings(row, "elder_id") == {"id_formatting"}
    assert _findings(row, "contact_phone") == {"phone_placeholder"}
    assert "elder_id" not in row and "contact_id" not in row


@pytest.mark.usefixtures("rows")
def test_a_contract_shows_which_person_of_a_row_takes_part_in_identity(settings) -> None:
    shown = describe_source(load_contracts(settings.sources_dir), "registry")["persons"]
    assert [(row["staged under"], row["takes part in identity"]) for row in shown] == [
        ("elder_…", "yes"),
        ("contact_…", "no, only the first of a row does"),
        ("resident_…", "no, only the first of a row does"),
    ]


def test_a_row_that_names_nobody_has_no_findings_about_a_person(rows) -> None:
    assert {text.split("|")[0] for text in rows["people|2"]["_findings"]} == {"home"}


@pytest.mark.parametrize("field", PERSONAL)
def test_what_is_said_of_a_person_is_understood_or_told(rows, field: str) -> None:
    written, staged, cases = PERSONAL[field]
    for place, (text, (meant, finding)) in enumerate(cases.items()):
        row = rows[f"{field}|{place}"]
        assert _plain(row[staged]) == meant, text
        assert _findings(row, written) == ({finding} if finding else set()), text


def test_a_text_longer_than_any_name_is_none(rows) -> None:
    row = rows["people|3"]
    assert row["elder_name_standard"] is None
    assert _findings(row, "elder_name") == {"name_malformed"}


def test_addresses_are_parsed(rows) -> None:
    row = rows["people|1"]
    assert (row["address_building"], row["address_unit"], row["address_room"]) == ("3", "2", "301")
    assert row["home"] == ADDRESS and row["address_level"] == "ROOM"
    assert _findings(row, "home") == set()


def test_a_reference_by_several_columns_becomes_the_other_records_id(rows) -> None:
    assert rows["S"]["report_source_record_id"] == "people|1"


def test_such_an_id_is_written_as_landing_writes_it_and_belongs_to_one_record(rows) -> None:
    found = [rows[f"S{place}"]["report_source_record_id"] for place in range(len(DIVIDED))]
    with duckdb.connect() as connection:
        query = f"select {joined_key(['$a', '$b'])}"
        landed = [connection.execute(query, {"a": a, "b": b}).fetchone()[0] for a, b in DIVIDED]
    assert found == landed and len(set(found)) == len(DIVIDED)
    assert found[-1] == "x!|y"


@pytest.mark.usefixtures("rows")
def test_the_description_names_the_columns_that_there_are(settings) -> None:
    path = settings.dbt_project / "models/staging/registry/_registry__models.yml"
    described = {
        model["name"]: [entry["name"] for entry in model["columns"]]
        for model in yaml.safe_load(path.read_text())["models"]
    }
    with reader(settings) as connection:
        for model, columns in described.items():
            assert connection.sql(f"from staging.{model} limit 0").columns == columns


def _plain(value: Any) -> str | None:
    if value is None:
        return None
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _findings(row: dict[str, Any], column_name: str) -> set[str]:
    parts = [text.split("|") for text in row["_findings"]]
    return {part[1] for part in parts if part[0] == column_name}
