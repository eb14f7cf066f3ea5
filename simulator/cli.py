"""The simulator's command line. It has its own arguments and reads no environment variables."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pipelines.installation.closed_home import keep_closed, make_home
from simulator.generate import generate, read_manifest
from simulator.serve import SERVICES

DEMO_SEED = 20200701


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    options = _parser().parse_args(arguments)
    keep_closed(options.home)
    try:
        return options.run(options)
    except (FileNotFoundError, RuntimeError, ValueError) as error:
        sys.stderr.write(f"{options.command}: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator", description=sys.modules["simulator"].__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = _command(commands, "generate", _generate, "write a city, its dirty sources and the truth")
    command.add_argument("--scale", type=float, default=0.01, help="1.0 is 3,033,528 residents")
    command.add_argument("--seed", type=int, default=DEMO_SEED)
    command.add_argument("--threads", type=int, default=2)
    command.add_argument("--memory-limit", default="5GB", help="of DuckDB")
    command = _command(commands, "serve", _serve, "serve a source system in the foreground")
    command.add_argument("service", choices=SERVICES)
    command.add_argument("--broker", help="publish to this MQTT broker instead of an embedded one")
    command.add_argument("--gateway", help="user:password under which the fleet publishes to that broker")
    command = _command(commands, "advance", _advance, "let simulated days pass")
    command.add_argument("--days", type=int, default=1)
    command = _command(commands, "fault", _fault, "plant or correct a bulk bad edit in the population system")
    command.add_argument("action", choices=("plant", "correct"))
    _command(commands, "list", _list, "say what is generated")
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], int],
    text: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text)
    command.add_argument("--home", type=Path, required=True, help="the folder everything is written to")
    command.set_defaults(run=run, command=name)
    return command


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _generate(options: argparse.Namespace) -> int:
    started = time.monotonic()
    make_home(options.home)
    manifest = generate(
        options.home, options.scale, options.seed, options.threads, options.memory_limit,
        report=lambda line: _say(f"{time.monotonic() - started:7.1f} s  {line}"),
    )  # fmt: skip
    _say(f"{time.monotonic() - started:7.1f} s  done: {sum(manifest['files'].values()):,} rows")
    return 0


def _serve(options: argparse.Namespace) -> int:
    from simulator.serve import serve

    serve(options.service, options.home, broker=options.broker, gateway=options.gateway)
    return 0


def _advance(options: argparse.Namespace) -> int:
    from simulator.advance import advance

    for _ in range(options.days):
        summary = advance(options.home)
        _say(
            f"{summary['today']}: " + ", ".join(f"{name} {rows}" for name, rows in summary["changed"].items())
        )
    return 0


def _fault(options: argparse.Namespace) -> int:
    from simulator.fault import correct, plant

    rows = (plant if options.action == "plant" else correct)(options.home)
    _say(f"{options.action}: {rows} records of population.hj_person changed")
    return 0


def _list(options: argparse.Namespace) -> int:
    manifest = read_manifest(options.home)
    if manifest is None:
        _say(
            f"No complete city under {options.home}. Run: python -m simulator generate --home {options.home}"
        )
        return 1
    _say(f"seed {manifest['seed']}, scale {manifest['scale']}, today {manifest['today']}")
    for name, rows in manifest["files"].items():
        _say(f"{rows:>12,}  {name}")
    return 0
