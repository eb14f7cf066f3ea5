"""Writes docs/indicators.md from the definitions that the indicator models carry.

The definition in the model's YAML is the only one; the mart, the dashboards
and this page follow it. `--check` writes nothing and fails if the page is old.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "dbt_project" / "models" / "indicators"
PAGE = ROOT / "docs" / "indicators.md"
DIRECTIONS = {"up": "↑", "down": "↓"}
HEADER = """# Indicators · 指标

Written by `python tools/write_indicator_docs.py` from `meta.indicator` of the models in
`dbt_project/models/indicators/`; change it there. Every published value keeps numerator, denominator,
coverage, data-as-of and the lake's snapshot. A ratio of a region is Σ numerator ÷ Σ denominator of what
lies in it, never a mean of rates; a quantile is taken from the facts themselves at every level. A value
without denominator is empty, not nought. Fewer than 30 in the denominator: shown with its n, not ranked;
one to four, whatever is counted: not shown, and neither is what they would follow from.
ZL6 and RK1 are stocks: they exist for the day of the data and its month.

| code | 指标 | unit | direction | target | owner |
|---|---|---|---|---|---|
"""


def definitions(folder: Path = MODELS) -> list[dict]:
    """Every published indicator with the name of the model that holds its facts, in display order."""
    found = [
        {**definition, "model_name": model["name"]}
        for path in sorted(folder.rglob("_*.yml"))
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])
        for definition in _declared(model)
    ]
    return sorted(found, key=lambda definition: definition["display_order"])


def _declared(model: dict) -> list[dict]:
    declared = model.get("config", {}).get("meta", {}).get("indicator", [])
    return [declared] if isinstance(declared, dict) else declared


def page(found: list[dict]) -> str:
    """The whole page as Markdown."""
    rows = "\n".join(_row(definition) for definition in found)
    sections = "\n".join(line for definition in found for line in _section(definition))
    return f"{HEADER}{rows}\n{sections}"


def _row(definition: dict) -> str:
    target = "—" if definition["target"] is None else f"{definition['target']:.0%}"
    cells = (
        definition["code"], definition["name_zh"], definition["unit"],
        DIRECTIONS[definition["direction"]], target, definition["owner_zh"],
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _section(definition: dict) -> Iterator[str]:
    yield f"\n## {definition['code']} {definition['name_zh']}\n"
    yield f"{definition['formula']}。\n"
    if definition["kind"] == "ratio":
        yield f"- numerator: {definition['numerator_zh']} — {definition['numerator_en']}"
    yield f"- denominator: {definition['denominator_zh']} — {definition['denominator_en']}"
    yield f"- coverage: {definition['coverage_zh']}"
    yield f"- answers: {definition['plan_clause']}"
    yield f"- facts: `indicators.{definition['model_name']}`"


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` compare it; exit status 1 if it is not fresh."""
    fresh = page(definitions()).rstrip() + "\n"
    if "--check" not in arguments:
        PAGE.write_text(fresh, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == fresh:
        return 0
    sys.stderr.write(f"{PAGE.name} is not what the models say. Run: python tools/write_indicator_docs.py\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
