"""Errors that commands catch without importing Dagster, which takes seconds."""


class RunRecordsError(RuntimeError):
    """The database in which Dagster records runs does not answer."""
