"""Bootstrap intervals of ratios over true entities, because the pairs of one entity are not independent."""

from __future__ import annotations

import numpy as np

DRAWS = 1000
SEED = 7


def drawn_sums(counts: np.ndarray) -> np.ndarray:
    """Return sums of `counts` over entities resampled with replacement.

    Args:
        counts: one column per entity, one row per quantity.

    Returns:
        One row per draw, one column per quantity.
    """
    # Entities with the same counts are interchangeable: drawing how many of each is equivalent and fast.
    kinds, numbers = np.unique(counts, axis=1, return_counts=True)
    if not numbers.sum():
        return np.zeros((1, len(counts)))
    draws = np.random.default_rng(SEED).multinomial(numbers.sum(), numbers / numbers.sum(), size=DRAWS)
    return draws @ kinds.T


def interval(numerators: np.ndarray, denominators: np.ndarray) -> tuple[float, float]:
    """Return the central 95 % of the draws' ratios; a draw with denominator 0 counts as 1."""
    ratios = np.divide(numerators, denominators, out=np.ones(len(numerators)), where=denominators > 0)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return float(low), float(high)


def ratio(numerator: int, denominator: int) -> float:
    """Return the quotient, or 1 if the denominator is 0."""
    return numerator / denominator if denominator else 1.0
