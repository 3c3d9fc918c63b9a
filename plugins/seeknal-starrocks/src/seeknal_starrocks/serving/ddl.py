"""Statements about views, from values to text: sqlglot does not know all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from seeknal_starrocks.addresses import DEFAULT_CATALOG
from seeknal_starrocks.connecting import quoted
from seeknal_starrocks.server import text

if TYPE_CHECKING:
    from seeknal_starrocks.serving.schedule import Schedule
    from seeknal_starrocks.serving.view import View
    from seeknal_starrocks.tablename import Table


def create(view: View, name: str) -> str:
    """The view under another name. It is not refreshed by that."""
    clauses = [
        f"CREATE MATERIALIZED VIEW {_named(view.place, name)}",
        f"COMMENT {text(view.comment)}",
    ]
    if view.partition_by:
        listed = ", ".join(view.partition_by)
        several = len(view.partition_by) > 1
        clauses.append(f"PARTITION BY {f'({listed})' if several else listed}")
    clauses.append(f"DISTRIBUTED BY {view.distributed_by}")
    if view.order_by:
        clauses.append(f"ORDER BY ({', '.join(map(quoted, view.order_by))})")
    clauses.append(f"REFRESH DEFERRED {view.schedule.written}")
    if view.properties:
        clauses.append(f"PROPERTIES {_properties(view.properties)}")
    return "\n".join([*clauses, f"AS {view.query}"])


def refresh(place: Table, name: str) -> str:
    """Ends when the refresh does, and with its failure."""
    return f"REFRESH MATERIALIZED VIEW {_named(place, name)} WITH SYNC MODE"


def refresh_table(name: tuple[str, ...]) -> str:
    return f"REFRESH EXTERNAL TABLE {'.'.join(map(quoted, name))}"


def swap(place: Table, name: str) -> str:
    """Let the view and another one change their names."""
    return f"{_alter(place)} SWAP WITH {quoted(name)}"


def rename(place: Table, name: str) -> str:
    """Let another one have the view's name. It fails where anything has it."""
    return f"ALTER MATERIALIZED VIEW {_named(place, name)} RENAME {quoted(place.name)}"


def drop(place: Table, name: str) -> str:
    return f"DROP MATERIALIZED VIEW IF EXISTS {_named(place, name)}"


def set_schedule(place: Table, schedule: Schedule) -> str:
    return f"{_alter(place)} REFRESH DEFERRED {schedule.written}"


def set_properties(place: Table, properties: Mapping[str, str]) -> str:
    return f"{_alter(place)} SET {_properties(properties)}"


def activate(place: Table) -> str:
    return f"{_alter(place)} ACTIVE"


def create_database(name: str) -> str:
    return f"CREATE DATABASE IF NOT EXISTS {quoted(name)}"


def _alter(place: Table) -> str:
    return f"ALTER MATERIALIZED VIEW {_named(place, place.name)}"


def _named(place: Table, name: str) -> str:
    return ".".join(map(quoted, (DEFAULT_CATALOG, place.database, name)))


def _properties(given: Mapping[str, str]) -> str:
    return f"({', '.join(f'{text(key)} = {text(value)}' for key, value in given.items())})"
