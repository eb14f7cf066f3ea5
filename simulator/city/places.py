"""Counties, communities, grids, estates and houses on the real division codes.

Positions and shapes are derived: community boundaries are not public, so a community's point lies anywhere
inside the boundary of its county.
"""

from __future__ import annotations

import json
import random

import duckdb

from simulator.city.engine import DATA, read_rows, run

COUNTY_SHARE = {
    "340402": 0.062, "340403": 0.226, "340404": 0.101, "340405": 0.054,
    "340406": 0.112, "340421": 0.170, "340422": 0.275,
}  # fmt: skip
"""Rough shares of the residents by county, for proportion only."""


def build_places(connection: duckdb.DuckDBPyConnection, households: int, scale: float, seed: int) -> None:
    """Create communities, grids, buildings and houses for this many households."""
    _load_divisions(connection, seed)
    wanted = min(1131, max(28, round(1131 * scale**0.5)))
    run(connection, "city/communities", wanted=wanted, households=households)
    for name in ("estates", "houses", "buildings", "grids", "addresses"):
        run(connection, f"city/{name}")


def _load_divisions(connection: duckdb.DuckDBPyConnection, seed: int) -> None:
    points = _points(seed)
    rows = [
        (*row.values(), COUNTY_SHARE[row["county_code"]], *points[row["community_code"]])
        for row in read_rows("huainan_divisions.csv")
    ]
    connection.execute(
        "create or replace table divisions (county_code varchar, county_name varchar, town_code varchar,"
        " town_name varchar, community_code varchar, community_name varchar, county_share double,"
        " longitude double, latitude double)"
    )
    connection.executemany("insert into divisions values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _points(seed: int) -> dict[str, tuple[float, float]]:
    outlines = json.loads((DATA / "huainan_counties.geojson").read_text(encoding="utf-8"))
    rings = {feature["id"]: _largest_ring(feature["geometry"]) for feature in outlines["features"]}
    chance = random.Random(f"points {seed}")  # noqa: S311
    towns: dict[str, tuple[float, float]] = {}
    points = {}
    for row in read_rows("huainan_divisions.csv"):
        ring = rings[row["county_code"]]
        if row["town_code"] not in towns:
            towns[row["town_code"]] = _point_inside(ring, chance, None)
        points[row["community_code"]] = _point_inside(ring, chance, towns[row["town_code"]])
    return points


def _largest_ring(geometry: dict) -> list[list[float]]:
    parts = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return max((part[0] for part in parts), key=len)


def _point_inside(
    ring: list[list[float]], chance: random.Random, near: tuple[float, float] | None
) -> tuple[float, float]:
    if near is None:
        west, east = min(x for x, _ in ring), max(x for x, _ in ring)
        south, north = min(y for _, y in ring), max(y for _, y in ring)
    else:
        west, east, south, north = near[0] - 0.03, near[0] + 0.03, near[1] - 0.03, near[1] + 0.03
    while True:
        point = (round(chance.uniform(west, east), 6), round(chance.uniform(south, north), 6))
        if _inside(ring, *point):
            return point


def _inside(ring: list[list[float]], x: float, y: float) -> bool:
    inside = False
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside
