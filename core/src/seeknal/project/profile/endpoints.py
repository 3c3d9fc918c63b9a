"""Where connections lead: what their sources are read from, and whose tables targets write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import field, frozen

from seeknal.kernel.options import fields_of
from seeknal.kernel.roles import with_role
from seeknal.project.profile.variables import VARIABLE
from seeknal.values.credentials import is_secret_name
from seeknal.values.secret import Secret

if TYPE_CHECKING:
    from seeknal.kernel.options import Field
    from seeknal.kernel.plugins import Plugins
    from seeknal.project.profile.variables import VariableExpander


@frozen(kw_only=True)
class Endpoint:
    """Where one connection leads, by its options; nothing secret.

    ``schema`` is where a table without one is.
    """

    settings: Mapping[str, object] = field(factory=dict)
    schema: str | None = None

    @property
    def definition(self) -> dict[str, object]:
        """What a source read through it depends on: elsewhere it is another source."""
        named = {} if self.schema is None else {"schema": self.schema}
        return {**self.settings, **named}


Endpoints = Mapping[str, Endpoint]
"""Those of a project's connections, by name."""


def endpoint_of(
    raw: Mapping[str, object], plugins: Plugins, expander: VariableExpander
) -> Endpoint:
    """The endpoint of a connection as written, as far as its variables are set."""
    type = plugins.connection_types.get(str(raw.get("type", "")))
    if type is None:
        return Endpoint()
    settings: dict[str, object] = {"type": raw["type"]}
    for entry, value in _located(raw, type.options):
        settings[entry.key] = _public(expander.value(value), secret=entry.is_secret)
    return Endpoint(settings=settings, schema=_schema(raw, type.options, expander))


def endpoint_variables(raw: Mapping[str, object], plugins: Plugins) -> frozenset[str]:
    """The environment variables that say where a connection leads, or what else is checked.

    Those of secrets are not among them.
    """
    type = plugins.connection_types.get(str(raw.get("type", "")))
    if type is None:
        return frozenset()
    secret = {
        key
        for entry in fields_of(type.options)
        if entry.is_secret
        for key in (entry.key, *entry.aliases)
    }
    public = [value for key, value in raw.items() if key not in secret]
    return variables_in([value for _, value in _located(raw, type.options)] + public)


def implicit_connection(user: str, plugins: Plugins) -> str | None:
    """The connection that sources and targets of type ``user`` take when they name none."""
    type = plugins.connection_types.get(user)
    return type.implicit if type else None


def variables_in(value: object) -> frozenset[str]:
    """The environment variables that a value of a profile names, however deep."""
    return frozenset(match["name"] for match in VARIABLE.finditer(repr(value)))


def without_credentials(text: str) -> str:
    """A URL without its user, its password and what else is secret in it; other text as it is."""
    if "://" not in text:
        return text
    scheme, rest = text.split("://", 1)
    address, _, query = rest.rpartition("@")[2].partition("?")
    public = [part for part in query.split("&") if not is_secret_name(part.partition("=")[0])]
    return f"{scheme}://{address}?{'&'.join(public)}"


def _located(raw: Mapping[str, object], options: type) -> Iterator[tuple[Field, object]]:
    """The options that say where a connection leads, with what is written.

    A class that tells nothing of it counts as a whole: rows that are stale are worse than rows
    that are read once too often.
    """
    declared = with_role(options, "location") or tuple(
        entry
        for entry in fields_of(options)
        if entry.functional and not entry.is_secret and entry.role is None
    )
    for entry in declared:
        for key in (entry.key, *entry.aliases):
            if key in raw:
                yield entry, raw[key]


def _schema(raw: Mapping[str, object], options: type, expander: VariableExpander) -> str | None:
    given = [raw[key] for key in _schema_keys(options) if raw.get(key) is not None]
    return str(expander.value(given[0])) if given else None


def _schema_keys(options: type) -> list[str]:
    return [key for entry in with_role(options, "schema") for key in (entry.key, *entry.aliases)]


def _public(value: object, *, secret: bool) -> object:
    """``value`` without what is secret in it.

    None for a secret that is no URL: of that nothing may be kept, not even its hash.
    """
    if isinstance(value, Secret):
        return _public(value.reveal(), secret=True)
    if isinstance(value, str):
        return None if secret and "://" not in value else without_credentials(value)
    if isinstance(value, Mapping):
        kept = {str(key): entry for key, entry in value.items() if not is_secret_name(str(key))}
        return {key: _public(entry, secret=secret) for key, entry in kept.items()}
    if isinstance(value, list):
        return [_public(entry, secret=secret) for entry in value]
    return None if secret else value
