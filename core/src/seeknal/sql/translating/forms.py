"""Constructs whose parts are not plainly operands, and what brings each of them over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from seeknal.sql.translating import (
    aggregating,
    casting,
    choosing,
    documents,
    lists,
    literals,
    moments,
    naming,
)
from seeknal.sql.translating.matching import MATCHING

if TYPE_CHECKING:
    from seeknal.sql.translating.expressions import Expressions
    from seeknal.sql.translating.scopes import Scope

FORMS: Mapping[str, Callable[[Expressions, Any, Scope], str]] = {
    **MATCHING,
    "Alias": literals.inner,
    "Boolean": literals.boolean,
    "Bracket": lists.element,
    "Case": choosing.case,
    "Cast": casting.cast,
    "Collate": literals.collated,
    "Column": naming.column,
    "Distinct": aggregating.distinct,
    "EQ": lists.equal,
    "Escape": choosing.like_with_escape,
    "Exists": choosing.exists,
    "Explode": lists.exploded,
    "Filter": aggregating.filtered,
    "If": choosing.if_,
    "In": choosing.among,
    "Interval": literals.interval,
    "JSONExtract": documents.member,
    "JSONExtractScalar": documents.member,
    "Lambda": documents.arrow,
    "Literal": literals.literal,
    "Null": literals.null,
    "Order": aggregating.in_order,
    "Paren": literals.inner,
    "Select": choosing.subquery,
    "Star": literals.word,
    "Subquery": choosing.subquery,
    **dict.fromkeys(("TimeToStr", "ToChar"), moments.formatted),
    **dict.fromkeys(("StrToDate", "StrToTime", "TsOrDsToDate"), moments.read),
    "TryCast": casting.try_cast,
    "Var": literals.word,
    "Window": aggregating.window,
    "WithinGroup": aggregating.within_group,
}
