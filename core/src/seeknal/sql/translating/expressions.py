"""Expressions: each part is brought to the other dialect by the rule for it and its operands."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from seeknal.sql.translating.kinds import (
    COLLATED,
    LITERAL,
    NULL,
    UNKNOWN,
    common,
    element_of,
    is_iso,
    kind_of,
)
from seeknal.sql.translating.matching import MATCHING, is_found_by_pattern
from seeknal.sql.translating.operands import labels_of
from seeknal.sql.translating.results import Refusal, place_of, written
from seeknal.sql.translating.rules import by_construct, first_fitting
from seeknal.sql.translating.templates import beside_others, filled
from seeknal.sql.translating.windows import is_fuller_frame, is_plain_frame

if TYPE_CHECKING:
    from seeknal.sql.translating.rules import Pair, Rule
    from seeknal.sql.translating.scopes import Named, Scope

_FLAGS = frozenset(
    (
        *("safe", "typed", "coalesce", "big_int", "ignore_nulls", "date_part_boundary"),
        *("is_string", "quoted", "requires_string", "copy", "over", "is_left", "zone_is_default"),
        *("single_replace", "null_if_pos_overflow", "null_if_no_match", "position", "binary"),
        *("zero_on_all_null", "input_type_preserved", "struct_name_inheritance"),
    )
)
"""What a parser notes of how its dialect means a construct: the rules know."""

_SETTLED = frozenset(
    ("EQ", "NEQ", "LT", "LTE", "GT", "GTE", "NullSafeEQ", "NullSafeNEQ", "Between", "Coalesce")
)
"""Operators whose operands have one type, which text in quotes takes from the others."""


class Expressions:
    """Translates the expressions of one query, in place; notes what is refused."""

    def __init__(
        self, pair: Pair, query: Callable[[Any, Scope], Sequence[Named]], refusals: list[Refusal]
    ) -> None:
        self.pair = pair
        self.rules = by_construct(pair)
        self.query = query
        self.refusals = refusals

    def refuse(self, node: Any, why: str) -> str:
        """Note that a part is refused; gives the kind that says so."""
        line, column = place_of(node)
        construct = type(node).__name__
        found = Refusal(construct=construct, message=why, line=line, column=column)
        if found not in self.refusals:
            self.refusals.append(found)
        return UNKNOWN

    def refuse_unsure(self, node: Any) -> str:
        """Note that a part is refused of which nothing is known."""
        return self.refuse(node, f"{self.written(node)} may mean something else")

    def only(self, node: Any, allowed: frozenset[str]) -> None:
        """Refuse a clause that has other parts than these."""
        others = sorted(key for key, value in node.args.items() if value and key not in allowed)
        if others:
            name = type(node).__name__.upper()
            self.refuse(node, f"{name} with {', '.join(others)} may mean something else")

    def translate(self, node: Any, scope: Scope) -> str:
        """Bring ``node``, which has a parent, to the other dialect; gives its kind."""
        if node.args.get("negate"):
            node = _with_not(node)
        name = type(node).__name__
        matching = MATCHING.get(name)
        if name == "Substring" and is_found_by_pattern(node):
            matching = MATCHING["RegexpExtract"]
        if matching is not None:
            return matching(self, node, scope)
        special = getattr(self, f"_{name.lower()}", None)
        if special is not None:
            found: str = special(node, scope)
            return found
        return self._by_rule(node, scope)

    def _by_rule(self, node: Any, scope: Scope) -> str:
        if self.construct(node) not in self.rules:
            return self.refuse(node, f"what {self.written(node)} gives there is not known")
        operands = self._operands(node)
        if operands is None:
            return UNKNOWN
        kinds = [self.translate(operand, scope) for operand in operands]
        operands = self._operands(node) or []
        name = type(node).__name__
        if name in _SETTLED:
            kinds = self.settle(operands, kinds)
            operands = self._operands(node) or []
        return self.apply(node, operands, kinds)

    def _operands(self, node: Any) -> list[Any] | None:
        """The parts of a construct in their order; None where one is not known of."""
        found: list[Any] = []
        name = type(node).__name__
        for key, value in node.args.items():
            if name == "Anonymous" and key == "this":
                continue
            values = value if isinstance(value, list) else [value]
            nodes = [one for one in values if hasattr(one, "args")]
            if nodes:
                found += nodes
            elif value and key not in _FLAGS:
                self.refuse(node, f"{self.written(node)} with {key} may mean something else")
                return None
        return found

    def apply(
        self, node: Any, operands: Sequence[Any], kinds: Sequence[str], construct: str = ""
    ) -> str:
        """Replace ``node`` by what its rule writes, or that of ``construct``; gives its kind."""
        if UNKNOWN in kinds:
            return UNKNOWN
        labels = [labels_of(operand, kind) for operand, kind in zip(operands, kinds, strict=True)]
        name = construct or self.construct(node)
        rule = first_fitting(self.rules.get(name, ()), labels)
        if rule is None:
            shown = ", ".join(kind for kind in kinds if kind != "word")
            of = f" of {shown}" if shown else ""
            return self.refuse(node, f"what {self.written(node)}{of} gives there is not known")
        if rule.refuse is not None:
            return self.refuse(node, rule.refuse)
        if rule.write is not None:
            self.write(node, rule, operands)
        kind = rule.kind(kinds)
        return kind if kind != UNKNOWN else self.refuse(node, f"the type of {self.written(node)}")

    def written(self, node: Any) -> str:
        """A part of the query as its origin says it."""
        return written(node, self.pair.origin)

    def construct(self, node: Any) -> str:
        """Under what name rules know a construct: a function that the parser does not know, its
        own."""
        name = type(node).__name__
        if name == "Trim" and node.args.get("position") in ("LEADING", "TRAILING"):
            return "LTrim" if node.args["position"] == "LEADING" else "RTrim"
        if name in ("Greatest", "Least") and not node.args.get("ignore_nulls"):
            return f"{name}OrNull"
        if name == "Length" and node.args.get("binary"):
            return "BinaryLength"
        return str(node.name).lower() if name == "Anonymous" else name

    def write(self, node: Any, rule: Rule, operands: Sequence[Any]) -> None:
        """Put what a rule writes in the place of ``node``, its window and filter kept."""
        from sqlglot import exp

        assert rule.write is not None
        tree = filled(rule.write, operands, self.pair.target)
        for cast in tree.find_all(exp.Cast) if isinstance(node, exp.Cast) else ():
            # A rule for all DECIMALs says nothing of their digits.
            if cast.to.this == node.to.this and node.to.expressions:
                cast.set("to", node.to.copy())
        over = node.parent
        if not isinstance(over, exp.Window | exp.Filter) or over.this is not node:
            node.replace(beside_others(tree, over))
            return
        whole = over
        while isinstance(whole.parent, exp.Window | exp.Filter) and whole.parent.this is whole:
            whole = whole.parent
        # What the rule puts around an aggregate stands around its window: each has one.
        found = list(tree.find_all(exp.AggFunc))
        for inner in found or [tree]:
            node.replace(mark := exp.Placeholder())
            copy = whole.copy()
            place = next(each for each in copy.find_all(exp.Placeholder) if each == mark)
            mark.replace(node)
            if inner is tree:
                place.replace(inner.copy())
                tree = copy
            else:
                inner.replace(copy)
                place.replace(inner.copy())
        whole.replace(beside_others(tree, whole.parent))

    def settle(self, operands: Sequence[Any], kinds: Sequence[str]) -> list[str]:
        """Say of dates and times in quotes what the operands beside them make of them."""
        from sqlglot import exp

        done = list(kinds)
        wanted = {kind for kind in kinds if kind not in (LITERAL, NULL)}
        if LITERAL not in kinds or len(wanted) != 1:
            return done
        (kind,) = wanted
        if kind not in ("date", "timestamp"):
            return done
        for at, operand in enumerate(operands):
            if done[at] == LITERAL and is_iso(operand, kind):
                type = exp.DataType.build(kind.upper())
                operand.replace(exp.Cast(this=operand.copy(), to=type))
                done[at] = kind
        return done

    # Names and values

    def _column(self, node: Any, scope: Scope) -> str:
        if node.args.get("db") or node.args.get("catalog"):
            return self.refuse(node, f"{self.written(node)} may be a part of a value")
        if node.table:
            source = scope.source(node.table)
            if source is None or not source.columns:
                return UNKNOWN if source else self.refuse(node, f"what {self.written(node)} is")
            found = source.find(node.name)
            if found is None:
                return self.refuse(node, f"{source.name} has no column {node.name!r}")
            spell(node.args["table"], source.name)
            spell(node.this, found.name)
            node.meta["stored"] = source.stored
            return found.kind
        return self._bare(node, scope)

    def _bare(self, node: Any, scope: Scope) -> str:
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
                return self.refuse(node, f"{name!r} is a column of several tables")
            if found:
                if computed is not None and scope.grouped and around is scope:
                    own = computed.meta["as_written"]
                    if not (isinstance(own, exp.Column) and own.name.lower() == name.lower()):
                        return self.refuse(node, f"{name} may be the column or the result of it")
                around.reached[0] |= around is not scope
                ((source, column),) = found
                node.set("table", exp.to_identifier(source.name, quoted=True))
                node.meta["stored"] = source.stored
                spell(node.this, column.name)
                return column.kind
            if computed is not None and around is scope and not _is_part(node, computed):
                return self._computed(node, computed, scope)
            if not all(around.known):
                return UNKNOWN
            around = around.outer
        return self.refuse(node, f"no table has a column {name!r}")

    def _computed(self, node: Any, alias: Any, scope: Scope) -> str:
        """A name of the select list: what it stands for is written out."""
        from sqlglot import exp

        if not self.pair.reuses_names:
            return self.refuse(node, f"{node.name} is a result's name")
        new = exp.Paren(this=alias.meta["as_written"].copy())
        node.replace(new)
        return self.translate(new, scope)

    def _literal(self, node: Any, scope: Scope) -> str:
        if node.is_string:
            return LITERAL
        if re.fullmatch(r"\d+", node.name) and int(node.name) < 1 << 63:
            return "whole"
        digits = re.fullmatch(r"(\d*)\.(\d*)", node.name)
        if digits and len(digits[1]) + len(digits[2]) <= 38:
            return "decimal"
        finite = float(node.name) != float("inf")
        if self.pair.exponents_are_double and finite and re.search("[eE]", node.name):
            self.apply_to(node, "Double", "double")
            return "double"
        return self.refuse(node, f"{self.written(node)} may be another number")

    def _explode(self, node: Any, scope: Scope) -> str:
        """Rows for the elements of a list: one list, beside what each row has."""
        from sqlglot import exp

        whole = node.parent if isinstance(node.parent, exp.Alias) else node
        select = whole.parent
        if not isinstance(select, exp.Select):
            return self.refuse_unsure(node)
        fits = not any(
            select.args.get(key)
            for key in ("group", "having", "qualify", "distinct", "limit", "offset")
        )
        if not fits or any(
            found is not node and found.parent_select is select
            for found in select.find_all(exp.Explode, exp.AggFunc, exp.Window)
        ):
            return self.refuse_unsure(node)
        return self._by_rule(node, scope)

    def _order(self, node: Any, scope: Scope) -> str:
        from sqlglot import exp

        if node.this is None or isinstance(node.this, exp.Distinct):
            return self.refuse(node, f"what {self.written(node.parent)} gives there is not known")
        kind = self.translate(node.this, scope)
        self.order(node, scope)
        return kind

    def _null(self, node: Any, scope: Scope) -> str:
        return NULL

    def _boolean(self, node: Any, scope: Scope) -> str:
        return "boolean"

    def _var(self, node: Any, scope: Scope) -> str:
        return "word"

    def _star(self, node: Any, scope: Scope) -> str:
        return "word"

    def _paren(self, node: Any, scope: Scope) -> str:
        return self.translate(node.this, scope)

    def _alias(self, node: Any, scope: Scope) -> str:
        return self.translate(node.this, scope)

    def _distinct(self, node: Any, scope: Scope) -> str:
        if node.args.get("on") or len(node.expressions) != 1:
            return self.refuse(node, f"{self.written(node)} may count otherwise")
        kind = self.translate(node.expressions[0], scope)
        self.compared(node, kind)
        return kind

    def _interval(self, node: Any, scope: Scope) -> str:
        from sqlglot import exp

        unit = node.args.get("unit")
        text = node.this.name if node.this else ""
        if unit is not None and not isinstance(unit, exp.Var):
            return self.refuse(node, f"{self.written(node)} may be another time")
        if unit is not None and re.fullmatch(r"-?\d+", text) and _is_unit(unit.name):
            # '2 days' is the same as '2' DAY.
            unit.set("this", unit.name.upper().removesuffix("S"))
            return "interval"
        if "Spans" in self.rules and (unit is None or _is_unit(unit.name)):
            parts = f"{text} {unit.name if unit is not None else ''}".split()
            numbers, units = parts[::2], parts[1::2]
            plain = all(re.fullmatch(r"-?\d{1,6}", number) for number in numbers)
            if plain and len(numbers) == len(units) and all(map(_is_unit, units)):
                return "interval"
        return self.refuse(node, f"{self.written(node)} may be another time")

    # Types

    def _cast(self, node: Any, scope: Scope) -> str:
        from sqlglot import exp

        to = node.args["to"]
        is_member = isinstance(node.this.unnest(), exp.JSONExtractScalar)
        if is_member and kind_of(to) == "double" and "JSONDouble" in self.rules:
            return self._double_of_member(node, scope)
        kind = self.translate(node.this, scope)
        if kind == UNKNOWN:
            return UNKNOWN
        others = {key for key, value in node.args.items() if value} - {"this", "to"}
        if others:
            return self.refuse(node, f"{self.written(node)} with {', '.join(others)}")
        if to.expressions and kind_of(to) in ("timestamp", "instant", "time", "interval"):
            return self.refuse(node, f"{self.written(node)} leaves out parts of a second")
        if self.pair.cuts_texts and to.expressions and kind_of(to) in ("text", "padded"):
            return self.refuse(node, f"{self.written(node)} cuts texts, which is not done there")
        if to.this == exp.DataType.Type.DECIMAL and not to.expressions:
            if self.pair.decimal is None:
                return self.apply(node, [node.this, exp.var("NUMERIC")], [kind, "word"])
            to.replace(exp.DataType.build(f"DECIMAL{self.pair.decimal}"))
        return self.apply(node, [node.this, node.args["to"]], [kind, kind_of(to)])

    def _trycast(self, node: Any, scope: Scope) -> str:
        """Of Spark, whose CAST did not always fail, the parser takes it for TRY_CAST."""
        from sqlglot import exp

        if node.args.get("safe"):
            return self._by_rule(node, scope)
        cast = exp.Cast(**{key: value for key, value in node.args.items() if value})
        node.replace(cast)
        return self._cast(cast, scope)

    # Conditions and choices

    def _case(self, node: Any, scope: Scope) -> str:
        given = node.this
        compared = self.translate(given, scope) if given else None
        for branch in node.args["ifs"]:
            if compared is None:
                self.condition(branch.this, scope)
                continue
            condition = self.translate(branch.this, scope)
            self.compared(branch, condition)
            if common([compared, condition]) is None:
                return self.refuse(branch, f"{self.written(given)} is compared with another type")
        kinds = [self.translate(result, scope) for result in self._results_of(node)]
        return self._one_kind(node, self._results_of(node), kinds)

    def _results_of(self, node: Any) -> list[Any]:
        """What stands behind THEN and ELSE now: translating a result may replace it."""
        found = [branch.args["true"] for branch in node.args["ifs"]]
        return [*found, node.args["default"]] if node.args.get("default") is not None else found

    def _if(self, node: Any, scope: Scope) -> str:
        from sqlglot import exp

        branch = exp.If(this=node.this.copy(), true=node.args["true"].copy())
        other = node.args.get("false")
        case = exp.Case(ifs=[branch], default=other.copy() if other is not None else None)
        node.replace(case)
        return self.translate(case, scope)

    def _jsonextractscalar(self, node: Any, scope: Scope) -> str:
        """A member of a document, by its name."""
        from sqlglot import exp

        kind = self.translate(node.this, scope)
        steps = getattr(node.expression, "expressions", ())
        key = steps[-1].this if steps and isinstance(steps[-1], exp.JSONPathKey) else None
        if len(steps) != 2 or not isinstance(key, str):
            return self.refuse(node, f"what {self.written(node)} gives there is not known")
        return self.apply(node, [node.this, exp.Literal.string(key)], [kind, LITERAL])

    _jsonextract = _jsonextractscalar

    def _lambda(self, node: Any, scope: Scope) -> str:
        """``->`` among the arguments of a function, which the parser takes for one itself."""
        from sqlglot import exp

        names, key = node.expressions, node.this
        if self.pair.origin != "postgres" or len(names) != 1 or not isinstance(key, exp.Literal):
            return self.refuse_unsure(node)
        if not key.is_string:
            return self.refuse_unsure(node)
        path = exp.JSONPath(expressions=[exp.JSONPathRoot(), exp.JSONPathKey(this=key.name)])
        column = exp.Column(this=names[0].copy())
        member = exp.JSONExtract(this=column, expression=path, only_json_types=True)
        node.replace(member)
        return self.translate(member, scope)

    def _double_of_member(self, node: Any, scope: Scope) -> str:
        """A number of a document, however many zeros it is written with."""
        from sqlglot import exp

        member = node.this.unnest()
        steps = getattr(member.expression, "expressions", ())
        key = steps[-1].this if steps and isinstance(steps[-1], exp.JSONPathKey) else None
        if len(steps) != 2 or not isinstance(key, str):
            return self.refuse(node, f"what {self.written(node)} gives there is not known")
        kind = self.translate(member.this, scope)
        operands = [member.this, exp.Literal.string(key)]
        return self.apply(node, operands, [kind, LITERAL], "JSONDouble")

    def _escape(self, node: Any, scope: Scope) -> str:
        """LIKE with an escape of its own."""
        from sqlglot import exp

        like = node.this
        if not isinstance(like, exp.Like) or like.args.get("negate"):
            return self.refuse_unsure(node)
        kinds = [self.translate(one, scope) for one in (like.this, like.expression)]
        operands = [like.this, like.expression, node.expression]
        return self.apply(node, operands, [*kinds, LITERAL], "LikeEscape")

    def _withingroup(self, node: Any, scope: Scope) -> str:
        """An aggregate of values in an order that it says itself."""
        order = node.expression.expressions
        if len(order) != 1 or order[0].args.get("desc") or node.this.args.get("expression"):
            return self.refuse_unsure(node)
        kind = self.translate(order[0].this, scope)
        if node.this.this is None:
            return self.refuse_unsure(node)
        part = self.translate(node.this.this, scope)
        operands = [order[0].this, node.this.this]
        return self.apply(node, operands, [kind, part], type(node.this).__name__)

    def _bracket(self, node: Any, scope: Scope) -> str:
        """One element, counted from the first."""
        from sqlglot import exp

        places = node.expressions
        known = isinstance(places[0], exp.Literal) and places[0].name.isdigit()
        if len(places) != 1 or not known or node.args.get("safe"):
            return self.refuse_unsure(node)
        kind = self.translate(node.this, scope)
        return self.apply(node, [node.this, places[0]], [kind, "whole"])

    def _eq(self, node: Any, scope: Scope) -> str:
        """``=``, where what it is compared with may be any element of a list."""
        from sqlglot import exp

        if not isinstance(node.expression, exp.Any):
            return self._by_rule(node, scope)
        inner = node.expression.this
        while isinstance(inner, exp.Paren):
            inner = inner.this
        if isinstance(inner, exp.Query):
            return self.refuse_unsure(node)
        kinds = [self.translate(node.this, scope), self.translate(inner, scope)]
        inner = node.expression.this.unnest() if node.expression.this else inner
        element = element_of(kinds[1])
        if UNKNOWN not in (*kinds, element) and common([kinds[0], element]) is None:
            return self.refuse(node, f"{self.written(node)} compares several types")
        return self.apply(node, [node.this, inner], kinds, "Any")

    def _collate(self, node: Any, scope: Scope) -> str:
        """A text with the order, or the letters, that are said beside it."""
        kind = self.translate(node.this, scope)
        said = node.expression.name
        return self.apply(node, [node.this], [kind], f'COLLATE"{said}"')

    def _one_kind(self, node: Any, operands: Sequence[Any], kinds: Sequence[str]) -> str:
        kind = common(self.settle(operands, kinds))
        return kind or self.refuse(node, f"{self.written(node)} has results of several types")

    def _in(self, node: Any, scope: Scope) -> str:
        kind = self.translate(node.this, scope)
        query = node.args.get("query")
        if query is not None:
            found = [self._subquery(query, scope)]
        else:
            found = [self.translate(entry, scope) for entry in node.expressions]
            settled = self.settle([node.this, *node.expressions], [kind, *found])
            kind, found = settled[0], settled[1:]
        if node.args.get("unnest") or node.args.get("field"):
            return self.refuse_unsure(node)
        for other in found:
            if UNKNOWN in (kind, other):
                return UNKNOWN
            if common([kind, other]) is None:
                return self.refuse(node, f"{self.written(node)} compares several types")
            self.compared(node, kind)
        return "boolean"

    def _exists(self, node: Any, scope: Scope) -> str:
        self.query(node.this, scope)
        return "boolean"

    def _subquery(self, node: Any, scope: Scope) -> str:
        columns = self.query(node, scope)
        return columns[0].kind if len(columns) == 1 else UNKNOWN

    _select = _subquery

    # Windows and order

    def _window(self, node: Any, scope: Scope) -> str:
        allowed = {"this", "partition_by", "order", "spec", "over"}
        others = {key for key, value in node.args.items() if value} - allowed
        if others:
            return self.refuse(node, f"a window with {', '.join(sorted(others))}")
        for entry in node.args.get("partition_by") or ():
            self.compared(entry, self.translate(entry, scope))
        kinds = self.order(node.args["order"], scope) if node.args.get("order") else []
        from sqlglot import exp

        ordered = node.this.find(exp.Order, exp.Median, exp.PercentileCont, exp.PercentileDisc)
        if ordered and not self.pair.orders_in_windows:
            return self.refuse(node, f"{self.written(node)} has an order within, in a window")
        if node.this.find(exp.Distinct):
            return self.refuse(node, f"{self.written(node)} counts distinct values in a window")
        spec = node.args.get("spec")
        fuller = spec and "Frames" in self.rules and is_fuller_frame(spec, kinds)
        for end in ("start", "end") if spec else ():
            if isinstance(spec.args.get(end), exp.Interval):
                self.translate(spec.args[end], scope)
        if spec and not fuller and not is_plain_frame(spec):
            return self.refuse(node, f"{self.written(node)} has a frame that may be another")
        return self.translate(node.this, scope)

    def _filter(self, node: Any, scope: Scope) -> str:
        self.condition(node.expression.this, scope)
        return self.translate(node.this, scope)

    def order(self, order: Any, scope: Scope) -> list[str]:
        """Bring the expressions of an ORDER BY to the other dialect, NULLs where they were; gives
        their kinds."""
        kinds = [self.translate(entry.this, scope) for entry in order.expressions]
        for entry, kind in zip(order.expressions, kinds, strict=True):
            self.ordered(entry, kind)
        return kinds

    def ordered(self, entry: Any, kind: str) -> None:
        """Say of one entry of an ORDER BY what its kind needs."""
        if entry.args.get("with_fill"):
            self.refuse_unsure(entry)
        self.apply_to(entry.this, "Ordered", kind)

    def orders_plainly(self, node: Any, kind: str) -> bool:
        """Whether values are ordered as they are written, or their order is not asked about."""
        rule = first_fitting(self.rules.get("Ordered", ()), [labels_of(node, kind)])
        return kind == UNKNOWN or rule is None or rule.write is None

    def condition(self, node: Any, scope: Scope) -> None:
        """Bring over what decides on rows, which has to be true or false in both."""
        kind = self.translate(node, scope)
        if kind not in ("boolean", NULL, UNKNOWN):
            self.refuse(node, f"{self.written(node)} is true or false by rules of each engine")

    def compared(self, node: Any, kind: str) -> None:
        """Refuse to look for equal values where other texts are equal there."""
        if kind == COLLATED or (self.pair.texts_fold and kind in (LITERAL, "text")):
            self.refuse(node, f"other texts are equal there than in {self.written(node)}")

    def apply_to(self, node: Any, construct: str, kind: str) -> None:
        """Replace an operand as the rule of ``construct`` for it says."""
        if kind == UNKNOWN:
            return
        rule = first_fitting(self.rules.get(construct, ()), [labels_of(node, kind)])
        if rule is None:
            self.refuse(
                node, f"the order of {self.written(node)}, of kind {kind}, is not known there"
            )
        elif rule.refuse is not None:
            self.refuse(node, rule.refuse)
        elif rule.write is not None:
            node.replace(filled(rule.write, [node], self.pair.target))


def _with_not(node: Any) -> Any:
    """NOT LIKE as NOT (... LIKE ...)."""
    from sqlglot import exp

    inner = node.copy()
    inner.set("negate", None)
    outer = exp.Not(this=exp.Paren(this=inner))
    node.replace(outer)
    return outer


def spell(identifier: Any, name: str) -> None:
    """Let a name say in quotes what it means, so that no engine makes another of it."""
    identifier.set("this", name)
    identifier.set("quoted", True)


_UNITS = frozenset(("DAY", "MONTH", "YEAR", "HOUR", "MINUTE", "SECOND", "WEEK"))


def _is_unit(word: str) -> bool:
    return word.upper() in _UNITS or word.upper().removesuffix("S") in _UNITS


def _is_part(node: Any, whole: Any) -> bool:
    while node is not None and node is not whole:
        node = node.parent
    return node is whole
