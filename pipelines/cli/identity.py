"""`brain person`: why records belong together, and which pairs wait for a decision."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pipelines.cli.output import failures_as_messages, show, show_json
from pipelines.lake.connection import reader
from pipelines.settings import get_settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
app = typer.Typer(help="Persons across the sources.", no_args_is_help=True)


@app.command()
def explain(person_id: str, as_json: Json = False) -> None:
    """Show the records of a person and what joined them; values are masked."""
    from pipelines.identity.explain import explain_person

    with failures_as_messages(), reader(get_settings()) as connection:
        found = explain_person(connection, person_id)
    if as_json:
        show_json(found)
        return
    for title, value in found.items():
        if isinstance(value, list) and value:
            show(value, title=title, as_json=False)


@app.command()
def review(limit: int = 50, as_json: Json = False) -> None:
    """List the pairs that a person must decide, masked, the doubtful first."""
    from pipelines.identity.explain import review_queue

    with failures_as_messages(), reader(get_settings()) as connection:
        pairs = review_queue(connection, limit=limit)
    if as_json:
        show_json(pairs)
        return
    show([_side_by_side(pair) for pair in pairs], title="Pairs to review", as_json=False)


def _side_by_side(pair: dict[str, Any]) -> dict[str, Any]:
    sides = {
        name: " / ".join(str(pair[side].get(name) or "–") for side in ("left", "right"))
        for name in ("source_table", "name", "id_number", "birth", "phone", "community_code")
    }
    return {
        "review_id": pair["review_id"],
        "why": pair["reason_label"],
        "weight": pair["match_weight"],
        **sides,
    }
