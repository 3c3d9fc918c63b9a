"""Draws stories: what happens to a project, with all its details, from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.deliveries.model import Row

Action = tuple
"""A name, then its details: everything is drawn beforehand, so that any action may be left out."""

WEIGHTS = {
    "source": 9,
    "run": 10,
    "kill": 4,
    "down": 3,
    "up": 3,
    "back": 2,
    "shuffle": 1,
    "edit": 1,
    "mend": 2,
    "rm": 2,
    "clean": 1,
    "damage": 2,
    "rollback": 2,
    "promote": 2,
    "kill_rollback": 1,
    "kill_promote": 1,
    "drop": 1,
    "retry": 1,
}
FLAGS = ((), (), (), (), ("--full",), ("--no-materialize",), ("--no-materialize",), ("--refresh",))
DAMAGES = ("truncate", "garbage", "empty", "remove", "remove journal", "garbage without journal")


def drawn(place, seed: int, length: int, *, spawns: bool = False) -> tuple[list[str], list[Action]]:
    """A story: its targets and what happens.

    ``spawns``: some runs are processes of their own that are killed at any moment.
    """
    chance = random.Random(f"{place.name} {seed}")
    targets = sorted(chance.sample(place.specs, 3))
    numbers = iter(range(1, 1000))
    actions: list[Action] = [("source", content(chance, numbers)), ("run",)]
    while len(actions) < length:
        name = chance.choices([*WEIGHTS], [*WEIGHTS.values()])[0]
        actions.append(action(name, place, chance, numbers))
        if name in ("source", "back", "edit", "mend", "rm", "damage") and chance.random() < 0.8:
            kill = "spawn_and_kill" if spawns and chance.random() < 0.3 else "kill"
            actions.append(action(chance.choice(("run", "run", kill)), place, chance, numbers))
    return targets, actions


def action(name: str, place, chance: random.Random, numbers) -> Action:
    details: dict[str, Callable[[], tuple]] = {
        "source": lambda: (content(chance, numbers),),
        "run": lambda: chance.choice(FLAGS),
        "kill": lambda: (moment(chance),),
        "spawn_and_kill": lambda: (round(chance.uniform(0.3, 2.5), 2),),
        "down": lambda: (chance.choice(place.ways),),
        "back": lambda: (chance.randrange(1, 4),),
        "shuffle": lambda: (chance.randrange(100),),
        "edit": lambda: (chance.randrange(2, 90),),
        "mend": lambda: (chance.random() < 0.8,),
        "damage": lambda: (chance.choice(DAMAGES),),
        "rollback": lambda: (chance.randrange(1, 4),),
        "kill_rollback": lambda: (chance.randrange(1, 4), moment(chance)),
        "kill_promote": lambda: (chance.randrange(200, 290), moment(chance)),
        "promote": lambda: (
            chance.randrange(100, 190),
            *chance.choice(((), ("--no-materialize",))),
        ),
    }
    return (name, *details.get(name, tuple)())


def moment(chance: random.Random) -> float:
    return chance.randrange(1, 10**6) / 10**6


def content(chance: random.Random, numbers) -> tuple[Row, ...]:
    """Rows of the source that no other step has; now and then some that a target refuses."""
    size = chance.choice((0, 1, 2, 3, 3, 4))
    ids = chance.sample(range(1, 6), size)
    days = [f"2024-01-0{chance.randrange(1, 8)}" for _ in ids]
    found = [
        (id, day, chance.choice("abc"), number, f"w{number}")
        for id, day, number in zip(ids, days, numbers)  # noqa: B905 - numbers never end
    ]
    if chance.random() < 0.2:
        bad = {
            "same key": (ids[0] if ids else 1, "2024-01-05", "a"),
            "no key": (None, "2024-01-05", "b"),
            "no day": (7, None, "c"),
        }
        id, day, part = bad[chance.choice(sorted(bad))]
        found.append((id, day, part, next(numbers), chance.choice(("bad", "bad and long"))))
    return tuple(found)
