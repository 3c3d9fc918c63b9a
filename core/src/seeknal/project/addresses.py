"""Where targets lead: each place has one name, however it and its connection are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.project.profile.endpoints import implicit_connection
from seeknal.values.digests import digest
from seeknal.values.errors import SeeknalError

if TYPE_CHECKING:
    from seeknal.kernel.plugins import Plugins
    from seeknal.project.profile.profiles import Profile
    from seeknal.values.node import Node
    from seeknal.values.sources import Connection
    from seeknal.values.targets import Target


class Addresses:
    """The places of a project's targets, by what its profile says of their connections."""

    def __init__(self, profile: Profile | None, plugins: Plugins) -> None:
        self._profile = profile
        self._plugins = plugins
        self._known: dict[str, Connection | None] = {}

    def placed(self, node: Node) -> Node:
        """``node`` with targets that know their place by all of its names."""
        if not node.targets:
            return node
        return evolve(node, targets=tuple(map(self._placed, node.targets)))

    def of(self, target: Target) -> str | None:
        """What targets of one place have in common; None where their type does not tell."""
        names = self._names(target)
        if not names:
            return None
        return f"{target.type} {self.server(target.type, target.connection)} {names[0]}"

    def server(self, type: str, connection: str | None) -> str:
        """Where a connection leads; its name where that cannot be told."""
        name = self._connection(type, connection)
        return self._leads_to(name) or name or type

    def _placed(self, target: Target) -> Target:
        names = self._names(target)
        if not names:
            return target
        name = self._connection(target.type, target.connection)
        places = [
            _place(target, name, names[0]),
            *(_place(target, other, names[0]) for other in self._same(name)),
            # Earlier versions knew it by what was written.
            *(
                _place(target, given, text)
                for given in (name, target.connection or "")
                for text in (*names, target.label)
            ),
        ]
        own, *others = dict.fromkeys(places)
        site = digest(here)[:16] if (here := self._leads_to(name)) else ""
        return evolve(target, place=own, aliases=tuple(others), site=site)

    def _names(self, target: Target) -> Sequence[str]:
        """The names that the target's type has for its place; none while they are not known."""
        declared = self._plugins.target_types.get(target.type)
        if declared is None or declared.names is None:
            return ()
        name = self._connection(target.type, target.connection)
        written = self._profile is not None and name in self._profile.connections
        connection = self._options(name)
        if written and connection is None:
            return ()
        try:
            return declared.names(target, connection.options if connection else None)
        except SeeknalError:
            return ()

    def _connection(self, type: str, name: str | None) -> str:
        return name or implicit_connection(type, self._plugins) or ""

    def _options(self, name: str) -> Connection | None:
        """A connection of which everything is known."""
        if self._profile is None or name not in self._profile.connections:
            return None
        if name not in self._known:
            self._known[name] = self._profile.whole(name, self._plugins)
        return self._known[name]

    def _leads_to(self, name: str) -> str | None:
        connection = self._options(name)
        if connection is None:
            return None
        declared = self._plugins.connection_types[connection.type]
        found = declared.server(connection.options) if declared.server else None
        return f"{connection.type} {found}" if found else None

    def _same(self, name: str) -> list[str]:
        """The other connections that lead where this one does."""
        here = self._leads_to(name)
        if here is None or self._profile is None:
            return []
        others = (other for other in self._profile.connections if other != name)
        return [other for other in others if self._leads_to(other) == here]


def _place(target: Target, connection: str, name: str) -> str:
    return digest(target.type, connection, name, target.reads or "")[:16]
