"""Rows per second of every transport, beside a bare DuckDB COPY of the same rows in the same run."""
