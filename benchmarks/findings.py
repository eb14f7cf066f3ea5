"""`python -m benchmarks.findings HOME`: how many planted faults the platform found, by system and type.

Compares `quality.findings` of a finished demo with the simulator's truth, record by record, and writes
docs/data-quality-measured.md. The tests measure a tiny city of an unseen seed in the same way.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import duckdb

from pipelines.contracts import load_contracts
from pipelines.installation.state import prepare
from pipelines.lake.connection import reader
from pipelines.settings import PROJECT_ROOT, Settings
from simulator import SYSTEMS

PAGE = PROJECT_ROOT / "docs" / "data-quality-measured.md"

WITHOUT_A_NUMBER = ("id_missing", "id_checksum_failed", "id_of_another", "health_card_as_id")
WITHOUT_A_CLOCK = ("clock_1970", "clock_future", "clock_skew")
BESIDE_A_NUMBER = ("birth_swapped", "birth_default", "birth_year_off", "birth_lunar", "sex_contradicts_id")
"""Types that only a sound identity number in the same record shows."""
HIDDEN_BY = {
    **dict.fromkeys(BESIDE_A_NUMBER, WITHOUT_A_NUMBER),
    **dict.fromkeys(("message_late", "message_out_of_order"), (*WITHOUT_A_CLOCK, "malformed_json")),
    "wrong_community": ("address_missing",),
}
"""Types that cannot be seen in a record that has one of the other faults as well: there is nothing to
compare with."""
RECORDED_TWICE = ("person_duplicate", "account_not_household")
"""Types that a rule sees where two records of a table have the person's sound number; where one has not,
likeness decides, and what it finds counts as found."""
TELLING_OF_DEATHS = ("population.hj_person", "health.ehr_index", "elder_care.elder")
"""The tables that say who has died: `dead_active` is seen where one of them knows it, by sound numbers."""
ALSO_MEANS = {"message_duplicate": ("message_replay",), "message_late": WITHOUT_A_CLOCK}
"""Types whose finding follows from another planted one: a replayed message is there twice, and one whose
device has a slow clock looks late."""
EITHER_OF_A_PAIR = {"person_duplicate": "person", "incident_reported_again": "incident"}
"""Types that are a fact about two records of one true entity. Which of the two is the one too many is a
convention; as many as were planted must be named."""
BY_INFERENCE = "inference"
CITIZEN = "111"
"""The kind of paper whose number holds a date of birth and a sex."""


class Measured(NamedTuple):
    """The records of one table with one type of fault; a rule can see the `detectable` planted ones."""

    system: str
    table: str
    kind: str
    label: str | None
    found_by: str | None
    planted: int
    detectable: int
    detected: int
    found: int
    right: int
    repaired: int
    quarantined: int
    flagged: int

    @property
    def is_by_rule(self) -> bool:
        """Whether a rule decides, rather than the similarity of persons or evidence outside the source."""
        return self.found_by != BY_INFERENCE and (self.detectable > 0 or self.planted == 0)

    @property
    def missed(self) -> int:
        """Detectable records whose fault was not found."""
        return self.detectable - self.detected

    @property
    def false(self) -> int:
        """Records with a found fault that does not exist."""
        return self.found - self.right


QUERY = """
    with hidden_by (dirt_type, other) as (values {hidden_by}),
    also_means (dirt_type, other) as (values {also_means}),
    beyond (system, table_name, dirt_type) as (values {beyond}),
    planted as (
        select distinct system, table_name, source_record_id, dirt_type from read_parquet('{truth}')
    ),
    -- Whom each record names, and what it is good for.
    named as (
        select
            records.system, records.table_name, records.source_record_id, records.true_id,
            persons.id_type_code = '{citizen}' and not exists (
                select 1 from planted
                where planted.system = records.system and planted.table_name = records.table_name
                    and planted.source_record_id = records.source_record_id
                    and planted.dirt_type in {without_a_number}
            ) as has_sound_number,
            records.system || '.' || records.table_name in {telling_of_deaths} and not exists (
                select 1 from planted
                where planted.system = records.system and planted.table_name = records.table_name
                    and planted.source_record_id = records.source_record_id
                    and planted.dirt_type = 'dead_active'
            ) as tells_of_death,
            persons.presence not in ('dead', 'left') as is_resident
        from read_parquet('{records}') as records
        join read_parquet('{persons}') as persons on records.true_id = 'P' || persons.person_no
        where records.entity = 'person'
    ),
    known as (
        select *,
            count(*) filter (has_sound_number) over (partition by system, table_name, true_id) > 1
                as has_sound_sibling,
            count(*) filter (has_sound_number and tells_of_death) over (partition by true_id) > 0
                as is_death_known
        from named
    ),
    -- The houses that some resident's registration names: nobody else can be seen to live there.
    lived_in as (
        select distinct houses.true_id
        from read_parquet('{records}') as houses
        join named using (system, table_name, source_record_id)
        where houses.entity = 'house' and system = 'population' and table_name <> 'house' and is_resident
    ),
    empty_houses as (
        select system, table_name, source_record_id
        from read_parquet('{records}')
        where entity = 'house' and true_id not in (from lived_in)
    ),
    judged as (
        select planted.*,
            (planted.system, planted.table_name, planted.dirt_type) not in (
                select (system, table_name, dirt_type) from beyond
            )
            and (planted.system, planted.table_name, planted.source_record_id, planted.dirt_type) not in (
                select (planted.system, planted.table_name, planted.source_record_id, hidden_by.dirt_type)
                from planted join hidden_by on planted.dirt_type = hidden_by.other
            )
            and (
                planted.dirt_type not in {beside_a_number} or coalesce(known.has_sound_number, true)
            )
            and (
                planted.dirt_type not in {recorded_twice}
                or coalesce(known.has_sound_number and known.has_sound_sibling, true)
            )
            and (
                planted.dirt_type <> 'dead_active'
                or coalesce(known.has_sound_number and known.is_death_known, true)
            )
            and (
                planted.dirt_type <> 'demolished_lived_in'
                or (planted.system, planted.table_name, planted.source_record_id) not in (from empty_houses)
            ) as is_detectable
        from planted
        left join known using (system, table_name, source_record_id)
    ),
    sides as (
        select
            records.system, records.table_name, records.source_record_id, records.true_id,
            either_of.dirt_type,
            planted.dirt_type is not null as is_planted,
            (records.system, records.table_name, records.source_record_id, either_of.dirt_type) in (
                select (source_system, source_table, source_record_id, finding) from quality.findings
            ) as is_found
        from read_parquet('{records}') as records
        join (values {either_of}) as either_of (dirt_type, entity) on records.entity = either_of.entity
        left join planted using (system, table_name, source_record_id, dirt_type)
    ),
    -- The records of pairs of which as many are named as were planted.
    pairs as (
        select sides.system, sides.table_name, sides.source_record_id, sides.dirt_type
        from sides join (
            select system, table_name, dirt_type, true_id from sides
            group by all
            having count(*) filter (is_planted) = count(*) filter (is_found) and bool_or(is_planted)
        ) as settled using (system, table_name, dirt_type, true_id)
    ),
    means as (
        select system, table_name, source_record_id, dirt_type from planted
        union
        select planted.system, planted.table_name, planted.source_record_id, also_means.dirt_type
        from planted join also_means on planted.dirt_type = also_means.other
        union
        from pairs
    ),
    found as (
        select
            findings.source_system as system, findings.source_table as table_name, findings.source_record_id,
            findings.finding as dirt_type, string_agg(distinct findings.action, ' ') as actions,
            bool_or(means.dirt_type is not null) as is_right
        from quality.findings as findings
        left join means
            on findings.source_system = means.system and findings.source_table = means.table_name
            and findings.source_record_id = means.source_record_id and findings.finding = means.dirt_type
        group by all
    )
    select
        system, table_name, dirt_type, any_value(types.label_zh), any_value(types.found_by),
        count(is_detectable),
        count(*) filter (is_detectable),
        count(*) filter (is_detectable and (is_right or is_settled)),
        count(is_right),
        count(*) filter (is_right),
        count(*) filter (actions like '%repaired%'),
        count(*) filter (actions like '%quarantined%'),
        count(*) filter (actions like '%flagged%')
    from judged
    full join found using (system, table_name, source_record_id, dirt_type)
    left join (select *, true as is_settled from pairs)
        using (system, table_name, source_record_id, dirt_type)
    left join reference.finding_types as types on dirt_type = types.finding
    group by all
    order by all
"""


def measure(connection: duckdb.DuckDBPyConnection, truth: Path) -> list[Measured]:
    """Measure planted and found faults per table and type, ordered by system, table and type.

    Args:
        connection: a reader of the lake in which `quality.findings` is built.
        truth: the simulator's folder with `dirt.parquet` and `records.parquet`; the city is beside it.
    """
    query = QUERY.format(
        hidden_by=_pairs(HIDDEN_BY),
        also_means=_pairs(ALSO_MEANS),
        either_of=", ".join(map(str, EITHER_OF_A_PAIR.items())),
        beyond=", ".join(map(str, beyond_rules())),
        without_a_number=WITHOUT_A_NUMBER,
        beside_a_number=BESIDE_A_NUMBER,
        recorded_twice=RECORDED_TWICE,
        telling_of_deaths=TELLING_OF_DEATHS,
        citizen=CITIZEN,
        truth=truth / "dirt.parquet",
        records=truth / "records.parquet",
        persons=truth.parent / "simulator" / "city" / "persons.parquet",
    )
    return [Measured(*row) for row in connection.execute(query).fetchall()]


def beyond_rules() -> dict[tuple[str, str, str], str]:
    """Return (system, table, type) of faults that their source cannot show, with the reason."""
    return {
        (system, table, kind): reason
        for system in SYSTEMS
        for (table, kind), reason in _undetectable(system).items()
    }


def _undetectable(system: str) -> dict[tuple[str, str], str]:
    return getattr(import_module(f"simulator.sources.{system}"), "UNDETECTABLE", {})


def _pairs(relation: Mapping[str, Iterable[str]]) -> str:
    return ", ".join(f"('{kind}', '{other}')" for kind, others in relation.items() for other in others)


HEAD = """# Data quality, measured

The faults that the synthetic city carries, and what the platform found of them: one row for each type in each
table, each record counted once. Every repair is a finding, too; a test compares what staging holds with what
the sources wrote, and finds no other difference.

*Detectable* are the planted ones that a rule can see at all:

- a wrong sex or date of birth needs a sound identity number beside it; so do two records of one person;
- that somebody is dead must be known to the population register, to health or to elder care;
- a wrong community needs an address, and a demolished house a resident who is registered in it;
- what is consistent in itself (a former name, an old phone, an old address) only the person's other records
  show. The last section lists them.

*Recall* is found of detectable, *precision* is rightly found of found. Of two records of one person or
incident either may be named: which is the one too many is a convention.

Three kinds of finding: **record**, one row shows it; **comparison**, a rule over several rows shows it;
**inference**, somebody or something must first be recognised across records that contradict each other, or
the evidence fits two causes (the copy of a device's last message before a silence is mostly a replay), which
no rule can promise. The promise (recall 0.98, precision 0.99) is for the first two.

"""
COLUMNS = (
    "table", "fault", "", "by", "planted", "detectable", "recall", "found", "precision", "repaired",
    "quarantined", "flagged",
)  # fmt: skip
RULER = "|---" * 4 + "|---:" * (len(COLUMNS) - 4) + "|"


def main(home: Path) -> None:
    """Measure a finished demo's home and rewrite the page."""
    settings = Settings(home=home.resolve())
    prepare(settings)
    facts = json.loads((settings.home / "simulator" / "manifest.json").read_text())
    with reader(settings) as connection:
        measured = measure(connection, settings.truth)
    labels = {name: contract.label for name, contract in load_contracts(settings.sources_dir).items()}
    totals = [
        f"Seed {facts['seed']}, scale {facts['scale']}. Made by `python -m benchmarks.findings HOME`.", "",
        *_totals(measured),
    ]  # fmt: skip
    lines = [*totals, *_page(measured, labels), *_reasons()]
    PAGE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(totals))


def _totals(measured: list[Measured]) -> Iterator[str]:
    yield "| by | planted | detectable | recall | found | precision |"
    yield "|---|---:|---:|---:|---:|---:|"
    for name, wanted in (("rule", True), ("inference", False)):
        rows = [row for row in measured if row.is_by_rule == wanted]
        planted, detectable, detected, found, right = (
            sum(getattr(row, field) for row in rows)
            for field in ("planted", "detectable", "detected", "found", "right")
        )
        yield (
            f"| {name} | {planted:,} | {detectable:,} | {_ratio(detected, detectable, 4)} | {found:,} | "
            f"{_ratio(right, found, 4)} |"
        )


def _page(measured: list[Measured], labels: dict[str, str]) -> Iterator[str]:
    for system, rows in groupby(measured, lambda row: row.system):
        yield from ("", f"## {system} · {labels[system]}", "", f"| {' | '.join(COLUMNS)} |", RULER)
        yield from (_line(row) for row in rows)


def _line(row: Measured) -> str:
    return (
        f"| {row.table} | `{row.kind}` | {row.label or ''} | {row.found_by or ''} | {row.planted:,} | "
        f"{row.detectable:,} | {_ratio(row.detected, row.detectable)} | {row.found:,} | "
        f"{_ratio(row.right, row.found)} | {row.repaired:,} | {row.quarantined:,} | {row.flagged:,} |"
    )


def _ratio(part: int, whole: int, decimals: int = 3) -> str:
    return f"{part / whole:.{decimals}f}" if whole else "–"


def _reasons() -> Iterator[str]:
    yield from ("", "## What no rule can find", "", "| source | fault | why |", "|---|---|---|")
    for (system, table, kind), reason in beyond_rules().items():
        yield f"| {system}.{table} | `{kind}` | {reason} |"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
