"""Persistent ids: a cluster inherits the id that most of its records had.

Changes are recorded: an id that disappears points to the one that took over its records, so an old id always
resolves.
"""

from __future__ import annotations

from datetime import date

import duckdb

from pipelines.identity.work import run_script
from pipelines.installation.one_row import one_value

LAST_GENERATION = 32
# Later generations are rarely assigned, so they are not searched when a split part reclaims an id.
RECLAIMED_GENERATIONS = 4


def give_ids(work: duckdb.DuckDBPyConnection, assignments: str, ids: str) -> None:
    """Fill `cluster_ids(cluster, person_id)` from this run's clusters and the published tables."""
    run_script(work, "ids", assignments=assignments, ids=ids)
    while one_value(work.execute("select count(*) from id_claims")):
        run_script(work, "id_round")
    if one_value(work.execute("select count(*) from prior_ids")):
        run_script(work, "reclaimed_ids", last_generation=RECLAIMED_GENERATIONS)
    run_script(work, "new_ids", first_generation=0, last_generation=1)
    run_script(work, "new_ids", first_generation=1, last_generation=LAST_GENERATION)


def record_changes(work: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Fill `next_ids` (the registry) and `id_changes` (rows to append to the history)."""
    run_script(work, "id_changes", as_of=as_of.isoformat())
