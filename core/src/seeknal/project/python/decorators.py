"""The decorators that make a function a node: they note what they are told on the function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

KINDS = (
    "source",
    "transform",
    "feature_group",
    "aggregation",
    "second_order_aggregation",
    "snapshot",
    "exposure",
)
_ATTRIBUTE = "__seeknal_declaration__"


class Declaration:
    """What a function's decorators say. ``kind`` is empty until one of them names it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.kind = ""
        self.keys: dict[str, Any] = {}
        self.targets: list[dict[str, Any]] = []
        self.mistakes: list[str] = []

    @property
    def name(self) -> str:
        return str(self.keys.get("name") or self.function.__name__)


class Collector:
    """The declarations that are made while a file is imported."""

    def __init__(self) -> None:
        self.declarations: list[Declaration] = []


collectors: list[Collector] = []
"""The innermost one is told of each declaration; the loader imports one file at a time."""


def declaration_of(function: Callable[..., Any]) -> Declaration:
    """The declaration of ``function``, begun when its first decorator asks for it."""
    found = getattr(function, _ATTRIBUTE, None)
    if isinstance(found, Declaration) and found.function is function:
        return found
    begun = Declaration(function)
    setattr(function, _ATTRIBUTE, begun)
    if collectors:
        collectors[-1].declarations.append(begun)
    return begun


def kind_decorator(kind: str, keys: dict[str, Any]) -> Callable[[F], F]:
    """A decorator that declares a node of ``kind`` with ``keys``.

    Without parentheses, the name that it is given is the function itself.
    """
    if callable(function := keys.get("name")):
        bare: Callable[[F], F] = kind_decorator(kind, {**keys, "name": None})(function)
        return bare

    def decorate(function: F) -> F:
        declaration = declaration_of(_checked(function, kind))
        if declaration.kind:
            declaration.mistakes.append(f"@{declaration.kind} and @{kind} on one function")
        declaration.kind = kind
        declaration.keys = {key: value for key, value in keys.items() if value is not None}
        return function

    return decorate


def target_decorator(keys: dict[str, Any]) -> Callable[[F], F]:
    """A decorator that adds a target to whatever node the function is or will be."""
    if callable(function := keys.get("type")):
        bare: Callable[[F], F] = target_decorator({**keys, "type": None})(function)
        return bare

    def decorate(function: F) -> F:
        # Decorators apply from the bottom up; targets read from the top down.
        declaration_of(_checked(function, "materialize")).targets.insert(
            0, {key: value for key, value in keys.items() if value is not None}
        )
        return function

    return decorate


def _checked(function: F, name: str) -> F:
    if not hasattr(function, "__code__"):
        raise TypeError(f"@{name} stands above a function, not a {type(function).__name__}")
    return function
