"""profiles.yml: connections with their secrets, and defaults; read when a command needs them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from seeknal.errors import ProjectError, UsageError, did_you_mean
from seeknal.marks import Marks
from seeknal.model import Connection, Problem
from seeknal.options import convert, fields_of, option
from seeknal.plugins import Plugins
from seeknal.project.envfile import environment
from seeknal.project.places import find_profile
from seeknal.project.settings import only_one
from seeknal.project.textfile import read_text
from seeknal.project.yamlfile import read_documents
from seeknal.secret import Secret

_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::(?P<default>[^}]*))?\}")


@frozen(kw_only=True)
class EngineTarget:
    """A named engine that transforms can run on (``--target NAME``)."""

    engine: str
    connection: str | None = None


@frozen(kw_only=True)
class ProfileOptions:
    """The keys of profiles.yml; any other entry is an engine target."""

    connections: Mapping[str, Mapping[str, object]] = option(factory=dict)
    materialization: Mapping[str, object] = option(factory=dict)
    source_defaults: Mapping[str, Mapping[str, object]] = option(factory=dict)
    engines: Mapping[str, EngineTarget] = option(factory=dict)
    state: Mapping[str, object] = option(factory=dict)
    meta: Mapping[str, object] = option(factory=dict)


@frozen(kw_only=True)
class Profile:
    """A profile as written: values are filled in when a connection is asked for."""

    path: Path
    file: str
    options: ProfileOptions
    targets: Mapping[str, EngineTarget] = field(factory=dict)
    marks: Marks
    environment: Mapping[str, str] = field(factory=dict)

    @property
    def source_defaults(self) -> Mapping[str, Mapping[str, object]]:
        """Values that sources of a type start with."""
        return self.options.source_defaults

    def connection(self, name: str, plugins: Plugins) -> Connection:
        """A connection with its variables filled in and its secrets wrapped.

        Raises ProjectError that names every missing variable, unknown key and wrong value.
        """
        raw = self.options.connections.get(name)
        if raw is None:
            help = did_you_mean(name, self.options.connections)
            known = ", ".join(self.options.connections) or "none"
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

    def _convert(
        self, name: str, raw: Mapping[str, object], plugins: Plugins, problems: list[Problem]
    ) -> Connection | None:
        marks = self.marks.below("connections", name)
        type = str(raw.get("type", ""))
        declared = plugins.connection_types.get(type)
        if declared is None:
            problems.append(_unknown_type(name, type, plugins, marks))
            return None
        secret = {
            key
            for entry in fields_of(declared.options)
            if "Secret" in str(entry.type)
            for key in (entry.key, *entry.aliases)
        }
        filled = {
            key: self._fill(value, name, key, key in secret, problems)
            for key, value in raw.items()
            if key != "type"
        }
        options = convert(declared.options, filled, marks, problems, what="option")
        return (
            None
            if options is None or problems
            else Connection(name=name, type=declared.name, options=options)
        )

    def _fill(
        self, value: object, name: str, key: str, secret: bool, problems: list[Problem]
    ) -> object:
        """``value`` with its ``${VAR}`` replaced; a secret is wrapped at once."""
        if isinstance(value, str) and "${" in value:
            value = _VARIABLE.sub(lambda match: self._value(match, name, key, problems), value)
            if not secret:
                value = _scalar(value)
        return Secret(value) if secret and isinstance(value, str) else value

    def _value(self, match: re.Match[str], name: str, key: str, problems: list[Problem]) -> str:
        variable, default = match["name"], match["default"]
        if variable in self.environment:
            return self.environment[variable]
        if default is not None:
            return default
        problems.append(
            Problem(
                code="SK0605",
                message=f"environment variable {variable} is not set",
                location=self.marks.value("connections", name, key),
                help=f"set it, put it into .env, or write ${{{variable}:default}}",
            )
        )
        return ""


def load_profile(root: Path, explicit: Path | None) -> Profile | None:
    """The profile in force, or None when there is none. Raises ProjectError when it is wrong."""
    path = find_profile(root, explicit)
    if path is None:
        return None
    profile, problems = read_profile(root, path)
    if profile is None:
        raise ProjectError(problems)
    return profile


def read_profile(root: Path, path: Path) -> tuple[Profile | None, list[Problem]]:
    """A profile file, and what is wrong with it (connections are not looked into)."""
    file = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    problems: list[Problem] = []
    text = read_text(path, file, problems)
    if text is None:
        return None, problems
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
    named = {key: value for key, value in data.items() if _is_target(key, value)}
    rest = {key: value for key, value in data.items() if key not in named}
    options = convert(ProfileOptions, rest, marks, problems)
    targets = {
        key: made
        for key, value in named.items()
        if (made := convert(EngineTarget, value, marks.below(key), problems)) is not None
    }
    if options is None or problems:
        return None, problems
    profile = Profile(
        path=path,
        file=file,
        options=options,
        targets=targets,
        marks=marks,
        environment=environment(root),
    )
    return profile, problems


def _is_target(key: str, value: object) -> bool:
    known = {entry.key for entry in fields_of(ProfileOptions)}
    return key not in known and isinstance(value, dict) and "engine" in value


def _unknown_type(name: str, type: str, plugins: Plugins, marks: Marks) -> Problem:
    help = plugins.missing("connection type", type) or did_you_mean(type, plugins.connection_types)
    message = (
        f"connection {name!r} has the unknown type {type!r}"
        if type
        else (f"connection {name!r} has no type")
    )
    return Problem(code="SK0607", message=message, location=marks.value("type"), help=help)


def _scalar(text: str) -> Any:
    """What a filled-in value means: ``${PORT:5432}`` is a number."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if re.fullmatch(r"-?(0|[1-9]\d*)", text) else text
