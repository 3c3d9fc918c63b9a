"""Random histories of a project: edits, new data, runs, kills, promotions, rollbacks, janitors.

After each step every environment holds, row for row, what evaluating its definitions over the
data that it read gives. What is expected is computed by a few lines of plain Python.
"""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from functools import cache
from pathlib import Path

import duckdb
import yaml

from seeknal.cli.progress import Silent
from seeknal.errors import SeeknalError
from seeknal.model import NodeId
from seeknal.run import environments as acts
from seeknal.run.commands import run_project
from seeknal.run.session import Request
from seeknal.state.artifacts import Artifacts
from seeknal.state.generations import Generations
from seeknal.state.store import read_state

SOURCES = ("a", "b")
ENVIRONMENTS = ("prod", "dev", "alice")
STEPS = (
    *("edit",) * 5,
    *("data",) * 2,
    *("run",) * 8,
    *("kill",) * 2,
    "kill_rollback",
    *("promote",) * 4,
    "kill_promote",
    *("rollback",) * 2,
    "create",
    "delete",
    *("janitor",) * 2,
)


class Quiet(Silent):
    def planned(self, plan, project): ...
    def warn(self, message): ...


def evaluate(definitions, data):
    """Every node's rows, as a multiset."""
    rows: dict[str, Counter] = {}

    def of(name):
        if name not in rows:
            rows[name] = compute(name, *definitions[name])
        return rows[name]

    def compute(name, how, parents, number):
        if how == "source":
            return Counter(data[name])
        found = [of(parent) for parent in parents]
        if how == "add":
            return Counter({v + number: n for v, n in found[0].items()})
        if how == "filter":
            return Counter({v: n for v, n in found[0].items() if v % 3 != number % 3})
        if how == "count":
            return Counter([sum(found[0].values()) + number])
        return sum(found, Counter())

    return {name: of(name) for name in definitions}


def sql_of(name, definition):
    how, parents, number = definition
    if how == "source":
        return {"kind": "source", "name": name, "source": "csv", "table": f"data/{number}.csv"}
    first = f"ref('{id_of(parents[0])}')"
    texts = {
        "add": f"SELECT v + {number} AS v FROM {first}",
        "filter": f"SELECT v FROM {first} WHERE v % 3 <> {number % 3}",
        "count": f"SELECT count(*) + {number} AS v FROM {first}",
        "union": " UNION ALL ".join(f"SELECT v FROM ref('{id_of(p)}')" for p in parents),
    }
    return {
        "kind": "transform",
        "name": name,
        "inputs": [{"ref": id_of(parent)} for parent in dict.fromkeys(parents)],
        "transform": texts[how],
        **({"materialized": "view"} if how == "add" and number == 5 else {}),
    }


def id_of(name):
    return f"source.{name}" if name in SOURCES else f"transform.{name}"


class Story:
    """One project, what was done to it, and what it must hold."""

    def __init__(self, root: Path, seed: int):
        self.root, self.chance = root, random.Random(seed)
        self.told: list[str] = []
        self.definitions = {name: ("source", (), name) for name in SOURCES}
        self.data = {name: [1, 2, 3] for name in SOURCES}
        self.holds: dict[str, tuple[dict, dict]] = {}
        self.base: dict[str, dict] = {}
        self.replaced: dict[str, dict] = {}
        self.kept: dict[tuple[str, int], tuple[dict, dict]] = {}
        self.rows: dict[str, Counter] = {}
        self.pinned: set[str] = set()
        (root / "seeknal").mkdir(parents=True)
        (root / "data").mkdir()
        (root / "seeknal_project.yml").write_text(
            "name: story\njanitor: {auto_run: false, output_retention: 4}\n"
            "execution: {max_workers: 1}\n"
        )
        for _ in range(self.chance.randrange(2, 6)):
            self.edit()
        for name in SOURCES:
            self.write_data(name)
        self.write()

    def play(self, steps: int) -> None:
        self.run("prod")
        self.check()
        for _ in range(steps):
            step = self.chance.choice(STEPS)
            self.told.append(step)
            getattr(self, f"do_{step}")()
            self.check()

    def do_edit(self):
        self.edit()
        self.write()

    def edit(self):
        names = [name for name in self.definitions if name not in SOURCES]
        how = self.chance.choice(("add", "change", "change", "remove", "source"))
        if how == "source":
            name = self.chance.choice(SOURCES)
            self.definitions[name] = ("source", (), self.chance.choice(SOURCES))
        elif how == "remove" and names:
            read = {parent for _, parents, _ in self.definitions.values() for parent in parents}
            free = [name for name in names if name not in read]
            if len(names) > 1 and free:
                del self.definitions[self.chance.choice(free)]
        elif how == "change" and names:
            name = self.chance.choice(names)
            before = list(self.definitions)[: list(self.definitions).index(name)]
            self.definitions[name] = self.definition(before)
        else:
            name = f"n{self.chance.randrange(8)}"
            if name not in self.definitions:
                self.definitions[name] = self.definition(list(self.definitions))

    def definition(self, parents):
        how = self.chance.choice(("add", "add", "filter", "count", "union"))
        count = 2 if how == "union" else 1
        return (
            how,
            tuple(self.chance.choice(parents) for _ in range(count)),
            self.chance.randrange(6),
        )

    def write(self):
        documents = [sql_of(name, entry) for name, entry in self.definitions.items()]
        (self.root / "seeknal/nodes.yml").write_text(yaml.safe_dump_all(documents))

    def do_data(self):
        name = self.chance.choice(SOURCES)
        self.data[name] = [self.chance.randrange(9) for _ in range(self.chance.randrange(1, 5))]
        self.write_data(name)

    def write_data(self, name):
        lines = "".join(f"{value}\n" for value in self.data[name])
        (self.root / f"data/{name}.csv").write_text(f"v\n{lines}")

    def request(self, environment, **more):
        return Request(environment=environment, unpin=True, **more)

    def do_run(self):
        self.run(self.chance.choice(ENVIRONMENTS))

    def run(self, environment):
        self.told[-1:] = [f"run {environment}"]
        self.begin(environment)
        summary = run_project(self.root, self.request(environment), Quiet())
        assert summary.ok, [result.error for result in summary.results if not result.ok]
        self.ran(environment)

    def begin(self, environment):
        """What a run does before its first node."""
        if environment not in self.holds and environment != "prod":
            self.created(environment)
        elif environment in self.base:
            self.base[environment] = self.common(environment)

    def ran(self, environment):
        read = {name: self.data[self.definitions[name][2]] for name in SOURCES}
        self.holds[environment] = (dict(self.definitions), read)
        self.pinned.discard(environment)
        self.keep(environment)

    def keep(self, environment):
        generation = read_state(self.root / "target").environments[environment].generation
        self.kept[environment, generation] = self.holds[environment]

    def created(self, environment, origin="prod"):
        self.holds[environment] = self.holds.get(origin, ({}, {}))
        self.base[environment] = dict(self.holds[environment][0]) if origin == "prod" else None

    def common(self, environment):
        if self.base[environment] is None:
            return None
        mine, theirs = self.holds[environment][0], self.holds.get("prod", ({}, {}))[0]
        same = {name: entry for name, entry in mine.items() if theirs.get(name) == entry}
        return {**self.base[environment], **same}

    def do_kill(self):
        """A run that is killed, and the one that comes after it."""
        environment = self.chance.choice(ENVIRONMENTS)
        self.told[-1:] = [f"kill {environment}"]
        before = self.generation(environment)
        self.killed(lambda: run_project(self.root, self.request(environment), Quiet()))
        if (
            environment not in self.holds
            and environment not in self.stored()
            and environment != "prod"
        ):
            return
        self.check(skip=environment)
        self.run(environment)
        for number in range(before + 1, self.generation(environment)):
            self.kept.pop((environment, number), None)

    def generation(self, environment):
        found = self.stored().get(environment)
        return found.generation if found else 0

    def stored(self):
        return read_state(self.root / "target").environments

    def do_promote(self):
        source = self.chance.choice(ENVIRONMENTS[1:])
        if source not in self.holds:
            return
        self.promote(source, force=self.chance.random() < 0.5)

    def promote(self, source, force):
        """Whether it was not refused."""
        self.told[-1:] = [f"{self.told[-1]} {source} {force=}"]
        try:
            self.act_promote(source, force)
        except SeeknalError as error:
            self.told[-1] += f" {error.code}"
            if error.code not in ("SK0824", "SK0825"):
                raise
            return False
        self.promoted(source)
        return True

    def act_promote(self, source, force):
        request = self.request("prod", command=f"promote {source}")
        acts.promote(self.root, request, source, "prod", Quiet(), force=force, agree=lambda _: True)

    def do_kill_promote(self):
        """A promotion that is killed and made again is one promotion."""
        source = self.chance.choice(ENVIRONMENTS[1:])
        if source not in self.holds:
            return
        force = self.chance.random() < 0.5
        self.killed(lambda: self.act_promote(source, force))
        self.check(skip="prod")
        self.promote(source, force)

    def promoted(self, source):
        base = self.common(source)
        (mine, read), (theirs, has) = self.holds[source], self.holds.get("prod", ({}, {}))
        replaced = self.replaced.setdefault(source, {})
        back = {name for name, known in replaced.items() if theirs.get(name) in known}
        moved = {
            name: entry
            for name, entry in mine.items()
            if theirs.get(name) != entry
            and (base is None or base.get(name) != entry or name in back)
        }
        gone = {
            name
            for name in theirs
            if name not in mine and ((base and name in base) or name in back)
        }
        merged = {name: entry for name, entry in {**theirs, **moved}.items() if name not in gone}
        data = {name: (read if name in moved else has)[name] for name in SOURCES}
        self.holds["prod"] = (merged, data)
        if moved or gone:
            self.pinned.discard("prod")
            self.keep("prod")
        if base is not None:
            for name in {*theirs, *merged}:
                if theirs.get(name) != merged.get(name):
                    replaced.setdefault(name, []).append(theirs.get(name))
            known = {**base, **{n: e for n, e in mine.items() if merged.get(n) == e}}
            self.base[source] = {n: e for n, e in known.items() if n in merged or n in mine}

    def do_rollback(self):
        choices = [
            (environment, number)
            for environment, number in self.kept
            if environment in self.holds and number in self.reachable(environment)
        ]
        if not choices:
            return
        environment, number = self.chance.choice(sorted(choices))
        self.told[-1:] = [f"rollback {environment} {number}"]
        acts.rollback(self.root, self.request(environment, command="rollback"), number, Quiet())
        self.holds[environment] = self.kept[environment, number]
        self.pinned.add(environment)
        self.keep(environment)

    def do_kill_rollback(self):
        """A rollback that is killed has happened, or has not."""
        choices = [entry for entry in self.kept if entry[1] in self.reachable(entry[0])]
        choices = [entry for entry in choices if entry[0] in self.holds]
        if not choices:
            return
        environment, number = self.chance.choice(sorted(choices))
        self.told[-1:] = [f"kill rollback {environment} {number}"]
        before = self.generation(environment)
        request = self.request(environment, command="rollback")
        self.killed(lambda: acts.rollback(self.root, request, number, Quiet()))
        if self.generation(environment) != before:
            assert self.stored()[environment].pinned == number
            self.holds[environment] = self.kept[environment, number]
            self.keep(environment)
        self.run(environment)

    def killed(self, act):
        child = os.fork()
        if child == 0:
            # Whatever comes of it, this process must not go on with the story.
            try:
                die_after(self.chance.randrange(1, 40))
                act()
            finally:
                os._exit(0)
        os.waitpid(child, 0)

    def reachable(self, environment):
        newest, found = self.generation(environment), set()
        there = set(Generations(self.root / "target").numbers(environment))
        while newest > 1 and newest in there:
            newest -= 1
            found.add(newest)
        return found

    def do_create(self):
        name = self.chance.choice(ENVIRONMENTS[1:])
        origin = self.chance.choice([other for other in ("prod", *self.holds) if other != name])
        if name in self.holds or origin not in self.holds:
            return
        self.told[-1:] = [f"create {name} {origin}"]
        acts.create(self.root, self.request(name), name, origin, None)
        self.created(name, origin)
        self.keep(name)

    def do_delete(self):
        name = self.chance.choice(ENVIRONMENTS[1:])
        if name not in self.holds:
            return
        self.told[-1:] = [f"delete {name}"]
        self.delete(name)

    def delete(self, name):
        acts.delete(self.root, self.request(name), name)
        del self.holds[name]
        self.base.pop(name, None)
        self.replaced.pop(name, None)
        for key in [key for key in self.kept if key[0] == name]:
            del self.kept[key]

    def do_janitor(self):
        from seeknal.run.janitor import clean_up

        assert not [i for i in clean_up(self.root, Request(command="janitor"), grace=0) if i.error]

    def check(self, skip=None):
        """Every environment holds what it must, in its artifacts and under its stable names."""
        stored = self.stored()
        artifacts = Artifacts(self.root / "target")
        for name, (definitions, data) in self.holds.items():
            if name == skip:
                continue
            expected = evaluate(definitions, data)
            found = stored[name].snapshots if name in stored else {}
            assert set(found) == {id_of(node) for node in definitions}, (name, set(found))
            for node, rows in expected.items():
                artifact = found[NodeId(id_of(node))].artifact
                if artifact is None:
                    continue
                assert artifacts.verify(artifact)[0] == "ok", (name, node)
                assert self.read(artifact) == rows, (name, node)
                folder = "intermediate" if name == "prod" else f"environments/{name}"
                link = self.root / "target" / folder / f"{id_of(node).replace('.', '_', 1)}.parquet"
                assert os.path.samefile(link, artifacts.path(artifact)), link

    def read(self, artifact):
        if artifact.sha256 not in self.rows:
            path = self.root / "target" / artifact.path
            found = _connection().execute("SELECT v FROM read_parquet(?)", [str(path)]).fetchall()
            self.rows[artifact.sha256] = Counter(value for (value,) in found)
        return self.rows[artifact.sha256]


@cache
def _connection():
    return duckdb.connect(config={"threads": 1})


def die_after(calls: int) -> None:
    """Let this process die at one of its next writes, as kill -9 would."""
    left = [calls]

    def counted(call):
        def doomed(*arguments, **more):
            left[0] -= 1
            if left[0] <= 0:
                os._exit(9)
            return call(*arguments, **more)

        return doomed

    for name in ("write", "fsync", "replace", "rename", "symlink", "link", "unlink"):
        setattr(os, name, counted(getattr(os, name)))


def play(root: Path, seed: int, steps: int = 10) -> None:
    story = Story(root, seed)
    try:
        story.play(steps)
    except BaseException:
        print(f"seed {seed}: {story.told}")
        raise
    shutil.rmtree(root, ignore_errors=True)
