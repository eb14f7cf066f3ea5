"""Bringing the tables of a source system from true rows to dirty ones, with their truth.

For each table the system has two SQL files: `rows_<table>.sql` makes the true rows, `<table>.sql` writes
them down as the source does, from the view in which every group of faults is a column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from simulator.city.engine import run
from simulator.dirt import addresses, persons
from simulator.dirt.planting import Fault, plant, widen
from simulator.dirt.rates import drawn
from simulator.sources.truth import Truth

ADDRESS_KINDS = ("address_old", "address_estate_only", "address_missing", "address_variant")
WRITTEN = {
    "id_number": persons.ID_NUMBER, "name": persons.NAME, "phone": persons.PHONE,
    "birth_date": persons.BIRTH_DATE, "sex_code": persons.SEX_CODE,
    "address": addresses.written("home_", "old_", "row_no"),
}  # fmt: skip
"""The values of a person as a record writes them, for the SQL of a table."""


class TableBuilder:
    """Builds the tables of one system for one seed and day; `rates` are its least percentages by table."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        truth: Truth,
        seed: int,
        today: str,
        system: str,
        rates: Mapping[str, Mapping[str, float]],
    ) -> None:
        self._connection = connection
        self._truth = truth
        self._seed = seed
        self._today = today
        self._system = system
        self._rates = rates
        run(connection, "dirt/changed_at")

    def build(self, table: str, faults: Sequence[Fault], copied_as: str = "") -> None:
        """Create `<system>_<table>` from `rows_<system>_<table>(row_no, …)` and record its faults.

        `copied_as` is the fault of second records, whose share the SQL gets as `copies`.
        """
        values = {"copies": self._copies(table, copied_as)}
        self._run(f"{self._system}/rows_{table}", values)
        self._plant(table, faults)
        self._run(f"{self._system}/{table}", values)
        self._truth.faults(self._system, table, f"plan_{self._system}_{table}")

    def build_persons(self, table: str, faults: Sequence[Fault], copied_as: str = "") -> None:
        """The same for a table that names a person in each row, and where the person lives.

        The true rows are `base_<system>_<table>(row_no, person_no, relative_no, …)`; the SQL of the table
        reads `housed_<system>_<table>`, where the present house is `home_…` and the old one `old_…`.
        """
        name, values = f"{self._system}_{table}", {"copies": self._copies(table, copied_as)}
        self._run(f"{self._system}/rows_{table}", values)
        run(self._connection, "dirt/person_rows", name=name)
        self._plant(table, faults)
        houses = {side: addresses.house_columns(side, f"{side}_") for side in ("home", "old")}
        run(self._connection, "dirt/housed_rows", name=name, **houses)
        self._run(f"{self._system}/{table}", WRITTEN | values)
        self._record_persons(table)

    def _copies(self, table: str, fault: str) -> float:
        """Second records for each first one."""
        if not fault:
            return 0.0
        share = drawn(self._seed, f"{self._system}_{table}", fault, self._rates[table][fault])
        return share / (1 - share)

    def _run(self, name: str, values: Mapping[str, object]) -> None:
        run(self._connection, name, today=self._today, **values)

    def _plant(self, table: str, faults: Sequence[Fault]) -> None:
        name = f"{self._system}_{table}"
        plant(self._connection, name, faults, self._seed, self._rates[table])
        widen(self._connection, name, dict.fromkeys(fault.group for fault in faults))

    def _record_persons(self, table: str) -> None:
        name = f"{self._system}_{table}"
        self._truth.entity(
            self._system, table, "person", f"select row_no, 'P' || person_no as true_id from rows_{name}"
        )
        self._truth.entity(
            self._system, table, "house",
            f"select row_no, 'H' || given_house_id as true_id from {name} where given_house_id is not null",
        )  # fmt: skip
        self._truth.faults(self._system, table, f"plan_{name}")
