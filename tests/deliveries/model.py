"""What targets must hold, in plain Python: nothing here knows how seeknal delivers.

Where the promises leave more than one outcome open (a run that was killed), a target has several
worlds; what is seen of it rules worlds out, and when none is left the promise was broken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

Row = tuple[object, ...]
Rows = tuple[Row, ...]
"""Always sorted, so that equal multisets are equal."""


class Definition(NamedTuple):
    """Of all nodes of a story alike: what values are multiplied by, and whether bad rows go."""

    factor: int = 1
    mended: bool = False


class Spec(NamedTuple):
    """A target of a node; names are those of the tables."""

    name: str
    node: str
    mode: str
    refuses: str = ""

    @property
    def replaces(self) -> bool:
        return self.mode == "full"


SPECS = {
    spec.name: spec
    for spec in (
        Spec("appended", "appended", "append"),
        Spec("grouped", "grouped", "append"),
        Spec("merged", "merged", "upsert_by_key", "keys"),
        Spec("timed", "timed", "incremental_by_time", "days"),
        Spec("parted", "parted", "overwrite_partitions"),
        Spec("newest", "newest", "full"),
        Spec("strict", "strict", "append", "words"),
        Spec("both_appended", "both", "append"),
        Spec("both_merged", "both", "upsert_by_key", "keys"),
    )
}
LONGEST = 6
ID, DAY, PART, VALUE, WORD = range(5)


def rows(found: Iterable[Sequence[object]]) -> Rows:
    """A multiset of rows."""
    return tuple(sorted(map(tuple, found), key=repr))


def output(node: str, source: Iterable[Row], definition: Definition) -> Rows:
    """What a node computes."""
    kept = [row for row in source if not (definition.mended and str(row[WORD]).startswith("bad"))]
    scaled = [(*row[:VALUE], row[VALUE] * definition.factor, row[WORD]) for row in kept]
    if node != "grouped":
        return rows(scaled)
    groups: dict[object, list[int]] = {}
    for row in scaled:
        groups.setdefault(row[PART], []).append(row[VALUE])
    return rows((part, len(values), sum(values)) for part, values in groups.items())


def refused(spec: Spec, batch: Rows) -> bool:
    """Whether the target never takes these rows."""
    if spec.refuses == "keys":
        keys = [row[ID] for row in batch]
        return None in keys or len(set(keys)) < len(keys)
    if spec.refuses == "days":
        return any(row[DAY] is None for row in batch)
    return spec.refuses == "words" and any(len(str(row[WORD])) > LONGEST for row in batch)


def applied(spec: Spec, table: Rows, batch: Rows) -> Rows:
    """A table after a batch."""
    if spec.mode == "full":
        return batch
    if spec.mode == "append":
        return rows([*table, *batch])
    if spec.mode == "upsert_by_key":
        return rows({row[ID]: row for row in (*table, *batch)}.values())
    if spec.mode == "incremental_by_time":
        return replaced(table, [span(batch)], batch)
    parts = {row[PART] for row in batch}
    return rows([*(row for row in table if row[PART] not in parts), *batch])


Span = tuple[object, object] | None


def span(batch: Rows) -> Span:
    """The first and the last day of a batch."""
    days = sorted(row[DAY] for row in batch if row[DAY])
    return (days[0], days[-1]) if days else None


def replaced(table: Rows, spans: Iterable[Span], new: Rows) -> Rows:
    """A table with the rows of some ranges of days replaced by those of ``new``."""
    given = [each for each in spans if each]

    def inside(row: Row) -> bool:
        return any(row[DAY] and first <= row[DAY] <= last for first, last in given)

    return rows([*(row for row in table if not inside(row)), *filter(inside, new)])


class Batch(NamedTuple):
    """An output on its way to a target."""

    number: int
    rows: Rows
    inputs: Rows
    definition: Definition


class Restore(NamedTuple):
    """What a rollback has yet to do to a target: one of these tables has to come of it."""

    tables: tuple[Rows, ...]


class World(NamedTuple):
    """One state that a target may be in."""

    count: int = 0
    """Batches that there were."""
    last: Rows | None = None
    """The rows that were last handed over."""
    owed: tuple[Batch | Restore, ...] = ()
    refused: tuple[Batch, ...] = ()
    table: Rows = ()
    delivered: tuple[tuple[Batch, Rows], ...] = ()
    """Batches that went out, each with the table after it."""
    got: frozenset[Rows] = frozenset()
    """Outputs that the target has kept though they were rolled back, and those given up."""
    fresh: bool = False
    """Nothing was handed over since then."""
    known: bool = True
    """All is on record that the table was given."""
    unnoted: tuple[Batch, ...] = ()
    """Batches that a killed run has delivered: the record says that they are owed."""
    marks: tuple[tuple[int, int], ...] = ()
    """How many batches there were when a generation ended."""

    @property
    def settled(self) -> bool:
        return not self.owed and not self.refused


Worlds = frozenset[World]


def offer(spec: Spec, world: World, batch: Batch, again: bool = False) -> Worlds:
    """A node's output becomes current; what was refused may go for it before it goes out."""
    handed = handed_over(spec, world, batch, again)
    return frozenset(after for each in handed for after in superseded(each, batch))


def superseded(world: World, batch: Batch) -> Worlds:
    """Refused batches that another definition makes anew of the same inputs may go."""
    found = frozenset([world])
    for other in world.refused:
        if mends(batch, other):
            found |= {each._replace(refused=without(each.refused, other)) for each in found}
    return found


def handed_over(spec: Spec, world: World, batch: Batch, again: bool) -> Worlds:
    """What the target is owed by a node's output.

    ``again``: modes that lose nothing by it may be handed the same rows once more.
    """
    number = world.count + 1
    same = world._replace(fresh=False)
    new = same._replace(
        count=number,
        last=batch.rows,
        owed=(*(() if spec.replaces else world.owed), batch._replace(number=number)),
    )
    merges = spec.mode in ("upsert_by_key", "overwrite_partitions")
    if world.last == batch.rows:
        again = (again and spec.mode != "append") or (merges and world.fresh and world.got)
        return frozenset([same, new] if again else [same])
    if batch.rows in world.got:
        known = same._replace(last=batch.rows)
        certain = world.fresh and (spec.mode == "append" or refused(spec, batch.rows))
        found = {known} if certain else {known, new}
        if spec.mode == "append" and not world.known:
            # A killed run's own: it goes out under its id, by which the target knows it.
            found.add(new._replace(owed=world.owed, unnoted=(*world.unnoted, new.owed[-1])))
        return frozenset(found)
    return frozenset([new])


def deliver_next(spec: Spec, world: World) -> Worlds:
    """The oldest batch goes out, or is refused for good."""
    batch, *later = world.owed
    world = world._replace(owed=tuple(later))
    if isinstance(batch, Restore):
        return frozenset(world._replace(table=table) for table in batch.tables)
    if refused(spec, batch.rows):
        old = superseded(world, batch)
        still = frozenset(each._replace(refused=(*each.refused, batch)) for each in old)
        return still | old if any(mends(new, batch) for new in world.unnoted) else still
    table = applied(spec, world.table, batch.rows)
    world = world._replace(table=table, delivered=(*world.delivered, (batch, table)))
    return mended(world, batch)


def mended(world: World, batch: Batch) -> Worlds:
    """Refused batches of the same inputs go when their definition was mended."""
    found = frozenset([world])
    for other in world.refused:
        if not mends(batch, other):
            continue
        gone = {each._replace(refused=without(each.refused, other)) for each in found}
        certain = other.number == batch.number - 1 and other.inputs == batch.inputs
        found = frozenset(gone if certain else {*found, *gone})
    return found


def mends(new: Batch, old: Batch) -> bool:
    """Whether another definition made a batch of the same inputs."""
    return rows(new.inputs) == rows(old.inputs) and new.definition != old.definition


def without(batches: tuple[Batch, ...], gone: Batch) -> tuple[Batch, ...]:
    return tuple(batch for batch in batches if batch != gone)


def partly_delivered(spec: Spec, world: World) -> Worlds:
    """Any number of owed batches go out, the oldest first; it may not be noted any more."""
    found, newest = {world, world._replace(unnoted=())}, {world}
    for _ in world.owed:
        newest = {after for each in newest for after in deliver_next(spec, each)}
        found |= newest | {unnoted(world, after) for after in newest}
    return frozenset(found)


def unnoted(before: World, after: World) -> World:
    """``after``, while the record is still that of ``before``."""
    gone = [batch for batch, _ in after.delivered[len(before.delivered) :]]
    return after._replace(
        owed=tuple(
            entry
            for entry in before.owed
            if entry in after.owed or (isinstance(entry, Batch) and entry not in gone)
        ),
        refused=before.refused,
        unnoted=(*before.unnoted, *gone),
    )


def delivered(spec: Spec, world: World) -> Worlds:
    """All that is owed goes out."""
    found = frozenset([world])
    for _ in world.owed:
        found = frozenset(after for each in found for after in deliver_next(spec, each))
    return frozenset(each._replace(unnoted=()) for each in found)


def looked_at(spec: Spec, worlds: Iterable[World]) -> Worlds:
    """Where a target is out of reach, rows may be found unfit for it before it is asked."""
    found = set(worlds)
    waiting = list(found)
    while waiting:
        world = waiting.pop()
        first = world.owed[0] if world.owed else None
        if isinstance(first, Batch) and spec.refuses != "words" and refused(spec, first.rows):
            new = deliver_next(spec, world) - found
            found |= new
            waiting += new
    return frozenset(found)


def ran(
    spec: Spec,
    worlds: Worlds,
    batch: Batch,
    *,
    hands_over: bool,
    again: bool = False,
    asks: bool = True,
) -> Worlds:
    """After a run that came to its end; ``asks``: it attempted what it could not hand over."""
    offered = {after for world in worlds for after in offer(spec, world, batch, again)}
    if not hands_over:
        return looked_at(spec, offered) if asks else frozenset(offered)
    return frozenset(after for world in offered for after in delivered(spec, world))


def promoted(spec: Spec, worlds: Worlds, batch: Batch, *, hands_over: bool) -> Worlds:
    """After a promotion, which may leave what is owed to the next run when it has nothing new."""
    done = ran(spec, worlds, batch, hands_over=hands_over)
    left = {(world, after) for world in worlds for after in offer(spec, world, batch)}
    return done | {after for world, after in left if after.count == world.count}


def killed(spec: Spec, worlds: Worlds, batch: Batch, *, hands_over: bool) -> Worlds:
    """After a run that was killed: any part of it, and none that a run would not do."""
    begun = {*worlds, *(after for world in worlds for after in offer(spec, world, batch, True))}
    if not hands_over:
        return looked_at(spec, begun)
    return frozenset(after for world in begun for after in partly_delivered(spec, world))


def retried(spec: Spec, worlds: Worlds) -> Worlds:
    """After what was refused was sent again, and refused again: what is owed may go along."""
    return worlds | {after for world in worlds for after in delivered(spec, world)}


def dropped(worlds: Worlds) -> Worlds:
    """After the user has given up what was refused.

    Whether a batch that was given up is still what the target was last handed is left open.
    """
    found = set()
    for world in worlds:
        found.add(world._replace(refused=()))
        if world.refused and world.refused[-1].number == world.count:
            before = world.delivered[-1][0].rows if world.delivered else None
            got = world.got | {world.refused[-1].rows}
            found.add(world._replace(refused=(), last=before, got=got, fresh=True))
    return frozenset(found)


def rolled_back(
    spec: Spec,
    world: World,
    generation: int,
    content: Rows,
    *,
    hands_over: bool,
    restores: bool,
) -> Worlds:
    """Production is at an earlier generation, whose output has these rows.

    ``restores``: a table goes back to what it was when nobody else has written to it.
    """
    mark = dict(world.marks)[generation]
    newer = [batch for batch, _ in world.delivered if batch.number > mark]
    older = tuple(b for b in world.owed if isinstance(b, Restore) or b.number <= mark)
    before = [table for batch, table in world.delivered if batch.number <= mark]
    back = world._replace(
        last=content,
        owed=older,
        unnoted=tuple(batch for batch in world.unnoted if batch.number <= mark),
        marks=tuple(entry for entry in world.marks if entry[0] <= generation),
    )
    undone = back._replace(delivered=tuple(e for e in world.delivered if e[0].number <= mark))
    if spec.replaces:
        found = {undone._replace(owed=(Restore((content,)),))}
    elif not newer:
        found = {back}
    elif spec.mode == "incremental_by_time":
        tables = taken_out(world, newer, before, content)
        if refused(spec, content):
            tables = (*tables, world.table)
        found = {undone._replace(owed=(*older, Restore(tables)))}
        if not world.known:
            found.add(back)
    else:
        stays = back._replace(got=frozenset({*world.got, content, *(b.rows for b in newer)}))
        found = {stays._replace(fresh=True)}
        if restores:
            tables = (before[-1] if before else (),)
            if spec.mode == "overwrite_partitions":
                tables = (*tables, parts_taken_out(world, newer, content))
            found.add(undone._replace(owed=(*older, Restore(tables))))
    kept = tuple(batch for batch in world.refused if batch.number <= mark)
    found |= {each._replace(refused=kept) for each in found}
    if not hands_over:
        return looked_at(spec, found)
    done = {after for each in found for after in delivered(spec, each)}
    waits = {each for each in found if not any(isinstance(b, Restore) for b in each.owed)}
    return frozenset(done | waits)


def taken(spec: Spec, world: World, generation: int) -> Worlds:
    """A rollback has died when newer batches were out of the table, and owed for that."""
    mark = dict(world.marks)[generation]
    older = tuple(entry for entry in world.delivered if entry[0].number <= mark)
    newer = [batch for batch, _ in world.delivered if batch.number > mark]
    if spec.replaces or not newer:
        return frozenset()
    table = older[-1][1] if older else ()
    restores = [entry for entry in world.owed if isinstance(entry, Restore)]
    batches = [*newer, *(entry for entry in world.owed if isinstance(entry, Batch))]
    batches.sort(key=lambda batch: batch.number)
    return frozenset([world._replace(table=table, delivered=older, owed=(*restores, *batches))])


def taken_out(
    world: World, newer: Sequence[Batch], before: Sequence[Rows], content: Rows
) -> tuple[Rows, ...]:
    """The table as it was, or with the ranges of newer batches as the generation has them."""
    ranges = [span(batch.rows) for batch in newer]
    return (before[-1] if before else (), replaced(world.table, ranges, content))


def parts_taken_out(world: World, newer: Sequence[Batch], content: Rows) -> Rows:
    parts = {row[PART] for batch in newer for row in batch.rows}
    kept = [row for row in world.table if row[PART] not in parts]
    return rows([*kept, *(row for row in content if row[PART] in parts)])
