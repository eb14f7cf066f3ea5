"""The lake: connections, catalog and state, dbt, registering batches, publishing serving files."""
