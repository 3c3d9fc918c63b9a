"""What the parser takes for something else than its origin does: refused where it may stand."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from seeknal.sql.tokens import line_and_column, tokenize
from seeknal.sql.translating.results import Refusal

if TYPE_CHECKING:
    from seeknal.sql.tokens import Token
    from seeknal.sql.translating.results import Origin
    from seeknal.sql.translating.rules import Pair

_TYPED = ("date", "time", "timestamp", "timestamptz", "interval")
_ALIKE = ("duckdb", "postgres")
"""Dialects in which operators of bits have one rank, from the left, as the parser has them."""


def misread(tree: Any, origin: Origin, pair: Pair) -> list[Refusal]:
    """Everything of a query that the parser may have read otherwise."""
    tokens = tokenize(origin.sql) if _is_to_be_read(origin.sql, pair) else []
    found = [
        *_words(tokens, pair),
        *_casts_of_typed_literals(tokens),
        *(_doubled_quotes(tokens) if pair.origin == "spark" else ()),
    ]
    refusals = []
    for token, why in found:
        line, column = line_and_column(origin.sql, token.start)
        said = token.key or token.text[:20]
        refusals.append(Refusal(construct=said, message=why, line=line, column=column))
    of_tree = (
        origin.refusal(node, f"{origin.written(node)} {why}") for node, why in _of_tree(tree, pair)
    )
    return [*refusals, *of_tree]


def _is_to_be_read(sql: str, pair: Pair) -> bool:
    """Whether a text has any of the signs and words that are looked for in it."""
    doubled = ("''", '""', "``") if pair.origin == "spark" else ()
    text = sql.lower()
    return any(sign in text for sign in ("::", *doubled, *pair.misread))


def _words(tokens: list[Token], pair: Pair) -> Iterator[tuple[Token, str]]:
    """Functions that the parser makes others of."""
    for token in tokens if pair.misread else ():
        if (why := pair.misread.get(token.key)) is not None:
            yield token, why


def _casts_of_typed_literals(tokens: list[Token]) -> Iterator[tuple[Token, str]]:
    """``date '2024-01-31'::text``, of which the parser casts the text first."""
    for (before, literal), (_, after) in pairwise(pairwise(tokens)):
        if before.key in _TYPED and literal.kind == "string" and after.key == "::":
            yield before, f"{before.text} {literal.text} has to stand in brackets before ::"


def _doubled_quotes(tokens: list[Token]) -> Iterator[tuple[Token, str]]:
    """``'it''s'`` of Spark, which the parser takes for two texts."""
    for token in tokens:
        mark = token.text[:1]
        if token.kind in ("string", "name") and mark * 2 in token.text[1:-1]:
            yield token, f"{token.text} is of several texts for some versions: write \\{mark}"


def _of_tree(tree: Any, pair: Pair) -> Iterator[tuple[Any, str]]:
    from sqlglot import exp

    bits = exp.BitwiseAnd | exp.BitwiseOr | exp.BitwiseXor
    bits |= exp.BitwiseLeftShift | exp.BitwiseRightShift
    ranked = {pair.origin, pair.target} != set(_ALIKE)
    for node in tree.walk():
        if isinstance(node, exp.Column) and node.args.get("join_mark"):
            yield node, "says an outer join: write LEFT JOIN"
        elif isinstance(node, bits) and ranked and _mixes_bits(node, bits):
            yield node, "has its operators in another order there: write brackets"


def _mixes_bits(node: Any, bits: Any) -> bool:
    """Whether an operator of bits stands beside another one without brackets."""
    sides = (node.this, node.expression)
    return any(isinstance(side, bits) and type(side) is not type(node) for side in sides)
