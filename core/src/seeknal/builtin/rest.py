"""Sources that are read from a REST API, and their connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from seeknal.plugin import ConnectionType, SourceType, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from seeknal.builtin.options.rest import RestConnection, RestOptions
    from seeknal.plugin import Connection, Problem, Project, Rows, Session, Source, SourceContext

_TYPE = "rest_api"
_OPTIONS = "seeknal.builtin.options.rest"


@hookimpl
def source_types() -> list[SourceType]:
    return [
        SourceType(
            name=_TYPE,
            options=f"{_OPTIONS}:RestOptions",
            summary="the records that a REST API gives, page by page",
            table="PATH",
            needs=("connection",),
        )
    ]


@hookimpl
def connection_types() -> list[ConnectionType]:
    return [
        ConnectionType(
            name=_TYPE,
            options=f"{_OPTIONS}:RestConnection",
            summary="a REST API",
            check=_check,
        )
    ]


def _check(name: str, options: Any) -> None:
    from seeknal.builtin.restauth import check_connection

    check_connection(name, options)


@hookimpl
def validate_project(project: Project) -> Iterable[Problem]:
    nodes = project.nodes.values()
    found = [node for node in nodes if node.source is not None and node.source.type == _TYPE]
    if not found:
        return []
    from seeknal.builtin.restchecks import problems_of

    return problems_of(found, project.root)


@hookimpl
def load_source(source: Source, context: SourceContext) -> Rows | None:
    if source.type != _TYPE:
        return None
    from seeknal.builtin.restrows import read

    return read(source, cast("RestOptions", source.options), context)


@hookimpl
def open_session(connection: Connection, project_root: Path) -> Session | None:
    if connection.type != _TYPE:
        return None
    from seeknal.builtin.restsession import RestSession

    return RestSession(connection.name, cast("RestConnection", connection.options), project_root)
