"""Dagster assets, jobs, schedules and sensors: thin wrappers, one file for each part of the flow."""
