"""Intervals of a ratio of pairs, drawn by true entity: the pairs of one entity stand and fall together."""

from __future__ import annotations

import numpy as np

DRAWS = 1000
SEED = 7


def drawn_sums(counts: np.ndarray) -> np.ndarray:
    """Sums of `counts` over entities drawn again and again with replacement.

    Args:
        counts: one column per entity, one row per quantity.

    Returns:
        One row per draw, one column per quantity.
    """
    # Entities with the same counts are alike: drawing how many of each is the same and fast.
    kinds, numbers = np.unique(counts, axis=1, return_counts=True)
    if not numbers.sum():
        return np.zeros((1, len(counts)))
    draws = np.random.default_rng(SEED).multinomial(numbers.sum(), numbers / numbers.sum(), size=DRAWS)
    return draws @ kinds.T


def interval(numerators: np.ndarray, denominators: np.ndarray) -> tuple[float, float]:
    """The middle 95 % of the draws' ratios; a draw without a denominator counts as 1."""
    ratios = np.divide(numerators, denominators, out=np.ones(len(numerators)), where=denominators > 0)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return float(low), float(high)


def ratio(numerator: int, denominator: int) -> float:
    """The quotient, 1 if there is nothing to divide by."""
    return numerator / denominator if denominator else 1.0
