"""Source contracts: `sources/<system>/contract.yaml` as frozen, validated values.

Pure: reads only the YAML files it is given.
"""

from pipelines.contracts.departments import load_departments
from pipelines.contracts.load import load_contract, load_contracts
from pipelines.contracts.model import (
    META_COLUMNS,
    Column,
    ContractError,
    Ingest,
    Layout,
    Reference,
    Rule,
    Server,
    SourceContract,
    TableContract,
)
from pipelines.contracts.retired import (
    RetiredSystem,
    load_retired,
    no_such_system,
    refuse_unknown_systems,
)
from pipelines.contracts.schedule import cron_of
from pipelines.contracts.types import can_stand_beside, is_wider

__all__ = [
    "META_COLUMNS",
    "Column",
    "ContractError",
    "Ingest",
    "Layout",
    "Reference",
    "RetiredSystem",
    "Rule",
    "Server",
    "SourceContract",
    "TableContract",
    "can_stand_beside",
    "cron_of",
    "is_wider",
    "load_contract",
    "load_contracts",
    "load_departments",
    "load_retired",
    "no_such_system",
    "refuse_unknown_systems",
]
