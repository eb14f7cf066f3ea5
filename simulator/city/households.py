"""Household compositions, and their frequency in towns and villages.

Shares and probabilities are tuned so that the age pyramid resembles the 2020 census: about a fifth under 15,
a fifth over 60, three in a hundred over 80.
"""

from __future__ import annotations

from typing import NamedTuple


class Shape(NamedTuple):
    """A kind of household: its share (town, village) and the age range of its head."""

    code: str
    shares: tuple[float, float]
    low: int
    high: int
    power: float
    male: float


SHAPES = (
    Shape("single", (14.0, 8.0), 22, 59, 1.0, 0.56),
    Shape("elderly single", (7.0, 9.0), 60, 96, 1.5, 0.37),
    Shape("couple", (13.0, 9.0), 24, 59, 0.9, 0.8),
    Shape("elderly couple", (10.5, 14.0), 60, 90, 1.8, 0.86),
    Shape("one child", (22.0, 13.0), 25, 55, 1.0, 0.75),
    Shape("two children", (14.0, 16.0), 27, 54, 1.0, 0.8),
    Shape("three children", (1.5, 3.5), 30, 52, 1.0, 0.8),
    Shape("three generations, one child", (6.0, 7.0), 27, 56, 1.0, 0.85),
    Shape("three generations, two children", (4.5, 9.0), 28, 56, 1.0, 0.85),
    Shape("with grandchildren", (2.5, 8.0), 53, 76, 1.0, 0.85),
    Shape("single parent", (3.5, 3.0), 26, 52, 1.0, 0.3),
    Shape("shared", (1.5, 0.5), 20, 45, 1.0, 0.55),
)

FAMILY = [(0, "head", 1.0), (1, "spouse", 1.0)]
LATE_PARENT = (12, "late parent", 0.055)
LEFT = (14, "left", 0.05)

_BY_SHAPE: dict[str, list[tuple[int, str, float]]] = {
    "single": [(0, "head", 1.0)],
    "elderly single": [(0, "head", 1.0), (12, "late spouse", 0.13), (13, "away", 0.5)],
    "couple": [*FAMILY, LATE_PARENT, LEFT],
    "elderly couple": [*FAMILY, (12, "late parent", 0.03), (13, "away", 0.55)],
    "one child": [*FAMILY, (2, "child 1", 1.0), (8, "twin", 1.0), LATE_PARENT, LEFT],
    "two children": [*FAMILY, (2, "child 1", 1.0), (8, "twin", 1.0), (3, "child 2", 1.0), LATE_PARENT, LEFT],
    "three children": [
        *FAMILY, (2, "child 1", 1.0), (8, "twin", 1.0), (3, "child 2", 1.0), (4, "child 3", 1.0), LATE_PARENT,
    ],
    "three generations, one child": [
        *FAMILY, (2, "child 1", 1.0), (8, "twin", 1.0), (5, "elder 1", 1.0), (6, "elder 2", 0.3), LATE_PARENT,
    ],
    "three generations, two children": [
        *FAMILY, (2, "child 1", 1.0), (8, "twin", 1.0), (3, "child 2", 1.0), (5, "elder 1", 1.0),
        (6, "elder 2", 0.6), (12, "late parent", 0.03),
    ],
    "with grandchildren": [
        *FAMILY, (7, "grandchild 1", 1.0), (9, "grandchild 2", 0.4), (13, "away", 0.9), (15, "away", 0.4),
    ],
    "single parent": [(0, "head", 1.0), (2, "child 1", 1.0), (8, "twin", 1.0), (3, "child 2", 0.2)],
    "shared": [(0, "head", 1.0), (1, "mate 1", 1.0), (2, "mate 2", 0.5), (3, "mate 3", 0.3)],
}  # fmt: skip

MEMBERS = [
    (shape, slot, role, chance) for shape, members in _BY_SHAPE.items() for slot, role, chance in members
]
"""(shape, slot, role, chance): slots number a household's members: person_no = household * 16 + slot."""
