"""People whom a careless matcher takes for one another, and one person whom it takes for two."""

from __future__ import annotations

from datetime import date

import pytest

from tests.identity.people import People, number_of

BORN = date(1985, 7, 14)
HOUSE = "3404030010010000101003001"
HOME = {"house_code": HOUSE, "community_code": "340403001001", "hukou_no": "300000001"}


def test_a_case_without_number_joins_by_name_birth_and_phone(people: People) -> None:
    known = people.add(
        "hj_person",
        "A",
        "欧阳清",
        BORN,
        number=number_of(BORN, 11),
        sex_code="1",
        phone="13855400001",
        **HOME,
    )
    case = people.add("case", "1", "欧阳清", BORN, sex_code="1", phone="13855400001")
    people.resolve()
    assert people.same(known, case)


def test_one_number_joins_records_that_differ_in_everything_else_but_the_birth(people: People) -> None:
    number = number_of(BORN, 12)
    known = people.add("hj_person", "A", "林海燕", BORN, number=number, sex_code="2", phone="13855400002")
    renamed = people.add("case", "1", "林晓雯", BORN, number=number, sex_code="2", phone="15055400003")
    people.resolve()
    assert people.same(known, renamed)


def test_the_type_belongs_to_the_number_of_a_foreign_document(people: People) -> None:
    foreign = {"id_number": "1234567", "id_number_status": "foreign"}
    officer = people.add("hj_person", "O", "周文", BORN, id_type_code="114", **foreign)
    soldier = people.add("hj_person", "S", "吴丽华", date(1991, 5, 6), id_type_code="123", **foreign)
    again = people.add("volunteer", "O", "周文", BORN, id_type_code="114", **foreign)
    named_by_key = people.add("case", "O", "周文", id_type_code="114", inferred_id_number="1234567")
    people.resolve()
    assert people.same(officer, again, named_by_key)
    assert not people.same(officer, soldier)


@pytest.mark.timeout(60)
def test_one_very_long_name_does_not_stop_the_others(people: People) -> None:
    people.add("case", "1", "王" * 200_000, BORN)
    known = people.add("hj_person", "A", "林海燕", BORN, number=number_of(BORN, 12), phone="13855400002")
    case = people.add("case", "2", "林海艳", BORN, phone="13855400002")
    people.resolve()
    assert people.same(known, case)


def test_twins_stay_apart_even_when_one_has_no_number(people: People) -> None:
    first = people.add("hj_person", "T1", "周家豪", BORN, number=number_of(BORN, 31), sex_code="1", **HOME)
    second = people.add("hj_person", "T2", "周家杰", BORN, sex_code="1", **HOME)
    people.resolve()
    assert not people.same(first, second)
    assert people.reviews(first, second) == {"twin_suspected"}


def test_three_generations_under_one_phone_stay_apart(people: People) -> None:
    phone = "13855400004"
    family = [
        people.add("hj_person", f"G{year}", name, date(year, 3, 2), number=number, phone=phone, **HOME)
        for year, name, number in (
            (1941, "方德顺", number_of(date(1941, 3, 2), 41)),
            (1966, "方建军", None),
            (1991, "方浩然", None),
        )
    ]
    people.resolve()
    assert len({people.person(key) for key in family}) == 3


def test_namesakes_in_one_building_stay_apart_and_an_ambiguous_record_waits(people: People) -> None:
    building = {"community_code": "340403001001", "estate_key": "幸福小区"}
    older = people.add(
        "hj_person",
        "N1",
        "王伟",
        date(1960, 5, 6),
        number=number_of(date(1960, 5, 6), 51),
        sex_code="1",
        **building,
    )
    younger = people.add(
        "hj_person",
        "N2",
        "王伟",
        date(1988, 9, 1),
        number=number_of(date(1988, 9, 1), 53),
        sex_code="1",
        **building,
    )
    nobody_knows = people.add("case", "1", "王伟", sex_code="1", **building)
    people.resolve()
    assert len({people.person(key) for key in (older, younger, nobody_knows)}) == 3


def test_a_namesake_born_the_same_day_does_not_join_two_numbers(people: People) -> None:
    first = people.add(
        "hj_person", "N1", "张敏", BORN, number=number_of(BORN, 62), sex_code="2", phone="13855400005"
    )
    second = people.add(
        "hj_person", "N2", "张敏", BORN, number=number_of(BORN, 64), sex_code="2", phone="13855400005"
    )
    between = people.add("case", "1", "张敏", BORN, sex_code="2", phone="13855400005")
    people.resolve()
    assert not people.same(first, second)
    assert people.person(between) not in {people.person(first), people.person(second)}
    assert people.reviews(first, second) >= {"two_numbers", "rival_candidates"}


def test_a_record_whose_number_was_set_aside_is_known_by_the_rest(people: People) -> None:
    wife_born = date(1987, 2, 3)
    husband = people.add(
        "hj_person",
        "H",
        "郑光明",
        BORN,
        number=number_of(BORN, 71),
        sex_code="1",
        phone="13855400006",
        **HOME,
    )
    wife = people.add(
        "hj_person", "W", "何秀莲", wife_born, number=number_of(wife_born, 72), sex_code="2", **HOME
    )
    case = people.add(
        "case", "1", "郑光明", BORN, id_number_status="of_another", sex_code="1", phone="13855400006"
    )
    people.resolve()
    assert people.same(husband, case)
    assert not people.same(wife, case)


def test_a_mistyped_number_is_close_enough_to_join_with_the_rest(people: People) -> None:
    number = number_of(BORN, 81)
    wrong = number[:12] + str((int(number[12]) + 1) % 10) + number[13:]
    known = people.add("hj_person", "A", "贺子琪", BORN, number=number, sex_code="1", phone="13855400007")
    case = people.add(
        "case", "1", "贺子琪", date(1985, 1, 1), sex_code="1", id_number_status="checksum_failed",
        id_number_unverified=wrong,
    )  # fmt: skip
    people.resolve()
    assert people.same(known, case)


def test_a_common_name_needs_more_evidence_than_a_rare_one(people: People) -> None:
    for place in range(300):
        born = date(1950 + place % 50, 1 + place % 12, 1 + place % 28)
        people.add(
            "hj_person", f"W{place}", "王伟", born, number=number_of(born, place * 2 + 1), sex_code="1"
        )
    common = people.add(
        "hj_person", "C", "王伟", BORN, number=number_of(BORN, 85), phone="13855400011", **HOME
    )
    rare = people.add("hj_person", "D", "尉迟骉", BORN, number=number_of(BORN, 87), phone="13855400012")
    common_case = people.add("case", "1", "王伟", phone="13855400011")
    rare_case = people.add("case", "2", "尉迟骉", phone="13855400012")
    people.resolve()
    assert people.same(rare, rare_case)
    assert not people.same(common, common_case)


def test_a_shared_phone_alone_joins_nobody(people: People) -> None:
    phone = "13855400008"
    parent = people.add(
        "hj_person", "A", "蒋玉兰", BORN, number=number_of(BORN, 91), sex_code="2", phone=phone
    )
    case = people.add("case", "1", "孟庆东", date(1962, 4, 4), sex_code="1", phone=phone)
    people.resolve()
    assert not people.same(parent, case)


def test_two_numbers_never_meet_through_records_between_them(people: People) -> None:
    contact = {"sex_code": "1", "phone": "13855400009"}
    first = people.add("hj_person", "A", "薛志远", BORN, number=number_of(BORN, 93), **contact, **HOME)
    second = people.add(
        "ld_person", "B", "薛志远", BORN, number=number_of(BORN, 95), sex_code="1", phone="13955400010",
        community_code="340403001001",
    )  # fmt: skip
    near_first = people.add("case", "1", "薛志远", BORN, **contact)
    near_second = people.add("case", "2", "薛志远", BORN, sex_code="1", phone="13955400010")
    people.resolve()
    assert not people.same(first, second)
    assert "identity_number_conflict" in people.reviews(near_first, near_second)
    numbers = people.connection.execute(
        "select max(numbers) from (select count(distinct c.id_number) as numbers "
        "from lake.identity.person_assignments as a "
        "inner join lake.intermediate.int_persons_candidates as c using (record_key) group by a.person_id)"
    ).fetchone()[0]
    assert numbers == 1
    assert people.person(near_first) and people.person(near_second)


def test_an_elder_known_by_the_childs_phone_does_not_become_the_child(people: People) -> None:
    child_born, phone = date(1962, 4, 9), "13855400021"
    child = people.add(
        "hj_person", "C", "方建军", child_born, number=number_of(child_born, 91), sex_code="1", phone=phone
    )
    elder = people.add("elder", "E", "方德顺", date(1938, 2, 3), sex_code="1", phone=phone)
    nameless = people.add("elder", "F", "方德顺", sex_code="1", phone=phone)
    people.resolve()
    assert people.person(child) not in {people.person(elder), people.person(nameless)}


def test_a_phone_that_hundreds_give_says_nothing(people: People) -> None:
    phone = "13855400022"
    for place in range(200):
        people.add("unit", f"P{place}", f"住户{place}", phone=phone)
    known = people.add("hj_person", "K", "李娜", BORN, number=number_of(BORN, 92), sex_code="2", phone=phone)
    for place in range(40):
        born = date(1960 + place, 3, 4)
        people.add("hj_person", f"L{place}", "李娜", born, number=number_of(born, 94), sex_code="2")
    unit = people.add("unit", "U", "李娜", phone=phone)
    people.resolve()
    assert not people.same(known, unit)


def test_a_borrowed_number_does_not_keep_a_record_from_its_person(people: People) -> None:
    father_born, son_born = date(1958, 3, 4), date(1984, 5, 6)
    father = people.add(
        "hj_person", "F", "郑国平", father_born, number=number_of(father_born, 95), sex_code="1",
        phone="13855400023", **HOME,
    )  # fmt: skip
    son = people.add(
        "hj_person", "S", "郑波", son_born, number=number_of(son_born, 97), sex_code="1",
        phone="13855400024", **HOME,
    )  # fmt: skip
    # The candidates have found the number to be the father's, and set it aside.
    unit = people.add("unit", "U", "郑波", id_number_status="of_another", phone="13855400024")
    people.resolve()
    assert people.same(son, unit)
    assert not people.same(father, unit)


def test_a_record_that_names_anothers_key_is_that_persons(people: People) -> None:
    number = number_of(BORN, 98)
    worker = people.add("worker", "SG1", "韩雪", BORN, number=number, sex_code="2")
    trained = people.add("training_record", "X1", "韩雪", inferred_id_number=number)
    people.resolve()
    assert people.same(worker, trained)
    assert people.rule(trained) == "source_key"


def test_namesakes_who_work_in_one_community_stay_apart(people: People) -> None:
    work = {"work_community_code": "340403001001"}
    people.add("worker", "SG2", "陈静", BORN, number=number_of(BORN, 102), sex_code="2", **work)
    first = people.add("worker", "SG3", "陈静", date(1990, 9, 9), sex_code="2", **work)
    people.resolve()
    assert not people.same(first, "civil_affairs|worker|SG2")


def test_an_owner_is_found_by_the_flat(people: People) -> None:
    flat = "3404030010010000101003999"
    known = people.add("house", flat, "司马青", BORN, number=number_of(BORN, 103), owned_house_code=flat)
    unit = people.add("unit", "U", "司马青", owned_house_code=flat)
    people.resolve()
    assert people.same(known, unit)


@pytest.mark.parametrize("typed", ["马慧侠", "马hui霞"])
def test_a_name_typed_by_its_sound_is_known_at_home(people: People, typed: str) -> None:
    known = people.add("hj_person", "A", "马慧霞", BORN, number=number_of(BORN, 81), sex_code="2", **HOME)
    mother = people.add(
        "hj_person",
        "B",
        "马慧玲",
        date(1961, 2, 3),
        number=number_of(date(1961, 2, 3), 82),
        sex_code="2",
        **HOME,
    )
    owner = people.add("unit", "1", typed, None, owned_house_code=HOUSE)
    people.resolve()
    assert people.same(known, owner)
    assert not people.same(mother, owner)


def test_two_who_are_called_alike_by_sound_stay_apart_elsewhere(people: People) -> None:
    known = people.add("hj_person", "A", "马慧霞", BORN, number=number_of(BORN, 81), sex_code="2", **HOME)
    owner = people.add("unit", "1", "马慧侠", None, owned_house_code=HOUSE.replace("1001", "1002"))
    people.resolve()
    assert not people.same(known, owner)


def test_two_surnames_that_sound_alike_are_no_name(people: People) -> None:
    shared = {"phone": "13855400081", "house_code": HOUSE}
    first = people.add("case", "1", "马", None, **shared)
    second = people.add("unit", "1", "麻", None, **shared)
    people.resolve()
    assert not people.same(first, second)
