"""What people change in a query, by the meaning of each of its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from seeknal.unittests.choosing.goals import Goal
from seeknal.unittests.choosing.variants.aggregates import aggregates
from seeknal.unittests.choosing.variants.columns import columns
from seeknal.unittests.choosing.variants.conditions import conditions
from seeknal.unittests.choosing.variants.constants import constants
from seeknal.unittests.choosing.variants.expressions import expressions
from seeknal.unittests.choosing.variants.grouping import grouping
from seeknal.unittests.choosing.variants.inputs import inputs
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

    themes: tuple[tuple[str, Callable[[Any], Iterator[Change]]], ...] = (
        ("conditions", conditions),
        ("joins", joins),
        ("aggregates", aggregates),
        ("grouping", grouping),
        ("windows", windows),
        ("expressions", expressions),
        ("constants", constants),
        ("columns", lambda node: columns(node, sources)),
        ("inputs", lambda node: inputs(node, sources, facts)),
    )
    holder = exp.Subquery(this=tree)
    nodes = list(tree.walk(bfs=False))
    empty = f"SELECT * FROM ({tree.sql('duckdb')}) AS one WHERE false"
    found = [Goal(words="the result has rows", theme="result", rungs=(empty,))]
    seen = {tree.sql("duckdb")}
    for theme, changes in themes:
        for node in nodes:
            for one in changes(node):
                rungs = tuple(dict.fromkeys(_written(holder, one)))
                rungs = tuple(sql for sql in rungs if sql not in seen)
                if rungs:
                    seen.update(rungs)
                    found.append(Goal(words=_placed(one), theme=theme, rungs=rungs))
    tree.pop()
    return found


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
