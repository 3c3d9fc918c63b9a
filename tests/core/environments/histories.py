"""Random histories of a project: edits, new data, runs, kills, promotions, rollbacks, janitors.

After each step every environment holds, row for row, what plain DuckDB makes of the definitions
that it was built from and the data that it read; a view is its definition over what its
environment holds now. What the files say meanwhile counts for nothing until something runs.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
import yaml
from attrs import evolve, frozen

from seeknal import open_project
from seeknal.cli.progress import Silent
from seeknal.plan.session import Request
from seeknal.query.diff import Asked, differences, side_of
from seeknal.run.commands import apply_project, plan_project, run_project
from seeknal.run.environments.commands import create, delete
from seeknal.run.environments.promoting import promote
from seeknal.run.environments.rolling_back import rollback
from seeknal.state.artifacts import Artifacts
from seeknal.state.generations import Generations
from seeknal.state.store import read_state
from seeknal.values.errors import SeeknalError, SelectionError
from seeknal.values.names import NodeId

SOURCES = ("a", "b")
ENVIRONMENTS = ("prod", "dev", "alice")
STEPS = (
    *("edit",) * 6,
    "rename",
    "var",
    *("data",) * 2,
    *("run",) * 6,
    *("select",) * 4,
    "full",
    *("apply",) * 2,
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


@frozen
class Definition:
    """What a file says of a node. ``view`` asks for a view, ``python`` for a function."""

    how: str
    parents: tuple[str, ...] = ()
    number: object = 0
    view: bool = False
    python: bool = False


@frozen
class Held:
    """What an environment holds of a node; ``rows`` is None for a view that keeps none."""

    definition: Definition
    rows: tuple[int, ...] | None


def sql_of(definition: Definition, relations: Iterable[str], number: object = None) -> str:
    number = definition.number if number is None else number
    first, *_ = relations = list(relations)
    return {
        "add": f"SELECT v + {number} AS v FROM {first}",
        "var": f"SELECT v * 2 + {number} AS v FROM {first}",
        "filter": f"SELECT v FROM {first} WHERE v % 3 <> {number} % 3",
        "count": f"SELECT count(*) + {number} AS v FROM {first}",
        "top": f"SELECT max(v) AS v FROM {first} GROUP BY v % 2",
        "union": " UNION ALL ".join(f"SELECT v FROM {relation}" for relation in relations),
    }[definition.how]


@lru_cache(maxsize=100_000)
def computed(definition: Definition, parents: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
    """A node's rows over the rows of its parents, by DuckDB and nothing of seeknal's."""
    connection = _connection()
    for position, rows in enumerate(parents):
        connection.execute(f"CREATE OR REPLACE TABLE p{position} (v BIGINT)")
        if rows:
            values = ", ".join(f"({value})" for value in rows)
            connection.execute(f"INSERT INTO p{position} VALUES {values}")
    relations = [f"p{position}" for position in range(len(parents))]
    found = connection.execute(sql_of(definition, relations)).fetchall()
    return tuple(sorted(value for (value,) in found))


def id_of(name):
    return NodeId(f"source.{name}" if name in SOURCES else f"transform.{name}")


def document(name, definition):
    """The node as YAML."""
    if definition.how == "source":
        table = f"data/{definition.number}.csv"
        return {"kind": "source", "name": name, "source": "csv", "table": table}
    number = "{{ k }}" if definition.how == "var" else definition.number
    return {
        "kind": "transform",
        "name": name,
        "inputs": [{"ref": str(id_of(p))} for p in dict.fromkeys(definition.parents)],
        "transform": sql_of(definition, [f"ref('{id_of(p)}')" for p in definition.parents], number),
        **({"materialized": "view"} if definition.view else {}),
    }


def module(nodes):
    """The nodes that are Python functions, as one file."""
    lines = ["from seeknal import transform", ""]
    for name, definition in nodes.items():
        names = [f"i{position}" for position in range(len(definition.parents))]
        inputs = list(dict.fromkeys(str(id_of(parent)) for parent in definition.parents))
        lines += [
            f"@transform(name={name!r}, inputs={inputs!r})",
            f"def {name}(ctx):",
            *(
                f"    {each} = ctx.ref({str(id_of(parent))!r})"
                for each, parent in zip(names, definition.parents, strict=True)
            ),
            f"    return ctx.duckdb.sql({query(definition, names)})",
            "",
        ]
    return "\n".join(lines)


def query(definition, names):
    """The node's SQL as it stands in a Python file; what depends on a variable asks for it."""
    if definition.how == "var":
        return "f" + repr(sql_of(definition, names, '{ctx.vars["k"]}'))
    return repr(sql_of(definition, names))


class Story:
    """One project, what was done to it, and what it must hold."""

    def __init__(self, root: Path, seed: int):
        self.root, self.chance = root, random.Random(seed)
        self.told: list[str] = []
        self.definitions = {name: Definition("source", number=name) for name in SOURCES}
        self.data = {name: [1, 2, 3] for name in SOURCES}
        self.k = 1
        self.holds: dict[str, dict[str, Held]] = {}
        self.base: dict[str, dict | None] = {}
        self.seen: dict[str, dict] = {}
        self.replaced: dict[str, dict] = {}
        self.kept: dict[tuple[str, int], dict[str, Held]] = {}
        self.rows: dict[str, tuple[int, ...]] = {}
        self.pinned: set[str] = set()
        self.asked: dict[str, object] = {}
        (root / "seeknal/pipelines").mkdir(parents=True)
        (root / "data").mkdir()
        for _ in range(self.chance.randrange(3, 7)):
            self.edit()
        for name in SOURCES:
            self.write_data(name)
        self.write()
        self.run("prod")
        self.check()

    def step(self, name: str, number: int) -> None:
        """One step; ``number`` stands for all that chance decides in it."""
        self.chance = random.Random(number)
        self.told.append(name)
        getattr(self, f"do_{name}")()
        self.check()

    def do_edit(self):
        self.edit()
        self.write()

    def edit(self):
        names = [name for name in self.definitions if name not in SOURCES]
        how = self.chance.choice(
            ("add", "change", "change", "kind", "python", "number", "remove", "source")
        )
        if how == "source":
            name = self.chance.choice(SOURCES)
            self.definitions[name] = Definition("source", number=self.chance.choice(SOURCES))
        elif how == "add" or not names:
            name = f"n{self.chance.randrange(8)}"
            if name not in self.definitions:
                self.definitions[name] = self.definition(list(self.definitions))
        elif how == "remove":
            read = {p for entry in self.definitions.values() for p in entry.parents}
            free = [name for name in names if name not in read]
            if len(names) > 1 and free:
                del self.definitions[self.chance.choice(free)]
        else:
            self.change(self.chance.choice(names), how)

    def change(self, name, how):
        known = self.definitions[name]
        if how == "kind":
            changed = evolve(known, view=not known.view, python=False)
        elif how == "python":
            changed = evolve(known, python=not known.python, view=False)
        elif how == "number":
            changed = evolve(known, number=self.chance.randrange(6))
        else:
            before = list(self.definitions)[: list(self.definitions).index(name)]
            changed = self.definition(before)
        self.definitions[name] = changed

    def definition(self, parents):
        how = self.chance.choice(("add", "add", "var", "filter", "count", "top", "union"))
        count = 2 if how == "union" else 1
        form = self.chance.choice(("table", "table", "view", "view", "view", "python"))
        return Definition(
            how,
            # The newest are chosen more often, so that views stand on views.
            tuple(max(self.chance.choices(parents, k=2), key=parents.index) for _ in range(count)),
            self.chance.randrange(6),
            view=form == "view",
            python=form == "python",
        )

    def do_rename(self):
        names = [name for name in self.definitions if name not in SOURCES]
        free = [f"n{i}" for i in range(8) if f"n{i}" not in self.definitions]
        if not names or not free:
            return
        old, new = self.chance.choice(names), self.chance.choice(free)
        self.definitions = {
            (new if name == old else name): evolve(
                entry, parents=tuple(new if p == old else p for p in entry.parents)
            )
            for name, entry in self.definitions.items()
        }
        self.write()

    def do_var(self):
        self.k = self.chance.randrange(4)
        self.write()

    def write(self):
        (self.root / "seeknal_project.yml").write_text(
            "name: story\njanitor: {auto_run: false, output_retention: 4}\n"
            f"execution: {{max_workers: {self.chance.choice((1, 1, 2))}}}\n"
            f"vars: {{k: {self.k}}}\n"
        )
        functions = {name: entry for name, entry in self.definitions.items() if entry.python}
        documents = [
            document(name, entry) for name, entry in self.definitions.items() if not entry.python
        ]
        (self.root / "seeknal/nodes.yml").write_text(yaml.safe_dump_all(documents))
        (self.root / "seeknal/pipelines/nodes.py").write_text(module(functions))

    def as_built(self, name):
        """A definition with all that it takes from elsewhere filled in, as a run sees it."""
        found = self.definitions[name]
        return evolve(found, number=self.k) if found.how == "var" else found

    def do_data(self):
        name = self.chance.choice(SOURCES)
        self.data[name] = [self.chance.randrange(9) for _ in range(self.chance.randrange(1, 5))]
        self.write_data(name)

    def write_data(self, name):
        lines = "".join(f"{value}\n" for value in self.data[name])
        (self.root / f"data/{name}.csv").write_text(f"v\n{lines}")

    def value(self, held, name):
        """A node's rows in an environment: those that it keeps, or what its view gives now."""
        entry = held[name]
        return self.over(held, entry.definition) if entry.rows is None else entry.rows

    def over(self, held, definition):
        """The rows of a definition over what an environment holds."""
        return computed(definition, tuple(self.value(held, p) for p in definition.parents))

    def request(self, environment, **more):
        return Request(environment=environment, unpin=True, **more)

    def do_run(self):
        self.run(self.chance.choice(ENVIRONMENTS))

    def do_full(self):
        self.run(self.chance.choice(ENVIRONMENTS), full=True)

    def do_apply(self):
        environment = self.chance.choice(ENVIRONMENTS)
        if environment in self.pinned:
            return
        self.run(environment, act=self.apply)
        self.take_note(environment)

    def apply(self, request):
        return apply_project(self.root, request, Quiet(), lambda loaded, plan: True)

    def run(self, environment, act=None, **more):
        self.told[-1:] = [f"run {environment} {more or ''}{'apply' if act else ''}"]
        self.begin(environment)
        act = act or (lambda request: run_project(self.root, request, Quiet()))
        plan = plan_project(self.root, self.request(environment, **more)).plan
        summary = act(self.request(environment, **more))
        assert summary.ok, [result.error for result in summary.results if not result.ok]
        self.as_planned(plan, summary)
        self.ran(environment, set(self.definitions), whole=True)

    def as_planned(self, plan, summary):
        """A run does what its plan says, or less: where that depends on rows, or where an output
        turns up that a command which died had not put away yet."""
        did = {result.node: result for result in summary.results}
        for step in plan.steps:
            result = did[step.node]
            may = {"reuse": {"reused"}, "adopt": {"reused"}}.get(step.action, {"success"})
            less = step.conditional or result.reason.startswith("built in")
            assert result.status in may | ({"reused"} if less else set()), (step, result)

    def do_select(self):
        """A run of some nodes: the others stay as they are, and are read as they are."""
        environment = self.chance.choice(ENVIRONMENTS)
        name = self.chance.choice(list(self.definitions))
        shape = self.chance.choice(("{}", "{}", "+{}", "{}+", "+{}+"))
        expression = shape.format(id_of(name))
        full = self.chance.random() < 0.2
        self.told[-1:] = [f"run {environment} --select {expression} {full=}"]
        chosen = {name}
        if shape.startswith("+"):
            chosen |= self.reached(name, self.parents())
        if shape.endswith("+"):
            chosen |= self.reached(name, self.children())
        if environment not in self.holds and environment != "prod" and "prod" not in self.holds:
            return
        held = self.holds.get(environment, self.holds.get("prod", {}))
        unread = {
            parent
            for each in chosen
            for parent in self.definitions[each].parents
            if parent not in chosen and parent not in held
        }
        request = self.request(environment, select=(expression,), full=full)
        try:
            plan = plan_project(self.root, request).plan
        except SelectionError:
            assert unread or self.circular(held, chosen)
            self.refused(environment, request)
            return
        assert not unread
        self.begin(environment)
        summary = run_project(self.root, request, Quiet())
        assert summary.ok, [result.error for result in summary.results if not result.ok]
        self.as_planned(plan, summary)
        self.ran(environment, chosen)

    def refused(self, environment, request):
        """What cannot be planned is not run, and leaves all as it was."""
        before = self.stored()
        with pytest.raises(SelectionError):
            run_project(self.root, request, Quiet())
        assert self.stored() == before

    def circular(self, held, chosen):
        try:
            self.rebuilt(held, chosen)
        except RecursionError:
            return True
        return False

    def parents(self):
        return {name: entry.parents for name, entry in self.definitions.items()}

    def children(self):
        found = {name: [] for name in self.definitions}
        for name, entry in self.definitions.items():
            for parent in entry.parents:
                found[parent].append(name)
        return found

    def reached(self, name, edges):
        found = set()
        for other in edges[name]:
            found |= {other} | self.reached(other, edges)
        return found

    def begin(self, environment):
        """What a run does before its first node."""
        if environment not in self.holds and environment != "prod":
            self.created(environment)
            self.keep(environment, 1)
        elif environment in self.base:
            self.base[environment] = self.common(environment)

    def ran(self, environment, chosen, whole=False):
        """``whole``: nothing was selected, so that what the files no longer define goes."""
        held = self.rebuilt(self.holds.get(environment, {}), chosen)
        if whole:
            held = {name: held[name] for name in self.definitions}
        self.holds[environment] = self.as_stored(environment, held)
        self.pinned.discard(environment)
        self.keep(environment)

    def rebuilt(self, held, chosen):
        """What an environment holds once ``chosen`` nodes are computed from the files."""
        held, waiting = dict(held), set(chosen)
        found = dict(held)

        def ensure(name, path=()):
            if name in path:
                raise RecursionError
            if name in waiting:
                definition = self.as_built(name)
                for parent in definition.parents:
                    ensure(parent, (*path, name))
                waiting.discard(name)
                if definition.how == "source":
                    rows = tuple(sorted(self.data[definition.number]))
                else:
                    rows = self.over(found, definition)
                found[name] = Held(definition, rows)
            elif name in found and name not in chosen and found[name].rows is None:
                for parent in found[name].definition.parents:
                    ensure(parent, (*path, name))

        for name in self.definitions:
            ensure(name)
        return found

    def as_stored(self, environment, held):
        """Which views keep rows is for seeknal to say; nothing else keeps none."""
        snapshots = self.stored()[environment].snapshots
        found = {}
        for name, entry in held.items():
            keeps = id_of(name) not in snapshots or snapshots[id_of(name)].artifact is not None
            assert keeps or entry.definition.view, name
            rows = self.value(held, name) if keeps else None
            found[name] = evolve(entry, rows=rows)
        return found

    def keep(self, environment, number=None):
        number = number or self.generation(environment)
        self.kept[environment, number] = self.holds[environment]

    def created(self, environment, origin="prod"):
        self.holds[environment] = self.holds.get(origin, {})
        self.base[environment] = defined(self.holds[environment]) if origin == "prod" else None

    def common(self, environment):
        if self.base[environment] is None:
            return None
        mine, theirs = defined(self.holds[environment]), defined(self.holds.get("prod", {}))
        same = {name: entry for name, entry in mine.items() if theirs.get(name) == entry}
        return {**self.base[environment], **same}

    def take_note(self, environment):
        """What production holds otherwise than was known has been shown."""
        base = self.common(environment) if environment in self.base else None
        if base is None:
            return
        theirs, seen = defined(self.holds.get("prod", {})), self.seen.setdefault(environment, {})
        for name in {*theirs, *base}:
            if theirs.get(name) != seen.get(name, base.get(name)):
                seen[name] = theirs.get(name)

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
            if error.code not in ("SK0751", "SK0824", "SK0825"):
                raise
            return False
        self.promoted(source)
        return True

    def act_promote(self, source, force):
        request = self.request("prod", command=f"promote {source}")
        promote(self.root, request, source, "prod", Quiet(), force=force, agree=lambda _: True)

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
        base, held = self.common(source), self.holds.get("prod", {})
        mine, theirs = defined(self.holds[source]), defined(held)
        replaced = self.replaced.setdefault(source, {})
        back = {name for name, known in replaced.items() if theirs.get(name) in known}
        # A node that was promoted before is the environment's own, whatever was common then.
        own = back | {name for name in replaced if name in mine and name in theirs}
        moved = {
            name
            for name, entry in mine.items()
            if theirs.get(name) != entry
            and (base is None or base.get(name) != entry or name in own)
        }
        gone = {
            name
            for name in theirs
            if name not in mine and ((base and name in base) or name in back)
        }
        merged = {name: entry for name, entry in held.items() if name not in gone}
        merged |= {name: self.holds[source][name] for name in moved}
        self.holds["prod"] = self.followed(held, merged, moved)
        if moved or gone:
            self.pinned.discard("prod")
            self.keep("prod")
        if base is not None:
            merged = defined(merged)
            for name in {*theirs, *merged}:
                if theirs.get(name) != merged.get(name):
                    replaced.setdefault(name, []).append(theirs.get(name))
            known = {**base, **{n: e for n, e in mine.items() if merged.get(n) == e}}
            self.base[source] = {n: e for n, e in known.items() if n in merged or n in mine}
            self.seen[source] = {
                name: entry
                for name, entry in self.seen.get(source, {}).items()
                if merged.get(name) != self.base[source].get(name)
            }

    def followed(self, before, merged, moved):
        """Production after a promotion: what moved is computed over what is there.

        What only reads it may be computed again, or keep what is as good.
        """
        snapshots = self.stored()["prod"].snapshots if merged else {}
        found: dict[str, Held] = {}
        touched = set()

        def settle(name):
            if name in found or name not in merged:
                return
            definition = merged[name].definition
            for parent in definition.parents:
                settle(parent)
            if name in moved or touched.intersection(definition.parents):
                touched.add(name)
            snapshot = snapshots[id_of(name)]
            if snapshot.artifact is None:
                assert definition.view
                found[name] = Held(definition, None)
                return
            rows, kept = self.read(snapshot.artifact), merged[name].rows
            if definition.how == "source":
                allowed = {kept}
            elif name in moved or (name in touched and kept is None):
                allowed = {self.over(found, definition)}
            elif name in touched or kept is None:
                allowed = {self.over(found, definition), kept}
            else:
                allowed = {kept}
            assert rows in allowed, (name, rows, allowed)
            found[name] = Held(definition, rows)

        for name in merged:
            settle(name)
        return found

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
        rollback(self.root, self.request(environment, command="rollback"), number, Quiet())
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
        self.killed(lambda: rollback(self.root, request, number, Quiet()))
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
        create(self.root, self.request(name), name, origin, None)
        self.created(name, origin)
        self.keep(name)

    def do_delete(self):
        name = self.chance.choice(ENVIRONMENTS[1:])
        if name not in self.holds:
            return
        self.told[-1:] = [f"delete {name}"]
        self.delete(name)

    def delete(self, name):
        delete(self.root, self.request(name), name)
        del self.holds[name]
        for known in (self.base, self.replaced, self.seen):
            known.pop(name, None)
        self.pinned.discard(name)
        for key in [key for key in self.kept if key[0] == name]:
            del self.kept[key]

    def do_janitor(self):
        from seeknal.run.janitor import clean_up

        assert not [i for i in clean_up(self.root, Request(command="janitor"), grace=0) if i.error]

    def check(self, skip=None):
        """Every environment holds what it must: in its artifacts, by name, and when asked."""
        stored = self.stored()
        artifacts = Artifacts(self.root / "target")
        for name, held in self.holds.items():
            if name == skip:
                continue
            found = stored[name].snapshots if name in stored else {}
            assert set(found) == {id_of(node) for node in held}, (name, set(found))
            self.ask(name, held, found)
            for node in held:
                rows, artifact = self.value(held, node), found[id_of(node)].artifact
                folder = "intermediate" if name == "prod" else f"environments/{name}"
                link = self.root / "target" / folder / f"{id_of(node).replace('.', '_', 1)}.parquet"
                if artifact is None:
                    assert not link.exists(), link
                    continue
                assert artifacts.verify(artifact)[0] == "ok", (name, node)
                assert self.read(artifact) == rows, (name, node)
                assert os.path.samefile(link, artifacts.path(artifact)), link

    def ask(self, name, held, found):
        """What ``sql`` gives in an environment; not twice over the same map and the same files."""
        said = tuple(file.read_text() for file in sorted((self.root / "seeknal").rglob("nodes.*")))
        asked = (said, [(id, s.output_id, s.fingerprint.content) for id, s in found.items()])
        if self.asked.get(name) == asked and self.told[-1:] != ["janitor"]:
            return
        self.asked[name] = asked
        with open_project(self.root, name) as project:
            for node in held:
                rows = self.value(held, node)
                got = project.sql(f"SELECT v FROM {id_of(node)}").fetchall()
                assert tuple(sorted(v for (v,) in got)) == rows, (name, node, got, rows)

    def compare(self):
        """``diff`` shows a node exactly where two environments hold other rows of it."""
        names = sorted(self.holds)
        for a, b in pairwise(names):
            sides = side_of(self.root, a), side_of(self.root, b)
            found = {entry.node: entry for entry in differences(self.root, *sides, Asked())}
            mine, theirs = self.holds[a], self.holds[b]
            for name in {*mine, *theirs}:
                entry = found.get(id_of(name))
                if name not in mine or name not in theirs:
                    assert entry is not None, (a, b, name)
                    assert not entry.equal, (a, b, name)
                    continue
                same = self.value(mine, name) == self.value(theirs, name)
                assert same == (entry is None or entry.equal), (a, b, name, entry)

    def read(self, artifact):
        if artifact.sha256 not in self.rows:
            path = self.root / "target" / artifact.path
            found = _connection().execute("SELECT v FROM read_parquet(?)", [str(path)]).fetchall()
            self.rows[artifact.sha256] = tuple(sorted(value for (value,) in found))
        return self.rows[artifact.sha256]


def defined(held):
    return {name: entry.definition for name, entry in held.items()}


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


def tell(root: Path, seed: int, history: Iterable[tuple[str, int]]) -> None:
    """Play a history on a new project; raises at the first step after which anything is wrong."""
    story = Story(root, seed)
    try:
        for name, number in history:
            story.step(name, number)
        story.compare()
    except BaseException:
        print(f"seed {seed}: {story.told}")
        raise
    finally:
        shutil.rmtree(root, ignore_errors=True)


def play(root: Path, seed: int, steps: int = 10) -> None:
    """A history of chance. What fails is made shorter and shown as it can be told again."""
    chance = random.Random(seed)
    history = [(chance.choice(STEPS), chance.randrange(10**6)) for _ in range(steps)]
    try:
        tell(root, seed, history)
    except Exception as error:
        shortest = shortened(root, seed, history)
        raise AssertionError(f"tell(root, {seed}, {shortest!r})") from error


def shortened(root: Path, seed: int, history: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The history without the steps that its failure does not need."""
    for position in reversed(range(len(history))):
        shorter = history[:position] + history[position + 1 :]
        try:
            tell(root, seed, shorter)
        except Exception:
            history = shorter
    return history
