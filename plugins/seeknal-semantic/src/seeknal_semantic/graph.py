"""How models are joined by the entities that they share: only to one row, never to many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from attrs import field, frozen

from seeknal_semantic.definitions import Entity, SemanticModel, named

if TYPE_CHECKING:
    from seeknal_semantic.definitions import Dimension

MOST_HOPS = 8
MOST_PATHS = 500
Why = Literal["many", "partition"]


@frozen(kw_only=True)
class JoinStep:
    """One join: rows of the model before it with at most one row of ``model`` each.

    ``left`` and ``right`` are the entity on both sides. ``partitions`` have to be equal as well.
    With ``validity`` the row is the one that holds at the time of what is measured: from the
    first dimension on, until before the second or, where that is NULL, still.
    """

    entity: str
    source: SemanticModel
    model: SemanticModel
    left: Entity
    right: Entity
    partitions: tuple[tuple[Dimension, Dimension], ...] = ()
    validity: tuple[Dimension, Dimension] | None = None


@frozen(kw_only=True)
class JoinPath:
    """The joins from one model to another one; none for what is its own."""

    base: SemanticModel
    steps: tuple[JoinStep, ...] = ()

    @property
    def model(self) -> SemanticModel:
        """Where it leads."""
        return self.steps[-1].model if self.steps else self.base

    def words(self, *, models: bool = False) -> tuple[str, ...]:
        """How it is named: by its entities and, where that is not enough, its models."""
        if not models:
            return tuple(step.entity for step in self.steps)
        return tuple(word for step in self.steps for word in (step.entity, step.model.name))

    def __str__(self) -> str:
        links = (f" -{step.entity}-> {step.model.name}" for step in self.steps)
        return self.base.name + "".join(links)


@frozen(kw_only=True)
class Obstacle:
    """A join that would repeat rows, and the joins before it."""

    path: JoinPath
    entity: str
    model: SemanticModel
    why: Why

    def __str__(self) -> str:
        return f"{self.path} -{self.entity}-> {self.model.name}"


@frozen(kw_only=True)
class EntityGraph:
    """Which models have which entities."""

    holders: Mapping[str, tuple[tuple[SemanticModel, Entity], ...]] = field(factory=dict)

    @classmethod
    def of(cls, models: Iterable[SemanticModel]) -> EntityGraph:
        found: dict[str, list[tuple[SemanticModel, Entity]]] = {}
        for model in models:
            for entity in model.entities.values():
                found.setdefault(entity.name.lower(), []).append((model, entity))
        return cls(holders={name: tuple(each) for name, each in found.items()})

    def links(self, path: JoinPath) -> Iterator[JoinStep | Obstacle]:
        """Each further join from where a path leads, by an entity and to a model not on it yet."""
        passed = [path.base, *(step.model for step in path.steps)]
        walked = {step.entity.lower() for step in path.steps}
        for entity in path.model.entities.values():
            if entity.name.lower() in walked:
                continue
            for model, right in self.holders.get(entity.name.lower(), ()):
                if not any(model is each for each in passed):
                    yield _link(path, entity, model, right)

    def paths(self, base: SemanticModel) -> tuple[JoinPath, ...]:
        """Every path from a model along which each row stays one, the shortest first."""
        found = [JoinPath(base=base)]
        for path in found:
            if len(path.steps) == MOST_HOPS or len(found) >= MOST_PATHS:
                continue
            for link in self.links(path):
                if isinstance(link, JoinStep):
                    found.append(JoinPath(base=base, steps=(*path.steps, link)))
        return tuple(found)

    def obstacles(self, base: SemanticModel) -> Iterator[Obstacle]:
        """The joins to other models that would repeat rows, those on short paths first."""
        for path in self.paths(base):
            for link in self.links(path):
                if isinstance(link, Obstacle):
                    yield link


def _link(path: JoinPath, left: Entity, model: SemanticModel, right: Entity) -> JoinStep | Obstacle:
    source = path.model
    validity = model.validity if right.type == "natural" else None
    is_one = right.type in ("primary", "unique") or validity is not None
    pairs = [(named(source.dimensions, each.name), each) for each in model.partitions]
    partitions = tuple((own, other) for own, other in pairs if own is not None and own.partition)
    if not is_one or len(partitions) < len(pairs):
        why: Why = "partition" if is_one else "many"
        return Obstacle(path=path, entity=left.name, model=model, why=why)
    return JoinStep(
        entity=left.name,
        source=source,
        model=model,
        left=left,
        right=right,
        partitions=partitions,
        validity=validity,
    )
