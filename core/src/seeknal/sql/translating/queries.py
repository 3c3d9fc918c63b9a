"""Queries: clause by clause, with the names that each clause can use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.sql.spans import written_for
from seeknal.sql.translating.digits import have_room
from seeknal.sql.translating.expressions import Expressions
from seeknal.sql.translating.grouping import (
    has_total,
    in_brackets,
    is_aggregated,
    is_plain,
    keep_no_total_of_nothing,
    name_by_number,
    ordinals,
    ungrouped,
)
from seeknal.sql.translating.kinds import common, kind_alone
from seeknal.sql.translating.naming import spell
from seeknal.sql.translating.recursive import compare, first_columns, reads, unsure_of
from seeknal.sql.translating.scopes import Named, Scope, Source, renamed
from seeknal.sql.translating.sources import Sources, quote_alias
from seeknal.sql.translating.totals import add_total_of_nothing
from seeknal.sql.translating.windows import is_qualified_by_rank, write_out

if TYPE_CHECKING:
    from seeknal.sql.translating.results import Origin, Refusal
    from seeknal.sql.translating.rules import Pair

Schema = Mapping[str, Sequence[Named]]
"""The columns of tables, by ``name`` or ``schema.name`` in lower case."""

_SELECT = frozenset(
    (
        *("with_", "expressions", "from_", "joins", "where", "group", "having", "qualify"),
        *("distinct", "order", "limit", "offset", "windows"),
    )
)
_SET = frozenset(("this", "expression", "distinct", "with_", "order", "limit", "offset"))


class Queries:
    """Translates a query in place; ``refusals`` are what stands in the way."""

    def __init__(self, pair: Pair, schema: Schema, origin: Origin) -> None:
        self.pair = pair
        self.schema = schema
        self.refusals: list[Refusal] = []
        self.expressions = Expressions(pair, origin, self.query, self.refusals)
        self.sources = Sources(pair, schema, self.query, self.expressions)

    def query(self, node: Any, outer: Scope | None = None) -> Sequence[Named]:
        """Bring a query to the other dialect; gives its columns, none where they are not known."""
        from sqlglot import exp

        if isinstance(node, exp.Subquery):
            return self._bracketed(node, outer)
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, outer)
        if isinstance(node, exp.Select):
            return self._select(node, outer)
        self.expressions.refuse_unsure(node)
        return ()

    def _bracketed(self, node: Any, outer: Scope | None) -> Sequence[Named]:
        others = {key for key, value in node.args.items() if value}
        if others - {"this", "alias", "with_"}:
            self.expressions.refuse(node, f"brackets with {', '.join(others)}")
        scope = Scope(outer=outer, tables=self._tables(node, outer))
        return self.query(node.this, scope)

    def _tables(self, node: Any, outer: Scope | None) -> Mapping[str, Source]:
        """The common table expressions that are visible in ``node``."""
        found = dict(outer.tables) if outer else {}
        clause = node.args.get("with_")
        if clause is None:
            return found
        recursive = bool(clause.args.get("recursive"))
        self.expressions.only(clause, frozenset(("expressions", "recursive")))
        for number, cte in enumerate(clause.expressions):
            cte.set("materialized", None)
            later = [one.alias for one in clause.expressions[number + 1 :]] if recursive else []
            if any(reads(cte.this, name) for name in later):
                self.expressions.refuse(cte, f"{cte.alias} reads what stands behind it")
            scope = Scope(outer=outer, tables=found)
            if recursive and reads(cte.this, cte.alias):
                columns = self._rounds(cte, scope)
            else:
                columns = self.query(cte.this, scope)
            names = [column.name for column in cte.args["alias"].args.get("columns") or ()]
            source = Source(name=cte.alias, columns=renamed(columns, names))
            quote_alias(cte.args["alias"])
            found[cte.alias.lower()] = source
        return found

    def _rounds(self, cte: Any, scope: Scope) -> Sequence[Named]:
        """The columns of a query that reads its own rows."""
        query, name = cte.this, cte.alias
        why = unsure_of(query, name)
        if why or "Recursive" not in self.expressions.rules:
            self.expressions.refuse(cte, why or "WITH RECURSIVE may mean something else")
            return ()
        names = [column.name for column in cte.args["alias"].args.get("columns") or ()]
        columns = self.query(query.this, scope)
        columns = first_columns(query, columns, names, self.expressions)
        tables = {**scope.tables, name.lower(): Source(name=name, columns=columns)}
        again = self.query(query.expression, Scope(outer=scope.outer, tables=tables))
        compare(query, columns, again, self.expressions)
        return columns

    def _set_operation(self, node: Any, outer: Scope | None) -> Sequence[Named]:
        self.expressions.only(node, _SET)
        scope = Scope(outer=outer, tables=self._tables(node, outer))
        left, right = self.query(node.this, scope), self.query(node.expression, scope)
        if not left or not right:
            return ()
        if len(left) != len(right):
            self.expressions.refuse(node, "its queries have other numbers of columns")
            return ()
        columns = []
        for one, other in zip(left, right, strict=True):
            kind = common([one.kind, other.kind])
            if kind is None:
                kind = self.expressions.refuse(node, f"column {one.name!r} is of several types")
            if not have_room([one.kind, other.kind], self.pair.cuts_compared):
                kind = self.expressions.refuse(
                    node,
                    f"digits of column {one.name!r} may be cut off: CAST it to the same DECIMAL in"
                    " each query",
                )
            if node.args.get("distinct"):
                self.expressions.compared(node, kind)
            columns.append(Named(one.name, kind))
        self._order_results(node, columns)
        return columns

    def _order_results(self, node: Any, columns: Sequence[Named]) -> None:
        """ORDER BY of results by their names or numbers, as set operations have it."""
        for entry in node.args["order"].expressions if node.args.get("order") else ():
            place = _place_in(entry.this, columns)
            if place is None:
                self.expressions.refuse(
                    entry, f"{self.expressions.written(entry)} is no result's name"
                )
                continue
            _name_result(entry, columns[place])
            self._order_by_result(entry, node, place, columns[place].kind)

    def _order_by_result(
        self, entry: Any, node: Any, place: int, kind: str, decides: bool = False
    ) -> None:
        """An order by a result: what its kind needs is said where it is computed."""
        from sqlglot import exp

        if entry.args.get("with_fill"):
            self.expressions.refuse_unsure(entry)
        last = node.parent is None and not node.args.get("limit") and not node.args.get("offset")
        if last and not decides and not self.pair.orders_results:
            return
        first = node
        while not isinstance(first, exp.Select):
            first = first.this
        item = first.expressions[place]
        if isinstance(item, exp.Column):
            named = exp.Alias(this=item.copy(), alias=exp.to_identifier(item.name, quoted=True))
            item.replace(named)
            item = named
        if isinstance(item, exp.Alias):
            self.expressions.apply_to(item.this, "Ordered", kind)

    def _select(self, node: Any, outer: Scope | None) -> Sequence[Named]:
        self.expressions.only(node, _SELECT)
        write_out(node, self.expressions.refuse)
        scope = Scope(outer=outer, tables=self._tables(node, outer))
        self.sources.read(node.args.get("from_"), node.args.get("joins") or (), scope)
        self._note_computed(node, scope)
        self._expand_stars(node, scope)
        if node.args.get("where"):
            self.expressions.condition(node.args["where"].this, scope)
        self._group(node, scope)
        if self.pair.qualifies_by_rank and not is_qualified_by_rank(node):
            self.expressions.refuse(node.args["qualify"], "QUALIFY takes one rank and number there")
        for clause in ("having", "qualify"):
            if node.args.get(clause):
                self.expressions.condition(node.args[clause].this, evolve(scope, grouped=True))
        columns = [self._result(item, scope, node) for item in list(node.expressions)]
        self._groups_of(node, columns)
        names = {column.name for column in columns if column.name}
        if len({name.lower() for name in names}) < len(names):
            self.expressions.refuse(node, "names that differ in case alone are one in DuckDB")
        keys = self._distinct(node, columns, scope)
        self._order(node, scope, columns, keys)
        self._limit(node)
        if not self.pair.knows_totals and has_total(node):
            self.expressions.refuse(
                node.args["group"], "whether the total over no rows is a row there is not said"
            )
        if self.pair.adds_totals and not add_total_of_nothing(node, columns):
            self.expressions.refuse(node.args["group"], "the total over no rows is none there")
        return columns

    def _note_computed(self, node: Any, scope: Scope) -> None:
        from sqlglot import exp

        for item in node.expressions:
            if isinstance(item, exp.Alias):
                item.meta["as_written"] = item.this.copy()
                scope.computed.setdefault(item.alias.lower(), item)

    def _expand_stars(self, node: Any, scope: Scope) -> None:
        """Write out what ``*`` stands for: engines agree on names, not on how to leave some out."""
        from sqlglot import exp

        items: list[Any] = []
        for item in node.expressions:
            star = item if isinstance(item, exp.Star) else None
            if isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
                star = item.this
            if star is None:
                items.append(item)
            elif not all(scope.known):
                if not self.refusals:
                    self.expressions.refuse(item, "what * stands for is not known")
                items.append(item)
            else:
                items += self._star_of(item, star, scope)
        node.set("expressions", items)

    def _star_of(self, item: Any, star: Any, scope: Scope) -> Iterator[Any]:
        from sqlglot import exp

        table = item.table if isinstance(item, exp.Column) else ""
        left_out = {
            name.name.lower() for key in ("except_", "except") for name in star.args.get(key) or ()
        }
        replaced = {one.alias.lower(): one for one in star.args.get("replace") or ()}
        known = {"except_", "except", "replace"}
        if {key for key, value in star.args.items() if value} - known:
            self.expressions.refuse_unsure(item)
        for source, column in scope.all(merged_first=self.pair.merged_first):
            if table and (source is None or source.name.lower() != table.lower()):
                continue
            if column.name.lower() in left_out:
                continue
            if (other := replaced.get(column.name.lower())) is not None:
                new = other.copy()
                new.meta["as_written"] = new.this.copy()
                yield new
            else:
                yield exp.column(column.name, table=source.name if source else None, quoted=True)

    def _group(self, node: Any, scope: Scope) -> None:
        from sqlglot import exp

        group = node.args.get("group")
        if self.pair.mixes_groups and (group is None or not group.args.get("all")):
            for column in ungrouped(node):
                said = self.expressions.written(column)
                self.expressions.refuse(column, f"{said} is that of any row of the group")
        if group is None:
            return
        if not (plain := is_plain(node, self.pair)):
            said = self.expressions.written(group)
            instead = "ROLLUP (...), CUBE (...) or GROUPING SETS (...) alone"
            self.expressions.refuse(group, f"{said} makes other groups there: write {instead}")
        elif group.args.get("all"):
            keys = [
                exp.Literal.number(number)
                for number, item in enumerate(node.expressions, 1)
                if not is_aggregated(item)
            ]
            new = written_for(exp.Group(expressions=keys), group)
            node.set("group", new if keys else None)
            return
        if plain:
            in_brackets(node)
            self.expressions.only(group, frozenset(("expressions", "all")))
        name_by_number(node, scope)
        for entry in group.expressions:
            self._grouped(entry, scope)

    def _grouped(self, entry: Any, scope: Scope) -> None:
        from sqlglot import exp

        if isinstance(entry, exp.Literal):
            return
        if isinstance(entry, exp.Tuple | exp.Rollup | exp.Cube | exp.GroupingSets | exp.Paren):
            for one in [*entry.expressions, *([entry.this] if entry.this else [])]:
                self._grouped(one, scope)
            return
        kind = self.expressions.translate(entry, scope)
        self.expressions.compared(entry, kind)

    def _groups_of(self, node: Any, columns: Sequence[Named]) -> None:
        """Look at groups once it is known of what kind the results are that they have as keys."""
        group = node.args.get("group")
        for entry in ordinals(group) if group is not None else ():
            place = int(entry.name) - 1
            if 0 <= place < len(columns):
                item = node.expressions[place].unalias()
                self.expressions.compared(entry, columns[place].kind, item)
        if (
            group is not None
            and not self.pair.totals_nothing
            and not keep_no_total_of_nothing(node)
        ):
            self.expressions.refuse_unsure(group)

    def _result(self, item: Any, scope: Scope, node: Any) -> Named:
        from sqlglot import exp

        kind = self.expressions.translate(item, scope)
        if isinstance(item, exp.Alias):
            alias = item.args["alias"]
            folded = self.pair.folds and not alias.args.get("quoted")
            spell(alias, alias.name.lower() if folded else alias.name)
            return Named(alias.name, kind_alone(kind))
        inner = item.unnest() if isinstance(item, exp.Paren) else item
        if isinstance(inner, exp.Column):
            if inner is not item:
                item.replace(inner.copy())
            return Named(inner.name, kind)
        # Only names that others read matter; that of the outermost is looked at by `translate`.
        return Named("", kind_alone(kind))

    def _distinct(self, node: Any, columns: Sequence[Named], scope: Scope) -> int:
        """How many entries of ORDER BY only say which rows belong together."""
        distinct = node.args.get("distinct")
        if distinct is None:
            return 0
        if not distinct.args.get("on"):
            for column in columns:
                self.expressions.compared(node, column.kind)
            return 0
        keys = distinct.args["on"].expressions
        order = node.args["order"].expressions if node.args.get("order") else []
        said = [entry.this.sql() for entry in order[: len(keys)]]
        if sorted(said) != sorted(key.sql() for key in keys) or len(order) == len(keys):
            self.expressions.refuse(distinct, "DISTINCT ON may keep other rows")
        for key in keys:
            self._distinct_by(key, scope)
        return len(keys)

    def _distinct_by(self, key: Any, scope: Scope) -> None:
        from sqlglot import exp

        if not isinstance(key, exp.Column) or "DistinctOn" not in self.expressions.rules:
            self.expressions.refuse_unsure(key)
            return
        kind = self.expressions.translate(key, scope)
        self.expressions.compared(key, kind)
        if not self.expressions.orders_plainly(key, kind):
            self.expressions.refuse(key, "what DISTINCT ON takes is ordered otherwise there")

    def _order(self, node: Any, scope: Scope, columns: Sequence[Named], keys: int) -> None:
        order = node.args.get("order")
        for number, entry in enumerate(order.expressions if order is not None else ()):
            place = _place_in(entry.this, columns)
            if place is not None:
                _name_result(entry, columns[place])
                if number >= keys:
                    self._order_by_result(entry, node, place, columns[place].kind, keys > 0)
            elif entry.this.name.lower() == "all" and not entry.this.args.get("table"):
                self.expressions.refuse(entry, "ORDER BY ALL may mean something else")
            else:
                kind = self.expressions.translate(entry.this, scope)
                if number >= keys:
                    self.expressions.ordered(entry, kind)

    def _limit(self, node: Any) -> None:
        from sqlglot import exp

        fetch = node.args.get("limit")
        if isinstance(fetch, exp.Fetch) and _counts_rows(fetch):
            node.set("limit", exp.Limit(expression=fetch.args["count"].copy()))
        for clause in ("limit", "offset"):
            found = node.args.get(clause)
            if found is not None:
                self.expressions.only(found, frozenset(("expression",)))
            if found is not None and not getattr(found.expression, "is_int", False):
                self.expressions.refuse(
                    found, f"{self.expressions.written(found)} may keep other rows"
                )


def _place_in(node: Any, columns: Sequence[Named]) -> int | None:
    """Which result a number or a bare name in ORDER BY stands for."""
    from sqlglot import exp

    if isinstance(node, exp.Literal) and node.is_int:
        place = int(node.name) - 1
        return place if place < len(columns) else None
    if isinstance(node, exp.Column) and not node.table:
        names = [column.name.lower() for column in columns]
        return names.index(node.name.lower()) if node.name.lower() in names else None
    return None


def _counts_rows(fetch: Any) -> bool:
    """Whether FETCH FIRST says nothing but a number of rows."""
    options = fetch.args.get("limit_options")
    said = {key for key, value in options.args.items() if value} if options is not None else set()
    return fetch.args.get("count") is not None and said <= {"rows"}


def _name_result(entry: Any, column: Named) -> None:
    from sqlglot import exp

    if isinstance(entry.this, exp.Column):
        spell(entry.this.this, column.name)
