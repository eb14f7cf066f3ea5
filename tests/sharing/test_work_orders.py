"""When a department's work order ends, and what stays known of it."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

from typer.testing import CliRunner

from data_quality.work_orders import list_orders, update_orders
from pipelines.cli.main import app as commands

TODAY = date(2026, 6, 30)


def test_the_order_of_a_rule_that_is_gone_lapses(city):
    with city.state() as state:
        item = SimpleNamespace(
            rule=SimpleNamespace(code="renamed_rule", label="旧规则", owner="市民政局"),
            outcome="fail", evaluated=2, good=1,
        )  # fmt: skip
        city.build(city.bulk_edit)
        blocked = city.gate()
        subject = "civil_affairs/elderly_living_alone"
        update_orders(state, subject, blocked.gate_run_id, [item], TODAY)
        assert {order["rule_code"] for order in list_orders(state, today=TODAY)} == {"renamed_rule"}
        again = city.gate(today=date(2026, 7, 1))
        orders = {
            order["rule_code"]: order for order in list_orders(state, only_open=False, today=TODAY)
            if order["rule_code"] == "renamed_rule"
        }  # fmt: skip
    assert again.status == "blocked"
    assert (orders["renamed_rule"]["status"], orders["renamed_rule"]["result"]) == (
        "lapsed", "规则已更名或取消，不再复核",
    )  # fmt: skip


def test_a_steward_closes_an_order_with_a_reason_that_is_kept(city, monkeypatch):
    for module in ("quality", "main"):
        monkeypatch.setattr(f"pipelines.cli.{module}.get_settings", lambda: city.settings)
    city.build(city.bulk_edit)
    ticket, other, *_ = city.gate().tickets

    def close(*arguments: str):
        return CliRunner().invoke(commands, ["quality", "close", *arguments])

    assert close(ticket, "--reason", "电话 13812345678 已核实").exit_code == 1
    done = close(ticket, "--reason", "社区已补录住址", "--by", "李某")
    assert done.exit_code == 0, done.output
    assert "closed as corrected" in done.stdout
    assert close(other, "--reason", "口径不同", "--not-a-fault").exit_code == 0
    again = close(ticket, "--reason", "社区已补录住址")
    assert again.exit_code == 1
    assert "brain quality orders" in again.stderr
    with city.state() as state:
        orders = {order["ticket_no"]: order for order in list_orders(state, only_open=False, today=TODAY)}
    kept = orders[ticket]
    assert (kept["status"], kept["result"], kept["closed_by"]) == ("corrected", "社区已补录住址", "李某")
    assert orders[other]["status"] == "rejected"
    assert orders[other]["closed_by"]
