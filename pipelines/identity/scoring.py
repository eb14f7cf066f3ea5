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

from pipelines.identity.candidates import value_key
from pipelines.identity.model import LEAST_DIFFERENCE, Comparison, Model, weight_of
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
    run_script(
        work,
        "record_pairs",
        weighed=f"(from {between.physical_name} union all by name from {within.physical_name})",
        is_like_twins=twin_sql(model),
        registers=", ".join(f"'{register}'" for register in model.registers),
        outcomes=_outcomes(model),
        weights=_weights(model),
    )
    for predicted in (between, within):
        predicted.drop_table_from_database_and_remove_from_cache()
    return work.execute("select count(*) from record_pairs").fetchone()[0]


def _register_frequencies(
    work: duckdb.DuckDBPyConnection, linker: Linker, api: DuckDBAPI, field: str
) -> None:
    """Tell Splink how common the values are that open records give: where two agree, one of them is open."""
    of_one_person = (
        f"(select max(frequency) from value_frequencies where field = '{field}' and value_key = 0)"
    )
    work.execute(
        f"create or replace table frequency_of_{field} as "
        f"select said.{field}, coalesce(counted.frequency, {of_one_person}, 0.5) as tf_{field} "
        f"from (select distinct {field} from open_records where {field} is not null) as said "
        f"left join (select value_key, frequency from value_frequencies where field = '{field}') as counted "
        f"on {value_key(field)} = counted.value_key"
    )
    linker.table_management.register_term_frequency_lookup(api.register(f"frequency_of_{field}"), field)


def _outcomes(model: Model) -> str:
    """SQL for the numbers of the levels, one for each comparison of the model."""
    return f"[{', '.join(level_sql(item) for item in model.comparisons)}]::tinyint[]"


def level_sql(comparison: Comparison) -> str:
    """SQL for the number of the level that a pair has met; -1 where something is missing."""
    levels = " ".join(
        f"when {_weighs_as(comparison, level.label)} then {comparison.gamma_of(level.label)}"
        for level in comparison.levels
        if not level.is_missing
    )
    return f"case {levels} else -1 end"


def _weighs_as(comparison: Comparison, label: str) -> str:
    weight = next(level.weight for level in comparison.levels if level.label == label)
    return f"abs(mw_{comparison.name} - {weight!r}) < {LEAST_DIFFERENCE / 2}"


def _weights(model: Model) -> str:
    """SQL for the weights in bits, one for each comparison of the model."""
    return f"[{', '.join(_weight(item) for item in model.comparisons)}]::float[]"


def _weight(comparison: Comparison) -> str:
    is_adjusted = any(level.frequency for level in comparison.levels)
    return f"mw_{comparison.name}" + (f" + mw_tf_adj_{comparison.name}" if is_adjusted else "")


def twin_sql(model: Model) -> str:
    """SQL that is true for two that share birth and household but not the name."""
    alike = {"birth": ("same",), "contact": HOUSEHOLD_OUTCOMES}
    unlike = {"name": CERTAIN_NAMES, "number": ("one_digit",)}
    conditions = [f"({_met(model, name, labels)})" for name, labels in alike.items()]
    conditions += [f"not ({_met(model, name, labels)})" for name, labels in unlike.items()]
    return " and ".join(conditions)


def _met(model: Model, comparison: str, labels: tuple[str, ...]) -> str:
    return " or ".join(_weighs_as(model.comparison(comparison), label) for label in labels)


def evidence_sql(model: Model) -> str:
    """SQL for a JSON text of `outcomes` and `weights`: what each comparison said; holds no personal value."""
    said = (_outcome_sql(place, item) for place, item in enumerate(model.comparisons, start=1))
    return "to_json({" + ", ".join(said) + "})::varchar"


def _outcome_sql(place: int, comparison: Comparison) -> str:
    labels = " ".join(
        f"when {comparison.gamma_of(level.label)} then '{level.label}'"
        for level in comparison.levels
        if not level.is_missing
    )
    return (
        f"'{comparison.name}': {{'outcome': case outcomes[{place}] {labels} else 'missing' end, "
        f"'weight': round(weights[{place}]::double, 2)}}"
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
        _register_frequencies(work, linker, api, field)
    return linker, identified, open_records
