"""Functions of regular expressions: their patterns are brought over with them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from seeknal.sql.translating.kinds import LITERAL, UNKNOWN
from seeknal.sql.translating.patterns import (
    FLAVOURS,
    Group,
    Unsure,
    branches,
    finds_alike,
    folded,
    groups,
    read,
)

if TYPE_CHECKING:
    from seeknal.sql.translating.expressions import Expressions
    from seeknal.sql.translating.scopes import Scope

_FLAGS = re.compile("[gic]*")


def matches(expressions: Expressions, node: Any, scope: Scope) -> str:
    """Whether a text has a part, or is one, that a pattern fits."""
    # Only functions are noted with their place.
    if expressions.pair.origin == "duckdb" and "line" not in node.meta:
        return expressions.refuse(node, "~ fits the whole of a text in some versions of DuckDB")
    whole = type(node).__name__ == "RegexpFullMatch"
    name = "RegexpFullMatch" if whole else "RegexpLike"
    flags = node.args.get("flag") or node.args.get("options")
    folds = type(node).__name__ == "RegexpILike"
    kind = expressions.translate(node.this, scope)
    pattern = _pattern(expressions, node, node.expression, flags, folds=folds)
    if pattern is None:
        return UNKNOWN
    text = branches(pattern, _target(expressions))
    if whole and _target(expressions) == "postgres":
        text = f"^(?:{text})$"
    return _applied(expressions, node, [node.this, text], kind, name)


def replaces(expressions: Expressions, node: Any, scope: Scope) -> str:
    """A text with one part of it replaced, or all that a pattern fits."""
    kind = expressions.translate(node.this, scope)
    flags = node.args.get("modifiers")
    pattern = _pattern(expressions, node, node.expression, flags, exact=True)
    new = _replacement(expressions, node, pattern)
    if pattern is None or new is None:
        return UNKNOWN
    every = not node.args.get("single_replace") or (flags is not None and "g" in flags.name)
    name = "RegexpReplaceAll" if every else "RegexpReplace"
    text = branches(pattern, _target(expressions))
    return _applied(expressions, node, [node.this, text, new], kind, name)


def finds(expressions: Expressions, node: Any, scope: Scope) -> str:
    """The first part that a pattern fits, or what one of its groups has of it."""
    kind = expressions.translate(node.this, scope)
    said = node.args.get("expression") or node.args.get("start")
    pattern = _pattern(expressions, node, said, node.args.get("parameters"), exact=True)
    if pattern is None:
        return UNKNOWN
    name, number = _wanted(node, pattern)
    if number > sum(1 for _ in groups(pattern)):
        return expressions.refuse(node, f"{expressions.written(node)} has no such group")
    text = branches(pattern, _target(expressions), number)
    if number == 0 and _target(expressions) == "postgres":
        text = f"({text})"
    return _applied(expressions, node, [node.this, text, min(number, 1)], kind, name)


def counts(expressions: Expressions, node: Any, scope: Scope) -> str:
    """How many parts a pattern fits."""
    kind = expressions.translate(node.this, scope)
    flags = node.args.get("parameters")
    pattern = _pattern(expressions, node, node.expression, flags, exact=True)
    if pattern is None or node.args.get("position"):
        return expressions.refuse_unsure(node) if pattern else UNKNOWN
    text = branches(pattern, _target(expressions), 0)
    return _applied(expressions, node, [node.this, text], kind, "RegexpCount")


MATCHING = {
    **dict.fromkeys(("RegexpLike", "RegexpILike", "RegexpFullMatch"), matches),
    **{"RegexpReplace": replaces, "RegexpExtract": finds, "RegexpCount": counts},
}


def is_found_by_pattern(node: Any) -> bool:
    """Whether SUBSTRING is given a pattern and no place."""
    start = node.args.get("start")
    return bool(getattr(start, "is_string", False)) and not node.args.get("length")


def _is_text(node: Any) -> bool:
    from sqlglot import exp

    return isinstance(node, exp.RawString) or bool(getattr(node, "is_string", False))


def _target(expressions: Expressions) -> str:
    assert expressions.pair.patterns is not None
    return expressions.pair.patterns[1]


def _applied(
    expressions: Expressions, node: Any, parts: list[Any], kind: str, construct: str
) -> str:
    from sqlglot import exp

    operands = [
        exp.Literal.string(part)
        if isinstance(part, str)
        else exp.Literal.number(part)
        if isinstance(part, int)
        else part
        for part in parts
    ]
    kinds = [kind, *("whole" if isinstance(part, int) else LITERAL for part in parts[1:])]
    return expressions.apply(node, operands, kinds, construct)


def _pattern(
    expressions: Expressions,
    node: Any,
    said: Any,
    flags: Any,
    *,
    folds: bool = False,
    exact: bool = False,
) -> Group | None:
    """The pattern that stands in the query; None where it was refused."""
    pair = expressions.pair
    if pair.patterns is None:
        expressions.refuse_unknown(node)
        return None
    letters = flags.name if getattr(flags, "is_string", False) else "" if flags is None else "?"
    if not _is_text(said) or _FLAGS.fullmatch(letters) is None:
        why = "only a pattern that stands in quotes is known, with no flag but i and g"
        expressions.refuse(node, f"{expressions.written(node)}: {why}")
        return None
    flavour = FLAVOURS[pair.patterns[0]]
    try:
        found = read(said.name, flavour)
        if folds or "i" in letters:
            new = folded(found, flavour)
            assert isinstance(new, Group)
            found = new
        branches(found, pair.patterns[1])
        if exact and not finds_alike(found):
            raise Unsure("what it finds where it fits in several ways is up to an engine")
    except Unsure as unsure:
        expressions.refuse(node, f"the pattern {said.name!r}: {unsure}")
        return None
    return found


def _replacement(expressions: Expressions, node: Any, pattern: Group | None) -> str | None:
    """What stands for each part; None where it was refused."""
    said = node.args.get("replacement")
    text: str | None = said.name if _is_text(said) else None
    if text is None or pattern is None:
        if pattern is not None:
            expressions.refuse(node, f"{expressions.written(node)} has no text in quotes to put")
        return None
    known = {str(group.number) for group in groups(pattern)}
    if set(re.findall(r"\\(.?)", text.replace("\\\\", ""), re.DOTALL)) <= known:
        return text
    expressions.refuse(node, f"{text!r} is read by other rules there")
    return None


def _wanted(node: Any, pattern: Group) -> tuple[str, int]:
    """What is asked for, and which group of the pattern has it: 0 is all of it."""
    if "start" in node.args or node.args.get("null_if_no_match"):
        return "RegexpSubstring", min(1, sum(1 for _ in groups(pattern)))
    group = node.args.get("group")
    number = int(group.name) if getattr(group, "is_int", False) and group.name.isdigit() else 99
    return "RegexpExtract", 0 if group is None else number
