"""Plays a story against a real project."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from seeknal.testing import TestProject
from tests.deliveries import model
from tests.deliveries.drawing import Action
from tests.deliveries.killing import kill_within
from tests.deliveries.model import SPECS, Batch, Definition, Row, World

SOURCE = """\
kind: source
name: orders
source: csv
table: data/orders.csv
columns: {id: INTEGER, day: DATE, part: VARCHAR, v: INTEGER, word: VARCHAR}
"""
HEAD = "id,day,part,v,word\n"


class Broken(AssertionError):
    """A promise was broken; ``which`` is the same for all that break it."""

    def __init__(self, which: str, text: str) -> None:
        super().__init__(text)
        self.which = which


class Story:
    """One project, what was done to it, and what its targets may hold."""

    def __init__(self, place, root: Path, targets: Iterable[str]) -> None:
        self.place, self.root = place, root
        self.specs = [SPECS[name] for name in targets]
        self.worlds = {spec.name: frozenset([World()]) for spec in self.specs}
        self.definition = Definition()
        self.source: tuple[Row, ...] = ()
        self.earlier: list[tuple[Row, ...]] = []
        self.reachable = True
        self.production: tuple[tuple[Row, ...], Definition] | None = None
        """What production was last built from, where that is known."""
        self.lost = True
        """There is no production."""
        self.unsure = False
        """Outputs may be gone: then all but appends are written again with the next ones."""
        self.generations: dict[int, tuple[tuple[Row, ...], Definition] | None] = {}
        """What each was built from; None where a killed run has left it unfinished."""
        self.told: list[str] = []
        self.project = TestProject(root)
        root.mkdir(parents=True)
        self.project.write(
            {
                "seeknal_project.yml": "name: story\n"
                "execution: {max_workers: 1}\njanitor: {auto_run: false}\n",
                "seeknal/orders.yml": SOURCE,
            }
        )
        place.prepare(root)
        self.write_source()
        self.write_nodes()

    # What happens

    def play(self, actions: Sequence[Action]) -> None:
        for name, *details in actions:
            self.told.append(f"{name} {' '.join(map(str, details))}")
            getattr(self, f"do_{name}")(*details)
            self.look()
        self.finish()

    def finish(self) -> None:
        """With everything in reach and nothing refused left, all is as it should be."""
        for name in ("up", "run", "drop"):
            self.told.append(f"at the end: {name}")
            getattr(self, f"do_{name}")()
            self.look()
        self.told.append("at the end: run")
        outcome = self.do_run()
        self.expect(outcome.exit_code == 0, "nothing is left to be done", outcome)
        self.look()
        self.expect(self.listed() == [], "nothing is owed or refused", outcome)

    def do_source(self, rows: Iterable[Iterable[object]]) -> None:
        self.set_source(tuple(map(tuple, rows)))

    def do_back(self, steps: int) -> None:
        if self.earlier:
            self.set_source(self.earlier[-(1 + steps % len(self.earlier))])

    def do_shuffle(self, seed: int) -> None:
        self.set_source(tuple(random.Random(seed).sample(self.source, len(self.source))))

    def do_edit(self, factor: int) -> None:
        self.definition = self.definition._replace(factor=factor)
        self.write_nodes()

    def do_mend(self, mended: bool) -> None:
        self.definition = self.definition._replace(mended=mended)
        self.write_nodes()

    def do_down(self, way: str) -> None:
        if self.reachable:
            self.place.settle()
            self.place.down(self.root, way)
            self.reachable = False

    def do_up(self) -> None:
        if not self.reachable:
            self.place.up(self.root)
            self.reachable = True

    def do_rm(self) -> None:
        shutil.rmtree(self.root / "target", ignore_errors=True)
        self.forget()

    def do_clean(self) -> None:
        self.command("clean")
        self.forget()

    def do_damage(self, how: str) -> None:
        state = self.root / "target/run_state.json"
        if not state.exists():
            return
        text = state.read_bytes()
        if how == "truncate":
            state.write_bytes(text[: len(text) // 2])
        elif how.startswith("garbage"):
            state.write_bytes(b"\x00 no state \xff" * 20)
        elif how == "empty":
            state.write_bytes(b"")
        elif how == "remove":
            state.unlink()
        if how.endswith("journal"):
            for path in state.parent.glob("*journal*"):
                path.unlink()
        self.forget()
        self.lost = False

    def do_run(self, *flags: str):
        outcome = self.command("run", "--unpin", *flags)
        hands_over = "--no-materialize" not in flags
        self.happened(
            model.ran,
            hands_over=hands_over and self.reachable,
            again="--full" in flags or self.unsure,
            asks=hands_over,
        )
        self.ended(self.source, self.definition)
        if not hands_over:
            return outcome
        settled = [{world.settled for world in worlds} for worlds in self.worlds.values()]
        code = outcome.exit_code
        if {False} in settled:
            self.expect(code == 1, "something is owed or refused, so the exit code is 1", outcome)
        if self.reachable and all(each == {True} for each in settled):
            self.expect(code == 0, "nothing is owed or refused, so the exit code is 0", outcome)
        return outcome

    def do_kill(self, when: float) -> None:
        """Killed at one of the moments of a run; a late one may come after its end."""
        if self.killed(("run", "--unpin"), when):
            self.died()
        else:
            self.happened(model.ran, hands_over=self.reachable, again=self.unsure)
            self.ended(self.source, self.definition)

    def do_spawn_and_kill(self, seconds: float) -> None:
        arguments = [sys.executable, "-m", "seeknal", "run", "--unpin"]
        with subprocess.Popen(
            arguments, cwd=self.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            time.sleep(seconds)
            process.send_signal(signal.SIGKILL)
        self.place.settle()
        self.died()

    def killed(self, arguments: Sequence[str], when: float) -> bool:
        self.place.settle()
        died = kill_within(lambda: self.project.run(*arguments), when)
        self.place.settle()
        self.told[-1] += f"\n    $ seeknal {' '.join(arguments)} -> {'died' if died else 'ended'}"
        return died

    def died(self) -> None:
        self.happened(model.killed, hands_over=self.reachable)
        for name, worlds in self.worlds.items():
            self.worlds[name] = frozenset(world._replace(known=False) for world in worlds)
        self.production, self.lost = None, False
        if self.generations:
            self.generations.setdefault(self.generation(), None)

    def do_rollback(self, steps: int) -> None:
        number = self.earlier_generation(steps)
        if number is None:
            return
        before = self.generation()
        outcome = self.command("rollback", "prod", "--yes", "--to", str(number), "--leave-targets")
        if self.generation() == before:
            self.expect(outcome.exit_code != 0, "a rollback that did nothing says so", outcome)
            return
        self.worlds = self.rolled_back(number, hands_over=self.reachable)
        known = self.generations[number]
        self.generations = {n: entry for n, entry in self.generations.items() if n <= number}
        self.ended(*known)

    def do_kill_rollback(self, steps: int, when: float) -> None:
        """It has happened, in part or whole, or it has not."""
        number = self.earlier_generation(steps)
        if number is None:
            return
        self.killed(("rollback", "prod", "--yes", "--to", str(number), "--leave-targets"), when)
        back = self.rolled_back(number, hands_over=False)
        for spec in self.specs:
            for world in self.worlds[spec.name] if self.place.restores else ():
                back[spec.name] |= model.taken(spec, world, number)
            back[spec.name] |= self.worlds[spec.name]
            if self.reachable:
                back[spec.name] = frozenset(
                    after
                    for world in back[spec.name]
                    for after in model.partly_delivered(spec, world)
                )
        self.worlds = back
        self.forget()
        self.lost = False

    def earlier_generation(self, steps: int) -> int | None:
        current = self.generation()
        built = (number for number, entry in self.generations.items() if entry is not None)
        known = [number for number in sorted(built) if number < current]
        if current not in self.generations or not known:
            return None
        return known[-(1 + steps % len(known))]

    def rolled_back(self, number: int, *, hands_over: bool) -> dict[str, model.Worlds]:
        source, definition = self.generations[number]
        found = {}
        for spec in self.specs:
            content = model.output(spec.node, source, definition)
            found[spec.name] = frozenset(
                after
                for world in self.worlds[spec.name]
                for after in model.rolled_back(
                    spec,
                    world,
                    number,
                    content,
                    hands_over=hands_over,
                    restores=self.place.restores,
                )
            )
        return found

    def do_promote(self, factor: int, *flags: str) -> None:
        if not self.built_in_dev(factor, *flags):
            return
        self.command("promote", "dev", "--yes")
        self.happened(model.promoted, hands_over=self.reachable)
        self.ended(self.source, self.definition)
        self.command("env", "delete", "dev", "--yes")

    def do_kill_promote(self, factor: int, when: float) -> None:
        """The next run makes of the files what would have been promoted: it arrives once."""
        if not self.built_in_dev(factor):
            return
        self.killed(("promote", "dev", "--yes"), when)
        self.died()
        self.command("env", "delete", "dev", "--yes")

    def built_in_dev(self, factor: int, *flags: str) -> bool:
        """Whether an environment could be made that differs from production in its nodes alone."""
        if self.production is not None:
            self.set_source(self.production[0])
        elif not self.lost:
            return False
        held = {spec.name: self.held(spec) for spec in self.specs}
        self.do_edit(factor)
        built = self.command("run", "--env", "dev", *flags)
        self.expect(
            {spec.name: self.held(spec) for spec in self.specs} == held,
            "an environment writes nothing of production",
            built,
        )
        return True

    def do_drop(self) -> None:
        if not self.reachable:
            return
        for entry in self.listed():
            if entry["status"] == "refused":
                self.command("deliveries", "drop", entry["id"], "--yes", codes=(0,))
        self.worlds = {name: model.dropped(worlds) for name, worlds in self.worlds.items()}

    def do_retry(self) -> None:
        """What is refused is refused again, or only sent by a run, where outputs may be gone."""
        if not self.reachable:
            return
        for entry in self.listed():
            if entry["status"] == "refused":
                codes = (1,) if self.production is not None else (1, 2)
                outcome = self.command("deliveries", "retry", entry["id"], "--force", codes=codes)
                if outcome.exit_code == 2:
                    self.expect("are gone" in outcome.stderr, "it says what is gone", outcome)
        for spec in self.specs:
            self.worlds[spec.name] = model.retried(spec, self.worlds[spec.name])

    # What it comes to

    def set_source(self, rows: tuple[Row, ...]) -> None:
        self.source = rows
        self.earlier.append(rows)
        self.write_source()

    def write_source(self) -> None:
        lines = [",".join("" if v is None else str(v) for v in row) for row in self.source]
        self.project.write({"data/orders.csv": HEAD + "".join(f"{line}\n" for line in lines)})

    def write_nodes(self) -> None:
        """Each node with all of its targets."""
        nodes: dict[str, list[str]] = {}
        for spec in self.specs:
            nodes.setdefault(spec.node, []).append(f"  - {self.place.target(spec)}\n")
        for node, targets in nodes.items():
            text = f"kind: transform\nname: {node}\ninputs: [{{ref: source.orders}}]\n"
            text += f"transform: {self.query(node)}\nmaterializations:\n{''.join(targets)}"
            self.project.write({f"seeknal/{node}.yml": text})

    def query(self, node: str) -> str:
        factor, mended = self.definition
        where = " WHERE NOT starts_with(word, 'bad')" if mended else ""
        if node == "grouped":
            return (
                "SELECT part, CAST(count(*) AS INTEGER) AS n,"
                f" CAST(sum(v * {factor}) AS INTEGER) AS total"
                f" FROM ref('source.orders'){where} GROUP BY part"
            )
        return f"SELECT id, day, part, v * {factor} AS v, word FROM ref('source.orders'){where}"

    def batch(self, spec) -> Batch:
        content = model.output(spec.node, self.source, self.definition)
        return Batch(0, content, self.source, self.definition)

    def happened(self, how: Callable, **more: bool) -> None:
        for spec in self.specs:
            self.worlds[spec.name] = how(spec, self.worlds[spec.name], self.batch(spec), **more)

    def ended(self, source: tuple[Row, ...], definition: Definition) -> None:
        """Production is built from these, and its generation is known."""
        self.production, self.lost, self.unsure = (source, definition), False, False
        number = self.generation()
        self.generations[number] = self.production
        for name, worlds in self.worlds.items():
            self.worlds[name] = frozenset(
                world._replace(marks=(*world.marks, (number, world.count))) for world in worlds
            )

    def forget(self) -> None:
        """Nothing is left of production but what was delivered and what is owed."""
        self.production, self.lost, self.unsure, self.generations = None, True, True, {}
        for name, worlds in self.worlds.items():
            self.worlds[name] = frozenset(
                world._replace(marks=(), known=world.known and not world.delivered)
                for world in worlds
            )

    def generation(self) -> int:
        shown = self.command("env", "history", "prod", "--format", "json", codes=(0, 2))
        return max((entry["generation"] for entry in json.loads(shown.stdout or "[]")), default=0)

    def command(self, *arguments: str, codes: Sequence[int] = (0, 1)):
        outcome = self.project.run(*arguments)
        self.told[-1] += f"\n    $ seeknal {' '.join(arguments)} -> {outcome.exit_code}"
        self.expect(outcome.exit_code in codes, f"exit code {codes}", outcome)
        return outcome

    def expect(self, true: bool, what: str, outcome: object) -> None:
        if not true:
            raise Broken(what, f"broken: {what}\n{outcome!r}")

    # What is seen

    def held(self, spec):
        return self.place.rows(self.root, spec) if self.reachable else None

    def look(self) -> None:
        """Only worlds in which a table holds what it holds remain."""
        if not self.reachable:
            return
        for spec in self.specs:
            held = self.held(spec)
            self.rule_out(spec, lambda world, held=held: world.table == held, f"holds {held}")

    def listed(self) -> list[dict]:
        """What the list says, which is true of every target."""
        shown = self.command("deliveries", "list", "--format", "json", codes=(0, 1))
        entries = [e for e in json.loads(shown.stdout) if e.get("environment", "prod") == "prod"]
        for spec in self.specs:
            mine = [
                entry
                for entry in entries
                if entry["node"] == f"transform.{spec.node}" and entry["mode"] == spec.mode
            ]
            for state in ("owed", "refused"):
                sizes = sorted(entry["rows"] for entry in mine if entry["status"] == state)
                if spec.replaces and state == "owed":
                    continue
                self.rule_out(
                    spec,
                    lambda world, s=sizes, state=state: sizes_of(world, state) == s,
                    f"has {state} batches of {sizes} rows",
                )
        return entries

    def rule_out(self, spec, true: Callable[[World], bool], seen: str) -> None:
        left = frozenset(filter(true, self.worlds[spec.name]))
        if not left:
            worlds = "\n".join(sorted({said(world) for world in self.worlds[spec.name]}))
            text = f"{spec.name} ({spec.mode}) {seen}\nexpected one of:\n{worlds}"
            raise Broken(f"{spec.name} {seen.split()[0]}", text)
        self.worlds[spec.name] = left


def sizes_of(world: World, state: str) -> list[int]:
    listed = world.refused if state == "refused" else (*world.owed, *world.unnoted)
    return sorted(len(batch.rows) for batch in listed if isinstance(batch, Batch))


def said(world: World) -> str:
    owed = [batch.rows if isinstance(batch, Batch) else batch.tables for batch in world.owed]
    refused = [batch.rows for batch in world.refused]
    unnoted = [batch.rows for batch in world.unnoted]
    return (
        f"  holds {world.table}\n    owed {owed}\n    refused {refused}"
        f"\n    delivered though listed {unnoted}"
    )
