"""The target type ``file``: rows as csv, json, parquet or xlsx, replaced in one move."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from seeknal.plugin import hookimpl

if TYPE_CHECKING:
    from seeknal.builtin.options.filetarget import FileOptions
    from seeknal.plugin import (
        Delivered,
        DeliveryContext,
        Fate,
        Problem,
        Project,
        Relation,
        Standing,
        Target,
        TargetContext,
        TargetType,
    )

_TYPE = "file"


@hookimpl
def target_types() -> list[TargetType]:
    from seeknal.plugin import TargetType

    return [
        TargetType(
            name=_TYPE,
            options="seeknal.builtin.options.filetarget:FileOptions",
            summary="a csv, json, parquet or xlsx file",
            label_field="path",
            exposure=True,
        )
    ]


@hookimpl
def validate_project(project: Project) -> Iterable[Problem]:
    from seeknal.builtin.filedelivery import problems_of

    return problems_of(project)


@hookimpl
def isolate_target(target: Target, context: TargetContext) -> str | None:
    if target.type != _TYPE:
        return None
    from seeknal.builtin.filedelivery import place_in

    options = cast("FileOptions", target.options)
    return place_in(options, context)


@hookimpl
def materialize(target: Target, relation: Relation, context: DeliveryContext) -> Delivered | None:
    if target.type != _TYPE:
        return None
    from seeknal.builtin.filedelivery import deliver

    options = cast("FileOptions", target.options)
    return deliver(target, options, relation, context)


@hookimpl
def target_stands(target: Target, context: TargetContext) -> bool | None:
    if target.type != _TYPE:
        return None
    from seeknal.builtin.filedelivery import stands

    options = cast("FileOptions", target.options)
    return stands(options, context)


@hookimpl
def drop_target(
    target: Target, standing: Standing, context: TargetContext, dry_run: bool
) -> Fate | None:
    if target.type != _TYPE:
        return None
    from seeknal.builtin.filedelivery import drop

    options = cast("FileOptions", target.options)
    return drop(target, options, standing, context, dry_run=dry_run)
