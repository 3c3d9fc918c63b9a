"""Values that no sample of failing rows and no message may show: columns with ``pii: true``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seeknal_audits.options import CustomSql, Relationships

if TYPE_CHECKING:
    from seeknal.plugin import Audit
    from seeknal_audits.entries import Subject


def is_hidden(column: str, subject: Subject) -> bool:
    """Whether a column of the audited rows is one whose values are not shown."""
    return column.lower() in subject.context.pii(subject.relation.node)


def private_columns(audit: Audit, subject: Subject) -> frozenset[str]:
    """Names, in lower case, of columns whose values are not shown, of all nodes that are read."""
    nodes = (str(subject.relation.node), *_read(audit))
    return frozenset().union(*map(subject.context.pii, nodes))


def hidden(audit: Audit, names: Sequence[str], subject: Subject) -> list[str]:
    """Those of the columns ``names`` of failing rows whose values are not shown.

    Also those that a query makes itself where it reads any such column: nobody knows from which.
    """
    private = private_columns(audit, subject)
    if not private:
        return []
    own = {name.lower() for name in subject.relation.names}
    return [name for name in names if name.lower() in private or name.lower() not in own]


def _read(audit: Audit) -> Sequence[str]:
    """The other nodes whose rows an audit reads."""
    if isinstance(audit.options, Relationships):
        return [audit.options.to]
    return list(audit.options.nodes.values()) if isinstance(audit.options, CustomSql) else []
