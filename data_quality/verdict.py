"""Derive a verdict from measures: scorecard by dimension, score, and pass, ticket or block.

Pure arithmetic on counts. Every rule is weighted within its dimension; an unmet blocker stops the slice
regardless of the score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from data_quality.measure import Measure

PASS_FROM, TICKET_FROM = 95.0, 90.0
WEIGHTS = {"规范性": 20, "完整性": 20, "准确性": 20, "一致性": 15, "时效性": 15, "可访问性": 10}


@dataclass(frozen=True)
class DimensionScore:
    """One line of a scorecard; `score` is 0 to 100, None if nothing could be evaluated."""

    dimension: str
    weight: int
    score: float | None
    rules: int


@dataclass(frozen=True)
class Verdict:
    """The gate's decision: `pass`, `ticket` (delivered, with work orders) or `block`."""

    decision: Literal["pass", "ticket", "block"]
    score: float | None
    scorecard: tuple[DimensionScore, ...]
    failed: tuple[Measure, ...]
    reasons: tuple[str, ...]

    @property
    def delivers(self) -> bool:
        """Whether a new version may be delivered."""
        return self.decision != "block"


def decide(measures: Sequence[Measure]) -> Verdict:
    """Return the verdict over all measures of one slice."""
    card = tuple(_dimension(name, measures) for name in WEIGHTS)
    score = _weighted([(line.weight, line.score) for line in card])
    stops = [reason for item in measures if (reason := _stop(item))]
    if score is None:
        stops.append("没有任何规则可评价")
    elif score < TICKET_FROM:
        stops.append(f"总分 {score:.1f} 低于 {TICKET_FROM:.0f}")
    failed = tuple(item for item in measures if item.outcome == "fail")
    if score is None or stops:
        return Verdict("block", score, card, failed, tuple(stops))
    if score < PASS_FROM or failed:
        return Verdict("ticket", score, card, failed, tuple(_shortfall(item) for item in failed))
    return Verdict("pass", score, card, failed, ())


def _dimension(name: str, measures: Sequence[Measure]) -> DimensionScore:
    chosen = [item for item in measures if item.rule.dimension == name]
    share = _weighted([(item.rule.weight, item.value) for item in chosen])
    return DimensionScore(name, WEIGHTS[name], None if share is None else 100 * share, len(chosen))


def _weighted(values: Sequence[tuple[float, float | None]]) -> float | None:
    """Return the weighted mean of the known values; None if there are none."""
    known = [(weight, value) for weight, value in values if value is not None]
    total = sum(weight for weight, _ in known)
    return sum(weight * value for weight, value in known) / total if total else None


def _stop(item: Measure) -> str | None:
    if item.rule.severity != "blocker" or item.outcome == "pass":
        return None
    if item.outcome == "not_evaluable":
        # A rule on some rows may have none to evaluate; a rule on all rows must have rows.
        harmless = item.rule.may_be_unevaluable or item.rule.where != "true"
        return None if harmless else f"{item.rule.label}：无可评价的数据"
    return _shortfall(item)


def _shortfall(item: Measure) -> str:
    if item.observed is not None and item.rule.bound not in ("true", "false"):
        return f"{item.rule.label}：{item.observed:.4g}（要求{item.rule.bound}）"
    if item.value is None or item.rule.kind in ("slice", "columns"):
        return f"{item.rule.label}：不满足"
    return f"{item.rule.label}：{100 * item.value:.1f}%（要求 {100 * item.rule.minimum:g}%）"
