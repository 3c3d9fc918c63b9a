"""Queries that are joined for one value each: grains of the project's own, metrics in filters."""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlglot import exp

from seeknal_semantic.compiling.trees import table


class Lookups:
    """Grows as values are looked up; each query is joined once for each condition."""

    def __init__(self, taken: Callable[[], Collection[str]]) -> None:
        self._taken = taken
        self._aliases: dict[tuple[str, exp.Expr], str] = {}
        self.joins: list[exp.Join] = []

    @property
    def aliases(self) -> Collection[str]:
        return self._aliases.values()

    def attach(self, part: str, on: Callable[[str], exp.Expr]) -> str:
        """Join a named query that has at most one row where ``on`` its alias is true."""
        key = part, on(part)
        if key not in self._aliases:
            alias = self._aliases[key] = unused(part, self._taken())
            self.joins.append(exp.Join(this=table(part, alias), side="LEFT", on=on(alias)))
        return self._aliases[key]


def unused(wanted: str, taken: Collection[str]) -> str:
    """The name, or the first of its followers that nothing has."""
    lower = {each.lower() for each in taken}
    found, count = wanted, 1
    while found.lower() in lower:
        count += 1
        found = f"{wanted}_{count}"
    return found
