"""Find with Splink, on either engine, which records may belong to the same person.

Imports nothing else of the platform, because Spark's environment contains only Splink.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from splink import Linker
from splink.internals.splink_dataframe import SplinkDataFrame

# Files in the folder by which a job is handed to the other environment, and its result.
JOB = "job.json"
IDENTIFIED, OPEN, BETWEEN, WITHIN = "identified", "open", "between", "within"


def linker_over(
    records: SplinkDataFrame, settings: Mapping[str, Any], frequencies: Mapping[str, SplinkDataFrame]
) -> Linker:
    """Return a linker with term frequencies.

    Args:
        records: registered with the engine's API.
        settings: Splink's own settings.
        frequencies: for each field with term-frequency adjustment, its values and `tf_<field>`.
    """
    linker = Linker(records, dict(settings), log_level=None, validate_settings=False)
    for field, lookup in frequencies.items():
        linker.table_management.register_term_frequency_lookup(lookup, field)
    return linker


def weigh_pairs(
    linker: Linker, identified: SplinkDataFrame, open_records: SplinkDataFrame, least_weight: float
) -> tuple[SplinkDataFrame, SplinkDataFrame]:
    """Return pairs of an identified and an open record, and of two open ones, from `least_weight` bits up."""
    between = linker.inference.predict_between(
        identified, open_records, threshold_match_weight=least_weight, warning_mode="never"
    )
    within = linker.inference.predict_within(
        open_records, threshold_match_weight=least_weight, warning_mode="never"
    )
    return between, within
