"""Values that an audit's parameters could have, so that its template takes each of its branches."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from seeknal_audits.header import fits

if TYPE_CHECKING:
    from seeknal_audits.header import Parameter

TEMPLATES = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_BRANCH = re.compile(r"\{%[-+]?\s*(?:el)?if\b(.*?)[-+]?%\}", re.DOTALL)
_INLINE = re.compile(r"\bif\b(.*?)(?=\belse\b|[-+]?[}%]\})", re.DOTALL)
_STRING = r"'[^']*'|\"[^\"]*\""
_NUMBER = r"-?\d++(?:\.\d++)?"
_PLAIN = re.compile(
    rf"(?:\s|{_STRING}|{_NUMBER}|[A-Za-z_]\w*+(?!\()|==|!=|<=?|>=?|[(),])*", re.DOTALL
)
_LITERAL = re.compile(rf"({_STRING})|({_NUMBER})")
_USUAL: dict[str, tuple[Any, Any]] = {
    "column": ("x", "x"),
    "columns": (("x",), ()),
    "name": ("x", "x"),
    "text": ("x", ""),
    "boolean": (True, False),
    "list": ((1,), ()),
}
_MOST = 40
"""Sets of values that are tried; of a template with more, nothing is said."""


def example(parameter: Parameter) -> Any:
    """A value that a parameter could have."""
    if parameter.default is not None:
        return parameter.default
    return _USUAL.get(parameter.type, (1, 0))[0]


def examples(text: str, parameters: Sequence[Parameter]) -> list[SimpleNamespace]:
    """Sets of values with which each branch of ``text`` is taken; none where that is not known."""
    first = {entry.name: example(entry) for entry in parameters}
    conditions = [*_conditions(text)]
    if not conditions:
        return [SimpleNamespace(**first)]
    several = {entry.name for entry in parameters if isinstance(first[entry.name], tuple)}
    if not all(_is_plain(condition, several) for condition in conditions):
        return []
    wanted = [value for condition in conditions for value in _literals(condition)]
    choices = {entry.name: [*_choices(entry, wanted)] for entry in parameters}
    full = {name: values[0] for name, values in choices.items()}
    empty = {name: values[1] for name, values in choices.items()}
    found = [full, empty]
    found += [
        {**base, name: value}
        for base in (full, empty)
        for name, values in choices.items()
        for value in values
    ]
    return [SimpleNamespace(**given) for given in found] if len(found) <= _MOST else []


def _conditions(text: str) -> Iterator[str]:
    for part in TEMPLATES.findall(text):
        branch = _BRANCH.fullmatch(part)
        yield from [branch[1]] if branch else _INLINE.findall(part)


def _is_plain(condition: str, several: Collection[str]) -> bool:
    """Whether it only asks for values as they are, and for none of those that are several."""
    if _PLAIN.fullmatch(condition) is None:
        return False
    compares = _LITERAL.search(condition) is not None
    return not (compares and set(several) & set(re.findall(r"\w+", condition)))


def _choices(parameter: Parameter, wanted: Sequence[Any]) -> Iterator[Any]:
    """Values of one parameter: one that is true, one that is false, and what it is compared to."""
    true, false = _USUAL.get(parameter.type, (1, 0))
    yield true
    yield false
    if not parameter.required:
        yield parameter.default
    yield from (value for value in wanted if fits(value, parameter.type))


def _literals(condition: str) -> Iterator[Any]:
    """What a condition compares with, and what is near to that."""
    for text, number in _LITERAL.findall(condition):
        if text:
            yield from (text[1:-1], f"{text[1:-1]}_")
        else:
            value = float(number) if "." in number else int(number)
            yield from (value, value - 1, value + 1)
