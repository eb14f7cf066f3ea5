"""Rows per second of every transport, next to a bare DuckDB COPY of the same rows in the same run."""
