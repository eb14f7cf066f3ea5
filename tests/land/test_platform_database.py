"""Without the platform's own database nothing goes on; whatever else hangs up fails its table alone."""

from __future__ import annotations

import pytest

from pipelines.installation.state import PlatformDatabaseError
from pipelines.land import pull
from pipelines.pull import pull_system
from tests.support.registry import SYSTEM


def test_a_pull_without_the_platform_s_database_ends(settings) -> None:
    gone = settings.model_copy(update={"database_url": "postgresql://127.0.0.1:1/brain"})
    with pytest.raises(PlatformDatabaseError, match="`brain start`"):
        pull_system(gone, SYSTEM)


@pytest.mark.usefixtures("registry")
def test_a_source_that_hangs_up_fails_its_table_whatever_its_words(settings, monkeypatch) -> None:
    def hang_up(_: object) -> None:
        raise ConnectionError("The platform's PostgreSQL is what this source calls itself.")

    monkeypatch.setattr(pull, "reader_of", lambda _: hang_up)
    (outcome,) = pull_system(settings, SYSTEM)
    assert (outcome.status, outcome.error_type) == ("failed", "ConnectionError")
