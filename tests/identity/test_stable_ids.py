"""A person_id outlives re-runs, merges and splits."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.identity import current_person_id, explain_person, resolve_persons, review_queue
from tests.identity.people import TABLE, People, number_of

TABLES = ("person_assignments", "person_evidence", "person_review", "person_ids", "person_id_history")
BORN = date(1972, 11, 23)
NEXT_DAY = date(2026, 7, 1)


@pytest.fixture
def pair(people: People) -> tuple[str, str]:
    """Two records of one person, not yet known to be: the second has neither number nor birth."""
    contact = {"sex_code": "1", "phone": "13755400001"}
    first = people.add("hj_person", "M1", "柏长河", BORN, number=number_of(BORN, 11), **contact)
    second = people.add("case", "m2", "柏长河", sex_code="1", id_number_status="missing")
    return first, second


def test_the_same_data_changes_nothing(people: People) -> None:
    people.resolve()
    before = [people.table(name) for name in TABLES]
    outcome = people.resolve(NEXT_DAY)
    assert outcome.rows_written == 0
    assert [people.table(name) for name in TABLES] == before


def test_neither_row_order_nor_threads_matter(people: People) -> None:
    people.add("case", "x", "王伟", date(1980, 1, 2), sex_code="1", phone="13855411111")
    people.add("case", "y", "王伟", date(1980, 1, 2), sex_code="1", phone="13855411111")
    people.resolve()
    before = [people.table(name) for name in TABLES]
    people.connection.execute("drop schema lake.identity cascade")
    people.connection.execute(
        f"create or replace table {TABLE} as select * from {TABLE} order by hash(record_key)"
    )
    people.connection.execute("set threads = 1")
    people.resolve()
    assert [people.table(name) for name in TABLES] == before


def test_a_merge_keeps_the_registered_id_and_the_old_one_resolves(
    people: People, pair: tuple[str, str]
) -> None:
    people.resolve()
    first, second = (people.person(key) for key in pair)
    assert first != second
    people.change(pair[1], id_number=number_of(BORN, 11), id_number_status="valid", birth_date=BORN)
    outcome = people.resolve(NEXT_DAY)
    survivor = people.person(pair[0])
    assert people.same(*pair)
    assert survivor in {first, second}
    gone = ({first, second} - {survivor}).pop()
    assert current_person_id(people.connection, gone) == survivor
    assert outcome.id_changes == {"merged": 1}
    assert [row[:4] for row in people.table("person_id_history")] == [(gone, survivor, "merged", NEXT_DAY)]


def test_a_split_gives_each_part_its_id_back(people: People, pair: tuple[str, str]) -> None:
    people.resolve()
    before = [people.person(key) for key in pair]
    people.change(pair[1], id_number=number_of(BORN, 11), id_number_status="valid", birth_date=BORN)
    people.resolve(NEXT_DAY)
    people.change(pair[1], id_number=None, id_number_status="missing", birth_date=None)
    people.resolve(date(2026, 7, 2))
    assert [people.person(key) for key in pair] == before
    assert [current_person_id(people.connection, person) for person in before] == before


def test_a_cluster_keeps_its_id_when_its_first_record_leaves(people: People) -> None:
    number = number_of(BORN, 21)
    keys = [people.add("case", f"k{place}", "左思源", BORN, number=number) for place in range(3)]
    people.resolve()
    person = people.person(keys[0])
    moved_born = date(1990, 2, 2)
    people.change(
        keys[0], id_number=number_of(moved_born, 22), name_standard="盛若兰", birth_date=moved_born,
        birth_year=1990, birth_month=2, birth_day=2,
    )  # fmt: skip
    people.resolve(NEXT_DAY)
    assert people.person(keys[1]) == people.person(keys[2]) == person
    assert people.person(keys[0]) not in {person, None}
    assert ("split", person) in {(row[2], row[0]) for row in people.table("person_id_history")}


def test_a_deleted_record_retires_its_person_and_a_restored_one_revives_it(
    people: People, pair: tuple[str, str]
) -> None:
    people.resolve()
    person = people.person(pair[1])
    people.change(pair[1], is_deleted=True)
    people.resolve(NEXT_DAY)
    assert people.person(pair[1]) is None
    assert current_person_id(people.connection, person) is None
    people.change(pair[1], is_deleted=False)
    people.resolve(date(2026, 7, 2))
    assert people.person(pair[1]) == person
    assert sorted((row[2] for row in people.table("person_id_history")), reverse=True) == [
        "revived",
        "retired",
    ]


def test_missing_candidates_are_said_in_words(people: People) -> None:
    with pytest.raises(LookupError, match="Nothing was changed"):
        resolve_persons(people.connection, source="lake.intermediate.absent")


def test_the_explanation_masks_what_it_shows(people: People) -> None:
    number = number_of(BORN, 31)
    known = people.add("hj_person", "E", "岳文清", BORN, number=number, sex_code="1", phone="13755400077")
    people.add(
        "case", "e", "岳文清", BORN, sex_code="1", phone="13755400077", address_standard="幸福小区3号楼"
    )
    people.resolve()
    masked = explain_person(people.connection, people.person(known))
    assert [link["evidence"]["姓名"]["outcome"] for link in masked["links"]] == ["same"]
    assert {record["match_rule"] for record in masked["records"]} == {"identity_number", "linked"}
    shown = str(masked)
    for value in ("岳文清", number, "13755400077", str(BORN), "幸福小区3号楼"):
        assert value not in shown
    assert number in str(explain_person(people.connection, people.person(known), masked=False))


def test_a_state_of_an_earlier_release_is_made_anew_and_keeps_every_id(people: People) -> None:
    case, resident = (
        people.add("case", "1", "柏长河", sex_code="1"),
        people.add("hj_person", "A", "欧阳清", BORN),
    )
    people.resolve()
    before = people.person(case), people.person(resident)
    people.connection.execute("alter table lake.identity.person_pairs drop column weights")
    people.change(case, name_standard="柏长江")
    assert people.resolve().kind == "full"
    assert (people.person(case), people.person(resident)) == before


def test_the_review_queue_shows_both_sides_masked(people: People) -> None:
    contact = {"sex_code": "2", "phone": "13755400088"}
    people.add("hj_person", "Q1", "张敏", BORN, number=number_of(BORN, 42), **contact)
    people.add("hj_person", "Q2", "张敏", BORN, number=number_of(BORN, 44), **contact)
    people.add("case", "q", "张敏", BORN, **contact)
    people.resolve()
    queue = review_queue(people.connection)
    assert {pair["reason"] for pair in queue} == {"two_numbers", "rival_candidates"}
    assert all(pair["left"]["name"] == pair["right"]["name"] == "张*" for pair in queue)
    assert "13755400088" not in str(queue)


def test_a_record_is_published_under_the_key_that_its_source_gave_it(people: People) -> None:
    keys = {
        people.add("case", record_id, "欧阳清"): record_id for record_id in ("a|b", "two\nlines", "|", " ")
    }
    people.resolve()
    published = people.connection.execute(
        "select record_key, source_system, source_table, source_record_id "
        "from lake.identity.person_assignments where source_table = 'case'"
    ).fetchall()
    assert published and {row[0]: row[1:] for row in published} == {
        key: ("affairs", "case", record_id) for key, record_id in keys.items()
    }
