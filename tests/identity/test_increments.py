"""Whatever changes from day to day, the increments end in the same tables as linking everything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from unittest import mock

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.identity import Decision, IdentityOutcome, increment, resolve_persons
from pipelines.identity.decisions import number_digest
from pipelines.identity.feed import read_written
from pipelines.identity.tables import TABLES
from pipelines.lake.connection import writer
from tests.identity.people import COLUMNS, KEY, TABLE, People, number_of
from tests.support.servers import running_platform

# Some six changes each: more than two hundred random changes.
EXAMPLES = 36
# Each statement is a transaction of the lake there.
EXAMPLES_IN_LAKE = 6
FIRST_DAY = date(2026, 7, 1)
BIRTHS = (date(1985, 7, 14), date(1985, 7, 15), date(1960, 1, 1))
NUMBERS = tuple(number_of(birth, sequence) for birth in BIRTHS for sequence in (11, 12))
VALUES: dict[str, tuple[Any, ...]] = {
    "id_number": (None, None, *NUMBERS),
    "name_standard": ("周家豪", "周家杰", "周家?", "王伟", "欧阳清", "清"),
    "birth_date": (None, *BIRTHS),
    "phone": (None, "13855400001", "13855400002"),
    "house_code": (None, "3404030010010000101003001", "3404030010010000101003002"),
    "address_standard": (None, "幸福小区3栋1单元301", "幸福小区"),
    "hukou_no": (None, "300000001"),
    "work_community_code": (None, "340403001001"),
    "inferred_id_number": (None, None, NUMBERS[0]),
    "id_number_unverified": (None, NUMBERS[0][:17] + "Y", NUMBERS[1][:17] + "Y"),
}
RECORDS = 12


@dataclass(frozen=True)
class Correct:
    """A record as its source has it from now on: new, corrected, merged with another or split from it."""

    record: int
    values: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Delete:
    """A record that its source has deleted, or does not name any more."""

    record: int
    is_marked: bool


@dataclass(frozen=True)
class Decide:
    """What a steward says of two records, there or not."""

    one: int
    other: int
    verdict: str
    wrong_number_of: int | None


def _records() -> st.SearchStrategy[int]:
    return st.integers(0, RECORDS - 1)


def _changes() -> st.SearchStrategy[Correct | Delete | Decide]:
    values = {name: st.sampled_from(choices) for name, choices in VALUES.items()}
    corrected = st.fixed_dictionaries({}, optional=values).map(lambda given: tuple(sorted(given.items())))
    decided = st.builds(
        Decide, _records(), _records(), st.sampled_from(("same", "different", "unsure")),
        st.none() | _records(),
    ).filter(lambda change: change.one != change.other)  # fmt: skip
    return st.one_of(
        st.builds(Correct, _records(), corrected),
        st.builds(Correct, _records(), corrected),
        st.builds(Delete, _records(), st.booleans()),
        decided,
    )


class City:
    """A small city that can go back to an earlier day."""

    def __init__(self, connection: duckdb.DuckDBPyConnection):
        self.connection = connection
        people = People(connection)
        people.add_strangers(150, date(1940, 1, 1), timedelta(days=137))
        for record in range(RECORDS // 2):
            self._put(record, {name: choices[record % len(choices)] for name, choices in VALUES.items()})
        self.decisions: list[Decision] = []
        self.resolve(date(2026, 6, 30))
        self.keep("first")

    def keep(self, name: str) -> None:
        """Remember the records and what is known of them."""
        self._copy("lake", name)

    def go_back_to(self, name: str) -> None:
        """Everything as it was when it was kept."""
        self._copy(name, "lake")

    def apply(self, change: Correct | Delete | Decide) -> None:
        """Make a change at its source."""
        if isinstance(change, Correct):
            self._put(change.record, dict(change.values))
        elif isinstance(change, Decide):
            self._decide(change)
        elif change.is_marked:
            self.connection.execute(
                f"update {TABLE} set is_deleted = true where record_key = ?", [_key(change.record)]
            )
        else:
            self.connection.execute(f"delete from {TABLE} where record_key = ?", [_key(change.record)])

    def resolve(self, day: date, **options: Any) -> IdentityOutcome:
        """Link what is there."""
        return resolve_persons(self.connection, as_of=day, decisions=self.decisions, key=KEY, **options)

    def tables(self) -> dict[str, list[tuple]]:
        """All that identity has written, but for what it notes of its run."""
        return {
            table.name: self.connection.execute(
                f"select {', '.join(set(table.columns) - {'records', 'records_changed', *table.noted})} "
                f"from {table.qualified} order by all"
            ).fetchall()
            for table in TABLES
        }

    def _put(self, record: int, values: dict[str, Any]) -> None:
        key = _key(record)
        system, table, record_id = key.split("|")
        found = self.connection.execute(f"select * from {TABLE} where record_key = ?", [key]).fetchone()
        row = dict(zip(COLUMNS, found, strict=True)) if found else dict.fromkeys(COLUMNS)
        row |= {
            "name_standard": row["name_standard"] or "王伟",
            "sex_code": "1",
            "is_deleted": False,
        } | values
        birth = row["birth_date"]
        row |= {
            "record_key": key, "source_system": system, "source_table": table, "source_record_id": record_id,
            "id_number_status": "valid" if row["id_number"] else "missing",
            "birth_year": birth and birth.year, "birth_month": birth and birth.month,
            "birth_day": birth and birth.day,
        }  # fmt: skip
        self.connection.execute(f"delete from {TABLE} where record_key = ?", [key])
        self.connection.execute(
            f"insert into {TABLE} values ({', '.join('?' for _ in row)})", list(row.values())
        )

    def _decide(self, change: Decide) -> None:
        pair = sorted((_key(change.one), _key(change.other)))
        wrong = None if change.wrong_number_of is None else pair[change.wrong_number_of % 2]
        number = self._number(wrong)
        digest = number_digest(KEY, wrong, number) if number else None
        self.decisions.append(
            Decision(
                decision_no=len(self.decisions) + 1,
                record_key_l=pair[0],
                record_key_r=pair[1],
                verdict=change.verdict,
                reason="seen on paper",
                decided_by="steward",
                wrong_number_of=wrong if digest else None,
                wrong_number_digest=digest,
            )
        )

    def _number(self, key: str | None) -> str | None:
        found = self.connection.execute(
            f"select id_number from {TABLE} where record_key = ?", [key]
        ).fetchone()
        return found and found[0]

    def _copy(self, origin: str, target: str) -> None:
        """Rows are replaced, not tables: another table of the name has no feed of what changed before."""
        self.connection.execute(f"create schema if not exists {target}.identity")
        self.connection.execute(f"create schema if not exists {target}.intermediate")
        for name in (TABLE, *(table.qualified for table in TABLES)):
            place = name.removeprefix("lake.")
            self.connection.execute(
                f"create table if not exists {target}.{place} as from {origin}.{place} limit 0"
            )
            self.connection.execute(f"delete from {target}.{place}")
            self.connection.execute(f"insert into {target}.{place} from {origin}.{place}")


def _key(record: int) -> str:
    return f"{('population|hj_person', 'population|ld_person', 'affairs|case')[record % 3]}|{record}"


@pytest.fixture(scope="module")
def city() -> Iterator[City]:
    """A small city, linked once."""
    with duckdb.connect(config={"threads": 2}) as connection:
        for name in ("lake", "first", "before"):
            connection.execute(f"attach ':memory:' as {name}")
        connection.execute("create schema lake.intermediate")
        yield City(connection)


@pytest.fixture(scope="module")
def city_in_lake() -> Iterator[City]:
    """The same in a lake, which keeps a feed of what changes."""
    with running_platform(threads=2) as settings, writer(settings) as connection:
        for name in ("first", "before"):
            connection.execute(f"attach ':memory:' as {name}")
        connection.execute("create schema lake.intermediate")
        yield City(connection)


def _examples(number: int) -> settings:
    return settings(
        max_examples=number, deadline=None, derandomize=True, database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )  # fmt: skip


DAYS = st.lists(st.lists(_changes(), min_size=2, max_size=6), min_size=1, max_size=2)


@pytest.mark.timeout(1800)
@_examples(EXAMPLES)
@given(days=DAYS)
def test_increments_end_in_the_same_tables_as_linking_everything(
    city: City, days: list[list[Correct | Delete | Decide]]
) -> None:
    _increments_equal_linking_everything(city, days)


@pytest.mark.timeout(1800)
@_examples(EXAMPLES_IN_LAKE)
@given(days=DAYS)
def test_the_feed_tells_all_that_changed(
    city_in_lake: City, days: list[list[Correct | Delete | Decide]]
) -> None:
    told = []

    def read(*asked: Any) -> bool:
        told.append(read_written(*asked))
        return told[-1]

    with mock.patch.object(increment, "read_written", read):
        _increments_equal_linking_everything(city_in_lake, days)
    assert told == [True] * len(days)


def test_a_number_is_heard_again_when_the_other_record_gives_it_up(city_in_lake: City) -> None:
    """What the second record says changes with the first: nobody has written it, and no decision is new."""
    both = (("id_number", NUMBERS[0]),)
    given_up = (("id_number", NUMBERS[3]),)
    days = [[Correct(0, both), Correct(1, both)], [Decide(0, 1, "different", None)], [Correct(0, given_up)]]
    _increments_equal_linking_everything(city_in_lake, days)
    query = "select is_number_trusted from lake.identity.person_assignments where record_key = ?"
    assert city_in_lake.connection.execute(query, [_key(1)]).fetchone() == (True,)


def test_a_rival_that_goes_leaves_the_other_surer(city: City) -> None:
    """The record is joined to one of two namesakes, and nothing but the pair tells of the other."""
    alike = (("name_standard", "周家豪"), ("birth_date", BIRTHS[0]))
    first = (*alike, ("id_number", NUMBERS[0]), ("phone", "13855400001"))
    second = (*alike, ("id_number", NUMBERS[1]))
    days: list[list[Correct | Delete | Decide]] = [
        [*(Delete(record, is_marked=False) for record in range(RECORDS // 2))],
        [Correct(6, first), Correct(9, second), Correct(8, (*alike, ("phone", "13855400001")))],
    ]
    _increments_equal_linking_everything(city, days)
    query = "select person_id, match_probability from lake.identity.person_assignments where record_key = ?"
    before = city.connection.execute(query, [_key(8)]).fetchone()
    _increments_equal_linking_everything(city, [*days, [Correct(9, (("name_standard", "欧阳清"),))]])
    after = city.connection.execute(query, [_key(8)]).fetchone()
    assert before and after and before[0] == after[0] and before[1] < after[1]


def _increments_equal_linking_everything(city: City, days: list[list[Correct | Delete | Decide]]) -> None:
    city.go_back_to("first")
    city.decisions = []
    for number, changes in enumerate(days):
        for change in changes:
            city.apply(change)
        city.keep("before")
        day = FIRST_DAY + timedelta(days=number)
        assert city.resolve(day, recount_share=float("inf")).kind != "full"
    by_increments = city.tables()
    city.go_back_to("before")
    city.resolve(day, full_refresh=True, recount=False)
    assert city.tables() == by_increments
