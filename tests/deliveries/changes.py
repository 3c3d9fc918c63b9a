"""A table that is written in changing modes, and what it must hold after that.

A step is (mode, values, whether the server is there). Values are rows' keys, times and content at
once, so that what a mode replaces by is seen in them.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterable, Sequence

OPTIONS = {
    "append": "",
    "full": "",
    "upsert_by_key": ", unique_keys: [v]",
    "incremental_by_time": ", time_column: v",
}
MODES = tuple(OPTIONS)

Step = tuple[str, tuple[int, ...], bool]


def applied(mode: str, table: list[int], values: Sequence[int]) -> list[int]:
    """A table after it was written to in a mode."""
    if mode == "full":
        return sorted(values)
    if mode == "append":
        return sorted([*table, *values])
    if mode == "upsert_by_key":
        # One row of a key takes the values; that there are several is not its doing.
        return sorted([*table, *(value for value in values if value not in table)])
    outside = [v for v in table if not (values and min(values) <= v <= max(values))]
    return sorted([*outside, *values])


def after(steps: Iterable[Step]) -> list[int]:
    """What the table holds: each output is handed over once, and all that waits goes in order."""
    table: list[int] = []
    waiting: list[tuple[tuple[int, ...], bool]] = []
    newest: tuple[int, ...] | None = None
    last: tuple[int, ...] | None = None
    written = ""
    for mode, given, there in steps:
        values = tuple(sorted(given))
        if mode == "full":
            newest = values
            if there:
                table, waiting, last, newest = applied(mode, table, values), [], values, None
        else:
            for batch in (newest, values):
                if batch is not None and batch != last:
                    waiting.append((batch, False))
                    last = batch
            newest = None
            if written not in (mode, "") and (last, False) not in waiting[-1:]:
                # What another mode brought is brought once more where nothing is lost by it.
                waiting.append((values, True))
            if there:
                for batch, again in waiting:
                    if not (again and mode == "append"):
                        table = applied(mode, table, batch)
                waiting = []
        written = mode
    return table


def drawn(seed: int, length: int) -> list[Step]:
    """A story; at its end the server is there."""
    chance = random.Random(f"modes {seed}")
    steps: list[Step] = []
    values: tuple[int, ...] = (1,)
    mode = chance.choice(MODES)
    for number in range(length):
        if chance.random() < 0.6:
            mode = chance.choice(MODES)
        if chance.random() < 0.55:
            values = tuple(range(number * 10, number * 10 + chance.randrange(1, 4)))
        elif steps and chance.random() < 0.4:
            values = chance.choice(steps)[1]
        steps.append((mode, tuple(chance.sample(values, len(values))), chance.random() < 0.45))
    return [*steps, (mode, values, True)]


class Changing:
    """One node, whose rows and whose target's mode each run may find changed."""

    def __init__(self, project, database) -> None:
        self.database = database
        files = {
            "seeknal_project.yml": "name: shop\nexecution: {max_workers: 1}\n",
            "seeknal/s.yml": "{kind: source, name: s, source: csv, table: data/s.csv,"
            " columns: {v: INTEGER}}\n",
        }
        self.project = project(files)
        # One that upserts make has a key, which would refuse what is appended twice.
        database.run("CREATE SCHEMA out; CREATE TABLE out.t (v int)")

    def step(self, mode: str, values: Sequence[int], there: bool, table: str = "out.t"):
        """A run in a mode, over these values, with or without a server."""
        self.write(mode, values, there, table)
        return self.project.run("run", "--unpin")

    def write(self, mode: str, values: Sequence[int], there: bool, table: str = "out.t") -> None:
        """The files of such a run."""
        port = f"port: {self.database.parameters['port']}"
        profile = self.database.profile
        target = (
            f"{{type: postgresql, connection: pg, table: {table}, mode: {mode}{OPTIONS[mode]}}}"
        )
        self.project.write(
            {
                "profiles.yml": profile if there else profile.replace(port, "port: 1"),
                "data/s.csv": "v\n" + "".join(f"{value}\n" for value in values),
                "seeknal/a.yml": "kind: transform\nname: a\nsql: SELECT v FROM ref('source.s')\n"
                f"materializations:\n  - {target}\n",
            }
        )

    def held(self) -> list[int]:
        """The values in the table."""
        if self.database.value("SELECT to_regclass('out.t')") is None:
            return []
        return [value for (value,) in self.database.rows("SELECT v FROM out.t ORDER BY 1")]

    def listed(self) -> list[dict]:
        return json.loads(self.project.run("deliveries", "list", "--format", "json").stdout)

    def lose(self) -> None:
        shutil.rmtree(self.project.path / "target")
