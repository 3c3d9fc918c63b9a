"""The model as an engine, and engines that each make one of the usual mistakes."""

from __future__ import annotations

from datetime import datetime

from tests.intervals import ranges
from tests.intervals.events import History, Run
from tests.intervals.model import Built, World


class ModelEngine:
    """A world, seen from outside."""

    world = World

    def __init__(self, history: History) -> None:
        self.held = self.world(history.project, history.now)

    def apply(self, event):
        self.held.apply(event)

    def environments(self):
        return self.held.envs

    def done(self, env, node):
        built = self.held.envs[env].built
        return built[node].done if node in built else ()

    def pending(self, env, node):
        return self.held.envs[env].pending.get(node, ())

    def processed(self):
        return self.held.processed

    def rows(self, env, node):
        return self.held.envs[env].built[node].rows

    def delivered(self, node):
        return self.held.targets.get(node)


class LooksBackAlways(World):
    """``lookback`` redoes the last ranges though none is new."""

    def looked_back(self, node, expected, new):
        found = super().looked_back(node, expected, new)
        return found | set(expected[len(expected) - node.lookback :])


class LooksBackOneLess(World):
    """``lookback`` counts the new range itself."""

    def looked_back(self, node, expected, new):
        return super().looked_back(node._replace(lookback=max(0, node.lookback - 1)), expected, new)


class ClosedRanges(World):
    """A range of a source holds its end: rows there stand twice."""

    def part(self, env, node, parts, span):
        part = super().part(env, node, parts, span)
        if node.kind != "source" or not node.schedule:
            return part
        rows = self.tables[node.name].values()
        last = tuple((*row[:2], row[2] * node.version) for row in rows if row[0] == span[1])
        return part._replace(rows=part.rows + last)


class DaysOf24Hours(World):
    """Ranges are as long as a unit mostly is: a day of 23 hours is not."""

    def expected(self, node, last):
        if node.unit.elapses or node.unit.name == "month":
            return super().expected(node, last)
        lengths = {"hour": ranges.HOUR, "day": ranges.DAY, "week": 7 * ranges.DAY}
        length = node.unit.size * lengths[node.unit.name]
        start, found = self.first(node), {}
        while start + length <= last:
            found[start, start + length] = start + length
            start += length
        if node.partial and start < self.now:
            found[start, start + length] = min(start + length, self.now)
        return found


class ForgetsZones(World):
    """Days are those of UTC."""

    def first(self, node):
        return super().first(node._replace(zone="UTC"))

    def expected(self, node, last):
        return super().expected(node._replace(zone="UTC"), last)


class ProcessesPartialRanges(World):
    """The range that holds now is processed as if it were complete."""

    def expected(self, node, last):
        found = super().expected(node, last)
        every = ranges.ranges(node.unit, node.zone, self.first(node), self.now)
        return {**{each: each[1] for each in every[-1:]}, **found}


class IgnoresTicks(World):
    """What has ended is due, whenever the schedule ticks."""

    def bound(self, node):
        return ranges.last_start(node.unit, node.zone, self.now)


class LosesAtFailure(World):
    """A node that fails loses the batches that it had done."""

    def build(self, event, node):
        before = self.envs[event.env].built.get(node.name)
        finished = super().build(event, node)
        if not finished and before:
            self.envs[event.env].built[node.name] = before
        return finished


class SkipsTheFailedBatch(World):
    """A batch that failed counts as done."""

    def breaks(self, event, node, batch):
        super().breaks(event, node, batch)
        return False


class IgnoresLateParents(World):
    """A done range is never restated."""

    def is_late(self, env, node, parts, each):
        return False


class RestatesNever(World):
    """``restate: never`` is not looked at."""

    def is_late(self, env, node, parts, each):
        return super().is_late(env, node._replace(restate=True), parts, each)


class DoesNotWait(World):
    """A range is processed though its parents have not done it."""

    def ready(self, env, node, span):
        return all(name in env.built for name in node.parents)


class IgnoresReach(World):
    """What a range reads before it begins does not count."""

    def is_late(self, env, node, parts, each):
        reads = [
            env.built[name].between((each[0], parts[each].until))
            for name in node.parents
            if env.built[name].node.schedule
        ]
        span = (each[0], parts[each].until)
        read = parts[each].read[0]
        own = [tuple(row for row in rows if row[0] and row[0] >= span[0]) for rows in read]
        late = super().is_late(env, node, parts, each)
        return late and (not node.reach or own != reads)


class RebuildsWhenOptionsChange(World):
    """``lookback``, ``start`` and ``batch_size`` are part of the definition."""

    def build(self, event, node):
        old = self.envs[event.env].built.get(node.name)
        keys = ("lookback", "start", "batch")
        if old and any(getattr(old.node, key) != getattr(node, key) for key in keys):
            del self.envs[event.env].built[node.name]
        return super().build(event, node)

    def adopt(self, env, node, parts, each, until):
        return node.name in env.built and super().adopt(env, node, parts, each, until)


class KeepsAfterEdit(World):
    """An edited query is applied from now on, as if it were ``--forward-only``."""

    def followed(self, old, node, event):
        return super().followed(old, node, event._replace(forward=node.name))


class ShowsHalfARebuild(World):
    """What is rebuilt is shown before all of it is there."""

    def build(self, event, node):
        env = self.envs[event.env]
        old = env.built.get(node.name)
        rebuilt = old and node.schedule and old.node.definition != node.definition
        if rebuilt and node.name != event.forward:
            env.built[node.name] = Built(node, {}, self.first(node))
        return super().build(event, node)


class PromotesWithoutRanges(World):
    """Production gets the definition, and has to build the ranges itself."""

    def move(self, built):
        if built.node.schedule:
            built = Built(built.node, {}, built.first, built.follows)
            self.publish("prod", built)
        else:
            super().move(built)


class PromotesOldData(World):
    """Production gets the other environment's ranges, whatever it has itself."""

    def move(self, built):
        self.publish("prod", built)


class BuildsAgainInDev(World):
    """What another environment has built is built again."""

    def adopt(self, env, node, parts, each, until):
        return False


class AdoptsWhatWasInvalidated(World):
    """What was built before a range was invalidated, or redone, is adopted afterwards."""

    def forget(self, name, span):
        pass


class KeepsRangesAtRollback(World):
    """Rows go back, and ranges stay done."""

    def rollback(self, name, back):
        before = dict(self.envs[name].built) if name in self.envs else {}
        super().rollback(name, back)
        for key, built in before.items():
            now = self.envs[name].built.get(key)
            if now and now.node.definition == built.node.definition:
                lost = {
                    each: part._replace(rows=())
                    for each, part in built.parts.items()
                    if each not in now.parts
                }
                self.envs[name].built[key] = Built(
                    now.node, {**now.parts, **lost}, now.first, now.follows
                )


class KeepsWhatIsEmpty(World):
    """A range without rows leaves those that were there."""

    def process(self, name, node, parts, each, until):
        before = parts.get(each)
        super().process(name, node, parts, each, until)
        if before and not parts[each].rows:
            parts[each] = parts[each]._replace(rows=before.rows)


class AppendsAtRerun(World):
    """A range that is processed again is added to itself."""

    def process(self, name, node, parts, each, until):
        before = parts.get(each)
        super().process(name, node, parts, each, until)
        if before:
            parts[each] = parts[each]._replace(rows=before.rows + parts[each].rows)


class ProcessesTwice(World):
    """A run processes what is done already."""

    def looked_back(self, node, expected, new):
        return super().looked_back(node, expected, new) | set(expected[-1:])


class FillsBesidesWhatIsAsked(World):
    """``--start`` and ``--end`` let everything be done that is due up to there."""

    def asked(self, node, event):
        start, end = super().asked(node, event)
        return (datetime.min, end) if isinstance(event, Run) else (start, end)


class EndsADayEarly(World):
    """An end that is a date is that day's beginning."""

    def asked(self, node, event):
        if event.end and len(event.end) == len("2024-06-03"):
            event = event._replace(end=f"{event.end} 00:00")
        return super().asked(node, event)


class InvalidatesInward(World):
    """Only ranges that lie within the invalidated span are redone."""

    def marked(self, env, name, spans, reaching=True):
        found = super().marked(env, name, spans, reaching)
        return frozenset(
            each
            for each in found
            if any(start <= each[0] and each[1] <= end for start, end in spans)
        )


class ForgetsTargetsThatWereAway(World):
    """A target that comes back gets what is processed from then on."""

    def deliver(self, name, selected):
        before = dict(self.targets)
        super().deliver(name, selected)
        for key, rows in self.targets.items():
            if not self.processed.get(("prod", key)) and rows is not None:
                self.targets[key] = before.get(key, ())


class LosesRangesWhenTheClockGoesBack(World):
    """What is done after now is dropped."""

    def build(self, event, node):
        finished = super().build(event, node)
        env = self.envs[event.env]
        if node.schedule and node.name in env.built:
            built = env.built[node.name]
            kept = {each: part for each, part in built.parts.items() if part.until <= self.now}
            env.built[node.name] = Built(built.node, kept, built.first, built.follows)
        return finished


MUTANTS = [
    each
    for each in list(globals().values())
    if isinstance(each, type) and issubclass(each, World) and each is not World
]


def engine_of(world: type[World]) -> type[ModelEngine]:
    return type(f"EngineOf{world.__name__}", (ModelEngine,), {"world": world})
