"""Pull a system by its transport: a stream is drained of waiting messages, any other source is read."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import duckdb

from pipelines.contracts import SourceContract, load_contracts
from pipelines.extract.errors import PullError
from pipelines.installation.state import PlatformDatabaseError, connect_state
from pipelines.land.batch import table_session
from pipelines.land.outcome import PullOutcome, record_outcome
from pipelines.land.pull import Period, failed, pull_tables, remove_orphans, seconds_since
from pipelines.settings import Settings
from pipelines.stream.service import StreamBusyError, drain


def pull_system(
    settings: Settings,
    system: str,
    tables: Sequence[str] | None = None,
    period: Period | None = None,
) -> list[PullOutcome]:
    """Land new data of a system's tables, or read the days of a period again.

    Args:
        tables: which of its tables; None means all.
        period: first and last day, both included; the cursor stays where it is.

    Raises:
        KeyError: no such system or table.
        PlatformDatabaseError: the platform's own database does not answer.
    """
    contracts = load_contracts(settings.sources_dir)
    if system not in contracts:
        raise KeyError(f"No such source system: '{system}'. Known: {', '.join(contracts)}.")
    contract = contracts[system]
    chosen = [contract.table(name).name for name in (tables if tables is not None else contract.tables)]
    if contract.is_stream:
        outcomes = _drain(settings, contract, chosen)
    else:
        outcomes = pull_tables(settings, contract, chosen, period)
    with connect_state(settings) as state:
        for outcome in outcomes:
            record_outcome(state, outcome)
    return outcomes


def _drain(settings: Settings, contract: SourceContract, tables: list[str]) -> list[PullOutcome]:
    started = time.monotonic()
    empty = [PullOutcome(contract.system, table, "unchanged") for table in tables]
    try:
        for table in tables:
            with table_session(settings, contract.system, table) as state:
                remove_orphans(settings, state, contract, contract.table(table))
        found = {outcome.table: outcome for outcome in drain(settings, contract.system)}
    except PlatformDatabaseError:
        raise
    except StreamBusyError as error:
        return [replace(outcome, message=str(error)) for outcome in empty]
    except (PullError, OSError, LookupError, RuntimeError, duckdb.Error) as error:
        return [failed(replace(outcome, seconds=seconds_since(started)), error) for outcome in empty]
    return [
        replace(
            outcome,
            status="landed" if found[outcome.table].rows_read else "unchanged",
            rows_read=found[outcome.table].rows_read,
            rows_landed=found[outcome.table].rows_landed,
            rows_quarantined=found[outcome.table].rows_quarantined,
            seconds=found[outcome.table].seconds,
        )
        for outcome in empty
    ]
