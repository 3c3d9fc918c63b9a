"""Saved queries, and what a query adds to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.plugin import did_you_mean
from seeknal_semantic.compiling.refusing import refused
from seeknal_semantic.definitions import named

if TYPE_CHECKING:
    from seeknal_semantic.compiling.query import Query
    from seeknal_semantic.definitions import SemanticLayer


def with_saved(layer: SemanticLayer, name: str, query: Query) -> Query:
    """The saved query with what ``query`` asks for besides.

    Metrics, dimensions and filters come to those that are saved, all else takes the place of what
    is. Raises QueryRefused for a name that no saved query has.
    """
    saved = named(layer.saved_queries, name)
    if saved is None:
        known = sorted(layer.saved_queries)
        raise refused(
            "SK1501",
            f"there is no saved query {name!r}",
            help=did_you_mean(name, known) or f"saved queries: {', '.join(known) or 'none'}",
        )
    return evolve(
        query,
        metrics=(*saved.metrics, *query.metrics),
        dimensions=(*saved.dimensions, *query.dimensions),
        filters=(*saved.filters, *query.filters),
        order_by=query.order_by or saved.order_by,
        limit=saved.limit if query.limit is None else query.limit,
        start=saved.start if query.start is None else query.start,
        end=saved.end if query.end is None else query.end,
        timezone=saved.timezone if query.timezone is None else query.timezone,
    )
