"""What the next delivery would do to a view, without doing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.plugin import DeliveryError, Look
from seeknal_starrocks.engine import query_of
from seeknal_starrocks.serving.delivering import view_of
from seeknal_starrocks.serving.deploying import NOT_OURS, Deployment
from seeknal_starrocks.serving.desk import opened, see_what_is_new
from seeknal_starrocks.serving.origins import names_of, tree_of
from seeknal_starrocks.serving.places import place_of

if TYPE_CHECKING:
    from seeknal.plugin import NodeContext, Target
    from seeknal_starrocks.serving.options import StarRocksView

_LOOKS = {
    "created": Look(state="missing", detail="a run puts it up"),
    "replaced": Look(state="differs", detail="a run puts another in its place"),
    "changed": Look(state="differs", detail="a run alters it"),
    "refreshed": Look(state="same"),
}


def look_at(target: Target, options: StarRocksView, context: NodeContext) -> Look:
    """Raises NodeError or DeliveryError for what a run would not put up."""
    place, node = place_of(target, context), context.definition(target.node)
    with opened(target, context, dry=True) as desk:
        desk.enter(place.database)
        query = query_of(node, target, context)
        see_what_is_new(names_of(tree_of(query), place.database), desk)
        view = view_of(query, place, target, options, desk, context)
        try:
            done = Deployment(view=view, desk=desk, log=context.log).carry_out()
        except DeliveryError as error:
            if error.code != NOT_OURS:
                raise
            return Look(state="foreign", detail=error.message)
    return evolve(_LOOKS[done], statements=tuple(desk.changes))
