"""Models that follow their inputs hold, day after day, what building everything from landing gives."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.changed_days import land_a_day
from benchmarks.landed_city import land
from pipelines.identity import resolve_persons
from pipelines.identity.publish import prepare_tables
from pipelines.installation.state import embedded_server, prepare
from pipelines.lake.connection import reader, writer
from pipelines.lake.dbt import run_dbt
from pipelines.settings import PROJECT_ROOT, Settings
from tests.quality.conftest import TODAY
from tests.support.servers import temporary_home

BEFORE, AFTER = "+int_persons_candidates", "+dim_persons"
SCHEMAS = ("staging", "intermediate", "core", "identity")
# How they were read is no result of theirs.
NOTES = ("consumed_batches", "followed_inputs", "staged_contracts", "person_base")
FOLLOWED = {
    "int_houses_addressed", "int_places", "int_addresses_matched", "int_persons_candidates", "house_links",
    "person_residences", "dim_persons",
}  # fmt: skip
DAYS = 2
SHARE = 0.06


@pytest.fixture(scope="module")
def days(generated: Path) -> Iterator[Settings]:
    """A city that has been built once, whose days are to come."""
    with temporary_home() as home:
        for name in ("simulator", "truth"):
            shutil.copytree(generated / name, home / name, copy_function=os.link)
        settings = Settings(home=home, today=TODAY, threads=2)
        prepare(settings)
        try:
            land(settings)
            run_dbt(settings, ["seed", "--quiet"])
            with writer(settings) as connection:
                prepare_tables(connection)
            _build(settings)
            yield settings
        finally:
            embedded_server(settings).stop()


def _build(settings: Settings, *, full_refresh: bool = False) -> None:
    anew = ["--full-refresh"] if full_refresh else []
    run_dbt(settings, ["run", "--quiet", "--select", BEFORE, *anew])
    with writer(settings) as connection:
        # What is common is counted once, as between two full runs.
        resolve_persons(
            connection, as_of=settings.current_date(), full_refresh=full_refresh, recount=not full_refresh,
            recount_share=2.0,
        )  # fmt: skip
    run_dbt(settings, ["run", "--quiet", "--select", AFTER, "--exclude", BEFORE, *anew])


def _on(settings: Settings, day: int) -> Settings:
    return settings.model_copy(update={"today": TODAY + timedelta(days=day)})


def _contents(settings: Settings) -> dict[str, tuple]:
    with reader(settings) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where database_name = 'lake' "
            f"and schema_name in {SCHEMAS} and table_name not in {NOTES} order by 1"
        ).fetchall()
        query = "select count(*), sum(hash(rows)::hugeint) from {} as rows"
        return {table: connection.execute(query.format(table)).fetchone() for (table,) in tables}


def _tables(settings: Settings) -> dict[str, int]:
    """The lake's number of each followed model's table: one that was built whole is another table."""
    with reader(settings) as connection:
        rows = connection.execute(
            "select table_name, table_id from ducklake_table_info('lake') where list_contains(?, table_name)",
            [sorted(FOLLOWED)],
        ).fetchall()
    return dict(rows)


def test_the_models_are_these() -> None:
    """A model that is added to them is added to this test."""
    models = (PROJECT_ROOT / "dbt_project" / "models").rglob("*.sql")
    assert {path.stem for path in models if 'strategy="followed"' in path.read_text()} == FOLLOWED


@pytest.mark.timeout(900)
def test_days_end_in_the_same_tables_as_building_everything(days: Settings) -> None:
    first = _tables(days)
    for day in range(1, DAYS + 1):
        assert land_a_day(days, day, SHARE) > 500
        _build(_on(days, day))
    # Followed from change to change: none of them has been built whole.
    assert _tables(days) == first
    by_days = _contents(days)
    _build(_on(days, DAYS), full_refresh=True)
    assert _contents(days) == by_days
    assert _tables(days).keys() == first.keys()
    assert not _tables(days).items() & first.items()


def _land_address(settings: Settings, batch: str, address: str) -> None:
    """One resident's health record again, with another address."""
    with writer(settings) as connection:
        connection.execute("begin")
        connection.execute(
            "insert into landing.health__ehr_index by name select * replace ("
            f"'{address}' as residence_address, '{batch}' as _batch_id, now() as _landed_at) "
            "from landing.health__ehr_index where not is_deleted order by _source_record_id limit 1"
        )
        connection.execute(
            "insert into landing.batches (batch_id, system, table_name, landed_at) "
            f"values ('{batch}', 'health', 'ehr_index', now())"
        )
        connection.execute("commit")


@pytest.mark.timeout(900)
def test_an_address_whose_town_alone_is_written_otherwise_is_placed_anew(days: Settings) -> None:
    """The town is no part of an address's key; where no register knows the place, it is as written."""
    tables = _tables(days)
    written = {}
    for number, town in enumerate(("泉山街道", "洞山街道")):
        address = f"安徽省淮南市田家庵区{town}没有的路99号没有的小区7栋901室"
        _land_address(days, f"health-ehr_index-town-{number}", address)
        run_dbt(days, ["run", "--quiet", "--select", "stg_health__ehr_indexes", "int_addresses_matched"])
        with reader(days) as connection:
            written[town] = connection.execute(
                "select town, unmatched_reason from intermediate.int_addresses_matched "
                "where estate like '%没有的小区%'"
            ).fetchall()
    assert _tables(days) == tables
    assert written == {town: [(town, "NO_SUCH_PLACE")] for town in written}


# A row that ends at the estate, the other row of its line, and an address of another house there.
A_LINE = """
    select located.source_record_id, placed.source_record_id, other.written_address, elsewhere.house_id
    from core.house_links as placed
    inner join intermediate.int_houses_named as ending using (source_system, source_table, source_record_id)
    inner join intermediate.int_houses_named as located using (object_key)
    inner join core.house_links as known
        on located.source_table = known.source_table and located.source_record_id = known.source_record_id
    inner join intermediate.int_addresses_matched as at_estate on ending.address_key = at_estate.address_key
    inner join intermediate.int_addresses_matched as at_house on at_estate.place_id = at_house.place_id
    inner join intermediate.int_houses_named as other
        on at_house.address_key = other.address_key and other.source_table = located.source_table
    inner join core.house_links as elsewhere
        on other.source_table = elsewhere.source_table and other.source_record_id = elsewhere.source_record_id
    where placed.match_rule = 'OBJECT' and known.match_rule <> 'OBJECT' and elsewhere.match_rule = 'ADDRESS'
        and elsewhere.house_id <> placed.house_id
        and (at_estate.building_code is null or at_estate.building_code = at_house.building_code)
    order by all
    limit 1
"""


@pytest.mark.timeout(900)
def test_the_rows_of_a_line_follow_the_one_that_names_another_house(days: Settings) -> None:
    tables = _tables(days)
    with writer(days) as connection:
        located, placed, address, house = connection.execute(A_LINE).fetchone()
        connection.execute("begin")
        connection.execute(
            "insert into landing.broadband__address_capability by name select * replace ("
            f"if(_source_record_id = '{located}', '{address}', address) as address, "
            "'broadband-line' as _batch_id, now() as _landed_at) from landing.broadband__address_capability"
        )
        connection.execute(
            "insert into landing.batches (batch_id, system, table_name, landed_at) "
            "values ('broadband-line', 'broadband', 'address_capability', now())"
        )
        connection.execute("commit")
    models = ["stg_broadband__address_capabilities", "int_addresses_matched", "house_links"]
    run_dbt(days, ["run", "--quiet", "--select", *models])
    assert _tables(days) == tables
    with reader(days) as connection:
        query = "select house_id, match_rule from core.house_links where source_record_id = ?"
        assert connection.execute(query, [placed]).fetchall() == [(house, "OBJECT")]


@pytest.mark.timeout(900)
def test_what_cannot_be_followed_is_built_whole(days: Settings) -> None:
    """A state in between was let go of, or an input is another table: the changes are not to be had."""
    before = _tables(days)
    run_dbt(days, ["run", "--quiet", "--full-refresh", "--select", "stg_training__training_rolls"])
    run_dbt(days, ["run", "--quiet", "--select", BEFORE])
    remade = {name for name, number in _tables(days).items() if before[name] != number}
    assert remade == {"int_persons_candidates"}

    before = _tables(days)
    with writer(days) as connection:
        query = "select max(lake_snapshot) from staging.followed_inputs"
        (snapshot,) = connection.execute(query).fetchone()
        connection.execute(f"call ducklake_expire_snapshots('lake', versions => [{snapshot}])")
    run_dbt(days, ["run", "--quiet", "--select", *FOLLOWED])
    assert not _tables(days).items() & before.items()
