"""The linkage model as data, and its translation into Splink settings.

`model.yaml` ships the estimated parameters so that results do not vary between runs; `train` re-estimates
them from records that share a valid number.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

MODEL_PATH = Path(__file__).parent / "model.yaml"
# Splink divides the term frequency by u, so any base cancels out.
FREQUENCY_BASE = 1e-4
# Level weights of a comparison differ by at least this many bits, so a pair's weight identifies its level.
LEAST_DIFFERENCE = 0.001


class Level(BaseModel):
    """One outcome of a comparison."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str
    condition: str | None = None
    m: float | None = None
    u: float | None = None
    frequency: str | None = None

    @property
    def is_missing(self) -> bool:
        """Whether this level carries no evidence."""
        return self.label == "missing"

    @property
    def weight(self) -> float:
        """The match weight of this level in bits, before any term frequency adjustment."""
        if self.is_missing or self.m is None:
            return 0.0
        return math.log2(self.m / (self.u or FREQUENCY_BASE))

    def splink(self) -> dict[str, Any]:
        """Return this level in the form of Splink's settings."""
        setting: dict[str, Any] = {
            "sql_condition": self.condition or "ELSE",
            "label_for_charts": self.label,
        }
        if self.is_missing:
            return setting | {"is_null_level": True}
        setting |= {"m_probability": self.m, "u_probability": self.u or FREQUENCY_BASE}
        if self.frequency:
            setting |= {
                "tf_adjustment_column": self.frequency,
                "tf_adjustment_weight": 1.0,
                "disable_tf_exact_match_detection": True,
            }
        return setting


class Comparison(BaseModel):
    """One comparison; its levels are tried in order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    label: str
    levels: tuple[Level, ...]

    @model_validator(mode="after")
    def _levels_are_complete(self) -> Comparison:
        if self.levels[-1].condition is not None:
            raise ValueError(f"Comparison '{self.name}' has no last level without a condition.")
        for level in self.levels:
            if not level.is_missing and (level.m is None or not (level.u or level.frequency)):
                raise ValueError(f"Level '{self.name}.{level.label}' needs m and either u or frequency.")
        weights = sorted(level.weight for level in self.levels)
        if any(later - earlier < LEAST_DIFFERENCE for earlier, later in pairwise(weights)):
            raise ValueError(
                f"Two levels of the comparison '{self.name}' weigh the same: change one's m or u."
            )
        return self

    def gamma_of(self, label: str) -> int:
        """Return the number that Splink gives the level with this label."""
        informative = [level.label for level in self.levels if not level.is_missing]
        return len(informative) - 1 - informative.index(label)

    def splink(self) -> dict[str, Any]:
        """Return this comparison in the form of Splink's settings."""
        return {
            "output_column_name": self.name,
            "comparison_description": self.label,
            "comparison_levels": [level.splink() for level in self.levels],
        }


class Thresholds(BaseModel):
    """Probabilities from which a pair is linked, or sent to review."""

    link: float
    review: float


class Model(BaseModel):
    """The content of `model.yaml`."""

    model_config = ConfigDict(extra="forbid")

    version: int
    thresholds: Thresholds
    registers: tuple[str, ...]
    blocking: tuple[str, ...]
    comparisons: tuple[Comparison, ...]

    def comparison(self, name: str) -> Comparison:
        """Return the comparison with this name."""
        return next(comparison for comparison in self.comparisons if comparison.name == name)

    def frequency_fields(self) -> list[str]:
        """Return the fields with a term frequency adjustment."""
        fields = {level.frequency for item in self.comparisons for level in item.levels if level.frequency}
        return sorted(fields)

    def settings(self, nodes: float) -> dict[str, Any]:
        """Return Splink's settings for a population of `nodes` persons.

        The prior: two records drawn at random match once in `nodes` draws.
        """
        return {
            "link_type": "dedupe_only",
            "unique_id_column_name": "record_no",
            "probability_two_random_records_match": 1.0 / nodes,
            # Retaining values would copy them for millions of pairs; the weight already identifies the level.
            "retain_matching_columns": False,
            "retain_intermediate_calculation_columns": True,
            "blocking_rules_to_generate_predictions": [{"blocking_rule": rule} for rule in self.blocking],
            "comparisons": [comparison.splink() for comparison in self.comparisons],
        }


@lru_cache
def shipped_model() -> Model:
    """Return the model shipped with the platform."""
    return load_model(MODEL_PATH)


def load_model(path: Path) -> Model:
    """Read a model from YAML.

    Raises:
        ValueError: a level or threshold is missing or unknown.
    """
    return Model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def weight_of(probability: float) -> float:
    """Convert a probability to a match weight in bits."""
    return math.log2(probability / (1 - probability))
