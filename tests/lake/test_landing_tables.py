from __future__ import annotations

from pipelines.contracts import META_COLUMNS, load_contracts
from pipelines.lake.landing_tables import statements, wanted_tables
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
