"""Writes docs/core-tables.md from the descriptions, grains and relationship tests of the core models.

What a table's foreign keys are is said once, by the `relationships` tests of its columns in
`dbt_project/models/core/`; every build checks them and this page draws them. `--check` writes nothing and
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
MODELS = ROOT / "dbt_project" / "models" / "core"
PAGE = ROOT / "docs" / "core-tables.md"
HEADER = """# Core tables · 核心表

Written by `python tools/write_core_docs.py` from the models' descriptions, grains and `relationships`
tests in `dbt_project/models/core/`; change it there. Every line of the diagram is a foreign key that each
build checks.

The chain is grid ← building ← house ← household ← person ← event (以楼带房、以户带人、以人带事): an arrow
points to what the right one lies in or belongs to. A foreign key may be empty; `foreign_key_exceptions`
counts every empty one of the chain by reason and owner, and a test holds it to that. Where something lies is
never part of its key: a house's code holds community, building, unit, floor and room, no grid.

"""


class Reference(NamedTuple):
    """A column of a table that is the key of another."""

    table: str
    column: str
    other: str


def tables(folder: Path = MODELS) -> list[dict]:
    """The described core models, as dbt reads them, by name."""
    found = [
        model
        for path in sorted(folder.glob("_*.yml"))
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])
    ]
    return sorted(found, key=lambda model: model["name"])


def references(table: dict) -> list[Reference]:
    """The foreign keys of a table, from its columns' relationship tests."""
    return [
        Reference(table["name"], column["name"], _referred(test["relationships"]))
        for column in table.get("columns", [])
        for test in column.get("data_tests", [])
        if isinstance(test, dict) and "relationships" in test
    ]


def page(found: list[dict]) -> str:
    """The whole page as Markdown."""
    return (
        "\n".join([HEADER + "## Diagram\n", *_diagram(found), "\n## Grains and keys\n", *_list(found)]) + "\n"
    )


def _referred(test: dict) -> str:
    return re.search(r"'(\w+)'", test.get("arguments", test)["to"]).group(1)


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


def _grain(table: dict) -> list[str]:
    grain = table["config"]["meta"]["grain"]
    return [grain] if isinstance(grain, str) else grain


def _grain_in_words(table: dict) -> str:
    sentences = re.findall(r"一行为[^。；]*", table["description"])
    return sentences[0] if sentences else "—"


def main() -> None:
    """Write the page, or only look whether it is fresh."""
    text = page(tables())
    if "--check" not in sys.argv:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        sys.exit("docs/core-tables.md is old; write it with: python tools/write_core_docs.py")


if __name__ == "__main__":
    main()
