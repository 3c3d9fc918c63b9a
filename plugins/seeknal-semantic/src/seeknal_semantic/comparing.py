"""How the values of metrics moved between two environments, by dimensions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from math import isclose, isnan
from typing import TYPE_CHECKING, Any, Literal

import click
from attrs import frozen

from seeknal.plugin import Section, SeeknalError
from seeknal_semantic.asking import compiler_of, proving_over, query_of
from seeknal_semantic.building import semantic_layer
from seeknal_semantic.describing import rows_of
from seeknal_semantic.resolving import metric_of

if TYPE_CHECKING:
    from seeknal.plugin import Outputs, Project
    from seeknal_semantic.compiler import CompiledQuery, MetricCompiler
    from seeknal_semantic.definitions import SemanticLayer

ALIKE = 1e-12
"""How much of itself a DOUBLE may be off: it is added up in whatever order threads end."""
Key = tuple[Any, ...]


@frozen(kw_only=True)
class Group:
    """A group whose value is another one, or that only one side has."""

    key: Key
    there: Literal["both", "a", "b"]
    a: object = None
    b: object = None


@frozen(kw_only=True)
class Compared:
    """One metric: the groups that differ, and how many do not. ``error``: why none was compared."""

    metric: str
    moved: tuple[Group, ...] = ()
    same: int = 0
    error: SeeknalError | None = None


def section_of(
    project: Project, a: Outputs, b: Outputs, asked: Mapping[str, Sequence[str]], limit: int
) -> Section:
    """The metrics that are asked for over both sides, as they are defined now.

    Raises SeeknalError for what no metric is called, and where none of them has an exact answer.
    """
    if "metrics" not in asked:
        raise click.UsageError("--dimensions goes with --metrics")
    layer, dimensions = semantic_layer(project), tuple(asked.get("dimensions", ()))
    names = [metric_of(layer, name).name for name in dict.fromkeys(asked["metrics"])]
    names = names or [row[0] for row in rows_of(layer)]
    comparing = _Comparing(layer, a, b, dimensions)
    found = []
    for name in names:
        try:
            found.append(comparing.compared(name))
        except SeeknalError as error:
            found.append(Compared(metric=name, error=error))
    for each in found[:1]:
        if each.error is not None and all(other.error is not None for other in found):
            raise each.error
    return Section(
        name="metrics",
        lines=tuple(_lines(found, dimensions, limit)),
        data=_data(found, dimensions, limit),
    )


class _Comparing:
    def __init__(
        self, layer: SemanticLayer, a: Outputs, b: Outputs, dimensions: tuple[str, ...]
    ) -> None:
        self.layer = layer
        self.dimensions = dimensions
        self.sides = [(side, compiler_of(layer, side)) for side in (a, b)]

    def compared(self, metric: str) -> Compared:
        before, after = (self.values(*side, metric) for side in self.sides)
        moved = [
            Group(
                key=key,
                there="both" if key in before and key in after else "a" if key in before else "b",
                a=before.get(key),
                b=after.get(key),
            )
            for key in sorted({*before, *after}, key=_order)
            if key not in before or key not in after or not _is_same(before[key], after[key])
        ]
        same = len(before.keys() | after.keys()) - len(moved)
        return Compared(metric=metric, moved=tuple(moved), same=same)

    def values(self, side: Outputs, compiler: MetricCompiler, metric: str) -> dict[Key, object]:
        """The value of each group. Raises SeeknalError that names the side."""
        asked = {"metrics": [metric], "dimensions": list(self.dimensions)}
        try:
            compiled = compiler.compile(query_of(asked, self.layer))
            _, rows = proving_over(side.duckdb).answer(compiler, compiled)
        except SeeknalError as error:
            error.message = f"{error.message} (in {side.environment})"
            raise
        return _by_group(rows, compiled)


def _by_group(rows: Sequence[Key], compiled: CompiledQuery) -> dict[Key, object]:
    found: dict[Key, object] = {}
    for *key, value in rows:
        if tuple(map(_hashed, key)) in found:
            raise AssertionError(f"two rows of one group: {compiled.sql}")
        found[tuple(map(_hashed, key))] = value
    return found


def _hashed(value: Any) -> Any:
    """A group's value as a key: NaN is one of them, lists and structs are texts."""
    if isinstance(value, float) and isnan(value):
        return "NaN"
    return str(value) if isinstance(value, list | dict | set) else value


def _order(key: Key) -> list[tuple[bool, bool, Any]]:
    """Numbers by size, what else there is by its text, NULL last."""
    return [
        (part is None, False, part)
        if isinstance(part, int | float | Decimal)
        else (part is None, True, "" if part is None else str(part))
        for part in key
    ]


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return (isnan(one) and isnan(other)) or isclose(one, other, rel_tol=ALIKE)
    return bool(one == other)


def _lines(found: Sequence[Compared], dimensions: Sequence[str], limit: int) -> Iterator[str]:
    if not found:
        yield "there are none"
    for each in found:
        if each.moved and not dimensions:
            (group,) = each.moved
            yield f"{each.metric}: {_text(group.a)} -> {_text(group.b)}"
        elif each.moved:
            groups = "group" if len(each.moved) == 1 else "groups"
            yield f"{each.metric}: {len(each.moved):,} {groups} moved, {each.same:,} the same"
            shown = each.moved[: limit or None]
            yield from (f"  {_group(group, dimensions)}" for group in shown)
            if len(shown) < len(each.moved):
                yield f"  and {len(each.moved) - len(shown):,} more"
    same = [each.metric for each in found if not each.moved and each.error is None]
    if same:
        yield f"the same: {', '.join(same)}"
    for each in found:
        if each.error is not None:
            yield f"not compared: {each.metric}: {each.error.message}"


def _group(group: Group, dimensions: Sequence[str]) -> str:
    name = ", ".join(f"{d}={_text(v)}" for d, v in zip(dimensions, group.key, strict=True))
    if group.there == "both":
        return f"~ {name}: {_text(group.a)} -> {_text(group.b)}"
    mark, value = ("-", group.a) if group.there == "a" else ("+", group.b)
    return f"{mark} {name}: {_text(value)}"


def _text(value: object) -> str:
    return "NULL" if value is None else str(value)


def _data(found: Sequence[Compared], dimensions: Sequence[str], limit: int) -> dict[str, Any]:
    return {
        "metrics": [
            {
                "metric": each.metric,
                "moved": len(each.moved),
                "same": each.same,
                "groups": [
                    {
                        "dimensions": dict(zip(dimensions, group.key, strict=True)),
                        "there": group.there,
                        "a": group.a,
                        "b": group.b,
                    }
                    for group in each.moved[: limit or None]
                ],
            }
            for each in found
            if each.moved
        ],
        "same": [each.metric for each in found if not each.moved and each.error is None],
        "not_compared": [
            {"metric": each.metric, "code": each.error.code, "message": each.error.message}
            for each in found
            if each.error is not None
        ],
    }
