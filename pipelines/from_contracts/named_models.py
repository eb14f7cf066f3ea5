"""The models that unite every staged row that names a person, or a house."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.contracts import SourceContract
from pipelines.from_contracts.staging_models import model_name

NAMED = {"person": "int_persons_named", "house": "int_houses_named"}
"""The model of each word of a contract's `staging`."""
# Each is read by several models, by each for other columns: a view is looked through.
CONFIG = '{{ config(materialized=kept_as("view")) }}'


def named_sql(contracts: Mapping[str, SourceContract], word: str) -> str:
    """The model of a word of `NAMED` as text.

    dbt has to know the models before it knows the contracts, so they are listed here; what each
    table says of its person or house is read from its contract when the model is compiled.
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
