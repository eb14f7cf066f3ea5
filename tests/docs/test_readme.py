"""The documents keep their promises: links resolve, commands exist, both languages show the same."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import typer.main

from pipelines.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
COMMAND = re.compile(r"`(?:\.venv/bin/)?brain ([a-z]+)(?: ([a-z]+))?")
TARGET = re.compile(r"`make ([a-z-]+)")


def documents() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.splitlines()]


@pytest.mark.parametrize("page", documents(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    broken = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert broken == []


@pytest.mark.parametrize("page", documents(), ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_exist(page: Path) -> None:
    assert unknown_commands(page.read_text()) == []


def test_commands_that_messages_name_exist() -> None:
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    modules = [path for name in listed.stdout.splitlines() if (path := ROOT / name).exists()]
    unknown = {path.relative_to(ROOT): unknown_commands(path.read_text()) for path in modules}
    assert {path: commands for path, commands in unknown.items() if commands} == {}


def unknown_commands(text: str) -> list[str]:
    root = typer.main.get_command(app)
    unknown = []
    for name, sub in COMMAND.findall(text):
        group = getattr(root.commands.get(name), "commands", {})
        # An argument such as a system's name may follow; a word of a group must be its command.
        if name not in root.commands or (sub and group and sub not in group):
            unknown.append(f"brain {name} {sub}")
    return unknown


@pytest.mark.parametrize("page", documents(), ids=lambda page: str(page.relative_to(ROOT)))
def test_make_targets_exist(page: Path) -> None:
    rules = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(TARGET.findall(page.read_text())) <= rules


def test_the_two_readmes_show_the_same_commands_and_picture() -> None:
    english, chinese = ((ROOT / name).read_text() for name in ("README.md", "README.zh.md"))
    for wanted in ("make demo", "make test", "docs/images/dashboard.png", "make demo SERVE=0"):
        assert wanted in english
        assert wanted in chinese
