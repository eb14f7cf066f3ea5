"""The Python of the platform: from contracts to the lake, and what Dagster runs.

`contracts`, `extract`, `land`, `stream`, `identity` and `lake` do the work and
know no orchestrator; `assets` and `resources` show them to Dagster; `cli` to people.
"""
