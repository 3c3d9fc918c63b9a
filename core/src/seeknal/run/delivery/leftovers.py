"""What is left behind: destinations to which no node delivers any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.kernel.options import structure
from seeknal.plan.plugin_queries import context_of
from seeknal.run.delivery.destinations import name_of
from seeknal.run.delivery.readers import reader_of, texts_of
from seeknal.state.destinations import Destination
from seeknal.values.errors import SeeknalError
from seeknal.values.names import PRODUCTION, NodeId
from seeknal.values.targets import Target

if TYPE_CHECKING:
    from seeknal.kernel.contexts import TargetContext
    from seeknal.plan.session import Loaded, Request
    from seeknal.values.deliveries import Delivery
    from seeknal.values.snapshot import Fingerprint, Snapshot


@frozen(kw_only=True)
class Left:
    """A destination that is left behind. ``why``: what speaks against dropping it."""

    destination: Destination
    why: str = ""


_ANYWHERE = ""
"""The name of what a plugin cannot name, such as a table of a connection that is not there."""


@frozen(kw_only=True)
class _User:
    """A node that delivers somewhere in an environment, by what the files say."""

    environment: str
    connection: str
    node: NodeId
    unnamed: str = ""
    """Why it cannot be told where that is."""


def left_behind(loaded: Loaded, request: Request) -> list[Left]:
    """Every destination that is left behind, in any environment, in the order of their names.

    Reaches no server, so that something may be said to stand there that does not.
    """
    known = loaded.state.destinations.values()
    suspects = [entry for entry in known if not _is_current(loaded, entry)]
    if not suspects:
        return []
    users = _users(loaded, request)
    fingerprints = loaded.fingerprints()
    found: list[Left] = []
    for left in sorted(suspects, key=lambda entry: (entry.environment, entry.type, entry.name)):
        using = users.get((left.type, left.name.casefold()), [])
        if any(_is_same(user, left) for user in using) or not _stands(loaded, request, left):
            continue
        anywhere = users.get((left.type, _ANYWHERE), [])
        why = _used(using, anywhere) or _computed(loaded, left) or _why(loaded, left, fingerprints)
        found.append(Left(destination=left, why=why or ""))
    return _unread(loaded, found)


def _unread(loaded: Loaded, found: list[Left]) -> list[Left]:
    """The same, with a word on each that something of the project may read."""
    if all(left.why for left in found):
        return found
    texts = texts_of(loaded)
    readers = [None if left.why else reader_of(left.destination, texts) for left in found]
    return [
        evolve(left, why=f"{reader} may read it") if reader else left
        for left, reader in zip(found, readers, strict=True)
    ]


def target_of(loaded: Loaded, destination: Destination) -> Target | None:
    """The target as it was delivered to; None where it is not known any more how."""
    declared = loaded.plugins.target_types.get(destination.type)
    if declared is None or destination.options is None:
        return None
    try:
        options: object = structure(declared.options, destination.options)
    except ValueError:
        return None
    return Target(
        node=destination.node,
        type=destination.type,
        options=options,
        key="",
        label=destination.name,
        mode=destination.mode,  # type: ignore[arg-type]
        connection=destination.connection or None,
        place=destination.place,
    )


def context_at(loaded: Loaded, request: Request, destination: Destination) -> TargetContext:
    """What a plugin is given that is asked about a destination: the environment as it was then."""
    context = context_of(loaded, request, None)
    return evolve(
        context,
        node=destination.node,
        environment=destination.environment,
        suffix=destination.suffix,  # type: ignore[arg-type]
        project=loaded.project.name,
    )


def deliveries_at(
    snapshots: Mapping[NodeId, Snapshot], destination: Destination
) -> Iterator[tuple[Snapshot, Delivery]]:
    """What an environment's map knows of deliveries to a destination."""
    for snapshot in snapshots.values():
        entries = [*snapshot.deliveries.values(), *(owed.delivery for owed in snapshot.backlog)]
        for entry in entries:
            if is_at(entry, destination):
                yield snapshot, entry


def is_at(entry: Delivery, destination: Destination) -> bool:
    """Whether a delivery went to the destination."""
    return (entry.place, entry.environment) == (destination.place, destination.environment)


def _is_current(loaded: Loaded, destination: Destination) -> bool:
    """Whether a node says the same of its target as was said then: nothing has to be named."""
    environments = loaded.state.environments
    is_production = destination.environment == PRODUCTION
    there = is_production or destination.environment in environments
    same = is_production or destination.suffix == loaded.project.environments.suffix
    return (
        there
        and same
        and any(
            target.type == destination.type and destination.place in target.places
            for node in loaded.project.nodes.values()
            for target in node.targets
        )
    )


def _users(loaded: Loaded, request: Request) -> dict[tuple[str, str], list[_User]]:
    """Who delivers to what by the files, in every environment that there is."""
    found: dict[tuple[str, str], list[_User]] = {}
    for environment in dict.fromkeys((PRODUCTION, *loaded.state.environments)):
        asked = evolve(request, environment=environment)
        for node in loaded.project.nodes.values():
            for target in node.targets:
                context = context_of(loaded, asked, node)
                user = _User(
                    environment=environment, connection=target.connection or "", node=node.id
                )
                try:
                    name = name_of(target, context, loaded.plugins).casefold()
                except SeeknalError as error:
                    name, user = _ANYWHERE, evolve(user, unnamed=error.message)
                found.setdefault((target.type, name), []).append(user)
    return found


def _is_same(user: _User, destination: Destination) -> bool:
    return (user.environment, user.connection) == (destination.environment, destination.connection)


def _stands(loaded: Loaded, request: Request, destination: Destination) -> bool:
    """Whether something may stand there, as far as can be seen from here."""
    target = target_of(loaded, destination)
    if target is None:
        return True
    context = context_at(loaded, request, destination)
    try:
        found = loaded.plugins.hooks.target_stands(target=target, context=context)
    except SeeknalError:
        return True
    return found is not False


def _used(using: list[_User], anywhere: list[_User]) -> str | None:
    """Whether it may be what a node delivers to."""
    if using:
        user = using[0]
        through = f" through connection {user.connection}" if user.connection else ""
        return (
            f"{user.node} delivers to what has that name{through} in {user.environment}, and it"
            " may be the same"
        )
    if anywhere:
        return f"where {anywhere[0].node} delivers cannot be told: {anywhere[0].unnamed}"
    return None


def _computed(loaded: Loaded, destination: Destination) -> str | None:
    """Whether its node may deliver there again when something outside the files is different."""
    node = loaded.project.nodes.get(destination.node)
    if node is None or node.python is None or not node.python.computed:
        return None
    if all(target.type != destination.type for target in node.targets):
        return None
    return f"the decorator of {node.id} computes where it delivers, and may say so again"


def _why(
    loaded: Loaded, destination: Destination, fingerprints: Mapping[NodeId, Fingerprint]
) -> str | None:
    """What else can be said against dropping it without looking at it."""
    if (why := _in_its_environment(loaded, destination, fingerprints)) is not None:
        return why
    if destination.type not in loaded.plugins.target_types:
        return f"no plugin that is installed has targets of type {destination.type}"
    if destination.options is None:
        return "its connection or its options hold a secret, so that they are not on record"
    if target_of(loaded, destination) is None:
        return "its plugin has other options now than those that it was delivered with"
    return None


def _in_its_environment(
    loaded: Loaded, destination: Destination, fingerprints: Mapping[NodeId, Fingerprint]
) -> str | None:
    name = destination.environment
    environment = loaded.state.environments.get(name)
    if environment is None and name == PRODUCTION:
        return "prod has not run since its state was lost: seeknal run"
    if environment is None and not destination.orphaned:
        return f"nothing says that environment {name} was deleted: seeknal env delete {name}"
    entries = list(deliveries_at(environment.snapshots if environment else {}, destination))
    if any(entry.status == "owed" for _, entry in entries) or _owed_by_gone(loaded, destination):
        return "it is owed rows: seeknal deliveries list, retry or drop"
    for snapshot, _ in entries:
        current = fingerprints.get(snapshot.node)
        if current is None or current.config != snapshot.fingerprint.config:
            env = "" if name == PRODUCTION else f" --env {name}"
            return f"{name} still has {snapshot.node} as it was: seeknal run{env}"
    return None


def _owed_by_gone(loaded: Loaded, left: Destination) -> bool:
    """Whether a node without outputs still owes rows there."""
    for environment, node in loaded.state.accounts:
        account = loaded.state.account(environment, node)
        if account is not None and any(is_at(owed.delivery, left) for owed in account.backlog):
            return True
    return False
