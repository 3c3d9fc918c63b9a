"""profiles.yml: connections with their secrets, and defaults; read when a command needs them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from seeknal.kernel.options import MISSING_KEY, convert, fields_of, keys_of, option
from seeknal.kernel.plugins import DEFAULT_SECTION
from seeknal.project.build_context import unknown_type
from seeknal.project.keys import UNUSED
from seeknal.project.paths import PROJECT_FILE, find_profile
from seeknal.project.profile.confidential import note_secrets, note_values
from seeknal.project.profile.endpoints import (
    endpoint_of,
    endpoint_variables,
    variables_in,
)
from seeknal.project.profile.envfile import environment
from seeknal.project.profile.notifications import note_webhooks
from seeknal.project.profile.variables import VariableExpander, all_set
from seeknal.project.settings import load_settings, only_one
from seeknal.project.text_files import read_text
from seeknal.project.yaml_files import read_documents
from seeknal.values.credentials import shown_word
from seeknal.values.errors import ProjectError, SeeknalError, UsageError, did_you_mean, nearest
from seeknal.values.marks import Marks
from seeknal.values.problems import Problem, Problems
from seeknal.values.sources import Connection

if TYPE_CHECKING:
    from seeknal.kernel.plugins import Plugins
    from seeknal.project.profile.endpoints import (
        Endpoint,
    )
    from seeknal.project.settings import Settings


@frozen(kw_only=True)
class EngineTarget:
    """A named engine that transforms can run on (``--engine NAME``)."""

    engine: str = option(
        summary="what it is: duckdb, a plugin's engine, or a dialect that `render` writes, of which"
        " any other keys are left alone"
    )
    connection: str | None = option(None, summary="the connection that it uses")


@frozen(kw_only=True)
class ProfileOptions:
    """The keys of profiles.yml; any other entry is an engine target."""

    connections: Mapping[str, Mapping[str, object]] = option(
        factory=dict, summary="databases and catalogs, each with its type and options"
    )
    materialization: Mapping[str, object] = option(
        factory=dict, summary="what targets that name no type start with, and their catalog"
    )
    source_defaults: Mapping[str, Mapping[str, object]] = option(
        factory=dict, summary="params that every source of a type starts with"
    )
    engines: Mapping[str, EngineTarget] = option(
        factory=dict, summary="what --engine may name; they may also stand by themselves"
    )
    notifications: tuple[Mapping[str, object], ...] = option(
        (), summary="whom a scheduler tells that nodes fail, and that they have recovered"
    )
    state: Mapping[str, object] = option(factory=dict, summary=UNUSED)
    meta: Mapping[str, object] = option(factory=dict, summary="anything; never checked")


@frozen(kw_only=True)
class Profile:
    """A profile as written: values are filled in when a connection is asked for.

    ``other_marks`` are those of connections that stand in seeknal_project.yml or in a section.
    ``sections`` are what plugins declare beside the profile's own keys.
    """

    path: Path
    file: str
    options: ProfileOptions
    targets: Mapping[str, EngineTarget] = field(factory=dict)
    marks: Marks
    environment: Mapping[str, str] = field(factory=dict)
    other_marks: Mapping[str, Marks] = field(factory=dict)
    sections: Mapping[str, Mapping[str, object]] = field(factory=dict)

    @property
    def connections(self) -> Mapping[str, Mapping[str, object]]:
        """What it says of each connection, those in sections of their types among them."""
        return self.options.connections

    def connection(self, name: str, plugins: Plugins) -> Connection:
        """A connection with its variables filled in and its secrets wrapped.

        Raises ProjectError that names every missing variable, unknown key and wrong value.
        """
        raw = self.connections.get(name)
        if raw is None:
            help = did_you_mean(name, self.connections)
            known = ", ".join(self.connections) or "none"
            raise UsageError(
                f"unknown connection {shown_word(name)!r} in {self.file}",
                code="SK0604",
                help=help or f"connections: {known}",
            )
        problems = Problems()
        found = self._convert(name, raw, plugins, problems)
        if found is None:
            raise ProjectError(problems)
        return found

    def written(self, name: str, plugins: Plugins, problems: Problems) -> Connection | None:
        """A connection by what is written of it; None when something in it is wrong.

        What variables say that are not set is left out: that is told where the connection is
        used, for they are set on other machines.
        """
        raw = self.connections[name]
        given = {key: value for key, value in raw.items() if all_set(value, self.environment)}
        left = raw.keys() - given.keys()
        found = Problems()
        connection = self._convert(name, given, plugins, found)
        problems += [entry for entry in found if not (left and entry.code == MISSING_KEY)]
        if connection is not None and not left:
            problems += self._refused(connection, plugins)
        return connection

    def whole(self, name: str, plugins: Plugins) -> Connection | None:
        """A connection; None where something in it is wrong or a variable is not set."""
        raw = self.connections[name]
        if not all_set(raw, self.environment):
            return None
        return self._convert(name, raw, plugins, Problems())

    def _refused(self, connection: Connection, plugins: Plugins) -> Iterator[Problem]:
        """What the connection's type says of options with which nobody could connect."""
        declared = plugins.connection_types[connection.type]
        if declared.check is None:
            return
        try:
            declared.check(connection.name, connection.options)
        except SeeknalError as error:
            named = (
                key for key in self.connections[connection.name] if key in error.message.split()
            )
            place = self._marks(connection.name).value(*list(named)[:1])
            yield Problem(code=error.code, message=error.message, location=place, help=error.help)

    def _marks(self, name: str) -> Marks:
        return self.other_marks.get(name) or self.marks.below("connections", name)

    def source_defaults(self, type: str, problems: Problems) -> dict[str, object]:
        """Values that sources of a type start with."""
        raw = self.options.source_defaults.get(type, {})
        marks = self.marks.below("source_defaults", type)
        return _mapping(VariableExpander(self.environment, marks, problems).value(dict(raw)))

    def section_options(self, plugins: Plugins, problems: Problems) -> dict[str, object]:
        """What the section of each target type says, as the class that the type declares."""
        found: dict[str, object] = {}
        for name, type in plugins.sections.items():
            assert type.profile_section is not None
            options, raw = type.profile_section.options, self.sections.get(name, {})
            marks = self.marks.below(name)
            ours = {key: raw[key] for key in keys_of(options) if key in raw}
            filled = _mapping(VariableExpander(self.environment, marks, problems).value(ours))
            made = convert(options, filled, marks, problems)
            if made is not None:
                found[name] = made
        return found

    def endpoints(self, plugins: Plugins) -> dict[str, Endpoint]:
        """Where each connection leads."""
        expander = VariableExpander(self.environment, self.marks, Problems())
        return {name: endpoint_of(raw, plugins, expander) for name, raw in self.connections.items()}

    def asked(self) -> dict[str, frozenset[str]]:
        """The keys that each connection sets."""
        return {name: _set_keys(raw) for name, raw in self.options.connections.items()}

    @property
    def variables(self) -> frozenset[str]:
        """Environment variables whose values the definition of a node may depend on."""
        return variables_in((self.options.source_defaults, self.sections))

    def endpoint_variables(self, plugins: Plugins) -> frozenset[str]:
        """Environment variables of which it depends on where they lead."""
        found = (endpoint_variables(raw, plugins) for raw in self.connections.values())
        return frozenset().union(*found)

    def _convert(
        self, name: str, raw: Mapping[str, object], plugins: Plugins, problems: Problems
    ) -> Connection | None:
        marks = self._marks(name)
        type = str(raw.get("type", ""))
        declared = plugins.connection_types.get(type)
        if declared is None:
            problems.append(_unknown_type(name, raw, type, plugins, marks))
            return None
        secret = _secret_keys(declared.options)
        expander = VariableExpander(self.environment, marks, problems, secret)
        filled = {key: expander.value(value, key) for key, value in raw.items() if key != "type"}
        options = convert(declared.options, filled, marks, problems, what="option")
        if options is None or problems:
            return None
        return Connection(name=name, type=declared.name, options=options)


def _secret_keys(cls: type) -> frozenset[str]:
    secret = (entry for entry in fields_of(cls) if entry.is_secret)
    return frozenset(key for entry in secret for key in (entry.key, *entry.aliases))


def _mapping(value: object) -> dict[str, object]:
    return dict(value) if isinstance(value, Mapping) else {}


def load_profile(root: Path, explicit: Path | None, plugins: Plugins) -> Profile | None:
    """The profile in force over the connections of the project file; None without either.

    Raises ProjectError when it is wrong.
    """
    path = find_profile(root, explicit)
    settings, _ = load_settings(root)
    if path is None and not settings.options.connections:
        return None
    profile, problems = read_profile(root, path, settings, plugins)
    if profile is None:
        raise ProjectError(problems)
    return profile


def read_connections(
    root: Path, explicit: Path | None, implicit: Mapping[str, str], plugins: Plugins
) -> Profile | None:
    """`load_profile`, with ``implicit`` connections (name: type) where nothing is said of them."""
    found = load_profile(root, explicit, plugins)
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
    root: Path, path: Path | None, settings: Settings, plugins: Plugins
) -> tuple[Profile | None, Problems]:
    """A profile file, and what is wrong with it (connections are not looked into).

    Without a ``path`` there are only the connections of the project file.
    """
    if path is None:
        options, marks = ProfileOptions(), settings.marks
        profile = Profile(path=root / PROJECT_FILE, file=PROJECT_FILE, options=options, marks=marks)
        return _with_project_connections(profile, root, settings), Problems()
    file = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    problems = Problems()
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
        problems.add("SK0108", "expected a mapping", marks.value())
        return None, problems
    note_values(data, environment(root))
    note_webhooks(data, environment(root))
    named = {key: value for key, value in data.items() if _is_target(key, value)}
    sections = {
        key: value
        for key, value in data.items()
        if key in (DEFAULT_SECTION, *plugins.sections) and isinstance(value, dict)
    }
    others = {*named, *sections} - {DEFAULT_SECTION}
    rest = {key: value for key, value in data.items() if key not in others}
    if isinstance(engines := data.get("engines"), dict):
        unprovided = {k: v for k, v in engines.items() if _is_unprovided(v, plugins)}
        named |= unprovided
        rest["engines"] = {key: value for key, value in engines.items() if key not in unprovided}
    options_ = convert(ProfileOptions, rest, marks, problems)
    targets = {
        key: made
        for key, value in named.items()
        if (made := _engine(key, value, marks, plugins, problems)) is not None
    }
    if options_ is None or problems:
        return None, problems
    targets = {**options_.engines, **targets}
    profile = Profile(
        path=path, file=file, options=options_, targets=targets, marks=marks, sections=sections
    )
    whole = _with_section_connections(_with_project_connections(profile, root, settings), plugins)
    _note_misspelt(whole, plugins)
    return whole, problems


def _engine(
    key: str, value: Mapping[str, object], marks: Marks, plugins: Plugins, problems: Problems
) -> EngineTarget | None:
    """A named engine. Of one that no plugin provides nobody knows the options: it has a dialect,
    which is enough to render SQL for it."""
    if not _is_unprovided(value, plugins):
        return convert(EngineTarget, value, marks.below(key), problems)
    connection = value.get("connection")
    return EngineTarget(
        engine=str(value["engine"]), connection=connection if isinstance(connection, str) else None
    )


def _is_unprovided(value: object, plugins: Plugins) -> bool:
    engine = value.get("engine") if isinstance(value, Mapping) else None
    return isinstance(engine, str) and engine != "duckdb" and engine not in plugins.engines


def _with_project_connections(profile: Profile, root: Path, settings: Settings) -> Profile:
    """seeknal 2.x has connections in the project file too; those of the profile win."""
    own, theirs = profile.options.connections, settings.options.connections
    note_values(theirs, environment(root))
    defaults = {**settings.options.source_defaults, **profile.options.source_defaults}
    return evolve(
        profile,
        options=evolve(profile.options, connections={**theirs, **own}, source_defaults=defaults),
        environment=environment(root),
        other_marks={
            name: settings.marks.below("connections", name) for name in theirs.keys() - own.keys()
        },
    )


def _with_section_connections(profile: Profile, plugins: Plugins) -> Profile:
    """Those that stand in a section of their type, unless others of their names do."""
    found: dict[str, Mapping[str, object]] = {}
    marks: dict[str, Marks] = {}
    for type in dict.fromkeys(plugins.connection_types.values()):
        given: object = profile.sections if type.profile_section else None
        for key in type.profile_section:
            given = given.get(key) if isinstance(given, Mapping) else None
        if isinstance(given, Mapping) and given and type.implicit not in profile.connections:
            name = type.implicit or type.name
            renamed = {
                (type.section_type or key) if key == "type" else str(key): value
                for key, value in given.items()
            }
            found[name] = {**renamed, "type": type.name}
            marks[name] = profile.marks.below(*type.profile_section)
    if not found:
        return profile
    return evolve(
        profile,
        options=evolve(profile.options, connections={**found, **profile.connections}),
        other_marks={**profile.other_marks, **marks},
    )


def _note_misspelt(profile: Profile, plugins: Plugins) -> None:
    """What may be meant as a secret is one, though no option has that name."""
    for raw in profile.connections.values():
        declared = plugins.connection_types.get(str(raw.get("type", "")))
        if declared is None:
            continue
        known, secret = keys_of(declared.options), _secret_keys(declared.options)
        for key in raw.keys() - {"type", *known}:
            near = nearest(key, known, limit=1)
            if not near or near[0] in secret:
                note_values(raw[key], profile.environment, secret=True)


def _is_target(key: str, value: object) -> bool:
    known = {entry.key for entry in fields_of(ProfileOptions)}
    return key not in known and isinstance(value, dict) and "engine" in value


def _set_keys(raw: Mapping[str, object]) -> frozenset[str]:
    return frozenset(key for key, value in raw.items() if value)


def _unknown_type(
    name: str, raw: Mapping[str, object], type: str, plugins: Plugins, marks: Marks
) -> Problem:
    asked = _set_keys(raw)
    lacks = plugins.lacking("connection type", type, asked)
    if not type:
        known = ", ".join(sorted(plugins.connection_types)) or "none is installed"
        message, help = f"connection {name!r} has no type", f"types: {known}"
    elif missing := plugins.missing("connection type", type, asked):
        # In the message: a list of connections shows nothing else.
        message, help = f"connection {name!r} cannot be used: {missing}", None
    else:
        message = f"connection {name!r} has the unknown type {type!r}"
        help = unknown_type("connection type", type, plugins)
    place = marks.value("type")
    return Problem(code="SK0607", message=message, location=place, help=help, lacks=lacks)
