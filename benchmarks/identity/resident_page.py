"""Render the page that follows one resident of a built city from the source records to core.

Every figure is read from the lake and the simulator's truth (`resident.py`); this module holds the text.
`tests/dbt/test_one_resident.py` builds the city, and compares or writes `docs/one-resident.md`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.identity.resident import FIELDS, LABELS, Record, Resident, other_record, strongest_link
from pipelines.identity.explain import RULES

CLASSES = """  classDef source fill:#eef4fb,stroke:#5b7fa6
  classDef sensitive fill:#fbeeee,stroke:#a65b5b,stroke-dasharray:4 3
```"""


def resident_page(resident: Resident, city: str) -> str:
    """Return the whole page as Markdown; `city` describes the city."""
    parts = (_opening(resident, city), _picture(resident), _written(resident), _standardised(resident),
             _joined(resident), _survived(resident))  # fmt: skip
    return "\n".join(line for part in parts for line in part)


def _opening(resident: Resident, city: str) -> Iterator[str]:
    shown = resident.records
    systems = len({record.explained["source_system"] for record in shown})
    foreign = resident.all_records - resident.joined
    yield f"""# One resident: from {len(shown)} source records to one row · 一人多源归一

Written by `python -m tests.dbt.test_one_resident` from {city};
a test builds the city again and compares. The person is synthetic. Who is followed is a rule: of the
residents whose records were joined by evidence too and who have one that core withholds, the one with the
most source systems, then with the most planted dirt. Names, numbers and telephones are masked as
`brain person explain` masks them, dates and addresses have no digits.

`{resident.person_id}` has {resident.all_records} records in {len(shown)} tables of {systems} systems; the
page shows one of each table. By the simulator's truth {resident.joined} of this resident's {resident.true}
records were joined, and {foreign} of somebody else's. How each step works is in [identity.md](identity.md),
what the tables are in [core-tables.md](core-tables.md).
"""


def _picture(resident: Resident) -> Iterator[str]:
    yield "```mermaid\nflowchart LR"
    for record in resident.records:
        kind = "sensitive" if record.is_withheld else "source"
        yield f'  r{record.number}["{record.number} {record.table}<br/>{record.label}"]:::{kind}'
    yield f'  person(("one person<br/>{resident.person_id}"))\n  row["core.dim_persons<br/>one row"]'
    for record in resident.records:
        yield f"  r{record.number} -- {_edge(record, resident)}"
    yield "  person --> row"
    for record in resident.records:
        fields = [LABELS[name] for name, golden in resident.golden.items() if golden.key == record.key]
        if fields:
            yield f'  r{record.number} -. "{"、".join(fields)}" .-> row'
    yield CLASSES
    yield """
Solid lines say what joined a record, dotted ones which golden values it gives. A dashed red record is one
of health, relief or the party: it helps to say who is who and gives core nothing, and only the schema
`sensitive` knows of it.
"""


def _edge(record: Record, resident: Resident) -> str:
    link = strongest_link(record, resident.links)
    if link is None:
        return f'"{record.explained["rule_label"]}" --> person'
    numbered = {
        each.key: each.number for each in resident.records if each.explained["match_rule"] != "linked"
    }
    number = numbered.get(other_record(link, record.key))
    return f'"{link["match_weight"]:.1f} bits" --> {f"r{number}" if number else "person"}'


def _written(resident: Resident) -> Iterator[str]:
    yield "## 1 What the sources wrote · 来源所写\n"
    yield f"| | table | {' | '.join(LABELS[name] for name in FIELDS)} | planted dirt |"
    yield f"|--:|---|{'---|' * (len(FIELDS) + 1)}"
    for record in resident.records:
        more = f", one of {record.repeats}" if record.repeats > 1 else ""
        values = [(record.written[name] or "") if name in record.written else "—" for name in FIELDS]
        yield _row(
            record.number, f"`{record.table}`{more}", *values, _list(f"`{kind}`" for kind in record.dirt)
        )
    yield "\nAn empty cell was left empty; — is what the table does not have.\n"


def _standardised(resident: Resident) -> Iterator[str]:
    yield "## 2 What standardisation made of it · 标准化\n"
    yield "| | 姓名 | 证件号码 | status | 出生 | 性别 | 电话 | 标准地址 | found, and what was done |"
    yield f"|--:|{'---|' * 8}"
    for record in resident.records:
        said = record.explained
        name = said["name"] if record.is_name_golden else f"{said['name']} ≠"
        yield _row(
            record.number, name, said["id_number"], said["id_number_status"], said["birth"],
            said["sex_code"], said["phone"], record.address, _list(record.findings),
        )  # fmt: skip
    yield """
≠ marks a name that is not the golden one. Birth and sex may come from the number, an address from the
house that a code names. A number whose status is not `valid` joins nothing by itself; one that is mistyped
or fails its checksum is weighed as evidence.
"""


def _joined(resident: Resident) -> Iterator[str]:
    yield "## 3 What joined them · 归一依据\n"
    for rule, label in RULES.items():
        numbers = [record.number for record in resident.records if record.explained["match_rule"] == rule]
        if numbers:
            yield f"- `{rule}` ({label}): {', '.join(map(str, numbers))}"
    links = [(record, strongest_link(record, resident.links)) for record in resident.records]
    weighed = [(record, link) for record, link in links if link]
    names = list(weighed[0][1]["evidence"])
    yield "\nThe strongest pair of each record that was weighed, in bits (one bit doubles the odds):\n"
    yield f"| | with | {' | '.join(names)} | prior | together | probability |"
    yield f"|--:|---|{'---|' * len(names)}--:|--:|--:|"
    yield from (_weighed(record, link) for record, link in weighed)
    yield """
The prior is what a pair is worth that agrees in nothing yet: among so many persons it is two people. A rare
value weighs more than a common one, and telephone and home are weighed as one, because a family shares both.
"""


def _weighed(record: Record, link: Mapping[str, Any]) -> str:
    evidence = link["evidence"].values()
    parts = [
        each["outcome"] if each["outcome"] == "missing" else f"{each['outcome']} {each['weight']:+.1f}"
        for each in evidence
    ]
    prior = link["match_weight"] - sum(each["weight"] for each in evidence)
    table = ".".join(other_record(link, record.key).split("|")[:2])
    together = f"**{link['match_weight']:.1f}**"
    return _row(
        record.number, f"`{table}`", *parts, f"{prior:+.1f}", together, f"{link['match_probability']:.6f}"
    )


def _survived(resident: Resident) -> Iterator[str]:
    numbers = {record.key: f"{record.number} " for record in resident.records}
    yield "## 4 The row of `core.dim_persons` · 黄金记录\n"
    yield "| field | value | from | rule | records that say so | that say otherwise |"
    yield "|---|---|---|---|--:|--:|"
    for name, golden in resident.golden.items():
        table = ".".join(golden.key.split("|")[:2])
        origin = f"{numbers.get(golden.key, '')}`{table}`"
        yield _row(LABELS[name], golden.value, origin, f"`{golden.rule}`", golden.agreeing, golden.differing)
    yield """
`AUTHORITY` takes the source that `seeds/person_sources.csv` ranks first, `RECENCY` the value verified or
changed last, `VERIFICATION` the registration verified last; `core.person_value_origins` keeps this for every
person. The counts are of all records that core lists, those of health, relief and the party not among them.
"""


def _list(values: Any) -> str:
    return ", ".join(values) or "—"


def _row(*cells: Any) -> str:
    return f"| {' | '.join('' if cell is None else str(cell) for cell in cells)} |"
