"""Which plugins there are, and what they declare.

Names and versions come from distribution metadata without importing anything, and so do the names
of commands, each of which is imported by itself. A plugin that
cannot be imported is a warning until the project needs it; two that declare the same name are
an error naming both.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import frozen

from seeknal.kernel import hookspecs
from seeknal.kernel.distributions import distributions
from seeknal.kernel.hints import (
    AUDIT_NAMES,
    AUDITS,
    EXTRAS,
    NAMED_USERS,
    OURS,
    PLUGINS_OF_OURS,
    SECTIONS,
)
from seeknal.kernel.hooks import Hooks
from seeknal.kernel.installing import CORE, install_command
from seeknal.kernel.manager import PluginManager
from seeknal.kernel.neighbours import asked_of_core, check_core, check_plugin
from seeknal.values.credentials import users_are_names
from seeknal.values.errors import PluginError

if TYPE_CHECKING:
    from seeknal.kernel.declared import (
        AuditType,
        ConnectionType,
        DiffOption,
        EngineType,
        TargetType,
        TemplateFunction,
    )
    from seeknal.kernel.distributions import Distribution
    from seeknal.kernel.kinds import NodeKind, SourceType
    from seeknal.values.dialects import Pairs

GROUP = "seeknal"
COMMANDS = "seeknal.commands"
"""The entry points of commands: the name of each, and the object of click's that it is."""
T = TypeVar("T")
BUILTIN = {
    "kinds": "seeknal.builtin.kinds",
    "feature_group": "seeknal.builtin.feature_group",
    "aggregation": "seeknal.builtin.aggregation",
    "profile": "seeknal.builtin.profile",
    "snapshots": "seeknal.builtin.snapshots",
    "files": "seeknal.builtin.files",
    "excel": "seeknal.builtin.excel",
    "sqlite": "seeknal.builtin.sqlite",
    "rest": "seeknal.builtin.rest",
    "dialects": "seeknal.builtin.dialects",
    "filetarget": "seeknal.builtin.filetarget",
}
DEFAULT_SECTION = "materialization"
"""The section of profiles.yml whose type is that of targets that name none."""
DECLARED = {
    "kind": "kinds",
    "source type": "source_types",
    "target type": "target_types",
    "audit type": "audit_types",
    "connection type": "connection_types",
    "engine": "engines",
    "dialect pair": "dialect_pairs",
    "template function": "template_functions",
    "diff option": "diff_options",
}
"""Sorts of what plugins declare, and the attribute of `Plugins` that has them."""


@frozen(kw_only=True)
class Installed:
    """A plugin or a command found by its entry point; nothing of it is imported yet."""

    name: str
    distribution: str
    version: str
    module: str
    """Where it is; of a command ``MODULE:OBJECT``."""
    asks: str | None = None
    """The versions of seeknal that its distribution asks for."""
    group: str = GROUP

    @property
    def origin(self) -> str:
        """Its distribution and version, as people read them."""
        return f"{self.distribution} {self.version}"


@frozen(kw_only=True)
class PluginInfo:
    """One plugin as ``seeknal plugins`` lists it. ``types`` maps what it declares to names."""

    name: str
    distribution: str
    version: str
    builtin: bool
    hooks: tuple[str, ...] = ()
    types: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    error: str | None = None


def load_plugins() -> Plugins:
    """The plugins of this environment, built-in ones first.

    ``SEEKNAL_DISABLE_PLUGINS`` is a comma-separated list of names to leave out, or ``all``;
    ``SEEKNAL_TRACE_PLUGINS`` writes each hook call to stderr.
    """
    users_are_names(NAMED_USERS)
    return Plugins(enabled_plugins())


def enabled_plugins() -> tuple[Installed, ...]:
    """The installed plugins without those that ``SEEKNAL_DISABLE_PLUGINS`` names.

    Raises PluginError when one of them, or what is left of a core, is of another major version.
    """
    return _enabled(GROUP)


def enabled_commands() -> tuple[Installed, ...]:
    """The commands that installed distributions bring, as `enabled_plugins` gives plugins.

    A command goes with the plugins of its distribution.
    """
    return _enabled(COMMANDS)


def installed() -> tuple[Installed, ...]:
    """Every plugin and command that an installed distribution names, in order of name."""
    first: dict[str, Distribution] = {}
    for found in distributions():
        first.setdefault(found.key, found)
    entries = [
        _installed(found, group, name, value)
        for found in first.values()
        for group, name, value in found.entry_points
        if group in (GROUP, COMMANDS)
    ]
    once = dict.fromkeys(entries)
    return tuple(sorted(once, key=lambda entry: (entry.name, entry.distribution)))


def _installed(found: Distribution, group: str, name: str, module: str) -> Installed:
    return Installed(
        name=name,
        distribution=found.name,
        version=found.version,
        module=module,
        asks=asked_of_core(found.requires),
        group=group,
    )


def _enabled(group: str) -> tuple[Installed, ...]:
    check_core()
    disabled = {name.strip() for name in os.environ.get("SEEKNAL_DISABLE_PLUGINS", "").split(",")}
    found = installed()
    left_out = {
        entry.distribution for entry in found if entry.group == GROUP and entry.name in disabled
    }
    enabled = [
        entry
        for entry in found
        if not disabled & {entry.name, "all"}
        and (entry.group == GROUP or entry.distribution not in left_out)
    ]
    for entry in enabled:
        check_plugin(
            entry.name,
            entry.distribution,
            entry.version,
            asks=entry.asks,
            ours=entry.distribution in PLUGINS_OF_OURS,
        )
    return tuple(entry for entry in enabled if entry.group == group)


class Plugins:
    """The plugins of this process and everything that they declare.

    Built-in plugins are registered at once, the others when a name is asked for that the
    built-in ones do not declare, or when everything is needed.
    """

    def __init__(self, installed: tuple[Installed, ...]) -> None:
        self.installed = installed
        self.errors: dict[str, str] = {}
        self._owners: dict[str, dict[str, str]] = {}
        self._manager = PluginManager(hookspecs.NAME)
        self._manager.add_hookspecs(hookspecs)
        if os.environ.get("SEEKNAL_TRACE_PLUGINS"):
            self._manager.trace.root.setwriter(lambda text: print(text, end="", file=sys.stderr))
            self._manager.enable_tracing()
        for name, module in BUILTIN.items():
            self._manager.register(_import(module), name=name)
        for plugin in installed:
            self._register(plugin)
        self._manager.check_pending()
        self.hooks = Hooks(self._manager)

    def _register(self, plugin: Installed) -> None:
        try:
            self._manager.register(_import(plugin.module), name=plugin.name)
        except Exception as error:
            # Whatever a third party's module does at import must not take seeknal down.
            self.errors[plugin.name] = f"{type(error).__name__}: {error}"
            if self._manager.has_plugin(plugin.name):
                self._manager.unregister(name=plugin.name)

    @property
    def broken(self) -> tuple[str, ...]:
        """One line for each plugin that could not be loaded."""
        by_name = {plugin.name: plugin for plugin in self.installed}
        return tuple(
            f"plugin {name!r} ({by_name[name].origin}) could not be loaded: {reason}"
            for name, reason in self.errors.items()
        )

    @cached_property
    def kinds(self) -> Mapping[str, NodeKind]:
        """Kinds of node, by name."""
        return self._declared("kind", hookspecs.node_kinds)

    @cached_property
    def source_types(self) -> Mapping[str, SourceType]:
        """Source types, by name and by alias."""
        return self._declared("source type", hookspecs.source_types)

    @cached_property
    def target_types(self) -> Mapping[str, TargetType]:
        """Target types, by name and by alias."""
        return self._declared("target type", hookspecs.target_types)

    @cached_property
    def audit_types(self) -> Mapping[str, AuditType]:
        """Audit types, by name and by alias."""
        return self._declared("audit type", hookspecs.audit_types)

    @cached_property
    def connection_types(self) -> Mapping[str, ConnectionType]:
        """Connection types, by name and by alias."""
        return self._declared("connection type", hookspecs.connection_types)

    @property
    def implicit_connections(self) -> Mapping[str, str]:
        """The type of each connection that every project has, by the connection's name."""
        types = self.connection_types.values()
        return {type.implicit: type.name for type in types if type.implicit}

    @cached_property
    def sections(self) -> Mapping[str, TargetType]:
        """Target types by the section of profiles.yml that their targets start with.

        Raises PluginError when two declare the same.
        """
        found: dict[str, TargetType] = {}
        owners: dict[str, str] = {}
        for type in dict.fromkeys(self.target_types.values()):
            if type.profile_section is not None:
                name = type.profile_section.name
                self._claim("section", name, self.owner("target type", type.name), owners)
                found[name] = type
        return found

    @property
    def default_target(self) -> str:
        """The type of a target that names none."""
        declared = self.sections.get(DEFAULT_SECTION)
        return declared.name if declared else SECTIONS[DEFAULT_SECTION]

    def owner(self, what: str, name: str) -> str:
        """The plugin that declared ``name``, for example ``owner("audit type", "unique")``."""
        self.declared(what)
        return self._owners[what][name]

    def origin(self, what: str, name: str) -> str:
        """The distribution that declared ``name``, and its version."""
        return self._who(self.owner(what, name))

    def declared(self, what: str) -> Mapping[str, Any]:
        """What plugins declare of one sort, such as ``audit type``, by name and by alias."""
        found: Mapping[str, Any] = getattr(self, DECLARED[what])
        return found

    @cached_property
    def engines(self) -> Mapping[str, EngineType]:
        """Engines beside DuckDB, by name and by alias."""
        return self._declared("engine", hookspecs.engines)

    @cached_property
    def dialect_pairs(self) -> Pairs:
        """The dialects of SQL between which it is known what differs, by the pair's name."""
        return self._declared("dialect pair", hookspecs.dialect_pairs)

    @cached_property
    def template_functions(self) -> Mapping[str, TemplateFunction]:
        """Functions that templates in nodes' SQL may call, by name."""
        return self._declared("template function", hookspecs.template_functions)

    @cached_property
    def diff_options(self) -> Mapping[str, DiffOption]:
        """Options that plugins add to ``seeknal diff``, by name."""
        return self._declared("diff option", hookspecs.diff_options)

    def missing(self, what: str, name: str, asked: Collection[str] = ()) -> str | None:
        """What to install for a name that nothing declares, or why its plugin is not loaded.

        ``asked`` are the keys of the connection that it is for.
        """
        distribution = self._distribution(what, name)
        if lacks := self.lacking(what, name, asked):
            return f"{what} {name!r} needs {distribution}: {install_command(lacks)}"
        for line in self.broken:
            if distribution is None or distribution in line:
                return line
        return None

    def lacking(self, what: str, name: str, asked: Collection[str] = ()) -> str | None:
        """The requirement that would declare a name which nothing does, with its extras."""
        distribution = self._distribution(what, name)
        broken = any(distribution in line for line in self.broken) if distribution else True
        if distribution is None or broken:
            return None
        extras = ",".join(key for key in EXTRAS.get(distribution, ()) if key in asked)
        return f"{distribution}[{extras}]" if extras else distribution

    def _distribution(self, what: str, name: str) -> str | None:
        if what == "audit type" and (name in AUDIT_NAMES or not self.audit_types):
            return AUDITS
        return OURS.get(name)

    def describe(self) -> list[PluginInfo]:
        """Every plugin with its hooks and types; broken ones with their error."""
        from seeknal import __version__

        core = [
            Installed(name=name, distribution=CORE, version=__version__, module=module)
            for name, module in BUILTIN.items()
        ]
        commands = enabled_commands()
        return [self._info(plugin, commands) for plugin in (*core, *self.installed)]

    def _info(self, plugin: Installed, commands: Iterable[Installed]) -> PluginInfo:
        module = self._manager.get_plugin(plugin.name)
        callers = (self._manager.get_hookcallers(module) if module else None) or []
        types = {
            what: tuple(
                name for name in self.declared(what) if self.owner(what, name) == plugin.name
            )
            for what in DECLARED
        }
        types["command"] = tuple(
            entry.name for entry in commands if entry.distribution == plugin.distribution
        )
        return PluginInfo(
            name=plugin.name,
            distribution=plugin.distribution,
            version=plugin.version,
            builtin=plugin.name in BUILTIN,
            hooks=tuple(sorted(caller.name for caller in callers)),
            types={what: names for what, names in types.items() if names},
            error=self.errors.get(plugin.name),
        )

    def _declared(self, what: str, spec: Callable[[], Iterable[T]]) -> Mapping[str, T]:
        names: dict[str, T] = {}
        owners = self._owners.setdefault(what, {})
        for plugin, declared in self.hooks.declared(spec):
            for name in _names(declared):
                self._claim(what, name, plugin, owners)
                names[name] = declared
        return names

    def _claim(self, what: str, name: str, plugin: str, owners: dict[str, str]) -> None:
        if name in owners:
            first, second = (self._who(entry) for entry in (owners[name], plugin))
            raise PluginError(
                f"{what} {name!r} is declared by {first} and by {second}",
                code="SK1002",
                help="uninstall one of them, or name it in SEEKNAL_DISABLE_PLUGINS",
            )
        owners[name] = plugin

    def _who(self, name: str) -> str:
        return next((entry.origin for entry in self.installed if entry.name == name), CORE)


def _import(module: str) -> Any:
    from importlib import import_module

    return import_module(module)


def _names(declared: Any) -> tuple[str, ...]:
    """The name and the aliases of what a plugin declares."""
    return (declared.name, *getattr(declared, "aliases", ()))
