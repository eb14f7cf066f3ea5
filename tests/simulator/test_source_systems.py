"""Every source system that names its rates: as dirty as it says, wrong exactly where the truth says so."""

import csv
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from simulator import SIMULATED_TODAY, SOURCES, SYSTEMS
from simulator.contract import record_id, source_tables

DIRT, RECORDS, PERSONS = "truth/dirt", "truth/records", "simulator/city/persons"
WORDS = Path(__file__).parents[2] / "dbt_project" / "seeds" / "finding_types.csv"


def _contract(system):
    return yaml.safe_load((SOURCES / system / "contract.yaml").read_text(encoding="utf-8"))


def _module(system):
    return import_module(f"simulator.sources.{system}")


def _staging(table):
    extra = {entry["property"]: entry["value"] for entry in table.get("customProperties", [])}
    return extra.get("staging") or {}


RATED = [system for system in SYSTEMS if hasattr(_module(system), "RATES")]
RATES = [
    (system, table, kind, least)
    for system in RATED
    for table, kinds in _module(system).RATES.items()
    for kind, least in kinds.items()
]
TABLES = [(system, table) for system in RATED for table in _contract(system)["schema"]]
NAMES = [f"{system}.{table['name']}" for system, table in TABLES]


WRITTEN_IN_FILES = {"date_written_loosely", "number_written_loosely", "text_full_width"}
"""What the writer of dropped files adds to any system that drops files."""


def planted(city, system, table):
    """Records of a table by kind of dirt."""
    return dict(
        city.rows(
            "select dirt_type, count(distinct source_record_id) from {d} "
            f"where system = '{system}' and table_name = '{table}' group by all",
            d=DIRT,
        )
    )


@pytest.mark.parametrize(("system", "table", "kind", "least"), RATES)
def test_a_fault_is_planted_at_least_at_its_rate(city, system, table, kind, least):
    total = city.value("select count(*) from {t}", t=f"simulator/{system}/{table}")

    assert planted(city, system, table).get(kind, 0) >= int(least / 100 * total)


@pytest.mark.parametrize("system", RATED)
def test_nothing_is_planted_that_no_rate_announces(city, system):
    for table in source_tables(system):
        announced = _module(system).RATES.get(table, {})
        assert set(planted(city, system, table)) - WRITTEN_IN_FILES <= set(announced), table


@pytest.mark.parametrize("system", RATED)
def test_every_fault_has_a_word_or_a_reason_why_nobody_can_find_it(system):
    with WORDS.open(encoding="utf-8", newline="") as handle:
        known = {row["finding"] for row in csv.DictReader(handle)}
    undetectable = getattr(_module(system), "UNDETECTABLE", {})

    kinds = {kind for kinds in _module(system).RATES.values() for kind in kinds}
    assert kinds - known <= set(undetectable)
    assert all(undetectable.values())


TRUE_VALUE = {
    "id_number": "p.id_number", "name": "p.name", "phone": "p.phone", "sex_code": "p.sex_code",
    "birth_date": "strftime(p.birth_date, '%Y%m%d')",
}  # fmt: skip


def _person_columns():
    for system, table in TABLES:
        persons = _staging(table).get("person") or []
        for person in [persons] if isinstance(persons, dict) else persons:
            for field, expression in TRUE_VALUE.items():
                if field in person:
                    yield system, table["name"], person[field], expression


@pytest.mark.parametrize(("system", "table", "column", "true_value"), list(_person_columns()))
def test_a_person_column_is_wrong_exactly_where_the_truth_says_so(city, system, table, column, true_value):
    wrong_unsaid, said_not_wrong, compared = city.rows(
        f"""with compared as (
            select t.{column} is distinct from {true_value} as is_wrong,
                exists (select 1 from {{d}} as d where d.system = '{system}' and d.table_name = '{table}'
                    and d.source_record_id = r.source_record_id and d.column_name = '{column}') as is_said
            from {{t}} as t
            join {{r}} as r on r.system = '{system}' and r.table_name = '{table}' and r.entity = 'person'
                and r.source_record_id = {record_id(system, table)}
            join {{p}} as p on 'P' || p.person_no = r.true_id)
        select count(*) filter (is_wrong and not is_said), count(*) filter (is_said and not is_wrong),
            count(*) from compared""",
        t=f"simulator/{system}/{table}", r=RECORDS, p=PERSONS, d=DIRT,
    )[0]  # fmt: skip

    assert compared
    assert (wrong_unsaid, said_not_wrong) == (0, 0)


@pytest.mark.parametrize(("system", "table"), TABLES, ids=NAMES)
def test_references_lead_somewhere_unless_that_is_the_fault(city, system, table):
    for column in table["properties"]:
        for reference in column.get("relationships", []):
            target, key = reference["to"].split(".")
            name = column["name"]
            # A few copy an unknown key from a record that carries the fault itself.
            said = (
                "select source_record_id from {d} where (system, table_name, column_name) = "
                f"('{system}', '{table['name']}', '{name}')"
            )
            lost, total = city.rows(
                f"select count(*), (select count(*) from {{t}}) from {{t}} "
                f"where {name} not in (select {key} from {{o}}) "
                f"and {record_id(system, table['name'])} not in ({said})",
                t=f"simulator/{system}/{table['name']}", o=f"simulator/{system}/{target}", d=DIRT,
            )[0]  # fmt: skip
            assert lost <= total / 100, f"{name} → {reference['to']}"


@pytest.mark.parametrize(("system", "table"), TABLES, ids=NAMES)
def test_no_change_comes_from_the_future(city, system, table):
    extra = {entry["property"]: entry["value"] for entry in table["customProperties"]}
    cursor = extra["ingest"].get("cursor")
    if extra["ingest"]["mode"] == "incremental":
        latest = city.value(f"select max({cursor})::date from {{t}}", t=f"simulator/{system}/{table['name']}")
        assert latest < SIMULATED_TODAY + timedelta(days=1)


AT_HOME = {
    "id_missing": 35, "id_15_digit": 1, "id_checksum_failed": 2, "id_of_another": 0.5, "id_formatting": 5,
    "name_lookalike": 3, "phone_missing": 5, "phone_outdated": 8, "phone_of_relative": 3,
    "phone_placeholder": 2, "address_variant": 25, "address_old": 5, "address_estate_only": 5,
    "address_missing": 2, "person_duplicate": 4,
}  # fmt: skip
"""The city's least rates where people register themselves, written down a second time."""


@pytest.mark.parametrize(("system", "table"), [("volunteering", "volunteer"), ("deliberation", "account")])
def test_nobody_lowered_the_least_rates(system, table):
    rates = _module(system).RATES[table]

    assert {kind: rates[kind] for kind in AT_HOME} == AT_HOME
    assert sum(rates[f"name_{kind}"] for kind in ("former", "blank", "honorific", "unencodable")) >= 3


def test_eight_incidents_in_a_hundred_have_several_reports(city):
    incidents, several = city.rows(
        "select count(*), count(*) filter (reports > 1) from (select true_id, count(*) as reports from {r} "
        "where entity = 'incident' and table_name in ('case', 'event') group by true_id)",
        r=RECORDS,
    )[0]
    shared = city.value(
        "select count(*) from (select true_id from {r} "
        "where entity = 'incident' and table_name in ('case', 'event') "
        "group by true_id having count(distinct system) > 1)",
        r=RECORDS,
    )  # fmt: skip

    assert several / incidents >= 0.08
    assert shared / incidents >= 0.05
