"""Targets that would overwrite each other's rows, and sources that read what is delivered here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from seeknal.kernel.roles import texts_of
from seeknal.project.inside import is_url
from seeknal.values.node import Node
from seeknal.values.problems import Problem
from seeknal.values.spots import find_word
from seeknal.values.targets import Mode, Target

if TYPE_CHECKING:
    from seeknal.project.addresses import Addresses
    from seeknal.project.profile.endpoints import Endpoints
    from seeknal.values.names import NodeId
    from seeknal.values.sources import Source

Found = tuple[Node, Target]


_SHARED = {"append", "upsert_by_key"}
"""Modes that leave the rows alone which they did not bring."""
_MODES = set(get_args(Mode))
"""What is written instead of one of these has been told, and may mean one that shares."""


def overwritten(
    nodes: Mapping[NodeId, Node], connections: Endpoints, addresses: Addresses
) -> Iterator[Problem]:
    """A problem for each target whose table another one replaces, or that it would replace."""
    owners: dict[str, list[Found]] = {}
    for node in nodes.values():
        for target in node.targets:
            address = addresses.of(target) or _address(target, connections)
            if address is None:
                continue
            others = owners.setdefault(address, [])
            for owner, other in others:
                modes = {target.mode, other.mode}
                sharing = owner.id != node.id and (modes <= _SHARED or not modes <= _MODES)
                if not sharing:
                    yield _clash(node, target, owner, other)
                    break
            others.append((node, target))


def _clash(node: Node, target: Target, owner: Node, other: Target) -> Problem:
    if owner.id == node.id:
        message = f"{node.id} delivers to {target.label} twice"
        help = "leave one of the two out"
    else:
        message = (
            f"{node.id} ({target.mode}) and {owner.id} ({other.mode}) both write {target.label}"
            f"{_through(other.connection, target.connection)}"
        )
        help = "give each its own table; only append and upsert_by_key leave other rows alone"
    return Problem(
        code="SK0223", message=message, location=target.location, help=help, node=node.id
    )


def _through(one: str | None, other: str | None) -> str:
    """That two connections come together, for who sees two names."""
    if one is None or other is None or one == other or "://" in one + other:
        return ""
    return f": connections {one} and {other} lead to the same place"


def read_back(
    nodes: Mapping[NodeId, Node], root: Path, connections: Endpoints, addresses: Addresses
) -> Iterator[Problem]:
    """A problem for each source whose file or table is a target of this project."""
    targets = [(node, target) for node in nodes.values() for target in node.targets]
    if not targets:
        return
    files = {_file(root, path): found for found in targets if (path := _path(found[1]))}
    tables = {
        _folded(table): found
        for found in targets
        if (table := _table(found[1], connections, addresses))
    }
    for node in nodes.values():
        if node.source is None:
            continue
        table = _source_table(node.source, connections, addresses)
        found = _delivered_file(node.source, root, files) or (
            tables.get(_folded(table)) if table else None
        )
        if found is not None:
            yield _problem(node, *found, root)


def _problem(source: Node, owner: Node, target: Target, root: Path) -> Problem:
    return Problem(
        code="SK0220",
        message=f"{source.id} reads {target.label}, which {owner.id} delivers",
        location=find_word(root, source.location, "", "table", "path", "params"),
        help=_help(owner, target),
        node=source.id,
    )


def _help(owner: Node, target: Target) -> str:
    rows = target.reads or (owner.id if owner.does != "delivers" else None)
    if rows is None and owner.sql is None and len(owner.parents) == 1:
        rows = owner.parents[0]
    if rows is None:
        return f"make the SQL of {owner.id} a transform, and read that with ref()"
    return f"read its rows with ref('{rows}') instead: then they are of the same run"


def _path(target: Target) -> str | None:
    paths = texts_of(target.options, "path")
    return paths[0] if paths and target.connection is None else None


def _file(root: Path, path: str) -> str:
    return str((root / path).resolve())


def _delivered_file(source: Source, root: Path, files: Mapping[str, Found]) -> Found | None:
    for path in (*source.table, *texts_of(source.options, "path")):
        if is_url(path) or source.connection is not None:
            continue
        full = _file(root, path)
        if full in files:
            return files[full]
        if set("*?[") & set(path):
            pattern = re.compile(_pattern(full))
            return next((found for file, found in files.items() if pattern.fullmatch(file)), None)
    return None


def _pattern(glob: str) -> str:
    """A regular expression for a path's pattern."""
    parts = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(parts.get(part) or re.escape(part) for part in re.findall(r"\*\*/|\*\*|.", glob))


Table = tuple[str, str]
"""Where a connection leads, and the name with its schema."""


def _table(target: Target, connections: Endpoints, addresses: Addresses) -> Table | None:
    tables = texts_of(target.options, "table")
    if not tables:
        return None
    server = addresses.server(target.type, target.connection)
    return server, _full_name(target.connection, tables[0], connections)


def _source_table(source: Source, connections: Endpoints, addresses: Addresses) -> Table | None:
    if source.query is not None or len(source.table) != 1:
        return None
    server = addresses.server(source.type, source.connection)
    return server, _full_name(source.connection, source.table[0], connections)


def _full_name(connection: str | None, table: str, connections: Endpoints) -> str:
    """The table, with the schema that its connection adds to a name without one."""
    endpoint = connections.get(connection or "")
    schema = (endpoint and endpoint.schema) or "public"
    name = table if "." in table else f"{schema}.{table}"
    return name.replace('"', "")


def _address(target: Target, connections: Endpoints) -> str | None:
    """What targets of one table have in common whose type tells nothing of its places.

    Two connections with the same settings lead to one place.
    """
    tables = texts_of(target.options, "table")
    if not tables:
        return None
    endpoint = connections.get(target.connection or "")
    settings = endpoint.settings if endpoint else {}
    told = sorted((key, repr(value)) for key, value in settings.items())
    server = told if len(told) > 1 else target.connection or ""
    return f"{target.type} {server} {_full_name(target.connection, tables[0], connections)}"


def _folded(table: Table) -> Table:
    """The same in lower case: many servers do not tell cases apart."""
    return table[0], table[1].lower()
