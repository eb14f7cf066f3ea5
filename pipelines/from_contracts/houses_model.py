"""The model that unites every staged row that names a house."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.contracts import SourceContract
from pipelines.from_contracts.staging_models import model_name


def named_houses_sql(contracts: Mapping[str, SourceContract]) -> str:
    """`models/intermediate/houses/int_houses_named.sql` as text.

    dbt has to know the models before it knows the contracts, so they are listed here; what each
    table says of its house is read from its contract when the model is compiled.
    """
    naming = [
        f'    ("{contract.system}", "{table.name}", ref("{model_name(contract, table)}")),'
        for contract in contracts.values()
        for table in contract.tables.values()
        if table.staging.get("house")
    ]
    return "\n".join(
        [
            "{#- Written by `brain sources write`: the staging model of every table that names a house. -#}",
            "{{ named_houses([",
            *naming,
            "]) }}",
            "",
        ]
    )
