"""Splink weighs the same pairs alike on both engines, whatever stands in a name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

import duckdb
import pytest

from pipelines.identity import resolve_persons
from pipelines.identity.scoring import weigh_here
from pipelines.identity.tables import ASSIGNMENTS, EVIDENCE, PAIRS, REVIEW
from pipelines.lake.spark import SparkFailedError, weigh_on_spark
from pipelines.settings import Settings
from pipelines.spark_build import weigh_handed_over
from tests.identity.conftest import people
from tests.identity.people import People, number_of

__all__ = ["people"]

pytestmark = [pytest.mark.spark, pytest.mark.timeout(900)]
BORN = date(1985, 7, 14)
HOUSE = "3404030010010000101003001"
# Each with a record that has the number and one that has not. Spark's LIKE would end at a backslash.
NAMES = {
    "欧阳清": "欧阳清",
    "尉迟?": "尉迟骉",
    "慧侠": "慧霞",
    "李\\?": "李\\骉",
    "赵100%!": "赵100%!",
    "王\\": "王?",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path)
    if not settings.spark_python.exists():
        pytest.skip(f"Spark's environment is missing ({settings.spark_python}): make setup-spark")
    return settings


@pytest.fixture
def doubtful(people: People) -> Iterator[duckdb.DuckDBPyConnection]:
    """A city in which some are known by two writings of their name."""
    for sequence, (written, name) in enumerate(NAMES.items(), start=1):
        known = {"phone": f"138554000{sequence:02d}", "house_code": HOUSE, "community_code": "340403001001"}
        people.add("hj_person", f"A{sequence}", name, BORN, number=number_of(BORN, sequence), **known)
        people.add("case", f"{sequence}", written, BORN, sex_code="1", **known)
    yield people.connection


def test_pairs_evidence_and_persons_are_the_same(
    settings: Settings, doubtful: duckdb.DuckDBPyConnection
) -> None:
    engines = {"duckdb": weigh_here, "spark": partial(weigh_handed_over, settings)}
    for engine, weigh in engines.items():
        resolve_persons(doubtful, as_of=BORN, full_refresh=True, weigh=weigh)
        for table in (ASSIGNMENTS, EVIDENCE, REVIEW, PAIRS):
            name = table.qualified.split(".")[-1]
            doubtful.execute(f"create temp table {engine}_{name} as from {table.qualified}")
    for name in ("person_assignments", "person_evidence", "person_review"):
        assert _count(doubtful, f"(from duckdb_{name} except from spark_{name})") == 0
        assert _count(doubtful, f"duckdb_{name}") == _count(doubtful, f"spark_{name}")
    assert _count(doubtful, "spark_person_pairs") == _count(doubtful, "duckdb_person_pairs") >= len(NAMES)
    assert _count(doubtful, "spark_person_evidence") >= len(NAMES) - 2
    furthest = doubtful.execute(
        "select max(abs(one.match_probability - other.match_probability)) "
        "from duckdb_person_pairs as one inner join spark_person_pairs as other "
        "using (record_key_l, record_key_r)"
    ).fetchone()[0]
    assert furthest < 1e-9
    assert not (settings.spark_home / "exchange" / "pairs").exists(), "persons lie about"


def test_a_failure_says_its_kind_and_nothing_of_a_row(settings: Settings) -> None:
    folder = settings.spark_home / "exchange" / "pairs"
    folder.mkdir(parents=True)
    (folder / "job.json").write_text('{"王伟": ', encoding="utf-8")
    with pytest.raises(SparkFailedError, match="JSONDecodeError") as raised:
        weigh_on_spark(settings, folder)
    assert "王伟" not in str(raised.value)


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    return connection.execute(f"select count(*) from {relation}").fetchone()[0]
