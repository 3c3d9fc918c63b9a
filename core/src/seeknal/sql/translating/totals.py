"""The total over no rows, for engines in which sets of groups have none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from seeknal.sql.spans import written_for
from seeknal.sql.translating.grouping import has_total, is_of_group, keys_of

if TYPE_CHECKING:
    from seeknal.sql.translating.scopes import Named

_MOVED = ("expressions", "from_", "joins", "where", "group", "having", "qualify", "distinct")
_TOTALS = "totals"


def add_total_of_nothing(select: Any, columns: Sequence[Named]) -> bool:
    """Let a translated query have its total where there are no rows; gives whether it does.

    Its groups become one part of a union. The other part is what its aggregates are of no rows,
    and is there only where the first has nothing to read. ``select`` itself is what reads both, so
    that it keeps its place, its names and the order of its rows.
    """
    from sqlglot import exp

    if not has_total(select):
        return True
    order = select.args.get("order")
    entries = order.expressions if order is not None else []
    hidden = _hidden(entries, columns)
    if (select.args.get("distinct") and hidden) or not any(True for _ in keys_of(select)):
        return False
    groups = exp.Select(**{key: select.args.get(key) for key in _MOVED})
    names = [f"r{number}" for number, _ in enumerate(columns, 1)]
    for item, name in zip(list(groups.expressions), names, strict=True):
        item.replace(exp.alias_(item.unalias().copy(), name, quoted=True))
    for number, entry in enumerate(hidden, 1):
        groups.append("expressions", exp.alias_(entry.this.copy(), f"o{number}", quoted=True))
        entry.set("this", exp.column(f"o{number}", table=_TOTALS, quoted=True))
    total = _of_nothing(groups)
    if total is None:
        return False
    both = exp.Union(this=groups, expression=total, distinct=False)
    for key in _MOVED:
        select.set(key, None)
    select.set("expressions", list(_results(columns, names)))
    alias = exp.TableAlias(this=exp.to_identifier(_TOTALS, quoted=True))
    select.set("from_", written_for(exp.From(this=exp.Subquery(this=both, alias=alias)), groups))
    return True


def _hidden(entries: Sequence[Any], columns: Sequence[Named]) -> list[Any]:
    """Entries of ORDER BY that are no results: neither their numbers nor their names."""
    from sqlglot import exp

    names = {column.name.lower() for column in columns if column.name}
    return [
        entry
        for entry in entries
        if not (isinstance(entry.this, exp.Literal) and entry.this.is_int)
        and not (
            isinstance(entry.this, exp.Column)
            and not entry.this.table
            and entry.this.name.lower() in names
        )
    ]


def _results(columns: Sequence[Named], names: Sequence[str]) -> Iterator[Any]:
    from sqlglot import exp

    for column, name in zip(columns, names, strict=True):
        value = exp.column(name, table=_TOTALS, quoted=True)
        yield exp.alias_(value, column.name, quoted=True) if column.name else value


def _of_nothing(groups: Any) -> Any:
    """The one row that a total over no rows is, where there are none; None if that is not sure."""
    from sqlglot import exp

    if groups.args.get("from_") is None:
        return None
    keys = {key.sql() for key in keys_of(groups)}
    total = groups.copy()
    total.set("group", None)
    having = total.args.get("having")
    for part in [*total.expressions, *([having] if having else [])]:
        _without_keys(part, keys)
    if any(_reads_rows(part) for part in total.expressions) or (having and _reads_rows(having)):
        return None
    rows = exp.Select(expressions=[exp.Literal.number(1)])
    for key in ("from_", "joins", "where"):
        found = groups.args.get(key)
        rows.set(key, [one.copy() for one in found] if isinstance(found, list) else _copy(found))
    none = exp.Not(this=exp.Exists(this=rows))
    kept = exp.And(this=exp.Paren(this=having.this.copy()), expression=none) if having else none
    total.set("having", exp.Having(this=kept))
    # Whether there are rows is asked once; none is read for what no row adds to.
    total.set("where", exp.Where(this=exp.false()))
    return total


def _copy(node: Any) -> Any:
    return node.copy() if node is not None else None


def _without_keys(part: Any, keys: set[str]) -> None:
    """Put what a total has for the keys in their places: NULL, and that each is summed up."""
    from sqlglot import exp

    for node in list(_outside_aggregates(part)):
        if isinstance(node, exp.Grouping):
            node.replace(exp.Literal.number((1 << len(node.expressions)) - 1))
        elif node is not part and node.sql() in keys:
            node.replace(exp.Null())


def _reads_rows(part: Any) -> bool:
    from sqlglot import exp

    return any(isinstance(node, exp.Column | exp.Query) for node in _outside_aggregates(part))


def _outside_aggregates(part: Any) -> Iterator[Any]:
    """All parts but those within aggregates of groups, whose names are those of rows."""
    from sqlglot import exp

    left = [part]
    while left:
        node = left.pop()
        yield node
        if isinstance(node, exp.Grouping) or not is_of_group(node):
            left += node.iter_expressions()
