"""The words and shapes of a contract's own properties: what is unknown or said twice is refused.

The standard lets any custom property through, so that a misspelt one would silently mean nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from open_data_contract_standard.model import CustomProperty

from pipelines.contracts.model import ContractError


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A safe loader that refuses a key which its mapping has already."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return the mapping; YAML's own loaders keep the last of equal keys and drop the others."""
        first: dict[str, int] = {}
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in first:
                raise yaml.constructor.ConstructorError(
                    None, None, f"'{key.value}' is said in line {first[key.value]} already", key.start_mark
                )
            first[key.value] = key.start_mark.line + 1
        return super().construct_mapping(node, deep=deep)


def read_yaml(path: Path) -> Any:
    """Read a YAML file.

    Raises:
        ContractError: it is not UTF-8 or not YAML, or says a key twice.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe one
    except UnicodeDecodeError:
        raise ContractError(f"{path}: not text in UTF-8; save it in that encoding.") from None
    except yaml.YAMLError as error:
        raise ContractError(f"{path}: not readable as YAML: {error}") from error


def custom_properties(
    where: str, entries: Sequence[CustomProperty] | None, legal: Collection[str]
) -> dict[str, Any]:
    """Return custom properties by name.

    Raises:
        ContractError: one is unknown, or is there twice.
    """
    found: dict[str, Any] = {}
    for entry in entries or []:
        name = str(entry.property)
        refuse_unknown(f"{where}: customProperties", [name], legal)
        if name in found:
            raise ContractError(f"{where}: customProperties/{name} is there twice.")
        found[name] = entry.value
    return found


def mapping(where: str, value: Any, legal: Collection[str]) -> dict[str, Any]:
    """Return a value that must be a mapping of these words; a missing one is empty.

    Raises:
        ContractError: it is something else, or has another word.
    """
    if value is not None and not isinstance(value, Mapping):
        raise ContractError(f"{where} is {value!r}; write a mapping of {', '.join(legal)}.")
    words = dict(value or {})
    refuse_unknown(where, words, legal)
    return words


def refuse_unknown(where: str, words: Collection[Any], legal: Collection[str]) -> None:
    """Raise if one of the words is not legal.

    Raises:
        ContractError: names the first, and what is legal.
    """
    if unknown := sorted(str(word) for word in words if word not in legal):
        raise ContractError(f"{where}/{unknown[0]} is unknown; legal are {', '.join(legal)}.")


def refuse_other_than_text(where: str, words: Mapping[str, Any], names: Collection[str]) -> None:
    """Raise if a word is given and not text.

    Raises:
        ContractError: names the word.
    """
    for name in names:
        if name in words and not (isinstance(words[name], str) and words[name].strip()):
            raise ContractError(f"{where}/{name} is {words[name]!r}; write text.")
