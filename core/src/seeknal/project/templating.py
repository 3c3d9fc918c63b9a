"""Jinja2 templates in SQL: sandboxed, strict about names, limited in size and time."""

from __future__ import annotations

import calendar
import re
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from attrs import field, frozen

from seeknal.errors import did_you_mean
from seeknal.model import Location, NodeId, Problem

MAX_SIZE = 1 << 20
MAX_SECONDS = 5.0
DATED = frozenset(
    ("today", "yesterday", "month_start", "year_start", "run_date", "start_date", "end_date")
)
_SECRET = re.compile(r"pass(word|wd)?|secret|token|api_?key|private|credential", re.IGNORECASE)
_MACRO = re.compile(r"{%-?\s*macro\s+(\w+)")
DEEPEST_SNIPPET = 20
_UNDEFINED = re.compile(r"'(?P<name>[^']+)' is undefined")


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
    """Text of each macro file, by its name."""
    today: date


@frozen(kw_only=True)
class Rendered:
    """A rendered text, and what makes it change by itself. Not ``ok``: it is as it was."""

    text: str
    ok: bool = True
    dated: bool = False
    volatile: str | None = None


def has_template(text: str) -> bool:
    """Whether ``text`` holds anything to render."""
    return "{{" in text or "{%" in text


def render(
    text: str,
    scope: Scope,
    params: Mapping[str, object],
    location: Location,
    problems: list[Problem],
    node: NodeId | None = None,
) -> Rendered:
    """``text`` with its templates filled in. What is wrong goes to ``problems`` with its line."""
    if not has_template(text):
        return Rendered(text=text)
    names = _Names(scope, params)
    try:
        with _time_limit():
            used = _used(text, scope)
            template = _environment(scope).from_string(_macros(scope) + text)
            rendered = _joined(template.generate(names.all()))
    except Exception as error:
        # Whatever a template does wrong is the template's mistake, not ours.
        problems.append(_problem(error, names, location, node))
        return Rendered(text=text, ok=False)
    volatile = "run_id" if "run_id" in used else None
    return Rendered(text=rendered, dated=bool(used & DATED), volatile=volatile)


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
    value: Any, scope: Scope, location: Location, problems: list[Problem], node: NodeId
) -> Any:
    """``value`` with the templates in all texts within it filled in."""
    if isinstance(value, str):
        return render(value, scope, {}, location, problems, node).text
    if isinstance(value, Mapping):
        items = value.items()
        return {key: render_values(v, scope, location, problems, node) for key, v in items}
    if isinstance(value, list | tuple):
        return [render_values(entry, scope, location, problems, node) for entry in value]
    return value


def _used(text: str, scope: Scope) -> set[str]:
    """Every name that the text or a macro may look up, in branches not taken too."""
    from jinja2.meta import find_undeclared_variables

    environment = _environment(scope)
    texts = [text, *(source for source in scope.macros.values() if _macro_names(source, text))]
    return {name for part in texts for name in find_undeclared_variables(environment.parse(part))}


def _macro_names(source: str, text: str = "") -> list[str]:
    return [name for name in _MACRO.findall(source) if not text or name in text]


def _macros(scope: Scope) -> str:
    """Imports of the project's macros, on one line so that line numbers stay those of the file."""
    parts = []
    for name, source in scope.macros.items():
        parts.append(f"{{% import '{name}' as {name} with context %}}")
        if found := _macro_names(source):
            parts.append(f"{{% from '{name}' import {', '.join(found)} with context %}}")
    return "".join(parts)


def _environment(scope: Scope) -> Any:
    from jinja2 import DictLoader, StrictUndefined

    return _sandbox()(
        undefined=StrictUndefined,
        loader=DictLoader(dict(scope.macros)),
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

    def __init__(self, scope: Scope, params: Mapping[str, object]) -> None:
        self.scope = scope
        self.params = params

    def all(self) -> dict[str, Any]:
        return {
            **self.moving(),
            **self.aliases(),
            **self.scope.values,
            "params": self.params,
            "var": self.var,
            "env_var": self.env_var,
            "ref": _ref,
        }

    def moving(self) -> dict[str, str]:
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
            "run_id": uuid4().hex,
        }

    def aliases(self) -> dict[str, Mapping[str, object]]:
        return {
            name: {key: self.expand(value) for key, value in entries.items()}
            for name, entries in self.scope.aliases.items()
        }

    def expand(self, value: object, depth: int = 0) -> object:
        """A snippet of common/ may use others."""
        if not isinstance(value, str) or not has_template(value) or depth > DEEPEST_SNIPPET:
            return value
        known = {
            name: {key: self.expand(entry, depth + 1) for key, entry in entries.items()}
            for name, entries in self.scope.aliases.items()
            if name in value
        }
        return _environment(self.scope).from_string(value).render({**known, **self.scope.values})

    def var(self, name: str, *default: object) -> object:
        if name in self.scope.values:
            return self.scope.values[name]
        if default:
            return default[0]
        near = did_you_mean(name, self.scope.values) or "declare it under vars: or give --var"
        raise LookupError(f"variable {name!r} is not set: {near}")

    def env_var(self, name: str, *default: str) -> str:
        if _SECRET.search(name):
            raise LookupError(f"{name} looks like a secret: secrets belong into profiles.yml")
        if name not in self.scope.listed:
            raise LookupError(f"{name} is not listed under vars.env of seeknal_project.yml")
        if name in self.scope.environment:
            return self.scope.environment[name]
        if default:
            return default[0]
        raise LookupError(f"environment variable {name} is not set and has no default")


def _ref(*parts: str) -> str:
    return f"ref({', '.join(_literal(part) for part in parts)})"


def _literal(text: str) -> str:
    return "'" + str(text).replace("'", "''") + "'"


def _problem(error: Exception, names: _Names, location: Location, node: NodeId | None) -> Problem:
    line = getattr(error, "lineno", None) or _line_of(error)
    place = Location(location.file, location.line + line - 1) if line else location
    message = str(error.args[0] if isinstance(error, LookupError) and error.args else error)
    if isinstance(error, _TooLarge):
        return Problem(code="SK0402", message=message, location=place, node=node)
    undefined = _UNDEFINED.search(message)
    help = did_you_mean(undefined["name"], names.all()) if undefined else None
    return Problem(
        code="SK0401", message=f"template: {message}", location=place, help=help, node=node
    )


def _line_of(error: Exception) -> int | None:
    """The template's line in which a rendering failed: Jinja2 puts it into the traceback."""
    found, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            found = trace.tb_lineno
        trace = trace.tb_next
    return found


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
