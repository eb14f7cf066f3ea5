"""A finding that a contract's rule counts under a name without a label is named, with what to do."""

from __future__ import annotations

from typer.testing import CliRunner

from pipelines.cli.main import app as commands
from pipelines.contracts import load_contracts
from pipelines.from_contracts import unlisted_findings
from pipelines.settings import PROJECT_ROOT, Settings

WORD = "time_order_implausible"


def test_every_rule_of_this_project_counts_under_a_name_with_a_label() -> None:
    contracts = load_contracts(PROJECT_ROOT / "sources")
    assert unlisted_findings(contracts, PROJECT_ROOT / "dbt_project") == []


def test_a_name_without_a_label_is_said_when_files_are_written(project: Settings) -> None:
    path = project.dbt_project / "seeds" / "finding_types.csv"
    path.write_text("".join(line for line in path.read_text().splitlines(True) if not line.startswith(WORD)))
    for option in ("--check",), ():
        said = CliRunner().invoke(commands, ["sources", "write", *option])
        lines = [line for line in said.output.splitlines() if line.startswith("without a label: ")]
        assert any(line.startswith("without a label: affairs.case, rule ") for line in lines), said.output
        assert all(f"the finding {WORD} is not in finding_types.csv. Take one" in line for line in lines)
        assert said.exit_code == (1 if option else 0)
