"""profiles.yml: connections with their secrets, and defaults; read when a command needs them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import evolve, field, frozen

from seeknal.errors import ProjectError, UsageError, did_you_mean
from seeknal.marks import Marks
from seeknal.model import Connection, Problem
from seeknal.options import convert, fields_of, keys_of, option
from seeknal.plugins import Plugins
from seeknal.project.around import MaterializationDefaults, unknown_type
from seeknal.project.confidential import note_secrets, note_values
from seeknal.project.endpoints import (
    Endpoint,
    endpoint_of,
    endpoint_variables,
    variables_in,
)
from seeknal.project.envfile import environment
from seeknal.project.filling import Filling
from seeknal.project.keys import UNUSED
from seeknal.project.places import PROJECT_FILE, find_profile
from seeknal.project.settings import Settings, load_settings, only_one
from seeknal.project.textfile import read_text
from seeknal.project.yamlfile import read_documents

ICEBERG = "iceberg"
"""The connection that Iceberg nodes without one use."""


@frozen(kw_only=True)
class EngineTarget:
    """A named engine that transforms can run on (``--engine NAME``)."""

    engine: str = option(summary="what it is: duckdb, or a plugin's engine")
    connection: str | None = option(None, summary="the connection that it uses")


@frozen(kw_only=True)
class ProfileOptions:
    """The keys of profiles.yml; any other entry is an engine target."""

    connections: Mapping[str, Mapping[str, object]] = option(
        factory=dict, summary="databases and catalogs, each with its type and options"
    )
    materialization: Mapping[str, object] = option(
        factory=dict, summary="what Iceberg targets start with, and their catalog"
    )
    source_defaults: Mapping[str, Mapping[str, object]] = option(
        factory=dict, summary="params that every source of a type starts with"
    )
    engines: Mapping[str, EngineTarget] = option(
        factory=dict, summary="what --engine may name; they may also stand by themselves"
    )
    state: Mapping[str, object] = option(factory=dict, summary=UNUSED)
    meta: Mapping[str, object] = option(factory=dict, summary="anything; never checked")


@frozen(kw_only=True)
class Profile:
    """A profile as written: values are filled in when a connection is asked for.

    ``project_marks`` are those of connections that stand in seeknal_project.yml.
    """

    path: Path
    file: str
    options: ProfileOptions
    targets: Mapping[str, EngineTarget] = field(factory=dict)
    marks: Marks
    environment: Mapping[str, str] = field(factory=dict)
    project_marks: Mapping[str, Marks] = field(factory=dict)

    @property
    def connections(self) -> Mapping[str, Mapping[str, object]]:
        """What it says of each connection; ``materialization.catalog`` is one, ``iceberg``."""
        catalog = _catalog(self.options.materialization)
        return {**({ICEBERG: catalog} if catalog else {}), **self.options.connections}

    def connection(self, name: str, plugins: Plugins) -> Connection:
        """A connection with its variables filled in and its secrets wrapped.

        Raises ProjectError that names every missing variable, unknown key and wrong value.
        """
        raw = self.connections.get(name)
        if raw is None:
            help = did_you_mean(name, self.connections)
            known = ", ".join(self.connections) or "none"
            raise UsageError(
                f"unknown connection {name!r} in {self.file}",
                code="SK0604",
                help=help or f"connections: {known}",
            )
        problems: list[Problem] = []
        found = self._convert(name, raw, plugins, problems)
        if found is None:
            raise ProjectError(problems)
        return found

    def source_defaults(self, type: str, problems: list[Problem]) -> dict[str, object]:
        """Values that sources of a type start with."""
        raw = self.options.source_defaults.get(type, {})
        marks = self.marks.below("source_defaults", type)
        return _mapping(Filling(self.environment, marks, problems).value(dict(raw)))

    def iceberg_defaults(self, problems: list[Problem]) -> MaterializationDefaults:
        """What ``materialization:`` gives to every Iceberg target."""
        raw = self.options.materialization
        marks = self.marks.below("materialization")
        ours = {key: raw[key] for key in keys_of(MaterializationDefaults) if key in raw}
        filled = _mapping(Filling(self.environment, marks, problems).value(ours))
        return convert(MaterializationDefaults, filled, marks, problems) or (
            MaterializationDefaults()
        )

    def endpoints(self, plugins: Plugins) -> dict[str, Endpoint]:
        """Where each connection leads."""
        filling = Filling(self.environment, self.marks, [])
        return {name: endpoint_of(raw, plugins, filling) for name, raw in self.connections.items()}

    @property
    def variables(self) -> frozenset[str]:
        """Environment variables whose values the definition of a node may depend on."""
        return variables_in((self.options.source_defaults, self.options.materialization))

    def endpoint_variables(self, plugins: Plugins) -> frozenset[str]:
        """Environment variables of which it depends on where they lead."""
        found = (endpoint_variables(raw, plugins) for raw in self.connections.values())
        return frozenset().union(*found)

    def _convert(
        self, name: str, raw: Mapping[str, object], plugins: Plugins, problems: list[Problem]
    ) -> Connection | None:
        marks = self.project_marks.get(name) or self.marks.below("connections", name)
        type = str(raw.get("type", ""))
        declared = plugins.connection_types.get(type)
        if declared is None:
            problems.append(_unknown_type(name, type, plugins, marks))
            return None
        secret = _secret_keys(declared.options)
        filling = Filling(self.environment, marks, problems, secret)
        filled = {key: filling.value(value, key) for key, value in raw.items() if key != "type"}
        options = convert(declared.options, filled, marks, problems, what="option")
        if options is None or problems:
            return None
        return Connection(name=name, type=declared.name, options=options)


def _catalog(materialization: Mapping[str, object]) -> dict[str, object] | None:
    """``materialization.catalog`` as a connection; there ``type`` is that of the catalog."""
    given = materialization.get("catalog")
    if not isinstance(given, Mapping):
        return None
    renamed = {"catalog" if key == "type" else str(key): value for key, value in given.items()}
    return {**renamed, "type": ICEBERG}


def _secret_keys(cls: type) -> frozenset[str]:
    secret = (entry for entry in fields_of(cls) if entry.is_secret)
    return frozenset(key for entry in secret for key in (entry.key, *entry.aliases))


def _mapping(value: object) -> dict[str, object]:
    return dict(value) if isinstance(value, Mapping) else {}


def load_profile(root: Path, explicit: Path | None) -> Profile | None:
    """The profile in force over the connections of the project file; None without either.

    Raises ProjectError when it is wrong.
    """
    path = find_profile(root, explicit)
    settings, _ = load_settings(root)
    if path is None and not settings.options.connections:
        return None
    profile, problems = read_profile(root, path, settings)
    if profile is None:
        raise ProjectError(problems)
    return profile


def read_connections(
    root: Path, explicit: Path | None, implicit: Mapping[str, str]
) -> Profile | None:
    """`load_profile`, with ``implicit`` connections (name: type) where nothing is said of them."""
    found = load_profile(root, explicit)
    if found is None and not implicit:
        return None
    if found is None:
        found = Profile(
            path=root / PROJECT_FILE,
            file=PROJECT_FILE,
            options=ProfileOptions(),
            marks=Marks(PROJECT_FILE, {}, {}),
        )
    added = {
        name: {"type": type} for name, type in implicit.items() if name not in found.connections
    }
    connections = {**added, **found.options.connections}
    return evolve(found, options=evolve(found.options, connections=connections))


def read_profile(
    root: Path, path: Path | None, settings: Settings
) -> tuple[Profile | None, list[Problem]]:
    """A profile file, and what is wrong with it (connections are not looked into).

    Without a ``path`` there are only the connections of the project file.
    """
    if path is None:
        options, marks = ProfileOptions(), settings.marks
        profile = Profile(path=root / PROJECT_FILE, file=PROJECT_FILE, options=options, marks=marks)
        return _with_project_connections(profile, root, settings), []
    file = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    problems: list[Problem] = []
    text = read_text(path, file, problems)
    if text is None:
        return None, problems
    note_secrets(text)
    documents, problems = read_documents(text, file)
    data, marks = (
        (documents[0].data, documents[0].marks) if documents else ({}, Marks(file, {}, {}))
    )
    problems += [only_one(other) for other in documents[1:]]
    if not isinstance(data, dict):
        return None, [
            *problems,
            Problem(code="SK0108", message="expected a mapping", location=marks.value()),
        ]
    note_values(data, environment(root))
    named = {key: value for key, value in data.items() if _is_target(key, value)}
    rest = {key: value for key, value in data.items() if key not in named}
    options_ = convert(ProfileOptions, rest, marks, problems)
    targets = {
        key: made
        for key, value in named.items()
        if (made := convert(EngineTarget, value, marks.below(key), problems)) is not None
    }
    if options_ is None or problems:
        return None, problems
    targets = {**options_.engines, **targets}
    profile = Profile(path=path, file=file, options=options_, targets=targets, marks=marks)
    return _with_project_connections(profile, root, settings), problems


def _with_project_connections(profile: Profile, root: Path, settings: Settings) -> Profile:
    """seeknal 2.x has connections in the project file too; those of the profile win."""
    own, theirs = profile.options.connections, settings.options.connections
    note_values(theirs, environment(root))
    defaults = {**settings.options.source_defaults, **profile.options.source_defaults}
    return evolve(
        profile,
        options=evolve(profile.options, connections={**theirs, **own}, source_defaults=defaults),
        environment=environment(root),
        project_marks={
            name: settings.marks.below("connections", name) for name in theirs.keys() - own.keys()
        },
    )


def _is_target(key: str, value: object) -> bool:
    known = {entry.key for entry in fields_of(ProfileOptions)}
    return key not in known and isinstance(value, dict) and "engine" in value


def _unknown_type(name: str, type: str, plugins: Plugins, marks: Marks) -> Problem:
    if not type:
        message, help = f"connection {name!r} has no type", "type: postgresql, ..."
    elif missing := plugins.missing("connection type", type):
        # In the message: a list of connections shows nothing else.
        message, help = f"connection {name!r} cannot be used: {missing}", None
    else:
        message = f"connection {name!r} has the unknown type {type!r}"
        help = unknown_type("connection type", type, plugins)
    return Problem(code="SK0607", message=message, location=marks.value("type"), help=help)
