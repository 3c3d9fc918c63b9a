"""Random histories of an input and of a snapshot's definition."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from tests.snapshots.reference import Definition, Table

BEGIN = datetime(2024, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a run finds: the definition, the input, and its moment."""

    said: Definition
    given: Table
    moment: datetime


@dataclass
class _World:
    """An input that changes, and what is said of it."""

    random: random.Random
    said: Definition
    columns: dict[str, str]
    rows: dict[Any, dict[str, Any]] = field(default_factory=dict)
    past: list[dict[str, Any]] = field(default_factory=list)
    moment: datetime = BEGIN


COLUMNS = {"id": "INTEGER", "at": "TIMESTAMP", "name": "VARCHAR", "size": "DOUBLE", "n": "INTEGER"}
FURTHER = {"tags": "INTEGER[]", "note": "VARCHAR"}


def drawn(chance: random.Random, length: int) -> tuple[Run, ...]:
    """A history of that many runs."""
    strategy = chance.choice(("timestamp", "check"))
    deletes = chance.choice(("ignore", "invalidate", "new_record"))
    keys = ("id",) if chance.random() < 0.7 else ("id", "part")
    columns = dict(COLUMNS)
    if "part" in keys:
        columns["part"] = "VARCHAR"
    if chance.random() < 0.15:
        columns["at"] = chance.choice(("DATE", "INTEGER"))
        deletes = "ignore" if chance.random() < 0.8 else deletes
    world = _World(
        random=chance,
        said=Definition(
            keys=keys, strategy=strategy, deletes=deletes, check=_checked(chance, columns)
        ),
        columns=columns,
    )
    for _ in range(chance.randint(0, 5)):
        _insert(world)
    runs = []
    for _ in range(length):
        runs.append(_run(world))
        for _ in range(chance.choice((0, 0, 1, 1, 2, 3, 5))):
            _change(world)
    return tuple(runs)


def _run(world: _World) -> Run:
    chance = world.random
    step = chance.choice((0, 1, 1, 2, 3, 5, chance.choice((1, 1, -1, -3))))
    world.moment += timedelta(seconds=step)
    rows = [*world.rows.values()]
    if world.past and chance.random() < 0.35:
        # A backfill: earlier versions come as well, or come instead of what is there now.
        earlier = chance.sample(world.past, min(len(world.past), chance.randint(1, 3)))
        rows = [*rows, *earlier] if chance.random() < 0.7 else earlier
    if world.said.strategy == "check" and chance.random() < 0.95:
        rows = [*{_key(world, row): row for row in rows}.values()]
    elif world.said.strategy == "timestamp" and chance.random() < 0.95:
        rows = [*{(_key(world, row), row.get("at")): row for row in rows}.values()]
    chance.shuffle(rows)
    shown = tuple({name: row.get(name) for name in world.columns} for row in rows)
    return Run(
        said=world.said,
        given=Table(columns=dict(world.columns), rows=shown),
        moment=world.moment,
    )


def _change(world: _World) -> None:
    chance = world.random
    kind = chance.choices(
        (_insert, _update, _delete, _edit, _add_column, _remove_column, _retype, _spoil),
        (4, 10, 3, 1.2, 0.5, 0.5, 0.4, 0.3),
    )[0]
    kind(world)


def _insert(world: _World) -> None:
    row = {name: _value(world, name, kind) for name, kind in world.columns.items()}
    row["id"] = world.random.randint(1, 4)
    if "part" in world.columns:
        row["part"] = world.random.choice(("a", "A"))
    row["at"] = _time(world)
    world.rows.setdefault(_key(world, row), row)


def _update(world: _World) -> None:
    if not world.rows:
        return
    chance = world.random
    key = chance.choice([*world.rows])
    row = dict(world.rows[key])
    world.past.append(row)
    name = chance.choice([each for each in world.columns if each not in ("id", "part", "at")])
    changed = {**row, name: _value(world, name, world.columns[name])}
    if chance.random() < 0.93:
        changed["at"] = _time(world)
    world.rows[key] = changed


def _delete(world: _World) -> None:
    if world.rows:
        world.past.append(world.rows.pop(world.random.choice([*world.rows])))


def _edit(world: _World) -> None:
    chance = world.random
    what = chance.randrange(4)
    if what == 0:
        edited = {"deletes": chance.choice(("ignore", "invalidate", "new_record"))}
    elif what == 1:
        edited = {"check": _checked(chance, world.columns)}
    elif what == 2:
        edited = {"strategy": chance.choice(("timestamp", "check"))}
    else:
        edited = {"keys": ("id", "part")} if "part" in world.columns else {}
    world.said = replace(world.said, **edited)


def _add_column(world: _World) -> None:
    name = world.random.choice([*FURTHER, "name", "size", "n"])
    kind = {**COLUMNS, **FURTHER}[name]
    if name not in world.columns:
        world.columns[name] = kind
        for row in world.rows.values():
            row[name] = _value(world, name, kind)


def _remove_column(world: _World) -> None:
    checked = world.said.check or ()
    free = [n for n in world.columns if n not in ("id", "part", "at", *checked)]
    if len(free) > 1:
        del world.columns[world.random.choice(free)]


def _retype(world: _World) -> None:
    """Another type of a column, which most often is a wider one."""
    chance = world.random
    name = chance.choice(("n", "n", "at", "id"))
    kind = world.columns.get(name)
    wider = {"INTEGER": "BIGINT", "BIGINT": "INTEGER", "DATE": "TIMESTAMP"}.get(str(kind))
    if chance.random() < 0.2 and name == "n" and kind == "INTEGER":
        wider = chance.choice(("DOUBLE", "VARCHAR"))
    if kind is None or wider is None or (name == "id" and wider == "INTEGER"):
        return
    world.columns[name] = wider
    for row in (*world.rows.values(), *world.past):
        row[name] = _as(row.get(name), wider)


def _spoil(world: _World) -> None:
    """Rows that are refused once: the next update mends them."""
    if world.rows:
        row = world.rows[world.random.choice([*world.rows])]
        world.rows[_key(world, row)] = {**row, "at": None}


def _as(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "DOUBLE":
        return float(value)
    if kind == "VARCHAR":
        return str(value)
    if kind == "TIMESTAMP" and not isinstance(value, datetime):
        return datetime.combine(value, datetime.min.time())
    return value


def _time(world: _World) -> Any:
    chance = world.random
    kind = world.columns["at"]
    if kind in ("INTEGER", "BIGINT"):
        return chance.randint(1, 12)
    if kind == "DATE":
        return date(2024, 1, 1) + timedelta(days=chance.randint(0, 9))
    # Mostly a little before the next run, at times late, or ahead of it.
    return world.moment + timedelta(seconds=chance.choice((0, 0, 1, 1, 1, 1, -1, -2, -3, 2, 4)))


def _value(world: _World, name: str, kind: str) -> Any:
    chance = world.random
    if chance.random() < 0.2:
        return None
    if kind == "VARCHAR":
        return chance.choice(("x", "X", "y", ""))
    if kind == "DOUBLE":
        return chance.choice((0.0, -0.0, 1.5, float("nan")))
    if kind.endswith("[]"):
        return chance.choice(([], [1], [1, None], [1, 2]))
    return chance.randint(0, 2)


def _key(world: _World, row: dict[str, Any]) -> Any:
    return tuple(row.get(key) for key in world.said.keys)


def _checked(chance: random.Random, columns: dict[str, str]) -> tuple[str, ...] | None:
    free = [name for name in columns if name not in ("id", "part", "at")]
    if chance.random() < 0.5:
        return None
    return tuple(chance.sample(free, min(len(free), chance.randint(1, 2))))


def written(runs: tuple[Run, ...]) -> str:
    """A history as text that `read` reads."""
    lines = "".join(f"    {run!r},\n" for run in runs)
    return f"(\n{lines})\n"


def read(text: str) -> tuple[Run, ...]:
    """The history of a text that `written` has made."""
    names = {
        "Run": Run,
        "Definition": Definition,
        "Table": Table,
        "datetime": __import__("datetime"),
        "nan": float("nan"),
    }
    return tuple(eval(text, names))
