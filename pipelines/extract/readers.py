"""The reader for each transport, and the extension point for a system with a reader of its own."""

from __future__ import annotations

import importlib

from pipelines.contracts import ContractError, SourceContract
from pipelines.extract.database import read_database
from pipelines.extract.request import Reader
from pipelines.extract.rest import read_rest

READERS: dict[str, Reader] = {"postgres": read_database, "mysql": read_database, "rest": read_rest}


def reader_of(contract: SourceContract) -> Reader:
    """Return the reader of a system; the contract may name a custom one as `package.module:function`.

    Raises:
        ContractError: no reader supports the transport, or the custom reader cannot be found.
    """
    transport = contract.server.transport
    if transport == "reader":
        return _named(contract, str(contract.server.options["reader"]))
    if transport not in READERS:
        raise ContractError(
            f"System '{contract.system}' speaks '{transport}', which no reader does; "
            f"there are {', '.join(READERS)}, and 'reader' for one of its own."
        )
    return READERS[transport]


def _named(contract: SourceContract, name: str) -> Reader:
    module, _, function = name.partition(":")
    try:
        return getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError):
        raise ContractError(
            f"System '{contract.system}' names the reader '{name}', which cannot be found; "
            "write it as package.module:function."
        ) from None
