"""What ``MEANING.md`` says of tracked nodes, in plain Python: nothing here knows how seeknal works.

A world holds every range that was ever processed, one by one, with its rows and what it read. What
is to be done is found by going through all ranges from a node's start each time.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import combinations

from tests.intervals import ranges
from tests.intervals.events import (
    Arrive,
    Away,
    Clock,
    Create,
    Edit,
    Event,
    Invalidate,
    Node,
    Promote,
    Remove,
    Rollback,
    Row,
    Run,
)
from tests.intervals.parts import (
    ALWAYS,
    Built,
    Due,
    Environment,
    Part,
    Parts,
    Read,
    Rows,
    Step,
    computed,
    has_null,
    in_batches,
    in_order,
    inside,
    overlap,
    reached,
)
from tests.intervals.ranges import Range, numbered


class World:
    """All that is, after some events."""

    def __init__(self, project: Iterable[Node], now: datetime) -> None:
        self.now = now
        self.project = {node.name: node for node in project}
        self.tables: dict[str, dict[int, Row]] = {name: {} for name in self.project}
        self.envs = {"prod": Environment()}
        self.store: dict[str, dict[Range, dict[object, Part]]] = {}
        """What was built of each node, by definition and what was read."""
        self.past: list[dict[str, dict[str, Built]]] = []
        self.away: set[str] = set()
        self.targets: dict[str, Rows | None] = {}
        """The rows in production's target of each node; None: nothing is promised of them now."""
        self.processed: dict[tuple[str, str], set[Range]] = {}
        """By the last event."""
        self.restated: set[tuple[str, str]] = set()
        """Where some of these were done, and what they read has changed."""
        self.broke = self.died = False
        """Whether something failed in it, and whether it was killed."""

    def copied(self) -> World:
        new = copy.copy(self)
        new.project, new.past, new.away = dict(self.project), list(self.past), set(self.away)
        new.tables = {name: dict(rows) for name, rows in self.tables.items()}
        new.envs = {name: env.copied() for name, env in self.envs.items()}
        new.store = {
            name: {each: dict(parts) for each, parts in built.items()}
            for name, built in self.store.items()
        }
        new.targets = dict(self.targets)
        return new

    def after(self, event: Event) -> list[World]:
        """The worlds that may be after an event: after a kill, several."""
        killed = event.killed if isinstance(event, Run) else None
        found = [self.copied()]
        found[0].apply(event)
        if killed and found[0].died:
            kin = {killed[0]} | self.descendants({killed[0]}) | self.ancestors(killed[0])
            others = [name for name in self.project if name not in kin]
            for size in range(1, len(others) + 1):
                for lost in combinations(others, size):
                    found.append(self.copied())
                    found[-1].apply(event, frozenset(lost))
        return found

    def apply(self, event: Event, lost: frozenset[str] = frozenset()) -> None:
        self.processed, self.restated, self.broke, self.died = {}, set(), False, False
        match event:
            case Clock(to):
                self.now = to
            case Arrive(source, rows):
                self.tables[source].update({row[1]: row for row in rows})
            case Remove(source, numbers):
                for number in numbers:
                    self.tables[source].pop(number, None)
            case Edit(name, key, value):
                self.project[name] = self.project[name]._replace(**{key: value})
            case Away(name, away):
                (self.away.add if away else self.away.discard)(name)
            case Create(name):
                self.opened(name)
            case Invalidate():
                self.invalidate(event)
            case Run():
                self.run(event, lost)
                self.deliver(event.env, event.select)
            case Promote(name):
                self.promote(name)
                self.deliver("prod", None)
            case Rollback(name, back):
                self.rollback(name, back)
                self.deliver(name, None)
        self.past.append({name: dict(env.built) for name, env in self.envs.items()})

    # What is due.

    def first(self, node: Node) -> datetime:
        """When a node's first range begins."""
        return ranges.last_start(node.unit, node.zone, self.start(node))

    def start(self, node: Node) -> datetime:
        if node.start:
            return ranges.read_in_zone(node.start, node.zone)
        parents = (self.project[name] for name in node.parents)
        return min(self.start(parent) for parent in parents if parent.schedule)

    def bound(self, node: Node) -> datetime:
        """Up to where a schedule has made ranges due."""
        return ranges.bound(node.schedule, node.zone, self.now)

    def expected(self, node: Node, last: datetime) -> dict[Range, datetime]:
        """The ranges that should be done, from the start to a moment, each with how far."""
        every = ranges.ranges(node.unit, node.zone, self.first(node), max(last, self.now))
        found = {each: each[1] for each in every if each[1] <= last}
        if node.partial:
            begun = {each: min(each[1], self.now) for each in every if each[0] < self.now}
            found = {**begun, **found}
        return dict(sorted(found.items()))

    def asked(self, node: Node, event: Run | Invalidate) -> Range:
        """The span that a command names, read in the node's zone."""
        start = ranges.read_in_zone(event.start, node.zone) if event.start else datetime.min
        end = ranges.end_in_zone(event.end, node.zone) if event.end else self.now
        return start, end

    def looked_back(self, node: Node, expected: list[Range], new: set[Range]) -> set[Range]:
        """The ranges that ``lookback`` redoes: as many before each new one."""
        at = {each: number for number, each in enumerate(expected)}
        return {
            expected[number]
            for each in new
            for number in range(max(0, at[each] - node.lookback), at[each])
        }

    def ready(self, env: Environment, node: Node, span: Range) -> bool:
        """Whether the parents have done what a range reads."""
        return all(
            name in env.built and env.built[name].covers(reached(node, span))
            for name in node.parents
        )

    def is_late(self, env: Environment, node: Node, parts: Parts, each: Range) -> bool:
        """Whether what a done range read of the parents is not what they hold now."""
        part = parts[each]
        return node.restate and part.read != self.read(env, node, parts, (each[0], part.until))

    # Working.

    def opened(self, name: str) -> Environment:
        """An environment, made from production when it is not there."""
        if name not in self.envs:
            made = self.envs["prod"].copied()
            made.began_with = {key: built.node.definition for key, built in made.built.items()}
            made.promoted = set()
            self.envs[name] = made
        return self.envs[name]

    def run(self, event: Run, lost: frozenset[str]) -> None:
        found = self.envs.get(event.env, self.envs["prod"])
        if event.select and set(self.project[event.select].parents) - set(found.built):
            return
        self.opened(event.env)
        stopped: set[str] = set()
        for node in self.project.values():
            if event.select not in (None, node.name):
                continue
            left = node.name in lost or stopped & set(node.parents)
            if left or not self.build(event, node):
                stopped.add(node.name)
        self.broke = bool(stopped)

    def build(self, event: Run, node: Node) -> bool:
        """Process what is due of a node. False: it failed, or was killed."""
        env = self.envs[event.env]
        if not node.schedule:
            self.build_whole(event.env, node)
            return True
        old = env.built.get(node.name)
        follows = self.followed(old, node, event)
        allowed = follows | {node.definition}
        continues = old is None or not old.parts or old.node.definition in allowed
        parts = {
            each: part
            for each, part in (old.parts if old else {}).items()
            if part.definition in allowed
        }
        finished = True
        for batch in self.batches(event, node, parts, None if continues else old):
            finished = not self.breaks(event, node, [step.range for step in batch])
            if not finished:
                break
            for step in batch:
                if step.again:
                    self.forget(node.name, step.range)
                self.process(event.env, node, parts, step.range, step.until)
        if finished or continues:
            self.publish(event.env, Built(node, parts, self.first(node), follows))
        return finished

    def followed(self, old: Built | None, node: Node, event: Run) -> frozenset:
        """The definitions whose ranges stay as they are."""
        if old is None:
            return frozenset()
        if event.forward == node.name and old.node._replace(version=0).definition == (
            node._replace(version=0).definition
        ):
            return old.follows | {old.node.definition}
        return old.follows if old.node.definition == node.definition else frozenset()

    def batches(
        self, event: Run, node: Node, parts: dict[Range, Part], replaced: Built | None
    ) -> Iterator[list[Step]]:
        """What is to be processed; what can be adopted is adopted before.

        ``replaced``: what the environment has of another definition, and goes on to show until
        all of this one is done.
        """
        steps = self.steps(event, node, parts, self.due(event, node, parts, replaced))
        if node.kind == "running":
            # Each range is looked at when those before it are done.
            return ([step] for step in steps)
        return in_batches(list(steps), node.batch)

    def due(self, event: Run, node: Node, parts: Parts, replaced: Built | None) -> Due:
        env, asked = self.envs[event.env], None
        if replaced:
            last = max([self.bound(node), *(until for _, until in replaced.done)])
            expected = self.expected(node, last)
        elif event.start or event.end:
            asked, expected = self.asked(node, event), self.expected(node, self.now)
        else:
            expected = self.expected(node, self.bound(node))
        named = {each for each in expected if asked is None or overlap(each, asked)}
        new = {
            each
            for each in named
            if (each not in parts or parts[each].until < expected[each])
            and self.ready(env, node, (each[0], expected[each]))
        }
        if asked:
            again = named if node.restate else set()
        else:
            again = self.looked_back(node, list(expected), new)
            again |= env.pending.get(node.name, frozenset())
        return Due(asked, expected, new, again & set(parts))

    def steps(self, event: Run, node: Node, parts: dict[Range, Part], due: Due) -> Iterator[Step]:
        env = self.envs[event.env]
        for each in sorted(due.new | set(parts)):
            far = [due.expected.get(each, datetime.min)]
            late = False
            if each in parts:
                far.append(parts[each].until)
                named = due.asked is None or overlap(each, due.asked)
                late = named and self.is_late(env, node, parts, each)
            until = max(far)
            wanted = late or each in due.new | due.again
            if not wanted or not self.ready(env, node, (each[0], until)):
                continue
            earlier = (before for before in due.expected if before < each)
            if node.kind == "running" and not all(before in parts for before in earlier):
                continue
            if each in due.new and not due.asked and self.adopt(env, node, parts, each, until):
                continue
            if late and each not in due.new | due.again:
                self.restated.add((event.env, node.name))
            yield Step(each, until, again=bool(due.asked) or each in due.again)

    def breaks(self, event: Run, node: Node, batch: list[Range]) -> bool:
        if node.kind == "source" and has_null(self.tables[node.name]):
            return True

        def holds(which: tuple[str, datetime] | None) -> bool:
            return (
                which is not None
                and which[0] == node.name
                and any(start <= which[1] < end for start, end in batch)
            )

        self.died |= holds(event.killed)
        return holds(event.fails) or holds(event.killed)

    def process(
        self, name: str, node: Node, parts: dict[Range, Part], each: Range, until: datetime
    ) -> None:
        part = self.part(self.envs[name], node, parts, (each[0], until))
        parts[each] = part
        self.processed.setdefault((name, node.name), set()).add((each[0], until))
        if node.kind == "source":
            # What was read before, by whatever definition, is older.
            self.forget(node.name, (each[0], until))
        if until == each[1]:
            built = self.store.setdefault(node.name, {}).setdefault(each, {})
            built[part.definition, part.read] = part

    def part(self, env: Environment, node: Node, parts: Parts, span: Range) -> Part:
        """What a node gives for a range now."""
        read = self.read(env, node, parts, span)
        if node.kind == "source":
            rows = self.tables[node.name].values()
            inputs: tuple[Rows, ...] = (tuple(inside(rows, span) if node.schedule else rows),)
            extra, before = 0, ()
        else:
            inputs, others, before = read
            extra = sum(row[2] for rows in others for row in rows)
        made = computed(node, span[0], inputs, extra, before)
        return Part(made, read, span[1], node.definition)

    def read(self, env: Environment, node: Node, parts: Parts, span: Range) -> Read:
        parents = [env.built[name] for name in node.parents]
        before: Rows = ()
        if node.kind == "running":
            own = (
                row for (start, _), part in parts.items() if start < span[0] for row in part.rows
            )
            before = in_order(own)
        tracked = (parent for parent in parents if parent.node.schedule)
        others = tuple(parent.rows for parent in parents if not parent.node.schedule)
        return tuple(parent.between(reached(node, span)) for parent in tracked), others, before

    def adopt(
        self, env: Environment, node: Node, parts: dict[Range, Part], each: Range, until: datetime
    ) -> bool:
        """Take a whole range that an environment has built of the same definition and inputs."""
        key = (node.definition, self.read(env, node, parts, (each[0], until)))
        found = self.store.get(node.name, {}).get(each, {}).get(key)
        if found is None or until < each[1]:
            return False
        parts[each] = found
        return True

    def forget(self, name: str, span: Range) -> None:
        """Never adopt again what was built of ranges that are redone."""
        built = self.store.get(name, {})
        for each in [each for each in built if overlap(each, span)]:
            del built[each]

    def build_whole(self, name: str, node: Node) -> None:
        """Build a node that is not tracked."""
        env = self.envs[name]
        part = self.part(env, node, {}, ALWAYS)
        self.publish(name, Built(node, {ALWAYS: part}))

    def publish(self, name: str, built: Built) -> None:
        env, node = self.envs[name], built.node.name
        env.built[node] = built
        done = {start for start, _ in self.processed.get((name, node), ())}
        left = env.pending.get(node, frozenset())
        env.pending[node] = frozenset(
            each for each in left if each in built.parts and each[0] not in done
        )

    # Other commands.

    def invalidate(self, event: Invalidate) -> None:
        env = self.envs.get(event.env)
        if env is None or event.node not in env.built:
            return
        named = self.asked(env.built[event.node].node, event)
        marked = {event.node: self.marked(env, event.node, [named], reaching=False)}
        for node in self.project.values():
            parents = [name for name in node.parents if name in marked]
            if event.downstream and parents and node.restate and node.name in env.built:
                spans = [each for name in parents for each in marked[name]]
                marked[node.name] = self.marked(env, node.name, spans)
        for name, found in marked.items():
            env.pending[name] = env.pending.get(name, frozenset()) | found
            for each in found:
                self.forget(name, each)

    def marked(
        self, env: Environment, name: str, spans: Iterable[Range], reaching: bool = True
    ) -> frozenset[Range]:
        """The done ranges of a tracked node that read something of spans, or hold a moment."""
        built = env.built[name]
        if not built.node.schedule:
            return frozenset()
        return frozenset(
            each
            for each in built.parts
            if any(overlap(reached(built.node, each) if reaching else each, span) for span in spans)
        )

    def promote(self, name: str) -> None:
        """Move what an environment itself has changed; restate what reads it."""
        dev, prod = self.envs.get(name), self.envs["prod"]
        if dev is None or name == "prod":
            return
        moved = {
            key
            for key, built in dev.built.items()
            if (key in dev.promoted or built.node.definition != dev.began_with.get(key))
            and (key not in prod.built or prod.built[key].node.definition != built.node.definition)
        }
        if any(has_null(self.tables[key]) for key in moved):
            return
        dev.promoted |= moved
        below = self.descendants(moved)
        for key in self.project:
            if key in moved:
                self.move(dev.built[key])
            elif key in below and key in prod.built:
                self.catch_up(prod.built[key])

    def move(self, built: Built) -> None:
        """Give production a node as another environment has it, with no range fewer than it has."""
        node, prod = built.node, self.envs["prod"]
        if not node.schedule:
            self.build_whole("prod", node)
            return
        old = prod.built.get(node.name)
        allowed = built.follows | {node.definition}
        parts = {
            each: part
            for each, part in (old.parts if old else {}).items()
            if part.definition in allowed
        }
        for each, until in sorted(self.of_both(built, old).items()):
            if each in parts or not self.ready(prod, node, (each[0], until)):
                continue
            theirs = built.parts.get(each)
            if theirs and theirs.read == self.read(prod, node, parts, (each[0], theirs.until)):
                parts[each] = theirs
            elif not self.adopt(prod, node, parts, each, until):
                self.process("prod", node, parts, each, until)
        self.publish("prod", Built(node, parts, built.first, built.follows))
        self.catch_up(prod.built[node.name])

    def of_both(self, built: Built, old: Built | None) -> dict[Range, datetime]:
        """The ranges that either has, by the unit of the first, each with how far."""
        found = {each: part.until for each, part in built.parts.items()}
        if old is not None and old.done:
            first, last = min(old.done)[0], max(end for _, end in old.done)
            every = ranges.ranges(built.node.unit, built.node.zone, first, last)
            found |= {each: each[1] for each in every if old.moments.issuperset(numbered(each))}
        return found

    def catch_up(self, built: Built) -> None:
        """Restate production's ranges of a node whose parents have other rows now."""
        node, prod = built.node, self.envs["prod"]
        if not node.schedule:
            self.build_whole("prod", node)
            return
        parts = dict(built.parts)
        for each in sorted(parts):
            until = parts[each].until
            if self.is_late(prod, node, parts, each) and self.ready(prod, node, (each[0], until)):
                if self.adopt(prod, node, parts, each, until):
                    continue
                self.restated.add(("prod", node.name))
                self.process("prod", node, parts, each, until)
        self.publish("prod", Built(node, parts, built.first, built.follows))

    def rollback(self, name: str, back: int) -> None:
        before = self.past[max(0, len(self.past) - back)] if self.past else {}
        if not before.get(name) or name not in self.envs:
            return
        env = self.envs[name]
        env.built = dict(before[name])
        for key, left in env.pending.items():
            parts = env.built[key].parts if key in env.built else {}
            env.pending[key] = frozenset(each for each in left if each in parts)

    def deliver(self, name: str, selected: str | None) -> None:
        """Bring the targets of production's tracked nodes up to date."""
        if name != "prod":
            return
        for key, built in self.envs["prod"].built.items():
            if self.broke or selected not in (None, key):
                unknown = self.targets.get(key) != built.rows
                self.targets[key] = None if unknown else built.rows
            elif key not in self.away:
                self.targets[key] = built.rows

    def descendants(self, names: set[str]) -> set[str]:
        found = set(names)
        for node in self.project.values():
            if found & set(node.parents):
                found.add(node.name)
        return found - names

    def ancestors(self, name: str) -> set[str]:
        return {key for key in self.project if name in self.descendants({key})}


def whole(world: World, name: str, key: str) -> Rows:
    """The rows of a node by one computation over all that its parents hold."""
    env = world.envs[name]
    built = env.built[key]
    node = built.node
    if node.kind == "source":
        return built.rows
    parents = [env.built[parent] for parent in node.parents]
    tracked = [row for parent in parents if parent.node.schedule for row in parent.rows]
    extra = sum(row[2] for parent in parents if not parent.node.schedule for row in parent.rows)
    if not node.schedule:
        return computed(node, datetime.min, [tuple(tracked)], extra, ())
    if node.kind == "each":
        kept = (row for each in built.done for row in inside(tracked, each))
        return computed(node, datetime.min, [tuple(kept)], extra, ())
    found: list[Row] = []
    for span in sorted(built.done):
        rows = tuple(inside(tracked, reached(node, span)))
        before = tuple(found) if node.kind == "running" else ()
        found.extend(computed(node, span[0], [rows], extra, before))
    return in_order(found)
