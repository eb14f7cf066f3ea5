"""Faults that no rule over their own source can find, with reasons; detection rates exclude them."""

from __future__ import annotations

from collections.abc import Mapping

NEEDS_IDENTITY = "needs identity across sources: "
ACROSS_SOURCES = {
    "name_former": "only the person's record elsewhere has the present name",
    "name_lookalike": "only the person's record elsewhere has the right character",
    "phone_outdated": "only the person's record elsewhere has the present number",
    "phone_of_relative": "only the records of both persons say whose number it is",
    "address_old": "the old house is a house like any other, and only a record elsewhere has the present one",
}
"""Fault types that leave a record well-formed and self-consistent."""
WELL_FORMED_NUMBER = NEEDS_IDENTITY + "the number is well formed, and the record has no birth date to compare"


def across_sources(rates: Mapping[str, Mapping[str, float]], *tables: str) -> dict[tuple[str, str], str]:
    """Return (table, fault) → reason for faults in such person tables that only other sources reveal."""
    return {
        (table, kind): NEEDS_IDENTITY + reason
        for table in tables
        for kind, reason in ACROSS_SOURCES.items()
        if kind in rates[table]
    }


def numbers_of_others(*tables: str) -> dict[tuple[str, str], str]:
    """Return the same for another person's number in tables without a date of birth."""
    return {(table, "id_of_another"): WELL_FORMED_NUMBER for table in tables}
