"""The generated models that unite every staged row that names a person, or a house."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.contracts import SourceContract
from pipelines.from_contracts.staging_models import model_name

NAMED = {"person": "int_persons_named", "house": "int_houses_named"}
"""The model of each word of a contract's `staging`."""
# Each is read by several models for different columns, which a view lets the engine prune.
CONFIG = '{{ config(materialized=kept_as("view")) }}'


def named_sql(contracts: Mapping[str, SourceContract], word: str) -> str:
    """Return the model for a key of `NAMED`.

    dbt needs the model references before it reads the contracts, so they are listed here; which columns
    describe the person or house is read from each contract at compile time.
    """
    naming = [
        f'    ("{contract.system}", "{table.name}", ref("{model_name(contract, table)}")),'
        for contract in contracts.values()
        for table in contract.tables.values()
        if table.staging.get(word)
    ]
    return "\n".join(
        [
            CONFIG,
            "",
            "{#- Written by `brain sources write`: the staging model of every table that names a "
            f"{word}. -#}}",
            f"{{{{ named_{word}s([",
            *naming,
            "]) }}",
            "",
        ]
    )
