"""What ``connection test`` says of an API."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.builtin.restauth import usable
from seeknal.builtin.restclient import Client
from seeknal.builtin.resturls import joined, shown
from seeknal.plugin import NodeError

if TYPE_CHECKING:
    from seeknal.builtin.options.rest import RestConnection
    from seeknal.plugin import SeeknalError

_THERE = frozenset((200, 204, 400, 404, 405))
"""What servers answer at an address where nothing is."""


class RestSession:
    """A conversation with an API, which runs no SQL."""

    def __init__(self, name: str, options: RestConnection, root: Path) -> None:
        self.options = usable(name, options, root)
        self.client = Client(self.options, {}, None)

    def execute(self, sql: str) -> tuple[Sequence[str], Sequence[Sequence[object]]]:
        raise _no_sql()

    def tables(self) -> Sequence[str]:
        raise _no_sql()

    def schema(self, table: str) -> Sequence[tuple[str, str]]:
        raise _no_sql()

    def describe(self) -> str:
        options = self.options
        address = joined(options.base_url, options.test_path or "")
        if options.test_path is not None:
            answer = self.client.get(address)
        else:
            answer = self.client.get(address, _THERE)
        said = f"{shown(address)} answers {answer.status} {answer.reason}".strip()
        if answer.status in (200, 204):
            return said
        return f"{said}; test_path: names what tells whether it lets one in"

    def close(self) -> None:
        self.client.close()


def _no_sql() -> SeeknalError:
    return NodeError(
        "a REST API runs no SQL", code="SK0798", help="read it with a source of type rest_api"
    )
