"""Build one table of a source system from its true rows to its dirty ones, with its truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from simulator.city.engine import run
from simulator.dirt import addresses, persons
from simulator.dirt.planting import Fault, plant, widen
from simulator.sources.truth import Truth

ADDRESS_KINDS = ("address_old", "address_estate_only", "address_missing", "address_variant")
WRITTEN = {
    "id_number": persons.ID_NUMBER, "name": persons.NAME, "phone": persons.PHONE,
    "birth_date": persons.BIRTH_DATE, "sex_code": persons.SEX_CODE,
    "address": addresses.written("home_", "old_", "row_no"),
}  # fmt: skip
"""The values of a person as a record writes them, for the SQL of a table."""


class TableBuilder:
    """Builds the tables of one system for one seed and day."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, truth: Truth, seed: int, today: str, system: str
    ) -> None:
        self._connection = connection
        self._truth = truth
        self._seed = seed
        self._today = today
        self._system = system

    def build(
        self, table: str, faults: Sequence[Fault], rates: Mapping[str, float], **values: object
    ) -> None:
        """Create `<system>_<table>` with faults at the rates, and record them.

        The system's `rows_<table>.sql` creates the true rows `rows_<system>_<table>`, and `<table>.sql` the
        result from the view `faulty_<system>_<table>`. Both receive `values`.
        """
        self._run(f"{self._system}/rows_{table}", values)
        self._plant(table, faults, rates)
        self._run(f"{self._system}/{table}", values)
        self._truth.faults(self._system, table, f"plan_{self._system}_{table}")

    def build_persons(
        self, table: str, faults: Sequence[Fault], rates: Mapping[str, float], **values: object
    ) -> None:
        """The same for a table that names a person in each row, with the person's residence.

        `rows_<table>.sql` creates `base_<system>_<table>(row_no, person_no, …)`, and `<table>.sql` reads the
        view `housed_<system>_<table>`, in which the current house is `home_…` and the previous one `old_…`.
        """
        name = f"{self._system}_{table}"
        self._run(f"{self._system}/rows_{table}", values)
        run(self._connection, "dirt/person_rows", name=name)
        self._plant(table, faults, rates)
        houses = {side: addresses.house_columns(side, f"{side}_") for side in ("home", "old")}
        run(self._connection, "dirt/housed_rows", name=name, **houses)
        self._run(f"{self._system}/{table}", WRITTEN | values)
        self._record_persons(table)

    def _run(self, name: str, values: Mapping[str, object]) -> None:
        run(self._connection, name, today=self._today, **values)

    def _plant(self, table: str, faults: Sequence[Fault], rates: Mapping[str, float]) -> None:
        name = f"{self._system}_{table}"
        plant(self._connection, name, faults, self._seed, rates)
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
