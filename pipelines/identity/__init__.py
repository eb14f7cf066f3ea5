"""Person entity resolution: decides which records describe the same person.

Reads the standardised candidates from staging, joins what the deterministic rules join, scores the remaining
pairs with Splink and maintains a persistent `person_id`. Cleaning values is left to staging and survivorship
to core; nothing here imports dagster.
"""

from pipelines.identity.decisions import Decision, decide, decision_key, every_decision
from pipelines.identity.explain import current_person_id, explain_person, review_queue
from pipelines.identity.resolve import IdentityOutcome, resolve_persons
from pipelines.identity.scoring import Linkage

__all__ = [
    "Decision", "IdentityOutcome", "Linkage", "current_person_id", "decide", "decision_key", "every_decision",
    "explain_person", "resolve_persons", "review_queue",
]  # fmt: skip
