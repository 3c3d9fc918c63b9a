"""What is wrong with a project's REST sources and can be seen without a server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from seeknal.builtin.options.rest import RestConnection, RestOptions
from seeknal.builtin.restrows import address_of
from seeknal.plugin import NodeError, Problem, find_word

if TYPE_CHECKING:
    from seeknal.plugin import Node

_SOME = RestConnection(base_url="https://localhost")


def problems_of(nodes: Iterable[Node], root: Path) -> Iterator[Problem]:
    """A problem for each source of which no address can be made."""
    for node in nodes:
        source = node.source
        if source is None or not isinstance(source.options, RestOptions):
            continue
        # Whether a whole address is on the connection's server is seen when that is known.
        whole = any("://" in path for path in source.table)
        connection = _SOME if source.connection is not None and not whole else None
        try:
            address_of(source, source.options, connection)
        except NodeError as error:
            yield Problem(
                code=error.code,
                message=error.message,
                location=find_word(root, node.location, "", "table", "params"),
                help=error.help,
                node=node.id,
            )
