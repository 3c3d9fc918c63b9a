"""The parameter by which an API leaves out records that are known."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seeknal.builtin.options.rest import RestOptions
    from seeknal.plugin import Source

_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?([+-]\d\d(:\d\d){0,2})?")
"""A time as DuckDB writes it."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def since(source: Source, options: RestOptions) -> list[tuple[str, str]]:
    """The parameter, with what is known in place of ``start``; none where neither is there."""
    incremental = options.incremental
    if incremental is None:
        return []
    known = source.since
    if known is not None and known.column.lower() == incremental.column.lower():
        return [(incremental.param, written(known.value, incremental.format))]
    if incremental.start is None:
        return []
    return [(incremental.param, str(incremental.start))]


def written(value: str, format: str | None) -> str:
    """A value as APIs take it. Of a time nothing is rounded up: what is asked for is no less."""
    if _TIME.fullmatch(value):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC)
    elif format is not None and _DAY.fullmatch(value):
        moment = datetime.combine(date.fromisoformat(value), datetime.min.time())
    else:
        return value
    if format in ("epoch", "epoch_ms"):
        passed = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
        return str(passed // (_SECOND if format == "epoch" else _SECOND / 1000))
    if format is not None:
        return moment.strftime(format)
    return moment.isoformat().replace("+00:00", "Z")


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC) - _EPOCH
