"""Jinja2 templates in SQL: sandboxed, strict about names, limited in size and time."""

from __future__ import annotations

import calendar
import re
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from attrs import field, frozen

from seeknal.project.templates import ends
from seeknal.project.templates.calls import CallFailed, Calls, Functions
from seeknal.project.templates.faults import MACROS, TOO_LARGE, Faults
from seeknal.project.templates.undefined import Found, collecting
from seeknal.values.errors import did_you_mean
from seeknal.values.location import Location

if TYPE_CHECKING:
    from seeknal.project.templates.undefined import Missing
    from seeknal.values.marks import Marks
    from seeknal.values.names import NodeId
    from seeknal.values.problems import Problem, Problems

MAX_SIZE = 1 << 20
MAX_SECONDS = 5.0
DATED = frozenset(
    ("today", "yesterday", "month_start", "year_start", "run_date", "start_date", "end_date")
)
_SECRET = re.compile(r"pass(word|wd)?|secret|token|api_?key|private|credential", re.IGNORECASE)
_MACRO = re.compile(r"{%-?\s*macro\s+(\w+)")
RUN_ID = "run_id"


@frozen(kw_only=True)
class Scope:
    """What templates of a project may name.

    ``values`` are variables; ``aliases`` are the mappings of common/. ``environment`` holds the
    environment variables that the project lists.
    """

    values: Mapping[str, object] = field(factory=dict)
    aliases: Mapping[str, Mapping[str, object]] = field(factory=dict)
    environment: Mapping[str, str] = field(factory=dict)
    listed: tuple[str, ...] = ()
    macros: Mapping[str, str] = field(factory=dict)
    """Text of each macro file, by its path below macros/ without the ending."""
    today: date
    root: Path = field(factory=Path)
    """The project's folder: where a mistake stands is looked up in the files there."""
    functions: Functions = field(factory=Functions)
    """What plugins let SQL of nodes call."""


@frozen(kw_only=True)
class Rendered:
    """A rendered text, and what makes it change by itself. Not ``ok``: it is as it was."""

    text: str
    ok: bool = True
    dated: bool = False
    volatile: str | None = None
    used: frozenset[str] = frozenset()
    """The names that it may look up, in branches that are not taken too."""


def has_template(text: str) -> bool:
    """Whether ``text`` holds anything to render."""
    return "{{" in text or "{%" in text


def render(
    text: str,
    scope: Scope,
    params: Mapping[str, object],
    location: Location,
    problems: Problems,
    node: NodeId | None = None,
    further: Mapping[str, object] | None = None,
    calls: Calls | None = None,
    ranged: str | None = None,
    own: Mapping[str, object] = MappingProxyType({}),
) -> Rendered:
    """``text`` with its templates filled in. What is wrong goes to ``problems`` with its line.

    Among ``further`` names, None is written as NULL. ``calls`` gathers those of functions of
    plugins; None: none of them may be made. ``ranged`` is the dialect of SQL that may name the
    ends of the range that is processed; None: it may not. ``own`` are names that this text has
    beside others.
    """
    if not has_template(text):
        return Rendered(text=text)
    names = _Names(scope, params, further, calls, own, ends=ranged is not None)
    try:
        with _time_limit():
            names.used |= _used(text, scope)
            rendered = names.fill(_macros(scope) + text)
            names.calls.check(rendered)
            if ranged is not None:
                rendered = ends.written(rendered, ranged)
    except Exception as error:
        # Whatever a template does wrong is the template's mistake, not ours.
        problems += _problems(error, names, text, location, node)
        return Rendered(text=text, ok=False)
    volatile = RUN_ID if RUN_ID in names.used else None
    return Rendered(
        text=rendered,
        dated=bool(names.used & DATED),
        volatile=volatile,
        used=frozenset(names.used),
    )


def _problems(
    error: Exception, names: _Names, text: str, location: Location, node: NodeId | None
) -> list[Problem]:
    """What ``error`` says, or all that is missing when it says so of one thing."""
    from jinja2 import UndefinedError

    scope = names.scope
    faults = Faults(
        text=text,
        location=location,
        node=node,
        root=scope.root,
        macros=scope.macros,
        environment=_environment(scope),
        lacking=scope.functions.missing,
    )
    if isinstance(error, CallFailed):
        told: dict[Problem, None] = {}
        for failed in (error, *_further_failures(names, text)):
            place = faults.place_of_call(failed.function, failed, names.open)
            told |= dict.fromkeys(failed.problems(place, node))
        scope.functions.told.extend(told)
        return [*told]
    if isinstance(error, UndefinedError | _Mistake):
        macros = [name for source in scope.macros.values() for name in _macro_names(source)]
        known = {*names.all(), *macros}
        if missing := [faults.missing(entry, known) for entry in _missing(names, text)]:
            return missing
    code = TOO_LARGE if isinstance(error, _TooLarge) else "SK0401"
    code = ends.CODE if isinstance(error, ends.Misused) else code
    return [faults.error(error, names.open, code)]


def _missing(names: _Names, text: str) -> list[Missing]:
    """All that a template asks for in vain."""
    again = names.again()
    again.found = Found(text, again.open)
    # What else goes wrong is not to be told: it may come of what is missing.
    with suppress(Exception), _time_limit():
        again.fill(_macros(names.scope) + text)
    return [*again.found.missing.values()]


def _further_failures(names: _Names, text: str) -> Iterator[CallFailed]:
    """The calls of a template that fail beside the first one."""
    failed = names.calls.failed
    while failed:
        known = len(failed)
        again = names.again()
        try:
            with _time_limit():
                again.fill(_macros(names.scope) + text)
        except CallFailed as error:
            yield error
        except Exception:
            # What else goes wrong is not to be told: it may come of what failed.
            return
        if len(failed) == known:
            return


class _Mistake(Exception):
    """What a template asked for is not there. No LookupError: Jinja2 reads that as undefined."""


class _TooLarge(Exception):
    """A template grows beyond any use."""

    def __init__(self) -> None:
        super().__init__(f"the rendered SQL is larger than {MAX_SIZE:,} characters")


def _joined(chunks: Iterable[str]) -> str:
    found, size = [], 0
    for chunk in chunks:
        size += len(chunk)
        if size > MAX_SIZE:
            raise _TooLarge
        found.append(chunk)
    return "".join(found)


def render_values(
    value: Any,
    scope: Scope,
    marks: Marks,
    problems: Problems,
    node: NodeId,
    *path: str | int,
) -> Any:
    """``value`` with the templates in all texts within it filled in; ``marks`` say where it is."""
    if isinstance(value, str):
        return render(value, scope, {}, text_begins(marks.value(*path), value), problems, node).text
    if isinstance(value, Mapping):
        return {
            key: render_values(entry, scope, marks, problems, node, *path, key)
            for key, entry in value.items()
        }
    if isinstance(value, list | tuple):
        return [
            render_values(entry, scope, marks, problems, node, *path, number)
            for number, entry in enumerate(value)
        ]
    return value


def text_begins(value: Location, text: str) -> Location:
    """Where a value's text begins: a block scalar's first line is the one below its ``|``."""
    return Location(value.file, value.line + 1) if "\n" in text else value


def _used(text: str, scope: Scope) -> set[str]:
    """Every name that the text or a macro may look up, in branches not taken too."""
    macros = [source for source in scope.macros.values() if _macro_names(source, text)]
    return {name for part in (text, *macros) for name in _undeclared(part, scope)}


def _undeclared(text: str, scope: Scope) -> set[str]:
    from jinja2.meta import find_undeclared_variables

    return set(find_undeclared_variables(_environment(scope).parse(text)))


def _macro_names(source: str, text: str = "") -> list[str]:
    return [name for name in _MACRO.findall(source) if not text or name in text]


def _macros(scope: Scope) -> str:
    """Imports of the project's macros, on one line so that line numbers stay those of the file."""
    parts = []
    for name, source in scope.macros.items():
        parts.append(f"{{% import '{name}' as {name.rpartition('/')[2]} with context %}}")
        if found := _macro_names(source):
            parts.append(f"{{% from '{name}' import {', '.join(found)} with context %}}")
    return "".join(parts)


def _environment(scope: Scope, found: Found | None = None) -> Any:
    from jinja2 import FunctionLoader, StrictUndefined

    def load(name: str) -> tuple[str, str, None] | None:
        source = scope.macros.get(name)
        return None if source is None else (source, f"{MACROS}/{name}.sql", None)

    kind = _sandbox() if found is None else collecting(_sandbox(), found)
    return kind(
        undefined=StrictUndefined,
        loader=FunctionLoader(load),
        # "{#" can stand in a regular expression: comments are SQL's own.
        comment_start_string="{\0#",
        comment_end_string="#\0}",
        keep_trailing_newline=True,
    )


@cache
def _sandbox() -> Any:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Sandbox(ImmutableSandboxedEnvironment):
        """One operation that fills the memory cannot be stopped half-way: it is not begun."""

        intercepted_binops = frozenset(("*", "**"))

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            if _is_huge(operator, left, right):
                raise _TooLarge
            return super().call_binop(context, operator, left, right)

    return Sandbox


def _is_huge(operator: str, left: Any, right: Any) -> bool:
    if operator == "**":
        whole = isinstance(left, int) and isinstance(right, int)
        return whole and left.bit_length() * right > MAX_SIZE
    if isinstance(left, int):
        left, right = right, left
    return isinstance(right, int) and hasattr(left, "__len__") and len(left) * right > MAX_SIZE


class _Names:
    """The names that one template may use."""

    def __init__(
        self,
        scope: Scope,
        params: Mapping[str, object],
        further: Mapping[str, object] | None,
        calls: Calls | None,
        own: Mapping[str, object],
        *,
        ends: bool = False,
    ) -> None:
        self.scope = scope
        self.own = own
        self.ends = ends
        self.calls = calls or Calls(scope.functions)
        self.params = params
        self.further = further
        self.open: list[str] = []
        """The snippets that are being filled in, the outermost first."""
        self.used: set[str] = set()
        self.found: Found | None = None
        """Notes what is missing; None: the first of it is raised."""

    def again(self) -> _Names:
        """The same names, for another rendering."""
        return _Names(self.scope, self.params, self.further, self.calls, self.own, ends=self.ends)

    def fill(self, text: str) -> str:
        """``text`` as a template rendered with these names."""
        environment = _environment(self.scope, self.found)
        if self.further is not None:
            environment.finalize = _null
        template = environment.from_string(text)
        if self.found is not None:
            self.found.main = template
        return _joined(template.generate(self.all()))

    def missing(self, message: str, name: str) -> Any:
        if self.found is None:
            raise _Mistake(message)
        self.found.note(message, name, parts=())
        return self.found.nothing(message, name)

    def all(self) -> dict[str, Any]:
        return {
            **self.calls.names(),
            **self.dates_and_run(),
            **self.aliases(),
            **self.scope.values,
            "params": self.params,
            "var": self.var,
            "env_var": self.env_var,
            "ref": _ref,
            **self.own,
            **(self.further or {}),
            **(ends.names() if self.ends else {}),
        }

    def dates_and_run(self) -> dict[str, str]:
        """The names that mean something else on another day or in another run."""
        today = self.scope.today
        month = today.replace(day=1)
        last = calendar.monthrange(today.year, today.month)[1]
        return {
            "today": today.isoformat(),
            "run_date": today.isoformat(),
            "yesterday": (today - timedelta(days=1)).isoformat(),
            "month_start": month.isoformat(),
            "year_start": today.replace(month=1, day=1).isoformat(),
            "start_date": month.isoformat(),
            "end_date": today.replace(day=last).isoformat(),
            RUN_ID: uuid4().hex,
        }

    def aliases(self) -> dict[str, _Alias]:
        return {name: _Alias(self, name) for name in self.scope.aliases}

    def snippet(self, alias: str, key: str) -> object:
        """A value of common/; a text may use others, but not itself."""
        value = self.scope.aliases[alias][key]
        if not isinstance(value, str) or not has_template(value):
            return value
        name = f"{alias}.{key}"
        if name in self.open:
            circle = " -> ".join((*self.open[self.open.index(name) :], name))
            raise _Mistake(f"snippets use each other in a circle: {circle}")
        self.open.append(name)
        self.used |= _undeclared(value, self.scope)
        environment = _environment(self.scope, self.found)
        rendered = _joined(environment.from_string(value).generate(self.all()))
        self.open.remove(name)
        return rendered

    def var(self, name: str, *default: object) -> object:
        if name in self.scope.values:
            return self.scope.values[name]
        if default:
            return default[0]
        near = did_you_mean(name, self.scope.values) or "declare it under vars: or give --var"
        return self.missing(f"variable {name!r} is not set: {near}", name)

    def env_var(self, name: str, *default: str) -> object:
        if _SECRET.search(name):
            return self.missing(
                f"{name} looks like a secret: secrets belong into profiles.yml", name
            )
        if name not in self.scope.listed:
            return self.missing(f"{name} is not listed under vars.env of seeknal_project.yml", name)
        if name in self.scope.environment:
            return self.scope.environment[name]
        if default:
            return default[0]
        return self.missing(f"environment variable {name} is not set and has no default", name)


class _Alias:
    """One name of common/: its values are rendered when a template asks for them."""

    def __init__(self, names: _Names, name: str) -> None:
        self._names = names
        self._name = name

    def __getitem__(self, key: str) -> object:
        return self._names.snippet(self._name, key)

    def __dir__(self) -> Iterable[str]:
        return self._names.scope.aliases[self._name]


def _null(value: object) -> object:
    return "NULL" if value is None else value


def _ref(*parts: str) -> str:
    return f"ref({', '.join(_literal(part) for part in parts)})"


def _literal(text: str) -> str:
    return "'" + str(text).replace("'", "''") + "'"


@contextmanager
def _time_limit() -> Iterator[None]:
    """A template that loops for ever ends as an error; only the main thread can be timed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: object) -> None:
        raise TimeoutError(f"rendering took longer than {MAX_SECONDS:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, MAX_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
