"""Splink at work: pairs of records and the weight of the evidence for each.

Only records without a number of their own are in doubt, so they are compared
with the identified (`predict_between`) and with each other (`predict_within`).
Two identified records are never compared: equal numbers are joined already and
different ones may not be joined.
"""

from __future__ import annotations

from typing import Any

import duckdb
from splink import DuckDBAPI, Linker

from pipelines.identity.model import Comparison, Model, weight_of
from pipelines.identity.work import run_script

# Unlikely pairs are dropped here; above it they may still be rivals of a likelier one.
RIVAL_PROBABILITY = 0.01
CERTAIN_NAMES = ("same", "former_name", "unreadable_character")
HOUSEHOLD_OUTCOMES = ("same_phone_and_house", "same_phone", "same_house", "same_household")


def score_pairs(work: duckdb.DuckDBPyConnection, model: Model) -> int:
    """Fill the table `record_pairs`; returns how many pairs were kept."""
    run_script(work, "compared")
    linker, identified, open_records = linker_for(work, model)
    threshold = weight_of(RIVAL_PROBABILITY)
    between = linker.inference.predict_between(
        identified, open_records, threshold_match_weight=threshold, warning_mode="never"
    )
    within = linker.inference.predict_within(
        open_records, threshold_match_weight=threshold, warning_mode="never"
    )
    kept = (
        "record_key_l, record_key_r, node_l, node_r, match_weight, match_probability, "
        f"{twin_sql(model)} as is_twin_suspected, {evidence_sql(model)} as evidence"
    )
    work.execute(
        f"create or replace table record_pairs as select {kept} from {between.physical_name} "
        f"union all by name select {kept} from {within.physical_name}"
    )
    return work.execute("select count(*) from record_pairs").fetchone()[0]


def twin_sql(model: Model) -> str:
    """SQL that is true for two entries of a register that share birth and household but not the name."""
    alike = {"birth": ("same",), "contact": HOUSEHOLD_OUTCOMES}
    unlike = {"name": CERTAIN_NAMES, "number": ("one_digit",)}
    registers = ", ".join(f"'{register}'" for register in model.registers)
    conditions = [f"gamma_{name} in ({_gammas(model, name, labels)})" for name, labels in alike.items()]
    conditions += [f"gamma_{name} not in ({_gammas(model, name, labels)})" for name, labels in unlike.items()]
    conditions += [f"regexp_extract(record_key_{side}, '^[^|]+[|][^|]+') in ({registers})" for side in "lr"]
    return " and ".join(conditions)


def _gammas(model: Model, comparison: str, labels: tuple[str, ...]) -> str:
    return ", ".join(str(model.comparison(comparison).gamma_of(label)) for label in labels)


def evidence_sql(model: Model) -> str:
    """SQL for a JSON text: each comparison's outcome and its weight in bits; holds no personal value."""
    return "to_json({" + ", ".join(_outcome_sql(item) for item in model.comparisons) + "})::varchar"


def _outcome_sql(comparison: Comparison) -> str:
    labels = " ".join(
        f"when {comparison.gamma_of(level.label)} then '{level.label}'"
        for level in comparison.levels
        if not level.is_missing
    )
    adjusted = any(level.frequency for level in comparison.levels)
    weight = f"mw_{comparison.name}" + (f" + mw_tf_adj_{comparison.name}" if adjusted else "")
    return (
        f"'{comparison.name}': {{'outcome': case gamma_{comparison.name} {labels} else 'missing' end, "
        f"'weight': round({weight}, 2)}}"
    )


def linker_for(
    work: duckdb.DuckDBPyConnection, model: Model, records: str = "open_records"
) -> tuple[Linker, Any, Any]:
    """A linker over `records` that knows how common values are, with both sides registered."""
    nodes = work.execute("select nodes from population_size").fetchone()[0]
    api = DuckDBAPI(connection=work)
    identified, open_records = api.register("identified_records"), api.register("open_records")
    own = open_records if records == "open_records" else api.register(records)
    linker = Linker(own, model.settings(nodes), log_level=None, validate_settings=False)
    for field in model.frequency_fields():
        work.execute(
            f"create or replace table frequency_of_{field} as "
            f"select value as {field}, frequency as tf_{field} from value_frequencies where field = '{field}'"
        )
        linker.table_management.register_term_frequency_lookup(api.register(f"frequency_of_{field}"), field)
    return linker, identified, open_records
