"""What StarRocks tells of the tables that a query reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal_starrocks.addresses import DEFAULT_CATALOG
from seeknal_starrocks.connecting import quoted
from seeknal_starrocks.server import text
from seeknal_starrocks.serving.desk import Refused
from seeknal_starrocks.serving.partitions import Transform

if TYPE_CHECKING:
    from seeknal_starrocks.serving.desk import Desk

Name = tuple[str, str, str]
"""Catalog, database and table."""
_CLAUSE = re.compile(r"^\)?\s*PARTITION BY\s+(?:RANGE|LIST)?\s*(.+?)\s*;?$", re.MULTILINE)
_FIELD = re.compile(
    r"""(?:(?P<name>\w+)\s*\(\s*)?(?:'\w+'\s*,\s*|\d+\s*,\s*)?
    `?(?P<column>\w+)`?(?:\s*,\s*\d+)?\s*\)?""",
    re.VERBOSE,
)
_OLDER = re.compile(r"Unknown table|not support|syntax error", re.IGNORECASE)
_TELLS = (3, 4, 1)
"""The version from which on StarRocks tells of the partitions of Iceberg tables."""


@frozen(kw_only=True)
class Base:
    """``columns`` have StarRocks' types. ``evolved``: whether an Iceberg table was partitioned
    otherwise before, None where that cannot be told. ``active``: false of a view that is not kept
    up to date."""

    name: Name
    columns: Mapping[str, str]
    partitions: tuple[Transform, ...] = ()
    evolved: bool | None = False
    active: bool = True

    @property
    def external(self) -> bool:
        return self.name[0] != DEFAULT_CATALOG

    def __str__(self) -> str:
        return ".".join(self.name if self.external else self.name[1:])

    def column(self, name: str) -> str | None:
        """The column as the table writes it, however its letters are written."""
        return next((each for each in self.columns if each.lower() == name.lower()), None)


@frozen(kw_only=True)
class Origin:
    """The column of a table that a column of a query is, as it stands there."""

    table: Base
    column: str


def base_of(name: Name, desk: Desk) -> Base:
    """Raises DeliveryError for a table that there is not."""
    written = ".".join(map(quoted, name))
    columns = columns_of(name, desk)
    external = name[0] != DEFAULT_CATALOG
    definition = str(desk.ask(f"SHOW CREATE TABLE {written}")[0][1])
    head = definition.partition("(")[0].upper()
    partitions = () if " VIEW " in head else transforms_of(definition)
    return Base(
        name=name,
        columns=columns,
        partitions=partitions,
        evolved=_evolved(name, desk) if external and partitions else False,
        active=_active(name, desk) if " MATERIALIZED VIEW " in head else True,
    )


def columns_of(name: Name, desk: Desk) -> dict[str, str]:
    """Its columns with their types. Raises DeliveryError for a table that there is not."""
    told = desk.ask(f"DESC {'.'.join(map(quoted, name))}")
    return {str(row[0]): str(row[1]).lower() for row in told}


def transforms_of(written: str) -> tuple[Transform, ...]:
    """By what a table is partitioned, by its definition as SHOW CREATE gives it.

    Nothing where it is not understood: then no view can be partitioned by it.
    """
    clause = _CLAUSE.search(written)
    if clause is None:
        return ()
    text = clause[1]
    if text.startswith("("):
        text = text[1 : _end_of(text)]
    fields = [_FIELD.fullmatch(part.strip()) for part in _parts(text)]
    return (
        tuple(
            Transform(
                name=_TRUNCATED.get(name := (field["name"] or "identity").lower(), name),
                column=field["column"],
            )
            for field in fields
            if field is not None
        )
        if all(fields)
        else ()
    )


_TRUNCATED = {"date_trunc": "identity"}
"""StarRocks' own tables have functions whose column is what counts."""


def _end_of(text: str) -> int:
    """Where the parenthesis ends with which a text begins."""
    depth = 0
    for at, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth == 0:
            return at
    return len(text)


def _parts(text: str) -> list[str]:
    """Parted by commas that stand in no parentheses."""
    return re.split(r",(?![^(]*\))", text)


def _active(name: Name, desk: Desk) -> bool:
    found = desk.ask(
        "SELECT IS_ACTIVE FROM information_schema.materialized_views WHERE"
        f" TABLE_SCHEMA = {text(name[1])} AND TABLE_NAME = {text(name[2])}"
    )
    return all(str(row[0]).lower() in ("true", "1") for row in found)


def _evolved(name: Name, desk: Desk) -> bool | None:
    """Whether an Iceberg table has rows of another specification than its first.

    None for one without rows, and where StarRocks does not tell.
    """
    if desk.version < _TELLS:
        return None
    told = ".".join(map(quoted, (*name[:2], f"{name[2]}$partitions")))
    try:
        ((newest,),) = desk.ask(f"SELECT max(spec_id) AS newest FROM {told}")
    except Refused as error:
        if not _OLDER.search(error.message):
            raise
        return None
    return None if newest is None else int(newest) > 0
