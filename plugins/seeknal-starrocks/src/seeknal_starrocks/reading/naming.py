"""Which table or query a source means, and what stands for it after FROM."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.plugin import NodeError, SqlRefused, check_query, without_end
from seeknal_starrocks.connecting import quoted

if TYPE_CHECKING:
    from seeknal.plugin import Source
    from seeknal_starrocks.addresses import Address
    from seeknal_starrocks.reading.dialects import Dialect

_EXECUTED = re.compile(r"/\*M?!")
"""How a comment begins that MySQL and MariaDB carry out."""


@frozen(kw_only=True)
class Table:
    """A table's name; ``catalog`` is empty in that of the connection, or where there is none."""

    catalog: str
    database: str
    name: str

    @property
    def quoted(self) -> str:
        return ".".join(quoted(part) for part in (self.catalog, self.database, self.name) if part)

    def __str__(self) -> str:
        return ".".join(part for part in (self.catalog, self.database, self.name) if part)


def table_of(source: Source, address: Address, dialect: Dialect) -> Table:
    """``name``, ``database.name``, and in StarRocks ``catalog.database.name``, with or without
    quotes. Raises NodeError for other texts."""
    text = ".".join(source.table)
    parts = parts_of(text)
    most = 3 if dialect.declares else 2
    if not text:
        raise NodeError(
            "it does not say what it reads", code="SK1906", help="table: database.name, or query:"
        )
    if not 1 <= len(parts) <= most or not all(parts) or "\0" in text:
        raise NodeError(
            f"{text!r} is not the name of a table",
            code="SK1907",
            help=f"table: {'[catalog.]' if most == 3 else ''}database.name",
        )
    if len(parts) == 1 and address.database is None:
        raise NodeError(
            f"table {text!r} does not say its database",
            code="SK1907",
            help=f"table: database.{text}, or database: in the connection",
        )
    catalog, database, name = (*("", address.database or "")[: 3 - len(parts)], *parts)
    return Table(catalog=catalog, database=database, name=name)


def parts_of(text: str) -> Sequence[str]:
    """The parts between dots; a dot within quotes, of either kind, is of a name."""
    parts, mark = [""], ""
    position = 0
    while position < len(text):
        letter = text[position]
        if mark and letter == mark and text[position + 1 : position + 2] == mark:
            parts[-1] += mark
            position += 1
        elif letter == mark:
            mark = ""
        elif letter in '`"' and not mark:
            mark = letter
        elif letter == "." and not mark:
            parts.append("")
        else:
            parts[-1] += letter
        position += 1
    return parts


def checked(query: str, key: str, dialect: Dialect) -> str:
    """The query without its end. Raises NodeError for what is not one query that only reads."""
    try:
        check_query(query, dialect=dialect.sql, allow_files=True)
        if _EXECUTED.search(query):
            raise SqlRefused("a comment is carried out that begins with /*!")
    except SqlRefused as error:
        raise NodeError(
            f"{key}: {error}",
            code="SK1908",
            help="one SELECT, or WITH ... SELECT",
            kept=f"{key}: it cannot be read, or is more than a SELECT",
        ) from error
    return without_end(query, dialect.sql)
