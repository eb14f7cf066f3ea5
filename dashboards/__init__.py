"""Superset as code: leadership's dashboards, their access rules, and the tool that applies both."""
