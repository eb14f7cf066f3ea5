"""The lake: opening it, its catalog and state, dbt on it, registering batches, publishing serving files."""
