"""Commands for dashboard developers: `python -m dashboards import|validate`."""

from __future__ import annotations

import time

import typer

from dashboards import provision, validate
from dashboards.environment import FOLDER
from pipelines.installation import state
from pipelines.settings import get_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


@app.command("import")
def import_command(force: bool = typer.Option(False, help="apply even if nothing changed")) -> None:
    """Apply assets, roles and users; does nothing when nothing changed."""
    settings = get_settings()
    state.prepare(settings)
    started = time.monotonic()
    done = provision.apply(settings, force=force)
    took = time.monotonic() - started
    typer.echo(f"Superset {'was brought up to date' if done else 'is up to date'} ({took:.1f} s).")


@app.command("validate")
def validate_command() -> None:
    """Check the assets without Superset: ids, references, queries, names."""
    faults = validate.faults(FOLDER / "assets")
    for fault in faults:
        typer.echo(fault, err=True)
    typer.echo(f"{len(faults)} faults in the assets.")
    raise typer.Exit(1 if faults else 0)


if __name__ == "__main__":
    app()
