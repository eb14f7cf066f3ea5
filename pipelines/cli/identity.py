"""`brain person`: why records belong together, which pairs wait for a decision, and deciding them."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.cli.options import By, Json
from pipelines.cli.output import console, failures_as_messages, show, show_json
from pipelines.installation.durable_files import write_text_durably
from pipelines.installation.state import connect_state
from pipelines.lake.confined import log_read
from pipelines.lake.connection import reader
from pipelines.reasons import usable_reason
from pipelines.settings import Settings, get_settings

Reason = Annotated[
    str | None, typer.Option(help="Why records of health, relief and the party are shown too; kept.")
]
Unmasked = Annotated[
    bool, typer.Option("--unmasked", help="Show values as they are; needs --reason, and the read is kept.")
]
# What an unmasked answer repeats values of.
VALUES = "intermediate.int_persons_candidates"
app = typer.Typer(help="Persons across the sources.", no_args_is_help=True)


@app.command()
def explain(
    person_id: str,
    reason: Reason = None,
    unmasked: Unmasked = False,
    as_json: Json = False,
) -> None:
    """Show the records of a person and what joined them, decisions too, masked unless --unmasked."""
    from pipelines.identity.decisions import every_decision
    from pipelines.identity.explain import explain_person, without_withheld

    settings = get_settings()
    with failures_as_messages(), reader(settings) as lake, connect_state(settings) as state:
        _log_read(
            settings, f"person explain {person_id}", "identity.person_assignments", reason, unmasked=unmasked
        )
        found = explain_person(lake, person_id, masked=not unmasked, decisions=every_decision(state))
        if reason is None:
            found = without_withheld(lake, found)
    if as_json:
        show_json(found)
        return
    for title, value in found.items():
        if isinstance(value, list) and value:
            show(value, title=title, as_json=False)


@app.command()
def review(
    limit: Annotated[int, typer.Option(min=1, help="Pairs to list.")] = 50,
    page: Annotated[
        Path | None, typer.Option(help="Write both sides and the evidence to this HTML file.")
    ] = None,
    reason: Reason = None,
    unmasked: Unmasked = False,
    as_json: Json = False,
) -> None:
    """List the pairs that a person must decide, the likeliest first and the unsure last.

    Values are masked unless --unmasked; pairs with a record of health, relief or the party are listed
    for a --reason.
    """
    from pipelines.identity.decisions import every_decision
    from pipelines.identity.explain import pairs_waiting, review_queue
    from pipelines.identity.review_page import review_page

    settings = get_settings()
    with failures_as_messages(), reader(settings) as lake, connect_state(settings) as state:
        _log_read(settings, "person review", "identity.person_review", reason, unmasked=unmasked)
        decisions, shows_withheld = every_decision(state), reason is not None
        waiting = pairs_waiting(lake, decisions, shows_withheld)
        pairs = review_queue(
            lake, masked=not unmasked, limit=limit, decisions=decisions, shows_withheld=shows_withheld
        )
    if page:
        # For its reader alone, whatever else is allowed in the folder.
        write_text_durably(page, review_page(pairs, waiting), mode=0o600)
        console.print(
            f"{len(pairs)} of {waiting} pairs in {page}, {'not ' if unmasked else ''}masked.", soft_wrap=True
        )
        return
    if as_json:
        show_json(pairs)
        return
    title = f"Pairs to review ({len(pairs)} of {waiting})"
    show([_side_by_side(pair) for pair in pairs], title=title, as_json=False)


@app.command()
def decide(
    subject: Annotated[str, typer.Argument(help="The review's id, or a record key (then name --with).")],
    verdict: Annotated[str, typer.Argument(help="same, different or unsure")],
    reason: Annotated[str, typer.Option(help="Why; without personal values.")],
    other: Annotated[str | None, typer.Option("--with", help="The other record's key.")] = None,
    wrong_number_of: Annotated[
        str | None, typer.Option(help="The record whose identity number is not its person's.")
    ] = None,
    decided_by: By = None,
    as_json: Json = False,
) -> None:
    """Decide whether two records are of one person; the next build obeys, and all that follow."""
    from pipelines.identity.decisions import decide as keep
    from pipelines.identity.decisions import decision_key, every_decision
    from pipelines.identity.explain import pair_of_review

    settings = get_settings()
    with failures_as_messages(), reader(settings) as lake, connect_state(settings, autocommit=True) as state:
        pair = (subject, other) if other else pair_of_review(lake, subject)
        decision = keep(
            lake, state, pair, verdict, reason=reason, wrong_number_of=wrong_number_of,
            decided_by=decided_by or getpass.getuser(),
            key=decision_key(settings.secrets, every_decision(state)),
        )  # fmt: skip
    if as_json:
        show_json(decision.shown())
        return
    console.print(f"Kept as decision {decision.described()}. The next `brain build` obeys it.")
    if decision.wrong_number_of:
        console.print(
            f"The identity number in {decision.wrong_number_of} no longer counts as its person's. "
            "Other records that carry that number are not affected."
        )


@app.command()
def train(
    out: Annotated[
        Path,
        typer.Argument(
            metavar="NEW_FILE", help="The model is written to this file, which must not be there yet."
        ),
    ],
) -> None:
    """Estimate the linkage model anew from the city's own records, into a file; nothing obeys it yet."""
    from pipelines.identity.model import MODEL_PATH
    from pipelines.identity.training import train as estimate
    from pipelines.identity.training import write_model

    settings = get_settings()
    with failures_as_messages():
        _may_be_written(out, settings)
        with reader(settings) as lake:
            write_model(estimate(lake), out)
    console.print(f"Wrote {out}: names and contacts as the city's own records have them.", soft_wrap=True)
    console.print(
        f"Measure it first (make bench-identity). Put in place of {MODEL_PATH}, the next `brain build` "
        "links everything anew by it.",
        soft_wrap=True,
    )


def _may_be_written(out: Path, settings: Settings) -> None:
    """Refuse, before minutes of work, a file that would not be a new one in a folder that is there.

    Raises:
        OSError: it is there already, its folder is not, or it lies among the secrets.
    """
    if out.exists():
        raise FileExistsError(f"{out} is there already. Nothing was changed; name another file.")
    if not out.parent.is_dir():
        raise FileNotFoundError(
            f"{out.parent} is no folder. Nothing was changed; name a file in one that is there."
        )
    if out.resolve().is_relative_to(settings.secrets.resolve()):
        raise PermissionError(
            f"{settings.secrets} holds secrets alone. Nothing was changed; name another file."
        )


def _log_read(settings: Settings, command: str, table: str, reason: str | None, *, unmasked: bool) -> None:
    """Keep who reads what the boundary withholds, or values as they are; nothing else needs a reason.

    Raises:
        ValueError: values are asked for as they are, and nobody says why.
    """
    if reason is None and unmasked:
        raise ValueError(
            "--unmasked needs --reason: who read what of whom, and why, is kept. Nothing was read."
        )
    if reason is not None:
        tables = [table, VALUES] if unmasked else [table]
        log_read(settings, command, tables, read_by=getpass.getuser(), reason=usable_reason(reason))


def _side_by_side(pair: dict[str, Any]) -> dict[str, Any]:
    sides = {
        name: " / ".join(str(pair[side].get(name) or "–") for side in ("left", "right"))
        for name in ("record_key", "name", "id_number", "birth", "phone", "community_code")
    }
    return {
        "review_id": pair["review_id"],
        "status": pair["status"],
        "why": pair["reason_label"],
        "weight": pair["match_weight"],
        **sides,
        "differs": pair["differs"],
    }
