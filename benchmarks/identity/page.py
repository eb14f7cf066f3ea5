"""Render the measurements as a Markdown page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.identity.plain import Linked
from benchmarks.identity.truth import Measure
from pipelines.identity import IdentityOutcome

INTRODUCTION = """# Identity, measured

Written by `make bench-identity` (`python -m benchmarks.identity`). Every city is generated from a seed that
nothing was tuned on, all its sources that name persons are staged by the platform's own models, and the
result is compared with the simulator's truth. Pairs of records are counted; intervals are bootstrapped by
person. A pair counts under a kind of dirt if either of its records carries it; records that carry none are
in the overall figures only.
"""
STEP_NAMES = {
    "standardise": "standardise (staging and candidates, by dbt)",
    "read": "link: read and normalise candidates",
    "score": "link: compare",
    "cluster": "cluster",
    "identify": "give lasting ids",
    "publish": "publish what changed",
    "survive": "survive (`dim_persons`, by dbt)",
}


@dataclass(frozen=True)
class City:
    """The measurements of one city; `steps` holds seconds and megabytes."""

    seed: int
    outcome: IdentityOutcome
    measures: list[Measure]
    two_numbers: int
    steps: dict[str, tuple[float, float]]
    beside: tuple[Linked, ...]


def page(machine: str, cities: list[City]) -> str:
    """Return the whole page: one row per city first, then the measurements of each."""
    return "\n".join([INTRODUCTION, f"{machine}\n", _summary(cities), *map(_section, cities)])


def _summary(cities: list[City]) -> str:
    return "\n".join(
        [
            "| city | records | persons | precision | recall | persons with two valid numbers "
            "| F1 of plain Splink | processor time beside plain Splink |",
            "|---|--:|--:|--:|--:|--:|--:|--:|",
            *map(_summary_row, cities),
            "",
        ]
    )


def _summary_row(city: City) -> str:
    overall = city.measures[0]
    own, plain = city.beside
    return (
        f"| seed {city.seed} | {city.outcome.records:,} | {city.outcome.persons:,} "
        f"| {_with_interval(overall.precision, overall.precision_interval)} "
        f"| {_with_interval(overall.recall, overall.recall_interval)} | {city.two_numbers} "
        f"| {plain.f1:.4f} ({own.f1:.4f} here) | {own.processor_seconds / plain.processor_seconds:.2f} |"
    )


def _section(city: City) -> str:
    outcome = city.outcome
    return "\n".join(
        [
            f"## Seed {city.seed}\n",
            f"{outcome.records:,} records, {outcome.persons:,} persons. "
            f"Persons with two valid numbers: **{city.two_numbers}**.\n",
            f"Records by rule: {_listed(outcome.records_by_rule)}. "
            f"Waiting for review: {_listed(outcome.review_by_reason)}.\n",
            "### Beside plain Splink\n",
            "The same candidates, comparisons and blocking, from candidates to clusters, in one run; "
            "identity's processor time is that of all it does, lasting ids and publishing included.\n",
            "| | seconds | processor seconds | precision | recall | F1 | clusters with two valid numbers |",
            "|---|--:|--:|--:|--:|--:|--:|",
            *map(_linked_row, city.beside),
            "",
            "### Steps\n",
            "| step | seconds | peak memory of the process, MB |",
            "|---|--:|--:|",
            *(
                f"| {STEP_NAMES[name]} | {seconds:.1f} | {memory:,.0f} |"
                for name, (seconds, memory) in city.steps.items()
            ),
            "",
            "### Accuracy\n",
            "<details><summary>overall, by source pair and by kind of dirt</summary>\n",
            "| pairs | true | joined | precision [95 %] | recall [95 %] |",
            "|---|--:|--:|--:|--:|",
            *map(_measure_row, city.measures),
            "\n</details>\n",
        ]
    )


def _linked_row(linked: Linked) -> str:
    return (
        f"| {linked.label} | {linked.seconds:.1f} | {linked.processor_seconds:.1f} "
        f"| {linked.precision:.4f} | {linked.recall:.4f} | {linked.f1:.4f} | {linked.two_numbers:,} |"
    )


def _measure_row(measure: Measure) -> str:
    return (
        f"| {measure.kind} | {measure.true_pairs:,} | {measure.joined_pairs:,} "
        f"| {_with_interval(measure.precision, measure.precision_interval)} "
        f"| {_with_interval(measure.recall, measure.recall_interval)} |"
    )


def _with_interval(value: float, interval: tuple[float, float]) -> str:
    return f"{value:.4f} [{interval[0]:.4f}, {interval[1]:.4f}]"


def _listed(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:,}" for name, value in values.items()) or "none"
