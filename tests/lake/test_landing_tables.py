from __future__ import annotations

import pytest

from pipelines.contracts import META_COLUMNS, ContractError, load_contracts
from pipelines.lake.landing_tables import refuse_retyped, statements, wanted_tables
from pipelines.settings import PROJECT_ROOT

WANTED = wanted_tables(load_contracts(PROJECT_ROOT / "sources"))


def test_every_contracted_table_has_its_landing_table_with_its_origin() -> None:
    cases = WANTED["landing", "affairs__case"]
    assert list(cases)[:2] == ["county_code", "case_no"]
    assert list(cases)[-4:] == list(META_COLUMNS)


def test_an_empty_lake_gets_everything_and_a_complete_one_nothing() -> None:
    made = statements(WANTED, {})
    assert made[:2] == [
        "create schema if not exists lake.landing",
        "create schema if not exists lake.quality",
    ]
    assert len(made) == 2 + len(WANTED)
    assert statements(WANTED, WANTED) == []


def test_a_grown_contract_adds_columns_and_drops_none() -> None:
    narrower = {key: dict(list(columns.items())[1:]) for key, columns in WANTED.items()}
    wider = {key: columns | {"gone_from_contract": "VARCHAR"} for key, columns in narrower.items()}
    made = statements(WANTED, wider)
    assert len(made) == len(WANTED)
    assert all("add column if not exists" in statement for statement in made)


def test_a_number_is_widened_and_never_narrowed() -> None:
    narrow, wide = ({("landing", "a__b"): {"n": kind}} for kind in ("INTEGER", "BIGINT"))
    assert statements(wide, narrow) == [
        'alter table lake.landing."a__b" alter column "n" set data type BIGINT'
    ]
    assert statements(narrow, wide) == []


def test_new_rows_of_another_type_are_refused_and_those_of_other_tables_are_not() -> None:
    wanted, present = ({("landing", "a__b"): {"n": kind}} for kind in ("VARCHAR", "INTEGER"))
    refuse_retyped(wanted, present, {"a__c"})
    with pytest.raises(ContractError, match="has 'n' as VARCHAR, and it has landed as INTEGER"):
        refuse_retyped(wanted, present, {"a__b"})
