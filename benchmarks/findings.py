"""`python -m benchmarks.findings HOME`: what the platform found of the planted faults, by type.

Compares `quality.findings` of a finished demo with the simulator's truth, record
by record, and writes docs/data-quality-measured.md.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pipelines.lake.connection import reader
from pipelines.lake.state import prepare
from pipelines.settings import PROJECT_ROOT, Settings

PAGE = PROJECT_ROOT / "docs" / "data-quality-measured.md"
QUERY = """
    with planted as (
        select distinct system, table_name, source_record_id, dirt_type
        from read_parquet('{truth}/dirt.parquet')
    ),
    found as (
        select
            source_system as system, source_table as table_name, source_record_id, finding as dirt_type,
            string_agg(distinct action, ', ' order by action) as actions
        from quality.findings
        group by all
    ),
    counted as (
        select
            coalesce(planted.dirt_type, found.dirt_type) as dirt_type,
            count(planted.dirt_type) as planted,
            count(found.dirt_type) as found,
            count(*) filter (planted.dirt_type is not null and found.dirt_type is not null) as both_sides,
            count(*) filter (found.actions like '%repaired%') as repaired,
            count(*) filter (found.actions like '%quarantined%') as quarantined,
            count(*) filter (found.actions like '%flagged%') as flagged
        from planted
        full join found using (system, table_name, source_record_id, dirt_type)
        group by 1
    )
    select counted.*, types.label_zh
    from counted
    left join reference.finding_types as types on counted.dirt_type = types.finding
    order by 1
"""
HEAD = """# Data quality, measured

The faults that the synthetic city carries, and what the platform found of them: one row per fault type,
each record counted once. *Recall* is found of planted, *precision* is planted of found. A fault that no
record shows (a death nobody reported, an old address that is the only one known, a phone that was passed
on) cannot be found by any rule; identity has to work in spite of it.

"""


def main(home: Path) -> None:
    """Measure a finished demo's home and rewrite the page."""
    settings = Settings(home=home.resolve())
    prepare(settings)
    facts = json.loads((settings.home / "simulator" / "manifest.json").read_text())
    with reader(settings) as connection:
        rows = connection.execute(QUERY.format(truth=settings.truth)).fetchall()
    lines = [
        f"Seed {facts['seed']}, scale {facts['scale']}. Made by `python -m benchmarks.findings HOME`.", "",
        "| fault | | planted | found | recall | precision | repaired | quarantined | flagged |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
        *(_line(row) for row in rows),
    ]  # fmt: skip
    PAGE.write_text(HEAD + "\n".join(lines) + "\n")
    print("\n".join(lines))


def _line(row: tuple) -> str:
    kind, planted, found, both, repaired, quarantined, flagged, label = row
    recall = f"{both / planted:.2f}" if planted else "–"
    precision = f"{both / found:.2f}" if found else "–"
    return (
        f"| `{kind}` | {label or ''} | {planted:,} | {found:,} | {recall} | {precision} | "
        f"{repaired:,} | {quarantined:,} | {flagged:,} |"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
