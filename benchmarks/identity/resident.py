"""Follow one resident of a built city: source records, their processing, and the masked golden values.

The resident is synthetic. Names, numbers and telephones are masked as in `brain person explain`; dates and
addresses are shown without digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from pipelines.contracts import SourceContract
from pipelines.from_contracts.staging_models import model_name
from pipelines.identity.explain import explain_person
from pipelines.installation.one_row import one_row, one_value

NUMERALS = re.compile(r"[0-9A-Za-z０-９一二三四五六七八九十零〇]")
DIGIT = re.compile(r"\d")
FIELDS = ("name", "id_number", "birth_date", "sex_code", "phone", "address")
LABELS = {
    "name": "姓名", "id_number": "证件号码", "birth_date": "出生日期", "sex_code": "性别", "phone": "电话",
    "address": "地址", "hukou_no": "户号", "residence": "现住地",
}  # fmt: skip
CHOSEN = """
with soiled as (
    select system, table_name, source_record_id, count(distinct dirt_type) as kinds
    from read_parquet('{dirt}') group by all
)
select assignments.person_id
from lake.identity.person_assignments as assignments
inner join lake.core.dim_persons as persons on assignments.person_id = persons.person_id
left join soiled
    on assignments.source_system = soiled.system and assignments.source_table = soiled.table_name
    and assignments.source_record_id = soiled.source_record_id
inner join lake.reference.person_sources as sources
    on assignments.source_system = sources.source_system and assignments.source_table = sources.source_table
where persons.is_resident and not persons.is_minor
group by assignments.person_id
having bool_or(assignments.match_rule = 'linked') and not bool_and(sources.gives_values)
order by
    count(distinct assignments.source_system) desc, sum(soiled.kinds) desc nulls last, assignments.person_id
limit 1
"""
# The true owner of each record, and the number of records per resident.
TRUE_RECORDS = """
select count(*) filter (where joined.record_key is not null), count(*)
from read_parquet('{records}') as truth
left join (select * from lake.identity.person_assignments where person_id = '{person_id}') as joined
    on truth.system = joined.source_system and truth.table_name = joined.source_table
    and truth.source_record_id = joined.source_record_id
where truth.entity = 'person' and truth.true_id = (
    select mode(records.true_id)
    from read_parquet('{records}') as records
    inner join lake.identity.person_assignments as assignments
        on records.system = assignments.source_system and records.table_name = assignments.source_table
        and records.source_record_id = assignments.source_record_id
    where records.entity = 'person' and assignments.person_id = '{person_id}'
)
"""


@dataclass(frozen=True)
class Record:
    """A source record of the resident as written and masked, with the planted dirt and staging's findings.

    `address` is the standard form; `repeats` counts the resident's records in this table.
    """

    explained: Mapping[str, Any]
    label: str
    written: Mapping[str, str | None]
    dirt: Sequence[str]
    findings: Sequence[str]
    address: str | None
    is_name_golden: bool
    is_withheld: bool
    repeats: int = 1
    number: int = 0

    @property
    def key(self) -> str:
        """The record key `system|table|record`."""
        return self.explained["record_key"]

    @property
    def table(self) -> str:
        """`system.table`."""
        return ".".join(self.key.split("|")[:2])


@dataclass(frozen=True)
class Golden:
    """A golden value, masked, with the record and the survivorship rule it comes from.

    `agreeing` and `differing` count core's records with the same or another value; None if no record has such
    a column.
    """

    value: str | None
    rule: str
    key: str
    agreeing: int | None
    differing: int | None


@dataclass(frozen=True)
class Resident:
    """The resident followed; `joined` of their `true` records, and all records joined."""

    person_id: str
    records: tuple[Record, ...]
    links: tuple[Mapping[str, Any], ...]
    golden: Mapping[str, Golden]
    all_records: int
    joined: int
    true: int


def find_resident(
    connection: duckdb.DuckDBPyConnection, truth: Path, contracts: Mapping[str, SourceContract]
) -> Resident:
    """Choose the resident to follow.

    It is the one with the most source systems, then dirt, joined by evidence and with a withheld record.

    Args:
        connection: has a built lake attached as `lake`.
        truth: the simulator's truth folder of this city.
        contracts: define which columns of a table describe its person.
    """
    person_id = one_value(connection.execute(CHOSEN.format(dirt=truth / "dirt.parquet")))
    explained = explain_person(connection, person_id)
    result = connection.execute(TRUE_RECORDS.format(records=truth / "records.parquet", person_id=person_id))
    joined, true = one_row(result)
    return Resident(
        person_id,
        tuple(_records(connection, truth, contracts, explained["records"])),
        tuple(explained["links"]),
        _golden(connection, person_id),
        len(explained["records"]),
        joined,
        true,
    )


def strongest_link(record: Record, links: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the pair with the highest match weight; None if a number or key joined the record."""
    if record.explained["match_rule"] != "linked":
        return None
    mine = [link for link in links if record.key in (link["record_key_l"], link["record_key_r"])]
    return max(mine, key=lambda link: (link["match_weight"], link["record_key_l"]), default=None)


def other_record(link: Mapping[str, Any], key: str) -> str:
    """Return the key of the pair's other record."""
    return link["record_key_r"] if link["record_key_l"] == key else link["record_key_l"]


def _records(
    connection: duckdb.DuckDBPyConnection,
    truth: Path,
    contracts: Mapping[str, SourceContract],
    explained: Sequence[Mapping[str, Any]],
) -> Iterator[Record]:
    """Return one record per source table: scored ones first, then the one with the most dirt."""
    found: dict[str, list[Record]] = {}
    for row in explained:
        record = _record(connection, truth, contracts[row["source_system"]], row)
        found.setdefault(record.table, []).append(record)
    for number, (_, records) in enumerate(sorted(found.items()), 1):
        shown = min(
            records, key=lambda each: (each.explained["match_rule"] != "linked", -len(each.dirt), each.key)
        )
        yield replace(shown, repeats=len(records), number=number)


def _record(
    connection: duckdb.DuckDBPyConnection, truth: Path, contract: SourceContract, row: Mapping[str, Any]
) -> Record:
    table = contract.table(row["source_table"])
    system, name, source_record_id = row["record_key"].split("|", 2)
    columns = _speaking_columns(table.staging)
    result = connection.execute(
        f"select {', '.join(columns.values())} from lake.landing.{system}__{name} "
        "where _source_record_id = ? order by _landed_at desc limit 1",
        [source_record_id],
    )
    values = one_row(result)
    dirt = connection.execute(
        f"select distinct dirt_type from read_parquet('{truth / 'dirt.parquet'}') "
        "where system = ? and table_name = ? and source_record_id = ? order by dirt_type",
        [system, name, source_record_id],
    ).fetchall()
    result = connection.execute(
        f"select _findings from lake.staging.{model_name(contract, table)} where _source_record_id = ?",
        [source_record_id],
    )
    findings = one_value(result)
    result = connection.execute(
        "select not gives_values from lake.reference.person_sources "
        "where source_system = ? and source_table = ?",
        [system, name],
    )
    is_withheld = one_value(result)
    result = connection.execute(
        "select candidates.address_standard, candidates.name_standard = persons.name "
        "from lake.intermediate.int_persons_candidates as candidates "
        "left join lake.identity.person_assignments as assignments using (record_key) "
        "left join lake.core.dim_persons as persons using (person_id) where record_key = ?",
        [row["record_key"]],
    )
    address, is_name_golden = one_row(result)
    return Record(
        explained=row,
        label=table.label,
        written={name: masked(name, value) for name, value in zip(columns, values, strict=True)},
        dirt=tuple(kind for (kind,) in dirt),
        findings=tuple(sorted({_finding(each) for each in findings})),
        address=masked("address", address),
        is_name_golden=is_name_golden is not False,
        is_withheld=is_withheld,
    )


def _speaking_columns(staging: Mapping[str, Any]) -> dict[str, str]:
    """Return the columns in which a table describes its person, by meaning."""
    person = staging["person"][0]
    columns = {name: person[name] for name in FIELDS if name in person}
    if address := staging.get("identity", {}).get("address"):
        columns["address"] = address
    return columns


def _finding(text: str) -> str:
    _, finding, action, _ = text.split("|", 3)
    return f"{finding} ({action})"


def masked(name: str, value: Any) -> str | None:
    """Mask a field's value so that its dirt remains visible; None if empty."""
    text = "" if value is None else str(value)
    if not text:
        return None
    if name == "name":
        return text[0] + "*" * max(len(text) - 1, 1)
    if name == "id_number":
        return text[:3] + "*" * max(len(text) - 7, 4) + text[-4:]
    if name == "phone":
        return text[:3] + "****" + text[-4:]
    if name == "birth_date":
        return text[:3] + DIGIT.sub("*", text[3:])
    return text if name == "sex_code" else NUMERALS.sub("*", text)


def _golden(connection: duckdb.DuckDBPyConnection, person_id: str) -> dict[str, Golden]:
    origins = connection.execute(
        "select field_code, rule_code, record_key from lake.core.person_value_origins where person_id = ?",
        [person_id],
    ).fetchall()
    found = {}
    for name, rule, key in origins:
        column = "residence_address" if name == "residence" else name
        result = connection.execute(
            f"select cast({column} as varchar) from lake.core.dim_persons where person_id = ?", [person_id]
        )
        value = one_value(result)
        found[name] = Golden(masked(name, value), rule, key, *_said(connection, person_id, name, value))
    return {name: found[name] for name in LABELS if name in found}


def _said(
    connection: duckdb.DuckDBPyConnection, person_id: str, name: str, value: str
) -> tuple[int | None, int | None]:
    """Return how many of core's records give this value, and how many another."""
    if name == "residence":
        return None, None
    column = "name_standard" if name == "name" else name
    result = connection.execute(
        f"""
        select count(*) filter (where cast({column} as varchar) = $value),
            count(*) filter (where cast({column} as varchar) <> $value)
        from lake.intermediate.int_persons_candidates
        inner join lake.core.person_links using (source_system, source_table, source_record_id)
        where person_id = $person_id
        """,
        {"value": value, "person_id": person_id},
    )
    return one_row(result)
