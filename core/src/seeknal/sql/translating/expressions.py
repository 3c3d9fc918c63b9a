"""Expressions: each part is brought to the other dialect by the rule for it and its operands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from seeknal.sql.spans import written_for
from seeknal.sql.translating.digits import result_of, with_room
from seeknal.sql.translating.forms import FORMS
from seeknal.sql.translating.kinds import (
    COLLATED,
    LITERAL,
    NULL,
    UNKNOWN,
    digits_of,
    is_iso,
    undigited,
)
from seeknal.sql.translating.matching import is_found_by_pattern
from seeknal.sql.translating.operands import labels_of
from seeknal.sql.translating.rules import by_construct, first_fitting
from seeknal.sql.translating.templates import beside_others, filled

if TYPE_CHECKING:
    from seeknal.sql.translating.results import Origin, Refusal
    from seeknal.sql.translating.rules import Pair, Rule
    from seeknal.sql.translating.scopes import Named, Scope

_FLAGS = frozenset(
    (
        *("safe", "typed", "coalesce", "big_int", "ignore_nulls", "date_part_boundary"),
        *("is_string", "quoted", "requires_string", "copy", "over", "is_left", "zone_is_default"),
        *("single_replace", "null_if_pos_overflow", "null_if_no_match", "position", "binary"),
        *("part_index_zero_as_one", "empty_delimiter_returns_whole", "clamp_position"),
        *("negative_length_returns_empty", "casts_non_integer_decimals", "fractions_supported"),
        *("zero_on_all_null", "input_type_preserved", "struct_name_inheritance"),
    )
)
"""What a parser notes of how its dialect means a construct: the rules know."""

_BITS = frozenset(("BitwiseAnd", "BitwiseOr", "BitwiseXor"))
"""What may be a function at its origin, whose operands need no brackets around it there."""

_SETTLED = frozenset(
    ("EQ", "NEQ", "LT", "LTE", "GT", "GTE", "NullSafeEQ", "NullSafeNEQ", "Between", "Coalesce")
)
"""Operators whose operands have one type, which text in quotes takes from the others."""


class Expressions:
    """Translates the expressions of one query, in place; notes what is refused."""

    def __init__(
        self,
        pair: Pair,
        origin: Origin,
        query: Callable[[Any, Scope], Sequence[Named]],
        refusals: list[Refusal],
    ) -> None:
        self.pair = pair
        self.origin = origin
        self.rules = by_construct(pair)
        self.query = query
        self.refusals = refusals

    def refuse(self, node: Any, why: str) -> str:
        """Note that a part is refused; gives the kind that says so."""
        found = self.origin.refusal(node, why)
        if found not in self.refusals:
            self.refusals.append(found)
        return UNKNOWN

    def refuse_unsure(self, node: Any) -> str:
        """Note that a part is refused of which nothing is known."""
        return self.refuse(node, f"{self.written(node)} may mean something else")

    def refuse_unknown(self, node: Any) -> str:
        """Note that a part is refused of which no rule says what it gives."""
        return self.refuse(node, f"what {self.written(node)} gives there is not known")

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
        if name == "Substring" and is_found_by_pattern(node):
            name = "RegexpExtract"
        form = FORMS.get(name)
        return self.by_rule(node, scope) if form is None else form(self, node, scope)

    def by_rule(self, node: Any, scope: Scope) -> str:
        """Bring a construct over as its operands and the rule for it say; gives its kind."""
        if self.construct(node) not in self.rules:
            self._look_within(node, scope)
            return self.refuse_unknown(node)
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

    def _look_within(self, node: Any, scope: Scope) -> None:
        """Note what is refused of the parts of a construct that is refused itself."""
        from sqlglot import exp

        for part in list(node.iter_expressions()):
            if isinstance(part, exp.Column | exp.Func | exp.Binary | exp.Case | exp.Cast):
                self.translate(part, scope)

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
        name = construct or self.construct(node)
        found = with_room(self, name, node, operands, kinds)
        if found is None:
            return UNKNOWN
        operands, kinds = found
        labels = [labels_of(operand, kind) for operand, kind in zip(operands, kinds, strict=True)]
        rule = first_fitting(self.rules.get(name, ()), labels)
        if rule is None:
            shown = ", ".join(undigited(kind) for kind in kinds if kind != "word")
            of = f" of {shown}" if shown else ""
            return self.refuse(node, f"what {self.written(node)}{of} gives there is not known")
        if rule.refuse is not None:
            return self.refuse(node, rule.refuse)
        if rule.write is not None:
            self.write(node, rule, operands)
        elif name in _BITS:
            node.replace(written_for(beside_others(node.copy(), node.parent), node))
        kind = rule.kind(kinds)
        if digits_of(rule.gives) is None:
            kind = result_of(name, operands, kinds, kind)
        return kind if kind != UNKNOWN else self.refuse(node, f"the type of {self.written(node)}")

    def written(self, node: Any) -> str:
        """A part of the query as its origin says it."""
        return self.origin.written(node)

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
            node.replace(beside_others(written_for(tree, node), over))
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
        whole.replace(beside_others(written_for(tree, whole), whole.parent))

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
                operand.replace(written_for(exp.Cast(this=operand.copy(), to=type), operand))
                done[at] = kind
        return done

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

    def compared(self, node: Any, kind: str, meant: Any = None) -> None:
        """Refuse to look for equal values, of what ``node`` means, where other texts are equal."""
        if kind == COLLATED or (self.pair.texts_fold and kind in (LITERAL, "text")):
            said = self.written(node if meant is None else meant)
            self.refuse(node, f"other texts are equal there than in {said}")

    def apply_to(self, node: Any, construct: str, kind: str) -> None:
        """Replace an operand as the rule of ``construct`` for it says."""
        if kind == UNKNOWN:
            return
        rule = first_fitting(self.rules.get(construct, ()), [labels_of(node, kind)])
        if rule is None:
            self.refuse(
                node,
                f"the order of {self.written(node)}, of kind {undigited(kind)}, is not known there",
            )
        elif rule.refuse is not None:
            self.refuse(node, rule.refuse)
        elif rule.write is not None:
            node.replace(written_for(filled(rule.write, [node], self.pair.target), node))


def _with_not(node: Any) -> Any:
    """NOT LIKE as NOT (... LIKE ...)."""
    from sqlglot import exp

    inner = node.copy()
    inner.set("negate", None)
    outer = written_for(exp.Not(this=exp.Paren(this=inner)), node)
    node.replace(outer)
    return outer
