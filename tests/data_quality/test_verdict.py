"""Scores and verdicts: thresholds, blockers, and nothing made out of nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_quality.measure import Measure
from data_quality.rules import Rule
from data_quality.verdict import WEIGHTS, decide


def rule(indicator="0101", severity="scored", minimum=0.0, **other) -> Rule:
    defaults = {
        "code": f"r{indicator}",
        "label": "规则",
        "kind": "row",
        "good": "true",
        "owner": "甲",
        "reason": "乙",
    }
    return Rule(**(defaults | other), indicator=indicator, severity=severity, minimum=minimum)


def everywhere(good: int) -> list[Measure]:
    return [Measure(rule(f"0{number}01"), 1000, good) for number in range(1, 7)]


def test_weights_are_those_of_the_standard():
    assert list(WEIGHTS.values()) == [20, 20, 20, 15, 15, 10]


@pytest.mark.parametrize(
    ("good", "decision"), [(1000, "pass"), (950, "pass"), (949, "ticket"), (900, "ticket"), (899, "block")]
)
def test_thresholds(good, decision):
    assert decide(everywhere(good)).decision == decision


def test_a_failed_blocker_blocks_at_any_score():
    failed = Measure(rule("0101", "blocker", minimum=1.0), 1_000_000, 999_999)
    verdict = decide([*everywhere(1000), failed])
    assert verdict.score > 99.9
    assert verdict.decision == "block"


def test_a_scored_rule_below_its_minimum_gives_a_ticket():
    below = Measure(rule("0201", minimum=0.99), 1000, 980)
    verdict = decide([*everywhere(1000), below])
    assert (verdict.decision, verdict.failed) == ("ticket", (below,))


def test_nothing_evaluated_is_not_a_hundred_percent():
    empty = Measure(rule("0101"), 0, 0)
    assert empty.outcome == "not_evaluable"
    verdict = decide([empty])
    assert (verdict.decision, verdict.score) == ("block", None)


def test_an_unevaluable_blocker_blocks_unless_the_contract_allows_it():
    empty = Measure(rule("0101", "blocker"), 0, 0)
    allowed = Measure(rule("0101", "blocker", may_be_unevaluable=True), 0, 0)
    assert decide([*everywhere(1000), empty]).decision == "block"
    assert decide([*everywhere(1000), allowed]).decision == "pass"


def test_dimensions_without_evidence_do_not_count():
    verdict = decide([Measure(rule("0101"), 10, 10), Measure(rule("0201"), 0, 0)])
    assert verdict.score == 100
    assert {line.dimension: line.score for line in verdict.scorecard}["完整性"] is None


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 50), st.integers(0, 50)), min_size=1))
def test_the_score_stays_between_worst_and_best(cases):
    measures = [
        Measure(rule(f"0{dimension}01"), max(evaluated, good), good) for dimension, evaluated, good in cases
    ]
    values = [100 * item.value for item in measures if item.value is not None]
    score = decide(measures).score
    if not values:
        assert score is None
    else:
        assert min(values) - 1e-9 <= score <= max(values) + 1e-9
