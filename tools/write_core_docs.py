"""Writes docs/core-tables.md from descriptions, grains and relationship tests of core and sensitive models.

What a table's foreign keys are is said once, by the `relationships` tests of its columns in
`dbt_project/models/`; every build checks them and this page draws them. `--check` writes nothing and
fails if the page is old.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "dbt_project" / "models"
PAGE = ROOT / "docs" / "core-tables.md"
HEADER = """# Core tables · 核心表

Written by `python tools/write_core_docs.py` from the models' descriptions, grains and `relationships`
tests in `dbt_project/models/core/` and `sensitive/`; change it there. Every line of the diagrams is a
foreign key that each build checks.

The chain is grid ← building ← house ← household ← person ← event (以楼带房、以户带人、以人带事): an arrow
points to what the right one lies in or belongs to. A foreign key may be empty; `foreign_key_exceptions`
counts every empty one of the chain by reason and owner, and a test holds it to that. Where something lies is
never part of its key: a house's code holds community, building, unit, floor and room, no grid.

"""
ANOTHER_DAY = """
## Another day · 另一天

`brain sql --as-known-on DAY` asks what the platform knew: the state that the last whole build by the end of
that day had left, of every table. Its day is one of the machine's clock, by which builds run, also in a home
that takes another day for today. `brain sql --as-valid-on DAY` asks what held then, as far as it is known
now: of a core table the rows that were valid at the end of that day, by its `meta.validity` in the model's
description. The two go together: what was thought in June of how things stood in March. A beginning that
nobody wrote down counts as long ago. A row's other columns are today's; what they were is in the history
table (`dim_houses_history`, `dim_grids_history`, `dim_devices_history`, `dim_organizations_history`,
`person_registrations_history`).

Not every state of the lake stays: `brain maintain`, every morning, keeps all of the last seven days
(`BRAIN_SNAPSHOT_DAYS`), what each day's last whole build left for 92 days (`BRAIN_KNOWN_STATE_DAYS`), each
month's last for ever, and whatever the gate has judged. It deletes the files that only the others held, and
no landed one. A day whose state is gone is refused, with the nearest that is kept.
"""
SENSITIVE = """
## Sensitive people · 敏感人群

The schema `sensitive` holds what could harm a person if it were known: relief, disability, health, party
membership, and who the under-14s are. Core says nothing of it: no record of these sources is in a core
table, and a minor in `dim_persons` is a resident without name, number, birth or telephone. A person who is
known from such a source alone has an id here and no row in `dim_persons`.

Nothing reads it but `quality.withheld_records`, which counts by source table and reason what core does not
list. Its models are private to a dbt group, so that dbt refuses any other that reads them, and a test walks
the lineage of every model. Its files are closed to `brain sql` unless a `--reason` is given, which is kept
with who, when and what (`brain audit reads`). A share contract that reads it does not load without
`sensitive_basis`, the law that allows it.

"""


class Reference(NamedTuple):
    """A column of a table that is the key of another."""

    table: str
    column: str
    other: str


def tables(layer: str) -> list[dict]:
    """The described models of a layer, as dbt reads them, by name."""
    found = [
        model
        for path in sorted((MODELS / layer).glob("_*.yml"))
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])
    ]
    return sorted(found, key=lambda model: model["name"])


def references(table: dict) -> list[Reference]:
    """The foreign keys of a table, from its columns' relationship tests with other models."""
    return [
        Reference(table["name"], column["name"], _referred(test["relationships"]))
        for column in table.get("columns", [])
        for test in column.get("data_tests", [])
        if isinstance(test, dict) and "relationships" in test
        if _referred(test["relationships"])
    ]


def page() -> str:
    """The whole page as Markdown."""
    core, sensitive = tables("core"), tables("sensitive")
    parts = [HEADER + "## Diagram\n", *_diagram(core), "\n## Grains and keys\n", *_list(core)]
    parts += [ANOTHER_DAY, *_validity(core)]
    parts += [SENSITIVE.rstrip("\n"), "", *_diagram(sensitive), "", *_list(sensitive)]
    return "\n".join(parts) + "\n"


def _referred(test: dict) -> str | None:
    found = re.search(r"ref\('(\w+)'\)", test.get("arguments", test)["to"])
    return found and found.group(1)


def _diagram(found: list[dict]) -> Iterator[str]:
    lines = [reference for table in found for reference in references(table)]
    drawn = {name for line in lines for name in (line.table, line.other)}
    yield "```mermaid"
    yield "erDiagram"
    for line in lines:
        yield f'    {line.other} ||--o{{ {line.table} : "{line.column}"'
    for table in found:
        if table["name"] in drawn:
            yield f"    {table['name']} {{"
            yield from (f"        text {column} PK" for column in _grain(table))
            yield "    }"
    yield "```"


def _list(found: list[dict]) -> Iterator[str]:
    yield "| table | 名称 | grain | key | foreign keys |"
    yield "|---|---|---|---|---|"
    for table in found:
        foreign = ", ".join(f"`{line.column}` → `{line.other}`" for line in references(table))
        cells = (
            f"`{table['name']}`", table["config"]["meta"]["label_zh"], _grain_in_words(table),
            ", ".join(f"`{column}`" for column in _grain(table)), foreign or "—",
        )  # fmt: skip
        yield f"| {' | '.join(cells)} |"


def _validity(found: list[dict]) -> Iterator[str]:
    yield "| table | 名称 | a row is valid on a day |"
    yield "|---|---|---|"
    for table in found:
        meta = table["config"]["meta"]
        if "validity" in meta:
            yield f"| `{table['name']}` | {meta['label_zh']} | {_validity_in_words(meta['validity'])} |"


def _validity_in_words(validity: dict[str, str]) -> str:
    match validity:
        case {"from": begins, "to": ends}:
            return f"from `{begins}` until `{ends}`"
        case {"from": begins}:
            return f"from `{begins}` on"
        case {"day": day}:
            return f"that is its `{day}`"
        case {"through": other, "by": column}:
            return f"while the `{other}` of its `{column}` is"
        case {"undated": reason}:
            return f"always: {reason}"
    raise ValueError(f"No validity can be told from {validity}.")


def _grain(table: dict) -> list[str]:
    grain = table["config"]["meta"]["grain"]
    return [grain] if isinstance(grain, str) else grain


def _grain_in_words(table: dict) -> str:
    sentences = re.findall(r"一行为[^。；]*", table["description"])
    return sentences[0] if sentences else "—"


def main() -> None:
    """Write the page, or only look whether it is fresh."""
    text = page()
    if "--check" not in sys.argv:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        sys.exit("docs/core-tables.md is old; write it with: python tools/write_core_docs.py")


if __name__ == "__main__":
    main()
