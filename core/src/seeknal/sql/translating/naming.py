"""Names: which column of which table a name means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seeknal.sql.spans import written_for
from seeknal.sql.translating.kinds import UNKNOWN

if TYPE_CHECKING:
    from seeknal.sql.translating.expressions import Expressions
    from seeknal.sql.translating.scopes import Scope


def column(expressions: Expressions, node: Any, scope: Scope) -> str:
    """A column, with the table it is of."""
    if node.args.get("db") or node.args.get("catalog"):
        return expressions.refuse(node, f"{expressions.written(node)} may be a part of a value")
    if node.table:
        source = scope.source(node.table)
        if source is None or not source.columns:
            return (
                UNKNOWN
                if source
                else expressions.refuse(node, f"what {expressions.written(node)} is")
            )
        found = source.find(node.name)
        if found is None:
            return expressions.refuse(node, f"{source.name} has no column {node.name!r}")
        spell(node.args["table"], source.name)
        spell(node.this, found.name)
        node.meta["stored"] = source.stored
        return found.kind
    return _bare(expressions, node, scope)


def _bare(expressions: Expressions, node: Any, scope: Scope) -> str:
    from sqlglot import exp

    name = node.name
    around: Scope | None = scope
    while around is not None:
        if name.lower() in around.merged:
            merged = around.merged[name.lower()]
            around.reached[0] |= around is not scope
            spell(node.this, merged.name)
            return merged.kind
        found = around.columns(name)
        computed = around.computed.get(name.lower())
        if len(found) > 1:
            return expressions.refuse(node, f"{name!r} is a column of several tables")
        if found:
            if computed is not None and scope.grouped and around is scope:
                own = computed.meta["as_written"]
                if not (isinstance(own, exp.Column) and own.name.lower() == name.lower()):
                    return expressions.refuse(node, f"{name} may be the column or the result of it")
            around.reached[0] |= around is not scope
            ((source, column),) = found
            node.set("table", exp.to_identifier(source.name, quoted=True))
            node.meta["stored"] = source.stored
            spell(node.this, column.name)
            return column.kind
        if computed is not None and around is scope and not _is_part(node, computed):
            return _computed(expressions, node, computed, scope)
        if not all(around.known):
            return UNKNOWN
        around = around.outer
    return expressions.refuse(node, f"no table has a column {name!r}")


def _computed(expressions: Expressions, node: Any, alias: Any, scope: Scope) -> str:
    """A name of the select list: what it stands for is written out."""
    from sqlglot import exp

    if not expressions.pair.reuses_names:
        return expressions.refuse(node, f"{node.name} is a result's name")
    new = written_for(exp.Paren(this=alias.meta["as_written"].copy()), node)
    node.replace(new)
    return expressions.translate(new, scope)


def spell(identifier: Any, name: str) -> None:
    """Let a name say in quotes what it means, so that no engine makes another of it."""
    identifier.set("this", name)
    identifier.set("quoted", True)


def _is_part(node: Any, whole: Any) -> bool:
    while node is not None and node is not whole:
        node = node.parent
    return node is whole
