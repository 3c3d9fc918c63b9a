"""Queries with one mistake each, of the kinds that people make when they change a query."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import Any

import sqlglot
from attrs import frozen
from sqlglot import exp

from tests.unittests.around import Around
from tests.unittests.operators import OPERATORS


@frozen(kw_only=True)
class Mutant:
    """A node's text with one change. ``before`` and ``after`` are what stood there, and stands.

    ``document`` is what the node's file says instead, where that is no query.
    """

    id: str
    kind: str
    before: str
    after: str
    sql: str
    document: Mapping[str, Any] | None = None


def parsed(sql: str) -> exp.Expression:
    return sqlglot.parse_one(sql, read="duckdb")


def written(tree: exp.Expression) -> str:
    """A query as text, always in the same way."""
    return tree.sql(dialect="duckdb", comments=False)


def mutants_of(sql: str, around: Around) -> list[Mutant]:
    """All mutants of a query, each text once, in the order in which they stand there."""
    tree = parsed(sql)
    places = {id(node): place for place, node in enumerate(tree.walk())}
    seen = {written(tree)}
    found: list[Mutant] = []
    for kind, operator in OPERATORS.items():
        number = 0
        for change in operator(tree, around):
            text = _changed(tree, places[id(change.place)], change.instead)
            if text not in seen:
                seen.add(text)
                number += 1
                found.append(
                    Mutant(
                        id=f"{kind} {number}",
                        kind=kind,
                        before=change.before or written(change.place),
                        after=change.after or _text(change.instead),
                        sql=text,
                    )
                )
    return found


def _text(tree: exp.Expression | None) -> str:
    return "(nothing)" if tree is None else written(tree)


def _changed(tree: exp.Expression, place: int, instead: exp.Expression | None) -> str:
    copy = tree.copy()
    target = next(node for number, node in enumerate(copy.walk()) if number == place)
    if target is copy:
        assert instead is not None
        return written(instead)
    if instead is None:
        target.pop()
    else:
        target.replace(instead.copy())
    return written(copy)


def sample(found: Iterable[Mutant], most: int, seed: str) -> list[Mutant]:
    """At most so many of each kind, the same for the same seed."""
    kinds: dict[str, list[Mutant]] = {}
    for mutant in found:
        kinds.setdefault(mutant.kind, []).append(mutant)
    chosen: list[Mutant] = []
    for kind, all_of_it in kinds.items():
        if len(all_of_it) > most:
            some = random.Random(f"{seed} {kind}").sample(range(len(all_of_it)), most)
            all_of_it = [all_of_it[place] for place in sorted(some)]
        chosen += all_of_it
    return chosen
