"""Connections without a project: by a name of profiles.yml, by a URL or by a file of their own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from seeknal.kernel.options import fields_of, keys_of
from seeknal.project.build_context import no_profile
from seeknal.project.profile.confidential import note_secrets, note_urls, note_values
from seeknal.project.profile.endpoints import without_credentials
from seeknal.project.profile.envfile import environment
from seeknal.project.profile.profiles import Profile, ProfileOptions, read_connections
from seeknal.project.profile.secrecy import note_project
from seeknal.project.profile.variables import VARIABLE, VariableExpander
from seeknal.project.text_files import read_text
from seeknal.project.yaml_files import read_documents
from seeknal.values.credentials import secret_parameter, shown_word
from seeknal.values.errors import ProjectError, UsageError, did_you_mean
from seeknal.values.marks import Marks
from seeknal.values.patterns import Pattern
from seeknal.values.problems import Problems
from seeknal.values.secret import Secret

if TYPE_CHECKING:
    from seeknal.kernel.plugins import Plugins
    from seeknal.values.sources import Connection

_FILES = (".yml", ".yaml", ".json")
_OWN = ("protocol", "env_prefix")
_TABLE = Pattern(r""":((?:"(?:[^"]|"")*"|[^":/])+)$""")


@frozen(kw_only=True)
class Named:
    """What is meant by a name, a URL or a file: a connection, and options of its source.

    A source that needs no connection, such as a CSV file, has a connector file with options alone.
    """

    type: str
    connection: Connection | None = None
    params: Mapping[str, object] = field(factory=dict)


class Places:
    """The connections that a load names."""

    def __init__(self, root: Path, profile: Path | None, plugins: Plugins) -> None:
        self.root = root
        self.plugins = plugins
        self._profile = profile
        self._found: dict[str, Connection] = {}
        note_project(root, profile)

    def connection(self, text: str) -> Connection:
        """The connection that ``text`` means. Raises UsageError or ProjectError."""
        found = self.named(text)
        if found.connection is None:
            raise UsageError(
                f"{text} is a source of type {found.type}: no connection, and no warehouse",
                code="SK1604",
                help=f"its protocol would be one of: {self._protocols()}",
            )
        return found.connection

    def named(self, text: str) -> Named:
        """The same with what a connector file says of its source, or of one without any."""
        if "://" not in text and text.endswith(_FILES):
            found = self._of_file(Path(text))
            if found.connection is None:
                return found
            return evolve(found, connection=self._keep(found.connection))
        made = self._of_url(text) if "://" in text else self._of_profile(text)
        return Named(type=made.type, connection=self._keep(made))

    def kept(self, name: str) -> Connection:
        """A connection by the name that it was given. Raises UsageError for another one."""
        return self._found.get(name) or self._of_profile(name)

    def _protocols(self) -> str:
        """The types of connections, for people."""
        return ", ".join(sorted(self.plugins.connection_types)) or "none: no plugin brings any"

    def _keep(self, found: Connection) -> Connection:
        """The connection under a name that no other one of the load has."""
        name, number = found.name, 2
        while self._found.get(found.name, found) != found:
            found = evolve(found, name=f"{name} ({number})")
            number += 1
        self._found[found.name] = found
        return found

    def _of_profile(self, name: str) -> Connection:
        implicit = self.plugins.implicit_connections
        profile = read_connections(self.root, self._profile, implicit, self.plugins)
        if profile is None:
            raise UsageError(
                no_profile(name),
                code="SK0603",
                help="write one, say --profile PATH, or name a URL or a connector file",
            )
        return profile.connection(name, self.plugins)

    def address(self, text: str) -> str:
        """A URL with its variables filled in. Raises ProjectError for one that is not set."""
        problems = Problems()
        expander = VariableExpander(environment(self.root), Marks("", {}, {}), problems)
        url = expander.text(text, ())
        if problems:
            raise ProjectError(problems)
        note_urls(url)
        return url

    def _of_url(self, text: str) -> Connection:
        url = self.address(text)
        scheme = url.partition("://")[0].lower()
        declared = self.plugins.connection_types.get(scheme)
        keys = keys_of(declared.options) if declared else {}
        if declared is None or "url" not in keys:
            known = self.plugins.connection_types
            raise UsageError(
                f"no connection has URLs that begin with {shown_word(scheme)}://",
                code="SK1604",
                help=did_you_mean(scheme, known) or "files behind a URL: --path URL",
            )
        raw = {"type": declared.name, "url": url}
        name = without_credentials(url).partition("://")[2].partition("?")[0] or scheme
        return _profile_of(name, raw, Marks("", {}, {}), {}, "").connection(name, self.plugins)

    def _of_file(self, path: Path) -> Named:
        problems = Problems()
        text = read_text(path, str(path), problems)
        if text is None:
            raise ProjectError(problems)
        note_secrets(text)
        documents, found = read_documents(text, str(path))
        data = documents[0].data if len(documents) == 1 else None
        if found:
            raise ProjectError(found)
        if not isinstance(data, dict) or not isinstance(data.get("protocol"), str):
            raise UsageError(
                f"{path} is no connector file",
                code="SK1605",
                help=f"it says protocol: and one of {self._protocols()}",
            )
        variables = environment(self.root)
        note_values(data, variables)
        return self._connector(path, data, documents[0].marks, variables)

    def _connector(
        self, path: Path, data: Mapping[str, object], marks: Marks, variables: Mapping[str, str]
    ) -> Named:
        protocol = str(data["protocol"])
        own = {key: value for key, value in data.items() if key not in _OWN}
        declared = self.plugins.connection_types.get(protocol)
        source = self.plugins.source_types.get(protocol)
        of_source = keys_of(source.options) if source else {}
        problems = Problems()
        expander = VariableExpander(variables, marks, problems)
        if declared is not None:
            of_connection = keys_of(declared.options)
            of_prefix = _prefixed(str(data.get("env_prefix") or ""), declared.options, variables)
            rest = {k: v for k, v in own.items() if k in of_source and k not in of_connection}
            given = {key: value for key, value in own.items() if key not in rest}
            raw = {**of_prefix, **given, "type": declared.name}
            found = _profile_of(path.stem, raw, marks, variables, str(path))
            made = found.connection(path.stem, self.plugins)
            params = expander.value(rest)
            if not problems:
                return Named(type=made.type, connection=made, params=params)
        elif source is not None:
            params = expander.value(own)
            if not problems:
                return Named(type=protocol, params=params)
        if problems:
            raise ProjectError(problems)
        known = [*self.plugins.connection_types, *self.plugins.source_types]
        missing = self.plugins.missing("connection type", protocol)
        raise UsageError(
            f"{path}: unknown protocol {protocol!r}",
            code="SK1605",
            help=missing or did_you_mean(protocol, known) or f"known: {', '.join(sorted(known))}",
        )


def _prefixed(prefix: str, options: type, variables: Mapping[str, str]) -> dict[str, object]:
    """Values of the environment: with the prefix SHOP that of ``host`` is ``SHOP_HOST``."""
    found: dict[str, object] = {}
    for entry in fields_of(options) if prefix else ():
        for key in (entry.key, *entry.aliases):
            name = f"{prefix}_{key}".upper()
            if name in variables and entry.key not in found:
                if entry.is_secret:
                    Secret(variables[name])
                found[entry.key] = f"${{{name}}}"
    return found


def _profile_of(
    name: str,
    raw: Mapping[str, object],
    marks: Marks,
    variables: Mapping[str, str],
    file: str,
) -> Profile:
    """A profile of one connection, whose keys stand at the root of ``file``."""
    return Profile(
        path=Path(file),
        file=file,
        options=ProfileOptions(connections={name: raw}),
        marks=marks,
        environment=variables,
        other_marks={name: marks},
    )


def is_elsewhere(text: str) -> bool:
    """Whether a connection is written as a URL or in a file of its own, and not in a profile."""
    return "://" in text or text.endswith(_FILES)


def refuse_password(text: str | None) -> None:
    """Raise UsageError for an address with a password in it, or with a parameter such as
    ``api_key``, which every process could see."""
    shown = VARIABLE.sub("", text or "")
    userinfo = shown.partition("://")[2].rpartition("@")[0]
    parameter = secret_parameter(shown)
    if userinfo.partition(":")[2] or parameter is not None:
        note_urls(text or "")
        what = f"the value of {parameter}" if parameter else "a password"
        raise UsageError(
            f"{what} in a URL on the command line shows in the list of processes",
            code="SK1606",
            help="write ${NAME} in its place, within single quotes, and set that variable;"
            " or use a profile or a connector file",
        )


def refuse_secret(entry: str) -> None:
    """Raise UsageError for ``KEY=VALUE`` of which the key says that every process could see one."""
    key = secret_parameter(f"?{entry}")
    if key is not None:
        raise UsageError(
            f"the value of {key} on the command line shows in the list of processes",
            code="SK1606",
            help="a profile, a connector file, or params: of a file for --config hold it",
        )


def split_into(text: str) -> tuple[str, str | None]:
    """The connection and the table of ``CONNECTION:TABLE``; None where no table is said.

    Raises UsageError where a colon has none behind it.
    """
    if text.endswith(":"):
        raise UsageError(
            f"{text!r} has no table behind its colon",
            code="SK1602",
            help=f"--into {text}SCHEMA.TABLE; or --into {text[:-1]}, and the load names the table",
        )
    found = _TABLE.search(text)
    if found is None or _is_port(text[: found.start()], found[1]):
        return text, None
    return text[: found.start()], found[1]


def _is_port(head: str, tail: str) -> bool:
    return tail.isdecimal() and "://" in head and "/" not in head.partition("://")[2]
