"""Gunicorn hooks: the application is preloaded and forked without sharing connections."""

from typing import Any


def post_fork(_server: Any, worker: Any) -> None:
    """Each worker opens its own connections to the metadata database."""
    from superset.extensions import db

    application = worker.app.wsgi()
    with application.app_context():
        db.engine.dispose(close=False)
