"""What a delivery writes to a table, once looked at, and the times in which it replaces rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from seeknal.kernel.contexts import DeliveryContext
from seeknal.rows.batches import Range, check_keys, check_times, range_of
from seeknal.rows.extents import ranges_in
from seeknal.rows.undoing import PutBack, put_back
from seeknal.values.relations import Relation

if TYPE_CHECKING:
    from seeknal.values.targets import Target

FindRange = Callable[[Relation, str, Any, DeliveryContext], Range | None]


def rows_to_write(
    target: Target,
    relation: Relation,
    context: DeliveryContext,
    *,
    keys: Sequence[str] = (),
    time_column: str | None = None,
    lookback: Any = None,
    find_range: FindRange = range_of,
) -> PutBack:
    """The rows that a delivery writes in the target's mode, and the ranges that they replace.

    In a rollback these are other rows than ``relation``: those that were there. No range: nothing
    is replaced by time. Raises RowsRefused for rows that the mode cannot take, by ``keys`` or by
    ``time_column``. ``find_range`` is asked as `range_of` is, for a database with times of its own,
    and not where the context says what is replaced.
    """
    if target.mode == "upsert_by_key":
        check_keys(relation, keys, context)
    if target.mode != "incremental_by_time":
        return PutBack(ranges=(), relation=relation)
    if context.replaced:
        check_times(relation, context.replaced[-1].column, context)
        return PutBack(ranges=tuple(ranges_in(context.replaced)), relation=relation)
    assert time_column is not None
    check_times(relation, time_column, context)
    undone = put_back(relation, time_column, context)
    if undone is not None:
        return undone
    found = find_range(relation, time_column, lookback, context)
    return PutBack(ranges=(found,) if found else (), relation=relation)
