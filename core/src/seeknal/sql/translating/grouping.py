"""Sets of groups: ``ROLLUP``, ``CUBE`` and ``GROUPING SETS``, however a dialect writes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from seeknal.sql.spans import written_for

if TYPE_CHECKING:
    from seeknal.sql.translating.rules import Pair
    from seeknal.sql.translating.scopes import Scope

SETS = ("rollup", "cube", "grouping_sets")


def is_plain(select: Any, pair: Pair) -> bool:
    """Whether what a query groups by is understood alike, or is once `in_brackets` wrote it."""
    group = select.args["group"]
    if group.args.get("all") is False:
        # GROUP BY DISTINCT, which leaves out sets that are there twice.
        return False
    given = {key for key, value in group.args.items() if value}
    behind = [entry for key in given & {*SETS} for entry in _listed(group.args[key])]
    if not behind:
        return "all" not in given or len(given) == 1
    if any(getattr(entry, "expressions", None) for entry in behind):
        return not group.expressions or _are_all_in_sets(select, pair)
    texts = [_text(entry, select) for entry in group.expressions]
    distinct = len(set(texts)) == len(texts) and None not in texts
    return pair.says_sets_behind and len(behind) == 1 and distinct and "all" not in given


def in_brackets(select: Any) -> None:
    """Write ``GROUP BY a WITH ROLLUP`` as ``GROUP BY ROLLUP (a)``, where `is_plain` says so."""
    group = select.args["group"]
    for key in SETS:
        for entry in _listed(group.args.get(key)):
            if not getattr(entry, "expressions", None):
                entry.set("expressions", group.expressions)
            group.set(key, None)
            group.set("expressions", [entry])


def is_aggregated(item: Any) -> bool:
    """Whether a result is computed over a group: an aggregate that is no window's."""
    from sqlglot import exp

    return any(map(is_of_group, item.find_all(exp.AggFunc)))


def is_of_group(node: Any) -> bool:
    """Whether an expression is an aggregate, with what it takes and its order, that is no
    window's."""
    from sqlglot import exp

    around = exp.Filter | exp.WithinGroup | exp.IgnoreNulls | exp.RespectNulls
    while isinstance(node.parent, around) and node.parent.this is node:
        node = node.parent
    is_window = isinstance(node.parent, exp.Window) and node.parent.this is node
    return isinstance(node, exp.AggFunc | around) and not is_window


def ordinals(group: Any) -> Iterator[Any]:
    """The numbers of results that a query groups by."""
    for entry in _entries(group.expressions):
        if _is_number(entry):
            yield entry


def name_by_number(select: Any, scope: Scope) -> None:
    """Put the number of a result for its name: engines know names at other places."""
    from sqlglot import exp

    names = [item.alias.lower() for item in select.expressions]
    for entry in list(_entries(select.args["group"].expressions)):
        name = entry.name.lower()
        is_own = isinstance(entry, exp.Column) and not entry.table and all(scope.known)
        if not is_own or scope.columns(name) or name in scope.merged or names.count(name) != 1:
            continue
        number = exp.Literal.number(names.index(name) + 1)
        entry.replace(written_for(number, entry))


def ungrouped(select: Any) -> Iterator[Any]:
    """Columns of results that are neither grouped by nor in an aggregate, though others are."""
    from sqlglot import exp

    group = select.args.get("group")
    entries = list(_entries(group.expressions)) if group is not None else []
    if not entries and not any(map(is_aggregated, select.expressions)):
        return
    keys = {_text(entry, select) for entry in entries}
    names = {entry.name.lower() for entry in entries if isinstance(entry, exp.Column)}
    rest = [item.unalias() for item in select.expressions]
    while rest:
        part = rest.pop()
        if isinstance(part, exp.AggFunc | exp.Window | exp.Query) or _text(part, select) in keys:
            continue
        if not isinstance(part, exp.Column):
            rest += part.iter_expressions()
        elif part.name.lower() not in names:
            yield part


def has_total(select: Any) -> bool:
    """Whether one of the groups is that of all rows, beside others."""
    from sqlglot import exp

    group = select.args.get("group")
    return (
        group is not None
        and any(
            isinstance(one, exp.Rollup | exp.Cube | exp.GroupingSets) for one in group.expressions
        )
        and all(map(_has_empty_set, group.expressions))
    )


def _has_empty_set(entry: Any) -> bool:
    from sqlglot import exp

    if isinstance(entry, exp.GroupingSets):
        return any(map(_has_empty_set, entry.expressions))
    return isinstance(entry, exp.Rollup | exp.Cube) or (
        isinstance(entry, exp.Tuple) and not entry.expressions
    )


def keys_of(select: Any) -> Iterator[Any]:
    """What a query groups by, with results for their numbers."""
    for entry in _entries(select.args["group"].expressions):
        numbered = _numbered(entry, select) if _is_number(entry) else None
        yield entry if numbered is None else numbered


def keep_no_total_of_nothing(select: Any) -> bool:
    """Leave out the row that a total over no rows is; gives whether that can be done."""
    from sqlglot import exp

    if not has_total(select):
        return True
    counted = exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(0))
    having = select.args.get("having")
    kept = exp.And(this=exp.Paren(this=having.this), expression=counted) if having else counted
    select.set("having", exp.Having(this=kept))
    return any(True for _ in _entries(select.args["group"].expressions))


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found] if found else []


def _entries(entries: list[Any]) -> Iterator[Any]:
    from sqlglot import exp

    for entry in entries:
        if isinstance(entry, exp.Tuple | exp.Rollup | exp.Cube | exp.GroupingSets):
            yield from _entries(entry.expressions)
        else:
            yield entry.unnest() if isinstance(entry, exp.Paren) else entry


def _are_all_in_sets(select: Any, pair: Pair) -> bool:
    """Whether ``GROUP BY a, b GROUPING SETS (...)`` says of each that it is in a set."""
    group = select.args["group"]
    sets = _listed(group.args.get("grouping_sets"))
    others = [key for key in ("rollup", "cube", "all") if group.args.get(key)]
    named = {_text(entry, select) for entry in _entries(sets)}
    listed = {_text(entry, select) for entry in group.expressions}
    return (
        pair.says_sets_behind
        and len(sets) == 1
        and not others
        and None not in listed
        and listed <= named
    )


def _text(entry: Any, select: Any) -> str | None:
    """What an entry stands for; None of a number that none of the results has."""
    from sqlglot import exp

    if _is_number(entry):
        numbered = _numbered(entry, select)
        return None if numbered is None else str(numbered.sql()).lower()
    for item in select.expressions if isinstance(entry, exp.Column) and not entry.table else ():
        if isinstance(item, exp.Alias) and item.alias.lower() == entry.name.lower():
            return str(item.this.sql()).lower()
    return str(entry.sql()).lower()


def _is_number(entry: Any) -> bool:
    from sqlglot import exp

    return isinstance(entry, exp.Literal) and bool(entry.is_int)


def _numbered(number: Any, select: Any) -> Any:
    """The result that a number stands for; None where there are not so many."""
    items, place = select.expressions, int(number.name) - 1
    return items[place].unalias() if 0 <= place < len(items) else None
