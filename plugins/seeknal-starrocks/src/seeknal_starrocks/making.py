"""The statement that makes a table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from seeknal.plugin import NodeError, RowsRefused
from seeknal_starrocks.connecting import quoted
from seeknal_starrocks.server import text
from seeknal_starrocks.writetypes import as_key, sorted_first

if TYPE_CHECKING:
    from seeknal_starrocks.server import Server
    from seeknal_starrocks.tablename import Table
    from seeknal_starrocks.work import Work

_TRUNCATED = re.compile(
    r"date_trunc\(\s*'(minute|hour|day|week|month|year)'\s*,\s*(`[^`]+`|\w+)\s*\)", re.IGNORECASE
)
_SLICED = re.compile(
    r"time_slice\(\s*(`[^`]+`|\w+)\s*,\s*INTERVAL\s+(\d+)\s+(SECOND|MINUTE|HOUR|DAY|WEEK|MONTH"
    r"|YEAR)\s*\)",
    re.IGNORECASE,
)


def create(work: Work, table: Table, comment: str) -> str:
    """CREATE TABLE by the options of the target. Raises RowsRefused for columns that cannot be."""
    _refuse_design(work)
    lines = []
    for writing in sorted_first(work.writings, work.keys):
        is_key = writing.name in work.keys
        type = as_key(writing).type if is_key else writing.type
        lines.append(f"{quoted(writing.name)} {type}{' NOT NULL' if is_key else ''}")
    parts = [f"CREATE TABLE {table.quoted} ({', '.join(lines)})"]
    if work.keys:
        parts.append(f"PRIMARY KEY ({_listed(work.keys)})")
    parts.append(f"COMMENT {text(comment)}")
    if work.options.partition_by:
        parts.append(f"PARTITION BY {partitioning(work.options.partition_by)}")
    if spread := work.options.distributed_by or work.keys:
        buckets = f" BUCKETS {work.options.buckets}" if work.options.buckets else ""
        parts.append(f"DISTRIBUTED BY HASH({_listed(spread)}){buckets}")
    elif work.options.buckets:
        parts.append(f"DISTRIBUTED BY RANDOM BUCKETS {work.options.buckets}")
    return " ".join(parts) + written_properties(work.properties)


def _refuse_design(work: Work) -> None:
    """Raises RowsRefused for what the options name and the rows do not have, or not so."""
    from seeknal_starrocks.checking import misfits_of

    for misfit in misfits_of(work.target, work.options, work.relation.columns):
        raise RowsRefused(misfit.message, code=misfit.code, help=misfit.help)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(quoted, names))


def written_properties(properties: Mapping[str, str]) -> str:
    """The clause; nothing where there are none."""
    inner = ", ".join(f"{text(key)} = {text(value)}" for key, value in properties.items())
    return f" PROPERTIES ({inner})" if inner else ""


def partitioning(given: Sequence[str]) -> str:
    """What follows PARTITION BY. Raises NodeError for what is no such thing."""
    if len(given) == 1 and (function := _function(given[0])) is not None:
        return function
    for each in given:
        if not re.fullmatch(r"`[^`]+`|\w+", each.strip()):
            raise NodeError(
                f"partition_by: {each!r} is no column, and no expression that is known here",
                code="SK1944",
                help='[day, region], "date_trunc(\'day\', at)" or "time_slice(at, INTERVAL 7 DAY)"',
            )
    return f"({_listed([each.strip().strip('`') for each in given])})"


def partition_columns(given: Sequence[str]) -> list[str]:
    """The columns that partitions are by. Raises NodeError."""
    return re.findall(r"`([^`]+)`", partitioning(given)) if given else []


def _function(written: str) -> str | None:
    if match := _TRUNCATED.fullmatch(written.strip()):
        return f"date_trunc('{match[1].lower()}', {quoted(match[2].strip('`'))})"
    if match := _SLICED.fullmatch(written.strip()):
        name = quoted(match[1].strip("`"))
        return f"time_slice({name}, INTERVAL {match[2]} {match[3].upper()})"
    return None


def ensure_database(server: Server, database: str) -> None:
    """Make a database that is missing; it needs no right to do so where it is not."""
    known = server.ask(
        f"SELECT 1 FROM information_schema.schemata WHERE SCHEMA_NAME = {text(database)}"
    )
    if not known:
        server.ask(f"CREATE DATABASE IF NOT EXISTS {quoted(database)}")
