"""Where the rows of a query, or of a node, are from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seeknal.query.stored import no_node
from seeknal.sql.origins import NoSingleOrigin, with_columns
from seeknal.values.errors import UsageError
from seeknal.values.provenance import INGESTED_AT, PROVENANCE, SOURCE_FILE

if TYPE_CHECKING:
    from seeknal.query.stored import Stored

_NAMES = tuple(column.name for column in PROVENANCE)


def with_provenance(query: str, outputs: Sequence[Stored]) -> str:
    """``query`` so that each of its rows says where it is from.

    Raises UsageError where they have no single origin, and for a node that is not there.
    """
    nodes = {entry.node for entry in outputs}
    known = {name.lower() for id in nodes for name in (id, id.name)}
    carrying = {
        name.lower()
        for entry in outputs
        if set(PROVENANCE) <= set(entry.columns)
        for name in (entry.node, entry.node.name)
    }

    def carries(table: str) -> bool:
        if table.lower() not in known:
            if "." in table:
                raise no_node(table, nodes)
            raise NoSingleOrigin(f"{table} is no node")
        return table.lower() in carrying

    try:
        return with_columns(query, _NAMES, carries)
    except NoSingleOrigin as why:
        raise UsageError(
            f"the rows of this query have no single origin: {why}",
            code="SK0360",
            help=".provenance('kind.name') says where all rows of a node are from",
        ) from None


def origins_of(node: str, columns: Sequence[str], rows: str) -> str:
    """A query of the files that a node's rows are from, which ``rows`` gives.

    Raises UsageError where they do not say.
    """
    if not set(_NAMES) <= set(columns):
        raise UsageError(
            f"the rows of {node} do not say where they are from",
            code="SK0361",
            help="provenance: true, in seeknal_project.yml or a source, keeps it; a node has it"
            " that hands all four columns on",
        )
    return (
        f"SELECT {SOURCE_FILE} AS source_file, count(*) AS rows,"
        f" min({INGESTED_AT}) AS first_ingested, max({INGESTED_AT}) AS last_ingested"
        f" FROM ({rows}) GROUP BY ALL ORDER BY ALL"
    )
