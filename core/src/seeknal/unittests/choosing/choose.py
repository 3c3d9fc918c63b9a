"""The fewest rows that a test needs to notice what people break."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.unittests.choosing.facts import facts, mentioned, seeds
from seeknal.unittests.choosing.keys import edges
from seeknal.unittests.choosing.looking import Look
from seeknal.unittests.choosing.meeting import Meeting
from seeknal.unittests.choosing.outcomes import same
from seeknal.unittests.choosing.pools import pool
from seeknal.unittests.choosing.running import Ran, chosen_by
from seeknal.unittests.choosing.sources import Sources
from seeknal.unittests.choosing.stability import may_vary, varying, varying_share
from seeknal.unittests.choosing.stage import PLACE, Failure, staged
from seeknal.unittests.choosing.variants import goals

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from seeknal.unittests.choosing.goals import Choice
    from seeknal.unittests.choosing.keys import Edge
    from seeknal.unittests.choosing.stage import Parts, Stage
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId

_SIZES = (8, 60, 400, 3000)
_MOSTLY = 0.5
_LIMIT = 5.0


def choose(
    connection: DuckDBPyConnection,
    sql: str,
    tables: Mapping[NodeId, Sequence[Column]],
    *,
    budget: float,
) -> Choice:
    """Rows of each table such that what people break in ``sql`` gives another result over them.

    ``budget`` are seconds; goals that were not looked at in that time are told as unreached. SQL
    that only DuckDB understands is a black box, as a function is. Raises NeverRunsError where such
    SQL fails over whichever, duckdb.Error where the tables cannot be read.
    """
    began = time.monotonic()
    with staged(connection, tables) as stage:
        tree = parsed(sql)
        if tree is None or not _reads_alike(stage, sql, tree):
            return chosen_by(partial(_over, stage, sql), stage, tables, budget=budget)
        sources = Sources(tree, tables)
        found = facts(stage, mentioned(tree, sources), sources)
        wanted = goals(tree, sources, found)
        keys = edges(tree, sources)
        special = seeds(stage, tree, sources, found)
        pools = _pools(stage, _samples(stage, keys, special))
        look = Look(stage, tree.sql("duckdb"), steady=not may_vary(tree))
        unstable = _ignored(look, pools[0])
        meeting = Meeting(look, pools, keys, until=began + budget)
        meeting.meet(wanted)
        return evolve(meeting.choice(), unstable=unstable, seconds=time.monotonic() - began)


def parsed(sql: str) -> Any:
    """The tree of a query; None where sqlglot does not know what is written there."""
    from sqlglot import exp, parse_one
    from sqlglot.errors import SqlglotError

    try:
        tree: Any = parse_one(sql, read="duckdb")
    except SqlglotError:
        return None
    return None if isinstance(tree, exp.Command) else tree


def _reads_alike(stage: Stage, sql: str, tree: Any) -> bool:
    """Whether the tree, written again, gives what the query gives."""
    stage.show_parts(stage.whole)
    given, again = (stage.outcome(one, _LIMIT) for one in (sql, tree.sql("duckdb")))
    if isinstance(given, Failure) or isinstance(again, Failure):
        return isinstance(given, Failure)
    return may_vary(tree) or same(given, again)


def _over(stage: Stage, sql: str, given: Mapping[NodeId, Sequence[int]]) -> Ran | None:
    """What a query gives over some of the rows."""
    stage.show(tuple(frozenset(given[node]) for node in stage.nodes))
    found = stage.outcome(sql, _LIMIT)
    if isinstance(found, Failure) or found.rows is None:
        return None
    return Ran(names=found.names, rows=found.rows)


def _samples(stage: Stage, keys: Sequence[Edge], special: Sequence[Sequence[int]]) -> list[Parts]:
    """Growing samples: the first is of any rows, the others have special ones as well."""
    plain = pool(stage, _SIZES[0], keys, [()] * len(special))
    return [plain, *(pool(stage, size, keys, special) for size in _SIZES[1:])]


def _pools(stage: Stage, samples: list[Parts]) -> list[Parts]:
    """The samples that are much smaller than the next, and all rows."""
    chosen = [one for one in samples if sum(one.counts) * 2 < sum(stage.whole.counts)]
    return [*chosen, stage.whole]


def _ignored(look: Look, first: Parts) -> tuple[str, ...]:
    """The columns that no rows would determine, which are left out of what is compared."""
    if look.steady:
        return ()
    rows = tuple(frozenset(look.stage.rows(name)) for name in first.names)
    if varying_share(look, rows) <= _MOSTLY:
        return ()
    places = varying(look, rows)
    given = look.given(rows, PLACE)
    names = () if isinstance(given, Failure) else given.names
    look.stage.ignored = frozenset(places)
    look.forget()
    return tuple(names[place] for place in places)
