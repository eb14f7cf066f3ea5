"""Share contracts: the YAML of every department's datasets, and reading them."""

from sharing.contracts.load import (
    Column,
    ContractError,
    Grant,
    ShareContract,
    at_snapshot,
    load_share,
    load_share_contracts,
)

__all__ = [
    "Column",
    "ContractError",
    "Grant",
    "ShareContract",
    "at_snapshot",
    "load_share",
    "load_share_contracts",
]
