"""The connections that nodes use, held against what is written of them; nothing is connected to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.project.profile.endpoints import implicit_connection
from seeknal.values.errors import SeeknalError
from seeknal.values.location import Location
from seeknal.values.node import Node
from seeknal.values.problems import Problem, Problems
from seeknal.values.spots import find_word
from seeknal.values.targets import Target

if TYPE_CHECKING:
    from seeknal.kernel.plugins import Plugins
    from seeknal.project.profile.profiles import Profile
    from seeknal.values.sources import Connection


@frozen(kw_only=True)
class Use:
    """What needs a connection: a source, a target or an engine, by its type."""

    node: Node
    type: str
    what: str
    name: str
    location: Location
    target: Target | None = None


def connection_problems(
    nodes: Iterable[Node], profile: Profile | None, plugins: Plugins, root: Path
) -> Iterator[Problem]:
    """What is wrong with the connections that nodes use, and with what they use them for."""
    found: dict[str, Connection | None] = {}
    for use in _uses(nodes, plugins):
        raw = profile.connections.get(use.name) if profile is not None else None
        if profile is not None and raw is not None and use.name not in found:
            problems = Problems()
            found[use.name] = profile.written(use.name, plugins, problems)
            yield from problems
        if (wrong := _of_another_type(use, raw, profile, plugins, root)) is not None:
            yield wrong
        elif use.target is not None:
            yield from _misplaced(use, use.target, found.get(use.name), plugins, root)


def _uses(nodes: Iterable[Node], plugins: Plugins) -> Iterator[Use]:
    for node in nodes:
        source, engine = node.source, node.params.get("connection")
        # What no plugin knows is told where it stands.
        if source is not None and source.type in plugins.source_types:
            name = source.connection or implicit_connection(source.type, plugins) or ""
            yield Use(node=node, type=source.type, what="source", name=name, location=node.location)
        if node.engine and node.engine in plugins.engines and isinstance(engine, str):
            yield Use(
                node=node, type=node.engine, what="engine", name=engine, location=node.location
            )
        for target in node.targets:
            name = target.connection or implicit_connection(target.type, plugins) or ""
            place = target.location or node.location
            declared = plugins.target_types.get(target.type)
            yield Use(
                node=node,
                # What is a query is asked where its engine is.
                type=(declared.engine if declared else None) or target.type,
                what="target",
                name=name,
                location=place,
                target=target,
            )


def _of_another_type(
    use: Use,
    raw: Mapping[str, object] | None,
    profile: Profile | None,
    plugins: Plugins,
    root: Path,
) -> Problem | None:
    """A type whose connections are of the type of the same name takes no other."""
    wanted = plugins.connection_types.get(use.type)
    given = plugins.connection_types.get(str(raw.get("type", ""))) if raw is not None else None
    if profile is None or wanted is None or given is None or wanted is given:
        return None
    fitting = [
        name
        for name, other in profile.connections.items()
        if plugins.connection_types.get(str(other.get("type", ""))) is wanted
    ]
    user = _a(f"{use.type} {use.what}")
    return Problem(
        code="SK0602",
        message=f"connection {use.name!r} is of type {given.name}, which {user} cannot use",
        location=find_word(root, use.location, use.name, "connection"),
        help=f"connections of type {wanted.name}: {', '.join(fitting) or 'none'}",
        node=use.node.id,
    )


def _misplaced(
    use: Use, target: Target, connection: Connection | None, plugins: Plugins, root: Path
) -> Iterator[Problem]:
    """What the target's type says of a place that it never writes to."""
    declared = plugins.target_types.get(target.type)
    if declared is None or declared.check is None:
        return
    try:
        declared.check(target, connection.options if connection is not None else None)
    except SeeknalError as error:
        yield Problem(
            code=error.code,
            message=error.message,
            location=find_word(root, use.location, target.label, "table", "path"),
            help=error.help,
            node=use.node.id,
        )


def _a(words: str) -> str:
    return f"{'an' if words[:1] in 'aeiou' else 'a'} {words}"
