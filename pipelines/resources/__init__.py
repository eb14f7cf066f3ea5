"""Dagster resources and instance components."""
