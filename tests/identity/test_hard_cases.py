"""People whom a careless matcher takes for one another, and one person whom it takes for two."""

from __future__ import annotations

from datetime import date

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


def test_the_number_of_another_does_not_join(people: People) -> None:
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
        "case", "1", "郑光明", BORN, number=number_of(wife_born, 72), sex_code="1", phone="13855400006"
    )
    people.resolve()
    assert len({people.person(key) for key in (husband, wife, case)}) == 3
    assert "identity_number_of_another" in people.reviews(case, husband)


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
