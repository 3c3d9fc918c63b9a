"""The SQL of audits, checked and brought into a form that can stand inside other SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from seeknal.plugin import SqlRefused, check_condition, check_query, quote_identifier

THIS = "__THIS__"


def condition(text: str) -> str:
    """``text`` as DuckDB SQL for one row. Raises SqlRefused when it is more than that."""
    return check_condition(text, one_row=True)


def query(text: str, names: Iterable[str] = ()) -> str:
    """``text`` without its final semicolon.

    Raises SqlRefused unless it is one query that reads ``__THIS__`` or another of ``names``.
    """
    from sqlglot import exp, parse_one

    check_query(text)
    meant = {name.upper() for name in (THIS, *names)}
    tables = parse_one(text, read="duckdb").find_all(exp.Table)
    if not any(table.name.upper() in meant for table in tables):
        raise SqlRefused(f"the query reads no {THIS}, which stands for the node's rows")
    return _without_semicolon(text)


def without_refs(text: str) -> tuple[str, tuple[str, ...]]:
    """``text`` with each ``ref('kind.name')`` as a quoted name, and the nodes that it names."""
    from sqlglot import tokenize
    from sqlglot.errors import SqlglotError

    try:
        tokens = tokenize(text, read="duckdb")
    except SqlglotError:
        # What is not closed is reported by who checks the text.
        return text, ()
    parts, nodes, end = [], [], 0
    for place, token in enumerate(tokens):
        given = tokens[place + 1 : place + 6]
        kinds = [entry.token_type.name for entry in given]
        size = next((size for shape, size in _REFS.items() if tuple(kinds[:size]) == shape), 0)
        if token.text.lower() != "ref" or not size:
            continue
        name = ".".join(entry.text for entry in given[1 : size - 1 : 2])
        parts += [text[end : token.start], quote_identifier(name)]
        nodes.append(name)
        end = given[size - 1].end + 1
    return "".join((*parts, text[end:])), tuple(dict.fromkeys(nodes))


_REFS = {("L_PAREN", quoted, "R_PAREN"): 3 for quoted in ("STRING", "IDENTIFIER")} | {
    ("L_PAREN", "STRING", "COMMA", "STRING", "R_PAREN"): 5
}


def over(text: str, scans: Mapping[str, str]) -> str:
    """``text``, a query over the names of ``scans``, as a query that stands alone.

    The names become known to SQL itself, so ``__THIS__`` means the node's rows where a table
    may stand, and nothing in a string or a comment.
    """
    known = [
        f"{quote_identifier(name)} AS NOT MATERIALIZED (SELECT * FROM {scan})"
        for name, scan in scans.items()
    ]
    return f"WITH {', '.join(known)} SELECT * FROM (\n{text}\n)"


def _without_semicolon(text: str) -> str:
    from sqlglot import tokenize

    tokens = tokenize(text, read="duckdb")
    ends = [token.start for token in tokens if token.token_type.name == "SEMICOLON"]
    return text[: ends[0]] if ends else text
