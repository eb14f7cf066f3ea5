"""The generated model that unites findings of staged rows with those of the comparing models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipelines.contracts import SourceContract
from pipelines.from_contracts.staging_models import model_name


def findings_sql(contracts: Mapping[str, SourceContract], checks: Iterable[str]) -> str:
    """Return `models/quality/row_findings.sql`; `checks` are the names of the comparing models."""
    staged = [
        f'    ("{contract.system}", "{table.name}", ref("{model_name(contract, table)}")),'
        for contract in contracts.values()
        for table in contract.tables.values()
    ]
    compared = [f'    ref("{name}"),' for name in sorted(checks)]
    return "\n".join(
        [
            '{{ config(materialized="ephemeral") }}',
            "",
            "{#- Written by `brain sources write`: every staging model and every model named <…>_checks. -#}",
            "{%- set staged = [",
            *staged,
            "] -%}",
            "{%- set compared = [",
            *compared,
            "] -%}",
            "{{ row_findings(staged, compared) }}",
            "",
        ]
    )
