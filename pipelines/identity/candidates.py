"""Read the candidates: all of them, or only those that an increment needs.

A record's prepared form depends only on the record itself and on the records at the same address (which
determine the house it names). Increments rely on this.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.identity.tables import BASE, BLOCKING_FIELDS, FREQUENCIES
from pipelines.identity.work import run_script

CANDIDATES = "lake.intermediate.int_persons_candidates"
# The effective number of a record: its own, or the one inferred from a record linked to it by key.
NUMBER = "if(id_number_status in ('valid', 'foreign'), id_number, inferred_id_number)"
# The key by which numbers are equal: numbers other than a resident's are equal within one document type only.
DOCUMENT = (
    f"if(id_number_status <> 'foreign' and length({NUMBER}) = 18, '', coalesce(id_type_code || '|', ''))"
    f" || {NUMBER}"
)
# Columns that not every source provides; missing ones are read as null.
OPTIONAL_COLUMNS = (
    "former_name", "id_number_unverified", "owned_house_code", "estate_key", "hukou_no",
    "work_community_code", "inferred_id_number",
)  # fmt: skip

# Each character's syllable in its first reading: Unihan's kMandarin, taken from pypinyin 0.55.
SYLLABLES = Path(__file__).parent / "syllables.csv"
# Compared for equality only, so the records hold digests of them.
DIGESTED_FIELDS = ("phone", "house", "hukou_no", "estate_key", "community_code", "work_community_code")
# Fields with a term frequency adjustment: an agreement on a rare value is worth more.
COUNTED_FIELDS = ("name", *DIGESTED_FIELDS)


def candidate_relation(work: duckdb.DuckDBPyConnection, source: str) -> str:
    """Return the candidates as a relation with every column that identity reads.

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


def shape_candidates(work: duckdb.DuckDBPyConnection, name: str, source: str) -> None:
    """Create the view `name`, which holds the compared columns of `source`."""
    run_script(work, "candidates", name=name, source=source, document=DOCUMENT)


def read_candidates(work: duckdb.DuckDBPyConnection, relation: str, *, recount: bool = True) -> None:
    """Fill `records` and the term frequencies from all candidates."""
    shape_candidates(work, "live", relation)
    run_script(work, "address_houses", name="address_houses", candidates="live")
    _prepare(work, "live")
    if recount:
        _count_values(work)
    else:
        restore_frequencies(work)


def read_some(work: duckdb.DuckDBPyConnection, keys: str) -> None:
    """Fill `records` with the records of the relation `keys`, in the form a full read would give them.

    Needs `live`, `fetched` and `address_houses_now`, which `increment` maintains.
    """
    run_script(work, "fetch", keys=keys)
    _prepare(work, "candidates")


def remember_seen(work: duckdb.DuckDBPyConnection, condition: str) -> None:
    """Make `next_seen` the state of those of `records` that meet the condition."""
    keys = ", ".join(f"short_digest_of({field}) as {field}_key" for field in BLOCKING_FIELDS)
    run_script(work, "seen", blocking_keys=keys, condition=condition)


def restore_frequencies(work: duckdb.DuckDBPyConnection) -> None:
    """Restore `population_size` and `value_frequencies` from the last full run."""
    run_script(work, "kept_frequencies", base=BASE.qualified, frequencies=FREQUENCIES.qualified)


def value_key(field: str) -> str:
    """Return SQL for the digest under which a record's value is counted."""
    return field if field in DIGESTED_FIELDS else f"hash({field})"


def digest_sql(work: duckdb.DuckDBPyConnection) -> str:
    """Return SQL for a digest of every column of `candidates` that identity reads."""
    columns = [row[0] for row in work.execute("describe live").fetchall()]
    return f"hash({', '.join(f'candidates.{name}' for name in columns)})"


def _prepare(work: duckdb.DuckDBPyConnection, candidates: str) -> None:
    run_script(work, "records", candidates=candidates, digest=digest_sql(work))
    run_script(work, "name_sounds", syllables=SYLLABLES)


def _count_values(work: duckdb.DuckDBPyConnection) -> None:
    work.execute("create or replace table counted_values (field varchar, value_key ubigint, persons bigint)")
    for field in COUNTED_FIELDS:
        run_script(work, "counted_values", field=field, value_key=value_key(field))
    run_script(work, "frequencies")
    work.execute("drop table counted_values")
