"""The one Dagster resource: this installation, as settings."""

from __future__ import annotations

import dagster as dg

from pipelines.settings import Settings, get_settings


class Platform(dg.ConfigurableResource):
    """Hands the process's settings to assets; paths and secrets stay out of run configuration."""

    @property
    def settings(self) -> Settings:
        """The settings of this process."""
        return get_settings()
