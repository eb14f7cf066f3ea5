"""The truth about the source records: the entity behind each, and the faults planted in it."""

from __future__ import annotations

import duckdb

from simulator.contract import record_id


class Truth:
    """Collects `truth_records`, `truth_dirt` and `truth_files` while the sources are built."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        connection.execute(
            "create or replace table truth_records (system varchar, table_name varchar,"
            " source_record_id varchar, entity varchar, true_id varchar)"
        )
        connection.execute(
            "create or replace table truth_dirt (system varchar, table_name varchar,"
            " source_record_id varchar, column_name varchar, dirt_type varchar)"
        )
        connection.execute(
            "create or replace table truth_files (system varchar, table_name varchar,"
            " file_name varchar, period varchar, fault varchar)"
        )

    def entity(self, system: str, table: str, entity: str, query: str) -> None:
        """Record the (row_no, true_id) of a query for the rows of `<system>_<table>`."""
        self._connection.execute(
            f"insert into truth_records select '{system}', '{table}', {record_id(system, table)}, "
            f"'{entity}', t.true_id from ({query}) as t join {system}_{table} using (row_no)"
        )

    def faults(self, system: str, table: str, plan: str | None = None) -> None:
        """Record the faults of `plan_<table>` against the records that carry them."""
        self._connection.execute(
            f"insert into truth_dirt select distinct '{system}', '{table}', {record_id(system, table)}, "
            f"p.column_name, p.dirt_type from {plan or f'plan_{table}'} as p "
            f"join {system}_{table} using (row_no)"
        )
