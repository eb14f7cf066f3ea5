"""Re-estimate the linkage model from the city's own records.

Records that share a valid number belong to one person, so the differences in their names and contacts give
`m`; random pairs give `u`. Such records' dates of birth and sexes were repaired from the number, and the
number is what makes them a pair: those three comparisons keep their shipped parameters.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import yaml

from pipelines.identity.candidates import CANDIDATES, candidate_relation, read_candidates
from pipelines.identity.model import Comparison, Level, Model, shipped_model
from pipelines.identity.scoring import linker_for
from pipelines.identity.work import run_script, work_catalog

TRAINED = ("name", "contact")
SAMPLED_PAIRS = 2_000_000
SEED = 20200701
# A level that was hardly ever observed is not treated as impossible.
LEAST_PROBABILITY = 1e-5


def train(
    connection: duckdb.DuckDBPyConnection, *, model: Model | None = None, source: str = CANDIDATES
) -> Model:
    """Return a model with `name` and `contact` re-estimated from the candidates; deterministic."""
    model = model or shipped_model()
    with work_catalog(connection) as work:
        read_candidates(work, candidate_relation(work, source))
        run_script(work, "compared")
        run_script(work, "training_records")
        linker = linker_for(work, model, "training_records")
        linker.training.estimate_u_using_random_sampling(
            max_pairs=SAMPLED_PAIRS, seed=SEED, min_count_per_level=None, num_chunks=1
        )
        linker.training.estimate_m_from_label_column("node")
        estimated = linker.misc.save_model_to_json()
    return _with_estimates(model, estimated)


def write_model(model: Model, path: Path) -> None:
    """Write a model that `load_model` can read; the version increases by one."""
    content = model.model_dump(exclude_none=True) | {"version": model.version + 1}
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _with_estimates(model: Model, estimated: dict[str, Any]) -> Model:
    found = {item["output_column_name"]: item["comparison_levels"] for item in estimated["comparisons"]}
    comparisons = tuple(
        _estimated_comparison(item, found[item.name]) if item.name in TRAINED else item
        for item in model.comparisons
    )
    return model.model_copy(update={"comparisons": comparisons})


def _estimated_comparison(comparison: Comparison, found: list[dict[str, Any]]) -> Comparison:
    by_label = {level["label_for_charts"]: level for level in found}
    levels = tuple(_estimated_level(level, by_label[level.label]) for level in comparison.levels)
    return comparison.model_copy(update={"levels": levels})


def _estimated_level(level: Level, found: dict[str, Any]) -> Level:
    if level.is_missing:
        return level
    estimates = {"m": _bounded(found.get("m_probability"), level.m)}
    if not level.frequency:
        estimates["u"] = _bounded(found.get("u_probability"), level.u)
    return level.model_copy(update=estimates)


def _bounded(estimate: float | None, shipped: float | None) -> float | None:
    return shipped if estimate is None else round(max(estimate, LEAST_PROBABILITY), 6)
