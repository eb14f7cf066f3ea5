"""The lake tables of identity: those that others read, and the state that the next increment builds on.

None holds a name, number, telephone or address: records are identified by their keys, and grouping values by
digests.
"""

from __future__ import annotations

from dataclasses import dataclass

SCHEMA = "lake.identity"
# The fields of the model's blocking rules. The state keeps a digest of each.
BLOCKING_FIELDS = (
    "name", "surname", "birth", "birth_year", "birth_month", "phone", "house", "community_code",
    "work_community_code", "number_start", "number_dated", "number_end", "number_last",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class PublishedTable:
    """A lake table of identity: its typed columns and its key."""

    name: str
    columns: dict[str, str]
    key: tuple[str, ...]
    # A change in these columns alone does not rewrite a row.
    noted: tuple[str, ...] = ()

    @property
    def qualified(self) -> str:
        """The qualified table name for SQL."""
        return f"{SCHEMA}.{self.name}"

    def create_sql(self) -> str:
        """Return SQL that creates the table if it is missing."""
        columns = ", ".join(f"{name} {kind}" for name, kind in self.columns.items())
        return f"create table if not exists {self.qualified} ({columns})"


ASSIGNMENTS = PublishedTable(
    "person_assignments",
    {
        "record_key": "varchar",
        "source_system": "varchar",
        "source_table": "varchar",
        "source_record_id": "varchar",
        "person_id": "varchar",
        "match_rule": "varchar",
        "match_probability": "double",
        "cluster_size": "bigint",
        "is_number_trusted": "boolean",
    },
    ("record_key",),
)
EVIDENCE = PublishedTable(
    "person_evidence",
    {
        "record_key_l": "varchar",
        "record_key_r": "varchar",
        "person_id": "varchar",
        "match_probability": "double",
        "match_weight": "double",
        "evidence": "varchar",
    },
    ("record_key_l", "record_key_r"),
)
REVIEW = PublishedTable(
    "person_review",
    {
        "review_id": "varchar",
        "record_key_l": "varchar",
        "record_key_r": "varchar",
        "person_id_l": "varchar",
        "person_id_r": "varchar",
        "reason": "varchar",
        "match_probability": "double",
        "match_weight": "double",
        "evidence": "varchar",
        "status": "varchar",
    },
    ("review_id",),
)
IDS = PublishedTable(
    "person_ids",
    {
        "person_id": "varchar",
        "current_person_id": "varchar",
        "status": "varchar",
        "first_seen_on": "date",
        "changed_on": "date",
    },
    ("person_id",),
)
HISTORY = PublishedTable(
    "person_id_history",
    {"old_id": "varchar", "new_id": "varchar", "change": "varchar", "as_of": "date", "reason": "varchar"},
    ("old_id", "new_id", "change", "as_of"),
)
# The state that the next increment builds on.
SEEN = PublishedTable(
    "person_seen",
    {
        "record_key": "varchar",
        "digest": "ubigint",
        "number_key": "ubigint",
        "address_key": "ubigint",
        **{f"{field}_key": "uinteger" for field in BLOCKING_FIELDS},
    },
    ("record_key",),
)
PAIRS = PublishedTable(
    "person_pairs",
    {
        "record_key_l": "varchar",
        "record_key_r": "varchar",
        "node_l": "ubigint",
        "node_r": "ubigint",
        "is_identified_l": "boolean",
        "is_identified_r": "boolean",
        "match_weight": "double",
        "match_probability": "double",
        "is_twin_suspected": "boolean",
        # Whether it ties two persons to each other: strong enough for a review, and not joined.
        "is_between_persons": "boolean",
        # One entry per comparison of the model: level number, and weight in bits.
        "outcomes": "tinyint[]",
        "weights": "float[]",
    },
    ("record_key_l", "record_key_r"),
)
FREQUENCIES = PublishedTable(
    "person_frequencies",
    {"field": "varchar", "value_key": "ubigint", "frequency": "double"},
    ("field", "value_key"),
)
ADDRESSES = PublishedTable(
    "person_address_houses", {"address_key": "ubigint", "house_code": "varchar"}, ("address_key",)
)
OBEYED = PublishedTable(
    "person_decisions_obeyed",
    {"record_key_l": "varchar", "record_key_r": "varchar", "decision_no": "bigint"},
    ("record_key_l", "record_key_r"),
)
BASE = PublishedTable(
    "person_base",
    {
        "subject": "varchar",
        "rules_digest": "varchar",
        "nodes": "double",
        "records": "bigint",
        "records_changed": "bigint",
        "lake_snapshot": "bigint",
        "candidates_table": "bigint",
    },
    ("subject",),
    noted=("lake_snapshot", "candidates_table"),
)
READ_BY_OTHERS = (ASSIGNMENTS, EVIDENCE, REVIEW, IDS, HISTORY)
STATE = (SEEN, PAIRS, FREQUENCIES, ADDRESSES, OBEYED, BASE)
TABLES = (*READ_BY_OTHERS, *STATE)
