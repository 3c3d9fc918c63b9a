"""SQL in another dialect, brought to DuckDB's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seeknal.sql.check import SqlRefused, parse_query
from seeknal.sql.functions import effects_of, outside_name
from seeknal.sql.inputs import NOWHERE, ResolvedSql
from seeknal.sql.scopes import table_references
from seeknal.sql.syntax import plain
from seeknal.sql.tokens import tokenize
from seeknal.sql.translating.pairs import between, is_dialect

if TYPE_CHECKING:
    from sqlglot import exp

    from seeknal.sql.inputs import Scope
    from seeknal.values.dialects import Pairs


def resolve_dialect(sql: str, dialect: str, scope: Scope, pairs: Pairs) -> ResolvedSql:
    """Parse in ``dialect``, name the inputs in the tree, and write it for DuckDB."""
    tree = _parse(sql, dialect, scope, pairs)
    if tree is None:
        return ResolvedSql(executable=sql, inputs=scope.inputs, problems=tuple(scope.problems))
    name_inputs(tree, scope)
    executable = _write(tree, dialect, scope, pairs)
    scope.report_unused()
    tokens = tokenize(executable)
    tables = table_references(tokens)
    outside = [outside_name(table, tokens) for table in tables]
    return scope.resolved(
        executable, effects_of(tokens, tables), ((what, 1) for what in outside if what)
    )


def name_inputs(tree: exp.Expression, scope: Scope) -> None:
    """Name each input in the tree as it is called where it is stored."""
    for table, visible in _tables(tree):
        _replace(table, visible, scope)


def _parse(sql: str, dialect: str, scope: Scope, pairs: Pairs) -> exp.Expression | None:
    if not is_dialect(pairs, dialect):
        from sqlglot.dialects.dialect import Dialect

        from seeknal.values.errors import did_you_mean

        known = sorted(name for name in Dialect.classes if name)
        help = did_you_mean(dialect, known) or f"known: {', '.join(known)}"
        scope.report("SK0454", f"unknown dialect {dialect!r}", (0, 0), help)
        return None
    try:
        return parse_query(sql, dialect)
    except SqlRefused as refused:
        message = f"{refused} (read as {dialect})"
        scope.report("SK0450", message, (refused.line, refused.column))
        return None


def _tables(tree: exp.Expression) -> list[tuple[Any, frozenset[str]]]:
    """Every table of the tree, with the CTE names that are visible where it stands."""
    from sqlglot import exp

    nodes = list(tree.dfs())
    if not any(isinstance(node, exp.With) for node in nodes):
        return [(node, frozenset()) for node in nodes if isinstance(node, exp.Table)]
    found: list[tuple[Any, frozenset[str]]] = []
    stack: list[tuple[Any, frozenset[str]]] = [(tree, frozenset())]
    while stack:
        node, visible = stack.pop()
        if isinstance(node, exp.Table):
            found.append((node, visible))
        clause = node.args.get("with_") or node.args.get("with")
        inside: list[tuple[Any, frozenset[str]]] = []
        for cte in clause.expressions if isinstance(clause, exp.With) else ():
            own = frozenset([cte.alias.lower()])
            inside.append((cte.this, visible | own if clause.recursive else visible))
            visible |= own
        inside += [(child, visible) for child in node.iter_expressions() if child is not clause]
        stack += reversed(inside)
    return found


def _replace(table: Any, visible: frozenset[str], scope: Scope) -> None:
    from sqlglot import exp

    place, told = _place(table), len(scope.problems)
    if isinstance(table.this, exp.Anonymous) and table.this.name.lower() == "ref":
        names = [part.name for part in table.this.expressions]
        id, keep = scope.ref(names, place) if all(names) and names else None, False
        if not names:
            scope.report("SK0316", "ref() takes a node's name as text", place)
    elif isinstance(table.this, exp.Func) or (table.name.lower() in visible and not table.db):
        return
    else:
        names = []
        id, keep = scope.table([part.name for part in table.parts], place)
    if id is None:
        if len(scope.problems) > told:
            name = names[-1] if isinstance(table.this, exp.Anonymous) and names else table.name
            table.set("catalog", None)
            table.set("db", exp.to_identifier(NOWHERE, quoted=True))
            table.set("this", exp.to_identifier(name.rpartition(".")[2], quoted=True))
        return
    if keep and not table.alias:
        table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
    table.set("catalog", None)
    table.set("db", exp.to_identifier(id.kind, quoted=True))
    table.set("this", exp.to_identifier(id.name, quoted=True))


def _place(node: Any) -> tuple[int, int]:
    for part in node.walk():
        if "line" in part.meta:
            return int(part.meta["line"]), 0
    return 1, 0


def _write(tree: exp.Expression, dialect: str, scope: Scope, pairs: Pairs) -> str:
    """The tree as DuckDB's SQL; what has no counterpart is told and written as it is."""
    from sqlglot.errors import ErrorLevel, UnsupportedError

    if between(pairs, dialect, "duckdb") is not None:
        # What runs is written once the types of the inputs are known; this is its structure.
        return tree.sql(dialect="duckdb", unsupported_level=ErrorLevel.IGNORE, copy=False)
    message = f"it is not known what of {dialect} means something else in DuckDB"
    scope.report("SK0457", message, (0, 0), "check its values", severity="warn")
    try:
        return tree.sql(dialect="duckdb", unsupported_level=ErrorLevel.RAISE)
    except UnsupportedError as error:
        message = f"not everything of {dialect} has a counterpart: {plain(str(error))}"
        scope.report("SK0455", message, (1, 0), "check the result", severity="warn")
    except RecursionError:
        scope.report("SK0450", "the query is nested too deeply to be translated", (1, 0))
        return ""
    return tree.sql(dialect="duckdb", unsupported_level=ErrorLevel.IGNORE)
