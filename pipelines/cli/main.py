"""The `brain` command: every task of an operator, an analyst and an auditor.

Each command is a few lines over a function of its room, which it imports itself:
Dagster, Splink and Great Expectations take seconds to import. Listing commands take
`--json`. Exit status 0 means that what was asked for was done.
"""

from __future__ import annotations

import typer

from pipelines.cli import audit, data, demo, identity, operations, quality, share
from pipelines.cli.output import failures_as_messages
from pipelines.installation import closed_home
from pipelines.settings import get_settings

app = typer.Typer(
    help="社区大脑 Community Brain: a city's data, from the systems that hold it to the people who use it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.callback()
def every_command() -> None:
    """What the commands have in common: nobody else on this machine reads or writes what they write."""
    with failures_as_messages():
        closed_home.refuse_other_user(get_settings().home)
        closed_home.keep_closed(get_settings().home)


app.command("demo")(demo.demo)
app.command("start")(operations.start)
app.command("stop")(operations.stop)
app.command("status")(operations.status)
app.command("maintain")(operations.maintain)
app.command("backup")(operations.backup)
app.command("restore")(operations.restore)
app.command("stream")(operations.stream)
app.add_typer(data.sources_app, name="sources")
app.command("pull")(data.pull)
app.command("build")(data.build)
app.command("publish")(data.publish)
app.command("sql")(data.sql)
app.add_typer(identity.app, name="person")
app.add_typer(quality.app, name="quality")
app.add_typer(share.app, name="share")
app.add_typer(audit.app, name="audit")


if __name__ == "__main__":
    app()
