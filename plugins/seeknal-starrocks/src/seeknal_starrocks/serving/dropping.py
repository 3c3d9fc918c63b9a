"""Dropping a view that no exposure asks for any more: only one of ours that nothing reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal.plugin import Fate
from seeknal_starrocks.serving import ddl
from seeknal_starrocks.serving.desk import opened
from seeknal_starrocks.serving.places import place_of
from seeknal_starrocks.serving.standing import left_beside, on_top, standing_at

if TYPE_CHECKING:
    from seeknal.plugin import Target, TargetContext
    from seeknal_starrocks.serving.desk import Desk
    from seeknal_starrocks.serving.standing import Standing
    from seeknal_starrocks.tablename import Table


def drop(target: Target, context: TargetContext, *, dry_run: bool) -> Fate:
    """With it go those that attempts have left beside it.

    Raises DeliveryError or ConnectionFailed.
    """
    place = place_of(target, context)
    with opened(target, context, dry=dry_run) as desk:
        there = standing_at(place, desk)
        if there is None:
            return Fate(verdict="gone")
        if (why := _why_kept(place, there, target, context, desk)) is not None:
            return Fate(verdict="kept", why=why)
        assert there.mark is not None
        for name in (*left_beside(place, there.mark, desk), place.name):
            desk.change(ddl.drop(place, name))
        return Fate(verdict="dropped")


def _why_kept(
    place: Table, there: Standing, target: Target, context: TargetContext, desk: Desk
) -> str | None:
    if there.mark is None:
        return "seeknal did not make it"
    if (there.mark.project, there.mark.environment) != (context.project, context.environment):
        return f"it is of project {there.mark.project!r}, environment {there.mark.environment!r}"
    if there.mark.node != str(target.node):
        return f"{there.mark.node} is served by it now"
    readers = on_top(place, desk)
    return f"{readers[0]} reads it" if readers else None
