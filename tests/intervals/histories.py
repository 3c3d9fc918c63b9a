"""Draws projects and what happens to them from a seed; a failing one is made shorter.

``python -m tests.intervals --seeds 0:500 --engine MODULE:FUNCTION`` judges an engine, and
``--history FILE`` carries out one history that was printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from random import Random

from tests.intervals.events import (
    Arrive,
    Away,
    Clock,
    Create,
    Edit,
    Event,
    History,
    Invalidate,
    Node,
    Promote,
    Remove,
    Rollback,
    Row,
    Run,
)
from tests.intervals.ranges import DAY, GRID, HOUR

ERAS = (
    (datetime(2024, 3, 28), ("Europe/Berlin", "UTC")),
    (datetime(2024, 10, 24), ("Europe/Berlin", "UTC")),
    (datetime(2024, 11, 1), ("America/New_York", "America/Havana")),
    (datetime(2024, 2, 26), ("UTC", "Asia/Kolkata")),
    (datetime(2024, 4, 4), ("Australia/Lord_Howe", "UTC")),
)
"""Clocks that are put forward and back, midnight that comes twice, a leap day, half hours."""
FINE = ("@hourly", "0 */6 * * *", "6 hours", "*/30 * * * *")
COARSE = ("@daily", "30 2 * * *", "1 day", "0 0 * * 1-5", "12 hours", "@weekly", "1 week")
NUMBERS = range(1, 9)
WEIGHTS = {
    Clock: 7,
    Arrive: 7,
    Remove: 2,
    Run: 10,
    Invalidate: 3,
    Edit: 4,
    Create: 1,
    Promote: 2,
    Rollback: 1,
    Away: 1,
}


def drawn(chance: Random, length: int) -> History:
    """A history: data, a run, and then anything."""
    now, zones = chance.choice(ERAS)
    project = drawn_project(chance, now, zones)
    now += chance.randrange(1, 4) * DAY
    began = now
    events: list[Event] = [Arrive(project[0].name, drawn_rows(chance, now, 4)), Run()]
    while len(events) < length:
        kind = chance.choices([*WEIGHTS], [*WEIGHTS.values()])[0]
        kinds = [kind] if kind in (Run, Create) or chance.random() < 0.4 else [kind, Run]
        if kind is Promote and chance.random() < 0.8:
            events += changed_in_dev(chance, project)
            kinds = [Clock, Run, Promote, Run] if chance.random() < 0.5 else [Promote, Run]
        for each in kinds:
            events.append(drawn_event(chance, each, project, now))
            if isinstance(events[-1], Clock):
                now = events[-1].to
    return History(project, began, tuple(events))


def changed_in_dev(chance: Random, project: tuple[Node, ...]) -> list[Event]:
    """A query that is edited and built in an environment; production goes on with the old one."""
    node = chance.choice([node for node in project if node.schedule])
    forward = node.name if chance.random() < 0.2 else None
    version = chance.choice([2, 3, 4])
    built: list[Event] = [Edit(node.name, "version", version), Run("dev", forward=forward)]
    if chance.random() < 0.7:
        built.append(Edit(node.name, "version", node.version))
    return built


def drawn_project(chance: Random, now: datetime, zones: tuple[str, ...]) -> tuple[Node, ...]:
    nodes = [drawn_node(chance, "events", "source", (), now, zones)]
    if chance.random() < 0.3:
        nodes.append(drawn_node(chance, "clicks", "source", (), now, zones))
    if chance.random() < 0.4:
        nodes.append(Node("rates", "source"))
    for name in "abc"[: chance.randrange(1, 4)]:
        several = [node for node in nodes if node.kind != "total"]
        parents = chance.sample(several, min(len(several), chance.choice((1, 1, 1, 2))))
        if not any(parent.schedule for parent in parents):
            parents = [*parents, nodes[0]]
        kind = chance.choice(("each", "each", "sum", "sum", "rolling", "running", "total"))
        names = tuple(dict.fromkeys(parent.name for parent in parents))
        nodes.append(drawn_node(chance, name, kind, names, now, zones))
    return tuple(nodes)


def drawn_node(
    chance: Random,
    name: str,
    kind: str,
    parents: tuple[str, ...],
    now: datetime,
    zones: tuple[str, ...],
) -> Node:
    if kind == "total":
        return Node(name, kind, parents)
    restates = chance.random() < 0.9
    return Node(
        name,
        kind,
        parents,
        schedule=chance.choice(COARSE if kind == "running" else FINE + COARSE),
        zone=chance.choice(zones),
        start=drawn_start(chance, now) if not parents or chance.random() < 0.3 else "",
        lookback=chance.choice((0, 0, 1, 2)) if restates else 0,
        batch=chance.choice((1, 2, 30)),
        partial=chance.random() < 0.2,
        restate=restates,
        reach=chance.choice((6, 24)) if kind == "rolling" else 0,
    )


def drawn_start(chance: Random, now: datetime) -> str:
    day = now - chance.randrange(-1, 4) * DAY
    return str(day.date()) if chance.random() < 0.8 else f"{day.date()} 10:00"


def drawn_event(chance: Random, kind: type, project: tuple[Node, ...], now: datetime) -> Event:
    sources = [node.name for node in project if node.kind == "source"]
    tracked = [node for node in project if node.schedule]
    env = chance.choice(("prod", "prod", "dev"))
    node = chance.choice(tracked)

    def moment() -> datetime:
        return now - chance.randrange(0, 5 * 24 * 4) * GRID

    if kind is Clock:
        step = chance.choice((1, 3, 5, 20, 24, 24, 48, -30)) * HOUR
        return Clock(now + step + chance.randrange(4) * GRID)
    if kind is Arrive:
        return Arrive(chance.choice(sources), drawn_rows(chance, now, 3))
    if kind is Remove:
        return Remove(chance.choice(sources), (chance.choice(NUMBERS), chance.choice(NUMBERS)))
    if kind is Run:
        return drawn_run(chance, env, node, moment)
    if kind is Invalidate:
        start, end = sorted((moment(), moment()))
        last = None if chance.random() < 0.3 else written_moment(chance, end)
        return Invalidate(
            node.name, written_moment(chance, start), last, chance.random() < 0.4, env
        )
    if kind is Edit:
        return drawn_edit(chance, node, now)
    if kind is Create:
        return Create("dev")
    if kind is Promote:
        return Promote("dev")
    if kind is Rollback:
        return Rollback(env, chance.randrange(1, 8))
    return Away(node.name, chance.random() < 0.6)


def drawn_run(chance: Random, env: str, node: Node, moment: Callable[[], datetime]) -> Run:
    how = chance.random()
    if how < 0.2:
        return Run(env, fails=(node.name, moment()))
    if how < 0.3:
        return Run(env, killed=(node.name, moment()))
    if how < 0.5:
        start, end = sorted((moment(), moment()))
        return Run(env, written_moment(chance, start), written_moment(chance, end))
    if how < 0.6:
        return Run(env, select=node.name)
    if how < 0.65:
        return Run(env, forward=node.name)
    return Run(env)


def drawn_edit(chance: Random, node: Node, now: datetime) -> Edit:
    key = chance.choice(("version", "version", "lookback", "start", "batch", "partial", "schedule"))
    values = {
        "version": lambda: chance.randrange(1, 4),
        "lookback": lambda: chance.randrange(0, 3) if node.restate else 0,
        "start": lambda: drawn_start(chance, now),
        "batch": lambda: chance.choice((1, 3, 30)),
        "partial": lambda: chance.random() < 0.5,
        "schedule": lambda: chance.choice(COARSE if node.kind == "running" else FINE + COARSE),
    }
    return Edit(node.name, key, values[key]())


def drawn_rows(chance: Random, now: datetime, most: int) -> tuple[Row, ...]:
    """Rows of the last days; now and then one without a time."""
    numbers = chance.sample(NUMBERS, chance.randrange(1, most + 1))
    return tuple(
        (
            None if chance.random() < 0.02 else now - chance.randrange(0, 4 * 24 * 4) * GRID,
            number,
            chance.randrange(100),
        )
        for number in numbers
    )


def written_moment(chance: Random, moment: datetime) -> str:
    return str(moment.date()) if chance.random() < 0.6 else moment.isoformat(" ")


# Making shorter, and telling.


def shortened(history: History, fails: Callable[[History], bool]) -> History:
    """The history with everything left out that it fails without."""
    before = None
    while history != before:
        before, at = history, 0
        while at < len(candidates := list(smaller(history))):
            if fails(candidates[at]):
                history = candidates[at]
            else:
                at += 1
    return history


def smaller(history: History) -> Iterator[History]:
    events, size = history.events, len(history.events) // 2
    for node in history.project:
        if not any(node.name in other.parents for other in history.project):
            rest = tuple(other for other in history.project if other is not node)
            kept = tuple(event for event in events if node.name not in named(event))
            if rest:
                yield history._replace(project=rest, events=kept)
    while size:
        for at in range(0, len(events), size):
            yield history._replace(events=(*events[:at], *events[at + size :]))
        size //= 2
    for at, node in enumerate(history.project):
        for plain in plainer(node, history.project):
            rest = (*history.project[:at], plain, *history.project[at + 1 :])
            yield history._replace(project=rest)
    for at, event in enumerate(events):
        if isinstance(event, Arrive) and len(event.rows) > 1:
            for row in event.rows:
                rows = tuple(other for other in event.rows if other != row)
                yield history._replace(
                    events=(*events[:at], event._replace(rows=rows), *events[at + 1 :])
                )


def plainer(node: Node, project: tuple[Node, ...]) -> Iterator[Node]:
    """The node with one option less, or one parent."""
    for key, value in Node._field_defaults.items():
        if key not in ("kind", "parents", "schedule", "start") and getattr(node, key) != value:
            yield node._replace(**{key: value})
    for parent in project:
        kept = tuple(name for name in node.parents if name != parent.name)
        if len(kept) < len(node.parents) and any(
            other.schedule for other in project if other.name in kept
        ):
            yield node._replace(parents=kept)


def named(event: Event) -> set[str]:
    """The nodes that an event is about."""
    if isinstance(event, Arrive | Remove):
        return {event.source}
    if isinstance(event, Run):
        each = (event.select, event.forward, *(event.fails or ())[:1], *(event.killed or ())[:1])
        return {name for name in each if name}
    return {event.node} if isinstance(event, Invalidate | Edit | Away) else set()


def written(history: History) -> str:
    """The history as Python, which ``read`` reads."""
    lines = ["History("]
    lines += ["    project=(", *(f"        {told(node)}," for node in history.project), "    ),"]
    lines += [f"    now={told(history.now)},"]
    lines += ["    events=(", *(f"        {told(event)}," for event in history.events), "    ),"]
    return "\n".join([*lines, ")"])


def told(value: object) -> str:
    if isinstance(value, datetime):
        return f"at({str(value)[:16]!r})"
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        given = value._asdict().items()
        default = type(value)._field_defaults
        keys = [
            f"{key}={told(one)}" for key, one in given if key not in default or default[key] != one
        ]
        return f"{type(value).__name__}({', '.join(keys)})"
    if isinstance(value, tuple):
        return f"({''.join(f'{told(one)}, ' for one in value).rstrip()})"
    return repr(value)


def read(text: str) -> History:
    from tests.intervals import events

    names = {**vars(events), "at": datetime.fromisoformat}
    return eval(text, names)
