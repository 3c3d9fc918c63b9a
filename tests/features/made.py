"""Random aggregations, and the events that they are over."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Mapping
from typing import Any

from tests.features.windows import Aggregation, Ratio, Since, Spec, Window

PLAIN = ("sum", "count", "avg", "min", "max", "stddev", "median", "count_distinct", "mean", "std")
LENGTHS = ("1d", "2d", "7d", "1w", "1mo")
HOURS = ("6h", "36h")
DAYS = ((0, 0), (0, 6), (1, 7), (-3, 2), (2, 30))


def drawn_aggregation(
    chance: random.Random,
    types: Mapping[str, str],
    key: Callable[[], dict[str, Any]],
    moment: Callable[[], Any],
    time_type: str,
) -> tuple[Aggregation, dict[str, str], list[dict[str, Any]]]:
    """What is said, the columns of the events, and events with ``key`` at ``moment``."""
    by_date = chance.random() < 0.5
    said = _by_date(chance, (*types,)) if by_date else _by_moment(chance, (*types,), time_type)
    columns = {**types, "happened": time_type, "v": "BIGINT", "kind": "VARCHAR"}
    is_moment = by_date and time_type != "DATE" and chance.random() < 0.4
    if by_date:
        columns["due"] = time_type if is_moment else "DATE"
    events = []
    for _ in range(chance.choice((0, 1, 4, 9, 15))):
        event = {**key(), "happened": moment(), "v": chance.choice((None, 0, 1, 2, 5, 9))}
        event["kind"] = chance.choice((None, "a", "b"))
        if by_date:
            at = event["happened"]
            day = at.date() if isinstance(at, dt.datetime) else at
            due = at if is_moment else day
            hours = chance.choice((-3, 0, 0, 5)) if is_moment else 0
            away = dt.timedelta(days=chance.choice((-2, 0, 0, 1, 5, 30)), hours=hours)
            event["due"] = due + away
            if events and chance.random() < 0.6:
                event["due"] = chance.choice(events)["due"]
        if chance.random() < 0.05:
            event["happened"] = None
        events.append(event)
    return said, columns, events


def _by_moment(chance: random.Random, keys: tuple[str, ...], type: str) -> Aggregation:
    lengths = LENGTHS if type == "DATE" else (*LENGTHS, *HOURS)
    windows = tuple(chance.sample(lengths, chance.choice((0, 1, 2))))
    rolling = ((chance.choice(lengths), _aggs(chance, 1)),) if chance.random() < 0.3 else ()
    spec = Spec(name="v", column="v", aggs=_aggs(chance, 2), rolling=_unlike(rolling, windows))
    more = Spec(
        name="x",
        column=chance.choice(("v", "kind")),
        aggs=("count_distinct",),
        since=(Since(column="kind", value="a", aggs=("count", "min")),),
    )
    specs = (spec, more) if chance.random() < 0.6 else (spec,)
    said = Aggregation(keys=keys, specs=specs, time="happened", windows=windows)
    return _perhaps_second(chance, said)


def _by_date(chance: random.Random, keys: tuple[str, ...]) -> Aggregation:
    own: tuple[Window, ...] = tuple(chance.sample((*LENGTHS, *DAYS), chance.choice((0, 1, 2))))
    ratio = Ratio(above=chance.choice(DAYS), below=(0, 30), aggs=("sum", "count"))
    spec = Spec(
        name="v",
        column="v",
        aggs=_aggs(chance, 2),
        windows=own,
        ratios=(ratio,) if chance.random() < 0.5 else (),
    )
    since = chance.choice((Since(aggs=("count", "sum")), Since(column="kind", value="b")))
    more = Spec(name="x", column="v", since=(since,))
    specs = (spec, more) if chance.random() < 0.6 else (spec,)
    said = Aggregation(keys=keys, specs=specs, time="happened", date="due")
    return _perhaps_second(chance, said)


def _perhaps_second(chance: random.Random, said: Aggregation) -> Aggregation:
    if chance.random() > 0.2:
        return said
    # Whole numbers: how many of them differ is no matter of rounding.
    agg = chance.choice(("sum", "count", "min", "max"))
    first = Spec(name="v", column="v", aggs=(agg,))
    column = f"v_{agg}"
    second = Aggregation(
        keys=said.keys[:1], specs=(Spec(name=column, column=column, aggs=_aggs(chance, 2)),)
    )
    return Aggregation(
        keys=said.keys, specs=(first,), time=said.time, date=said.date, second=second
    )


def _aggs(chance: random.Random, most: int) -> tuple[str, ...]:
    found = chance.sample(PLAIN, chance.randint(1, most))
    if {"avg", "mean"} <= {*found} or {"std", "stddev"} <= {*found}:
        return (found[0],)
    return tuple(found)


def _unlike(
    rolling: tuple[tuple[str, tuple[str, ...]], ...], windows: tuple[str, ...]
) -> tuple[tuple[Window, tuple[str, ...]], ...]:
    """No two columns may have one name; a week is not seven days by name."""
    return tuple(each for each in rolling if each[0] not in windows)
