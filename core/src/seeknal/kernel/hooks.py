"""Core's calls of hooks, each typed as its spec is.

pluggy calls all implementations of a hook, or the first that answers. Core also asks the one
plugin that declared a type, and lets plugins watch without a run failing by them: both are done
here, and nowhere else is a plugin called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar

import pluggy

from seeknal.kernel import hookspecs
from seeknal.values.errors import ProjectError, SeeknalError
from seeknal.values.problems import Problem

if TYPE_CHECKING:
    from seeknal.values.location import Location
    from seeknal.values.names import NodeId

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
Warn = Callable[[str], None]


def failure(
    plugin: str,
    hook: str,
    error: Exception,
    location: Location | None = None,
    node: NodeId | None = None,
) -> list[Problem]:
    """What a plugin raised while it looked at a project, as problems beside the others."""
    if isinstance(error, ProjectError):
        return list(error.problems)
    if isinstance(error, SeeknalError):
        place = error.location or location
        return [Problem(code=error.code, message=error.message, location=place, help=error.help)]
    from seeknal.values.secret import scrub

    said = f"{type(error).__name__}: {scrub(str(error)).strip()}".removesuffix(": ")
    return [
        Problem(
            code="SK0705",
            message=f"plugin {plugin!r} failed in {hook}: {said}",
            location=location,
            help="it is a defect of the plugin: tell those who maintain it",
            node=node,
        )
    ]


class First(Generic[P, R]):
    """The answer of the first plugin that gives one; None when none does."""

    def __init__(self, spec: Callable[P, R]) -> None:
        self.spec = spec

    def __get__(self, hooks: Hooks, owner: type) -> Callable[P, R]:
        found: Callable[P, R] = hooks.caller(self.spec)
        return found


class Of(Generic[P, R]):
    """The answer of one plugin, whose name is the first argument; None when it has none."""

    def __init__(self, spec: Callable[P, R]) -> None:
        self.spec = spec

    def __get__(self, hooks: Hooks, owner: type) -> Callable[Concatenate[str, P], R | None]:
        def ask(plugin: str, /, *_: P.args, **arguments: P.kwargs) -> R | None:
            answers = (
                call(**arguments) for name, call in hooks.callers(self.spec) if name == plugin
            )
            return next(answers, None)

        return ask


class Each(Generic[P, T]):
    """What each plugin gives, with the plugin's name, while they are called in turn.

    What one raises is given in place of what it would have given; the others are still called.
    """

    def __init__(self, spec: Callable[P, Iterable[T]]) -> None:
        self.spec = spec

    def __get__(
        self, hooks: Hooks, owner: type
    ) -> Callable[P, Iterator[tuple[str, T | Exception]]]:
        def gather(*_: P.args, **arguments: P.kwargs) -> Iterator[tuple[str, T | Exception]]:
            for name, call in hooks.callers(self.spec):
                try:
                    for answer in call(**arguments):
                        for entry in answer:
                            yield name, entry
                except Exception as error:
                    yield name, error

        return gather


class Observe(Generic[P]):
    """Tells all plugins; what one raises is given to the first argument as a warning."""

    def __init__(self, spec: Callable[P, None]) -> None:
        self.spec = spec

    def __get__(self, hooks: Hooks, owner: type) -> Callable[Concatenate[Warn, P], None]:
        def tell(warn: Warn, /, *_: P.args, **arguments: P.kwargs) -> None:
            for name, call in hooks.callers(self.spec):
                try:
                    call(**arguments)
                except KeyboardInterrupt:
                    raise
                except BaseException as error:
                    said = str(error) or type(error).__name__
                    warn(f"plugin {name!r} failed in {self.spec.__name__}: {said}")

        return tell


class Hooks:
    """The hooks that core calls; arguments are given by name."""

    def __init__(self, manager: pluggy.PluginManager) -> None:
        self._manager = manager
        self._callers: dict[str, list[tuple[str, Any]]] = {}

    load_source = First(hookspecs.load_source)
    source_version = First(hookspecs.source_version)
    source_column_types = First(hookspecs.source_column_types)
    source_horizon = First(hookspecs.source_horizon)
    run_node = First(hookspecs.run_node)
    materialize = First(hookspecs.materialize)
    isolate_target = First(hookspecs.isolate_target)
    drop_target = First(hookspecs.drop_target)
    delivered_rows = First(hookspecs.delivered_rows)
    look_at_target = First(hookspecs.look_at_target)
    target_stands = First(hookspecs.target_stands)
    roll_back_target = First(hookspecs.roll_back_target)
    audit_file = First(hookspecs.audit_file)
    audit_nodes = First(hookspecs.audit_nodes)
    node_misfits = First(hookspecs.node_misfits)
    target_misfits = First(hookspecs.target_misfits)
    compile_metric = First(hookspecs.compile_metric)
    open_session = First(hookspecs.open_session)
    open_warehouse = First(hookspecs.open_warehouse)
    open_online_store = First(hookspecs.open_online_store)
    audit = Of(hookspecs.audit)
    node_inputs = Of(hookspecs.node_inputs)
    node_audits = Of(hookspecs.node_audits)
    node_lineage = Of(hookspecs.node_lineage)
    audit_columns = Of(hookspecs.audit_columns)
    validate_project = Each(hookspecs.validate_project)
    plan_sections = Each(hookspecs.plan_sections)
    diff_sections = Each(hookspecs.diff_sections)
    collect_garbage = Each(hookspecs.collect_garbage)
    before_run = Observe(hookspecs.before_run)
    after_node = Observe(hookspecs.after_node)
    after_run = Observe(hookspecs.after_run)

    def declared(self, spec: Callable[[], Iterable[T]]) -> Iterator[tuple[str, T]]:
        """What each plugin declares by one of the hooks for that, with the plugin's name."""
        for plugin, call in self.callers(spec):
            for answer in call():
                for entry in answer:
                    yield plugin, entry

    def caller(self, spec: Callable[..., object]) -> Any:
        """pluggy's caller of that hook."""
        return getattr(self._manager.hook, spec.__name__)

    def callers(self, spec: Callable[..., object]) -> list[tuple[str, Any]]:
        """For each plugin that implements the hook a caller of it alone, in order of registration.

        Wrappers are around each of them.
        """
        name = spec.__name__
        if name not in self._callers:
            plain = [each for each in self.caller(spec).get_hookimpls() if not _wraps(each)]
            self._callers[name] = [
                (one.plugin_name, self._without(name, [o.plugin for o in plain if o is not one]))
                for one in plain
            ]
        return self._callers[name]

    def _without(self, name: str, plugins: list[Any]) -> Any:
        return self._manager.subset_hook_caller(name, plugins)


def _wraps(implementation: pluggy.HookImpl) -> bool:
    return bool(implementation.wrapper or implementation.hookwrapper)
