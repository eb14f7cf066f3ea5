"""Sensitive people are in a schema of their own: nothing shown or shared and no ordinary query reaches it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256

import duckdb
import psycopg
import pytest
import yaml
from typer.testing import CliRunner

from pipelines.cli.identity import app
from pipelines.cli.main import app as commands
from pipelines.identity.explain import explain_person, without_withheld
from pipelines.installation.state import connect_state
from pipelines.lake.confined import (
    CLOSED_SCHEMAS,
    OPEN_SCHEMAS,
    confined_reader,
    log_read,
    logged_reads,
    tables_read,
)
from pipelines.lake.connection import current_snapshot, reader
from pipelines.lake.serving import BASE_SQL, VIEWS_SQL
from pipelines.settings import PROJECT_ROOT, Settings

SENSITIVE = "sensitive"
# The one table that may leave: numbers by source table and reason, see test_houses.
COUNT = "withheld_records"
NAMES = "select person_id, name from sensitive.sensitive_minors"
INSERTIONS = "(every row that ever came)"
WITHHELD = r"health\||civil_affairs\|benefit|party\|"
DATASETS = PROJECT_ROOT / "dashboards" / "assets" / "datasets"


def test_nothing_that_people_are_shown_comes_from_sensitive(manifest: dict) -> None:
    reached = {
        f"{node['name']} reads {' <- '.join(path)}"
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["schema"] != SENSITIVE
        if node["name"] != COUNT
        if (path := path_to_sensitive(manifest, node["unique_id"]))
    }
    assert not reached


def test_nothing_is_made_from_the_count_of_withheld_records(manifest: dict) -> None:
    readers = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and f"model.community_brain.{COUNT}" in node["depends_on"]["nodes"]
    }
    assert readers == set()


def test_the_walk_finds_what_reads_sensitive_through_others(manifest: dict) -> None:
    """The test above sees a path of two steps; it would pass on anything otherwise."""
    share = "model.community_brain.share_civil_affairs__elderly_living_alone"
    core = "model.community_brain.dim_persons"
    nodes = manifest["nodes"]
    parents = [*nodes[core]["depends_on"]["nodes"], "model.community_brain.sensitive_minors"]
    told = {**manifest, "nodes": {**nodes, core: {**nodes[core], "depends_on": {"nodes": parents}}}}
    assert path_to_sensitive(told, share) == ["dim_persons", "sensitive_minors"]


def test_dbt_itself_refuses_a_model_that_reads_sensitive(manifest: dict) -> None:
    open_to_all = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["schema"] == SENSITIVE
        if (node["access"], node["group"]) != ("private", SENSITIVE)
    }
    assert not open_to_all


def test_serving_files_and_dashboards_read_indicators_and_regions_alone() -> None:
    read = re.findall(r"lake\.(\w+)\.(\w+)", BASE_SQL.read_text() + VIEWS_SQL.read_text())
    assert {schema for schema, _ in read} == {"core", "indicators"}
    assert {table for schema, table in read if schema == "core"} == {"dim_regions"}
    datasets = [yaml.safe_load(path.read_text()) for path in sorted(DATASETS.rglob("*.yaml"))]
    assert datasets
    assert {dataset["schema"] for dataset in datasets} == {"main"}
    assert not [dataset["table_name"] for dataset in datasets if SENSITIVE in str(dataset.get("sql"))]


def insertions(warehouse: Settings) -> str:
    """Every row that ever came to a sensitive table: a change function, which names no table."""
    with reader(warehouse) as lake:
        snapshot = current_snapshot(lake)
    return f"ducklake_table_insertions('lake', 'sensitive', 'sensitive_minors', 0, {snapshot})"


@pytest.mark.parametrize(
    "query",
    [
        NAMES,
        "select count(*) from lake.sensitive.sensitive_health_records",
        "select * from query('select * from sensitive.sensitive_minors')",
        "select resident_name_standard from staging.stg_health__ehr_indexes",
        "select min_value from __ducklake_metadata_lake.ducklake.ducklake_file_column_stats",
        # A plan tells the greatest date: it reads nothing where no row can be.
        "explain " + NAMES + " where birth_date >= '2099-01-01'",
        "/* 走访核实 */ explain (format json) " + NAMES + " where exists (select 1 from core.dim_grids)",
        "explain analyze (select count(*) from lake.sensitive.sensitive_minors)",
        "explain analyze select 1 from __ducklake_metadata_lake.ducklake.ducklake_file_column_stats",
        # So does an answer for which no file is opened.
        f"select count(*) from {INSERTIONS} where birth_date >= '2099-01-01'",
        f"explain select * from {INSERTIONS} where birth_date >= '2099-01-01'",
    ],
)
def test_an_ordinary_query_is_refused_what_says_who_is_sensitive(warehouse: Settings, query: str) -> None:
    with confined_reader(warehouse) as connection, pytest.raises(PermissionError):
        tables_read(connection, query.replace(INSERTIONS, insertions(warehouse)))


def test_a_query_of_open_tables_may_be_explained_and_nothing_else(warehouse: Settings) -> None:
    with confined_reader(warehouse) as connection:
        assert tables_read(connection, "explain analyze from core.dim_grids") == ["core.dim_grids"]
        assert tables_read(connection, "explain (format json) (select 1 from core.dim_grids)") == [
            "core.dim_grids"
        ]
        for statement in ("analyze delete from core.dim_grids", "copy core.dim_grids to 'grids.csv'"):
            with pytest.raises(ValueError, match="explains queries alone"):
                tables_read(connection, f"explain {statement}")


def test_the_folders_are_closed_to_whatever_names_do_not_show(warehouse: Settings) -> None:
    """No check of names is asked here: the engine itself may not open the files."""
    for query in (
        NAMES,
        "explain analyze " + NAMES,
        f"select name from {insertions(warehouse)}",
        f"select * from read_parquet('{warehouse.lake_data}/sensitive/**/*.parquet')",
        "select * from identity.person_assignments",
        "select * from landing.health__ehr_index",
    ):
        with confined_reader(warehouse) as connection, pytest.raises(duckdb.PermissionException):
            connection.execute(query).fetchall()


def test_every_schema_of_the_lake_is_open_or_closed(warehouse: Settings) -> None:
    with reader(warehouse) as lake:
        schemas = lake.execute(
            "select distinct schema_name from duckdb_tables() where database_name = 'lake'"
        ).fetchall()
    assert {name for (name,) in schemas} <= {*OPEN_SCHEMAS, *CLOSED_SCHEMAS}


def test_a_read_for_a_reason_is_kept_for_ever(warehouse: Settings) -> None:
    with confined_reader(warehouse, reads_closed=True) as connection:
        tables = tables_read(connection, NAMES, reads_closed=True)
        assert connection.execute(NAMES).fetchall()
    log_read(warehouse, NAMES, tables, read_by="auditor", reason="走访核实")
    kept = [(row["read_by"], row["reason"], row["tables"]) for row in logged_reads(warehouse)]
    assert kept == [("auditor", "走访核实", ["sensitive.sensitive_minors"])]
    with (
        connect_state(warehouse) as state,
        pytest.raises(psycopg.errors.RaiseException, match="append-only"),
    ):
        state.execute("update audit.closed_reads set reason = 'another'")
    with connect_state(warehouse) as state:
        (digest,) = state.execute("select query_digest from audit.closed_reads").fetchone()
    assert digest != sha256(NAMES.encode()).hexdigest()


def test_an_explanation_for_a_reason_is_kept_with_its_tables(
    warehouse: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.cli.data.get_settings", lambda: warehouse)
    nobody = "where birth_date >= '2099-01-01'"
    for query in (f"explain {NAMES} {nobody}", f"select count(*) from {insertions(warehouse)} {nobody}"):
        assert CliRunner().invoke(commands, ["sql", query]).exit_code == 1
        asked = CliRunner().invoke(commands, ["sql", query, "--reason", "走访核实"])
        assert asked.exit_code == 0, asked.output
        assert logged_reads(warehouse)[0]["tables"] == ["sensitive.sensitive_minors"]


def test_core_names_no_minor_and_sensitive_names_them_all(lake: duckdb.DuckDBPyConnection) -> None:
    minors, named, missing = lake.execute(
        """
        select count(*), count(coalesce(persons.name, persons.id_number, persons.phone)),
            count(*) filter (where minors.name is null)
        from core.dim_persons as persons left join sensitive.sensitive_minors as minors using (person_id)
        where persons.is_minor
        """
    ).fetchone()
    assert (minors > 50, named, missing) == (True, 0, 0)
    assert lake.execute("select max(age_years) from sensitive.sensitive_minors").fetchone() == (13,)
    assert lake.execute("select min(age_years) from core.dim_persons").fetchone() == (14,)


def test_withheld_records_are_of_somebody_in_sensitive_alone(lake: duckdb.DuckDBPyConnection) -> None:
    linked, withheld, both = lake.execute(
        """
        select (select count(*) from sensitive.sensitive_person_links), count(*),
            (select count(*) from core.person_links
                semi join sensitive.sensitive_person_links using (source_system, source_table))
        from identity.person_assignments
        semi join (from reference.person_sources where not gives_values) using (source_system, source_table)
        """
    ).fetchone()
    assert linked == withheld > 0
    assert both == 0


def test_a_person_is_explained_without_records_that_core_withholds(lake: duckdb.DuckDBPyConnection) -> None:
    (person_id,) = lake.execute(
        "select min(person_id) from sensitive.sensitive_person_links"
        " semi join core.dim_persons using (person_id) where source_system = 'health'"
    ).fetchone()
    explained = explain_person(lake, person_id)
    explained["waiting_for_review"] += [
        {"record_key_l": "health|ehr_index|1", "record_key_r": "affairs|case|1"}
    ]
    shown = without_withheld(lake, explained)
    assert "health|" in str(explained)
    assert not re.search(WITHHELD, str(shown))
    assert 0 < len(shown["records"]) < len(explained["records"])


def test_the_command_line_shows_no_withheld_record_without_a_reason(
    warehouse: Settings, lake: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one person's records and of the pairs to review; with a reason both name them, and that is kept."""
    (person_id,) = lake.execute(
        "select min(person_id) from sensitive.sensitive_person_links"
        " semi join core.dim_persons using (person_id) where source_system = 'health'"
    ).fetchone()
    monkeypatch.setattr("pipelines.cli.identity.get_settings", lambda: warehouse)
    for command in (["explain", person_id], ["review", "--limit", "10000"]):
        shown, whole = (
            CliRunner().invoke(app, [*command, "--json", *reason], catch_exceptions=False).stdout
            for reason in ([], ["--reason", "走访核实"])
        )
        assert "population|" in shown
        assert not re.search(WITHHELD, shown)
        assert re.search(WITHHELD, whole)
        assert logged_reads(warehouse)[0]["reason"] == "走访核实"


def test_special_populations_are_who_the_sources_say(lake: duckdb.DuckDBPyConnection) -> None:
    """Every person of a relief roll or an assessed elder, once a kind, with the record to look it up in."""
    differing = lake.execute(
        """
        with stated as (
            select 'benefit' as source_table, _source_record_id as source_record_id,
                benefit_type_code as source_kind_code
            from staging.stg_civil_affairs__benefits where not is_deleted
            union all
            select 'elder', _source_record_id, ability_level_code from staging.stg_elder_care__elders
            where not is_deleted
        ),
        expected as (
            select distinct person_id, population_kind_code
            from stated
            inner join reference.special_population_kinds using (source_table, source_kind_code)
            inner join identity.person_assignments using (source_table, source_record_id)
        )
        select count(*) from expected
        full join sensitive.sensitive_special_populations as found using (person_id, population_kind_code)
        where expected.person_id is null or found.record_key is null
        """
    ).fetchone()
    assert differing == (0,)
    kinds = lake.execute(
        "select count(distinct population_kind_code) from sensitive.sensitive_special_populations"
    ).fetchone()
    assert kinds >= (5,)


@pytest.fixture
def lake(warehouse: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with reader(warehouse) as connection:
        yield connection


def path_to_sensitive(manifest: dict, unique_id: str) -> list[str]:
    """The models from this one down to one of sensitive people; empty if none is reached."""
    for parent in manifest["nodes"][unique_id]["depends_on"]["nodes"]:
        node = manifest["nodes"].get(parent)
        if node is None or node["resource_type"] != "model":
            continue
        if node["config"]["schema"] == SENSITIVE:
            return [node["name"]]
        if path := path_to_sensitive(manifest, parent):
            return [node["name"], *path]
    return []
