"""Asks plugins about nodes before anything runs: versions of sources, names of targets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from seeknal.values.errors import ProjectError, SeeknalError
from seeknal.values.names import PRODUCTION, NodeId
from seeknal.values.problems import Problems

if TYPE_CHECKING:
    from seeknal.kernel.context import StepContext
    from seeknal.kernel.plugin_types import Section
    from seeknal.kernel.plugins import Plugins
    from seeknal.plan.session import Loaded, Request
    from seeknal.values.node import Node
    from seeknal.values.targets import Target


def check_isolation(loaded: Loaded, request: Request) -> None:
    """Raise ProjectError for each target that an environment cannot have of its own."""
    if request.environment == PRODUCTION or not loaded.delivers(request):
        return
    problems = Problems()
    for node in loaded.project.nodes.values():
        for target in node.targets:
            try:
                label_of(loaded, request, node, target)
            except SeeknalError as error:
                problems.of(node.id).add(
                    error.code,
                    f"{node.id}: {error.message}",
                    target.location or node.location,
                    error.help,
                )
    if problems:
        raise ProjectError(problems)


def label_of(loaded: Loaded, request: Request, node: Node, target: Target) -> str:
    """Where a target is written in the environment, as people read it.

    Raises NodeError where it cannot have a place of its own there.
    """
    if request.environment == PRODUCTION:
        return target.label
    context = context_of(loaded, request, node)
    return loaded.plugins.hooks.isolate_target(target=target, context=context) or target.label


def rowless_kinds(plugins: Plugins) -> frozenset[str]:
    """Kinds whose nodes have no rows of their own."""
    return frozenset(name for name, kind in plugins.kinds.items() if not kind.produces_rows)


def refresh_default(plugins: Plugins, node: Node) -> str:
    """When a source whose version is unknown is read again, unless its node says so."""
    source = node.source
    kind = plugins.source_types.get(source.type) if source else None
    return kind.refresh if kind else "always"


def context_of(
    loaded: Loaded, request: Request, node: Node | None, known: object = None
) -> StepContext:
    """What a plugin is given that is asked about a node, or the project, without rows at hand."""
    from seeknal.kernel.context import StepContext

    project = loaded.project
    id = node.id if node else NodeId("")
    scratch = project.target / "tmp"
    return StepContext(
        node=id,
        environment=request.environment,
        run_id="",
        project_root=project.root,
        scratch=scratch,
        samples=scratch,
        cursor=_no_cursor,
        connections=loaded.connection,
        relation_of=_no_cursor,
        row_counts=lambda limit: [],
        known_version=known,
        folders=loaded.folders,
        allow_outside=bool(node and node.source and node.source.allow_outside),
        variables=project.variables,
        params=node.params if node else {},
        suffix=project.environments.suffix,
        name_of=lambda target, context: loaded.plugins.hooks.isolate_target(
            target=target, context=context
        ),
    )


def version_of(loaded: Loaded, request: Request, node: Node, known: object) -> object:
    """A source's version token as it is now, given the ``known`` one; None: unknown."""
    project = loaded.project
    context = context_of(loaded, request, node, known)
    if node.source is None or node.source.type == "python":
        from seeknal.host.file_version import version_of as files_version

        files = [context.resolve(path) for path in node.files]
        return files_version(files, known, root=project.root)
    return loaded.plugins.hooks.source_version(source=node.source, context=context)


def _no_cursor(*arguments: object) -> Any:
    raise RuntimeError("a source's version is asked for without DuckDB")


def told_by_plugins(
    hook: str, given: Iterable[tuple[str, Section | Exception]]
) -> tuple[tuple[Section, ...], tuple[str, ...]]:
    """What plugins add to an answer, and a warning for each that failed in the hook."""
    sections: list[Section] = []
    warnings: list[str] = []
    for plugin, entry in given:
        if isinstance(entry, Exception):
            said = str(entry) or type(entry).__name__
            warnings.append(f"plugin {plugin!r} failed in {hook}: {said}")
        else:
            sections.append(entry)
    return tuple(sections), tuple(warnings)
