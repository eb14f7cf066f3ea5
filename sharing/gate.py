"""Door 2: build the exact slice, judge it, record the verdict, publish it or hold it back.

The order makes a kill at any point safe: the slice is durable before the decision, the decision (evidence,
work orders, ledger) is one transaction, and publishing can be repeated from the ledger alone.
"""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import duckdb
import psycopg

from data_quality.evidence import GateRun, record_run
from data_quality.expectations import run_suites
from data_quality.measure import Measure, failing_keys, measure, open_slice
from data_quality.verdict import DimensionScore, Verdict, decide
from data_quality.work_orders import update_orders
from pipelines.installation.one_row import one_value
from sharing import ledger
from sharing.contracts import GRANT_RULE, ShareContract, at_snapshot, within_grant
from sharing.delivery import Shelf, discard_staged, publish, shelf_of, stage
from sharing.excess import Excess, delivered_contract, excess_of
from sharing.keys import recipient_key, signing_key
from sharing.projection import Slice, build_slice
from sharing.turn import Folders, one_at_a_time

RULES_FILE = ".rules.duckdb"


Status = Literal["published", "unchanged", "blocked", "withdrawn"]


@dataclass(frozen=True)
class GateOutcome:
    """The outcome of a gate run, without personal values.

    `status` is `published`, `unchanged` (the served version already has this
    content), `blocked` (the previous version, if any, stays served) or `withdrawn`
    (nothing is served any more: the grant is not in force, or the previous version
    goes beyond it and the new one did not pass).
    """

    department: str
    dataset: str
    status: Status
    verdict: str
    score: float | None
    row_count: int
    lake_snapshot: int
    content_hash: str
    serving_version: str | None
    ledger_entry: int | None
    gate_run_id: int | None
    reasons: tuple[str, ...] = ()
    failed_rules: tuple[str, ...] = ()
    tickets: tuple[str, ...] = ()
    scorecard: tuple[DimensionScore, ...] = field(default=(), repr=False)
    excess: tuple[Excess, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the recipient is served with the requested content."""
        return self.status in ("published", "unchanged")

    @property
    def is_in_force(self) -> bool:
        """Whether the grant permits deliveries on the day."""
        return GRANT_RULE not in self.failed_rules

    @property
    def next_step(self) -> str:
        """The action required of the operator."""
        if self.passed:
            orders = f"The departments have work orders: {', '.join(self.tickets)}."
            return orders if self.tickets else "Nothing to do."
        if self.status == "withdrawn" and not self.is_in_force:
            return (
                "The grant is not in force, so nothing is served any more. "
                "Renew the grant in the contract, then bring the share through the gate again."
            )
        kept = f"version {self.serving_version} stays served" if self.serving_version else "nothing is served"
        if self.status == "withdrawn":
            kept = (
                f"nothing is served any more, since the version before is not granted as it is: {self._told}"
            )
        rules = f"failed rules: {', '.join(self.failed_rules)}" if self.failed_rules else "nothing to judge"
        return (
            f"Stopped ({rules}); {kept}. Correct it at the source and build, then bring it through the gate "
            f"again; `brain quality show {self.gate_run_id}` has the details."
        )

    @property
    def notice(self) -> str:
        """The action required of the departments, in the terms of their work orders."""
        if self.passed:
            return f"已放行；请责任部门办理工单：{', '.join(self.tickets)}" if self.tickets else "无需处理"
        if self.status == "withdrawn" and not self.is_in_force:
            return "授权不在有效期内：已停止提供，原有版本不再对外。续签授权、更新合同后重新运行"
        served = f"继续提供上一版 {self.serving_version}" if self.serving_version else "尚无可提供的版本"
        if self.status == "withdrawn":
            beyond = "；".join(item.notice for item in self.excess)
            served = f"上一版超出现行授权（{beyond}），已停止提供"
        return (
            f"已拦截（{'；'.join(self.reasons)}）。{served}。"
            f"请责任部门在源头更正后重新运行；明细见 brain quality show {self.gate_run_id}"
        )

    def metadata(self) -> dict[str, Any]:
        """Return the outcome as plain values for display."""
        shown = asdict(self) | {"next_step": self.next_step, "notice": self.notice}
        shown["excess"] = [item.notice for item in self.excess]
        shown["scorecard"] = {line.dimension: line.score for line in self.scorecard}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in shown.items()}

    @property
    def _told(self) -> str:
        return "; ".join(item.told for item in self.excess)


@dataclass(frozen=True)
class _Judged:
    """A staged slice and its judgement, before anything is recorded."""

    built: Slice
    verdict: Verdict
    measures: list[Measure]
    keys: Any


def run_gate(
    contract: ShareContract,
    *,
    lake: duckdb.DuckDBPyConnection,
    state: psycopg.Connection,
    folders: Folders,
    snapshot: int,
    today: date,
) -> GateOutcome:
    """Run the gate for one share at one snapshot of the lake.

    `lake` is a connection with the lake attached as `lake`; `state` an autocommit connection to the
    platform's PostgreSQL. Idempotent: a repeated call takes no decision twice and completes what a killed
    call left unfinished.

    Raises:
        KeyLostError, DeliveryError, ExpectationError, RuntimeError: nothing new was published; the served
            version is unchanged.
    """
    if not state.autocommit:
        raise ValueError("run_gate needs an autocommit connection: it decides in a transaction of its own.")
    shelf = shelf_of(folders.shares, contract.department, contract.dataset)
    with one_at_a_time(state, contract.subject):
        key = signing_key(folders.secrets, may_create=ledger.is_empty(state))
        served = ledger.served_delivery(state, contract.department, contract.dataset)
        if served:
            publish(shelf, served, key)
        else:
            shelf.withdraw()
        before = ledger.last_delivery(state, contract.department, contract.dataset)
        delivered = delivered_contract(shelf, before, contract) if before else contract
        excess = excess_of(delivered, contract)
        built = _build(contract, lake, shelf, snapshot, folders)
        judged = _judge(
            contract, lake, state, shelf, built, snapshot, today, served,
            comparable=served if _is_of_same_region(delivered, contract) else None,
        )  # fmt: skip
        if served and _is_served(contract, judged, served) and not _was_stopped(state, contract):
            discard_staged(shelf)
            return _outcome(contract, judged, snapshot, "unchanged", served, served, (), ())
        decision_key = _decision_key(contract, built, snapshot, today, before, excess)
        entry = ledger.entry_of(state, decision_key)
        tickets: list[str] = _open_tickets(state, contract.subject)
        if entry is None:
            entry, tickets = _record(
                contract, state, key, folders.secrets, judged, snapshot, today, decision_key,
                ends_supply=served is not None and _may_not_stay(judged, excess),
            )  # fmt: skip
            ledger.store_head(folders.secrets, entry)
        if entry.decision.version:
            publish(shelf, entry, key)
            served = entry
        elif entry.decision.verdict == ledger.WITHDRAWN:
            shelf.withdraw()
            served = None
        discard_staged(shelf)
        status = _status(entry)
        return _outcome(contract, judged, snapshot, status, entry, served, tickets, excess)


def _build(
    contract: ShareContract, lake: duckdb.DuckDBPyConnection, shelf: Shelf, snapshot: int, folders: Folders
) -> Slice:
    shelf.clear_building()
    anything_delivered = any(shelf.folder.parent.glob("*/current"))
    secret = recipient_key(folders.secrets, contract.department, may_create=not anything_delivered)
    built = build_slice(lake, contract, snapshot, secret, shelf.building)
    staged = stage(shelf, contract, built)
    return Slice(staged / built.file.name, built.row_count, built.content_hash, built.file_sha256)


def _judge(
    contract: ShareContract,
    lake: duckdb.DuckDBPyConnection,
    state: psycopg.Connection,
    shelf: Shelf,
    built: Slice,
    snapshot: int,
    today: date,
    served: ledger.Entry | None,
    comparable: ledger.Entry | None,
) -> _Judged:
    """Measure the slice; `comparable` is the served version where the rules may compare with it."""
    values = {"today": today.isoformat()}
    references = {
        name: lake.execute(at_snapshot(query, snapshot, values)).to_arrow_table()
        for name, query in contract.references.items()
    }
    # The version served before, for rules that compare; without a comparable one, an empty relation.
    before = shelf.current / built.file.name if comparable else built.file
    references["previous"] = lake.execute(
        f"from read_parquet('{before}') where {comparable is not None}"
    ).to_arrow_table()
    controls = _controls(contract, lake, snapshot, today, comparable)
    database = shelf.folder / RULES_FILE
    database.unlink(missing_ok=True)
    try:
        with closing(
            open_slice(database, built.file, contract.key, contract.rules, references, controls)
        ) as checked:
            measures = measure(checked, contract.rules)
            keys = failing_keys(checked, measures)
        judged = _Judged(built, decide(measures), measures, keys)
        if not _is_served(contract, judged, served) or _was_stopped(state, contract):
            run_suites(database, contract.subject, measures)
    finally:
        database.unlink(missing_ok=True)
    return judged


def _controls(
    contract: ShareContract,
    lake: duckdb.DuckDBPyConnection,
    snapshot: int,
    today: date,
    comparable: ledger.Entry | None,
) -> dict[str, Any]:
    values, region = {"today": today.isoformat()}, contract.grant.region_code
    counted = {
        name: one_value(lake.execute(within_grant(query, snapshot, values, region, contract.regional)))
        for name, query in contract.controls.items()
    }
    return counted | {
        "today": today,
        "previous_rows": comparable.decision.row_count if comparable else None,
        "granted_region": contract.grant.region_code,
        "granted_on": contract.grant.granted_on,
        "expires_on": contract.grant.expires_on,
    }


def _record(
    contract: ShareContract,
    state: psycopg.Connection,
    key: Any,
    secrets_dir: Path,
    judged: _Judged,
    snapshot: int,
    today: date,
    decision_key: str,
    *,
    ends_supply: bool,
) -> tuple[ledger.Entry, list[str]]:
    """Record evidence, work orders and ledger entry in one transaction."""
    now, built, verdict = datetime.now(UTC), judged.built, judged.verdict
    run = GateRun(
        contract.subject, snapshot, built.content_hash, contract.rule_set_hash, built.row_count, now
    )
    with state.transaction():
        run_id = record_run(state, run, verdict, judged.measures, judged.keys)
        tickets = update_orders(state, contract.subject, run_id, judged.measures, today)
        decision = ledger.Decision(
            decision_key=decision_key,
            department=contract.department,
            dataset=contract.dataset,
            contract_hash=contract.contract_hash,
            lake_snapshot=snapshot,
            content_hash=built.content_hash,
            file_sha256=built.file_sha256,
            rule_set_hash=contract.rule_set_hash,
            row_count=built.row_count,
            verdict=ledger.WITHDRAWN if ends_supply else verdict.decision,
            score=verdict.score,
            version=_next_version(state, contract) if verdict.delivers else None,
            gate_run_id=run_id,
            decided_at=now,
        )
        return ledger.append(state, key, secrets_dir, decision), tickets


def _next_version(state: psycopg.Connection, contract: ShareContract) -> str:
    last = ledger.last_delivery(state, contract.department, contract.dataset)
    return f"{int(last.decision.delivered_version) + 1 if last else 1:06d}"


def _is_served(contract: ShareContract, judged: _Judged, served: ledger.Entry | None) -> bool:
    """Whether the same content under the same rules is already served and would pass again."""
    return (
        served is not None
        and judged.verdict.delivers
        and served.decision.content_hash == judged.built.content_hash
        and served.decision.contract_hash == contract.contract_hash
        and served.decision.rule_set_hash == contract.rule_set_hash
    )


def _may_not_stay(judged: _Judged, excess: tuple[Excess, ...]) -> bool:
    """Whether the previous version must be withdrawn because the new one does not pass."""
    is_grant_over = any(item.rule.code == GRANT_RULE for item in judged.verdict.failed)
    return not judged.verdict.delivers and (is_grant_over or bool(excess))


def _is_of_same_region(delivered: ShareContract | None, contract: ShareContract) -> bool:
    """Whether two versions can be compared: another region is a different set of people."""
    return delivered is None or delivered.grant.region_code == contract.grant.region_code


def _status(entry: ledger.Entry) -> Status:
    if entry.decision.version:
        return "published"
    return "withdrawn" if entry.decision.verdict == ledger.WITHDRAWN else "blocked"


def _was_stopped(state: psycopg.Connection, contract: ShareContract) -> bool:
    """Whether the newest decision delivered nothing: only another one lifts it and closes its work orders."""
    newest = ledger.last_entry(state, contract.department, contract.dataset)
    return newest is not None and newest.decision.version is None


def _decision_key(
    contract: ShareContract, built: Slice, snapshot: int, today: date, before: ledger.Entry | None,
    excess: tuple[Excess, ...],
) -> str:  # fmt: skip
    """Return a key derived from a decision's inputs, so that a retry finds it instead of deciding again."""
    facts = [
        contract.subject, contract.contract_hash, contract.rule_set_hash, built.content_hash, snapshot,
        today.isoformat(), before.entry_no if before else 0, *(item.told for item in excess),
    ]  # fmt: skip
    return sha256(json.dumps(facts).encode()).hexdigest()


def _open_tickets(state: psycopg.Connection, subject: str) -> list[str]:
    query = "select ticket_no from quality.work_orders where subject = %s and status = 'open' order by 1"
    return [row[0] for row in state.execute(query, [subject]).fetchall()]


def _outcome(
    contract: ShareContract,
    judged: _Judged,
    snapshot: int,
    status: Status,
    entry: ledger.Entry,
    served: ledger.Entry | None,
    tickets: Any,
    excess: tuple[Excess, ...],
) -> GateOutcome:
    verdict = judged.verdict
    return GateOutcome(
        department=contract.department,
        dataset=contract.dataset,
        status=status,
        verdict=verdict.decision,
        score=verdict.score,
        row_count=judged.built.row_count,
        lake_snapshot=snapshot,
        content_hash=judged.built.content_hash,
        serving_version=served.decision.version if served else None,
        ledger_entry=entry.entry_no,
        gate_run_id=entry.decision.gate_run_id,
        reasons=verdict.reasons,
        failed_rules=tuple(item.rule.code for item in verdict.failed),
        tickets=tuple(tickets),
        scorecard=verdict.scorecard,
        excess=excess,
    )
