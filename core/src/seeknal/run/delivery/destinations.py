"""Keeping in mind where rows are delivered: what is left behind later is found by that."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.kernel.options import unstructure
from seeknal.plan.plugin_queries import context_of
from seeknal.state.destinations import Destination
from seeknal.values.credentials import without_credentials
from seeknal.values.errors import SeeknalError
from seeknal.values.secret import holds_secret

if TYPE_CHECKING:
    from seeknal.kernel.contexts import TargetContext
    from seeknal.kernel.plugins import Plugins
    from seeknal.plan.session import Loaded, Request
    from seeknal.state.store import StateStore
    from seeknal.values.deliveries import Delivered, Delivery
    from seeknal.values.node import Node
    from seeknal.values.targets import Target


def name_of(target: Target, context: TargetContext, plugins: Plugins) -> str:
    """Where a target is in the context's environment, as the plugin of its type says.

    Raises SeeknalError where that cannot be told.
    """
    found = plugins.hooks.isolate_target(target=target, context=context)
    return found or target.label


def destination_of(target: Target, context: TargetContext, plugins: Plugins) -> Destination:
    """The target as it is kept in mind; nothing is known of deliveries yet."""
    connection = target.connection or ""
    try:
        name = name_of(target, context, plugins)
    except SeeknalError:
        # Whoever writes there will say what is wrong.
        name = target.label
    return Destination(
        environment=context.environment,
        type=target.type,
        connection=without_credentials(connection),
        name=name,
        node=target.node,
        place=target.place,
        mode=target.mode,
        suffix=context.suffix,
        options=_plain(target) if "://" not in connection else None,
    )


def _plain(target: Target) -> dict[str, Any] | None:
    """The options as JSON holds them; None where that would give a secret away."""
    try:
        options = unstructure(target.options)
        text = json.dumps(options)
    except (TypeError, ValueError):
        return None
    if holds_secret(text) or without_credentials(text) != text:
        return None
    return {key: value for key, value in options.items() if value is not None}


def delivered_to(
    destination: Destination, known: Destination | None, owed: Delivery, done: Delivered, at: str
) -> Destination:
    """The destination once it has taken what was owed."""
    begun = destination.going_on(known) if known is not None else destination
    # What found nothing to write leaves the destination as the delivery before made it.
    if not done.wrote and begun.ids:
        return begun
    return evolve(begun.attempting(owed.delivery_id), proof=done.proof, at=at)


def attempted(
    loaded: Loaded, request: Request, store: StateStore, node: Node, target: Target
) -> tuple[str, ...]:
    """The newest deliveries that may have reached a target."""
    destination = destination_of(target, context_of(loaded, request, node), loaded.plugins)
    known = store.destinations.get(destination.key)
    return known.ids if known else ()


def note_destinations(loaded: Loaded, request: Request, store: StateStore) -> None:
    """Keep in mind where targets were delivered to before destinations were kept."""
    environment = request.environment
    known = {
        (destination.environment, destination.place)
        for destination in store.destinations.all().values()
    }
    snapshots = loaded.snapshots(environment)
    for node in loaded.project.nodes.values():
        for target in node.targets:
            snapshot = snapshots.get(node.id)
            entry = snapshot.deliveries.get(target.key) if snapshot else None
            if entry is None or entry.environment != environment or entry.status != "delivered":
                continue
            if known.isdisjoint((environment, place) for place in target.places):
                _note(loaded, request, store, node, target, entry)


def _note(
    loaded: Loaded,
    request: Request,
    store: StateStore,
    node: Node,
    target: Target,
    entry: Delivery,
) -> None:
    context = context_of(loaded, request, node)
    destination = destination_of(target, context, loaded.plugins)
    ids = (entry.holds_as or entry.delivery_id,)
    store.destinations.put(evolve(destination, ids=ids, at=entry.at))
