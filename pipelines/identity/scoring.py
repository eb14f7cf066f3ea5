"""Score pairs of records with Splink.

Only records without a number of their own are open, so they are compared with the identified ones
(`predict_between`) and with each other (`predict_within`). Two identified records are never compared: equal
numbers are joined already, and different ones must not be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
from splink import DuckDBAPI, Linker

from pipelines.identity.candidates import value_key
from pipelines.identity.model import LEAST_DIFFERENCE, Comparison, Model, weight_of
from pipelines.identity.work import run_script
from pipelines.installation.one_row import one_value
from pipelines.splink.pairs import linker_over, weigh_pairs

# Pairs below this are dropped; those above may still be rivals of a more likely one.
RIVAL_PROBABILITY = 0.01
CERTAIN_NAMES = ("same", "former_name", "unreadable_character")
HOUSEHOLD_OUTCOMES = ("same_phone_and_house", "same_phone", "same_house", "same_household")


@dataclass(frozen=True)
class Linkage:
    """Splink's configuration for the views `identified_records` and `open_records`.

    `settings` are Splink's own; `frequencies` maps each field with a term frequency adjustment to its lookup
    table; pairs with a match weight below `least_weight` bits are dropped.
    """

    settings: Mapping[str, Any]
    frequencies: Mapping[str, str]
    least_weight: float


# Scores pairs on some engine. Inside the context they are a relation with both `record_no`, the match weight
# and its components.
Weigh = Callable[[duckdb.DuckDBPyConnection, Linkage], AbstractContextManager[str]]


@contextmanager
def weigh_here(work: duckdb.DuckDBPyConnection, linkage: Linkage) -> Iterator[str]:
    """Score the pairs with DuckDB."""
    api = DuckDBAPI(connection=work)
    identified, open_records = api.register("identified_records"), api.register("open_records")
    lookups = {field: api.register(table) for field, table in linkage.frequencies.items()}
    linker = linker_over(open_records, linkage.settings, lookups)
    weighed = weigh_pairs(linker, identified, open_records, linkage.least_weight)
    yield f"({' union all by name '.join(f'from {pairs.physical_name}' for pairs in weighed)})"
    for pairs in weighed:
        pairs.drop_table_from_database_and_remove_from_cache()


def score_pairs(work: duckdb.DuckDBPyConnection, model: Model, weigh: Weigh = weigh_here) -> int:
    """Fill the table `record_pairs`; returns how many pairs were kept."""
    run_script(work, "compared")
    linkage = Linkage(
        model.settings(_population(work)), _frequency_tables(work, model), weight_of(RIVAL_PROBABILITY)
    )
    with weigh(work, linkage) as weighed:
        run_script(
            work,
            "record_pairs",
            weighed=weighed,
            is_like_twins=twin_sql(model),
            registers=", ".join(f"'{register}'" for register in model.registers),
            outcomes=_outcomes(model),
            weights=_weights(model),
        )
    return one_value(work.execute("select count(*) from record_pairs"))


def linker_for(work: duckdb.DuckDBPyConnection, model: Model, records: str) -> Linker:
    """Return a linker over the relation `records` with the term frequencies registered."""
    api = DuckDBAPI(connection=work)
    lookups = {field: api.register(table) for field, table in _frequency_tables(work, model).items()}
    return linker_over(api.register(records), model.settings(_population(work)), lookups)


def _population(work: duckdb.DuckDBPyConnection) -> float:
    return one_value(work.execute("select nodes from population_size"))


def _frequency_tables(work: duckdb.DuckDBPyConnection, model: Model) -> dict[str, str]:
    """Create a term frequency table per field from open records: every scored pair has one."""
    tables = {field: f"frequency_of_{field}" for field in model.frequency_fields()}
    for field, table in tables.items():
        of_one_person = (
            f"(select max(frequency) from value_frequencies where field = '{field}' and value_key = 0)"
        )
        work.execute(
            f"create or replace table {table} as "
            f"select said.{field}, coalesce(counted.frequency, {of_one_person}, 0.5) as tf_{field} "
            f"from (select distinct {field} from open_records where {field} is not null) as said "
            "left join (select value_key, frequency from value_frequencies "
            f"where field = '{field}') as counted on {value_key(field)} = counted.value_key"
        )
    return tables


def _outcomes(model: Model) -> str:
    """Return SQL for the level numbers, one for each comparison of the model."""
    return f"[{', '.join(level_sql(item) for item in model.comparisons)}]::tinyint[]"


def level_sql(comparison: Comparison) -> str:
    """Return SQL for the number of the level a pair falls into; -1 where a value is missing."""
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
    """Return SQL for the weights in bits, one for each comparison of the model."""
    return f"[{', '.join(_weight(item) for item in model.comparisons)}]::float[]"


def _weight(comparison: Comparison) -> str:
    is_adjusted = any(level.frequency for level in comparison.levels)
    return f"mw_{comparison.name}" + (f" + mw_tf_adj_{comparison.name}" if is_adjusted else "")


def twin_sql(model: Model) -> str:
    """Return SQL that is true for a pair that shares birth date and household but not the name."""
    alike = {"birth": ("same",), "contact": HOUSEHOLD_OUTCOMES}
    unlike = {"name": CERTAIN_NAMES, "number": ("one_digit",)}
    conditions = [f"({_met(model, name, labels)})" for name, labels in alike.items()]
    conditions += [f"not ({_met(model, name, labels)})" for name, labels in unlike.items()]
    return " and ".join(conditions)


def _met(model: Model, comparison: str, labels: tuple[str, ...]) -> str:
    return " or ".join(_weighs_as(model.comparison(comparison), label) for label in labels)


def evidence_sql(model: Model) -> str:
    """Return SQL for a JSON text with the outcome and weight of each comparison, without personal values."""
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
