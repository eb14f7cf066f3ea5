"""The dirt: never less than the least rates, and every planted value really wrong."""

import pytest

from simulator.contract import record_id, source_tables
from simulator.dirt.rates import (
    DEVICE_LEAST_PERCENT,
    FALSE_ALARM_PERCENT,
    INCIDENT_REPORTED_AGAIN_PERCENT,
    KINDS_OF_BIRTH,
    KINDS_OF_NAME,
    LEAST_PERCENT,
    STREAM_LEAST_PERCENT,
)
from simulator.sources.safety_devices import REGISTRATIONS

SYSTEM_OF = {
    table: system for system in ("population", "affairs", "safety_devices") for table in source_tables(system)
}
DIRT = "truth/dirt"
STREAMED = [table for table in source_tables("safety_devices") if table not in REGISTRATIONS]
OF_SOME_TABLES = ("value_times_ten", "unknown_device")
LEAST = [(table, fault, least) for table, faults in LEAST_PERCENT.items() for fault, least in faults.items()]

DESIGN = {
    "hj_person": {
        "id_missing": 0.5, "id_15_digit": 1, "id_checksum_failed": 0.2, "id_of_another": 0.02,
        "id_formatting": 1, "name_lookalike": 0.3, "sex_contradicts_id": 0.1, "phone_missing": 15,
        "phone_outdated": 10, "phone_of_relative": 2, "phone_placeholder": 0.5, "address_variant": 5,
        "address_old": 6, "address_missing": 0.2, "person_duplicate": 0.5, "dead_active": 0.3,
    },
    "case": {
        "id_missing": 6, "id_15_digit": 0.5, "id_checksum_failed": 1, "id_of_another": 0.3,
        "id_formatting": 3, "name_lookalike": 1.5, "sex_contradicts_id": 0.3, "phone_missing": 3,
        "phone_outdated": 5, "phone_of_relative": 3, "phone_placeholder": 1, "address_variant": 20,
        "address_old": 5, "address_estate_only": 5, "address_missing": 2, "closed_before_accepted": 0.3,
    },
    "house": {"wrong_community": 2, "demolished_lived_in": 1, "rented_without_record": 3},
}  # fmt: skip
"""The city's least rates in percent, written down a second time so that nobody lowers them unseen."""


def planted(city, table):
    total = city.value("select count(*) from {t}", t=f"simulator/{SYSTEM_OF[table]}/{table}")
    counts = city.rows(
        f"select dirt_type, count(*) from {{d}} where table_name = '{table}' group by dirt_type", d=DIRT
    )
    return total, dict(counts)


@pytest.mark.parametrize(("table", "fault", "least"), LEAST)
def test_every_fault_is_planted_at_least_at_its_rate(city, table, fault, least):
    total, counts = planted(city, table)

    assert counts.get(fault, 0) / total >= least / 100


def test_nobody_lowered_the_least_rates():
    for table, faults in DESIGN.items():
        assert {fault: LEAST_PERCENT[table][fault] for fault in faults} == faults
    for table, name, birth in (("hj_person", 0.3, 0.3), ("ld_person", 0.3, 0.3), ("case", 1, 1)):
        rates = LEAST_PERCENT[table]
        assert sum(rates[kind] for kind in KINDS_OF_NAME) >= name
        assert sum(rates[kind] for kind in KINDS_OF_BIRTH) >= birth


@pytest.mark.parametrize(("fault", "least"), STREAM_LEAST_PERCENT.items())
def test_streams_are_as_dirty_as_they_must_be(city, fault, least):
    counts = {table: planted(city, table) for table in STREAMED}
    total = sum(rows for rows, _ in counts.values())
    faulty = sum(faults.get(fault, 0) for _, faults in counts.values())

    assert faulty / total >= least / 100
    if fault not in OF_SOME_TABLES:
        cleaner = [
            table for table, (rows, found) in counts.items() if found.get(fault, 0) < rows * least / 100
        ]
        assert cleaner == []


def test_devices_alarms_and_incidents_are_as_dirty_as_they_must_be(city):
    devices = city.value("select count(*) from {d}", d="simulator/city/devices")
    skewed = city.value(
        "select count(distinct split_part(source_record_id, '|', 1)) from {d} where dirt_type = 'clock_skew'",
        d=DIRT,
    )
    _, alarms = planted(city, "alarm")
    judged, false = city.rows(
        "select count(*), count(*) filter (verdict_code = 'FALSE') from {a} where stage_code = 'CLOSED'",
        a="simulator/safety_devices/alarm",
    )[0]
    incidents, again = city.rows(
        "select count(distinct true_id), count(*) - count(distinct true_id) from {r} "
        "where table_name = 'case' and entity = 'incident'",
        r="truth/records",
    )[0]

    assert skewed / devices >= DEVICE_LEAST_PERCENT["clock_skew"] / 100
    assert (
        planted(city, "device")[1]["device_id_reused"] / devices
        >= DEVICE_LEAST_PERCENT["device_id_reused"] / 100
    )
    assert alarms["alarm_storm"] >= 200
    assert alarms["false_alarm"] == false
    assert false / judged >= FALSE_ALARM_PERCENT / 100
    assert again / incidents >= INCIDENT_REPORTED_AGAIN_PERCENT / 100


PERSON_COLUMNS = {
    "id_number": "p.id_number", "name": "p.name", "sex_code": "p.sex_code", "phone": "p.phone",
    "birth_date": "strftime(p.birth_date, '%Y%m%d')",
}  # fmt: skip
WRITTEN = [
    (table, prefix, column)
    for table, prefix in (("hj_person", ""), ("ld_person", ""), ("house", "owner_"), ("case", "applicant_"))
    for column in PERSON_COLUMNS
    if (table, column) not in {("house", "sex_code"), ("house", "birth_date")}
]


@pytest.mark.parametrize(("table", "prefix", "column"), WRITTEN)
def test_a_person_column_is_wrong_exactly_where_the_truth_says_so(city, table, prefix, column):
    system = SYSTEM_OF[table]
    wrong_unsaid, said_not_wrong = city.rows(
        f"""with compared as (
            select t.{prefix}{column} is distinct from {PERSON_COLUMNS[column]} as is_wrong,
                exists (select 1 from {{d}} as d
                    where d.table_name = '{table}' and d.source_record_id = r.source_record_id
                        and d.column_name = '{prefix}{column}') as is_said
            from {{t}} as t
            join {{r}} as r on r.table_name = '{table}' and r.entity = 'person'
                and r.source_record_id = {record_id(system, table)}
            join {{p}} as p on 'P' || p.person_no = r.true_id)
        select count(*) filter (is_wrong and not is_said), count(*) filter (is_said and not is_wrong)
        from compared""",
        t=f"simulator/{system}/{table}", r="truth/records", p="simulator/city/persons", d=DIRT,
    )[0]  # fmt: skip

    assert (wrong_unsaid, said_not_wrong) == (0, 0)


def test_an_address_is_wrong_exactly_where_the_truth_says_so(city):
    wrong_unsaid, said_not_wrong = city.rows(
        """with compared as (
            select t.residence_address is distinct from h.address as is_wrong,
                exists (select 1 from {d} as d where d.table_name = 'hj_person'
                    and d.source_record_id = t.person_no and d.column_name = 'residence_address') as is_said
            from {t} as t
            join {r} as r on r.table_name = 'hj_person' and r.entity = 'person'
                and r.source_record_id = t.person_no
            join {p} as p on 'P' || p.person_no = r.true_id and p.presence = 'resident'
            join {h} as h on h.house_id = p.house_id)
        select count(*) filter (is_wrong and not is_said), count(*) filter (is_said and not is_wrong)
        from compared""",
        t="simulator/population/hj_person", r="truth/records", p="simulator/city/persons",
        h="simulator/city/houses", d=DIRT,
    )[0]  # fmt: skip

    assert (wrong_unsaid, said_not_wrong) == (0, 0)


def test_every_record_that_names_a_person_has_a_truth(city):
    for table, key in (("hj_person", "person_no"), ("ld_person", "floater_no"), ("house", "house_code")):
        unknown = city.value(
            f"select count(*) from {{t}} where {key} not in (select source_record_id from {{r}} "
            f"where table_name = '{table}' and entity = 'person')",
            t=f"simulator/population/{table}", r="truth/records",
        )  # fmt: skip
        assert unknown == 0


def test_malformed_messages_are_those_that_the_truth_names(city):
    malformed = city.value(
        "select count(*) from {m} where not json_valid(payload)", m="simulator/safety_devices/messages"
    )
    named = city.value("select count(*) from {d} where dirt_type = 'malformed_json'", d=DIRT)

    assert malformed >= named > 0
