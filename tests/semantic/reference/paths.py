"""From a name in a query to a column of some model, and from a row to its joined rows."""

from dataclasses import dataclass
from difflib import get_close_matches

from tests.semantic.reference.calendar import GRAINS, PARTS, part
from tests.semantic.reference.evaluate import evaluate
from tests.semantic.reference.language import as_datetime
from tests.semantic.reference.project import Field, Model, Project
from tests.semantic.reference.refusal import Reason, Refused, Unjudged, refuse

WORST_LAST = (
    *(Reason.UNKNOWN_NAME, Reason.NO_PATH, Reason.FAN_OUT, Reason.GRAIN),
    Reason.AMBIGUOUS_PATH,
)


@dataclass(frozen=True)
class Hop:
    left: Model
    entity: str
    right: Model

    @property
    def safe(self) -> bool:
        key = self.right.entities[self.entity]
        lone = self.right.partition is not None and self.left.partition is None
        dated = self.right.validity("start") and self.right.validity("end")
        return not lone and (
            key.kind in ("primary", "unique") or (key.kind == "natural" and bool(dated))
        )


@dataclass(frozen=True)
class Place:
    """Where a name leads: hops from the measure's model, a field there, a grain or part."""

    name: str
    hops: tuple
    field: Field
    grain: str | None = None
    part: str | None = None

    @property
    def needs_time(self) -> bool:
        return any(hop.right.entities[hop.entity].kind == "natural" for hop in self.hops)


def split_suffix(project: Project, name: str):
    """The readings of a name: (path and field, grain or part), the plain one first."""
    parts = name.split("__")
    yield parts, None
    if len(parts) > 1 and suffix_of(project, parts[-1]):
        yield parts[:-1], parts[-1]


def suffix_of(project: Project, text: str) -> bool:
    is_part = text.startswith("extract_") and text.removeprefix("extract_") in PARTS
    return is_part or text in GRAINS or text in project.customs


def resolve(project: Project, root: Model, name: str) -> Place:
    """What ``name`` means for a measure of ``root``."""
    refusals = []
    for parts, suffix in split_suffix(project, name):
        try:
            hops, found = locate(project, root, tuple(parts[:-1]), parts[-1], name)
            return suffixed(project, name, hops, found, suffix)
        except Refused as error:
            refusals.append(error)
    raise max(refusals, key=lambda error: WORST_LAST.index(error.reason))


def suffixed(project, name, hops, found: Field, suffix) -> Place:
    if suffix is None:
        return Place(name, hops, found, found.grain)
    if not found.is_time:
        refuse(Reason.GRAIN, f"{name}: {found.name} is no time dimension")
    check_grain(project, name, found.grain, suffix)
    if suffix.startswith("extract_"):
        return Place(name, hops, found, None, suffix.removeprefix("extract_"))
    return Place(name, hops, found, suffix)


def check_grain(project: Project, name: str, declared: str, suffix: str) -> None:
    """Refuses a grain or part that is finer than what the time dimension holds."""
    if not project.calendar.nests(declared, tells_apart(project, suffix)):
        refuse(Reason.GRAIN, f"{name}: its time dimension has the grain {declared}")


def tells_apart(project: Project, suffix: str) -> str:
    """The grain of the times that a grain or part tells apart."""
    if suffix.startswith("extract_"):
        return PARTS[suffix.removeprefix("extract_")]
    return project.customs[suffix].grain if suffix in project.customs else suffix


def locate(project: Project, root: Model, path: tuple, field: str, name: str):
    """The hops and field of a path, as MEANING's N2 to N4 say."""
    own = root.own(field)
    if own is not None and (not path or (len(path) == 1 and path[0] in root.own_prefixes)):
        return (), own
    walks = [one for one in walks_from(project, root) if ends_in(one, field)]
    safe = [one for one in walks if all(hop.safe for hop in one)]
    further = path[1:] if len(path) > 1 and path[0] in root.own_prefixes else None
    typed = [one for one in safe if entities(one) == further]
    typed = typed or [one for one in safe if path and entities(one) == path]
    found = typed or [one for one in safe if ends_with(entities(one), path)]
    if len(found) > 1:
        listed = ", ".join(sorted("__".join([*entities(one), field]) for one in found))
        models = ", ".join(sorted({one[-1].right.name for one in found}))
        refuse(Reason.AMBIGUOUS_PATH, f"{name} may be {listed} (of {models})")
    if found:
        return found[0], found[0][-1].right.own(field)
    fanning = [one for one in walks if ends_with(entities(one), path)]
    if fanning:
        hop = next(hop for hop in fanning[0] if not hop.safe)
        way = " -> ".join([root.name, *(f"{hop.right.name} by {hop.entity}" for hop in fanning[0])])
        refuse(
            Reason.FAN_OUT,
            f"{name}: {way}: a {hop.entity} of {hop.left.name} has many rows in {hop.right.name}",
        )
    known = [one for model in project.models.values() for one in known_names(model)]
    there = any(model.own(field) for model in project.models.values())
    if there and all(any(e in m.entities for m in project.models.values()) for e in path):
        refuse(Reason.NO_PATH, f"{name}: no path from {root.name}")
    near = get_close_matches(name, known, 1) or get_close_matches(field, known, 1)
    refuse(Reason.UNKNOWN_NAME, f"no dimension {name!r}; near: {near}; there are {sorted(known)}")


def known_names(model: Model):
    return [*model.dimensions, *model.entities]


def entities(walk) -> tuple:
    return tuple(hop.entity for hop in walk)


def ends_with(typed: tuple, suffix: tuple) -> bool:
    return typed[len(typed) - len(suffix) :] == suffix


def ends_in(walk, field: str) -> bool:
    """Whether a walk's last model has the field; an entity walked by is no news there."""
    found = walk[-1].right.own(field)
    return found is not None and not (
        field in entities(walk) and field not in walk[-1].right.dimensions
    )


def walks_from(project: Project, model: Model, seen=(), walked=()):
    """Every way through the models that visits none twice and walks no entity twice."""
    for entity in model.entities:
        if entity in walked:
            continue
        for right in project.models.values():
            if right is model or right in seen or entity not in right.entities:
                continue
            hop = Hop(model, entity, right)
            yield (hop,)
            for rest in walks_from(project, right, (*seen, model), (*walked, entity)):
                yield (hop, *rest)


class Rows:
    """Values of names for rows of one model's table."""

    def __init__(self, project: Project):
        self.project = project
        self.customs, self.lowered, self.known = {}, {}, {}

    def column(self, row):
        lowered = self.lowered.get(id(row))
        if lowered is None:
            lowered = {name.lower(): value for name, value in row.items()}
            self.lowered[id(row)] = lowered

        def lookup(name):
            if name.lower() not in lowered:
                refuse(Reason.BAD_EXPRESSION, f"no column {name!r}")
            return lowered[name.lower()]

        return lookup

    def value(self, field: Field, row):
        """A field's value in a row of its own model; a time at its declared granularity."""
        value = self.raw(field, row)
        return self.project.calendar.truncate(value, field.grain) if field.is_time else value

    def raw(self, field: Field, row):
        value = evaluate(field.tree, self.column(row))
        return self.project.calendar.local(value) if field.is_time else value

    def at(self, place: Place, row, time):
        """A place's value for a row of the first model; ``time`` is the measure's, for SCD."""
        key = (id(place), id(row), time)
        if key not in self.known:
            for hop in place.hops:
                row = None if row is None else self.joined(hop, row, time)
            value = None if row is None else self.shaped(place, self.value(place.field, row))
            self.known[key] = (value, place)
        return self.known[key][0]

    def shaped(self, place: Place, value):
        if value is None or not place.field.is_time:
            return value
        if place.part is not None:
            return part(value, place.part)
        return self.truncate(value, place.grain)

    def truncate(self, value, grain: str):
        """A time at a grain, a custom one too."""
        if grain not in self.project.customs:
            return self.project.calendar.truncate(value, grain)
        if grain not in self.customs:
            self.customs[grain] = self.custom(grain)
        within = self.project.calendar.truncate(value, self.project.customs[grain].grain)
        return self.customs[grain].get(within)

    def custom(self, grain: str) -> dict:
        """The periods of a custom grain, by the spine's own."""
        spine, found = self.project.customs[grain], {}
        for row in self.project.tables[spine.table]:
            period = self.project.calendar.truncate(row[spine.column], spine.grain)
            value = row[spine.customs[grain]]
            if period is not None and found.setdefault(period, value) != value:
                raise Unjudged(f"{spine.table} has two values of {grain} for {period}")
        return found

    def joined(self, hop: Hop, row, time):
        """The one row that a hop leads to, or None."""
        key = evaluate(hop.left.entities[hop.entity].tree, self.column(row))
        if key is None:
            return None
        found = [
            other
            for other in self.project.tables[hop.right.table]
            if evaluate(hop.right.entities[hop.entity].tree, self.column(other)) == key
            and self.valid(hop, row, other, time)
        ]
        if len(found) > 1:
            raise Unjudged(f"{hop.right.name} has {hop.entity} {key!r} more than once")
        return found[0] if found else None

    def valid(self, hop: Hop, row, other, time) -> bool:
        if hop.right.partition is not None:
            mine = self.value(hop.left.partition, row)
            if mine is None or mine != self.value(hop.right.partition, other):
                return False
        if hop.right.entities[hop.entity].kind != "natural":
            return True
        start = self.value(hop.right.validity("start"), other)
        end = self.value(hop.right.validity("end"), other)
        return (
            time is not None
            and start is not None
            and as_datetime(start) <= as_datetime(time)
            and (end is None or as_datetime(time) < as_datetime(end))
        )
