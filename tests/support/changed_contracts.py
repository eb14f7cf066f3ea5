"""The share contract of the tests' city, changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml


def with_contract(city: Any, folder: Path, change: Callable[[dict], object]) -> Any:
    """The same city under a changed contract."""
    content = yaml.safe_load(
        (city.settings.shares_dir / city.contract.subject).with_suffix(".yaml").read_text()
    )
    change(content)
    target = folder / "civil_affairs" / "elderly_living_alone.yaml"
    target.parent.mkdir(parents=True)
    target.write_text(yaml.safe_dump(content, allow_unicode=True))
    return replace(city, settings=city.settings.model_copy(update={"shares_dir": folder}))


def column(content: dict, name: str) -> dict:
    """A column of the contract."""
    return next(item for item in content["schema"][0]["properties"] if item["name"] == name)


def granted(content: dict, **terms: Any) -> None:
    """Give the grant other terms."""
    (grant,) = (item["value"] for item in content["customProperties"] if item["property"] == "grant")
    grant.update(terms)


def without(content: dict, name: str) -> None:
    """Take a column out of the contract and its grant, with the rules that read it."""
    table = content["schema"][0]
    table["properties"] = [item for item in table["properties"] if item["name"] != name]
    table["quality"] = [rule for rule in table["quality"] if name not in str(rule)]
    granted(content, columns=[item["name"] for item in table["properties"]])
