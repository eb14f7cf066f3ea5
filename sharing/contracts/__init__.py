"""Share contracts: the YAML of every department's datasets, and its loader."""

from sharing.contracts.load import GRANT_RULE, at_snapshot, load_share, load_share_contracts
from sharing.contracts.model import Column, ContractError, Grant, ShareContract
from sharing.contracts.policy import Levels

__all__ = [
    "GRANT_RULE",
    "Column",
    "ContractError",
    "Grant",
    "Levels",
    "ShareContract",
    "at_snapshot",
    "load_share",
    "load_share_contracts",
]
