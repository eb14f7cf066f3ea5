"""The only Dagster resource: this installation's settings."""

from __future__ import annotations

import dagster as dg

from pipelines.settings import Settings, get_settings


class Platform(dg.ConfigurableResource):
    """Provides the process's settings to assets; paths and secrets stay out of run configuration."""

    @property
    def settings(self) -> Settings:
        """Return the settings of this process."""
        return get_settings()
