"""The bulk bad edit: it reaches the served database, and correcting restores every value."""

import shutil

import duckdb
import psycopg
import pytest

from pipelines.settings import Settings
from simulator.fault import correct, plant
from simulator.serve import postgres
from tests.support.servers import start_source, stop_sources, temporary_home

OLD = "status_code = '1' and not is_deleted and birth_date <= '19460630' and residence_house_code is not null"


def test_without_a_served_database_nothing_changes_and_the_error_says_what_to_do(city):
    with pytest.raises(RuntimeError, match="python -m simulator serve population"):
        plant(city.home)

    assert not (city.home / "simulator" / "population" / "faults.parquet").exists()


@pytest.fixture
def served_home(city):
    with temporary_home() as home:
        for folder in ("simulator", "truth"):
            shutil.copytree(city.home / folder, home / folder)
        settings = Settings(home=home)
        start_source(settings, "population")
        yield home
        stop_sources(settings)
        postgres.server(home, "population").stop()


def ask(home, query):
    with psycopg.connect(postgres.server(home, "population").conninfo("population")) as connection:
        return connection.execute(query).fetchall()


def served_rows(home):
    return dict(ask(home, "select person_no, to_jsonb(hj_person) - 'update_time' from hj_person"))


def newest(home):
    return ask(home, "select max(update_time) from hj_person")[0][0]


def test_planting_spoils_two_in_five_of_the_oldest_and_correcting_restores_them(served_home):
    before, newest_before = served_rows(served_home), newest(served_home)
    file = served_home / "simulator" / "population" / "hj_person.parquet"
    (old,) = duckdb.sql(f"select count(*) from '{file}' where {OLD}").fetchone()

    spoiled = plant(served_home)
    after, newest_after = served_rows(served_home), newest(served_home)
    emptied = [
        key for key in before if before[key]["residence_house_code"] != after[key]["residence_house_code"]
    ]

    assert 0.25 < spoiled / old < 0.55
    assert len(emptied) == spoiled
    assert newest_after > newest_before
    assert correct(served_home) == spoiled
    assert served_rows(served_home) == before
    assert newest(served_home) > newest_after
