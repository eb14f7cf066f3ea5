"""`brain demo`: the whole pipeline on a synthetic city, and its closing table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from pipelines.cli.output import console, failures_as_messages, wide_enough
from pipelines.contracts import load_contracts
from pipelines.settings import get_settings

if TYPE_CHECKING:
    from pipelines.operations.demo import Demo


def demo(
    scale: Annotated[float, typer.Option(help="1.0 is the city's three million residents.")] = 0.01,
    seed: Annotated[int, typer.Option(help="Another seed is another city.")] = 20200701,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Leave the servers running.")] = True,
) -> None:
    """Run everything from source systems to dashboard, and show what passed and what was stopped."""
    from pipelines.operations.demo import SIMULATED_TODAY, Demo, run_demo
    from pipelines.operations.runs import prepare_environment

    today = get_settings().today or SIMULATED_TODAY
    prepare_environment(get_settings().model_copy(update={"today": today}))
    get_settings.cache_clear()
    settings = get_settings()
    demonstration = Demo(
        settings=settings,
        contracts=load_contracts(settings.sources_dir),
        scale=scale,
        seed=seed,
        tell=lambda name: console.print(f"▸ {name} …", highlight=False),
    )
    with failures_as_messages():
        run_demo(demonstration, serve=serve)
    _print_stages(demonstration)
    _print_services(demonstration)


def _print_stages(demonstration: Demo) -> None:
    table = Table(title="Stages", title_justify="left")
    for name in ("stage", "seconds", "rows in", "rows out", "quarantined"):
        table.add_column(name, justify="left" if name == "stage" else "right")
    table.add_column("what passed, what was stopped", overflow="fold")
    for stage in demonstration.stages:
        counts = (stage.rows_in, stage.rows_out, stage.quarantined)
        table.add_row(
            stage.name, f"{stage.seconds:.1f}", *("" if n is None else f"{n:,}" for n in counts), stage.note
        )
    total = sum(stage.seconds for stage in demonstration.stages)
    table.add_section()
    table.add_row("all", f"{total:.1f}")
    wide_enough().print(table)


def _print_services(demonstration: Demo) -> None:
    for service in demonstration.services:
        console.print(f"{service.name}  {service.address}  {service.how_to_log_in}", highlight=False)
    if demonstration.services:
        console.print("`make stop` stops every server. `brain status` tells how things are.")
