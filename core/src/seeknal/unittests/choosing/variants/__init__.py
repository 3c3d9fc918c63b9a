"""What people change in a query, by the meaning of each of its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from seeknal.unittests.choosing.goals import Goal
from seeknal.unittests.choosing.variants.aggregates import aggregates
from seeknal.unittests.choosing.variants.columns import columns, keys
from seeknal.unittests.choosing.variants.conditions import conditions
from seeknal.unittests.choosing.variants.constants import constants
from seeknal.unittests.choosing.variants.expressions import expressions
from seeknal.unittests.choosing.variants.grouping import grouping
from seeknal.unittests.choosing.variants.inputs import inputs, may_be_null
from seeknal.unittests.choosing.variants.joins import joins
from seeknal.unittests.choosing.variants.windows import windows

if TYPE_CHECKING:
    from seeknal.unittests.choosing.sources import Sources
    from seeknal.unittests.choosing.variants.change import Change
    from seeknal.unittests.choosing.variants.inputs import Facts


def goals(tree: Any, sources: Sources, facts: Facts) -> list[Goal]:
    """Every goal that a query has, those that matter most first.

    ``tree`` is the same afterwards.
    """
    from sqlglot import exp

    nullable = partial(may_be_null, sources=sources, facts=facts)
    themes: tuple[tuple[str, Callable[[Any], Iterator[Change]]], ...] = (
        ("conditions", lambda node: conditions(node, nullable)),
        ("joins", joins),
        ("aggregates", lambda node: aggregates(node, nullable)),
        ("grouping", grouping),
        ("windows", windows),
        ("expressions", expressions),
        ("constants", constants),
        ("keys", lambda node: keys(node, sources)),
        ("columns", lambda node: columns(node, sources)),
        ("inputs", lambda node: inputs(node, sources, facts)),
    )
    holder = exp.Subquery(this=tree)
    nodes = list(tree.walk(bfs=False))
    seen = {tree.sql("duckdb")}
    found: list[list[Goal]] = []
    for theme, changes in themes:
        mine: list[Goal] = []
        for node in nodes:
            for one in changes(node):
                rungs = tuple(
                    sql for sql in dict.fromkeys(_written(holder, one)) if sql not in seen
                )
                if rungs:
                    seen.update(rungs)
                    mine.append(Goal(words=_placed(one), theme=theme, rungs=rungs))
        found.append(mine)
    tree.pop()
    return [_rows(tree), *_in_turn(found[:-1]), *found[-1]]


def _rows(tree: Any) -> Goal:
    nothing = f"SELECT * FROM ({tree.sql('duckdb')}) AS one WHERE false"
    return Goal(words="the result has rows", theme="result", rungs=(nothing,))


def _in_turn(themes: Sequence[Sequence[Goal]]) -> Iterator[Goal]:
    """Goals of all themes in turn: where time is short, something of each is met."""
    for goals_in_turn in zip_longest(*themes):
        yield from (goal for goal in goals_in_turn if goal is not None)


def _written(holder: Any, one: Change) -> Iterator[str]:
    """The whole query with each of the rungs in place."""
    node = one.node
    for rung in one.rungs:
        node.replace(rung)
        yield holder.this.sql("duckdb")
        rung.replace(node)


def _placed(one: Change) -> str:
    lines = [part.meta["line"] for part in one.node.walk() if "line" in part.meta]
    return f"{one.words} in line {min(lines)}" if lines else one.words
