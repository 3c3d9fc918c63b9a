"""The conditions of a query: what decides which rows it gives, and which values they have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.sql.tokens import on_one_line
from seeknal.unittests.coverage.joins import joins

if TYPE_CHECKING:
    from seeknal.unittests.coverage.structure import Structure

TRUTH = ("true", "false")
NULLS = ("NULL", "not NULL")
Span = tuple[int, int]
"""The first and the last token of a part of a query."""
_FILTERS = ("where", "having", "qualify")
_FALLBACKS = ("coalesce", "ifnull")


@frozen(kw_only=True)
class Condition:
    """A condition, from one token of its query to another, and how it can turn out.

    ``place`` is the token at which what it is a part of begins: of a WHERE, a CASE, a JOIN.
    """

    clause: str
    place: int
    span: Span
    outcomes: tuple[str, ...]
    text: str


def conditions(query: Structure) -> list[Condition]:
    """The conditions of a query, as they stand in it; none that is the same for every row."""
    return sorted(_found(query), key=lambda each: each.span)


def _found(query: Structure) -> Iterator[Condition]:
    for at, key in enumerate(query.keys):
        if key in _FILTERS:
            filters = key == "where" and query.key(at - 1) == "(" and query.key(at - 2) == "filter"
            yield from _filters(query, "FILTER" if filters else key.upper(), at)
        elif key == "(" and query.key(at - 1) == "filter" and query.key(at - 2) == ")":
            if query.key(at + 1) != "where":
                yield from _filters(query, "FILTER", at)
        elif key == "case":
            yield from _arms(query, at)
        elif key == "if" and query.key(at + 1) == "(":
            yield from _first(query, at, TRUTH)
        elif key in _FALLBACKS and query.key(at + 1) == "(":
            yield from _first(query, at, NULLS)
    for join in joins(query):
        yield Condition(
            clause=join.words,
            place=join.place,
            span=(join.first, join.last),
            outcomes=join.outcomes,
            text=join.text,
        )


def _filters(query: Structure, clause: str, place: int) -> Iterator[Condition]:
    """What each row has to fulfil: of several conditions with AND each one."""
    _, others = conjuncts(query, place)
    for span in others:
        if not query.is_constant(*span):
            yield _condition(clause, place, span, TRUTH, query.slice(*span))


def _arms(query: Structure, at: int) -> Iterator[Condition]:
    operand, arms = arms_of(query, at)
    for span in arms:
        if query.is_constant(*span) and (operand is None or query.is_constant(*operand)):
            continue
        compared = "" if operand is None else f"{query.slice(*operand)} = "
        yield _condition("CASE", at, span, TRUTH, compared + query.slice(*span))


def _first(query: Structure, at: int, outcomes: tuple[str, ...]) -> Iterator[Condition]:
    """The first argument of a function, where others follow."""
    span, *others = arguments(query, at)
    if others and not query.is_constant(*span):
        yield _condition(query.keys[at].upper(), at, span, outcomes, query.slice(*span))


def _condition(
    clause: str, place: int, span: Span, outcomes: tuple[str, ...], text: str
) -> Condition:
    return Condition(
        clause=clause, place=place, span=span, outcomes=outcomes, text=on_one_line(text)
    )


def arguments(query: Structure, at: int) -> list[Span]:
    """The arguments of the function whose name is a token."""
    return query.split(at + 2, query.closing[at + 1] - 1, ",")


def arms_of(query: Structure, at: int) -> tuple[Span | None, list[Span]]:
    """What stands between CASE and its first WHEN, if anything, and the conditions of its arms."""
    begin, arms, first = at + 1, list[Span](), at + 1
    for each in query.level(at + 1):
        if query.keys[each] == "when":
            first = first if arms else each
            begin = each + 1
        elif query.keys[each] == "then":
            arms.append((begin, each - 1))
    return None if first == at + 1 else (at + 1, first - 1), arms


def conjuncts(query: Structure, place: int) -> tuple[list[Span], list[Span]]:
    """What a filter's conditions are: equalities that join tables of a FROM, and all others."""
    first, last = place + 1, query.end_of_clause(place + 1)
    if last < first:
        return [], []
    parts = [(first, last)]
    if not query.has(first, last, "or"):
        parts = query.split(first, last, "and")
    if query.keys[place] != "where" or not _crosses(query, place):
        return [], parts
    joining = [part for part in parts if _joins(query, *part)]
    return joining, [part for part in parts if part not in joining]


def _crosses(query: Structure, place: int) -> bool:
    """Whether the FROM before a WHERE names tables without saying how they join."""
    around = query.around[place]
    crosses = False
    for at in query.level(0 if around is None else around + 1):
        if at >= place:
            break
        key = query.keys[at]
        if key == "from" and query.key(at - 1) != "distinct":
            crosses = False
        elif key in (",", "cross"):
            crosses = True
    return crosses


def _joins(query: Structure, first: int, last: int) -> bool:
    """Whether a condition is that two columns are equal."""
    tokens = query.tokens[first : last + 1]
    return [token.text for token in tokens].count("=") == 1 and all(
        token.text in (".", "=") or token.kind in ("word", "name") for token in tokens
    )
