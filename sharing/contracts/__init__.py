"""Share contracts: the YAML of every department's datasets, and its loader."""

from sharing.contracts.load import GRANT_RULE, load_share, load_share_contracts, terms_of
from sharing.contracts.model import Column, ContractError, Grant, ShareContract
from sharing.contracts.policy import Levels
from sharing.contracts.queries import at_snapshot, is_granted, within_grant

__all__ = [
    "GRANT_RULE",
    "Column",
    "ContractError",
    "Grant",
    "Levels",
    "ShareContract",
    "at_snapshot",
    "is_granted",
    "load_share",
    "load_share_contracts",
    "terms_of",
    "within_grant",
]
