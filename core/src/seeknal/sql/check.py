"""Is this text one query that only reads?"""

from __future__ import annotations

import logging
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from seeknal.sql.functions import FILE_ENDINGS, outside_name, reads_outside
from seeknal.sql.keywords import words
from seeknal.sql.scopes import table_references
from seeknal.sql.syntax import plain, syntax_fault
from seeknal.sql.tokens import line_and_column, parameters, tokenize
from seeknal.values.errors import nearest

if TYPE_CHECKING:
    from sqlglot import exp


class SqlRefused(ValueError):
    """The text is not what may run here; the message says why. ``line``/``column`` are 1-based."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def check_query(sql: str, *, dialect: str = "duckdb", allow_files: bool = False) -> None:
    """Raise SqlRefused unless ``sql`` is one SELECT/WITH/VALUES statement that only reads.

    Decided on the parsed tree, never by searching for words. Refused: a second statement, DDL,
    DML, data-modifying CTEs, SELECT INTO, COPY, ATTACH, INSTALL, LOAD, PRAGMA, SET, CALL; and,
    unless ``allow_files``, table functions and paths that read from outside the database.
    """
    for node in parse_query(sql, dialect).walk():
        _check_node(node, allow_files)
    if dialect == "duckdb":
        _check_tokens(sql, allow_files)
        _check_with_duckdb(sql)


def parse_query(sql: str, dialect: str) -> exp.Expression:
    """The tree of a text that is one query. Raises SqlRefused when it is something else."""
    if "\0" in sql:
        raise SqlRefused("the SQL holds a NUL character")
    tree: exp.Expression = _only_statement(sql, dialect)
    _check_root(tree, sql)
    return tree


_WRITES = (
    "Alter",
    "Analyze",
    "Attach",
    "Cache",
    "Command",
    "Comment",
    "Commit",
    "Copy",
    "Create",
    "DDL",
    "Delete",
    "Detach",
    "DML",
    "Drop",
    "Execute",
    "Export",
    "Grant",
    "Insert",
    "Install",
    "Into",
    "Kill",
    "LoadData",
    "Lock",
    "Merge",
    "Pragma",
    "Refresh",
    "Revoke",
    "Rollback",
    "Set",
    "Transaction",
    "TruncateTable",
    "Uncache",
    "Update",
    "Use",
)

ACTING = words(
    """
    checkpoint create_external_resource current_setting dblink dblink_close dblink_connect
    dblink_connect_u dblink_exec dblink_fetch dblink_get_connections dblink_get_result dblink_open
    dblink_send_query deregister_external_resource destroy_external_resource disable_logging
    disable_profiling duckdb_logs duckdb_logs_parsed duckdb_secrets duckdb_settings enable_logging
    enable_profiling force_checkpoint getenv lo_create lo_creat lo_export lo_from_bytea lo_import
    lo_open lo_put lo_unlink lowrite nextval query_to_xml query_to_xml_and_xmlschema
    query_to_xmlschema cursor_to_xml database_to_xml schema_to_xml table_to_xml
    register_external_resource register_external_resource_type set_config setseed setval sleep_ms
    truncate_duckdb_logs txid_current which_secret write_log xpath_table
    """
)
"""Functions that change something, wait, or show what is not the query's business."""
_ACTING_PREFIXES = (
    "pg_advisory",
    "pg_backup",
    "pg_cancel_",
    "pg_create_",
    "pg_current_logfile",
    "pg_drop_",
    "pg_export_snapshot",
    "pg_file_",
    "pg_import_",
    "pg_log_",
    "pg_logical_",
    "pg_ls_",
    "pg_notify",
    "pg_promote",
    "pg_read_",
    "pg_reload_conf",
    "pg_replication_",
    "pg_rotate_",
    "pg_sleep",
    "pg_start_backup",
    "pg_stat_file",
    "pg_stat_reset",
    "pg_stop_backup",
    "pg_switch_",
    "pg_terminate_",
    "pg_try_advisory",
    "pg_wal_",
    "pragma_",
)


def _only_statement(sql: str, dialect: str) -> Any:
    statements = [tree for tree in _parse(sql, dialect) if not _is_empty(tree)]
    if not statements:
        raise SqlRefused("there is no SQL here")
    if len(statements) > 1:
        raise SqlRefused("only one statement may stand here")
    return statements[0]


def _parse(sql: str, dialect: str) -> list[Any]:
    import sqlglot
    from sqlglot.errors import ParseError, SqlglotError

    quiet()
    try:
        return list(sqlglot.parse(sql, read=dialect))
    except ParseError as error:
        if dialect == "duckdb":
            _check_with_duckdb(sql)
        raise _refusal(error, sql) from None
    except SqlglotError:
        raise SqlRefused("syntax error: a string, quoted name or comment is not closed") from None
    except RecursionError:
        raise SqlRefused("the query is nested too deeply to be checked") from None
    except ValueError as error:
        raise SqlRefused(plain(str(error))) from None


def _refusal(error: Any, sql: str) -> SqlRefused:
    first = error.errors[0] if error.errors else {}
    begin = next(iter(tokenize(sql)), None)
    if begin is not None and begin.key not in _BEGINNINGS and nearest(begin.key, _BEGINNINGS):
        place = line_and_column(sql, begin.start)
        return SqlRefused(f'syntax error at or near "{begin.text}"', *place)
    text = plain(str(first.get("description") or error)).partition(" but got <Token")[0].strip(" .")
    line, last, marked = first.get("line") or 0, first.get("col") or 0, first.get("highlight") or ""
    if "<class" in text and marked:
        # What the parser calls its own parts means nothing to who wrote the SQL.
        message, column = f'syntax error at or near "{marked}"', last - len(marked) + 1
        return SqlRefused(message, line, column if column > 0 else 0)
    return SqlRefused(f"syntax error: {text}", line, last)


_BEGINNINGS = words("select with from values table pivot unpivot describe show")
"""Words that begin a query."""


@cache
def quiet() -> None:
    """Keep sqlglot from logging what we report ourselves."""
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)


def _is_empty(tree: Any) -> bool:
    from sqlglot import exp

    return tree is None or isinstance(tree, exp.Semicolon)


def _check_root(tree: Any, sql: str) -> None:
    from sqlglot import exp

    root: Any = tree
    while isinstance(root, exp.Paren | exp.Subquery):
        root = root.this
    if not isinstance(root, exp.Query | exp.Values):
        first = next(iter(tokenize(sql)), None)
        place = line_and_column(sql, first.start) if first else (0, 0)
        raise SqlRefused(f"a query is needed here, not {_title(root)}", *place)


def _title(tree: Any) -> str:
    from sqlglot import exp

    word: str = tree.name if isinstance(tree, exp.Command) and tree.name else tree.key
    return word.upper()


def _check_node(node: Any, allow_files: bool) -> None:
    from sqlglot import exp

    if isinstance(node, _writing_classes()):
        raise SqlRefused(f"a query may not contain {_title(node)}", *_place(node))
    if isinstance(node, exp.Func):
        _check_function(node, allow_files)
    elif isinstance(node, exp.Table) and not allow_files:
        _check_table(node)


@cache
def _writing_classes() -> tuple[type, ...]:
    from sqlglot import exp

    return tuple(getattr(exp, name) for name in _WRITES if hasattr(exp, name))


def _check_tokens(sql: str, allow_files: bool) -> None:
    """The same by our own tokens, should the parser ever read a text otherwise than DuckDB."""
    tokens = tokenize(sql)
    for token in parameters(tokens):
        message = f"the SQL has a parameter, {token.text}, that nothing gives a value"
        raise SqlRefused(message, *line_and_column(sql, token.start))
    for token, following in pairwise(tokens):
        if following.key == "(" and is_acting(token.name.lower()):
            place = line_and_column(sql, token.start)
            raise SqlRefused(f"{token.name}() may not be used in a query", *place)
    for table in () if allow_files else table_references(tokens):
        outside = outside_name(table, tokens)
        if outside is not None:
            place = line_and_column(sql, tokens[table.first].start)
            raise SqlRefused(f"{outside} reads from outside the database", *place)


def is_acting(function: str) -> bool:
    """Whether a function of that name does more than compute."""
    return function in ACTING or function.startswith(_ACTING_PREFIXES)


def _check_function(node: Any, allow_files: bool) -> None:
    for name in _function_names(node):
        if is_acting(name):
            raise SqlRefused(f"{name}() may not be used in a query", *_place(node))
        if not allow_files and reads_outside(name):
            raise SqlRefused(f"{name}() reads from outside the database", *_place(node))


def _function_names(node: Any) -> set[str]:
    from sqlglot import exp

    if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
        return {str(node.name).lower()}
    return {name.lower() for name in type(node).sql_names()}


def _check_table(table: Any) -> None:
    from sqlglot import exp

    if isinstance(table.this, exp.Func):
        return
    parts = [part.name for part in table.parts]
    text = ".".join(parts)
    quoted_path = isinstance(table.this, exp.Literal)
    if quoted_path or "/" in text or text.lower().endswith(FILE_ENDINGS):
        raise SqlRefused(f"{text} would be read as a file", *_place(table))


def _place(node: Any) -> tuple[int, int]:
    """Where a node stands, as far as the parser noted it."""
    for part in node.walk():
        if "line" in part.meta:
            width = part.meta.get("end", 0) - part.meta.get("start", 0)
            return int(part.meta["line"]), max(1, int(part.meta["col"]) - width)
    return 0, 0


def _check_with_duckdb(sql: str) -> None:
    """A second opinion: what runs the text must see a query in it as well."""
    fault = syntax_fault(sql)
    if fault is not None:
        raise SqlRefused(fault.message, fault.line, fault.column)
