"""``connection list`` and ``connection test``, and sessions on connections."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click
from attrs import frozen

from seeknal.cli.app import Group
from seeknal.cli.common import project_or_folder, project_root
from seeknal.cli.render import print_json, print_table
from seeknal.cli.streams import DATA
from seeknal.kernel import sessions
from seeknal.kernel.command_options import environment_option, format_option, profile_option
from seeknal.values.errors import ProjectError, RunError, SeeknalError, UsageError
from seeknal.values.secret import scrub

if TYPE_CHECKING:
    from seeknal.cli.remote import Remote
    from seeknal.cli.results import Wanted
    from seeknal.kernel.plugin_types import Session
    from seeknal.kernel.plugins import Plugins
    from seeknal.plan.deployed import Deployed
    from seeknal.project.profile.profiles import Profile
    from seeknal.values.sources import Connection


@click.group("connection", cls=Group)
def connection_command() -> None:
    """List and test the connections of profiles.yml."""


@frozen(kw_only=True)
class Tried:
    """One connection and whether it can be used."""

    name: str
    type: str
    file: str | None
    """Where it is written; None for one that every project has."""
    ok: bool
    detail: str = ""


@connection_command.command("list")
@profile_option
@format_option("table", "json")
def list_connections(profile: Path | None, format_: str) -> None:
    """List the connections and whether their settings are complete.

    Nothing is connected to.
    """
    plugins = _plugins()
    found = _profile(project_root(), profile, plugins)
    checked = [_check(found, name, plugins, _settle) for name in found.connections]
    print_connections(checked, format_)


@connection_command.command("test")
@click.argument("name", metavar="CONNECTION")
@click.option(
    "--deployed",
    "compares",
    is_flag=True,
    help="Compare what stands there with what the project asks for.",
)
@environment_option(shown=False)
@profile_option
@format_option("table", "json")
def test_connection(
    name: str, compares: bool, environment: str, profile: Path | None, format_: str
) -> int:
    """Connect, and say what is there.

    CONNECTION is one of profiles.yml, a URL or a connector file; it needs no project. With
    --deployed it ends with 1 where anything is not as the project asks for, and says which
    statements the next run would send.
    """
    from seeknal.ingesting.places import is_elsewhere

    if compares:
        return _compare(name, environment, profile, format_)
    plugins = _plugins()
    if is_elsewhere(name):
        checked = _check_elsewhere(name, profile, plugins)
        print_connections([checked], format_)
        return 0 if checked.ok else 1
    root = project_or_folder()
    found = _profile(root, profile, plugins, plugins.implicit_connections)
    if name not in found.connections:
        # Names the nearest connection.
        found.connection(name, plugins)
    checked = _check(found, name, plugins, partial(_connect, root))
    print_connections([checked], format_)
    return 0 if checked.ok else 1


def _compare(name: str, environment: str, profile: Path | None, format_: str) -> int:
    """Say of each target on a connection whether it is as the project asks for."""
    from seeknal.plan.deployed import deployed
    from seeknal.plan.session import Request, load

    request = Request(environment=environment, profile=profile)
    loaded = load(project_root(), request)
    loaded.connection(name)
    found = list(deployed(loaded, request, name))
    if format_ == "json":
        print_json([_deployed_answer(entry) for entry in found])
    else:
        rows = [(entry.node, entry.target, _state(entry), _detail(entry)) for entry in found]
        print_table(("node", "target", "state", "detail"), rows)
        for entry in found:
            if entry.look is not None and entry.look.state != "same":
                for statement in entry.look.statements:
                    print(f"\n{scrub(statement)};", file=DATA)
    return 0 if all(_state(entry) == "same" for entry in found) else 1


def _state(entry: Deployed) -> str:
    return entry.look.state if entry.look is not None else "unknown"


def _detail(entry: Deployed) -> str:
    return entry.look.detail if entry.look is not None else entry.error


def _deployed_answer(entry: Deployed) -> dict[str, Any]:
    return {
        "node": entry.node,
        "target": entry.target,
        "state": _state(entry),
        "detail": _detail(entry),
        "statements": list(entry.look.statements) if entry.look is not None else [],
    }


def tested(root: Path, profile: Path | None, used: Collection[str]) -> list[Tried]:
    """Connect to every connection, and say of each whether it can be used.

    ``used``: types of sources and targets whose connection may be one that nobody has written.
    """
    plugins = _plugins()
    implicit = {name: type for name, type in plugins.implicit_connections.items() if type in used}
    from seeknal.project.profile.profiles import read_connections

    found = read_connections(root, profile, implicit, plugins)
    if found is None:
        return []
    connect = partial(_connect, root)
    return [_check(found, name, plugins, connect) for name in found.connections]


def _check_elsewhere(text: str, profile: Path | None, plugins: Plugins) -> Tried:
    """A connection that is written as a URL, or in a file of its own."""
    from seeknal.ingesting.places import Places, refuse_password

    refuse_password(text)
    root = project_or_folder()
    connection = Places(root, profile, plugins).connection(text)
    file = None if "://" in text else text
    try:
        ok, detail = True, _described(connection, plugins, root)
    except RunError as error:
        ok, detail = False, error.message
    return Tried(name=connection.name, type=connection.type, file=file, ok=ok, detail=detail)


def _plugins() -> Plugins:
    from seeknal.kernel.plugins import load_plugins

    return load_plugins()


def _profile(
    root: Path,
    explicit: Path | None,
    plugins: Plugins,
    implicit: Mapping[str, str] = MappingProxyType({}),
) -> Profile:
    from seeknal.project.profile.profiles import read_connections

    found = read_connections(root, explicit, implicit, plugins)
    if found is None:
        raise UsageError(
            "there is no profiles.yml",
            code="SK0603",
            help="write one beside seeknal_project.yml, or say --profile PATH",
        )
    return found


def _check(
    profile: Profile, name: str, plugins: Plugins, act: Callable[[Profile, str, Plugins], str]
) -> Tried:
    type_ = str(profile.connections[name].get("type", ""))
    try:
        ok, detail = True, act(profile, name, plugins)
    except ProjectError as error:
        ok, detail = False, "; ".join(problem.message for problem in error.problems)
    except SeeknalError as error:
        ok, detail = False, error.message
    # What is added for every project is this and no more.
    added = profile.connections[name] == {"type": type_} and name in plugins.implicit_connections
    file = None if added else profile.file
    return Tried(name=name, type=type_, file=file, ok=ok, detail=detail)


def _settle(profile: Profile, name: str, plugins: Plugins) -> str:
    connection = profile.connection(name, plugins)
    declared = plugins.connection_types.get(connection.type)
    if declared is not None and declared.check is not None:
        declared.check(name, connection.options)
    return ""


def _connect(root: Path, profile: Profile, name: str, plugins: Plugins) -> str:
    return _described(profile.connection(name, plugins), plugins, root)


def _described(connection: Connection, plugins: Plugins, root: Path) -> str:
    """What is there, in a line, of a connection that can be opened."""
    session = _session(connection, plugins, root)
    try:
        return session.describe()
    finally:
        session.close()


def _session(connection: Connection, plugins: Plugins, root: Path) -> Session:
    return sessions.open_session(connection, plugins, root, "cannot be queried")


def open_session(root: Path, profile: Path | None, name: str) -> Session:
    """A read-only session on a connection of profiles.yml."""
    plugins = _plugins()
    found = _profile(root, profile, plugins, plugins.implicit_connections)
    return _session(found.connection(name, plugins), plugins, root)


def remote(root: Path, profile: Path | None, name: str, said: str | None = "cancelled") -> Remote:
    """A conversation on a connection of profiles.yml, or on that of a URL or a connector file."""
    from seeknal.cli.remote import Remote
    from seeknal.ingesting.places import Places, is_elsewhere

    if not is_elsewhere(name):
        return Remote(name, lambda: open_session(root, profile, name), said)
    plugins = _plugins()
    found = Places(root, profile, plugins).connection(name)
    return Remote(found.name, lambda: _session(found, plugins, root), said)


def ask(profile: Path | None, name: str, query: str, wanted: Wanted) -> None:
    """Run one statement on the connection that the command line names, and write its rows."""
    from seeknal.ingesting.places import refuse_password

    refuse_password(name)
    asked = remote(project_or_folder(), profile, name, said=None)
    try:
        asked.answer(query, wanted)
    finally:
        asked.close()


def print_connections(checked: Sequence[Tried], format_: str) -> None:
    """Write what was found of connections."""
    if format_ == "json":
        print_json([connection_answer(entry) for entry in checked])
        return
    rows = [
        (entry.name, entry.type, entry.file, "ok" if entry.ok else "failed", entry.detail)
        for entry in checked
    ]
    print_table(("connection", "type", "file", "status", "detail"), rows)


def connection_answer(entry: Tried) -> dict[str, Any]:
    """One connection as JSON."""
    from seeknal.cli.answers import outcome

    return {
        "name": entry.name,
        "type": entry.type,
        "file": entry.file,
        "status": outcome(entry.ok),
        "detail": entry.detail,
    }
