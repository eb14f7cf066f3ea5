"""Minimum rates of dirt, per record of each source table.

A seed draws every rate between its minimum and 1.3 times that, so that no rule can be tuned to one mixture
and no mixture is cleaner than the city's.
"""

from __future__ import annotations

import random

PERCENT = 0.01
KINDS_OF_NAME = ("name_former", "name_blank", "name_honorific", "name_unencodable")
KINDS_OF_BIRTH = ("birth_swapped", "birth_default", "birth_year_off", "birth_lunar")


def _person_rates(
    missing: float, short: float, checksum: float, another: float, formatting: float, lookalike: float,
    name: float, birth: float, sex: float, phones: tuple[float, float, float, float],
) -> dict[str, float]:  # fmt: skip
    rates = {
        "id_missing": missing, "id_15_digit": short, "id_checksum_failed": checksum, "id_of_another": another,
        "id_formatting": formatting, "name_lookalike": lookalike, "sex_contradicts_id": sex,
        "phone_missing": phones[0], "phone_outdated": phones[1], "phone_of_relative": phones[2],
        "phone_placeholder": phones[3],
    }  # fmt: skip
    rates |= dict.fromkeys(KINDS_OF_NAME, name / len(KINDS_OF_NAME))
    return rates | dict.fromkeys(KINDS_OF_BIRTH, birth / len(KINDS_OF_BIRTH))


_POPULATION = _person_rates(0.5, 1, 0.2, 0.02, 1, 0.3, 0.3, 0.3, 0.1, (15, 10, 2, 0.5))
_POPULATION_ADDRESS = {"address_variant": 5, "address_old": 6, "address_missing": 0.2}
_AFFAIRS = _person_rates(6, 0.5, 1, 0.3, 3, 1.5, 1, 1, 0.3, (3, 5, 3, 1))
_GRID = {"grid_missing": 1, "grid_stale": 1.5}
PEOPLE_IN_CARE = _person_rates(8, 2, 1.5, 0.5, 5, 2, 1.5, 2, 0.5, (8, 10, 8, 1)) | {
    "address_variant": 20, "address_old": 10, "address_estate_only": 5, "address_missing": 3,
}  # fmt: skip
"""The persons of civil affairs, elder care and health."""
PEOPLE_AT_HOME = _person_rates(35, 1, 2, 0.5, 5, 3, 3, 0, 0, (5, 8, 3, 2)) | {
    "address_variant": 25, "address_old": 5, "address_estate_only": 5, "address_missing": 2,
}  # fmt: skip
"""The persons of property management, volunteering and deliberation."""
TEMPORARY_PERMIT_ONLY_PERCENT = 1.5
"""Migrants whose only paper is a temporary permit: their number is missing too."""
_WITHOUT_BIRTH_AND_SEX = ("sex_contradicts_id", *KINDS_OF_BIRTH)

LEAST_PERCENT: dict[str, dict[str, float]] = {
    "hj_person": _POPULATION | _POPULATION_ADDRESS | _GRID | {"person_duplicate": 0.5, "dead_active": 0.3},
    "ld_person": _POPULATION
    | _POPULATION_ADDRESS
    | _GRID
    | {"person_duplicate": 0.5, "id_missing": 0.5 + TEMPORARY_PERMIT_ONLY_PERCENT},
    "house": {k: v for k, v in _POPULATION.items() if k not in _WITHOUT_BIRTH_AND_SEX}
    | _GRID
    | {
        "house_building_variant": 12, "house_unit_variant": 8, "house_unit_missing": 2,
        "house_room_variant": 8, "estate_alias": 4, "road_instead_of_estate": 2, "self_built_repeat": 2,
        "wrong_community": 2, "demolished_lived_in": 1, "rented_without_record": 3,
    },
    "std_addr": {"grid_missing": 0.5},
    "case": _AFFAIRS
    | {"address_variant": 20, "address_old": 5, "address_estate_only": 5, "address_missing": 2}
    | {"case_no_reused": 1, "closed_before_accepted": 0.3, "test_case": 0.3, "case_reopened": 1},
    "case_step": {"step_time_missing": 1},
}  # fmt: skip
"""Percent of the table's records. A bucket of several kinds is split evenly among them."""

STREAM_LEAST_PERCENT = {
    "message_duplicate": 2.0, "message_out_of_order": 5.0, "message_late": 0.5, "message_very_late": 0.02,
    "clock_1970": 0.2, "clock_future": 0.05, "malformed_json": 0.05, "unknown_device": 0.1,
    "value_times_ten": 0.1,
}  # fmt: skip
"""Percent of the messages."""

DEVICE_LEAST_PERCENT = {"clock_skew": 1.0, "device_id_reused": 1.0, "alarm_storm": 0.2}
"""Percent of the devices; storms a month."""

INCIDENT_REPORTED_AGAIN_PERCENT = 8.0
FALSE_ALARM_PERCENT = 60.0

PEOPLE_ON_SHORT_LISTS = {
    **{kind: least for kind, least in PEOPLE_IN_CARE.items() if kind != "name_unencodable"},
    "name_former": 0.5, "name_blank": 0.5, "name_honorific": 0.5,
}  # fmt: skip
"""As in care, where a list is too short to name somebody whose name has a rare character."""


def drawn(seed: int, table: str, fault: str, least_percent: float) -> float:
    """Return the share (0..1) of records to which this seed gives a fault."""
    chance = random.Random(f"{seed}|{table}|{fault}")  # noqa: S311
    return least_percent * PERCENT * (1.02 + 0.28 * chance.random())


def drawn_copies(seed: int, table: str, fault: str, least_percent: float) -> float:
    """Return how many second records per first one give the drawn share of all."""
    share = drawn(seed, table, fault, least_percent)
    return share / (1 - share)
