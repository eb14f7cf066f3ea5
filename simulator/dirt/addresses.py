"""Written forms of an address: standard, variants and faults.

The expressions read a house relation under a prefix, so that one row can hold both the current house and the
previous one.
"""

from __future__ import annotations

from simulator.city.engine import sql_text
from simulator.dirt.planting import Fault

HOUSE_COLUMNS = (
    "house_id", "house_code", "community_code", "grid_code", "county_name", "town_name", "community_label",
    "road", "door_plate", "estate_name", "place", "kind", "estate_building", "building_no", "unit_no",
    "room_label", "address",
)  # fmt: skip
"""What an address expression needs of a house."""


def house_columns(alias: str, prefix: str) -> str:
    """Return a select list of a house's columns under a prefix."""
    return ", ".join(f"{alias}.{column} as {prefix}{column}" for column in HOUSE_COLUMNS)


def variant(prefix: str, key: str) -> str:
    """Return SQL for another way to write a standard address; never equal to it."""
    return sql_text("dirt/address_variant").format(p=prefix, key=key)


def estate_only(prefix: str) -> str:
    """Return SQL for an address that ends at the estate or village."""
    return (
        f"'淮南市' || {prefix}county_name || {prefix}town_name || {prefix}community_label || "
        f"coalesce({prefix}estate_name, {prefix}road || {prefix}door_plate)"
    )


def written(present: str, old: str, key: str) -> str:
    """Return SQL for the address as the source has it, by `address_fault`."""
    return f"""case address_fault when 'address_missing' then null
        when 'address_old' then {old}address
        when 'address_estate_only' then {estate_only(present)}
        when 'address_variant' then {variant(present, key)}
        else {present}address end"""


def address_faults(column: str, kinds: tuple[str, ...]) -> list[Fault]:
    """Return the faults of an address column; only rows with a house and a different previous one qualify."""
    housed = "home_house_id is not null"
    moved = f"{housed} and old_house_id is not null and old_house_id <> home_house_id"
    return [Fault(kind, "address", column, moved if kind == "address_old" else housed) for kind in kinds]
