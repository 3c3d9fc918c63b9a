"""What a name of a query means for a metric of some model, and how that is reached."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from seeknal.plugin import SeeknalError, did_you_mean
from seeknal_semantic.definitions import Dimension, Entity
from seeknal_semantic.grains import (
    EXTRACT,
    FISCAL,
    GRAINS,
    PART_GRAINS,
    PARTS,
    can_tell,
    is_grain,
)
from seeknal_semantic.graph import EntityGraph, JoinPath, Obstacle
from seeknal_semantic.paths import METRIC_TIME, SEPARATOR, readings

if TYPE_CHECKING:
    from seeknal_semantic.definitions import Metric, SemanticLayer, SemanticModel
    from seeknal_semantic.graph import JoinStep
    from seeknal_semantic.paths import Reading

    Links = Sequence[JoinStep | Obstacle]


class NameRefused(SeeknalError):
    """A name of a query that means nothing, or cannot be had exactly."""

    exit_code = 2
    default_code = "SK1503"


def metric_of(layer: SemanticLayer, name: str) -> Metric:
    """The metric of that name. Raises NameRefused for a measure of several models, and for none."""
    found = layer.metric(name)
    if found is not None:
        return found
    models = sorted(model.name for model, _ in layer.measures(name))
    if models:
        raise NameRefused(
            f"{name!r} is a measure of several models: {', '.join(models)}",
            code="SK1502",
            help=f"make a metric of it, with semantic_model: {models[0]}",
        )
    measures = (measure for model in layer.models.values() for measure in model.measures)
    known = sorted({*layer.metrics, *measures})
    raise NameRefused(
        f"there is no metric {name!r}",
        code="SK1501",
        help=did_you_mean(name, known) or f"metrics: {', '.join(known[:20]) or 'none'}",
    )


@frozen(kw_only=True)
class Resolved:
    """A dimension or an entity, by the joins that lead to its model.

    ``grain`` and ``part`` are what the name asks for; of a time dimension both may be None.
    """

    text: str
    path: JoinPath
    member: Dimension | Entity
    grain: str | None = None
    part: str | None = None

    @property
    def model(self) -> SemanticModel:
        return self.path.model


@frozen(kw_only=True, eq=False)
class Resolver:
    """Finds what names mean in one semantic layer."""

    layer: SemanticLayer
    graph: EntityGraph
    _paths: dict[int, tuple[JoinPath, ...]] = field(factory=dict, repr=False)

    def resolve(self, text: str, base: SemanticModel, time: Dimension | None = None) -> Resolved:
        """What ``text`` means for what is measured in ``base``, whose metric_time is ``time``.

        Raises NameRefused for a name that nothing has (SK1503), that only a join to many rows
        would give (SK1508), that several paths lead to (SK1509), or with a grain or a part that
        it cannot have (SK1506); or for metric_time of what has no time (SK1512).
        """
        read = list(readings(text, self.layer.custom_grains))
        for reading in read:
            if reading.name.lower() == METRIC_TIME and not reading.hops:
                return self.metric_time(text, reading, base, time or base.default_time_dimension)
        for reading in read:
            found = self.candidates(reading, base)
            if len(found) > 1:
                raise self.ambiguous(text, reading, found)
            if found:
                return self.checked(text, reading, found[0])
        fan_out = self.fan_out(text, read, base)
        other = fan_out or self.elsewhere(text, read, base)
        raise other or self.no_grain(text, base, time) or self.unknown(text, base)

    def metric_time(
        self, text: str, reading: Reading, base: SemanticModel, time: Dimension | None
    ) -> Resolved:
        if time is None:
            message = f"{text!r}: what model {base.name!r} measures has no time"
            help = "default_time_dimension: of the model, or agg_time_dimension: of the measure"
            raise NameRefused(message, code="SK1512", help=help)
        path = JoinPath(base=base)
        return self.checked(text, evolve(reading, name=time.name), path)

    def candidates(self, reading: Reading, base: SemanticModel) -> list[JoinPath]:
        """The paths that a reading may mean: the one it names in full, else all it fits."""
        hops = [hop.lower() for hop in reading.hops]
        if base.member(reading.name) is not None and (not hops or hops in _keys(base)):
            return [JoinPath(base=base)]
        having = [path for path in self.paths(base) if path.steps and _gives(path, reading.name)]
        for words in _paths_said(reading, base):
            for whole in (True, False):
                if found := [path for path in having if _names(words, path.steps, whole=whole)]:
                    return found
        return []

    def paths(self, base: SemanticModel) -> tuple[JoinPath, ...]:
        if id(base) not in self._paths:
            self._paths[id(base)] = self.graph.paths(base)
        return self._paths[id(base)]

    def available(self, base: SemanticModel) -> tuple[str, ...]:
        """Names of all that metrics of a model can be grouped by, the nearest first."""
        found = [METRIC_TIME] if base.default_time_dimension else []
        for path in self.paths(base):
            for name in _members(path):
                found.append(SEPARATOR.join([*path.words(), name]))
        return tuple(dict.fromkeys(found))

    def checked(self, text: str, reading: Reading, path: JoinPath) -> Resolved:
        """The dimension with a grain or a part that it can have."""
        member = _member(path, reading.name)
        assert member is not None
        grain = member.grain if isinstance(member, Dimension) else None
        asked = reading.grain or reading.part
        if asked is not None and grain is None:
            message = f"{text!r}: {member.name!r} is no time dimension and has no {asked}"
            raise NameRefused(message, code="SK1506")
        if reading.grain is not None and grain is not None:
            self.check_grain(text, member.name, grain, reading.grain)
        if reading.part is not None and grain is not None:
            self.check_grain(text, member.name, grain, PART_GRAINS[reading.part])
        return Resolved(text=text, path=path, member=member, grain=reading.grain, part=reading.part)

    def check_grain(self, text: str, name: str, fine: str, coarse: str) -> None:
        custom = self.layer.custom_grains.get(coarse)
        start = self.layer.calendar.fiscal_year_start
        within = custom[0].grain if custom else coarse
        if is_grain(fine) and is_grain(within) and not can_tell(fine, within, start):
            message = f"{text!r}: {name!r} is by {fine}, which does not tell the {coarse}"
            raise NameRefused(message, code="SK1506", help=f"a grain that each {fine} lies in")

    def ambiguous(self, text: str, reading: Reading, found: Sequence[JoinPath]) -> NameRefused:
        by_entity = [path.words() for path in found]
        named = [path.words(models=by_entity.count(path.words()) > 1) for path in found]
        end = text.split(SEPARATOR)[len(reading.hops) :]
        choices = sorted(SEPARATOR.join([*words, *end]) for words in named)
        ways = "; ".join(sorted(map(str, found))[:8])
        return NameRefused(
            f"{text!r} is reached in {len(found)} ways: {ways}",
            code="SK1509",
            help=f"name one: {' or '.join(choices[:8])}",
        )

    def elsewhere(
        self, text: str, read: Sequence[Reading], base: SemanticModel
    ) -> NameRefused | None:
        """That a name is of models to which no joins lead, or none by what it says."""
        models = self.layer.models.values()
        joined = {word for model in models for word in _words(model)}
        for reading in read:
            ends = {reading.hops[-1].lower()} if reading.hops else set()
            having = [
                model
                for model in models
                if model.member(reading.name) is not None
                and (not ends or ends & _words(model))
                and joined.issuperset(map(str.lower, reading.hops))
            ]
            if having:
                return self.no_path(text, reading, base, having)
        return None

    def no_path(
        self, text: str, reading: Reading, base: SemanticModel, having: Sequence[SemanticModel]
    ) -> NameRefused:
        """That no joins lead to the models that have a name, with the nearest that there are."""
        models = ", ".join(sorted(model.name for model in having))
        end = text.split(SEPARATOR)[len(reading.hops) :]
        safe = [path for path in self.paths(base) if path.steps and path.model in having]
        ways = [SEPARATOR.join([*path.words(), *end]) for path in safe]
        behind = [links for links in self.behind(base) if links[-1].model in having]
        message = f"{text!r} is of {models}, and no joins lead there from {base.name}"
        by = f" by {' and '.join(reading.hops)}"
        if ways:
            help = did_you_mean(text, ways) or f"there are: {', '.join(ways[:8])}"
        elif behind:
            way = min(behind, key=lambda links: (not _leads_by(reading, links), len(links)))
            help = f"the nearest is {base.name}{_told(way)}, which would count rows more than once"
        else:
            by, entities = "", ", ".join(base.entities) or "none"
            help = f"entities of {base.name}: {entities}; both need one in common"
        return NameRefused(message + by, code="SK1514", help=help)

    def behind(self, base: SemanticModel) -> Iterator[Links]:
        """The joins to what lies behind one that repeats rows, none to what was passed before."""
        for obstacle in self.graph.obstacles(base):
            before: Links = (*obstacle.path.steps, obstacle)
            passed = {id(base), *(id(link.model) for link in before)}
            walked = {link.entity.lower() for link in before}
            for path in self.paths(obstacle.model):
                if not any(
                    id(step.model) in passed or step.entity.lower() in walked for step in path.steps
                ):
                    yield (*before, *path.steps)

    def fan_out(
        self, text: str, read: Sequence[Reading], base: SemanticModel
    ) -> NameRefused | None:
        """Why a name that a model has is not to be had from ``base``: the join repeats rows."""
        for reading in read:
            said = _paths_said(reading, base)
            found = [
                links
                for links in self.behind(base)
                if links[-1].model.member(reading.name) is not None
                and any(_names(words, links, whole=False) for words in said)
            ]
            if found:
                nearest = min(found, key=len)
                return _fan_out(text, next(link for link in nearest if isinstance(link, Obstacle)))
        return None

    def no_grain(
        self, text: str, base: SemanticModel, time: Dimension | None
    ) -> NameRefused | None:
        """That a name is a time, with what is no grain and no part of a date behind it."""
        head, _, end = text.rpartition(SEPARATOR)
        try:
            found = self.resolve(head, base, time) if head else None
        except NameRefused:
            return None
        if found is None or found.grain is not None or found.part is not None:
            return None
        fine = found.member.grain if isinstance(found.member, Dimension) else None
        if fine is None:
            return None
        start = self.layer.calendar.fiscal_year_start
        grains = [each for each in (*GRAINS, *FISCAL) if can_tell(fine, each, start)]
        grains += self.layer.custom_grains
        parts = [f"{EXTRACT}{part}" for part in PARTS if can_tell(fine, PART_GRAINS[part], start)]
        return NameRefused(
            f"{text!r}: {end!r} is no grain and no part of a date",
            code="SK1503",
            help=f"one of: {', '.join([*grains, *parts])}",
        )

    def unknown(self, text: str, base: SemanticModel) -> NameRefused:
        known = self.available(base)
        listed = ", ".join(known[:20]) + (" ..." if len(known) > 20 else "")
        return NameRefused(
            f"{text!r} is no dimension of what {base.name!r} measures",
            code="SK1503",
            help=did_you_mean(text, known) or f"available: {listed or 'none'}",
        )


@lru_cache(maxsize=8)
def resolver_of(layer: SemanticLayer) -> Resolver:
    """The resolver of a layer; made once."""
    return Resolver(layer=layer, graph=EntityGraph.of(layer.models.values()))


def _fan_out(text: str, obstacle: Obstacle) -> NameRefused:
    model, entity = obstacle.model.name, obstacle.entity
    if obstacle.why == "partition":
        parts = ", ".join(each.name for each in obstacle.model.partitions)
        why = f"{model} has a row of each {entity} for each {parts}"
        help = f"give {obstacle.path.model.name} a dimension {parts} with partition: true"
    else:
        why = f"{model} has many rows of one {entity}"
        help = f"measure it in {model}, or group by what has one row of each {entity}"
    return NameRefused(
        f"{text!r} would count rows more than once: {obstacle}, and {why}",
        code="SK1508",
        help=help,
    )


def _keys(model: SemanticModel) -> list[list[str]]:
    """What a model's own dimensions may be prefixed by: that of which a row is one."""
    keys = [each.name for each in model.entities.values() if each.type != "foreign"]
    return [[name.lower()] for name in (*keys, model.primary_entity or "") if name]


def _paths_said(reading: Reading, base: SemanticModel) -> list[tuple[str, ...]]:
    """The joins that a name may say: what a row is may be said before the path as well."""
    hops = [hop.lower() for hop in reading.hops]
    within = [reading.hops[1:]] if hops[:1] in _keys(base) and hops[1:] else []
    return [reading.hops, *within]


def _words(model: SemanticModel) -> set[str]:
    """What may stand before the name of what a model has, in lower case."""
    return {model.name.lower(), *map(str.lower, model.entities)}


def _leads_by(reading: Reading, links: Links) -> bool:
    """Whether the last join is the one that a name says last."""
    last = links[-1]
    ends = (last.entity.lower(), last.model.name.lower())
    return bool(reading.hops) and reading.hops[-1].lower() in ends


def _told(links: Links) -> str:
    return "".join(f" -{link.entity}-> {link.model.name}" for link in links)


def _gives(path: JoinPath, name: str) -> bool:
    """Whether a path leads to what has a name, which is not just what its last join compares."""
    member = _member(path, name)
    joined = path.steps[-1].entity.lower()
    return member is not None and not (isinstance(member, Entity) and member.name.lower() == joined)


def _member(path: JoinPath, name: str) -> Dimension | Entity | None:
    return path.model.member(name)


def _members(path: JoinPath) -> Iterator[str]:
    yield from path.model.dimensions
    joined = {step.entity for step in path.steps}
    yield from (name for name in path.model.entities if name not in joined)


def _names(hops: Sequence[str], links: Links, *, whole: bool) -> bool:
    """Whether words name joins: each join by its entity, its model, or both in this order.

    Not ``whole``: some joins may be left out, but not the last one.
    """
    waiting = [hop.lower() for hop in hops]
    passed = False
    for link in links:
        passed = False
        for word in (link.entity.lower(), link.model.name.lower()):
            if waiting and waiting[0] == word:
                waiting.pop(0)
                passed = True
        if whole and not passed:
            return False
    return not waiting and (passed or not hops)
