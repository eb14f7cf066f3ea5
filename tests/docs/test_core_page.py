"""The page of core tables says what the models say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_page_is_fresh() -> None:
    tool = ROOT / "tools" / "write_core_docs.py"
    run = subprocess.run([sys.executable, tool, "--check"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_chain_from_event_to_grid_is_drawn() -> None:
    page = (ROOT / "docs" / "core-tables.md").read_text(encoding="utf-8")
    for other, table in (
        ("dim_grids", "dim_buildings"),
        ("dim_buildings", "dim_houses"),
        ("dim_houses", "dim_households"),
        ("dim_households", "dim_persons"),
        ("dim_grids", "fct_events"),
    ):
        assert f"    {other} ||--o{{ {table} : " in page


def test_sensitive_tables_are_on_the_page_with_their_keys() -> None:
    page = (ROOT / "docs" / "core-tables.md").read_text(encoding="utf-8")
    models = ROOT / "dbt_project" / "models" / "sensitive"
    assert all(f"| `{model.stem}` | " in page for model in models.glob("*.sql"))
    assert "    dim_persons ||--o{ sensitive_minors : " in page
