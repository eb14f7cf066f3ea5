"""The simulator's drop folder through the engine: what was planted, by the truth, is what is found."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from pipelines.contracts import load_contracts
from pipelines.installation.state import connect_state
from pipelines.pull import pull_system
from simulator.city.engine import run
from simulator.drops import write_drops
from simulator.sources.truth import Truth
from tests.support.drops import SYSTEM, TABLE, drops_document
from tests.support.registry import write_contract

ROWS = 1_200
STAGING = {"months": ["period"], "dates": ["granted_on"], "numbers": ["amount"], "texts": ["note"]}
FOUND = """
    select file_name, case reason_code when 'file_duplicate' then 'file_twice' else 'file_half' end
    from ops.files where status <> 'landed'
    union all
    select file_name, finding ->> 'finding' from ops.files, jsonb_array_elements(findings) as finding
    union all
    select file_name, 'file_restated' from ops.files join ops.batches using (batch_id) where version > 1
"""


@pytest.fixture(params=["csv", "excel"])
def city(request, settings):
    # The server first: it writes a contract of its own, which this one then replaces.
    request.getfixturevalue("exchange")
    document = drops_document(request.param, **({"header_rows": 2} if request.param == "excel" else {}))
    document["schema"][0]["properties"][3] |= {"logicalType": "string", "physicalType": "varchar(20)"}
    document["slaProperties"][0] |= {"unit": "m"}
    document["slaProperties"][1] |= {"value": 10}
    document["schema"][0]["customProperties"].append({"property": "staging", "value": STAGING})
    write_contract(settings, document)
    load_contracts.cache_clear()
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'Asia/Shanghai'")
        run(connection, "city/chance", seed=11)
        Truth(connection)
        connection.execute(
            f"""
            copy (
                select
                    'B' || i as benefit_no, '人' || i as head_name, '2026-0' || (1 + i % 6) as period,
                    cast(100.5 + i as varchar) as amount,
                    cast(date '2019-03-05' + cast(i % 300 as integer) as varchar) as granted_on,
                    'A座' || i as note
                from range({ROWS}) as t(i)
            ) to '{settings.home}/simulator/{SYSTEM}/{TABLE}.parquet'
            """
        )
        contract = load_contracts(settings.sources_dir)[SYSTEM]
        write_drops(connection, settings.home, SYSTEM, 11, date(2026, 6, 30), contract=contract, drops={})
        yield connection


def test_what_was_planted_in_files_is_found_and_nothing_else(settings, city) -> None:
    (outcome,) = pull_system(settings, SYSTEM)
    assert outcome.status == "landed" and outcome.rows_quarantined == 0
    with connect_state(settings) as state:
        found = state.execute(FOUND).fetchall()
    planted = city.execute(
        "select file_name, fault from truth_files where fault not like 'layout_%'"
    ).fetchall()
    assert sorted(found) == sorted(planted)
    assert {fault for _, fault in planted} == {"file_twice", "file_half", "file_late", "file_restated"}


def test_every_record_lands_in_its_columns_and_only_planted_cells_are_written_loosely(settings, city) -> None:
    pull_system(settings, SYSTEM)
    with connect_state(settings) as state:
        newest = state.execute(
            "select distinct on (period) batch_id from ops.batches order by period, sequence desc"
        ).fetchall()
    landed = f"read_parquet('{settings.landing}/{SYSTEM}/{TABLE}/*.parquet')"
    city.execute(f"create temp table landed as from {landed} where _batch_id in (select unnest(?))",
                 [[name for (name,) in newest]])  # fmt: skip
    source = f"read_parquet('{settings.home}/simulator/{SYSTEM}/{TABLE}.parquet')"
    assert city.execute("select count(*) from landed").fetchone() == (ROWS,)
    for column in ("head_name", "period", "granted_on", "note"):
        differing = city.execute(
            f"select benefit_no from landed join {source} as s using (benefit_no) "
            f"where landed.{column} is distinct from s.{column}"
        ).fetchall()
        planted = city.execute(
            "select source_record_id from truth_dirt where column_name = ?", [column]
        ).fetchall()
        assert sorted(differing) == sorted(planted) and (planted or column == "head_name")
