"""Reading the candidates: all of them, or those that an increment needs.

A record's prepared form depends on itself, on the records that carry the same
number (who is its holder) and on those at the same address (which house it
names), and on nothing else. That is what an increment relies on.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.identity.tables import BASE, FREQUENCIES, SEEN
from pipelines.identity.work import run_script

CANDIDATES = "lake.intermediate.int_persons_candidates"
# Columns that not every source gives; absent ones count as empty.
OPTIONAL_COLUMNS = (
    "former_name", "id_number_unverified", "owned_house_code", "estate_key", "hukou_no",
    "work_community_code", "inferred_id_number",
)  # fmt: skip

# Each character's syllable, by its first reading: the Unihan database's kMandarin, taken from pypinyin 0.55.
SYLLABLES = Path(__file__).parent / "syllables.csv"
# How common their values are says how much an agreement is worth.
COUNTED_FIELDS = (
    "name", "phone", "house", "hukou_no", "estate_key", "community_code", "work_community_code",
)  # fmt: skip


def candidate_relation(work: duckdb.DuckDBPyConnection, source: str) -> str:
    """The candidates as a relation with every column that identity reads.

    Raises:
        LookupError: the candidates do not exist; nothing was changed.
    """
    try:
        present = {row[0] for row in work.execute(f"describe select * from {source}").fetchall()}
    except duckdb.CatalogException:
        raise LookupError(
            f"The candidates {source} do not exist. Nothing was changed. "
            "Build what identity reads first: `brain build`."
        ) from None
    absent = [f"null::varchar as {name}" for name in OPTIONAL_COLUMNS if name not in present]
    return f"(select {', '.join(['*', *absent])} from {source})"


def read_candidates(work: duckdb.DuckDBPyConnection, relation: str, *, recount: bool = True) -> None:
    """Fill `records`, `record_nodes` and the frequencies of values with all that is there."""
    run_script(work, "candidates", kind="table", name="candidates", source=relation)
    run_script(work, "address_houses", name="address_houses", candidates="candidates")
    run_script(work, "records")
    run_script(work, "name_sounds", syllables=SYLLABLES)
    run_script(work, "nodes")
    count_values(work, recount=recount)


def read_some(work: duckdb.DuckDBPyConnection, keys: str) -> None:
    """Fill `records` and `record_nodes` with the records of the relation `keys`, as if all had been read.

    Needs `live`, `fetched`, `touched` and `address_houses_now`, which `increment` keeps.
    """
    run_script(work, "fetch", keys=keys)
    run_script(work, "records")
    run_script(work, "name_sounds", syllables=SYLLABLES)
    run_script(work, "untouched", seen=SEEN.qualified)
    run_script(work, "nodes")


def count_values(work: duckdb.DuckDBPyConnection, *, recount: bool) -> None:
    """Fill `population_size` and `value_frequencies`: counted anew, or as the base has them."""
    run_script(work, "said", fields=", ".join(COUNTED_FIELDS))
    for field in COUNTED_FIELDS:
        run_script(work, "counted_values", field=field)
    if recount:
        run_script(work, "frequencies")
    else:
        run_script(work, "kept_frequencies", base=BASE.qualified, frequencies=FREQUENCIES.qualified)
