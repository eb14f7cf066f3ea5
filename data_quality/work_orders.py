"""校核工单: a work order for the owner of each failed rule, due in ten working days.

At most one order is open for each subject and rule: another failure adds to its recurrence,
a pass closes it as corrected. An order lapses when its rule is renamed or removed, since no
run will evaluate it again. A person may close one, with a reason. The deadline is never
extended (《政务数据共享条例》 Art. 26).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg.rows import dict_row

from data_quality.measure import Measure
from data_quality.working_days import add_working_days
from pipelines.installation.one_row import one_value

TERM_WORKING_DAYS = 10


@dataclass(frozen=True)
class Difference:
    """A deviation of a source from its contract, under a code that stays the same while it lasts."""

    code: str
    label: str


def update_orders(
    state: psycopg.Connection, subject: str, run_id: int, measures: Iterable[Measure], today: date
) -> list[str]:
    """Open, repeat or close orders after a run, in the caller's transaction; return the tickets now open."""
    measures = list(measures)
    tickets = [_open(state, subject, run_id, item, today) for item in measures if item.outcome == "fail"]
    state.execute(
        """update quality.work_orders
           set status = 'corrected', result = '复核通过', closed_at = %s, last_run_id = %s
           where subject = %s and status = 'open' and rule_code = any(%s)""",
        [today, run_id, subject, [item.rule.code for item in measures if item.outcome == "pass"]],
    )
    state.execute(
        """update quality.work_orders
           set status = 'lapsed', result = '规则已更名或取消，不再复核', closed_at = %s, last_run_id = %s
           where subject = %s and status = 'open' and rule_code <> all(%s)""",
        [today, run_id, subject, [item.rule.code for item in measures]],
    )
    return tickets


def _open(state: psycopg.Connection, subject: str, run_id: int, item: Measure, today: date) -> str:
    result = state.execute(
        """insert into quality.work_orders (ticket_no, subject, rule_code, label, owner_department,
               first_run_id, last_run_id, failing_rows, received_at, due_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
           on conflict (subject, rule_code) where status = 'open' do update
           set last_run_id = excluded.last_run_id, failing_rows = excluded.failing_rows,
               recurrence = work_orders.recurrence + 1
           returning ticket_no""",
        [
            f"JH{today:%Y%m%d}-{run_id}-{item.rule.code}",
            subject,
            item.rule.code,
            item.rule.label,
            item.rule.owner,
            run_id,
            run_id,
            item.evaluated - item.good,
            today,
            add_working_days(today, TERM_WORKING_DAYS),
        ],
    )
    return one_value(result)


def update_source_orders(
    state: psycopg.Connection,
    subject: str,
    owner: str,
    differences: Sequence[Difference],
    *,
    prefix: str,
    except_prefix: str | None = None,
    today: date,
) -> None:
    """Open or repeat an order for each difference of a source table; close those of resolved differences.

    `prefix` selects the subject's codes that were checked, `except_prefix` those that were not.
    """
    for item in differences:
        state.execute(
            """insert into quality.work_orders (ticket_no, subject, rule_code, label, owner_department,
                   failing_rows, received_at, due_at)
               values ('JH' || %s || '-' || nextval('quality.source_tickets'), %s, %s, %s, %s, 0, %s, %s)
               on conflict (subject, rule_code) where status = 'open' do update
               set recurrence = work_orders.recurrence + 1, label = excluded.label""",
            [
                f"{today:%Y%m%d}", subject, item.code, item.label, owner, today,
                add_working_days(today, TERM_WORKING_DAYS),
            ],
        )  # fmt: skip
    state.execute(
        """update quality.work_orders set status = 'corrected', result = '再次抽取时已无差异', closed_at = %s
           where subject = %s and status = 'open' and starts_with(rule_code, %s)
               and not coalesce(starts_with(rule_code, %s), false) and rule_code <> all(%s)""",
        [today, subject, prefix, except_prefix, [item.code for item in differences]],
    )


def list_orders(state: psycopg.Connection, *, only_open: bool = True, today: date) -> list[dict[str, Any]]:
    """Return orders by deadline, with `is_overdue` as of `today`."""
    with state.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            """select *, coalesce(closed_at, %(today)s) > due_at as is_overdue
               from quality.work_orders where status = 'open' or not %(only_open)s
               order by due_at, ticket_no""",
            {"today": today, "only_open": only_open},
        ).fetchall()


def close_order(
    state: psycopg.Connection, ticket_no: str, *, rejected: bool, reason: str, closed_by: str, today: date
) -> None:
    """Close an order by hand, as corrected or as not a fault (`rejected`).

    Raises:
        LookupError: no open order has that number.
    """
    closed = state.execute(
        """update quality.work_orders set status = %s, result = %s, closed_by = %s, closed_at = %s
           where ticket_no = %s and status = 'open'""",
        ["rejected" if rejected else "corrected", reason, closed_by, today, ticket_no],
    ).rowcount
    if not closed:
        raise LookupError(
            f"No open work order {ticket_no}. Nothing was changed; `brain quality orders` lists them."
        )
