"""A server's work that ends when the run, or the node, is to end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

    from seeknal.plugin import Context

PATIENCE = 4.0
"""Seconds for the way to the server: what takes longer is tried again."""


@contextmanager
def cancellable(server: psycopg.Connection[Any], context: Context) -> Iterator[None]:
    """Queries on ``server`` within the block are cancelled; then it serves nobody else.

    A cancellation that comes late would end the query of the next one.
    """
    asked = False

    def cancel() -> None:
        nonlocal asked
        asked = True
        server.cancel_safe(timeout=PATIENCE)

    with context.cancelled_by(cancel):
        yield
    if asked:
        server.close()
