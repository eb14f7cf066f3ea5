"""Which records name the same person.

Reads the candidates that staging has standardised, joins what the exact rules
join, lets Splink weigh the rest, and keeps a `person_id` that lasts. Nothing
here cleans values (staging does) or chooses golden values (core does), and
nothing imports dagster.
"""

from pipelines.identity.decisions import Decision, decide, decision_key, every_decision
from pipelines.identity.explain import current_person_id, explain_person, review_queue
from pipelines.identity.resolve import IdentityOutcome, resolve_persons
from pipelines.identity.scoring import Linkage

__all__ = [
    "Decision", "IdentityOutcome", "Linkage", "current_person_id", "decide", "decision_key", "every_decision",
    "explain_person", "resolve_persons", "review_queue",
]  # fmt: skip
