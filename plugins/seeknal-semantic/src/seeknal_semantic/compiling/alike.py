"""Whether values from two models can be compared exactly: where one is cast, two may become one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal_semantic.compiling.calendar import is_whole_days
from seeknal_semantic.compiling.families import INTEGERS
from seeknal_semantic.compiling.refusing import refused
from seeknal_semantic.compiling.trees import column
from seeknal_semantic.definitions import Dimension

if TYPE_CHECKING:
    from seeknal_semantic.compiling.items import Item
    from seeknal_semantic.compiling.scope import Measured, Scope
    from seeknal_semantic.definitions import Entity, SemanticModel

_EXACT = INTEGERS | {"DECIMAL"}
_THROUGH_DOUBLE = frozenset(("HUGEINT", "UHUGEINT"))
"""DuckDB compares these two as DOUBLEs."""
_OPEN = ("", "NULL", '"NULL"')


@frozen(kw_only=True)
class Side:
    """Values of a type, in a model; the type is empty where it is not known."""

    model: str
    type: str


def refuse_unlike(what: str, sides: Sequence[Side]) -> None:
    """Raise QueryRefused where values of any two sides are not compared as they are."""
    for one, other in combinations(sides, 2):
        if not are_alike(one.type, other.type):
            raise refused(
                "SK1525",
                f"{what!r} is {one.type} in {one.model} and {other.type} in {other.model}, "
                "which are not compared exactly",
                help="let expr give one type in both: CAST(... AS ...)",
            )


def are_alike(one: str, other: str) -> bool:
    """Whether values of two of DuckDB's types are equal only where they are the same."""
    if one == other or one in _OPEN or other in _OPEN:
        return True
    kinds = {type.partition("(")[0].upper() for type in (one, other)}
    return (kinds <= _EXACT and kinds != _THROUGH_DOUBLE) or kinds <= {"VARCHAR", "ENUM"}


def item_side(scope: Scope, measured: Measured, item: Item) -> Side:
    """What a dimension of the query shows for what is measured."""
    model = measured.model if item.found is None else item.found.model
    if item.part is not None:
        return Side(model=model.name, type="BIGINT")
    if item.custom:
        assert item.grain is not None
        spine, grain = scope.layer.custom_grains[item.grain]
        words = str(column(grain.column).sql("duckdb"))
        return Side(model=spine.name, type=scope.type_of(spine.rows, words))
    if item.grain is not None:
        return Side(model=model.name, type=_type_of_time(item.grain))
    assert item.found is not None
    return member_side(scope, model, item.found.member)


def member_side(scope: Scope, model: SemanticModel, member: Dimension | Entity) -> Side:
    """What a dimension, at its own grain, or an entity of a model is."""
    if isinstance(member, Dimension) and member.type == "time":
        return Side(model=model.name, type=_type_of_time(member.grain or "day"))
    return Side(model=model.name, type=scope.type_of(model.rows, member.expr))


def _type_of_time(grain: str) -> str:
    return "DATE" if is_whole_days(grain) else "TIMESTAMP"
