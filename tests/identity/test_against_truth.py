"""Identity of a fresh city against what the simulator knows to be true."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.identity.__main__ import measure_city
from benchmarks.identity.city import prepare_city
from benchmarks.identity.truth import Measure
from pipelines.identity import IdentityOutcome, resolve_persons
from pipelines.installation.state import embedded_server
from pipelines.lake.connection import current_snapshot, writer
from pipelines.settings import Settings

# A seed that nothing was tuned on.
SEED = 8_151_623
SCALE = 0.003
LEAST_PRECISION, LEAST_RECALL = 0.998, 0.985
# Their records give a name and a telephone; where that is missing or another's, nobody can tell.
KNOWN_BY_PHONE_ONLY = (
    "grid.event", "organizations.org", "deliberation.mediation", "civil_affairs.org_community",
    "incident_reported_again", "status_variant", "registration_no", "credit_code",
)  # fmt: skip
# Of the pairs in which a record has no valid number: here the linkage model decides, not the number.
LEAST_OPEN_PRECISION, LEAST_OPEN_RECALL = 0.99, 0.95

Resolved = tuple[Settings, IdentityOutcome, dict[str, Measure], int]


@pytest.fixture(scope="module")
def resolved() -> Iterator[Resolved]:
    # PostgreSQL runs as a user of its own, who may not enter pytest's folders.
    with tempfile.TemporaryDirectory(prefix="brain-identity-") as folder:
        Path(folder).chmod(0o755)
        settings = prepare_city(Path(folder), SCALE, SEED)
        outcome, measures, two_numbers = measure_city(settings)
        yield settings, outcome, {measure.kind: measure for measure in measures}, two_numbers
        embedded_server(settings).stop()


def test_persons_agree_with_the_truth(resolved: Resolved) -> None:
    overall = resolved[2]["overall"]
    assert overall.precision >= LEAST_PRECISION
    assert overall.recall >= LEAST_RECALL


def test_records_without_a_number_are_linked_as_well(resolved: Resolved) -> None:
    without = resolved[2]["a record without a valid number"]
    assert without.true_pairs > 200
    assert without.precision >= LEAST_OPEN_PRECISION
    assert without.recall >= LEAST_OPEN_RECALL


def test_nobody_has_two_valid_numbers(resolved: Resolved) -> None:
    assert resolved[3] == 0


def test_no_source_and_no_dirt_is_left_behind(resolved: Resolved) -> None:
    poor = {
        kind: (measure.precision, measure.recall)
        for kind, measure in resolved[2].items()
        if measure.true_pairs >= 30 and (measure.precision < 0.98 or measure.recall < _least_recall(kind))
    }
    assert poor == {}


def test_a_number_of_another_is_no_reason_to_lose_a_record(resolved: Resolved) -> None:
    assert resolved[2]["id_of_another"].recall >= 0.85


def _least_recall(kind: str) -> float:
    return 0.2 if any(table in kind for table in KNOWN_BY_PHONE_ONLY) else 0.85


def test_a_second_run_makes_no_snapshot(resolved: Resolved) -> None:
    settings = resolved[0]
    with writer(settings) as connection:
        before = current_snapshot(connection)
        outcome = resolve_persons(connection, as_of=settings.current_date())
        assert (outcome.rows_written, current_snapshot(connection)) == (0, before)


def test_nothing_personal_is_published_beside_the_records(resolved: Resolved) -> None:
    settings: Settings = resolved[0]
    with writer(settings) as connection:
        (leaks,) = connection.execute(
            "select count(*) from lake.identity.person_evidence as e "
            "inner join lake.intermediate.int_persons_candidates as c on e.record_key_l = c.record_key "
            "where contains(e.evidence, c.name_standard) or contains(e.evidence, c.phone)"
        ).fetchone()
    assert leaks == 0
