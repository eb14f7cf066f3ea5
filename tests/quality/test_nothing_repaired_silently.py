"""What staging holds otherwise than the source wrote it is a finding of that record and column."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from pipelines.contracts import TableContract, load_contracts
from pipelines.lake.connection import reader
from pipelines.settings import Settings

SAME_AS_WRITTEN = {
    "dates": "try_strptime(landed.{column}, '%Y-%m-%d')::date = staged.{column}",
    "months": "try_strptime(left(landed.{column}, 7) || '-01', '%Y-%m-%d')::date = staged.{column}"
    " and length(landed.{column}) in (7, 10)",
    "numbers": "try_cast(landed.{column} as double) = staged.{column}"
    " and trim(landed.{column}) = landed.{column}",
    "texts": "landed.{column} = staged.{column}",
    "credit_codes": "landed.{column} = coalesce(staged.{column}, staged.{column}_unverified)",
}
# A foreigner's name is compared without its blanks; as it was written it stays in name_raw.
SAME_OF_A_PERSON = {
    "id_number": "landed.{column} = coalesce(staged.{prefix}id_number, staged.{prefix}id_number_unverified)",
    "name": "landed.{column} = staged.{prefix}name_standard"
    " or (landed.{column} = staged.{prefix}name_raw and landed.{column} similar to '[A-Z ]+')",
    "phone": "landed.{column} = staged.{prefix}phone",
    "birth_date": "try_strptime(landed.{column}, ['%Y%m%d', '%Y-%m-%d'])::date = staged.{prefix}birth_date",
    "sex_code": "landed.{column} = staged.{prefix}sex_code",
}
# A test case names nobody: the finding that says so stands for all of its values.
SILENT = """
    select count(*)
    from staging.{model} as staged
    join landing.{system}__{table} as landed
        on staged._source_record_id = landed._source_record_id and staged._batch_id = landed._batch_id
    where nullif(landed.{column}, '') is not null and not coalesce({same}, false)
        and not exists (
            from quality.findings as findings
            where findings.source_system = '{system}' and findings.source_table = '{table}'
                and findings.source_record_id = staged._source_record_id
                and (findings.column_name = '{column}' or findings.finding = 'test_case')
        )
"""


def _cleaned(table: TableContract) -> Iterator[tuple[str, str]]:
    """Each column that staging cleans, and when it holds what the source wrote."""
    texts = {column.name for column in table.columns if column.duckdb_type.lower() == "varchar"}
    for kind, same in SAME_AS_WRITTEN.items():
        for column in table.staging.get(kind, ()):
            if column in texts:
                yield column, same.format(column=column)
    for person in table.staging.get("person", ()):
        for field, same in SAME_OF_A_PERSON.items():
            if field in person:
                yield person[field], same.format(column=person[field], prefix=person["prefix"])


def _silent(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Iterator[str]:
    for system, contract in load_contracts(settings.sources_dir).items():
        for table in contract.tables.values():
            for column, same in _cleaned(table):
                query = SILENT.format(
                    system=system, table=table.name, model=f"stg_{system}__{table.plural}", column=column,
                    same=same,
                )  # fmt: skip
                count = connection.execute(query).fetchone()[0]
                if count:
                    yield f"{system}.{table.name}.{column}: {count}"


def test_nothing_is_repaired_silently(taken_in_city):
    with reader(taken_in_city) as connection:
        assert not list(_silent(connection, taken_in_city))
