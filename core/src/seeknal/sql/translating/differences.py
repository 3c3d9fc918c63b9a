"""The table of a dialect pair, as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seeknal.sql.translating.rules import Pair, Rule

_SIGNS = {
    **{"Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "IntDiv": "//", "Mod": "%", "DPipe": "||"},
    **{"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">=", "Neg": "-"},
    **{"AtTimeZone": "AT TIME ZONE"},
    **{"Between": "BETWEEN", "Like": "LIKE", "ILike": "ILIKE", "Is": "IS", "Not": "NOT"},
    **{"NullSafeEQ": "IS NOT DISTINCT FROM", "NullSafeNEQ": "IS DISTINCT FROM"},
    **{"Ordered": "ORDER BY", "Array": "[...]", "Double": "1e2", "JSONExtractScalar": "->>"},
    **{
        "BitwiseAnd": "&",
        "BitwiseOr": "|",
        "BitwiseXor": "xor",
        "BitwiseNot": "~",
        "GroupConcat": "string_agg",
    },
    **{"GreatestOrNull": "greatest", "LeastOrNull": "least", "BinaryLength": "length"},
    **{"LTrim": "ltrim", "RTrim": "rtrim", "LikeEscape": "LIKE ... ESCAPE", "Any": "= ANY"},
    **{"RegexpReplaceAll": "regexp_replace of all", "RegexpSubstring": "substring of a pattern"},
    **{"Bracket": "[1]", "JSONExtract": "->", "JSONDouble": "(... ->> ...)::float8"},
    **{"Recursive": "WITH RECURSIVE", "Ordinality": "WITH ORDINALITY", "DistinctOn": "DISTINCT ON"},
    **{"Series": "FROM generate_series", "Range": "FROM range", "Explode": "SELECT unnest"},
    **{"DivDouble": "(... / ...)::float8", "AvgDouble": "avg(...)::float8"},
    **{"Frames": "GROUPS, RANGE n and EXCLUDE in windows", "Spans": "INTERVAL '1 month 2 days'"},
}

_MOST = 400


def differences(table: Pair) -> str:
    """What differs between two dialects, and what is written or why it is refused, in Markdown.

    It is what the page of dialects has of a table.
    """
    lines = [f"## From {table.origin} to {table.target}", ""]
    if table.settings:
        said = ", ".join(f"`{key} = {value}`" for key, value in table.settings.items())
        lines += [f"A session needs {said}.", ""]
    lines += ["| SQL | of | there | why |", "|---|---|---|---|"]
    lines += [_row(rule) for rule in table.rules if not _is_alike(rule)]
    alike = {
        _construct(name)
        for rule in table.rules
        if _is_alike(rule)
        for name in rule.construct.split()
    }
    listed = ", ".join(f"`{name}`" for name in sorted(alike))
    return "\n".join(
        [*lines, "", f"The same in both, of the kinds that are listed for each: {listed}.", ""]
    )


def _is_alike(rule: Rule) -> bool:
    return rule.write is None and rule.refuse is None and not rule.differs


def _row(rule: Rule) -> str:
    names = " ".join(f"`{_construct(name)}`" for name in rule.construct.split())
    written = _cell(rule.write or "the same")
    shown = written if len(written) <= _MOST else f"{written[:_MOST].rstrip()} ..."
    there = "refused" if rule.refuse else f"`{shown}`"
    why = _cell(rule.refuse or rule.differs or "it is written otherwise")
    return f"| {names} | {_cell(rule.takes) or '-'} | {there} | {why} |"


def _construct(name: str) -> str:
    """What a construct is written like."""
    from sqlglot import exp

    found = getattr(exp, name, None)
    if name in _SIGNS or found is None:
        return _cell(_SIGNS.get(name, name))
    text: str = found.sql_name().lower() if hasattr(found, "sql_name") else name.upper()
    return text


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
