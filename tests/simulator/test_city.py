"""The true city: as many people as said, plausible, and none of them real."""

PERSONS = "simulator/city/persons"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def test_the_city_has_exactly_its_share_of_the_residents(city):
    residents = city.value("select count(*) from {p} where presence = 'resident'", p=PERSONS)

    assert residents == round(3_033_528 * 0.001)


def test_all_seven_counties_are_there_with_real_community_codes(city):
    counties = city.rows("select distinct county_code from {c} order by 1", c="simulator/city/communities")

    assert [code for (code,) in counties] == [
        "340402", "340403", "340404", "340405", "340406", "340421", "340422",
    ]  # fmt: skip


def test_every_identity_number_is_valid_unique_and_of_no_real_county(city):
    numbers = [n for (n,) in city.rows("select id_number from {p} where id_type_code = '111'", p=PERSONS)]

    assert len(set(numbers)) == len(numbers)
    assert {number[:6] for number in numbers} <= {str(340490 + i) for i in range(10)}
    for number in numbers:
        total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, number[:17], strict=True))
        assert "10X98765432"[total % 11] == number[17]


def test_numbers_agree_with_birth_date_and_sex(city):
    wrong = city.value(
        "select count(*) from {p} where id_type_code = '111' and (substr(id_number, 7, 8) <> "
        "strftime(birth_date, '%Y%m%d') or substr(id_number, 17, 1)::int % 2 <> sex_code::int % 2)",
        p=PERSONS,
    )

    assert wrong == 0


def test_the_pyramid_and_the_households_are_plausible(city):
    young, old, very_old, male = city.rows(
        "select avg((age_years < 15)::int), avg((age_years >= 60)::int), avg((age_years >= 80)::int), "
        "avg((sex_code = '1')::int) from {p} where presence = 'resident'",
        p=PERSONS,
    )[0]

    assert 0.13 < young < 0.24
    assert 0.15 < old < 0.25
    assert 0.015 < very_old < 0.05
    assert 0.45 < male < 0.55


def test_children_are_younger_than_their_parents(city):
    wrong = city.value(
        "select count(*) from {p} as c join {p} as m on m.household_no = c.household_no and m.role = 'head' "
        "where (c.role like 'child%' or c.role = 'twin') and c.age_years > m.age_years - 15",
        p=PERSONS,
    )

    assert wrong == 0


def test_twins_share_birth_date_house_and_a_character(city):
    pairs = city.rows(
        "select a.birth_date = b.birth_date, a.house_id = b.house_id, a.name[2] = b.name[2], a.name = b.name "
        "from {p} as a join {p} as b using (household_no) where a.role = 'child 1' and b.role = 'twin'",
        p=PERSONS,
    )

    assert pairs
    assert all(date and house and character for date, house, character, _ in pairs)
    assert not any(same for *_, same in pairs)


def test_the_hard_cases_of_registration_are_there(city):
    kinds = dict(city.rows("select origin, count(*) from {p} group by origin", p=PERSONS))
    with_grandparents, married_away, one_phone = city.rows(
        "select count(*) filter (relation_to_head_code = '40' and hukou_household_no <> household_no), "
        "count(*) filter (role = 'spouse' and hukou_household_no <> household_no), "
        "(select count(*) from "
        "(select phone from {p} group by phone having count(distinct age_years // 25) > 2)) "
        "from {p}",
        p=PERSONS,
    )[0]

    assert {"local", "migrant", "other county"} <= set(kinds)
    assert with_grandparents
    assert married_away
    assert one_phone


def test_houses_have_codes_of_25_characters_and_grids_of_15(city):
    wrong = city.value(
        "select count(*) from {h} where length(house_code) <> 25 or length(grid_code) <> 15 "
        "or substr(house_code, 1, 12) <> community_code or substr(grid_code, 1, 12) <> community_code",
        h="simulator/city/houses",
    )
    addresses, houses = city.rows(
        "select count(distinct address), count(*) from {h}", h="simulator/city/houses"
    )[0]

    assert wrong == 0
    assert addresses == houses


def test_service_deadlines_fall_on_working_days(city):
    import chinese_calendar

    days = city.rows(
        "select distinct due_at::date from {c} where case_type_code = 'SERVICE'", c="simulator/affairs/case"
    )

    assert len(days) > 20
    assert all(chinese_calendar.is_workday(day) for (day,) in days)
