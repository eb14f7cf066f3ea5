"""Plain Splink as a baseline: one `dedupe_only` model, with the same comparisons and blocking.

It runs over all records and lacks what our entity resolution adds: joining equal numbers before any
comparison, comparing each distinct description of a person once, weighing rival candidates, and keeping
numbers apart.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import duckdb
from splink import DuckDBAPI, Linker

from benchmarks.identity.truth import pair_counts
from pipelines.identity import IdentityOutcome
from pipelines.identity.candidates import CANDIDATES, candidate_relation, read_candidates
from pipelines.identity.model import Model, shipped_model
from pipelines.identity.work import work_catalog
from pipelines.installation.one_row import one_value

SAME_NUMBER = "l.typed_number = r.typed_number"
LINKING = ("read", "score", "cluster")
# The columns read by the comparisons, as text.
PLAIN_RECORDS = """
    create or replace table plain_records as
    select
        live.*,
        coalesce(live.house_code, address_houses.house_code) as house,
        name_sounds.name_sound,
        length(live.name) as name_length,
        substr(live.name, 1, length(live.name) - 1) as name_head,
        substr(live.name, 2) as name_tail,
        substr(live.name, 1, 1) || substr(live.name, length(live.name)) as name_ends,
        regexp_matches(live.name, '[A-Za-z]') as name_is_latin,
        unnest(blocking_parts(live.name, live.typed_number))
    from live
    left join address_houses on live.address_standard = address_houses.address_standard
    left join name_sounds on live.name = name_sounds.name
"""


@dataclass(frozen=True)
class Linked:
    """One way of linking a city: time from candidates to clusters, and accuracy."""

    label: str
    seconds: float
    processor_seconds: float
    precision: float
    recall: float
    two_numbers: int

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def ours(connection: duckdb.DuckDBPyConnection, outcome: IdentityOutcome, processor_seconds: float) -> Linked:
    """Measure `resolve_persons`: seconds to the clusters, total processor time; call after `compare`."""
    seconds = sum(outcome.seconds[step] for step in LINKING)
    clusters = "select record_key, person_id as cluster from lake.identity.person_assignments"
    return Linked("identity", seconds, processor_seconds, *_rightness(connection, clusters))


def plain(connection: duckdb.DuckDBPyConnection) -> Linked:
    """Link the same candidates with Splink alone."""
    model = shipped_model()
    with work_catalog(connection) as work:
        started, processor = time.perf_counter(), time.process_time()
        read_candidates(work, candidate_relation(work, CANDIDATES))
        clusters = _link_all(work, model)
        seconds, processor_seconds = time.perf_counter() - started, time.process_time() - processor
        query = f"select record_key, cluster_id as cluster from {clusters}"
        return Linked("plain Splink", seconds, processor_seconds, *_rightness(work, query))


def _link_all(work: duckdb.DuckDBPyConnection, model: Model) -> str:
    nodes = one_value(work.execute("select nodes from population_size"))
    work.execute(PLAIN_RECORDS)
    settings = model.settings(nodes) | {"unique_id_column_name": "record_key"}
    settings["blocking_rules_to_generate_predictions"].insert(0, {"blocking_rule": SAME_NUMBER})
    api = DuckDBAPI(connection=work)
    linker = Linker(api.register("plain_records"), settings, log_level=None, validate_settings=False)
    pairs = linker.inference.predict(threshold_match_probability=model.thresholds.link, warning_mode="never")
    return linker.clustering.cluster_pairwise_predictions_at_threshold(
        pairs, threshold_match_probability=model.thresholds.link
    ).physical_name


def _rightness(connection: duckdb.DuckDBPyConnection, clusters: str) -> tuple[float, float, int]:
    true_pairs, joined, right = pair_counts(connection, clusters)
    result = connection.execute(
        f"select count(*) from (select cluster from ({clusters}) "
        "inner join temp.main.judged using (record_key) "
        "where not is_open group by cluster having count(distinct id_number) > 1)"
    )
    two_numbers = one_value(result)
    return right / joined, right / true_pairs, two_numbers
