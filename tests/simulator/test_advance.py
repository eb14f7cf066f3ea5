"""A simulated day: about one record in a hundred changes, and the truth changes with it."""

import shutil

import pytest

from simulator import SYSTEMS
from simulator.advance import advance
from simulator.contract import source_tables
from simulator.generate import read_manifest

HJ_PERSON = "simulator/population/hj_person"
CHANGED = "simulator/population/changes/2026-07-01/hj_person"


@pytest.fixture(scope="module")
def older(city, tmp_path_factory):
    home = tmp_path_factory.mktemp("older")
    shutil.copytree(city.home, home, dirs_exist_ok=True)
    advance(home)
    return type(city)(home)


def test_the_day_moves_on_and_says_so(older):
    manifest = read_manifest(older.home)

    assert (manifest["today"], manifest["days_advanced"]) == ("2026-07-01", 1)


def test_about_one_person_record_in_a_hundred_changes(older):
    total = older.value("select count(*) from {t}", t=HJ_PERSON)
    changed = older.value("select count(*) from {t}", t=CHANGED)

    assert 0.003 < changed / total < 0.03


def test_changed_rows_are_in_the_full_table_with_a_newer_time(city, older):
    missing = older.value("select count(*) from (from {c} except from {t})", c=CHANGED, t=HJ_PERSON)
    earliest = older.value("select min(update_time) from {c}", c=CHANGED)
    latest_before = city.value("select max(update_time) from {t}", t=HJ_PERSON)

    assert missing == 0
    assert earliest > latest_before


def test_rows_that_did_not_change_kept_their_time(city, older):
    silent = older.value(
        f"select count(*) from (from {{t}} except from read_parquet('{city.home}/{HJ_PERSON}.parquet')) "
        "where update_time < timestamptz '2026-07-01 00:00:00+08:00'",
        t=HJ_PERSON,
    )

    assert silent == 0


def test_keys_stay_unique_and_new_cases_and_messages_have_come(city, older):
    for system in SYSTEMS:
        for table, contract in source_tables(system).items():
            file = f"simulator/{system}/{table}"
            rows, keys = older.rows(
                f"select count(*), count(distinct ({', '.join(contract.key)})) from {{t}}", t=file
            )[0]
            assert rows == keys, file
    for file in ("simulator/affairs/case", "simulator/safety_devices/messages"):
        assert older.value("select count(*) from {t}", t=file) > city.value(
            "select count(*) from {t}", t=file
        )


def test_messages_already_sent_stay_as_they_are(city, older):
    file = "simulator/safety_devices/messages"
    sent = city.value("select count(*) from {m}", m=file)
    changed = older.value(
        f"select count(*) from (from {{m}} where publish_order <= {sent} "
        f"except from read_parquet('{city.home}/{file}.parquet'))",
        m=file,
    )

    assert changed == 0


def test_there_are_births_and_deaths_and_their_records(older):
    born = older.value("select count(*) from {t} where birth_date = '20260701'", t=HJ_PERSON)
    dead = older.value(
        "select count(*) from {p} where death_date = date '2026-07-01'", p="simulator/city/persons"
    )

    assert born >= 1
    assert dead >= 1


@pytest.mark.parametrize(
    ("column", "true"), [("id_number", "p.id_number"), ("phone", "p.phone"), ("name", "p.name")]
)
def test_the_truth_still_names_every_wrong_value(older, column, true):
    unsaid = older.value(
        f"""select count(*) from {{t}} as t
            join {{r}} as r on r.table_name = 'hj_person' and r.entity = 'person'
                and r.source_record_id = t.person_no
            join {{p}} as p on 'P' || p.person_no = r.true_id
            where t.{column} is distinct from {true} and not exists (
                select 1 from {{d}} as d where d.table_name = 'hj_person' and d.source_record_id = t.person_no
                    and d.column_name = '{column}')""",
        t=HJ_PERSON, r="truth/records", p="simulator/city/persons", d="truth/dirt",
    )  # fmt: skip

    assert unsaid == 0


def test_the_same_day_of_the_same_city_is_the_same_day(city, older, tmp_path):
    shutil.copytree(city.home, tmp_path, dirs_exist_ok=True)
    advance(tmp_path)

    for name in (HJ_PERSON, "simulator/affairs/case", "simulator/safety_devices/messages", "truth/dirt"):
        ours, theirs = (older.value("select md5(string_agg(x::varchar, '|')) from {t} as x",
                                    t=home / name) for home in (older.home, tmp_path))  # fmt: skip
        assert ours == theirs, name
