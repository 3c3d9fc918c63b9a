"""Queries that functions of plugins write into the SQL of nodes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from seeknal.kernel.hints import OURS
from seeknal.kernel.hooks import failure
from seeknal.kernel.plugin_types import TemplateCall
from seeknal.values.errors import UsageError
from seeknal.values.node import SqlCall

if TYPE_CHECKING:
    from seeknal.kernel.declared import TemplateFunction
    from seeknal.kernel.plugin_types import WrittenQuery
    from seeknal.kernel.plugins import Plugins
    from seeknal.values.columns import Column
    from seeknal.values.location import Location
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node, Sql
    from seeknal.values.problems import Problem
    from seeknal.values.project import Project

CODE = "SK0406"


class CallFailed(Exception):
    """A call that gives no query: what its plugin, or core, says against it."""

    def __init__(self, function: str, owner: str, error: Exception) -> None:
        super().__init__(str(error))
        self.function, self.owner, self.error = function, owner, error

    def problems(self, place: Location, node: NodeId | None) -> list[Problem]:
        """What is wrong, with ``place``, where the call stands."""
        hook = f"template function {self.function}"
        told = failure(self.owner, hook, self.error, place, node)
        return [evolve(problem, location=place, node=node) for problem in told]


@frozen(kw_only=True)
class Functions:
    """The functions that templates of a project may call, with the plugin of each.

    ``owners`` has a plugin for each of ``declared``.
    """

    declared: Mapping[str, TemplateFunction] = field(factory=dict)
    owners: Mapping[str, str] = field(factory=dict)
    missing: Callable[[str], str | None] = lambda name: None
    """What to install for a function that nothing declares."""
    project: Project | None = None
    """The nodes that only describe; None while these are read themselves."""
    told: list[Problem] = field(factory=list)
    """What was told of calls so far: where what they ask of is wrong, it may only follow."""

    @classmethod
    def of(cls, plugins: Plugins) -> Functions:
        declared = plugins.template_functions
        owners = {name: plugins.owner("template function", name) for name in declared}

        def missing(name: str) -> str | None:
            return plugins.missing("template function", name) if name in OURS else None

        return cls(declared=declared, owners=owners, missing=missing)

    def write(self, name: str, call: TemplateCall) -> WrittenQuery:
        """The query of a call. Raises CallFailed."""
        try:
            return self.declared[name].write(call)
        except TimeoutError:
            # Of the time that a template may take.
            raise
        except Exception as error:
            raise CallFailed(name, self.owners[name], error) from error

    def refused(self, name: str, message: str) -> CallFailed:
        usage = self.declared[name].usage
        return CallFailed(name, self.owners[name], UsageError(message, code=CODE, help=usage))


class Calls:
    """The calls in the templates of one text. ``node`` None: none may be made there."""

    def __init__(self, functions: Functions, node: NodeId | None = None) -> None:
        self.functions = functions
        self.node = node
        self.made: list[SqlCall] = []
        self.reads: dict[NodeId, None] = {}
        self.failed: list[tuple[str, Mapping[str, object]]] = []
        """Calls that are told already: what they give is as good as any."""

    def names(self) -> dict[str, Callable[..., str]]:
        """What templates may call."""
        return {name: self._function(name) for name in self.functions.declared}

    def check(self, rendered: str) -> None:
        """Raise CallFailed where a query is not in the text as it was given."""
        for call in self.made:
            if call.text not in rendered:
                message = f"what {call.function}() gives has to stand in the SQL as it is"
                raise self.functions.refused(call.function, message)

    def _function(self, name: str) -> Callable[..., str]:
        def call(*positional: object, **arguments: object) -> str:
            project = self.functions.project
            if self.node is None or project is None:
                raise self.functions.refused(name, f"{name}() stands in the SQL of nodes alone")
            if positional:
                raise self.functions.refused(name, f"{name}() takes what it is given by name")
            given = {key: self._plain(name, value) for key, value in arguments.items()}
            for known in self.made:
                if (known.function, known.arguments) == (name, given):
                    return known.text
            if (name, given) in self.failed:
                return "(SELECT NULL)"
            asked = TemplateCall(node=self.node, arguments=given, project=project)
            try:
                written = self.functions.write(name, asked)
            except CallFailed:
                self.failed.append((name, given))
                raise
            self.reads |= dict.fromkeys(written.reads)
            text = in_brackets(written.sql, [call.text for call in self.made])
            self.made.append(SqlCall(function=name, arguments=given, text=text, said=written.said))
            return text

        return call

    def _plain(self, name: str, value: object) -> object:
        if value is None or isinstance(value, str | int | float | bool):
            return value
        if isinstance(value, list | tuple):
            return [self._plain(name, each) for each in value]
        if isinstance(value, Mapping):
            return {str(key): self._plain(name, each) for key, each in value.items()}
        # What is not defined says so when it is asked for its text.
        raise self.functions.refused(name, f"{name}() is given {str(value)!r}, which is no value")


def in_brackets(sql: str, others: Sequence[str] = ()) -> str:
    """The query as it stands in a text: told from the ``others`` where it is the same."""
    text = f"(\n{sql}\n)"
    while text in others:
        text = f"{text[:-1]}\n)"
    return text


def with_written(
    node: Node, columns: Mapping[NodeId, Sequence[Column]], project: Project, plugins: Plugins
) -> Node:
    """The node with its SQL's queries written over inputs of these columns. Raises CallFailed."""
    sql = node.sql
    assert sql is not None
    functions = Functions.of(plugins)
    written = {}
    for call in sql.calls:
        asked = TemplateCall(
            node=node.id, arguments=call.arguments, project=project, columns=columns
        )
        written[call.text] = in_brackets(functions.write(call.function, asked).sql)
    return evolve(node, sql=_replaced(sql, written))


def _replaced(sql: Sql, written: Mapping[str, str]) -> Sql:
    """The SQL with other texts for those that stand in it, and its places where they are now."""
    pattern = re.compile("|".join(map(re.escape, sorted(written, key=len, reverse=True))))
    edits, shift, end = [], 0, 0
    for found in [*pattern.finditer(sql.rendered), None]:
        start = len(sql.rendered) if found is None else found.start()
        edits += [
            (first + shift, last + shift, length)
            for first, last, length in sql.edits or ()
            if end <= first and last <= start
        ]
        if found is not None:
            end = found.end()
            shift += len(written[found[0]]) - len(found[0])
    return evolve(
        sql,
        rendered=pattern.sub(lambda found: written[found[0]], sql.rendered),
        executable=pattern.sub(lambda found: written[found[0]], sql.executable),
        edits=None if sql.edits is None else tuple(edits),
    )
