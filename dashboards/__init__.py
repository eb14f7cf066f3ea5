"""Superset as code: what leadership sees, who may see it, and the tool that applies both."""
