"""Which table of StarRocks a text means."""

from __future__ import annotations

import re

from attrs import frozen

from seeknal.plugin import NodeError, written_name
from seeknal_starrocks.addresses import DEFAULT_CATALOG
from seeknal_starrocks.connecting import quoted

_PART = re.compile(r'\s*(?:`((?:[^`]|``)+)`|"((?:[^"]|"")+)"|([^`".\s]+))\s*(\.|$)')


_LONGEST = 1024
_SENT = re.compile(r"(?! )[ -.0-~]+(?<! )")
"""Names that stay what they are in a path and in a header of HTTP."""


@frozen(kw_only=True)
class Table:
    """A table of the default catalog."""

    database: str
    name: str

    @property
    def quoted(self) -> str:
        return f"{quoted(self.database)}.{quoted(self.name)}"

    def beside(self, name: str) -> Table:
        """Another table of the same database."""
        return Table(database=self.database, name=name)

    def __str__(self) -> str:
        return written_name(self.database, self.name)


def table_of(text: str, database: str | None) -> Table:
    """``name``, ``database.name`` or ``default_catalog.database.name``, parts in quotes or not.

    Raises NodeError for what is none of these, and for one that no database is known of.
    """
    parts = _parts(text)
    if len(parts) == 3 and parts[0] == DEFAULT_CATALOG:
        parts = parts[1:]
    if len(parts) not in (1, 2):
        raise NodeError(
            f"table {text!r} is no table that rows are loaded into",
            code="SK1930",
            help="table: database.name, of default_catalog; a name with a dot stands in backticks",
        )
    if len(parts) == 2:
        return Table(database=parts[0], name=parts[1])
    if database is None:
        raise NodeError(
            f"table {text!r} does not say its database, nor does the connection",
            code="SK1930",
            help="table: database.name, or database: of the connection",
        )
    return Table(database=database, name=parts[0])


def refuse_unsendable(table: Table, spare: int) -> None:
    """Raises NodeError for a name that no load says, or that leaves no ``spare`` characters."""
    for part in (table.database, table.name):
        if not _SENT.fullmatch(part):
            raise NodeError(
                f"{part!r} is no name that rows can be sent to: loads say it by HTTP",
                code="SK1930",
                help="letters from a to z, digits and other signs of ASCII, but no slash",
            )
    if len(table.name) > _LONGEST - spare:
        raise NodeError(
            f"the name of table {table.name[:40]}... is longer than {_LONGEST - spare} characters",
            code="SK1930",
            help=f"StarRocks takes {_LONGEST}; a table that is replaced has others beside it,"
            " with longer names",
        )


def _parts(text: str) -> list[str]:
    """The parts of a name; none where it is no name."""
    found, at = [], 0
    while (match := _PART.match(text, at)) is not None:
        ticked, quotes, plain, dot = match.groups()
        if ticked is not None:
            found.append(ticked.replace("``", "`"))
        else:
            found.append(quotes.replace('""', '"') if quotes is not None else plain)
        at = match.end()
        if not dot:
            return found if at == len(text) else []
    return []
