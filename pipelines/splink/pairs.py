"""Splink asked which records may be of one person, on whichever engine its tables are.

Imports nothing else of the platform: Spark's environment holds Splink, and none of the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from splink import Linker
from splink.internals.splink_dataframe import SplinkDataFrame

# What lies in the folder in which such a question is handed to another environment, and the answer.
JOB = "job.json"
IDENTIFIED, OPEN, BETWEEN, WITHIN = "identified", "open", "between", "within"


def linker_over(
    records: SplinkDataFrame, settings: Mapping[str, Any], frequencies: Mapping[str, SplinkDataFrame]
) -> Linker:
    """A linker that knows how common values are.

    Args:
        records: registered with the engine's API.
        settings: Splink's own.
        frequencies: for each field that is weighed by them, its values and `tf_<field>`.
    """
    linker = Linker(records, dict(settings), log_level=None, validate_settings=False)
    for field, lookup in frequencies.items():
        linker.table_management.register_term_frequency_lookup(lookup, field)
    return linker


def weigh_pairs(
    linker: Linker, identified: SplinkDataFrame, open_records: SplinkDataFrame, least_weight: float
) -> tuple[SplinkDataFrame, SplinkDataFrame]:
    """Pairs of an identified and an open record, and of two open ones, that weigh at least so many bits."""
    between = linker.inference.predict_between(
        identified, open_records, threshold_match_weight=least_weight, warning_mode="never"
    )
    within = linker.inference.predict_within(
        open_records, threshold_match_weight=least_weight, warning_mode="never"
    )
    return between, within
