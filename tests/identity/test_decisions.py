"""What a steward decides is obeyed for ever, refused when it contradicts, and never publishes two numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg
import pytest

from pipelines.identity import (
    current_person_id,
    decide,
    every_decision,
    explain_person,
    resolve_persons,
    review_queue,
)
from pipelines.identity.clustering import join_from_the_strongest
from pipelines.identity.decisions import ContradictionError, decision_key
from pipelines.identity.explain import pair_of_review
from pipelines.identity.review_page import review_page
from pipelines.installation.kept_keys import KeyLostError
from pipelines.installation.state import connect_state
from pipelines.settings import Settings
from tests.identity.people import KEY, People, number_of
from tests.support.servers import running_platform

BORN = date(1985, 7, 14)
HOME = {"house_code": "3404030010010000101003001", "community_code": "340403001001", "hukou_no": "300000001"}


@pytest.fixture
def twins(people: People) -> tuple[str, str]:
    """Two entries of a register that the machine keeps apart and puts into the queue."""
    return (
        people.add("hj_person", "T1", "周家豪", BORN, number=number_of(BORN, 31), sex_code="1", **HOME),
        people.add("hj_person", "T2", "周家杰", BORN, sex_code="1", **HOME),
    )


@pytest.fixture
def case(people: People) -> tuple[str, str]:
    """A registered person and a case without number that the machine joins."""
    contact = {"sex_code": "1", "phone": "13855400001"}
    return (
        people.add("hj_person", "A", "欧阳清", BORN, number=number_of(BORN, 11), **contact, **HOME),
        people.add("case", "1", "欧阳清", BORN, **contact),
    )


@pytest.fixture
def two_numbers(people: People) -> tuple[str, str]:
    """One person under two valid numbers, or two who share everything else."""
    contact = {"sex_code": "2", "phone": "13855400005"}
    return (
        people.add("hj_person", "N1", "张敏", BORN, number=number_of(BORN, 62), **contact),
        people.add("ld_person", "N2", "张敏", BORN, number=number_of(BORN, 64), **contact),
    )


def test_same_joins_what_the_machine_kept_apart_and_leaves_the_queue(
    people: People, twins: tuple[str, str]
) -> None:
    people.resolve()
    assert people.reviews(*twins) == {"twin_suspected"}
    former = [people.person(key) for key in twins]
    people.decide(*twins, "same")
    people.resolve(date(2026, 7, 1))
    assert people.same(*twins)
    assert people.reviews(*twins) == set()
    (gone,) = {*former} - {people.person(twins[0])}
    assert current_person_id(people.connection, gone) == people.person(twins[0])
    assert ("merged", "a steward decided: same (decision 1)") in {
        (row[2], row[4]) for row in people.table("person_id_history")
    }


def test_different_parts_what_the_machine_joined_and_each_keeps_an_id(
    people: People, case: tuple[str, str]
) -> None:
    people.resolve()
    assert people.same(*case)
    together = people.person(case[0])
    people.decide(*case, "different")
    people.resolve(date(2026, 7, 1))
    assert not people.same(*case)
    assert together in {people.person(key) for key in case}
    assert people.reviews(*case) == set()
    assert [(row[0], row[2], row[4]) for row in people.table("person_id_history")] == [
        (together, "split", "a steward decided: different (decision 1)")
    ]


def test_a_decision_outlives_a_record_that_disappears_and_returns(
    people: People, twins: tuple[str, str]
) -> None:
    people.decide(*twins, "same")
    people.resolve()
    people.change(twins[1], is_deleted=True)
    people.resolve(date(2026, 7, 1))
    people.change(twins[1], is_deleted=False)
    people.resolve(date(2026, 7, 2))
    assert people.same(*twins)


def test_the_newest_decision_of_a_pair_rules_and_unsure_waits_at_the_end(
    people: People, twins: tuple[str, str]
) -> None:
    people.add(
        "case", "other", "周家豪", sex_code="1", community_code=HOME["community_code"], phone="13855400031"
    )
    people.decide(*twins, "same")
    people.decide(*twins, "unsure")
    people.resolve()
    assert not people.same(*twins)
    queue = review_queue(people.connection, decisions=people.decisions)
    assert queue[-1]["status"] == "unsure"
    assert {queue[-1]["left"]["record_key"], queue[-1]["right"]["record_key"]} == {*twins}


def test_a_decided_pair_is_gone_from_the_queue_before_the_next_build(
    people: People, twins: tuple[str, str]
) -> None:
    people.resolve()
    people.decide(*twins, "different")
    assert review_queue(people.connection, decisions=people.decisions) == []
    assert len(review_queue(people.connection)) == 1


def test_two_valid_numbers_are_not_published_whatever_was_decided(
    people: People, two_numbers: tuple[str, str]
) -> None:
    people.decide(*two_numbers, "same")
    people.resolve()
    assert not people.same(*two_numbers)
    assert "decision_conflict" in people.reviews(*two_numbers)
    assert review_queue(people.connection, decisions=people.decisions)[0]["reason"] == "decision_conflict"


def test_a_number_set_aside_lets_one_person_with_two_numbers_be_one(
    people: People, two_numbers: tuple[str, str]
) -> None:
    people.decide(*two_numbers, "same", wrong_number_of=two_numbers[1])
    people.resolve()
    assert people.same(*two_numbers)
    trusted = {row[0]: row[-1] for row in people.table("person_assignments")}
    assert (trusted[two_numbers[0]], trusted[two_numbers[1]]) == (True, False)


def test_a_number_corrected_after_the_decision_is_heard_again(
    people: People, two_numbers: tuple[str, str]
) -> None:
    people.decide(*two_numbers, "different", wrong_number_of=two_numbers[1])
    people.resolve()
    people.change(two_numbers[1], id_number=number_of(BORN, 66))
    people.resolve(date(2026, 7, 1))
    assert {row[0]: row[-1] for row in people.table("person_assignments")}[two_numbers[1]]


def test_a_card_used_by_two_people_is_parted_where_the_steward_says(people: People) -> None:
    number = number_of(BORN, 71)
    holder = people.add("hj_person", "H", "郑光明", BORN, number=number, sex_code="1", **HOME)
    user = people.add("case", "1", "郑光明", BORN, number=number, sex_code="1")
    people.decide(holder, user, "different", wrong_number_of=user)
    people.resolve()
    assert not people.same(holder, user)
    assert people.reviews(holder, user) == set()


def test_numbers_that_became_equal_later_do_not_overrule_different(people: People) -> None:
    holder = people.add("hj_person", "H", "郑光明", BORN, number=number_of(BORN, 71), sex_code="1", **HOME)
    other = people.add("hj_person", "K", "郑光明", BORN, number=number_of(BORN, 73), sex_code="1")
    people.decide(holder, other, "different")
    people.change(other, id_number=number_of(BORN, 71))
    people.resolve()
    assert not people.same(holder, other)
    assert people.reviews(holder, other) == {"number_of_both"}


def test_the_page_shows_both_sides_masked_and_how_to_decide(people: People, twins: tuple[str, str]) -> None:
    people.resolve()
    queue = review_queue(people.connection)
    page = review_page(queue)
    assert f"brain person decide {queue[0]['review_id']} same|different|unsure" in page
    assert all(key in page for key in twins)
    assert "疑似双胞胎" in page
    assert "周家豪" not in page
    assert number_of(BORN, 31) not in page


def test_different_takes_back_what_a_source_says_by_key(people: People) -> None:
    number = number_of(BORN, 71)
    worker = people.add("hj_person", "W", "韩雪", BORN, number=number, sex_code="2")
    trained = people.add("training_record", "X", "韩雪", inferred_id_number=number)
    people.resolve()
    assert people.same(worker, trained)
    people.decide(trained, worker, "different")
    people.resolve(date(2026, 7, 1))
    assert not people.same(worker, trained)
    assert people.reviews(worker, trained) == set()


def test_an_answered_record_is_not_asked_about_again(people: People, two_numbers: tuple[str, str]) -> None:
    between = people.add("case", "q", "张敏", BORN, sex_code="2", phone="13855400005")
    people.resolve()
    assert "rival_candidates" in people.reviews(between)
    people.decide(between, two_numbers[0], "same")
    people.resolve(date(2026, 7, 1))
    assert people.same(between, two_numbers[0])
    assert people.reviews(between) == set()
    people.decide(between, two_numbers[0], "different")
    people.resolve(date(2026, 7, 2))
    assert people.same(between, two_numbers[1]), "with one rival excluded the other is the likely one"


def test_pairs_are_joined_from_the_strongest_and_enemies_stay_apart() -> None:
    pairs = [("a", "b", True), ("b", "c", False), ("c", "number|1", False), ("number|2", "c", True)]
    clusters, rejected = join_from_the_strongest(pairs, {"number|1", "number|2"}, [("a", "c")])
    assert clusters == {"a": "a", "b": "a", "c": "c", "number|1": "c", "number|2": "number|2"}
    assert [pair.reason for pair in rejected] == ["rival_candidates", "decision_conflict"]


@pytest.fixture(scope="module")
def database() -> Iterator[Settings]:
    """A platform's PostgreSQL with its tables."""
    with running_platform() as settings:
        yield settings


@pytest.fixture
def state(database: Settings) -> Iterator[psycopg.Connection]:
    """A connection whose decisions belong to one test alone."""
    with connect_state(database, autocommit=True) as connection:
        connection.execute("alter table identity.decisions disable trigger user")
        connection.execute("truncate identity.decisions")
        connection.execute("alter table identity.decisions enable trigger user")
        yield connection


def test_a_contradiction_is_refused_and_names_the_earlier_decisions(
    people: People, state: psycopg.Connection
) -> None:
    one, two, three = (people.add("case", name, "柏长河", sex_code="1") for name in ("1", "2", "3"))
    people.resolve()
    by = {"reason": "seen on paper", "decided_by": "steward", "key": KEY}
    first = decide(people.connection, state, (one, two), "same", **by)
    second = decide(people.connection, state, (two, three), "same", **by)
    with pytest.raises(ContradictionError, match=rf"no\. {first.decision_no} .*no\. {second.decision_no} "):
        decide(people.connection, state, (three, one), "different", **by)
    decide(people.connection, state, (two, three), "unsure", **by)
    decide(people.connection, state, (three, one), "different", **by)
    with pytest.raises(ContradictionError, match="different, by steward"):
        decide(people.connection, state, (two, three), "same", **by)
    assert len(every_decision(state)) == 4


def test_a_decision_on_two_numbers_has_to_say_which_is_wrong(
    people: People, state: psycopg.Connection, two_numbers: tuple[str, str]
) -> None:
    people.resolve()
    by = {"reason": "seen on paper", "decided_by": "steward", "key": KEY}
    with pytest.raises(ContradictionError, match=r"two valid identity numbers.*--wrong-number-of"):
        decide(people.connection, state, two_numbers, "same", **by)
    kept = decide(people.connection, state, two_numbers, "same", wrong_number_of=two_numbers[0], **by)
    people.decisions = every_decision(state)
    assert people.decisions == [kept]
    people.resolve(date(2026, 7, 1))
    assert people.same(*two_numbers)


def test_a_number_set_aside_is_recognised_with_the_key_alone(
    people: People, two_numbers: tuple[str, str], tmp_path: Path
) -> None:
    key = decision_key(tmp_path, [])
    assert decision_key(tmp_path, []) == key != KEY
    kept = people.decide(*two_numbers, "same", wrong_number_of=two_numbers[0])
    with pytest.raises(ValueError, match="with the decisions' key only"):
        resolve_persons(people.connection, decisions=[kept])
    resolve_persons(people.connection, decisions=[kept], key=key)
    assert not people.same(*two_numbers)
    people.resolve()
    assert people.same(*two_numbers)
    (tmp_path / "identity_decisions.key").unlink()
    assert decision_key(tmp_path, [replace(kept, wrong_number_digest="0" * 64)])
    (tmp_path / "identity_decisions.key").unlink()
    with pytest.raises(KeyLostError, match="Restore it from a backup"):
        decision_key(tmp_path, [kept])


def test_a_shared_number_cannot_be_decided_different_without_saying_whose_it_is(
    people: People, state: psycopg.Connection
) -> None:
    number = number_of(BORN, 71)
    pair = tuple(people.add("case", name, "郑光明", BORN, number=number) for name in ("1", "2"))
    people.resolve()
    by = {"reason": "two people at the counter", "decided_by": "steward", "key": KEY}
    with pytest.raises(ContradictionError, match=r"same valid identity number.*--wrong-number-of"):
        decide(people.connection, state, pair, "different", **by)
    decide(people.connection, state, pair, "different", wrong_number_of=pair[1], **by)


def test_decisions_are_never_changed_and_reasons_hold_no_numbers(
    people: People, state: psycopg.Connection, twins: tuple[str, str]
) -> None:
    people.resolve()
    with pytest.raises(ValueError, match="identity or telephone number"):
        decide(
            people.connection,
            state,
            twins,
            "same",
            reason=f"shown {number_of(BORN, 31)}",
            decided_by="s",
            key=KEY,
        )
    with pytest.raises(LookupError, match="Nothing was kept"):
        decide(
            people.connection,
            state,
            (twins[0], "affairs|case|none"),
            "same",
            reason="r",
            decided_by="s",
            key=KEY,
        )
    decide(people.connection, state, twins, "same", reason="seen on paper", decided_by="s", key=KEY)
    for change in ("update identity.decisions set verdict = 'different'", "delete from identity.decisions",
                   "truncate identity.decisions"):  # fmt: skip
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            state.execute(change)


def test_a_review_is_decided_and_the_explanation_says_who_when_and_why(
    people: People, state: psycopg.Connection, twins: tuple[str, str]
) -> None:
    people.resolve()
    (waiting,) = review_queue(people.connection)
    pair = pair_of_review(people.connection, waiting["review_id"])
    assert {*pair} == {*twins}
    decide(
        people.connection, state, pair, "same", reason="one birth certificate", decided_by="王干事", key=KEY
    )
    decisions = every_decision(state)
    people.decisions = decisions
    people.resolve(date(2026, 7, 1))
    explained = explain_person(people.connection, people.person(twins[0]), decisions=decisions)
    assert [(row["verdict"], row["reason"], row["decided_by"]) for row in explained["decisions"]] == [
        ("same", "one birth certificate", "王干事")
    ]
    assert explained["decisions"][0]["decided_at"] is not None
    assert {row["match_rule"] for row in explained["records"]} == {"identity_number", "decided"}
    with pytest.raises(LookupError, match="brain person review"):
        pair_of_review(people.connection, waiting["review_id"])
