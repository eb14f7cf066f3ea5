"""Dagster assets, jobs, schedules and sensors: thin, one file for each part of the flow."""
