"""The platform's own PostgreSQL says what is wrong with it, and recovers."""

from __future__ import annotations

import pytest

from pipelines.installation.embedded_postgres import EmbeddedPostgresError
from pipelines.installation.state import connect_state, embedded_server, prepare
from pipelines.settings import Settings
from tests.support.servers import temporary_home


def test_a_server_that_runs_and_does_not_answer_is_told_of_and_started_again() -> None:
    with temporary_home() as home:
        settings = Settings(home=home)
        prepare(settings)
        server = embedded_server(settings)
        # As whoever cleans temporary folders does.
        for left in server.socket_dir.glob(".s.PGSQL.*"):
            left.unlink()
        with pytest.raises(EmbeddedPostgresError, match=r"does not answer.*Nothing was changed.*brain stop"):
            prepare(settings)
        server.stop()
        prepare(settings)
        connect_state(settings).close()
        server.stop()
