"""What a FROM clause reads: tables, queries in brackets, rows that stand there, and their joins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

from seeknal.sql.translating.digits import have_room, refuse_cut, with_room
from seeknal.sql.translating.kinds import COLLATED, UNKNOWN, common
from seeknal.sql.translating.naming import spell
from seeknal.sql.translating.scopes import Named, Scope, Source, renamed, unknown_source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seeknal.sql.translating.expressions import Expressions
    from seeknal.sql.translating.rules import Pair

_JOIN = frozenset(("this", "on", "using", "side", "kind", "method"))
_KINDS = ("", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "OUTER", "SEMI", "ANTI")


class Sources:
    """Translates the FROM clauses of one query in place; what they read goes into their scopes."""

    def __init__(
        self,
        pair: Pair,
        schema: Mapping[str, Sequence[Named]],
        query: Callable[[Any, Scope], Sequence[Named]],
        expressions: Expressions,
    ) -> None:
        self.pair = pair
        self.schema = schema
        self.query = query
        self.expressions = expressions
        self._numbers = count(1)

    def read(self, clause: Any, joins: Sequence[Any], scope: Scope) -> None:
        """A whole FROM clause."""
        if clause is not None:
            self._source(clause.this, scope)
        for join in joins:
            self._join(join, scope)

    def _source(self, node: Any, scope: Scope) -> None:
        read = getattr(self, f"_of_{type(node).__name__.lower()}", None)
        if read is None:
            self.expressions.refuse_unsure(node)
            scope.sources.append(unknown_source(node.alias_or_name))
            scope.known[0] = False
            return
        columns, place = read(node, scope)
        alias = place.args.get("alias")
        names = [column.name for column in (alias.args.get("columns") or ())] if alias else []
        stored = any(columns is table for table in self.schema.values())
        source = Source(name=place.alias_or_name, columns=renamed(columns, names), stored=stored)
        if alias is not None:
            quote_alias(alias)
        scope.sources.append(source)
        scope.known[0] = scope.known[0] and bool(columns)

    def _of_subquery(self, node: Any, scope: Scope) -> tuple[Sequence[Named], Any]:
        """A query in brackets, which at some origins sees the tables before it unasked."""
        if not self.pair.sees_beside:
            inner = Scope(outer=scope.outer, tables=scope.tables)
            columns = self.query(node, inner)
            self._give_name(node)
            return columns, node
        inner = Scope(outer=scope, tables=scope.tables)
        scope.reached[0] = False
        columns = self.query(node, inner)
        self._give_name(node)
        if not scope.reached[0]:
            return columns, node
        return columns, self._as_lateral(node)

    def _as_lateral(self, node: Any) -> Any:
        from sqlglot import exp

        self._known("Lateral", node)
        alias = node.args["alias"].copy()
        new = exp.Lateral(this=exp.Subquery(this=node.this.copy()), alias=alias)
        node.replace(new)
        return new

    def _of_lateral(self, node: Any, scope: Scope) -> tuple[Sequence[Named], Any]:
        from sqlglot import exp

        self._only(node, frozenset(("this", "alias")))
        inner = node.this
        if isinstance(inner, exp.Unnest):
            inner.set("alias", node.args.get("alias"))
            node.replace(inner)
            return self._of_unnest(inner, scope)
        if not isinstance(inner, exp.Subquery):
            self.expressions.refuse_unsure(node)
            return (), node
        self._known("Lateral", node)
        rows = inner.this
        if isinstance(rows, exp.Values):
            rows.set("alias", node.args.get("alias"))
            columns, _ = self._of_values(rows, scope)
            node.set("alias", rows.args.pop("alias"))
            return columns, node
        columns = self.query(inner, Scope(outer=scope, tables=scope.tables))
        self._give_name(node)
        return columns, node

    def _of_values(self, node: Any, scope: Scope) -> tuple[Sequence[Named], Any]:
        """Rows that stand in the query itself."""
        self._only(node, frozenset(("expressions", "alias")))
        self._known("Values", node)
        kinds: list[list[str]] = []
        for row in node.expressions:
            cells = getattr(row, "expressions", ())
            kinds.append([self.expressions.translate(cell, scope) for cell in cells])
        if len({len(row) for row in kinds}) != 1 or not kinds[0]:
            self.expressions.refuse_unsure(node)
            return (), node
        found = []
        for place in range(len(kinds[0])):
            cells = [row.expressions[place] for row in node.expressions]
            settled = self.expressions.settle(cells, [row[place] for row in kinds])
            cells = [row.expressions[place] for row in node.expressions]
            roomy = with_room(self.expressions, "Values", node, cells, settled)
            kind = common(roomy[1]) if roomy is not None else UNKNOWN
            if kind is None:
                kind = self.expressions.refuse(node, "its rows have values of several types")
            found.append(kind)
        self._give_name(node)
        return self._named(node, found), node

    def _named(self, node: Any, kinds: Sequence[str]) -> tuple[Named, ...]:
        """Columns under the names that they have at the origin where the query gives none."""
        from sqlglot import exp

        alias = node.args["alias"]
        given = [column.name for column in alias.args.get("columns") or ()]
        prefix, first = self.pair.columns_of_values
        names = [*given, *(f"{prefix}{first + at}" for at in range(len(given), len(kinds)))]
        alias.set("columns", [exp.to_identifier(name, quoted=True) for name in names])
        return tuple(Named(*pair) for pair in zip(names, kinds, strict=False))

    def _of_unnest(self, node: Any, scope: Scope) -> tuple[Sequence[Named], Any]:
        """The elements of a list, each a row."""
        from sqlglot import exp

        self._only(node, frozenset(("expressions", "alias", "offset")))
        if len(node.expressions) != 1:
            self.expressions.refuse_unsure(node)
            return (), node
        kind = self.expressions.translate(node.expressions[0], scope)
        kind = self.expressions.apply(node, node.expressions, [kind])
        alias = node.args.get("alias")
        columns = alias.args.get("columns") or () if alias else ()
        if kind == UNKNOWN or not self._column_is_named(node):
            return (), node
        if alias is None:
            node.set("alias", alias := exp.TableAlias(this=exp.to_identifier("unnest")))
        if not alias.this:
            alias.set("this", exp.to_identifier(f"seeknal_{next(self._numbers)}"))
        if not columns:
            alias.set("columns", [exp.to_identifier(alias.name)])
        found = [Named(alias.args["columns"][0].name, kind)]
        if counted := node.args.get("offset"):
            self._known("Ordinality", node)
            found.append(Named(counted.name if hasattr(counted, "name") else "ordinality", "whole"))
            if hasattr(counted, "name"):
                spell(counted, counted.name)
        return found, node

    def _of_table(self, node: Any, scope: Scope) -> tuple[Sequence[Named], Any]:
        from sqlglot import exp

        self._only(node, frozenset(("this", "db", "alias")))
        if isinstance(node.this, exp.GenerateSeries | exp.ExplodingGenerateSeries):
            return self._of_series(node, scope)
        if not isinstance(node.this, exp.Identifier):
            self.expressions.refuse(node, f"{self.expressions.written(node)} may give other rows")
            return (), node
        cte = scope.tables.get(node.name.lower()) if not node.db else None
        if cte is not None:
            spell(node.this, cte.name)
            self._call(node, node.name)
            return cte.columns, node
        key = f"{node.db}.{node.name}" if node.db else node.name
        found = self.schema.get(key.lower())
        if found is None:
            self.expressions.refuse(node, f"the columns of {key} are not known")
            return (), node
        self._call(node, node.name)
        return found, node

    def _of_series(self, node: Any, scope: Scope) -> tuple[Sequence[Named], Any]:
        """The rows of generate_series or range: numbers or times in equal steps."""
        from sqlglot import exp

        series = node.this
        name = "Range" if series.args.get("is_end_exclusive") else "Series"
        operands = [series.args[key] for key in ("start", "end", "step") if series.args.get(key)]
        kinds = [self.expressions.translate(operand, scope) for operand in operands]
        operands = [series.args[key] for key in ("start", "end", "step") if series.args.get(key)]
        kind = self.expressions.apply(series, operands, kinds, name)
        if kind == UNKNOWN:
            return (), node
        if not self._column_is_named(node):
            return (), node
        called = "range" if name == "Range" else "generate_series"
        self._call(node, called)
        alias = node.args["alias"]
        if not alias.args.get("columns"):
            column = alias.name if self.pair.names_elements else called
            alias.set("columns", [exp.to_identifier(column, quoted=True)])
        return (Named(alias.args["columns"][0].name, kind),), node

    def _column_is_named(self, node: Any) -> bool:
        """Whether it is sure what the one column is called that a function gives rows of."""
        alias = node.args.get("alias")
        if alias is None or alias.args.get("columns") or self.pair.names_elements:
            return True
        self.expressions.refuse(node, "give its column a name: AS t(name)")
        return False

    def _call(self, node: Any, name: str) -> None:
        from sqlglot import exp

        if not node.alias:
            node.set("alias", exp.TableAlias(this=exp.to_identifier(name, quoted=True)))

    def _give_name(self, node: Any) -> None:
        """Some engines want a name for what is in brackets."""
        if not node.alias:
            self._call(node, f"seeknal_{next(self._numbers)}")

    def _known(self, construct: str, node: Any) -> None:
        if construct not in self.expressions.rules:
            self.expressions.refuse_unsure(node)

    def _only(self, node: Any, allowed: frozenset[str]) -> None:
        self.expressions.only(node, allowed)

    def _join(self, join: Any, scope: Scope) -> None:
        from sqlglot import exp

        words = {str(join.args.get(part) or "") for part in ("side", "kind")}
        self._only(join, _JOIN)
        if not words <= set(_KINDS):
            self.expressions.refuse_unsure(join)
        before = list(scope.sources)
        self._source(join.this, scope)
        self._natural(join, before, scope)
        using = join.args.get("using") or ()
        if self.pair.unnests_all and isinstance(join.this, exp.Unnest):
            on = join.args.get("on")
            is_true = on is None or (isinstance(on, exp.Boolean) and on.this)
            if using or not is_true or not words <= {"", "INNER", "CROSS"}:
                self.expressions.refuse_unsure(join)
        for name in using:
            self._merge(name, before, scope, "FULL" in words)
        scope.usings.append([name.name.lower() for name in using])
        if join.args.get("on"):
            self.expressions.condition(join.args["on"], scope)
        if words & {"SEMI", "ANTI"}:
            del scope.sources[len(before) :]

    def _natural(self, join: Any, before: Sequence[Source], scope: Scope) -> None:
        """NATURAL JOIN says nothing of which columns are equal: they are written out."""
        from sqlglot import exp

        if (method := join.args.get("method")) is None:
            return
        if str(method).upper() != "NATURAL" or not all(scope.known):
            self.expressions.refuse_unsure(join)
            return
        names = [
            column.name
            for column in scope.sources[-1].columns
            if any(source.find(column.name) for source in before)
        ]
        if not names:
            self.expressions.refuse(join, "the two sides have no column in common")
            return
        order = [column.name.lower() for source in before for column in source.columns]
        names.sort(key=lambda name: order.index(name.lower()))
        join.set("method", None)
        join.set("using", [exp.to_identifier(name, quoted=True) for name in names])

    def _merge(self, name: Any, before: Sequence[Source], scope: Scope, keeps_both: bool) -> None:
        """A column that USING makes one of those of both sides."""
        left = next((found for source in before if (found := source.find(name.name))), None)
        right = scope.sources[-1].find(name.name)
        if left is None or right is None:
            if all(scope.known):
                self.expressions.refuse(name, f"{name.name!r} is not a column of both sides")
            return
        kind = common([left.kind, right.kind])
        if kind is None or kind == COLLATED:
            kind = self.expressions.refuse(name, f"{name.name!r} is of another type on each side")
        cuts = self.pair.cuts_compared
        if (cuts or keeps_both) and not have_room([left.kind, right.kind], cuts):
            kind = refuse_cut(self.expressions, name)
        spell(name, left.name)
        scope.merged[name.name.lower()] = Named(left.name, kind)


def quote_alias(alias: Any) -> None:
    """Let the names that something is given say in quotes what they mean."""
    for name in [alias.this, *(alias.args.get("columns") or ())]:
        if name is not None:
            spell(name, name.name)
