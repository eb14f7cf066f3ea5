"""Load YAML in the Open Data Contract Standard as a `SourceContract`, or raise an error that says why not.

Validates in this order: the standard's JSON schema, the standard's model, and the engine's additional
requirements (`build`).
"""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
from open_data_contract_standard.model import OpenDataContractStandard

from pipelines.contracts.build import build_source
from pipelines.contracts.departments import check_owner, load_departments
from pipelines.contracts.model import ContractError, SourceContract
from pipelines.contracts.staged_names import refuse_shared_tables
from pipelines.contracts.staging import check_records
from pipelines.contracts.words import read_yaml

FILE_NAME = "contract.yaml"


@lru_cache
def load_contracts(sources_dir: Path) -> dict[str, SourceContract]:
    """Load every contract under a folder, by system name in alphabetical order.

    Raises:
        ContractError: the first invalid contract.
    """
    contracts: dict[str, SourceContract] = {}
    departments = load_departments(sources_dir)
    for path in sorted(Path(sources_dir).glob(f"*/{FILE_NAME}")):
        contract = load_contract(path)
        if contract.system != path.parent.name:
            raise ContractError(
                f"{path}: the system calls itself '{contract.system}' and lies in the folder "
                f"'{path.parent.name}'. Give both the same name."
            )
        check_owner(path, contract, departments)
        contracts[contract.system] = contract
    names = {f"{system}.{table}" for system, contract in contracts.items() for table in contract.tables}
    refuse_shared_tables(str(sources_dir), contracts)
    for system, contract in contracts.items():
        for table in contract.tables.values():
            check_records(str(Path(sources_dir) / system / FILE_NAME), table, names)
    return contracts


def load_contract(path: Path) -> SourceContract:
    """Load one contract.

    Raises:
        ContractError: names the file, the location in it and the legal values.
    """
    document = read_yaml(Path(path))
    _check_standard(path, document)
    return build_source(path, OpenDataContractStandard(**document), contract_hash(document))


def contract_hash(document: dict[str, Any]) -> str:
    """Return a hash of a contract's content that ignores comments and formatting."""
    canonical = json.dumps(document, sort_keys=True, ensure_ascii=False, default=str)
    return sha256(canonical.encode()).hexdigest()


def _check_standard(path: Path, document: Any) -> None:
    if _is_standard(document):
        return
    problems = sorted(_validator().iter_errors(document), key=lambda error: list(map(str, error.path)))
    if problems:
        deepest = jsonschema.exceptions.best_match(problems)
        raise ContractError(
            f"{path}: not a data contract by the Open Data Contract Standard: "
            f"{_readable_path(document, list(deepest.absolute_path))}: {deepest.message[:400]}"
        )


def _is_standard(document: Any) -> bool:
    """Check with the compiled validator, which is fast; the other one explains a failure."""
    try:
        return _compiled_validator().is_valid(document)
    except ValueError:
        # YAML can hold what JSON cannot: an unquoted date, a key that is not text.
        return False


@lru_cache
def _compiled_validator() -> jsonschema_rs.Draft201909Validator:
    return jsonschema_rs.Draft201909Validator(_schema())


@lru_cache
def _validator() -> jsonschema.Draft201909Validator:
    return jsonschema.Draft201909Validator(_schema())


def _schema() -> dict[str, Any]:
    text = resources.files("open_data_contract_standard").joinpath("schema.json").read_text("utf-8")
    return json.loads(text)


def _readable_path(document: Any, path: list[Any]) -> str:
    """Return a path such as `schema/case/properties/name` instead of `schema/0/properties/3`."""
    words, place = [], document
    for step in path:
        place = place[step]
        named = isinstance(step, int) and isinstance(place, dict) and ("name" in place or "property" in place)
        words.append(str(place.get("name", place.get("property")) if named else step))
    return "/".join(words) or "the document"
