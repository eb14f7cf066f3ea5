"""Households and their members: ages, kinship, names, numbers, telephones, registration."""

from __future__ import annotations

import duckdb

from simulator.city.engine import expand, read_rows, run, set_list
from simulator.city.households import MEMBERS, SHAPES

ERAS = ("1", "2", "3")
STEPS = (
    "households", "membership", "ages", "cut", "names", "numbers", "registration", "phone_macros", "contacts",
)  # fmt: skip


def build_people(connection: duckdb.DuckDBPyConnection, residents: int, today: str) -> None:
    """Create the true persons, exactly `residents` of whom live in the city on `today`."""
    _load_shapes(connection)
    load_names(connection)
    values = {"residents": residents, "today": today} | NAME_DRAWS
    for name in STEPS:
        run(connection, f"city/{name}", **values)


def _load_shapes(connection: duckdb.DuckDBPyConnection) -> None:
    for name, place in (("shapes_urban", 0), ("shapes_rural", 1)):
        set_list(connection, name, expand([(s.code, s.shares[place]) for s in SHAPES], 10_000))
    connection.execute(
        "create or replace table shapes (shape varchar, low int, high int, power double, male double)"
    )
    connection.executemany(
        "insert into shapes values (?, ?, ?, ?, ?)",
        [(s.code, s.low, s.high, s.power, s.male) for s in SHAPES],
    )
    connection.execute(
        "create or replace table members (shape varchar, slot int, role varchar, chance double)"
    )
    connection.executemany("insert into members values (?, ?, ?, ?)", MEMBERS)


def load_names(connection: duckdb.DuckDBPyConnection) -> None:
    """Set the lists of surnames, given names and their characters."""
    surnames = [(row["surname"], float(row["weight"])) for row in read_rows("surnames.csv")]
    set_list(connection, "surnames", expand(surnames, 20_000))
    for source, column, length in (
        ("given_characters", "character", 4096),
        ("given_names", "given_name", 2048),
    ):
        rows = read_rows(f"{source}.csv")
        for sex in ("1", "2"):
            for era in ERAS:
                chosen = [
                    (r[column], float(r["weight"])) for r in rows if r["sex_code"] == sex and r["era"] == era
                ]
                set_list(connection, f"{source}_{sex}{era}", expand(chosen, length))


def _by_group(list_name: str, purpose: str, key: str) -> str:
    """Return SQL that draws from the list of the person's sex and era."""
    branches = " ".join(
        f"when '{sex}{era}' then draw('{list_name}_{sex}{era}', '{purpose}', {key})"
        for sex in ("1", "2")
        for era in ERAS
    )
    return f"(case sex_code || era {branches} end)"


NAME_DRAWS = {
    "first": _by_group("given_characters", "first", "name_key"),
    "second": _by_group("given_characters", "second", "person_no"),
    "whole": _by_group("given_names", "whole", "person_no"),
    "former": _by_group("given_names", "former", "person_no"),
}
