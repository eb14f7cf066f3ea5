"""What only DuckDB understands is kept to the macros of the engine; whether Spark agrees, tests/spark say."""

from __future__ import annotations

import re

import pytest
import yaml

from pipelines.settings import PROJECT_ROOT

PROJECT = PROJECT_ROOT / "dbt_project"
COMMENT = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)
DUCKDB_ONLY = {
    "a cast": r"::",
    "a type": r"\b(varchar|timestamptz|timestamp with time zone)\b",
    "a time zone": r"\bat time zone\b",
    "a list": r"\b(list_\w+|unnest|array_agg|len)\s*\(|\blambda\b",
    "a regular expression": r"\bregexp_\w+\s*\(",
    "a date": r"\b(epoch|date_diff|date_add|date_part|strftime|strptime|isodow|to_seconds)\s*\(",
    "an aggregate": r"\b(arg_max|arg_min|string_agg|quantile_cont|any_value)\s*\(",
    "a clause": r"\b(qualify|asof|positional|exclude|by name)\b",
}


@pytest.mark.parametrize("kind", DUCKDB_ONLY)
def test_nothing_outside_the_engine_macros_is_duckdbs_alone(kind: str) -> None:
    written = [file for room in ("models", "macros", "tests") for file in (PROJECT / room).rglob("*.sql")]
    files = [file for file in written if PROJECT / "macros" / "engine" not in file.parents]
    assert len(files) > 150
    found = [
        f"{file.relative_to(PROJECT)}: {match.group()}"
        for file in files
        for match in re.finditer(DUCKDB_ONLY[kind], COMMENT.sub("", file.read_text()), re.IGNORECASE)
    ]
    assert found == []


def test_seeds_name_their_types_in_words_of_both_engines() -> None:
    seeds = [
        seed
        for file in (PROJECT / "seeds").glob("*.yml")
        for seed in yaml.safe_load(file.read_text())["seeds"]
    ]
    named = {
        (seed["name"], column): kind
        for seed in seeds
        for column, kind in seed["config"].get("column_types", {}).items()
    }
    assert len(named) > 30
    known = {"string", "integer", "boolean", "date"}
    assert {place: kind for place, kind in named.items() if kind not in known} == {}
