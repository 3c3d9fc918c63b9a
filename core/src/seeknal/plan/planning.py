"""From a loaded project and what is asked of it to a plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.graph.fingerprint import audits_key
from seeknal.host import clock
from seeknal.plan.described import definitions, modified
from seeknal.plan.finding import Finder, Found
from seeknal.plan.missing import with_missing_inputs
from seeknal.plan.planner import Situation, is_fresh, make_plan
from seeknal.plan.plugin_queries import (
    check_isolation,
    context_of,
    refresh_default,
    rowless_kinds,
    version_of,
)
from seeknal.plan.session import Loaded, Request, is_narrowed
from seeknal.plan.stored import inlined_views
from seeknal.plan.succession import moved_appends, successions
from seeknal.state.generations import Generations
from seeknal.state.pool import Pool
from seeknal.values.errors import SelectionError, did_you_mean
from seeknal.values.tracking import Asked

if TYPE_CHECKING:
    from seeknal.plan.finding import Verified
    from seeknal.plan.session import Loaded, Request
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.plan import Plan
    from seeknal.values.snapshot import Fingerprint, Snapshot


def _modified_nodes(
    nodes: Mapping[NodeId, Node],
    fingerprints: Mapping[NodeId, Fingerprint],
    snapshots: Mapping[NodeId, Snapshot],
    described: Mapping[NodeId, str],
) -> frozenset[NodeId]:
    """What ``state:modified`` means: nodes whose definition is not the one that last ran.

    A rule keeps nothing of its own: what it last asked is known of the nodes that it checks.
    ``described`` is how nodes that are no step of a run were last defined.
    """
    return modified(definitions(nodes, fingerprints, described), described) | frozenset(
        id
        for id, node in nodes.items()
        if node.does != "describes"
        and (
            any(_asks_anew(nodes[parent], snapshots.get(parent)) for parent in node.parents[:1])
            if node.does == "checks"
            else id not in snapshots
            or snapshots[id].fingerprint.content != fingerprints[id].content
        )
    )


def _asks_anew(node: Node, snapshot: Snapshot | None) -> bool:
    return snapshot is None or audits_key(node.audits) != snapshot.audits_key


def _asked_by_rules(
    nodes: Mapping[NodeId, Node],
    fingerprints: Mapping[NodeId, Fingerprint],
    snapshots: Mapping[NodeId, Snapshot],
    chosen: Collection[NodeId],
) -> frozenset[NodeId]:
    """What selected rules are about, where its rows are of today's definition and not yet asked."""
    about = {
        parent for id in chosen if nodes[id].does == "checks" for parent in nodes[id].parents[:1]
    }
    return frozenset(
        id
        for id in about - set(chosen)
        if (found := snapshots.get(id)) is not None
        and (_asks_anew(nodes[id], found) or found.failing)
        and found.fingerprint.of_rows == fingerprints[id].of_rows
    )


def plan_of(loaded: Loaded, request: Request, verified: Verified) -> Plan:
    """What a run would do to the nodes that were asked for, and why. Changes nothing."""
    project, graph = loaded.project, loaded.graph
    now = clock.now()
    fingerprints = loaded.fingerprints()
    snapshots = loaded.snapshots(request.environment)
    check_isolation(loaded, request)
    selected = selected_nodes(loaded, request)
    if request.schedules or request.missing_inputs:
        selected = with_missing_inputs(selected, project.nodes, graph, snapshots, verified.health)
    chosen = frozenset(id for id in selected if project.nodes[id].does != "describes")
    time = asked_of(loaded, request)
    if time.names_span:
        from seeknal.plan.asked_spans import refuse_untracked

        refuse_untracked(project.nodes[id] for id in chosen)
    plan = make_plan(
        Situation(
            environment=request.environment,
            nodes=project.nodes,
            graph=graph,
            fingerprints=fingerprints,
            snapshots=snapshots,
            selected=chosen,
            inlined=inlined_views(project.nodes, graph),
            rowless_kinds=rowless_kinds(loaded.plugins),
            now=now,
            version_of=lambda node, known: version_of(loaded, request, node, known),
            refresh_default=lambda node: refresh_default(loaded.plugins, node),
            health_of=verified.health,
            full=request.full,
            refresh=_refreshed(loaded, request),
            deliver=loaded.delivers(request),
            forward_only=_forward_only(loaded, request),
            finder=finder_of(loaded, verified, now),
            last_of=lambda node: pool_of(loaded).last(node, request.environment),
            gone=_gone(loaded, request, snapshots, chosen),
            time=time,
            asked=_asked_by_rules(project.nodes, fingerprints, snapshots, chosen),
        )
    )
    # What another node delivered to is said before its rows could come once more.
    found: list[str] = []
    if loaded.owes(request):
        found += map(str, successions(loaded, request, chosen))
        found += moved_appends(loaded, request, chosen)
    if selected and not chosen:
        found += map(_only_describes, sorted(selected))
    return evolve(plan, warnings=(*plan.warnings, *found))


def asked_of(loaded: Loaded, request: Request) -> Asked:
    """What a command is about in time: now, the span that it names, and what is marked.

    Raises UsageError for a text that is no moment.
    """
    now = int(clock.now().timestamp()) if request.now is None else request.now
    asked = Asked(
        now=now, start=request.start, end=request.end, marks=loaded.marks(request.environment)
    )
    if asked.names_span:
        from seeknal.plan.asked_spans import refuse_no_moment

        refuse_no_moment(asked)
    return asked


def _only_describes(id: NodeId) -> str:
    return f"{id} only describes: it is no step of a run"


def _gone(
    loaded: Loaded,
    request: Request,
    snapshots: Mapping[NodeId, Snapshot],
    chosen: Collection[NodeId],
) -> frozenset[tuple[NodeId, str]]:
    """Targets that hold a node's rows by what is on record, while nothing is there."""
    if not loaded.delivers(request):
        return frozenset()
    nodes = loaded.project.nodes
    stands = loaded.plugins.hooks.target_stands
    return frozenset(
        (id, target.key)
        for id in chosen
        if id in snapshots
        for target in nodes[id].targets
        if not target.accumulates
        and (delivery := snapshots[id].deliveries.get(target.key)) is not None
        and delivery.status == "delivered"
        and delivery.environment == request.environment
        and stands(target=target, context=context_of(loaded, request, nodes[id])) is False
    )


def pool_of(loaded: Loaded) -> Pool:
    """The outputs of every environment and every earlier generation that is kept."""
    return Pool(loaded.state.environments, Generations(loaded.project.target))


def finder_of(loaded: Loaded, verified: Verified, now: datetime) -> Finder:
    """Finds outputs that are built already, and still hold."""
    pool = pool_of(loaded)
    return Finder(
        candidates=lambda node, definition: (
            Found(*found) for found in pool.candidates(node, definition)
        ),
        is_fresh=lambda node, snapshot, version: is_fresh(
            node, snapshot, version, refresh_default(loaded.plugins, node), now
        ),
        health_of=verified.health,
    )


def selected_nodes(loaded: Loaded, request: Request) -> frozenset[NodeId]:
    """The nodes that were asked for. Raises SelectionError for what names none."""
    nodes = loaded.project.nodes
    if not is_narrowed(request):
        return frozenset(nodes)
    from seeknal.graph.selection import select

    return select(
        request.select,
        nodes,
        loaded.graph,
        exclude=request.exclude,
        types=request.types,
        tags=request.tags,
        exclude_tags=request.exclude_tags,
        schedules=request.schedules,
        changed=_modified_nodes(
            nodes,
            loaded.fingerprints(),
            loaded.snapshots(request.environment),
            loaded.described(request.environment),
        ),
    )


def _forward_only(loaded: Loaded, request: Request) -> frozenset[NodeId]:
    if not request.forward_only:
        return frozenset()
    from seeknal.graph.selection import select

    return select(request.forward_only, loaded.project.nodes, loaded.graph)


def _refreshed(loaded: Loaded, request: Request) -> frozenset[NodeId]:
    sources = {id: node for id, node in loaded.project.nodes.items() if node.source}
    if request.refresh is None:
        return frozenset()
    if not request.refresh:
        return frozenset(sources)
    from seeknal.graph.selection import select

    found: set[NodeId] = set()
    for text in request.refresh:
        named = select([text], loaded.project.nodes, loaded.graph) & frozenset(sources)
        if not named:
            raise SelectionError(
                f"--refresh {text} names no source",
                help=did_you_mean(text, sources) or f"to run it anyway: --full --select {text}",
            )
        found |= named
    return frozenset(found)
