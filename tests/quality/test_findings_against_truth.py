"""Every planted dirt type is found, as often as its nature allows, on a seed that no rule was tuned on."""

from __future__ import annotations

import duckdb
import pytest
from landed_city import truth

from pipelines.lake.connection import reader
from pipelines.settings import Settings

DECIDED_BY_THE_RECORD = (
    "id_missing", "id_15_digit", "id_checksum_failed", "id_formatting", "name_blank", "name_honorific",
    "name_unencodable", "birth_default", "phone_missing", "phone_placeholder", "address_variant",
    "address_estate_only", "address_missing", "house_building_variant", "house_unit_variant",
    "house_unit_missing", "house_room_variant", "grid_missing", "closed_before_accepted", "test_case",
    "value_times_ten", "false_alarm",
)  # fmt: skip
DECIDED_BY_OTHER_RECORDS = (
    "estate_alias", "road_instead_of_estate", "self_built_repeat", "wrong_community", "demolished_lived_in",
    "grid_stale", "incident_reported_again", "step_time_missing", "unknown_device", "alarm_storm",
    "device_id_reused", "clock_1970", "clock_future", "message_late", "message_duplicate",
)  # fmt: skip
DOUBTFUL = ("dead_active", "malformed_json")
"""A death that nobody reported is in no record; what is not JSON never reaches the lake's tables."""


@pytest.fixture(scope="module")
def measured(city: Settings) -> dict[str, tuple[int, int, int]]:
    """Planted, found and rightly found records by dirt type."""
    with reader(city) as connection:
        return {kind: counts for kind, *counts in _measure(connection, city)}


def _measure(connection: duckdb.DuckDBPyConnection, city: Settings) -> list[tuple]:
    return connection.execute(
        f"""
        with planted as (
            select distinct system, table_name, source_record_id, dirt_type from read_parquet('{truth(city)}')
        ),
        found as (
            select distinct source_system as system, source_table as table_name, source_record_id,
                finding as dirt_type
            from quality.findings
        )
        select coalesce(planted.dirt_type, found.dirt_type), count(planted.dirt_type), count(found.dirt_type),
            count(*) filter (planted.dirt_type is not null and found.dirt_type is not null)
        from planted full join found using (system, table_name, source_record_id, dirt_type)
        group by all
        """
    ).fetchall()


@pytest.mark.parametrize("kind", DECIDED_BY_THE_RECORD)
def test_what_the_record_itself_shows_is_found_and_nothing_else(measured, kind):
    planted, found, right = measured[kind]
    assert right >= 0.99 * planted, f"{kind}: {right} of {planted} planted were found"
    assert right >= 0.95 * found, f"{kind}: only {right} of {found} found were planted"


@pytest.mark.parametrize("kind", DECIDED_BY_OTHER_RECORDS)
def test_what_other_records_show_is_found(measured, kind):
    planted, found, right = measured[kind]
    assert right >= 0.85 * planted, f"{kind}: {right} of {planted} planted were found"
    assert right >= 0.75 * found, f"{kind}: only {right} of {found} found were planted"


def test_every_planted_kind_but_the_undecidable_is_counted(measured):
    silent = [kind for kind, (planted, _, right) in measured.items() if planted >= 5 and not right]
    assert set(silent) <= set(DOUBTFUL)
